"""Whatever can change something leaves its record: every address, button, bulk action, command, task and chore is walked.

What the walk does not know fails it: see `changes.py` for how to add a row.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import get_commands
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from audit.models import Record
from audit.reads import watched
from operations.export_admin import FORMATS, ExportableAdmin
from operations.hold_admin import HoldAdmin
from operations.mirror_admin import MirrorAdmin
from operations.registry import registry
from operations.views.run_page import _HANDLERS
from tests.contracts.changes import (
    CASES,
    DELETE,
    EDIT,
    LOOKS,
    OWN_BUSINESS,
    Act,
    World,
    bulk_case,
    edit_case,
    export_case,
    own_notice,
)
from tests.contracts.targets import TARGETS
from tests.contracts.walked import COMMANDS, READ_ONLY, TASKS, WALKED_ELSEWHERE, arguments
from tests.contracts.watching import LEDGER, changed, snapshot, watching
from tests.factories.people import SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]


def mirror_lists() -> dict[str, MirrorAdmin]:
    """The lists of mirrored rows by the name of their address."""
    return {
        f"{model._meta.app_label}_{model._meta.model_name}_changelist": screen
        for model, screen in admin.site._registry.items()
        if isinstance(screen, MirrorAdmin)
    }


def bulk_buttons() -> set[str]:
    """Every button over a list's rows, as `address:button`."""
    found = {f"{name}:{button}" for name, screen in mirror_lists().items() for button in screen._buttons()}
    found |= {f"{name}:place_hold" for name, screen in mirror_lists().items() if screen.holdable}
    return found | {f"operations_hold_changelist:{name}" for name, *_rest in HoldAdmin.bulk_actions}


def edit_forms() -> set[str]:
    """Every form of an edit, as `address:operation`."""
    return {
        f"{operation.target._meta.app_label}_{operation.target._meta.model_name}_do:{operation.key}"
        for operation in registry
        if operation.form is not None
    }


for _name in sorted(bulk_buttons()):
    _list, _button = _name.split(":")
    if _name in CASES:
        continue
    _screen = mirror_lists()[_list]
    _key = (
        _screen._buttons()[_button][2][0].key
        if _button != "place_hold"
        else next(key for key in TARGETS if registry[key].target is _screen.model)
    )
    bulk_case(_list, _button, _key)
for _name in sorted(edit_forms()):
    edit_case(_name, _name.split(":")[1])


def export_lists() -> dict[str, Any]:
    """The lists that can be taken along, by the name of their addresses."""
    return {
        f"{model._meta.app_label}_{model._meta.model_name}": screen
        for model, screen in admin.site._registry.items()
        if isinstance(screen, ExportableAdmin) and screen.export_columns
    }


for _name in sorted(export_lists()):
    for _ending in FORMATS:
        export_case(_name, DELETE, _ending)


def addresses() -> set[str]:
    """The name of every address of the project; a nameless one by its pattern."""

    def walk(resolver: Any, prefix: str) -> set[str]:
        found = set()
        for part in resolver.url_patterns:
            pattern = f"{prefix}{part.pattern}"
            if isinstance(part, URLResolver):
                found |= walk(part, pattern)
            elif isinstance(part, URLPattern):
                found.add(part.name or pattern)
        return found

    return walk(get_resolver(), "")


