"""From what a person means to a plan: the rows of a list's address, or the rows that provider ids stand for.

Ids are staged in a table and resolved there, so that neither a form nor a statement ever carries them all. What is
unknown here, or stands for several rows, stays with the plan that is made of the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db import transaction
from django.db.models import Count, F, Func, IntegerField, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actions import ACCESS_REFUSED
from audit.actors import Actor
from audit.denials import Denied
from audit.services import Entry, record_many
from operations import engine
from operations.audit_actions import SELECTION_MADE
from operations.clock import database_now
from operations.models import Account, Run, SelectedId, Selection
from operations.operation import Operation
from operations.person import Person
from screens.changelist import KeysetChangeList
from screens.figures import listed, number_text
from screens.filters import SEARCH
from screens.model_admin import ScreenAdmin

KEPT = timedelta(days=1)
"""How long a selection lives of which no plan was made."""
BATCH = 2_000
SHOWN = 50


@dataclass(frozen=True)
class ByIds:
    """That the rows of a list can be chosen by provider ids, and what those ids are like.

    `kinds` names the field that tells kinds of row apart. `paths` are the rows whose id is a path: the whole address
    stands for it as well, and so does its last part, which is what the list shows.
    """

    kinds: str = ""
    paths: Q | None = None


def check_may_plan(operations: Sequence[Operation], user: Person) -> None:
    """Raise Denied unless the person has the right to at least one of the operations."""
    if not any(user.has_perm(operation.permission) for operation in operations):
        raise Denied(operations[0].audit["denied"], details={"why": "no_permission"})


def plan_rows(
    operations: Sequence[Operation],
    rows: QuerySet[Any],
    *,
    actor: Actor,
    user: Person,
    words: str,
    query: str = "",
) -> Run:
    """Freeze the rows into a plan. Raises Denied without any of the rights, Refused when no operation is for any row."""
    check_may_plan(operations, user)
    return engine.freeze(operations, rows, actor=actor, user=user, filter_words=words, filter_query=query)


@dataclass(frozen=True)
class Matching:
    """The rows of a list's address, its filter in words, and the query string itself."""

    rows: QuerySet[Any]
    words: str
    query: str


def check_may_see(screen: ScreenAdmin, user: Any) -> HttpRequest:
    """The request by which this person would look at a list; raises Denied for a list that the person may not see."""
    request = HttpRequest()
    request.method, request.user = "GET", user
    if not screen.has_view_permission(request):
        raise Denied(ACCESS_REFUSED, details={"path": screen.opts.label_lower, "method": "GET"})
    return request


def rows_of_address(screen: ScreenAdmin, address: str, *, user: Any) -> Matching:
    """The rows that a list shows at this address or query string, on all its pages, as this person sees them.

    Raises Denied for a list that the person may not see, and ValueError for a part that the list does not understand
    and for an address that narrows nothing: a filter that got lost on the way must not take everything.
    """
    request = check_may_see(screen, user)
    request.GET = QueryDict(address.rpartition("?")[2].strip())
    if "\0" in request.GET.get(SEARCH, ""):
        raise ValueError(_("The search has a sign that cannot be searched for."))
    shown = screen.get_changelist_instance(request)
    if not isinstance(shown, KeysetChangeList):
        raise TypeError("get_changelist() must give a KeysetChangeList.")
    if shown.filters.problems:
        raise ValueError(" ".join(shown.filters.problems))
    if not shown.is_narrowed:
        raise ValueError(_("This filter narrows nothing. Name at least one filter with a value."))
    return Matching(shown.matching, shown.words, request.GET.urlencode())


def stage(
    model: type[Model], ids: Iterable[str], by_ids: ByIds, *, actor: Actor, user: Any, source: str = ""
) -> Selection:
    """Keep the ids and find out what each stands for among all rows of `model`; changes nothing else.

    The number of statements grows by one for each few thousand ids.
    """
    _forget_old()
    given = [_id_of(text, by_ids) for text in ids]
    with transaction.atomic():
        selection = Selection.objects.create(
            target_kind=model._meta.label_lower, source=source[:120], made_by_id=user.pk, given=len(given)
        )
        SelectedId.objects.bulk_create(
            (
                SelectedId(selection=selection, position=position, text=text)
                for position, text in enumerate(dict.fromkeys(given), 1)
            ),
            batch_size=BATCH,
        )
        _resolve(selection, model)
        if by_ids.paths is not None:
            _resolve_last_parts(selection, model._default_manager.filter(by_ids.paths))
        _count(selection)
        details = {
            "count": selection.given,
            "found": selection.found,
            "unknown": selection.unknown,
            "ambiguous": selection.ambiguous,
            "source": selection.source,
        }
        record_many([Entry(action=SELECTION_MADE, actor=actor, details=details)])
    return selection


def rows_of(selection: Selection, model: type[Model]) -> QuerySet[Any]:
    """The rows that the ids stand for, one each."""
    found = SelectedId.objects.filter(selection=selection, matches=1)
    return model._default_manager.filter(pk__in=found.values("target_id"))


