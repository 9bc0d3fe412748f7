"""Filters of the run list."""

import django_filters
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from operations.models import Run
from operations.states import RunState


class RunFilters(django_filters.FilterSet):
    """State, person and date of a plan or run."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=RunState.choices)
    requested_by = django_filters.ModelChoiceFilter(
        label=_("Asked by"),
        queryset=get_user_model()._default_manager.filter(is_staff=True).order_by("username"),
    )
    created_at = django_filters.DateFromToRangeFilter(label=_("Made"))

    class Meta:
        model = Run
        fields = ["state", "requested_by", "created_at"]
