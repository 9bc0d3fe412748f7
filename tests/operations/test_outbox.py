"""Mails of notices: once at most, outside transactions, in the person's language, and a refusal is seen."""

from __future__ import annotations

import smtplib
import socketserver
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, connections, transaction
from django.test import Client

from operations import outbox
from operations.engine import chores
from operations.engine.sweep import sweep
from operations.models import Notice, NoticeSettings
from operations.notices import tell

pytestmark = pytest.mark.django_db

PAST = datetime(2020, 1, 1, tzinfo=UTC)


class Server(EmailBackend):
    """Takes mails into memory, or fails as the test says; remembers whether a transaction was open."""

    open_error: Exception | None = None
    send_error: Exception | None = None
    in_transaction: list[bool] = []

    def open(self) -> bool:
        if self.open_error:
            raise self.open_error
        return True

    def send_messages(self, messages: Any) -> int:
        self.in_transaction.append(connection.in_atomic_block)
        if self.send_error:
            raise self.send_error
        return super().send_messages(messages)


@pytest.fixture(autouse=True)
def server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Server]:
    settings.MAIL_ON = True
    settings.BACKOFFICE_URL = "https://backoffice.school.example"
    monkeypatch.setattr(Server, "open_error", None)
    monkeypatch.setattr(Server, "send_error", None)
    monkeypatch.setattr(Server, "in_transaction", [])
    monkeypatch.setattr(outbox, "get_connection", Server)
    return Server


@pytest.fixture
def anna(db: None) -> Any:
    return get_user_model().objects.create_user(
        "anna", first_name="Anna", email="anna@school.example", is_staff=True
    )


def sent_back(*people: Any, comment: str = "Keep lesson 1", name: str = "Zhao Min") -> Notice:
    with transaction.atomic():
        tell(
            [person.pk for person in people],
            "operations.run.sent_back",
            details={"name": name, "comment": comment},
            link="/admin/operations/run/7/change/",
        )
    return Notice.objects.order_by("-pk")[0]


def again(notice: Notice) -> Notice:
    """The notice as stored, its mail made due at once."""
    Notice.objects.filter(pk=notice.pk, mail_due_at__isnull=False).update(mail_due_at=PAST)
    notice.refresh_from_db()
    return notice


def test_a_mail_goes_once_however_often_the_sweeper_passes(anna: Any) -> None:
    notice = sent_back(anna)
    for _pass in range(4):
        sweep()
    notice.refresh_from_db()
    assert [message.to for message in mail.outbox] == [["anna@school.example"]]
    assert notice.mailed_at is not None
    assert notice.mail_attempts == 1


def test_a_mail_says_what_happened_and_links_to_it(anna: Any) -> None:
    sent_back(anna)
    outbox.send_due()
    (message,) = mail.outbox
    assert "Zhao Min sent" in message.body
    assert "https://backoffice.school.example/admin/operations/run/7/change/\n" in message.body
    assert "https://backoffice.school.example/admin/notices/settings/" in message.body


def test_a_mail_is_in_the_language_that_the_person_chose(anna: Any) -> None:
    NoticeSettings.objects.create(person=anna, language="zh-hans")
    sent_back(anna)
    outbox.send_due()
    assert "退回" in mail.outbox[0].subject
    assert "您好" in mail.outbox[0].body


def test_the_school_says_which_language_the_others_get(anna: Any, settings: Any) -> None:
    settings.MAIL_LANGUAGE = "zh-hans"
    sent_back(anna)
    outbox.send_due()
    assert "退回" in mail.outbox[0].subject


def test_a_name_adds_no_header(anna: Any) -> None:
    with transaction.atomic():
        name = "Zhao\r\nBcc: everybody@school.example\u2028X"
        tell([anna.pk], "operations.run.approval_wanted", details={"name": name, "count": 3})
    outbox.send_due()
    (message,) = mail.outbox
    assert "\n" not in message.subject
    assert message.message().get_all("Bcc") is None
    assert message.recipients() == ["anna@school.example"]


def test_an_address_with_a_second_line_is_refused_and_stops_no_other_mail(anna: Any) -> None:
    odd = get_user_model().objects.create_user("odd", email="odd@school.example", is_staff=True)
    get_user_model().objects.filter(pk=odd.pk).update(email="odd@school.example\nBcc: all@school.example")
    sent_back(odd)
    sent_back(anna)
    outbox.send_due()
    assert [message.to for message in mail.outbox] == [["anna@school.example"]]
    assert "newlines" in Notice.objects.get(person=odd).mail_error