def plan_selection(
    selection: Selection, operations: Sequence[Operation], model: type[Model], *, actor: Actor, user: Person
) -> Run:
    """Freeze what the ids stand for into a plan, to which the selection belongs from then on.

    A second call gives the same plan. Raises Denied and Refused as `plan_rows` does.
    """
    with transaction.atomic():
        kept = Selection.objects.select_for_update().get(pk=selection.pk)
        if kept.run_id is not None:
            return Run.objects.get(pk=kept.run_id)
        run = plan_rows(operations, rows_of(kept, model), actor=actor, user=user, words=words_of(kept))
        kept.run = run
        kept.save(update_fields=["run"])
    return run


def words_of(selection: Selection) -> str:
    """The selection in words, as the plan keeps them: ``250 IDs from “old.csv”, 3 unknown``."""
    facts = {"count": number_text(selection.given), "source": selection.source}
    if selection.source:
        parts = [
            ngettext("%(count)s ID from “%(source)s”", "%(count)s IDs from “%(source)s”", selection.given)
            % facts
        ]
    else:
        parts = [ngettext("%(count)s pasted ID", "%(count)s pasted IDs", selection.given) % facts]
    if selection.unknown:
        parts.append(_("%(count)s unknown") % {"count": number_text(selection.unknown)})
    if selection.ambiguous:
        parts.append(_("%(count)s ambiguous") % {"count": number_text(selection.ambiguous)})
    if selection.doubled:
        parts.append(_("%(count)s doubled") % {"count": number_text(selection.doubled)})
    return listed(parts)


def unresolved(selection: Selection) -> QuerySet[SelectedId]:
    """The ids of which no plan can be made: unknown ones first, then ambiguous ones, each in the order given."""
    return SelectedId.objects.filter(selection=selection).exclude(matches=1).order_by("matches", "position")


def why_not(one: SelectedId) -> str:
    """Why an id is in no plan, in words."""
    if not one.matches:
        return _("Unknown here")
    return _("%(count)s things have it, so nobody can tell which is meant") % {
        "count": number_text(one.matches)
    }


def kinds_of(selection: Selection, model: type[Model], by_ids: ByIds) -> list[tuple[str, int]]:
    """How many rows of each kind the ids stand for, the most first."""
    if not by_ids.kinds:
        return []
    counts = (
        rows_of(selection, model)
        .order_by()
        .values_list(by_ids.kinds)
        .annotate(count=Count("pk"))
        .order_by("-count", by_ids.kinds)
    )
    labels = dict(model._meta.get_field(by_ids.kinds).flatchoices)  # type: ignore[union-attr]  # a field with choices
    return [(str(labels.get(kind, kind)), count) for kind, count in counts]


def _id_of(text: str, by_ids: ByIds) -> str:
    if by_ids.paths is None or "://" not in text:
        return text
    try:
        return unquote(urlsplit(text).path) or text
    except ValueError:
        return text


def _forget_old() -> None:
    old = Selection.objects.filter(run=None, made_at__lt=database_now() - KEPT)
    SelectedId.objects.filter(selection__in=old).delete()
    old.delete()


def _resolve(selection: Selection, model: type[Model]) -> None:
    """One UPDATE; each id is looked up in the index that accounts and ids share."""
    accounts = list(Account.objects.values_list("pk", flat=True))
    rows = model._default_manager.filter(account_id__in=accounts, provider_id=OuterRef("text")).order_by()
    count = rows.annotate(count=Func(F("pk"), function="COUNT", output_field=IntegerField()))
    least = rows.annotate(least=Func(F("pk"), function="MIN"))
    SelectedId.objects.filter(selection=selection).update(
        matches=Coalesce(Subquery(count.values("count")), Value(0)), target_id=Subquery(least.values("least"))
    )


def _resolve_last_parts(selection: Selection, rows: QuerySet[Any]) -> None:
    """Look the ids that are still unknown up among the last parts of paths, reading those rows once."""
    unknown = SelectedId.objects.filter(selection=selection, matches=0).exclude(text__contains="/")
    wanted = {one.text: one for one in unknown.iterator(chunk_size=BATCH)}
    if not wanted:
        return
    touched: dict[int, SelectedId] = {}
    for pk, provider_id in rows.order_by("pk").values_list("pk", "provider_id").iterator(chunk_size=BATCH):
        one = wanted.get(provider_id.rpartition("/")[2])
        if one is not None:
            one.matches += 1
            one.target_id = one.target_id or pk
            touched[one.pk] = one
    SelectedId.objects.bulk_update(touched.values(), ["matches", "target_id"], batch_size=BATCH // 10)


def _count(selection: Selection) -> None:
    counts = SelectedId.objects.filter(selection=selection).aggregate(
        unknown=Count("pk", filter=Q(matches=0)),
        ambiguous=Count("pk", filter=Q(matches__gt=1)),
        found=Count("target_id", filter=Q(matches=1), distinct=True),
    )
    selection.unknown, selection.ambiguous = counts["unknown"], counts["ambiguous"]
    selection.found = counts["found"]
    selection.doubled = selection.given - selection.found - selection.unknown - selection.ambiguous
    selection.save(update_fields=["unknown", "ambiguous", "found", "doubled"])
