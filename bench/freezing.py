"""A plan of every video in the library, beside the stock admin's page that asks to confirm a deletion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client

from audit.actors import Actor
from bench import stock
from bench.meter import Cost, metered
from media_assets.models import VideoAsset
from media_assets.operations import DeleteClassVideo, DeleteMeetingVideo, DeleteTranscodedOutputs
from operations import engine
from operations.models import Item
from operations.registry import registry

LONGEST = 60.0
"""Seconds that the stock page may take before fewer rows are measured instead."""
FEWER = 20_000
_PROBE = 2_000


@dataclass(frozen=True, slots=True)
class Frozen:
    """`count` rows, what it cost, and the size of the answer (0: none)."""

    count: int
    cost: Cost
    size: int = 0


def run(user: Any) -> tuple[Frozen, Frozen]:
    """Ours, then the stock way; the second may be of fewer rows."""
    return _ours(user), _stock(user)


def _ours(user: Any) -> Frozen:
    classes = (DeleteClassVideo, DeleteTranscodedOutputs, DeleteMeetingVideo)
    actor = Actor.person(user, via="command")
    with metered() as cost:
        plan = engine.freeze(
            [registry[cls.key] for cls in classes], VideoAsset.objects.all(), actor=actor, user=user
        )
    count = Item.objects.filter(run=plan).count()
    if count != VideoAsset.objects.count():
        raise RuntimeError(f"the plan has {count} items")
    engine.discard(plan, actor=actor, user=user)
    return Frozen(count, cost)


def _stock(user: Any) -> Frozen:
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
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
