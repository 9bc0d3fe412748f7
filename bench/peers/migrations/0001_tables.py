"""Whatever models there are: which ones depends on the packages that are installed."""

from typing import Any

from django.apps import apps as installed
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_tables(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for model in installed.get_app_config("peers").get_models(include_auto_created=True):
        schema_editor.create_model(model)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "__latest__"),
        *([("pghistory", "__latest__")] if installed.is_installed("pghistory") else []),
    ]
    operations = [migrations.RunPython(make_tables, migrations.RunPython.noop)]
