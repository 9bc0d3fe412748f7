"""`sync_mirror`: reads without a worker, says what it found, and its exit code tells whether all was read."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from intake.management.commands.sync_mirror import FAILED, NOT_UNDERSTOOD, UNDER_WAY
from intake.models import Reading
from intake.reading import progress_bar
from intake.reading.facts import Pace
from intake.reading.progress_bar import ProgressBar
from operations.models import Account
from sandbox.demo.mirror import _add_assets, _add_folders
from sandbox.server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def sync(*args: str) -> str:
    out = StringIO()
    call_command("sync_mirror", *args, stdout=out)
    return out.getvalue()


def test_every_connected_account_is_read_and_summed_up(
    sandbox: Sandbox, accounts: dict[str, Account]
) -> None:
    _add_folders(sandbox.world, 3)
    _add_assets(sandbox.world, 4, 2)
    said = sync()
    assert set(Reading.objects.values_list("state", "complete")) == {("finished", True)}
    assert "ClassIn: Finished. 15 new, 0 changed, 0 missing." in said
    assert "Media assets: 4 new" in said
    assert "Videos: 8 new" in said
    assert Reading.objects.filter(started_name="sync_mirror").count() == 3


def test_one_account_is_named_and_what_is_new_asked_for(
    sandbox: Sandbox, accounts: dict[str, Account]
) -> None:
    sync("--account", "syngrafii:default", "--account", "syngrafii")
    sync("--account", "syngrafii", "--new")
    scopes = Reading.objects.order_by("pk").values_list("account__provider", "scope")
    assert list(scopes) == [("syngrafii", "full"), ("syngrafii", "new")]


def test_a_reading_that_failed_is_told_and_ends_otherwise(
    sandbox: Sandbox, accounts: dict[str, Account]
) -> None:
    sandbox.change("account", "huawei_vod", refuses="VOD.10054")
    out = StringIO()
    with pytest.raises(CommandError, match="Huawei Cloud VOD") as failed:
        call_command("sync_mirror", "--account", "huawei_vod", stdout=out)
    assert failed.value.returncode == FAILED
    assert "The provider refuses the credentials (VOD.10054" in out.getvalue()


def test_a_running_reading_is_refused_politely_and_can_be_watched(
    sandbox: Sandbox, accounts: dict[str, Account]
) -> None:
    _add_folders(sandbox.world, 2)
    sync("--account", "classin", "--no-wait")
    running = Reading.objects.get()
    assert running.is_open
    with pytest.raises(CommandError, match=r"being read already\. Use --watch") as refused:
        sync("--account", "classin")
    assert refused.value.returncode == UNDER_WAY
    assert "Finished" in sync("--account", "classin", "--watch"), (
        "nobody holds the lease, so the watcher reads"
    )
    assert Reading.objects.count() == 1


def test_a_watcher_reads_nothing_while_somebody_else_does(
    sandbox: Sandbox, accounts: dict[str, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    sync("--account", "syngrafii", "--no-wait")
    Reading.objects.update(lease_until=timezone.now() + timezone.timedelta(seconds=80))

    def ends_meanwhile(_seconds: float) -> None:
        Reading.objects.update(state="finished", complete=True, ended_at=timezone.now())

    monkeypatch.setattr("intake.management.commands.sync_mirror.time.sleep", ends_meanwhile)
    sync("--account", "syngrafii", "--watch")
    assert not sandbox.application.journal.entries


@pytest.mark.parametrize("name", ["nobody", "classin:north", ""])
def test_an_unknown_account_is_told_which_there_are(accounts: dict[str, Account], name: str) -> None:
    with pytest.raises(CommandError, match="classin:default") as refused:
        sync("--account", name)
    assert refused.value.returncode == NOT_UNDERSTOOD


def test_nothing_connected_is_said(accounts: dict[str, Account], settings: Any) -> None:
    settings.PROVIDER_ACCOUNTS = {}
    with pytest.raises(CommandError, match="No account is connected"):
        sync()


class Terminal(StringIO):
    """An output that says whether it is a terminal, and writes as Django's does."""

    def __init__(self, *, tty: bool) -> None:
        super().__init__()
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty

    def write(self, msg: str = "", style_func: Any = None, ending: str | None = None) -> Any:
        return super().write(msg + ("\n" if ending is None else ending))


def test_a_terminal_gets_one_line_that_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    out = Terminal(tty=True)
    bar = ProgressBar(out, "ClassIn")
    bar.show(Pace(10, 40, 120.0, 15.0))
    bar.show(Pace(20, 40, 120.0, 10.0))
    bar.close()
    said = out.getvalue()
    assert said.count("\r") == 2
    assert "20 of 40 requests, 50 %; 120 requests a minute" in said
    assert "About 10 s left" in said


def test_a_pipe_gets_a_plain_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal(tty=False)
    bar = ProgressBar(out, "ClassIn")
    moments = iter([100.0, 100.0, 101.0, 111.0, 111.0])
    monkeypatch.setattr(progress_bar.time, "monotonic", lambda: next(moments))
    for done in (10, 11, 20):
        bar.show(Pace(done, 40, 120.0, None))
    bar.close()
    assert "\r" not in out.getvalue()
    assert [line.split(" of ")[0] for line in out.getvalue().splitlines()] == ["ClassIn: 10", "ClassIn: 20"]
