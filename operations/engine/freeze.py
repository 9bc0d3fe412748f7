"""Freezing a selection into a plan: ids, names and reasons to leave out, by one INSERT ... SELECT an operation."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DateTimeField,
    F,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat, JSONObject, Left
from django.utils.translation import gettext as _

from audit.actors import Actor
from audit.services import Entry, Target, record_many
from operations.accounts import is_connected
from operations.engine.refusals import Refused
from operations.forms import Proposal
from operations.holds import held
from operations.models import Account, Attachment, Item, Run
from operations.operation import LookAt, Operation
from operations.person import Person
from operations.states import OPEN_ITEM_STATES, ItemState, Outcome


def freeze(
    operations: Sequence[Operation],
    selection: QuerySet[Any],
    *,
    actor: Actor,
    user: Person,
    filter_words: str = "",
    filter_query: str = "",
    parent: Run | None = None,
    proposal: tuple[str, str] = ("", ""),
) -> Run:
    """Make a plan of every selected row that one of the operations applies to; nothing is sent.

    Items that cannot go are in the plan as well, each with its reason. Raises Refused when nothing is in it at all.
    `proposal` is the key and the name of what proposes a plan that no person made (`engine.propose`).
    """
    with transaction.atomic():
        run = _new_run(operations, actor=actor, user=user, filter_words=filter_words, parent=parent)
        run.proposed_by, run.proposed_name = proposal
        run.filter_query = filter_query
        run.save()
        frozen = {operation: _insert(run, operation, selection, user) for operation in operations}
        used = [operation for operation, count in frozen.items() if count]
        if not used:
            raise Refused("nothing_selected", _("Nothing here can be done with what you selected."))
        run.operations = [operation.key for operation in used]
        run.save(update_fields=["operations"])
        _record_planned(run, used, actor, sum(frozen.values()))
    return run


def freeze_edit(operation: Operation, target: Any, proposal: Proposal, *, actor: Actor, user: Person) -> Run:
    """Make a plan of one edit, for the review; nothing is sent. Raises Refused when the row is not for this operation."""
    selection = operation.target._default_manager.filter(pk=target.pk)
    with transaction.atomic():
        run = _new_run([operation], actor=actor, user=user)
        run.save()
        if not _insert(run, operation, selection, user):
            raise Refused("not_applicable", _("This cannot be done with “%(target)s”.") % {"target": target})
        item = Item.objects.get(run=run)
        item.params, item.changes = proposal.params, proposal.changes
        item.review_note = " ".join(str(note) for note in proposal.notes)[:500]
        item.save(update_fields=["params", "changes", "review_note"])
        if proposal.attachment:
            Attachment.objects.create(
                item=item,
                name=proposal.attachment.name[:200],
                content_type=proposal.attachment.content_type,
                content=proposal.attachment.content,
                sha256=hashlib.sha256(proposal.attachment.content).hexdigest(),
            )
        _record_planned(run, [operation], actor, 1, target=Target.of(target))
    return run


def _new_run(
    operations: Sequence[Operation],
    *,
    actor: Actor,
    user: Person,
    filter_words: str = "",
    parent: Run | None = None,
) -> Run:
    return Run(
        operations=[operation.key for operation in operations],
        requested_by_id=user.pk,
        requested_name=actor.name,
        request_id=actor.request_id,
        filter_words=filter_words[:500],
        token=uuid.uuid4(),
        parent=parent,
    )


def _record_planned(
    run: Run, operations: Sequence[Operation], actor: Actor, count: int, target: Target | None = None
) -> None:
    record_many(
        [
            Entry(
                action=operations[0].audit["planned"],
                actor=actor,
                target=target,
                run_id=run.pk,
                details={
                    "count": count,
                    "operations": [operation.key for operation in operations],
                    "filter": run.filter_words,
                },
            )
        ]
    )


def _insert(run: Run, operation: Operation, selection: QuerySet[Any], user: Person) -> int:
    """INSERT ... SELECT of this operation's part of the selection; returns the number of rows."""
    # In the order in which requests are packed: what lies in one container stays together at the claim.
    order = [_expression(operation.container).asc(), "pk"] if operation.most_per_request > 1 else ["pk"]
    rows = selection.filter(operation.applies_to).order_by(*order)
    columns = _columns(run, operation, selection, user)
    rows = rows.values_list(*[expression for _name, expression in columns])
    compiler = rows.query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    fields = {field.attname: str(field.column) for field in Item._meta.concrete_fields}
    names = ", ".join(connection.ops.quote_name(fields[name]) for name, _expression in columns)
    table = connection.ops.quote_name(Item._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) {sql}", params)
        return int(cursor.rowcount)


