"""How we came to know that something is gone, as stored in `presence_how`."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class How(models.TextChoices):
    """Stored in rows, so values never change; the words are for the screens."""

    DELETED_HERE = "deleted_here", _("deleted from here")
    DELETED_WITH_ALL = "deleted_with_all", _("deleted from here, with everything in its container")
    ALREADY_GONE = "already_gone", _("found already gone when it was to be deleted")
    PROVIDER_SAYS = "provider_says", _("the provider lists it as deleted")


def how_label(value: str) -> str:
    """The words for a stored value; one that another version wrote is shown as it is."""
    return str(How(value).label) if value in How.values else value
