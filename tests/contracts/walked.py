"""Addresses that only show, with what they are called with; and our commands, tasks and chores."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from audit.models import Record
from intake.models import PushMessage, Reading, TurnedAway
from intake.reading import start_reading
from operations import engine
from operations.models import Account, Item, Run
from operations.states import ItemState
from tests.contracts.changes import (
    DELETE,
    READABLE,
    World,
    _asked,
    _failed_message,
    _lying,
    _staged,
    imported,
)
from tests.factories.operations import AccountFactory
from tests.factories.people import SuperuserFactory, UserFactory
from tests.factories.retention import rule

_MODELS = (
    "courses_course", "courses_courseclass", "intake_pushmessage", "media_assets_cloudfile", "media_assets_cloudfolder",
    "media_assets_retentionproposal", "media_assets_retentionrule", "media_assets_signpackage",
    "media_assets_videoasset", "media_assets_vodasset", "media_assets_vodtemplategroup", "operations_hold",
    "operations_receipt", "operations_run", "intake_import", "intake_reading", "audit_record", "auth_user", "auth_group",
)  # fmt: skip
_WRITING = {
    "auth_user_add", "auth_user_change", "auth_group_add", "auth_group_change", "operations_run_change", "intake_reading_change",
    "media_assets_retentionrule_change", "media_assets_retentionproposal_change", "operations_hold_changelist",
    "courses_courseclass_changelist", "media_assets_videoasset_changelist", "media_assets_signpackage_changelist",
    "media_assets_vodtemplategroup_changelist", "courses_course_changelist", "intake_pushmessage_change",
    "intake_pushmessage_changelist",
    "intake_import_change",
}  # fmt: skip
_NAMELESS = {
    f"admin/{name.replace('_', '/', 1) if not name.startswith('media_assets') else 'media_assets/' + name.removeprefix('media_assets_')}/<path:object_id>/"
    for name in _MODELS
}

READ_ONLY = {
    f"{name}_{page}"
    for name in _MODELS
    for page in ("changelist", "add", "change", "delete", "history")
} - _WRITING | _NAMELESS | {
    "", "healthz", "search", "help", "index", "password_change_done", "autocomplete", "jsi18n",
    "view_on_site", "app_list", "admin/(?P<url>.*)$", "audit_key", "audit_public_keys", "operations_run_progress",
    "operations_run_receipt", "courses_courseclass_do", "media_assets_cloudfolder_do", "media_assets_signpackage_do",
    "media_assets_videoasset_do", "media_assets_vodasset_do", "media_assets_vodtemplategroup_do",
    "audit_record_verifier", "operations_receipt_verifier", "operations_run_look",
    "intake_reading_progress",
    "intake_import_progress",
}  # fmt: skip


def arguments(name: str, world: World) -> list[str]:
    """Addresses to call under this name: with an object where it needs one."""
    if name.startswith("admin/") or name in ("", "app_list", "view_on_site"):
        return ["/" if not name else "/admin/auth/" if name == "app_list" else "/admin/nowhere/"]
    given = _given(name, world)
    if given is None:
        return []
    try:
        return [reverse(f"admin:{name}", args=given)]
    except NoReverseMatch:
        return [reverse(name, args=given)]


def _given(name: str, world: World) -> list[Any] | None:
    if name.startswith("operations_run_"):
        page = name.removeprefix("operations_run_")
        if page in ("changelist", "add", "export"):
            return []
        run = world.finished()
        return [run.pk, Item.objects.get(run=run).pk] if page == "item" else [run.pk]
    if name.startswith("media_assets_videoasset_by_ids_"):
        return [_staged(world).pk]
    if name in (
        "intake_import_progress",
        "intake_import_change",
        "intake_import_history",
        "intake_import_delete",
    ):
        return [imported(world).pk]
    if name == "operations_receipt_verifier":
        return []
    if name == "intake_reading_progress":
        return [_some_object("intake_reading", world)]
    if name == "classin_webhook":
        return ["default"]
    if name == "audit_erasure":
        return [_asked(world.boss).pk]
    if (
        name.endswith(("_change", "_delete", "_history", "_hold", "_do", "_release", "_edit"))
        and name != "password_change"
    ):
        pk = _some_object(name.rpartition("_")[0], world)
        return [pk, DELETE] if name.endswith("_do") else [pk]
    return []


def _some_object(model: str, world: World) -> Any:
    if model == "auth_user_password":
        return UserFactory().pk
    if model == "intake_reading":
        return _started(world).pk
    if model == "operations_hold":
        return _lying(world).pk
    if model == "intake_pushmessage":
        return _failed_message(world).pk
    if model == "operations_receipt":
        return world.finished().pk
    if model == "media_assets_retentionrule":
        return rule().pk
    for key in (
        "courses.course.edit",
        DELETE,
        "media_assets.cloud_file.rename",
        "media_assets.transcoded_output.delete",
        "media_assets.meeting_video.delete",
    ):
        world.row(key)
    app = next(
        label
        for label in ("media_assets", "operations", "courses", "intake", "audit", "auth")
        if model.startswith(f"{label}_")
    )
    return (
        apps.get_model(app, model.removeprefix(f"{app}_"))
        ._default_manager.values_list("pk", flat=True)
        .first()
        or 1
    )


@dataclass(frozen=True, slots=True)
class Step:
    """Something without an address: `ready` makes what it needs and gives the call; `codes` it must leave.

    Without codes it changes nothing but `touches`, for the reason that `why` gives.
    """

    ready: Callable[[World], Callable[[], object]]
    codes: frozenset[str] = frozenset()
    touches: frozenset[str] = frozenset()
    why: str = ""


_SEALING = frozenset({"audit_leaf", "audit_sealing", "audit_checkpoint", "audit_publickey", "audit_subtree"})
_SEALS = "the seal on records, which are the record"


def _command(*args: str, **options: Any) -> Callable[[], object]:
    return lambda: call_command(*args, stdout=StringIO(), stderr=StringIO(), **options)


def _signed_in_once() -> Any:
    someone = UserFactory()
    Record.objects.create(action="audit.session.signed_in", actor=someone, actor_name="Lin", via="test")
    return someone


def _erase(world: World) -> Callable[[], object]:
    return _command("audit_erase", "--person", _signed_in_once().username, "--reason", "By letter", "--yes")


def _plan_deletion(world: World) -> Callable[[], object]:
    world.row()
    return _command("plan_deletion", "--filter", "kind=class_video", "--as", world.boss.username)


def _verify(world: World) -> Callable[[], object]:
    from audit.sealer import seal

    _signed_in_once()
    seal(sign=True)
    return _command("audit_verify")


def _export(world: World) -> Callable[[], object]:
    _signed_in_once()
    return _command("audit_export", os.devnull, "--now")


def _sealing(world: World) -> Callable[[], object]:
    _signed_in_once()
    from audit.tasks import seal

    return seal


def _chore(world: World) -> Callable[[], object]:
    _signed_in_once()
    from operations.chores import seal_some

    return seal_some


def _delivery(world: World) -> Callable[[], object]:
    _signed_in_once()
    from django.conf import settings
    from django.test import override_settings

    from audit.outside import deliver
    from audit.sealer import seal

    seal(sign=True)
    nowhere = {**settings.AUDIT, "checkpoint_url": "https://127.0.0.1/"}  # refused before anything is sent
    return override_settings(AUDIT=nowhere, SANDBOX=False)(deliver)


def _work(world: World) -> Callable[[], object]:
    from operations.tasks import work

    run = world.running()
    return lambda: work(run.pk, Item.objects.get(run=run).account_id)


def _look(world: World) -> Callable[[], object]:
    from operations.models import FreshLook
    from operations.tasks import look_fresh

    engine.ask_fresh_look(world.plan(READABLE), actor=world.actor, user=world.boss)
    look = FreshLook.objects.get()
    return lambda: look_fresh(look.pk)


def _sweep(world: World) -> Callable[[], object]:
    from operations.tasks import sweep

    run = world.running()
    Item.objects.filter(run=run).update(state=ItemState.SETTLED, outcome="done")
    assert Run.objects.get(pk=run.pk).state == "running"
    return sweep


def _sweeper(world: World) -> Callable[[], object]:
    _sweep(world)
    return _command("run_sweeper", "--once")


def _nightly(world: World) -> Callable[[], object]:
    from media_assets.retention.nightly import pass_nights
    from tests.factories.media_assets import VideoAssetFactory
    from tests.factories.retention import owner

    VideoAssetFactory(recorded_at=timezone.now() - timedelta(days=400), watch_count=0)
    rule(owners=[owner()], notice_days=7)
    return pass_nights


def _import(world: World) -> Callable[[], object]:
    from intake.importing.tasks import work_import

    one = imported(world, state="applying")
    return lambda: work_import(one.pk)


def _import_file(world: World) -> Callable[[], object]:
    AccountFactory()
    path = Path(tempfile.gettempdir()) / f"import-walk-{os.getpid()}.csv"
    path.write_text("Course ID,Course name\n772001,Optics\n", encoding="utf-8")
    return _command("import_mirror", str(path), kind="courses", apply=True)


def _due_imports(world: World) -> Callable[[], object]:
    from intake.importing.work import wake_imports

    imported(world, state="applying")
    return wake_imports


def _old_imports(world: World) -> Callable[[], object]:
    from intake.importing.cleaning import drop_old_rows
    from intake.models import Import

    one = imported(world, state="checked")
    Import.objects.filter(pk=one.pk).update(uploaded_at=datetime(2020, 1, 1, tzinfo=UTC))
    return drop_old_rows


def _mail(world: World) -> Callable[[], object]:
    from operations.outbox import send_due

    return send_due


def _started(world: World) -> Reading:
    account, _made = Account.objects.get_or_create(provider="syngrafii", name="default")
    package = world.sandbox.syngrafii.add_package()
    world.sandbox.syngrafii.add_video(package)
    running = Reading.objects.filter(account=account, state=Reading.State.RUNNING).first()
    return running or start_reading(account, actor=world.actor, user=world.boss)


def _read(world: World) -> Callable[[], object]:
    from intake.reading.tasks import read

    reading = _started(world)
    return lambda: read(reading.pk)


def _scheduled(world: World) -> Callable[[], object]:
    from intake.reading.schedule import schedule_readings

    def run() -> None:
        with override_settings(INTAKE={**settings.INTAKE, "scheduled": True}):
            schedule_readings()

    return run


def _woken(world: World) -> Callable[[], object]:
    from intake.reading.wake import wake_readings

    _started(world)
    return wake_readings


def _sync_mirror(world: World) -> Callable[[], object]:
    world.sandbox.syngrafii.add_video(world.sandbox.syngrafii.add_package())
    return _command("sync_mirror", "--account", "syngrafii")


def _rotation(world: World) -> Callable[[], object]:
    SuperuserFactory()
    return _command("audit_key", "rotate")


def _new_course(account: Any) -> None:
    PushMessage.objects.create(
        account=account,
        dedup_key="_id:2",
        cmd="eeoCourseInfoChange",
        course_id="7",
        size_bytes=2,
        body={"CourseId": 7, "opType": 1, "opData": {"courseName": "Chinese 1"}},
        due_at=timezone.now() - timedelta(seconds=1),
    )


def _work_pushes(world: World) -> Callable[[], object]:
    from intake.receiving.tasks import work_pushes

    account = AccountFactory()
    _new_course(account)
    return lambda: work_pushes(account.pk)


def _wake_for_messages(world: World) -> Callable[[], object]:
    from intake.receiving.chores import wake_for_messages

    return wake_for_messages


def _record_turned_away(world: World) -> Callable[[], object]:
    from intake.receiving.chores import record_turned_away

    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    TurnedAway.objects.create(account=AccountFactory(), kind="wrong_key", hour=hour, last_at=hour, count=3)
    return record_turned_away


def _forget_unproven(world: World) -> Callable[[], object]:
    from intake.receiving.chores import forget_unproven

    old = timezone.now() - timedelta(days=31)
    PushMessage.objects.filter(pk=_failed_message(world).pk).update(proof="unreadable", received_at=old)
    return forget_unproven


def _drop_old(world: World) -> Callable[[], object]:
    from intake.receiving.chores import drop_old

    old = timezone.now() - timedelta(days=1_000)
    PushMessage.objects.filter(pk=_failed_message(world).pk).update(state="applied", received_at=old)
    return drop_old


COMMANDS: dict[str, Step] = {
    "audit_checkpoint": Step(
        lambda world: _command("audit_checkpoint", "--now"), touches=_SEALING, why=_SEALS
    ),
    "audit_erase": Step(_erase, frozenset({"audit.personal.erased"})),
    "audit_export": Step(_export, frozenset({"audit.export.finished"})),
    "audit_key": Step(_rotation, frozenset({"audit.key.rotated"})),
    "audit_verify": Step(_verify, why="it reads"),
    "import_mirror": Step(_import_file, frozenset({"intake.import.applied", "intake.import.part_applied"})),
    "plan_deletion": Step(_plan_deletion, frozenset({f"{DELETE}.planned"})),
    "sync_mirror": Step(_sync_mirror, frozenset({"intake.reading.started", "intake.reading.finished"})),
    "run_sweeper": Step(_sweeper, frozenset({"operations.run.finished"})),
}


WALKED_ELSEWHERE = {"demo": "makes a world of its own; tests/backoffice/test_demo.py starts it"}

TASKS: dict[str, Step] = {
    "audit.tasks.seal": Step(_sealing, touches=_SEALING, why=_SEALS),
    "operations.tasks.work": Step(_work, frozenset({f"{DELETE}.succeeded"})),
    "operations.tasks.look_fresh": Step(_look, frozenset({"operations.look.ended"})),
    "operations.tasks.sweep": Step(_sweep, frozenset({"operations.run.finished"})),
    "intake.importing.tasks.work_import": Step(_import, frozenset({"intake.import.applied"})),
    "intake.importing.work.wake_imports": Step(_due_imports, why="it sends messages"),
    "intake.importing.cleaning.drop_old_rows": Step(_old_imports, frozenset({"intake.import.discarded"})),
    "operations.chores.seal_some": Step(_chore, touches=_SEALING, why=_SEALS),
    "intake.reading.tasks.read": Step(_read, frozenset({"intake.reading.finished"})),
    "intake.reading.schedule.schedule_readings": Step(_scheduled, frozenset({"intake.reading.started"})),
    "intake.reading.wake.wake_readings": Step(_woken, why="it queues a message"),
    "audit.outside.deliver": Step(
        _delivery,
        touches=frozenset({"audit_delivery"}),
        why="how far checkpoints have come to an address outside",
    ),
    "operations.outbox.send_due": Step(
        _mail, touches=frozenset({"operations_notice"}), why="mails of notices"
    ),
    "intake.receiving.tasks.work_pushes": Step(_work_pushes, frozenset({"intake.push.brought"})),
    "intake.receiving.chores.wake_for_messages": Step(_wake_for_messages, why="it wakes a worker"),
    "intake.receiving.chores.record_turned_away": Step(
        _record_turned_away, frozenset({"intake.push.turned_away"})
    ),
    "intake.receiving.chores.drop_old": Step(_drop_old, frozenset({"intake.push.dropped"})),
    "intake.receiving.chores.forget_unproven": Step(_forget_unproven, frozenset({"intake.push.forgotten"})),
    "media_assets.retention.nightly.pass_nights": Step(
        _nightly, frozenset({"media_assets.retention_rule.announced"})
    ),
}
