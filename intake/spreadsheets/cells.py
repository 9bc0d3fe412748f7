"""What a cell of a spreadsheet means: form fields that take the words of people and of other programs, or say what is wrong.

Each is given a text as the file has it, and gives what the mirror keeps. An empty cell says nothing and is never asked.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from screens.figures import listed
from screens.states import Text

LARGEST = 2**63 - 1
_ROUNDED = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?[0-9]+\.[0-9]*")
_NOTHING = frozenset({"", "-", "--", "—", "–", "n/a", "null", "none", "not known", "无", "暂无", "未知"})
"""What programs write where there is nothing."""


def says_nothing(text: str) -> bool:
    """Whether a cell is empty, or filled with what stands for empty."""
    return text.strip().casefold() in _NOTHING


class NoExcelErrors(forms.CharField):
    """A text; a formula and an error of Excel are none."""

    default_error_messages = {
        "formula": _("This is a formula. Paste its value in its place."),
        "excel_error": _("This is an error of Excel: %(text)s."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"strip": True, **kwargs})

    def clean(self, value: Any) -> Any:
        text = str(value or "").strip()
        if text == "=?":
            raise ValidationError(self.error_messages["formula"], code="formula")
        if re.fullmatch(r"#[A-Z/0!]+[!?]?", text) and text[-1] in "!?AED":
            raise ValidationError(
                self.error_messages["excel_error"], code="excel_error", params={"text": text}
            )
        return super().clean(text)


class IdField(NoExcelErrors):
    """An id of ClassIn: figures alone. One that a spreadsheet made a number of is refused rather than guessed."""

    default_error_messages = {
        "rounded": _(
            "“%(text)s” is a rounded number: Excel has lost digits of this ID. Format the column as text, then export again."
        ),
        "decimal": _(
            "“%(text)s” was made a decimal number by a spreadsheet. Format the column as text, then export again."
        ),
        "no_id": _("“%(text)s” is no ID of ClassIn: it has figures only."),
    }
    pattern = re.compile(r"[0-9]{1,20}", re.ASCII)

    def to_python(self, value: Any) -> str:
        """The id as text, without the sign that keeps a spreadsheet from changing it."""
        text = str(super().to_python(value)).lstrip("'’`").strip()
        for code, pattern in (("rounded", _ROUNDED), ("decimal", _DECIMAL)):
            if pattern.fullmatch(text):
                raise ValidationError(self.error_messages[code], code=code, params={"text": text[:40]})
        if text and not self.pattern.fullmatch(text):
            raise ValidationError(self.error_messages["no_id"], code="no_id", params={"text": text[:40]})
        return text


class OpaqueIdField(IdField):
    """An id of letters and figures, such as that of a video file."""

    default_error_messages = {"no_id": _("“%(text)s” is no ID: it has a space or a sign that no ID has.")}
    pattern = re.compile(r"[A-Za-z0-9_.:/-]{1,600}", re.ASCII)


class MomentField(NoExcelErrors):
    """A time in the school's time zone, or seconds since 1970; a day alone is its beginning."""

    default_error_messages = {
        "no_moment": _("“%(text)s” is no time that can be read. Write it like 2026-03-02 08:30."),
        "no_such_time": _("“%(text)s” does not exist or exists twice in the school’s time zone."),
    }

    def clean(self, value: Any) -> dt.datetime | None:
        text = super().clean(value)
        return self.moment_of(text) if text else None

    def moment_of(self, text: str) -> dt.datetime:
        """Raises ValidationError for what is no time."""
        moment = _moment(text)
        if moment is None or not 1970 <= moment.year <= 9000:
            raise ValidationError(
                self.error_messages["no_moment"], code="no_moment", params={"text": text[:40]}
            )
        if timezone.is_aware(moment):
            return moment.astimezone(dt.UTC)
        zone = timezone.get_default_timezone()
        aware = moment.replace(tzinfo=zone)
        if aware.utcoffset() != moment.replace(tzinfo=zone, fold=1).utcoffset():
            raise ValidationError(
                self.error_messages["no_such_time"], code="no_such_time", params={"text": text[:40]}
            )
        return aware.astimezone(dt.UTC)


