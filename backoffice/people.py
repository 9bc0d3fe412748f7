"""People and roles: Django's own forms, and a record in the ledger of every change of rights."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import ModelAdmin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Count, QuerySet
from django.forms import CheckboxSelectMultiple, ModelForm, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from audit.actions import RIGHTS_CHANGED
from audit.actors import Actor
from audit.services import Target, record
from backoffice.admin_site import PASSWORD_CHANGE
from backoffice.roles import OUR_APPS
from screens.cells import badge, column, date_cell, two_lines
from screens.figures import listed

Snapshot = dict[str, Any]


class RecordedRights(ModelAdmin):  # type: ignore[type-arg]  # mixed into admins of several models
    """Writes one record for each saved change, in the same transaction; only `recorded_fields` are ever read."""

    recorded_fields: tuple[str, ...] = ()
    actions = None
    list_title: str | Promise = ""

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody: the ledger points at people, so they are deactivated; roles are emptied."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": self.list_title, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """One way to save: the button says what it does."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What the ledger says of this person or role; Django's own history is not kept."""
        if not request.user.has_perm("audit.view_record"):
            raise PermissionDenied
        query = urlencode({"kind": self.opts.label_lower, "object": object_id})
        return redirect(f"{reverse('admin:audit_record_changelist')}?{query}")

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> None:  # type: ignore[override]  # nobody reads it
        """Nothing: our ledger has it."""

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> None:  # type: ignore[override]  # as above
        """Nothing: our ledger has it."""

    def save_model(self, request: HttpRequest, obj: models.Model, form: ModelForm[Any], change: bool) -> None:
        before = self.snapshot(type(obj)._default_manager.get(pk=obj.pk)) if change else {}
        request.rights_before = before  # type: ignore[attr-defined]  # read again once the relations are saved
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: ModelForm[Any], formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self.record_changes(request, form.instance)

    def record_changes(self, request: HttpRequest, row: models.Model) -> None:
        """Compare with what was there before and record what is different, if anything is."""
        before: Snapshot = getattr(request, "rights_before", {})
        after = self.snapshot(row)
        changes = {
            name: {
                "label": str(row._meta.get_field(name).verbose_name),  # type: ignore[union-attr]  # own fields only
                "before": before.get(name, ""),
                "after": value,
            }
            for name, value in after.items()
            if before.get(name, "" if value == "" else None) != value
        }
        if changes:
            record(RIGHTS_CHANGED, actor=Actor.of(request), target=Target.of(row), changes=changes)

    def snapshot(self, row: models.Model) -> Snapshot:
        """The recorded fields as JSON values; relations as sorted names."""
        values: Snapshot = {}
        for name in self.recorded_fields:
            value = getattr(row, name)
            values[name] = (
                sorted(str(other) for other in value.all()) if isinstance(value, models.Manager) else value
            )
        return values


class PersonAdmin(RecordedRights, UserAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """Staff. A person is deactivated, never deleted; rights come with roles, so that they can be read at a glance."""

    recorded_fields = (
        "username",
        "first_name",
        "last_name",
        "email",
        "is_active",
        "is_staff",
        "is_superuser",
        "groups",
        "user_permissions",
    )
    list_display = ("person", "roles", "signed_in", "standing")
    list_display_links = None
    list_filter = ()
    ordering = ("username",)
    list_per_page = 50
    show_full_result_count = False
    list_title = gettext_lazy("People")
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()
    fieldsets = (
        (gettext_lazy("Person"), {"fields": ("username", "password", "first_name", "last_name", "email")}),
        (gettext_lazy("May do"), {"fields": ("is_active", "is_staff", "groups", "is_superuser")}),
        (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = CheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "groups":
            field.label = _("Roles")
            field.help_text = _("A person may do what any of their roles may do.")
            field.widget.can_add_related = False
        return field

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Only a superuser may make superusers; everybody else gives roles."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if not request.user.is_superuser and "is_superuser" in form.base_fields:
            form.base_fields["is_superuser"].disabled = True
        return form

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody but a superuser changes a superuser: whoever could would become one."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's name
        """A new password for somebody else: recorded with it, in one transaction."""
        with transaction.atomic():
            response = super().user_change_password(request, id, form_url)
            if request.method == "POST" and response.status_code == 302:
                person = User.objects.get(pk=id)
                record(
                    RIGHTS_CHANGED, actor=Actor.of(request), target=Target.of(person), changes=PASSWORD_CHANGE
                )
        return response

    @column(gettext_lazy("Person"))
    def person(self, row: User) -> SafeString:
        return two_lines(row.get_full_name() or row.username, row.username, url=f"{row.pk}/change/")

    @column(gettext_lazy("Roles"))
    def roles(self, row: User) -> str:
        names = sorted(group.name for group in row.groups.all())
        return _("Everything (superuser)") if row.is_superuser else listed(names)

    @column(gettext_lazy("Last signed in"))
    def signed_in(self, row: User) -> SafeString:
        return date_cell(row.last_login)

    @column(gettext_lazy("Notes"), wide=True)
    def standing(self, row: User) -> str:
        """Empty for people who may sign in: the usual state carries no badge."""
        if not row.is_active:
            return badge("grey", "circle-slash", _("Deactivated"))
        return "" if row.is_staff else badge("grey", "ban", _("May not enter"))


# The rights that every model has are named by Django in English, once, when they are made.
_VERBS = {
    "add": gettext_noop("Can add %(kind)s"),
    "change": gettext_noop("Can change %(kind)s"),
    "view": gettext_noop("Can view %(kind)s"),
}


def _is_stock(right: Permission) -> bool:
    verb, _separator, kind = right.codename.partition("_")
    return verb in _VERBS and kind == right.content_type.model


class RightsField(ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic in the stubs alone
    """Rights by the sentence that their model gives them."""

    def label_from_instance(self, obj: models.Model) -> str:
        if not isinstance(obj, Permission):
            return str(obj)
        model = obj.content_type.model_class()
        verb = _(_VERBS[obj.codename.partition("_")[0]]) if _is_stock(obj) else ""
        if model is None or not verb:
            return _(obj.name)
        return verb % {"kind": model._meta.verbose_name_plural}


class RoleAdmin(RecordedRights, GroupAdmin):
    """Roles: what people with them may do."""

    recorded_fields = ("name", "permissions")
    list_display = ("name", "people")
    list_title = gettext_lazy("Roles")
    filter_horizontal = ()
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        roles: QuerySet[Group] = super().get_queryset(request).annotate(people_count=Count("user"))
        return roles

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        kwargs |= {
            "queryset": own_permissions(),
            "widget": CheckboxSelectMultiple(),
            "form_class": RightsField,
        }
        return ModelAdmin.formfield_for_manytomany(self, db_field, request, **kwargs)

    @column(gettext_lazy("People"))
    def people(self, row: Group) -> str:
        count = row.people_count  # type: ignore[attr-defined]  # annotated above
        return ngettext("%(count)s person", "%(count)s people", count) % {"count": count}


def own_permissions() -> QuerySet[Permission]:
    """The rights that mean something here: ours, and those over people and roles."""
    return (
        Permission.objects.filter(content_type__app_label__in=(*OUR_APPS, "auth"))
        .exclude(content_type__app_label="auth", content_type__model="permission")
        .exclude(content_type__app_label="auth", codename__startswith="delete_")
        .select_related("content_type")
    )