def _columns(run: Run, operation: Operation, selection: QuerySet[Any], user: Person) -> list[tuple[str, Any]]:
    model = operation.target

    def text(value: str) -> Any:
        return Cast(Value(value), CharField())

    def number(value: int) -> Any:
        return Cast(Value(value), BigIntegerField())

    empty = Cast(Value("{}"), JSONField()) if connection.vendor == "postgresql" else Value("{}")
    identity = JSONObject(**{key: _expression(value) for key, value in operation.identity.items()})
    return [
        ("run_id", number(run.pk)),
        ("operation", text(operation.key)),
        ("account_id", F(operation.account_path)),
        ("target_kind", text(model._meta.label_lower)),
        ("target_id", F("pk")),
        ("identity", identity),
        ("label", Left(Coalesce(_text_of(operation.item_label), Value("")), 300)),
        ("group_label", Left(Coalesce(_text_of(operation.group_label), Value("")), 300)),
        ("size_bytes", Cast(_expression(operation.size), BigIntegerField())),
        ("look_at", _look_at(run, operation, selection, user)),
        ("container_key", Left(Coalesce(_text_of(operation.container), Value("")), 200)),
        ("happened_at", _moment(operation.happened_at)),
        ("parts", Cast(_expression(operation.parts), BigIntegerField())),
        ("looked", text("")),
        ("params", empty),
        ("changes", empty),
        ("left_out", _left_out(operation, user, run)),
        ("state", text(ItemState.PLANNED)),
        ("outcome", text("")),
        ("code", text("")),
        ("message", text("")),
        ("field", text("")),
        ("note", text("")),
        ("review_note", text("")),
        ("attempts_made", number(0)),
        ("looks_made", number(0)),
        ("looks_answered", number(0)),
        ("confirmed", Value(False)),
    ]


def _expression(value: Any) -> Any:
    if value is None:
        return Value(None)
    if isinstance(value, Combinable):
        return value
    return F(value) if isinstance(value, str) else value


def _moment(value: Any) -> Any:
    # SQLite would cut the microseconds of a moment that is cast; a missing one needs a type.
    return Cast(Value(None), DateTimeField()) if value is None else _expression(value)


def _text_of(value: Any) -> Any:
    return Cast(_expression(value), TextField()) if value is not None else Value("")


def look_mark(code: str) -> str:
    """How a code stands in `Item.look_at`, so that no code is found inside another one."""
    return f"|{code}|"


def _look_at(run: Run, operation: Operation, selection: QuerySet[Any], user: Person) -> Any:
    """The marks of all reasons to look at a row, one after the other."""
    marks = [
        Case(
            When(_applies(reason, operation, selection, user, run), then=Value(look_mark(reason.code))),
            default=Value(""),
            output_field=CharField(),
        )
        for reason in operation.please_look
    ]
    return Concat(Value(""), *marks, output_field=CharField()) if marks else Cast(Value(""), CharField())


