"""What may have happened stays unknown, whatever comes after it."""

from django.db.models import Case, CharField, Value, When

from operations.states import Outcome


def unless_lost(outcome: Outcome) -> Case:
    """For an UPDATE that settles items unsent: this outcome, but unknown where an earlier answer was lost."""
    return Case(
        When(outcome=Outcome.UNKNOWN, then=Value(Outcome.UNKNOWN.value)),
        default=Value(outcome.value),
        output_field=CharField(),
    )
