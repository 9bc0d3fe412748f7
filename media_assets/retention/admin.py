"""The screens of retention rules: the list, a rule's page with what it would touch, its form, and what was announced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from audit.actions import ACCESS_REFUSED
from audit.actors import Actor, person_name
from audit.denials import Denied
from media_assets.models import RetentionProposal, RetentionRule
from media_assets.retention import exports
from media_assets.retention.days import next_night
from media_assets.retention.form import RetentionRuleForm
from media_assets.retention.pages import proposal_page
from media_assets.retention.rules import MAY_CHANGE, change_rule, check_may_change, make_rule, switch_rule
from media_assets.retention.selection import preview, touched_by
from media_assets.retention.words import in_words, notice_words
from operations.clock import database_now
from operations.export_admin import ExportableAdmin
from screens.cells import badge, column, date_cell, size_cell, state_badge, two_lines
from screens.changelist import KeysetChangeList
from screens.figures import number_text

HISTORY = 20
State = RetentionProposal.State


class RuleChangeList(KeysetChangeList):
    """Adds to each rule of the page what it would touch now: one query for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        """Load the page, then the figures."""
        super().get_results(request)
        now = database_now()
        found = touched_by([rule for rule in self.result_list if rule.is_on], now)
        for rule in self.result_list:
            rule.touches = found.get(rule.pk)
            rule.next_at = next_night(now) if rule.is_on else None


class RuleScreens(ExportableAdmin):
    """What the two screens share."""

    def check_may_view(self, request: HttpRequest) -> None:
        """Raise Denied without the right to see this."""
        if not self.has_view_permission(request):
            raise Denied(ACCESS_REFUSED, details={"path": request.path[:200], "method": request.method or ""})

    def find(self, request: HttpRequest, object_id: str) -> Any:
        """The row of this address. Raises Http404 when there is none."""
        self.check_may_view(request)
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404(object_id)
        return row