def test_a_server_that_is_away_puts_mails_off_with_growing_pauses(anna: Any, server: Any) -> None:
    server.open_error = ConnectionRefusedError(111, "Connection refused")
    notice, pauses = sent_back(anna), []
    for _try in range(3):
        outbox.send_due()
        notice.refresh_from_db()
        assert notice.mail_due_at is not None
        pauses.append((notice.mail_due_at - notice.made_at).total_seconds() // 30)
        again(notice)
    assert pauses == [2, 4, 8]
    server.open_error = None
    outbox.send_due()
    assert len(mail.outbox) == 1


def test_after_the_last_try_a_mail_counts_as_not_sent(anna: Any, server: Any) -> None:
    server.open_error = ConnectionRefusedError(111, "Connection refused")
    notice = sent_back(anna)
    for _try in range(outbox.TRIES + 3):
        outbox.send_due()
        again(notice)
    assert notice.mail_attempts == outbox.TRIES
    assert notice.mail_due_at is None
    assert "Connection refused" in notice.mail_error


@pytest.mark.parametrize(
    ("refusal", "tried_again"),
    [
        (smtplib.SMTPDataError(451, b"Later"), True),
        (smtplib.SMTPDataError(554, b"Spam"), False),
        (smtplib.SMTPRecipientsRefused({"anna@school.example": (450, b"Busy")}), True),
        (smtplib.SMTPRecipientsRefused({"anna@school.example": (550, b"No such user")}), False),
    ],
)
def test_later_is_tried_again_and_never_is_not(
    anna: Any, server: Any, refusal: Exception, tried_again: bool
) -> None:
    server.send_error = refusal
    notice = sent_back(anna)
    outbox.send_due()
    notice.refresh_from_db()
    assert (notice.mail_due_at is not None) == tried_again
    assert notice.mailed_at is None
    assert notice.mail_taken_at is None
    assert notice.mail_error[:1] in "45"


@pytest.mark.parametrize("broken", [smtplib.SMTPServerDisconnected("gone"), TimeoutError("timed out")])
def test_a_mail_whose_end_nobody_knows_goes_no_second_time(anna: Any, server: Any, broken: Exception) -> None:
    server.send_error = broken
    notice = sent_back(anna)
    outbox.send_due()
    server.send_error = None
    for _pass in range(3):
        outbox.send_due()
    assert mail.outbox == []
    assert again(notice).mail_error == outbox.LOST


def test_a_sweeper_that_dies_while_it_sends_leaves_no_mail_to_send_twice(anna: Any) -> None:
    notice = sent_back(anna)
    assert outbox._take(notice.pk) is not None
    outbox.send_due()
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_send_a_mail_once(anna: Any) -> None:
    for number in range(10):
        sent_back(anna, comment=f"Comment {number}")
    gate = threading.Barrier(3)

    def pass_by() -> None:
        gate.wait()
        outbox.send_due()
        connections.close_all()

    threads = [threading.Thread(target=pass_by) for _sweeper in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mail.outbox) == 10
    assert set(Notice.objects.values_list("mail_attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_no_mail_goes_inside_a_transaction_and_none_of_what_was_rolled_back(anna: Any, server: Any) -> None:
    with transaction.atomic():
        tell([anna.pk], "operations.run.approval_wanted", details={"name": "Zhao", "count": 1})
        transaction.set_rollback(True)
    sweep()
    assert mail.outbox == []
    sent_back(anna)
    sweep()
    assert server.in_transaction == [False]


def test_people_who_left_or_chose_otherwise_meanwhile_get_no_mail(anna: Any) -> None:
    notice = sent_back(anna)
    NoticeSettings.objects.create(person=anna, by_mail={notice.kind: False})
    outbox.send_due()
    other = get_user_model().objects.create_user("other", email="other@school.example")
    sent_back(other)
    get_user_model().objects.filter(pk=other.pk).update(is_active=False)
    outbox.send_due()
    assert mail.outbox == []
    assert not Notice.objects.filter(mail_due_at__isnull=False).exists()


def test_a_server_without_mail_asks_the_database_nothing(
    anna: Any, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.MAIL_ON = False
    sent_back(anna)
    with django_assert_num_queries(0):
        outbox.send_due()


def test_a_refused_mail_is_seen_by_the_person_and_by_who_watches_the_server(
    anna: Any, server: Any, client: Client
) -> None:
    server.send_error = smtplib.SMTPDataError(554, b"Not from you")
    sent_back(anna)
    outbox.send_due()
    client.force_login(anna)
    assert "Not mailed: 554 Not from you" in client.get("/admin/notices/").content.decode()
    client.force_login(get_user_model().objects.create_superuser("admin"))
    assert "1 mail of the last 7 days was not sent" in client.get("/admin/notices/").content.decode()


def test_a_chore_that_fails_stops_neither_the_others_nor_the_sweep(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done = []

    def broken() -> None:
        raise ZeroDivisionError

    def other() -> None:
        done.append("other")

    monkeypatch.setattr(chores, "_chores", [])
    for chore in (broken, other, other):
        chores.register_chore(chore)
    assert sweep() == 0
    assert done == ["other"]
    assert "a chore failed" in caplog.text


class _Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as one mail needs."""

    def handle(self) -> None:
        self.say("220 mail.school.example")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ")[0].upper()
            if verb == "DATA":
                self.say("354 Go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.mails.append(b"".join(lines).decode())  # type: ignore[attr-defined]  # set below
            elif verb == "QUIT":
                self.say("221 Bye")
                return
            self.say("250 mail.school.example" if verb != "RCPT" or "nobody" not in line else "550 Nobody")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def smtp(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp) as running:
        running.daemon_threads = True
        running.mails = []  # type: ignore[attr-defined]  # what came, for the test
        settings.EMAIL_HOST, settings.EMAIL_PORT = running.server_address
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        backend = "django.core.mail.backends.smtp.EmailBackend"
        monkeypatch.setattr(outbox, "get_connection", lambda: mail.get_connection(backend))
        yield running
        running.shutdown()
        thread.join()


def test_over_a_real_connection_mails_arrive_and_a_refused_one_holds_up_no_other(
    anna: Any, smtp: Any
) -> None:
    nobody = get_user_model().objects.create_user("nobody", email="nobody@school.example")
    sent_back(nobody)
    sent_back(anna)
    assert outbox.send_due() == 1
    (arrived,) = smtp.mails
    assert "To: anna@school.example" in arrived
    assert "Auto-Submitted: auto-generated" in arrived
    assert Notice.objects.get(person=nobody).mail_error == "550 Nobody"
