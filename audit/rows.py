"""One line of the log in words, badge and icon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from audit import erased
from audit.answers import code_in_words
from audit.changes import Change, Sent, as_text, changes_of, sent_of
from audit.models import Record
from audit.registry import registry
from audit.sentences import actor_name, label_of, sentence
from audit.vocabulary import PROVIDERS
from screens.cells import badge, state_badge
from screens.states import state_of

REFUSED = "denied"
_GOOD = ("done", "already")
_OF_PLANS = (".planned", ".discarded")
_OF_REQUESTS = (".requested", ".planned", ".discarded")
_DOORS = {
    "admin": gettext_lazy("these pages"),
    "worker": gettext_lazy("a worker"),
    "sweeper": gettext_lazy("the sweeper"),
    "command": gettext_lazy("a command"),
    "webhook": gettext_lazy("a push of the provider"),
    "reading": gettext_lazy("a reading of the provider"),
    "import": gettext_lazy("an import"),
    "migration": gettext_lazy("an update of the program"),
}
_FIELDS_NAMED = 4
# Sign in a browser's line about itself -> its name. The first that fits counts: most claim to be Safari as well.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass
class Row:
    """One line of the timeline: a record, a whole run in the folded log, or many records alike that follow each other.

    For a run `head` says what was asked for and `latest` what happened to it last; `others` are further requests of
    the same click, since a run may mix operations. `record_count` is "" for a single record. `members` are the rows for
    which this one stands, itself the first of them.
    """

    record: Record
    head: Record | None = None
    latest: Record | None = None
    others: Sequence[Record] = ()
    record_count: str = ""
    members: Sequence[Row] = ()

    @property
    def at(self) -> dt.datetime:
        """When it happened; for a run, when anything happened to it last."""
        return self.record.at

    @property
    def spoken(self) -> Record:
        """The record whose sentence, badge and changes are shown."""
        return self.head or self.record

    @property
    def is_run(self) -> bool:
        return bool(self.record_count)

    @property
    def opens(self) -> bool:
        """Whether the row opens in place; a run of several items leads to its records instead."""
        return not self.is_run or self.spoken.item_id is not None

    @property
    def sentence(self) -> SafeString:
        return sentence(self.spoken)

    @property
    def others_text(self) -> str:
        """For how many more rows this one stands; "" for one that stands for itself."""
        if not self.members:
            return ""
        count = len(self.members) - 1
        words = ngettext(
            "and %(count)s more object in the same way", "and %(count)s more objects in the same way", count
        )
        return words % {"count": f"{count:,}"}

    @property
    def more_sentences(self) -> list[SafeString]:
        return [sentence(record) for record in self.others]

    @property
    def url(self) -> str:
        """The record's own page."""
        return reverse("admin:audit_record_change", args=[self.spoken.pk])

    @property
    def run_records_url(self) -> str:
        """The log with every record of the run."""
        return f"{reverse('admin:audit_record_changelist')}?run={self.record.run_id}"

    @property
    def object_records_url(self) -> str:
        """The log with every record about the same object; "" for a record about none."""
        record = self.spoken
        if not record.target_kind or record.target_id is None:
            return ""
        return (
            f"{reverse('admin:audit_record_changelist')}?kind={record.target_kind}&object={record.target_id}"
        )

    @property
    def actor(self) -> str:
        return actor_name(self.spoken)

    @property
    def door(self) -> str:
        """By which way it came: the web pages, a worker, a command."""
        return str(_DOORS.get(self.record.via, self.record.via))

    @property
    def provider_name(self) -> str:
        return str(PROVIDERS.get(self.spoken.provider, self.spoken.provider)) or _("The provider")

    @property
    def elapsed(self) -> str:
        """`412 ms`, when the record says how long the provider took."""
        took = self.spoken.details.get("elapsed_ms")
        return f"{took:,} ms" if isinstance(took, int) else ""

    @property
    def run_name(self) -> str:
        """`P-12` while it is a plan, `R-12` once it was confirmed, "" for a record of no run."""
        if self.record.run_id is None:
            return ""
        letter = "P" if self.spoken.action.endswith(_OF_PLANS) else "R"
        return f"{letter}-{self.record.run_id}"

    @property
    def names_its_run(self) -> bool:
        """Whether the sentence says the run's number already."""
        action = registry.get(self.spoken.action)
        return action is not None and "%(run)s" in str(action.sentence)

    @property
    def run_url(self) -> str:
        """The run's own page, which the ledger knows by name alone; "" without a run."""
        if self.record.run_id is None:
            return ""
        try:
            return reverse("admin:operations_run_change", args=[self.record.run_id])
        except NoReverseMatch:
            return ""

    @property
    def receipt_url(self) -> str:
        """The receipt of the run, where the action belongs to a deletion; "" otherwise."""
        action = registry.get(self.spoken.action)
        if self.record.run_id is None or action is None or not action.receipt:
            return ""
        try:
            return reverse("admin:operations_run_receipt", args=[self.record.run_id])
        except NoReverseMatch:
            return ""

    @property
    def icon(self) -> str:
        action = registry.get(self.spoken.action)
        return action.icon if action else "scroll-text"

    @property
    def tone(self) -> str:
        """Red for refusals and amber for holds alone: a normal day is grey."""
        if self.spoken.outcome == REFUSED:
            return "red"
        return "amber" if self.icon == "lock" else ""

    @property
    def badge(self) -> SafeString:
        if self.latest is not None and self.spoken.item_id is None:
            return run_badge(self.latest)
        return outcome_badge(self.spoken)

    @cached_property
    def changes(self) -> list[Change]:
        return changes_of(self.spoken)

    @cached_property
    def sent(self) -> list[Sent]:
        return sent_of(self.spoken)

    @cached_property
    def answer(self) -> str:
        return answer_text(self.spoken)

    @property
    def meaning(self) -> str:
        """What the provider's code means, in a sentence without its full stop."""
        return code_in_words(self.spoken.provider, self.spoken.provider_code)

    @property
    def browser(self) -> str:
        return browser_text(self.spoken.agent)

    @property
    def quiet(self) -> str:
        """The second line: what came of it, why, and on whose approval."""
        record = self.spoken
        approver = erased.shown(record, "approver_name")
        tail = [
            _("Reason: %(reason)s") % {"reason": record.reason} if record.reason else "",
            _("Approved by %(name)s") % {"name": approver} if approver else "",
        ]
        return pgettext("between two sentences", ". ").join(
            part for part in (self._what_came_of_it, *tail) if part
        )

    @property
    def _what_came_of_it(self) -> str:
        record = self.spoken
        parts = []
        if record.outcome not in ("", "done"):
            parts.append(self.answer)
        elif self.changes:
            parts.append(_changed_fields(self.changes))
        if record.outcome == REFUSED and record.address:
            parts.append(_("from %(address)s") % {"address": record.address})
        parts.append(as_text(record.details.get("note")))
        if (
            self.latest is not None
            and record.item_id is None
            and not self.latest.action.endswith(_OF_REQUESTS)
        ):
            parts.append(_counts(_outcomes(self.latest)) or label_of(self.latest.action))
        elif outcomes := _outcomes(record):
            parts.append(_counts(outcomes))
        return pgettext("between two facts", ", ").join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the timeline with its rows."""

    heading: str
    rows: list[Row]


def outcome_badge(record: Record) -> SafeString:
    """The badge of a record's outcome; a plain statement has none."""
    if not record.outcome:
        return SafeString("")
    if record.outcome == REFUSED:
        return state_badge("other", "refused_action")
    action = registry.get(record.action)
    if action is not None and record.outcome == "done":
        return badge("green", "check", action.label)
    return state_badge("outcome", record.outcome)


