"""What lives in the libraries of the three providers: cloud files, videos, and what the videos are kept in."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MediaAssetsConfig(AppConfig):
    name = "media_assets"
    verbose_name = _("Library")

    def ready(self) -> None:
        from media_assets.retention.nightly import pass_nights  # noqa: PLC0415 - needs the loaded models
        from operations.engine.chores import register_chore  # noqa: PLC0415 - as above

        register_chore(pass_nights)
