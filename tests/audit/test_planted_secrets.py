"""Fifty secrets put where secrets come from; none of them is found anywhere that is kept, shown or handed out."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit.actors import Actor
from audit.models import Record
from audit.sealer import seal
from backoffice.log_lines import ScrubbedFormatter
from courses.models import Course
from intake.models import PushMessage, Reading
from intake.reading import read_on, start_reading
from intake.receiving.work import work_off as work_off_messages
from media_assets.models import VideoAsset
from operations import accounts
from operations.models import Account, Attempt
from providers.scrubbing import without_credentials
from tests.factories.intake import COURSES, applied, csv_file
from tests.factories.operations import AccountFactory, confirmed, plan
from tests.factories.people import PASSWORD, SuperuserFactory, UserFactory
from tests.intake.receiving import conftest as pushes
from tests.intake.receiving.conftest import nothing_counted_yet  # noqa: F401 - a fixture
from tests.operations.conftest import clips, deleter  # noqa: F401 - fixtures
from tests.providers.loopback import Loopback

DELETE = "media_assets.class_video.delete"
LOG_IN = "/admin/login/"

pytestmark = pytest.mark.django_db


class Planted:
    """Makes secrets and remembers them; `found` looks for each in a text."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def new(self, kind: str = "") -> str:
        secret = f"Canary{len(self.all):02}Qz7{kind}"
        self.all.append(secret)
        return secret

    def found(self, text: str) -> list[str]:
        return [secret for secret in self.all if secret.lower() in text.lower()]


@pytest.fixture
def planted() -> Planted:
    return Planted()


@pytest.fixture
def log_file(tmp_path: Path) -> Any:
    """All that is logged from INFO on, written as the product writes its lines."""
    path = tmp_path / "product.log"
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(ScrubbedFormatter("%(levelname)s %(name)s %(message)s"))
    loggers = [logging.getLogger(name) for name in ("", "django", "django.request", "axes", "urllib3")]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.INFO)
    logging.getLogger("django.db.backends").setLevel(
        logging.INFO
    )  # statements are never logged by the product
    logging.getLogger().addHandler(handler)
    yield path
    logging.getLogger().removeHandler(handler)
    handler.close()
    for logger, level in before:
        logger.setLevel(level)


def provider_words(planted: Planted, number: int) -> str:
    """What a careless provider may write into its error."""
    new = planted.new
    kinds: list[Callable[[], str]] = [
        lambda: f"bad Authorization: Bearer {new()}abcdef for password={new()} or Basic {new()}==",
        lambda: (
            f"see https://cdn.example/v.mp4?X-Signature={new()}&Expires=9 or https://u.example/?token={new()}#{new()}"
        ),
        lambda: f'{{"access_token": "{new()}", "cookie": "{new()}", "Set-Cookie": "{new()}"}} failed',
        lambda: (
            f"owner {new()}@school.example and <{new('mail')}@mail.example.cn> or {new()}@a.example may not"
        ),
        lambda: (
            f"secret_key={new()}; api-key: {new()}; sessionid={new()}; pwd={new()} eyJhbGciOi{new()}.payload.sig"
        ),
    ]
    return kinds[number]()


