"""The notices' mails: rows that are due, each handed to the mail server once at most, never inside a transaction.

A row is taken by one conditional UPDATE before its mail goes; whoever comes second finds nothing to take. A refusal gives
it back for a later try. A connection that breaks while the mail is on its way does not: the mail may have arrived, so it
is not sent again.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import F
from django.utils.translation import gettext_noop, override

from operations.clock import database_now
from operations.models import Notice, NoticeSettings
from operations.notice_words import mail_body, mail_subject
from operations.notices import kinds

TRIES = 12
"""How often a mail is tried; with the growing pauses about half a day."""
LOST = gettext_noop("The connection broke while the mail was on its way. It may have arrived.")
_BATCH = 50
_LONGEST_PAUSE = 2 * 60 * 60

logger = logging.getLogger(__name__)


def send_due() -> int:
    """Send what is due; returns how many mails the server took. A server that is away puts everything due off."""
    if not settings.MAIL_ON:
        return 0
    due = Notice.objects.filter(mail_due_at__lte=database_now()).order_by("mail_due_at", "pk")
    waiting = list(due.values_list("pk", flat=True)[:_BATCH])
    if not waiting:
        return 0
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as away:
        logger.warning("The mail server is away: %s", away)
        for pk in waiting:
            if notice := _take(pk):
                _give_back(notice, _words(away))
        return 0
    sent = 0
    try:
        for pk in waiting:
            notice = _take(pk)
            if notice is None:
                continue
            if not _send(notice, connection):
                break
            sent += notice.mailed_at is not None
    finally:
        connection.close()
    return sent


def _take(pk: int) -> Notice | None:
    """This notice for its mail, None when another sweeper has it."""
    now = database_now()
    taken = Notice.objects.filter(pk=pk, mail_due_at__lte=now, mail_taken_at=None).update(
        mail_due_at=None, mail_taken_at=now, mail_attempts=F("mail_attempts") + 1
    )
    return Notice.objects.select_related("person", "run").get(pk=pk) if taken else None


def _send(notice: Notice, connection: Any) -> bool:
    """Hand one mail over and write down what came of it; False when the connection is of no use any more."""
    chosen = NoticeSettings.objects.filter(pk=notice.person_id).first() or NoticeSettings()
    kind = kinds.get(notice.kind)
    if kind is None or not notice.person.is_active or not notice.person.email or not chosen.wants_mail(kind):
        _note(notice, mail_taken_at=None)
        return True
    try:
        _message(notice, chosen.language or settings.MAIL_LANGUAGE, connection).send()
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as refused:
        if _for_now(refused):
            _give_back(notice, _words(refused))
        else:
            _note(notice, mail_taken_at=None, mail_error=_words(refused))
    except (smtplib.SMTPServerDisconnected, OSError) as broken:
        logger.warning("The mail of notice %s may have been lost: %s", notice.pk, broken)
        _note(notice, mail_error=LOST)
        return False
    except (smtplib.SMTPException, ValueError) as impossible:
        _note(notice, mail_taken_at=None, mail_error=_words(impossible))
    else:
        _note(notice, mailed_at=database_now(), mail_error="")
    return True


def _message(notice: Notice, language: str, connection: Any) -> EmailMessage:
    with override(language):
        return EmailMessage(
            mail_subject(notice),
            mail_body(notice),
            to=[notice.person.email],
            headers={"Auto-Submitted": "auto-generated"},
            connection=connection,
        )


def _note(notice: Notice, **values: Any) -> None:
    Notice.objects.filter(pk=notice.pk).update(**values)
    for name, value in values.items():
        setattr(notice, name, value)


def _give_back(notice: Notice, error: str) -> None:
    """Try again later; after the last try the mail counts as not sent."""
    pause = timedelta(seconds=min(_LONGEST_PAUSE, 30 * 2**notice.mail_attempts))
    again = notice.mail_attempts < TRIES
    due = database_now() + pause if again else None
    _note(notice, mail_taken_at=None, mail_due_at=due, mail_error=error)


def _for_now(refused: smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused) -> bool:
    """Whether the server said "later" (a code below 500) and not "never"."""
    if isinstance(refused, smtplib.SMTPRecipientsRefused):
        return all(code < 500 for code, _text in refused.recipients.values())
    return refused.smtp_code < 500


def _words(error: Exception) -> str:
    """What the mail server said, as it said it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        ((code, text), *_rest) = error.recipients.values()
        return f"{code} {_text(text)}"[:300]
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"[:300]
    return (str(error) or type(error).__name__)[:300]


def _text(value: bytes | str) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