@admin.register(RetentionRule)
class RetentionRuleAdmin(RuleScreens):
    """Rules: what they say in words, what they would touch tonight, what they proposed last."""

    list_display = ("rule", "would_touch", "next_proposal", "last_proposal", "standing")
    list_display_links = None
    list_select_related = ("course", "account")
    search_fields = ("name",)
    search_placeholder = gettext_lazy("Name of a rule")
    keyset_orderings = {"newest": ("-pk",)}
    export_columns = exports.RULES
    list_icon = "calendar-clock"
    empty_text = gettext_lazy(
        "No retention rule yet. A rule proposes plans by night; it never deletes by itself."
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return RuleChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[RetentionRule]:
        """Rules with the time of their last announcement."""
        rules: QuerySet[RetentionRule] = super().get_queryset(request)
        last = RetentionProposal.objects.filter(rule=OuterRef("pk")).order_by("-announced_at")
        return rules.annotate(last_at=Subquery(last.values("announced_at")[:1]))

    def finish_export(self, rows: Sequence[Any]) -> None:
        """Set what each rule would touch now; nothing for one that is off."""
        found = touched_by([rule for rule in rows if rule.is_on], database_now())
        for rule in rows:
            rule.touched_count, rule.touched_bytes = found.get(rule.pk, (None, None))

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """The sentence that says what rules are, and the button for a new one."""
        new = {
            "label": _("New rule…"),
            "url": reverse("admin:media_assets_retentionrule_new"),
            "icon": "plus",
            "style": "primary",
        }
        coming = {
            "label": _("Coming deletions"),
            "url": reverse("admin:media_assets_retentionproposal_changelist"),
            "icon": "calendar-clock",
        }
        return {
            "title": _("Retention rules"),
            "sentence": _("Each night a rule proposes a plan. A person has to take it over and confirm it."),
            "actions": [coming, *([new] if request.user.has_perm(MAY_CHANGE) else [])],
        }

    @column(gettext_lazy("Rule"), ordering="newest")
    def rule(self, rule: RetentionRule) -> SafeString:
        return two_lines(rule.name, in_words(rule), url=rule.get_absolute_url())

    @column(gettext_lazy("Would touch today"), figure=True)
    def would_touch(self, rule: Any) -> SafeString:
        if rule.touches is None:
            return SafeString("–")
        count, size = rule.touches
        words = ngettext("%(count)s video", "%(count)s videos", count) % {"count": number_text(count)}
        return two_lines(words, size_cell(size) if count else "")

    @column(gettext_lazy("Next night"))
    def next_proposal(self, rule: Any) -> SafeString:
        return date_cell(rule.next_at)

    @column(gettext_lazy("Last announced"))
    def last_proposal(self, rule: Any) -> SafeString:
        return date_cell(rule.last_at)

    @column(gettext_lazy("State"))
    def standing(self, rule: RetentionRule) -> SafeString:
        return _standing(rule)

    def get_urls(self) -> list[URLPattern]:
        """Besides the admin's own: the form of a new rule and of one that exists."""
        view = self.admin_site.admin_view
        own = [
            path("new/", view(self.form_view), name="media_assets_retentionrule_new"),
            path("<str:object_id>/edit/", view(self.form_view), name="media_assets_retentionrule_edit"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A rule in words, what it would touch now, what it did; POST switches it on or off."""
        rule = self.find(request, object_id)
        if request.method == "POST":
            switch_rule(rule, on=request.POST.get("do") == "on", actor=Actor.of(request), user=request.user)
            rule.refresh_from_db()
            messages.info(
                request,
                _("The rule is on. Its first night is the next one.")
                if rule.is_on
                else _("The rule is off. What it announced is withdrawn."),
            )
            return redirect(rule.get_absolute_url())
        now = database_now()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": rule.name,
            "badge": _standing(rule),
            "sentence": in_words(rule),
            "rule": rule,
            "notice": notice_words(rule),
            "owners": [person_name(person) for person in rule.owners.order_by("username")],
            "preview": preview(rule, now),
            "next_at": next_night(now) if rule.is_on else None,
            "proposals": [
                {"proposal": proposal, "badge": proposal_badge(proposal)}
                for proposal in rule.proposals.select_related("run").order_by("-pk")[:HISTORY]
            ],
            "may_change": request.user.has_perm(MAY_CHANGE),
            "crumbs": [self._crumb(), {"label": rule.name, "url": ""}],
        }
        return TemplateResponse(request, "media_assets/retention_rule.html", context)

    def form_view(self, request: HttpRequest, object_id: str = "") -> HttpResponse:
        """The form; its button "Show what it would touch" changes nothing, the other one saves."""
        rule = self.find(request, object_id) if object_id else None
        check_may_change(request.user, rule)
        title = _("Change “%(rule)s”") % {"rule": rule.name} if rule else _("New retention rule")
        asked = request.POST.get("do") == "show"
        if request.method == "POST":
            form = RetentionRuleForm(request.POST, instance=rule, to_save=not asked)
        else:
            form = RetentionRuleForm(instance=rule or RetentionRule(older_than_days=180, notice_days=7))
        shown = None
        if form.is_bound and form.is_valid():
            if not asked:
                return self._save(request, form, is_new=rule is None)
            shown = preview(form.instance, database_now())
        crumbs = [{"label": rule.name, "url": rule.get_absolute_url()}] if rule else []
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": form,
            "preview": shown,
            "sentence": in_words(form.instance) if shown else "",
            "back_url": rule.get_absolute_url() if rule else self._crumb()["url"],
            "crumbs": [self._crumb(), *crumbs, {"label": _("Change") if rule else title, "url": ""}],
        }
        status = 422 if form.is_bound and form.errors else 200
        return TemplateResponse(request, "media_assets/retention_form.html", context, status=status)

    def _save(self, request: HttpRequest, form: RetentionRuleForm, *, is_new: bool) -> HttpResponse:
        owners = form.cleaned_data["owners"]
        rule, actor = form.instance, Actor.of(request)
        if is_new:
            make_rule(rule, owners=owners, actor=actor, user=request.user)
            messages.info(request, _("The rule is made. Its first night is the next one."))
        elif change_rule(rule, owners=owners, actor=actor, user=request.user):
            messages.info(request, _("The rule is changed and the change is recorded."))
        else:
            messages.info(request, _("Nothing was changed."))
        return redirect(rule.get_absolute_url())

    def _crumb(self) -> dict[str, str]:
        return {"label": _("Retention rules"), "url": reverse("admin:media_assets_retentionrule_changelist")}


class ProposalFilters(django_filters.FilterSet):
    """State and rule."""

    state = django_filters.ChoiceFilter(label=gettext_lazy("State"), choices=State.choices)
    rule = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Rule"), queryset=RetentionRule.objects.order_by("name")
    )

    class Meta:
        model = RetentionProposal
        fields: tuple[str, ...] = ()


@admin.register(RetentionProposal)
class RetentionProposalAdmin(RuleScreens):
    """Coming deletions by date: what was announced, when its plan is made, and what became of it."""

    list_display = ("date", "what", "announced", "size", "standing")
    list_display_links = None
    list_select_related = ("rule", "run")
    filterset_class = ProposalFilters
    tabs = (
        (pgettext_lazy("announced deletions", "All"), {}),
        (gettext_lazy("Announced"), {"state": State.ANNOUNCED.value}),
        (pgettext_lazy("retention", "Plan made"), {"state": State.PLANNED.value}),
    )
    keyset_orderings = {"date": ("-due_at", "-pk")}
    export_columns = exports.ANNOUNCED
    list_icon = "calendar-clock"
    empty_text = gettext_lazy("No deletion is announced. Retention rules announce what they will propose.")

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "title": _("Coming deletions"),
            "crumbs": [{"label": _("Coming deletions")}],
            "sentence": _(
                "On its date an announcement becomes a plan. Nothing is deleted before a person confirms that plan."
            ),
        }

    @column(gettext_lazy("Plan on"), ordering="date")
    def date(self, proposal: RetentionProposal) -> SafeString:
        return date_cell(proposal.due_at)

    @column(gettext_lazy("Videos"))
    def what(self, proposal: RetentionProposal) -> SafeString:
        words = ngettext("%(count)s video", "%(count)s videos", proposal.count)
        words %= {"count": number_text(proposal.count)}
        return two_lines(words, proposal.rule.name, url=proposal.get_absolute_url())

    @column(gettext_lazy("Announced"))
    def announced(self, proposal: RetentionProposal) -> SafeString:
        return date_cell(proposal.announced_at)

    @column(gettext_lazy("Size"), figure=True)
    def size(self, proposal: RetentionProposal) -> SafeString:
        return size_cell(proposal.size_bytes)

    @column(gettext_lazy("State"), wide=True)
    def standing(self, proposal: RetentionProposal) -> SafeString:
        return proposal_badge(proposal)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The announced videos; POST keeps what its button names."""
        self.find(request, object_id)
        proposal = RetentionProposal.objects.select_related("rule", "run").get(pk=object_id)
        frame = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "badge": proposal_badge(proposal),
            "crumbs": [
                {
                    "label": _("Coming deletions"),
                    "url": reverse("admin:media_assets_retentionproposal_changelist"),
                },
                {"label": proposal.rule.name, "url": ""},
            ],
        }
        return proposal_page(request, proposal, frame)


def proposal_badge(proposal: RetentionProposal) -> SafeString:
    """Where an announcement stands; one with a plan shows where the plan stands."""
    if proposal.run is not None:
        words = _("%(run)s: %(state)s") % {"run": proposal.run, "state": proposal.run.get_state_display()}
        return state_badge("deletion_run", proposal.run.state, words)
    tones = {
        State.ANNOUNCED: ("blue", "hourglass"),
        State.NOTHING_LEFT: ("green", "check"),
        State.WITHDRAWN: ("grey", "circle-slash"),
    }
    tone, icon_name = tones.get(State(proposal.state), ("grey", "circle-slash"))
    return badge(tone, icon_name, proposal.get_state_display())


def _standing(rule: RetentionRule) -> SafeString:
    if rule.is_on:
        return badge("green", "check", pgettext("retention rule", "On"))
    return badge("grey", "circle-slash", pgettext("retention rule", "Off"))
