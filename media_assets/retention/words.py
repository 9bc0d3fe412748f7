"""A rule in one sentence, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from media_assets.models import RetentionRule, VideoAsset
from operations.models import Run
from screens.figures import listed, number_text, size_text


def in_words(rule: RetentionRule) -> str:
    """As in “Class videos, older than 180 days, not watched, not on hold”. Reads the rule's course and account."""
    kinds = {
        VideoAsset.Kind.CLASS_VIDEO.value: _("Class videos"),
        VideoAsset.Kind.TRANSCODED_OUTPUT.value: _("Transcoded outputs"),
        VideoAsset.Kind.MEETING_VIDEO.value: _("Meeting videos"),
    }
    days = rule.older_than_days
    older = ngettext("older than %(count)s day", "older than %(count)s days", days)
    parts = [kinds.get(rule.kind, _("Videos of all kinds")), older % {"count": number_text(days)}]
    if rule.not_watched:
        parts.append(_("not watched or not known") if rule.unknown_is_unwatched else _("not watched"))
    if rule.course is not None:
        parts.append(_("of the course “%(course)s”") % {"course": rule.course})
    if rule.account is not None:
        parts.append(_("at %(account)s") % {"account": rule.account})
    if rule.min_bytes is not None:
        parts.append(_("%(size)s or more") % {"size": size_text(rule.min_bytes)})
    return listed([*parts, _("not on hold")])


def notice_words(rule: RetentionRule) -> str:
    """How long before a plan people are told."""
    if not rule.notice_days:
        return _("Nobody is told before; the plan is proposed the same night.")
    words = ngettext(
        "Announced %(count)s day before the plan.",
        "Announced %(count)s days before the plan.",
        rule.notice_days,
    )
    return words % {"count": rule.notice_days}


def proposer_name(rule: RetentionRule) -> str:
    """How plans name the rule that proposes them."""
    return _("Retention rule “%(name)s”") % {"name": rule.name}


def words_of_proposal(run: Run) -> Callable[[], str] | None:
    """How the rule that proposed this run is said now, in whichever language is asked; None when the rule is gone."""
    number = run.proposed_by.partition(":")[2]
    rules = RetentionRule.objects.select_related("course", "account")
    rule = rules.filter(pk=number).first() if number.isdecimal() else None
    return None if rule is None else lambda: in_words(rule)
