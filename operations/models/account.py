from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from providers import PROVIDERS


def provider_name(provider: str) -> str:
    """A provider's name as the reader knows it: Huawei's has a Chinese one."""
    return gettext("Huawei Cloud VOD") if provider == "huawei_vod" else PROVIDERS[provider]


class Account(models.Model):
    """One set of credentials at one provider. The credentials themselves are only in the environment.

    The row carries what all workers share: the pace (`next_second_at`, `next_minute_at`: when the next request fits the
    limit of each window, `next_read_minute_at` for readings where the provider limits those apart) and `blocked_until`,
    set when the provider asks us to wait.
    """

    provider = models.CharField(_("provider"), max_length=20, choices=sorted(PROVIDERS.items()))
    name = models.SlugField(_("account"), max_length=40, default="default")
    next_second_at = models.DateTimeField(null=True, editable=False)
    next_minute_at = models.DateTimeField(null=True, editable=False)
    next_read_minute_at = models.DateTimeField(null=True, editable=False)
    blocked_until = models.DateTimeField(_("asked to wait until"), null=True, blank=True, editable=False)
    refused_at = models.DateTimeField(_("credentials refused"), null=True, blank=True, editable=False)
    refused_code = models.CharField(max_length=60, blank=True, editable=False)
    synced_at = models.DateTimeField(_("last read"), null=True, blank=True, editable=False)
    pushed_at = models.DateTimeField(_("last push"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("provider account")
        verbose_name_plural = _("provider accounts")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["provider", "name"], name="one_account_by_name")]

    def __str__(self) -> str:
        shown = self.get_provider_display()
        return shown if self.name == "default" else f"{shown} {self.name}"

    def get_provider_display(self) -> str:  # type: ignore[no-redef]  # instead of the one that Django makes
        """The provider's name in the reader's language."""
        return provider_name(self.provider) if self.provider in PROVIDERS else self.provider
