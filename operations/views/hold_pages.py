"""The pages on which a person places holds, on one object or on a selection, and releases them.

A selection is carried the way the list sends it: ticked ids, or "all that match" (perhaps except the ticked ones) with the
list's own address, whose filter is then applied again. The number that was shown comes along and is asked again when the holds are written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actors import Actor
from audit.services import Target
from operations import engine
from operations.engine.hold import check_may_hold
from operations.hold_forms import HoldForm, ReasonForm
from operations.holds import covered
from operations.models import Hold
from screens.figures import listed, number_text
from screens.model_admin import ScreenAdmin
from screens.selection_words import MATCHING, MATCHING_EXCEPT, TICKED

if TYPE_CHECKING:
    from operations.mirror_admin import MirrorAdmin

PLACE = "place_hold"
RELEASE = "release_holds"
NAMES_SHOWN = 8


def place_on_selection(admin: MirrorAdmin, request: HttpRequest, selection: QuerySet[Any]) -> HttpResponse:
    """The bulk button's page; its own button comes back here with `step` set, and places."""
    check_may_hold(request.user)
    back = request.get_full_path()
    plural = str(admin.opts.verbose_name_plural)
    context = {
        "carried": _carried(request, PLACE),
        "crumbs": [{"label": capfirst(plural), "url": back}, {"label": _("Put on hold"), "url": ""}],
        "back_url": back,
    }
    return _place(admin, request, selection, context, confirmed="step" in request.POST)


def place_on_object(admin: MirrorAdmin, request: HttpRequest, target: Any) -> HttpResponse:
    """One object's page: what lies on it already, and a further hold."""
    check_may_hold(request.user, target=Target.of(target))
    shared = admin.object_context(request, target, active="")
    selection = admin.model._default_manager.filter(pk=target.pk)
    crumbs = [*shared["crumbs"][:1], {"label": str(target), "url": _page_of(target)}]
    context = {
        "crumbs": [*crumbs, {"label": _("Put on hold"), "url": ""}],
        "back_url": _page_of(target),
        "lying": shared["lying"],
    }
    return _place(admin, request, selection, context, confirmed=request.method == "POST")


def release_selection(admin: ScreenAdmin, request: HttpRequest, holds: QuerySet[Hold]) -> HttpResponse:
    """The page of the list's release button; its own button comes back here with `step` set, and releases."""
    check_may_hold(request.user)
    back = request.get_full_path()
    context = {
        "carried": _carried(request, RELEASE),
        "crumbs": [
            {"label": _("Holds"), "url": back},
            {"label": _("Release"), "url": ""},
        ],
        "back_url": back,
        "over": holds.count() - _in_force(holds).count(),
    }
    return release_page(admin, request, holds, context, confirmed="step" in request.POST)


def release_page(
    admin: ScreenAdmin,
    request: HttpRequest,
    holds: QuerySet[Hold],
    context: Mapping[str, Any],
    *,
    confirmed: bool,
) -> HttpResponse:
    """Show which holds go and ask why; release them when the person confirmed."""
    form = ReasonForm(request.POST if confirmed else None)
    moved = ""
    if confirmed and form.is_valid():

        def act() -> int:
            return engine.release(
                holds,
                actor=Actor.of(request),
                user=request.user,
                reason=form.cleaned_data["reason"],
                expected=_expected(request),
            )

        count, moved = _acted(form, act)
        if count:
            words = ngettext("%(count)s hold is released.", "%(count)s holds are released.", count)
            messages.success(request, words % {"count": number_text(count)})
            return redirect(context["back_url"])
    chosen = _in_force(holds)
    count = chosen.count()
    words = ngettext("Release %(count)s hold", "Release %(count)s holds", count)
    labels = chosen.order_by("pk").values_list("target_label", flat=True)[:NAMES_SHOWN]
    page = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": words % {"count": number_text(count)},
        "sentence": _(
            "What no other hold covers can be deleted again. The holds stay in the list as released."
        ),
        **_names(list(labels), count),
        "form": form,
        "moved": moved,
        "button": words % {"count": number_text(count)},
        "icon_name": "undo-2",
        **context,
    }
    return TemplateResponse(request, "operations/hold_form.html", page, status=422 if confirmed else 200)


