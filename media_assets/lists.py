"""The change lists of the library: what a page of rows needs besides the rows, read once for the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Count, Sum
from django.http import HttpRequest

from media_assets.models import VideoAsset
from media_assets.notes import PageNotes
from media_assets.operations.reasons import GONE
from screens.changelist import KeysetChangeList
from screens.filters import Button


class LibraryChangeList(KeysetChangeList):
    """Adds to each row of the page `notes` and, for containers, `videos_left` and `bytes_left`."""

    hold_paths: ClassVar[dict[str, str]] = {}
    container: ClassVar[str] = ""
    """Path from a video to the row, for lists of containers."""

    def get_results(self, request: HttpRequest) -> None:
        """Load the page, then everything about it."""
        super().get_results(request)
        notes = PageNotes(self.result_list, self.model, self.hold_paths, container=self.container)
        for row in self.result_list:
            row.notes = notes.cell(row)
        if self.container:
            count_videos(self.container, self.result_list)

    @property
    def buttons(self) -> list[Button]:
        """Filters that only links use have no button; accounts have one where a provider has several."""
        hidden = set(getattr(self.model_admin.filterset_class, "WITHOUT_BUTTON", ()))
        if all(len(accounts) < 2 for accounts in settings.PROVIDER_ACCOUNTS.values()):
            hidden.add("account")
        covered = {name for _label, conditions in self.model_admin.tabs for name in conditions}
        return self.filters.buttons(covered | hidden)


def count_videos(container: str, rows: Sequence[Any]) -> None:
    """Set `videos_left` and `bytes_left` of containers; `container` is the path from a video to the row."""
    videos = VideoAsset.objects.filter(**{f"{container}__in": [row.pk for row in rows]}).exclude(GONE)
    counts = videos.order_by().values(container).annotate(count=Count("pk"), size=Sum("size_bytes"))
    found = {count[container]: count for count in counts}
    for row in rows:
        row.videos_left = found[row.pk]["count"] if row.pk in found else 0
        row.bytes_left = found[row.pk]["size"] if row.pk in found else None


def library_list(*, hold_paths: dict[str, str] | None = None, container: str = "") -> type[LibraryChangeList]:
    """A change list for one model; see the attributes of `LibraryChangeList`."""
    return type("LibraryList", (LibraryChangeList,), {"hold_paths": hold_paths or {}, "container": container})
