"""A list screen over Django's users, in an admin site of its own: the shared list without any of our models."""

from __future__ import annotations

from typing import Any

import django_filters
from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import RequestContext, Template
from django.urls import path
from django.utils import timezone

from screens.cells import column, date_cell, two_lines
from screens.filters import SizeRangeFilter
from screens.model_admin import ScreenAdmin

User = get_user_model()


class PeopleFilters(django_filters.FilterSet):
    is_staff = django_filters.BooleanFilter(label="Staff")
    group = django_filters.ModelChoiceFilter(field_name="groups", queryset=Group.objects.all(), label="Role")
    joined = django_filters.DateFromToRangeFilter(field_name="date_joined", label="Joined")
    size = SizeRangeFilter(field_name="id", label="Size")

    class Meta:
        model = User
        fields: list[str] = []


class PeopleScreen(ScreenAdmin):
    filterset_class = PeopleFilters
    tabs = (("All", {}), ("Staff", {"is_staff": "true"}))
    keyset_orderings = {
        "joined": ("-date_joined", "-pk"),
        "login": ("-last_login", "-pk"),
        "name": ("username",),
    }
    bulk_actions = (("greet", "Greet…", "send"),)
    list_display = ("person", "joined")
    search_fields = ("username", "first_name")
    list_per_page = 5
    seen: list[tuple[str, set[int]]] = []
    asked = 0

    @column("Person", ordering="name")
    def person(self, user: User) -> str:
        return two_lines(user.username, user.pk, mono=True)

    @column("Joined", ordering="joined", figure=True)
    def joined(self, user: User) -> str:
        return date_cell(user.date_joined)

    def handle_bulk(self, request: HttpRequest, name: str, queryset: QuerySet[User]) -> HttpResponse | None:
        self.seen.append((name, set(queryset.values_list("pk", flat=True))))
        messages.success(request, f"Greeted {queryset.count()}: {self.describe_filters(request)}")
        return None


class CourseForm(forms.Form):
    """An edit form with a counter and two choices."""

    name = forms.CharField(label="Course name", required=False)
    stays = forms.ChoiceField(
        label="Former teacher", choices=[("1", "Stays"), ("0", "Leaves")], widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"name": "Autumn", "stays": "1"}, **kwargs)
        self.fields["name"].counter_limit = 10  # type: ignore[attr-defined]  # what the template reads

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_id = "edit"
        helper.attrs = {"data-warn-unsaved": ""}
        return helper


PAGE = """{% extends "admin/base_site.html" %}{% load crispy_forms_tags %}{% block content %}BODY{% endblock %}"""
FORM = '{% crispy form %}{% include "screens/your_changes.html" with form_id="edit" %}'
RUN = """<div data-progress data-url="/fragment/" data-interval="100">
<p role="status" data-progress-status></p><div data-progress-part>not asked yet</div></div>"""


def form_page(request: HttpRequest) -> HttpResponse:
    template = Template(PAGE.replace("BODY", FORM))
    return HttpResponse(template.render(RequestContext(request, {"form": CourseForm(request.POST or None)})))


def run_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Template(PAGE.replace("BODY", RUN)).render(RequestContext(request)))


def fragment(request: HttpRequest) -> HttpResponse:
    """What a run's progress answers: further with each question, over at the third."""
    PeopleScreen.asked += 1
    done = min(PeopleScreen.asked, 3)
    facts = {
        "done": done,
        "total": 3,
        "percent": done * 33,
        "counts": {"done": done},
        "as_of": timezone.now(),
    }
    context = {**facts, "status": f"{done} of 3 done", "is_final": done == 3, "reload_url": "/run/"}
    return render(request, "screens/progress.html", context)


site = AdminSite(name="admin")
site.register(User, PeopleScreen)
urlpatterns = [
    path("admin/", site.urls),
    path("form/", form_page),
    path("run/", run_page),
    path("fragment/", fragment),
]
