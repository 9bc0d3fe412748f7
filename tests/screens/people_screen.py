"""A list screen over Django's users, in an admin site of its own: the shared list without any of our models."""

from __future__ import annotations

import django_filters
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path

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


site = AdminSite(name="admin")
site.register(User, PeopleScreen)
urlpatterns = [path("admin/", site.urls)]
