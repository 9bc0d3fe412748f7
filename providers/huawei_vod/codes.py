"""Every code that Huawei Cloud documents for VOD, its older VST codes and its API gateway.

The same code comes with different HTTP statuses on different pages, so the code decides; the status
speaks only where there is no code.
"""

from __future__ import annotations

from typing import Final

from providers.codes import LOOK_FIRST, NOTHING_TO_DO, Code, CodeClass, CodeTable, Text

DELETE_TRANSCODE_PRODUCT: Final = "deleteTranscodeProduct"
SHOW_ASSET_META: Final = "showAssetMeta"
LIST_ASSETS: Final = "listAssetList"

_TELL_ADMINISTRATOR: Final = Text(
    "Check the values. If they look right, tell an administrator which ones were sent.",
    "请检查填写的内容。如无误，请将所填内容告知管理员。",
)
_CHECK_KEYS: Final = Text(
    "Sending has stopped. An administrator should check the keys of the account and this server's clock; "
    "after five refusals Huawei Cloud locks the key pair for five minutes.",
    "已停止发送。请管理员检查账户密钥和服务器时间；连续失败五次后，华为云会将该密钥锁定五分钟。",
)
_CHECK_ACCOUNT: Final = Text(
    "Sending has stopped. An administrator should look at the account in the Huawei Cloud console.",
    "已停止发送。请管理员到华为云控制台检查该账户。",
)
_WAIT: Final = Text("Nothing was changed. It can be tried again later.", "没有更改，请稍后再试。")
_WAIT_FOR_ASSET: Final = Text(
    "Nothing was changed. It can be tried again when Huawei Cloud has finished working on the asset.",
    "没有更改。请等待华为云处理完该媒资后再试。",
)
_READ_AGAIN: Final = Text(
    "The asset is read again to see what is still there.",
    "系统会重新查询该媒资，以确认还有哪些内容存在。",
)


def _unclear(value: str, en: str, zh: str, advice: Text = LOOK_FIRST) -> Code:
    return Code(value, Text(en, zh), advice, CodeClass.UNKNOWN)


def _fix(value: str, en: str, zh: str, advice: Text = _TELL_ADMINISTRATOR, field: str | None = None) -> Code:
    return Code(value, Text(en, zh), advice, CodeClass.FIX_INPUT, field)


def _account(value: str, en: str, zh: str, advice: Text = _CHECK_ACCOUNT) -> Code:
    return Code(value, Text(en, zh), advice, CodeClass.CREDENTIALS)


def _later(value: str, en: str, zh: str, advice: Text = _WAIT) -> Code:
    return Code(value, Text(en, zh), advice, CodeClass.RETRY_LATER)


def _gateway(prefix: str) -> tuple[Code, ...]:
    """The gateway's codes, which come with either prefix."""
    return (
        _account(f"{prefix}.0301", "The sign-in to Huawei Cloud failed", "华为云身份认证失败", _CHECK_KEYS),
        _later(f"{prefix}.0308", "Huawei Cloud asks for fewer requests", "请求过于频繁，华为云已限流"),
        _unclear(f"{prefix}.05*", "Huawei Cloud's gateway is not available", "华为云 API 网关暂不可用"),
        _unclear(
            f"{prefix}.07*", "Huawei Cloud's sign-in service is not available", "华为云认证服务暂不可用"
        ),
    )


GENERAL: Final = (
    Code(
        "http_200",
        Text(
            "Huawei Cloud answered; each output has a result of its own", "华为云已答复，每个转码产物各有结果"
        ),
        NOTHING_TO_DO,
        CodeClass.DONE,
    ),
    _unclear("VOD.10051", "VOD met an internal error", "视频点播服务内部错误"),
    _unclear("VOD.10052", "VOD's internal communication failed", "视频点播服务内部通信异常"),
    _fix("VOD.10053", "A value is not accepted", "请求参数不合法"),
    _account("VOD.10054", "The sign-in to VOD failed", "视频点播鉴权失败", _CHECK_KEYS),
    _account("VOD.10055", "The account's owner has not been verified by name", "账户未完成实名认证"),
    _account("VOD.10056", "The account is suspended, for example in arrears", "账户状态异常，例如已欠费"),
    _account("VOD.10057", "The project does not belong to the account", "项目与账户不匹配"),
    _fix("VOD.10058", "VOD does not accept this kind of request", "请求方法不正确"),
    _fix("VOD.10059", "VOD does not accept this content type", "请求的内容类型不正确"),
    _fix(
        "VOD.10060",
        "The asset is not uploaded completely or not published",
        "媒资尚未上传完成或未发布",
        Text("Finish or publish it in the VOD console first.", "请先在视频点播控制台完成上传或发布。"),
        "asset_id",
    ),
    _later(
        "VOD.10061",
        "The asset is busy; its state does not allow the change",
        "媒资当前状态不允许修改",
        _WAIT_FOR_ASSET,
    ),
    _unclear("VOD.10062", "The asset or a part of it does not exist", "媒资或其中的资源不存在", _READ_AGAIN),
    _fix(
        "VOD.10063",
        "VOD does not support this kind of media",
        "媒体类型不支持",
        Text("Delete it in the VOD console.", "请到视频点播控制台中删除。"),
        "asset_id",
    ),
    _fix("VOD.10081", "A value is not accepted", "请求参数有误"),
    _later(
        "VOD.10083",
        "The asset is busy; its state does not allow the request",
        "媒资当前状态不允许该操作",
        _WAIT_FOR_ASSET,
    ),
    _later("VOD.10127", "Huawei Cloud asks for fewer requests", "请求过于频繁，华为云已限流"),
    _fix("VST.10001", "A value is not accepted", "请求参数不合法"),
    _unclear("VST.10002", "VOD met an internal error", "视频点播服务内部错误"),
    _account("VST.10004", "The sign-in to VOD failed", "视频点播鉴权失败", _CHECK_KEYS),
    *_gateway("APIG"),
    *_gateway("APIGW"),
)

_ASSUMED: Final = (
    _fix("http_400", "Huawei Cloud does not accept the request", "华为云不接受该请求"),
    _account("http_401", "The sign-in to Huawei Cloud failed", "华为云身份认证失败", _CHECK_KEYS),
    _account(
        "http_403", "Huawei Cloud does not permit the request", "华为云拒绝了该请求（无权限）", _CHECK_KEYS
    ),
    _fix("http_404", "There is no such address at Huawei Cloud", "华为云上没有该接口地址", _CHECK_ACCOUNT),
)

CODES: Final = CodeTable(
    "huawei_vod",
    "Huawei Cloud VOD",
    general=GENERAL,
    calls={
        DELETE_TRANSCODE_PRODUCT: (),
        SHOW_ASSET_META: (
            _fix(
                "VOD.10062",
                "An asset that was asked for does not exist",
                "所查询的媒资不存在",
                field="asset_id",
            ),
        ),
        LIST_ASSETS: (),
    },
    assumed=_ASSUMED,
)
