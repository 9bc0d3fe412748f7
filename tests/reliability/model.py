"""What must be true of deletions, in plain Python: sets, dicts and moments. Nothing of the engine is asked or imported.

The model knows who may what, which holds lie where until when, what each run's person was shown and confirmed, who
approved it, from when on it may go, and what became of every call. `Model.objections` is the judge of a claim.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.reliability.world import APPROVE, CLASS_VIDEO, PEOPLE, POLICY, RIGHT_TO, WHOLE_LESSON, Key, World

SCHOOL = ZoneInfo("Europe/Berlin")
"""The school's clock; it is put back while the examples run."""


class Violation(AssertionError):
    """The engine did what must never be done."""


def require(condition: object, words: str) -> None:
    """Raise Violation with these words unless the condition holds."""
    if not condition:
        raise Violation(words)


@dataclass
class HoldFact:
    """A hold as its person placed it."""

    pk: int
    key: Key
    until: datetime | None
    released: bool = False

    def in_force(self, now: datetime) -> bool:
        return not self.released and (self.until is None or self.until > now)


@dataclass
class CallFact:
    """One claimed sending. `end` is what may be known of it: open, happened, nothing, lost."""

    run: int
    item: int
    lease_until: datetime
    end: str = "open"


@dataclass
class RunFact:
    """A plan or a run as people know it."""

    pk: int
    by: str
    operations: set[str]
    items: dict[int, Key]
    created: datetime
    token: str
    unticked: set[int] = field(default_factory=set)
    confirmed: dict[int, Key] | None = None
    digest: str = ""
    sweeping: bool = False
    needs_approval: bool = False
    approve_until: datetime | None = None
    approved_by: str = ""
    wait: timedelta = timedelta()
    not_before: datetime | None = None
    cancelled: bool = False
    paused: bool = False
    rest: timedelta = timedelta()
    """What was left of the waiting time when the run was paused."""
    stopped: bool = False
    """Halted by the stop switch: a person has to let it go on."""
    tampered: bool = False
    proposed_by: str = ""

    @property
    def waits_for_approval(self) -> bool:
        return bool(
            self.confirmed is not None and self.needs_approval and not self.approved_by and not self.cancelled
        )


WEEK = 7 * 24 * 60


@dataclass(frozen=True)
class Quiet:
    """So many minutes without deletions from this minute of the day on, beginning on these weekdays."""

    start: int
    length: int
    days: frozenset[int]

    def minutes(self) -> frozenset[int]:
        """The quiet minutes of the week."""
        begins = [day * 24 * 60 + self.start for day in self.days]
        return frozenset((begin + minute) % WEEK for begin in begins for minute in range(self.length))


@dataclass(frozen=True)
class Limits:
    """The policy in force."""

    second_person: bool
    approve_from: int
    approval_hours: int
    irreversible: int
    sweeping: int
    quiet: Quiet | None = None

    def is_quiet(self, now: datetime) -> bool:
        """By the school's own clock."""
        shown = now.astimezone(SCHOOL)
        minute = shown.weekday() * 24 * 60 + shown.hour * 60 + shown.minute
        return self.quiet is not None and minute in self.quiet.minutes()

    def lowered_to(self, other: Limits) -> set[str]:
        """The names of those in which `other` is laxer than these."""
        laxer = {
            "second_person": self.second_person and not other.second_person,
            "approve_from": other.approve_from > self.approve_from,
            "approval_hours": other.approval_hours > self.approval_hours,
            "irreversible": other.irreversible < self.irreversible,
            "sweeping": other.sweeping < self.sweeping,
            "quiet": bool(_quiet_minutes(self) - _quiet_minutes(other)),
        }
        return {name for name, true in laxer.items() if true}

    def wait(self, *, sweeping: bool) -> timedelta:
        return timedelta(seconds=max(self.sweeping, self.irreversible) if sweeping else self.irreversible)


def _quiet_minutes(limits: Limits) -> frozenset[int]:
    return limits.quiet.minutes() if limits.quiet else frozenset()


@dataclass
class Wish:
    """Lower limits that wait for a second person: who asked, what was in force for them then, until when."""

    pk: int
    by: str
    names: set[str]
    wanted: Limits
    before: Limits
    until: datetime


