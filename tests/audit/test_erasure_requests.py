"""Erasing personal values by two people: what goes, what stays, and that the log verifies afterwards."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit import erased
from audit.actors import Actor
from audit.denials import Denied
from audit.erasure_requests import ErasureRefused, approve, ask, concerned, typed_words
from audit.models import ErasureRequest, Record
from audit.sealer import seal
from audit.sentences import sentence
from audit.services import Target
from audit.timeline import history
from tests.audit.ledger import verified
from tests.factories.audit import write
from tests.factories.people import SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db

NAME = "Ottilie Quitzow"
RIGHT = "audit.erase_personal"
PAGE = "admin:audit_erasure"


@pytest.fixture
def subject(ledger: Path) -> Any:
    """Somebody who did things, approved things and was talked about."""
    person = UserFactory(first_name="Ottilie", last_name="Quitzow", username="ottilie.q")
    actor = Actor(person.pk, NAME, "admin", "203.0.113.77", "Firefox/ottilie")
    write("audit.session.signed_in", actor=actor)
    write("courses.course.edit.succeeded", actor=actor, target=Target("courses.course", 7, "Piano", "9"))
    write("operations.run.finished", approver_name=NAME)
    write(
        "audit.rights.changed",
        target=Target("auth.user", person.pk, "ottilie.q"),
        changes={"first_name": {"before": "", "after": "Ottilie"}},
    )
    write("audit.session.refused", details={"username": "ottilie.q"})
    seal(sign=True)
    return person


@pytest.fixture
def asker() -> Any:
    return UserFactory(permissions=[RIGHT, "audit.view_record"])


@pytest.fixture
def second() -> Any:
    return UserFactory(permissions=[RIGHT, "audit.view_record"])


def asked(person: Any, user: Any, *, groups: Any = ("actor", "approver", "words")) -> ErasureRequest:
    return ask(
        person=person,
        groups=groups,
        reason="Asked by letter",
        actor=Actor.person(user, via="test"),
        user=user,
    )


def answered(request: ErasureRequest, user: Any, typed: str = "ERASE 5") -> int:
    return approve(request.pk, typed=typed, actor=Actor.person(user, via="test"), user=user)


def in_the_log(*texts: str) -> list[str]:
    """Tables of the ledger in which one of these texts stands, in whatever column."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("audit_"):
                cursor.execute(f'SELECT * FROM "{table}"')
                stored = repr(
                    [[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in cursor.fetchall()]
                )
                found += [table for text in texts if text in stored]
    return found


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_what_names_the_person_is_in_no_table_of_the_log_afterwards(
    subject: Any, asker: Any, second: Any, ledger: Path
):
    values = ("Quitzow", "Ottilie", "ottilie", "203.0.113.77")
    assert in_the_log(*values)
    assert answered(asked(subject, asker), second) == 5
    seal(sign=True)
    assert in_the_log(*values) == []
    report = verified(ledger)
    assert report.sound, report.findings
    assert report.erased == 5


def test_only_the_groups_that_were_asked_for_go(subject: Any, asker: Any, second: Any, ledger: Path):
    answered(asked(subject, asker, groups=["approver"]), second, "ERASE 1")
    assert Record.objects.filter(actor=subject.pk, actor_name=NAME).count() == 2
    assert not Record.objects.filter(approver_name=NAME).exists()


def test_what_is_written_after_the_request_stays(subject: Any, asker: Any, second: Any):
    request = asked(subject, asker, groups=["actor"])
    write("audit.session.signed_out", actor=Actor(subject.pk, NAME, "admin"))
    answered(request, second, "ERASE 2")
    assert Record.objects.filter(actor=subject.pk, actor_name=NAME).count() == 1


def test_nobody_answers_for_themselves_and_nobody_without_the_right(subject: Any, asker: Any):
    request = asked(subject, asker)
    for user in (asker, UserFactory(permissions=["audit.view_record"])):
        with pytest.raises(Denied):
            answered(request, user)
    with pytest.raises(Denied):
        asked(subject, UserFactory())
    assert Record.objects.filter(approver_name=NAME).exists()


@pytest.mark.parametrize("typed", ["", "ERASE", "ERASE 4", "erase 5"])
def test_the_typed_words_must_be_right(subject: Any, asker: Any, second: Any, typed: str):
    with pytest.raises(ErasureRefused) as refused:
        answered(asked(subject, asker), second, typed)
    assert refused.value.field == "typed"
    assert Record.objects.filter(approver_name=NAME).exists()


def test_a_request_is_answered_once(subject: Any, asker: Any, second: Any):
    request = asked(subject, asker)
    answered(request, second)
    with pytest.raises(ErasureRefused):
        answered(request, second)


def test_too_many_are_for_the_command(subject: Any, asker: Any, second: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("audit.erasure_requests.AT_ONCE", 4)
    with pytest.raises(ErasureRefused):
        answered(asked(subject, asker), second)
    assert Record.objects.filter(approver_name=NAME).exists()


def test_the_pages_ask_show_erase_and_verify(subject: Any, asker: Any, second: Any):
    form = {"person": subject.pk, "groups": ["actor", "approver", "words"], "reason": "Asked by letter"}
    response = signed_in(asker).post(reverse("admin:audit_erasures"), form)
    request = ErasureRequest.objects.get()
    assert response.url == reverse(PAGE, args=[request.pk])
    mine = signed_in(asker).get(response.url).content.decode()
    assert 'value="erase"' not in mine
    page = signed_in(second).get(response.url).content.decode()
    assert "Type ERASE 5" in page
    done = signed_in(second).post(response.url, {"do": "erase", "typed": typed_words(5)}, follow=True)
    assert "The log verifies." in done.content.decode()


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("person", {"person": ""}),
        ("person", {"record": "1"}),
        ("record", {"person": "", "record": "999999"}),
        ("groups", {"groups": []}),
        ("reason", {"reason": " "}),
    ],
)
def test_bad_input_is_said_beside_its_field(subject: Any, asker: Any, field: str, values: dict[str, Any]):
    form = {"person": subject.pk, "groups": ["actor"], "reason": "Asked by letter", **values}
    response = signed_in(asker).post(reverse("admin:audit_erasures"), form)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not ErasureRequest.objects.exists()


