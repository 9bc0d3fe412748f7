"""A plan of every video in the library and the run that it becomes, beside the stock admin's page that asks to confirm a deletion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client

from audit.actors import Actor
from bench import stock
from bench.engine import OF_ONE_BUTTON
from bench.meter import Cost, metered
from bench.scratch import IN_FLIGHT
from media_assets.models import VideoAsset
from operations import engine
from operations.engine.claim import claim
from operations.engine.confirm import confirmation_words
from operations.models import Account, Item, Run
from operations.registry import registry

LONGEST = 60.0
"""Seconds that the stock page may take before fewer rows are measured instead."""
FEWER = 20_000
_PROBE = 2_000
_CLAIMS = 20


@dataclass(frozen=True, slots=True)
class Frozen:
    """`count` rows, what it cost, and the size of the answer (0: none)."""

    count: int
    cost: Cost
    size: int = 0


@dataclass(frozen=True, slots=True)
class Large:
    """A plan of the whole library, its confirmation, and the claims of a worker in the run that it becomes."""

    frozen: Frozen
    shown: Frozen
    """The page of the plan: totals, groups, what stays and why, and the form that asks to confirm."""
    confirmed: Frozen
    first_claim: Frozen
    claims: Frozen


def run(user: Any) -> tuple[Large, Frozen]:
    """Ours, then the stock way; the second may be of fewer rows."""
    return _ours(user), _stock(user)


def _ours(user: Any) -> Large:
    """Raises RuntimeError when the plan does not hold every video."""
    actor = Actor.person(user, via="command")
    operations = [registry[cls.key] for cls in OF_ONE_BUTTON]
    with metered() as freezing:
        plan = engine.freeze(operations, VideoAsset.objects.all(), actor=actor, user=user)
    count = Item.objects.filter(run=plan).count()
    if count != VideoAsset.objects.count():
        raise RuntimeError(f"the plan has {count} items")
    going = Item.objects.filter(run=plan, left_out="").count()
    shown = _plan_page(user, plan, count)
    words = confirmation_words(going)
    with metered() as confirming:
        engine.confirm(plan, actor=actor, user=user, token=str(plan.token), reason="Benchmark", typed=words)
    account = Account.objects.get(provider="classin", name="default")
    with metered() as first:
        claim(plan.pk, account.pk, IN_FLIGHT)
    with metered() as further:
        for _ in range(_CLAIMS):
            claim(plan.pk, account.pk, IN_FLIGHT)
    engine.cancel_rest(plan, actor=actor, user=user)
    return Large(
        Frozen(count, freezing),
        shown,
        Frozen(going, confirming),
        Frozen(1, first),
        Frozen(_CLAIMS, further),
    )


def _plan_page(user: Any, plan: Run, count: int) -> Frozen:
    """What a person sees before the confirmation; RuntimeError when it is not that page."""
    client = _signed_in(user)
    with metered() as cost:
        response = client.get(plan.get_absolute_url())
    if response.status_code != 200 or b'name="typed"' not in response.content:
        raise RuntimeError(f"the plan's page answered HTTP {response.status_code}")
    return Frozen(count, cost, len(response.content))


def _signed_in(user: Any) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _stock(user: Any) -> Frozen:
    client = _signed_in(user)
    total = VideoAsset.objects.count()
    with stock.stock_admin():
        probe = _confirmation_page(client, _PROBE)
        affordable = probe.cost.wall / _PROBE * total < LONGEST
        return _confirmation_page(client, total if affordable else FEWER)


def _confirmation_page(client: Client, count: int) -> Frozen:
    """The page for the first `count` videos, chosen as "all that match"; RuntimeError when it is not that page."""
    pks = VideoAsset.objects.order_by("pk").values_list("pk", flat=True)
    posted = {"action": "delete_selected", "index": 0, "select_across": 1, ACTION_CHECKBOX_NAME: pks[0]}
    last = pks[count - 1]
    with metered() as cost:
        response = client.post(f"{stock.PREFIX}?id__lte={last}", posted)
    if response.status_code != 200 or b'name="post"' not in response.content:
        raise RuntimeError(f"the confirmation page answered HTTP {response.status_code}")
    return Frozen(count, cost, len(response.content))
