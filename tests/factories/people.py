"""People: staff with or without rights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import factory
from django.contrib.auth.models import Group, Permission, User

PASSWORD = "a good long password"


class UserFactory(factory.django.DjangoModelFactory[User]):
    """A member of staff without any right; `permissions=["audit.view_record"]` and `roles=["Editor"]` give some."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"person{number}")
    first_name = factory.Sequence(lambda number: f"Lin {number}")
    last_name = "Yue"
    is_staff = True
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def permissions(self: User, create: bool, extracted: Sequence[str] | None, **_kwargs: Any) -> None:
        for label in extracted or ():
            app_label, codename = label.split(".")
            self.user_permissions.add(
                Permission.objects.get(content_type__app_label=app_label, codename=codename)
            )

    @factory.post_generation
    def roles(self: User, create: bool, extracted: Sequence[str] | None, **_kwargs: Any) -> None:
        for name in extracted or ():
            self.groups.add(Group.objects.get(name=name))


class AuditorFactory(UserFactory):
    """May read the audit log and nothing else."""

    permissions = factory.PostGeneration(
        lambda user, create, extracted, **_kwargs: user.user_permissions.add(
            Permission.objects.get(content_type__app_label="audit", codename="view_record")
        )
    )


class SuperuserFactory(UserFactory):
    """May do everything that anybody may do."""

    is_superuser = True
