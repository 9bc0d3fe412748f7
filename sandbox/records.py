"""What the school's own records show of a world: the view that the product's mirror is filled from.

It includes what is already gone at a provider without anybody here having noticed. Every id is a string.
"""

from __future__ import annotations

from typing import Any

from sandbox.credentials import CLASSIN_SID
from sandbox.objects import Asset, Course
from sandbox.syngrafii_packages import ticks, video_record
from sandbox.world import World


def records_of(world: World) -> dict[str, Any]:
    """The whole view; see the module's first lines."""
    return {
        "now": int(world.now),
        "classin": _classin(world),
        "huawei_vod": {"assets": [_asset(world, asset) for asset in world.huawei_vod.assets.values()]},
        "syngrafii": {
            "packages": [
                {
                    "packageId": package.id,
                    "name": package.name,
                    "type": package.package_type,
                    "state": package.state,
                    "timeCreated": ticks(package.created_at),
                    "videos": [
                        video_record(video) | video.recorded
                        for video in world.syngrafii.videos_of[package.id]
                    ],
                }
                for package in world.syngrafii.packages.values()
            ]
        },
        "special": world.special,
        "unnoticed": [change.as_json() | {"before": change.before} for change in world.unnoticed],
    }


def _classin(world: World) -> dict[str, Any]:
    tables = world.classin
    names = {person.id: person.name for person in tables.people.values()}
    courses = {course.id: course for course in tables.courses.values() if course.school == CLASSIN_SID}
    lessons = [lesson for lesson in tables.lessons.values() if lesson.course_id in courses]
    shown = {lesson.id for lesson in lessons}
    return {
        "teachers": [{"uid": person.id, "name": person.name} for person in tables.people.values()],
        "classroom_settings": [
            {"id": setting.id, "name": setting.name}
            for setting in tables.settings.values()
            if setting.school == CLASSIN_SID
        ],
        "folders": [
            {"id": folder.id, "pid": folder.parent_id, "name": folder.name, "is_system": folder.is_system}
            for folder in tables.folders.values()
            if folder.school == CLASSIN_SID
        ],
        "files": [
            {"id": file.id, "folder_id": file.folder_id, "name": file.name, "size": file.size}
            for file in tables.files.values()
        ],
        "courses": [_course(course, names) for course in courses.values()],
        "classes": [
            {
                "classId": lesson.id,
                "courseId": lesson.course_id,
                "className": lesson.name,
                "beginTime": lesson.begins_at,
                "endTime": lesson.ends_at,
                "teacherUid": lesson.teacher_uid,
                "teacherName": names.get(lesson.teacher_uid, ""),
                "seatNum": lesson.seats,
                "isLocked": lesson.locked,
            }
            for lesson in lessons
        ],
        "clips": [
            {
                "fileId": clip.id,
                "classId": clip.lesson_id,
                "name": clip.name,
                "VST": clip.starts_at,
                "VET": clip.ends_at,
                "Size": clip.size,
                "CIDExt": clip.camera,
                "views": clip.views,
            }
            for clip in tables.clips.values()
            if clip.lesson_id in shown
        ],
    }


def _course(course: Course, names: dict[str, str]) -> dict[str, Any]:
    return {
        "courseId": course.id,
        "courseName": course.name,
        "folderId": course.folder_id,
        "expiryTime": course.expires_at,
        "mainTeacherUid": course.main_teacher_uid,
        "mainTeacherName": names.get(course.main_teacher_uid, ""),
        "subjectId": course.subject_id,
        "classroomSettingId": course.classroom_setting_id,
        "courseIntroduce": course.introduction,
        "courseStatus": course.status,
        "courseType": course.course_type,
    } | course.recorded


def _asset(world: World, asset: Asset) -> dict[str, Any]:
    groups: list[dict[str, Any]] = []
    for group_id, name in asset.groups.items():
        products = [
            {
                "url": product.id,
                "play_type": product.play_type,
                "quality": product.quality,
                "size": product.size,
                "duration": product.duration,
                "width": product.width,
                "height": product.height,
            }
            for product in world.huawei_vod.products_of[asset.id]
            if (product.group_id or "") == group_id
        ]
        groups.append({"group_id": group_id or None, "group_name": name, "products": products})
    return {
        "asset_id": asset.id,
        "title": asset.title,
        "create_time": int(asset.created_at),
        "source_deleted": asset.source_deleted,
        "groups": groups,
    }
