"""The machine's rules about proposals: plans that no person made, until somebody takes one over."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from audit.actors import system
from operations import engine
from operations.registry import registry
from tests.reliability.limits import LimitsMachine
from tests.reliability.machine import any_run, anybody, few_runs, masks, numbers
from tests.reliability.model import RunFact, require
from tests.reliability.world import CLASS_VIDEO, MEETING_VIDEO

_untaken = any_run(lambda fact: not fact.by and not fact.cancelled)


class ProposalsMachine(LimitsMachine):
    """A retention rule selects videos each night, and a person signs or does not."""

    @precondition(few_runs)
    @rule(mask=masks, rule_name=st.sampled_from(["one", "one", "two"]))
    def propose(self, mask: int, rule_name: str) -> None:
        self._propose(mask, rule_name)

    def _propose(self, mask: int, rule_name: str) -> RunFact | None:
        targets = self.world.of(CLASS_VIDEO) + self.world.of(MEETING_VIDEO)
        chosen = {target.key for bit, target in enumerate(targets) if mask >> bit % 3 & 1}
        model = registry[CLASS_VIDEO].target
        refusal, run = self._ask(
            "propose",
            lambda: engine.propose(
                [registry[key] for key in sorted({CLASS_VIDEO, MEETING_VIDEO})],
                model._default_manager.filter(pk__in=[pk for _kind, pk in chosen]),
                actor=system("worker"),
                proposed_by=rule_name,
                name=rule_name,
            ),
        )
        if refusal:
            return None
        for fact in self.model.runs.values():
            if fact.proposed_by == rule_name and not fact.by:
                fact.cancelled = True
        fact = self._planned(run, "", chosen)
        fact.proposed_by = rule_name
        return fact

    @precondition(_untaken)
    @rule(number=numbers, name=anybody)
    def sign(self, number: int, name: str) -> None:
        if fact := self._run(number, lambda fact: not fact.by and not fact.cancelled):
            self._sign(fact, name)

    def _sign(self, fact: RunFact, name: str) -> None:
        refusal, run = self._ask("sign", lambda: engine.sign(self._row(fact), **self._as(name)))
        if refusal:
            return
        require(not fact.by and not fact.cancelled, "a plan was taken over that was no proposal any more")
        require(self.model.may_all_of(name, fact), "a proposal was taken over without the right")
        fact.by, fact.created = name, self.clock.now
        self.old_tokens.append(fact.token)
        fact.token = str(run.token)
        held = [key for key in self._shown(fact).values() if self.model.is_held(key, self.clock.now)]
        require(not held, "a proposal was taken over with a held one as going")
