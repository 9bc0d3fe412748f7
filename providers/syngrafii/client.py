"""The calls that we make to Syngrafii (iinked Sign)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import quote

from providers import own_codes
from providers.call import Answer, Call
from providers.client import Client, credential, identity
from providers.codes import Code, CodeTable, Text
from providers.outcome import Exchange, Reply
from providers.secrets import Secret
from providers.shapes import Misshapen
from providers.syngrafii import codes
from providers.syngrafii.packages import PackagePage, read_packages
from providers.syngrafii.videos import VideoRow, read_videos
from providers.transport import CONNECT_TIMEOUT, POOL_SIZE, READ_TIMEOUT, Transport

PACKAGES_A_PAGE: Final = 50
CLOCK_MARGIN: Final = timedelta(minutes=5)
"""A video counts as deleted before us only if it was so by more than what two clocks may differ."""


class SyngrafiiClient(Client):
    """Syngrafii for one organisation or user key.

    Every method sends once and returns a Reply, or raises InvalidRequest, NotSent, Rejected or
    Ambiguous. Any number of threads may share a client.
    """

    table: ClassVar[CodeTable] = codes.CODES

    def __init__(
        self,
        *,
        base_url: str,
        api_key: Secret | str,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        pool_size: int = POOL_SIZE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`base_url` is that of the instance the key belongs to and ends in /api/v1."""
        super().__init__(
            Transport(
                base_url, connect_timeout=connect_timeout, read_timeout=read_timeout, pool_size=pool_size
            )
        )
        self._api_key = credential(api_key, "The Syngrafii key")
        self._clock = clock

    def delete_video(self, package_id: str, meeting_video_id: str) -> Reply[VideoRow]:
        """Delete one video of a package for good (POST /packages/{packageId}/videos/delete)."""
        call = Call(self.table, codes.DELETE_VIDEOS)
        ids = {
            "packageId": identity(call, "packageId", package_id),
            "meetingVideoId": identity(call, "meetingVideoId", meeting_video_id),
        }
        asked_at = self._now()
        code, exchange, answer, videos = self._delete(call, ids)
        row = next((video for video in videos if _same(video.meeting_video_id, meeting_video_id)), None)
        if row is None or not row.is_deleted:
            raise call.ambiguous(
                own_codes.CONTRADICTORY,
                answer,
                "the answer does not show our video as deleted",
                raw=exchange.code,
            )
        return Reply(codes.ALREADY_DELETED if _long_gone(row, asked_at) else code, exchange, row)

    def delete_all_videos(self, package_id: str) -> Reply[list[VideoRow]]:
        """Delete every video of a package for good (the same page, without meetingVideoId).

        The rows are what the answer lists; compare them with the videos known before.
        """
        call = Call(self.table, codes.DELETE_VIDEOS)
        ids = {"packageId": identity(call, "packageId", package_id)}
        asked_at = self._now()
        code, exchange, _, videos = self._delete(call, ids)
        all_gone = bool(videos) and all(_long_gone(video, asked_at) for video in videos)
        return Reply(codes.ALREADY_DELETED if all_gone else code, exchange, videos)

    def list_videos(self, package_id: str) -> Reply[list[VideoRow]]:
        """All videos of a package, deleted ones most likely included (GET /packages/{packageId}/videos)."""
        call = Call(self.table, codes.LIST_VIDEOS)
        call.sent = {"packageId": identity(call, "packageId", package_id)}
        code, exchange, _, videos = self._send(call, "GET", package_id, "videos")
        return Reply(code, exchange, videos)

    def list_packages(self, skip: int = 0, *, all_members: bool = True) -> Reply[PackagePage]:
        """Up to 50 packages from `skip` on (POST /packages/list, a POST that only reads).

        Packages of all members need the key of an organisation; any other key is refused, and sees those of its own
        member without `all_members`. 50 is what the page's sample takes; no largest number is documented.
        """
        call = Call(self.table, codes.LIST_PACKAGES)
        if skip < 0:
            raise call.refused("skip", Text("Packages are counted from 0", "签署包从 0 开始计数"))
        call.sent = {"allMembers": all_members, "take": PACKAGES_A_PAGE, "skip": skip}
        code, exchange, answer, body = self._call(
            call, "POST", "/packages/list", data=json.dumps(call.sent).encode()
        )
        try:
            return Reply(code, exchange, read_packages(body))
        except Misshapen as error:
            raise call.unreadable(answer, f"misshapen: {error}") from error

    def _delete(self, call: Call, ids: dict[str, str]) -> tuple[Code, Exchange, Answer, list[VideoRow]]:
        call.sent = dict(ids)
        return self._send(call, "POST", ids["packageId"], "videos/delete", data=json.dumps(ids).encode())

    def _send(
        self, call: Call, method: str, package_id: str, path: str, **parts: Any
    ) -> tuple[Code, Exchange, Answer, list[VideoRow]]:
        address = f"/packages/{quote(package_id, safe='')}/{path}"
        code, exchange, answer, body = self._call(call, method, address, **parts)
        named = body.get("packageId")
        if named and not (isinstance(named, str) and _same(named, package_id)):
            raise call.ambiguous(own_codes.CONTRADICTORY, answer, "the answer is about another package")
        try:
            return code, exchange, answer, read_videos(body)
        except Misshapen as error:
            raise call.unreadable(answer, f"misshapen: {error}") from error

    def _call(
        self, call: Call, method: str, address: str, **parts: Any
    ) -> tuple[Code, Exchange, Answer, dict[str, Any]]:
        call.hide(self._api_key.reveal())
        headers = {"api_key": self._api_key.reveal(), "Content-Type": "application/json"}
        answer = self._transport.send(call, method, address, headers=headers, **parts)
        body = call.json_object(answer)
        raw, message = _error(body or {})
        if raw and body and body.get("videos"):
            raise call.ambiguous(own_codes.CONTRADICTORY, answer, message, raw=raw)
        code = call.judge(answer, raw, message)
        if body is None:
            raise call.unreadable(answer, f"HTTP {answer.status} without a JSON object")
        return code, call.exchange(answer), answer, body

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _error(body: dict[str, Any]) -> tuple[str, str]:
    code, message = body.get("error"), body.get("message")
    return str(code) if code else "", message if isinstance(message, str) else ""


def _same(one: str, other: str) -> bool:
    """GUIDs are the same in either case."""
    return one.lower() == other.lower()


def _long_gone(row: VideoRow, asked_at: datetime) -> bool:
    return row.is_deleted and row.time_deleted is not None and row.time_deleted < asked_at - CLOCK_MARGIN
