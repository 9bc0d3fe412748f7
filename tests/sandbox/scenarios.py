"""How to make the sandbox answer each code of a provider: from state or input where that is possible.

A scenario gets the running sandbox, prepares it, and returns the call of the product's client that
meets the code. A code that only the provider can cause has no scenario; a misbehaviour answers it.
"""

import time
from collections.abc import Callable
from typing import Any

from providers.classin.client import ClassInClient
from providers.classin.courses import CourseChanges, Upload
from providers.huawei_vod.client import HuaweiVodClient
from providers.syngrafii.client import SyngrafiiClient
from sandbox.credentials import CLASSIN_OTHER_SID
from sandbox.server import Sandbox

Ask = Callable[[Any], Any]
Scenario = Callable[[Sandbox], Ask]

DAY = 86_400
CLIENTS: dict[str, Callable[..., Any]] = {
    "classin": ClassInClient,
    "huawei_vod": HuaweiVodClient,
    "syngrafii": SyngrafiiClient,
}


def _course(
    sandbox: Sandbox, course_id: str = "", changes: dict[str, Any] | None = None, **state: Any
) -> Ask:
    """An edit of a course in the given state."""
    course = sandbox.classin.add_course(**state)
    fields = changes or {"course_name": "New name"}
    return lambda client: client.edit_course(course_id or course.id, CourseChanges(**fields))


def _expiry(sandbox: Sandbox, days: float) -> Ask:
    """An edit of the expiry of a course whose last class ends in 30 days."""
    course = sandbox.classin.add_course()
    sandbox.classin.add_class(course, ends_at=int(time.time()) + 30 * DAY)
    when = int(time.time() + days * DAY)
    return lambda client: client.edit_course(course.id, CourseChanges(expiry_time=when))


def _teacher(sandbox: Sandbox, role: str = "teacher", uid: str = "") -> Ask:
    """An edit that makes a person of this role the head teacher."""
    person = sandbox.classin.add_teacher(role=role)
    return _course(sandbox, changes={"main_teacher_uid": uid or person.id, "stamp": 1})


def _busy_teacher(sandbox: Sandbox) -> Ask:
    former, new = sandbox.classin.add_teacher(), sandbox.classin.add_teacher()
    course = sandbox.classin.add_course(main_teacher_uid=former.id)
    sandbox.classin.add_class(course, teacher_uid=former.id, ends_at=int(time.time()) + DAY)
    changes = CourseChanges(main_teacher_uid=new.id, stamp=2)
    return lambda client: client.edit_course(course.id, changes)


def _foreign_setting(sandbox: Sandbox) -> Ask:
    setting = sandbox.classin.add_classroom_setting(school=CLASSIN_OTHER_SID)
    return _course(sandbox, changes={"classroom_setting_id": setting.id})


def _clip(
    sandbox: Sandbox, file_id: str = "", class_id: str = "", *, gone: bool = False, **state: Any
) -> Ask:
    """The deletion of one of two clips of a class in the given state."""
    lesson = sandbox.classin.add_class(**state)
    clip = sandbox.classin.add_clip(lesson, deleted_at=1.0 if gone else None)
    sandbox.classin.add_clip(lesson)
    return lambda client: client.delete_class_video(class_id or lesson.id, file_id or clip.id)


def _last_clip_gone(sandbox: Sandbox) -> Ask:
    clip = sandbox.classin.add_clip(deleted_at=1.0)
    return lambda client: client.delete_class_video(clip.lesson_id, clip.id)


def _file(sandbox: Sandbox, file_id: str = "", name: str = "new.pdf", **state: Any) -> Ask:
    """The renaming of a file in the given state, beside one called taken.pdf."""
    file = sandbox.classin.add_file("old.pdf", **state)
    sandbox.classin.add_file("taken.pdf", folder_id=file.folder_id)
    return lambda client: client.rename_file(file_id or file.id, name)


def _folder(sandbox: Sandbox, folder_id: str = "", **state: Any) -> Ask:
    folder = sandbox.classin.add_folder(parent_id="", **state)
    return lambda client: client.list_cloud(folder_id or folder.id)


