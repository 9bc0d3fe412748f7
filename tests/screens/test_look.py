"""The pieces of the look: tokens that can be read, templates that hold their promises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template

import screens

STATIC = Path(screens.__file__).parent / "static/screens"
TEMPLATES = Path(screens.__file__).parent.parent / "templates"
TOKENS = (STATIC / "css/tokens.css").read_text()


def palette(selector: str) -> dict[str, str]:
    block = TOKENS[TOKENS.index(selector) :].split("}", 1)[0]
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block))


LIGHT = palette('html[data-theme="light"] {')
DARK = palette('html[data-theme="dark"] {')


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dim = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


TEXT_ON = [
    *(
        (ink, ground)
        for ink in ("ink", "ink-2", "ink-3", "accent", "danger")
        for ground in ("page", "card", "sunken")
    ),
    *((ink, "selected") for ink in ("ink", "ink-2", "ink-3")),
    *((tone, f"{tone}-tint") for tone in ("accent", "danger", "amber", "green", "violet", "teal")),
    *((ink, "accent-tint") for ink in ("ink", "ink-2", "ink-3")),
    ("ink-2", "grey-tint"),
    ("demo-ink", "demo"),
    ("ink-2", "sidebar"),
    ("ink-3", "sidebar"),
]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_ON)
def test_text_can_be_read_on_its_ground(theme: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(theme[ink], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_fields_bars_and_filled_buttons_can_be_seen(theme: dict[str, str]) -> None:
    for name in (
        "field-line",
        "meter",
        *(key for key in theme if key.startswith("bar-") and key != "bar-todo"),
    ):
        assert contrast(theme[name], theme["card"]) >= 3, name
    for name in ("accent-fill", "accent-fill-hover", "danger-fill", "danger-fill-hover"):
        assert contrast("#ffffff", theme[name]) >= 4.5, name


def test_the_dark_theme_is_the_same_by_choice_and_by_system() -> None:
    assert palette("(prefers-color-scheme: dark)") == DARK
    assert LIGHT.keys() == DARK.keys()


def test_every_token_that_is_used_exists() -> None:
    known = set(re.findall(r"(--[a-z0-9-]+):", TOKENS))
    for sheet in (STATIC / "css").glob("*.css"):
        assert set(re.findall(r"var\((--[a-z0-9-]+)", sheet.read_text())) <= known, sheet.name


def test_templates_have_nothing_inline() -> None:
    for template in [
        *TEMPLATES.glob("admin/*.html"),
        *TEMPLATES.glob("screens*/**/*.html"),
        *TEMPLATES.glob("*.html"),
    ]:
        text = re.sub(r"{% comment %}.*?{% endcomment %}", "", template.read_text(), flags=re.DOTALL)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text), template


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = (STATIC / "icons.svg").read_text()
    for template in TEMPLATES.rglob("*.html"):
        for name in re.findall(r'(?:{% icon |icon_name=)"([a-z0-9-]+)"', template.read_text()):
            assert f'id="{name}"' in sprite, (template, name)


class CourseForm(forms.Form):
    name = forms.CharField(label="Course name", help_text="Students see it at once.")
    stays = forms.ChoiceField(
        label="Former teacher", choices=[("1", "Stays"), ("0", "Leaves")], widget=forms.RadioSelect
    )
    setting = forms.CharField(label="Setting", required=False, disabled=True, initial="12 on stage")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on
        self.fields["name"].counter_limit = 40  # type: ignore[attr-defined]  # what the template reads
        self.fields["name"].age_label = "imported in May"  # type: ignore[attr-defined]  # what the template reads
        self.fields["setting"].locked_reason = "Unlocks today at 12:10."  # type: ignore[attr-defined]  # the same


def drawn(form: forms.Form) -> str:
    return Template("{% load crispy_forms_tags %}{{ form|crispy }}").render(Context({"form": form}))


def test_a_field_shows_age_help_counter_and_lock() -> None:
    page = drawn(CourseForm(initial={"name": "课程 A"}))
    assert "imported in May" in page
    assert "4 / 40" in page
    assert 'id="id_name_helptext"' in page
    assert 'aria-describedby="id_name_helptext"' in page
    assert "12 on stage" in page
    assert 'name="setting"' not in page
    assert "<legend>Former teacher" in page


def test_an_error_stands_beside_its_field_and_in_the_summary() -> None:
    form = CourseForm({"name": "", "stays": "1"}, initial={"name": "Before"})
    page = drawn(form)
    assert 'id="id_name_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'data-original="Before"' in page
    assert "is-changed" in page
    summary = Template('{% include "screens/error_summary.html" %}').render(Context({"form": form}))
    assert '<a class="in-text" href="#id_name">Course name: This field is required.</a>' in summary
    assert "One field needs a look" in summary


def test_cards_and_notes_take_what_stands_between_their_tags() -> None:
    page = Template(
        '{% load screens %}{% card title="Will go" icon_name="trash-2" count=1250 %}<b>inside</b>{% endcard %}'
        '{% note "danger" title="No way back." %}{{ text }}{% endnote %}'
    ).render(Context({"text": "<i>"}))
    assert "<b>inside</b>" in page
    assert "1,250" in page
    assert "note-red" in page
    assert "&lt;i&gt;" in page
