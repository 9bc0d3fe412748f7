"""Recompute the log and compare it with everything that was signed. Names what is wrong and the first bad record.

One pass in the order of the tree: each record's stored text is hashed here and held against its leaf, and the growing
tree's root against each checkpoint on the way, those of the database and those kept outside.

That the text is made of the columns, and on PostgreSQL that the column `fits` says whether the values make their
commitments, is what the table's definition says, and whether it still says so is looked at. With `columns`, or when the
definition is another one, the database makes each text and each commitment anew and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from itertools import pairwise

from django.db import connection

from audit import canonical, definition, tree
from audit.actions import PERSONAL_ERASED
from audit.checkpoint import Checkpoint as Statement
from audit.checkpoint import NoteError, PublicKey, parse
from audit.merkle import Frontier, leaf_hash
from audit.models import Checkpoint, Leaf, Record, Sealing
from audit.sealed_rows import CHUNK, Part, group_states, misfits_from, one_moment, parts_from

EDITED, REMOVED, INSERTED, REORDERED = "edited", "removed", "inserted", "reordered"
TRUNCATED, REWRITTEN, CHECKPOINT, ERASED = "truncated", "rewritten", "checkpoint", "erased"
FINDINGS_LIMIT = 1_000
_PAIRED_LIMIT = 64

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: `position` counts from 0 and `record` is its identity, None where it is the whole log."""

    kind: str
    text: str
    position: int | None = None
    record: int | None = None


@dataclass(slots=True)
class Report:
    """What a verification saw. `sound` only when nothing at all was found."""

    size: int = 0
    checked: int = 0
    root: bytes = b""
    pending: int = 0
    """Records that are committed and wait for the sealer."""
    erased: int = 0
    """Groups of personal values that were erased with leave."""
    database_checkpoints: int = 0
    outside_checkpoints: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.findings

    @property
    def first(self) -> Finding | None:
        """The finding at the lowest position; those of the whole log come last."""
        return min(
            self.findings, key=lambda found: (found.position is None, found.position or 0), default=None
        )

    def add(self, kind: str, text: str, position: int | None = None, record: int | None = None) -> None:
        if len(self.findings) < FINDINGS_LIMIT:
            self.findings.append(Finding(kind, text, position, record))


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint whose signature held."""

    statement: Statement
    where: str


def verify(
    *,
    keys: Sequence[PublicKey],
    outside: Sequence[str] = (),
    since: str = "",
    columns: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Check the whole log, or what follows the checkpoint note `since`, with these trusted keys.

    `outside` are notes kept outside the database, oldest first. Without them a log whose tail was cut off, or that was written
    anew by somebody who holds the key, cannot be told from an honest one. `columns` compares every text with its columns.
    """
    expected = definition.expected()
    with one_moment():
        report = Report()
        if definition.stored() != expected:
            report.add(EDITED, "the table no longer makes what is sealed from the columns")
            columns = True
        return _verify(report, keys, outside, since, columns, progress)


def _verify(
    report: Report,
    keys: Sequence[PublicKey],
    outside: Sequence[str],
    since: str,
    columns: bool,
    progress: Progress | None,
) -> Report:
    trusted = _trusted(keys, outside)
    signed = [*_in_database(report, trusted), *_outside(report, trusted, outside)]
    frontier = _start(report, trusted, since)
    roots: dict[int, list[Signed]] = {}
    for one in signed:
        roots.setdefault(one.statement.size, []).append(one)
    marked = connection.vendor == "postgresql" and not columns
    misfits = set() if marked else misfits_from(frontier.size, columns=columns)
    _Walk(report, frontier, roots, misfits, progress).run(marked=marked)
    _compare_ends(report, frontier, signed)
    _beside_the_tree(report)
    return report