def _tree(sandbox: Sandbox, call: str) -> Ask:
    sandbox.classin.add_folder(parent_id="")
    return lambda client: client.list_folders() if call == "getFolderList" else client.top_folder_id()


def _outputs(sandbox: Sandbox, asset_id: str = "", **state: Any) -> Ask:
    """The deletion of an output of an asset in the given state."""
    product = sandbox.huawei_vod.add_product(sandbox.huawei_vod.add_asset(**state))
    outputs = {product.group_id: [product.id]}
    return lambda client: client.delete_products(asset_id or product.asset_id, outputs)


def _asset(sandbox: Sandbox, asset_id: str = "") -> Ask:
    """A look at two assets."""
    ids = [asset_id or sandbox.huawei_vod.add_asset().id, sandbox.huawei_vod.add_asset().id]
    return lambda client: client.asset_info(ids)


def _video(sandbox: Sandbox, video_id: str = "", package: dict[str, Any] | None = None, **state: Any) -> Ask:
    """The deletion of a meeting video in the given state."""
    video = sandbox.syngrafii.add_video(sandbox.syngrafii.add_package(**(package or {})), **state)
    return lambda client: client.delete_video(video.package_id, video_id or video.id)


def _videos(sandbox: Sandbox, package_id: str = "", **state: Any) -> Ask:
    """A look at the videos of a package."""
    package = sandbox.syngrafii.add_package(**state)
    return lambda client: client.list_videos(package_id or package.id)


ORDINARY: dict[str, dict[str, Scenario]] = {
    "classin": {
        "editCourse": _course,
        "deleteClassVideo": _clip,
        "renameFile": _file,
        "getCloudList": _folder,
        "getFolderList": lambda sandbox: _tree(sandbox, "getFolderList"),
        "getTopFolderId": lambda sandbox: _tree(sandbox, "getTopFolderId"),
    },
    "huawei_vod": {"deleteTranscodeProduct": _outputs, "showAssetMeta": _asset},
    "syngrafii": {"packages/videos/delete": _video, "packages/videos": _videos},
}
"""For each call, one that succeeds."""