def test_a_person_without_the_right_sees_no_page_and_that_is_kept(subject: Any):
    stranger = UserFactory(roles=["Viewer"])
    assert signed_in(stranger).get(reverse("admin:audit_erasures")).status_code == 403
    assert Record.objects.filter(action="audit.erasure.denied", actor=stranger).count() == 1


def test_every_place_says_who_erased_and_when(subject: Any, asker: Any, second: Any):
    edit = Record.objects.get(action="courses.course.edit.succeeded")
    answered(asked(subject, asker, groups=["actor"]), second, "ERASE 2")
    edit.refresh_from_db()
    name = Actor.person(second, via="test").name
    assert f"by {name}" in sentence(edit)
    assert NAME not in sentence(edit)
    assert f"by {name}" in history("courses.course", 7)[0].sentence
    assert f"by {name}" in erased.shown(edit, "actor_name")
    page = signed_in(second).get(reverse("admin:audit_record_change", args=[edit.pk])).content.decode()
    assert "The record is sealed and still verifies." in page
    assert f"by {name}" in page
    log = signed_in(second).get(reverse("admin:audit_record_changelist")).content.decode()
    assert f"<strong>{NAME}</strong>" not in log
    assert f"by {name}" in log


def test_many_erased_rows_cost_a_page_two_questions(subject: Any, django_assert_num_queries: Any):
    person, user = Actor(subject.pk, NAME, "admin"), SuperuserFactory()
    rows = [write("audit.session.signed_in", actor=person) for _number in range(10)]
    answered(asked(subject, user, groups=["actor"]), SuperuserFactory(), "ERASE 12")
    found = list(Record.objects.filter(pk__in=[row.pk for row in rows]))
    with django_assert_num_queries(2):
        erased.attach(found)
        assert all("erased" in sentence(record) for record in found)


def test_the_command_counts_first_and_erases_when_told(subject: Any, ledger: Path):
    out = StringIO()
    call_command("audit_erase", "--person", "ottilie.q", "--reason", "By letter", stdout=out)
    assert "Nothing was erased" in out.getvalue()
    assert Record.objects.filter(approver_name=NAME).exists()
    call_command("audit_erase", "--person", "ottilie.q", "--reason", "By letter", "--yes", stdout=StringIO())
    assert in_the_log("Quitzow", "ottilie") == []
    seal(sign=True)
    assert verified(ledger).sound


@pytest.mark.parametrize("teacher", ["Zebedee Quist", "欧阳娜", 'Ann "Q" Li\\n'])
def test_somebody_without_an_account_is_found_by_name_wherever_words_say_it(teacher: str, ledger: Path):
    write(
        "mirror.changed.by_reading",
        target=Target("courses.course", 7, "Piano", "9"),
        changes={"main_teacher_name": {"before": teacher, "after": "Lin Mei"}},
    )
    write(
        "intake.import.uploaded", target=Target("intake.import", 1, "I-1"), details={"file": f"{teacher}.csv"}
    )
    write("courses.course.edit.succeeded", target=Target("courses.course", 8, f"Piano ({teacher})", "10"))
    other = write(
        "courses.course.edit.succeeded", target=Target("courses.course", 9, "Piano (Lin Mei)", "11")
    )
    seal(sign=True)
    out = StringIO()
    call_command("audit_erase", "--naming", teacher, "--reason", "By letter", "--yes", stdout=out)
    assert "3 groups of values erased" in out.getvalue()
    assert not Record.objects.filter(words_salt="").exclude(words_seal="").filter(pk=other.pk).exists()
    assert concerned(naming=teacher)["words"].count() == 0
    assert in_the_log(teacher) == []
    changed = Record.objects.get(action="mirror.changed.by_reading")
    assert "erased" in sentence(changed)
    assert history("courses.course", 7)[0].changes == []
    seal(sign=True)
    assert verified(ledger).sound


def test_a_name_too_short_to_be_one_is_refused():
    with pytest.raises(CommandError, match="fewer than 2"):
        call_command("audit_erase", "--naming", " x ", "--reason", "By letter", "--yes", stdout=StringIO())


def test_who_proposed_what_another_approved_is_found_as_well(subject: Any):
    write("operations.policy.approved", details={"proposer": NAME, "lowered": {}})
    write("operations.policy.approved", details={"proposer": "Lin Yue", "lowered": {}})
    assert concerned(person=subject)["words"].filter(action="operations.policy.approved").count() == 1


def test_the_command_refuses_a_stranger_and_an_empty_reason(subject: Any):
    for person, reason in (("nobody", "By letter"), ("ottilie.q", " ")):
        with pytest.raises(CommandError):
            call_command("audit_erase", "--person", person, "--reason", reason, "--yes", stdout=StringIO())
    assert sum(records.count() for records in concerned(person=subject).values()) == 5
