"""Sealing: committed records get gapless positions in the tree, and checkpoints are signed. One sealer at a time."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from audit import outside
from audit.checkpoint import TIME, SigningKey
from audit.checkpoint import Checkpoint as Statement
from audit.clock import database_now
from audit.keys import NoKey, signing_keys
from audit.merkle import Frontier, leaf_hash
from audit.models import Checkpoint, Leaf, PublicKey, Record, Sealing, Subtree, Unsealed
from audit.tree import STEP

logger = logging.getLogger(__name__)

BATCH = 5_000
LEASE_SECONDS = 60.0
_COUNT_LIMIT = 10_000
_NOTED_AFTER = dt.timedelta(seconds=10)


class SealingError(Exception):
    """What is stored contradicts what was signed; nothing more is sealed until somebody looked."""


@dataclass(frozen=True, slots=True)
class State:
    """How far sealing has come, for the screens. Ages are in seconds by the database's clock, None for nothing."""

    size: int
    """Records in the tree."""
    last_record: int | None
    """The record at the last position."""
    sealed_at: dt.datetime | None
    """When the newest checkpoint was signed."""
    signed_size: int
    unsealed: int
    """Counted no further than 10,001."""
    oldest_unsealed_age: float | None
    checkpoint_age: float | None
    passed_age: float | None
    alarm: str
    """Why somebody should look, as a word of the program: "", "stopped", "behind", "unsigned"."""


def seal(*, sign: bool = False, limit: int | None = None) -> int:
    """Seal what is committed, sign when it is time (or now, with `sign`); returns how many records were sealed.

    Does nothing while another sealer holds the lease. Safe to stop anywhere: each batch is one transaction.
    Raises SealingError when the stored tree is not the one that was signed.
    """
    holder = uuid.uuid4().hex
    if not _take_lease(holder, force=sign):
        return 0
    try:
        sealed = 0
        while count := _seal_batch(holder, min(BATCH, limit - sealed) if limit else BATCH):
            sealed += count
            if limit and sealed >= limit:
                break
        _sign_when_due(holder, now=sign)
    finally:
        Sealing.objects.filter(pk=1, holder=holder).update(holder="", until=None)
    return sealed


def sealing_state() -> State:
    """How far sealing has come, in five cheap queries."""
    now = database_now()
    state = Sealing.objects.filter(pk=1).first() or Sealing()
    last = Leaf.objects.filter(position=state.size - 1).values_list("record_id", flat=True).first()
    waiting = list(
        Unsealed.objects.order_by("record_id").values_list("record_id", flat=True)[: _COUNT_LIMIT + 1]
    )
    oldest = Record.objects.filter(pk=waiting[0]).values_list("at", flat=True).first() if waiting else None
    newest = Checkpoint.objects.order_by("-pk").first()
    state_of = State(
        size=state.size,
        last_record=last,
        sealed_at=newest.at if newest else None,
        signed_size=newest.size if newest else 0,
        unsealed=len(waiting),
        oldest_unsealed_age=_age(now, oldest),
        checkpoint_age=_age(now, newest.at if newest else None),
        passed_age=_age(now, state.passed_at),
        alarm="",
    )
    return _with_alarm(state_of)


def _with_alarm(state: State) -> State:
    return replace(
        state,
        alarm=alarm_of(state.size, state.passed_age, state.oldest_unsealed_age, state.checkpoint_age),
    )


def alarm_of(
    size: int, passed_age: float | None, oldest_unsealed_age: float | None, checkpoint_age: float | None
) -> str:
    """The word of `State.alarm` for these ages."""
    patience, heartbeat = settings.AUDIT["alarm_seconds"], settings.AUDIT["heartbeat_seconds"]
    if passed_age is None or passed_age > patience:
        # Nothing was ever written: nobody has to worry about a sealer that has not started.
        return "stopped" if size or (oldest_unsealed_age or 0) > patience else ""
    if (oldest_unsealed_age or 0) > patience:
        return "behind"
    if size and (checkpoint_age is None or checkpoint_age > heartbeat + patience):
        return "unsigned"
    return ""


def _age(now: dt.datetime, then: dt.datetime | None) -> float | None:
    return None if then is None else (now - then).total_seconds()


def _take_lease(holder: str, *, force: bool) -> bool:
    """Whether there is something to do and this sealer may do it. Idle passes write one row every ten seconds."""
    now = database_now()
    state, _made = Sealing.objects.get_or_create(pk=1)
    idle = not Unsealed.objects.exists() and not _signing_due(state.size, now)
    fresh = state.passed_at is not None and now - state.passed_at < _NOTED_AFTER
    if idle and fresh and not force:
        return False
    free = Q(holder="") | Q(until__lt=now)
    taken = Sealing.objects.filter(free, pk=1).update(
        holder=holder, until=now + dt.timedelta(seconds=LEASE_SECONDS), passed_at=now
    )
    return bool(taken)


