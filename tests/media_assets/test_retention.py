"""Retention rules: what they touch, when they announce and propose, and that they never do more than that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.actors import Actor
from audit.denials import Denied
from audit.models import Record
from media_assets.models import RetentionProposal, RetentionRule, VideoAsset
from media_assets.retention import nightly
from media_assets.retention.days import age_limit, due_after, next_night, night_of
from media_assets.retention.rules import change_rule, keep, make_rule, switch_rule
from media_assets.retention.selection import preview, touched, touched_by
from operations import engine
from operations.engine.confirm import confirmation_words
from operations.models import Attempt, Hold, Item, Notice, Run
from operations.states import ItemState, Outcome, RunState
from tests.factories.media_assets import MeetingVideoFactory, TranscodedOutputFactory, VideoAssetFactory
from tests.factories.people import UserFactory
from tests.factories.retention import owner, rule, rule_maker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
"""Noon in Shanghai."""
State = RetentionProposal.State


class Clock:
    """The database's clock, where the nights look at it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("media_assets.retention.nightly.database_now", made)
    monkeypatch.setattr("media_assets.retention.rules.database_now", made)
    return made


@pytest.fixture
def deleter(db: None) -> Any:
    return UserFactory(
        permissions=["media_assets.delete_class_video", "operations.view_run", "operations.approve_run"]
    )


def video(**values: Any) -> VideoAsset:
    """A clip that the usual rule touches: a year old, never watched."""
    return VideoAssetFactory(**{"recorded_at": NOW - timedelta(days=365), "watch_count": 0, **values})


def hold(row: Any, user: Any) -> None:
    engine.place_holds(
        type(row),
        type(row).objects.filter(pk=row.pk),
        reason="Needed",
        until=None,
        actor=Actor.person(user, via="test"),
        user=user,
    )


def sign(run: Run, user: Any) -> Run:
    return engine.sign(run, actor=Actor.person(user, via="test"), user=user)


def only_run() -> Run:
    return Run.objects.exclude(state=RunState.CANCELLED).get()


def listed(run: Run) -> set[int]:
    return set(Item.objects.filter(run=run, left_out="").values_list("target_id", flat=True))


