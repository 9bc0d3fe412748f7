"""Indexes in the order of the log's pages: one for each filter that is offered, written at their right edge."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0003_sealing'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='record',
            name='audit_newest',
        ),
        migrations.RemoveIndex(
            model_name='record',
            name='audit_by_actor',
        ),
        migrations.RemoveIndex(
            model_name='record',
            name='audit_by_target',
        ),
        migrations.RemoveIndex(
            model_name='record',
            name='audit_by_action',
        ),
        migrations.RemoveIndex(
            model_name='record',
            name='audit_by_outcome',
        ),
        migrations.RemoveIndex(
            model_name='record',
            name='audit_by_run',
        ),
        migrations.RemoveIndex(
            model_name='record',
            name='audit_by_request',
        ),
        migrations.RemoveIndex(
            model_name='record',
            name='audit_heads',
        ),
        migrations.RemoveIndex(
            model_name='record',
            name='audit_heads_by_actor',
        ),
        migrations.RemoveIndex(
            model_name='record',
            name='audit_heads_by_run',
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['at', 'id'], name='audit_at'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['actor', 'at', 'id'], name='audit_actor_at'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['action', 'at', 'id'], name='audit_action_at'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['outcome', 'at', 'id'], name='audit_outcome_at'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['provider', 'at', 'id'], name='audit_provider_at'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['target_kind', 'at', 'id'], name='audit_kind_at'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(condition=models.Q(('target_id__isnull', False)), fields=['target_id', 'target_kind', 'at', 'id'], name='audit_target_at'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(condition=models.Q(('run_id__isnull', False)), fields=['run_id', 'at', 'id'], name='audit_run_at'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['request_id', 'at', 'id'], name='audit_request_at'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(condition=models.Q(('attempt_id__isnull', True), ('item_id__isnull', True)), fields=['at', 'id'], name='audit_heads_at'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(condition=models.Q(('attempt_id__isnull', True), ('item_id__isnull', True)), fields=['actor', 'at', 'id'], name='audit_heads_actor_at'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(condition=models.Q(('attempt_id__isnull', True), ('item_id__isnull', True), ('run_id__isnull', False)), fields=['run_id', 'id'], name='audit_heads_run'),
        ),
    ]
