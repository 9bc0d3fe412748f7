"""How old the lists are, told for each account: "read today, 10:42, complete; pushed today, 10:40".

The one place where whoever fills the mirror writes down when, and where the screens read it from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from intake.models import Freshness
from operations.models import Account
from screens.dates import is_chinese, moment_text
from screens.figures import listed

How = Freshness.How

MOST_IN_A_SENTENCE = 3
"""Accounts that the head of a list names at once; with more of them the sentence opens into a list."""


@dataclass(slots=True)
class Age:
    """How old what one account told is: the newest moment by the way it came."""

    account: Account
    at: dict[str, datetime] = field(default_factory=dict)

    @property
    def newest(self) -> datetime:
        return max(self.at.values())

    @property
    def words(self) -> str:
        """Such as "read today, 10:42, complete", the most telling way first."""
        return pgettext("between two ages", "; ").join(
            _WORDS[how](moment_text(self.at[how])) for how in self._told()
        )

    def _told(self) -> list[str]:
        """A complete reading makes an older look at what is new no news."""
        whole, new = self.at.get(How.READ), self.at.get(How.READ_NEW)
        stale = {How.READ_NEW} if whole and new and whole >= new else set()
        return [how for how in How.values if how in self.at and how not in stale]


def note(account: Account, kind: str, how: Freshness.How | str, at: datetime) -> None:
    """This account told of rows of this kind (a model's label), and what it told was true at `at`.

    Call it in the transaction that changes the mirror, or right after; an older moment never replaces a newer one.
    """
    row, made = Freshness.objects.get_or_create(account=account, kind=kind, how=str(how), defaults={"at": at})
    if not made:
        Freshness.objects.filter(pk=row.pk, at__lt=at).update(at=at)


def of(kinds: Iterable[str]) -> list[Age]:
    """The age of rows of these kinds (models' labels), for each account that told of any; one query.

    Where an account told of several of the kinds in the same way, the oldest of them counts: the list is no fresher.
    """
    return _ages(Q(kind__in=list(kinds)))


def of_accounts() -> dict[int, Age]:
    """The age of everything that each account told of, by the account's primary key."""
    return {age.account.pk: age for age in _ages(Q())}


def head(*kinds: str, empty: str) -> SafeString:
    """What the head of a list says of its age (`freshness` of screens/page_head.html); `empty` where nothing was told."""
    ages = of(kinds)
    parts = [_("%(account)s: %(words)s.") % {"account": age.account, "words": age.words} for age in ages]
    context = {
        # Chinese sentences end in a full-width stop, which brings its own space.
        "sentence": ("" if is_chinese() else " ").join(parts) if ages else empty,
        "parts": parts if len(ages) > MOST_IN_A_SENTENCE else [],
        "newest": max((age.newest for age in ages), default=None),
    }
    return SafeString(render_to_string("intake/freshness.html", context).strip())


def _ages(which: Q) -> list[Age]:
    ages: dict[int, Age] = {}
    rows = Freshness.objects.filter(which).select_related("account")
    for row in rows.order_by("account__provider", "account__name", "kind", "how"):
        at = ages.setdefault(row.account_id, Age(row.account)).at
        at[row.how] = min(at.get(row.how, row.at), row.at)
    return list(ages.values())


def _read(when: str) -> str:
    return listed([_("read %(when)s") % {"when": when}, _("complete")])


_WORDS: dict[str, Callable[[str], str]] = {
    How.READ.value: _read,
    How.READ_NEW.value: lambda when: _("new ones read %(when)s") % {"when": when},
    How.PUSHED.value: lambda when: _("pushed %(when)s") % {"when": when},
    How.IMPORTED.value: lambda when: _("imported %(when)s") % {"when": when},
}
