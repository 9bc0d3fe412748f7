"""The filter of a plan in the reader's language, where what was stored of it allows that."""

from __future__ import annotations

from copy import copy

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import override

from operations.models import Run
from operations.registry import registry
from screens.filters import SEARCH, ListFilters
from screens.model_admin import ScreenAdmin


def filter_words(run: Run, request: HttpRequest | None = None) -> str:
    """What was selected, in words.

    Of a retry from its parent. Else as it was written down when the plan was made: said again in the reader's language
    only where the stored filter, in one of our languages, still says exactly that.
    """
    if run.parent_id is not None:
        return _("Retry of R-%(run)s") % {"run": run.parent_id}
    filters = _filters(run, request) if request is not None and run.filter_query else None
    if filters is None:
        return run.filter_words
    search = filters.query.get(SEARCH, "")
    for language, _name in settings.LANGUAGES:
        with override(language):
            if filters.words(search)[:500] == run.filter_words:
                break
    else:
        return run.filter_words
    return filters.words(search)


def _filters(run: Run, request: HttpRequest) -> ListFilters | None:
    """The list's filters as they were; None where the list is gone or no longer understands them."""
    operation = registry.get(run.operations[0]) if run.operations else None
    if operation is None or not admin.site.is_registered(operation.target):
        return None
    screen = admin.site.get_model_admin(operation.target)
    if not isinstance(screen, ScreenAdmin):
        return None
    asked = copy(request)
    asked.GET = QueryDict(run.filter_query)
    filters = ListFilters(screen.filterset_class, asked, operation.target._default_manager.all())
    return None if filters.problems else filters
