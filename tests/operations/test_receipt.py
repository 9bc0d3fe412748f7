"""The receipt of a deletion: its figures, its page, its files, who may read it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from audit.actors import Actor
from audit.models import Record
from media_assets.models import VideoAsset
from operations import engine
from operations.engine.limits import change_policy
from operations.engine.policy import policy
from operations.models import Hold, Item, Policy, Run
from operations.receipt import GIGABYTE, Tally, saved_a_month
from operations.states import ItemState, Outcome, RunState
from screens.selection_words import TICKED, selection_words
from tests.factories.operations import confirmed, plan
from tests.factories.people import AuditorFactory, SuperuserFactory, UserFactory
from tests.tiers import tier

DELETE = "media_assets.class_video.delete"
BACKEND = "django.contrib.auth.backends.ModelBackend"

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, deleter):
    client.force_login(deleter, backend=BACKEND)
    return client


@pytest.fixture
def ended(clips, deleter, work_off, sandbox) -> Run:
    """A finished deletion of five clips, of which the first was rejected."""
    sandbox.fault("classin", "code", code="633", times=1)
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    work_off(run)
    return run


def address(run: Run, name: str = "") -> str:
    return reverse(f"admin:operations_run_receipt{name}", args=[run.pk])


def body(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def figures_of_the_ledger(run: Run) -> Counter[str]:
    """How many items ended how, from the records alone: each item by its newest ending, the rest by what runs say."""
    endings: dict[int, str] = {}
    counts: Counter[str] = Counter()
    for record in Record.objects.filter(run_id=run.pk).order_by("pk"):
        if record.action.endswith(".requested"):
            counts[Outcome.SKIPPED] += sum(record.details["left_out"].values())
        elif record.action == "operations.run.cancelled":
            counts[Outcome.CANCELLED] += record.details["count"]
        elif record.item_id and record.action.endswith(".decided"):
            endings[record.item_id] = record.details["outcome"]
        elif record.item_id and record.outcome:
            endings[record.item_id] = record.outcome
    return counts + Counter(endings.values())


def with_random_ends(run: Run, sandbox: Any, work_off: Any, user: Any, seed: int) -> None:
    """Work a confirmed run off at a provider that answers anything, with holds, a cancellation and decisions."""
    chance = random.Random(seed)
    items = list(Item.objects.filter(run=run, confirmed=True))
    for item in chance.sample(items, chance.randrange(3)):
        Hold.objects.create(
            target_kind=item.target_kind, target_id=item.target_id, reason="Needed", placed_by=user
        )
    for _fault in range(chance.randrange(4)):
        sandbox.fault("classin", "code", code=chance.choice(["633", "634", "384"]), times=1)
    if chance.random() < 0.5:
        sandbox.fault("classin", "reset_after", times=chance.choice([1, 2, 40]))
    if chance.random() < 0.3:
        Item.objects.filter(pk=items[0].pk).update(state=ItemState.SETTLED, outcome=Outcome.UNKNOWN)
        who = Actor.person(user, via="test")
        engine.decide(items[0], finding=chance.choice(["happened", "not_happened", "nobody_knows"]), note="Looked", actor=who, user=user)  # fmt: skip
    if chance.random() < 0.3:
        engine.cancel_rest(run, actor=Actor.person(user, via="test"), user=user)
    work_off(run)
    if run.state == RunState.HALTED:
        engine.cancel_rest(run, actor=Actor.person(user, via="test"), user=user)


@pytest.mark.parametrize("seed", range(tier(quick=6, full=12)))
def test_receipt_items_and_records_tell_the_same_figures(clips, deleter, work_off, sandbox, seed):
    draft = plan(DELETE, VideoAsset.objects.all(), deleter)
    if seed % 2:
        pk = Item.objects.filter(run=draft).values_list("pk", flat=True)[seed % 5]
        engine.keep_only(draft, shown=[pk], ticked=[], actor=Actor.person(deleter, via="test"), user=deleter)
    draft.refresh_from_db()
    run = confirmed(draft, deleter)
    with_random_ends(run, sandbox, work_off, deleter, seed)
    items = Item.objects.filter(run=run)
    totals = Tally(run).totals
    assert totals.items == items.count() == 5
    assert totals.outcomes == Counter(items.filter(state="settled").values_list("outcome", flat=True))
    assert totals.outcomes == figures_of_the_ledger(run)
    assert totals.freed == 1000 * totals.outcomes[Outcome.DONE]
    assert sum(part.all for part in Tally(run).parts) == totals.items
    assert sum(part.gone for part in Tally(run).parts) == totals.gone
    assert sum(part.freed for part in Tally(run).parts) == totals.freed
    assert sum(group["count"] for group in Tally(run).groups) == totals.gone
    assert sum(part.count for part in Tally(run).left_out) == totals.outcomes[Outcome.SKIPPED]
    trouble = ("rejected", "not_sent", "unknown")
    assert sum(cause.count for cause in Tally(run).causes) == sum(totals.outcomes[key] for key in trouble)


def test_the_page_says_who_when_why_what_and_what_failed(browser, ended, deleter):
    page = browser.get(address(ended)).content.decode()
    assert f"Receipt R-{ended.pk}" in page
    assert "Term is over" in page
    assert "ClassIn 633" in page
    assert "no approval was needed" in page
    assert ended.digest in page
    assert "Clip 4" in page
    assert "Saved a month" not in page


def test_the_run_links_to_its_receipt_once_it_is_over(browser, clips, deleter, work_off):
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    assert address(run) not in browser.get(run.get_absolute_url()).content.decode()
    work_off(run)
    assert address(run) in browser.get(run.get_absolute_url()).content.decode()


def test_what_is_not_over_has_no_receipt(browser, clips, deleter):
    draft = plan(DELETE, VideoAsset.objects.all(), deleter)
    run = confirmed(plan(DELETE, VideoAsset.objects.filter(pk=clips[0].pk), deleter), deleter)
    engine.discard(draft, actor=Actor.person(deleter, via="test"), user=deleter)
    for without in (draft, run):
        assert browser.get(address(without)).url == without.get_absolute_url()
        for name in ("_csv", "_json"):
            assert browser.get(address(without, name)).status_code == 404
    assert not Record.objects.filter(action="operations.receipt.exported").exists()


def test_a_cancelled_deletion_has_a_receipt_that_says_by_whom(browser, clips, deleter):
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    engine.cancel_rest(run, actor=Actor.person(deleter, via="test"), user=deleter)
    page = browser.get(address(run)).content.decode()
    assert "Cancelled by" in page
    assert Tally(Run.objects.get(pk=run.pk)).totals.outcomes == {"cancelled": 5}


@pytest.mark.parametrize(("person", "status"), [("reader", 200), ("auditor", 200), ("stranger", 403)])
def test_who_may_see_the_run_or_the_log_may_see_the_receipt(client, ended, person, status):
    people = {
        "reader": lambda: UserFactory(permissions=["operations.view_run"]),
        "auditor": AuditorFactory,
        "stranger": UserFactory,
    }
    client.force_login(people[person](), backend=BACKEND)
    receipts = reverse("admin:operations_receipt_changelist")
    for url in (address(ended), address(ended, "_csv"), address(ended, "_json"), receipts):
        assert client.get(url).status_code == status


def test_nothing_is_posted_to_a_receipt(browser, ended):
    for name in ("", "_csv", "_json"):
        assert browser.post(address(ended, name)).status_code == 405


def test_each_export_is_recorded(browser, ended):
    body(browser.get(address(ended, "_csv")))
    body(browser.get(address(ended, "_json")))
    exports = Record.objects.filter(action="operations.receipt.exported", run_id=ended.pk).order_by("pk")
    assert [record.details["format"] for record in exports] == ["csv", "json"]


def test_the_csv_names_every_item_with_its_outcome_and_holds_no_formula(browser, ended):
    Item.objects.filter(run=ended).update(label="=HYPERLINK(1)", note="+1", message="@x")
    rows = list(csv.DictReader(io.StringIO(body(browser.get(address(ended, "_csv"))))))
    assert [row["Outcome"] for row in rows] == ["Rejected", *["Deleted"] * 4]
    assert "ClassIn 633" in rows[0]["What happened"]
    assert {row["Name"] for row in rows} == {"'=HYPERLINK(1)"}
    assert {row["Note"] for row in rows} == {"'+1"}
    assert {row["Provider’s answer"] for row in rows} == {"'@x"}


def test_the_csv_speaks_the_readers_language(browser, ended):
    browser.cookies["django_language"] = "zh-hans"
    assert "已删除" in body(browser.get(address(ended, "_csv")))


def checksum(receipt: dict[str, Any]) -> str:
    """The checksum as docs/operators.md says how to compute it."""
    names = ("operation", "account_id", "target_kind", "target_id", "identity", "params")
    rows = [[item[name] for name in names] for item in receipt["items"] if item["confirmed"]]
    lines = [json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows]  # fmt: skip
    size, whole = receipt["checksum"]["part"], hashlib.sha256()
    for start in range(0, len(lines), size):
        whole.update(hashlib.sha256(b"".join(lines[start : start + size])).hexdigest().encode() + b"\n")
    return whole.hexdigest()


def test_the_json_is_whole_and_its_checksum_can_be_computed_again(browser, ended):
    receipt = json.loads(body(browser.get(address(ended, "_json"))))
    assert (receipt["format"], receipt["version"]) == ("back-office-receipt", 2)
    assert checksum(receipt) == receipt["checksum"]["value"] == ended.digest
    assert receipt["totals"]["outcomes"]["done"] == 4
    assert receipt["totals"]["saved_per_month"] is None
    assert [cause["code"] for cause in receipt["causes"]] == ["633"]
    assert [item["outcome"] for item in receipt["items"]] == ["rejected", *["done"] * 4]
    actions = {record["action"] for record in receipt["records"]}
    assert {f"{DELETE}.requested", f"{DELETE}.succeeded", "operations.run.finished"} <= actions
    assert "operations.receipt.exported" not in actions


def test_a_changed_list_has_another_checksum(browser, ended):
    receipt = json.loads(body(browser.get(address(ended, "_json"))))
    receipt["items"][2]["target_id"] += 1
    assert checksum(receipt) != ended.digest


def test_a_price_set_before_the_confirmation_shows_what_is_saved(browser, clips, deleter, work_off):
    VideoAsset.objects.update(size_bytes=2_500_000_000)
    owner = SuperuserFactory()
    price = {"price_per_gb_month": Decimal("0.12"), "price_currency": "CNY"}
    change_policy(price, actor=Actor.person(owner, via="test"), user=owner)
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    change_policy({"price_per_gb_month": Decimal(9)}, actor=Actor.person(owner, via="test"), user=owner)
    work_off(run)
    page = browser.get(address(run)).content.decode()
    assert "1.50 CNY" in page
    assert "at 0.12 CNY" in page
    saved = json.loads(body(browser.get(address(run, "_json"))))["totals"]["saved_per_month"]
    assert saved == {"amount": "1.50", "currency": "CNY", "price_per_gb": "0.12", "bytes_per_gb": GIGABYTE}


@given(st.integers(0, 10**16), st.decimals(min_value="0.000001", max_value="999999", places=6))
def test_money_is_exact_to_half_a_hundredth(freed, price):
    saved = saved_a_month(freed, price)
    assert abs(saved * GIGABYTE - freed * price) <= Decimal("0.005") * GIGABYTE
    assert saved_a_month(freed, None) is None


def post_limits(client, **changes):
    data = {"second_person": "on", "approve_from": 100, "approval_hours": 48, "irreversible_minutes": 15, "sweeping_minutes": 60}  # fmt: skip
    return client.post(reverse("admin:limits"), {**data, **changes})


def test_the_price_is_set_on_the_page_of_limits_and_recorded_as_no_lowering(client):
    Policy.objects.update(second_person=True, irreversible_seconds=900, sweeping_seconds=3600)
    client.force_login(SuperuserFactory(), backend=BACKEND)
    assert post_limits(client, price_per_gb_month="0.1200", price_currency="CNY").status_code == 302
    assert (policy().price_per_gb_month, policy().price_currency) == (Decimal("0.12"), "CNY")
    record = Record.objects.get(action="operations.policy.changed")
    assert record.changes["price_per_gb_month"]["after"] == "0.12"
    assert post_limits(client, price_per_gb_month="", price_currency="CNY").status_code == 302
    assert (policy().price_per_gb_month, policy().price_currency) == (None, "")


@pytest.mark.parametrize(
    "price",
    [
        {"price_per_gb_month": "0.12"},
        {"price_per_gb_month": "0", "price_currency": "CNY"},
        {"price_per_gb_month": "-1", "price_currency": "CNY"},
        {"price_per_gb_month": "cheap", "price_currency": "CNY"},
        {"price_per_gb_month": "0.0000001", "price_currency": "CNY"},
        {"price_per_gb_month": "0.12", "price_currency": "yuan"},
        {"price_per_gb_month": "0.12", "price_currency": "cny"},
    ],
)
def test_a_price_that_is_none_changes_nothing(client, price):
    client.force_login(SuperuserFactory(), backend=BACKEND)
    assert post_limits(client, **price).status_code == 422
    assert policy().price_per_gb_month is None


def test_the_list_of_receipts_holds_what_is_over_alone(browser, ended, deleter, clips):
    running = confirmed(plan(DELETE, VideoAsset.objects.filter(presence="present"), deleter), deleter)
    page = browser.get(reverse("admin:operations_receipt_changelist")).content.decode()
    assert address(ended) in page
    assert address(running) not in page


def test_the_menu_has_receipts_for_who_may_read_them(browser, client, deleter):
    url = reverse("admin:operations_receipt_changelist")
    assert f'href="{url}"' in browser.get(reverse("admin:index")).content.decode()


def test_a_record_of_a_deletion_links_to_the_receipt(client, ended):
    client.force_login(SuperuserFactory(), backend=BACKEND)
    record = Record.objects.filter(action=f"{DELETE}.succeeded", run_id=ended.pk).first()
    page = client.get(reverse("admin:audit_record_change", args=[record.pk])).content.decode()
    assert address(ended) in page
    assert (
        address(ended)
        in client.get(reverse("admin:audit_record_changelist"), {"run": ended.pk}).content.decode()
    )


def test_a_receipt_costs_the_same_queries_whatever_its_length(
    browser, ended, django_assert_max_num_queries, connection_of_the_test
):
    with CaptureQueriesContext(connection_of_the_test) as few:
        browser.get(address(ended))
    item = Item.objects.filter(run=ended, outcome=Outcome.DONE).first()
    copies = []
    for number in range(300):
        copy = Item.objects.get(pk=item.pk)
        copy.pk, copy.target_id, copy.group_label = None, 10_000 + number, f"Course {number}"
        copies.append(copy)
    Item.objects.bulk_create(copies)
    with django_assert_max_num_queries(len(few)):
        page = browser.get(address(ended)).content.decode()
    assert "The largest ones are shown" in page


@pytest.fixture
def connection_of_the_test(db: None) -> Any:
    from django.db import connection

    return connection


def test_a_retry_says_so_in_the_readers_language(browser, ended, deleter, work_off):
    child = engine.retry(ended, actor=Actor.person(deleter, via="test"), user=deleter)
    confirmed(child, deleter)
    work_off(child)
    child.refresh_from_db()
    assert child.state == RunState.FINISHED
    browser.cookies["django_language"] = "zh-hans"
    assert "Retry of" not in browser.get(address(child)).content.decode()


def test_the_receipt_of_an_approved_run_names_both_and_when(browser, clips, deleter, work_off):
    Policy.objects.update(second_person=True, approve_from=1)
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    approver = UserFactory(permissions=["operations.approve_run", "operations.view_run"])
    approver = get_user_model().objects.get(pk=approver.pk)
    engine.approve(run, actor=Actor.person(approver, via="test"), user=approver, digest_shown=run.digest)
    work_off(run)
    tally = Tally(Run.objects.get(pk=run.pk))
    assert tally.run.approved_name == approver.get_full_name()
    assert tally.run.confirmed_at <= tally.approved_at <= tally.run.ended_at
    assert approver.get_full_name() in browser.get(address(run)).content.decode()


def test_the_receipt_stands_under_receipts_in_the_menu(browser, ended):
    groups = browser.get(address(ended)).context["navigation"]
    entries = [entry for group in groups for entry in group["items"]]
    assert [str(entry["label"]) for entry in entries if entry["active"]] == ["Receipts"]


def test_a_filter_is_said_in_the_readers_language_only_where_it_says_the_same(browser, ended):
    stored = {"filter_query": "kind=class_video", "filter_words": "Kind: Class video"}
    videos = admin.site.get_model_admin(VideoAsset)
    request = RequestFactory().get("/", {"kind": "class_video"})
    request.user = ended.requested_by
    Run.objects.filter(pk=ended.pk).update(**{**stored, "filter_words": videos.describe_filters(request)})
    browser.cookies["django_language"] = "zh-hans"
    with override("zh-hans"):
        words = videos.describe_filters(request)
    assert words in browser.get(address(ended)).content.decode()
    for moved in ({"filter_words": "Kind: Lesson film"}, {"filter_query": "kind=film&nonsense=1"}):
        Run.objects.filter(pk=ended.pk).update(**{**stored, **moved})
        page = browser.get(address(ended)).content.decode()
        assert {**stored, **moved}["filter_words"] in page


def test_lists_say_a_choice_without_filters_in_the_readers_language(browser, ended):
    rows = Run.objects.filter(pk=ended.pk)
    rows.update(filter_query="", filter_words=selection_words("", TICKED, 48))
    with override("zh-hans"):
        words = selection_words("", TICKED, 48)
    browser.cookies["django_language"] = "zh-hans"
    for name in ("operations_receipt_changelist", "operations_run_changelist"):
        page = browser.get(reverse(f"admin:{name}")).content.decode()
        assert words in page
        assert "ticked by hand" not in page
    rows.update(filter_words="48 ticked by paw")
    assert "48 ticked by paw" in browser.get(reverse("admin:operations_receipt_changelist")).content.decode()
