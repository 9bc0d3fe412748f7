"""Verification of SDK-HMAC-SHA256, written from Huawei's description of the algorithm."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from urllib.parse import quote, unquote

from sandbox.credentials import AccessKey
from sandbox.wire import Request

ALGORITHM = "SDK-HMAC-SHA256"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
CLOCK_SKEW = 15 * 60
AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Access=(?P<access>[^,\s]+), ?SignedHeaders=(?P<headers>[^,\s]+), "
    r"?Signature=(?P<signature>[0-9a-f]{64})"
)


class BadSignature(Exception):
    """The request is not proven to come from the holder of the key; the message says why."""


def canonical_request(request: Request, signed_headers: list[str]) -> str:
    """The text whose hash is signed. Raises BadSignature when a signed header is not there."""
    missing = [name for name in signed_headers if name not in request.headers]
    if missing:
        raise BadSignature(f"signed header {missing[0]} is not in the request")
    path = "/".join(quote(unquote(part), safe="~") for part in request.path.split("/"))
    pairs = sorted((quote(key, safe="~"), quote(value, safe="~")) for key, value in request.query_pairs())
    names = sorted(signed_headers)
    return "\n".join(
        [
            request.method,
            path if path.endswith("/") else path + "/",
            "&".join(f"{key}={value}" for key, value in pairs),
            "".join(f"{name}:{request.headers[name].strip()}\n" for name in names),
            ";".join(names),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )


def signature_of(request: Request, signed_headers: list[str], secret: str) -> str:
    """The signature that the holder of `secret` would have sent. Raises BadSignature."""
    hashed = hashlib.sha256(canonical_request(request, signed_headers).encode()).hexdigest()
    text = f"{ALGORITHM}\n{request.headers.get('x-sdk-date', '')}\n{hashed}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def verify(request: Request, keys: Mapping[str, AccessKey], now: float) -> str:
    """The access key that signed the request. Raises BadSignature."""
    parts = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if parts is None:
        raise BadSignature(
            "authorization is not of the form SDK-HMAC-SHA256 Access=, SignedHeaders=, Signature="
        )
    signed = parts["headers"].split(";")
    if "x-sdk-date" not in signed:
        raise BadSignature("x-sdk-date is not signed")
    key = keys.get(parts["access"])
    if key is None:
        raise BadSignature("ak does not exist")
    _check_date(request, now)
    token = request.headers.get("x-security-token", "")
    if token != key.security_token or (token and "x-security-token" not in signed):
        raise BadSignature("security token is wrong or not signed")
    if not hmac.compare_digest(signature_of(request, signed, key.secret), parts["signature"]):
        raise BadSignature("verify aksk signature fail")
    return parts["access"]


def access_key_of(request: Request) -> str:
    """The access key that a request names, proven or not; "" when it names none."""
    parts = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    return parts["access"] if parts else ""


def _check_date(request: Request, now: float) -> None:
    try:
        sent = calendar.timegm(time.strptime(request.headers.get("x-sdk-date", ""), DATE_FORMAT))
    except ValueError:
        raise BadSignature("x-sdk-date is not of the form YYYYMMDDTHHMMSSZ") from None
    if abs(now - sent) > CLOCK_SKEW:
        raise BadSignature("the request has expired: x-sdk-date is more than 15 minutes off")