def _place(
    admin: MirrorAdmin,
    request: HttpRequest,
    selection: QuerySet[Any],
    context: Mapping[str, Any],
    *,
    confirmed: bool,
) -> HttpResponse:
    form = HoldForm(request.POST if confirmed else None)
    moved = ""
    if confirmed and form.is_valid():

        def act() -> int:
            return engine.place_holds(
                admin.model,
                selection,
                reason=form.cleaned_data["reason"],
                until=form.end(),
                actor=Actor.of(request),
                user=request.user,
                expected=_expected(request),
                form_token=form.cleaned_data["token"],
            )

        count, moved = _acted(form, act)
        if count:
            words = ngettext("%(count)s %(kind)s is on hold.", "%(count)s %(kind)s are on hold.", count)
            messages.success(
                request, words % {"count": number_text(count), "kind": _noun(admin.model, count)}
            )
            return redirect(context["back_url"])
    count = selection.count()
    title = _("Put %(count)s %(kind)s on hold") % {
        "count": number_text(count),
        "kind": _noun(admin.model, count),
    }
    labels = [str(row) for row in selection.order_by("pk")[:NAMES_SHOWN]]
    page = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": title,
        "sentence": _("What is on hold is left out of every deletion, also of one that is under way."),
        "covers": _covers(admin.model, selection, count),
        "held_count": _held_count(admin.model, selection),
        **_names(labels, count),
        "form": form,
        "moved": moved,
        "button": title,
        "icon_name": "lock",
        **context,
    }
    return TemplateResponse(request, "operations/hold_form.html", page, status=422 if confirmed else 200)


def _acted(form: ReasonForm, act: Callable[[], int]) -> tuple[int, str]:
    """How many it was; or 0 with the sentence to show, which lies beside the field that it concerns if there is one."""
    try:
        return act(), ""
    except engine.Refused as refused:
        if refused.field in form.fields:
            form.add_error(refused.field, str(refused.message))
            return 0, ""
        return 0, str(refused.message)


def _expected(request: HttpRequest) -> int:
    """The number that was shown; -1, which no selection has, where it is absent or no number."""
    shown = request.POST.get("count", "")
    return int(shown) if shown.isascii() and shown.isdigit() and len(shown) <= 12 else -1


def _carried(request: HttpRequest, name: str) -> list[tuple[str, str]]:
    """Hidden fields that make the list understand the same selection again."""
    across = request.POST.get("select_across", TICKED)
    ticked = [] if across == MATCHING else request.POST.getlist(ACTION_CHECKBOX_NAME)
    return [
        ("action", name),
        ("step", "confirm"),
        ("select_across", across if across in (MATCHING, MATCHING_EXCEPT) else TICKED),
        *((ACTION_CHECKBOX_NAME, pk) for pk in ticked),
    ]


def _in_force(holds: QuerySet[Hold]) -> QuerySet[Hold]:
    return Hold.objects.in_force().filter(pk__in=holds.order_by().values("pk"))


def _held_count(model: type[Model], selection: QuerySet[Any]) -> int:
    mine = Hold.objects.in_force().filter(
        target_kind=model._meta.label_lower, target_id__in=selection.order_by().values("pk")
    )
    return mine.values("target_id").distinct().count()


def _covers(model: type[Model], selection: QuerySet[Any], count: int) -> str:
    """What lies in the selected rows and is held with them, in words; empty for rows that nothing lies in."""
    inside = covered(model, selection)
    if not inside:
        return ""
    facts = [
        _("%(count)s %(kind)s") % {"count": number_text(inner), "kind": _noun(kind, inner)}
        for kind, inner in sorted(inside.items(), key=lambda pair: pair[0]._meta.label_lower)
    ]
    words = ngettext(
        "The hold covers what is in it as well, now %(what)s, and whatever is added later.",
        "The holds cover what is in them as well, now %(what)s, and whatever is added later.",
        count,
    )
    return words % {"what": listed(facts)}


def _noun(model: type[Model], count: int) -> str:
    return str(model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural)


def _names(labels: list[str], count: int) -> dict[str, Any]:
    return {"names": labels, "more": count - len(labels), "count": count}


def _page_of(target: Model) -> str:
    return page_of(target._meta.label_lower, target.pk)


def page_of(kind: str, pk: int) -> str:
    """The page of the object that a hold lies on; empty when its kind has none (any more)."""
    try:
        return reverse(f"admin:{kind.replace('.', '_')}_change", args=[pk])
    except NoReverseMatch:
        return ""
