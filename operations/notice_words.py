"""Notices in the reader's language: the line behind the bell, and the text of the mail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.actors import person_name
from operations.models import Notice
from operations.notices import kinds


def icon_name(notice: Notice) -> str:
    kind = kinds.get(notice.kind)
    return kind.icon if kind else "bell"


def sentence(notice: Notice) -> str:
    """What happened; the bare code when this version does not know the kind any more."""
    kind = kinds.get(notice.kind)
    return str(kind.sentence) % _facts(notice) if kind else notice.kind


def mail_subject(notice: Notice) -> str:
    """One line, whatever was in the names: a header must not grow a second one."""
    kind = kinds.get(notice.kind)
    words = str(kind.subject) % _facts(notice) if kind else notice.kind
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:200]


def mail_body(notice: Notice) -> str:
    """The whole mail as plain text."""
    lines = [
        _("Hello %(name)s,") % {"name": person_name(notice.person)},
        "",
        sentence(notice),
        "",
        *([f"{settings.BACKOFFICE_URL}{notice.link}", ""] if notice.link else []),
        "-- ",
        _("The school back office writes this by itself; nobody reads answers."),
        _("Choose which notices come by mail: %(url)s")
        % {"url": f"{settings.BACKOFFICE_URL}{reverse('admin:notice_settings')}"},
        "",
    ]
    return "\n".join(lines)


def _facts(notice: Notice) -> dict[str, Any]:
    kind = kinds.find(notice.kind)
    return {"run": str(notice.run or ""), **kind.words(notice.details)}
