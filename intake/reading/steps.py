"""The steps of a reading: added once each, done once each."""

from __future__ import annotations

from collections.abc import Iterable

from intake.models import Reading, ReadingStep
from intake.reading.readers import Step


def add_steps(reading: Reading, steps: Iterable[Step]) -> None:
    """Add the steps that the reading does not have yet, whether they are made or still to make."""
    ReadingStep.objects.bulk_create(
        [ReadingStep(reading=reading, name=s.name, key=s.key, asks=dict(s.asks)) for s in steps],
        batch_size=500,
        ignore_conflicts=True,
    )


def steps_done(steps: Iterable[ReadingStep]) -> int:
    """Mark steps as made; returns how many."""
    return ReadingStep.objects.filter(pk__in=[step.pk for step in steps]).update(done=True)
