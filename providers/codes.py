"""What the codes of a provider mean, what helps, and what may be concluded from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

LONGEST_CODE: Final = 64


class CodeClass(StrEnum):
    """What an answer says about the change that was asked for."""

    DONE = "done"
    ALREADY = "already"
    FIX_INPUT = "fix_input"
    RETRY_LATER = "retry_later"
    CREDENTIALS = "credentials"
    MAINTENANCE = "maintenance"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in the two languages of the product."""

    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """The sentence in `language` (a code such as "en" or "zh-hans"); English for any other."""
        return self.zh if language.lower().startswith("zh") else self.en


NOTHING_TO_DO: Final = Text("", "")
LOOK_FIRST: Final = Text(
    "Look at the provider whether the change took place before anything is sent again.",
    "再次发送之前，请先到服务商处确认更改是否已经生效。",
)


@dataclass(frozen=True, slots=True)
class Code:
    """One answer code of a provider.

    `field` is the provider's name of the parameter the code is about (such as "courseName"), or None
    when it concerns no single parameter. In a table, "*" in `value` stands for one or more characters.
    """

    value: str
    meaning: Text
    advice: Text
    kind: CodeClass
    field: str | None = None


class CodeTable:
    """Every code of one provider; a code may have a class of its own in a call.

    `general` rows hold for all calls, `calls` for one. `assumed` rows are known to `find` but are
    not listed by `rows`, since no page of the provider documents them.
    """

    def __init__(
        self,
        provider: str,
        name: str,
        *,
        general: Iterable[Code] = (),
        calls: Mapping[str, Iterable[Code]] | None = None,
        assumed: Iterable[Code] = (),
    ) -> None:
        """Build the table of `provider` (its key), shown to people as `name`."""
        self.provider = provider
        self.name = name
        self._general = _unique(general)
        self._calls = {call: _unique(rows) for call, rows in (calls or {}).items()}
        self._assumed = _unique(assumed)

    @property
    def calls(self) -> tuple[str, ...]:
        """The calls that have rows of their own."""
        return tuple(self._calls)

    def find(self, call: str, raw_code: str | int) -> Code:
        """The row for what `call` answered; a code that nobody knows comes back as unknown.

        A code that is documented for another call only keeps its meaning, but proves nothing here.
        """
        raw = str(raw_code)[:LONGEST_CODE]
        places = (self._calls.get(call, {}), self._general, self._assumed)
        for rows in places:
            if raw in rows:
                return rows[raw]
        for rows in places:
            for value, code in rows.items():
                if "*" in value and _pattern(value).fullmatch(raw):
                    return replace(code, value=raw)
        for rows in self._calls.values():
            if raw in rows:
                return replace(rows[raw], kind=CodeClass.UNKNOWN, advice=LOOK_FIRST)
        return self._undocumented(raw)

    def knows(self, raw_code: str | int) -> bool:
        """Whether the code has a meaning in any call."""
        raw = str(raw_code)[:LONGEST_CODE]
        return self.find("", raw).meaning != self._undocumented(raw).meaning

    def rows(self, call: str | None = None) -> list[Code]:
        """The documented rows of `call` and the general ones; without a call, the rows of all calls."""
        if call is not None:
            return list({**self._general, **self._calls.get(call, {})}.values())
        every = [code for rows in self._calls.values() for code in rows.values()]
        return list(dict.fromkeys([*self._general.values(), *every]))

    def documented_for(self, call: str) -> list[Code]:
        """The rows of `call` alone, in the order of the provider's page."""
        return list(self._calls.get(call, {}).values())

    def _undocumented(self, raw: str) -> Code:
        if not raw:
            return Code(
                value="",
                meaning=Text(f"{self.name} gave no code", f"{self.name} 没有返回代码"),
                advice=LOOK_FIRST,
                kind=CodeClass.UNKNOWN,
            )
        return Code(
            value=raw,
            meaning=Text(
                f"{self.name} answered {raw}, which nobody has documented",
                f"{self.name} 返回了 {raw}，这个代码没有任何文档说明",
            ),
            advice=LOOK_FIRST,
            kind=CodeClass.UNKNOWN,
        )


def _unique(rows: Iterable[Code]) -> dict[str, Code]:
    by_value: dict[str, Code] = {}
    for code in rows:
        if code.value in by_value:
            raise ValueError(f"The code {code.value} stands twice in one table.")
        by_value[code.value] = code
    return by_value


def _pattern(value: str) -> re.Pattern[str]:
    return re.compile(".+".join(re.escape(part) for part in value.split("*")))
