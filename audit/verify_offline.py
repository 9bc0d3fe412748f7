"""Checks an export of an audit log, or the receipt of a deletion, without the log, its makers or a network.

    python verify.py receipt-R-12.json
    python verify.py audit-export.jsonl --key "name+hash+base64" --checkpoints checkpoints.txt

Needs Python 3.9 or newer and nothing else. Shares no code with the program that wrote the file. Ends with 0 only if
everything holds, with 1 at the first thing that does not, with 2 when the file or an argument cannot be read, and with 3
when nothing is wrong but some records were not sealed yet, so that nothing proves them.

What is checked, in this order: the checkpoint's signature; of each record that its columns are what its sealed text
says, that personal values fit the commitments in that text, and that the text is in the tree of the checkpoint (RFC 9162);
of a receipt that the checksum of the list fits the items and the sealed confirmation; at last the signature over every
byte of the file. No byte may change: spaces between the parts of the JSON are signed as well.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import datetime as dt
import json
import locale
import os
import re
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256, sha512
from typing import Any, NamedTuple, NoReturn

EXPORT, RECEIPT = "back-office-audit-export", "back-office-receipt"
EXPORT_KIND, RECEIPT_KIND = "back-office-audit-export/1", "back-office-receipt/2"
HOLDS, WRONG, UNREADABLE, UNPROVEN = 0, 1, 2, 3

TEXTS = {
    "file": ("File", "文件"),
    "log": ("Log", "日志"),
    "key": ("Key", "公钥"),
    "key_given": ("given by you", "由您指定"),
    "key_first": (
        "named by the file itself. Ask the school for its key and compare, or repeat with --key",
        "由文件自身提供。请向学校索取公钥核对，或用 --key 重新检查",
    ),
    "checkpoint": ("Checkpoint", "检查点"),
    "checkpoint_line": ("{size:,} records, signed {time}", "{size:,} 条记录，签署于 {time}"),
    "none": ("none yet", "尚无"),
    "filter": ("Filter", "筛选"),
    "whole": (
        "none: every record of positions {first:,} to {last:,}",
        "无：位置 {first:,} 至 {last:,} 的全部记录",
    ),
    "chosen": (
        "{query} (what it left out is not in this file, and nothing proves that it left out rightly)",
        "{query}（被筛掉的记录不在此文件中，本文件也不能证明筛选无误）",
    ),
    "records": ("Records", "记录"),
    "records_line": ("{count:,}, each as it was sealed", "{count:,} 条，均与封存时一致"),
    "empty": ("none", "无"),
    "erased": ("Erased", "已抹除"),
    "erased_line": (
        "{count:,} groups of personal values; their records are proven all the same",
        "{count:,} 组个人信息；相应记录仍得到证明",
    ),
    "withheld": ("Names", "姓名"),
    "withheld_line": (
        "of {count:,} records are vouched for by the file’s signature alone: addresses and browsers stay in the log",
        "{count:,} 条记录的姓名仅由文件签名担保：地址和浏览器信息留在日志中",
    ),
    "waiting": ("Not sealed", "未封存"),
    "waiting_export": (
        "{count} records were not sealed yet when the file was made; they are not in it",
        "生成文件时有 {count} 条记录尚未封存，不在此文件中",
    ),
    "waiting_receipt": (
        "{count:,} records were not sealed yet when the file was made. Download the receipt again",
        "生成文件时有 {count:,} 条记录尚未封存。请重新下载回执",
    ),
    "list": ("List", "清单"),
    "list_line": ("{count:,} items, checksum {digest}", "{count:,} 项，校验值 {digest}"),
    "list_sealed": ("as sealed at the confirmation", "与确认时封存的一致"),
    "list_unsealed": ("no sealed record tells it", "没有已封存的记录载明"),
    "outside": ("Outside", "外部检查点"),
    "outside_line": (
        "{compared:,} of {all:,} checkpoints of your own file compared; the others end where this file has no record",
        "已与您文件中 {all:,} 个检查点里的 {compared:,} 个核对；其余检查点的末尾不在此文件内",
    ),
    "holds": ("EVERYTHING HOLDS.", "全部属实。"),
    "unproven": ("NOTHING IS WRONG, BUT NOT EVERYTHING IS PROVEN YET.", "未发现问题，但尚有记录未得到证明。"),
    "wrong": ("DOES NOT HOLD: {what}", "不属实：{what}"),
    "unreadable": ("Cannot be read: {what}", "无法读取：{what}"),
    "at_position": (" (position {position:,})", "（位置 {position:,}）"),
    "at_record": (" (record {record})", "（记录 {record}）"),
    "unknown_format": (
        "this is neither an export nor a receipt of a version that this program knows",
        "这不是本程序所识别版本的导出文件或回执",
    ),
    "bad_key": ("a key is not a line of the form name+hash+base64", "公钥应为“名称+哈希+base64”形式的一行"),
    "malformed": ("the file is not built as it must be", "文件结构不正确"),
    "no_keys": ("the file names no key", "文件中没有公钥"),
    "bad_checkpoint": ("the checkpoint is malformed", "检查点格式不正确"),
    "checkpoint_unsigned": (
        "the checkpoint is not signed by a trusted key",
        "检查点没有受信任公钥的签名",
    ),
    "other_origin": ("the checkpoint is of another log", "检查点属于另一份日志"),
    "order": ("records and gaps do not follow one another", "记录与间隔不连续"),
    "range": ("the range does not fit what the file holds", "范围与文件内容不符"),
    "text": ("the sealed text is malformed", "封存文本格式不正确"),
    "fields": ("what is shown of the record is not what its sealed text says", "所示内容与封存文本不符"),
    "personal": (
        "the values of “{group}” are not those that were committed to",
        "“{group}”的内容与封存时承诺的不符",
    ),
    "inclusion": ("the record is not in the tree that was signed", "该记录不在已签署的树中"),
    "root": ("the records do not make the tree that was signed", "这些记录不能构成已签署的树"),
    "outside_differs": (
        "a checkpoint of your own file signed another tree of {size:,} records",
        "您文件中的一个检查点签署了另一棵含 {size:,} 条记录的树",
    ),
    "columns": ("the column “{name}” is not what was sealed", "“{name}”一栏与封存的不符"),
    "checksum": ("the list is not the one that its checksum is over", "清单与其校验值不符"),
    "checksum_sealed": (
        "the checksum of the list is not the one that was sealed at the confirmation",
        "清单校验值与确认时封存的不符",
    ),
    "totals": ("the totals do not fit the items", "合计与明细不符"),
    "unsigned": ("the file is not signed to its end", "文件末尾没有签名"),
    "signature": ("the file is not signed by a trusted key", "文件没有受信任公钥的签名"),
    "manifest": (
        "what the signature speaks of is not what the file says of itself",
        "签名所述与文件自述不符",
    ),
    "digest": ("the file was changed after it was signed", "文件在签名后被改动"),
}


class Wrong(Exception):
    """The first thing that does not hold: a key of TEXTS and what its text needs."""

    def __init__(self, what: str, **facts: Any) -> None:
        super().__init__(what)
        self.what = what
        self.facts = facts


# Ed25519 (RFC 8032), verification alone.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
_ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature is one over the message by this key. Numbers that are not in their one form are refused."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key = _decompressed(public)
    s = int.from_bytes(signature[32:], "little")
    if key is None or s >= L:
        return False
    k = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % L
    x, y, z, t = key
    return _compressed(_sum(_times(s, _BASE), _times(k, (P - x, y, z, P - t)))) == signature[:32]


def _sum(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    left, down, up, right = f - e, h - g, h + g, f + e
    return left * down % P, up * right % P, down * up % P, left * right % P


def _times(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _sum(result, point)
        point = _sum(point, point)
        scalar >>= 1
    return result


def _compressed(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decompressed(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * _ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _base_point() -> Point:
    point = _decompressed((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    if point is None:
        raise AssertionError("the base point is on the curve")
    return point


_BASE = _base_point()


# Keys and notes (C2SP signed-note and tlog-checkpoint)


class Key(NamedTuple):
    """A public key and the line that it was read from."""

    name: str
    raw: bytes
    hash: bytes
    line: str


class Checkpoint(NamedTuple):
    """What a signed checkpoint says."""

    origin: str
    size: int
    root: bytes
    time: str


_KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)")
_SIGNATURE = re.compile("\N{EM DASH} ([^\\s+]+) ([A-Za-z0-9+/]+=*)")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


def unbase64(text: Any) -> bytes | None:
    """The bytes, or None for what is not the one way of writing them."""
    if not isinstance(text, str):
        return None
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode("ascii") == text else None


def parse_key(line: Any) -> Key:
    """The key of a line `name+hash+base64`. Raises Wrong."""
    found = _KEY.fullmatch(line.strip()) if isinstance(line, str) else None
    raw = unbase64(found.group(3)) if found else None
    if not found or raw is None or len(raw) != 33 or raw[:1] != b"\x01":
        raise Wrong("bad_key")
    digest = sha256(found.group(1).encode() + b"\n" + raw).digest()[:4]
    if digest.hex() != found.group(2):
        raise Wrong("bad_key")
    return Key(found.group(1), raw[1:], digest, line.strip())


def signed_text(note: Any, trusted: Sequence[Key], *, otherwise: str) -> str:
    """The text of a note that a trusted key signed. Raises Wrong(otherwise) when none did, or when one is false."""
    head, gap, tail = note.rpartition("\n\n") if isinstance(note, str) else ("", "", "")
    if not gap or not tail.endswith("\n"):
        raise Wrong(otherwise)
    text, signers = f"{head}\n", 0
    for line in tail[:-1].split("\n"):
        found = _SIGNATURE.fullmatch(line)
        blob = unbase64(found.group(2)) if found else None
        if not found or blob is None or len(blob) != 68:
            raise Wrong(otherwise)
        for key in trusted:
            if (key.name, key.hash) == (found.group(1), blob[:4]):
                if not verify_ed25519(key.raw, blob[4:], text.encode()):
                    raise Wrong(otherwise)
                signers += 1
    if not signers:
        raise Wrong(otherwise)
    return text


def parse_checkpoint(note: Any, trusted: Sequence[Key]) -> Checkpoint:
    """What a checkpoint says, once a trusted key is seen to have signed it. Raises Wrong."""
    lines = signed_text(note, trusted, otherwise="checkpoint_unsigned").split("\n")[:-1]
    root = unbase64(lines[2]) if len(lines) > 2 else None
    if root is None or len(root) != 32 or not lines[0] or not _NUMBER.fullmatch(lines[1]):
        raise Wrong("bad_checkpoint")
    time = next((line[5:] for line in lines[3:] if line.startswith("time ")), "")
    return Checkpoint(lines[0], int(lines[1]), root, time)


def notes_of(text: str) -> Iterator[str]:
    """The notes of a file that holds one behind the other, each with an empty line behind it."""
    lines: list[str] = []
    signed = False
    for line in text.splitlines(keepends=True):
        if signed and line == "\n":
            yield "".join(lines)
            lines, signed = [], False
            continue
        signed = line.startswith("\N{EM DASH} ")
        lines.append(line)
    if lines:
        yield "".join(lines)


# The tree (RFC 9162)


def leaf_hash(text: str) -> bytes:
    """The hash of a sealed text."""
    return sha256(b"\0" + text.encode()).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two neighbouring subtrees."""
    return sha256(b"\1" + left + right).digest()


