"""An import: the dry run tells what applying does, and applying does that, once, and no more."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from audit.actors import Actor
from audit.denials import Denied
from audit.models import Record
from courses.models import Course, CourseClass
from intake import importing
from intake.importing import work
from intake.importing.cleaning import drop_old_rows
from intake.importing.report import csv_lines, wrong_of
from intake.models import Freshness, Import, ImportPart, ImportRow
from media_assets.models import VideoAsset
from operations.engine import Refused
from operations.mirror import MirrorRow, origin
from tests.factories.courses import CourseClassFactory, CourseFactory
from tests.factories.intake import COURSES, applied, checked, csv_file, uploaded, worked_off, xlsx_file
from tests.factories.operations import AccountFactory
from tests.factories.people import UserFactory
from tests.tiers import tier

pytestmark = pytest.mark.django_db

ONE = [COURSES, ["1001", "Optics", "进行中", "Lin Mei"]]
MAY_NOT_CHANGE = (Course, CourseClass, VideoAsset)


def mirror() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in MAY_NOT_CHANGE]  # type: ignore[attr-defined]


def actor_of(person: User) -> Actor:
    return Actor.person(person, via="test")


def verdicts(one: Import) -> dict[int, str]:
    return dict(ImportRow.objects.filter(of=one).values_list("number", "verdict"))


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_new_course_is_taken_in(person: User, make: Any):
    one = applied(make(ONE), person)
    course = Course.objects.get()
    assert (course.provider_id, course.name, course.status, course.main_teacher_name) == (
        "1001", "Optics", Course.Status.RUNNING, "Lin Mei",
    )  # fmt: skip
    assert course.provenance["name"] == origin(MirrorRow.Source.IMPORT, one.at)
    assert one.counts["new"] == 1
    assert Freshness.objects.get().at == one.at


def test_the_dry_run_changes_nothing_of_the_mirror(person: User):
    CourseFactory(provider_id="1001")
    before = mirror()
    one = checked(csv_file([*ONE, ["1002", "New", "", ""], ["x", "Wrong", "", ""]]), person)
    assert verdicts(one) == {2: "changed", 3: "new", 4: "wrong"}
    assert mirror() == before


def test_applying_the_same_file_again_changes_nothing(person: User):
    rows = [*ONE, ["1002", "Waves", "已结课", ""]]
    at = timezone.now() - timedelta(days=3)
    applied(csv_file(rows), person, at=at)
    before = mirror()
    nothing = {"new": 0, "changed": 0, "kept": 0, "unchanged": 2, "wrong": 0}
    assert applied(csv_file(rows), person, at=at).counts == nothing
    assert mirror() == before
    assert applied(xlsx_file(rows), person, at=at).counts == nothing


def test_a_newer_export_with_the_same_values_changes_their_age_alone(person: User):
    old, new = timezone.now() - timedelta(days=3), timezone.now() - timedelta(days=1)
    applied(csv_file(ONE), person, at=old)
    again = applied(csv_file(ONE), person, at=new)
    assert again.counts["unchanged"] == 1
    assert Course.objects.get().known_at("name") == new


@pytest.mark.parametrize("seed", range(tier(quick=5, full=100)))
def test_the_dry_run_tells_what_applying_does_whatever_was_known_before(person: User, seed: int):
    chance = random.Random(seed)
    now = timezone.now()
    at = now - timedelta(days=3)
    names, states = ["Optics", "Waves", "Heat"], ["进行中", "已结课", "4", ""]
    for number in range(20):
        course = CourseFactory(
            provider_id=str(number), name=chance.choice(names), deleted=chance.random() < 0.2
        )
        for name in ("name", "status", "main_teacher_name"):
            learned = at + timedelta(days=chance.choice([-1, 0, 1]))
            course.provenance[name] = origin(chance.choice(list(MirrorRow.Source)), learned)
        course.save()
    rows = [
        [str(n), chance.choice(names), chance.choice(states), chance.choice(["", "Lin"])] for n in range(25)
    ]
    before = {course.provider_id: course for course in Course.objects.all()}
    one = checked(csv_file([COURSES, *rows]), person, at=at)
    told = {row.provider_id: (row.verdict, row.findings) for row in one.lines.all()}
    importing.apply(one, token=one.token, actor=actor_of(person), user=person)
    done = worked_off(one)
    assert told == {row.provider_id: (row.verdict, row.findings) for row in done.lines.all()}
    for course in Course.objects.all():
        was, (verdict, found) = before.get(course.provider_id), told[course.provider_id]
        if was is None:
            assert verdict == "new"
            continue
        fields = ("name", "status", "main_teacher_name", "presence")
        moved = {
            name: [getattr(was, name), getattr(course, name)]
            for name in fields
            if getattr(was, name) != getattr(course, name)
        }
        assert found.get("changed", {}) == moved


def test_an_empty_cell_says_nothing(person: User):
    CourseFactory(provider_id="1001", name="Optics", main_teacher_name="Zhou", status=Course.Status.RUNNING)
    one = applied(csv_file([COURSES, ["1001", "Optics", "", "--"]]), person)
    assert one.counts["unchanged"] == 1
    assert Course.objects.get().main_teacher_name == "Zhou"


def test_what_was_learned_later_than_the_export_stays_and_is_told(person: User):
    at = timezone.now() - timedelta(days=3)
    course = CourseFactory(provider_id="1001", name="Edited here")
    course.provenance = {"name": origin(MirrorRow.Source.OWN_EDIT, at + timedelta(days=1))}
    course.save()
    one = applied(csv_file([COURSES[:2], ["1001", "Old name"]]), person, at=at)
    assert one.counts["kept"] == 1
    assert ImportRow.objects.get(of=one).findings == {"kept": {"name": ["Edited here", "Old name"]}}
    assert Course.objects.get().name == "Edited here"


@pytest.mark.parametrize("names", [("Optics", "Acoustics"), ("Acoustics", "Optics")])
def test_a_corrected_file_of_the_same_date_beats_the_first(person: User, names: tuple[str, str]):
    at = timezone.now() - timedelta(days=3)
    account = AccountFactory()
    for name in names:
        applied(csv_file([COURSES[:2], ["1001", name]]), person, at=at, account=account)
    assert Course.objects.get().name == names[-1]
    first, second = Import.objects.order_by("pk")
    assert first.at == at < second.at < at + timedelta(milliseconds=1)


def test_ids_that_stand_twice_are_told_also_across_parts(person: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(work, "AT_ONCE", 2)
    rows = [["1", "A"], ["1", "B"], ["2", "C"], ["3", "D"], ["1", "E"]]
    one = applied(csv_file([COURSES[:2], *rows]), person)
    assert verdicts(one) == {2: "new", 3: "wrong", 4: "new", 5: "new", 6: "wrong"}
    said = wrong_of(one, ImportRow.objects.get(of=one, number=6))
    assert said == [("Course ID", "1", "This ID stands in row 2 already.")]
    assert Course.objects.get(provider_id="1").name == "A"


def test_each_wrong_cell_is_told(person: User):
    one = checked(csv_file([COURSES, ["1.2E+15", "x" * 201, "odd", ""]]), person)
    said = {column for column, _cell, _why in wrong_of(one, ImportRow.objects.get(of=one))}
    assert said == {"Course ID", "Course name", "Status"}


LESSONS = ["课节ID", "课程ID", "课节名称", "开始时间", "结束时间"]


def test_a_lesson_needs_a_course_of_the_same_account(person: User):
    CourseFactory(provider_id="1001", account=AccountFactory(name="east"))
    mine = CourseFactory(provider_id="1002")
    rows = [["1", "1001", "A", "", ""], ["2", "1002", "B", "2026-03-02 08:30", "2026-03-02 09:30"]]
    one = applied(csv_file([LESSONS, *rows]), person, kind="lessons")
    assert verdicts(one) == {2: "wrong", 3: "new"}
    lesson = CourseClass.objects.get()
    assert (lesson.course_id, lesson.begin_at) == (mine.pk, datetime(2026, 3, 2, 0, 30, tzinfo=UTC))


def test_a_lesson_that_moves_to_another_course_shows_both_names(person: User):
    CourseClassFactory(provider_id="7", name="A", course=CourseFactory(name="Waves"))
    CourseFactory(provider_id="1002", name="Optics")
    one = checked(csv_file([LESSONS[:3], ["7", "1002", "A"]]), person, kind="lessons")
    assert ImportRow.objects.get(of=one).findings == {"changed": {"course": ["Waves", "Optics"]}}


def test_a_class_video_takes_its_length_from_the_clock_where_both_ends_are_given(person: User):
    lesson = CourseClassFactory(provider_id="7")
    head = ["文件ID", "课节ID", "视频名称", "录制开始时间", "录制结束时间", "时长", "大小"]
    row = ["52801", "7", "Part 1", "2026-03-02 08:30", "2026-03-02 09:30", "60", "734.2 MB"]
    applied(csv_file([head, row]), person, kind="videos")
    video = VideoAsset.objects.get()
    assert (video.kind, video.course_class_id, video.duration_seconds, video.size_bytes) == (
        "class_video", lesson.pk, 3600, 734_200_000,
    )  # fmt: skip


def test_a_row_that_was_wrong_in_the_dry_run_stays_out_even_if_it_would_fit_by_now(person: User):
    one = checked(csv_file([LESSONS[:3], ["7", "1002", "A"]]), person, kind="lessons")
    CourseFactory(provider_id="1002")
    importing.apply(one, token=one.token, actor=actor_of(person), user=person)
    assert worked_off(one).counts["wrong"] == 1
    assert not CourseClass.objects.exists()


def test_rows_that_moved_since_the_dry_run_are_asked_again(person: User):
    course = CourseFactory(
        provider_id="1001", name="Waves", main_teacher_name="Lin Mei", status=Course.Status.RUNNING
    )
    one = checked(csv_file(ONE), person)
    assert verdicts(one) == {2: "changed"}
    Course.objects.filter(pk=course.pk).update(name="Optics")
    importing.apply(one, token=one.token, actor=actor_of(person), user=person)
    assert verdicts(worked_off(one)) == {2: "unchanged"}


# What is pressed


def test_a_doubled_press_applies_once(person: User):
    one = checked(csv_file(ONE), person)
    token = one.token
    importing.apply(one, token=token, actor=actor_of(person), user=person)
    with pytest.raises(Refused):
        importing.apply(one, token=token, actor=actor_of(person), user=person)
    assert Record.objects.filter(action="intake.import.started").count() == 1


def test_a_page_of_before_the_columns_changed_applies_nothing(person: User):
    one = checked(csv_file(ONE), person)
    old = one.token
    importing.set_columns(one, {0: "id", 1: "name"}, actor=actor_of(person), user=person)
    worked_off(one)
    with pytest.raises(Refused, match="stale"):
        importing.apply(one, token=old, actor=actor_of(person), user=person)
    assert not Course.objects.exists()


def test_the_same_form_sent_twice_is_one_import(person: User):
    from uuid import uuid4

    token = uuid4()
    first = uploaded(csv_file(ONE), person, form_token=token)
    assert uploaded(csv_file(ONE), person, form_token=token) == first
    assert Import.objects.count() == 1


@pytest.mark.parametrize(
    "mapping", [{0: "id"}, {0: "id", 1: "id"}, {0: "id", 1: "colour"}, {9: "id", 1: "name"}]
)
def test_columns_that_cannot_be_are_refused(person: User, mapping: dict[int, str]):
    one = uploaded(csv_file(ONE), person)
    with pytest.raises(Refused):
        importing.set_columns(one, mapping, actor=actor_of(person), user=person)
    one.refresh_from_db()
    assert one.state == "uploaded"


def test_who_may_not_import_may_do_none_of_it(person: User):
    stranger = UserFactory(permissions=["intake.view_import"])
    one = checked(csv_file(ONE), person)
    who: dict[str, Any] = {"actor": actor_of(stranger), "user": stranger}
    for press in (
        lambda: uploaded(csv_file(ONE), stranger),
        lambda: importing.set_columns(one, one.columns, **who),
        lambda: importing.apply(one, token=one.token, **who),
        lambda: importing.discard(one, **who),
        lambda: importing.go_on(one, **who),
    ):
        with pytest.raises(Denied):
            press()


def test_an_export_from_the_future_is_refused(person: User):
    with pytest.raises(Refused) as refused:
        uploaded(csv_file(ONE), person, at=timezone.now() + timedelta(hours=1))
    assert refused.value.field == "at"


def test_what_is_discarded_is_not_applied_and_its_rows_go(person: User):
    one = checked(csv_file(ONE), person)
    importing.discard(one, actor=actor_of(person), user=person)
    with pytest.raises(Refused):
        importing.apply(one, token=one.token, actor=actor_of(person), user=person)
    drop_old_rows()
    one.refresh_from_db()
    assert one.rows_gone_at
    assert not ImportRow.objects.exists()


def test_rows_go_after_their_time_and_the_import_stays(person: User, settings: Any):
    done = applied(csv_file(ONE), person)
    waiting = checked(csv_file(ONE), person)
    Import.objects.update(uploaded_at=timezone.now() - timedelta(days=settings.IMPORT_KEEP_DAYS + 1))
    young = checked(csv_file(ONE), person)
    drop_old_rows()
    assert set(ImportRow.objects.values_list("of", flat=True)) == {young.pk}
    states = dict(Import.objects.values_list("pk", "state"))
    assert states == {done.pk: "applied", waiting.pk: "discarded", young.pk: "checked"}


def test_the_file_is_kept_no_longer_than_its_rows_take(person: User):
    one = uploaded(csv_file(ONE), person)
    assert ImportPart.objects.exists()
    worked_off(one)
    assert not ImportPart.objects.exists()
    assert one.read_at


# The ledger


def test_every_step_is_in_the_ledger_with_the_digest_and_the_figures(person: User):
    file = csv_file([*ONE, ["x", "Wrong", "", ""]])
    one = applied(file, person)
    codes = [record.action.rpartition(".")[2] for record in Record.objects.order_by("pk")]
    assert codes == ["uploaded", "mapped", "checked", "started", "part_applied", "applied"]
    last = Record.objects.latest("pk")
    assert last.details["sha256"] == one.sha256
    assert (last.details["new"], last.details["wrong"], last.details["count"]) == (1, 1, 2)
    assert last.actor_name == "Lin 0 Yue" or last.actor_id == person.pk


# Workers that die


class Died(BaseException):
    """The machine went away."""


def killed_now_and_then(monkeypatch: pytest.MonkeyPatch, chance: random.Random) -> None:
    """Transactions of a worker break off before their commit, now and then."""
    keep = work._keep

    def dying(rows: Any) -> None:
        keep(rows)
        if chance.random() < 0.3:
            raise Died

    monkeypatch.setattr(work, "_keep", dying)


@pytest.mark.parametrize("seed", range(tier(quick=3, full=30)))
def test_an_import_that_is_killed_at_any_moment_comes_to_the_same_end(
    person: User, monkeypatch: pytest.MonkeyPatch, seed: int
):
    chance = random.Random(seed)
    monkeypatch.setattr(work, "AT_ONCE", 3)
    CourseFactory(provider_id="1003", name="Before")
    rows = [COURSES[:2], *([str(1000 + n), f"Course {n}"] for n in range(20)), ["1001", "Again"]]
    one = uploaded(csv_file(rows), person)
    importing.set_columns(one, one.columns, actor=actor_of(person), user=person)
    killed_now_and_then(monkeypatch, chance)
    died = _until(one, "checked")
    one.refresh_from_db()
    importing.apply(one, token=one.token, actor=actor_of(person), user=person)
    died += _until(one, "applied")
    one.refresh_from_db()
    assert one.counts == {"new": 19, "changed": 1, "kept": 0, "unchanged": 0, "wrong": 1}
    assert Course.objects.count() == 20
    assert set(Course.objects.values_list("name", flat=True)) == {f"Course {n}" for n in range(20)}
    parts = Record.objects.filter(action="intake.import.part_applied")
    assert sum(part.details["new"] + part.details["changed"] + part.details["wrong"] for part in parts) == 21
    assert Record.objects.filter(action="intake.import.applied").count() == 1


def _until(one: Import, state: str) -> int:
    died = 0
    for _round in range(200):
        try:
            while work.work_off(one.pk):
                pass
        except Died:
            died += 1
            # The lease of a dead worker runs out.
            Import.objects.filter(pk=one.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        if Import.objects.filter(pk=one.pk, state=state).exists():
            return died
    pytest.fail("it came to no end")


def test_two_workers_do_not_work_at_one_import(person: User):
    one = uploaded(csv_file(ONE), person)
    fence = work._take(one.pk)
    assert fence is not None
    assert work._take(one.pk) is None
    assert work.work_off(one.pk) is False
    assert not ImportRow.objects.exists()


def test_who_lost_the_lease_writes_nothing_more(person: User):
    one = uploaded(csv_file(ONE), person)
    old = work._take(one.pk)
    assert old is not None
    Import.objects.filter(pk=one.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert work._take(one.pk) is not None
    one.refresh_from_db()
    with pytest.raises(work.LostLease):
        work._read(one, old)
    assert not ImportRow.objects.exists()


def test_columns_may_be_chosen_while_the_file_is_being_read(person: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(work, "AT_ONCE", 2)
    one = uploaded(csv_file([COURSES[:2], *([str(n), "A"] for n in range(1, 8))]), person)
    pressed = []
    step = work._step

    def step_then_press(*args: Any) -> Any:
        if not pressed and ImportRow.objects.count() == 4:
            pressed.append(importing.set_columns(one, one.columns, actor=actor_of(person), user=person))
        return step(*args)

    monkeypatch.setattr(work, "_step", step_then_press)
    work.work_off(one.pk)
    assert pressed
    done = worked_off(one)
    assert (done.state, done.rows, done.counts["new"]) == ("checked", 7, 7)


def test_an_error_of_ours_is_tried_again_later_then_told_and_can_go_on(
    person: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    one = checked(csv_file(ONE), person)
    importing.apply(one, token=one.token, actor=actor_of(person), user=person)
    with monkeypatch.context() as broken:
        broken.setattr(work, "compared", lambda *args, **kwargs: 1 / 0)
        for _try in range(work.MOST_FAILURES):
            work.work_off(one.pk)
            one.refresh_from_db()
            assert one.due_at > timezone.now() - timedelta(minutes=5)
            Import.objects.filter(pk=one.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    assert (one.state, one.problem) == ("stopped", work.FAILED)
    assert not Course.objects.exists()
    importing.go_on(one, actor=actor_of(person), user=person)
    assert worked_off(one).state == "applied"
    assert Course.objects.count() == 1


def test_a_file_that_turns_out_broken_on_the_way_stops_the_import(person: User):
    one = uploaded(csv_file(ONE), person)
    ImportPart.objects.update(content=b'ID,Name\n1,"A')
    worked_off(one)
    assert (one.state, one.problem, one.stopped_in) == ("stopped", "no_csv", "")
    with pytest.raises(Refused):
        importing.go_on(one, actor=actor_of(person), user=person)


def test_the_sweeper_wakes_what_is_due_and_nobodys(person: User, monkeypatch: pytest.MonkeyPatch):
    woken: list[int] = []
    monkeypatch.setattr(work, "wake", woken.append)
    due, done = uploaded(csv_file(ONE), person), checked(csv_file(ONE), person)
    held = uploaded(csv_file(ONE), person)
    assert work._take(held.pk)
    work.wake_imports()
    assert woken == [due.pk]
    assert done.state == "checked"


# Wrong rows as a file


def test_wrong_rows_are_a_file_that_can_be_mended_and_uploaded_again(person: User):
    one = checked(csv_file([COURSES[:2], ["1.2E+5", "=cmd()"], ["2", "Good"]]), person)
    content = "".join(csv_lines(one, "wrong"))
    assert "'=cmd()" in content
    assert "Good" not in content
    mended = content.replace("1.2E+5", "120000")
    again = applied(BytesIO(mended.encode()), person)
    assert again.counts["new"] == 1
    assert Course.objects.get().name == "=cmd()"
