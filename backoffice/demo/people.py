"""The demo's people. Their passwords are printed at every start and protect nothing: the demo listens on loopback."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

PASSWORD = "try-it-out"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One log-in of the demo and what it is for."""

    username: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    may: str
    is_superuser: bool = False


PEOPLE = (
    DemoPerson("editor", "Lin", "Yue", ("Editor",), "edits courses, renames files"),
    DemoPerson("deleter", "Zhao", "Min", ("Deleter", "Approver"), "deletes videos, places holds, approves"),
    DemoPerson(
        "auditor", "Maria", "Ortega", ("Auditor",), "reads everything and the audit log, changes nothing"
    ),
    DemoPerson("admin", "Chen", "Yu", (), "may do everything", is_superuser=True),
)


def ensure_people() -> None:
    """Make the people that are missing; those who are there keep what was changed about them."""
    users = get_user_model()
    for person in PEOPLE:
        user, created = users.objects.get_or_create(
            username=person.username,
            defaults={
                "first_name": person.first_name,
                "last_name": person.last_name,
                "email": f"{person.username}@school.example",
                "is_staff": True,
                "is_superuser": person.is_superuser,
            },
        )
        if created:
            user.set_password(PASSWORD)
            user.save(update_fields=["password"])
            user.groups.set(Group.objects.filter(name__in=person.roles))
