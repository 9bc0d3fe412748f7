"""Filters of the library's lists. They live in the URL, so a list can be sent to a colleague."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from media_assets.models import CloudFile, CloudFolder, SignPackage, VideoAsset, VodAsset, VodTemplateGroup
from media_assets.notes import in_a_plan, on_hold
from media_assets.provider_words import PACKAGE_STATES
from operations.mirror import MirrorRow
from operations.models import Account
from screens.filters import SizeRangeFilter


def _accounts(request: Any) -> QuerySet[Account]:
    return Account.objects.order_by("provider", "name")


def _related(model: type[Model], name: str) -> Any:
    """The model that a key points at, for rows of the sibling app."""
    return model._meta.get_field(name).related_model


def _lessons(request: Any) -> QuerySet[Any]:
    found: QuerySet[Any] = _related(VideoAsset, "course_class").objects.order_by("pk")
    return found


def _courses(request: Any) -> QuerySet[Any]:
    courses = _related(_related(VideoAsset, "course_class"), "course")
    found: QuerySet[Any] = courses.objects.order_by("name", "pk")
    return found


def _presence() -> django_filters.Filter:
    return django_filters.ChoiceFilter(label=_("Presence"), choices=MirrorRow.Presence.choices)


def _account() -> django_filters.Filter:
    return django_filters.ModelChoiceFilter(label=_("Account"), queryset=_accounts)


class VideoFilterSet(django_filters.FilterSet):
    """The list of videos. The containers at the end have no button; links from elsewhere use them."""

    WITHOUT_BUTTON = ("course_class", "asset", "group", "package")

    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=VideoAsset.Kind.choices)
    recorded = django_filters.DateFromToRangeFilter(label=_("Recorded"), field_name="recorded_at")
    course = django_filters.ModelChoiceFilter(
        label=_("Course"), field_name="course_class__course", queryset=_courses
    )
    lesson = django_filters.CharFilter(
        label=_("Lesson"), field_name="course_class__name", lookup_expr="icontains", max_length=100
    )
    size = SizeRangeFilter(label=_("Size"), field_name="size_bytes")
    held = django_filters.BooleanFilter(label=_("On hold"), method="filter_held")
    planned = django_filters.BooleanFilter(label=_("In a plan"), method="filter_planned")
    presence = _presence()
    account = _account()
    course_class = django_filters.ModelChoiceFilter(label=_("Lesson"), queryset=_lessons)
    asset = django_filters.ModelChoiceFilter(
        label=_("Media asset"), field_name="template_group__asset", queryset=VodAsset.objects.all()
    )
    group = django_filters.ModelChoiceFilter(
        label=_("Template group"), field_name="template_group", queryset=VodTemplateGroup.objects.all()
    )
    package = django_filters.ModelChoiceFilter(label=_("Sign package"), queryset=SignPackage.objects.all())

    class Meta:
        model = VideoAsset
        fields: tuple[str, ...] = ()

    def filter_held(self, rows: QuerySet[VideoAsset], name: str, value: bool) -> QuerySet[VideoAsset]:
        """Videos on which a hold lies, directly or through what they are part of."""
        return rows.filter(on_hold()) if value else rows.exclude(on_hold())

    def filter_planned(self, rows: QuerySet[VideoAsset], name: str, value: bool) -> QuerySet[VideoAsset]:
        """Videos that are in a plan or a run that is not over."""
        planned = Exists(in_a_plan(VideoAsset).filter(target_id=OuterRef("pk")))
        return rows.filter(planned if value else ~planned)


class CloudFileFilterSet(django_filters.FilterSet):
    """The list of cloud files. Links from a course name the folder by ClassIn's id."""

    WITHOUT_BUTTON = ("folder_id",)

    folder = django_filters.ModelChoiceFilter(
        label=_("Folder"), queryset=CloudFolder.objects.order_by("path", "pk")
    )
    size = SizeRangeFilter(label=_("Size"), field_name="size_bytes")
    presence = _presence()
    account = _account()
    folder_id = django_filters.CharFilter(
        label=_("Folder ID"), field_name="folder__provider_id", max_length=100
    )

    class Meta:
        model = CloudFile
        fields: tuple[str, ...] = ()


class CloudFolderFilterSet(django_filters.FilterSet):
    """The list of cloud folders."""

    presence = _presence()
    account = _account()

    class Meta:
        model = CloudFolder
        fields: tuple[str, ...] = ()


class VodAssetFilterSet(django_filters.FilterSet):
    """The list of media assets."""

    source_present = django_filters.BooleanFilter(label=_("Source still there"))
    presence = _presence()
    account = _account()

    class Meta:
        model = VodAsset
        fields: tuple[str, ...] = ()


class VodTemplateGroupFilterSet(django_filters.FilterSet):
    """The list of template groups. Links from a media asset name it."""

    WITHOUT_BUTTON = ("asset",)

    presence = _presence()
    account = _account()
    asset = django_filters.ModelChoiceFilter(label=_("Media asset"), queryset=VodAsset.objects.all())

    class Meta:
        model = VodTemplateGroup
        fields: tuple[str, ...] = ()


class SignPackageFilterSet(django_filters.FilterSet):
    """The list of sign packages."""

    package_state = django_filters.ChoiceFilter(label=_("State"), choices=PACKAGE_STATES)
    presence = _presence()
    account = _account()

    class Meta:
        model = SignPackage
        fields: tuple[str, ...] = ()
