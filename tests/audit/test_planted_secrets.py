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

from audit.models import Record
from audit.sealer import seal
from backoffice.log_lines import ScrubbedFormatter
from media_assets.models import VideoAsset
from operations import accounts
from operations.models import Attempt
from providers.scrubbing import without_credentials
from tests.factories.operations import confirmed, plan
from tests.factories.people import PASSWORD, SuperuserFactory, UserFactory
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
    run = deletion_at_a_careless_provider(request, settings, sandbox, planted, work_off)
    person = SuperuserFactory()
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
        "/admin/audit/record/?all=1",
    ):
        answer: Any = browser.get(address)
        assert answer.status_code == 200
        shown.append(b"".join(answer).decode())
    for kind in ("jsonl", "csv"):
        answer = browser.post("/admin/audit/record/exports/", {"do": kind})
        shown.append(b"".join(answer.streaming_content).decode())
    told = Record.objects.exclude(provider_message="")[:10]
    shown += [browser.get(f"/admin/audit/record/{one.pk}/change/").content.decode() for one in told]
    shown += [row_text(Record), row_text(Attempt), log_file.read_text("utf-8"), ledger.read_text("utf-8")]

    assert len(shown) > 25
    assert Record.objects.filter(run_id=run.pk).exclude(provider_message="").count() == 5
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