class Growing:
    """A tree that is put together from left to right out of leaves and complete subtrees."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, top: bytes, level: int = 0) -> None:
        """Put a subtree of 2 ** level leaves behind what is there; it has to fit in there."""
        size = self.size
        self.size += 1 << level
        while size >> level & 1:
            top = node_hash(self._peaks.pop(), top)
            level += 1
        self._peaks.append(top)

    def root(self) -> bytes:
        if not self._peaks:
            return sha256(b"").digest()
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def covering(start: int, end: int) -> Iterator[int]:
    """The levels of the fewest complete subtrees that make up a stretch of leaves, from left to right."""
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield level
        start += 1 << level


def includes(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from the leaf at `index` to the root of `size` leaves (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    last, found = size - 1, leaf
    for part in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            found = node_hash(part, found)
            while index and not index & 1:
                index >>= 1
                last >>= 1
        else:
            found = node_hash(found, part)
        index >>= 1
        last >>= 1
    return last == 0 and found == root


# A record: form 1 of the sealed text, and the values beside it. This section is the only one that knows the form.

HEAD = b"audit-record/1\n"
FIELDS = (
    "id", "at", "action", "outcome", "actor_id", "via", "target_kind", "target_id", "target_provider_id",
    "run_id", "item_id", "attempt_id", "request_id", "provider", "provider_code", "version",
    "actor_seal", "approver_seal", "words_seal",
)  # fmt: skip
GROUPS = {
    "actor": ("actor_name", "address", "agent"),
    "approver": ("approver_name",),
    "words": ("target_label", "reason", "provider_message", "changes", "details"),
}
JSON_COLUMNS = ("changes", "details")
_LENGTH = re.compile(rb"(-)|(0|[1-9][0-9]{0,9}):")


def parse_text(text: Any) -> dict[str, str | None]:
    """The columns out of a sealed text. Raises Wrong."""
    if not isinstance(text, str) or not text.startswith(HEAD.decode()):
        raise Wrong("text")
    data = text.encode()
    place = len(HEAD)
    found: list[str | None] = []
    while place < len(data):
        size = _LENGTH.match(data, place)
        if size is None:
            raise Wrong("text")
        end = size.end() + int(size.group(2) or 0)
        if data[end : end + 1] != b",":
            raise Wrong("text")
        found.append(None if size.group(1) else data[size.end() : end].decode())
        place = end + 1
    if len(found) != len(FIELDS):
        raise Wrong("text")
    return dict(zip(FIELDS, found))


def commitment(group: str, given: dict[str, Any]) -> str:
    """SHA-256 over the salt and the values of a group. Raises Wrong."""
    parts = [given["salt"]]
    for name in GROUPS[group]:
        value = given[name]
        if name in JSON_COLUMNS:
            parts.append(f"{json.dumps(value, ensure_ascii=False) if value else '{}'},")
        elif isinstance(value, str):
            parts.append(f"{len(value.encode())}:{value},")
        else:
            raise Wrong("personal", group=group)
    return sha256("".join(parts).encode()).hexdigest()


class Seen:
    """What is told at the end."""

    def __init__(self) -> None:
        self.records = self.erased = self.withheld = self.waiting = 0
        self.lines: list[tuple[str, str]] = []


def check_record(told: dict[str, Any], seen: Seen) -> dict[str, str | None]:
    """Hold what is shown of a record against its sealed text; returns the columns of that. Raises Wrong."""
    columns = parse_text(told.get("canonical"))
    if told.get("fields") != {name: value for name, value in columns.items() if value}:
        raise Wrong("fields")
    personal = told.get("personal")
    if not isinstance(personal, dict) or set(personal) != set(GROUPS):
        raise Wrong("malformed")
    for group, given in personal.items():
        seal = columns[f"{group}_seal"]
        if given == "erased" and seal:
            seen.erased += 1
        elif given == "withheld" and seal:
            seen.withheld += 1
        elif isinstance(given, dict) and seal:
            if set(given) != {"salt", *GROUPS[group]} or not isinstance(given["salt"], str):
                raise Wrong("malformed")
            if commitment(group, given) != seal:
                raise Wrong("personal", group=group)
        elif given is not None or seal:
            raise Wrong("personal", group=group)
    seen.records += 1
    return columns


# Files


class Walk:
    """The lines of an export behind its head: what they put together, and which records came by."""

    def __init__(self, first: bytes, roots: dict[int, list[bytes]], seen: Seen) -> None:
        self.digest, self.length = sha256(first), len(first)
        self.tree, self.compared = Growing(), 0
        self.low: int | None = None
        self.high = -1
        self._roots, self._seen = roots, seen

    def run(self, lines: Iterator[bytes]) -> bytes:
        """Take every line but the last one, which is returned: it is the signature. Raises Wrong."""
        last = next(lines, b"")
        for line in lines:
            self.digest.update(last)
            self.length += len(last)
            position = self.tree.size
            try:
                self._take(_object(last))
            except Wrong as wrong:
                wrong.facts.setdefault("position", position)
                raise
            last = line
        return last

    def _take(self, told: dict[str, Any]) -> None:
        tree = self.tree
        if "gap" in told:
            _add_gap(tree, told)
        elif told.get("position") != tree.size or set(told) != {
            "position",
            "canonical",
            "fields",
            "personal",
        }:
            raise Wrong("order")
        else:
            check_record(told, self._seen)
            self.low = tree.size if self.low is None else self.low
            self.high = tree.size
            tree.add(leaf_hash(told["canonical"]))
        if tree.size in self._roots:
            self.compared += 1
            if any(root != tree.root() for root in self._roots[tree.size]):
                raise Wrong("outside_differs", size=tree.size)


def check_export(lines: Iterator[bytes], keys: Sequence[Key], outside: Sequence[str], seen: Seen) -> None:
    """Everything about an export, line by line: a file of any length needs no more memory than a line. Raises Wrong."""
    first = next(lines, b"")
    head = _object(first)
    if head.get("version") != 1:
        raise Wrong("unknown_format")
    trusted = _trusted(head.get("keys"), keys, seen)
    checkpoint = parse_checkpoint(head.get("checkpoint"), trusted)
    _tell_checkpoint(checkpoint, head.get("origin"), seen)
    roots = _roots(outside, trusted)
    walk = Walk(first, roots, seen)
    last = walk.run(lines)
    if walk.tree.size != checkpoint.size or walk.tree.root() != checkpoint.root:
        raise Wrong("root")
    _check_range(head, checkpoint.size, walk, seen)
    if not last.endswith(b"\n"):
        raise Wrong("unsigned")
    manifest = _manifest(_note(last[:-1], b'{"signed": '), EXPORT_KIND, trusted)
    signed = {"bytes": walk.length, "sha256": walk.digest.hexdigest()}
    _check_manifest(manifest, {**head, "records": seen.records, **signed}, signed)
    seen.lines.append(("records", say("records_line", count=seen.records)))
    if outside:
        compared = say("outside_line", compared=walk.compared, all=sum(map(len, roots.values())))
        seen.lines.append(("outside", compared))
    if waiting := head.get("not_sealed"):
        seen.lines.append(("waiting", say("waiting_export", count=waiting)))


def _check_range(head: dict[str, Any], size: int, walk: Walk, seen: Seen) -> None:
    """Whether the records are those of the range: all of it where nothing was filtered. Raises Wrong."""
    begin, end, query = head.get("first"), head.get("end"), head.get("filter")
    if not (type(begin) is int and type(end) is int and 0 <= begin <= end <= size):
        raise Wrong("range")
    inside = walk.low is None or begin <= walk.low <= walk.high < end
    if not inside or (not query and seen.records != end - begin):
        raise Wrong("range")
    if query:
        seen.lines.append(("filter", say("chosen", query=query)))
    else:
        whole = say("whole", first=begin, last=end - 1) if end > begin else say("empty")
        seen.lines.append(("filter", whole))


def _check_manifest(manifest: dict[str, Any], expected: dict[str, Any], signed: dict[str, Any]) -> None:
    """Whether the signature is over these very bytes, and speaks of this very file. Raises Wrong."""
    if any(manifest.get(name) != value for name, value in signed.items()):
        raise Wrong("digest")
    if manifest != expected:
        raise Wrong("manifest")


def _add_gap(tree: Growing, told: dict[str, Any]) -> None:
    gap, hashes = told.get("gap"), told.get("hashes")
    if not (isinstance(gap, list) and [type(end) for end in gap] == [int, int] and isinstance(hashes, list)):
        raise Wrong("malformed")
    start, end = gap
    if start != tree.size or not start < end < 2**62 or set(told) != {"gap", "hashes"}:
        raise Wrong("order")
    levels, tops = list(covering(start, end)), [unbase64(top) for top in hashes]
    if len(levels) != len(tops):
        raise Wrong("order")
    for level, top in zip(levels, tops):
        if top is None or len(top) != 32:
            raise Wrong("malformed")
        tree.add(top, level)


SIGNED = b',\n"signed": '


def check_receipt(data: bytes, keys: Sequence[Key], seen: Seen) -> None:
    """Everything about a receipt. Raises Wrong."""
    cut = data.rfind(SIGNED)
    if cut < 0:
        raise Wrong("unsigned")
    receipt = _object(data[:cut] + b"}")
    if receipt.get("version") != 2:
        raise Wrong("unknown_format")
    log = receipt.get("log")
    if not isinstance(log, dict):
        raise Wrong("malformed")
    trusted = _trusted(log.get("keys"), keys, seen)
    checkpoint = None
    if log.get("checkpoint") is not None:
        checkpoint = parse_checkpoint(log["checkpoint"], trusted)
        _tell_checkpoint(checkpoint, log.get("origin"), seen)
    else:
        seen.lines.append(("checkpoint", say("none")))
    sealed_digests = _check_records(receipt["records"], checkpoint, seen)
    checksum = receipt["checksum"]
    digest, count = _list_digest(receipt["items"], checksum["part"])
    if checksum["algorithm"] != "sha256" or checksum["value"] != digest:
        raise Wrong("checksum")
    if sealed_digests - {digest}:
        raise Wrong("checksum_sealed")
    _check_totals(receipt)
    tail = data[cut:]
    if not tail.endswith(b"\n"):
        raise Wrong("unsigned")
    manifest = _manifest(_note(tail[:-1], SIGNED), RECEIPT_KIND, trusted)
    signed = {"bytes": cut, "sha256": sha256(data[:cut]).hexdigest()}
    told = {name: receipt[name] for name in ("receipt", "made_at", "not_sealed")}
    _check_manifest(manifest, {**told, "records": len(receipt["records"]), **signed}, signed)
    if (receipt["sealed"], receipt["not_sealed"]) != (seen.waiting == 0, seen.waiting):
        raise Wrong("manifest")
    seen.lines.append(("records", say("records_line", count=seen.records - seen.waiting)))
    where = say("list_sealed") if sealed_digests else say("list_unsealed")
    seen.lines.append(("list", f"{say('list_line', count=count, digest=digest)} ({where})"))
    if seen.waiting:
        seen.lines.append(("waiting", say("waiting_receipt", count=seen.waiting)))


def _check_records(records: Any, checkpoint: Checkpoint | None, seen: Seen) -> set[str]:
    """Check each record of a receipt; returns the checksums of lists that sealed records tell of. Raises Wrong."""
    digests = set()
    for told in records:
        try:
            _check_columns(told, check_record(told, seen))
            _check_sealed(told, checkpoint, seen)
        except Wrong as wrong:
            wrong.facts.setdefault("record", told.get("id"))
            raise
        if told["sealed"] and isinstance(told["details"], dict) and "digest" in told["details"]:
            digests.add(told["details"]["digest"])
    return digests


def _check_sealed(told: dict[str, Any], checkpoint: Checkpoint | None, seen: Seen) -> None:
    if told.get("sealed") is False:
        seen.waiting += 1
    elif told.get("sealed") is True and checkpoint is not None:
        _check_inclusion(told, checkpoint)
    else:
        raise Wrong("inclusion")


def _check_columns(told: dict[str, Any], columns: dict[str, str | None]) -> None:
    """A receipt shows columns in a form for programs as well; those are held against the sealed ones."""
    for name in ("id", "action", "outcome", "actor_id", "via", "item_id", "provider", "provider_code"):
        shown = told[name]
        if ("" if shown is None else str(shown)) != (columns[name] or ""):
            raise Wrong("columns", name=name)
    if (told["attempt_id"] or "").replace("-", "") != (columns["attempt_id"] or "").replace("-", ""):
        raise Wrong("columns", name="attempt_id")
    if milliseconds(told["at"]) != milliseconds(columns["at"]):
        raise Wrong("columns", name="at")
    for group, name in (("approver", "approver_name"), ("words", "reason"), ("words", "details")):
        beside = told["personal"][group]
        if isinstance(beside, dict) and told[name] != beside[name]:
            raise Wrong("columns", name=name)


def milliseconds(text: Any) -> int:
    """A moment as it is sealed (microseconds since 1970, or a text in UTC) or as JSON shows it. Raises Wrong."""
    if isinstance(text, str) and re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text) // 1000
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:Z|\+00:00)?", str(text))
    if not found:
        raise Wrong("columns", name="at")
    moment = dt.datetime.fromisoformat(f"{found.group(1)}T{found.group(2)}+00:00")
    return int(moment.timestamp()) * 1000 + int((found.group(3) or "0").ljust(6, "0")) // 1000


def _check_inclusion(told: dict[str, Any], checkpoint: Checkpoint) -> None:
    position, path = told.get("position"), told.get("proof")
    if type(position) is not int or not isinstance(path, list):
        raise Wrong("inclusion")
    hashes = [unbase64(part) for part in path]
    whole = [part for part in hashes if part is not None and len(part) == 32]
    leaf = leaf_hash(told["canonical"])
    if len(whole) != len(hashes) or not includes(leaf, position, checkpoint.size, whole, checkpoint.root):
        raise Wrong("inclusion", position=position)


def _list_digest(items: Any, size: Any) -> tuple[str, int]:
    """The checksum of the confirmed list, which is cut into parts of `size` items, and its length. Raises Wrong."""
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise Wrong("checksum")
    names = ("operation", "account_id", "target_kind", "target_id", "identity", "params")
    lines = []
    for item in items:
        if item["confirmed"]:
            line = [item[name] for name in names]
            text = json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            lines.append(text.encode() + b"\n")
    digest = sha256()
    for start in range(0, len(lines), size):
        digest.update(sha256(b"".join(lines[start : start + size])).hexdigest().encode() + b"\n")
    return digest.hexdigest(), len(lines)


def _check_totals(receipt: dict[str, Any]) -> None:
    totals, waiting = receipt["totals"], 0
    counts: dict[str, int] = {}
    for item in receipt["items"]:
        if item["state"] == "settled":
            counts[item["outcome"]] = counts.get(item["outcome"], 0) + 1
        else:
            waiting += 1
    told = {name: count for name, count in totals["outcomes"].items() if count}
    if (totals["items"], told, totals["outstanding"]) != (len(receipt["items"]), counts, waiting):
        raise Wrong("totals")


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data.decode())
    except ValueError as error:
        raise Wrong("malformed") from error
    if not isinstance(found, dict):
        raise Wrong("malformed")
    return found


def _note(tail: bytes, start: bytes) -> str:
    """The note behind `"signed": `, written in exactly one way. Raises Wrong."""
    if not tail.startswith(start):
        raise Wrong("unsigned")
    try:
        note = json.loads(tail[len(start) : -1].decode())
    except ValueError as error:
        raise Wrong("unsigned") from error
    if not isinstance(note, str) or start + json.dumps(note, ensure_ascii=False).encode() + b"}" != tail:
        raise Wrong("unsigned")
    return note


def _manifest(note: str, kind: str, trusted: Sequence[Key]) -> dict[str, Any]:
    lines = signed_text(note, trusted, otherwise="signature").split("\n")
    if len(lines) != 3 or lines[0] != kind:
        raise Wrong("signature")
    return _object(lines[1].encode())


def _trusted(named: Any, given: Sequence[Key], seen: Seen) -> list[Key]:
    """The keys given on the command line; without any, those that the file names: trust on first use, said so."""
    if not isinstance(named, list) or not named:
        raise Wrong("no_keys")
    keys = list(given) or [parse_key(line) for line in named]
    how = say("key_given") if given else say("key_first")
    seen.lines += [("key", f"{key.line} ({how})") for key in keys]
    return keys


def _tell_checkpoint(checkpoint: Checkpoint, origin: Any, seen: Seen) -> None:
    if checkpoint.origin != origin:
        raise Wrong("other_origin")
    seen.lines.append(("log", checkpoint.origin))
    seen.lines.append(("checkpoint", say("checkpoint_line", size=checkpoint.size, time=checkpoint.time)))


def _roots(outside: Sequence[str], trusted: Sequence[Key]) -> dict[int, list[bytes]]:
    roots: dict[int, list[bytes]] = {}
    for note in outside:
        checkpoint = parse_checkpoint(note, trusted)
        roots.setdefault(checkpoint.size, []).append(checkpoint.root)
    return roots


# The command line

_language = 0


def say(key: str, **facts: Any) -> str:
    """A text in the reader's language."""
    return TEXTS[key][_language].format(**facts)


