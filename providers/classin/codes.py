"""Every code that ClassIn documents for the calls we make.

The Chinese pages of the vendor decide where the English ones are garbled (631, 632) or misprinted (269
for 369). Codes that come with any call stand under GENERAL.
"""

from __future__ import annotations

from typing import Final

from providers.codes import NOTHING_TO_DO, Code, CodeClass, CodeTable, Text

EDIT_COURSE: Final = "editCourse"
DELETE_CLASS_VIDEO: Final = "deleteClassVideo"
RENAME_FILE: Final = "renameFile"
GET_CLOUD_LIST: Final = "getCloudList"
GET_FOLDER_LIST: Final = "getFolderList"
GET_TOP_FOLDER_ID: Final = "getTopFolderId"

_LOOK_IN_CLASSIN: Final = Text(
    "It may have happened or not. Look in ClassIn before it is sent again.",
    "更改可能已经生效，也可能没有。请先到 ClassIn 中确认，再决定是否重新发送。",
)
_CHOOSE_TEACHER: Final = Text("Choose another head teacher.", "请选择其他班主任。")
_READ_AGAIN: Final = Text(
    "Check in ClassIn whether it still exists there, and refresh the list here.",
    "请到 ClassIn 中确认它是否仍然存在，并刷新本系统中的列表。",
)

DONE: Final = Code("1", Text("Done", "执行成功"), NOTHING_TO_DO, CodeClass.DONE)
_PARAMETERS: Final = Code(
    "100",
    Text("A value is missing or not accepted", "参数不全或有误"),
    Text(
        "Check the values. If they look right, tell an administrator which ones were sent.",
        "请检查填写的内容。如无误，请将所填内容告知管理员。",
    ),
    CodeClass.FIX_INPUT,
)
_SECURITY: Final = Code(
    "102",
    Text("The security check failed", "安全验证未通过"),
    Text(
        "Sending has stopped. An administrator should check the school id, the secret and this server's clock, "
        "then with ClassIn whether the contract is paid and the interface is enabled.",
        "已停止发送。请管理员检查机构 SID、密钥和服务器时间，并向 ClassIn 确认合同是否有效、是否欠费、接口权限是否开通。",
    ),
    CodeClass.CREDENTIALS,
)
_FAILED: Final = Code(
    "104",
    Text("ClassIn met an unexpected error", "操作失败（未知错误）"),
    _LOOK_IN_CLASSIN,
    CodeClass.UNKNOWN,
)
_SERVER: Final = Code(
    "114",
    Text("ClassIn's server met an error", "ClassIn 服务器异常"),
    _LOOK_IN_CLASSIN,
    CodeClass.UNKNOWN,
)


def _fix(value: str, en: str, zh: str, help_en: str, help_zh: str, field: str | None = None) -> Code:
    return Code(value, Text(en, zh), Text(help_en, help_zh), CodeClass.FIX_INPUT, field)


def _teacher(value: str, en: str, zh: str) -> Code:
    return Code(value, Text(en, zh), _CHOOSE_TEACHER, CodeClass.FIX_INPUT, "mainTeacherUid")


def _course(value: str, en: str, zh: str) -> Code:
    return Code(value, Text(en, zh), _READ_AGAIN, CodeClass.FIX_INPUT, "courseId")


GENERAL: Final = (
    DONE,
    _PARAMETERS,
    _SECURITY,
    _FAILED,
    _SERVER,
    _fix(
        "155",
        "A list of values is empty",
        "数据数组为空",
        "Tell an administrator; the request was not written as ClassIn expects it.",
        "请告知管理员：请求格式与 ClassIn 的要求不符。",
    ),
    Code(
        "460",
        Text("ClassIn is busy with the same course or lesson", "该课程或课节正在被其他请求处理"),
        Text("Nothing was changed. It can be tried again in a minute.", "没有更改，请过一分钟再试。"),
        CodeClass.RETRY_LATER,
    ),
    Code(
        "464",
        Text("ClassIn is busy with the students of the same course", "该课程的学生正在被其他请求处理"),
        Text("Nothing was changed. It can be tried again in a minute.", "没有更改，请过一分钟再试。"),
        CodeClass.RETRY_LATER,
    ),
    _fix(
        "211",
        "The file is too large",
        "文件过大",
        "Choose a smaller file.",
        "请选择较小的文件。",
        "Filedata",
    ),
    _fix(
        "31000",
        "The school's storage at ClassIn is full",
        "机构的存储空间已满",
        "Delete files that are no longer needed, or ask ClassIn for more space.",
        "请删除不再需要的文件，或向 ClassIn 申请扩容。",
        "Filedata",
    ),
    Code(
        "901",
        Text("ClassIn is closed for maintenance", "ClassIn 正在维护"),
        Text(
            "Nothing was changed. It can be tried again when the maintenance is over.",
            "没有更改，请在维护结束后再试。",
        ),
        CodeClass.MAINTENANCE,
    ),
)