class TestWhatARuleTouches:
    def test_a_video_is_old_enough_on_the_day_after_its_last_one_by_the_schools_clock(self):
        limit = datetime(2026, 5, 26, tzinfo=ZoneInfo("Asia/Shanghai"))
        assert age_limit(NOW, 180) == limit
        young = video(recorded_at=limit)
        old = video(recorded_at=limit - timedelta(microseconds=1))
        assert list(touched(rule(), NOW)) == [old]
        assert young not in touched(rule(name="Another"), NOW)

    @pytest.mark.parametrize("hour", [0, 6, 15, 23])
    def test_the_limit_stays_where_it_is_for_a_whole_school_day_and_is_never_too_young(self, hour: int):
        now = datetime(2026, 11, 22, hour, 59, tzinfo=ZoneInfo("Asia/Shanghai"))
        assert age_limit(now, 180) == datetime(2026, 5, 26, tzinfo=ZoneInfo("Asia/Shanghai"))
        assert age_limit(now, 180) <= now - timedelta(days=180)

    def test_a_change_of_the_clocks_makes_no_video_older(self, settings: Any):
        settings.TIME_ZONE = "Europe/Berlin"
        berlin = ZoneInfo("Europe/Berlin")
        after = datetime(2026, 3, 29, 3, 30, tzinfo=berlin)
        assert age_limit(after, 1) == datetime(2026, 3, 28, tzinfo=berlin)
        assert age_limit(after, 0) == datetime(2026, 3, 29, tzinfo=berlin)
        autumn = datetime(2026, 10, 25, 23, 30, tzinfo=berlin)
        assert age_limit(autumn, 1) <= autumn - timedelta(days=1)

    def test_every_condition_narrows(self):
        wanted = video(size_bytes=2_000_000)
        conditions: dict[str, Any] = {
            "kind": "class_video",
            "course": wanted.course_class.course,  # type: ignore[union-attr]
            "account": wanted.account,
            "min_bytes": 2_000_000,
        }
        video(size_bytes=1_999_999, course_class=wanted.course_class)
        video(size_bytes=3_000_000)
        video(size_bytes=None, course_class=wanted.course_class)
        MeetingVideoFactory(recorded_at=NOW - timedelta(days=365), watch_count=0, size_bytes=3_000_000)
        assert list(touched(rule(**conditions), NOW)) == [wanted]

    def test_without_a_kind_all_three_are_touched(self):
        old = {"recorded_at": NOW - timedelta(days=365), "watch_count": 0}
        rows = [video(), TranscodedOutputFactory(**old), MeetingVideoFactory(**old)]
        assert set(touched(rule(), NOW)) == set(rows)

    def test_a_video_without_a_date_is_never_touched_and_the_preview_counts_it(self):
        video(recorded_at=None)
        shown = preview(rule(), NOW)
        assert (shown.count, shown.undated) == (0, 1)

    def test_an_unknown_number_of_views_counts_as_watched_unless_the_rule_says_otherwise(self):
        unknown, _watched, never = video(watch_count=None), video(watch_count=3), video()
        assert set(touched(rule(), NOW)) == {never}
        assert set(touched(rule(name="Loose", unknown_is_unwatched=True), NOW)) == {never, unknown}
        assert touched(rule(name="All", not_watched=False), NOW).count() == 3

    def test_what_is_gone_or_going_is_not_touched(self):
        video(presence="deleted")
        video(presence="missing")
        video(presence="deletion_pending")
        assert not touched(rule(), NOW).exists()

    @pytest.mark.parametrize("where", ["video", "lesson", "course"])
    def test_what_is_on_hold_is_left_out_and_counted(self, where: str):
        clip, person = video(), owner()
        lesson: Any = clip.course_class
        hold({"video": clip, "lesson": lesson, "course": lesson.course}[where], person)
        shown = preview(rule(), NOW)
        assert (shown.count, shown.held) == (0, 1)

    def test_the_preview_tells_sizes_dates_and_courses(self):
        first = video(recorded_at=NOW - timedelta(days=400), size_bytes=5)
        video(size_bytes=7, course_class=first.course_class)
        video(size_bytes=None)
        shown = preview(rule(), NOW)
        assert (shown.count, shown.size, shown.unmeasured, shown.oldest) == (3, 12, 1, first.recorded_at)
        assert sum(group["count"] for group in shown.groups) == 3
        assert shown.rows[0] == first

    def test_the_preview_changes_nothing_and_asks_the_same_however_much_there_is(self):
        some = rule()
        records = Record.objects.count()

        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                preview(some, NOW)
            return len(queries)

        video()
        few = asked()
        for _number in range(60):
            video()
        assert asked() == few <= 5
        assert len(preview(some, NOW).rows) == 50
        assert Record.objects.count() == records
        assert not Run.objects.exists()

    def test_the_figures_of_all_rules_are_one_question(self):
        rules = [rule(name=f"Rule {number}", older_than_days=number * 300) for number in (1, 2)]
        video(size_bytes=9)
        with CaptureQueriesContext(connection) as queries:
            found = touched_by(rules, NOW)
        assert len(queries) == 1
        assert found == {rules[0].pk: (1, 9), rules[1].pk: (0, 0)}


