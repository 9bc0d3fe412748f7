"""Sealing: the canonical text, commitments to personal values, and the tables of tree, checkpoints and erasures."""

import django.db.models.functions.datetime
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import audit.canonical
from audit import triggers
from audit.canonical import GROUPS, JSON_COLUMNS, commitment, plain, salt

_BATCH = 1_000


def guard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    triggers.install(schema_editor.connection)


def unguard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    triggers.remove(schema_editor.connection)


def commit_to_values(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the records that were written before sealing what every later one gets when it is written."""
    records = apps.get_model("audit", "Record")._base_manager.using(schema_editor.connection.alias)
    last = 0
    while batch := list(records.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        for record in batch:
            for name in JSON_COLUMNS:
                setattr(record, name, plain(getattr(record, name)))
            for group in GROUPS:
                if group == "approver" and not record.approver_name:
                    continue
                salted = salt()
                setattr(record, f"{group}_salt", salted)
                setattr(record, f"{group}_seal", commitment(group, record.__dict__, salted))
        names = [f"{group}_{part}" for group in GROUPS for part in ("salt", "seal")]
        records.bulk_update(batch, [*names, *JSON_COLUMNS], batch_size=100)
        last = batch[-1].pk


def mark_unsealed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    schema_editor.execute("INSERT INTO audit_unsealed (record_id) SELECT id FROM audit_record ORDER BY id")
    apps.get_model("audit", "Sealing")._base_manager.using(schema_editor.connection.alias).create(pk=1)


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0002_append_only'),
    ]

    operations = [
        migrations.RunPython(unguard, guard),
        migrations.AddField(
            model_name='record',
            name='actor_salt',
            field=models.CharField(blank=True, editable=False, max_length=32),
        ),
        migrations.AddField(
            model_name='record',
            name='actor_seal',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='record',
            name='approver_salt',
            field=models.CharField(blank=True, editable=False, max_length=32),
        ),
        migrations.AddField(
            model_name='record',
            name='approver_seal',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='record',
            name='words_salt',
            field=models.CharField(blank=True, editable=False, max_length=32),
        ),
        migrations.AddField(
            model_name='record',
            name='words_seal',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name='record',
            name='changes',
            field=models.JSONField(blank=True, default=dict, encoder=audit.canonical.RecordEncoder, verbose_name='before and after'),
        ),
        migrations.AlterField(
            model_name='record',
            name='details',
            field=models.JSONField(blank=True, default=dict, encoder=audit.canonical.RecordEncoder, verbose_name='details'),
        ),
        migrations.RunPython(commit_to_values, migrations.RunPython.noop),
        migrations.AddField(
            model_name='record',
            name='canonical',
            field=audit.canonical.CanonicalField(db_persist=True, expression=audit.canonical.FormOne(), output_field=models.TextField()),
        ),
        migrations.CreateModel(
            name='Leaf',
            fields=[
                ('position', models.BigIntegerField(primary_key=True, serialize=False)),
                ('record_id', models.BigIntegerField(unique=True)),
                ('hash', models.BinaryField(max_length=32)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='PublicKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.CharField(max_length=200, unique=True)),
                ('since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Sealing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.BigIntegerField(default=0)),
                ('frontier', models.BinaryField(default=bytes)),
                ('holder', models.CharField(blank=True, max_length=100)),
                ('until', models.DateTimeField(null=True)),
                ('passed_at', models.DateTimeField(null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Unsealed',
            fields=[
                ('record_id', models.BigIntegerField(primary_key=True, serialize=False)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('size', models.BigIntegerField()),
                ('root', models.BinaryField(max_length=32)),
                ('note', models.TextField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['size'], name='audit_checkpoint_by_size')],
            },
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('record_id', models.BigIntegerField()),
                ('group', models.CharField(max_length=20)),
                ('by', models.BigIntegerField()),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('record_id', 'group'), name='audit_erasure_once')],
            },
        ),
        migrations.CreateModel(
            name='Subtree',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.PositiveSmallIntegerField()),
                ('index', models.BigIntegerField()),
                ('hash', models.BinaryField(max_length=32)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('level', 'index'), name='audit_subtree_place')],
            },
        ),
        migrations.RunPython(mark_unsealed, migrations.RunPython.noop),
        migrations.RunPython(guard, unguard),
    ]
