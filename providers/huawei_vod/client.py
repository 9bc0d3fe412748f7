"""The calls that we make to Huawei Cloud VOD."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from requests.auth import AuthBase

from providers import own_codes
from providers.call import Answer, Call
from providers.client import Client, credential, identity
from providers.codes import Code, CodeClass, CodeTable, Text
from providers.huawei_vod import codes
from providers.huawei_vod.assets import MOST_LISTED, AssetInfo, AssetPage, absent, read_assets, read_page
from providers.huawei_vod.deletion import DeletionReport, Output, path_of, read_report
from providers.huawei_vod.signer import AuthToken, SdkHmacSha256
from providers.outcome import Exchange, Rejected, Reply
from providers.secrets import Secret
from providers.shapes import Misshapen
from providers.transport import CONNECT_TIMEOUT, POOL_SIZE, READ_TIMEOUT, Transport

MOST_OUTPUTS: Final = 100
"""Outputs, or groups, of one asset in one request."""
MOST_ASSETS: Final = 10
"""Assets that one asset/info asks about."""
ASSETS_A_PAGE: Final = 100
"""Rows of one page of asset/list."""
_MOMENT: Final = "%Y%m%d%H%M%S"
_JSON: Final = {"Content-Type": "application/json"}


class HuaweiVodClient(Client):
    """Huawei Cloud VOD for one project.

    Every method sends once and returns a Reply, or raises InvalidRequest, NotSent, Rejected or
    Ambiguous. Any number of threads may share a client.
    """

    table: ClassVar[CodeTable] = codes.CODES

    def __init__(
        self,
        *,
        endpoint: str,
        project_id: str,
        access_key: Secret | str | None = None,
        secret_key: Secret | str | None = None,
        security_token: Secret | str | None = None,
        auth_token: Secret | str | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        pool_size: int = POOL_SIZE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Sign with a pair of keys (and the token of temporary ones) or, without keys, send `auth_token`."""
        address = endpoint if "://" in endpoint else f"https://{endpoint}"
        super().__init__(
            Transport(
                address, connect_timeout=connect_timeout, read_timeout=read_timeout, pool_size=pool_size
            )
        )
        self._project_id = credential(project_id, "The project id").reveal()
        self._secrets = [
            Secret(value) for value in (access_key, secret_key, security_token, auth_token) if value
        ]
        self._auth: AuthBase
        if access_key or secret_key:
            self._auth = SdkHmacSha256(
                credential(access_key or "", "The access key"),
                credential(secret_key or "", "The secret key"),
                project_id=self._project_id,
                security_token=credential(security_token, "The security token") if security_token else None,
                clock=clock,
            )
        else:
            self._auth = AuthToken(credential(auth_token or "", "The token"))

    def delete_products(self, asset_id: str, outputs: Mapping[str, Collection[str]]) -> Reply[DeletionReport]:
        """Delete single outputs for good ("Deleting a Transcoded Output", PRODUCT).

        `outputs` maps a group id to URLs exactly as read, at most 100 together. The reply only says that
        Huawei answered: ask its `verdict` about each output.
        """
        call = Call(self.table, codes.DELETE_TRANSCODE_PRODUCT)
        identity(call, "asset_id", asset_id)
        asked: list[Output] = []
        for group_id, urls in outputs.items():
            identity(call, "group_id", group_id)
            if isinstance(urls, str) or not urls:
                raise call.refused(
                    "url", Text("A group has no output to delete", "有分组未指定要删除的转码产物")
                )
            asked += [(group_id, _url(call, url)) for url in urls]
        _check_amount(call, asked)
        infos = [
            {"group_id": group_id, "products": [{"url": url} for url in urls]}
            for group_id, urls in outputs.items()
        ]
        return self._delete(call, asset_id, "PRODUCT", infos, asked)

    def delete_groups(self, asset_id: str, group_ids: Sequence[str]) -> Reply[DeletionReport]:
        """Delete all outputs of template groups for good ("Deleting a Transcoded Output", GROUP)."""
        call = Call(self.table, codes.DELETE_TRANSCODE_PRODUCT)
        identity(call, "asset_id", asset_id)
        if isinstance(group_ids, str):
            raise call.refused("group_id", Text("Groups are given as a list", "分组应以列表形式给出"))
        asked: list[Output] = [(identity(call, "group_id", group_id), None) for group_id in group_ids]
        _check_amount(call, asked)
        return self._delete(call, asset_id, "GROUP", [{"group_id": group_id} for group_id, _ in asked], asked)

    def asset_info(self, asset_ids: Sequence[str]) -> Reply[list[AssetInfo]]:
        """Up to 10 assets with their outputs ("Querying Media Asset Information", asset/info).

        An asset that the answer leaves out is left out here too, and nothing follows from that.
        """
        call = Call(self.table, codes.SHOW_ASSET_META)
        if isinstance(asset_ids, str) or not 1 <= len(asset_ids) <= MOST_ASSETS:
            raise call.refused("asset_id", Text("Ask about 1 to 10 assets", "一次可查询 1 到 10 个媒资"))
        ids = [identity(call, "asset_id", asset_id) for asset_id in asset_ids]
        call.sent = {"asset_id": ids}
        try:
            code, exchange, answer, body = self._send(
                call, "GET", "v1.0", "asset/info", params=[("asset_id", asset_id) for asset_id in ids]
            )
        except Rejected as error:
            if error.code.value == "VOD.10062" and len(ids) == 1:
                return Reply(replace(error.code, kind=CodeClass.ALREADY), error.exchange, [absent(ids[0])])
            raise
        try:
            assets = [asset for asset in read_assets(body) if asset.asset_id in ids]
        except Misshapen as error:
            raise call.unreadable(answer, f"misshapen: {error}") from error
        return Reply(code, exchange, assets)

    def list_assets(self, start: datetime, end: datetime, page: int = 0) -> Reply[AssetPage]:
        """One page of the assets made from `start` to `end`, both included, in whole seconds ("Querying Media Assets", asset/list).

        Rows move between pages when assets come or go meanwhile. Pages that reach beyond row 20,000 are refused here as
        they are there: ask for a shorter time.
        """
        call = Call(self.table, codes.LIST_ASSETS)
        if start.tzinfo is None or end.tzinfo is None or end < start:
            raise call.refused(
                "end_time", Text("The time asked for ends before it begins", "查询的时间范围无效")
            )
        if not 0 <= page < MOST_LISTED // ASSETS_A_PAGE:
            why = Text(
                f"Only {MOST_LISTED} assets of one time can be listed",
                f"同一时间范围最多列出 {MOST_LISTED} 个媒资",
            )
            raise call.refused("page", why)
        call.sent = {
            "start_time": start.astimezone(UTC).strftime(_MOMENT),
            "end_time": end.astimezone(UTC).strftime(_MOMENT),
            "page": page,
            "size": ASSETS_A_PAGE,
        }
        code, exchange, answer, body = self._send(
            call,
            "GET",
            "v1.0",
            "asset/list",
            params=[(name, str(value)) for name, value in call.sent.items()],
        )
        try:
            return Reply(code, exchange, read_page(body))
        except Misshapen as error:
            raise call.unreadable(answer, f"misshapen: {error}") from error

    def _delete(
        self, call: Call, asset_id: str, delete_type: str, infos: list[dict[str, Any]], asked: list[Output]
    ) -> Reply[DeletionReport]:
        call.sent = {"asset_id": asset_id, "delete_type": delete_type, "delete_infos": infos}
        data = json.dumps(call.sent, ensure_ascii=False, separators=(",", ":")).encode()
        code, exchange, answer, body = self._send(call, "DELETE", "v1", "asset/transcode-product", data=data)
        if body.get("asset_id") not in (None, "", asset_id):
            raise call.ambiguous(own_codes.CONTRADICTORY, answer, "the answer is about another asset")
        try:
            report = read_report(asset_id, asked, body)
        except Misshapen as error:
            raise call.unreadable(answer, f"misshapen: {error}") from error
        return Reply(code, replace(exchange, code=call.scrubbed(report.status, 64)), report)

    def _send(
        self, call: Call, method: str, version: str, path: str, **parts: Any
    ) -> tuple[Code, Exchange, Answer, dict[str, Any]]:
        call.hide(*(secret.reveal() for secret in self._secrets))
        answer = self._transport.send(
            call, method, f"/{version}/{self._project_id}/{path}", headers=_JSON, auth=self._auth, **parts
        )
        body = call.json_object(answer)
        raw, message = _error(body or {})
        if raw and body and body.get("deleted_products"):
            raise call.ambiguous(own_codes.CONTRADICTORY, answer, message, raw=raw)
        code = call.judge(answer, raw, message)
        if body is None:
            raise call.unreadable(answer, f"HTTP {answer.status} without a JSON object")
        return code, call.exchange(answer), answer, body


