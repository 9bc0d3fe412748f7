"""Who asked for a plan and for what, in the reader's language, where what was stored of it allows that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import copy

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import override

from operations.models import Run, Selection
from operations.registry import registry
from operations.selecting import words_of
from screens.filters import SEARCH, ListFilters
from screens.model_admin import ScreenAdmin
from screens.selection_words import MATCHING, MATCHING_EXCEPT, TICKED, selection_words

Words = Callable[[], str]

proposal_words: dict[str, Callable[[Run], Words | None]] = {}
"""How an app says again what its proposals are of, by what `Run.proposed_by` begins with, up to the colon."""


def filter_words(run: Run, request: HttpRequest | None = None) -> str:
    """What was selected, in words.

    Of a retry from its parent. Else as it was written down when the plan was made: said again in the reader's language
    only where the stored filter, in one of our languages, still says exactly that. Without a request what would have to
    be looked up stays as stored, filters, IDs and rules: lists ask for many runs.
    """
    if run.parent_id is not None:
        return _("Retry of R-%(run)s") % {"run": run.parent_id}
    for say in _sayings(run, request):
        for language, _name in settings.LANGUAGES:
            with override(language):
                same = say()[:500] == run.filter_words
            if same:
                return say()
    return run.filter_words


def asked_by(run: Run) -> str:
    """The person who asked, or the rule whose proposal nobody has taken over."""
    if run.is_unsigned and run.proposed_name:
        return _("the rule “%(name)s”") % {"name": run.proposed_name}
    return run.requested_name


def _sayings(run: Run, request: HttpRequest | None) -> Iterator[Words]:
    """Ways to say again what was stored, each of which may turn out to say something else by now."""
    if request is None:
        return iter(()) if run.filter_query or run.proposed_by else _choices(None, run.filter_words)
    proposal = proposal_words.get(run.proposed_by.partition(":")[0])
    if proposal is not None:
        words = proposal(run)
        return iter([words] if words else [])
    selection = Selection.objects.filter(run=run).first()
    if selection is not None:
        return iter([lambda: words_of(selection)])
    return _of_list(run, request)


def _of_list(run: Run, request: HttpRequest) -> Iterator[Words]:
    """The three choices of the bulk bar, with each number that the stored words have."""
    filters = _filters(run, request) if run.filter_query else None
    if filters is not None or not run.filter_query:
        yield from _choices(filters, run.filter_words)


def _choices(filters: ListFilters | None, stored: str) -> Iterator[Words]:
    counts = {int(number.replace(",", "")) for number in re.findall(r"[0-9][0-9,]{0,12}", stored)}
    yield _saying(filters, MATCHING, 0)
    for choice in (TICKED, MATCHING_EXCEPT):
        for count in counts:
            yield _saying(filters, choice, count)


def _saying(filters: ListFilters | None, choice: str, count: int) -> Words:
    def say() -> str:
        words = filters.words(filters.query.get(SEARCH, "")) if filters else ""
        return selection_words(words, choice, count)

    return say


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
