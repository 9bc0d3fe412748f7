"""deleteClassVideo of the imitation: the trap, and every refusal from state."""

import time

import pytest

from sandbox.server import Sandbox
from tests.sandbox.callers import classin


def test_one_clip_is_deleted_and_the_others_stay(sandbox: Sandbox) -> None:
    lesson = sandbox.classin.add_class()
    first, second = sandbox.classin.add_clip(lesson), sandbox.classin.add_clip(lesson)
    assert classin(sandbox, "deleteClassVideo", classId=lesson.id, fileId=first.id).errno == 1
    assert first.deleted_at is not None
    assert second.deleted_at is None
    assert [entry["effect"] for entry in sandbox.effects()] == [[first.id]]


@pytest.mark.parametrize("fields", [{}, {"fileId": ""}, {"videoId": "1"}, {"fileID": "1"}])
def test_a_missing_empty_or_misspelt_file_id_deletes_every_clip(
    sandbox: Sandbox, fields: dict[str, str]
) -> None:
    lesson = sandbox.classin.add_class()
    clips = [sandbox.classin.add_clip(lesson) for _ in range(3)]
    assert classin(sandbox, "deleteClassVideo", classId=lesson.id, **fields).errno == 1
    assert [entry["effect"] for entry in sandbox.effects()] == [[clip.id for clip in clips]]


def test_deleting_again_says_that_it_is_gone(sandbox: Sandbox) -> None:
    lesson = sandbox.classin.add_class()
    first, second = sandbox.classin.add_clip(lesson), sandbox.classin.add_clip(lesson)
    answers = [
        classin(sandbox, "deleteClassVideo", classId=lesson.id, fileId=clip.id).errno
        for clip in (first, first, second, second)
    ]
    assert answers == [1, 634, 1, 632]
    assert len(sandbox.effects()) == 2


@pytest.mark.parametrize(
    ("state", "errno"),
    [
        ({"refuses": 269}, 269),
        ({"refuses": 369}, 369),
        ({"ends_at": int(time.time()) + 3600}, 384),
        ({"recording": "never"}, 254),
        ({"recording": "failed"}, 631),
        ({"locked": True}, 633),
        ({"known": False}, 233),
    ],
)
def test_a_class_in_a_special_state_keeps_its_clips(
    sandbox: Sandbox, state: dict[str, object], errno: int
) -> None:
    clip = sandbox.classin.add_clip(sandbox.classin.add_class(**state))
    for fields in ({"fileId": clip.id}, {}):
        assert classin(sandbox, "deleteClassVideo", classId=clip.lesson_id, **fields).errno == errno
    assert not sandbox.effects()


def test_a_clip_of_another_class_does_not_exist(sandbox: Sandbox) -> None:
    clip, other = sandbox.classin.add_clip(), sandbox.classin.add_clip()
    assert classin(sandbox, "deleteClassVideo", classId=other.lesson_id, fileId=clip.id).errno == 630


def test_another_school_has_no_such_class(sandbox: Sandbox) -> None:
    clip = sandbox.classin.add_clip()
    assert classin(sandbox, "deleteClassVideo", account="other", classId=clip.lesson_id).errno == 233


@pytest.mark.parametrize("fields", [{}, {"classId": ""}, {"classId": "abc"}])
def test_a_class_id_is_needed(sandbox: Sandbox, fields: dict[str, str]) -> None:
    assert classin(sandbox, "deleteClassVideo", **fields).errno == 100
