"""Cover pictures: what is accepted, and what an upload really is, whatever its name says."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from screens.figures import size_text

LARGEST_BYTES = 2 * 1024 * 1024
SHORTEST_SIDE, LONGEST_SIDE = 100, 6000
MOST_PIXELS = 16_000_000
"""A decoded picture needs up to four bytes a pixel: 64 MB at the most, however small the file."""
LONGEST_NAME = 100

# What Pillow recognised -> content type and extension. MPO is a JPEG with more pictures behind the first one.
_FORMATS = {"JPEG": ("image/jpeg", ".jpg"), "MPO": ("image/jpeg", ".jpg"), "PNG": ("image/png", ".png")}
# What Pillow's decoders raise for files that begin like a picture.
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, MemoryError, struct.error)
_EXTENSIONS = {".jpg": ".jpg", ".jpeg": ".jpg", ".png": ".png"}


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture that was looked at: safe to send."""

    name: str
    content_type: str
    content: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def in_words(self) -> str:
        """Name, size and measures, for the review and the ledger."""
        facts = {
            "name": self.name,
            "size": size_text(len(self.content)),
            "width": self.width,
            "height": self.height,
        }
        return _("%(name)s (%(size)s, %(width)s × %(height)s pixels)") % facts


def checked(upload: UploadedFile[Any]) -> Cover:
    """The picture in the upload. Raises ValidationError with a sentence for people when it cannot be a cover."""
    if (upload.size or 0) > LARGEST_BYTES:
        raise ValidationError(
            _("The file is larger than 2 MB, the most that a cover picture may have."), code="too_large"
        )
    content = upload.read()
    kind, width, height = _looked_at(content)
    content_type, extension = _FORMATS[kind]
    return Cover(_file_name(upload.name or "", extension), content_type, content, width, height)


def _looked_at(content: bytes) -> tuple[str, int, int]:
    """Format and measures, after the whole picture was decoded once. The measures are checked before that."""
    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as picture:
            _check_measures(picture.width, picture.height)
            picture.load()
            return str(picture.format), picture.width, picture.height
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except UnidentifiedImageError:
        raise ValidationError(
            _("This file is not a JPEG or PNG picture, whatever its name says."), code="not_a_picture"
        ) from None
    except _DAMAGED:
        raise ValidationError(
            _("The picture is damaged: it cannot be opened to the end."), code="damaged"
        ) from None


def _check_measures(width: int, height: int) -> None:
    if min(width, height) < SHORTEST_SIDE or max(width, height) > LONGEST_SIDE:
        raise ValidationError(
            _(
                "The picture has %(width)s × %(height)s pixels; each side may have %(shortest)s to %(longest)s."
            ),
            code="measures",
            params={"width": width, "height": height, "shortest": SHORTEST_SIDE, "longest": LONGEST_SIDE},
        )
    if width * height > MOST_PIXELS:
        raise _too_many_pixels()


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        _("The picture has too many pixels: more than %(limit)s million in all."),
        code="too_many_pixels",
        params={"limit": MOST_PIXELS // 1_000_000},
    )


def _file_name(name: str, extension: str) -> str:
    """The upload's name without a path and without control signs, with the extension of what it really is."""
    plain = "".join(sign for sign in PurePath(name.replace("\\", "/")).name if sign.isprintable()).strip()
    path = PurePath(plain or "cover")
    if _EXTENSIONS.get(path.suffix.lower()) == extension:
        return f"{path.stem[: LONGEST_NAME - len(path.suffix)]}{path.suffix}"
    return f"{path.stem[: LONGEST_NAME - len(extension)]}{extension}"
