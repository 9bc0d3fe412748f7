"""Every kind of notice can be shown and mailed in both languages, and its code stays what it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.utils.translation import override

from operations.models import Notice, Run
from operations.notice_words import mail_subject, sentence
from operations.notices import NoticeKind, kinds
from operations.states import Halt

CODES = {
    "operations.run.approval_wanted",
    "operations.run.approved",
    "operations.run.sent_back",
    "operations.run.approval_expired",
    "operations.run.finished",
    "operations.run.halted",
    "operations.run.cancelled",
    "operations.run.unknown",
    "media_assets.retention.announced",
}
"""Stored with every notice, so none may disappear or be renamed."""
SAMPLES = {"why": Halt.MAINTENANCE.value, "day": "2026-12-03"}
"""Details that are no plain number."""


def test_no_stored_code_disappears() -> None:
    assert {kind.code for kind in kinds} >= CODES


@pytest.mark.parametrize("kind", list(kinds), ids=lambda kind: kind.code)
def test_a_kind_fills_its_own_sentences_in_both_languages(kind: NoticeKind) -> None:
    details = {name: SAMPLES.get(name, 1) for name in kind.details}
    notice = Notice(kind=kind.code, details=details, run=Run(pk=7))
    shown = {}
    for language in ("en", "zh-hans"):
        with override(language):
            shown[language] = (str(kind.label), sentence(notice), mail_subject(notice))
    assert all(text and "%(" not in text for texts in shown.values() for text in texts)
    assert not set(shown["en"]) & set(shown["zh-hans"])


@pytest.mark.parametrize("kind", list(kinds), ids=lambda kind: kind.code)
def test_the_icon_of_a_kind_is_drawn(kind: NoticeKind) -> None:
    sprite = finders.find("screens/icons.svg")
    assert isinstance(sprite, str)
    assert f'id="{kind.icon}"' in Path(sprite).read_text(encoding="utf-8")
