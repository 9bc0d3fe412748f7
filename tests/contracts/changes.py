"""How each thing that can change something is done: by whom, with what, and which record it leaves.

A new address, button, command or task needs one row here; `test_every_change_is_recorded.py` fails until it has one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from audit import erasure_requests
from audit.actors import Actor
from audit.models import Record
from intake import importing
from intake.models import Import, PushMessage, Reading
from media_assets.admin import VideoAssetAdmin
from media_assets.models import RetentionProposal, VideoAsset
from media_assets.retention.nightly import pass_nights
from operations import engine, selecting
from operations.engine.confirm import confirmation_words
from operations.engine.freeze import look_mark
from operations.engine.limits import change_policy
from operations.models import Account, Hold, Item, Notice, Policy, Run
from operations.registry import registry
from operations.states import ItemState, Outcome, RunState
from tests.contracts.conftest import frozen
from tests.contracts.targets import TARGETS
from tests.factories.intake import worked_off
from tests.factories.media_assets import VideoAssetFactory
from tests.factories.operations import AccountFactory, confirmed
from tests.factories.people import PASSWORD, SuperuserFactory, UserFactory
from tests.factories.retention import owner, rule

DELETE = "media_assets.class_video.delete"
READABLE = "media_assets.meeting_video.delete"
EDIT = "courses.course.edit"
NEW_PASSWORD = "quiet-heron-lamp-42"


@dataclass(slots=True)
class Act:
    """One press: `code` is a record that it must leave, `bad` what the same form refuses (None: a bare button)."""

    url: str
    data: dict[str, Any]
    code: str
    bad: dict[str, Any] | None = None
    by: Any = None
    """Who may; None for the superuser of the test."""
    open_to_all: bool = False
    """Whether nobody who is signed in is refused: it concerns the person alone."""
    method: str = "post"
    also: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class World:
    """What an act needs around it."""

    boss: Any
    sandbox: Any
    work_off: Any

    @property
    def actor(self) -> Actor:
        return Actor.person(self.boss, via="test")

    def row(self, key: str = DELETE) -> Any:
        return TARGETS[key].make(self.sandbox)

    def plan(self, key: str = DELETE) -> Run:
        return frozen(registry[key], self.row(key), self.boss)

    def running(self) -> Run:
        return confirmed(self.plan(), self.boss)

    def finished(self, outcome: str = "") -> Run:
        """A run that is over; its one item with this outcome, as if the provider had answered so."""
        run = self.running()
        if not outcome:
            self.work_off(run)
        else:
            Item.objects.filter(run=run).update(state=ItemState.SETTLED, outcome=outcome, code="1")
            Run.objects.filter(pk=run.pk).update(state=RunState.FINISHED, ended_at=timezone.now())
        run.refresh_from_db()
        return run


Case = Callable[[World], Act]
CASES: dict[str, Case] = {}


def case(name: str) -> Callable[[Case], Case]:
    """`address` or `address:button`."""

    def keep(function: Case) -> Case:
        CASES[name] = function
        return function

    return keep


def _page(run: Run) -> str:
    return reverse("admin:operations_run_change", args=[run.pk])


def _run_button(do: str, code: str, make: Callable[[World], Run], **data: Any) -> None:
    @case(f"operations_run_change:{do}")
    def act(world: World) -> Act:
        return Act(_page(make(world)), {"do": do, **data}, code, bad={"do": "no such button"})


def _paused(world: World) -> Run:
    run = world.running()
    engine.pause(run, actor=world.actor, user=world.boss)
    return run


def _unsigned(world: World) -> Run:
    """A plan that a retention rule made and nobody took over yet."""
    VideoAssetFactory(recorded_at=timezone.now() - timedelta(days=400), watch_count=0)
    rule()
    pass_nights()
    return Run.objects.get(requested_by=None)


def _approval(world: World) -> Run:
    """Somebody else's deletion that waits for a second person."""
    Policy.objects.update(second_person=True, approve_from=1)
    someone = SuperuserFactory()
    return confirmed(frozen(registry[DELETE], world.row(), someone), someone)


def _with_reason_to_look(world: World) -> Run:
    run = world.plan()
    Item.objects.filter(run=run).update(look_at=look_mark("recent"))
    return run


