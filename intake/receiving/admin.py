"""The list of messages that ClassIn pushed, and the page of one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import django_filters
from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from audit.actions import ACCESS_REFUSED
from audit.actors import Actor
from audit.denials import Denied
from intake.models import PushMessage
from intake.receiving import exports
from intake.receiving.retry import PERMISSION, can_be_retried, check_may_retry, retry
from intake.receiving.state import refused_lately
from intake.receiving.words import KINDS, STATES, kind_words, reason_words, refused_words
from operations.export_admin import ExportableAdmin
from operations.models import Account
from screens.cells import badge, column, date_cell, notes_cell, two_lines
from screens.changelist import KeysetChangeList
from screens.figures import number_text
from screens.filters import Button

RETRY = "retry"
OTHERS = "others"
ROWS_LINKED = 50

State = PushMessage.State


class MessageFilters(django_filters.FilterSet):
    """State, kind, account."""

    state = django_filters.ChoiceFilter(label=gettext_lazy("State"), choices=State.choices)
    cmd = django_filters.ChoiceFilter(
        label=pgettext_lazy("message", "Kind"),
        choices=[*KINDS.items(), (OTHERS, gettext_lazy("Other kinds"))],
        method="filter_cmd",
    )
    account = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Account"),
        queryset=Account.objects.filter(provider="classin").order_by("name"),
    )

    class Meta:
        model = PushMessage
        fields: tuple[str, ...] = ()

    def filter_cmd(self, rows: QuerySet[PushMessage], _name: str, value: str) -> QuerySet[PushMessage]:
        """One kind, or all that nobody here works off."""
        return rows.exclude(cmd__in=KINDS) if value == OTHERS else rows.filter(cmd=value)


class MessageChangeList(KeysetChangeList):
    """The filter by account has a button only where there are several."""

    @property
    def buttons(self) -> list[Button]:
        covered = {name for _label, conditions in self.model_admin.tabs for name in conditions}
        if len(settings.PROVIDER_ACCOUNTS.get("classin", {})) < 2:
            covered |= {"account"}
        return self.filters.buttons(covered)


@admin.register(PushMessage)
class PushMessageAdmin(ExportableAdmin):
    """Messages by arrival; failed ones can be tried again."""

    list_display = ("message", "about", "received", "standing")
    list_display_links = None
    list_select_related = ("account",)
    search_fields = ("=message_id", "=course_id", "=class_id", "=file_id")
    search_placeholder = gettext_lazy("ID of message, course, lesson or file")
    filterset_class = MessageFilters
    tabs = (
        (pgettext_lazy("messages", "All"), {}),
        (pgettext_lazy("message", "Waiting"), {"state": State.WAITING.value}),
        (pgettext_lazy("message", "Failed"), {"state": State.FAILED.value}),
    )
    keyset_orderings = {"newest": ("-pk",)}
    bulk_actions = ((RETRY, gettext_lazy("Try again"), "refresh-cw"),)
    export_columns = exports.MESSAGES
    list_icon = "inbox"
    empty_text = gettext_lazy(
        "ClassIn has pushed no message yet. The guide for operators says how to have its data subscription switched on."
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return MessageChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[PushMessage]:
        """Without the messages' text, which only the page of one shows."""
        rows: QuerySet[PushMessage] = super().get_queryset(request)
        return rows.defer("body")

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """What the messages are, and whether somebody was turned away."""
        words = [
            _(
                "What ClassIn told us by itself. Each message is kept as it came, but for the key it came with."
            )
        ]
        if refused := refused_lately():
            words.append(refused_words(refused))
        return {
            "title": _("Messages from ClassIn"),
            "sentence": " ".join(words),
            "crumbs": [{"label": _("Messages from ClassIn")}],
        }

    def get_bulk_actions(self, request: HttpRequest) -> Sequence[tuple[str, Any, str]]:
        return self.bulk_actions if request.user.has_perm(PERMISSION) else ()

    def refuse_bulk(self, request: HttpRequest, name: str) -> None:
        """The refusal is kept."""
        if name == RETRY:
            check_may_retry(request.user)

    def handle_bulk(self, request: HttpRequest, name: str, queryset: QuerySet[Any]) -> None:
        """Those of the selection that failed are tried again; the others are left as they are."""
        _tell(request, retry(queryset, actor=Actor.of(request), user=request.user))

    @column(gettext_lazy("Message"), ordering="newest")
    def message(self, row: PushMessage) -> SafeString:
        return two_lines(
            kind_words(row.cmd), row.message_id or row.cmd, url=row.get_absolute_url(), mono=True
        )

    @column(gettext_lazy("About"))
    def about(self, row: PushMessage) -> SafeString:
        named = [
            (_("Lesson %(id)s"), row.class_id),
            (_("Course %(id)s"), row.course_id),
            (_("File %(id)s"), row.file_id),
        ]
        shown = [words % {"id": known} for words, known in named if known]
        return two_lines(shown[0], shown[1] if len(shown) > 1 else "") if shown else SafeString("")

    @column(gettext_lazy("Received"))
    def received(self, row: PushMessage) -> SafeString:
        return date_cell(row.received_at)

    @column(gettext_lazy("State"), wide=True)
    def standing(self, row: PushMessage) -> SafeString:
        return notes_cell([state_badge_of(row)], reason_words(row))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What the message says, what it changed, why it failed; POST tries it again."""
        if not self.has_view_permission(request):
            raise Denied(ACCESS_REFUSED, details={"path": request.path[:200], "method": request.method or ""})
        row = self.get_object(request, object_id)
        if row is None:
            words = _("There is no %(kind)s with the number “%(number)s”.")
            messages.warning(request, words % {"kind": self.opts.verbose_name, "number": object_id[:40]})
            return redirect("admin:intake_pushmessage_changelist")
        if request.method == "POST":
            check_may_retry(request.user)
            if request.POST.get("do") == RETRY:
                one = PushMessage.objects.filter(pk=row.pk)
                _tell(request, retry(one, actor=Actor.of(request), user=request.user))
            return redirect(row.get_absolute_url())
        title = kind_words(row.cmd)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "badge": state_badge_of(row),
            "sentence": row.message_id,
            "message": row,
            "reason": reason_words(row),
            "text": json.dumps(row.body, ensure_ascii=False, indent=2),
            "touched": _touched(row.changed[:ROWS_LINKED]),
            "records_url": self.records_url(str(row.pk)),
            "may_retry": can_be_retried(row) and request.user.has_perm(PERMISSION),
            "crumbs": [
                {
                    "label": _("Messages from ClassIn"),
                    "url": reverse("admin:intake_pushmessage_changelist"),
                },
                {"label": title, "url": ""},
            ],
        }
        return TemplateResponse(request, "intake/message.html", context)


def state_badge_of(row: PushMessage) -> SafeString:
    """Where the message stands."""
    state = STATES[row.state]
    return badge(state.tone, state.icon, state.label)


def _tell(request: HttpRequest, count: int) -> None:
    if not count:
        messages.warning(
            request, _("None of them failed in a way that trying again could help. Nothing was changed.")
        )
        return
    words = ngettext(
        "%(count)s message is worked off again.", "%(count)s messages are worked off again.", count
    )
    messages.success(request, words % {"count": number_text(count)})


def _touched(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that the message spoke of, as they are called now: one query for each kind."""
    how = {"created": _("New"), "changed": _("Changed"), "unchanged": _("As it was")}
    models: dict[str, Any] = {kind: apps.get_model(kind) for kind in {row["kind"] for row in rows}}
    named = {
        kind: model._default_manager.in_bulk([row["id"] for row in rows if row["kind"] == kind])
        for kind, model in models.items()
    }
    return [
        {
            "kind": models[row["kind"]]._meta.verbose_name,
            "label": str(named[row["kind"]].get(row["id"]) or row["provider_id"]),
            "url": _page(row["kind"], row["id"]),
            "how": how.get(row["how"], row["how"]),
        }
        for row in rows
    ]


def _page(kind: str, pk: int) -> str:
    try:
        return reverse(f"admin:{kind.replace('.', '_')}_change", args=[pk])
    except NoReverseMatch:
        return ""
