"""Reasons to look at a target before it goes that several deletions share."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, Q
from django.db.models.functions import Now
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from media_assets.operations.reasons import GONE, videos_in
from operations.operation import LookAt

_EVERY = Q(pk__isnull=False)
_SINCE = Now() - timedelta(days=settings.OPERATIONS["recent_days"])

RECENT = LookAt(
    code="recent",
    label=format_lazy(_("Recorded in the last {days} days"), days=settings.OPERATIONS["recent_days"]),
    why=_("Perhaps somebody still waits for it, or has not watched it yet."),
    when=Q(recorded_at__gt=_SINCE),
)


def recent_in(container: str) -> LookAt:
    """At least one video in the container is recent."""
    return LookAt(
        RECENT.code, RECENT.label, RECENT.why, Q(Exists(videos_in(container).filter(recorded_at__gt=_SINCE)))
    )


WHOLE_LESSON = LookAt(
    code="whole_lesson",
    label=_("A whole lesson: no clip would be left"),
    why=_("Every clip of the lesson that we know of is in this plan."),
    when=~GONE & Q(course_class__isnull=False),
    whole_of="course_class",
)
ALL_CLIPS = LookAt(
    code="whole_lesson",
    label=_("All clips of the lesson"),
    why=_("With those that we do not know of, such as clips uploaded since."),
    when=_EVERY,
)
WHOLE_PACKAGE = LookAt(
    code="whole_package",
    label=_("All videos of the package"),
    why=_("With those that we do not know of, such as meetings held since."),
    when=_EVERY,
)
WHOLE_GROUP = LookAt(
    code="whole_group",
    label=_("All outputs of the template group"),
    why=_("With those that we do not know of, such as outputs made since."),
    when=_EVERY,
)


def source_gone(path: str) -> LookAt:
    """The source of the asset at `path` is deleted, so that no output of it can be made again."""
    return LookAt(
        code="source_gone",
        label=_("Cannot be made again"),
        why=_(
            "The source file is deleted at Huawei Cloud VOD, so nothing can be transcoded from it any more."
        ),
        when=Q(**{f"{path}__source_present": False}),
    )


RETAINED = LookAt(
    code="retained",
    label=_("Kept for now at Syngrafii"),
    why=_("Its retention time is not over. It stays unless you tick it."),
    when=Q(retention_until__gt=Now()),
    ticked=False,
)