_run_button("discard", f"{DELETE}.discarded", lambda world: world.plan())
_run_button("sign", "operations.run.signed", _unsigned)
_run_button("fresh_look", "operations.look.asked", lambda world: world.plan(READABLE))
_run_button("cancel", "operations.run.cancelled", lambda world: world.running())
_run_button("pause", "operations.run.paused", lambda world: world.running())
_run_button("resume", "operations.run.resumed", _paused)
_run_button("retry", f"{DELETE}.planned", lambda world: world.finished(Outcome.NOT_SENT))


@case("operations_run_change:confirm")
def _confirm(world: World) -> Act:
    run = world.plan()
    data = {
        "do": "confirm",
        "token": str(run.token),
        "reason": "Term is over",
        "typed": confirmation_words(1),
    }
    return Act(_page(run), data, f"{DELETE}.requested", bad={**data, "typed": "yes"})


@case("operations_run_change:keep")
def _keep(world: World) -> Act:
    run = world.plan()
    pk = Item.objects.get(run=run).pk
    return Act(_page(run), {"do": "keep", "shown": [pk]}, "operations.plan.changed")


@case("operations_run_change:look_out")
def _look_out(world: World) -> Act:
    run = _with_reason_to_look(world)
    return Act(
        _page(run),
        {"do": "look_out", "look": "recent"},
        "operations.plan.changed",
        bad={"do": "look_out", "look": "no such reason"},
    )


@case("operations_run_change:look_in")
def _look_in(world: World) -> Act:
    run = _with_reason_to_look(world)
    engine.tick_reason(run, "recent", ticked=False, actor=world.actor, user=world.boss)
    return Act(
        _page(run),
        {"do": "look_in", "look": "recent"},
        "operations.plan.changed",
        bad={"do": "look_in", "look": "no such reason"},
    )


@case("operations_run_change:check_again")
def _check_again(world: World) -> Act:
    return Act(_page(world.plan()), {"do": "check_again"}, "operations.plan.checked", bad={"do": "check"})


@case("operations_run_change:approve")
def _approve(world: World) -> Act:
    run = _approval(world)
    return Act(
        _page(run),
        {"do": "approve", "digest": run.digest},
        "operations.run.approved",
        bad={"do": "approve", "digest": "0" * 64},
    )


@case("operations_run_change:send_back")
def _send_back(world: World) -> Act:
    data = {"do": "send_back", "comment": "Keep the last lesson"}
    return Act(
        _page(_approval(world)), data, "operations.run.sent_back", bad={"do": "send_back", "comment": ""}
    )


@case("operations_run_decide")
def _decide(world: World) -> Act:
    run = world.finished(Outcome.UNKNOWN)
    data = {"items": [Item.objects.get(run=run).pk], "finding": "happened", "note": "Looked in the console"}
    return Act(
        reverse("admin:operations_run_decide", args=[run.pk]),
        data,
        f"{DELETE}.decided",
        bad={**data, "finding": "maybe"},
    )


@case("operations_run_item")
def _decide_one(world: World) -> Act:
    run = world.finished(Outcome.UNKNOWN)
    url = reverse("admin:operations_run_item", args=[run.pk, Item.objects.get(run=run).pk])
    data = {"finding": "happened", "note": "Looked in the console"}
    return Act(url, data, f"{DELETE}.decided", bad={**data, "finding": "maybe"})


@case("operations_switch:stop")
def _stop(world: World) -> Act:
    return Act(
        reverse("admin:operations_switch"),
        {"do": "stop", "reason": "Wrong list"},
        "operations.switch.stopped",
        bad={"do": "stop", "reason": ""},
    )


@case("operations_switch:allow")
def _allow(world: World) -> Act:
    engine.stop_all(reason="Wrong list", actor=world.actor, user=world.boss)
    return Act(
        reverse("admin:operations_switch"),
        {"do": "allow", "reason": "Settled"},
        "operations.switch.allowed",
        bad={"do": "allow", "reason": ""},
    )


def _download(name: str, code: str, run: Callable[[World], Run]) -> None:
    @case(name)
    def act(world: World) -> Act:
        return Act(reverse(f"admin:{name}", args=[run(world).pk]), {}, code, method="get")


_download("operations_run_csv", "operations.list.exported", lambda world: world.plan())
_download("operations_run_receipt_csv", "operations.receipt.exported", lambda world: world.finished())
_download("operations_run_receipt_json", "operations.receipt.exported", lambda world: world.finished())


