"""Checkpoints to an address outside, over real HTTP: each once, in order, and what failed with the next one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from audit import outside
from audit.checkpoint import split
from audit.models import Checkpoint, Delivery
from audit.sealer import seal, sealing_state
from tests.audit.ledger import sealed, write
from tests.audit.test_reads_and_alarm import signed_in
from tests.providers.loopback import Loopback

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(ledger: Path, settings: Any) -> Iterator[Loopback]:
    """An address of somebody else, on this machine as only the sandbox may have it."""
    server = Loopback()
    settings.SANDBOX = True
    settings.AUDIT = {**settings.AUDIT, "checkpoint_url": f"{server.url}/checkpoints"}
    yield server
    server.stop()


def posted(receiver: Loopback) -> list[list[str]]:
    return [split(request.body.decode()) for request in receiver.received]


def kept() -> list[str]:
    return list(Checkpoint.objects.order_by("pk").values_list("note", flat=True))


def test_a_new_address_gets_the_newest_checkpoint_and_each_later_one_once(receiver: Loopback) -> None:
    receiver.will_answer(b"")
    receiver.will_answer(b"")
    sealed(2, 3)
    assert (outside.deliver(), outside.deliver()) == (1, 0)
    write(1, first=5)
    seal(sign=True)
    assert (outside.deliver(), outside.deliver()) == (1, 0)
    assert posted(receiver) == [[kept()[1]], [kept()[2]]]


def test_what_failed_comes_with_the_next_checkpoint_and_not_before(receiver: Loopback, caplog: Any) -> None:
    receiver.will_answer(b"", 503)
    receiver.will_answer(b"")
    sealed(2)
    assert (outside.deliver(), outside.deliver()) == (0, 0)
    assert "http_503" in caplog.text
    assert sealing_state().alarm == ""
    assert Delivery.objects.get().trouble == "http_503"
    write(1, first=2)
    seal(sign=True)
    assert outside.deliver() == 2
    assert posted(receiver) == [[kept()[0]], kept()]
    assert Delivery.objects.get().trouble == ""


def test_many_that_are_due_go_out_in_lots(receiver: Loopback, monkeypatch: Any) -> None:
    monkeypatch.setattr(outside, "_AT_ONCE", 2)
    receiver.will_answer(b"", 500)
    sealed(1)
    outside.deliver()
    sealed(1, 1)
    receiver.will_answer(b"")
    receiver.will_answer(b"")
    assert [outside.deliver() for _number in range(4)] == [2, 1, 0, 0]
    assert posted(receiver)[1:] == [kept()[:2], kept()[2:]]


def test_nothing_is_asked_of_the_database_without_an_address(
    ledger: Path, django_assert_num_queries: Any
) -> None:
    sealed(1)
    with django_assert_num_queries(0):
        assert outside.deliver() == 0


def test_the_key_page_shows_every_place_and_what_failed(receiver: Loopback, settings: Any) -> None:
    settings.AUDIT = {**settings.AUDIT, "checkpoint_mail": ["board@school.example"]}
    sealed(4)
    receiver.will_answer(b"", 500)
    outside.deliver()
    page = signed_in("Auditor").get(reverse("admin:audit_key")).content.decode()
    assert "checkpoints.txt" in page
    assert "1 address, once an hour" in page
    assert "127.0.0.1" in page
    assert "http_500" in page
    receiver.will_answer(b"")
    write(1, first=4)
    seal(sign=True)
    outside.deliver()
    assert "http_500" not in signed_in("Auditor").get(reverse("admin:audit_key")).content.decode()


def test_the_key_page_says_when_the_file_is_behind_or_damaged(ledger: Path) -> None:
    sealed(4)
    auditor = signed_in("Auditor")
    whole = ledger.read_text("utf-8")
    write(1, first=4)
    seal(sign=True)
    ledger.write_text(whole, "utf-8")
    assert "It is behind the log." in auditor.get(reverse("admin:audit_key")).content.decode()
    ledger.write_text("nonsense", "utf-8")
    assert "Its last checkpoint is damaged." in auditor.get(reverse("admin:audit_key")).content.decode()
    ledger.unlink()
    assert "Nothing has come there yet." in auditor.get(reverse("admin:audit_key")).content.decode()


def test_the_last_note_of_a_long_file_is_found_without_reading_it_all(ledger: Path) -> None:
    sealed(1)
    (note,) = kept()
    ledger.write_text(
        "".join(f"{note}\n" for _number in range(300)) + note.replace("\n1\n", "\n2\n") + "\n", "utf-8"
    )
    assert outside.newest_note(ledger) == note.replace("\n1\n", "\n2\n")
