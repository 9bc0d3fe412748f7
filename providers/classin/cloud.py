"""What ClassIn tells about the cloud disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from providers.shapes import Misshapen, child, needed, objects


@dataclass(frozen=True, slots=True)
class ListedFolder:
    """A folder as getCloudList shows it."""

    folder_id: str
    name: str
    is_system: bool


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file as getCloudList shows it; `size_text` is the provider's wording, such as "27KB"."""

    file_id: str
    name: str
    size_text: str


@dataclass(frozen=True, slots=True)
class CloudListing:
    """The content of one folder, complete: ClassIn does not page."""

    folders: tuple[ListedFolder, ...]
    files: tuple[ListedFile, ...]


@dataclass(frozen=True, slots=True)
class FolderNode:
    """A second-level folder as getFolderList shows it."""

    folder_id: str
    parent_id: str
    name: str


def cloud_listing(body: dict[str, Any]) -> CloudListing:
    """Read the answer of getCloudList; Misshapen when a list or an id is missing."""
    data = child(body, "data") if "file_list" not in body else body
    return CloudListing(
        folders=tuple(
            ListedFolder(
                _id(row, "folder_id"), needed(row, "folder_name"), str(row.get("is_system_folder")) == "1"
            )
            for row in _rows(data, "folder_list")
        ),
        files=tuple(
            ListedFile(_id(row, "id"), needed(row, "file_name"), _size(row.get("file_size")))
            for row in _rows(data, "file_list")
        ),
    )


def folder_tree(body: dict[str, Any]) -> dict[str, tuple[FolderNode, ...]]:
    """Read the answer of getFolderList: the second-level folders by the id of the first-level one."""
    if not body.get("data"):  # PHP writes an empty object as an empty list; 106 comes without data
        return {}
    return {
        top: tuple(
            FolderNode(_id(row, "id"), _id(row, "pid"), needed(row, "name")) for row in objects(nodes, top)
        )
        for top, nodes in child(body, "data").items()
    }


def top_folder(body: dict[str, Any]) -> str:
    """Read the answer of getTopFolderId."""
    return _id(body, "data")


def _rows(body: dict[str, Any], key: str) -> list[dict[str, Any]]:
    if key not in body:
        raise Misshapen(key)
    return objects(body[key], key)


def _id(row: dict[str, Any], key: str) -> str:
    """An id that came as a number or as text, as text."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).strip():
        raise Misshapen(key)
    return str(value).strip()


def _size(value: Any) -> str:
    return "" if value is None else str(value)
