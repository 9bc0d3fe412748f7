"""What every page shows around its content: the demo band, the running pill, how far the ledger is, the time zone."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import sealing_text
from audit.alarm import alarm
from audit.models import Record
from backoffice.navigation import MOST_COUNTED
from operations.coming import coming_deletions
from operations.engine.switch import PERMISSION
from operations.models import Notice, Run
from operations.states import ItemState, RunState
from operations.views.switch_page import stopped
from screens.dates import moment_text
from screens.figures import number_text


def frame_context(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame; names as `templates/admin/base_site.html` reads them."""
    context: dict[str, Any] = {
        "is_demo": settings.SANDBOX,
        "time_zone_label": time_zone_label(),
        "request_id": getattr(request, "request_id", ""),
        "search_url": "",
        "running": None,
        "deletions_stopped": None,
        "audit_status": None,
        "sealing_alarm": "",
    }
    if request.user.is_authenticated and request.user.is_staff:
        context["search_url"] = reverse("admin:search")
        context["help_url"] = reverse("admin:help")
        context["may_operate_switch"] = request.user.has_perm(PERMISSION)
        context["deletions_stopped"] = stopped()
        context["bell"] = bell(request.user)
        if request.user.has_perm("operations.view_run"):
            context["running"] = running_pill()
            context["coming_deletions"] = coming_deletions(request.user, here=request.path)
        if request.user.has_perm("audit.view_record"):
            context["audit_status"] = audit_status()
            context["sealing_alarm"] = sealing_text.warning_of(alarm())
    return context


def bell(user: Any) -> dict[str, Any]:
    """The person's unread notices: how many, counted no further than a badge says. One query on a partial index."""
    count = Notice.objects.filter(person=user.pk, read_at=None).order_by()[: MOST_COUNTED + 1].count()
    shown = f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")
    return {"count": count, "shown": shown, "url": reverse("admin:notices")}


def running_pill() -> dict[str, Any] | None:
    """How many runs are going on and how far they are together, None while nothing runs. One query."""
    runs = list(
        Run.objects.filter(state=RunState.RUNNING)
        .annotate(
            total=Count("items", filter=Q(items__left_out="")),
            settled=Count("items", filter=Q(items__left_out="", items__state=ItemState.SETTLED)),
        )
        .values_list("pk", "total", "settled")[:100]
    )
    if not runs:
        return None
    total = sum(run[1] for run in runs)
    settled = sum(run[2] for run in runs)
    only = runs[0][0] if len(runs) == 1 else None
    return {
        "count": len(runs),
        "percent": settled * 100 // total if total else None,
        "url": reverse("admin:operations_run_change", args=[only])
        if only
        else reverse("admin:operations_run_changelist"),
    }


def audit_status() -> dict[str, Any] | None:
    """The newest record, which is as far as the ledger goes. Sealing is not claimed before it exists."""
    newest = Record.objects.order_by("-at", "-id").values("pk", "at").first()
    if newest is None:
        return None
    return {
        "sentence": _("Audit log up to %(number)s") % {"number": number_text(newest["pk"])},
        "detail": moment_text(newest["at"]),
        "tone": "quiet",
        "url": reverse("admin:audit_record_changelist"),
    }


def time_zone_label() -> str:
    """`Asia/Shanghai (UTC+8)`: the clock that all times on the screens are told by."""
    offset = timezone.localtime().utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    shown = f"{hours}:{rest:02d}" if rest else str(hours)
    return f"{timezone.get_current_timezone_name()} (UTC{sign}{shown})"