class _Walk:
    """The pass over leaves and records."""

    def __init__(
        self,
        report: Report,
        frontier: Frontier,
        roots: dict[int, list[Signed]],
        misfits: set[int],
        progress: Progress | None,
    ) -> None:
        self.report = report
        self.frontier = frontier
        self.roots = roots
        self.misfits = misfits
        self.progress = progress
        self.agreed = frontier.size
        self.differing: list[tuple[int, int, bytes, str]] = []
        self.disagreed = False
        self.missing = False

    @cached_property
    def explained(self) -> set[tuple[int, str]]:
        return _explained()

    def run(self, *, marked: bool) -> None:
        """With `marked` the table itself says whose values do not fit."""
        stops = sorted(size for size in self.roots if size > self.frontier.size)
        self._compare_root(self.frontier.size)
        position = self.frontier.size
        with closing(parts_from(position, marked=marked)) as parts:
            for part in parts:
                self.misfits |= part.misfits
                if not self._plain(part, position):
                    self._look_at_rows(part, position)
                hashes = part.hashes
                position = part.positions[-1] + 1
                while stops and stops[0] <= self.frontier.size + len(hashes):
                    stop = stops.pop(0) - self.frontier.size
                    self.frontier.extend(hashes[:stop])
                    hashes = hashes[stop:]
                    self._compare_root(self.frontier.size)
                self.frontier.extend(hashes)
                if self.progress:
                    self.progress(position)
        self.report.size, self.report.root = self.frontier.size, self.frontier.root()
        self.report.checked = position
        self._tell_differing()

    def _plain(self, part: Part, position: int) -> bool:
        """Whether there is nothing to say about these records: the usual case, at the least cost for each."""
        if part.positions != list(range(position, position + len(part.positions))) or None in part.texts:
            return False
        digest = sha256
        hashes = [digest(b"\0" + text).digest() for text in part.texts]  # type: ignore[operator]  # no None, as above
        return hashes == part.hashes and self.misfits.isdisjoint(part.records)

    def _look_at_rows(self, part: Part, position: int) -> None:
        rows = zip(part.positions, part.records, part.hashes, part.texts, strict=True)
        for place, record, stored, text in rows:
            if place != position:
                self._hole(position, place)
            position = place + 1
            if text is None:
                self._add(REMOVED, "the record is gone", place, record)
                continue
            if leaf_hash(text) != stored:
                self.differing.append((place, record, stored, text.decode()))
            if record in self.misfits:
                self._look_closely(place, record)

    def _hole(self, expected: int, found: int) -> None:
        self.missing = True
        self._add(REMOVED, f"positions {expected:,} to {found - 1:,} are gone from the tree", expected, None)

    def _compare_root(self, size: int) -> None:
        """A root is compared only while the leaves before it are complete: after a hole everything would differ."""
        if self.missing or self.disagreed or size not in self.roots:
            return
        root = self.frontier.root()
        if all(one.statement.root == root for one in self.roots[size]):
            self.agreed = size
            return
        self.disagreed = True
        where = next(one.where for one in self.roots[size] if one.statement.root != root)
        first = Leaf.objects.filter(position=self.agreed).values_list("record_id", flat=True).first()
        kind = _why_disagreed(self.agreed, size)
        text = f"positions {self.agreed:,} to {size - 1:,} are not those that the checkpoint {where} signed"
        self._add(kind, text, self.agreed, first)

    def _look_closely(self, place: int, record: int) -> None:
        for group, state in group_states(record).items():
            if group == "text" and not state:
                self._add(EDITED, "the columns do not make the stored text", place, record)
            elif state == 0:
                self._add(
                    EDITED, f"the values of “{group}” are not those that were committed to", place, record
                )
            elif state == 2:
                if (record, group) in self.explained:
                    self.report.erased += 1
                else:
                    self._add(
                        ERASED, f"the values of “{group}” were erased and no record says so", place, record
                    )

    def _tell_differing(self) -> None:
        """Records that do not match their leaf: exchanged with one another, or edited."""
        exchanged = _exchanged(self.differing) if len(self.differing) <= _PAIRED_LIMIT else set()
        for place, record, _stored, _text in self.differing:
            if place in exchanged:
                self._add(REORDERED, "the record changed places with another", place, record)
            else:
                self._add(EDITED, "the record is not the one that was sealed", place, record)

    def _add(self, kind: str, text: str, position: int | None, record: int | None) -> None:
        self.report.add(kind, text, position, record)


def _explained() -> set[tuple[int, str]]:
    """Erasures that sealed records tell of: record and group."""
    told = set()
    for details in (
        Record.objects.filter(action=PERSONAL_ERASED.code).values_list("details", flat=True).iterator()
    ):
        for group in details.get("groups", ()):
            told |= {(record, group) for record in details.get("records", ())}
    return told


def _exchanged(differing: Sequence[tuple[int, int, bytes, str]]) -> set[int]:
    """Positions whose record carries, but for its identity, what another differing position sealed."""
    found = set()
    for place, _record, _stored, text in differing:
        for other, other_record, other_stored, _text in differing:
            if place != other and leaf_hash(_with_identity(text, other_record)) == other_stored:
                found |= {place, other}
    return found


def _with_identity(text: str, record: int) -> bytes:
    size, _colon, rest = text[len(canonical.HEAD) :].partition(":")
    behind = rest[int(size) + 1 :] if size.isdigit() else rest
    return f"{canonical.HEAD}{len(str(record))}:{record},{behind}".encode()


def _why_disagreed(agreed: int, size: int) -> str:
    """Reordered when the tree holds the identities of that stretch in another order than they were given in."""
    rows = Leaf.objects.filter(position__gte=agreed, position__lt=size).order_by("position")
    ids = list(rows.values_list("record_id", flat=True)[: tree.STEP * 10_000])
    falls = sum(1 for before, after in pairwise(ids) if before > after)
    return REORDERED if falls and falls <= 2 else REWRITTEN  # one exchange makes at most two falls


def _trusted(keys: Sequence[PublicKey], outside: Sequence[str]) -> list[PublicKey]:
    """These keys, and older ones that signed a checkpoint together with one of them."""
    trusted = list(keys)
    from audit.models import PublicKey as Stored  # noqa: PLC0415 - two classes of one name

    candidates = []
    for line in Stored.objects.values_list("line", flat=True):
        try:
            candidates.append(PublicKey.parse(line))
        except NoteError:
            continue
    notes = [
        *Checkpoint.objects.filter(note__contains="\n\N{EM DASH} ")
        .order_by("-pk")
        .values_list("note", flat=True)
    ]
    doubles = [note for note in [*notes, *reversed(outside)] if note.count("\n\N{EM DASH} ") > 1]
    for text in doubles:
        try:
            note = parse(text)
        except NoteError:
            continue
        if note.signers(trusted):
            trusted += [key for key in note.signers([*trusted, *candidates]) if key not in trusted]
    return trusted


