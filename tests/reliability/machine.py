"""The state machine: people, time, workers and the provider do what they like in any order, and the model judges.

Rules call the engine as the screens and the workers do; most are tried rightly and wrongly. What the engine does is compared
with `model.Model`, which knows nothing of it. Each call that arrives at the provider is judged by what the model said at
the instant of its claim.

Transactions are real: every step commits, so `on_commit` hooks run as they do in the product, and a call that is made inside a
transaction is seen. Nothing is rolled back between examples; `world.reset` deletes what they made, which on SQLite costs
less than what savepoints would hide. Messages to workers are dropped here: they may get lost, so all that they could bring
about is brought about by the rules that claim.

To add a rule for something new: write what it means to people in `Model`, call the engine by `_ask`, and compare. What
must hold after every step belongs into `what_must_hold`, what must hold for a call into `Model.objections`.
"""

from __future__ import annotations

import uuid
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from audit.actors import Actor
from audit.denials import Denied
from audit.models import Record
from courses.models import Course, CourseClass
from media_assets.models import SignPackage, VideoAsset
from operations import engine
from operations.engine.claim import Request, claim
from operations.engine.digest import write_parts
from operations.engine.send import Answer, send
from operations.engine.settle import settle
from operations.engine.sweep import sweep
from operations.models import Attempt, Hold, Item, Policy, Run
from operations.operation import Look, Seen
from operations.registry import registry
from operations.states import Finding
from providers.outcome import Ambiguous, Reply
from tests.reliability.clock import Clock
from tests.reliability.model import CallFact, HoldFact, Limits, Model, RunFact, Violation, require
from tests.reliability.provider import Fate, Provider
from tests.reliability.world import (
    CLASS_VIDEO,
    HOLD,
    MEETING_VIDEO,
    PEOPLE,
    RIGHT_TO,
    SWITCH,
    WHOLE_LESSON,
    Key,
    World,
    reset,
)

LEASE = timedelta(seconds=90)
FRESH = timedelta(hours=2)
THINGS = {model._meta.label_lower: model for model in (Course, CourseClass, SignPackage, VideoAsset)}

numbers = st.integers(0, 11)
masks = st.sampled_from([1, 3, 7, 5, 2])
_OPERATIONS = [{CLASS_VIDEO, MEETING_VIDEO}, {CLASS_VIDEO}, {WHOLE_LESSON}, {MEETING_VIDEO}]
kinds = st.sampled_from([1, 1, 1, 3, 2, 0])
"""What a plan is made of, by its place among the operations."""
makers = st.sampled_from(["maker", "maker", "maker", "second"])
anybody = st.sampled_from(sorted(PEOPLE))
spans = st.sampled_from([1, 59, 60, 91, 600, 900, 3600, 7200, 86_400, 3 * 86_400])
fates = st.sampled_from([Fate.ANSWERED, Fate.ANSWERED, *Fate])
limits = st.builds(
    Limits,
    second_person=st.sampled_from([True, True, False]),
    approve_from=st.sampled_from([1, 2, 3]),
    approval_hours=st.sampled_from([1, 48]),
    irreversible=st.sampled_from([0, 60, 900]),
    sweeping=st.sampled_from([0, 3600]),
)
wrong_confirmations = st.sampled_from(
    [
        "wrong token",
        "old token",
        "no token",
        "wrong count",
        "wrong word",
        "nothing typed",
        "field missing",
        "no reason",
    ]
)
tamperings = st.sampled_from(
    ["identity", "params", "target", "removed", "added", *["added unseen"] * 2, *["with its checksum"] * 3]
)


@dataclass
class Flight:
    """A claimed request on its way: the model's judgement at its claim, and the answer once there is one."""

    request: Request
    fact: RunFact
    key: Key | None
    item: int
    objections: list[str]
    lease_until: Any
    call: CallFact | None = None
    answer: Answer | None = None
    arrived: bool = False
    taken_over: bool = False

    @property
    def is_look(self) -> bool:
        return self.request.attempt.purpose == Attempt.Purpose.LOOK


def any_run(among: Callable[[RunFact], bool]) -> Callable[[Any], bool]:
    return lambda machine: any(among(fact) for fact in machine.model.runs.values())


_a_plan = any_run(lambda fact: fact.confirmed is None and not fact.cancelled)
_confirmed = any_run(lambda fact: fact.confirmed is not None)
_waiting = any_run(lambda fact: fact.waits_for_approval)


def few_runs(machine: Any) -> bool:
    return len(machine.model.runs) < 30


def _a_hold(machine: Any) -> bool:
    return any(hold.in_force(machine.clock.now) for hold in machine.model.holds)


def _a_lost_answer(machine: Any) -> bool:
    return any(call.end == "lost" for calls in machine.model.calls.values() for call in calls)


