"""Sensitive pages note who read them, once an hour; and a sealer that stopped is said on every page."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.alarm import alarm
from audit.clock import database_now
from audit.keys import signing_keys
from audit.models import PublicKey, Record, Sealing
from audit.reads import watched
from audit.rotation import rotate
from audit.sealer import SealingError, seal, sealing_state
from operations.engine.sweep import sweep
from tests.factories.audit import SYSTEM, write
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

LOG = "admin:audit_record_changelist"


def signed_in(*roles: str) -> Client:
    client = Client()
    client.force_login(UserFactory(roles=roles), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_reading_is_recorded_once_for_each_person_and_kind_of_page():
    first, other = signed_in("Auditor"), signed_in("Auditor")
    for client in (first, first, other):
        client.get(reverse(LOG), {"q": "secret"})
    first.get(reverse("admin:auth_user_changelist"))
    assert Record.objects.filter(action="audit.read.log").count() == 2
    assert Record.objects.filter(action="audit.read.people").count() == 1
    assert "secret" not in str(Record.objects.filter(action="audit.read.log").values())


def test_an_hour_later_it_is_recorded_again():
    client = signed_in("Auditor")
    actor_id = int(client.session["_auth_user_id"])
    from audit.actors import Actor

    write(
        "audit.read.log", actor=Actor(actor_id, "Lin", "admin"), at=database_now() - dt.timedelta(minutes=61)
    )
    client.get(reverse(LOG))
    client.get(reverse(LOG))
    assert Record.objects.filter(action="audit.read.log").count() == 2


def test_what_was_refused_was_not_read():
    assert signed_in("Viewer").get(reverse(LOG)).status_code == 403
    assert not Record.objects.filter(action="audit.read.log").exists()


def test_every_sensitive_page_is_watched():
    assert {
        "audit_record_changelist",
        "audit_record_change",
        "auth_user_changelist",
        "auth_user_change",
        "connections",
        "operations_receipt_changelist",
        "operations_run_receipt",
        "audit_erasures",
    } <= watched().keys()


@pytest.fixture
def stopped(ledger: Path) -> None:
    write("audit.session.signed_in")
    seal(sign=True)
    Sealing.objects.update(passed_at=database_now() - dt.timedelta(hours=1))


def test_the_alarm_is_on_every_page_of_who_reads_the_log_and_of_nobody_else(stopped: None):
    for role in ("Auditor", "Owner"):
        assert "Sealing has stopped" in signed_in(role).get("/admin/").content.decode()
    assert "Sealing has stopped" not in signed_in("Viewer").get("/admin/").content.decode()
    assert signed_in("Auditor").get(reverse(LOG)).content.decode().count("Sealing has stopped") == 1


def test_the_cheap_alarm_says_what_the_full_one_says(stopped: None, django_assert_num_queries: Any):
    assert alarm() == sealing_state().alarm == "stopped"
    sweep()
    with django_assert_num_queries(1):
        assert alarm() == ""
    assert sealing_state().alarm == ""


def test_before_the_first_sealing_old_records_are_an_alarm(ledger: Path):
    assert alarm() == sealing_state().alarm == ""
    write("audit.session.signed_in", at=database_now() - dt.timedelta(hours=1))
    assert alarm() == sealing_state().alarm == "stopped"


def test_a_sweep_alone_seals(ledger: Path):
    write("audit.session.signed_in")
    sweep()
    assert sealing_state().unsealed == 0


def test_a_rotation_waits_for_another_sealer(ledger: Path, monkeypatch: pytest.MonkeyPatch):
    write("audit.session.signed_in")
    seal(sign=True)
    Sealing.objects.update(holder="another", until=database_now() + dt.timedelta(minutes=1))
    waited = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        Sealing.objects.update(holder="", until=None)

    monkeypatch.setattr("audit.rotation.time.sleep", wait)
    new = rotate(actor=SYSTEM)
    assert waited
    assert [str(key.public) for key in signing_keys()] == [str(new)]


def test_a_rotation_that_gave_up_goes_on_where_it_stopped(ledger: Path):
    write("audit.session.signed_in")
    seal(sign=True)
    Sealing.objects.update(holder="another", until=database_now() + dt.timedelta(minutes=1))
    with pytest.raises(SealingError):
        rotate(actor=SYSTEM, patience=-1)
    promised = signing_keys()[0]
    assert len(signing_keys()) == 2
    Sealing.objects.update(holder="", until=None)
    assert rotate(actor=SYSTEM) == promised.public
    assert signing_keys() == [promised]
    assert Record.objects.filter(action="audit.key.rotated").count() == 1


def test_the_key_page_shows_public_halves_alone(ledger: Path):
    write("audit.session.signed_in")
    seal(sign=True)
    rotate(actor=SYSTEM)
    client, secret = signed_in("Auditor"), signing_keys()[0]
    page = client.get(reverse("admin:audit_key")).content.decode()
    file = client.get(reverse("admin:audit_public_keys")).content.decode()
    assert str(secret.public) in page
    assert file.splitlines()[0] == str(secret.public)
    assert set(file.split()) == set(PublicKey.objects.values_list("line", flat=True))
    from audit.keys import line_of

    assert line_of(secret).split("+", 1)[1] not in page + file
    assert signed_in("Viewer").get(reverse("admin:audit_key")).status_code == 403