class WholeNumberField(NoExcelErrors):
    """A whole number within bounds; thousands may be parted by commas, and ".0" is what Excel made of it."""

    default_error_messages = {
        "no_number": _("“%(text)s” is no whole number."),
        "out_of_bounds": _("%(text)s is not between 0 and %(most)s."),
    }

    def __init__(self, *, most: int = LARGEST, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        return self.number_of(text) if text else None

    def number_of(self, text: str) -> int:
        """Raises ValidationError for what is none."""
        if not re.fullmatch(r"[0-9]{1,19}(?:\.0*)?|[0-9]{1,3}(?:,[0-9]{3})+", text, re.ASCII):
            raise ValidationError(
                self.error_messages["no_number"], code="no_number", params={"text": text[:40]}
            )
        return self.bounded(int(text.partition(".")[0].replace(",", "")))

    def bounded(self, number: int) -> int:
        """The number, or a ValidationError."""
        if number > self.most:
            params = {"text": f"{number:,}", "most": f"{self.most:,}"}
            raise ValidationError(self.error_messages["out_of_bounds"], code="out_of_bounds", params=params)
        return number


class SecondsField(WholeNumberField):
    """A length: seconds, "1:02:03", "62:03", "1 h 2 min 3 s", "1小时2分3秒". Gives seconds."""

    default_error_messages = {"no_number": _("“%(text)s” is no length. Write seconds, or 1:02:03.")}
    _CLOCK = re.compile(r"(?:([0-9]{1,5}):)?([0-9]{1,5}):([0-9]{2})(?:\.[0-9]+)?", re.ASCII)
    _WORDS = re.compile(
        r"(?:([0-9]+) ?(?:h|hours?|hr|小时|时))? ?(?:([0-9]+) ?(?:min|minutes?|m|分钟|分))? ?(?:([0-9]+) ?(?:s|sec|seconds?|秒))?",
        re.IGNORECASE | re.ASCII,
    )

    def number_of(self, text: str) -> int:
        """Raises ValidationError for what is none."""
        for pattern in (self._CLOCK, self._WORDS):
            if found := pattern.fullmatch(text):
                hours, minutes, seconds = (int(part or 0) for part in found.groups())
                return self.bounded(hours * 3600 + minutes * 60 + seconds)
        return super().number_of(text)


class BytesField(WholeNumberField):
    """A size with its unit ("734.2 MB", "1.2G"), or bytes. Gives bytes, in steps of 1,000 as the lists show them."""

    default_error_messages = {
        "no_number": _("“%(text)s” is no size. Write it with its unit, such as 734 MB, or in bytes.")
    }
    _SIZE = re.compile(
        r"([0-9][0-9,]*(?:\.[0-9]+)?) ?([KMGT]?)i?(?:B|bytes?|字节)?", re.IGNORECASE | re.ASCII
    )
    _STEPS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}

    def number_of(self, text: str) -> int:
        """Raises ValidationError for what is none, and for a fraction of a byte."""
        found = self._SIZE.fullmatch(text)
        if found is None:
            return super().number_of(text)
        figure, unit = found[1].replace(",", ""), found[2].upper()
        if not unit:
            return super().number_of(figure)
        step = 1024 if "i" in text else 1000
        return self.bounded(round(float(figure) * step ** self._STEPS[unit]))


class WordsField(NoExcelErrors):
    """One of several known words, in either language, or its code; gives what the word stands for."""

    default_error_messages = {"no_word": _("“%(text)s” is not one of: %(words)s.")}

    def __init__(self, words: Mapping[str, Any], shown: Sequence[Text], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = {word.casefold(): value for word, value in words.items()}
        self.shown = shown

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return self.words[text.casefold()]
        except KeyError:
            params = {"text": text[:40], "words": _listed(self.shown)}
            raise ValidationError(self.error_messages["no_word"], code="no_word", params=params) from None


class YesNoField(WordsField):
    """Yes or no."""

    def __init__(self, **kwargs: Any) -> None:
        yes = dict.fromkeys(("yes", "true", "1", "y", "on", "是", "已锁定"), True)
        no = dict.fromkeys(("no", "false", "0", "n", "off", "否", "未锁定"), False)
        super().__init__(yes | no, (_("Yes"), _("No")), **kwargs)


def _in_one_line(words: Sequence[Text]) -> str:
    return listed([str(word) for word in words])


_listed = lazy(_in_one_line, str)
"""Words of a closed list, in the language of whoever reads the sentence that they are in."""


def _moment(text: str) -> dt.datetime | None:
    """A moment in one of the ways that exports write it; naive where no offset stands with it."""
    if re.fullmatch(r"[0-9]{9,10}(?:\.0)?", text, re.ASCII):
        return dt.datetime.fromtimestamp(int(float(text)), dt.UTC)
    if re.fullmatch(r"[0-9]{12,13}", text, re.ASCII):
        return dt.datetime.fromtimestamp(int(text) // 1000, dt.UTC)
    plain = re.sub(
        r"\s+", " ", text.replace("年", "-").replace("月", "-").replace("日", " ").replace("：", ":")
    )
    found = re.fullmatch(
        r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:\.[0-9]+)?)? ?"
        r"(Z|[+-][0-9]{2}:?[0-9]{2})?",
        plain.strip(),
        re.ASCII,
    )
    if found is None:
        return None
    year, month, day, hour, minute, second, offset = found.groups()
    written = (
        f"{year}-{month:>02}-{day:>02}T{hour or '0':>02}:{minute or '00'}:{second or '00'}{offset or ''}"
    )
    try:
        return parse_datetime(written)
    except ValueError:
        return None


def day_of(text: str) -> dt.date | None:
    """The day that a text of a day alone names, None for another text."""
    moment = _moment(text)
    midnight = moment is not None and (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return moment.date() if moment is not None and midnight and parse_date(f"{moment:%Y-%m-%d}") else None
