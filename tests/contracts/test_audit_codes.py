"""Codes of the ledger are stored for ever: the list only grows.

After adding an action, add its code to `audit_codes.txt`; the failing test prints the lines to add. A code is never
taken out or renamed, since records that were written with it are read by it.
"""

from __future__ import annotations

from pathlib import Path

from audit.registry import registry

FROZEN = Path(__file__).with_name("audit_codes.txt")


def frozen() -> list[str]:
    return FROZEN.read_text(encoding="utf-8").split()


def test_no_code_has_disappeared() -> None:
    gone = sorted(set(frozen()) - {action.code for action in registry})
    assert not gone, f"records written with these codes can no longer be read: {', '.join(gone)}"


def test_every_code_is_on_the_list() -> None:
    new = sorted({action.code for action in registry} - set(frozen()))
    assert not new, "add to tests/contracts/audit_codes.txt:\n" + "\n".join(new)


def test_the_list_is_sorted_and_has_no_doubles() -> None:
    assert frozen() == sorted(set(frozen()))


def test_an_action_has_one_outcome_and_words_for_people() -> None:
    for action in registry:
        assert str(action.label), action.code
        assert str(action.sentence), action.code
        assert str(action.label)[0].isupper(), action.code
        assert not str(action.sentence).endswith((".", "!")), action.code
