"""What comes in from the providers: readings, pushed messages, imported spreadsheets."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "intake"
    verbose_name = _("What comes in")

    def ready(self) -> None:
        autodiscover_modules("sync")
        from intake.engine import schedule_readings, wake_readings  # noqa: PLC0415 - needs the loaded models
        from operations.engine.chores import register_chore  # noqa: PLC0415 - as above

        register_chore(schedule_readings)
        register_chore(wake_readings)
