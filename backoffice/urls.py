"""Addresses: the admin at `/admin/`, health at `/healthz`, ClassIn's messages, the language switch."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from backoffice.health import healthz
from intake.receiving.endpoint import classin_webhook

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", healthz, name="healthz"),
    path("webhooks/classin/<slug:account>/", classin_webhook, name="classin_webhook"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]

handler400 = "backoffice.errors.bad_request"
handler403 = "backoffice.errors.permission_denied"
handler404 = "backoffice.errors.page_not_found"
handler500 = "backoffice.errors.server_error"
