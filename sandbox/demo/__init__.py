"""The seeds: a school with two years behind it for the demo, and plain heaps of clips for measuring."""

from __future__ import annotations

import random

from sandbox.demo.cloud import fill_cloud
from sandbox.demo.courses import fill_courses
from sandbox.demo.mirror import mirror_world
from sandbox.demo.outputs import fill_outputs
from sandbox.demo.packages import fill_packages
from sandbox.demo.people import fill_people
from sandbox.demo.special_classes import add_special_classes
from sandbox.world import World

__all__ = ["bench_world", "demo_world", "mirror_world"]

CLIPS_PER_CLASS = 1_000
DOCUMENTED_LIMITS = {"transcode-product": 100, "info": 1_500, "list": 1_500, "details": 1_500}
"""VOD's calls per minute for one tenant."""


def demo_world(now: float) -> World:
    """About 40 courses, 400 classes, 3,000 videos of three kinds and 300 cloud files, in every special state.

    Ids are the same in every start; times are relative to `now`.
    """
    world = World(now=now, seed="demo")
    world.limits.update(DOCUMENTED_LIMITS)
    chance = random.Random(20_240_901)
    fill_people(world)
    fill_cloud(world, chance)
    fill_courses(world, chance)
    add_special_classes(world)
    fill_outputs(world, chance)
    fill_packages(world, chance)
    return world


def bench_world(now: float, clips: int) -> World:
    """`clips` clips in one course, 1,000 to a class; ids count up from 1,000,001."""
    world = World(now=now, seed=f"bench:{clips}")
    tables = world.classin
    course = tables.add_course("Bench", course_id="1001")
    for index in range(clips):
        lesson_id = str(2_001 + index // CLIPS_PER_CLASS)
        if lesson_id not in tables.lessons:
            tables.add_class(course, class_id=lesson_id, name=f"Lesson {len(tables.lessons) + 1}")
        tables.add_clip(lesson_id, file_id=str(1_000_001 + index))
    return world
