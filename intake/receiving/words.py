"""Messages in words: what each kind is, and why one failed or waits."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from intake.models import PushMessage
from screens.figures import number_text
from screens.states import State, Text

KINDS: dict[str, Text] = {
    "Record": gettext_lazy("New class video"),
    "Upload": gettext_lazy("Class video uploaded"),
    "End": gettext_lazy("Lesson over"),
    "ClassLen": gettext_lazy("Lesson made longer"),
    "FileCov": gettext_lazy("Cloud file converted"),
    "eeoCourseInfoChange": gettext_lazy("Course changed"),
    "eeoClassInfoChange": gettext_lazy("Lesson changed"),
    "Test": gettext_lazy("Test of the address"),
}
REASONS: dict[str, Text] = {
    "lesson_unknown": gettext_lazy(
        "The lesson is not known here. Import it, or wait for ClassIn’s message about it, then try again."
    ),
    "course_unknown": gettext_lazy(
        "The course is not known here. Import it, or wait for ClassIn’s message about it, then try again."
    ),
    "file_unknown": gettext_lazy(
        "The cloud file is not known here. It will be after the cloud disk is read; then try again."
    ),
    "unusable": gettext_lazy("A part of the message makes no sense: %(detail)s."),
    "fault": gettext_lazy(
        "The back office met a fault of its own (%(detail)s). The server’s log has it; try again later."
    ),
    "no_key": gettext_lazy(
        "It came without a key, so nothing proves that ClassIn sent it. Look at it; trying again works it off."
    ),
    "other_school": gettext_lazy("It is about another school: %(detail)s."),
    "too_long": gettext_lazy("It is longer than messages may be. Only its beginning is kept."),
    "not_storable": gettext_lazy(
        "The back office could not store it as what it is. Only its beginning is kept; the server’s log has the fault."
    ),
    "unreadable_empty": gettext_lazy("It was empty."),
    "unreadable_encoding": gettext_lazy("It is not written in UTF-8. Only its beginning is kept."),
    "unreadable_json": gettext_lazy("It is no valid JSON. Only its beginning is kept."),
    "unreadable_deep": gettext_lazy("It is nested too deeply. Only its beginning is kept."),
    "unreadable_object": gettext_lazy("It is JSON, but no object. Only its beginning is kept."),
}
WAITS_FOR: dict[str, Text] = {
    "lesson_unknown": gettext_lazy(
        "The lesson is not known here yet. The message waits and goes on by itself once it is."
    ),
    "course_unknown": gettext_lazy(
        "The course is not known here yet. The message waits and goes on by itself once it is."
    ),
    "file_unknown": gettext_lazy(
        "The cloud file is not known here yet. The message waits and goes on by itself once it is."
    ),
}
STATES: dict[str, State] = {
    "waiting": State(PushMessage.State.WAITING.label, "blue", "hourglass"),
    "applied": State(PushMessage.State.APPLIED.label, "green", "check"),
    "kept": State(PushMessage.State.KEPT.label, "grey", "inbox"),
    "failed": State(PushMessage.State.FAILED.label, "red", "triangle-alert"),
}


def kind_words(cmd: str) -> str:
    """What this kind of message tells; ClassIn's own word where we do not know it."""
    return str(KINDS.get(cmd) or cmd or _("Message without a kind"))


def reason_words(message: PushMessage) -> str:
    """Why the message failed or waits; "" where there is nothing to say."""
    waits_for = WAITS_FOR.get(message.reason) if message.state == PushMessage.State.WAITING else None
    template = waits_for or REASONS.get(message.reason)
    if template is None:
        return message.reason
    return str(template).replace("%(detail)s", message.reason_detail)


def refused_words(count: int) -> str:
    """That somebody was turned away for a key within a day."""
    words = ngettext(
        "%(count)s request of the last day had a wrong key or none and was refused.",
        "%(count)s requests of the last day had a wrong key or none and were refused.",
        count,
    )
    return words % {"count": number_text(count)}
