"""A plan or run as lines of text, for people who work without a browser."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Sum
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations import run_facts, selecting
from operations.engine.confirm import confirmation_words, is_destructive
from operations.explain import left_out_words
from operations.models import Item, Run, Selection
from operations.next_steps import next_steps
from operations.registry import registry
from operations.states import RunState
from screens.figures import number_text, size_text

NAMED = 20
"""Groups and ids that are named; the rest is counted, and the CSV of the page has all."""


def plan_lines(run: Run) -> Iterator[str]:
    """What goes, what stays and why, what comes next: what the plan's page shows, in the same words."""
    totals = run_facts.plan_totals(run)
    yield run_facts.heading(run, totals["going"], None)
    if run.filter_words:
        yield capfirst(run.filter_words)
    yield _("Will go: %(count)s, %(size)s") % {
        "count": number_text(totals["going"]),
        "size": size_text(totals["size"] or 0),
    }
    yield from _operations(run)
    yield from _groups(run)
    yield from _stays(run)
    yield from _unresolved(run)
    yield from _next(run, totals["going"])
    yield _("Page: %(address)s") % {"address": run.get_absolute_url()}


def _operations(run: Run) -> Iterator[str]:
    going = Item.objects.filter(run=run, left_out="").order_by()
    for row in (
        going.values("operation").annotate(count=Count("pk"), size=Sum("size_bytes")).order_by("operation")
    ):
        yield _line(str(registry[row["operation"]].label), row["count"], row["size"])


def _groups(run: Run) -> Iterator[str]:
    groups = [group for group in run_facts.plan_groups(run) if group["count"]]
    if not groups:
        return
    yield _("By group:")
    for group in groups[:NAMED]:
        yield _line(group["group_label"] or _("Without a group"), group["count"], group["size"])
    if len(groups) > NAMED:
        yield "  " + _("and more")


def _stays(run: Run) -> Iterator[str]:
    rows = run_facts.left_out(run)
    if rows:
        yield _("Left out:")
    for row in rows:
        yield _line(str(left_out_words(row["operation"], row["left_out"])), row["count"], None)


def _unresolved(run: Run) -> Iterator[str]:
    selection = Selection.objects.filter(run=run).first()
    count = selection.unknown + selection.ambiguous if selection is not None else 0
    if selection is None or not count:
        return
    yield _("IDs that are in no plan: %(count)s") % {"count": number_text(count)}
    for one in selecting.unresolved(selection)[:NAMED]:
        yield f"  {one.text}  {selecting.why_not(one)}"
    if count > NAMED:
        yield "  " + _("and more")


def _next(run: Run, going: int) -> Iterator[str]:
    facts = next_steps(run)
    if run.state != RunState.DRAFT:
        yield _("State: %(state)s") % {"state": run.get_state_display()}
        if run.state == RunState.WAITING_APPROVAL and run.approve_until:
            yield _("A second person approves it before %(when)s.") % {
                "when": f"{localtime(run.approve_until):%Y-%m-%d %H:%M %Z}"
            }
        if run.state == RunState.COUNTING_DOWN and run.not_before:
            yield _("It starts %(when)s.") % {"when": f"{localtime(run.not_before):%Y-%m-%d %H:%M %Z}"}
        return
    yield _("Nothing was sent.")
    if not going:
        return
    if is_destructive(run):
        yield _("To confirm it, type “%(words)s” and give a reason.") % {"words": confirmation_words(going)}
    if facts["approval_next"]:
        yield _("Then a second person approves it.")
    if facts["wait_next"]:
        yield _("Then a waiting time passes: %(duration)s.") % {"duration": facts["wait_next"]}


def _line(name: str, count: int, size: int | None) -> str:
    items = ngettext("%(count)s item", "%(count)s items", count) % {"count": number_text(count)}
    return f"  {name}: {items}" + (f", {size_text(size)}" if size else "")
