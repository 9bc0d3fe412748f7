"""ClassIn's v1 interface: forms in, `error_info` out, always HTTP 200."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from sandbox import classin_cloud, classin_courses, classin_videos
from sandbox.calls import Answer, Call, RateLimit, page
from sandbox.classin_form import Form, Refused
from sandbox.credentials import CLASSIN_SCHOOLS
from sandbox.wire import Request, Response
from sandbox.world import World

COURSE_SCRIPT = "/partner/api/course.api.php"
CLOUD_SCRIPT = "/partner/api/cloud.api.php"
TIMESTAMP_WINDOW = 20 * 60
SECRET_FIELDS = frozenset({"safeKey"})

Action = Callable[[World, Form, float], Mapping[str, Any]]

ACTIONS: dict[str, dict[str, Action]] = {
    COURSE_SCRIPT: {
        "editCourse": classin_courses.edit_course,
        "deleteClassVideo": classin_videos.delete_class_video,
    },
    CLOUD_SCRIPT: {
        "renameFile": classin_cloud.rename_file,
        "getTopFolderId": classin_cloud.get_top_folder_id,
        "getFolderList": classin_cloud.get_folder_list,
        "getCloudList": classin_cloud.get_cloud_list,
    },
}

TEXTS = {
    1: "程序正常执行",
    100: "参数不全或错误",
    102: "无权限（安全验证没通过）",
    103: "上传图片到服务器失败",
    104: "操作失败（未知错误）",
    106: "机构信息不存在",
    114: "服务器异常",
    144: "机构下面没有该课程",
    147: "没有该课程信息",
    149: "课程已经删除",
    151: "过期时间至少是1天之后",
    152: "过期时间不能早于最后一节课的结束时间",
    153: "课程已过期",
    154: "过期时间应为1年以内的时间点",
    155: "数组格式错误",
    160: "机构云盘下无此目录",
    193: "文件夹不存在",
    194: "文件夹不属于该机构（越权操作）",
    198: "文件不存在",
    199: "文件不属于该机构（越权操作）",
    200: "已存在同名文件",
    211: "文件过大",
    233: "机构下没有该课节",
    254: "该课节没有录课，没有视频信息",
    260: "添加班主任失败",
    269: "该课程/课节类型不支持此操作",
    310: "新班主任不存在",
    311: "课程学生不能设为班主任",
    312: "课程旁听生不能设为班主任",
    314: "原班主任还有未结束的课节，不能更换",
    331: "班主任账号格式错误",
    334: "班主任不是该机构老师",
    369: "该课程/课节类型（公开课）不能编辑",
    371: "教室设置不存在",
    373: "教室设置不属于该机构",
    384: "课节未结束",
    389: "班主任已被停用",
    400: "请求数据不合法",
    460: "课程或课节正在被其他请求处理",
    464: "课程学生正在被其他请求处理",
    630: "视频片段文件不存在",
    631: "该课节录课失败，未生成视频文件",
    632: "该课节视频文件已生成，但已全部删除",
    633: "视频文件已被锁定保护，删除失败",
    634: "该视频片段文件已被删除",
    805: "班主任已停用",
    883: "班主任账号已被用户注销",
    901: "系统维护中",
    31000: "机构存储空间已满",
}


class ClassIn:
    """Courses, classes, clips and the cloud disk of the imitated schools."""

    name = "classin"

    def __init__(self, world: World, schools: Mapping[str, str] = CLASSIN_SCHOOLS) -> None:
        self._world = world
        self._schools = schools
        self._rate = RateLimit(world.limits)

    def read(self, request: Request) -> Call | None:
        if not request.path.startswith("/partner/api/"):
            return None
        actions = request.query_values("action", plus_is_space=True)
        call = Call(self.name, actions[-1] if actions else "", request)
        call.data, call.files = _form(request)
        call.params = {name: value for name, value in call.data.items() if name not in SECRET_FIELDS}
        call.params |= {name: f"{len(content)} bytes" for name, content in call.files.items()}
        return call

    def refuse(self, call: Call, now: float) -> Answer | None:
        if call.request.path not in ACTIONS:
            return Answer(Response.html("<html><body><h1>404 Not Found</h1></body></html>", 404), "404")
        try:
            self._admit(call, now)
        except Refused as refusal:
            return self.answer_code(str(refusal.errno))
        return self.throttled(None) if self._rate.exceeded(call.name, now) else None

    def _admit(self, call: Call, now: float) -> None:
        """Refuse a call that is not one of this script's, or not proven to come from a school."""
        account = self._world.accounts[self.name]
        if account.maintenance:
            raise Refused(901)
        if call.request.method != "POST":
            raise Refused(100)
        sid, key, stamp = (call.data.get(name, "") for name in ("SID", "safeKey", "timeStamp"))
        if not (sid and key and stamp):
            raise Refused(100)
        if not self._proven(sid, key, stamp, now) or call.name not in ACTIONS[call.request.path]:
            raise Refused(102)
        if account.refuses:
            raise Refused(int(account.refuses))
        if any(name.endswith("]") for name in call.data):
            raise Refused(155)

    def _proven(self, sid: str, key: str, stamp: str, now: float) -> bool:
        secret = self._schools.get(sid)
        if secret is None or not (stamp.isascii() and stamp.isdigit()):
            return False
        expected = hashlib.md5((secret + stamp).encode(), usedforsecurity=False).hexdigest()
        return hmac.compare_digest(expected, key) and abs(now - int(stamp)) <= TIMESTAMP_WINDOW

    def perform(self, call: Call, now: float) -> Answer:
        action = ACTIONS[call.request.path][call.name]
        try:
            more = action(self._world, Form(call.data, call.files), now)
        except Refused as refusal:
            return self.answer_code(str(refusal.errno))
        return _answer(1, more)

    def answer_code(self, code: str) -> Answer:
        return page(code) or _answer(int(code))

    def throttled(self, retry_after: int | None) -> Answer:
        response = Response.html("<html><body><h1>429 Too Many Requests</h1></body></html>", 429)
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        return Answer(response, "429")

    def hidden_error(self, code: str) -> Answer:
        return self.answer_code(code or "104")

    def without_item(self, answer: Answer, wanted: dict[str, Any]) -> Answer:
        return Answer(Response.json({"data": None}), answer.code)


def _answer(errno: int, more: Mapping[str, Any] | None = None) -> Answer:
    body = {**(more or {}), "error_info": {"errno": errno, "error": TEXTS.get(errno, "未知错误")}}
    return Answer(Response.json(body), str(errno))


def _form(request: Request) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Form fields, the last of equal names winning as in PHP, and uploaded files."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind == "application/x-www-form-urlencoded":
        pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        return dict(pairs), {}
    if kind != "multipart/form-data":
        return {}, {}
    try:
        _, fields, files = FormDataParser(_in_memory, silent=False).parse(
            io.BytesIO(request.body), kind, len(request.body), options
        )
    except (ValueError, HTTPException):
        return {}, {}
    return (
        {name: values[-1] for name, values in fields.lists()},
        {name: values[-1].read() for name, values in files.lists()},
    )


def _in_memory(*_: object, **__: object) -> io.BytesIO:
    """Where an uploaded file goes: its size is bounded already."""
    return io.BytesIO()
