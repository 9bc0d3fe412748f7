"""The words of the engine: states, outcomes, risks. Stored in rows and in the ledger, so values never change."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunState(models.TextChoices):
    """Where a run stands. A run that is not yet confirmed is called a plan on the screens."""

    DRAFT = "draft", _("Draft")
    WAITING_APPROVAL = "waiting_approval", _("Waiting for approval")
    COUNTING_DOWN = "counting_down", _("Counting down")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    HALTED = "halted", _("Halted")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")


class ItemState(models.TextChoices):
    """Where one item stands: frozen in a plan, waiting for its turn, at the provider, being looked up, or settled."""

    PLANNED = "planned", _("Planned")
    QUEUED = "queued", _("Still to do")
    SENDING = "sending", _("Sending")
    LOOKING = "looking", _("Being looked up")
    SETTLED = "settled", _("Settled")


OPEN_RUN_STATES = (
    RunState.DRAFT,
    RunState.WAITING_APPROVAL,
    RunState.COUNTING_DOWN,
    RunState.RUNNING,
    RunState.PAUSED,
    RunState.HALTED,
)
OPEN_ITEM_STATES = (ItemState.QUEUED, ItemState.SENDING, ItemState.LOOKING)


class Outcome(models.TextChoices):
    """What came of an item. `unknown` is not a failure: it may have happened."""

    DONE = "done", _("Done")
    ALREADY = "already", _("Already so")
    REJECTED = "rejected", _("Rejected")
    NOT_SENT = "not_sent", _("Not sent")
    UNKNOWN = "unknown", _("Unknown")
    SKIPPED = "skipped", _("Left out")
    CANCELLED = "cancelled", _("Cancelled")


class Presence(models.TextChoices):
    """What a fresh look at the provider told about an item of a plan. An unexpected answer is unclear, never guessed."""

    THERE = "there", _("Still there")
    GONE = "gone", _("Already gone")
    UNCLEAR = "unclear", _("Unclear")


class Finding(models.TextChoices):
    """What a person found out about an unknown outcome that no program can find out."""

    HAPPENED = "happened", _("It has happened")
    NOT_HAPPENED = "not_happened", _("It has not happened")
    NOBODY_KNOWS = "nobody_knows", _("Nobody can tell")


class Risk(StrEnum):
    """How much an operation can destroy; reason, typed confirmation and the rest follow from it."""

    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"
    SWEEPING = "sweeping"
    """Irreversible, and takes everything in a container: a class, a package, a template group."""

    @property
    def destructive(self) -> bool:
        return self is not Risk.REVERSIBLE


class Resend(StrEnum):
    """What may be done with an unknown outcome."""

    AFTER_LOOKING = "after_looking"
    """The provider can be read: `look` tells whether it happened."""
    ANSWER_PROVES = "answer_proves"
    """A repeat is harmless and its answer says whether the first one worked."""
    BY_PERSON = "by_person"
    """Nothing can be read and a repeat may do more than was asked: a person decides."""


class Halt(models.TextChoices):
    """Why a run stopped itself."""

    NOT_CONNECTED = "not_connected", _("The account is not connected")
    CREDENTIALS = "credentials", _("The provider refused our credentials")
    MAINTENANCE = "maintenance", _("The provider is being maintained")
    UNKNOWNS = "unknowns", _("Several answers in a row were lost")
    SWITCH = "switch", _("All deletions are stopped")
    LIST_CHANGED = "list_changed", _("The list is not the one that was confirmed")
