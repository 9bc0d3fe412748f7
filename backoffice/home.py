"""The home page: what runs, what waits for me, what needs a look, how fresh the mirror is, where the storage goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.cache import cache
from django.db.models import Count, Min, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.connections import connection_of
from backoffice.navigation import plans_waiting_for
from intake import freshness
from intake.receiving.home import attention as messages_attention
from media_assets.models import RetentionProposal
from operations.clock import database_now
from operations.coming import may_cancel
from operations.engine.policy import policy
from operations.engine.waiting import goes_at
from operations.models import Account, Item, Run
from operations.registry import registry
from operations.states import Halt, ItemState, Outcome, RunState
from screens.dates import is_chinese, moment_text

ROWS = 5
"""Rows of each card; the list behind its link has the others."""
RECENT_RUNS = 30
RECENT_DAYS = 14
STORAGE_SECONDS = 60
TO_LOOK_AT = (Outcome.UNKNOWN, Outcome.REJECTED, Outcome.NOT_SENT)


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run as one line: what it does in words, how many items and bytes, how far it is."""

    run: Run
    words: str
    total: int
    settled: int
    size_bytes: int | None

    @property
    def percent(self) -> int:
        return self.settled * 100 // self.total if self.total else 0


def home_context(request: HttpRequest) -> dict[str, Any]:
    """Context of `admin/index.html`. The number of queries does not depend on how many runs or videos there are."""
    user: Any = request.user
    context: dict[str, Any] = {"title": _("Home"), "may_see_runs": user.has_perm("operations.view_run")}
    if context["may_see_runs"]:
        context["running_runs"] = _lines(Run.objects.filter(state=RunState.RUNNING))
        context["waiting"] = _lines(plans_waiting_for(user))
        context["coming"] = _lines(Run.objects.filter(state=RunState.COUNTING_DOWN), order="not_before")
        _tell_the_end(context["coming"])
        context["cancellable"] = _cancellable(user, context["coming"])
        context["attention"] = _attention()
        context["sentence"] = _sentence(context)
        context["runs_url"] = reverse("admin:operations_run_changelist")
    if user.has_perm("media_assets.view_retentionproposal"):
        announced = RetentionProposal.objects.filter(state=RetentionProposal.State.ANNOUNCED)
        context["announced"] = list(announced.select_related("rule").order_by("due_at", "pk")[:ROWS])
        context["announced_url"] = reverse("admin:media_assets_retentionproposal_changelist")
    if user.has_perm("operations.view_account"):
        accounts = Account.objects.order_by("provider", "name")[:12]
        ages = freshness.of_accounts()
        context["accounts"] = [connection_of(account, ages) for account in accounts]
        context["connections_url"] = reverse("admin:connections")
    if user.has_perm("intake.view_pushmessage"):
        context["failed_messages"] = messages_attention()
    if user.has_perm("media_assets.view_videoasset"):
        context["storage"] = _storage()
    return context


def _tell_the_end(lines: Sequence[RunLine]) -> None:
    """Show when each countdown really ends: quiet hours may put it off."""
    rules, now = policy(), database_now()
    for line in lines:
        line.run.not_before = goes_at(line.run, now, rules)[0]


def _cancellable(user: Any, lines: Sequence[RunLine]) -> set[int]:
    """Coming deletions that this person may cancel from here: those of operations they have the right to."""
    return {line.run.pk for line in lines if may_cancel(line.run, user)}


def _lines(runs: Any, *, order: str = "-pk") -> list[RunLine]:
    going = Q(items__left_out="")
    counted = runs.annotate(
        total=Count("items", filter=going),
        settled=Count("items", filter=going & Q(items__state=ItemState.SETTLED)),
        bytes=Sum("items__size_bytes", filter=going),
        first_label=Min("items__label", filter=going),
    ).order_by(order)[:ROWS]
    return [
        RunLine(run, run_words(run.operations, run.total, run.first_label), run.total, run.settled, run.bytes)
        for run in counted
    ]


def run_words(operations: Sequence[str], total: int, only_label: str | None) -> str:
    """What a run does, in words: "Delete class video: 250 items", or the item's name when it is only one."""
    labels = [str(registry[key].label) if key in registry else key for key in operations]
    facts = {
        "operation": labels[0] if labels else "",
        "more": len(labels) - 1,
        "name": only_label,
        "count": total,
    }
    if len(labels) > 1:
        return ngettext(
            "%(operation)s and other kinds: %(count)s item",
            "%(operation)s and other kinds: %(count)s items",
            total,
        ) % {**facts}
    if total == 1 and only_label:
        return _("%(operation)s: “%(name)s”") % facts
    return ngettext("%(operation)s: %(count)s item", "%(operation)s: %(count)s items", total) % facts


