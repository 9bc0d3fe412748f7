"""The roles that come with the product. Which operation belongs to which role follows from its declared risk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import connections, transaction
from django.db.models import Q

from audit.actions import RIGHTS_CHANGED
from audit.actors import system
from audit.models import Record
from audit.services import Target, record
from operations.registry import registry

OUR_APPS = ("audit", "operations", "courses", "intake", "media_assets")

HOLDS = "operations.place_hold"
ERASE = "audit.erase_personal"
IMPORT = "intake.import_mirror"
STOP = "operations.operate_stop_switch"
RETENTION = "media_assets.change_retention_rule"
READ = "intake.start_reading"
RETRY_MESSAGES = "intake.retry_message"
PEOPLE = (
    "auth.view_user",
    "auth.add_user",
    "auth.change_user",
    "auth.view_group",
    "auth.add_group",
    "auth.change_group",
)


@dataclass(frozen=True, slots=True)
class Role:
    """A group by name and the rights it always has. People may be given more roles than one."""

    name: str
    permissions: frozenset[str]


def roles() -> list[Role]:
    """Viewer, Editor, Deleter, Approver, Auditor, Owner, from the permissions and operations that exist now."""
    viewing = _viewing()
    ledger = {"audit.view_record"}
    editing = {operation.permission for operation in registry if not operation.risk.destructive}
    deleting = {operation.permission for operation in registry if operation.risk.destructive}
    everything = set(_labels(Permission.objects.filter(content_type__app_label__in=OUR_APPS)))
    return [
        Role("Viewer", frozenset(viewing)),
        Role("Editor", frozenset(viewing | editing | {HOLDS, IMPORT, READ, RETRY_MESSAGES})),
        Role("Deleter", frozenset(viewing | deleting | {HOLDS, STOP, RETENTION, READ})),
        Role("Approver", frozenset(viewing | {"operations.approve_run", HOLDS, STOP})),
        Role("Auditor", frozenset(viewing | ledger | {ERASE, "auth.view_user", "auth.view_group"})),
        Role("Owner", frozenset(viewing | ledger | everything | set(PEOPLE))),
    ]


def ensure_roles(using: str = "default", **kwargs: Any) -> None:
    """Make the roles, and give each the rights it lacks; rights that a person added are left alone.

    Runs after every `migrate`. Rights given to a role that already existed are recorded.
    """
    tables = connections[using].introspection.table_names()
    if not {Record._meta.db_table, Permission._meta.db_table} <= set(tables):
        return
    for label in (*OUR_APPS, "auth"):
        create_permissions(apps.get_app_config(label), verbosity=0, using=using)
    with transaction.atomic(using=using):
        for role in roles():
            _ensure(role)


def _ensure(role: Role) -> None:
    group, created = Group.objects.get_or_create(name=role.name)
    has = set(_labels(group.permissions.all()))
    lacking = role.permissions - has
    found = _find(lacking)
    if not found:
        return
    group.permissions.add(*found)
    if not created:
        record(
            RIGHTS_CHANGED,
            actor=system("migration"),
            target=Target.of(group),
            changes={
                "permissions": {"label": "Permissions", "before": sorted(has), "after": sorted(has | lacking)}
            },
        )


def _viewing() -> set[str]:
    viewable = Permission.objects.filter(content_type__app_label__in=OUR_APPS, codename__startswith="view_")
    return set(_labels(viewable)) - {"audit.view_record"}


def _labels(permissions: Any) -> Iterable[str]:
    pairs = permissions.order_by().values_list("content_type__app_label", "codename")
    return [f"{app}.{codename}" for app, codename in pairs]


def _find(labels: Iterable[str]) -> list[Permission]:
    wanted = Q(pk__in=[])
    for label in labels:
        app, codename = label.split(".", 1)
        wanted |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.filter(wanted))
