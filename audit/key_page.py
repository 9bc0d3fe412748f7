"""The page of the log's public key: what a stranger needs to check the log, and how often the key changed."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from audit import timeline
from audit.actions import ACCESS_REFUSED, KEY_ROTATED
from audit.checkpoint import PublicKey as Key
from audit.denials import Denied
from audit.keys import NoKey, signing_keys
from audit.models import PublicKey, Record
from audit.outside_places import outside_places

_SAFE = ("GET", "HEAD")
_ROTATIONS_SHOWN = 20


def key_page(request: HttpRequest) -> HttpResponse:
    """The key in use, those before it, and the records of its changes. Raises Denied without the right to read the log."""
    _check(request)
    if request.method not in _SAFE:
        return HttpResponseNotAllowed(_SAFE)
    current = _current()
    rotations = Record.objects.filter(action=KEY_ROTATED.code).order_by("-at", "-id")[:_ROTATIONS_SHOWN]
    context = {
        **admin.site.each_context(request),
        "title": _("Key of the log"),
        "crumbs": [
            {"label": _("Audit log"), "url": reverse("admin:audit_record_changelist")},
            {"label": _("Key of the log")},
        ],
        "current": current,
        "known": list(PublicKey.objects.order_by("-since", "-pk")),
        "names": [line.partition("+")[0] for line in current],
        "rows": timeline.rows_of(rotations),
        "places": outside_places(),
    }
    return TemplateResponse(request, "audit/key.html", context)


def public_keys(request: HttpRequest) -> HttpResponse:
    """Every public key that signed this log, one a line, the one in use first."""
    _check(request)
    if request.method not in _SAFE:
        return HttpResponseNotAllowed(_SAFE)
    current = _current()
    before = PublicKey.objects.exclude(line__in=current).order_by("-since", "-pk")
    text = "".join(f"{Key.parse(line)}\n" for line in (*current, *before.values_list("line", flat=True)))
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit-log-public-keys.txt"'
    return response


def _current() -> list[str]:
    """Public halves of the keys that sign now; where this process has none, the last that did."""
    try:
        return [str(key.public) for key in signing_keys()]
    except NoKey:
        return list(PublicKey.objects.order_by("-since", "-pk").values_list("line", flat=True)[:1])


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm("audit.view_record"):
        raise Denied(ACCESS_REFUSED, details={"path": request.path[:200], "method": request.method or ""})
