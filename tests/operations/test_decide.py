"""What a person says about an outcome that no program can find out: three choices, several at once, all recorded."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from audit.actors import Actor
from audit.denials import Denied
from audit.models import Record
from media_assets.models import VideoAsset
from operations import engine
from operations.engine.decide import MOST_DECIDED
from operations.models import Item, Run
from operations.states import ItemState, Outcome
from tests.factories.operations import confirmed, plan
from tests.factories.people import UserFactory

DELETE = "media_assets.class_video.delete"
BACKEND = "django.contrib.auth.backends.ModelBackend"

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, deleter):
    client.force_login(deleter, backend=BACKEND)
    return client


@pytest.fixture
def lost(clips, deleter, work_off) -> Run:
    """A finished run with three answers that nobody could find out, two of them for one cause."""
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    work_off(run)
    first, second, third = Item.objects.filter(run=run).order_by("pk")[:3]
    Item.objects.filter(pk__in=[first.pk, second.pk]).update(outcome=Outcome.UNKNOWN, code="no_answer")
    Item.objects.filter(pk=third.pk).update(outcome=Outcome.UNKNOWN, code="cut_off")
    targets = Item.objects.filter(run=run, outcome=Outcome.UNKNOWN).values("target_id")
    VideoAsset.objects.filter(pk__in=targets).update(presence="present")
    return run


def unknown(run: Run) -> list[Item]:
    return list(Item.objects.filter(run=run, outcome=Outcome.UNKNOWN).order_by("pk"))


def decide(run: Run, items: list[Item], user: Any, finding: str = "happened", note: str = "Looked") -> int:
    who = Actor.person(user, via="test")
    return engine.decide_many(
        run, [item.pk for item in items], finding=finding, note=note, actor=who, user=user
    )


def presence(item: Item) -> str:
    return VideoAsset.objects.get(pk=item.target_id).presence


def test_what_has_happened_is_done_and_the_mirror_follows(lost, deleter):
    items = unknown(lost)
    assert decide(lost, items, deleter) == 3
    for item in items:
        item.refresh_from_db()
        assert (item.outcome, item.note, item.decided_by_id) == ("done", "Looked", deleter.pk)
        assert presence(item) == "deleted"


def test_what_has_not_happened_may_go_into_a_retry(lost, deleter, actor):
    item = unknown(lost)[0]
    decide(lost, [item], deleter, "not_happened")
    item.refresh_from_db()
    assert item.outcome == Outcome.NOT_SENT
    assert presence(item) == "present"
    child = engine.retry(lost, actor=actor, user=deleter)
    assert list(Item.objects.filter(run=child).values_list("target_id", flat=True)) == [item.target_id]


def test_what_nobody_knows_stays_unknown_and_nobody_is_asked_again(browser, lost, deleter, actor):
    items = unknown(lost)
    decide(lost, items, deleter, "nobody_knows")
    assert [item.outcome for item in unknown(lost)] == ["unknown"] * 3
    assert presence(items[0]) == "present"
    with pytest.raises(engine.Refused):
        engine.retry(lost, actor=actor, user=deleter)
    with pytest.raises(engine.Refused) as refused:
        decide(lost, items[:1], deleter, "happened")
    assert refused.value.code == "not_unknown"
    assert "Decide" not in browser.get(lost.get_absolute_url()).content.decode()


@pytest.mark.parametrize("finding", ["happened", "not_happened", "nobody_knows"])
def test_every_decision_is_recorded_with_its_words(lost, deleter, finding):
    items = unknown(lost)
    decide(lost, items, deleter, finding, "Console, list of 3 May")
    records = Record.objects.filter(action=f"{DELETE}.decided").order_by("item_id")
    assert [record.item_id for record in records] == [item.pk for item in items]
    assert {(record.details["finding"], record.reason) for record in records} == {
        (finding, "Console, list of 3 May")
    }


def test_a_decision_sends_nothing(lost, deleter, sandbox):
    before = len(sandbox.calls())
    for item, finding in zip(unknown(lost), ["happened", "not_happened", "nobody_knows"], strict=True):
        decide(lost, [item], deleter, finding)
    assert len(sandbox.calls()) == before


@pytest.mark.parametrize(
    ("entered", "code"),
    [
        ({"finding": ""}, "nothing_chosen"),
        ({"finding": "perhaps"}, "nothing_chosen"),
        ({"note": " "}, "note_missing"),
        ({"note": "x" * 301}, "note_too_long"),
    ],
)
def test_a_decision_needs_a_finding_and_its_evidence(lost, deleter, entered, code):
    with pytest.raises(engine.Refused) as refused:
        decide(lost, unknown(lost), deleter, **entered)
    assert refused.value.code == code
    assert len(unknown(lost)) == 3


def test_one_known_outcome_among_them_refuses_all(lost, deleter):
    known = Item.objects.filter(run=lost, outcome=Outcome.DONE).first()
    with pytest.raises(engine.Refused):
        decide(lost, [*unknown(lost), known], deleter)
    assert len(unknown(lost)) == 3
    assert not Record.objects.filter(action=f"{DELETE}.decided").exists()


def test_an_item_of_another_run_is_refused(lost, deleter):
    other = plan(DELETE, VideoAsset.objects.all(), deleter)
    with pytest.raises(engine.Refused):
        decide(other, unknown(lost), deleter)


def test_more_than_a_person_can_look_at_is_refused(lost, deleter):
    who = Actor.person(deleter, via="test")
    with pytest.raises(engine.Refused) as refused:
        engine.decide_many(
            lost, range(1, MOST_DECIDED + 2), finding="happened", note="x", actor=who, user=deleter
        )
    assert refused.value.code == "too_many"


def test_who_may_not_delete_may_not_decide(client, lost):
    reader = UserFactory(permissions=["operations.view_run"])
    with pytest.raises(Denied):
        decide(lost, unknown(lost), reader)
    client.force_login(reader, backend=BACKEND)
    page = reverse("admin:operations_run_decide", args=[lost.pk])
    data = {"items": [item.pk for item in unknown(lost)], "finding": "happened", "note": "x"}
    assert client.get(page).status_code == 403
    assert client.post(page, data).status_code == 403
    assert len(unknown(lost)) == 3
    assert Record.objects.filter(action=f"{DELETE}.denied", actor=reader).count() == 2


def test_several_of_one_cause_are_decided_on_one_page(browser, lost):
    page = reverse("admin:operations_run_decide", args=[lost.pk])
    first, second, third = unknown(lost)
    shown = browser.get(page, {"operation": DELETE, "code": "no_answer"}).content.decode()
    assert (f'value="{first.pk}"' in shown, f'value="{third.pk}"' in shown) == (True, False)
    assert shown.count('name="finding"') == 3
    data = {"items": [first.pk, second.pk], "finding": "happened", "note": "Console"}
    assert browser.post(page, data).status_code == 302
    assert unknown(lost) == [third]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"finding": "happened", "note": "Console"}, "Tick the items"),
        ({"items": ["all"], "finding": "happened", "note": "Console"}, "Tick the items"),
        ({"items": [], "note": "Console"}, "Choose what you found"),
        ({"items": [], "finding": "happened"}, "Say how you found out"),
        ({"items": [10**20], "finding": "happened", "note": "x"}, "Tick the items"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(browser, lost, data, words):
    answer = browser.post(reverse("admin:operations_run_decide", args=[lost.pk]), data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert len(unknown(lost)) == 3


def test_a_page_with_nothing_to_decide_leads_back(browser, lost, deleter):
    decide(lost, unknown(lost), deleter)
    answer = browser.get(reverse("admin:operations_run_decide", args=[lost.pk]))
    assert answer.url == lost.get_absolute_url()


def test_causes_are_grouped_counted_and_linked(browser, lost):
    page = browser.get(lost.get_absolute_url()).content.decode()
    assert "No answer came in time" in page
    assert "The connection broke" in page
    assert "Decide about 2…" in page
    assert page.count("Not sent again until somebody says what came of it") == 2
    first, _second, third = unknown(lost)
    only = browser.get(
        lost.get_absolute_url(), {"show": "unknown", "operation": DELETE, "code": "cut_off"}
    ).content.decode()
    links = [reverse("admin:operations_run_item", args=[lost.pk, item.pk]) for item in (first, third)]
    assert [link in only for link in links] == [False, True]


def test_the_retry_says_how_many_it_may_send(browser, lost):
    Item.objects.filter(run=lost, outcome=Outcome.DONE).update(outcome=Outcome.REJECTED, code="633")
    page = browser.get(lost.get_absolute_url()).content.decode()
    assert "Review a retry of 2…" in page
    assert "ClassIn 633" in page


@pytest.mark.parametrize("code", ["%00", "x" * 61, "nothing"])
def test_a_cause_that_does_not_exist_shows_the_page(browser, lost, code):
    answer = browser.get(f"{lost.get_absolute_url()}?show=unknown&operation=nothing&code={code}")
    assert answer.status_code == 200
    assert browser.get(f"{reverse('admin:operations_run_decide', args=[lost.pk])}?code={code}").status_code in (200, 302)  # fmt: skip


def test_causes_cost_the_same_queries_for_few_and_for_many(browser, lost, django_assert_max_num_queries):
    Item.objects.filter(run=lost).update(state=ItemState.SETTLED, outcome=Outcome.REJECTED)
    for number, item in enumerate(Item.objects.filter(run=lost)):
        Item.objects.filter(pk=item.pk).update(code=str(100 + number))
    with django_assert_max_num_queries(21):
        browser.get(lost.get_absolute_url())


def test_cancelling_the_rest_keeps_what_may_have_happened_unknown(clips, deleter, actor):
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    waiting = Item.objects.filter(run=run).first()
    Item.objects.filter(pk=waiting.pk).update(outcome=Outcome.UNKNOWN, code="no_answer", attempts_made=1)
    assert engine.cancel_rest(run, actor=actor, user=deleter) == 4
    assert [item.pk for item in unknown(run)] == [waiting.pk]
    child = engine.retry(run, actor=actor, user=deleter)
    assert not Item.objects.filter(run=child, target_id=waiting.target_id).exists()
