"""Notices: one for each step and person, in the transaction of what they speak of; their mails go once or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction

from operations.models import Notice, NoticeSettings
from operations.notices import NoticeError, NoticeKind, kinds, register_kind, tell


@pytest.fixture
def kind() -> Iterator[NoticeKind]:
    kind = NoticeKind(
        code="tests.happened",
        label="Something happened",
        subject="%(what)s happened",
        sentence="%(what)s happened %(times)s times.",
        icon="activity",
        details=frozenset({"what", "times"}),
    )
    yield register_kind(kind)
    kinds._kinds.pop(kind.code)


@pytest.fixture
def anna(db: None) -> Any:
    return get_user_model().objects.create_user("anna", email="anna@school.example", is_staff=True)


FACTS = {"what": "A thing", "times": 2}


def test_an_unknown_kind_is_an_error(anna: Any) -> None:
    with pytest.raises(NoticeError, match="nobody registered"):
        tell([anna.pk], "tests.never_registered")


def test_details_are_exactly_those_of_the_kind_and_in_no_language(kind: NoticeKind, anna: Any) -> None:
    with pytest.raises(NoticeError, match="needs the details"):
        tell([anna.pk], kind.code, details={"what": "A thing"})
    with pytest.raises(NoticeError, match="neither text nor number"):
        tell([anna.pk], kind.code, details={"what": ["A", "list"], "times": 1})
    with pytest.raises(NoticeError, match="no path of ours"):
        tell([anna.pk], kind.code, details=FACTS, link="https://elsewhere.example/")


def test_a_kind_is_registered_once(kind: NoticeKind) -> None:
    with pytest.raises(NoticeError, match="twice"):
        register_kind(kind)


def test_nobody_is_told_the_same_twice(kind: NoticeKind, anna: Any) -> None:
    assert tell([anna.pk], kind.code, details=FACTS) == 1
    assert tell([anna.pk, anna.pk], kind.code, details=FACTS) == 0
    assert tell([anna.pk], kind.code, details={**FACTS, "times": 3}) == 1
    assert tell([anna.pk], kind.code, details={**FACTS, "times": 4}, step="one") == 1
    assert tell([anna.pk], kind.code, details={**FACTS, "times": 5}, step="one") == 0
    assert Notice.objects.count() == 3


def test_deactivated_people_are_not_told(kind: NoticeKind, anna: Any) -> None:
    anna.is_active = False
    anna.save()
    assert tell([anna.pk, 0], kind.code, details=FACTS) == 0


def test_what_is_rolled_back_told_nobody(kind: NoticeKind, anna: Any) -> None:
    with transaction.atomic():
        tell([anna.pk], kind.code, details=FACTS)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_notice_needs_a_transaction(kind: NoticeKind, anna: Any) -> None:
    with pytest.raises(NoticeError, match="outside a transaction"):
        tell([anna.pk], kind.code, details=FACTS)


@pytest.mark.parametrize(
    ("on", "email", "choice", "due"),
    [
        (True, "anna@school.example", {}, True),
        (True, "anna@school.example", {"tests.happened": False}, False),
        (True, "", {}, False),
        (False, "anna@school.example", {}, False),
    ],
)
def test_a_mail_is_due_where_mail_address_and_choice_say_so(
    kind: NoticeKind, anna: Any, settings: Any, on: bool, email: str, choice: dict[str, bool], due: bool
) -> None:
    settings.MAIL_ON = on
    anna.email = email
    anna.save()
    NoticeSettings.objects.create(person=anna, by_mail=choice)
    tell([anna.pk], kind.code, details=FACTS)
    assert (Notice.objects.get().mail_due_at is not None) == due