def _log_export(button: str) -> None:
    @case(f"audit_record_exports:{button}")
    def act(world: World) -> Act:
        from audit.sealer import seal

        world.plan()
        seal(sign=True)
        url = reverse("admin:audit_record_exports")
        return Act(url, {"do": button}, "audit.export.finished", bad={"do": "no such button"})


_log_export("jsonl")
_log_export("csv")


def _limits(**values: str) -> dict[str, str]:
    page = {
        "second_person": "on",
        "approve_from": "100",
        "approval_hours": "48",
        "irreversible_minutes": "15",
        "sweeping_minutes": "60",
    }
    return {**page, **values}


def _read_now(scope: str) -> None:
    @case(f"connections:{scope}")
    def act(world: World) -> Act:
        account = Account.objects.get(provider="huawei_vod", name="default")
        last = Reading.objects.create(
            account=account, state=Reading.State.FINISHED, complete=True, ended_at=timezone.now()
        )
        data = {"do": scope, "account": account.pk, "after": last.pk}
        return Act(reverse("admin:connections"), data, "intake.reading.started", bad={**data, "after": "0"})


_read_now("full")
_read_now("new")


@case("intake_reading_change:cancel")
def _cancel_reading(world: World) -> Act:
    reading = Reading.objects.create(account=Account.objects.get(provider="classin", name="default"))
    return Act(
        reading.get_absolute_url(), {"do": "cancel"}, "intake.reading.cancelled", bad={"do": "no such button"}
    )


@case("limits")
def _change_limits(world: World) -> Act:
    return Act(
        reverse("admin:limits"), _limits(), "operations.policy.changed", bad=_limits(approval_hours="never")
    )


def _proposed(world: World, by: Any) -> int:
    Policy.objects.update(second_person=True, irreversible_seconds=900, sweeping_seconds=3600)
    answer = change_policy({"irreversible_seconds": 0}, actor=Actor.person(by, via="test"), user=by)
    assert answer.proposed
    from operations.engine.limits import waiting_change

    waiting = waiting_change()
    assert waiting is not None
    return waiting.pk


@case("limits:approve")
def _approve_limits(world: World) -> Act:
    pk = _proposed(world, SuperuserFactory())
    return Act(
        reverse("admin:limits"),
        {"do": "approve", "change": pk},
        "operations.policy.approved",
        bad={"do": "approve", "change": "0"},
    )


@case("limits:withdraw")
def _withdraw_limits(world: World) -> Act:
    SuperuserFactory()
    pk = _proposed(world, world.boss)
    return Act(
        reverse("admin:limits"),
        {"do": "withdraw", "change": pk},
        "operations.policy.withdrawn",
        bad={"do": "withdraw", "change": "0"},
    )


@case("audit_erasures")
def _ask_erasure(world: World) -> Act:
    Record.objects.create(
        action="audit.session.signed_in", actor=(someone := UserFactory()), actor_name="Lin", via="test"
    )
    data = {"person": someone.pk, "groups": ["actor"], "reason": "Asked by letter"}
    return Act(reverse("admin:audit_erasures"), data, "audit.erasure.asked", bad={**data, "reason": ""})


def _asked(by: Any) -> Any:
    Record.objects.create(
        action="audit.session.signed_in", actor=(someone := UserFactory()), actor_name="Lin", via="test"
    )
    return erasure_requests.ask(
        person=someone,
        groups=["actor"],
        reason="Asked by letter",
        actor=Actor.person(by, via="test"),
        user=by,
    )


@case("audit_erasure:erase")
def _erase(world: World) -> Act:
    url = reverse("admin:audit_erasure", args=[_asked(SuperuserFactory()).pk])
    return Act(
        url,
        {"do": "erase", "typed": "ERASE 1"},
        "audit.personal.erased",
        bad={"do": "erase", "typed": "ERASE"},
    )


@case("audit_erasure:withdraw")
def _withdraw_erasure(world: World) -> Act:
    url = reverse("admin:audit_erasure", args=[_asked(world.boss).pk])
    return Act(url, {"do": "withdraw"}, "audit.erasure.withdrawn", bad={"do": "no such button"})


# Holds


def _kind(row: Any) -> str:
    return f"{row._meta.app_label}_{row._meta.model_name}"


