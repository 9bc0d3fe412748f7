"""The cloud disk: renameFile and the three reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.classin_form import Form, Refused
from sandbox.objects import Folder
from sandbox.world import World

NAME_LENGTH = 128


def rename_file(world: World, form: Form, _now: float) -> Mapping[str, Any]:
    """Give a file another name: cut silently at 128 characters, taken as it is, extension or not."""
    file_id = form.required_number("fileId")
    name = form.text("fileName").strip()[:NAME_LENGTH]
    if not name:
        raise Refused(100)
    file = world.classin.files.get(file_id)
    if file is None or file.deleted_at is not None:
        raise Refused(198)
    if file.school != form.school:
        raise Refused(199)
    for other in world.classin.files.values():
        if (
            other.folder_id == file.folder_id
            and other.id != file.id
            and other.name == name
            and other.deleted_at is None
        ):
            raise Refused(200)
    if name != file.name:
        world.change("file", file.id, name=name)
    return {}


def get_top_folder_id(world: World, form: Form, _now: float) -> Mapping[str, Any]:
    """The id of the school's top folder, as a string."""
    return {"data": _top(world, form.school).id}


def get_folder_list(world: World, form: Form, _now: float) -> Mapping[str, Any]:
    """Each first-level folder's id with the folders in it: two levels, first-level names untold."""
    top = _top(world, form.school)
    return {
        "data": {
            first.id: [
                {"id": second.id, "pid": second.parent_id, "name": second.name}
                for second in _folders_in(world, first.id)
            ]
            for first in _folders_in(world, top.id)
        }
    }


def get_cloud_list(world: World, form: Form, _now: float) -> Mapping[str, Any]:
    """What is in one folder, or in the top one when `folderId` is empty. Not paged; sizes are text."""
    folder_id = form.number("folderId")
    folder = world.classin.folders.get(folder_id) if folder_id else _top(world, form.school)
    if folder is None or folder.deleted_at is not None:
        raise Refused(193)
    if folder.school != form.school:
        raise Refused(194)
    return {
        "folder_list": [
            {"folder_id": inner.id, "folder_name": inner.name, "is_system_folder": int(inner.is_system)}
            for inner in _folders_in(world, folder.id)
        ],
        "file_list": [
            {"id": file.id, "file_name": file.name, "file_size": size_text(file.size)}
            for file in world.classin.in_folder(folder.id)[1]
            if file.school == form.school
        ],
    }


def size_text(size: int) -> str:
    """A size in bytes as the cloud disk writes it: "27KB", "1.5MB"."""
    amount, unit = float(size), "B"
    for bigger in ("KB", "MB", "GB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, bigger
    shown = f"{amount:.1f}".removesuffix(".0") if unit in ("MB", "GB") else f"{amount:.0f}"
    return shown + unit


def _top(world: World, school: str) -> Folder:
    for folder in world.classin.folders.values():
        if not folder.parent_id and folder.school == school:
            return folder
    raise Refused(106)


def _folders_in(world: World, folder_id: str) -> list[Folder]:
    return world.classin.in_folder(folder_id)[0]