def signed_in(user: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def pressed(client: Client, act: Act, data: dict[str, Any]) -> Any:
    return getattr(client, act.method)(act.url, data)


def newest_record() -> int:
    return Record.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


@pytest.fixture
def world(sandbox: Any, all_accounts: None, work_off: Any) -> World:
    return World(SuperuserFactory(), sandbox, work_off)


every_case = pytest.mark.parametrize("name", sorted(CASES))


# What there is, is known


def test_every_address_is_known_to_the_walk():
    writing = {name.split(":")[0] for name in (*CASES, *OWN_BUSINESS, *LOOKS)}
    assert addresses() == READ_ONLY | writing


def test_every_button_of_a_run_is_known_to_the_walk():
    known = {name.split(":")[1] for name in CASES if name.startswith("operations_run_change:")}
    assert known == set(_HANDLERS)


def test_every_button_in_a_template_is_known_to_the_walk():
    button = re.compile(r'name="do" value="(\w+)"')
    drawn = {do for page in (ROOT / "templates").rglob("*.html") for do in button.findall(page.read_text())}
    known = {name.partition(":")[2] for name in (*CASES, *OWN_BUSINESS, *LOOKS)}
    assert drawn - known == set()


def test_every_bulk_button_and_edit_form_is_known_to_the_walk():
    assert bulk_buttons() | edit_forms() <= CASES.keys()


def test_every_command_of_ours_is_known_to_the_walk():
    ours = {
        name
        for name, app in get_commands().items()
        if str(app) in {"audit", "operations", "courses", "intake", "media_assets", "backoffice", "screens"}
    }
    assert ours == COMMANDS.keys() | WALKED_ELSEWHERE.keys()


def test_every_task_and_chore_is_known_to_the_walk():
    from backoffice.celery import app
    from operations.engine.chores import _chores

    app.loader.import_default_modules()
    tasks = {name for name in app.tasks if not name.startswith("celery.")}
    chores = {
        f"{chore.__module__}.{chore.__name__}"
        for chore in _chores
        if not chore.__module__.startswith("tests.")
    }
    assert tasks | chores == set(TASKS)


# What is done leaves its record


@every_case
def test_what_is_done_leaves_its_record(name: str, world: World):
    act = CASES[name](world)
    client = signed_in(act.by or world.boss)
    before, newest = snapshot(), newest_record()
    with watching() as spy:
        response = pressed(client, act, act.data)
        if response.streaming:
            b"".join(response.streaming_content)
    assert response.status_code in (200, 302), response.content.decode()[-2000:]
    codes = set(Record.objects.filter(pk__gt=newest).values_list("action", flat=True))
    assert act.code in codes
    assert spy.unrecorded() == []
    if act.method == "get":
        assert changed(before, snapshot()) == {LEDGER}


@every_case
def test_who_may_not_is_refused_and_the_refusal_is_kept(name: str, world: World):
    act = CASES[name](world)
    stranger = UserFactory(roles=["Viewer"])
    if act.open_to_all or name in ALSO_FOR_VIEWERS:
        pytest.skip("whoever may see it, may do this")
    client = signed_in(stranger)
    before, newest = snapshot(), newest_record()
    response = pressed(client, act, act.data)
    assert response.status_code == 403
    outcomes = Record.objects.filter(pk__gt=newest).values_list("outcome", "actor")
    assert list(outcomes) == [("denied", stranger.pk)]
    assert changed(before, snapshot()) == {LEDGER}


@every_case
def test_bad_input_changes_nothing(name: str, world: World):
    act = CASES[name](world)
    if act.bad is None:
        pytest.skip("a bare button has no input")
    client = signed_in(act.by or world.boss)
    before = snapshot()
    response = pressed(client, act, act.bad)
    assert response.status_code in (200, 302, 404, 422)
    assert changed(before, snapshot()) == set()


ALSO_FOR_VIEWERS = {
    "intake_import_csv",
    "operations_run_csv",
    "operations_run_receipt_csv",
    "operations_run_receipt_json",
    *(f"{name}_export:{ending}" for name in export_lists() for ending in FORMATS),
}


# Looking changes nothing


EXPORTS = {name for name in CASES if name.endswith(("_csv", "_json"))}
WRITING = {name.split(":")[0] for name in (*CASES, *OWN_BUSINESS)}


@pytest.mark.parametrize("name", sorted((READ_ONLY | WRITING) - EXPORTS))
def test_looking_changes_nothing(name: str, world: World):
    client = signed_in(world.boss)
    for url in arguments(name, world):
        before = snapshot()
        newest = newest_record()
        with watching() as spy:
            response = client.get(url)
        assert response.status_code < 500, url
        written = set(Record.objects.filter(pk__gt=newest).values_list("action", flat=True))
        allowed = {watched()[name].code} if name in watched() else set()
        if response.status_code == 403:
            allowed |= {
                code
                for code in written
                if Record.objects.filter(pk__gt=newest, action=code, outcome="denied").exists()
            }
        assert written <= allowed, (url, written)
        assert changed(before, snapshot()) <= ({LEDGER} if written else set()), url
        assert spy.unrecorded() == []


@pytest.mark.parametrize("name", sorted(READ_ONLY))
def test_a_page_to_look_at_takes_no_post(name: str, world: World):
    client = signed_in(world.boss)
    for url in arguments(name, world):
        before = snapshot()
        response = client.post(
            url, {"do": "x", "post": "yes", "action": "delete_selected", "_selected_action": "1"}
        )
        assert response.status_code < 500, url
        assert changed(before, snapshot()) <= {LEDGER}, url


def test_ones_own_business_leaves_no_record_and_touches_nothing_guarded(world: World):
    notice = own_notice(world)
    client = Client()
    client.force_login(world.boss, backend="django.contrib.auth.backends.ModelBackend")
    before = Record.objects.count()
    with watching() as spy:
        client.post("/admin/notices/", {"do": "open", "notice": notice.pk})
        client.post("/admin/notices/", {"do": "read_all", "newest": notice.pk})
        client.post("/admin/notices/settings/", {"language": "en"})
        client.post("/i18n/setlang/", {"language": "zh-hans"})
    assert Record.objects.count() == before
    assert {write.table for unit in spy.units for write in unit} <= {
        "operations_notice",
        "operations_noticesettings",
        "django_session",
    }


# Commands, tasks and chores


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_leaves_its_record_or_changes_nothing(name: str, world: World, ledger: Any):
    _walked(COMMANDS[name], world)


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_task_leaves_its_record_or_changes_nothing(name: str, world: World, ledger: Any):
    _walked(TASKS[name], world)


def _walked(step: Any, world: World) -> None:
    run = step.ready(world)
    newest, before = newest_record(), snapshot()
    with watching() as spy:
        run()
    codes = set(Record.objects.filter(pk__gt=newest).values_list("action", flat=True))
    assert step.codes <= codes
    assert spy.unrecorded() == []
    if not step.codes:
        assert changed(before, snapshot()) <= step.touches


def test_the_walk_is_as_long_as_it_was():
    assert EDIT in registry
    assert len(CASES) >= 57