def _hold_on_object(name: str, key: str) -> None:
    @case(name)
    def act(world: World) -> Act:
        row = world.row(key)
        row = row if _kind(row) == name.removesuffix("_hold") else row.course_class
        url = reverse(f"admin:{name}", args=[row.pk])
        return Act(
            url,
            {"reason": "Still needed", "count": "1"},
            "operations.hold.placed",
            bad={"reason": "", "count": "1"},
        )


_hold_on_object("courses_course_hold", EDIT)
_hold_on_object("courses_courseclass_hold", "media_assets.class_videos.delete_all")
_hold_on_object("media_assets_videoasset_hold", DELETE)


def _lying(world: World) -> Hold:
    row = world.row()
    engine.place_holds(
        type(row),
        type(row).objects.filter(pk=row.pk),
        reason="Still needed",
        until=None,
        actor=world.actor,
        user=world.boss,
        expected=1,
        form_token=None,
    )
    return Hold.objects.get()


@case("operations_hold_release")
def _release(world: World) -> Act:
    url = reverse("admin:operations_hold_release", args=[_lying(world).pk])
    return Act(
        url,
        {"reason": "No longer needed", "count": "1"},
        "operations.hold.released",
        bad={"reason": "", "count": "1"},
    )


@case("operations_hold_changelist:release_holds")
def _release_many(world: World) -> Act:
    data = {
        "action": "release_holds",
        "step": "confirm",
        ACTION_CHECKBOX_NAME: [_lying(world).pk],
        "count": "1",
        "reason": "No longer needed",
    }
    return Act(
        reverse("admin:operations_hold_changelist"),
        data,
        "operations.hold.released",
        bad={**data, "reason": ""},
    )


def bulk_case(list_name: str, button: str, key: str) -> None:
    """A button of a mirror list: it makes a plan of what is ticked, or places holds."""

    @case(f"{list_name}:{button}")
    def act(world: World) -> Act:
        row = world.row(key)
        data = {"action": button, ACTION_CHECKBOX_NAME: [row.pk]}
        url = reverse(f"admin:{list_name}")
        if button == "place_hold":
            data |= {"step": "confirm", "reason": "Still needed", "count": "1"}
            return Act(url, data, "operations.hold.placed", bad={**data, "reason": ""})
        return Act(url, data, f"{key}.planned", bad={"action": button})


# Retention


def _rule_form(**values: Any) -> dict[str, Any]:
    return {
        "name": "Old clips",
        "kind": "class_video",
        "older_than_days": "180",
        "not_watched": "on",
        "notice_days": "0",
        **values,
    }


@case("media_assets_retentionrule_new:save")
def _new_rule(world: World) -> Act:
    url = reverse("admin:media_assets_retentionrule_new")
    return Act(
        url, _rule_form(do="save"), "media_assets.retention_rule.made", bad=_rule_form(do="save", name="")
    )


@case("media_assets_retentionrule_edit:save")
def _edit_rule(world: World) -> Act:
    url = reverse("admin:media_assets_retentionrule_edit", args=[rule().pk])
    return Act(
        url,
        _rule_form(do="save", older_than_days="200"),
        "media_assets.retention_rule.changed",
        bad=_rule_form(do="save", name=""),
    )


def _switch_rule(do: str, code: str, *, first_off: bool) -> None:
    @case(f"media_assets_retentionrule_change:{do}")
    def act(world: World) -> Act:
        made = rule()
        if first_off:
            from media_assets.retention.rules import switch_rule

            switch_rule(made, on=False, actor=world.actor, user=world.boss)
        return Act(made.get_absolute_url(), {"do": do}, code)


_switch_rule("off", "media_assets.retention_rule.switched_off", first_off=False)
_switch_rule("on", "media_assets.retention_rule.switched_on", first_off=True)


@case("media_assets_retentionproposal_change")
def _keep_announced(world: World) -> Act:
    video = VideoAssetFactory(recorded_at=timezone.now() - timedelta(days=400), watch_count=0)
    rule(owners=[owner()], notice_days=7)
    pass_nights()
    url = reverse("admin:media_assets_retentionproposal_change", args=[RetentionProposal.objects.get().pk])
    return Act(
        url,
        {"keep": f"video:{video.pk}", "until": ""},
        "operations.hold.placed",
        bad={"keep": f"video:{video.pk}", "until": "never"},
    )


# Selections by ids