def _applies(reason: LookAt, operation: Operation, selection: QuerySet[Any], user: Person, run: Run) -> Q:
    if not reason.whole_of:
        return reason.when
    # How many of each container go, beside how many it has: a row that stays keeps its container from being whole.
    rows = operation.target._default_manager.filter(operation.applies_to)
    there = rows.filter(reason.when, **{reason.whole_of: OuterRef(reason.whole_of)}).order_by()
    there = there.values(reason.whole_of).annotate(number=Count("pk")).values("number")
    going = (
        rows.filter(reason.when, pk__in=selection.order_by().values("pk"))
        .annotate(why=_left_out(operation, user, run))
        .filter(why="")
        .order_by()
        .values(reason.whole_of)
        .annotate(going=Count("pk"))
        .filter(going=Subquery(there, output_field=BigIntegerField()))
    )
    return Q(**{f"{reason.whole_of}__in": going.values(reason.whole_of)})


def _left_out(operation: Operation, user: Person, run: Run) -> Any:
    """Why a row is left out at the freeze; what somebody has to decide about starts without its tick."""
    unticked = Q()
    for reason in operation.please_look:
        if not reason.ticked:
            unticked |= reason.when
    case = left_out_case(operation, user, run)
    if not unticked or not isinstance(case, Case):
        return case
    return Case(
        *case.cases, When(unticked, then=Value("unticked")), default=Value(""), output_field=CharField()
    )


def left_out_case(operation: Operation, user: Person, run: Run) -> Any:
    """The reason to leave a row out, "" for rows that will go. The engine's own reasons come before the operation's."""
    if not user.has_perm(operation.permission):
        return Value("no_permission")
    open_items = Item.objects.filter(
        target_kind=operation.target._meta.label_lower, state__in=OPEN_ITEM_STATES
    ).exclude(run=run)
    undecided = Item.objects.filter(
        target_kind=operation.target._meta.label_lower, state=ItemState.SETTLED, outcome=Outcome.UNKNOWN
    )
    unconnected = [
        account.pk
        for account in Account.objects.filter(provider=operation.provider)
        if not is_connected(account)
    ]
    whens = [
        *([When(held(operation), then=Value("held"))] if operation.hold_paths else []),
        *(When(reason.when, then=Value(reason.code)) for reason in operation.left_out),
        When(Q(pk__in=open_items.values("target_id")), then=Value("in_open_run")),
        *(
            [When(Q(pk__in=undecided.values("target_id")), then=Value("undecided"))]
            if operation.risk.destructive
            else []
        ),
        *(
            [When(**{f"{operation.account_path}__in": unconnected}, then=Value("not_connected"))]
            if unconnected
            else []
        ),
    ]
    return Case(*whens, default=Value(""), output_field=CharField())


def own_reasons() -> Mapping[str, tuple[str, str, str]]:
    """The engine's own reasons to leave something out: code -> (label, tone, icon)."""
    return {
        "held": (_("On hold"), "amber", "lock"),
        "no_permission": (_("You may not do this"), "grey", "ban"),
        "in_open_run": (_("In another open run"), "blue", "hourglass"),
        "undecided": (_("An earlier answer is not known yet"), "amber", "circle-help"),
        "not_connected": (_("The account is not connected"), "grey", "circle-slash"),
        "already_gone": (_("Already gone at the provider"), "teal", "check-check"),
        "unticked": (_("Not ticked"), "grey", "circle-slash"),
    }


def own_whys() -> Mapping[str, str]:
    """One line of why for each of the engine's own reasons to leave something out."""
    return {
        "held": _("Somebody put it, or what it lies in, on hold. Released holds let it go in a new plan."),
        "no_permission": _("Your rights do not cover this kind of deletion."),
        "in_open_run": _("It is being deleted already, or waits in a confirmed list."),
        "not_connected": _("The credentials of its account are missing, so nothing can be sent there."),
        "already_gone": _("There is nothing left to delete."),
        "unticked": _("Somebody unticked it, or nobody has ticked it yet."),
    }
