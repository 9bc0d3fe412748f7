"""Every record can be read for ever, in both languages, whatever it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.utils import translation

from audit import rows
from audit.changes import _DETAIL_LABELS, further_details
from audit.models import Record
from audit.qualifiers import Query
from audit.registry import AuditAction, registry
from audit.rows import Row, browser_text
from audit.sentences import fill, sentence
from operations import mirror_records

FULL = {
    "count": 250,
    "username": "lin",
    "path": "/admin/",
    "method": "POST",
    "run": 4,
    "note": "x",
    "subject": "x",
}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("action", list(registry), ids=lambda action: action.code)
def test_every_action_has_a_sentence_in_every_language(action: AuditAction, language: str) -> None:
    bare = Record(action=action.code, outcome=action.outcome)
    full = Record(
        action=action.code,
        outcome=action.outcome,
        actor_name="Lin Yue",
        target_label="IELTS Speaking",
        run_id=7,
        details={name: FULL.get(name, "x") for name in action.details},
    )
    with translation.override(language):
        for record in (bare, full):
            row = Row(record)
            assert row.sentence
            assert row.quiet is not None
            assert row.badge is not None
        assert "%" not in sentence(full)
        assert "…" not in sentence(full), "the sentence asks for something that no record has"


@pytest.mark.parametrize("action", list(registry), ids=lambda action: action.code)
def test_every_action_has_an_icon_that_is_drawn(action: AuditAction) -> None:
    sprite = finders.find("screens/icons.svg")
    assert f'id="{action.icon}"' in Path(str(sprite)).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "code", ["intake", "intake.import", "import", "reading", "push", "mirror", "mirror.changed", "rows"]
)
def test_what_comes_in_can_be_searched_for_by_a_word_of_its_code(code: str) -> None:
    query = Query.parse(f"action:{code}")
    assert not query.problems
    assert query.conditions[0].codes


def test_details_of_what_came_in_are_named_in_words() -> None:
    unnamed = {
        name
        for action in registry
        if action.code.startswith(("intake.", "mirror.", "operations.rows."))
        for name in action.details
        if name not in _DETAIL_LABELS
    }
    assert not unnamed


def test_what_a_reading_brought_is_told_by_the_names_of_kinds() -> None:
    counts = {"media_assets.cloudfile": {"new": 3, "changed": 1, "gone": 0}, "retired.kind": {"new": 1}}
    facts = dict(further_details(Record(action="intake.reading.finished", details={"by_kind": counts})))
    assert facts == {"By kind of object": "Cloud file: New: 3, Changed: 1, retired.kind: New: 1"}


def test_every_door_has_a_name() -> None:
    assert {*mirror_records._DOORS.values(), "admin", "command", "sweeper", "migration"} <= rows._DOORS.keys()


def test_an_action_that_is_gone_shows_its_code() -> None:
    shown = sentence(Record(action="retired.thing.done", actor_name="Lin", target_label="<b>"))
    assert "retired.thing.done" in shown
    assert "Lin" in shown
    assert "<b>" not in shown


def test_values_are_escaped_and_missing_ones_are_an_ellipsis() -> None:
    shown = fill("<%(target)s> 100%% %(count)d %(gone)s %(odd)x", {"target": "<script>", "count": "3"})
    assert shown == "&lt;&lt;script&gt;&gt; 100% 3 … %(odd)x"


@pytest.mark.parametrize(
    ("changes", "details"),
    [
        (["not", "a", "mapping"], {}),
        ({"name": "only after"}, {"sent": ["a", 1]}),
        ({"name": {"before": None, "after": {"deep": [1, True]}}}, {"sent": {"a": None}}),
        ({"no_such_field": {"label": "Old field", "before": 1, "after": 2}}, {"outcomes": "odd"}),
    ],
)
def test_odd_shapes_of_an_older_version_are_shown_and_do_not_break(changes: object, details: object) -> None:
    for kind in ("auth.user", "no.such", "", "nonsense"):
        row = Row(Record(action="audit.rights.changed", target_kind=kind, changes=changes, details=details))
        assert row.changes
        assert row.quiet is not None
        assert row.sent is not None


def test_a_field_is_called_as_its_model_calls_it() -> None:
    changes = {"first_name": {"label": "x", "before": "a", "after": "b"}}
    (change,) = Row(Record(action="audit.rights.changed", target_kind="auth.user", changes=changes)).changes
    assert change.label == "First name"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", "Chrome, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/17 Safari/605", "Safari, macOS"),
        ("curl/8.0", ""),
    ],
)
def test_a_browser_is_named_in_two_words(agent: str, words: str) -> None:
    assert browser_text(agent) == words
