"""Deletions through the engine, beside the stock way of doing them and beside the bare calls."""

from __future__ import annotations

import cProfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import DELETION, LogEntry
from django.db import transaction

from audit.actors import Actor
from bench.meter import Cost, metered
from bench.scratch import IN_FLIGHT, LATENCY_MS
from media_assets.models import VideoAsset
from media_assets.operations import DeleteClassVideo, DeleteMeetingVideo, DeleteTranscodedOutputs
from operations import engine
from operations.accounts import client_for
from operations.clock import database_now
from operations.engine.confirm import confirmation_words
from operations.engine.work import work_off
from operations.models import Account, Item, Run
from operations.registry import registry
from operations.states import ItemState, Outcome

OF_ONE_BUTTON = (DeleteClassVideo, DeleteTranscodedOutputs, DeleteMeetingVideo)
"""What the library's list deletes by one button: a run of class videos alone carries all three as well."""
BOUND = IN_FLIGHT / (LATENCY_MS / 1000)
"""Items a second that the latency alone allows."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """`count` items, and what they cost."""

    count: int
    cost: Cost

    @property
    def per_second(self) -> float:
        return self.count / self.cost.wall


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """The engine, the stock loop, and the calls alone on as many threads with nothing written down."""

    freeze: Throughput
    confirm: Throughput
    ours: Throughput
    stock: Throughput
    bare: Throughput


def run(
    user: Any, pks: list[int], *, stock_count: int, profile: cProfile.Profile | None = None
) -> EngineFigures:
    """Use up `pks`: `stock_count` of them for the stock way, and half of the rest each for ours and the bare calls.

    Raises RuntimeError when any item does not end as done: figures of failed work are worth nothing.
    """
    account = Account.objects.get(provider="classin", name="default")
    half = (len(pks) - stock_count) // 2
    ours, bare, stock = pks[:half], pks[half : 2 * half], pks[2 * half : 2 * half + stock_count]
    calls_alone = _bare(account, bare)
    plan, freeze = _freeze(user, ours)
    confirm = _confirm(user, plan, len(ours))
    worked = _work(plan, account, len(ours), profile)
    return EngineFigures(freeze, confirm, worked, _stock(user, account, stock), calls_alone)


def _freeze(user: Any, pks: list[int]) -> tuple[Run, Throughput]:
    with metered() as cost:
        plan = engine.freeze(
            [registry[cls.key] for cls in OF_ONE_BUTTON],
            VideoAsset.objects.filter(pk__gte=pks[0], pk__lte=pks[-1]),
            actor=Actor.person(user, via="command"),
            user=user,
        )
    return plan, Throughput(len(pks), cost)


def _confirm(user: Any, plan: Run, count: int) -> Throughput:
    with metered() as cost:
        engine.confirm(
            plan,
            actor=Actor.person(user, via="command"),
            user=user,
            token=str(plan.token),
            reason="Benchmark",
            typed=confirmation_words(count),
        )
    return Throughput(count, cost)


def _work(plan: Run, account: Account, count: int, profile: cProfile.Profile | None) -> Throughput:
    with metered() as cost:
        if profile:
            profile.enable()
        work_off(plan.pk, account.pk, seconds=600)
        if profile:
            profile.disable()
    done = Item.objects.filter(run=plan, outcome=Outcome.DONE).count()
    if done != count:
        raise RuntimeError(f"only {done} of {count} items are done")
    return Throughput(count, cost)


def _stock(user: Any, account: Account, pks: list[int]) -> Throughput:
    """What an admin action usually does: item after item, one request and then one transaction each."""
    plan, _cost = _freeze(user, pks)
    client = client_for(account)
    with metered() as cost:
        for item in Item.objects.filter(run=plan).order_by("pk").iterator():
            video = VideoAsset.objects.get(pk=item.target_id)
            client.delete_class_video(item.identity["classId"], item.identity["fileId"])
            with transaction.atomic():
                item.state, item.outcome, item.settled_at = ItemState.SETTLED, Outcome.DONE, database_now()
                item.save(update_fields=["state", "outcome", "settled_at"])
                video.presence = VideoAsset.Presence.DELETED
                video.save(update_fields=["presence"])
                LogEntry.objects.log_actions(user.pk, [video], DELETION, single_object=True)
    return Throughput(len(pks), cost)


def _bare(account: Account, pks: list[int]) -> Throughput:
    """The same calls on as many threads, nothing written: what client, imitation and this machine allow at most."""
    client = client_for(account)
    found = VideoAsset.objects.filter(pk__gte=pks[0], pk__lte=pks[-1]).order_by("pk")
    ids = list(found.values_list("course_class__provider_id", "provider_id"))
    with metered() as cost, ThreadPoolExecutor(IN_FLIGHT) as threads:
        list(threads.map(lambda pair: client.delete_class_video(*pair), ids))
    return Throughput(len(pks), cost)
