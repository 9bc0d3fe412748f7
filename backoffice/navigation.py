"""The menu: a group for each subject, with the lists that exist and that the person may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Q
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from operations.engine.propose import signable_by
from operations.models import Run
from operations.states import RunState

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

MOST_COUNTED = 99
"""A badge counts no further; it says "99+"."""

Label = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu: the list of a model, or a page by the name of its address.

    `query` narrows the list (a saved tab), `permission` is asked besides the model's own view right. `holds` names pages
    that belong to the entry although their address begins as another one's.
    """

    label: Label
    model: str = ""
    page: str = ""
    query: str = ""
    permission: str = ""
    holds: tuple[str, ...] = ()
    badge: Callable[[HttpRequest], int] | None = None


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """A subject of the menu with its lines; with `page` it is a line itself."""

    label: Label
    icon: str
    entries: tuple[Entry, ...] = field(default=())
    page: str = ""


def plans_waiting(request: HttpRequest) -> int:
    """Plans that wait for this person: their own drafts, proposals they may take over, and what others ask them to approve."""
    return int(plans_waiting_for(request.user).order_by()[: MOST_COUNTED + 1].count())


def plans_waiting_for(user: Any) -> Any:
    """The runs behind `plans_waiting`, as a queryset."""
    waiting = Q(state=RunState.DRAFT, requested_by=user.pk) | signable_by(user)
    if user.has_perm("operations.approve_run"):
        waiting |= Q(state=RunState.WAITING_APPROVAL) & ~Q(requested_by=user.pk)
    return Run.objects.filter(waiting)


MENU: tuple[MenuGroup, ...] = (
    MenuGroup(_("Home"), "house", page="index"),
    MenuGroup(
        _("Courses"),
        "graduation-cap",
        (
            Entry(_("Courses"), model="courses.Course"),
            Entry(_("Lessons"), model="courses.CourseClass"),
            Entry(_("Imports"), model="intake.Import"),
        ),
    ),
    MenuGroup(
        _("Library"),
        "clapperboard",
        (
            Entry(_("Videos"), model="media_assets.VideoAsset"),
            Entry(_("Cloud files"), model="media_assets.CloudFile"),
            Entry(_("Transcoded assets"), model="media_assets.VodAsset"),
            Entry(_("Template groups"), model="media_assets.VodTemplateGroup"),
            Entry(_("Sign packages"), model="media_assets.SignPackage"),
        ),
    ),
    MenuGroup(
        _("Deletions"),
        "trash-2",
        (
            Entry(_("Plans and runs"), model="operations.Run", badge=plans_waiting),
            Entry(_("Holds"), model="operations.Hold"),
            Entry(_("Retention rules"), model="media_assets.RetentionRule"),
            Entry(_("Coming deletions"), model="media_assets.RetentionProposal"),
            Entry(_("Stop switch"), page="operations_switch", permission="operations.operate_stop_switch"),
        ),
    ),
    MenuGroup(
        pgettext_lazy("menu", "Audit"),
        "scroll-text",
        (
            Entry(_("Log"), model="audit.Record"),
            Entry(_("Receipts"), model="operations.Receipt", holds=("operations_run_receipt",)),
            Entry(_("Erasures"), page="audit_erasures", permission="audit.erase_personal"),
            Entry(_("Key of the log"), page="audit_key", permission="audit.view_record"),
            Entry(_("Exports"), page="audit_record_exports", permission="audit.view_record"),
        ),
    ),
    MenuGroup(
        _("Settings"),
        "settings",
        (
            Entry(_("People"), model="auth.User"),
            Entry(_("Roles"), model="auth.Group"),
            Entry(_("Provider connections"), page="connections", permission="operations.view_account"),
            Entry(_("Readings"), model="intake.Reading"),
            Entry(_("Messages from ClassIn"), model="intake.PushMessage"),
            Entry(_("Limits and waiting time"), page="limits", permission="operations.change_policy"),
            Entry(_("Notices"), page="notice_settings"),
        ),
    ),
)

_HELD_ELSEWHERE = {page for group in MENU for entry in group.entries for page in entry.holds}


def navigation(site: AdminSite, request: HttpRequest) -> list[dict[str, Any]]:
    """The menu for this person, as the templates read it: groups with `label icon url active badge items`."""
    return list(_groups(site, request))


def _groups(site: AdminSite, request: HttpRequest) -> Iterator[dict[str, Any]]:
    for group in MENU:
        items = list(_items(site, request, group.entries))
        if not items and not group.page:
            continue
        url = reverse(f"{site.name}:{group.page}") if group.page else ""
        yield {
            "label": group.label,
            "icon": group.icon,
            "url": url,
            "active": bool(url) and request.path == url,
            "badge": "",
            "items": items,
        }


def _items(site: AdminSite, request: HttpRequest, entries: Iterable[Entry]) -> Iterator[dict[str, Any]]:
    shown = [(entry, url) for entry in entries if (url := _url(site, request, entry))]
    page = request.resolver_match.url_name if request.resolver_match else ""
    if page in _HELD_ELSEWHERE:
        here = next((url for entry, url in shown if page in entry.holds), "")
    else:
        here = max((url for _entry, url in shown if request.path.startswith(url)), key=len, default="")
    for entry, url in shown:
        count = entry.badge(request) if entry.badge else 0
        yield {
            "label": entry.label,
            "url": f"{url}?{entry.query}" if entry.query else url,
            "active": url == here,
            "badge": f"{MOST_COUNTED}+" if count > MOST_COUNTED else count or "",
        }


def _url(site: AdminSite, request: HttpRequest, entry: Entry) -> str:
    """The entry's address, "" when it does not exist here or is not for this person."""
    if entry.permission and not request.user.has_perm(entry.permission):
        return ""
    if entry.page:
        return reverse(f"{site.name}:{entry.page}")
    try:
        model = apps.get_model(entry.model)
    except LookupError:
        return ""
    if not site.is_registered(model) or not site.get_model_admin(model).has_view_permission(request):
        return ""
    try:
        return reverse(f"{site.name}:{model._meta.app_label}_{model._meta.model_name}_changelist")
    except NoReverseMatch:
        return ""
