"""What lives in the libraries of the three providers: cloud files, videos, and what the videos are kept in."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MediaAssetsConfig(AppConfig):
    name = "media_assets"
    verbose_name = _("Library")

    def ready(self) -> None:
        from media_assets.models import RetentionRule  # noqa: PLC0415 - needs the loaded models
        from media_assets.retention.nightly import pass_nights  # noqa: PLC0415 - as above
        from media_assets.retention.words import words_of_proposal  # noqa: PLC0415 - as above
        from operations.engine.chores import register_chore  # noqa: PLC0415 - as above
        from operations.filter_words import proposal_words  # noqa: PLC0415 - as above

        register_chore(pass_nights)
        proposal_words[RetentionRule.PROPOSES_AS] = words_of_proposal
