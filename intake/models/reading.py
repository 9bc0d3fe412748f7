from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Reading(models.Model):
    """One walk through what a provider shows of one account, by reading calls alone.

    Open while `running`, and an account has at most one open one. Whoever holds the lease reads on; `cursor` and the
    steps that are not done say from where, so that after a crash anybody goes on. The figures are kept for ever.
    """

    class State(models.TextChoices):
        RUNNING = "running", pgettext_lazy("state of a reading", "Running")
        FINISHED = "finished", pgettext_lazy("state of a reading", "Finished")
        FAILED = "failed", pgettext_lazy("state of a reading", "Failed")
        CANCELLED = "cancelled", pgettext_lazy("state of a reading", "Cancelled")

    class Scope(models.TextChoices):
        FULL = "full", _("Everything")
        NEW = "new", _("What is new")

    class End(models.TextChoices):
        """What ended a reading before its time."""

        CREDENTIALS = "credentials", _("The provider refuses the credentials")
        MAINTENANCE = "maintenance", _("The provider is under maintenance")
        NOT_CONNECTED = "not_connected", _("The account is not connected")
        NO_ANSWER = "no_answer", _("The provider gave no clear answer, many times in a row")
        REFUSED = "refused", _("The provider refuses the request")
        BROKEN = "broken", _("An error of our own")
        CANCELLED = "cancelled", _("Somebody cancelled it")

    account = models.ForeignKey(
        "operations.Account", models.PROTECT, related_name="readings", verbose_name=_("account")
    )
    scope = models.CharField(_("what is read"), max_length=10, choices=Scope.choices, default=Scope.FULL)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RUNNING)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    """Nobody, when the schedule started it."""
    started_name = models.CharField(_("started by"), max_length=200, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField(_("started"), db_default=Now())
    ended_at = models.DateTimeField(_("ended"), null=True)
    complete = models.BooleanField(_("complete"), default=False)
    """Whether everything was read but what the reader leaves out of its judgement: only then may something be called missing."""
    end = models.CharField(max_length=20, choices=End.choices, blank=True)
    end_code = models.CharField(max_length=64, blank=True)
    end_message = models.CharField(max_length=500, blank=True)
    problems = models.JSONField(default=list, blank=True)
    """What could not be read, the first ones: call, what, code and message of each."""
    problem_count = models.PositiveIntegerField(default=0)
    cursor = models.JSONField(default=dict, blank=True)
    requests = models.PositiveIntegerField(_("requests"), default=0)
    repeats = models.PositiveIntegerField(default=0)
    """Of the requests, those that were sent again since no clear answer had come."""
    steps_done = models.PositiveIntegerField(default=0)
    steps_ahead = models.PositiveIntegerField(default=0)
    """Requests that are known to be still to make; it grows while more is found."""
    counts = models.JSONField(default=dict, blank=True)
    """By kind of row (a model's label): new, changed, unchanged, back, gone, missing."""
    failures_in_a_row = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    fence = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        default_permissions = ("view",)
        permissions = [("start_reading", _("Can have the providers read"))]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(state="running"), name="one_open_reading_an_account"
            )
        ]
        indexes = [models.Index(fields=["account", "-id"], name="readings_of_account")]

    def __str__(self) -> str:
        return f"L-{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("admin:intake_reading_change", args=[self.pk])

    MOST_PROBLEMS = 20
    """Problems that are kept word for word; the others are counted."""

    def add_problem(
        self, step: str, what: str, *, call: str = "", code: str = "", message: str = "", gap: bool = True
    ) -> None:
        """Something stays unread. A `gap` keeps the reading from being complete, and so from calling anything missing."""
        self.problem_count += 1
        self.cursor["gaps"] = self.cursor.get("gaps", 0) + gap
        if len(self.problems) < self.MOST_PROBLEMS:
            self.problems.append(
                {"step": step, "what": what[:200], "call": call, "code": code, "message": message}
            )

    @property
    def is_open(self) -> bool:
        return self.state == self.State.RUNNING

    def figure(self, kind: str, name: str) -> int:
        """One figure of one kind of row."""
        return int(self.counts.get(kind, {}).get(name, 0))

    def add(self, kind: str, **figures: int) -> None:
        """Add to the figures of one kind of row."""
        mine: dict[str, Any] = self.counts.setdefault(kind, {})
        for name, figure in figures.items():
            mine[name] = mine.get(name, 0) + figure

    def total(self, name: str) -> int:
        """One figure over all kinds of row."""
        return sum(int(figures.get(name, 0)) for figures in self.counts.values())


class ReadingStep(models.Model):
    """One request of an open reading: still to make, or made. They go when the reading is over.

    `key` is what the request asks for, once in a reading, so that nothing is read twice however often it is found.
    """

    reading = models.ForeignKey(Reading, models.CASCADE, related_name="steps")
    name = models.CharField(max_length=20)
    key = models.CharField(max_length=200)
    asks = models.JSONField(default=dict)
    done = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["reading", "name", "key"], name="one_step_of_a_reading")
        ]
        indexes = [
            models.Index(
                fields=["reading", "due_at", "id"], condition=models.Q(done=False), name="steps_to_make"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.key}"
