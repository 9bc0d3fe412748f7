"""The Chinese catalogue is complete, keeps every placeholder, and is compiled as it stands. Needs no gettext tools."""

from __future__ import annotations

import ast
import gettext
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils.translation.template import templatize

LOCALE = Path(settings.BASE_DIR) / "locale" / "zh_Hans" / "LC_MESSAGES"
PACKAGES = ("audit", "backoffice", "courses", "intake", "media_assets", "operations", "screens")

_LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?) )?(".*")')
_PLACEHOLDER = re.compile(r"%%|%\(\w+\)[-+#0 ]*\d*(?:\.\d+)?[a-z]|\{\w*\}")
_STRING = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_MARKED = re.compile(rf"(?<!\w)(gettext|ngettext|pgettext|npgettext|_)\(\s*({_STRING}(?:\s*,\s*{_STRING})*)")

Key = tuple[str, str]
"""Context ("" for none) and source text."""


@dataclass
class Entry:
    """One message of the catalogue."""

    texts: dict[str, str] = field(default_factory=dict)
    fuzzy: bool = False

    @property
    def key(self) -> Key:
        return self.texts.get("msgctxt", ""), self.texts["msgid"]

    @property
    def translation(self) -> str:
        """Chinese has one form, so a message with a plural has one translation as well."""
        return self.texts.get("msgstr", self.texts.get("msgstr[0]", ""))


def entries() -> list[Entry]:
    """The messages of the .po file; the header is left out."""
    found: list[Entry] = [Entry()]
    name = ""
    for line in (LOCALE / "django.po").read_text(encoding="utf-8").splitlines():
        if not line.strip():
            found.append(Entry())
        elif line.startswith("#"):
            found[-1].fuzzy |= line.startswith("#,") and "fuzzy" in line
        else:
            match = _LINE.fullmatch(line)
            assert match, f"not a line of a catalogue: {line}"
            name = match.group(1) or name
            texts = found[-1].texts
            texts[name] = texts.get(name, "") + ast.literal_eval(match.group(2))
    return [entry for entry in found if entry.texts.get("msgid")]


ENTRIES = entries()


def marked() -> dict[Key, str]:
    """Every text of the product that is marked for translation, with a file that has it."""
    base = Path(settings.BASE_DIR)
    found: dict[Key, str] = {}
    for package in PACKAGES:
        for path in sorted((base / package).rglob("*.py")):
            for key in _marked_in_python(path.read_text(encoding="utf-8")):
                found.setdefault(key, str(path.relative_to(base)))
    for path in sorted((base / "templates").rglob("*.html")):
        for key in _marked_in_template(path.read_text(encoding="utf-8")):
            found.setdefault(key, str(path.relative_to(base)))
    return found


def _marked_in_python(source: str) -> Iterator[Key]:
    tree = ast.parse(source)
    functions = {
        alias.asname or alias.name: alias.name.removesuffix("_lazy").removesuffix("_noop")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = functions.get(node.func.id, "") if isinstance(node.func, ast.Name) else ""
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        if "gettext" in function and texts and isinstance(texts[0], str):
            yield (texts[0], texts[1]) if "p" in function.removesuffix("gettext") else ("", texts[0])


def _marked_in_template(source: str) -> Iterator[Key]:
    for function, strings in _MARKED.findall(templatize(source)):
        texts = [ast.literal_eval(text) for text in re.findall(_STRING, strings)]
        yield (texts[0], texts[1]) if function in ("pgettext", "npgettext") else ("", texts[0])


def test_every_marked_text_is_in_the_catalogue_and_nothing_else_is() -> None:
    wanted, there = marked(), {entry.key for entry in ENTRIES}
    missing = {key: path for key, path in wanted.items() if key not in there}
    assert not missing, "run makemessages (see the head of the .po file) and translate these"
    assert not there - set(wanted), "no longer used: run makemessages with --no-obsolete"


def test_the_catalogue_has_no_message_twice_and_no_obsolete_one() -> None:
    assert len({entry.key for entry in ENTRIES}) == len(ENTRIES)
    assert "\n#~" not in (LOCALE / "django.po").read_text(encoding="utf-8")


def test_every_message_is_translated_and_none_is_a_guess() -> None:
    assert [entry.key for entry in ENTRIES if not entry.translation or entry.fuzzy] == []


def test_translations_keep_exactly_their_placeholders() -> None:
    broken = {}
    for entry in ENTRIES:
        source = entry.texts.get("msgid_plural", entry.texts["msgid"])
        if sorted(_PLACEHOLDER.findall(entry.translation)) != sorted(_PLACEHOLDER.findall(source)):
            broken[source] = entry.translation
    assert broken == {}


def test_translations_have_as_many_lines_as_their_sources() -> None:
    assert [entry.key for entry in ENTRIES if entry.translation.count("\n") != entry.key[1].count("\n")] == []


def test_the_compiled_catalogue_says_what_the_readable_one_says() -> None:
    content = (LOCALE / "django.mo").read_bytes()
    with (LOCALE / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in ENTRIES:
        context, text = entry.key
        plural = entry.texts.get("msgid_plural")
        if plural is not None:
            said = (
                compiled.npgettext(context, text, plural, 2)
                if context
                else compiled.ngettext(text, plural, 2)
            )
        else:
            said = compiled.pgettext(context, text) if context else compiled.gettext(text)
        assert said == entry.translation, f"{text!r}: run compilemessages"
    (count,) = struct.unpack_from("<I", content, 8)
    assert count == len(ENTRIES) + 1, "the compiled catalogue has other messages; run compilemessages"
