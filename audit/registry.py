"""The closed list of audit actions: one stable code for each action *and* outcome.

To add one: build an `AuditAction` in `<app>/audit_actions.py` and pass it to `register`. A code is stored for ever, so it
is never renamed; `tests/contracts/audit_codes.txt` fails the day one disappears.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from screens.states import Text

Label = Text

_CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


class AuditError(Exception):
    """A bug of ours: an unknown or doubled action, or a record that cannot be written as asked."""


@dataclass(frozen=True, slots=True)
class AuditAction:
    """One thing that the ledger can say.

    `sentence` is a lazy text with named placeholders, filled from the record's own columns and `details` when it is
    shown: `%(actor)s`, `%(target)s`, `%(count)s` and whatever `details` the action lists. `outcome` is the outcome that
    this code stands for ("" for a plain statement). `icon` names a drawing of the screens' sprite.
    """

    code: str
    label: Label
    sentence: Label
    outcome: str = ""
    details: frozenset[str] = frozenset()
    icon: str = "scroll-text"
    subject: Label = ""
    """What the action is about, for sentences that several actions share: `%(subject)s`."""
    receipt: bool = False
    """Whether the run that a record of this names is one that ends with a receipt."""
    single: bool = False
    """A row of its own in the log although it names a run: what somebody did beside the run's own life."""
    together: bool = False
    """Whether rows of the log that say this one after the other, by the same hand, are shown as one."""


class Registry:
    """Audit actions by code."""

    def __init__(self) -> None:
        self._actions: dict[str, AuditAction] = {}

    def register(self, action: AuditAction) -> AuditAction:
        """Add an action. Raises AuditError for a malformed or already taken code."""
        if not _CODE.fullmatch(action.code):
            raise AuditError(f"{action.code!r} is not a dotted lower-case code")
        if action.code in self._actions:
            raise AuditError(f"audit action {action.code} is registered twice")
        self._actions[action.code] = action
        return action

    def find(self, code: str) -> AuditAction:
        """The action with this code. Raises AuditError when nobody registered it."""
        try:
            return self._actions[code]
        except KeyError:
            raise AuditError(f"nobody registered the audit action {code!r}") from None

    def get(self, code: str) -> AuditAction | None:
        """The action with this code, or None: for showing records that an older version wrote."""
        return self._actions.get(code)

    def __iter__(self) -> Iterator[AuditAction]:
        return iter(sorted(self._actions.values(), key=lambda action: action.code))

    def __contains__(self, code: object) -> bool:
        return code in self._actions


registry = Registry()
register = registry.register


def check_details(action: AuditAction, details: Mapping[str, Any]) -> None:
    """Refuse details that the action does not list: what is recorded is an allow-list. Raises AuditError."""
    if not details.keys() <= action.details:
        extra = sorted(details.keys() - action.details)
        raise AuditError(f"{action.code} does not record {', '.join(extra)}")