_EDIT_COURSE: Final = (
    DONE,
    _PARAMETERS,
    _SECURITY,
    _fix(
        "103",
        "ClassIn could not store the cover picture",
        "封面图片上传到服务器失败",
        "Try a smaller picture in JPEG or PNG. Check in ClassIn whether the other changes arrived.",
        "请换一张较小的 JPEG 或 PNG 图片，并到 ClassIn 中确认其他更改是否已生效。",
        "Filedata",
    ),
    _FAILED,
    _SERVER,
    _course("144", "The school has no such course", "机构下没有这门课程"),
    _course("147", "ClassIn has no data about this course", "没有该课程的信息"),
    _course("149", "The course has been deleted in ClassIn", "该课程已在 ClassIn 中删除"),
    _fix(
        "151",
        "The course must stay open for at least one more day",
        "有效期至少要到 1 天以后",
        "Choose a later date, or let the course never expire.",
        "请选择更晚的日期，或设为永久有效。",
        "expiryTime",
    ),
    _fix(
        "152",
        "The course cannot expire before its last lesson ends",
        "有效期不能早于最后一节课的结束时间",
        "Choose a date after the last lesson.",
        "请选择最后一节课之后的日期。",
        "expiryTime",
    ),
    _fix(
        "153",
        "The course has expired and cannot be edited",
        "课程已过期，不能编辑",
        "Ask for its validity to be extended in ClassIn, then send the changes again.",
        "请先在 ClassIn 中延长课程有效期，再重新发送更改。",
    ),
    _fix(
        "154",
        "The new expiry date is too far ahead",
        "有效期超出允许的范围",
        "Choose a date within one year, or let the course never expire.",
        "请选择一年以内的日期，或设为永久有效。",
        "expiryTime",
    ),
    _fix(
        "160",
        "The school's cloud disk has no such folder",
        "机构云盘中没有这个文件夹",
        "Refresh the folders and choose another one.",
        "请刷新文件夹列表后重新选择。",
        "folderId",
    ),
    _fix(
        "260",
        "ClassIn could not set the head teacher",
        "添加班主任失败",
        "Choose another head teacher. Check in ClassIn whether the other changes arrived.",
        "请选择其他班主任，并到 ClassIn 中确认其他更改是否已生效。",
        "mainTeacherUid",
    ),
    _teacher("310", "The new head teacher does not exist", "新班主任不存在"),
    _teacher("311", "A student of the course cannot be its head teacher", "课程中的学生不能担任班主任"),
    _teacher(
        "312", "An auditing student of the course cannot be its head teacher", "课程中的旁听生不能担任班主任"
    ),
    _fix(
        "314",
        "The present head teacher still has lessons to give",
        "原班主任还有未上完的课节，不能更换",
        "Change the head teacher when these lessons are over, or give them to another teacher first.",
        "请在这些课节结束后再更换，或先将课节安排给其他老师。",
        "mainTeacherUid",
    ),
    _fix(
        "331",
        "The head teacher's account is not written correctly",
        "班主任账号格式不正确",
        "Enter the teacher's user number (UID).",
        "请填写老师的用户编号（UID）。",
        "mainTeacherUid",
    ),
    _teacher("334", "The head teacher is not a teacher of this school", "班主任不是本机构的老师"),
    _fix(
        "369",
        "A public course cannot be edited",
        "公开课不支持编辑",
        "Edit it in ClassIn itself.",
        "请直接在 ClassIn 中编辑。",
    ),
    _fix(
        "371",
        "The classroom setting does not exist",
        "教室设置不存在",
        "Choose a setting that is listed under the school's classroom settings in ClassIn.",
        "请选择 ClassIn 后台“教室设置”中列出的设置。",
        "classroomSettingId",
    ),
    _fix(
        "373",
        "The classroom setting belongs to another school",
        "教室设置不属于本机构",
        "Choose a setting that is listed under the school's classroom settings in ClassIn.",
        "请选择 ClassIn 后台“教室设置”中列出的设置。",
        "classroomSettingId",
    ),
    _teacher("389", "The head teacher has been deactivated", "班主任已被停用"),
    _fix(
        "400",
        "ClassIn does not accept the values that were sent",
        "请求数据不合法",
        "Most often the head teacher's number is not a user number (UID). Check it.",
        "常见原因是班主任填写的不是用户编号（UID），请核对。",
    ),
    _teacher("805", "The head teacher is being deactivated", "班主任正在停用中"),
    _teacher("883", "The head teacher has closed the account", "班主任的账号已注销"),
)


