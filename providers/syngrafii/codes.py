"""The codes that Syngrafii documents: HTTP statuses, a few full codes and patterns for the rest."""

from __future__ import annotations

from typing import Final

from providers.codes import LOOK_FIRST, NOTHING_TO_DO, Code, CodeClass, CodeTable, Text

DELETE_VIDEOS: Final = "packages/videos/delete"
LIST_VIDEOS: Final = "packages/videos"
LIST_PACKAGES: Final = "packages/list"

_CHECK_VALUES: Final = Text(
    "Check the values. If they look right, tell an administrator which ones were sent.",
    "请检查填写的内容。如无误，请将所填内容告知管理员。",
)
_CHECK_KEY: Final = Text(
    "Sending has stopped. An administrator should check the key of the account and what it may do.",
    "已停止发送。请管理员检查该账户的密钥及其权限。",
)
_READ_AGAIN: Final = Text(
    "The package is read again to see which videos are still there.",
    "系统会重新查询该签署包，以确认还有哪些视频存在。",
)


def _fix(value: str, en: str, zh: str, advice: Text = _CHECK_VALUES, field: str | None = None) -> Code:
    return Code(value, Text(en, zh), advice, CodeClass.FIX_INPUT, field)


def _account(value: str, en: str, zh: str, advice: Text = _CHECK_KEY) -> Code:
    return Code(value, Text(en, zh), advice, CodeClass.CREDENTIALS)


ALREADY_DELETED: Final = Code(
    "already_deleted",
    Text("The video had been deleted before", "该视频此前已被删除"),
    NOTHING_TO_DO,
    CodeClass.ALREADY,
)

GENERAL: Final = (
    Code("http_200", Text("Done", "执行成功"), NOTHING_TO_DO, CodeClass.DONE),
    _fix("http_400", "Syngrafii does not accept the request", "Syngrafii 不接受该请求"),
    _account("http_403", "The key is not permitted to do this", "该密钥没有执行此操作的权限"),
    _fix(
        "http_404",
        "Syngrafii has nothing at this address",
        "Syngrafii 上没有对应的内容",
        Text(
            "Check whether the package still exists; an administrator should check the address of the account.",
            "请确认该签署包是否仍然存在，并请管理员检查账户地址。",
        ),
    ),
    Code(
        "http_429",
        Text("Syngrafii asks for fewer requests", "请求过于频繁，Syngrafii 已限流"),
        Text("Nothing was changed. It can be tried again later.", "没有更改，请稍后再试。"),
        CodeClass.RETRY_LATER,
    ),
    Code("http_500", Text("Syngrafii met an error", "Syngrafii 服务器错误"), LOOK_FIRST, CodeClass.UNKNOWN),
    _fix(
        "package_not_found",
        "The package does not exist, or the key may not see it",
        "签署包不存在，或该密钥无权查看",
        Text(
            "Check at Syngrafii whether the package still exists and belongs to this account.",
            "请到 Syngrafii 中确认该签署包是否仍然存在、是否属于该账户。",
        ),
        "packageId",
    ),
    _fix(
        "package_delete_retention",
        "The package is under retention and cannot be deleted yet",
        "签署包仍在保留期内，不能删除",
        Text("Try again when the retention has ended.", "请在保留期结束后再试。"),
        "packageId",
    ),
    _account("*_not_authorized", "The key is not permitted to do this", "该密钥没有执行此操作的权限"),
    _fix("*_invalid_*", "A value is not accepted", "参数无效"),
    Code(
        "*_exception_*",
        Text("Syngrafii met an error", "Syngrafii 处理时出现异常"),
        LOOK_FIRST,
        CodeClass.UNKNOWN,
    ),
    _account(
        "*_feature_*",
        "The account does not include this feature",
        "该账户未开通此功能",
        Text(
            "Sending has stopped. An administrator should ask Syngrafii.",
            "已停止发送。请管理员联系 Syngrafii。",
        ),
    ),
    _fix("*_not_safe_*", "Syngrafii considers a value unsafe", "参数内容未通过安全检查"),
    _fix("*_length_*", "A value is too short or too long", "参数长度不符合要求"),
    _fix("*_range_*", "A value is out of range", "参数超出允许的范围"),
)

CODES: Final = CodeTable(
    "syngrafii",
    "Syngrafii",
    general=GENERAL,
    calls={
        DELETE_VIDEOS: (
            ALREADY_DELETED,
            Code(
                "*_not_found",
                Text("The video does not exist", "视频不存在"),
                _READ_AGAIN,
                CodeClass.UNKNOWN,
                "meetingVideoId",
            ),
        ),
        LIST_VIDEOS: (_fix("*_not_found", "What was asked for does not exist", "所查询的内容不存在"),),
        LIST_PACKAGES: (),
    },
    assumed=(_account("http_401", "Syngrafii does not accept the key", "Syngrafii 不接受该密钥"),),
)