def test_fifty_planted_secrets_are_found_nowhere(
    request: pytest.FixtureRequest, settings: django_settings, sandbox: Any, ledger: Path,
    planted: Planted, log_file: Path, work_off: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any,
) -> None:  # fmt: skip
    shown: list[str] = []
    new = planted.new
    visited_by_strangers(planted, shown)
    account = AccountFactory()
    run = deletion_at_a_careless_provider(request, settings, sandbox, planted, work_off)
    messages = pushed(settings, sandbox, planted, shown, account)
    person = SuperuserFactory()
    reading = reading_of_a_careless_provider(request, settings, sandbox, planted, account, person)
    imported(planted, account, person)
    browser = Client(raise_request_exception=False)
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    change = {"old_password": new(), "new_password1": new(), "new_password2": new()}
    shown.append(browser.post("/admin/password_change/", change).content.decode())
    fresh = new()
    change = {"old_password": PASSWORD, "new_password1": fresh, "new_password2": fresh}
    assert browser.post("/admin/password_change/", change).status_code == 302
    person.refresh_from_db()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")

    def fails(*_given: Any) -> None:
        raise RuntimeError(
            f"cannot open https://x.example/?sig={new()} with password={new()} as {new()}@a.example"
        )

    with monkeypatch.context() as patch:
        patch.setattr("audit.admin.export_pages.exports", fails)
        broken = browser.get("/admin/audit/record/exports/", {"token": new()})
    assert broken.status_code == 500
    shown.append(broken.content.decode())
    planted.all.append(browser.cookies["sessionid"].value)

    assert len(planted.all) >= 50
    seal(sign=True)
    for address in (
        run.get_absolute_url(),
        reverse("admin:operations_run_receipt", args=[run.pk]),
        reverse("admin:operations_run_receipt_json", args=[run.pk]),
        reverse("admin:operations_run_receipt_csv", args=[run.pk]),
        "/admin/audit/record/",
        "/admin/audit/record/?all=1",
        "/admin/intake/import/",
        reading.get_absolute_url(),
        *(message.get_absolute_url() for message in messages),
    ):
        answer: Any = browser.get(address)
        assert answer.status_code == 200
        shown.append(b"".join(answer).decode())
    for kind in ("jsonl", "csv"):
        answer = browser.post("/admin/audit/record/exports/", {"do": kind})
        shown.append(b"".join(answer.streaming_content).decode())
    told = Record.objects.exclude(provider_message="")[:10]
    shown += [browser.get(f"/admin/audit/record/{one.pk}/change/").content.decode() for one in told]
    shown += [row_text(model) for model in (Record, Attempt, PushMessage, Reading)]
    shown += [log_file.read_text("utf-8"), ledger.read_text("utf-8")]

    assert len(shown) > 25
    assert Record.objects.filter(run_id=run.pk).exclude(provider_message="").count() == 5
    came_in = {
        "intake.push.brought",
        "mirror.changed.by_push",
        "mirror.changed.by_import",
        "intake.import.applied",
    }
    assert came_in <= set(Record.objects.values_list("action", flat=True)), (
        "nothing came in that could have told"
    )
    assert "RuntimeError" in log_file.read_text("utf-8")
    for text in shown:
        found = planted.found(text)
        assert found == [], [text[max(0, text.find(one) - 60) : text.find(one) + 30] for one in found]


def visited_by_strangers(planted: Planted, shown: list[str]) -> None:
    """Log-ins that fail and succeed, and pages asked for with tokens everywhere a client may put them."""
    new = planted.new
    browser = Client()
    person = UserFactory()
    password = new()
    person.set_password(password)
    person.save()
    wrong = [{"username": person.username, "password": new()} for _attempt in range(2)]
    shown += [browser.post(LOG_IN, given).content.decode() for given in wrong]
    given = {"username": person.username, "password": password, "csrfmiddlewaretoken": new()}
    assert browser.post(LOG_IN, given).status_code == 302
    headers = {
        "Authorization": f"Bearer {new()}", "X-Api-Key": new(), "Referer": f"https://x.example/?sig={new()}",
        "X-Auth-Token": new(), "Proxy-Authorization": f"Basic {new()}", "X-Amz-Security-Token": new(),"X-Forwarded-For": "203.0.113.7", "Cookie": f"a={new()}; b={new()}; {browser.cookies.output(header='', sep=';')}",
    }  # fmt: skip
    for address in (
        "/admin/audit/record/",
        "/admin/audit/record/exports/",
        "/admin/nothing/",
        "/admin/limits/",
    ):
        answer = browser.get(address, {"token": new(), "email": f"{new()}@a.example"}, headers=headers)
        assert answer.status_code in (403, 404)
        shown.append(answer.content.decode())
    body = {"password": new(), "token": new(), "do": "jsonl"}
    answer = browser.post("/admin/audit/record/exports/", body, headers=headers)
    assert answer.status_code == 403
    shown.append(answer.content.decode())
    unread = browser.post(
        "/admin/audit/record/exports/", json.dumps({"secret": new()}), content_type="application/json"
    )
    shown.append(unread.content.decode())


def deletion_at_a_careless_provider(
    request: pytest.FixtureRequest, settings: django_settings, sandbox: Any, planted: Planted, work_off: Any
) -> Any:
    """A deletion of five clips at a provider that echoes what it got and says more than it should."""
    request.getfixturevalue("clips")
    person = request.getfixturevalue("deleter")
    secret = planted.new()
    careless = Loopback()
    request.addfinalizer(careless.stop)
    words = iter([provider_words(planted, number) for number in range(5)])

    def answers(wire: Any) -> None:
        got = careless.received[-1]
        error = f"{next(words)} {got.body.decode()} {secret}"
        body = json.dumps({"error_info": {"errno": 633, "error": error}}).encode()
        wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    careless.will(*[answers] * 5)
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), person), person)
    there = {**sandbox.credentials("classin"), "base_url": careless.url, "secret": secret}
    settings.PROVIDER_ACCOUNTS = {**settings.PROVIDER_ACCOUNTS, "classin": {"default": there}}
    accounts._client.cache_clear()
    work_off(run)
    assert run.state == "finished"
    return run


