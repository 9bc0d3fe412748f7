"""Huawei Cloud VOD: the gateway in front, the calls, and their error bodies."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox import huawei_vod_deletion, huawei_vod_reads
from sandbox.calls import Answer, Call, RateLimit, page
from sandbox.credentials import HUAWEI_VOD_AUTH_TOKEN, HUAWEI_VOD_KEYS, HUAWEI_VOD_PROJECT_ID, AccessKey
from sandbox.huawei_signing import BadSignature, access_key_of, verify
from sandbox.huawei_vod_deletion import VodRefused
from sandbox.wire import Request, Response
from sandbox.world import World

PATH = re.compile(r"/(?P<version>v1|v1\.0)/(?P<project>[^/]+)/asset/(?P<call>[a-z-]+)")
UNAVAILABLE = re.compile(r"APIGW?\.0[57]")
"""Codes of a gateway that is not available, or cannot reach the identity service."""
FAILURES_ALLOWED = 5
LOCKED_FOR = 5 * 60

Action = Callable[[World, Call, float], Mapping[str, Any]]

ACTIONS: dict[tuple[str, str], tuple[str, Action]] = {
    ("v1", "transcode-product"): ("DELETE", huawei_vod_deletion.delete_transcode_product),
    ("v1.0", "info"): ("GET", huawei_vod_reads.asset_info),
    ("v1.0", "list"): ("GET", huawei_vod_reads.asset_list),
    ("v1.0", "details"): ("GET", huawei_vod_reads.asset_details),
}

ERRORS: dict[str, tuple[int, str]] = {
    "VOD.10051": (403, "Service internal error."),
    "VOD.10052": (403, "Internal communication error."),
    "VOD.10053": (403, "The request parameter is illegal, illegal field: {%s}."),
    "VOD.10054": (403, "Authentication failed."),
    "VOD.10055": (403, "The account has not passed real-name authentication."),
    "VOD.10056": (403, "The user status is abnormal."),
    "VOD.10057": (403, "The tenant does not match the project."),
    "VOD.10058": (403, "The request method is not supported."),
    "VOD.10059": (403, "The content type is not supported."),
    "VOD.10060": (403, "The media asset has not been downloaded or published."),
    "VOD.10061": (403, "The media asset in its current status cannot be modified."),
    "VOD.10062": (403, "The media asset or resource does not exist."),
    "VOD.10063": (403, "The media type is not supported."),
    "VOD.10081": (400, "The request parameter is illegal, illegal field: {%s}."),
    "VOD.10083": (400, "The current media asset status does not allow this operation."),
    "VOD.10127": (403, "The request is throttled by the API gateway."),
    "VST.10001": (400, "Invalid parameter: %s."),
    "VST.10002": (400, "Internal error."),
    "VST.10004": (400, "Authentication failed."),
    "APIGW.0301": (401, "Incorrect IAM authentication information: %s"),
    "APIG.0301": (401, "Incorrect IAM authentication information: %s"),
    "APIGW.0308": (
        429,
        "The throttling threshold has been reached: policy user over ratelimit,limit:%s,time:1 minute",
    ),
    "APIG.0308": (
        429,
        "The throttling threshold has been reached: policy user over ratelimit,limit:%s,time:1 minute",
    ),
}


class HuaweiVod:
    """Media assets and transcoded outputs of the imitated project."""

    name = "huawei_vod"

    def __init__(
        self,
        world: World,
        keys: Mapping[str, AccessKey] = HUAWEI_VOD_KEYS,
        auth_token: str = HUAWEI_VOD_AUTH_TOKEN,
        project_id: str = HUAWEI_VOD_PROJECT_ID,
    ) -> None:
        self._world = world
        self._keys = keys
        self._auth_token = auth_token
        self._project_id = project_id
        self._rate = RateLimit(world.limits)
        self._failures: dict[str, int] = {}
        self._locked_until: dict[str, float] = {}

    def read(self, request: Request) -> Call | None:
        found = PATH.fullmatch(request.path)
        if found is None:
            return None
        call = Call(self.name, found["call"], request)
        if request.body:
            try:
                body = json.loads(request.body)
            except ValueError:
                body = None
            call.data = body if isinstance(body, dict) else {"": body}
            call.params = huawei_vod_deletion.summary(call.data)
        else:
            for name, value in request.query_pairs():
                call.params.setdefault(name, []).append(value)
        call.params["x_sdk_date"] = request.headers.get("x-sdk-date", "")
        return call

    def refuse(self, call: Call, now: float) -> Answer | None:
        request = call.request
        found = PATH.fullmatch(request.path)
        if found is None or (found["version"], call.name) not in ACTIONS:
            return _error(
                "APIGW.0101", "The API does not exist or has not been published in the environment", 404
            )
        try:
            may_delete = self._authenticate(request, now)
            self._admit(call, now, found["project"], may_delete=may_delete)
        except BadSignature as problem:
            return _error("APIGW.0301", str(problem))
        except VodRefused as refusal:
            return _error(refusal.code)
        return None

    def _admit(self, call: Call, now: float, project: str, *, may_delete: bool) -> None:
        """Refuse a proven call that comes too often, or that its sender may not make."""
        if self._rate.exceeded(call.name, now):
            raise VodRefused("VOD.10127")
        if self._world.accounts[self.name].refuses:
            raise VodRefused(self._world.accounts[self.name].refuses)
        if project != self._project_id:
            raise VodRefused("VOD.10057")
        request = call.request
        method, _ = ACTIONS[request.path.split("/")[1], call.name]
        if request.method != method:
            raise VodRefused("VOD.10058")
        if method == "DELETE" and not may_delete:
            raise VodRefused("VOD.10054")
        if method == "DELETE" and not request.headers.get("content-type", "").startswith("application/json"):
            raise VodRefused("VOD.10059")

    def _authenticate(self, request: Request, now: float) -> bool:
        """Whether the caller may delete. Raises BadSignature, also while the key is locked."""
        if "x-auth-token" in request.headers:
            if not hmac.compare_digest(request.headers["x-auth-token"], self._auth_token):
                raise BadSignature("decrypt token fail")
            return True
        if "authorization" not in request.headers:
            raise BadSignature("x-auth-token not found")
        access = access_key_of(request)
        if self._locked_until.get(access, 0) > now:
            raise BadSignature("the ak is locked after too many failures, try again in 5 minutes")
        try:
            verify(request, self._keys, now)
        except BadSignature:
            if access in self._keys:
                self._count_failure(access, now)
            raise
        self._failures.pop(access, None)
        return self._keys[access].may_delete

    def _count_failure(self, access: str, now: float) -> None:
        self._failures[access] = self._failures.get(access, 0) + 1
        if self._failures[access] > FAILURES_ALLOWED:
            self._failures[access] = 0
            self._locked_until[access] = now + LOCKED_FOR

    def perform(self, call: Call, now: float) -> Answer:
        version = call.request.path.split("/")[1]
        _, action = ACTIONS[version, call.name]
        try:
            body = action(self._world, call, now)
        except VodRefused as refusal:
            return _error(refusal.code, refusal.field)
        return Answer(Response.json(body), str(body.get("status", "200")))

    def answer_code(self, code: str) -> Answer:
        return page(code) or _error(code)

    def throttled(self, retry_after: int | None) -> Answer:
        answer = _error("APIGW.0308", "100")
        if retry_after is not None:
            answer.response.headers["Retry-After"] = str(retry_after)
        return answer

    def hidden_error(self, code: str) -> Answer:
        answer = _error(code or "VOD.10051")
        answer.response.status = 200
        return answer

    def without_item(self, answer: Answer, wanted: dict[str, Any]) -> Answer:
        """Keep the status, but leave the wanted output (or all of them) out of both lists."""
        body = answer.response.data()
        url = wanted.get("url")
        for name in ("deleted_products", "failed_products"):
            groups = body.get(name) or []
            for group in groups:
                group["products"] = [
                    item for item in group.get("products") or [] if url and item["url"] != url
                ]
            body[name] = [group for group in groups if group["products"]]
        return Answer(Response.json(body), answer.code)


def _error(code: str, detail: str = "", status: int = 0) -> Answer:
    usual = 500 if UNAVAILABLE.match(code) else 403
    documented, text = ERRORS.get(code, (usual, detail or "Unknown error."))
    if "%s" in text:
        text %= detail or "xx"
    return Answer(Response.json({"error_code": code, "error_msg": text}, status or documented), code)