def _error(body: dict[str, Any]) -> tuple[str, str]:
    """The error code and message of an answer, in any of the spellings of Huawei's gateways."""
    for code_key, message_key in (
        ("error_code", "error_msg"),
        ("errorCode", "errorMsg"),
        ("code", "message"),
    ):
        if body.get(code_key):
            message = body.get(message_key)
            return str(body[code_key]), message if isinstance(message, str) else ""
    return "", ""


def _check_amount(call: Call, asked: list[Output]) -> None:
    if not 1 <= len(asked) <= MOST_OUTPUTS:
        why = Text(
            f"{len(asked)} outputs are to be deleted; 1 to {MOST_OUTPUTS} fit into one request",
            f"要删除 {len(asked)} 个转码产物，一次请求只能包含 1 到 {MOST_OUTPUTS} 个",
        )
        raise call.refused("delete_infos", why)
    keys = [(group_id, None if url is None else path_of(url)) for group_id, url in asked]
    if len(set(keys)) < len(keys):
        raise call.refused("delete_infos", Text("An output is named twice", "同一个转码产物出现了两次"))


def _url(call: Call, value: Any) -> str:
    if isinstance(value, str):
        try:
            parts = urlsplit(value)
        except ValueError:
            parts = urlsplit("")
        if (
            parts.scheme in ("http", "https")
            and parts.netloc
            and parts.path.strip("/")
            and value.strip() == value
        ):
            return value
    raise call.refused(
        "url", Text("The address of an output is empty or wrong", "转码产物的地址为空或不正确")
    )
