"""`import_mirror` does what the pages do, and says by its exit code how it went."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from audit.models import Record
from courses.models import Course
from intake.models import Import
from tests.factories.operations import AccountFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    AccountFactory()
    path = tmp_path / "courses.csv"
    path.write_text("Number,课程名称\n1001,Optics\n1002,Waves\n", encoding="utf-8")
    return path


def call(file: Path, **options: Any) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command(
            "import_mirror", str(file), **{"kind": "courses", "map": ["Number=id"], **options}, stdout=out
        )
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


def test_without_apply_it_tells_and_changes_nothing(file: Path):
    code, said = call(file)
    assert code == 0
    assert "New: 2" in said
    assert not Course.objects.exists()
    assert Import.objects.get().state == "checked"


def test_with_apply_it_takes_the_rows_in_as_the_person(file: Path, person: User):
    code, _said = call(file, apply=True, person="lin.yue", as_of="2026-03-02T08:00")
    assert code == 0
    assert Course.objects.count() == 2
    assert Record.objects.get(action="intake.import.applied").actor_id == person.pk


def test_wrong_rows_are_told_by_the_exit_code_and_written_with_their_reason(file: Path, tmp_path: Path):
    file.write_text("Number,课程名称\n1.2E+15,Optics\n1002,Waves\n", encoding="utf-8")
    wrong = tmp_path / "wrong.csv"
    code, said = call(file, apply=True, wrong=str(wrong))
    assert code == 5
    assert "Row 2" in said
    assert "rounded number" in wrong.read_text(encoding="utf-8-sig")
    assert Course.objects.count() == 1


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "teachers"}, {"account": "classin:nowhere"}, {"map": ["Colour=id"]}, {"map": ["Number=colour"]},
        {"map": []}, {"as_of": "yesterday"}, {"as_of": "2099-01-01"},
    ],
)  # fmt: skip
def test_what_is_not_understood_ends_with_two(file: Path, options: dict[str, Any]):
    code, said = call(file, **options)
    assert code == 2
    assert said
    assert not Course.objects.exists()


def test_a_file_that_is_not_there_or_no_table_ends_with_two(file: Path):
    assert call(file.with_name("nowhere.csv"))[0] == 2
    file.write_bytes(b"")
    assert call(file)[0] == 2


def test_who_may_not_ends_with_four_and_the_refusal_is_kept(file: Path):
    UserFactory(username="guest")
    for name in ("guest", "nobody"):
        assert call(file, person=name)[0] == 4
    assert Record.objects.filter(action="intake.import.denied").count() == 2
    assert not Import.objects.exists()
