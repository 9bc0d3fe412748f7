"""Bare HTTP calls to the sandbox, without the product's clients."""

import hashlib
import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.huawei_signing import DATE_FORMAT, signature_of
from sandbox.server import Sandbox
from sandbox.wire import Request


@dataclass
class Got:
    """A complete answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def errno(self) -> Any:
        return self.json()["error_info"]["errno"]


def send(
    sandbox: Sandbox,
    method: str,
    target: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = 5,
) -> Got:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=timeout)
    try:
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        return Got(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def control(sandbox: Sandbox, method: str, path: str, body: Any = None) -> Got:
    """One request to an address under /_sandbox/."""
    return send(sandbox, method, f"/_sandbox/{path}", None if body is None else json.dumps(body).encode())


def signed(sandbox: Sandbox, at: float | None = None, account: str = "default") -> dict[str, str]:
    """ClassIn's three compulsory fields."""
    keys = sandbox.credentials("classin", account)
    stamp = str(int(time.time() if at is None else at))
    key = hashlib.md5((keys["secret"] + stamp).encode(), usedforsecurity=False).hexdigest()
    return {"SID": keys["sid"], "timeStamp": stamp, "safeKey": key}


def classin(
    sandbox: Sandbox, action: str, *, account: str = "default", timeout: float = 5, **fields: Any
) -> Got:
    """A properly signed ClassIn call."""
    script = "course" if action in ("editCourse", "deleteClassVideo") else "cloud"
    return send(
        sandbox,
        "POST",
        f"/partner/api/{script}.api.php?action={action}",
        urlencode({**signed(sandbox, account=account), **fields}).encode(),
        {"Content-Type": "application/x-www-form-urlencoded"},
        timeout,
    )


def vod(
    sandbox: Sandbox,
    method: str,
    path: str,
    body: Any = None,
    *,
    account: str = "default",
    at: float | None = None,
    secret: str | None = None,
    names: tuple[str, ...] = ("content-type", "host", "x-sdk-date"),
    headers: dict[str, str] | None = None,
    project: str | None = None,
) -> Got:
    """A signed VOD call; `path` goes from the version on, with {project} in it."""
    keys = sandbox.credentials("huawei_vod", account)
    target = path.format(project=project or keys["project_id"])
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {
        "content-type": "application/json",
        "host": urlsplit(sandbox.url).netloc,
        "x-sdk-date": time.strftime(DATE_FORMAT, time.gmtime(at)),
        **(headers or {}),
    }
    if "auth_token" in keys:
        sent["x-auth-token"] = keys["auth_token"]
    else:
        if "security_token" in keys:
            sent.setdefault("x-security-token", keys["security_token"])
            names = (*names, "x-security-token")
        way, _, query = target.partition("?")
        request = Request(method, way, query, sent, content)
        signature = signature_of(request, sorted(names), secret or keys["secret_key"])
        sent["authorization"] = (
            f"SDK-HMAC-SHA256 Access={keys['access_key']}, SignedHeaders={';'.join(sorted(names))}, "
            f"Signature={signature}"
        )
    return send(sandbox, method, target, content or None, sent)


def delete_products(
    sandbox: Sandbox, asset_id: str, outputs: dict[str | None, list[str]], **more: Any
) -> Got:
    """DELETE asset/transcode-product of single outputs."""
    infos = [
        {"group_id": group, "products": [{"url": url} for url in urls]} for group, urls in outputs.items()
    ]
    body = {"asset_id": asset_id, "delete_type": "PRODUCT", "delete_infos": infos}
    return vod(sandbox, "DELETE", "/v1/{project}/asset/transcode-product", body, **more)


def sign(
    sandbox: Sandbox,
    method: str,
    path: str,
    body: Any = None,
    *,
    key: str | None = None,
    timeout: float = 5,
) -> Got:
    """A Syngrafii call; `path` goes from /packages on."""
    keys = sandbox.credentials("syngrafii")
    headers = {"api_key": keys["api_key"] if key is None else key, "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    return send(sandbox, method, f"/api/v1{path}", content, headers, timeout)


def delete_video(sandbox: Sandbox, package_id: str, video_id: Any = None, **more: Any) -> Got:
    """POST /packages/{packageId}/videos/delete."""
    body = {"packageId": package_id} | ({} if video_id is None else {"meetingVideoId": video_id})
    return sign(sandbox, "POST", f"/packages/{package_id}/videos/delete", body, **more)
