"""What comes after a plan's confirmation, in words: the steps, the second person, the waiting time."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations.engine import policy, waiting
from operations.models import Run
from operations.states import RunState


def duration_words(seconds: int) -> str:
    """A waiting time in the largest unit that says it exactly: 30 seconds, 15 minutes, 2 hours."""
    if seconds % 3600 == 0 and seconds:
        return ngettext("%(count)s hour", "%(count)s hours", seconds // 3600) % {"count": seconds // 3600}
    if seconds % 60 == 0 and seconds:
        return ngettext("%(count)s minute", "%(count)s minutes", seconds // 60) % {"count": seconds // 60}
    return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}


def next_steps(run: Run) -> dict[str, Any]:
    """Context `steps`, `approval_next`, `wait_next`, `no_second_person` for the pages of a plan and of a waiting run."""
    rules = policy.policy()
    approval, wait = run.needs_approval, run.wait_seconds
    if run.state == RunState.DRAFT:
        risks, count = waiting.going(run)
        approval = policy.needs_approval(rules, risks, count)
        wait = policy.wait_seconds(rules, risks)
    return {
        "steps": _steps(run, approval=approval, wait=wait),
        "approval_next": approval,
        "wait_next": duration_words(wait) if wait else "",
        "no_second_person": not rules.second_person,
    }


def _steps(run: Run, *, approval: bool, wait: int) -> list[dict[str, str]]:
    names = {"select": _("Select"), RunState.DRAFT: _("Check and confirm")}
    if approval:
        names[RunState.WAITING_APPROVAL] = _("Second approver")
    if wait:
        names[RunState.COUNTING_DOWN] = _("Waiting time")
    names[RunState.RUNNING] = _("Run and result")
    current = list(names).index(run.state) if run.state in names else len(names)
    return [
        {"name": name, "state": "done" if at < current else "current" if at == current else "todo"}
        for at, name in enumerate(names.values())
    ]
