"""What is exported of messages: what the list shows of them, never their text."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from intake.receiving.words import kind_words, reason_words
from operations.exporting import ExportColumn, moment, number, text

MESSAGES = (
    text(_("Message ID"), "message_id"),
    ExportColumn(pgettext_lazy("message", "Kind"), lambda message: kind_words(message.cmd)),
    text(_("Course ID"), "course_id"),
    text(_("Lesson ID"), "class_id"),
    text(_("File ID"), "file_id"),
    moment(_("Happened"), "happened_at"),
    moment(_("Received"), "received_at"),
    text(_("Origin"), "proof"),
    text(_("State"), "state"),
    ExportColumn(_("Reason"), reason_words),
    number(_("Tries"), "tries"),
    moment(_("Worked off"), "settled_at"),
    text(_("Account"), "account"),
)