class TestNights:
    def test_a_night_belongs_to_the_last_day_whose_time_has_come(self):
        before = datetime(2026, 11, 21, 17, 59, tzinfo=UTC)  # 01:59 of the 22nd in Shanghai
        assert night_of(before)[0].isoformat() == "2026-11-21"
        assert night_of(before + timedelta(minutes=1))[0].isoformat() == "2026-11-22"
        assert next_night(before) == before + timedelta(minutes=1)

    def test_without_notice_the_same_night_proposes_a_plan_and_confirms_nothing(self):
        clip = video()
        made = rule()
        nightly.pass_nights()
        run = only_run()
        assert (run.state, run.requested_by_id, run.proposed_by) == (RunState.DRAFT, None, made.key)
        assert listed(run) == {clip.pk}
        assert run.confirmed_at is None
        assert not run.digest
        assert not Attempt.objects.exists()
        assert not Item.objects.exclude(state=ItemState.PLANNED).exists()
        assert not Notice.objects.exists()

    def test_a_second_pass_of_the_same_night_and_a_second_sweeper_change_nothing(self):
        video()
        rule(notice_days=5, owners=[owner()])
        nightly.pass_nights()
        seen = (RetentionProposal.objects.count(), Notice.objects.count(), Record.objects.count())
        nightly.pass_nights()
        nightly.pass_nights()
        assert (RetentionProposal.objects.count(), Notice.objects.count(), Record.objects.count()) == seen
        assert seen[:2] == (1, 1)

    def test_the_database_itself_allows_one_proposal_a_night(self):
        made = rule()
        columns: Any = {"rule": made, "day": NOW.date(), "notice_days": 0, "announced_at": NOW, "due_at": NOW}
        RetentionProposal.objects.create(**columns, count=1)
        with pytest.raises(IntegrityError), transaction.atomic():
            RetentionProposal.objects.create(**columns, count=1)

    def test_nights_that_were_slept_through_are_made_up_for_once(self, clock: Clock):
        rule(notice_days=3, owners=[owner()])
        nightly.pass_nights()
        clock.forward(days=9)
        video()
        nightly.pass_nights()
        nightly.pass_nights()
        assert RetentionProposal.objects.get().day.isoformat() == "2026-12-01"

    def test_a_rule_made_by_day_waits_for_its_first_night(self, clock: Clock):
        video()
        rule(on_since=NOW.isoformat())
        nightly.pass_nights()
        assert not RetentionProposal.objects.exists()
        clock.forward(days=1)
        nightly.pass_nights()
        assert RetentionProposal.objects.count() == 1

    def test_a_rule_that_is_off_does_nothing(self):
        video()
        made = rule()
        RetentionRule.objects.filter(pk=made.pk).update(is_on=False)
        nightly.pass_nights()
        assert not RetentionProposal.objects.exists()

    def test_a_new_night_replaces_a_plan_that_nobody_took_over(self, clock: Clock):
        first = video()
        rule()
        nightly.pass_nights()
        old = only_run()
        second = video()
        clock.forward(days=1)
        nightly.pass_nights()
        old.refresh_from_db()
        assert old.state == RunState.CANCELLED
        assert set(Item.objects.filter(run=old).values_list("outcome", flat=True)) == {Outcome.CANCELLED}
        assert listed(only_run()) == {first.pk, second.pk}
        assert Record.objects.get(action="operations.run.replaced").run_id == old.pk

    def test_a_plan_that_is_still_right_is_left_alone_by_the_next_nights(self, clock: Clock):
        video()
        rule()
        nightly.pass_nights()
        for _night in range(3):
            clock.forward(days=1)
            nightly.pass_nights()
        assert Run.objects.count() == 1

    def test_what_is_no_longer_touched_leaves_a_waiting_plan_at_the_next_night(self, clock: Clock):
        stays, goes = video(), video()
        rule()
        nightly.pass_nights()
        VideoAsset.objects.filter(pk=stays.pk).update(watch_count=1)
        clock.forward(days=1)
        nightly.pass_nights()
        assert listed(only_run()) == {goes.pk}
        VideoAsset.objects.filter(pk=goes.pk).update(watch_count=1)
        clock.forward(days=1)
        nightly.pass_nights()
        assert not Run.objects.exclude(state=RunState.CANCELLED).exists()

    def test_a_plan_that_somebody_took_over_is_theirs_and_stays(self, clock: Clock, deleter: Any):
        video()
        made = rule()
        nightly.pass_nights()
        run = sign(only_run(), deleter)
        video()
        clock.forward(days=1)
        nightly.pass_nights()
        run.refresh_from_db()
        assert run.state == RunState.DRAFT
        assert Run.objects.filter(proposed_by=made.key, requested_by=None).count() == 1


