"""Rules of several steps each, for what single steps seldom bring together: a hold of two released, an answer lost twice.

They are rules like all others: the model judges each of their steps, other rules come between them, and no mutant has any of
its own. Each begins in ordinary circumstances with a plan of its own, so that a scenario late in an example is not idle.
"""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.reliability.limits import policy_people
from tests.reliability.machine import (
    FRESH,
    LEASE,
    anybody,
    few_runs,
    kinds,
    makers,
    masks,
    numbers,
    tamperings,
    wrong_confirmations,
)
from tests.reliability.model import RunFact
from tests.reliability.proposals import ProposalsMachine
from tests.reliability.provider import Fate
from tests.reliability.world import APPROVE, CLASS_VIDEO, MEETING_VIDEO, RIGHT_TO, WHOLE_LESSON, Key

offs = st.sampled_from([-60, -1, 0, 1])
often = st.sampled_from([True, True, False])
seldom = st.sampled_from([False, False, True])
several_fates = st.lists(st.sampled_from(list(Fate)), min_size=3, max_size=6)
lost = st.sampled_from([Fate.LOST_AFTER, Fate.LOST_BEFORE])


class Machine(ProposalsMachine):
    """The whole machine; a scenario comes twice as often as a single step, a slow worker more often."""

    def _ordinary(self) -> None:
        """Everybody is there with their rights, deletions are allowed, no quiet hours keep them waiting."""
        self._give_back_all()
        if self.model.switched_off:
            self._allow_again("head")

    def _planned_by(self, name: str, operations: int, mask: int) -> RunFact | None:
        self._ordinary()
        return self._plan(name, operations, mask, self.model.untouched(self.clock.now))

    def _confirmed_by(self, name: str, operations: int, mask: int) -> RunFact | None:
        fact = self._planned_by(name, operations, mask)
        return fact if fact and self._confirm(fact, name) else None

    def _approved_by(self, name: str, operations: int, mask: int) -> RunFact | None:
        fact = self._confirmed_by(name, operations, mask)
        if fact:
            self._let_pass(fact)
        return fact if fact and fact.not_before else None

    def _let_pass(self, fact: RunFact) -> None:
        if fact.waits_for_approval:
            self._approve(fact, "head", fact.digest)

    def _until(self, fact: RunFact, seconds: int = 0) -> None:
        if fact.not_before:
            self._at_least(fact.not_before + timedelta(seconds=seconds) - self.clock.now)

    def _at_least(self, span: timedelta) -> None:
        self.clock.pass_(max(timedelta(), span))

    def _go(self, fact: RunFact, want: int = 3, fate: Fate = Fate.ANSWERED) -> None:
        """Whatever is wanted for it to go, and a round of work."""
        self._let_pass(fact)
        self._until(fact)
        self._work(fact, want, fate)

    def _something_over(self, fact: RunFact, number: int) -> Key:
        """Something on which a hold would cover an item of the run."""
        keys = sorted((fact.confirmed or fact.items).values())
        over = sorted(self.world.targets[keys[number % len(keys)]].held_by)
        return over[number % len(over)]

    # Holds

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks, number=numbers, confirmed=st.booleans())
    def one_of_two_holds_is_released(
        self, name: str, operations: int, mask: int, number: int, confirmed: bool
    ) -> None:
        fact = self._confirmed_by(name, operations, mask) if confirmed else None
        fact = fact or self._planned_by(name, operations, mask)
        if fact is None:
            return
        thing = self._something_over(fact, number)
        for _time in range(2):
            self._hold(thing, None, "head")
        mine = [hold for hold in self.model.holds if hold.key == thing and not hold.released]
        self._release(mine[number % len(mine)], "second")
        if fact.confirmed is None:
            self._confirm(fact, fact.by)
        self._go(fact)
        for hold in mine:
            if not hold.released:
                self._release(hold, "head")

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks, number=numbers, off=st.sampled_from([-1, 0, 1, 60]))
    def a_hold_ends_about_then(self, name: str, operations: int, mask: int, number: int, off: int) -> None:
        fact = self._approved_by(name, operations, mask)
        if fact is None or fact.not_before is None:
            return
        until = max(fact.not_before, self.clock.now + timedelta(seconds=61)) + timedelta(seconds=off)
        self._hold(self._something_over(fact, number), until, "head")
        self._until(fact)
        self._work(fact, 3, Fate.ANSWERED)

    @precondition(few_runs)
    @rule(name=makers, number=numbers)
    def a_plan_meets_a_hold(self, name: str, number: int) -> None:
        """Placed before the plan, so that one item is left out and the others go."""
        self._ordinary()
        untouched = self.model.untouched(self.clock.now)
        keys = [target.key for target in self.world.of(CLASS_VIDEO) if target.key in untouched][:3]
        if not keys:
            return
        self._hold(keys[number % len(keys)], None, "head")
        held = self.model.holds[-1]
        fact = self._freeze(name, {CLASS_VIDEO}, set(keys))
        if fact and self._confirm(fact, name):
            self._go(fact)
        if not held.released:
            self._release(held, "head")

    # The second person

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks, off=offs)
    def the_approval_comes_about_too_late(self, name: str, operations: int, mask: int, off: int) -> None:
        fact = self._confirmed_by(name, operations, mask)
        if fact and fact.approve_until:
            self._at_least(fact.approve_until + timedelta(seconds=off) - self.clock.now)
            self._let_pass(fact)

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks, digest=st.sampled_from(["", "0" * 64]))
    def somebody_approves_without_the_right(self, name: str, operations: int, mask: int, digest: str) -> None:
        fact = self._confirmed_by(name, operations, mask)
        if fact and fact.waits_for_approval:
            self._approve(fact, fact.by, fact.digest)
            self._take_away("head", APPROVE)
            self._approve(fact, "head", fact.digest)
            self._give_back_all()
            self._approve(fact, "head", digest)

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks, approved=st.booleans(), leaves=st.booleans())
    def its_person_loses_the_right(
        self, name: str, operations: int, mask: int, approved: bool, leaves: bool
    ) -> None:
        fact = self._confirmed_by(name, operations, mask)
        if fact is None:
            return
        if approved:
            self._let_pass(fact)
        if leaves:
            self._leave(name)
        else:
            for operation in sorted(fact.operations):
                self._take_away(name, RIGHT_TO[operation])
        self._go(fact)
        self._give_back_all()

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks, keep=masks, late=st.booleans())
    def a_run_is_sent_back_and_comes_again(
        self, name: str, operations: int, mask: int, keep: int, late: bool
    ) -> None:
        fact = self._confirmed_by(name, operations, mask)
        if fact is None or not fact.waits_for_approval:
            return
        digest = fact.digest
        self._send_back(fact, "head")
        self._work(fact, 3, Fate.ANSWERED)
        if late:
            self.clock.pass_(FRESH + timedelta(seconds=1))
        self._untick(fact, keep, fact.by)
        if fact.confirmed is None and self._confirm(fact, fact.by):
            if fact.waits_for_approval and digest != fact.digest:
                self._approve(fact, "head", digest)
            self._go(fact)

    # Limits and time

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks, who=policy_people, approved=seldom)
    def limits_are_lowered_under_way(
        self, name: str, operations: int, mask: int, who: str, approved: bool
    ) -> None:
        fact = self._approved_by(name, operations, mask) if approved else None
        fact = fact or self._confirmed_by(name, operations, mask)
        if fact is None:
            return
        before = self.model.limits
        self._lower_limits(who)
        self._let_lower_limits_count(who)
        self._work(fact, 3, Fate.ANSWERED)
        self._let_lower_limits_count("second" if who == "head" else "head")
        self._let_pass(fact)
        self._work(fact, 3, Fate.ANSWERED)
        self._until(fact, -1)
        self._work(fact, 3, Fate.ANSWERED)
        self._change_limits(before, "head")

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks, off=st.sampled_from([-1, -1, -30, -899]))
    def a_worker_comes_a_moment_early(self, name: str, operations: int, mask: int, off: int) -> None:
        fact = self._approved_by(name, operations, mask)
        if fact:
            self._work(fact, 3, Fate.ANSWERED)
            self._until(fact, off)
            self._work(fact, 3, Fate.ANSWERED)

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks, seconds=st.sampled_from([30, 900, 7200]))
    def a_countdown_is_paused(self, name: str, operations: int, mask: int, seconds: int) -> None:
        fact = self._approved_by(name, operations, mask)
        if fact is None or fact.not_before is None:
            return
        end = fact.not_before
        self._pause(fact, name)
        self.clock.pass_(timedelta(seconds=seconds))
        self._work(fact, 3, Fate.ANSWERED)
        self._resume(fact, name)
        self._at_least(end - self.clock.now)
        self._work(fact, 3, Fate.ANSWERED)
        self._until(fact)
        self._work(fact, 3, Fate.ANSWERED)

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks, begun=st.booleans())
    def its_time_comes_in_quiet_hours(self, name: str, operations: int, mask: int, begun: bool) -> None:
        """Set after the confirmation, so that nothing but the claim keeps the run from them."""
        fact = self._approved_by(name, operations, mask)
        if fact is None or self.model.limits.quiet:
            return
        if begun:
            self._until(fact)
            self._work(fact, 1, Fate.ANSWERED)
        self._until(fact)
        self._quiet_from("head", 0, 60, "0123456")
        self._work(fact, 1, Fate.ANSWERED)
        self._resume_halted(fact)
        self.clock.pass_(timedelta(minutes=59))
        self._work(fact, 1, Fate.ANSWERED)
        self.clock.pass_(timedelta(minutes=1))
        self._work(fact, 1, Fate.ANSWERED)
        self._no_quiet_hours()

    def _no_quiet_hours(self) -> None:
        self._take_quiet_hours_away("head")
        self._let_lower_limits_count("second")

    def _resume_halted(self, fact: RunFact) -> None:
        if fact.stopped or fact.paused:
            self._resume(fact, fact.by)

    # Stopping

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks, begun=st.booleans(), resumed=st.booleans())
    def everything_is_stopped_under_way(
        self, name: str, operations: int, mask: int, begun: bool, resumed: bool
    ) -> None:
        fact = self._approved_by(name, operations, mask)
        if fact is None:
            return
        if begun:
            self._until(fact)
            self._work(fact, 1, Fate.ANSWERED)
        if resumed:
            self._pause(fact, fact.by)
        self._stop_all("head")
        self._until(fact)
        if resumed:
            self._resume(fact, fact.by)
        self._work(fact, 1, Fate.ANSWERED)
        self._allow_again("head")
        self._work(fact, 1, Fate.ANSWERED)
        self._resume_halted(fact)

    @precondition(few_runs)
    @rule(
        name=makers,
        operations=kinds,
        mask=masks,
        cancels=st.booleans(),
        fate=st.sampled_from([Fate.LATER, Fate.NOT_SENT, *Fate]),
    )
    def a_call_is_in_the_air_when_its_run_is_stopped(
        self, name: str, operations: int, mask: int, cancels: bool, fate: Fate
    ) -> None:
        fact = self._approved_by(name, operations, mask)
        if fact is None:
            return
        self._until(fact)
        flights = self._claim(fact, False, 1) or self._claim(fact, True, 1)
        if cancels:
            self._cancel(fact, fact.by)
        else:
            self._pause(fact, fact.by)
        self._work(fact, 3, Fate.ANSWERED)
        for flight in flights:
            self._send(flight, fate)
            self._settle(flight)
        for _round in range(2):
            self.clock.pass_(timedelta(seconds=600))
            self._work(fact, 3, Fate.ANSWERED)
        self._again(fact)

    # Lost answers

    def _again(self, fact: RunFact) -> None:
        """Another plan with the same in it, by selecting anew and by retrying, as far as the engine lets it."""
        other = self._retry(fact, fact.by) or self._plan_of(fact.by, set(fact.items.values()))
        if other and self._confirm(other, other.by):
            self._go(other)

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks, several=several_fates, again=st.booleans())
    def answers_go_wrong(
        self, name: str, operations: int, mask: int, several: list[Fate], again: bool
    ) -> None:
        fact = self._approved_by(name, operations, mask)
        if fact is None:
            return
        self._until(fact)
        for fate in several:
            self._work(fact, 3, fate)
            self.clock.pass_(timedelta(seconds=600))
            self._resume_after_a_halt(fact)
        if again:
            self._again(fact)

    def _resume_after_a_halt(self, fact: RunFact) -> None:
        if self._row(fact).state == "halted":
            self._resume(fact, fact.by)

    @precondition(few_runs)
    @rule(
        name=makers,
        operations=kinds,
        mask=masks,
        fate=lost,
        how=st.sampled_from(["cancel", "hold", "refuse"]),
    )
    def an_answer_is_lost_and_then(self, name: str, operations: int, mask: int, fate: Fate, how: str) -> None:
        """Its run is cancelled, it is held, or its repeat refused: none of it says what the first sending did."""
        fact = self._approved_by(name, operations, mask)
        if fact is None:
            return
        self._until(fact)
        self._work(fact, 3, fate)
        if how == "cancel":
            self._cancel(fact, fact.by)
        if how == "hold":
            self._hold(self._something_over(fact, mask), None, "head")
        self.clock.pass_(timedelta(seconds=600))
        self._work(fact, 3, Fate.REFUSED if how == "refuse" else Fate.ANSWERED)
        if how == "hold":
            self._release(self.model.holds[-1], "head")
        self._again(fact)

    @precondition(few_runs)
    @rule(
        name=makers,
        operations=kinds,
        mask=masks,
        fate=st.sampled_from([Fate.ANSWERED, Fate.LOST_AFTER, Fate.LATER]),
        early=st.booleans(),
        sent=st.booleans(),
    )
    def a_worker_is_slow(
        self, name: str, operations: int, mask: int, fate: Fate, early: bool, sent: bool
    ) -> None:
        """The sweeper comes while its lease runs, or after it; then others work, and its answer is written down last."""
        fact = self._approved_by(name, operations, mask)
        if fact is None:
            return
        self._until(fact)
        flights = [flight for account in (False, True) for flight in self._claim(fact, account, 2)]
        if sent:
            for flight in flights:
                self._send(flight, fate)
        self.clock.pass_(timedelta(seconds=1) if early else LEASE + timedelta(seconds=1))
        self._sweep()
        self.clock.pass_(timedelta(seconds=45 if early else 600))
        later = [flight for account in (False, True) for flight in self._claim(fact, account, 2)]
        for flight in later:
            self._send(flight, Fate.ANSWERED)
        for flight in [*flights, *later]:
            if flight.answer is not None:
                self._settle(flight)
        self._work(fact, 2, Fate.ANSWERED)

    # Lists

    @precondition(few_runs)
    @rule(name=makers, mask=masks, operations=kinds)
    def two_plans_have_the_same_in_them(self, name: str, mask: int, operations: int) -> None:
        first = self._planned_by(name, operations, mask)
        if first is None:
            return
        second = self._plan_of("second", set(first.items.values()))
        for fact in filter(None, (first, second)):
            self._confirm(fact, fact.by)
        for fact in filter(None, (first, second)):
            self._go(fact)

    @precondition(few_runs)
    @rule(
        name=makers,
        operations=kinds,
        mask=masks,
        item=numbers,
        how=tamperings,
        approved=often,
        begun=st.booleans(),
    )
    def the_list_is_tampered_with(
        self, name: str, operations: int, mask: int, item: int, how: str, approved: bool, begun: bool
    ) -> None:
        fact = self._confirmed_by(name, operations, mask)
        if fact is None:
            return
        if approved:
            self._let_pass(fact)
        self._tamper(fact, item, how)
        self._go(fact)
        self._resume_after_a_halt(fact)
        self._work(fact, 3, Fate.ANSWERED)
        if not fact.cancelled:
            self._cancel(fact, fact.by)

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, keep=masks)
    def some_are_unticked(self, name: str, operations: int, keep: int) -> None:
        fact = self._planned_by(name, operations, 7)
        if fact is None:
            return
        self._untick(fact, keep, name)
        if self._confirm(fact, name):
            self._go(fact)

    @precondition(few_runs)
    @rule(
        name=makers,
        operations=kinds,
        mask=masks,
        several=st.lists(wrong_confirmations, min_size=3, max_size=5),
    )
    def somebody_confirms_wrongly_again_and_again(
        self, name: str, operations: int, mask: int, several: list[str]
    ) -> None:
        fact = self._planned_by(name, operations, mask)
        if fact is None:
            return
        for wrong in several:
            self._confirm(fact, name, wrong)
        self._confirm(fact, "second" if name == "maker" else "maker")
        self._confirm(fact, name)

    @precondition(few_runs)
    @rule(name=makers, operations=kinds, mask=masks, off=offs)
    def a_plan_gets_about_too_old(self, name: str, operations: int, mask: int, off: int) -> None:
        fact = self._planned_by(name, operations, mask)
        if fact:
            self.clock.pass_(FRESH + timedelta(seconds=off))
            if not self._confirm(fact, name):
                self._check_again(fact, name)
                self._confirm(fact, name)

    @precondition(few_runs)
    @rule(mask=masks, name=anybody, unsigned=seldom)
    def a_proposal_is_taken_over(self, mask: int, name: str, unsigned: bool) -> None:
        self._ordinary()
        fact = self._propose(mask, "one")
        if fact is None:
            return
        if not unsigned:
            self._sign(fact, name)
        if self._confirm(fact, "maker"):
            self._go(fact)

    def _plan_of(self, name: str, keys: set[Key]) -> RunFact | None:
        """A plan of these, as far as they are of one kind."""
        operations = {self.world.targets[key].operation for key in keys}
        if operations == {WHOLE_LESSON}:
            return self._freeze(name, {WHOLE_LESSON}, keys)
        if WHOLE_LESSON in operations or not operations:
            return None
        return self._freeze(name, {CLASS_VIDEO, MEETING_VIDEO}, keys)


Machine.often = {
    **Machine.often,
    **{name: 2 for name, value in vars(Machine).items() if hasattr(value, "hypothesis_stateful_rule")},
    "a_worker_is_slow": 8,  # no other way leads to an answer that comes after somebody else took over
}