def _attention() -> list[dict[str, Any]]:
    """Runs that stopped themselves, and outcomes of the last runs that a person has to look at."""
    since = timezone.now() - timedelta(days=RECENT_DAYS)
    recent = Run.objects.filter(confirmed_at__gte=since).order_by("-pk")[:RECENT_RUNS]
    runs = {
        run.pk: run
        for run in recent.annotate(retries=Count("children", filter=~Q(children__confirmed_at=None)))
    }
    rows: list[dict[str, Any]] = [
        {"kind": "run", "key": run.state, "run": run, "words": _halted(run), "url": run.get_absolute_url()}
        for run in runs.values()
        if run.state == RunState.HALTED
    ]
    counts = (
        Item.objects.filter(run_id__in=runs, outcome__in=TO_LOOK_AT)
        .exclude(outcome=Outcome.UNKNOWN, decided_at__isnull=False)
        .order_by("-run_id", "outcome")
        .values_list("run_id", "outcome")
        .annotate(count=Count("pk"), label=Min("label"))
    )
    for run_id, outcome, count, label in counts:
        run: Any = runs[run_id]
        if run.retries and outcome != Outcome.UNKNOWN:
            continue  # somebody has sent them again already
        rows.append(
            {
                "kind": "outcome",
                "key": outcome,
                "run": run,
                "words": _outcome_words(outcome, count, label),
                "url": f"{run.get_absolute_url()}?show={outcome}#items",
            }
        )
    return rows[: ROWS + 1]


def _halted(run: Run) -> str:
    return str(Halt(run.halt).label) if run.halt else _("Stopped itself")


def _outcome_words(outcome: str, count: int, label: str) -> str:
    if count == 1 and label:
        return _("“%(name)s”") % {"name": label}
    if outcome == Outcome.UNKNOWN:
        return ngettext(
            "%(count)s item without a clear answer", "%(count)s items without a clear answer", count
        ) % {"count": count}
    if outcome == Outcome.REJECTED:
        return ngettext("%(count)s item was rejected", "%(count)s items were rejected", count) % {
            "count": count
        }
    return ngettext("%(count)s item was not sent", "%(count)s items were not sent", count) % {"count": count}


def _sentence(context: dict[str, Any]) -> str:
    running, waiting, coming = len(context["running_runs"]), len(context["waiting"]), context["coming"]
    parts = [
        ngettext("One run is going on now.", "%(count)s runs are going on now.", running) % {"count": running}
        if running
        else _("Nothing is running."),
        ngettext("One plan waits for you.", "%(count)s plans wait for you.", waiting) % {"count": waiting}
        if waiting
        else _("No plan waits for you."),
    ]
    if coming and coming[0].run.not_before:
        parts.append(
            _("The next deletion starts %(when)s.") % {"when": moment_text(coming[0].run.not_before)}
        )
    # Chinese sentences end in a full-width stop, which brings its own space.
    return ("" if is_chinese() else " ").join(parts)


def _storage() -> dict[str, Any] | None:
    """Bytes and items by kind and age, kept for a minute: one grouped query. None while the mirror is empty."""
    try:
        model: Any = apps.get_model("media_assets", "VideoAsset")
    except LookupError:
        return None
    rows = cache.get("backoffice.storage")
    if rows is None:
        now = timezone.now()
        edges = [now - timedelta(days=days) for days in (120, 365, 730)]
        bands = {
            "age_1": Q(recorded_at__gte=edges[0]) | Q(recorded_at=None),
            "age_2": Q(recorded_at__lt=edges[0], recorded_at__gte=edges[1]),
            "age_3": Q(recorded_at__lt=edges[1], recorded_at__gte=edges[2]),
            "age_4": Q(recorded_at__lt=edges[2]),
        }
        sums = {name: Sum("size_bytes", filter=band) for name, band in bands.items()}
        rows = list(
            model.objects.filter(presence="present")
            .order_by()
            .values("kind")
            .annotate(
                count=Count("pk"),
                bytes=Sum("size_bytes"),
                unmeasured=Count("pk", filter=Q(size_bytes=None)),
                **sums,
            )
        )
        cache.set("backoffice.storage", rows, STORAGE_SECONDS)
    if not rows:
        return None
    labels = dict(model.Kind.choices)
    list_url = reverse("admin:media_assets_videoasset_changelist")
    order = {value: place for place, value in enumerate(model.Kind.values)}
    widest = max(row["bytes"] or 0 for row in rows) or 1
    return {
        "total": sum(row["bytes"] or 0 for row in rows),
        "count": sum(row["count"] for row in rows),
        "unmeasured": sum(row["unmeasured"] for row in rows),
        "kinds": [
            {
                "label": labels[row["kind"]],
                "count": row["count"],
                "bytes": row["bytes"] or 0,
                "oldest": row["age_4"] or 0,
                "segments": _age_segments(row, widest),
                "url": f"{list_url}?kind={row['kind']}",
            }
            for row in sorted(rows, key=lambda row: order.get(row["kind"], len(order)))
        ],
    }


def _age_segments(row: dict[str, Any], widest: int) -> list[dict[str, str]]:
    """Pieces of one bar, percent of the widest kind, youngest first."""
    segments = []
    start = 0.0
    for band in ("age_1", "age_2", "age_3", "age_4"):
        width = (row[band] or 0) * 100 / widest
        if width:
            segments.append(
                {
                    "key": band.replace("_", "-"),
                    "start": f"{start:.2f}%",
                    "width": f"{max(width - 0.2, 0.2):.2f}%",
                }
            )
            start += width
    return segments
