"""Telling people: a row for each person and step, written in the transaction of what it speaks of.

To add a kind: build a `NoticeKind` in `<app>/notice_kinds.py` and pass it to `register_kind`. A code is stored, so it is
never renamed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from operations.clock import database_now
from operations.models import Notice, NoticeSettings, Run
from screens.states import Text

Details = Mapping[str, Any]

_CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


class NoticeError(Exception):
    """A bug of ours: an unknown or doubled kind, or a notice that cannot be written as asked."""


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """One thing that people can be told.

    `label` names the kind in the settings. `subject` (a mail's) and `sentence` are lazy texts with named placeholders:
    `%(run)s` and the `details` that the kind lists. `words` turns stored details into words of the reader's language; it is
    called when the notice is shown. `mail` says whether it comes by mail until the person chooses otherwise.
    """

    code: str
    label: Text
    subject: Text
    sentence: Text
    icon: str
    mail: bool = True
    details: frozenset[str] = frozenset()
    words: Callable[[Details], Details] = dict


class Kinds:
    """Kinds of notices by code."""

    def __init__(self) -> None:
        self._kinds: dict[str, NoticeKind] = {}

    def register(self, kind: NoticeKind) -> NoticeKind:
        """Add a kind. Raises NoticeError for a malformed or already taken code."""
        if not _CODE.fullmatch(kind.code):
            raise NoticeError(f"{kind.code!r} is not a dotted lower-case code")
        if kind.code in self._kinds:
            raise NoticeError(f"notice kind {kind.code} is registered twice")
        self._kinds[kind.code] = kind
        return kind

    def find(self, code: str) -> NoticeKind:
        """The kind with this code. Raises NoticeError when nobody registered it."""
        try:
            return self._kinds[code]
        except KeyError:
            raise NoticeError(f"nobody registered the notice kind {code!r}") from None

    def get(self, code: str) -> NoticeKind | None:
        """The kind with this code, or None: for showing notices that an older version wrote."""
        return self._kinds.get(code)

    def __iter__(self) -> Iterator[NoticeKind]:
        return iter(self._kinds.values())


kinds = Kinds()
register_kind = kinds.register


def tell(
    people: Iterable[int],
    kind: str,
    *,
    run: Run | None = None,
    details: Details | None = None,
    link: str = "",
    step: str | None = None,
) -> int:
    """Tell these people (keys of active users; others are passed over) inside the caller's transaction; returns how many were told.

    Nobody is told the same twice: the same is the kind, the run and `step`, or the details where no step is given.
    `details` are plain strings and numbers in no language, exactly those that the kind lists. `link` is a path of ours.
    Raises NoticeError for an unknown kind, for other details, and outside a transaction.
    """
    notice_kind, facts = kinds.find(kind), dict(details or {})
    _check(notice_kind, facts, link)
    key = _key(notice_kind, run, facts if step is None else step)
    told = Notice.objects.filter(key=key).values("person_id")
    persons = list(get_user_model().objects.filter(pk__in=set(people), is_active=True).exclude(pk__in=told))
    chosen = NoticeSettings.objects.in_bulk([person.pk for person in persons])
    now = database_now()
    Notice.objects.bulk_create(
        [
            Notice(
                person=person,
                kind=kind,
                key=key,
                run=run,
                details=facts,
                link=link,
                mail_due_at=now if _by_mail(notice_kind, person, chosen.get(person.pk)) else None,
            )
            for person in persons
        ],
        ignore_conflicts=True,
    )
    return len(persons)


def _by_mail(kind: NoticeKind, person: Any, chosen: NoticeSettings | None) -> bool:
    wanted = chosen.wants_mail(kind) if chosen else kind.mail
    return bool(settings.MAIL_ON and person.email and wanted)


def _check(kind: NoticeKind, details: dict[str, Any], link: str) -> None:
    if not transaction.get_connection().in_atomic_block:
        raise NoticeError(f"{kind.code} is told outside a transaction")
    if details.keys() != kind.details:
        raise NoticeError(f"{kind.code} needs the details {', '.join(sorted(kind.details)) or 'none'}")
    if odd := [name for name, value in details.items() if not isinstance(value, str | int | float)]:
        raise NoticeError(f"{kind.code}: {', '.join(odd)} is neither text nor number")
    if link and (not link.startswith("/") or link.startswith("//")):
        raise NoticeError(f"{kind.code}: {link!r} is no path of ours")


def _key(kind: NoticeKind, run: Run | None, step: Any) -> str:
    stored = json.dumps(step, sort_keys=True, ensure_ascii=False)
    return f"{kind.code}:{run.pk if run else ''}:{hashlib.sha256(stored.encode()).hexdigest()[:32]}"
