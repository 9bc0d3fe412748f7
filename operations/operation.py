"""What an operation is: one class that says who may do what to which rows, what is sent, and what the answer means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import ngettext_lazy

from audit.registry import AuditAction
from operations.states import Outcome, Presence, Resend, Risk
from providers.codes import CodeClass
from providers.outcome import Exchange, Reply
from screens.states import Text

if TYPE_CHECKING:
    from operations.forms import OperationForm
    from operations.models import Item

Label = Text


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the provider's answer means for one item. `message` is the provider's own text, `field` its parameter."""

    outcome: Outcome
    code: str = ""
    message: str = ""
    field: str = ""
    kind: CodeClass = CodeClass.DONE


class Look(StrEnum):
    """What reading the provider told about a lost answer."""

    HAPPENED = "happened"
    WAS_SO = "was_so"
    """It is so now, and the provider's answer to our first sending was that there was nothing left to do."""
    NOT_HAPPENED = "not_happened"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Seen:
    """A look's result and the provider's answer that it rests on."""

    look: Look
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A reason to leave a target out of a plan: `when` is asked of the target's table at the freeze."""

    code: str
    label: Label
    when: Q
    tone: str = "grey"
    icon: str = "circle-slash"
    why: Label = ""


@dataclass(frozen=True, slots=True)
class LookAt:
    """A reason to look at a target before it goes: it goes all the same, unless somebody unticks it.

    `when` is asked of the target's table at the freeze. With `whole_of` (a path to a container) it applies where every
    row in the container that is `when` goes in the same plan. `ticked` False: it stays unless somebody ticks it.
    """

    code: str
    label: Label
    why: Label
    when: Q
    whole_of: str = ""
    ticked: bool = True


@dataclass(frozen=True, slots=True)
class Settled:
    """One item, its target row (None when the mirror lost it) and the verdict, for `Operation.apply`."""

    item: Item
    target: Any
    verdict: Verdict


class Operation:
    """One thing that staff can do at a provider. Subclass, fill in the declarations, `@register`.

    Read a subclass top to bottom: what it is, who may, how dangerous, what is frozen, what is sent, what changes here.
    """

    key: ClassVar[str]
    """Stored in runs and in the ledger for ever: `app.noun.verb`."""
    provider: ClassVar[str]
    target: ClassVar[type[models.Model]]
    permission: ClassVar[str]
    """`app.codename`, asked of the person in the view, at the confirmation and again at every claim."""
    risk: ClassVar[Risk]
    resend: ClassVar[Resend]
    proof_codes: ClassVar[frozenset[str]] = frozenset()
    """With `Resend.ANSWER_PROVES`: the codes by which a repeat proves that the first sending worked."""
    form: ClassVar[type[OperationForm] | None] = None

    label: ClassVar[Label]
    """The button: "Delete class video"."""
    requested: ClassVar[Label]
    """The ledger's sentence for the click: "%(actor)s asked to delete %(count)s class videos"."""
    succeeded: ClassVar[Label]
    """The ledger's sentence for one item done: "%(actor)s deleted the class video “%(target)s”"."""
    done_label: ClassVar[Label]
    """The outcome's word on the badge: "Deleted"."""
    icon: ClassVar[str] = "send"

    applies_to: ClassVar[Q] = Q()
    """Which rows of `target` this operation is for."""
    identity: ClassVar[Mapping[str, Any]]
    """Provider parameter -> expression or field path on `target`; frozen into the item."""
    item_label: ClassVar[Any]
    """Expression or field path for the item's name, copied so that it can be read after the target is gone."""
    group_label: ClassVar[Any] = None
    size: ClassVar[Any] = None
    account_path: ClassVar[str] = "account_id"
    left_out: ClassVar[tuple[LeftOut, ...]] = ()
    please_look: ClassVar[tuple[LookAt, ...]] = ()
    happened_at: ClassVar[Any] = None
    """Expression or path of the moment that the target is from: for videos, when it was recorded."""
    parts: ClassVar[Any] = None
    """Expression for the number of known objects that a sweeping operation takes along."""
    container: ClassVar[Any] = None
    """Expression or path of the provider's id of what the target lies in: a lesson, an asset, a package. What lies in
    one container is read together, and sent together where `most_per_request` allows it.
    """
    container_words: ClassVar[Label] = ngettext_lazy("%(count)s container", "%(count)s containers", "count")
    group_words: ClassVar[Label] = ""
    most_per_request: ClassVar[int] = 1
    """How many items of one container `pack` puts into one request."""
    readable: ClassVar[bool] = False
    """Whether `still_there` can ask the provider."""
    containers_per_look: ClassVar[int] = 1
    hold_paths: ClassVar[Mapping[str, str]] = {}
    """Kind of held object -> path from `target` to its id: `{"courses.course": "course_class__course_id"}`."""

    audit: ClassVar[dict[str, AuditAction]]
    """Filled by `register`: audit actions by ending (`requested`, `attempted`, one for each outcome, ...)."""

    def pack(self, items: Sequence[Item]) -> list[list[Item]]:
        """Group items of one account into requests; one each unless the provider takes many."""
        return [[item] for item in items]

    def prepare(self, items: Sequence[Item]) -> None:
        """Fetch what `call` needs from the database, inside the claim's transaction: `call` runs without one."""

    def call(self, client: Any, items: Sequence[Item]) -> Reply[Any]:
        """The one provider call. Returns its reply or lets the client's `ProviderError` out."""
        raise NotImplementedError(f"{self.key} says nothing about what is sent")

    def read(self, item: Item, reply: Reply[Any]) -> Verdict:
        """What the reply means for this item; by the code's class unless the provider answers item by item."""
        outcome = Outcome.ALREADY if reply.code.kind is CodeClass.ALREADY else Outcome.DONE
        return Verdict(outcome, reply.exchange.code, reply.exchange.message, kind=reply.code.kind)

    def apply(self, settled: Sequence[Settled]) -> None:
        """Change the mirror for items that are `done` or `already`, through the app's `mirror`, in one transaction."""
        raise NotImplementedError(f"{self.key} says nothing about what changes here")

    def look(self, client: Any, item: Item) -> Seen:
        """Settle a lost answer by reading the provider; only with `Resend.AFTER_LOOKING`."""
        raise NotImplementedError(f"{self.key} cannot look")

    def still_there(self, client: Any, items: Sequence[Item]) -> dict[int, Presence]:
        """By one reading call, which of these items the provider still has, by item id; only where `readable`.

        The items lie in at most `containers_per_look` containers. What the answer says nothing clear about is unclear.
        """
        raise NotImplementedError(f"{self.key} cannot be read")

    def becoming(self, item: Item) -> dict[str, Any]:
        """The values that this edit brings about, by field of the mirror: seen before its answer, they are not others' work."""
        return {}

    def stale(self, item: Item, target: Any) -> list[str]:
        """Fields whose value moved on since the plan was frozen; a plan with any is not confirmed."""
        return []

    def targets(self, items: Iterable[Item]) -> dict[int, Any]:
        """The target rows of these items by primary key, by one query."""
        return self.target._default_manager.in_bulk([item.target_id for item in items])

    def __repr__(self) -> str:
        return f"<operation {self.key}>"