class DeletionMachine(RuleBasedStateMachine):
    """One example: up to fifty steps of people and workers who know nothing of each other."""

    world: World
    clock: Clock
    seen: Counter[str] = Counter()
    """What happened in all examples, to show that they were not idle."""
    examples = 0
    """How many examples were begun."""
    often = {"work": 2, "claim": 2, "call_arrives": 3, "confirm": 2, "approve": 2}
    """The weights of rules that come more often than once."""

    def __init__(self) -> None:
        super().__init__()
        # Hypothesis switches off a part of the rules in each example and repeats what it drew before, which finds more in
        # unlike rules. Here most rules do nothing without plans, claims and answers, so examples would be idle: the same
        # draw means another rule in every step, and what brings work about comes more often.
        self._rules_strategy.enabled_rules_strategy = st.none()
        self._rules_strategy._enabled_rules_strategy = st.integers(0, 2**20).map(self._chosen)
        self.steps = 0
        type(self).examples += 1
        reset(self.world)
        self.clock.start()
        self.provider = Provider(self.world, self._arrived)
        self.flights: list[Flight] = []
        self.flying: Flight | None = None
        self.users: dict[str, User] = {}
        self.old_tokens: list[str] = []

    @initialize(limits=limits)
    def the_school_has_limits(self, limits: Limits) -> None:
        self.model = Model(self.world, limits)
        Policy.objects.create(
            second_person=limits.second_person,
            approve_from=limits.approve_from,
            approval_hours=limits.approval_hours,
            irreversible_seconds=limits.irreversible,
            sweeping_seconds=limits.sweeping,
        )
        self.model_ready = True

    def _chosen(self, number: int) -> Any:
        """One of the rules that are possible now, by weight."""
        self.steps += 1
        strategy = self._rules_strategy
        names = [rule for rule in strategy.rules if strategy.is_valid(rule)]
        weighted = [rule for rule in names for _time in range(self.often.get(rule.function.__name__, 1))]
        return weighted[zlib.crc32(f"{number} {self.steps}".encode()) % len(weighted)]

    # Asking the engine

    def _user(self, name: str) -> User:
        if name not in self.users:
            self.users[name] = User.objects.get(pk=self.world.people[name])
        return self.users[name]

    def _as(self, name: str) -> dict[str, Any]:
        user = self._user(name)
        return {"actor": Actor.person(user, via="test"), "user": user}

    def _ask(self, what: str, ask: Callable[[], Any]) -> tuple[str, Any]:
        """("", result) when the engine did it; its refusal's code, or "denied", and None when it did not."""
        try:
            result = ask()
        except engine.Refused as refused:
            self.seen[f"{what}: refused, {refused.code}"] += 1
            return refused.code, None
        except Denied:
            self.seen[f"{what}: denied"] += 1
            return "denied", None
        self.seen[what] += 1
        return "", result

    def _run(self, number: int, among: Callable[[RunFact], bool] = lambda _fact: True) -> RunFact | None:
        """One of the runs, the newest most often."""
        facts = [fact for fact in self.model.runs.values() if among(fact)]
        return facts[-1 - number % len(facts)] if facts else None

    def _row(self, fact: RunFact) -> Run:
        return Run.objects.get(pk=fact.pk)

    def _shown(self, fact: RunFact) -> dict[int, Key]:
        """What the person sees as going: the plan's page."""
        rows = Item.objects.filter(run_id=fact.pk, left_out="")
        return {pk: (kind, target) for pk, kind, target in rows.values_list("pk", "target_kind", "target_id")}

    # Plans

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks)
    def plan(self, name: str, operations: int, mask: int) -> None:
        self._plan(name, operations, mask, among=set(self.world.targets))

    def _plan(self, name: str, operations: int, mask: int, among: set[Key]) -> RunFact | None:
        keys = _OPERATIONS[operations]
        targets = [target for target in self.world.targets.values() if target.operation in keys]
        targets = [target for target in targets if target.key in among] or targets
        places = [(bit + self.steps) % len(targets) for bit in range(len(targets))]  # not always the same few
        chosen = [targets[place] for bit, place in enumerate(places) if mask >> bit & 1] or targets[:1]
        return self._freeze(name, keys, {target.key for target in chosen})

    def _freeze(self, name: str, operations: set[str], chosen: set[Key]) -> RunFact | None:
        model = registry[next(iter(operations))].target
        selection = model._default_manager.filter(pk__in=[pk for _kind, pk in chosen])
        operations_asked = [registry[key] for key in sorted(operations)]
        refusal, run = self._ask("plan", lambda: engine.freeze(operations_asked, selection, **self._as(name)))
        if refusal:
            return None
        return self._planned(run, name, chosen)

    def _planned(self, run: Run, name: str, chosen: set[Key]) -> RunFact:
        rows = Item.objects.filter(run=run).values_list("pk", "target_kind", "target_id")
        items = {pk: (kind, target) for pk, kind, target in rows}
        require(set(items.values()) <= chosen, "something is in the plan that nobody selected")
        fact = RunFact(run.pk, name, set(run.operations), items, self.clock.now, str(run.token))
        self.model.runs[run.pk] = fact
        for key in self._shown(fact).values():
            operation = self.world.targets[key].operation
            require(not self.model.is_held(key, self.clock.now), "a plan shows a held one as going")
            require(operation in fact.operations, "a plan holds another operation")
        return fact

    @precondition(_a_plan)
    @rule(number=numbers, mask=masks, name=makers)
    def untick(self, number: int, mask: int, name: str) -> None:
        if fact := self._run(number, lambda fact: fact.confirmed is None and not fact.cancelled):
            self._untick(fact, mask, name)

    def _untick(self, fact: RunFact, mask: int, name: str) -> None:
        items = sorted(fact.items)
        ticked = {item for bit, item in enumerate(items) if mask >> bit & 1}
        refusal, changed = self._ask(
            "untick",
            lambda: engine.keep_only(self._row(fact), shown=items, ticked=ticked, **self._as(name)),
        )
        if refusal:
            return
        require(name == fact.by or not changed, "somebody else changed a plan")
        fact.unticked = set(items) - ticked
        if changed:
            self.old_tokens.append(fact.token)
            fact.token = str(self._row(fact).token)
        require(not set(self._shown(fact)) & fact.unticked, "an unticked item is shown as going")

    @precondition(_a_plan)
    @rule(number=numbers, name=makers)
    def check_again(self, number: int, name: str) -> None:
        if fact := self._run(number, lambda fact: fact.confirmed is None and not fact.cancelled):
            self._check_again(fact, name)

    def _check_again(self, fact: RunFact, name: str) -> None:
        refusal, _moved = self._ask(
            "check again", lambda: engine.check_again(self._row(fact), **self._as(name))
        )
        if refusal:
            return
        require(name == fact.by and self.model.may_all_of(name, fact), "somebody else checked a plan again")
        fact.created = self.clock.now
        self.old_tokens.append(fact.token)
        fact.token = str(self._row(fact).token)

    @precondition(_a_plan)
    @rule(number=numbers, name=makers)
    def discard(self, number: int, name: str) -> None:
        fact = self._run(number, lambda fact: fact.confirmed is None and not fact.cancelled)
        if fact is None:
            return
        refusal, _none = self._ask("discard", lambda: engine.discard(self._row(fact), **self._as(name)))
        if not refusal:
            require(name == fact.by or not fact.by, "somebody else's plan was given up")
            require(fact.by or self.model.may_all_of(name, fact), "a proposal was given up without the right")
            fact.cancelled = True

    # Confirming

    @precondition(_a_plan)
    @rule(number=numbers)
    def confirm(self, number: int) -> None:
        if fact := self._run(number, lambda fact: fact.confirmed is None and not fact.cancelled):
            self._confirm(fact, fact.by or "maker")

    @precondition(_a_plan)
    @rule(number=numbers, name=anybody)
    def confirm_somebody_elses(self, number: int, name: str) -> None:
        if fact := self._run(number, lambda fact: fact.confirmed is None and not fact.cancelled):
            self._confirm(fact, name)

    @precondition(_a_plan)
    @rule(number=numbers, wrong=wrong_confirmations)
    def confirm_wrongly(self, number: int, wrong: str) -> None:
        if fact := self._run(number, lambda fact: fact.confirmed is None and not fact.cancelled):
            self._confirm(fact, fact.by or "maker", wrong)

    @precondition(_confirmed)
    @rule(number=numbers)
    def confirm_twice(self, number: int) -> None:
        """A doubled click: the second one changes nothing."""
        fact = self._run(number, lambda fact: fact.confirmed is not None)
        if fact is None:
            return
        before = Run.objects.filter(pk=fact.pk).values().get()
        count = len(fact.confirmed or {})
        self._ask(
            "confirm twice",
            lambda: engine.confirm(
                self._row(fact),
                token=fact.token,
                reason="Again",
                typed=f"DELETE {count}",
                **self._as(fact.by),
            ),
        )
        require(Run.objects.filter(pk=fact.pk).values().get() == before, "a second click changed the run")

    def _confirm(self, fact: RunFact, name: str, wrong: str = "") -> bool:
        shown = self._shown(fact)
        count = len(shown)
        typed = {
            "wrong count": f"DELETE {count + 1}",
            "wrong word": f"DELIVER {count}",
            "nothing typed": "",
            "field missing": None,
        }
        token = {"wrong token": str(uuid.UUID(int=7)), "no token": ""}
        if wrong == "old token" and not [token for token in self.old_tokens if token != fact.token]:
            return False
        if wrong == "old token":
            token["old token"] = next(old for old in reversed(self.old_tokens) if old != fact.token)
        refusal, run = self._ask(
            f"confirm ({wrong or 'rightly'})",
            lambda: engine.confirm(
                self._row(fact),
                token=token.get(wrong, fact.token),
                reason="" if wrong == "no reason" else "Term is over",
                typed=typed.get(wrong, f"delete {count}"),
                **self._as(name),
            ),
        )
        facts = {
            f"a plan was confirmed with: {wrong}": wrong,
            "a plan was confirmed by another than its person": name != fact.by,
            "a plan was confirmed without the right": not self.model.may_all_of(name, fact),
            "a plan was confirmed that is too old": self.clock.now - fact.created > FRESH,
            "a plan was confirmed while all deletions are stopped": self.model.switched_off,
            "a plan was confirmed that was given up": fact.cancelled,
            "an empty plan was confirmed": not shown,
            "a plan was confirmed with a held one": any(
                self.model.is_held(key, self.clock.now) for key in shown.values()
            ),
        }
        objections = [words for words, true in facts.items() if true]
        if refusal:
            meanwhile = refusal in ("selection_changed", "in_open_run")
            require(objections or meanwhile, f"a right confirmation was refused: {refusal}")
            return False
        require(not objections, "; ".join(objections))
        self.model.confirm(fact, shown, run.digest, self.clock.now)
        require(run.needs_approval == fact.needs_approval, "the limits on approval were not obeyed")
        return True

    # The second person

    @precondition(_waiting)
    @rule(number=numbers, name=anybody)
    def approve(self, number: int, name: str) -> None:
        if fact := self._run(number, lambda fact: fact.waits_for_approval):
            self._approve(fact, name, fact.digest)

    @precondition(_waiting)
    @rule(number=numbers)
    def approve_own(self, number: int) -> None:
        if fact := self._run(number, lambda fact: fact.waits_for_approval):
            self._approve(fact, fact.by, fact.digest)

    @precondition(_waiting)
    @rule(number=numbers, digest=st.sampled_from(["", "0" * 64]))
    def approve_something_else(self, number: int, digest: str) -> None:
        if fact := self._run(number, lambda fact: fact.waits_for_approval):
            self._approve(fact, "head", digest)

    def _approve(self, fact: RunFact, name: str, digest: str) -> None:
        refusal, _run = self._ask(
            "approve",
            lambda: engine.approve(self._row(fact), digest_shown=digest, **self._as(name)),
        )
        if refusal:
            return
        facts = {
            "a person approved their own run": name == fact.by,
            "a run was approved without the right": not self.model.may_approve(name, fact),
            "another list was approved": digest != fact.digest,
            "a changed list was approved": fact.tampered,
            "a run was approved too late": fact.approve_until is None or self.clock.now >= fact.approve_until,
            "a run was approved while all deletions are stopped": self.model.switched_off,
            "a run was approved whose person lost the right": not self.model.may_all_of(fact.by, fact),
        }
        objections = [words for words, true in facts.items() if true]
        require(not objections, "; ".join(objections))
        self.model.approve(fact, name, self.clock.now)

    @precondition(_waiting)
    @rule(number=numbers, name=anybody)
    def send_back(self, number: int, name: str) -> None:
        if fact := self._run(number, lambda fact: fact.waits_for_approval):
            self._send_back(fact, name)

    def _send_back(self, fact: RunFact, name: str) -> None:
        refusal, run = self._ask(
            "send back", lambda: engine.send_back(self._row(fact), comment="Not these", **self._as(name))
        )
        if refusal:
            return
        require(self.model.may_approve(name, fact), "a run was sent back without the right")
        self.old_tokens.append(fact.token)
        self.model.send_back(fact, str(run.token), self.clock.now)

    # Holds

    @rule(number=st.integers(0, 30), seconds=st.sampled_from([None, 60, 900, 86_400]), name=anybody)
    def place_hold(self, number: int, seconds: int | None, name: str) -> None:
        kind, pk = self.world.things[number % len(self.world.things)]
        lying = [hold.key for hold in self.model.holds if hold.in_force(self.clock.now)]
        if lying and number > 20:
            kind, pk = lying[-1]  # a second one on the same object
        self._hold((kind, pk), self.clock.now + timedelta(seconds=seconds) if seconds else None, name)

    def _hold(self, thing: Key, until: datetime | None, name: str) -> None:
        kind, pk = thing
        model = THINGS[kind]
        refusal, _count = self._ask(
            "place hold",
            lambda: engine.place_holds(
                model,
                model._default_manager.filter(pk=pk),
                reason="Keep it",
                until=until,
                **self._as(name),
            ),
        )
        if refusal:
            require(not self.model.may(name, HOLD), "a hold was refused")
            return
        require(self.model.may(name, HOLD), "a hold was placed without the right")
        newest = Hold.objects.latest("pk")
        self.model.holds.append(HoldFact(newest.pk, thing, until))

    @precondition(_a_hold)
    @rule(number=numbers, name=anybody)
    def release_hold(self, number: int, name: str) -> None:
        lying = [hold for hold in self.model.holds if hold.in_force(self.clock.now)]
        if lying:
            self._release(lying[number % len(lying)], name)

    def _release(self, hold: HoldFact, name: str) -> None:
        refusal, _count = self._ask(
            "release hold",
            lambda: engine.release(Hold.objects.filter(pk=hold.pk), reason="Done", **self._as(name)),
        )
        if not refusal:
            require(self.model.may(name, HOLD), "a hold was released without the right")
            hold.released = True

    # Stopping and going on

    @precondition(_confirmed)
    @rule(number=numbers, name=anybody)
    def cancel(self, number: int, name: str) -> None:
        if fact := self._run(number, lambda fact: fact.confirmed is not None and not fact.cancelled):
            self._cancel(fact, name)

    def _cancel(self, fact: RunFact, name: str) -> None:
        refusal, _count = self._ask("cancel", lambda: engine.cancel_rest(self._row(fact), **self._as(name)))
        if refusal:
            over = Run.objects.filter(pk=fact.pk, state__in=["finished", "cancelled"]).exists()
            require(over or not self.model.may_all_of(name, fact), "a run could not be cancelled")
            return
        require(self.model.may_all_of(name, fact), "a run was cancelled without the right")
        fact.cancelled = True

    @precondition(_confirmed)
    @rule(number=numbers, name=makers)
    def pause(self, number: int, name: str) -> None:
        if fact := self._run(number, lambda fact: fact.confirmed is not None and not fact.cancelled):
            self._pause(fact, name)

    def _pause(self, fact: RunFact, name: str) -> None:
        refusal, _none = self._ask("pause", lambda: engine.pause(self._row(fact), **self._as(name)))
        if not refusal:
            require(self.model.may_all_of(name, fact), "a run was paused without the right")
            self.model.pause(fact, self.clock.now)

    @precondition(_confirmed)
    @rule(number=numbers, name=makers)
    def resume(self, number: int, name: str) -> None:
        halted = self._run(number, lambda fact: fact.paused or fact.stopped)
        if fact := halted or self._run(number, lambda fact: fact.confirmed is not None):
            self._resume(fact, name)

    def _resume(self, fact: RunFact, name: str) -> None:
        refusal, _none = self._ask("resume", lambda: engine.resume(self._row(fact), **self._as(name)))
        if refusal:
            return
        require(self.model.may_all_of(name, fact), "a run was let go on without the right")
        require(not self.model.switched_off, "a run was let go on while all deletions are stopped")
        self.model.resume(fact, self.clock.now)

    @precondition(lambda self: self.model.runs)
    @rule(name=st.sampled_from(["head", "head", "head", "maker"]))
    def press_the_switch(self, name: str) -> None:
        """One rule for both ways: an example that can stop but never allow again would be idle."""
        if self.model.switched_off:
            self._allow_again(name)
        else:
            self._stop_all(name)

    def _stop_all(self, name: str) -> None:
        running = set(Run.objects.filter(state="running").values_list("pk", flat=True))
        refusal, _switch = self._ask("stop all", lambda: engine.stop_all(reason="Wait", **self._as(name)))
        if refusal:
            return
        require(self.model.may(name, SWITCH), "deletions were stopped without the right")
        self.model.switched_off = True
        for pk in running:
            self.model.runs[pk].stopped = True

    def _allow_again(self, name: str) -> None:
        refusal, _switch = self._ask("allow again", lambda: engine.allow_again(reason="Go", **self._as(name)))
        if not refusal:
            require(self.model.may(name, SWITCH), "deletions were allowed without the right")
            self.model.switched_off = False

    # Rights

    @rule(name=anybody, number=numbers)
    def somebody_loses_a_right(self, name: str, number: int) -> None:
        """Or everybody has theirs again: else nobody could do anything after a few of these steps."""
        if self._give_back_all():
            return
        mine = sorted(PEOPLE[name])
        self._take_away(name, mine[number % len(mine)])

    def _take_away(self, name: str, right: str) -> None:
        self.model.rights[name].discard(right)
        User.user_permissions.through.objects.filter(
            user_id=self.world.people[name], permission_id=self.world.permissions[right]
        ).delete()
        self.users.pop(name, None)

    @rule(name=anybody)
    def somebody_leaves(self, name: str) -> None:
        """Or everybody is back."""
        if self._give_back_all():
            return
        self._leave(name)

    def _leave(self, name: str) -> None:
        self.model.active[name] = False
        User.objects.filter(pk=self.world.people[name]).update(is_active=False)
        self.users.pop(name, None)

    def _give_back_all(self) -> bool:
        if all(self.model.active.values()) and self.model.rights == {k: set(v) for k, v in PEOPLE.items()}:
            return False
        through = User.user_permissions.through
        for name, rights in PEOPLE.items():
            missing = rights - self.model.rights[name]
            through.objects.bulk_create(
                through(user_id=self.world.people[name], permission_id=self.world.permissions[right])
                for right in sorted(missing)
            )
            self.model.rights[name] |= missing
            self.model.active[name] = True
        User.objects.filter(is_active=False).update(is_active=True)
        self.users.clear()
        return True

    # Time

    @rule(seconds=spans)
    def time_passes(self, seconds: int) -> None:
        self.clock.pass_(timedelta(seconds=seconds))

    @rule(number=numbers, off=st.sampled_from([-60, -1, 0, 0, 1]))
    def time_comes_near(self, number: int, off: int) -> None:
        """Exactly to a boundary, or a moment before or after it: a waiting time, an approval, a hold."""
        moments = [fact.not_before for fact in self.model.runs.values()]
        moments += [fact.approve_until for fact in self.model.runs.values() if fact.waits_for_approval]
        moments += [hold.until for hold in self.model.holds if not hold.released]
        coming = sorted({moment for moment in moments if moment and moment > self.clock.now})
        if coming:
            span = coming[number % len(coming)] + timedelta(seconds=off) - self.clock.now
            self.clock.pass_(max(timedelta(), span))

    # Tampering

    @precondition(_confirmed)
    @rule(number=numbers, item=numbers, how=tamperings)
    def tamper(self, number: int, item: int, how: str) -> None:
        """Somebody changes the confirmed list in the table: what was sent of it is done, and no more may go."""
        if fact := self._run(number, lambda fact: fact.confirmed is not None and not fact.cancelled):
            self._tamper(fact, item, how)

    def _tamper(self, fact: RunFact, item: int, how: str) -> None:
        if how == "with its checksum" and not fact.approved_by:
            how = "identity"  # without an approval nothing else vouches for the checksum
        rows = Item.objects.filter(
            run_id=fact.pk, pk__in=fact.confirmed or {}, state="queued", attempts_made=0
        )
        places = sorted(rows.values_list("pk", flat=True))
        if not places:
            return
        pk = places[item % len(places)]
        row = Item.objects.get(pk=pk)
        others = [target for target in self.world.of(row.operation) if target.key[1] != row.target_id]
        other = others[item % len(others)]
        mine = Item.objects.filter(pk=pk)
        if how in ("identity", "with its checksum"):
            mine.update(identity=_identity(other.call))
        elif how == "params":
            mine.update(params={"everything": True})
        elif how == "removed":
            mine.update(confirmed=False)
        elif Item.objects.filter(
            target_kind=other.key[0], target_id=other.key[1], state__in=["queued", "sending", "looking"]
        ).exists():
            return  # the database itself allows no second one
        elif how == "target":
            mine.update(target_id=other.key[1], identity=_identity(other.call))
        else:
            row.pk, row.target_id, row.identity = None, other.key[1], _identity(other.call)
            row.confirmed = how == "added"
            row.save(force_insert=True)
        if how == "with its checksum":
            Run.objects.filter(pk=fact.pk).update(digest=write_parts(self._row(fact)))
        self.seen[f"tamper: {how}"] += 1
        # One that the checksum does not cover must stay behind alone.
        fact.tampered |= how != "added unseen"

    # Workers

    @precondition(_confirmed)
    @rule(number=numbers, account=st.booleans(), want=st.integers(1, 3))
    def claim(self, number: int, account: bool, want: int) -> None:
        """A worker claims, and lives on or dies: its requests are in the air now."""
        if fact := self._run(number):
            self._claim(fact, account, want)

    @precondition(_confirmed)
    @rule(number=numbers, account=st.booleans(), want=st.integers(1, 4), fate=fates)
    def work(self, number: int, account: bool, want: int, fate: Fate) -> None:
        """The usual worker: claims, sends, writes down."""
        if fact := self._run(number, lambda fact: fact.confirmed is not None) or self._run(number):
            for flight in self._claim(fact, account, want):
                self._send(flight, fate)
                self._settle(flight)

    @precondition(any_run(lambda fact: fact.not_before is not None))
    @rule(number=numbers, want=st.integers(1, 3), fate=fates)
    def its_time_comes(self, number: int, want: int, fate: Fate) -> None:
        """The waiting time of a run is over to the moment, and a worker is there: whatever was stopped meanwhile counts."""
        fact = self._run(number, lambda fact: fact.not_before is not None)
        if fact is None or fact.not_before is None:
            return
        self.clock.pass_(max(timedelta(), fact.not_before - self.clock.now))
        self._work(fact, want, fate)

    def _work(self, fact: RunFact, want: int, fate: Fate) -> None:
        """A round of work at both accounts."""
        for account in (False, True):
            for flight in self._claim(fact, account, want):
                self._send(flight, fate)
                self._settle(flight)

    @precondition(_confirmed)
    @rule(fate=fates)
    def work_on_everything(self, fate: Fate) -> None:
        under_way = [fact for fact in self.model.runs.values() if fact.confirmed is not None]
        for fact in under_way[-6:]:
            self._work(fact, 2, fate)

    @precondition(lambda self: self.flights)
    @rule(number=numbers, fate=fates, writes=st.booleans())
    def call_arrives(self, number: int, fate: Fate, writes: bool) -> None:
        """The request goes out; a worker's deadline is shorter than its lease, so only within that."""
        waiting = [
            flight
            for flight in self.flights
            if flight.answer is None and self.clock.now < flight.lease_until and not flight.taken_over
        ]
        if waiting:
            flight = waiting[number % len(waiting)]
            self._send(flight, fate)
            if writes:
                self._settle(flight)

    @precondition(lambda self: any(flight.answer is not None for flight in self.flights))
    @rule(number=numbers)
    def answer_is_written_down(self, number: int) -> None:
        """However late it comes."""
        answered = [flight for flight in self.flights if flight.answer is not None]
        if answered:
            self._settle(answered[number % len(answered)])

    @precondition(lambda self: self.flights)
    @rule(number=numbers)
    def worker_dies(self, number: int) -> None:
        self.flights.pop(number % len(self.flights))
        self.seen["worker dies"] += 1

    @precondition(_confirmed)
    @rule()
    def sweep(self) -> None:
        self._sweep()

    def _sweep(self) -> None:
        sweep()
        for calls in self.model.calls.values():
            for call in calls:
                if call.end == "open" and call.lease_until < self.clock.now:
                    call.end = "lost"
        for flight in self.flights:
            flight.taken_over |= flight.lease_until < self.clock.now
        self.seen["sweep"] += 1

    def _claim(self, fact: RunFact, account: bool, want: int) -> list[Flight]:
        claimed = claim(fact.pk, self.world.accounts[account], want)
        now = self.clock.now
        flights = []
        for request in claimed.requests:
            (item,) = request.items
            key = (fact.confirmed or {}).get(item.pk)
            flight = Flight(request, fact, key, item.pk, [], now + LEASE)
            if not flight.is_look:
                flight.objections = self.model.objections(fact, item.pk, now)
                flight.call = CallFact(fact.pk, item.pk, now + LEASE)
                if key:
                    self.model.calls[key].append(flight.call)
            flights.append(flight)
        self.flights += flights
        return flights

    def _send(self, flight: Flight, fate: Fate) -> None:
        self.provider.fate, self.flying = fate, flight
        self.seen[f"{'look' if flight.is_look else 'call'}: {fate}"] += 1
        logged: list[Violation] = []
        self.broken = logged
        _request, flight.answer = send(self.provider, flight.request)
        if logged:
            raise logged[0]
        require(flight.is_look or flight.arrived, "a claimed request sent nothing")

    def _arrived(self, call: tuple[str, ...]) -> None:
        """A call is at the provider's door. The engine must not swallow what the judge says, so it is raised later."""
        try:
            self._judge(call)
        except Violation as violation:
            self.broken.append(violation)

    def _judge(self, call: tuple[str, ...]) -> None:
        flight = self.flying
        if flight is None:
            raise Violation("a call without a claim")
        flight.arrived = True
        require(not flight.is_look, "a look deleted something")
        require(not flight.objections, f"sent although {' and '.join(flight.objections)}")
        key = flight.key
        require(key and self.world.targets[key].call == call, "sent something else than what was frozen")
        require(not connection.in_atomic_block, "sent inside a transaction")
        attempt = flight.request.attempt
        known = Attempt.objects.filter(pk=attempt.pk, items=flight.item, run=flight.fact.pk)
        require(known.exists(), "sent before the attempt was written down")
        written = Record.objects.filter(attempt_id=attempt.pk, action__endswith=".attempted")
        require(written.exists(), "sent without a record in the ledger")

    def _settle(self, flight: Flight) -> None:
        self.flights.remove(flight)
        answer = flight.answer
        before = Item.objects.filter(pk=flight.item).values().get()
        settle(flight.fact.pk, [(flight.request, answer)])
        attempt = flight.request.attempt.pk
        require(Record.objects.filter(attempt_id=attempt).count() == 2, "an answer left no record")
        after = Item.objects.filter(pk=flight.item).values().get()
        if flight.taken_over:
            require(before == after, "a late answer changed an item that somebody else had taken over")
            self.seen["late answer"] += 1
            return
        self._learn(flight, answer)

    def _learn(self, flight: Flight, answer: Any) -> None:
        """What everybody may know from this answer."""
        if flight.key is None:
            return
        mine = self.model.calls_of(flight.item, flight.key)
        if isinstance(answer, Seen):
            if answer.look in (Look.HAPPENED, Look.WAS_SO):
                self._all_end(mine, "happened")
            elif answer.look is Look.NOT_HAPPENED:
                self.model.looks[flight.item] = self.model.looks.get(flight.item, 0) + 1
                if self.model.looks[flight.item] >= 2:
                    self._all_end(mine, "nothing")
        elif flight.call is not None and isinstance(answer, Reply):
            self._all_end(mine, "happened")
        elif flight.call is not None:
            flight.call.end = "lost" if isinstance(answer, Ambiguous) else "nothing"

    def _all_end(self, calls: list[CallFact], end: str) -> None:
        for call in calls:
            if call.end in ("open", "lost"):
                call.end = end

    # Afterwards

    @precondition(_confirmed)
    @rule(number=numbers, name=makers)
    def retry(self, number: int, name: str) -> None:
        if parent := self._run(number, lambda fact: fact.confirmed is not None):
            self._retry(parent, name)

    def _retry(self, parent: RunFact, name: str) -> RunFact | None:
        refusal, run = self._ask("retry", lambda: engine.retry(self._row(parent), **self._as(name)))
        if refusal:
            return None
        require(self.model.may_all_of(name, parent), "a run was retried without the right")
        require(not parent.tampered, "a changed list was retried")
        child = self._planned(run, name, set(parent.items.values()))
        by_key = {key: item for item, key in (parent.confirmed or {}).items()}
        for key in child.items.values():
            require(key in by_key, "a retry takes what was left out")
            require(
                self.model.may_go_again(by_key[key], key), "a retry takes what is done or may have happened"
            )
        return child

    @precondition(_a_lost_answer)
    @rule(number=numbers, name=makers, knows=st.sampled_from([True, True, False]))
    def decide(self, number: int, name: str, knows: bool) -> None:
        """A person looks at the provider's own screen and says what is true, or that nobody can tell."""
        unknown = list(Item.objects.filter(state="settled", outcome="unknown").order_by("pk"))
        if not unknown:
            return
        item = unknown[number % len(unknown)]
        key = (item.target_kind, item.target_id)
        happened = self.provider.is_gone(self.world.targets[key].call)
        found = Finding.HAPPENED if happened else Finding.NOT_HAPPENED
        finding = found if knows else Finding.NOBODY_KNOWS
        refusal, _none = self._ask(
            "decide",
            lambda: engine.decide(item, finding=finding, note="Looked", **self._as(name)),
        )
        if refusal:
            return
        require(
            self.model.may(name, RIGHT_TO[item.operation]),
            "somebody decided about an answer without the right",
        )
        self.model.decided.add(item.pk)
        if knows:
            self._all_end(self.model.calls_of(item.pk, key), "happened" if happened else "nothing")

    @precondition(few_runs)
    @rule(name=makers, mask=masks, operations=kinds, fate=fates, want=st.integers(1, 4))
    def the_usual_way(self, name: str, mask: int, operations: int, fate: Fate, want: int) -> None:
        """Plan, confirm, approve where needed, wait, one round of work: what most people do."""
        fact = self._plan(name, operations, mask, self.model.untouched(self.clock.now))
        if fact is None or not self._confirm(fact, name):
            return
        if fact.needs_approval:
            self._approve(fact, "head", fact.digest)
        if fact.not_before:
            self.clock.pass_(max(timedelta(), fact.not_before - self.clock.now))
        self._work(fact, want, fate)

    # After every step

    @invariant()
    def what_must_hold(self) -> None:
        if hasattr(self, "model_ready"):
            self._after_the_step()

    def _after_the_step(self) -> None:
        rows = Item.objects.values_list(
            "pk", "run_id", "state", "outcome", "target_kind", "target_id", "confirmed"
        )
        open_targets: set[Key] = set()
        for pk, run, state, outcome, kind, target, confirmed in rows:
            fact, key = self.model.runs[run], (kind, target)
            if state in ("queued", "sending", "looking"):
                require(fact.confirmed is not None, "an item of a plan is on its way")
                require(key not in open_targets or not confirmed, "two runs have the same target open")
                open_targets.add(key)
            elif state == "settled":
                self._check_settled(pk, key, outcome, fact)
        own = [fact.pk for fact in self.model.runs.values() if fact.by and fact.approved_by == fact.by]
        require(not own, "a person approved their own run")

    def _check_settled(self, pk: int, key: Key, outcome: str, fact: RunFact) -> None:
        require(outcome, "an item is settled without an outcome")
        if pk in self.model.outcomes and outcome != self.model.outcomes[pk]:
            require(pk in self.model.decided, "an item has two outcomes")
        if outcome not in ("skipped", "unknown"):
            self.model.outcomes[pk] = outcome
        if outcome in ("done", "already"):
            gone = self.provider.is_gone(self.world.targets[key].call)
            require(gone, "an item is said to be gone, and is there")
        elif outcome != "unknown":
            require(
                self.model.may_go_again(pk, key), f"an item is said to be {outcome}, and may have happened"
            )


def _identity(call: tuple[str, ...]) -> dict[str, str]:
    names = {
        "delete_class_video": ("classId", "fileId"),
        "delete_video": ("packageId", "meetingVideoId"),
        "delete_all_class_videos": ("classId",),
    }[call[0]]
    return dict(zip(names, call[1:], strict=True))
