"""The bell's page with one's own notices, and the page on which each person chooses what comes by mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from operations.clock import database_now
from operations.models import Notice, NoticeSettings
from operations.notice_words import icon_name, sentence
from operations.notices import kinds

PAGE = 25
_FAILED_DAYS = 7
_MAY_SEE_FAILURES = "operations.view_account"


def notices(request: HttpRequest) -> HttpResponse:
    """GET lists the person's own notices and changes nothing; POST opens one of them or marks them as read."""
    mine = Notice.objects.filter(person=request.user.pk)
    if request.method == "POST":
        return _answer(request, mine)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    before = _number(request.GET.get("before", ""))
    older = mine.filter(pk__lt=before) if before else mine
    rows = list(older.select_related("run").order_by("-pk")[: PAGE + 1])
    context = {
        **admin.site.each_context(request),
        "title": _("Notices"),
        "crumbs": [{"label": _("Notices"), "url": ""}],
        "rows": [_row(notice) for notice in rows[:PAGE]],
        "newest": rows[0].pk if rows else "",
        "older_url": f"?before={rows[PAGE - 1].pk}" if len(rows) > PAGE else "",
        "newest_url": reverse("admin:notices") if before else "",
        "no_mail": no_mail_reason(request.user),
        "failed": _failed() if request.user.has_perm(_MAY_SEE_FAILURES) else None,
    }
    return TemplateResponse(request, "backoffice/notices.html", context)


def _row(notice: Notice) -> dict[str, Any]:
    return {
        "pk": notice.pk,
        "icon": icon_name(notice),
        "sentence": sentence(notice),
        "made_at": notice.made_at,
        "unread": notice.read_at is None,
        "link": notice.link,
        "mail": notice.mail_error if notice.mailed_at is None else "",
        "mail_again": notice.mail_due_at is not None,
    }


def _answer(request: HttpRequest, mine: QuerySet[Notice]) -> HttpResponse:
    unread = mine.filter(read_at=None)
    match request.POST.get("do"):
        case "open":
            notice = get_object_or_404(mine, pk=_number(request.POST.get("notice", "")))
            unread.filter(pk=notice.pk).update(read_at=database_now())
            return redirect(notice.link or "admin:notices")
        case "read_all":
            # Only what the page showed: a notice that came meanwhile stays unread.
            unread.filter(pk__lte=_number(request.POST.get("newest", ""))).update(read_at=database_now())
            return redirect("admin:notices")
        case _:
            raise Http404("no such button")


def _number(text: str) -> int:
    """A row's key out of an address or a form; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def no_mail_reason(user: Any) -> str:
    """Why this person gets no notice by mail whatever they choose; "" when they do."""
    if not settings.MAIL_ON:
        return _("This server sends no mail. Notices are shown here alone.")
    if not user.email:
        return _(
            "You have no e-mail address here, so notices are shown here alone. An administrator can add one."
        )
    return ""


def _failed() -> dict[str, Any] | None:
    """Mails of the last days that did not go, and what the mail server said last; None when all went."""
    since = database_now() - timedelta(days=_FAILED_DAYS)
    failed = Notice.objects.filter(made_at__gte=since, mailed_at=None).exclude(mail_error="").order_by("-pk")
    rows = list(failed.values_list("mail_error", flat=True)[:100])
    if not rows:
        return None
    return {"count": "99+" if len(rows) > 99 else len(rows), "newest": _(rows[0])}


class NoticeSettingsForm(forms.Form):
    """The kinds that come by mail, and the language of the mails."""

    by_mail = forms.MultipleChoiceField(
        label=gettext_lazy("These come by mail"), required=False, widget=forms.CheckboxSelectMultiple
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of the mails"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, chosen: NoticeSettings, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_mail: Any = self.fields["by_mail"]
        by_mail.choices = [(kind.code, kind.label) for kind in kinds]
        by_mail.initial = [kind.code for kind in kinds if chosen.wants_mail(kind)]
        self.fields["language"].initial = chosen.language or get_language()

    def values(self) -> dict[str, Any]:
        """What was chosen, as `NoticeSettings` stores it: an answer for each kind."""
        ticked = self.cleaned_data["by_mail"]
        return {
            "by_mail": {kind.code: kind.code in ticked for kind in kinds},
            "language": self.cleaned_data["language"],
        }


def notice_settings(request: HttpRequest) -> HttpResponse:
    """GET shows one's own choice, POST stores it. It moves no right and no one else's, so the ledger has no line of it."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    pk = request.user.pk
    chosen = NoticeSettings.objects.filter(pk=pk).first() or NoticeSettings(pk=pk)
    form = NoticeSettingsForm(
        request.POST if request.method == "POST" else None, chosen=chosen, label_suffix=""
    )
    if request.method == "POST" and form.is_valid():
        NoticeSettings.objects.update_or_create(person_id=pk, defaults=form.values())
        messages.info(request, _("Your choice is kept. It counts from the next notice on."))
        return redirect("admin:notice_settings")
    context = {
        **admin.site.each_context(request),
        "title": _("Notices by mail"),
        "crumbs": [
            {"label": _("Notices"), "url": reverse("admin:notices")},
            {"label": _("By mail"), "url": ""},
        ],
        "form": form,
        "email": request.user.email,  # type: ignore[union-attr]  # the admin lets in people alone
        "no_mail": no_mail_reason(request.user),
    }
    return TemplateResponse(
        request, "backoffice/notice_settings.html", context, status=422 if form.is_bound else 200
    )
