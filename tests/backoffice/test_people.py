"""People and roles: who may change whom, and what the ledger says of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from audit.actions import RIGHTS_CHANGED
from audit.models import Record
from backoffice.roles import ensure_roles, roles
from tests.factories.people import SuperuserFactory, UserFactory

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "quiet-otter-ferry-41"


def changes() -> list[Record]:
    return list(Record.objects.filter(action=RIGHTS_CHANGED.code).order_by("id"))


def posted(person: User, **values: Any) -> dict[str, Any]:
    """The person's form as a browser sends it back."""
    data = {
        "username": person.username,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "is_active": "on",
        "is_staff": "on",
        "groups": [group.pk for group in person.groups.all()],
        **values,
    }
    return {name: value for name, value in data.items() if value != ""}


@pytest.fixture
def owner(client: Client) -> User:
    person = UserFactory(roles=["Owner"])
    client.force_login(person)
    return person


def test_a_role_that_is_given_is_recorded_with_before_and_after(client: Client, owner: User) -> None:
    person = UserFactory(roles=["Viewer"])
    both = list(Group.objects.filter(name__in=["Viewer", "Editor"]).values_list("pk", flat=True))
    response = client.post(f"/admin/auth/user/{person.pk}/change/", posted(person, groups=both))
    assert response.status_code == 302
    (record,) = changes()
    assert record.changes["groups"]["before"] == ["Viewer"]
    assert record.changes["groups"]["after"] == ["Editor", "Viewer"]
    assert set(record.changes) == {"groups"}
    assert (record.actor_id, record.target_id) == (owner.pk, person.pk)


def test_saving_without_a_change_records_nothing(client: Client, owner: User) -> None:
    person = UserFactory(roles=["Viewer"])
    client.post(f"/admin/auth/user/{person.pk}/change/", posted(person))
    assert changes() == []


def test_a_new_person_is_recorded_without_the_password(client: Client, owner: User) -> None:
    data = {
        "username": "newcomer",
        "password1": NEW_PASSWORD,
        "password2": NEW_PASSWORD,
        "usable_password": "true",
    }
    assert client.post("/admin/auth/user/add/", data).status_code == 302
    (record,) = changes()
    assert record.target_label == "newcomer"
    assert "password" not in record.changes


@pytest.mark.parametrize("whose", ["own", "other"])
def test_a_new_password_is_recorded_and_never_shown(client: Client, owner: User, whose: str) -> None:
    if whose == "own":
        owner.set_password("old-heron-lamp-77")
        owner.save()
        client.force_login(owner)
        url, extra = "/admin/password_change/", {"old_password": "old-heron-lamp-77"}
        names = ("new_password1", "new_password2")
    else:
        url, extra, names = (
            f"/admin/auth/user/{UserFactory().pk}/password/",
            {"usable_password": "true"},
            ("password1", "password2"),
        )
    assert client.post(url, {**extra, **dict.fromkeys(names, NEW_PASSWORD)}).status_code == 302
    (record,) = changes()
    assert record.changes["password"]["after"] == "changed"
    stored = User.objects.get(pk=record.target_id).password
    assert NEW_PASSWORD not in str(record.changes)
    assert stored not in str(record.changes)


def test_nobody_is_deleted(client: Client) -> None:
    client.force_login(SuperuserFactory())
    person = UserFactory()
    assert client.post(f"/admin/auth/user/{person.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=person.pk).exists()


def test_an_owner_cannot_make_a_superuser_or_change_one(client: Client, owner: User) -> None:
    person, above = UserFactory(), SuperuserFactory()
    client.post(f"/admin/auth/user/{person.pk}/change/", posted(person, is_superuser="on"))
    person.refresh_from_db()
    assert not person.is_superuser
    assert (
        client.post(
            f"/admin/auth/user/{above.pk}/password/", {"password1": "x", "password2": "x"}
        ).status_code
        == 403
    )
    assert (
        client.post(f"/admin/auth/user/{above.pk}/change/", posted(above, first_name="Other")).status_code
        == 403
    )


def test_a_role_changed_by_hand_is_recorded(client: Client, owner: User) -> None:
    role = Group.objects.get(name="Viewer")
    kept = list(role.permissions.exclude(codename="view_run").values_list("pk", flat=True))
    assert (
        client.post(
            f"/admin/auth/group/{role.pk}/change/", {"name": "Viewer", "permissions": kept}
        ).status_code
        == 302
    )
    (record,) = changes()
    assert set(record.changes["permissions"]["before"]) - set(record.changes["permissions"]["after"])


def test_a_person_without_rights_over_people_sees_none(client: Client) -> None:
    client.force_login(UserFactory(roles=["Editor"]))
    assert client.get("/admin/auth/user/").status_code == 403


def test_reversible_and_irreversible_operations_are_in_different_roles() -> None:
    by_name = {role.name: role.permissions for role in roles()}
    assert {"courses.edit_course", "media_assets.rename_cloud_file"} <= by_name["Editor"]
    assert not any(right.split(".")[1].startswith("delete_") for right in by_name["Editor"])
    assert "media_assets.delete_all_class_videos" in by_name["Deleter"]
    assert "courses.edit_course" not in by_name["Deleter"]
    assert "audit.view_record" in by_name["Auditor"]
    assert "audit.view_record" not in by_name["Viewer"] | by_name["Editor"] | by_name["Deleter"]


def test_a_role_that_lacks_a_right_gets_it_back_and_keeps_what_was_added() -> None:
    role = Group.objects.get(name="Editor")
    extra = Group.objects.get(name="Auditor").permissions.get(codename="view_record")
    role.permissions.remove(role.permissions.get(codename="edit_course"))
    role.permissions.add(extra)
    ensure_roles()
    codenames = set(role.permissions.values_list("codename", flat=True))
    assert {"edit_course", "view_record"} <= codenames
    assert [record.actor_name for record in changes()] == ["system"]
