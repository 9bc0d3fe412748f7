"""Codes of our own, for what ends a call before or instead of a provider's code."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from providers.codes import LOOK_FIRST, Code, CodeClass, Text

TRY_AGAIN: Final = Text("Nothing was sent. It can be tried again.", "没有发送任何内容，可以稍后重试。")

NOT_REACHED: Final = Code(
    "not_reached",
    Text("The provider could not be reached", "无法连接到服务商"),
    TRY_AGAIN,
    CodeClass.RETRY_LATER,
)
NOT_TRUSTED: Final = Code(
    "not_trusted",
    Text("The provider's certificate could not be verified", "无法验证服务商的安全证书"),
    Text(
        "Nothing was sent. Ask an administrator to check the address of the account.",
        "没有发送任何内容。请管理员检查该账户的地址设置。",
    ),
    CodeClass.CREDENTIALS,
)
NOT_PREPARED: Final = Code(
    "not_prepared",
    Text("The request could not be written", "无法生成请求"),
    Text(
        "Nothing was sent. Ask an administrator to check the address and the credentials of the account.",
        "没有发送任何内容。请管理员检查该账户的地址和凭据。",
    ),
    CodeClass.CREDENTIALS,
)
NOT_CONNECTED: Final = Code(
    "not_connected",
    Text("The account is not connected", "该账户尚未连接"),
    Text("Ask an administrator to set its credentials.", "请管理员设置该账户的凭据。"),
    CodeClass.CREDENTIALS,
)
INVALID_REQUEST: Final = Code(
    "invalid_request",
    Text("The request is not complete", "请求不完整"),
    Text("Nothing was sent. Correct the value.", "没有发送任何内容，请更正该值。"),
    CodeClass.FIX_INPUT,
)

NO_ANSWER: Final = Code(
    "no_answer",
    Text("No answer came in time", "未在规定时间内收到回应"),
    LOOK_FIRST,
    CodeClass.UNKNOWN,
)
CUT_OFF: Final = Code(
    "cut_off",
    Text("The connection broke before the answer was complete", "连接在回应完成之前中断"),
    LOOK_FIRST,
    CodeClass.UNKNOWN,
)
TOO_LARGE: Final = Code(
    "too_large",
    Text("The answer was larger than is allowed", "回应内容超出允许的大小"),
    LOOK_FIRST,
    CodeClass.UNKNOWN,
)
UNREADABLE: Final = Code(
    "unreadable",
    Text("The answer could not be understood", "无法读懂服务商的回应"),
    LOOK_FIRST,
    CodeClass.UNKNOWN,
)
REDIRECTED: Final = Code(
    "redirected",
    Text(
        "The provider pointed to another address, which was not followed", "服务商要求转到其他地址，未予跟随"
    ),
    LOOK_FIRST,
    CodeClass.UNKNOWN,
)
CONTRADICTORY: Final = Code(
    "contradictory",
    Text("The answer contradicts itself or the request", "回应内容前后矛盾或与请求不符"),
    LOOK_FIRST,
    CodeClass.UNKNOWN,
)
ASKED_TO_WAIT: Final = Code(
    "http_429",
    Text("The provider asked us to wait", "服务商要求稍候再发"),
    Text("Nothing was done. It can be tried again after a while.", "没有执行任何操作，可以稍后重试。"),
    CodeClass.RETRY_LATER,
)


def invalid(field: str | None, why: Text) -> Code:
    """The code of a request that we refuse to send because of `field`."""
    return replace(INVALID_REQUEST, meaning=why, field=field)
