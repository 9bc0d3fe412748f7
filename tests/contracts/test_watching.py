"""The spy that the walk relies on finds what it has to find: its negative controls."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from audit.actions import RIGHTS_CHANGED
from audit.actors import system
from audit.services import record
from intake.models import Reading
from tests.contracts.watching import changed, snapshot, watching
from tests.factories.courses import CourseFactory

pytestmark = pytest.mark.django_db


def test_a_write_beside_the_ledger_is_found():
    course = CourseFactory()
    with watching() as spy, transaction.atomic():
        type(course).objects.filter(pk=course.pk).update(name="Quietly")
    assert spy.unrecorded() == ["courses_course ['name']"]


def test_a_write_with_its_record_is_not():
    with watching() as spy, transaction.atomic():
        Group.objects.create(name="Helpers")
        record(RIGHTS_CHANGED, actor=system("test"))
    assert spy.unrecorded() == []


def test_a_record_in_another_transaction_does_not_count():
    with watching() as spy:
        record(RIGHTS_CHANGED, actor=system("test"))
        Group.objects.create(name="Helpers")
    assert spy.unrecorded() == ["auth_group []"]


def test_the_figures_of_a_reading_carry_the_mirror_and_nothing_else():
    course = CourseFactory()
    reading = Reading.objects.create(account=course.account)
    with watching() as spy, transaction.atomic():
        type(course).objects.filter(pk=course.pk).update(name="As it was read")
        Reading.objects.filter(pk=reading.pk).update(counts={"courses.course": {"changed": 1}})
    assert spy.unrecorded() == []
    with watching() as spy, transaction.atomic():
        Group.objects.create(name="Helpers")
        Reading.objects.filter(pk=reading.pk).update(counts={})
    assert spy.unrecorded() == ["auth_group []"]


def test_what_was_rolled_back_is_no_write():
    before = snapshot()
    with watching() as spy, transaction.atomic():
        Group.objects.create(name="Helpers")
        transaction.set_rollback(True)
    assert spy.unrecorded() == []
    assert changed(before, snapshot()) == set()


def test_a_changed_row_is_seen_in_its_table():
    before = snapshot()
    Group.objects.create(name="Helpers")
    assert changed(before, snapshot()) == {"auth_group"}