@transaction.atomic
def _seal_batch(holder: str, size: int) -> int:
    """One batch, all or nothing: leaves, complete subtrees, the frontier, and the marks that go."""
    state = Sealing.objects.select_for_update().get(pk=1)
    if state.holder != holder:
        return 0
    waiting = list(Unsealed.objects.order_by("record_id").values_list("record_id", flat=True)[:size])
    if not waiting:
        return 0
    texts = _texts(waiting)
    frontier = _checked_frontier(state)
    leaves, subtrees = [], []
    for pk, text in zip(waiting, texts, strict=True):
        digest = leaf_hash(text)
        leaves.append((frontier.size, pk, digest))
        subtrees += [
            Subtree(level=level, index=index, hash=top)
            for level, index, top in frontier.append(digest)
            if level % STEP == 0
        ]
    _store(leaves)
    Subtree.objects.bulk_create(subtrees)
    now = database_now()
    _unmark(waiting)
    Sealing.objects.filter(pk=1).update(
        size=frontier.size,
        frontier=frontier.to_bytes(),
        passed_at=now,
        until=now + dt.timedelta(seconds=LEASE_SECONDS),
    )
    return len(waiting)


def _texts(waiting: list[int]) -> list[bytes]:
    """The canonical texts of these records, in their order. Raises SealingError when one is not there."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT id, canonical FROM audit_record WHERE id = ANY(%s)", [waiting])
        else:
            places = ", ".join(["%s"] * len(waiting))
            cursor.execute(f"SELECT id, canonical FROM audit_record WHERE id IN ({places})", waiting)  # noqa: S608 - places
        texts = dict(cursor.fetchall())
    try:
        return [texts[pk].encode() for pk in waiting]
    except KeyError as error:
        raise SealingError("a record disappeared before it was sealed") from error


def _store(leaves: list[tuple[int, int, bytes]]) -> None:
    """Past the ORM: a model for each leaf would cost more than hashing it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "INSERT INTO audit_leaf (position, record_id, hash)"
                " SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[])",
                [list(column) for column in zip(*leaves, strict=True)],
            )
        else:
            cursor.executemany(
                "INSERT INTO audit_leaf (position, record_id, hash) VALUES (%s, %s, %s)", leaves
            )


def _unmark(waiting: list[int]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DELETE FROM audit_unsealed WHERE record_id = ANY(%s)", [waiting])
        else:
            cursor.executemany("DELETE FROM audit_unsealed WHERE record_id = %s", [(pk,) for pk in waiting])


def _checked_frontier(state: Sealing) -> Frontier:
    """The tree to continue. Raises SealingError when it is not the one of the newest checkpoint."""
    try:
        frontier = Frontier.from_bytes(state.size, bytes(state.frontier))
    except ValueError as error:
        raise SealingError(str(error)) from error
    newest = Checkpoint.objects.order_by("-pk").first()
    if newest is not None and (
        newest.size > frontier.size
        or (newest.size == frontier.size and bytes(newest.root) != frontier.root())
    ):
        raise SealingError("the stored tree is not the one that the newest checkpoint signed")
    return frontier


def _signing_due(size: int, now: dt.datetime) -> bool:
    newest = Checkpoint.objects.order_by("-pk").values_list("at", "size").first()
    if newest is None:
        return size > 0
    at, signed = newest
    wait = settings.AUDIT["sign_seconds"] if signed < size else settings.AUDIT["heartbeat_seconds"]
    return now - at >= dt.timedelta(seconds=wait)


def _sign_when_due(holder: str, *, now: bool) -> None:
    try:
        keys = signing_keys()
    except NoKey as error:
        logger.warning("%s", error)
        return
    with transaction.atomic():
        state = Sealing.objects.select_for_update().get(pk=1)
        if state.holder != holder or not (now or _signing_due(state.size, database_now())):
            return
        before = Checkpoint.objects.order_by("-pk").values_list("at", flat=True).first()
        checkpoint = _sign(_checked_frontier(state), keys)
    # Outside only what is committed: a file line for a tree that was rolled back would look like a truncated log.
    outside.send(checkpoint.note, by_mail=before is None or _hour(before) != _hour(checkpoint.at))


def _hour(moment: dt.datetime) -> int:
    """Whole hours, so that mail goes out once in each at most."""
    return int(moment.timestamp()) // 3600


def _sign(frontier: Frontier, keys: list[SigningKey]) -> Checkpoint:
    now = database_now()
    moment = now.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    statement = Statement(settings.AUDIT["origin"], frontier.size, frontier.root(), (f"{TIME}{moment}",))
    known = set(PublicKey.objects.values_list("line", flat=True))
    lines = [str(key.public) for key in keys]
    PublicKey.objects.bulk_create(PublicKey(line=line) for line in lines if line not in known)
    return Checkpoint.objects.create(
        at=now, size=frontier.size, root=frontier.root(), note=statement.signed_by(keys)
    )