class TestNotice:
    """Cloud Custodian's mark-and-act bugs, each as the case that must not happen here."""

    @pytest.fixture
    def announced(self) -> RetentionProposal:
        video()
        self.person = owner()
        rule(notice_days=4, owners=[self.person])
        nightly.pass_nights()
        return RetentionProposal.objects.get()

    def test_custodian_4097_nothing_is_planned_before_its_time(
        self, announced: RetentionProposal, clock: Clock
    ):
        clock.now = announced.due_at - timedelta(microseconds=1)
        nightly.pass_nights()
        assert not Run.objects.exists()
        clock.now = announced.due_at
        nightly.pass_nights()
        assert only_run().state == RunState.DRAFT

    @pytest.mark.parametrize("days", [1, 2, 7, 30])
    def test_custodian_3617_each_length_of_notice_is_its_own(self, days: int):
        video()
        rule(notice_days=days, owners=[owner()])
        nightly.pass_nights()
        assert RetentionProposal.objects.get().due_at == NOW + timedelta(days=days)

    def test_custodian_6106_no_days_given_is_an_error_and_not_zero(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            RetentionRule.objects.create(name="x", older_than_days=1, made_name="x", notice_days=None)

    def test_custodian_5728_a_notice_is_never_shorter_by_a_change_of_the_clocks(self, settings: Any):
        settings.TIME_ZONE = "Europe/Berlin"
        for start in (datetime(2026, 3, 28, 2, 0, tzinfo=UTC), datetime(2026, 10, 24, 2, 0, tzinfo=UTC)):
            for days in range(1, 5):
                due = due_after(start, days)
                assert due >= start + timedelta(days=days)
                local, began = (
                    due.astimezone(ZoneInfo("Europe/Berlin")),
                    start.astimezone(ZoneInfo("Europe/Berlin")),
                )
                assert (local.date() - began.date()).days >= days

    def test_custodian_4968_and_6530_a_person_is_told_once_and_not_every_day(
        self, announced: RetentionProposal, clock: Clock
    ):
        for _day in range(3):
            clock.forward(days=1)
            nightly.pass_nights()
        assert Notice.objects.count() == 1

    def test_custodian_2384_a_further_night_does_not_move_the_date(
        self, announced: RetentionProposal, clock: Clock
    ):
        clock.forward(days=1)
        video()
        nightly.pass_nights()
        dates = list(RetentionProposal.objects.order_by("pk").values_list("due_at", flat=True))
        assert dates == [NOW + timedelta(days=4), NOW + timedelta(days=5)]

    def test_the_notice_says_how_many_when_and_where(self, announced: RetentionProposal):
        notice = Notice.objects.get()
        assert notice.person == self.person
        assert notice.details == {"rule": "Old clips", "count": 1, "day": "2026-11-26", "note": ""}
        assert notice.link == announced.get_absolute_url()

    def test_only_what_was_announced_goes_into_the_plan(self, announced: RetentionProposal, clock: Clock):
        first = VideoAsset.objects.get()
        clock.forward(days=3)
        late = video()
        nightly.pass_nights()
        clock.now = announced.due_at
        nightly.pass_nights()
        assert listed(only_run()) == {first.pk}
        assert RetentionProposal.objects.get(state=State.ANNOUNCED).announced.get().video == late

    def test_what_stopped_matching_meanwhile_does_not_go_into_the_plan(
        self, announced: RetentionProposal, clock: Clock
    ):
        VideoAsset.objects.update(watch_count=1)
        clock.now = announced.due_at
        nightly.pass_nights()
        announced.refresh_from_db()
        assert announced.state == State.NOTHING_LEFT
        assert not Run.objects.exists()

    def test_keeping_wins_before_the_plan(self, announced: RetentionProposal, clock: Clock):
        self.keep(announced, "video", VideoAsset.objects.get().pk)
        clock.now = announced.due_at
        nightly.pass_nights()
        assert not Run.objects.exists()
        kept = Hold.objects.get()
        assert kept.reason == f"Kept by {self.person.get_full_name()} after a notice of the rule “Old clips”"

    def test_keeping_wins_after_the_plan_was_made_and_taken_over(
        self, announced: RetentionProposal, clock: Clock, deleter: Any
    ):
        clock.now = announced.due_at
        nightly.pass_nights()
        run = sign(only_run(), deleter)
        self.keep(announced, "all", 0)
        with pytest.raises(engine.Refused):
            engine.confirm(
                run,
                actor=Actor.person(deleter, via="test"),
                user=deleter,
                token=str(run.token),
                reason="Old",
                typed=confirmation_words(1),
            )
        assert Item.objects.get(run=run).left_out == "held"

    @pytest.mark.parametrize("what", ["lesson", "course"])
    def test_a_whole_lesson_or_course_is_kept_by_one_hold(
        self, announced: RetentionProposal, clock: Clock, what: str
    ):
        lesson: Any = VideoAsset.objects.get().course_class
        assert self.keep(announced, what, lesson.pk if what == "lesson" else lesson.course_id) == 1
        clock.now = announced.due_at
        nightly.pass_nights()
        assert not Run.objects.exists()

    def test_only_what_was_announced_can_be_kept_from_here(self, announced: RetentionProposal):
        other = video()
        with pytest.raises(engine.Refused):
            self.keep(announced, "video", other.pk)
        with pytest.raises(engine.Refused):
            self.keep(announced, "everything", other.pk)
        assert not Hold.objects.exists()

    def test_who_may_not_place_holds_may_not_keep(self, announced: RetentionProposal):
        stranger = UserFactory()
        with pytest.raises(Denied):
            keep(announced, "all", 0, until=None, actor=Actor.person(stranger, via="test"), user=stranger)
        assert not Hold.objects.exists()

    def test_without_anybody_to_tell_nothing_is_announced(self, clock: Clock):
        person = owner()
        video()
        rule(notice_days=4, owners=[person])
        type(person).objects.filter(pk=person.pk).update(is_active=False)
        nightly.pass_nights()
        assert not RetentionProposal.objects.exists()

    def keep(self, proposal: RetentionProposal, what: str, pk: int) -> int:
        actor = Actor.person(self.person, via="test")
        return keep(proposal, what, pk, until=None, actor=actor, user=self.person)


class TestChangingARule:
    def change(self, made: RetentionRule, *, owners: Any = None, **values: Any) -> list[str]:
        person = rule_maker()
        for name, value in values.items():
            setattr(made, name, value)
        people = list(made.owners.all()) if owners is None else owners
        return change_rule(made, owners=people, actor=Actor.person(person, via="test"), user=person)

    def test_making_and_changing_is_recorded_with_before_and_after(self):
        made = rule()
        assert Record.objects.filter(action="media_assets.retention_rule.made", target_id=made.pk).exists()
        assert self.change(made, older_than_days=90) == ["older_than_days"]
        record = Record.objects.get(action="media_assets.retention_rule.changed")
        change = record.changes["older_than_days"]
        assert (change["before"], change["after"]) == (180, 90)

    def test_saving_the_same_again_is_no_change(self):
        assert self.change(rule()) == []
        assert not Record.objects.filter(action="media_assets.retention_rule.changed").exists()

    def test_without_the_right_nothing_is_made_changed_or_switched(self):
        person, made = UserFactory(), rule()
        actor = Actor.person(person, via="test")
        fresh = RetentionRule(name="Mine", older_than_days=1, notice_days=0)
        with pytest.raises(Denied):
            make_rule(fresh, owners=[], actor=actor, user=person)
        with pytest.raises(Denied):
            change_rule(made, owners=[], actor=actor, user=person)
        with pytest.raises(Denied):
            switch_rule(made, on=False, actor=actor, user=person)
        assert RetentionRule.objects.get().is_on

    def test_a_shorter_notice_does_not_bring_an_announced_date_nearer(self):
        video()
        made = rule(notice_days=10, owners=[owner()])
        nightly.pass_nights()
        self.change(made, notice_days=1)
        assert RetentionProposal.objects.get().due_at == NOW + timedelta(days=10)

    def test_a_longer_notice_and_new_people_count_in_full(self, clock: Clock):
        video()
        first, second = owner(), owner()
        made = rule(notice_days=4, owners=[first])
        nightly.pass_nights()
        self.change(made, notice_days=6)
        assert RetentionProposal.objects.get().due_at == NOW + timedelta(days=6)
        clock.forward(days=3)
        self.change(made, owners=[first, second])
        assert RetentionProposal.objects.get().due_at == NOW + timedelta(days=9)
        assert set(Notice.objects.values_list("person", flat=True)) == {first.pk, second.pk}

    def test_switching_off_withdraws_what_was_announced_and_the_plan_that_is_nobodys(self, clock: Clock):
        video()
        person = rule_maker()
        made = rule()
        nightly.pass_nights()
        switch_rule(made, on=False, actor=Actor.person(person, via="test"), user=person)
        assert Run.objects.get().state == RunState.CANCELLED
        assert Record.objects.filter(action="operations.run.withdrawn").exists()
        clock.forward(days=1)
        nightly.pass_nights()
        assert Run.objects.count() == 1

    def test_other_conditions_withdraw_the_plan_that_is_nobodys(self):
        video()
        made = rule()
        nightly.pass_nights()
        self.change(made, older_than_days=300)
        assert Run.objects.get().state == RunState.CANCELLED


class TestTakingOver:
    @pytest.fixture
    def proposed(self) -> Run:
        video()
        rule()
        nightly.pass_nights()
        return only_run()

    def test_nobody_confirms_a_proposal_that_nobody_took_over(self, proposed: Run, deleter: Any):
        with pytest.raises(Denied):
            engine.confirm(
                proposed,
                actor=Actor.person(deleter, via="test"),
                user=deleter,
                token=str(proposed.token),
                reason="Old",
                typed=confirmation_words(1),
            )

    @pytest.mark.parametrize(
        "state", [RunState.WAITING_APPROVAL, RunState.COUNTING_DOWN, RunState.RUNNING, RunState.FINISHED]
    )
    def test_the_database_lets_no_proposal_go_on_without_a_person(self, proposed: Run, state: RunState):
        with pytest.raises(IntegrityError), transaction.atomic():
            Run.objects.filter(pk=proposed.pk).update(state=state)

    def test_the_database_takes_no_other_plan_without_a_maker(self, proposed: Run):
        with pytest.raises(IntegrityError), transaction.atomic():
            Run.objects.filter(pk=proposed.pk).update(proposed_by="")

    def test_taking_over_makes_the_plan_theirs_with_a_new_token_and_a_new_age(
        self, proposed: Run, deleter: Any
    ):
        Run.objects.filter(pk=proposed.pk).update(created_at=NOW - timedelta(days=30))
        run = sign(proposed, deleter)
        assert run.requested_by_id == deleter.pk
        assert run.token != proposed.token
        assert Record.objects.get(action="operations.run.signed").actor_id == deleter.pk
        run = engine.confirm(
            run,
            actor=Actor.person(deleter, via="test"),
            user=deleter,
            token=str(run.token),
            reason="Old",
            typed=confirmation_words(1),
        )
        assert run.confirmed_at is not None

    def test_without_the_right_it_is_refused(self, proposed: Run):
        with pytest.raises(Denied):
            sign(proposed, UserFactory())
        proposed.refresh_from_db()
        assert proposed.is_unsigned

    def test_the_second_of_two_is_told_who_was_first(self, proposed: Run, deleter: Any):
        sign(proposed, deleter)
        other = UserFactory(permissions=["media_assets.delete_class_video"])
        with pytest.raises(engine.Refused) as refused:
            sign(proposed, other)
        assert refused.value.code == "signed_already"

    def test_the_reasons_to_leave_out_are_asked_anew(self, deleter: Any):
        lesson = video().course_class
        rule()
        type(lesson).objects.update(recording_locked=True)  # type: ignore[union-attr]
        video()
        nightly.pass_nights()
        run = only_run()
        assert Item.objects.filter(run=run).exclude(left_out="").count() == 1
        type(lesson).objects.update(recording_locked=False)  # type: ignore[union-attr]
        sign(run, deleter)
        assert Item.objects.filter(run=run, left_out="").count() == 2

    def test_who_took_it_over_cannot_approve_it(self, proposed: Run, deleter: Any):
        change = {"second_person": True, "approve_from": 1}
        from operations.models import Policy

        Policy.objects.update_or_create(pk=1, defaults=change)
        run = sign(proposed, deleter)
        run = engine.confirm(
            run,
            actor=Actor.person(deleter, via="test"),
            user=deleter,
            token=str(run.token),
            reason="Old",
            typed=confirmation_words(1),
        )
        assert run.state == RunState.WAITING_APPROVAL
        with pytest.raises(Denied):
            engine.approve(
                run, actor=Actor.person(deleter, via="test"), user=deleter, digest_shown=run.digest
            )

    def test_anyone_with_the_right_can_discard_it_and_nobody_else(self, proposed: Run, deleter: Any):
        stranger = UserFactory()
        with pytest.raises(Denied):
            engine.discard(proposed, actor=Actor.person(stranger, via="test"), user=stranger)
        engine.discard(proposed, actor=Actor.person(deleter, via="test"), user=deleter)
        proposed.refresh_from_db()
        assert proposed.state == RunState.CANCELLED
