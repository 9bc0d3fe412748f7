"""The stock admin over the same videos: what Django gives without us, on a site and an address of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.contrib import admin
from django.test.utils import override_settings
from django.urls import path

from media_assets.models import VideoAsset

site = admin.AdminSite(name="stock")
PREFIX = "/stock/media_assets/videoasset/"


@admin.register(VideoAsset, site=site)
class StockVideoAdmin(admin.ModelAdmin[VideoAsset]):
    """The same columns, joins, order, search and filters; paginator, counts and the rest as they come."""

    list_display = ("video", "course_and_lesson", "recorded_at", "duration_seconds", "size_bytes", "presence")
    list_select_related = ("course_class__course", "template_group__asset", "package")
    list_filter = ("kind", "presence", "account", "recorded_at", "course_class__course")
    search_fields = ("title", "provider_id")
    ordering = ("-recorded_at",)
    list_per_page = 50

    @admin.display(ordering="title")
    def video(self, row: VideoAsset) -> str:
        return f"{row} {row.provider_id}"

    @admin.display
    def course_and_lesson(self, row: VideoAsset) -> str:
        if row.course_class is not None:
            return f"{row.course_class.course} {row.course_class}"
        if row.template_group is not None:
            return f"{row.template_group.asset} {row.template_group}"
        return str(row.package)


urlpatterns = [path("stock/", site.urls)]


@contextmanager
def stock_admin() -> Iterator[None]:
    """Serve the stock site with Django's own templates in place of ours."""
    root = Path(django.__file__).parent
    engine: dict[str, Any] = {
        **settings.TEMPLATES[0],
        "DIRS": [root / "contrib/admin/templates", root / "forms/templates"],
        "APP_DIRS": False,
    }
    engine["OPTIONS"] = {**engine["OPTIONS"], "builtins": []}
    with override_settings(TEMPLATES=[engine], ROOT_URLCONF="bench.stock"):
        yield
