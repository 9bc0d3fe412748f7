"""The operations that exist, by key. Registering one registers its audit actions as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.registry import AuditAction
from audit.registry import register as register_action
from operations.operation import Label, Operation

_KEY = re.compile(r"[a-z_]+(\.[a-z_]+){2}")

# Ending of the audit code -> (label, sentence, outcome, icon). Requested and succeeded speak the operation's own words.
_ENDINGS = {
    "planned": (_("Planned"), _("%(actor)s prepared: %(subject)s (%(count)s)"), "", "eye"),
    "discarded": (
        _("Discarded"),
        _("%(actor)s discarded the plan: %(subject)s"),
        "cancelled",
        "circle-slash",
    ),
    "attempted": (_("Sending"), _("%(subject)s: sending “%(target)s”"), "", "send"),
    "deferred": (_("Put back"), _("%(subject)s: “%(target)s” is sent again later"), "", "hourglass"),
    "already": (_("Already so"), _("%(subject)s: “%(target)s” was so already"), "already", "check-check"),
    "rejected": (_("Rejected"), _("%(subject)s: “%(target)s” was rejected"), "rejected", "x"),
    "not_sent": (_("Not sent"), _("%(subject)s: “%(target)s” was not sent"), "not_sent", "triangle-alert"),
    "unknown": (
        _("Unknown"),
        _("%(subject)s: the answer for “%(target)s” is not known"),
        "unknown",
        "circle-help",
    ),
    "skipped": (_("Left out"), _("%(subject)s: “%(target)s” was left out"), "skipped", "circle-slash"),
    "cancelled": (_("Cancelled"), _("%(subject)s: “%(target)s” was cancelled"), "cancelled", "circle-slash"),
    "looked": (_("Looked up"), _("%(subject)s: “%(target)s” was looked up at the provider"), "", "search"),
    "late": (_("Late answer"), _("%(subject)s: an answer for “%(target)s” came too late"), "", "hourglass"),
    "decided": (_("Decided by a person"), _("%(actor)s decided about “%(target)s”"), "", "gavel"),
    "denied": (_("Refused"), _("%(actor)s was refused: %(subject)s"), "denied", "ban"),
}
_DETAILS = frozenset({"count", "operations", "filter", "identity", "sent", "elapsed_ms", "http_status", "note", "why", "digest", "left_out", "outcome", "finding"})  # fmt: skip


class OperationRegistry:
    """Operations by key."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}

    def register(self, cls: type[Operation]) -> type[Operation]:
        """Class decorator. Raises ValueError for a malformed or doubled key; other slips are system checks."""
        key = cls.key
        if not _KEY.fullmatch(key) or key in self._operations:
            raise ValueError(f"operation key {key!r} is malformed or taken")
        cls.audit = {
            ending: register_action(
                AuditAction(
                    code=f"{key}.{ending}",
                    label=label,
                    sentence=sentence,
                    outcome=outcome,
                    details=_DETAILS,
                    icon=icon,
                    subject=cls.label,
                    receipt=cls.risk.destructive and ending not in ("planned", "discarded"),
                )
            )
            for ending, (label, sentence, outcome, icon) in self._endings(cls).items()
        }
        self._operations[key] = cls()
        return cls

    def _endings(self, cls: type[Operation]) -> dict[str, tuple[Label, Label, str, str]]:
        return {
            **_ENDINGS,
            "requested": (pgettext_lazy("action", "Asked for"), cls.requested, "", cls.icon),
            "succeeded": (cls.done_label, cls.succeeded, "done", cls.icon),
        }

    def __getitem__(self, key: str) -> Operation:
        return self._operations[key]

    def get(self, key: str) -> Operation | None:
        """The operation with this key, or None: for keys that come from an address."""
        return self._operations.get(key)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._operations[key] for key in sorted(self._operations))

    def __contains__(self, key: object) -> bool:
        return key in self._operations


registry = OperationRegistry()
register = registry.register
