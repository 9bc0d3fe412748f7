"""Search everywhere: by name or provider id, a few hits of each kind, only what the person may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SHORTEST = 2
"""Letters from which a name is searched; one matches half the school. One Chinese sign or a number is enough."""
MOST = 8
"""Hits shown of each kind; the list behind the link has the others."""
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of object that can be found."""

    label: str | Promise
    icon: str
    model: str
    name: str
    ids: tuple[str, ...] = ("provider_id",)
    quiet: str = "provider_id"

    def condition(self, words: str) -> Q:
        """Name contains the words, or an id is or begins with them."""
        found = Q(**{f"{self.name}__icontains": words})
        for field in self.ids:
            found |= Q(**{f"{field}__startswith": words})
        return found


SOURCES = (
    Source(gettext_lazy("Courses"), "graduation-cap", "courses.Course", "name"),
    Source(gettext_lazy("Lessons"), "calendar", "courses.CourseClass", "name"),
    Source(gettext_lazy("Videos"), "file-video", "media_assets.VideoAsset", "title"),
    Source(gettext_lazy("Cloud files"), "cloud", "media_assets.CloudFile", "name"),
    Source(gettext_lazy("Transcoded assets"), "clapperboard", "media_assets.VodAsset", "title"),
    Source(gettext_lazy("Sign packages"), "folder", "media_assets.SignPackage", "name"),
    Source(
        gettext_lazy("Plans and runs"), "activity", "operations.Run", "reason", ids=(), quiet="requested_name"
    ),
    Source(
        gettext_lazy("People"),
        "users-round",
        "auth.User",
        "username",
        ids=("first_name", "last_name"),
        quiet="",
    ),
)


def search(request: HttpRequest) -> HttpResponse:
    """The results page. Bounded: at most `MOST` rows of each kind, no counting."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    context = {
        **admin.site.each_context(request),
        "title": _("Search"),
        "crumbs": [{"label": _("Search"), "url": ""}],
        "search_query": words,
        "too_short": bool(words) and len(words) < SHORTEST and words.isascii() and not words.isdigit(),
        "shortest": SHORTEST,
        "results": [],
    }
    if words and not context["too_short"]:
        context["results"] = list(_results(request, words))
    return TemplateResponse(request, "backoffice/search.html", context)


def _results(request: HttpRequest, words: str) -> Iterator[dict[str, Any]]:
    for source in SOURCES:
        try:
            model = apps.get_model(source.model)
        except LookupError:
            continue
        if not admin.site.is_registered(model):
            continue
        if not admin.site.get_model_admin(model).has_view_permission(request):
            continue
        hits = list(_rows(source, model, words)[: MOST + 1])
        if hits:
            yield {
                "label": source.label,
                "icon": source.icon,
                "hits": [_hit(source, row) for row in hits[:MOST]],
                "more": len(hits) > MOST,
                "list_url": f"{reverse(_name(model, 'changelist'))}?q={quote(words)}",
            }


def _rows(source: Source, model: type[Model], words: str) -> QuerySet[Any]:
    condition = source.condition(words)
    number = words.upper().removeprefix("R-").removeprefix("P-").removeprefix("#")
    if source.model == "operations.Run" and number.isascii() and number.isdigit() and len(number) < 18:
        condition |= Q(pk=int(number))
    return model._default_manager.filter(condition).order_by("-pk")


def _hit(source: Source, row: Model) -> dict[str, str]:
    quiet = str(getattr(row, source.quiet, "")) if source.quiet else ""
    if source.model == "auth.User":
        name, quiet = row.get_full_name() or row.get_username(), row.get_username()  # type: ignore[attr-defined]
    else:
        name = str(row) if source.model == "operations.Run" else str(getattr(row, source.name)) or str(row)
        if source.model == "operations.Run" and row.reason:  # type: ignore[attr-defined]  # of the runs
            name = f"{name}: {row.reason}"  # type: ignore[attr-defined]  # of the runs
    return {"name": name, "quiet": quiet, "url": reverse(_name(type(row), "change"), args=[row.pk])}


def _name(model: type[Model], page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
