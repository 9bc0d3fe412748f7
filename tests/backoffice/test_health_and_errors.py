"""What answers without a log-in: health and the error pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client, RequestFactory

from backoffice import errors


@pytest.mark.django_db
def test_health_needs_no_log_in_and_tells_nothing_else(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (
        200,
        {"status": "ok", "database": "ok", "sealing": "ok"},
    )
    assert "no-store" in response["Cache-Control"]


def test_health_says_503_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def cursor(self) -> Any:
            raise DatabaseError("password authentication failed for user backoffice")

    monkeypatch.setattr("backoffice.health.connection", Broken())
    response = client.get("/healthz")
    assert response.status_code == 503
    assert "password" not in response.content.decode()


def test_the_first_address_leads_to_the_admin(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/admin/"


@pytest.mark.django_db
def test_an_unknown_address_shows_the_request_id_under_the_policy(client: Client) -> None:
    response = client.get("/nowhere", headers={"X-Request-ID": "req-12345678"})
    assert response.status_code == 404
    assert "req-12345678" in response.content.decode()
    assert "default-src 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("page", "status"),
    [
        (errors.bad_request, 400),
        (errors.permission_denied, 403),
        (errors.csrf_failure, 403),
        (errors.server_error, 500),
    ],
)
def test_error_pages_need_no_database(page: Any, status: int, rf: RequestFactory) -> None:
    request = rf.get("/")
    request.request_id = "req-87654321"  # type: ignore[attr-defined]
    response = page(request)
    assert response.status_code == status
    text = response.content.decode()
    assert "req-87654321" in text
    assert " style=" not in text
    assert "<style" not in text


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_in_our_look() -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "plain-page" in response.content.decode()
