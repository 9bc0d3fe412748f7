"""The signer against vectors that the vendor's own SDK produced (huawei-signing-vectors.txt)."""

from __future__ import annotations

import calendar
import hashlib
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from providers.huawei_vod.signer import AuthToken, SdkHmacSha256, canonical_path, canonical_query

ACCESS_KEY = "AKTESTEXAMPLE0000001"
SECRET_KEY = "sKtEsTeXaMpLe0000000000000000000000000001"
MOMENT = calendar.timegm(time.strptime("20241204T083000Z", "%Y%m%dT%H%M%SZ"))


@dataclass(frozen=True)
class Vector:
    name: str
    method: str
    uri: str
    headers: dict[str, str]
    body: bytes | None
    body_sha256: str


def _vectors() -> list[Vector]:
    text = (Path(__file__).parent / "huawei-signing-vectors.txt").read_text(encoding="utf-8")
    return [_vector(part) for part in text.split("######## ")[1:]]


def _vector(part: str) -> Vector:
    def one(pattern: str) -> str:
        match = re.search(pattern, part, re.DOTALL)
        assert match is not None, pattern
        return match[1]

    body = one(r"BODY: (.*?)\n")
    return Vector(
        name=part.split(maxsplit=1)[0],
        method=one(r"CANONICAL:\n(\w+)\n"),
        uri=one(r"URI: (.*?)\n"),
        headers=json.loads(one(r"HEADERS sent: (\{.*?\n\})")),
        body=None if body == "None" else body.encode(),
        body_sha256=one(r"BODY sha256: (\w+)"),
    )


VECTORS = _vectors()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_signature_is_the_vendors_byte_for_byte(vector: Vector) -> None:
    signer = SdkHmacSha256(
        ACCESS_KEY,
        SECRET_KEY,
        project_id=vector.headers.get("X-Project-Id"),
        security_token=vector.headers.get("X-Security-Token"),
        clock=lambda: MOMENT,
    )
    given = {"Content-Type": vector.headers["Content-Type"]} if "Content-Type" in vector.headers else {}
    request = requests.Request(
        vector.method,
        f"https://{vector.headers['Host']}{vector.uri}",
        data=vector.body,
        headers={"Accept-Encoding": "gzip", "User-Agent": "not signed", **given},
        auth=signer,
    ).prepare()
    assert hashlib.sha256(vector.body or b"").hexdigest() == vector.body_sha256
    assert {name: request.headers[name] for name in vector.headers} == vector.headers
    assert request.url == f"https://{vector.headers['Host']}{vector.uri}"


def test_all_vectors_are_there() -> None:
    assert [vector.name for vector in VECTORS] == ["V1", "V2", "V3", "V4", "V5", "V6", "V6b", "V7"]


def test_the_query_on_the_wire_is_the_one_that_was_signed() -> None:
    signer = SdkHmacSha256(ACCESS_KEY, SECRET_KEY, clock=lambda: MOMENT)
    request = requests.Request(
        "GET", "https://h:443/a", params=[("b", "x y~"), ("a", "2"), ("a", "1"), ("c", "")], auth=signer
    ).prepare()
    assert request.url == "https://h:443/a?a=1&a=2&b=x%20y~&c="
    assert request.headers["Host"] == "h"


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/v1/p/asset", "/v1/p/asset/"), ("/a%2fb~/c d/", "/a%2Fb~/c%20d/"), ("", "/"), ("/媒", "/%E5%AA%92/")],
)
def test_the_canonical_path_ends_in_a_slash(path: str, expected: str) -> None:
    assert canonical_path(path) == expected


def test_the_canonical_query_is_sorted_and_encoded() -> None:
    assert canonical_query("b=1+2&a=%E5%AA%92&a=") == "a=&a=%E5%AA%92&b=1%202"


def test_a_token_is_sent_instead_of_a_signature() -> None:
    request = requests.Request("GET", "https://h/a", auth=AuthToken("t0ken")).prepare()
    assert request.headers["X-Auth-Token"] == "t0ken"
    assert "Authorization" not in request.headers


def test_a_streamed_body_cannot_be_signed() -> None:
    with pytest.raises(TypeError):
        requests.Request(
            "POST", "https://h/a", data=iter([b"x"]), auth=SdkHmacSha256(ACCESS_KEY, SECRET_KEY)
        ).prepare()
