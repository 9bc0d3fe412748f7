"""What makes writing and verifying cheap: no foreign key that is asked for each record, and on PostgreSQL the column `fits`.

`fits` says whether a record's values make its commitments. Like the canonical text it is generated, so it follows every edit;
verification then reads it and need not compute two hashes for each record. SQLite keeps computing them.
"""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from audit import triggers
from audit.canonical import fits_sql


def guard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    triggers.install(schema_editor.connection)


def unguard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    triggers.remove(schema_editor.connection)


def add_fits(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"ALTER TABLE audit_record ADD COLUMN fits boolean GENERATED ALWAYS AS ({fits_sql()}) STORED"
        )


def drop_fits(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE audit_record DROP COLUMN fits")


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0007_complete'),
        ('auth', '0012_alter_user_first_name_max_length'),  # SQLite makes the table anew, and forgets its trigger
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(unguard, guard),
        migrations.AlterField(
            model_name='record',
            name='actor',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person'),
        ),
        migrations.RunPython(add_fits, drop_fits),
        migrations.RunPython(guard, unguard),
    ]