SPECIAL: dict[tuple[str, str], Scenario] = {
    ("editCourse", "100"): lambda s: _course(s, course_id="abc"),
    ("editCourse", "103"): lambda s: _course(
        s, changes={"cover": Upload("a.png", "image/png", b"no picture")}
    ),
    ("editCourse", "144"): lambda s: _course(s, course_id="404"),
    ("editCourse", "147"): lambda s: _course(s, info_missing=True),
    ("editCourse", "149"): lambda s: _course(s, status=4),
    ("editCourse", "151"): lambda s: _expiry(s, 0.5),
    ("editCourse", "152"): lambda s: _expiry(s, 20),
    ("editCourse", "153"): lambda s: _course(s, expires_at=1_600_000_000),
    ("editCourse", "154"): lambda s: _expiry(s, 400),
    ("editCourse", "160"): lambda s: _course(s, changes={"folder_id": "404"}),
    ("editCourse", "310"): lambda s: _teacher(s, uid="404"),
    ("editCourse", "311"): lambda s: _teacher(s, "student"),
    ("editCourse", "312"): lambda s: _teacher(s, "auditor"),
    ("editCourse", "314"): _busy_teacher,
    ("editCourse", "331"): lambda s: _teacher(s, uid="chen-yu"),
    ("editCourse", "334"): lambda s: _teacher(s, "outsider"),
    ("editCourse", "369"): lambda s: _course(s, course_type=2),
    ("editCourse", "371"): lambda s: _course(s, changes={"classroom_setting_id": "404"}),
    ("editCourse", "373"): _foreign_setting,
    ("editCourse", "389"): lambda s: _teacher(s, "deactivated"),
    ("editCourse", "400"): lambda s: _teacher(s, "relation"),
    ("editCourse", "805"): lambda s: _teacher(s, "stopped"),
    ("editCourse", "883"): lambda s: _teacher(s, "account_deleted"),
    ("deleteClassVideo", "100"): lambda s: _clip(s, class_id="abc"),
    ("deleteClassVideo", "233"): lambda s: _clip(s, class_id="404"),
    ("deleteClassVideo", "254"): lambda s: _clip(s, recording="never"),
    ("deleteClassVideo", "269"): lambda s: _clip(s, refuses=269),
    ("deleteClassVideo", "369"): lambda s: _clip(s, refuses=369),
    ("deleteClassVideo", "384"): lambda s: _clip(s, ends_at=int(time.time()) + DAY),
    ("deleteClassVideo", "630"): lambda s: _clip(s, file_id="404"),
    ("deleteClassVideo", "631"): lambda s: _clip(s, recording="failed"),
    ("deleteClassVideo", "632"): _last_clip_gone,
    ("deleteClassVideo", "633"): lambda s: _clip(s, locked=True),
    ("deleteClassVideo", "634"): lambda s: _clip(s, gone=True),
    ("renameFile", "100"): lambda s: _file(s, file_id="abc"),
    ("renameFile", "198"): lambda s: _file(s, file_id="404"),
    ("renameFile", "199"): lambda s: _file(s, school=CLASSIN_OTHER_SID),
    ("renameFile", "200"): lambda s: _file(s, name="taken.pdf"),
    ("getCloudList", "100"): lambda s: _folder(s, folder_id="abc"),
    ("getCloudList", "193"): lambda s: _folder(s, folder_id="404"),
    ("getCloudList", "194"): lambda s: _folder(s, school=CLASSIN_OTHER_SID),
    ("getFolderList", "106"): lambda _: lambda client: client.list_folders(),
    ("getTopFolderId", "106"): lambda _: lambda client: client.top_folder_id(),
    ("deleteTranscodeProduct", "VOD.10053"): lambda s: _outputs(s, asset_id="short"),
    ("deleteTranscodeProduct", "VOD.10060"): lambda s: _outputs(s, refuses="VOD.10060"),
    ("deleteTranscodeProduct", "VOD.10061"): lambda s: _outputs(s, status="TRANSCODING"),
    ("deleteTranscodeProduct", "VOD.10062"): lambda s: _outputs(s, asset_id="f" * 32),
    ("deleteTranscodeProduct", "VOD.10063"): lambda s: _outputs(s, refuses="VOD.10063"),
    ("deleteTranscodeProduct", "VOD.10083"): lambda s: _outputs(s, refuses="VOD.10083"),
    ("showAssetMeta", "VOD.10053"): lambda s: _asset(s, asset_id="short"),
    ("packages/videos/delete", "already_deleted"): lambda s: _video(
        s, state="deleted", deleted="2024-08-20T18:58:02.2596573Z"
    ),
    ("packages/videos/delete", "package_not_found"): lambda s: _video(s, package={"deleted_at": 1.0}),
    ("packages/videos/delete", "package_delete_retention"): lambda s: _video(
        s, package={"retained_until": time.time() + DAY}
    ),
    ("packages/videos/delete", "*_not_found"): lambda s: _video(s, video_id="404"),
    ("packages/videos/delete", "*_invalid_*"): lambda s: _video(s, state="started"),
    ("packages/videos/delete", "*_not_authorized"): lambda s: _video(s, package={"restricted": True}),
    ("packages/videos", "package_not_found"): lambda s: _videos(s, package_id="404"),
    ("packages/videos", "*_not_authorized"): lambda s: _videos(s, restricted=True),
}
"""(call, code) -> a call that the sandbox answers so, from its state or from the input."""


OVERRIDES: dict[str, dict[str, str]] = {
    "102": {"secret": "wrong"},
    "APIGW.0301": {"secret_key": "wrong"},
    "VOD.10057": {"project_id": "f" * 32},
}
"""Codes that come from other credentials than the right ones."""

ACCOUNTS: dict[str, dict[str, Any]] = {
    "901": {"maintenance": True},
    "VOD.10055": {"refuses": "VOD.10055"},
    "VOD.10056": {"refuses": "VOD.10056"},
}
"""Codes that come from the state of the whole account."""
