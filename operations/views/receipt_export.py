"""A receipt to take along: CSV for people, JSON as evidence. Both are streamed and both are recorded."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _

from audit.actors import Actor
from audit.receipt_proofs import Proofs
from audit.services import record
from audit.signed_file import compact
from operations.audit_actions import RECEIPT_EXPORTED
from operations.causes import TROUBLE, causes
from operations.clock import database_now
from operations.engine.confirm import shown_ids
from operations.engine.digest import PART
from operations.explain import left_out_label
from operations.models import Account, Item, Run
from operations.receipt import Tally
from operations.registry import registry
from operations.states import ItemState, Outcome
from operations.views.receipt_page import outcome_word
from operations.views.receipt_records import records_of
from screens.csv_cells import Echo, guarded

FORMAT = "back-office-receipt"
VERSION = 2
"""Raised when a field changes its meaning or goes; a new field alone raises nothing. See docs/operators.md."""
CHUNK = 2000

_ITEM = ("id", "operation", "account_id", "target_kind", "target_id", "identity", "params", "label", "group_label", "size_bytes", "confirmed", "left_out", "state", "outcome", "code", "message", "note", "attempts_made", "settled_at", "decided_by_id", "decided_at")  # fmt: skip
_RECORD = ("id", "at", "action", "outcome", "actor_id", "actor_name", "approver_name", "via", "item_id", "attempt_id", "provider", "provider_code", "reason", "details")  # fmt: skip


def receipt_csv(request: HttpRequest, run: Run) -> StreamingHttpResponse:
    """Every item of the run with its outcome and its cause in words."""
    return _streamed(request, run, "csv", "text/csv; charset=utf-8", _csv_lines)


def receipt_json(request: HttpRequest, run: Run) -> StreamingHttpResponse:
    """Everything of the receipt, every item, every record of the run."""
    return _streamed(request, run, "json", "application/json", _json_parts)


def _streamed(
    request: HttpRequest,
    run: Run,
    name: str,
    content_type: str,
    parts: Callable[[Run], Iterator[str] | Iterator[bytes]],
) -> StreamingHttpResponse:
    record(RECEIPT_EXPORTED, actor=Actor.of(request), run_id=run.pk, details={"format": name})
    response = StreamingHttpResponse(parts(run), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="receipt-{run}.{name}"'
    return response


def _csv_lines(run: Run) -> Iterator[str]:
    writer = csv.writer(Echo())
    accounts = {account.pk: str(account) for account in Account.objects.all()}
    meanings = {
        (cause.operation, cause.outcome, cause.code): cause.meaning
        for cause in causes(run, (*TROUBLE, Outcome.ALREADY))
    }
    head = [_("Item"), _("Time"), _("Name"), _("Group"), _("Account"), _("Provider IDs"), _("Bytes"), _("Operation"), _("Outcome"), _("What happened"), _("Provider’s code"), _("Provider’s answer"), _("Note")]  # fmt: skip
    yield "\ufeff"
    yield writer.writerow(head)
    for item in Item.objects.filter(run=run).order_by("pk").iterator(chunk_size=CHUNK):
        settled = item.state == ItemState.SETTLED
        why = left_out_label(item) if item.outcome == Outcome.SKIPPED else ""
        yield writer.writerow(
            guarded(value)
            for value in (
                item.pk,
                item.settled_at.isoformat() if item.settled_at else "",
                item.label,
                item.group_label,
                accounts[item.account_id],
                " / ".join(shown_ids(item)),
                item.size_bytes,
                registry[item.operation].label,
                outcome_word(item.outcome) if settled else _("Answer outstanding"),
                why or meanings.get((item.operation, item.outcome, item.code), ""),
                item.code,
                item.message,
                item.note,
            )
        )


def _json_parts(run: Run) -> Iterator[bytes]:
    """One object: the head at once, then the two long lists row by row, and the signature over all of it."""
    proofs = Proofs(f"{FORMAT}/{VERSION}")
    head = json.loads(_json(_head(run))) | {"log": proofs.head}
    manifest = {"receipt": head["receipt"], "made_at": head["made_at"], "records": 0, "not_sealed": 0}
    return proofs.signed(_json_text(run, head, proofs, manifest), manifest)


def _json_text(run: Run, head: dict[str, Any], proofs: Proofs, manifest: dict[str, Any]) -> Iterator[str]:
    yield compact(head).removesuffix("}")
    yield ', "items": ['
    items = Item.objects.filter(run=run).order_by("pk").values(*_ITEM)
    yield from _json_rows(items.iterator(chunk_size=CHUNK))
    yield '], "records": ['
    rows = records_of(run).values(*_RECORD).iterator(chunk_size=CHUNK)
    between = "\n"
    while chunk := list(islice(rows, CHUNK)):
        proven = proofs.of([row["id"] for row in chunk])
        for row in chunk:
            yield f"{between}{_json(row).removesuffix('}')}, {proven[row['id']]}}}"
            between = ",\n"
        manifest["records"] += len(chunk)
    manifest["not_sealed"] = proofs.not_sealed
    yield f'], "sealed": {compact(not proofs.not_sealed)}, "not_sealed": {proofs.not_sealed}'


def _json_rows(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    between = "\n"
    for row in rows:
        yield between + _json(row)
        between = ",\n"


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _head(run: Run) -> dict[str, Any]:
    tally = Tally(run)
    totals = tally.totals
    return {
        "format": FORMAT,
        "version": VERSION,
        "receipt": str(run),
        "made_at": database_now(),
        "run": {
            "id": run.pk,
            "state": run.state,
            "operations": run.operations,
            "reason": run.reason,
            "filter": {"words": run.filter_words, "query": run.filter_query},
            "asked_by": {"id": run.requested_by_id, "name": run.requested_name},
            "approved_by": {"id": run.approved_by_id, "name": run.approved_name}
            if run.approved_by_id
            else None,
            "cancelled_by": tally.cancelled_by or None,
            "continues": run.parent_id,
            "made_at": run.created_at,
            "confirmed_at": run.confirmed_at,
            "approved_at": tally.approved_at,
            "started_at": run.started_at,
            "ended_at": run.ended_at,
        },
        "checksum": {
            "algorithm": "sha256",
            "part": PART,
            "value": run.digest,
            "approved": run.approved_digest or None,
        },
        "totals": {
            "items": totals.items,
            "outcomes": {outcome.value: totals.outcomes[outcome] for outcome in Outcome},
            "outstanding": totals.waiting,
            "bytes_freed": totals.freed,
            "gone_without_known_size": totals.unmeasured,
            "saved_per_month": {
                "amount": str(tally.saved_a_month),
                "currency": run.price_currency,
                "price_per_gb": f"{run.price_per_gb_month.normalize():f}",
                "bytes_per_gb": 10**9,
            }
            if run.price_per_gb_month is not None
            else None,
        },
        "left_out": [
            {"operation": part.operation, "reason": part.reason, "count": part.count}
            for part in tally.left_out
        ],
        "causes": [
            {
                "operation": cause.operation,
                "outcome": cause.outcome,
                "code": cause.code,
                "count": cause.count,
                "waits_for_a_person": cause.undecided,
                "meaning": cause.meaning,
            }
            for cause in tally.causes
        ],
        "accounts": {
            str(account.pk): {"provider": account.provider, "name": account.name}
            for account in Account.objects.filter(pk__in=Item.objects.filter(run=run).values("account_id"))
        },
    }
