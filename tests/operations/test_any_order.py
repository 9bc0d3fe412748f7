"""Any order of pushes, readings, imports and own writes ends in the same mirror, down to the age of each value.

What was said is made up first, with moments that often meet; then it is told in two orders, doubled here and there, and the
rows are compared in every column. A statement made twice says nothing new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Q
from hypothesis import given, settings
from hypothesis import strategies as st

from courses import mirror as courses
from courses.models import Course
from media_assets import mirror as library
from media_assets.models import CloudFile, CloudFolder, VideoAsset
from operations.learning import Known, mark_missing
from operations.mirror import MirrorRow
from operations.models import Account
from operations.presence import How
from tests.factories.courses import CourseClassFactory
from tests.factories.operations import AccountFactory
from tests.tiers import tier

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
OWN, READ, PUSH, IMPORT = (
    MirrorRow.Source.OWN_EDIT,
    MirrorRow.Source.READ,
    MirrorRow.Source.PUSH,
    MirrorRow.Source.IMPORT,
)
OLD_IDS, NEW_IDS = ("1", "2", "3"), ("8", "9")


def moment(step: int) -> datetime:
    """Steps of four minutes: some lie within what a list may lag behind a deletion, others beyond."""
    return START + timedelta(minutes=4 * step)


@dataclass(frozen=True)
class Told:
    """Something that became known; `tell` brings it to the mirror."""

    words: str
    tell: Callable[[], object]

    def __repr__(self) -> str:
        return self.words


class World:
    """One kind of row: three that are known from an import long ago, and two that statements bring."""

    model: type[MirrorRow]
    mirror: Any

    def __init__(self) -> None:
        self.account: Account = AccountFactory()
        self.base()
        self.last = self.model._default_manager.latest("pk").pk

    def base(self) -> None:
        raise NotImplementedError

    def pk(self, provider_id: str) -> int:
        return self.model._default_manager.get(provider_id=provider_id).pk

    def learned(
        self, source: MirrorRow.Source, step: int, told: dict[str, Any], gone: dict[str, int]
    ) -> Told:
        def tell() -> None:
            known = [
                Known(key, values, moment(gone[key]) if key in gone else None) for key, values in told.items()
            ]
            self.mirror.rows_learned(self.model, self.account, known, at=moment(step), source=source)

        return Told(f"{source} @{step} {told} gone {gone}", tell)

    def reading(self, began: int, took: int, told: dict[str, Any]) -> Told:
        """A complete one: it shows some rows and misses the others that were there when it began."""
        shown = self.learned(READ, began + took, told, {})

        def tell() -> None:
            shown.tell()
            mark_missing(
                self.model,
                self.account,
                not_seen_since=moment(began),
                at=moment(began + took),
                how=How.NOT_SHOWN,
                up_to_pk=self.last,
                within=Q(account=self.account),
            )

        return Told(f"complete reading @{began}+{took} {told}", tell)

    def state(self) -> list[dict[str, Any]]:
        rows = self.model._default_manager.order_by("provider_id").values()
        return [{name: value for name, value in row.items() if name != "id"} for row in rows]


class Courses(World):
    model, mirror = Course, courses
    values = {
        "name": st.sampled_from(["Alpha", "Beta", "Gamma"]),
        "introduction": st.sampled_from(["", "Twelve lessons"]),
        "expiry_time": st.sampled_from([None, 0, 1_900_000_000]),
        "main_teacher_uid": st.sampled_from(["", "1001001", "1001002"]),
    }

    def base(self) -> None:
        known = [Known(key, {"name": "Alpha"}) for key in OLD_IDS]
        self.mirror.rows_learned(Course, self.account, known, at=moment(-100), source=IMPORT)

    def own(self, step: int, provider_id: str, values: dict[str, Any]) -> Told:
        def tell() -> None:
            self.mirror.course_edited(self.pk(provider_id), values, at=moment(step), source=OWN)

        return Told(f"own edit @{step} of {provider_id} {values}", tell)

    def deletion(self, step: int, provider_id: str, how: How) -> Told:
        """Courses are deleted at ClassIn alone; a push says so."""
        return self.learned(PUSH, step, {provider_id: {"name": "Alpha"}}, {provider_id: step})


class Files(World):
    model, mirror = CloudFile, library
    values = {
        "name": st.sampled_from(["a.pdf", "b.pdf", "c.pdf"]),
        "size_bytes": st.sampled_from([None, 0, 27_648]),
        "size_text": st.sampled_from(["", "27KB"]),
    }

    def base(self) -> None:
        folder = CloudFolder.objects.create(account=self.account, provider_id="1", name="x", path="x")
        self.always = {"folder_id": folder.pk}
        known = [Known(key, {"name": "a.pdf", **self.always}) for key in OLD_IDS]
        self.mirror.rows_learned(CloudFile, self.account, known, at=moment(-100), source=READ)

    def learned(
        self, source: MirrorRow.Source, step: int, told: dict[str, Any], gone: dict[str, int]
    ) -> Told:
        return super().learned(
            source, step, {key: {**values, **self.always} for key, values in told.items()}, gone
        )

    def own(self, step: int, provider_id: str, values: dict[str, Any]) -> Told:
        name = values.get("name", "b.pdf")

        def tell() -> None:
            self.mirror.file_renamed(self.pk(provider_id), name, at=moment(step), source=OWN)

        return Told(f"own edit @{step} of {provider_id} {name}", tell)

    def deletion(self, step: int, provider_id: str, how: How) -> Told:
        return self.learned(READ, step, {provider_id: {"name": "a.pdf"}}, {provider_id: step - 1})


class Videos(World):
    model, mirror = VideoAsset, library
    values = {
        "title": st.sampled_from(["Lesson 1", "Lesson 2"]),
        "size_bytes": st.sampled_from([None, 5, 7]),
        "recorded_at": st.sampled_from([None, START, START + timedelta(hours=1)]),
        "watch_count": st.sampled_from([None, 0, 3]),
    }

    def base(self) -> None:
        lesson = CourseClassFactory(account=self.account)
        self.always = {"course_class_id": lesson.pk, "kind": "class_video"}
        known = [Known(key, self.always) for key in OLD_IDS]
        self.mirror.rows_learned(VideoAsset, self.account, known, at=moment(-100), source=IMPORT)

    def learned(
        self, source: MirrorRow.Source, step: int, told: dict[str, Any], gone: dict[str, int]
    ) -> Told:
        return super().learned(
            source, step, {key: {**self.always, **values} for key, values in told.items()}, gone
        )

    def own(self, step: int, provider_id: str, values: dict[str, Any]) -> Told:
        """Nobody edits videos: what is done to them is deleting."""
        return self.deletion(step, provider_id, How.DELETED_WITH_ALL)

    def deletion(self, step: int, provider_id: str, how: How) -> Told:
        def tell() -> None:
            self.mirror.videos_deleted([self.pk(provider_id)], at=moment(step), how=how)

        return Told(f"{how} @{step} of {provider_id}", tell)


STEPS = st.integers(0, 9)
MARKS = st.sampled_from([How.DELETED_HERE, How.DELETED_WITH_ALL, How.ALREADY_GONE])


def some_values(world: World) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict(world.values))  # type: ignore[attr-defined]  # each world has its own


def told(world: World, ids: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(ids), some_values(world), max_size=3)


def statements(world: Any) -> st.SearchStrategy[Told]:
    old = st.sampled_from(OLD_IDS)
    return st.one_of(
        st.builds(
            world.learned,
            st.sampled_from([READ, PUSH, IMPORT]),
            STEPS,
            told(world, OLD_IDS + NEW_IDS),
            st.dictionaries(st.sampled_from(NEW_IDS), STEPS, max_size=1),
        ),
        st.builds(world.reading, STEPS, st.integers(0, 2), told(world, OLD_IDS)),
        st.builds(world.own, STEPS, old, some_values(world)),
        st.builds(world.deletion, STEPS, old, MARKS),
    )


def end_of(world: World, history: Sequence[Told]) -> list[dict[str, Any]]:
    """The rows after this history; the database is left as it was before."""
    with transaction.atomic():
        for one in history:
            one.tell()
        state = world.state()
        transaction.set_rollback(True)
    return state


@pytest.mark.parametrize("kind", [Courses, Files, Videos])
def test_any_order_ends_in_the_same_mirror(kind: type[World]) -> None:
    world = kind()

    @settings(max_examples=tier(quick=60, full=3000), deadline=None)
    @given(st.data())
    def any_two_orders_agree(data: st.DataObject) -> None:
        history = data.draw(st.lists(statements(world), min_size=2, max_size=8))
        doubled = data.draw(st.lists(st.sampled_from(history), max_size=3))
        other = data.draw(st.permutations([*history, *doubled]))
        assert end_of(world, other) == end_of(world, history)

    any_two_orders_agree()


def test_the_worlds_do_make_rows_missing_deleted_and_new() -> None:
    """Otherwise the property would hold of nothing."""
    world = Videos()
    history = [
        world.learned(PUSH, 1, {"8": {"title": "Lesson 1"}}, {}),
        world.reading(2, 1, {"1": {}}),
        world.deletion(5, "3", How.DELETED_HERE),
        world.learned(READ, 9, {"3": {}}, {}),
    ]
    state = {row["provider_id"]: row for row in end_of(world, history)}
    assert [state[key]["presence"] for key in ("1", "2", "3", "8")] == [
        "present",
        "missing",
        "deleted",
        "present",
    ]
    assert state["2"]["missed_at"] == moment(2)
    assert state["3"]["seen_at"] == moment(9)
