"""The objects of each provider, by id, and how tests and the demo put them there."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from typing import Any

from sandbox.objects import (
    Asset,
    ClassroomSetting,
    Clip,
    CloudFile,
    Course,
    Folder,
    Lesson,
    MeetingVideo,
    Package,
    Person,
    Product,
)

DAY = 86_400


class ClassInTables:
    """Courses, classes, clips and the cloud disk. `add_*` return the object, with an id given or made."""

    def __init__(self, now: float) -> None:
        self.now = int(now)
        self.people: dict[str, Person] = {}
        self.settings: dict[str, ClassroomSetting] = {}
        self.folders: dict[str, Folder] = {}
        self.files: dict[str, CloudFile] = {}
        self.courses: dict[str, Course] = {}
        self.lessons: dict[str, Lesson] = {}
        self.clips: dict[str, Clip] = {}
        self.clips_of: dict[str, list[Clip]] = defaultdict(list)
        self.live_clips: Counter[str] = Counter()
        self.lessons_of: dict[str, list[Lesson]] = defaultdict(list)
        self._places: dict[str, tuple[list[Folder], list[CloudFile]]] | None = None
        self._ids = itertools.count(500_001)

    def _id(self, given: str) -> str:
        return given or str(next(self._ids))

    def add_teacher(self, name: str = "Chen Yu", *, uid: str = "", **fields: Any) -> Person:
        """Add a person; `role` other than "teacher" makes them one that may not lead a course."""
        person = Person(self._id(uid), name, **fields)
        self.people[person.id] = person
        return person

    def add_classroom_setting(
        self, name: str = "Standard", *, setting_id: str = "", **fields: Any
    ) -> ClassroomSetting:
        """Add a set of classroom settings."""
        setting = ClassroomSetting(self._id(setting_id), name, **fields)
        self.settings[setting.id] = setting
        return setting

    def add_folder(self, name: str = "Lessons", *, folder_id: str = "", **fields: Any) -> Folder:
        """Add a folder of the cloud disk, under the top one unless `parent_id` says otherwise."""
        fields.setdefault("parent_id", next(iter(self.folders), ""))
        folder = Folder(self._id(folder_id), name, **fields)
        self.folders[folder.id] = folder
        self.forget_places()
        return folder

    def add_file(self, name: str = "test.png", *, file_id: str = "", **fields: Any) -> CloudFile:
        """Add a file of the cloud disk, in the top folder unless `folder_id` says otherwise."""
        if "folder_id" not in fields:
            fields["folder_id"] = next(iter(self.folders), "") or self.add_folder("School resources").id
        fields.setdefault("size", 27_648)
        file = CloudFile(self._id(file_id), name=name, **fields)
        self.files[file.id] = file
        self.forget_places()
        return file

    def forget_places(self) -> None:
        """Something on the cloud disk came, went or moved: where everything is has to be found out anew."""
        self._places = None

    def in_folder(self, folder_id: str) -> tuple[list[Folder], list[CloudFile]]:
        """The folders and files of one folder that are not deleted."""
        if self._places is None:
            self._places = defaultdict(lambda: ([], []))
            for folder in self.folders.values():
                self._places[folder.parent_id][0].append(folder)
            for file in self.files.values():
                self._places[file.folder_id][1].append(file)
        folders, files = self._places.get(folder_id, ([], []))
        return [one for one in folders if one.deleted_at is None], [
            one for one in files if one.deleted_at is None
        ]

    def add_course(self, name: str = "Piano, level 3", *, course_id: str = "", **fields: Any) -> Course:
        """Add a course."""
        course = Course(self._id(course_id), name, **fields)
        self.courses[course.id] = course
        return course

    def add_class(self, course: Course | str = "", *, class_id: str = "", **fields: Any) -> Lesson:
        """Add a class (lesson), over unless `ends_at` says otherwise; makes a course if none is given."""
        course_id = course.id if isinstance(course, Course) else course or self.add_course().id
        fields.setdefault("name", "Lesson 1")
        fields.setdefault("begins_at", self.now - 10 * DAY)
        fields.setdefault("ends_at", fields["begins_at"] + 3_600)
        lesson = Lesson(self._id(class_id), course_id, **fields)
        self.lessons[lesson.id] = lesson
        self.lessons_of[course_id].append(lesson)
        return lesson

    def add_clip(self, lesson: Lesson | str = "", *, file_id: str = "", **fields: Any) -> Clip:
        """Add a video clip of a class; makes a class if none is given."""
        lesson_id = lesson.id if isinstance(lesson, Lesson) else lesson or self.add_class().id
        fields.setdefault("name", f"Part {len(self.clips_of[lesson_id]) + 1}")
        fields.setdefault("starts_at", self.now - 10 * DAY)
        fields.setdefault("ends_at", fields["starts_at"] + 1_800)
        fields.setdefault("size", 412_000_000)
        clip = Clip(self._id(file_id), lesson_id, **fields)
        self.clips[clip.id] = clip
        if clip.known:
            self.clips_of[lesson_id].append(clip)
            self.live_clips[lesson_id] += clip.deleted_at is None
        return clip

    def clip_deletion_set(self, clip: Clip, before: float | None) -> None:
        """Keep the count of live clips right after `deleted_at` was set."""
        self.live_clips[clip.lesson_id] += (clip.deleted_at is None) - (before is None)


class HuaweiVodTables:
    """Media assets and their transcoded outputs."""

    def __init__(self, now: float) -> None:
        self.now = int(now)
        self.assets: dict[str, Asset] = {}
        self.products: dict[str, Product] = {}
        self.products_of: dict[str, list[Product]] = defaultdict(list)
        self._by_time: list[Asset] | None = None
        self._ids = itertools.count(1)

    def make_id(self) -> str:
        """The next id: 32 hexadecimal digits, the same ones in every start."""
        return hashlib.md5(f"vod-{next(self._ids)}".encode(), usedforsecurity=False).hexdigest()

    def add_asset(self, title: str = "IELTS Speaking, recap", *, asset_id: str = "", **fields: Any) -> Asset:
        """Add a media asset without outputs."""
        fields.setdefault("created_at", self.now - 30 * DAY)
        asset = Asset(asset_id or self.make_id(), title, **fields)
        self.assets[asset.id] = asset
        self.forget_order()
        return asset

    def forget_order(self) -> None:
        """An asset came or changed: the order of the list has to be found out anew."""
        self._by_time = None

    def made_between(self, start: float | None, end: float | None) -> list[Asset]:
        """Assets that are not deleted, made from `start` to `end`, both included, newest first."""
        if self._by_time is None:
            self._by_time = sorted(self.assets.values(), key=_newest_first)
        first = 0 if end is None else bisect_left(self._by_time, -end, key=lambda asset: -asset.created_at)
        last = (
            None
            if start is None
            else bisect_right(self._by_time, -start, key=lambda asset: -asset.created_at)
        )
        return [asset for asset in self._by_time[first:last] if asset.status != "DELETED"]

    def add_group(
        self, asset: Asset, name: str = "system_template_group", *, group_id: str | None = ""
    ) -> str | None:
        """Add a template group and return its id; `group_id=None` makes an old one without an id."""
        made = self.make_id() if group_id == "" else group_id
        asset.groups[made or ""] = name
        return made

    def add_product(
        self, asset: Asset, group_id: str | None = "", *, url: str = "", **fields: Any
    ) -> Product:
        """Add an output to a group of an asset; makes a group if the asset has none."""
        if group_id == "":
            group_id = next(iter(asset.groups), "") or self.add_group(asset)
        if not url:
            base = f"https://103-cn-north-4.cdn-vod.huaweicloud.com/asset/{asset.id}"
            folder = f"play_multi_video/{group_id}" if group_id else "play_video"
            url = f"{base}/{folder}/{self.make_id()}.mp4"
        fields.setdefault("size", 148_000_000)
        fields.setdefault("duration", 1_800)
        product = Product(url, asset.id, group_id, **fields)
        self.products[product.id] = product
        self.products_of[asset.id].append(product)
        return product


def _newest_first(asset: Asset) -> tuple[float, str]:
    return (-asset.created_at, asset.id)


class SyngrafiiTables:
    """Sign packages and the videos of their meetings."""

    def __init__(self, now: float) -> None:
        self.now = int(now)
        self.packages: dict[str, Package] = {}
        self.videos: dict[str, MeetingVideo] = {}
        self.videos_of: dict[str, list[MeetingVideo]] = defaultdict(list)
        self._ids = itertools.count(1)

    def make_id(self) -> str:
        """The next id: a UUID, the same ones in every start."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox:{next(self._ids)}"))

    def add_package(
        self, name: str = "Enrolment contract", *, package_id: str = "", **fields: Any
    ) -> Package:
        """Add a sign package without videos."""
        fields.setdefault("created_at", self.now - 40 * DAY)
        package = Package(package_id or self.make_id(), name, **fields)
        self.packages[package.id] = package
        return package

    def add_video(self, package: Package | None = None, *, video_id: str = "", **fields: Any) -> MeetingVideo:
        """Add a meeting video; makes a package if none is given."""
        package = package or self.add_package()
        fields.setdefault("created", "2024-08-20T18:57:33.541Z")
        fields.setdefault("seconds", 312)
        fields.setdefault("size", 48_452_400)
        fields.setdefault("meeting_id", self.make_id())
        video = MeetingVideo(video_id or self.make_id(), package.id, **fields)
        self.videos[video.id] = video
        self.videos_of[package.id].append(video)
        return video