def check(path: str, keys: Sequence[Key], outside: Sequence[str], seen: Seen) -> None:
    """Check a file of either kind. Raises Wrong at the first thing that does not hold, OSError for no file."""
    seen.lines.append(("file", os.path.basename(path)))
    with open(path, "rb") as file:
        start = file.read(200)
        file.seek(0)
        try:
            if start.startswith(f'{{"format": "{EXPORT}"'.encode()):
                check_export(iter(file), keys, outside, seen)
            elif start.startswith(f'{{"format": "{RECEIPT}"'.encode()):
                check_receipt(file.read(), keys, seen)
            else:
                raise Wrong("unknown_format")
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            raise Wrong("malformed") from error
    if seen.erased:
        seen.lines.append(("erased", say("erased_line", count=seen.erased)))
    if seen.withheld:
        seen.lines.append(("withheld", say("withheld_line", count=seen.withheld)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the file that is named, say what was seen, and return the exit code."""
    global _language  # noqa: PLW0603 - one language for one run of a script
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    parser = argparse.ArgumentParser(
        description="Check an export of an audit log or the receipt of a deletion."
    )
    parser.add_argument("file")
    parser.add_argument("--key", action="append", default=[], help="a public key to trust (may be repeated)")
    parser.add_argument("--checkpoints", help="a file of checkpoints that you kept (exports only)")
    parser.add_argument("--lang", choices=("en", "zh"), default=_own_language())
    given = parser.parse_args(arguments)
    _language = ("en", "zh").index(given.lang)
    seen = Seen()
    try:
        keys = [parse_key(line) for line in given.key]
        outside = []
        if given.checkpoints:
            with open(given.checkpoints, encoding="utf-8", newline="") as file:
                outside = list(notes_of(file.read()))
    except Wrong as wrong:
        return _end(seen, UNREADABLE, say("unreadable", what=say(wrong.what, **wrong.facts)))
    except (OSError, ValueError) as error:
        return _end(seen, UNREADABLE, say("unreadable", what=error))
    try:
        check(given.file, keys, outside, seen)
    except OSError as error:
        return _end(seen, UNREADABLE, say("unreadable", what=error))
    except Wrong as wrong:
        where = "".join(
            say(f"at_{name}", **{name: wrong.facts[name]})
            for name in ("record", "position")
            if name in wrong.facts
        )
        return _end(seen, WRONG, say("wrong", what=f"{say(wrong.what, **wrong.facts)}{where}"))
    if seen.waiting:
        return _end(seen, UNPROVEN, say("unproven"))
    return _end(seen, HOLDS, say("holds"))


def _own_language() -> str:
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    named = named or locale.getlocale()[0] or ""
    return "zh" if named.lower().startswith(("zh", "chinese")) else "en"


def _end(seen: Seen, code: int, verdict: str) -> int:
    width = max((len(say(name)) for name, _text in seen.lines), default=0)
    for name, text in seen.lines:
        sys.stdout.write(f"{say(name).ljust(width)}  {text}\n")
    sys.stdout.write(f"{verdict}\n")
    return code


def _run() -> NoReturn:
    sys.exit(main())


if __name__ == "__main__":
    _run()