@case("media_assets_videoasset_by_ids")
def _by_ids(world: World) -> Act:
    url = reverse("admin:media_assets_videoasset_by_ids")
    return Act(url, {"pasted": world.row().provider_id}, "operations.selection.made", bad={"pasted": ""})


def _staged(world: World) -> Any:
    how = VideoAssetAdmin.by_ids
    assert how is not None
    ids = [world.row().provider_id, "no-such-id"]
    return selecting.stage(VideoAsset, ids, how, actor=world.actor, user=world.boss)


@case("media_assets_videoasset_by_ids_found")
def _plan_of_ids(world: World) -> Act:
    url = reverse("admin:media_assets_videoasset_by_ids_found", args=[_staged(world).pk])
    return Act(url, {"action": "review_deletion"}, f"{DELETE}.planned", bad={"action": "no such button"})


@case("media_assets_videoasset_by_ids_csv")
def _unknown_ids(world: World) -> Act:
    url = reverse("admin:media_assets_videoasset_by_ids_csv", args=[_staged(world).pk])
    return Act(url, {}, "operations.selection.exported", method="get")


# Edits


def edit_case(name: str, key: str) -> None:
    """The form of an edit: a valid one is a plan to look at."""

    @case(name)
    def act(world: World) -> Act:
        row = world.row(key)
        form = registry[key].form
        assert form is not None
        given = {field: value for field, value in form(target=row).initial.items() if value is not None}
        url = reverse(f"admin:{_kind(row)}_do", args=[row.pk, key])
        first = next(iter(TARGETS[key].edit))
        return Act(url, {**given, **TARGETS[key].edit}, f"{key}.planned", bad={**given, first: ""})


# People


def _person_form(person: Any, **values: Any) -> dict[str, Any]:
    return {
        "username": person.username,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "is_active": "on",
        "is_staff": "on",
        **values,
    }


@case("auth_user_add")
def _add_person(world: World) -> Act:
    data = {
        "username": "newcomer",
        "password1": NEW_PASSWORD,
        "password2": NEW_PASSWORD,
        "usable_password": "true",
    }
    return Act(
        reverse("admin:auth_user_add"), data, "audit.rights.changed", bad={**data, "password2": "another"}
    )


@case("auth_user_change")
def _change_person(world: World) -> Act:
    person = UserFactory()
    data = _person_form(person, groups=[Group.objects.get(name="Editor").pk])
    return Act(
        reverse("admin:auth_user_change", args=[person.pk]),
        data,
        "audit.rights.changed",
        bad={**data, "username": ""},
    )


@case("auth_user_change:superuser")
def _make_superuser(world: World) -> Act:
    person = UserFactory()
    url = reverse("admin:auth_user_change", args=[person.pk])
    return Act(url, _person_form(person, is_superuser="on"), "audit.rights.changed")


@case("auth_user_change:deactivate")
def _deactivate(world: World) -> Act:
    person = UserFactory()
    data = _person_form(person)
    del data["is_active"]
    return Act(reverse("admin:auth_user_change", args=[person.pk]), data, "audit.rights.changed")


@case("auth_user_password_change")
def _password_of_another(world: World) -> Act:
    url = reverse("admin:auth_user_password_change", args=[UserFactory().pk])
    data = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    return Act(url, data, "audit.rights.changed", bad={**data, "password2": "another"})


@case("auth_group_add")
def _add_role(world: World) -> Act:
    right = Group.objects.get(name="Editor").permissions.first()
    assert right is not None
    data = {"name": "Helpers", "permissions": [right.pk]}
    return Act(reverse("admin:auth_group_add"), data, "audit.rights.changed", bad={"name": ""})


@case("auth_group_change")
def _change_role(world: World) -> Act:
    role = Group.objects.get(name="Editor")
    url = reverse("admin:auth_group_change", args=[role.pk])
    return Act(url, {"name": "Editor", "permissions": []}, "audit.rights.changed", bad={"name": ""})


@case("password_change")
def _own_password(world: World) -> Act:
    data = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    return Act(
        reverse("admin:password_change"),
        data,
        "audit.rights.changed",
        bad={**data, "old_password": "wrong"},
        open_to_all=True,
    )


@case("logout")
def _log_out(world: World) -> Act:
    return Act(reverse("admin:logout"), {}, "audit.session.signed_out", open_to_all=True)


# Messages of ClassIn


