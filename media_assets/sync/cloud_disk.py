"""ClassIn's cloud disk, walked folder by folder: there is no other way, and no way to ask what changed.

getCloudList shows one folder whole, without pages, so a reading takes one request for the id of the top folder and one for
each folder. getFolderList would show two levels at once, but no files, so it would save nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from intake.models import Reading, ReadingStep
from intake.reading.readers import Reader, Settled, Step, Told, register
from media_assets.models import CloudFile, CloudFolder
from media_assets.models.cloud import LONGEST_PATH
from media_assets.sync.reading import asked_at, call_missing, rows_of, take_in
from media_assets.sync.sizes import about_bytes
from operations.learning import Known
from providers.classin.cloud import CloudListing
from providers.outcome import Rejected, Reply

TOP_NAME = "/"
"""The top folder's name and path: ClassIn tells its id alone. Paths of folders in it begin without it."""
LONGEST_NAME = 200
_NO_FOLDER = "193"
"""The folder was there when its parent was shown, and is not any more."""


@register
class CloudDiskReader(Reader):
    """Folders and files of the cloud disk."""

    provider = "classin"
    kinds = (CloudFolder, CloudFile)
    words = {"top": _("the top folder"), "folder": _("a folder of the cloud disk")}

    def begin(self, reading: Reading) -> Sequence[Step]:
        return [Step("top", "")]

    def ask(self, client: Any, step: ReadingStep) -> Reply[Any]:
        reply: Reply[Any] = (
            client.top_folder_id() if step.name == "top" else client.list_cloud(step.asks["id"])
        )
        return reply

    def take_in(self, reading: Reading, told: Sequence[Told]) -> Sequence[Step]:
        if told[0].step.name == "top":
            return self._top(reading, told[0])
        at = asked_at(told)
        found = list(_folders(told))
        ids = take_in(reading, CloudFolder, (known for known, _path in found), at)
        self._files(reading, told, at)
        return [_step(known.provider_id, ids[known.provider_id], path) for known, path in found]

    def refused(self, reading: Reading, step: ReadingStep, error: Rejected) -> Settled | None:
        return Settled() if step.name == "folder" and error.code.value == _NO_FOLDER else None

    def call_missing(self, reading: Reading, at: datetime) -> None:
        call_missing(reading, self.kinds, at)

    def _top(self, reading: Reading, told: Told) -> Sequence[Step]:
        """The top folder keeps a name that somebody told us; ClassIn itself tells none."""
        known = rows_of(reading, CloudFolder, [told.value]).first()
        values = {"name": TOP_NAME, "path": TOP_NAME, "is_system": True} if known is None else {}
        ids = take_in(reading, CloudFolder, [Known(told.value, values)], told.at)
        return [_step(told.value, ids[told.value], "")]

    def _files(self, reading: Reading, told: Sequence[Told], at: datetime) -> None:
        listed = [(one.step.asks["pk"], file) for one in told for file in _listing(one).files]
        sizes = dict(
            rows_of(reading, CloudFile, [file.file_id for _pk, file in listed]).values_list(
                "provider_id", "size_bytes"
            )
        )
        files = (
            Known(
                file.file_id,
                {
                    "folder_id": folder_pk,
                    "name": file.name[:LONGEST_NAME],
                    "size_text": file.size_text[:20],
                    **_size(file.size_text, sizes.get(file.file_id)),
                },
            )
            for folder_pk, file in listed
        )
        take_in(reading, CloudFile, files, at)


def _step(folder_id: str, pk: int, path: str) -> Step:
    return Step("folder", folder_id, {"id": folder_id, "pk": pk, "path": path})


def _listing(told: Told) -> CloudListing:
    listing: CloudListing = told.value
    return listing


def _folders(told: Sequence[Told]) -> Iterable[tuple[Known, str]]:
    """Every folder shown, with its whole path."""
    for one in told:
        above = one.step.asks["path"]
        for folder in _listing(one).folders:
            path = f"{above} / {folder.name}" if above else folder.name
            values = {
                "name": folder.name[:LONGEST_NAME],
                "parent_id": one.step.asks["pk"],
                "path": path[:LONGEST_PATH],
                "is_system": folder.is_system,
            }
            yield Known(folder.folder_id, values), path[:LONGEST_PATH]


def _size(words: str, known: int | None) -> dict[str, int]:
    """About how many bytes the words mean; nothing where we know the size to the byte and it agrees, or where they say none."""
    about = about_bytes(words)
    if about is None or (known is not None and abs(known - about[0]) <= about[1]):
        return {}
    return {"size_bytes": about[0]}
