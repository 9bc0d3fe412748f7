"""The site's applications: ours, and Django's admin with our site as the default one."""

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class BackOfficeConfig(AppConfig):
    name = "backoffice"
    verbose_name = _("School back office")

    def ready(self) -> None:
        from backoffice import checkpoint_post, sensitive_pages  # noqa: F401, PLC0415 - their readings are recorded from now on
        from backoffice.roles import ensure_roles  # noqa: PLC0415 - needs the loaded models

        checkpoint_post.connect()
        # Django sends the signal only for applications with models; one of them is enough, all tables exist by then.
        sender = apps.get_app_config("operations")
        post_migrate.connect(ensure_roles, sender=sender, dispatch_uid="backoffice.ensure_roles")


class BackOfficeAdminConfig(AdminConfig):
    """`admin.site` is a `BackOfficeSite`, so that `@admin.register` in every app lands there."""

    default_site = "backoffice.admin_site.BackOfficeSite"
