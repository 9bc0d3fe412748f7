"""What comes in from the providers: readings, pushed messages, imported spreadsheets."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "intake"
    verbose_name = _("What comes in")

    def ready(self) -> None:
        autodiscover_modules("sync", "sync.pushes", "sync.spreadsheets")
