"""What happened to an item, in words for the person who looks at it."""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext as _

from operations.engine.freeze import own_reasons, own_whys
from operations.models import Attempt, Item
from operations.models.account import provider_name
from operations.operation import Label, LookAt
from operations.registry import registry
from operations.states import ItemState, Outcome
from providers import own_codes
from providers.accounts import code_table
from providers.codes import Code
from screens.cells import badge, state_badge
from screens.dates import is_chinese
from screens.states import LEFT_OUT_ON_HOLD

OWN = {code.value: code for code in vars(own_codes).values() if isinstance(code, Code)}
UNEXPLAINED = {"lost", "internal", "invalid_request"}


def code_of(item: Item, call: str = "") -> Code | None:
    """The row of the provider's table for the item's code; None when there is no code."""
    if not item.code:
        return None
    if item.code in OWN:
        return OWN[item.code]
    if item.code in UNEXPLAINED:
        return None
    return code_table(registry[item.operation].provider).find(call, item.code)


def what_happened(item: Item, call: str = "") -> str:
    """One or two sentences: the meaning with the provider's code in brackets, what helps, and the engine's note."""
    if item.outcome == Outcome.SKIPPED:
        return str(left_out_label(item))
    if item.state == ItemState.SENDING:
        return _("Waiting for the answer of %(provider)s.") % {"provider": _provider(item)}
    parts = []
    if item.outcome not in ("", Outcome.DONE, Outcome.CANCELLED) or (
        item.state == ItemState.QUEUED and item.code
    ):
        parts.append(_meaning(item, call))
    if item.state == ItemState.LOOKING:
        parts.append(_("It is looked up before anything else is sent."))
    # Our own notes are stored in English and shown in the reader's language; a person's words stay as they are.
    parts.append(gettext(item.note) if item.note else "")
    return " ".join(part for part in parts if part)


def _meaning(item: Item, call: str) -> str:
    meaning, advice = meaning_and_advice(item, call)
    advice = "" if item.outcome == Outcome.ALREADY else advice
    # A Chinese sentence ends in a full-width stop, which brings its own space.
    return f"{meaning}{'' if is_chinese() else ' '}{advice}".strip()


def meaning_and_advice(item: Item, call: str) -> tuple[str, str]:
    """What the item's code means, with the provider's code in brackets, and what helps; each "" where nobody knows."""
    code = code_of(item, call)
    if code is None:
        return (gettext(item.message) if item.message else ""), ""
    language = get_language() or "en"
    shown = f"{_provider(item)} {code.value}" if code.value not in OWN else ""
    meaning = code.meaning.in_language(language).rstrip(".。")
    sentence = f"{meaning} ({shown})." if shown else f"{meaning}."
    if language.startswith("zh"):
        sentence = f"{meaning}（{shown}）。" if shown else f"{meaning}。"
    return sentence, code.advice.in_language(language)


def _provider(item: Item) -> str:
    return provider_name(registry[item.operation].provider)


def needs_a_person(item: Item) -> bool:
    """Whether the outcome is unknown, no program can find it out, and nobody has said so yet."""
    return item.state == ItemState.SETTLED and item.outcome == Outcome.UNKNOWN and item.decided_at is None


def outcome_badge(item: Item) -> SafeString:
    """The badge of an item: its outcome once it is settled, its state before."""
    operation = registry[item.operation]
    kind = "deletion_outcome" if operation.risk.destructive else "outcome"
    if item.state != ItemState.SETTLED:
        return state_badge("item", item.state)
    if item.outcome == Outcome.SKIPPED and item.left_out == "held":
        return badge(LEFT_OUT_ON_HOLD.tone, LEFT_OUT_ON_HOLD.icon, LEFT_OUT_ON_HOLD.label)
    if item.outcome == Outcome.DONE:
        return state_badge(kind, item.outcome, operation.done_label)
    return state_badge(kind, item.outcome)


def left_out_badge(operation_key: str, code: str) -> SafeString:
    label, tone, icon = _left_out(operation_key, code)
    return badge(tone, icon, label)


def left_out_words(operation_key: str, code: str) -> Label:
    return _left_out(operation_key, code)[0]


def left_out_label(item: Item) -> Label:
    return _left_out(item.operation, item.left_out)[0]


def left_out_why(operation_key: str, code: str) -> Label:
    """One line on why something is left out for this reason; "" when there is nothing to add."""
    for reason in registry[operation_key].left_out:
        if reason.code == code:
            return reason.why
    return own_whys().get(code, "")


def look_reasons(operation_key: str, marks: str) -> list[LookAt]:
    """The reasons to look at an item, from the marks that were frozen with it."""
    codes = look_codes(marks)
    return [reason for reason in registry[operation_key].please_look if reason.code in codes]


def look_codes(marks: str) -> list[str]:
    """The codes in `Item.look_at`."""
    return [code for code in marks.split("|") if code]


def _left_out(operation_key: str, code: str) -> tuple[Label, str, str]:
    for reason in registry[operation_key].left_out:
        if reason.code == code:
            return reason.label, reason.tone, reason.icon
    return own_reasons().get(code, (code, "grey", "circle-slash"))


def refusal_for_field(item: Item, call: str) -> str:
    """The provider's refusal as an error beside a form field: meaning, code, advice."""
    return _meaning(item, call) or item.message or gettext("The provider refused this.")


def last_call(item: Item) -> str:
    """The provider's name of the call that the item's last sending made."""
    sent = [attempt for attempt in item.attempts.all() if attempt.purpose == Attempt.Purpose.SEND]
    return max(sent, key=lambda attempt: attempt.started_at).call if sent else ""


def in_english(text: Label) -> str:
    """A lazy text in the source language, for what is stored."""
    with override("en"):
        return str(text)
