"""Reading the answer to a deletion: what became of each output that was asked for.

HTTP 200 alone proves nothing. An output is deleted or failed only if the answer names it as such, once
and without contradiction; everything else is unknown and has to be looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from providers.codes import Text
from providers.shapes import Misshapen, needed, objects, words

DELETED: Final = "deleted"
FAILED: Final = "failed"
UNKNOWN: Final = "unknown"

_DELETED: Final = Text("Deleted", "已删除")
_FAILED: Final = Text("Huawei Cloud did not delete it", "华为云未能删除")
_NOT_NAMED: Final = Text("The answer does not say what became of it", "回应中没有说明它的处理结果")
_CONTRADICTED: Final = Text("The answer contradicts itself about it", "回应对它的处理结果前后矛盾")

Output = tuple[str, str | None]
"""The group id and, when a single output is meant, its URL."""


@dataclass(frozen=True, slots=True)
class ProductVerdict:
    """What the answer says about one output: "deleted", "failed" or "unknown"."""

    state: str
    reason: str
    """The provider's own reason for a failure, or ""."""
    meaning: Text


@dataclass(frozen=True, slots=True)
class DeletionReport:
    """The answer of Huawei VOD, matched with what was asked for."""

    asset_id: str
    status: str
    """SUCCESS, PARTIAL_SUCCESS or FAIL as it came, or "" when it did not."""
    verdicts: Mapping[Output, ProductVerdict]
    """By group id and URL exactly as asked; the URL is None for a whole group."""

    def verdict(self, group_id: str, url: str | None = None) -> ProductVerdict:
        """What became of one output, or of a whole group; unknown for what was not asked for."""
        return self.verdicts.get((group_id, url), ProductVerdict(UNKNOWN, "", _NOT_NAMED))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of an answer: an output, or a whole group when `path` is None."""

    group_id: str | None
    path: str | None
    reason: str = ""

    def is_about(self, group_id: str, path: str | None) -> bool:
        if path is None:
            return self.group_id == group_id
        return self.path == path and self.group_id in (None, group_id)


def read_report(asset_id: str, asked: Iterable[Output], body: Mapping[str, Any]) -> DeletionReport:
    """Match the outputs that were asked for with the answer; Misshapen when it cannot be read."""
    status = words(body, "status")
    if not status and body.get("deleted_products") is None and body.get("failed_products") is None:
        raise Misshapen("neither a status nor a list")
    deleted = list(_entries(body, "deleted_products"))
    failed = list(_entries(body, "failed_products"))
    verdicts = {
        (group_id, url): _verdict(group_id, None if url is None else path_of(url), status, deleted, failed)
        for group_id, url in asked
    }
    return DeletionReport(asset_id, status, verdicts)


def path_of(url: str) -> str:
    """The path of an output's URL: its host follows the account's play domain and may differ."""
    try:
        return unquote(urlsplit(url).path)
    except ValueError as error:
        raise Misshapen("url") from error


def _verdict(
    group_id: str, path: str | None, status: str, deleted: list[_Entry], failed: list[_Entry]
) -> ProductVerdict:
    was_deleted = any(entry.is_about(group_id, path) for entry in deleted)
    failures = [entry for entry in failed if entry.is_about(group_id, path)]
    if path is not None and not failures:
        failures = [entry for entry in failed if entry.group_id == group_id and entry.path is None]
    reason = next((entry.reason for entry in failures if entry.reason), "")
    if was_deleted and failures:
        return ProductVerdict(UNKNOWN, reason, _CONTRADICTED)
    if was_deleted:
        agrees = status in ("", "SUCCESS", "PARTIAL_SUCCESS")
        return ProductVerdict(DELETED, "", _DELETED) if agrees else ProductVerdict(UNKNOWN, "", _CONTRADICTED)
    if failures:
        agrees = status in ("", "FAIL", "PARTIAL_SUCCESS")
        return (
            ProductVerdict(FAILED, reason, _FAILED)
            if agrees
            else ProductVerdict(UNKNOWN, reason, _CONTRADICTED)
        )
    return ProductVerdict(UNKNOWN, "", _NOT_NAMED)


def _entries(body: Mapping[str, Any], key: str) -> Iterator[_Entry]:
    for group in objects(body.get(key), key):
        group_id = words(group, "group_id") or None
        reason = words(group, "fail_reason")
        products = objects(group.get("products"), "products")
        if not products:
            yield _Entry(group_id, None, reason)
        for product in products:
            yield _Entry(group_id, path_of(needed(product, "url")), words(product, "fail_reason") or reason)
