"""Pages of a long list of videos: ours beside the stock admin's, through Django's test client."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from bench import stock
from bench.meter import metered
from courses.models import Course
from media_assets.models import VideoAsset
from screens.keyset import Ordering

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """The median of several requests for one address."""

    milliseconds: float
    database_ms: float
    statements: int
    kilobytes: float
    rows: int


@dataclass(frozen=True, slots=True)
class Pair:
    """One kind of page: ours and the stock admin's."""

    name: str
    ours: Page
    stock: Page


def run(user: Any, *, requests: int) -> list[Pair]:
    """First page, filtered page, and the page in the middle of the list. Raises RuntimeError when a page is odd."""
    total = VideoAsset.objects.count()
    course = Course.objects.exclude(provider_id="1001").order_by("pk")[0].pk
    deep = total // 2 // PER_PAGE
    ours = reverse("admin:media_assets_videoasset_changelist")
    addresses = {
        "First page": ("", ""),
        "Filtered: kind and course": (
            f"?kind=class_video&course={course}",
            f"?kind__exact=class_video&course_class__course__id__exact={course}",
        ),
        f"Page {deep:,}": (f"?after={_cursor(deep * PER_PAGE)}", f"?p={deep + 1}"),
    }
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    our_pages = {name: _page(client, ours + query, requests) for name, (query, _) in addresses.items()}
    with stock.stock_admin():
        stock_pages = {
            name: _page(client, stock.PREFIX + query, requests) for name, (_, query) in addresses.items()
        }
    pairs = [Pair(name, our_pages[name], stock_pages[name]) for name in addresses]
    if odd := [pair.name for pair in pairs if pair.ours.rows != pair.stock.rows]:
        raise RuntimeError(f"the two lists do not show the same rows: {', '.join(odd)}")
    return pairs


def _cursor(offset: int) -> str:
    """The place in our list after `offset` rows, as its links would carry it."""
    row = VideoAsset.objects.order_by("-recorded_at", "-pk")[offset - 1]
    return Ordering(VideoAsset, "recorded", ("-recorded_at", "-pk")).encode(row)


def _page(client: Client, address: str, requests: int) -> Page:
    """Raises RuntimeError when the answer is not a list with rows."""
    for _ in range(2):  # so that neither side pays for loading templates
        response = client.get(address)
    rows = response.content.count(b'name="_selected_action"')
    if response.status_code != 200 or not rows:
        raise RuntimeError(f"{address}: HTTP {response.status_code} with {rows} rows")
    costs = []
    for _ in range(requests):
        with metered() as cost:
            client.get(address)
        costs.append(cost)
    return Page(
        milliseconds=statistics.median(cost.wall for cost in costs) * 1000,
        database_ms=statistics.median(cost.database for cost in costs) * 1000,
        statements=costs[-1].statements,
        kilobytes=len(response.content) / 1024,
        rows=rows,
    )
