"""The checksum of a frozen list: in parts that every claim asks for, over items that nobody may change behind the run."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from audit.actors import Actor
from media_assets.models import VideoAsset
from operations import engine
from operations.engine import digest
from operations.engine.claim import claim
from operations.engine.digest import kept_digest, list_digest
from operations.models import Item, ListPart, Run
from operations.states import Halt, RunState
from tests.factories.media_assets import VideoAssetFactory
from tests.factories.operations import confirmed, plan
from tests.factories.people import UserFactory

DELETE = "media_assets.class_video.delete"


@pytest.fixture
def run(clips: list[VideoAsset], deleter: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A confirmed deletion of five clips in parts of two, two and one."""
    monkeypatch.setattr(digest, "PART", 2)
    return confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)


@pytest.fixture
def items(run: Run) -> list[Item]:
    return list(Item.objects.filter(run=run).order_by("pk"))


def claimed(run: Run, items: list[Item], want: int = 1) -> list[int]:
    """The keys of the items that one claim takes."""
    requests = claim(run.pk, items[0].account_id, want).requests
    return [item.pk for request in requests for item in request.items]


def halted(run: Run) -> bool:
    run.refresh_from_db()
    return (run.state, run.halt) == (RunState.HALTED, Halt.LIST_CHANGED)


def test_the_confirmed_items_are_cut_into_parts_in_order(run, items):
    parts = ListPart.objects.filter(run=run).order_by("first_item").values_list("first_item", "last_item")
    keys = [item.pk for item in items]
    assert list(parts) == [(keys[0], keys[1]), (keys[2], keys[3]), (keys[4], keys[4])]


def test_the_checksum_is_that_of_the_parts_checksums_whatever_their_keys(run):
    parts = list(ListPart.objects.filter(run=run).order_by("first_item"))
    text = "".join(f"{part.digest}\n" for part in parts)
    assert run.digest == hashlib.sha256(text.encode()).hexdigest() == list_digest(run)
    ListPart.objects.filter(run=run).delete()
    for part in reversed(parts):
        part.pk = None
        part.save(force_insert=True)
    assert kept_digest(run) == run.digest


def test_an_untouched_list_is_claimed_to_its_end(run, items):
    assert [claimed(run, items) for _ in items] == [[item.pk] for item in items]


@pytest.mark.parametrize(
    "change",
    [{"identity": {"fileId": "1"}}, {"params": {"all": True}}, {"target_id": 10**9}, {"operation": "x"}],
)
def test_an_item_that_is_changed_after_the_first_claim_is_not_sent(run, items, change):
    assert claimed(run, items) == [items[0].pk]
    Item.objects.filter(pk=items[4].pk).update(**change)
    assert claimed(run, items) == [items[1].pk], "its own part is unchanged"
    assert claimed(run, items, 5) == []
    assert halted(run)


def test_a_claim_over_several_parts_sends_nothing_when_one_of_them_changed(run, items):
    Item.objects.filter(pk=items[2].pk).update(identity={"fileId": "1"})
    assert claimed(run, items, 5) == []
    assert halted(run)
    assert not Item.objects.filter(run=run, attempts_made__gt=0).exists()


@pytest.mark.parametrize("place", [0, 1])
def test_an_item_that_vanished_from_a_part_halts_the_claim_of_its_neighbour(run, items, place):
    items[2 + place].delete()
    assert claimed(run, items) == [items[0].pk]
    assert claimed(run, items) == []
    assert halted(run)


def test_an_item_that_lies_in_no_part_is_never_sent(run, items):
    stray = Item.objects.get(pk=items[4].pk)
    stray.pk, stray.target_id = None, 10**9
    stray.due_at = items[0].due_at.replace(year=2020)
    stray.save(force_insert=True)
    assert stray.confirmed
    assert claimed(run, items) == []
    assert halted(run)


def test_a_part_that_is_made_to_fit_a_changed_item_is_noticed(run, items):
    Item.objects.filter(pk=items[4].pk).update(identity={"fileId": "1"})
    assert claimed(run, items) == [items[0].pk]
    forged = Run(pk=run.pk)
    digest.write_parts(forged)
    assert claimed(run, items) == []
    assert halted(run)


@pytest.mark.parametrize("gone", ["first", "last", "all"])
def test_parts_that_vanished_halt_the_run(run, items, gone):
    parts = ListPart.objects.filter(run=run).order_by("first_item")
    {"first": parts.first, "last": parts.last}.get(gone, lambda: parts)().delete()
    assert claimed(run, items) == []
    assert halted(run)


def test_a_claim_asks_for_the_parts_of_its_items_alone(run, items, django_assert_max_num_queries):
    kept = ListPart.objects.filter(run=run).order_by("first_item")
    last = kept.last()
    Item.objects.filter(pk=items[4].pk).update(identity={"fileId": "1"})
    assert last.first_item == items[4].pk
    assert digest.are_confirmed(run, items[:1])
    with django_assert_max_num_queries(2):
        assert digest.are_confirmed(run, items[:2])
    assert not digest.are_confirmed(run, items[4:])
    assert digest.are_confirmed(run, [])


def cancelled(run: Run, person: Any) -> dict[str, Any]:
    """Cancel what is left of the run, which makes it retriable; returns who does so."""
    who = {"actor": Actor.person(person, via="test"), "user": person}
    engine.cancel_rest(run, **who)
    run.refresh_from_db()
    return who


def test_a_retry_takes_what_was_confirmed_and_no_row_that_somebody_added(run, items, deleter):
    stray = Item.objects.get(pk=items[4].pk)
    other = VideoAssetFactory(course_class=VideoAsset.objects.get(pk=stray.target_id).course_class)
    stray.pk, stray.target_id, stray.confirmed = None, other.pk, False
    stray.identity = {"classId": other.course_class.provider_id, "fileId": other.provider_id}
    stray.save(force_insert=True)
    child = engine.retry(run, **cancelled(run, deleter))
    taken = set(Item.objects.filter(run=child).values_list("target_id", flat=True))
    assert taken == {item.target_id for item in items}


@pytest.mark.parametrize(
    "change", [{"target_id": 10**9}, {"identity": {"fileId": "1"}}, {"confirmed": False}]
)
def test_nothing_of_a_list_that_was_changed_is_retried(run, items, deleter, change):
    Item.objects.filter(pk=items[2].pk).update(**change)
    who = cancelled(run, deleter)
    with pytest.raises(engine.Refused) as refused:
        engine.retry(run, **who)
    assert refused.value.code == "list_changed"
    assert not Run.objects.filter(parent=run).exists()


def test_nothing_is_retried_of_a_list_whose_checksum_is_not_the_approved_one(run, items, deleter):
    approver = UserFactory()
    Item.objects.filter(pk=items[2].pk).update(identity={"fileId": "1"})
    forged = digest.write_parts(run)
    Run.objects.filter(pk=run.pk).update(digest=forged, approved_by=approver, approved_digest=run.digest)
    run.refresh_from_db()
    who = cancelled(run, deleter)
    with pytest.raises(engine.Refused) as refused:
        engine.retry(run, **who)
    assert refused.value.code == "list_changed"
