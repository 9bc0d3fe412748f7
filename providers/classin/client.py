"""The calls that we make to ClassIn."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar

from providers.call import Answer, Call
from providers.classin import codes
from providers.classin.cloud import CloudListing, FolderNode, cloud_listing, folder_tree, top_folder
from providers.classin.courses import CourseChanges, FilePart
from providers.client import Client, credential, identity, text
from providers.codes import Code, CodeTable
from providers.outcome import Exchange, Reply
from providers.secrets import Secret
from providers.shapes import Misshapen
from providers.transport import CONNECT_TIMEOUT, POOL_SIZE, READ_TIMEOUT, Transport

BASE_URL: Final = "https://api.eeo.cn"
LONGEST_FILE_NAME: Final = 128

T = TypeVar("T")

_COURSES: Final = "/partner/api/course.api.php"
_CLOUD: Final = "/partner/api/cloud.api.php"


class ClassInClient(Client):
    """ClassIn's partner interface (v1) for one school.

    Every method sends once and returns a Reply, or raises InvalidRequest, NotSent, Rejected or
    Ambiguous. Any number of threads may share a client.
    """

    table: ClassVar[CodeTable] = codes.CODES

    def __init__(
        self,
        *,
        sid: str,
        secret: Secret | str,
        base_url: str = BASE_URL,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        pool_size: int = POOL_SIZE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`sid` and `secret` are the school's; `clock` gives seconds since 1970."""
        super().__init__(
            Transport(
                base_url, connect_timeout=connect_timeout, read_timeout=read_timeout, pool_size=pool_size
            )
        )
        self._sid = credential(sid, "The school id (SID)").reveal()
        self._secret = credential(secret, "The ClassIn secret")
        self._clock = clock

    def edit_course(self, course_id: str, changes: CourseChanges) -> Reply[None]:
        """Change a course ("editCourse"); only what is set in `changes` is sent."""
        call = Call(self.table, codes.EDIT_COURSE)
        form = {"courseId": identity(call, "courseId", course_id), **changes.form(call)}
        files = changes.files(call)
        call.sent = dict(form) if changes.cover is None else {**form, "Filedata": changes.cover.described()}
        code, exchange, _ = self._send(call, _COURSES, form, files)
        return Reply(code, exchange, None)

    def delete_class_video(self, class_id: str, file_id: str) -> Reply[None]:
        """Delete one video of a class for good ("deleteClassVideo" with fileId)."""
        call = Call(self.table, codes.DELETE_CLASS_VIDEO)
        form = {
            "classId": identity(call, "classId", class_id),
            "fileId": identity(call, "fileId", file_id),
        }
        return self._change(call, _COURSES, form)

    def delete_all_class_videos(self, class_id: str) -> Reply[None]:
        """Delete every video of a class for good ("deleteClassVideo" without fileId)."""
        call = Call(self.table, codes.DELETE_CLASS_VIDEO)
        return self._change(call, _COURSES, {"classId": identity(call, "classId", class_id)})

    def rename_file(self, file_id: str, file_name: str) -> Reply[None]:
        """Rename a file of the cloud disk ("renameFile"); over 128 characters are refused, not cut."""
        call = Call(self.table, codes.RENAME_FILE)
        form = {
            "fileId": identity(call, "fileId", file_id),
            "fileName": text(call, "fileName", file_name, LONGEST_FILE_NAME),
        }
        return self._change(call, _CLOUD, form)

    def list_cloud(self, folder_id: str | None) -> Reply[CloudListing]:
        """The folders and files in one folder ("getCloudList"); None is the top folder."""
        call = Call(self.table, codes.GET_CLOUD_LIST)
        form = {} if folder_id is None else {"folderId": identity(call, "folderId", folder_id)}
        return self._read(call, form, cloud_listing)

    def list_folders(self) -> Reply[dict[str, tuple[FolderNode, ...]]]:
        """The second-level folders by the id of their first-level folder ("getFolderList")."""
        return self._read(Call(self.table, codes.GET_FOLDER_LIST), {}, folder_tree)

    def top_folder_id(self) -> Reply[str]:
        """The id of the school's top folder ("getTopFolderId")."""
        return self._read(Call(self.table, codes.GET_TOP_FOLDER_ID), {}, top_folder)

    def _change(self, call: Call, script: str, form: dict[str, str]) -> Reply[None]:
        call.sent = dict(form)
        code, exchange, _ = self._send(call, script, form)
        return Reply(code, exchange, None)

    def _read(self, call: Call, form: dict[str, str], parse: Callable[[dict[str, Any]], T]) -> Reply[T]:
        call.sent = dict(form)
        code, exchange, (answer, body) = self._send(call, _CLOUD, form)
        try:
            return Reply(code, exchange, parse(body))
        except Misshapen as error:
            raise call.unreadable(answer, f"misshapen: {error}") from error

    def _send(
        self, call: Call, script: str, form: dict[str, str], files: dict[str, FilePart] | None = None
    ) -> tuple[Code, Exchange, tuple[Answer, dict[str, Any]]]:
        answer = self._transport.send(
            call,
            "POST",
            script,
            params={"action": call.name},
            data={**self._signature(call), **form},
            files=files,
        )
        body = call.json_object(answer) or {}
        info = body.get("error_info")
        errno = _errno(info.get("errno")) if isinstance(info, dict) else None
        if errno is None and answer.status < 300:
            raise call.unreadable(answer, f"HTTP {answer.status} without an error number")
        message = str(info.get("error") or "") if isinstance(info, dict) else ""
        code = call.judge(answer, "" if errno is None else str(errno), message)
        return code, call.exchange(answer, code=str(errno), message=message), (answer, body)

    def _signature(self, call: Call) -> dict[str, str]:
        """SID, timeStamp and safeKey = md5(SECRET + timeStamp), made anew for each sending."""
        stamp = str(int(self._clock()))
        digest = hashlib.md5(f"{self._secret.reveal()}{stamp}".encode(), usedforsecurity=False)
        safe_key = digest.hexdigest()
        call.hide(self._secret.reveal(), safe_key)
        return {"SID": self._sid, "safeKey": safe_key, "timeStamp": stamp}


def _errno(value: Any) -> int | None:
    """The error number, whether it came as a number or as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{1,12}", value.strip(), re.ASCII):
        return int(value)
    return None
