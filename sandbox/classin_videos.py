"""deleteClassVideo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.classin_form import Form, Refused
from sandbox.objects import Clip, Lesson
from sandbox.world import World


def delete_class_video(world: World, form: Form, now: float) -> Mapping[str, Any]:
    """Delete one clip of a class or, when `fileId` is empty, missing or misspelt, all of them, for ever.

    States of the class are looked at before the clip: a clip of a class whose clips are all gone answers 632.
    """
    lesson = _lesson(world, form)
    clips = _clips(world, lesson, now)
    file_id = form.text("fileId")
    if file_id:
        clip = world.classin.clips.get(file_id)
        if clip is None or not clip.known or clip.lesson_id != lesson.id:
            raise Refused(630)
        if clip.deleted_at is not None:
            raise Refused(634)
        clips = [clip]
    if lesson.locked:
        raise Refused(633)
    for clip in clips:
        if clip.deleted_at is None:
            world.change("clip", clip.id, deleted_at=now)
    return {}


def _clips(world: World, lesson: Lesson, now: float) -> list[Clip]:
    """The clips of a class that has some left."""
    if lesson.refuses:
        raise Refused(lesson.refuses)
    if lesson.ends_at > now:
        raise Refused(384)
    if lesson.recording == "never":
        raise Refused(254)
    clips = world.classin.clips_of[lesson.id]
    if lesson.recording == "failed" or not clips:
        raise Refused(631)
    if not world.classin.live_clips[lesson.id]:
        raise Refused(632)
    return clips


def _lesson(world: World, form: Form) -> Lesson:
    lesson = world.classin.lessons.get(form.required_number("classId"))
    if lesson is None or not lesson.known:
        raise Refused(233)
    course = world.classin.courses.get(lesson.course_id)
    if course is None or course.school != form.school:
        raise Refused(233)
    return lesson
