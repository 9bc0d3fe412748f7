"""The machine's rules about limits: stricter ones count at once, lower ones when another person lets them; quiet hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from operations.engine.limits import approve_change, change_policy, withdraw_change
from operations.models import Policy
from tests.reliability.machine import DeletionMachine, anybody, limits
from tests.reliability.model import SCHOOL, Limits, Quiet, require
from tests.reliability.world import POLICY

policy_people = st.sampled_from(["head", "head", "second", "maker"])


class LimitsMachine(DeletionMachine):
    """People change limits in the middle of everything."""

    @rule(wanted=limits, name=policy_people)
    def change_limits(self, wanted: Limits, name: str) -> None:
        self._change_limits(replace(wanted, quiet=self.model.limits.quiet), name)

    @rule(
        name=policy_people,
        begins=st.sampled_from([-30, 0, 10, 60]),
        length=st.sampled_from([20, 60, 600]),
        days=st.sampled_from(["0123456", "06", "6"]),
    )
    def quiet_hours_change(self, name: str, begins: int, length: int, days: str) -> None:
        """Set for about now, or taken away again."""
        if self.model.limits.quiet:
            self._take_quiet_hours_away(name)
        else:
            self._quiet_from(name, begins, length, days)

    def _take_quiet_hours_away(self, name: str) -> None:
        if self.model.limits.quiet:
            self._change_limits(replace(self.model.limits, quiet=None), name)

    def _lower_limits(self, name: str) -> None:
        """The waiting times to nothing, and approval only of many."""
        self._change_limits(replace(self.model.limits, irreversible=0, sweeping=0, approve_from=100), name)

    def _quiet_from(self, name: str, begins: int, length: int, days: str) -> None:
        shown = (self.clock.now + timedelta(minutes=begins)).astimezone(SCHOOL)
        quiet = Quiet(shown.hour * 60 + shown.minute, length, frozenset(map(int, days)))
        self._change_limits(replace(self.model.limits, quiet=quiet), name)

    @precondition(lambda self: self.model.wish)
    @rule(name=anybody)
    def let_lower_limits_count(self, name: str) -> None:
        self._let_lower_limits_count(name)

    @precondition(lambda self: self.model.wish)
    @rule(name=anybody)
    def withdraw_lower_limits(self, name: str) -> None:
        wish = self.model.wish
        if wish is None:
            return
        refusal, _none = self._ask("withdraw limits", lambda: withdraw_change(wish.pk, **self._as(name)))
        if not refusal:
            require(self.model.may(name, POLICY), "lower limits were withdrawn without the right")
            self.model.wish = None

    def _change_limits(self, wanted: Limits, name: str) -> None:
        refusal, answer = self._ask(
            "change limits", lambda: change_policy(_as_the_form_has_them(wanted), **self._as(name))
        )
        if refusal:
            return
        require(self.model.may(name, POLICY), "limits were changed without the right")
        waits = self.model.change_limits(name, wanted, self.clock.now)
        require(bool(answer.proposed) == bool(waits), "lower limits did not wait for a second person")
        if self.model.wish and answer.proposed:
            self.model.wish.pk = answer.proposed.pk

    def _let_lower_limits_count(self, name: str) -> None:
        wish = self.model.wish
        if wish is None:
            return
        refusal, _none = self._ask(
            "let lower limits count", lambda: approve_change(wish.pk, **self._as(name))
        )
        if refusal:
            return
        require(self.model.may(name, POLICY), "lower limits were approved without the right")
        require(
            self.model.may(wish.by, POLICY), "lower limits were approved though their person lost the right"
        )
        require(name != wish.by, "a person approved their own limits")
        require(self.clock.now < wish.until, "lower limits were approved too late")
        self.model.limits = replace(
            self.model.limits, **{field: getattr(wish.wanted, field) for field in wish.names}
        )
        self.model.wish = None

    def _after_the_step(self) -> None:
        super()._after_the_step()
        row = Policy.objects.values().get()
        expected = _as_the_form_has_them(self.model.limits)
        wrong = [name for name, value in expected.items() if row[name] != value]
        require(not wrong, f"limits count that nobody let count: {', '.join(wrong)}")


def _as_the_form_has_them(wanted: Limits) -> dict[str, Any]:
    quiet = wanted.quiet
    return {
        "second_person": wanted.second_person,
        "approve_from": wanted.approve_from,
        "approval_hours": wanted.approval_hours,
        "irreversible_seconds": wanted.irreversible,
        "sweeping_seconds": wanted.sweeping,
        "quiet_from": _clock_time(quiet.start) if quiet else None,
        "quiet_until": _clock_time(quiet.start + quiet.length) if quiet else None,
        "quiet_days": "".join(map(str, sorted(quiet.days))) if quiet else "",
    }


def _clock_time(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)
