"""The ledger's table. Rows are written by `audit.services` and never changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit import canonical
from audit.registry import registry

VERSION = 1
"""Of the layout of records that are written now."""

# Records that speak of no single item of a run: of the run as a whole, or of nothing that has to do with runs.
OUTSIDE_ITEMS = models.Q(item_id__isnull=True, attempt_id__isnull=True)
OF_A_RUN = models.Q(run_id__isnull=False)
HAS_TARGET = models.Q(target_id__isnull=False)


class AppendOnlyError(Exception):
    """A bug of ours: something tried to change or drop what the ledger has written."""


class RecordQuerySet(models.QuerySet["Record"]):
    """Reads and appends; refuses every other way of touching rows."""

    def update(self, **kwargs: Any) -> int:
        raise AppendOnlyError("audit records are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("audit records are never deleted")

    def bulk_update(
        self, objs: Iterable[Record], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        raise AppendOnlyError("audit records are never changed")

    def bulk_create(self, objs: Iterable[Record], *args: Any, **kwargs: Any) -> list[Record]:
        if kwargs.get("update_conflicts") or kwargs.get("ignore_conflicts"):
            raise AppendOnlyError("an audit record is written or the action fails")
        records = list(objs)
        for record in records:
            record.make_ready()
        return super().bulk_create(records, *args, **kwargs)


class RecordManager(models.Manager["Record"]):
    """Leaves the canonical text in the database: only sealing and proofs read it."""

    def get_queryset(self) -> RecordQuerySet:
        return RecordQuerySet(self.model, using=self._db).defer("canonical")


class Record(models.Model):
    """One line of the ledger: who did what to which thing, why, and what came of it.

    Everything needed to read it later is copied in as text; nothing points at rows that may change. Only `actor` is a
    foreign key, protected: staff are deactivated, never deleted. Sealing (positions, tree, checkpoints) refers to these
    rows from tables of its own, so a record is complete the moment it is committed.

    `canonical` is what is sealed. Values that may name a person stand beside it with a salt, and in it only as a
    commitment (`canonical.GROUPS`), so that they can be erased. On PostgreSQL a second generated column, `fits`, says
    whether they still make their commitments (migration 0008); only verification reads it.
    """

    at = models.DateTimeField(_("time"), db_default=Now(), editable=False)
    action = models.CharField(_("action"), max_length=100)
    outcome = models.CharField(_("outcome"), max_length=20, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # audit_actor_at begins with it
        db_constraint=False,  # asked for each record it costs more than the rest of the row; a trigger keeps the person
        verbose_name=_("person"),
    )
    actor_name = models.CharField(_("person"), max_length=200)
    via = models.CharField(_("by way of"), max_length=20)
    approver_name = models.CharField(_("approved by"), max_length=200, blank=True)
    target_kind = models.CharField(_("kind of object"), max_length=100, blank=True)
    target_id = models.BigIntegerField(_("object"), null=True, blank=True)
    target_provider_id = models.CharField(_("provider ID"), max_length=600, blank=True)
    target_label = models.CharField(_("object"), max_length=300, blank=True)
    changes = models.JSONField(
        _("before and after"), default=dict, blank=True, encoder=canonical.RecordEncoder
    )
    details = models.JSONField(_("details"), default=dict, blank=True, encoder=canonical.RecordEncoder)
    reason = models.TextField(_("reason"), blank=True)
    run_id = models.BigIntegerField(_("run"), null=True, blank=True)
    item_id = models.BigIntegerField(_("item"), null=True, blank=True)
    attempt_id = models.UUIDField(_("attempt"), null=True, blank=True)
    request_id = models.CharField(_("request"), max_length=40, blank=True)
    provider = models.CharField(_("provider"), max_length=20, blank=True)
    provider_code = models.CharField(_("provider’s code"), max_length=60, blank=True)
    provider_message = models.CharField(_("provider’s answer"), max_length=500, blank=True)
    address = models.CharField(_("address"), max_length=60, blank=True)
    agent = models.CharField(_("browser"), max_length=200, blank=True)
    version = models.PositiveSmallIntegerField(_("layout version"), default=VERSION, editable=False)
    actor_salt = models.CharField(max_length=32, blank=True, editable=False)
    approver_salt = models.CharField(max_length=32, blank=True, editable=False)
    words_salt = models.CharField(max_length=32, blank=True, editable=False)
    actor_seal = models.CharField(max_length=64, blank=True, editable=False)
    approver_seal = models.CharField(max_length=64, blank=True, editable=False)
    words_seal = models.CharField(max_length=64, blank=True, editable=False)
    canonical = canonical.CanonicalField(
        expression=canonical.FormOne(), output_field=models.TextField(), db_persist=True
    )

    objects = RecordManager()

    class Meta:
        verbose_name = _("audit record")
        verbose_name_plural = _("audit log")
        default_permissions = ("view",)
        # Each filter that the log offers has the order of its pages in an index. Ascending, and read backwards: new records
        # then land at the right edge of what is there, where writing is cheapest and pages fill up.
        indexes = [
            models.Index(fields=["at", "id"], name="audit_at"),
            models.Index(fields=["actor", "at", "id"], name="audit_actor_at"),
            models.Index(fields=["action", "at", "id"], name="audit_action_at"),
            models.Index(fields=["outcome", "at", "id"], name="audit_outcome_at"),
            models.Index(fields=["provider", "at", "id"], name="audit_provider_at"),
            models.Index(fields=["target_kind", "at", "id"], name="audit_kind_at"),
            models.Index(
                fields=["target_id", "target_kind", "at", "id"], name="audit_target_at", condition=HAS_TARGET
            ),
            models.Index(fields=["run_id", "at", "id"], name="audit_run_at", condition=OF_A_RUN),
            models.Index(fields=["request_id", "at", "id"], name="audit_request_at"),
            # A run of 10,000 items writes 20,000 records about them: the log's folded view walks over the others alone.
            models.Index(fields=["at", "id"], name="audit_heads_at", condition=OUTSIDE_ITEMS),
            models.Index(fields=["actor", "at", "id"], name="audit_heads_actor_at", condition=OUTSIDE_ITEMS),
            models.Index(fields=["run_id", "id"], name="audit_heads_run", condition=OUTSIDE_ITEMS & OF_A_RUN),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_label}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.make_ready()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("audit records are never deleted")

    def make_ready(self) -> None:
        """Commit to the personal values. Refuses a row that exists already or an action that nobody registered."""
        key: int | None = self.pk
        if key is not None:
            raise AppendOnlyError("audit records are never changed")
        registry.find(self.action)
        self.changes, self.details = canonical.plain(self.changes), canonical.plain(self.details)
        self.actor_salt, self.words_salt = canonical.salt(), canonical.salt()
        self.actor_seal = canonical.commitment("actor", self.__dict__, self.actor_salt)
        self.words_seal = canonical.commitment("words", self.__dict__, self.words_salt)
        if self.approver_name:
            self.approver_salt = canonical.salt()
            self.approver_seal = canonical.commitment("approver", self.__dict__, self.approver_salt)


class Unsealed(models.Model):
    """A committed record that is not in the tree yet. A trigger writes it with the record; the sealer takes it away.

    Identities are given before the commit, so "everything above the last sealed one" would pass over a record whose
    transaction took longer. This row becomes visible together with its record, whenever that is.
    """

    record_id = models.BigIntegerField(primary_key=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.record_id)


class Leaf(models.Model):
    """A sealed record: its gapless position in the tree, counted from 0, and the hash of its canonical text."""

    position = models.BigIntegerField(primary_key=True)
    record_id = models.BigIntegerField(unique=True)
    hash = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.position}: {self.record_id}"


class Subtree(models.Model):
    """The hash of a complete subtree of 256 leaves (level 8), 65,536 (level 16) and so on: a proof reads a few rows."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="audit_subtree_place")]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class Sealing(models.Model):
    """The one row that says how far the tree has come and who may continue it."""

    size = models.BigIntegerField(default=0)
    frontier = models.BinaryField(default=bytes)
    holder = models.CharField(max_length=100, blank=True)
    until = models.DateTimeField(null=True)
    passed_at = models.DateTimeField(null=True)
    """When a sealer last looked, whether or not there was anything to do."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.size)


class Checkpoint(models.Model):
    """A signed statement of the log's size and root, as it was also written outside."""

    at = models.DateTimeField(db_default=Now())
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["size"], name="audit_checkpoint_by_size")]

    def __str__(self) -> str:
        return f"{self.size} at {self.at}"


