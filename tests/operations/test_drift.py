"""What others change, lose and bring back at a provider is in the object's history; what we did ourselves is not there twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from audit.actors import Actor
from audit.changes import changes_of, further_details
from audit.models import Record
from courses import mirror
from courses.models import Course, CourseClass
from media_assets import mirror as library
from media_assets.models import CloudFile, CloudFolder, VideoAsset
from operations import engine
from operations.facts import age
from operations.learning import Known
from operations.mirror import OLD, MirrorRow
from operations.models import Account, Item
from operations.presence import LAG, How, is_shown_again
from operations.registry import registry
from operations.states import ItemState, Outcome
from tests.courses.conftest import EDIT, filled
from tests.factories.operations import AccountFactory
from tests.factories.people import SuperuserFactory

pytestmark = pytest.mark.django_db

T = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
READ, PUSH, IMPORT, OWN = (
    MirrorRow.Source.READ,
    MirrorRow.Source.PUSH,
    MirrorRow.Source.IMPORT,
    MirrorRow.Source.OWN_EDIT,
)


@pytest.fixture
def account() -> Account:
    return AccountFactory()


@pytest.fixture
def folder(account: Account) -> CloudFolder:
    return CloudFolder.objects.create(account=account, provider_id="1", name="Lessons", path="Lessons")


def push(account: Account, values: dict[str, Any], at: datetime = T + HOUR) -> Any:
    return mirror.rows_learned(Course, account, [Known("7", values)], at=at, source=PUSH)


@pytest.fixture
def course(account: Account) -> Course:
    values = {"name": "Old", "main_teacher_uid": "1", "main_teacher_name": "Ada", "expiry_time": 0}
    mirror.rows_learned(Course, account, [Known("7", values)], at=T, source=IMPORT)
    return Course.objects.get()


def read(account: Account, folder: CloudFolder, names: dict[str, str], at: datetime) -> None:
    known = [Known(key, {"name": name, "folder_id": folder.pk}) for key, name in names.items()]
    library.rows_learned(CloudFile, account, known, at=at, source=READ)


def miss(account: Account, began: datetime, **options: Any) -> int:
    options.setdefault("up_to_pk", CloudFile.objects.latest("pk").pk)
    return library.rows_missing(
        CloudFile, account, not_seen_since=began, at=began + HOUR / 2, how=How.NOT_SHOWN, **options
    )


def mirror_records() -> list[Record]:
    return list(Record.objects.filter(action__startswith="mirror.").order_by("pk"))


# Values that others changed


def test_a_pushed_change_is_recorded_with_before_and_after(account: Account, course: Course) -> None:
    push(account, {"name": "New", "main_teacher_uid": "2", "main_teacher_name": "Bo"})
    (record,) = mirror_records()
    assert (record.action, record.target_kind, record.target_id) == (
        "mirror.changed.by_push",
        "courses.course",
        course.pk,
    )
    assert record.changes == {
        "name": {"before": "Old", "after": "New"},
        "main_teacher_uid": {"before": "Ada", "after": "Bo"},
    }
    assert (record.actor_name, record.via, record.details["at"]) == (
        "system",
        "webhook",
        (T + HOUR).isoformat(),
    )


def test_what_is_known_for_the_first_time_leaves_no_record(account: Account, course: Course) -> None:
    push(account, {"introduction": "Twelve lessons", "subject_id": 3, "status": "running"})
    mirror.rows_learned(Course, account, [Known("8", {"name": "Another"})], at=T, source=PUSH)
    assert mirror_records() == []


def test_a_value_that_was_emptied_by_others_is_a_change(account: Account, course: Course) -> None:
    push(account, {"introduction": "Twelve lessons"})
    push(account, {"introduction": ""}, T + 2 * HOUR)
    (record,) = mirror_records()
    assert record.changes == {"introduction": {"before": "Twelve lessons", "after": ""}}


def test_technical_values_leave_no_record(account: Account) -> None:
    for at, count in ((T, 1), (T + HOUR, 2)):
        known = [Known("5", {"kind": "class_video", "watch_count": count, "provider_state": str(count)})]
        library.rows_learned(VideoAsset, account, known, at=at, source=READ)
    assert VideoAsset.objects.get().watch_count == 2
    assert mirror_records() == []


def test_our_own_edit_that_comes_back_leaves_no_record(account: Account, course: Course) -> None:
    mirror.course_edited(course.pk, {"name": "Ours"}, at=T + HOUR, source=OWN)
    push(account, {"name": "Ours"}, T + 2 * HOUR)
    push(account, {"name": "Old"}, T + HOUR / 2)
    course.refresh_from_db()
    assert course.name == "Ours"
    assert mirror_records() == []


@pytest.mark.parametrize(
    ("state", "outcome"),
    [(ItemState.SENDING, ""), (ItemState.LOOKING, ""), (ItemState.SETTLED, Outcome.UNKNOWN)],
)
def test_an_edit_whose_push_comes_before_its_answer_is_not_the_work_of_others(
    account: Account, course: Course, state: str, outcome: str
) -> None:
    editor = SuperuserFactory()
    form = filled(course, name="Ours")
    assert form.is_valid(), form.errors
    run = engine.freeze_edit(
        registry[EDIT],
        course,
        form.proposal(),
        actor=Actor.person(editor, via="test"),
        user=editor,
    )
    Item.objects.filter(run=run).update(state=state, outcome=outcome)
    push(account, {"name": "Ours"})
    course.refresh_from_db()
    assert course.name == "Ours"
    assert mirror_records() == []
    push(account, {"name": "Theirs"}, T + 2 * HOUR)
    assert [record.changes["name"]["after"] for record in mirror_records()] == ["Theirs"]


def test_names_stand_for_what_foreign_keys_point_at(account: Account, folder: CloudFolder) -> None:
    other = CloudFolder.objects.create(account=account, provider_id="2", name="Old", path="Archive / Old")
    read(account, folder, {"5": "a.pdf"}, T)
    read(account, other, {"5": "a.pdf"}, T + HOUR)
    (record,) = mirror_records()
    assert record.action == "mirror.changed.by_reading"
    assert record.changes == {"folder": {"before": "Lessons", "after": "Archive / Old"}}


def test_queries_for_many_changed_rows_do_not_grow_with_them(
    account: Account, folder: CloudFolder, django_assert_max_num_queries: Any
) -> None:
    many = {str(number): f"{number}.pdf" for number in range(100, 500)}
    read(account, folder, many, T)
    with django_assert_max_num_queries(12):
        read(account, folder, {key: f"new {name}" for key, name in many.items()}, T + HOUR)
    assert len(mirror_records()) == len(many)


# Missing and back


def test_what_a_complete_reading_does_not_show_is_missing(account: Account, folder: CloudFolder) -> None:
    read(account, folder, {"5": "a.pdf", "6": "b.pdf"}, T)
    read(account, folder, {"5": "a.pdf"}, T + HOUR)
    assert miss(account, T + HOUR) == 1
    row = CloudFile.objects.get(provider_id="6")
    assert (row.presence, row.presence_how, row.presence_at) == ("missing", "not_shown", T + 1.5 * HOUR)
    (record,) = mirror_records()
    assert (record.action, record.target_label) == ("mirror.missing", "b.pdf")
    assert record.details == {
        "at": (T + 1.5 * HOUR).isoformat(),
        "how": "not_shown",
        "reading_began": (T + HOUR).isoformat(),
        "last_seen": T.isoformat(),
    }


def test_a_second_reading_that_misses_it_names_itself_and_is_no_news(
    account: Account, folder: CloudFolder
) -> None:
    read(account, folder, {"6": "b.pdf"}, T)
    assert (miss(account, T + HOUR), miss(account, T + 2 * HOUR)) == (1, 0)
    assert CloudFile.objects.get().missed_at == T + 2 * HOUR
    assert len(mirror_records()) == 1


def test_only_rows_within_and_up_to_the_last_one_are_judged(account: Account, folder: CloudFolder) -> None:
    read(account, folder, {"5": "a.pdf", "6": "b.pdf"}, T)
    first = CloudFile.objects.get(provider_id="5").pk
    assert miss(account, T + HOUR, within=Q(name="none")) == 0
    assert miss(account, T + HOUR, up_to_pk=first) == 1
    assert miss(AccountFactory(name="west"), T + HOUR) == 0


def test_what_came_back_is_present_and_recorded(account: Account, folder: CloudFolder) -> None:
    read(account, folder, {"6": "b.pdf"}, T)
    miss(account, T + HOUR)
    read(account, folder, {"6": "b.pdf"}, T + 2 * HOUR)
    row = CloudFile.objects.get()
    assert (row.presence, row.presence_at, row.presence_how, row.missed_at) == ("present", None, "", None)
    record = mirror_records()[-1]
    assert (record.action, record.details["missing_since"]) == (
        "mirror.came_back",
        (T + 1.5 * HOUR).isoformat(),
    )


def test_a_push_that_is_older_than_the_reading_brings_nothing_back(
    account: Account, folder: CloudFolder
) -> None:
    read(account, folder, {"6": "b.pdf"}, T)
    miss(account, T + 2 * HOUR)
    library.rows_learned(CloudFile, account, [Known("6", {"name": "c.pdf"})], at=T + HOUR, source=PUSH)
    row = CloudFile.objects.get()
    assert (row.presence, row.name, row.seen_at) == ("missing", "c.pdf", T + HOUR)


# Deleted, and shown again


def test_what_is_shown_again_although_deleted_is_told_once_and_stays_deleted(
    account: Account, folder: CloudFolder
) -> None:
    known = [Known("5", {"kind": "class_video", "title": "Lesson 1"})]

    def show(at: datetime) -> VideoAsset:
        library.rows_learned(VideoAsset, account, known, at=at, source=READ)
        return VideoAsset.objects.get()

    video = show(T)
    library.videos_deleted([video.pk], at=T + HOUR, how=How.DELETED_HERE)
    assert not is_shown_again(show(T + HOUR + LAG)), "a list may lag behind"
    assert mirror_records() == []
    for later in (2, 3, 4):
        assert is_shown_again(show(T + later * HOUR))
    assert VideoAsset.objects.get().presence == "deleted"
    (record,) = mirror_records()
    assert (record.action, record.details["how"]) == ("mirror.shown_again", "deleted_here")


def test_what_the_provider_lists_as_deleted_is_recorded(account: Account, course: Course) -> None:
    gone = [Known("7", {}, gone_at=T + HOUR)]
    for _twice in range(2):
        mirror.rows_learned(Course, account, gone, at=T + HOUR, source=PUSH)
    course.refresh_from_db()
    assert (course.presence, course.presence_how) == ("deleted", "provider_says")
    assert [record.action for record in mirror_records()] == ["mirror.gone"]


# Ages


def test_a_value_is_as_old_as_the_newest_moment_at_which_it_was_said(
    account: Account, folder: CloudFolder
) -> None:
    read(account, folder, {"5": "a.pdf"}, T)
    read(account, folder, {"5": "a.pdf"}, T + HOUR)
    row = CloudFile.objects.get()
    assert (row.known_at("name"), row.provenance["name"]["source"]) == (T + HOUR, "read")
    library.rows_learned(
        CloudFile, account, [Known("5", {"size_text": "27KB"})], at=T + 2 * HOUR, source=READ
    )
    row.refresh_from_db()
    assert row.known_at("size_text") == T + 2 * HOUR
    assert row.known_at("name") == T + HOUR, "the newer reading did not show the name"


def test_a_value_that_is_only_confirmed_overrules_an_older_push(
    account: Account, folder: CloudFolder
) -> None:
    read(account, folder, {"5": "a.pdf"}, T)
    read(account, folder, {"5": "a.pdf"}, T + 2 * HOUR)
    library.rows_learned(CloudFile, account, [Known("5", {"name": "b.pdf"})], at=T + HOUR, source=PUSH)
    assert CloudFile.objects.get().name == "a.pdf"
    assert mirror_records() == []


def test_a_reading_that_changes_nothing_writes_nothing_but_when_rows_were_seen(
    account: Account, folder: CloudFolder, django_assert_num_queries: Any
) -> None:
    many = {str(number): f"{number}.pdf" for number in range(100, 150)}
    read(account, folder, many, T)
    with django_assert_num_queries(2):
        read(account, folder, many, T + HOUR)
    assert set(CloudFile.objects.values_list("seen_at", flat=True)) == {T + HOUR}


def test_a_row_that_is_named_twice_is_learned_once(account: Account, course: Course) -> None:
    known = [Known("7", {"name": "B"}), Known("7", {"name": "C"}), Known("9", {"name": "X"}), Known("9", {})]
    mirror.rows_learned(Course, account, known, at=T + HOUR, source=IMPORT)
    assert list(Course.objects.order_by("provider_id").values_list("name", flat=True)) == ["C", "X"]
    assert CourseClass.objects.count() == 0


# In words


def test_kept_values_are_worded_in_the_readers_language(account: Account, course: Course) -> None:
    push(account, {"status": "running", "subject_id": 3, "expiry_time": 0})
    push(account, {"status": "finished", "subject_id": 2, "expiry_time": 1_800_000_000}, T + 2 * HOUR)
    record = mirror_records()[-1]
    assert record.changes["status"] == {"before": "running", "after": "finished"}
    worded = {change.label: (change.before, change.after) for change in changes_of(record)}
    assert worded["Status"] == ("Running", "Finished")
    assert worded["Subject"] == ("English", "Maths")
    assert worded["Expiry date"][0] == "never expires"
    with override("zh-hans"):
        assert {change.before for change in changes_of(record)} >= {"英语"}


def test_how_and_when_something_went_missing_is_worded(account: Account, folder: CloudFolder) -> None:
    read(account, folder, {"6": "b.pdf"}, T)
    miss(account, T + HOUR)
    (record,) = mirror_records()
    details = dict(further_details(record))
    assert details["How we know"] == "a complete reading did not show it"
    assert "T" not in details["Last seen at the provider"]


def test_the_page_and_the_history_of_a_missing_file_say_so(
    client: Any, account: Account, folder: CloudFolder
) -> None:
    client.force_login(SuperuserFactory())
    read(account, folder, {"6": "b.pdf"}, T)
    read(account, folder, {"6": "c.pdf"}, T + HOUR)
    miss(account, T + 2 * HOUR)
    url = reverse("admin:media_assets_cloudfile_change", args=[CloudFile.objects.get().pk])
    page = client.get(url).content.decode()
    assert "did not show it; the provider last showed it" in page
    history = client.get(url.replace("/change/", "/history/")).content.decode()
    assert "is missing: a complete reading did not show it" in history
    assert "A reading showed that somebody changed" in history
    read(account, folder, {"6": "c.pdf"}, T + 3 * HOUR)
    assert "the provider last showed it" not in client.get(url).content.decode()
    assert "is there again" in client.get(url.replace("/change/", "/history/")).content.decode()


def test_a_value_that_nothing_confirmed_for_long_is_amber(account: Account, folder: CloudFolder) -> None:
    now = timezone.now()
    read(account, folder, {"6": "b.pdf"}, now - OLD - HOUR)
    row = CloudFile.objects.get()
    assert "is-old" in age(row, "name")
    read(account, folder, {"6": "b.pdf"}, now)
    row.refresh_from_db()
    assert "is-old" not in age(row, "name")
