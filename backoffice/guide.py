"""The help page: the words, the states and the keys of this product on one page."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from screens.states import DELETION_OUTCOMES


def guide(request: HttpRequest) -> HttpResponse:
    """Help for staff, the same place on every page."""
    context = {
        **admin.site.each_context(request),
        "title": _("Help"),
        "crumbs": [{"label": _("Help"), "url": ""}],
        "outcomes": list(DELETION_OUTCOMES),
    }
    return TemplateResponse(request, "backoffice/guide.html", context)
