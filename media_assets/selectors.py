"""Reads that are used in more than one place."""

from __future__ import annotations

from media_assets.models import CloudFile
from operations.mirror import MirrorRow


def names_beside(file: CloudFile) -> list[str]:
    """Names of the other files in the same folder that are not known to be gone."""
    others = CloudFile.objects.filter(folder_id=file.folder_id).exclude(pk=file.pk)
    return list(others.exclude(presence=MirrorRow.Presence.DELETED).values_list("name", flat=True))
