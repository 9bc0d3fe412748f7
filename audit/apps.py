"""The ledger's application: what was done, by whom, and what came of it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        from audit import signals  # noqa: PLC0415 - axes' signals need the loaded models

        signals.connect()