def pushed(
    settings: django_settings, sandbox: Any, planted: Planted, shown: list[str], account: Account
) -> list[PushMessage]:
    """Messages of ClassIn, each with the key and time stamp that open its interface: readable, doubled inside, broken, forged."""
    settings.PROVIDER_ACCOUNTS = {
        **settings.PROVIDER_ACCOUNTS,
        "classin": {"default": sandbox.credentials("classin")},
    }
    stamp = 1_733_999_777
    key = pushes.key(stamp)
    planted.all += [key, str(stamp)]
    credentials = {"TimeStamp": stamp, "SafeKey": key}
    address = f"https://cdn.example/a/f0.mp4?t=5fa3&sign={planted.new()}"
    inside = {"safe_key": key, "list": [key, {"timestamp": str(stamp)}]}
    bodies = [
        json.dumps(body).encode()
        for body in (
            pushes.course() | credentials,
            pushes.course(kind=2, at=1_686_728_300, courseName="Chinese 2") | credentials,
            pushes.lesson() | credentials,
            pushes.clip() | credentials | {"VUrl": address, "Copy": inside},
            pushes.clip() | credentials | {"SafeKey": planted.new("forged")},
        )
    ]
    browser = Client()
    for body in (*bodies, bodies[0][:-5], f"SafeKey={key}&TimeStamp={stamp}".encode()):
        answer = browser.post(pushes.URL, body, content_type="application/json")
        shown.append(answer.content.decode())
    work_off_messages(account.pk)
    return list(PushMessage.objects.all())


def reading_of_a_careless_provider(
    request: pytest.FixtureRequest, settings: django_settings, sandbox: Any, planted: Planted, account: Account, person: Any
) -> Reading:  # fmt: skip
    """A reading that the provider refuses, with a message that tells more than it should."""
    secret, careless = planted.new(), Loopback()
    request.addfinalizer(careless.stop)
    words = " ".join(provider_words(planted, number) for number in range(5))
    careless.will_answer({"error_info": {"errno": 106, "error": f"{secret} {words}"}})
    there = {**sandbox.credentials("classin"), "base_url": careless.url, "secret": secret}
    settings.PROVIDER_ACCOUNTS = {**settings.PROVIDER_ACCOUNTS, "classin": {"default": there}}
    accounts._client.cache_clear()
    actor = Actor.person(person, via="admin")
    reading = start_reading(account, scope=Reading.Scope.FULL, actor=actor, user=person)
    while read_on(reading.pk) is not None:
        pass
    reading.refresh_from_db()
    assert (reading.state, reading.end) == ("failed", "refused")
    assert Record.objects.get(action="intake.reading.failed").provider_message.count("***") > 5
    return reading


def imported(planted: Planted, account: Account, person: Any) -> None:
    """A spreadsheet with passwords where its maker had them: in its name, a column of its own, a heading, a wrong cell."""
    new = planted.new
    rows = [
        [*COURSES, "教师密码", f"password={new()}"],
        ["24071593", "Chinese 3", "进行中", "Lin Mei", new(), new()],
        ["24071594", "Chinese 4", f"token={new()}", "Lin Mei", new(), new()],
    ]
    one = applied(csv_file(rows), person, account=account, name=f"courses token={new()} {new()}@school.example.csv")  # fmt: skip
    assert (one.state, one.counts["changed"], one.counts["wrong"]) == ("applied", 1, 1)
    assert Course.objects.get(provider_id="24071593").name == "Chinese 3"


def row_text(model: Any) -> str:
    """Every column of every row of a table, as the database has them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {model._meta.db_table}")
        return "\n".join(repr(row) for row in cursor.fetchall())


def test_the_search_would_find_a_secret_that_is_kept(planted: Planted) -> None:
    """The negative control: the same looks, at a record that was made to hold one."""
    from tests.factories.audit import write

    write("audit.session.refused", details={"username": planted.new()})
    assert planted.found(row_text(Record)) == planted.all
    assert get_user_model().objects.count() == 0


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("class is running (384)", "class is running (384)"),
        ("token expired", "token expired"),
        ("The signature does not match", "The signature does not match"),
        ("password=abcdefgh next", "password=*** next"),
        ('{"accessToken": "abcdefgh"}', '{"accessToken": "***"}'),
        ("Bearer abc.def.ghi-jkl", "Bearer ***"),
        ("https://a.example/b?c=d#e f", "https://a.example/b f"),
        ("an.na+x@school.example.cn says", "*** says"),
        ("eyJhbGciOiJI.eyJzdWIi.c2ln", "***"),
    ],
)
def test_what_looks_like_a_credential_is_starred_out_and_the_rest_stays(text: str, left: str) -> None:
    assert without_credentials(text) == left