def _in_database(report: Report, trusted: Sequence[PublicKey]) -> Iterator[Signed]:
    rows = Checkpoint.objects.order_by("pk").values_list("pk", "size", "root", "note")
    time, size = "", 0
    for pk, stored_size, root, text in rows.iterator(chunk_size=CHUNK):
        where = f"{pk:,} of the database"
        signed = _checked(report, trusted, text, where)
        if signed is None:
            continue
        report.database_checkpoints += 1
        statement = signed.statement
        if (statement.size, statement.root) != (stored_size, bytes(root)):
            report.add(CHECKPOINT, f"the columns of checkpoint {where} are not what it signed")
        if statement.time < time or statement.size < size:
            report.add(CHECKPOINT, f"checkpoint {where} goes back behind the one before it")
        time, size = statement.time, statement.size
        yield signed


def _outside(report: Report, trusted: Sequence[PublicKey], notes: Sequence[str]) -> Iterator[Signed]:
    for number, text in enumerate(notes, start=1):
        signed = _checked(report, trusted, text, f"{number:,} outside")
        if signed is not None:
            report.outside_checkpoints += 1
            yield signed


def _checked(report: Report, trusted: Sequence[PublicKey], text: str, where: str) -> Signed | None:
    try:
        note = parse(text)
    except NoteError as error:
        report.add(CHECKPOINT, f"checkpoint {where} is malformed: {error}")
        return None
    if not note.signers(trusted):
        report.add(CHECKPOINT, f"checkpoint {where} is not signed by a trusted key")
        return None
    return Signed(note.checkpoint, where)


def _start(report: Report, trusted: Sequence[PublicKey], since: str) -> Frontier:
    """Where the pass begins: at nothing, or at the stored tree of a trusted checkpoint when its root is the signed one."""
    signed = _checked(report, trusted, since, "to start from") if since else None
    if signed is None:
        return Frontier()
    size, node = signed.statement.size, tree.stored_node()
    peaks, place = [], 0
    try:
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                peaks.append(node(level, place >> level))
                place += 1 << level
    except LookupError as error:
        report.add(TRUNCATED, f"the tree does not reach the checkpoint to start from: {error}")
        return Frontier()
    frontier = Frontier(size, peaks)
    if frontier.root() != signed.statement.root:
        report.add(REWRITTEN, "the tree up to the checkpoint to start from is not the one that was signed")
        return Frontier()
    return frontier


def _compare_ends(report: Report, frontier: Frontier, signed: Sequence[Signed]) -> None:
    """What only the end of the log can tell: a tail that is gone, one that was added, no signature at all."""
    longest = max(signed, key=lambda one: one.statement.size, default=None)
    if longest is not None and longest.statement.size > frontier.size:
        text = f"{longest.statement.size:,} records were signed by checkpoint {longest.where}, {frontier.size:,} are left"
        report.add(TRUNCATED, text, frontier.size)
    if longest is None and frontier.size:
        report.add(CHECKPOINT, "nothing that a trusted key signed speaks of this log")
    state = Sealing.objects.filter(pk=1).first() or Sealing()
    if state.size < frontier.size:
        last = Leaf.objects.filter(position=state.size).values_list("record_id", flat=True).first()
        report.add(INSERTED, f"the sealer came to {state.size:,} records only", state.size, last)
    elif state.size > frontier.size:
        report.add(TRUNCATED, f"the sealer had come to {state.size:,} records", frontier.size)
    elif not report.findings and bytes(state.frontier) != frontier.to_bytes():
        report.add(REWRITTEN, "the sealer’s own tree is another one")


def _beside_the_tree(report: Report) -> None:
    """Records without a place in the tree: those that wait for the sealer, and those that nobody wrote the lawful way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id FROM audit_record r"
            " WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.record_id = r.id)"
            " AND NOT EXISTS (SELECT 1 FROM audit_unsealed u WHERE u.record_id = r.id) ORDER BY r.id LIMIT %s",
            [FINDINGS_LIMIT],
        )
        for (record,) in cursor.fetchall():
            report.add(INSERTED, "the record came into the table without passing the sealer", None, record)
        cursor.execute(
            "SELECT u.record_id FROM audit_unsealed u LEFT JOIN audit_record r ON r.id = u.record_id"
            " WHERE r.id IS NULL ORDER BY u.record_id LIMIT %s",
            [FINDINGS_LIMIT],
        )
        for (record,) in cursor.fetchall():
            report.add(REMOVED, "the record is gone before it was sealed", None, record)
        cursor.execute("SELECT COUNT(*) FROM audit_unsealed")
        report.pending = cursor.fetchone()[0]