def _failed_message(world: World) -> PushMessage:
    account = AccountFactory()
    message: PushMessage = PushMessage.objects.create(
        account=account,
        dedup_key="_id:1",
        cmd="Record",
        size_bytes=2,
        body={},
        state="failed",
        reason="lesson_unknown",
    )
    return message


@case("intake_pushmessage_change:retry")
def _retry_message(world: World) -> Act:
    url = _failed_message(world).get_absolute_url()
    return Act(url, {"do": "retry"}, "intake.message.retried", bad={"do": "no such button"})


@case("intake_pushmessage_changelist:retry")
def _retry_messages(world: World) -> Act:
    url = reverse("admin:intake_pushmessage_changelist")
    data = {"action": "retry", ACTION_CHECKBOX_NAME: [_failed_message(world).pk]}
    return Act(url, data, "intake.message.retried", bad={"action": "retry"})


# Lists that are taken along


def export_case(list_name: str, key: str, ending: str) -> None:
    """A button of the page *Export…*: it reads, and leaves two records."""

    @case(f"{list_name}_export:{ending}")
    def act(world: World) -> Act:
        world.row(key)
        url = reverse(f"admin:{list_name}_export")
        return Act(url, {"do": ending}, "operations.rows.export_finished", bad={"do": "no such button"})


# Imports


def _table(*rows: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("courses.csv", "\n".join(("课程ID,课程名称", *rows)).encode())


def imported(world: World, *, state: str = "uploaded") -> Import:
    """An import of one new course that has come to this state."""
    account = AccountFactory()
    one = importing.upload(
        _table("771001,Optics"), name="courses.csv", kind="courses", account=account, at=None,
        actor=world.actor, user=world.boss,
    )  # fmt: skip
    if state != "uploaded":
        importing.set_columns(one, one.columns, actor=world.actor, user=world.boss)
        worked_off(one)
    if state == "applying":
        importing.apply(one, token=one.token, actor=world.actor, user=world.boss)
    if state == "stopped":
        Import.objects.filter(pk=one.pk).update(state=state, stopped_in="mapped", problem="failed")
    one.refresh_from_db()
    return one


@case("intake_import_new")
def _upload(world: World) -> Act:
    data = {"account": AccountFactory().pk, "kind": "courses"}
    url = reverse("admin:intake_import_new")
    return Act(
        url, {**data, "file": _table("1,Optics")}, "intake.import.uploaded", bad={**data, "file": _table()}
    )


def _import_button(do: str, code: str, state: str, data: Callable[[Import], dict[str, Any]]) -> None:
    @case(f"intake_import_change:{do}")
    def act(world: World) -> Act:
        one = imported(world, state=state)
        return Act(
            one.get_absolute_url(), {"do": do, **data(one)}, code, bad={"do": do if data(one) else "no"}
        )


_import_button(
    "columns", "intake.import.mapped", "uploaded", lambda one: {"column_0": "id", "column_1": "name"}
)
_import_button("apply", "intake.import.started", "checked", lambda one: {"token": one.token})
_import_button("discard", "intake.import.discarded", "checked", lambda one: {})
_import_button("go_on", "intake.import.resumed", "stopped", lambda one: {})


@case("intake_import_csv")
def _import_rows(world: World) -> Act:
    url = reverse("admin:intake_import_csv", args=[imported(world, state="checked").pk])
    return Act(url, {}, "intake.import.exported", method="get")


# Own notices: they move no right and no one else's, so the ledger has no line of them.

OWN_BUSINESS: dict[str, str] = {
    "notices:open": "marks one's own notice as read",
    "notices:read_all": "marks one's own notices as read",
    "notice_settings": "what comes to one's own mailbox",
    "set_language": "the language of one's own browser",
    "classin_webhook": "ClassIn's own messages, which nobody here sends; tests/intake/receiving/test_endpoint.py walks it",
    "login": "tests/audit/test_sign_in.py walks it: signed in, refused, locked out",
}


def own_notice(world: World) -> Notice:
    return Notice.objects.create(person=world.boss, kind="operations.run.finished", key="walk")


# Buttons that only look.

LOOKS: dict[str, str] = {
    "audit_record_exports:check": "recomputes the newest seals",
    "media_assets_retentionrule_new:show": "shows what the rule would touch",
    "media_assets_retentionrule_edit:show": "as above",
}
