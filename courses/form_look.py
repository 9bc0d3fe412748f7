"""How the edit form of a course looks: cards, choices, ages, help beside each trap, and the locked form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import HTML, Fieldset, Layout
from django.utils.html import escape
from django.utils.translation import gettext as _

from courses import covers, edits, expiry
from courses.models import Course
from providers.classin.courses import LONGEST_COURSE_NAME, LONGEST_INTRODUCTION
from screens.dates import day_text

if TYPE_CHECKING:
    from courses.forms import EditCourseForm

KEEP, NEVER, UNTIL = "keep", "never", "until"
"""The three choices about the expiry."""

_AGE_OF = {
    "name": "name",
    "introduction": "introduction",
    "subject_id": "subject_id",
    "cover": "cover_sha256",
    "main_teacher_uid": "main_teacher_uid",
    "folder_id": "folder_id",
    "expiry": "expiry_time",
    "classroom_setting_id": "classroom_setting_id",
}

_ATTRIBUTES: dict[str, dict[str, str]] = {
    # Names keep their own language, whatever that of the page is.
    "name": {"lang": "", "autocomplete": "off"},
    "introduction": {"lang": ""},
    "main_teacher_uid": {"class": "name-input"},
    "classroom_setting_id": {"class": "name-input"},
    "subject_id": {"class": "name-input"},
    "folder_id": {"class": "short-input", "inputmode": "numeric", "autocomplete": "off"},
}


def dress(form: EditCourseForm) -> None:
    """Give a new form its choices, ages, help and cards; a locked one shows values and reasons only."""
    _offer_choices(form)
    _tell_ages(form)
    _tell_help(form)
    _tell_what_was_shown(form)
    form.helper.layout = _layout(form)
    if form.lock:
        _lock(form)


def ask_for_the_file_again(form: EditCourseForm, name: str) -> None:
    """Browsers do not send a file twice by themselves: say that it has to be chosen again."""
    text = _("“%(file)s” was not sent. Choose the file once more.") % {"file": name}
    form.fields["cover"].help_text = escape(text)


def _offer_choices(form: EditCourseForm) -> None:
    current = {form.loaded["main_teacher_uid"], form.now["main_teacher_uid"]}
    _choose(form, "main_teacher_uid", form.words.teachers, current)
    current = {form.loaded["classroom_setting_id"], form.now["classroom_setting_id"], edits.SCHOOL_DEFAULT}
    _choose(form, "classroom_setting_id", form.words.classroom_settings, current)
    if form.loaded["subject_id"] is None:
        _set_choices(form, "subject_id", [("", _("Not known; not sent")), *Course.Subject.choices])
    _set_choices(
        form, "stamp", [(former.value, capital(edits.former_in_words(former))) for former in edits.Former]
    )
    kept = _("Keep it as it is: %(expiry)s") % {"expiry": expiry.in_words(form.loaded["expiry_time"])}
    until = _("Expires at the end of the last day")
    _set_choices(form, "expiry", [(KEEP, kept), (NEVER, _("Never expires (sent as 0)")), (UNTIL, until)])


def _choose(form: EditCourseForm, field: str, names: Mapping[str, str], current: set[str]) -> None:
    """Names to choose from, and the current value even when we know no name for it."""
    bearers = Counter(names.values())
    choices = [
        (key, name if name and bearers[name] == 1 else f"{name} ({key})".strip())
        for key, name in names.items()
    ]
    unlisted = sorted(key for key in current if key and key not in names)
    choices = [(key, capital(form.words.of(form.target, field, key))) for key in unlisted] + choices
    if not form.loaded[field]:
        choices.insert(0, ("", _("Not known; not sent")))
    _set_choices(form, field, choices)


def _set_choices(form: EditCourseForm, name: str, choices: list[tuple[Any, Any]]) -> None:
    field: Any = form.fields[name]
    field.choices = choices


def _tell_ages(form: EditCourseForm) -> None:
    for name, source in _AGE_OF.items():
        field: Any = form.fields[name]
        field.age_label = form.target.age_label(source)
        field.age_is_old = form.target.is_old(source)


def _tell_what_was_shown(form: EditCourseForm) -> None:
    """The values of the mirror in words, for the list of changes beside the form."""
    shown = form.form_values(form.loaded)
    for name in ("name", "introduction", "folder_id"):
        field: Any = form.fields[name]
        field.original_text = str(shown[name])
    for name in ("main_teacher_uid", "classroom_setting_id", "subject_id", "expiry", "stamp"):
        field = form.fields[name]
        value = "" if shown[name] is None else str(shown[name])
        field.original_text = next((str(label) for key, label in field.choices if str(key) == value), "")
    field = form.fields["cover"]
    field.current_file_name = form.target.cover_name


def _tell_help(form: EditCourseForm) -> None:
    limits = {"name": edits.COUNTED_NAME, "introduction": LONGEST_INTRODUCTION}
    for name, limit in limits.items():
        counted: Any = form.fields[name]
        counted.counter_limit = limit
    for name, attributes in _ATTRIBUTES.items():
        form.fields[name].widget.attrs |= attributes
    for name, text in _help_texts(form).items():
        form.fields[name].help_text = text
    if form.initial.get("cover"):
        ask_for_the_file_again(form, str(form.initial["cover"]))


def _help_texts(form: EditCourseForm) -> dict[str, str]:
    """Help by field, as HTML: names in it are escaped."""
    always = _("Sent with every edit, changed or not: left out, ClassIn may reset it.")
    unknown = _(
        "Not known here, so it is not sent, and ClassIn may reset it with any edit. Choose one to be sure."
    )
    first, last = expiry.earliest_day(), expiry.latest_day()
    form.fields["expires_on"].widget.attrs |= {"min": first.isoformat(), "max": last.isoformat()}
    folder = form.target.folder_path
    return {
        "name": _(
            "Students see it at once. ClassIn may cut names after %(counted)s characters without saying so; "
            "more than %(limit)s are refused."
        )
        % {"counted": edits.COUNTED_NAME, "limit": LONGEST_COURSE_NAME},
        "introduction": _("Shown on the course card in ClassIn."),
        "subject_id": _sentences(
            _("For courses of primary and secondary schools."),
            unknown if form.now["subject_id"] is None else always,
        ),
        "cover": _(
            "JPEG or PNG, up to 2 MB, each side %(shortest)s to %(longest)s pixels. Leave empty to keep it."
        )
        % {"shortest": covers.SHORTEST_SIDE, "longest": covers.LONGEST_SIDE},
        "main_teacher_uid": _(
            "Can be replaced, not removed: without a choice, the current head teacher stays."
        ),
        "stamp": _(
            "Always sent together with a new head teacher, and only then. ClassIn’s own default is the first."
        ),
        "folder_id": _sentences(
            _("Now %(folder)s.") % {"folder": escape(folder)} if folder else "",
            _("The folder’s ID, as the list of cloud folders shows it. Leave empty to keep the current one."),
            _("Lessons not yet begun that use the old folder move along."),
        ),
        "expires_on": _(
            "%(first)s to %(last)s: at least one day and at most one year from now. "
            "The course expires when this day ends, school time."
        )
        % {"first": day_text(first), "last": day_text(last)},
        "classroom_setting_id": always if form.now["classroom_setting_id"] else unknown,
    }


def _sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _layout(form: EditCourseForm) -> Layout:
    locked = form.lock is not None
    return Layout(
        HTML('{% include "courses/edit_locked.html" %}') if locked else "opened",
        Fieldset(_("Basics"), "name", "introduction", "subject_id", "cover"),
        Fieldset(_("People"), "main_teacher_uid", *([] if locked else ["stamp"])),
        Fieldset(_("Folder and expiry"), "folder_id", "expiry", *([] if locked else ["expires_on"])),
        Fieldset(_("Classroom"), "classroom_setting_id"),
    )


def _lock(form: EditCourseForm) -> None:
    words = {
        "expiry": expiry.in_words(form.now["expiry_time"]),
        "cover": form.target.cover_name,
        "folder_id": form.target.folder_path or form.target.folder_id,
    }
    for name, field in form.fields.items():
        locked: Any = field
        locked.disabled = True
        locked.locked_reason = form.lock.short if form.lock else ""
        if name in words:
            locked.locked_value = words[name]


def capital(text: str) -> str:
    """The text as the beginning of a line."""
    return text[:1].upper() + text[1:]