class Model:
    """The state that people and the provider would agree on."""

    def __init__(self, world: World, limits: Limits) -> None:
        self.world, self.limits = world, limits
        self.rights = {name: set(rights) for name, rights in PEOPLE.items()}
        self.active = dict.fromkeys(PEOPLE, True)
        self.holds: list[HoldFact] = []
        self.runs: dict[int, RunFact] = {}
        self.calls: dict[Key, list[CallFact]] = {key: [] for key in world.targets}
        self.looks: dict[int, int] = {}
        """Item -> how many looks told that nothing has happened."""
        self.decided: set[int] = set()
        self.outcomes: dict[int, str] = {}
        self.switched_off = False
        self.wish: Wish | None = None

    def may(self, name: str, right: str) -> bool:
        return self.active[name] and right in self.rights[name]

    def may_all_of(self, name: str, run: RunFact) -> bool:
        return all(self.may(name, RIGHT_TO[operation]) for operation in run.operations)

    def may_approve(self, name: str, run: RunFact) -> bool:
        return name != run.by and self.may(name, APPROVE)

    def is_held(self, key: Key, now: datetime) -> bool:
        lying = {hold.key for hold in self.holds if hold.in_force(now)}
        return bool(lying & self.world.targets[key].held_by)

    def change_limits(self, name: str, wanted: Limits, now: datetime) -> set[str]:
        """What is stricter counts at once; the names that wait for a second person are returned."""
        lower = self.limits.lowered_to(wanted)
        others = [other for other in PEOPLE if other != name and self.may(other, POLICY)]
        waits = lower if self.limits.second_person and others else set()
        changed = {
            field.name: getattr(wanted, field.name) for field in fields(Limits) if field.name not in waits
        }
        before = self.limits
        self.limits = replace(before, **changed)
        if waits:
            until = now + timedelta(hours=before.approval_hours)
            self.wish = Wish(0, name, waits, wanted, before, until)
        return waits

    def confirm(self, run: RunFact, shown: dict[int, Key], digest: str, now: datetime) -> None:
        """The person confirmed exactly what was shown; the limits of this moment count."""
        run.confirmed, run.digest = dict(shown), digest
        run.sweeping = any(self.world.targets[key].operation == WHOLE_LESSON for key in shown.values())
        run.wait = self.limits.wait(sweeping=run.sweeping)
        run.needs_approval = self.limits.second_person and (
            run.sweeping or len(shown) >= self.limits.approve_from
        )
        run.approved_by = ""
        if run.needs_approval:
            run.approve_until = now + timedelta(hours=self.limits.approval_hours)
        else:
            run.not_before = now + run.wait

    def approve(self, run: RunFact, name: str, now: datetime) -> None:
        run.approved_by = name
        run.wait = max(run.wait, self.limits.wait(sweeping=run.sweeping))
        run.not_before = now + run.wait

    def pause(self, run: RunFact, now: datetime) -> None:
        """Pausing twice is pausing once."""
        if not run.paused and run.not_before:
            run.rest = max(timedelta(), run.not_before - now)
        run.paused = True

    def resume(self, run: RunFact, now: datetime) -> None:
        """A countdown goes on with the rest that it had."""
        if run.paused and run.not_before:
            run.not_before = max(run.not_before, now + run.rest)
        run.paused = run.stopped = False
        run.rest = timedelta()

    def send_back(self, run: RunFact, token: str, now: datetime) -> None:
        run.confirmed, run.token, run.digest = None, token, ""
        run.created = now  # its person reads it only now
        run.not_before = run.approve_until = None

    def objections(self, run: RunFact, item: int, now: datetime) -> list[str]:
        """Why a sending of this item may not be claimed now; empty when it may."""
        if run.confirmed is None:
            return ["nobody confirmed it"]
        if item not in run.confirmed:
            return ["it is not on the list that was confirmed"]
        key = run.confirmed[item]
        facts = {
            "its list was changed": run.tampered,
            "it was unticked": item in run.unticked,
            "it is held": self.is_held(key, now),
            "its run is cancelled": run.cancelled,
            "its run is paused": run.paused,
            "all deletions are stopped": self.switched_off,
            "its run was stopped and nobody let it go on": run.stopped,
            "nobody approved it": run.needs_approval and not run.approved_by,
            "its own person approved it": run.approved_by == run.by,
            "it is a quiet hour": self.limits.is_quiet(now),
            "it is too early": run.not_before is None or now < run.not_before,
            "its person may not do this any more": not self.may(
                run.by, RIGHT_TO[self.world.targets[key].operation]
            ),
        }
        return [words for words, true in facts.items() if true] + self._sent_before(key, item)

    def _sent_before(self, key: Key, item: int) -> list[str]:
        """Every earlier sending to this target must be known to have had no effect, or this must be its proof."""
        proves = self.world.targets[key].operation == CLASS_VIDEO
        found = []
        for call in self.calls[key]:
            repeat = proves and call.item == item and call.end == "lost"
            if call.end != "nothing" and not repeat:
                found.append(f"it was sent before, and that ended: {call.end}")
        return found

    def untouched(self, now: datetime) -> set[Key]:
        """What no run has in it and no hold lies over."""
        taken = {key for run in self.runs.values() for key in run.items.values()}
        return {key for key in self.world.targets if key not in taken and not self.is_held(key, now)}

    def calls_of(self, item: int, key: Key) -> list[CallFact]:
        return [call for call in self.calls[key] if call.item == item]

    def may_go_again(self, item: int, key: Key) -> bool:
        """Whether nothing of this item can have had an effect."""
        return all(call.end == "nothing" for call in self.calls_of(item, key))
