"""Courses, classes and clips in every state that a provider refuses, and a few whose answers get lost."""

from __future__ import annotations

from typing import Any

from sandbox.demo.courses import FIRST_CLASS, FIRST_CLIP, FIRST_COURSE
from sandbox.objects import Clip, Course, Lesson
from sandbox.tables import DAY
from sandbox.world import World


def add_special_classes(world: World) -> None:
    """Turn some of the ordinary courses and classes into special ones, and name them in `world.special`."""
    _courses(world)
    _classes(world)
    _misbehaving_clips(world)


def _course(world: World, index: int) -> Course:
    return world.classin.courses[str(FIRST_COURSE + index)]


def _courses(world: World) -> None:
    now = int(world.now)
    public, expired, deleted, no_info, unknown = (_course(world, index) for index in (19, 4, 8, 14, 22))
    public.course_type = 2
    expired.expires_at = now - 30 * DAY
    deleted.status, deleted.recorded = 4, {"courseStatus": 3}
    no_info.info_missing = True
    unknown.known = False
    lost, silent = _course(world, 33), _course(world, 28)
    busy = next(
        lesson
        for lesson in world.classin.lessons.values()
        if lesson.ends_at > world.now and _course(world, 36).id == lesson.course_id
    )
    busy.teacher_uid = _course(world, 36).main_teacher_uid
    world.special |= {
        "course_public": public.id,
        "course_expired": expired.id,
        "course_deleted": deleted.id,
        "course_without_info": no_info.id,
        "course_teacher_has_lessons": _course(world, 36).id,
        "course_answer_lost": lost.id,
        "course_timeout_before": silent.id,
        "course_unknown": unknown.id,
    }
    _lose(world, "editCourse", {"courseId": lost.id}, "reset_after")
    _lose(world, "editCourse", {"courseId": silent.id}, "timeout_before")


def _classes(world: World) -> None:
    """Classes of the oldest courses, one for each refusal; each has a clip in the records to run into it."""
    lessons = [lesson for lesson in world.classin.lessons.values() if world.classin.clips_of.get(lesson.id)]
    locked = next(lesson for lesson in lessons if lesson.locked)
    partly, all_gone, failed, odd = lessons[3], lessons[5], lessons[12], lessons[14]
    partly_gone = world.classin.clips_of[partly.id][0]
    _delete(world, [partly_gone])
    _delete(world, world.classin.clips_of[all_gone.id])
    failed.recording = "failed"
    odd.refuses = 269
    running = world.classin.add_class(
        _course(world, 31),
        class_id=str(FIRST_CLASS + 901),
        name="Open practice room, all term",
        begins_at=int(world.now) - 12 * DAY,
        ends_at=int(world.now) + 120 * DAY,
        teacher_uid=lessons[16].teacher_uid,
        seats=13,
    )
    never = next(lesson for lesson in world.classin.lessons.values() if lesson.recording == "never")
    vanished = world.classin.add_class(
        class_id=str(FIRST_CLASS + 900),
        course=lessons[16].course_id,
        name="Trial lesson",
        begins_at=lessons[16].begins_at + DAY,
        teacher_uid=lessons[16].teacher_uid,
        known=False,
    )
    world.special |= {
        "class_locked": locked.id,
        "clip_of_locked_class": _first(world, locked).id,
        "clip_already_deleted": partly_gone.id,
        "class_all_clips_deleted": all_gone.id,
        "clip_of_class_all_clips_deleted": world.classin.clips_of[all_gone.id][0].id,
        "class_recording_failed": failed.id,
        "clip_of_class_recording_failed": _first(world, failed).id,
        "class_not_supported": odd.id,
        "clip_of_class_not_supported": _first(world, odd).id,
        "class_not_over": running.id,
        "clip_of_class_not_over": _early_clip(world, running).id,
        "class_never_recorded": never.id,
        "clip_of_class_never_recorded": _recorded_only(world, never, 2).id,
        "class_unknown": vanished.id,
        "clip_of_class_unknown": _recorded_only(world, vanished, 3).id,
        "clip_unknown": _recorded_only(world, lessons[20], 4).id,
    }


def _misbehaving_clips(world: World) -> None:
    """Clips of recent classes whose deletion goes wrong on the way."""
    lessons = [lesson for lesson in world.classin.lessons.values() if world.classin.live_clips[lesson.id] > 3]
    lost, silent, garbled, cut = (_first(world, lesson) for lesson in lessons[-5:-1])
    world.special |= {
        "clip_answer_lost": lost.id,
        "clip_timeout_before": silent.id,
        "clip_answer_garbled": garbled.id,
        "clip_timeout_after": cut.id,
    }
    for clip, kind in (
        (lost, "reset_after"),
        (silent, "timeout_before"),
        (garbled, "garbage"),
        (cut, "timeout_after"),
    ):
        _lose(world, "deleteClassVideo", {"fileId": clip.id}, kind)


def _lose(world: World, call: str, match: dict[str, Any], kind: str) -> None:
    world.faults.append(
        {
            "provider": "classin",
            "call": call,
            "match": match,
            "kind": kind,
            "times": None,
            "only_with_effect": not kind.endswith("before"),
        }
    )


def _first(world: World, lesson: Lesson) -> Clip:
    return world.classin.clips_of[lesson.id][0]


def _delete(world: World, clips: list[Clip]) -> None:
    for clip in clips:
        clip.deleted_at = world.now - 45 * DAY
        world.classin.clip_deletion_set(clip, None)


def _recorded_only(world: World, lesson: Lesson, number: int) -> Clip:
    """A clip that the school's records have and the provider has not."""
    return world.classin.add_clip(
        lesson,
        file_id=str(FIRST_CLIP + 90_000 + number),
        name=f"{lesson.name}, part 1",
        starts_at=lesson.begins_at,
        ends_at=lesson.ends_at,
        size=640_000_000 + number * 1_234_567,
        known=False,
    )


def _early_clip(world: World, lesson: Lesson) -> Clip:
    """A clip that was made while the class goes on."""
    return world.classin.add_clip(
        lesson,
        file_id=str(FIRST_CLIP + 90_001),
        name=f"{lesson.name}, first evening",
        starts_at=lesson.begins_at,
        ends_at=lesson.begins_at + 7_200,
        size=1_920_300_000,
    )