def _unsupported(value: str) -> Code:
    return _fix(
        value,
        "ClassIn does not delete videos of this kind of class",
        "该课程或课节类型暂不支持删除视频",
        "Delete it in ClassIn itself.",
        "请直接在 ClassIn 中删除。",
    )


_DELETE_CLASS_VIDEO: Final = (
    DONE,
    _PARAMETERS,
    _SECURITY,
    _FAILED,
    _fix(
        "233",
        "The school has no such class",
        "机构下没有这个课节",
        "Check in ClassIn whether the class still exists there.",
        "请到 ClassIn 中确认该课节是否仍然存在。",
        "classId",
    ),
    _fix(
        "254",
        "The class was not recorded, so it has no video",
        "该课节没有开启录课，没有视频",
        "There is nothing to delete.",
        "没有可删除的内容。",
        "classId",
    ),
    _unsupported("269"),
    _unsupported("369"),
    _fix(
        "384",
        "The class is not over yet",
        "该课节还未结束",
        "Try again after the class has ended.",
        "请在课节结束后再试。",
        "classId",
    ),
    _fix(
        "630",
        "ClassIn does not know this video",
        "视频片段不存在",
        "Check in ClassIn whether the video belongs to this class.",
        "请到 ClassIn 中确认该视频是否属于这个课节。",
        "fileId",
    ),
    _fix(
        "631",
        "The recording failed, so no video was made",
        "录课失败，未生成视频",
        "There is nothing to delete.",
        "没有可删除的内容。",
        "classId",
    ),
    Code(
        "632",
        Text("All videos of the class had been deleted before", "该课节的视频此前已全部删除"),
        NOTHING_TO_DO,
        CodeClass.ALREADY,
        "classId",
    ),
    _fix(
        "633",
        "The class is locked in ClassIn, which protects its videos",
        "该课节的视频已被锁定保护，无法删除",
        "Unlock the class in ClassIn first, then delete again.",
        "请先在 ClassIn 中解除锁定，再重新删除。",
        "classId",
    ),
    Code(
        "634",
        Text("The video had been deleted before", "该视频片段此前已被删除"),
        NOTHING_TO_DO,
        CodeClass.ALREADY,
        "fileId",
    ),
)

_RENAME_FILE: Final = (
    DONE,
    _PARAMETERS,
    _SECURITY,
    _FAILED,
    Code("198", Text("The file does not exist", "文件不存在"), _READ_AGAIN, CodeClass.FIX_INPUT, "fileId"),
    _fix(
        "199",
        "The file belongs to another school",
        "文件不属于本机构，无权操作",
        "Check that the right ClassIn account was chosen.",
        "请确认所选的 ClassIn 账户是否正确。",
        "fileId",
    ),
    _fix(
        "200",
        "Another file has this name already",
        "已存在同名文件",
        "Choose another name.",
        "请换一个名称。",
        "fileName",
    ),
)

_NO_DATA: Final = Code(
    "106",
    Text("The cloud disk has no folders", "云盘中没有数据"),
    NOTHING_TO_DO,
    CodeClass.DONE,
)

_GET_CLOUD_LIST: Final = (
    DONE,
    _PARAMETERS,
    _SECURITY,
    Code(
        "193", Text("The folder does not exist", "文件夹不存在"), _READ_AGAIN, CodeClass.FIX_INPUT, "folderId"
    ),
    _fix(
        "194",
        "The folder belongs to another school",
        "文件夹不属于本机构，无权操作",
        "Check that the right ClassIn account was chosen.",
        "请确认所选的 ClassIn 账户是否正确。",
        "folderId",
    ),
)

CODES: Final = CodeTable(
    "classin",
    "ClassIn",
    general=GENERAL,
    calls={
        EDIT_COURSE: _EDIT_COURSE,
        DELETE_CLASS_VIDEO: _DELETE_CLASS_VIDEO,
        RENAME_FILE: _RENAME_FILE,
        GET_CLOUD_LIST: _GET_CLOUD_LIST,
        GET_FOLDER_LIST: (DONE, _PARAMETERS, _SECURITY, _NO_DATA),
        GET_TOP_FOLDER_ID: (
            DONE,
            _PARAMETERS,
            _SECURITY,
            _fix(
                "106",
                "The school has no cloud disk yet",
                "机构还没有云盘数据",
                "Open the cloud disk once in ClassIn.",
                "请先在 ClassIn 中打开一次云盘。",
            ),
        ),
    },
)
