"""The engine's application: loads every operation and audit action, and checks their declarations."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class OperationsConfig(AppConfig):
    name = "operations"
    verbose_name = _("Deletions")

    def ready(self) -> None:
        autodiscover_modules("operations", "audit_actions", "notice_kinds", "chores")
        from audit.answers import explain_codes  # noqa: PLC0415 - as below
        from operations import checks  # noqa: F401, PLC0415 - registers the checks once the operations are loaded
        from operations.accounts import ensure_accounts  # noqa: PLC0415 - needs the loaded models
        from operations.code_words import code_in_words  # noqa: PLC0415 - as above

        explain_codes(code_in_words)
        post_migrate.connect(ensure_accounts, sender=self, dispatch_uid="operations.ensure_accounts")
