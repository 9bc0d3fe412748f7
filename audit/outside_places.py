"""Where checkpoints are kept outside the database and how far each place has come, for the page of the log's key."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import outside
from audit.checkpoint import NoteError, parse
from audit.models import Checkpoint, Delivery


@dataclass(frozen=True, slots=True)
class Place:
    """One place outside. `size` records are covered by the newest checkpoint there, None while it is not known; `at` is when it came."""

    name: str
    where: str
    size: int | None = None
    at: dt.datetime | None = None
    trouble: str = ""


def outside_places() -> list[Place]:
    """The file always; mail and address where they are configured."""
    newest = Checkpoint.objects.order_by("-pk").first()
    places = [_file(newest)]
    if people := settings.AUDIT["checkpoint_mail"]:
        each = ngettext("%(count)s address, once an hour", "%(count)s addresses, once an hour", len(people))
        places.append(Place(_("Mail"), each % {"count": len(people)}))
    if address := settings.AUDIT["checkpoint_url"]:
        places.append(_address(address))
    return places


def _file(newest: Checkpoint | None) -> Place:
    path = settings.AUDIT["checkpoint_file"]
    name, where = _("File"), path.name
    try:
        note = outside.newest_note(path)
        kept = parse(note).checkpoint if note else None
    except OSError as error:
        return Place(name, where, trouble=_("It cannot be read: %(why)s") % {"why": error.strerror or ""})
    except NoteError:
        return Place(name, where, trouble=_("Its last checkpoint is damaged."))
    if kept is None:
        return Place(name, where, trouble=_("Nothing has come there yet.") if newest else "")
    at = dt.datetime.fromisoformat(kept.time) if kept.time else None
    behind = newest is not None and kept.size < newest.size
    return Place(name, where, kept.size, at, _("It is behind the log.") if behind else "")


def _address(address: str) -> Place:
    name, where = _("Address"), urlsplit(address).hostname or ""
    row = Delivery.objects.filter(place=outside.place_of(address)).first()
    if row is None:
        return Place(name, where)
    size = Checkpoint.objects.filter(pk=row.delivered).values_list("size", flat=True).first()
    if row.delivered_at is None:
        size = None
    told = _("The last attempt failed (%(why)s); it is made again with the next checkpoint.")
    return Place(name, where, size, row.delivered_at, told % {"why": row.trouble} if row.trouble else "")
