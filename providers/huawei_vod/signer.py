"""Signing for Huawei Cloud: SDK-HMAC-SHA256 with an access key, or a token."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from providers.secrets import Secret

ALGORITHM: Final = "SDK-HMAC-SHA256"
DATE_HEADER: Final = "X-Sdk-Date"
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class SdkHmacSha256(AuthBase):
    """Signs the method, path, query, body and our own headers of a request with an access key.

    The canonical query replaces the one of the request, so that what is sent is what was signed. The
    gateway refuses a signature that is more than 15 minutes off.
    """

    def __init__(
        self,
        access_key: Secret | str,
        secret_key: Secret | str,
        *,
        project_id: str | None = None,
        security_token: Secret | str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`security_token` belongs to temporary keys; `clock` gives seconds since 1970."""
        self._access_key = Secret(access_key)
        self._secret_key = Secret(secret_key)
        self._project_id = project_id
        self._security_token = Secret(security_token) if security_token else None
        self._clock = clock

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the date and the signature to `request`, whose body and address are final."""
        parts = urlsplit(str(request.url))
        query = canonical_query(parts.query)
        request.url = urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock()))
        request.headers["Host"] = parts.netloc.removesuffix(_DEFAULT_PORTS.get(parts.scheme, ""))
        request.headers[DATE_HEADER] = moment
        if self._project_id:
            request.headers["X-Project-Id"] = self._project_id
        if self._security_token:
            request.headers["X-Security-Token"] = self._security_token.reveal()
        names = self._signed_names(request)
        canonical = "\n".join(
            [
                str(request.method).upper(),
                canonical_path(parts.path),
                query,
                *(f"{name}:{_text(request.headers[name]).strip()}" for name in names),
                "",
                ";".join(names),
                hashlib.sha256(_bytes(request.body)).hexdigest(),
            ]
        )
        request.headers["Authorization"] = self._authorization(canonical, moment, names)
        return request

    def _signed_names(self, request: PreparedRequest) -> list[str]:
        ours = ("content-type", "host", "x-project-id", "x-sdk-date", "x-security-token")
        return [name for name in ours if name in request.headers]

    def _authorization(self, canonical: str, moment: str, names: list[str]) -> str:
        to_sign = f"{ALGORITHM}\n{moment}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = self._secret_key.reveal().encode()
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        access = self._access_key.reveal()
        return f"{ALGORITHM} Access={access}, SignedHeaders={';'.join(names)}, Signature={signature}"


class AuthToken(AuthBase):
    """Sends an IAM token (valid for 24 hours) instead of a signature."""

    def __init__(self, token: Secret | str) -> None:
        """Use `token`, as IAM gave it in X-Subject-Token."""
        self._token = Secret(token)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the token to `request`."""
        request.headers["X-Auth-Token"] = self._token.reveal()
        return request


def canonical_path(path: str) -> str:
    """Each segment decoded and encoded again by RFC 3986, with the closing slash that only signing has."""
    encoded = "/".join(quote(unquote(segment), safe="") for segment in path.split("/"))
    return encoded if encoded.endswith("/") else f"{encoded}/"


def canonical_query(query: str) -> str:
    """The pairs sorted by name and value, encoded by RFC 3986 (a space is %20, never "+")."""
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _bytes(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes):
        return body
    raise TypeError("Only a body of bytes or text can be signed.")