class Delivery(models.Model):
    """How far checkpoints have come to an address outside, by the numbers of their rows. `place` does not tell the address."""

    place = models.CharField(max_length=64, unique=True)
    delivered = models.BigIntegerField(default=0)
    tried = models.BigIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=100, blank=True)
    """Why the newest attempt failed, as a word of the program; empty when it did not."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.place[:8]}: {self.delivered}"


class PublicKey(models.Model):
    """A key that checkpoints were signed with, in the form `name+hash+base64`. Secrets are never here."""

    line = models.CharField(max_length=200, unique=True)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.line


class Erasure(models.Model):
    """Leave to empty one group of personal values of one record; the triggers ask for it. `by` is the record of it."""

    record_id = models.BigIntegerField()
    group = models.CharField(max_length=20)
    by = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["record_id", "group"], name="audit_erasure_once")]

    def __str__(self) -> str:
        return f"{self.record_id}: {self.group}"


class ErasureRequest(models.Model):
    """Somebody asked that personal values be erased; somebody else answers. Names nobody: the ledger has the words."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        DONE = "done", _("Erased")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    """Whose values go; None when it is about one record."""
    record_id = models.BigIntegerField(null=True)
    up_to = models.BigIntegerField()
    """The newest record when it was asked: what is written later stays."""
    groups = models.JSONField()
    reason = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    records = models.BigIntegerField(null=True)
    """How many groups of values were emptied, once it is done."""

    class Meta:
        default_permissions = ()
        permissions = [("erase_personal", _("Can erase personal values from the audit log"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(person__isnull=True) ^ models.Q(record_id__isnull=True),
                name="audit_erasure_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"E-{self.pk}"
