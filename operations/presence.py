"""Whether the provider still has an object, and how we know: the rules that hold in whatever order we learn.

*Deleted* is final, whatever is shown later. The mark that stays is what we learned by deleting, or by finding it gone when
we wanted to; only where we have no such mark, what the provider says. Of two marks of one kind the earlier one stays.

*Missing* means that a complete reading did not show the object and nothing shows that it is there since that reading began
(`missed_at`). The newest such reading is the one that is named; in the object's history stands which one was the first.

An object that we hold as deleted and that the provider shows again, later than a list may lag behind a deletion
(`LAG`), stays deleted: holds, plans, receipts and proofs speak of the object that was deleted, and behind the id there may
be another one by now (Huawei gives a new output the address of the old one). `seen_at` keeps when it was shown, so that it is
news once, told on its page, and never deleted or listed as present by itself. See docs/adr/0017.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

LAG = timedelta(minutes=10)
"""A list that was read this soon after a deletion may still show what is gone."""


class How(models.TextChoices):
    """How we came to know; stored in `presence_how`, so values never change. The words are for the screens."""

    DELETED_HERE = "deleted_here", _("deleted from here")
    DELETED_WITH_ALL = "deleted_with_all", _("deleted from here, with everything in its container")
    ALREADY_GONE = "already_gone", _("found already gone when it was to be deleted")
    PROVIDER_SAYS = "provider_says", _("the provider lists it as deleted")
    NOT_SHOWN = "not_shown", _("a complete reading did not show it")


_MARKS = (How.PROVIDER_SAYS, How.ALREADY_GONE, How.DELETED_WITH_ALL, How.DELETED_HERE)
"""Marks of a deletion from weak to strong: of two made at one moment the stronger one stays."""


def how_label(value: str) -> str:
    """The words for a stored value; one that another version wrote is shown as it is."""
    return str(How(value).label) if value in How.values else value


def weaker_marks(how: How, at: datetime) -> Q:
    """Rows that a deletion learned so is to be written on: those not deleted yet, and those whose mark gives way."""
    same_moment = Q(presence_at=at, presence_how__in=[mark.value for mark in _MARKS[: _strength(how)]])
    earlier = Q(presence_at__gt=at) | same_moment
    deleted = Q(presence="deleted")
    if how == How.PROVIDER_SAYS:
        return ~deleted | Q(presence_how=How.PROVIDER_SAYS) & earlier
    return ~deleted | Q(presence_how=How.PROVIDER_SAYS) | earlier


def mark_gives_way(row: Any, how: How, at: datetime) -> bool:
    """The same for one row in memory."""
    if row.presence != "deleted":
        return True
    if how != How.PROVIDER_SAYS and row.presence_how == How.PROVIDER_SAYS:
        return True
    if row.presence_at is None or (how == How.PROVIDER_SAYS and row.presence_how != How.PROVIDER_SAYS):
        return False
    earlier: bool = (at, -_strength(how)) < (row.presence_at, -_strength(row.presence_how))
    return earlier


def is_shown_again(row: Any) -> bool:
    """Whether the provider showed this row although we hold it as deleted; what a list may lag behind is none."""
    return shown_at_again(row, row.seen_at)


def shown_at_again(row: Any, at: datetime | None) -> bool:
    """Whether being shown at `at` says that what we hold as deleted is there."""
    return (
        row.presence == "deleted"
        and at is not None
        and row.presence_at is not None
        and at > row.presence_at + LAG
    )


def shown_again_rows() -> Q:
    """Rows of which `is_shown_again` is true."""
    return Q(presence="deleted", seen_at__gt=F("presence_at") + LAG)


def _strength(how: str) -> int:
    return _MARKS.index(How(how)) if how in _MARKS else -1
