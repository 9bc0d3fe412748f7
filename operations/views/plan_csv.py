"""The whole list of a plan or run as CSV, with the ids that were given and are in no plan, streamed and guarded against formulas; the export is recorded."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actors import Actor
from audit.services import record
from operations.audit_actions import LIST_EXPORTED
from operations.engine.confirm import is_destructive, shown_ids
from operations.explain import left_out_label, look_reasons
from operations.models import Item, Run, Selection
from operations.registry import registry
from operations.selecting import unresolved, why_not
from screens.csv_cells import Echo, guarded
from screens.states import state_of


def plan_csv(request: HttpRequest, run: Run) -> StreamingHttpResponse:
    """Every item: name, group, provider ids, size in bytes, whether it goes or why not, why to look, when recorded, account, and its outcome so far."""
    record(LIST_EXPORTED, actor=Actor.of(request), run_id=run.pk, details={"format": "csv"})
    response = StreamingHttpResponse(_lines(run), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{run}.csv"'
    return response


def _lines(run: Run) -> Iterator[str]:
    writer = csv.writer(Echo())
    destructive = is_destructive(run)
    head = [_("Name"), _("Group"), _("Provider IDs"), _("Bytes"), _("Operation"), _("Left out because"), _("Please look"), _("Recorded"), _("Account"), _("Outcome"), _("Provider’s code")]  # fmt: skip
    yield "\ufeff"
    yield writer.writerow(head)
    for item in (
        Item.objects.filter(run=run).select_related("account").order_by("pk").iterator(chunk_size=2000)
    ):
        yield writer.writerow(
            guarded(value)
            for value in (
                item.label,
                item.group_label,
                " / ".join(shown_ids(item)),
                item.size_bytes,
                registry[item.operation].label,
                left_out_label(item) if item.left_out else "",
                "; ".join(str(reason.label) for reason in look_reasons(item.operation, item.look_at)),
                timezone.localtime(item.happened_at).strftime("%Y-%m-%d %H:%M") if item.happened_at else "",
                item.account,
                state_of("deletion_outcome" if destructive else "outcome", item.outcome).label
                if item.outcome
                else "",
                item.code,
            )
        )
    selection = Selection.objects.filter(run=run).first()
    if selection is not None:
        for one in unresolved(selection).iterator(chunk_size=2000):
            yield writer.writerow(
                ["", "", guarded(one.text), "", "", guarded(why_not(one)), "", "", "", "", ""]
            )
