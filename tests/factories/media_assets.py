"""Rows of the library as a sync would have left them; traits for the special states."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone

from media_assets.models import CloudFile, CloudFolder, SignPackage, VideoAsset, VodAsset, VodTemplateGroup
from tests.factories.courses import CourseClassFactory
from tests.factories.operations import AccountFactory

GONE = {
    "presence": "deleted",
    "presence_how": "deleted_here",
    "presence_at": factory.LazyFunction(timezone.now),
}


def _days_ago(days: float) -> Any:
    return factory.LazyFunction(lambda: timezone.now() - timedelta(days=days))


class LessonFactory(CourseClassFactory):
    """A lesson that is over and whose recordings are not locked, unless a trait says otherwise."""

    class Params:
        running = factory.Trait(end_at=factory.LazyFunction(lambda: timezone.now() + timedelta(hours=1)))
        locked = factory.Trait(recording_locked=True)


class CloudFolderFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CloudFolder

    account = factory.SubFactory(AccountFactory)
    provider_id = factory.Sequence(lambda n: str(700_000 + n))
    name = "Lessons"
    path = factory.SelfAttribute("name")


class CloudFileFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CloudFile

    class Params:
        gone = factory.Trait(**GONE)

    account = factory.SubFactory(AccountFactory)
    provider_id = factory.Sequence(lambda n: str(800_000 + n))
    folder = factory.SubFactory(CloudFolderFactory, account=factory.SelfAttribute("..account"))
    name = factory.Sequence(lambda n: f"Handout {n}.pdf")
    size_bytes = 27_648


class VodAssetFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = VodAsset

    account = factory.SubFactory(AccountFactory, provider="huawei_vod")
    provider_id = factory.Sequence(lambda n: f"{n:032x}")
    title = "IELTS Speaking, recap"
    source_present = True


class VodTemplateGroupFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = VodTemplateGroup

    account = factory.SubFactory(AccountFactory, provider="huawei_vod")
    asset = factory.SubFactory(VodAssetFactory, account=factory.SelfAttribute("..account"))
    group_id = factory.Sequence(lambda n: f"a{n:031x}")
    name = "system_template_group"
    provider_id = factory.LazyAttribute(lambda group: f"{group.asset.provider_id}/{group.group_id}")


class SignPackageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SignPackage

    account = factory.SubFactory(AccountFactory, provider="syngrafii")
    provider_id = factory.Sequence(lambda n: f"c603079c-2dc7-4af7-8c2e-{n:012d}")
    name = "Enrolment contract"
    package_type = "video_closing_room"
    package_state = "executed"


class VideoAssetFactory(factory.django.DjangoModelFactory):
    """A class video; see the subclasses for the other kinds."""

    class Meta:
        model = VideoAsset

    class Params:
        gone = factory.Trait(**GONE)
        missing = factory.Trait(presence="missing")

    account = factory.SubFactory(AccountFactory)
    kind = VideoAsset.Kind.CLASS_VIDEO
    provider_id = factory.Sequence(lambda n: str(900_000 + n))
    title = factory.Sequence(lambda n: f"Part {n}")
    recorded_at = _days_ago(30)
    duration_seconds = 1_800
    size_bytes = 412_000_000
    course_class = factory.SubFactory(LessonFactory, account=factory.SelfAttribute("..account"))


class TranscodedOutputFactory(VideoAssetFactory):
    account = factory.SubFactory(AccountFactory, provider="huawei_vod")
    kind = VideoAsset.Kind.TRANSCODED_OUTPUT
    course_class = None
    template_group = factory.SubFactory(VodTemplateGroupFactory, account=factory.SelfAttribute("..account"))
    provider_id = factory.Sequence(lambda n: f"/asset/play_multi_video/{n:032x}.mp4")
    product_url = factory.LazyAttribute(
        lambda video: f"https://103-cn-north-4.cdn-vod.huaweicloud.com{video.provider_id}"
    )
    quality = "HD"
    play_type = "MP4"


class MeetingVideoFactory(VideoAssetFactory):
    class Params:
        retained = factory.Trait(
            retention_until=factory.LazyFunction(lambda: timezone.now() + timedelta(days=40))
        )
        recording = factory.Trait(provider_state="started")

    account = factory.SubFactory(AccountFactory, provider="syngrafii")
    kind = VideoAsset.Kind.MEETING_VIDEO
    course_class = None
    package = factory.SubFactory(SignPackageFactory, account=factory.SelfAttribute("..account"))
    provider_id = factory.Sequence(lambda n: f"4c512b8a-c1ad-47da-ae22-{n:012d}")
    provider_state = "archived"
