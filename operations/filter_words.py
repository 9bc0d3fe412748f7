"""The filter of a plan in the reader's language, from what was stored of it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from operations.models import Run


def filter_words(run: Run) -> str:
    """What was selected, in words: of a retry from its parent, else as it was written down when the plan was made."""
    if run.parent_id is not None:
        return _("Retry of R-%(run)s") % {"run": run.parent_id}
    return run.filter_words
