"""What lives in the libraries of the three providers: cloud files, videos, and what the videos are kept in."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MediaAssetsConfig(AppConfig):
    name = "media_assets"
    verbose_name = _("Library")