def run_badge(latest: Record) -> SafeString:
    """The badge of a run by the newest record that speaks of it as a whole."""
    if latest.action.endswith(".planned"):
        return state_badge("run", "draft")
    if latest.action.endswith(".requested"):
        return badge("blue", "loader", _("Under way"))
    if outcomes := _outcomes(latest):
        left = sum(count for key, count in outcomes.items() if key not in _GOOD)
        if not left:
            return badge("green", "check", _("Done"))
        return badge("amber", "triangle-alert", _("%(count)s left") % {"count": f"{left:,}"})
    return outcome_badge(latest)


def answer_text(record: Record) -> str:
    """What the provider answered, with its code in brackets: `The class is running (ClassIn 384)`.

    The meaning is of the code tables of today; where they have none, the provider's own words are shown.
    """
    words = code_in_words(record.provider, record.provider_code) or record.provider_message
    if not record.provider_code:
        return words
    code = f"{PROVIDERS.get(record.provider, record.provider)} {record.provider_code}".strip()
    return _("%(words)s (%(code)s)") % {"words": words, "code": code} if words else code


def day_heading(day: dt.date) -> str:
    """`Today, Sunday 23 November`; with the year where it is not this one."""
    today = timezone.localdate()
    pattern = _("l j F") if day.year == today.year else _("l j F Y")
    facts = {"date": date_format(day, pattern)}
    if day == today:
        return _("Today, %(date)s") % facts
    if day == today - dt.timedelta(days=1):
        return _("Yesterday, %(date)s") % facts
    return facts["date"]


def browser_text(agent: str) -> str:
    """`Chrome, Windows` out of a browser's long line about itself; "" when nothing in it is known."""
    found = (next((name for sign, name in table if sign in agent), "") for table in (_BROWSERS, _SYSTEMS))
    return ", ".join(part for part in found if part)


def _outcomes(record: Record) -> dict[str, int]:
    """How many items ended how, where the record tells it."""
    told = record.details.get("outcomes")
    if not isinstance(told, dict):
        return {}
    return {str(key): count for key, count in told.items() if isinstance(count, int)}


def _counts(outcomes: Mapping[str, int]) -> str:
    """`243 Done, 7 Rejected` in the words of the badges."""
    words = [f"{count:,} {state_of('outcome', key).label}" for key, count in outcomes.items() if count]
    return pgettext("between two facts", ", ").join(words)


def _changed_fields(changes: Sequence[Change]) -> str:
    names = [change.label for change in changes if change.label]
    listed = pgettext("between two facts", ", ").join(names[:_FIELDS_NAMED])
    if len(names) <= _FIELDS_NAMED:
        return _("Changed: %(fields)s") % {"fields": listed}
    return _("Changed: %(fields)s and %(count)s more") % {
        "fields": listed,
        "count": len(names) - _FIELDS_NAMED,
    }
