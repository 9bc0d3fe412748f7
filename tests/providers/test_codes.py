"""The code tables: complete, in both languages, and honest about what nobody knows."""

from __future__ import annotations

import pytest

from providers import PROVIDERS
from providers.accounts import code_table
from providers.classin.codes import CODES as CLASSIN
from providers.codes import Code, CodeClass, CodeTable, Text
from providers.huawei_vod.codes import CODES as HUAWEI_VOD
from providers.syngrafii.codes import CODES as SYNGRAFII

EDIT_COURSE = "1 100 102 103 104 114 144 147 149 151 152 153 154 160 260 310 311 312 314 331 334 369 371 373 389 400 805 883"
DELETE_CLASS_VIDEO = "1 100 102 104 233 254 269 384 630 631 632 633 634"
RENAME_FILE = "1 100 102 104 198 199 200"
VOD = (
    "VOD.10051 VOD.10052 VOD.10053 VOD.10054 VOD.10055 VOD.10056 VOD.10057 VOD.10058 VOD.10059 VOD.10060 "
    "VOD.10061 VOD.10062 VOD.10063 VOD.10081 VOD.10083 VOD.10127 VST.10001 VST.10002 VST.10004 "
    "APIG.0301 APIGW.0301 APIG.0308 APIGW.0308"
)
SYNGRAFII_CODES = "http_400 http_403 http_404 http_429 http_500 package_not_found package_delete_retention"

D, A, F, R, C, M, U = CodeClass
ALL_ROWS = [(table, code) for table in (CLASSIN, HUAWEI_VOD, SYNGRAFII) for code in table.rows()]


@pytest.mark.parametrize(
    ("table", "call", "values"),
    [
        (CLASSIN, "editCourse", EDIT_COURSE),
        (CLASSIN, "deleteClassVideo", DELETE_CLASS_VIDEO),
        (CLASSIN, "renameFile", RENAME_FILE),
        (HUAWEI_VOD, "deleteTranscodeProduct", VOD),
        (SYNGRAFII, "packages/videos/delete", SYNGRAFII_CODES),
    ],
)
def test_every_documented_code_has_a_row(table: CodeTable, call: str, values: str) -> None:
    rows = {code.value for code in table.rows(call)}
    assert set(values.split()) <= rows


@pytest.mark.parametrize(
    ("call", "values", "extra"),
    [
        ("editCourse", EDIT_COURSE, set()),
        ("deleteClassVideo", DELETE_CLASS_VIDEO, {"369"}),
        ("renameFile", RENAME_FILE, set()),
    ],
)
def test_a_page_of_classin_has_its_own_codes_and_no_others(call: str, values: str, extra: set[str]) -> None:
    assert {code.value for code in CLASSIN.documented_for(call)} == set(values.split()) | extra


@pytest.mark.parametrize(
    ("table", "code"), ALL_ROWS, ids=[f"{t.provider}-{c.value}-{c.kind}" for t, c in ALL_ROWS]
)
def test_a_row_speaks_both_languages_and_says_what_helps(table: CodeTable, code: Code) -> None:
    assert code.meaning.en
    assert any("\u4e00" <= letter <= "\u9fff" for letter in code.meaning.zh)
    settled = code.kind in (CodeClass.DONE, CodeClass.ALREADY)
    assert bool(code.advice.en) is bool(code.advice.zh) is not settled
    assert not code.meaning.en.endswith(".")
    assert "please" not in code.advice.en.lower()


@pytest.mark.parametrize(
    ("table", "call", "raw", "kind", "field"),
    [
        (CLASSIN, "editCourse", "1", D, None),
        (CLASSIN, "editCourse", 200, U, "fileName"),
        (CLASSIN, "editCourse", "154", F, "expiryTime"),
        (CLASSIN, "editCourse", "314", F, "mainTeacherUid"),
        (CLASSIN, "editCourse", "373", F, "classroomSettingId"),
        (CLASSIN, "editCourse", "103", F, "Filedata"),
        (CLASSIN, "deleteClassVideo", "634", A, "fileId"),
        (CLASSIN, "deleteClassVideo", "632", A, "classId"),
        (CLASSIN, "deleteClassVideo", "633", F, "classId"),
        (CLASSIN, "deleteClassVideo", "384", F, "classId"),
        (CLASSIN, "deleteClassVideo", "104", U, None),
        (CLASSIN, "renameFile", "200", F, "fileName"),
        (CLASSIN, "renameFile", "634", U, "fileId"),
        (CLASSIN, "renameFile", "102", C, None),
        (CLASSIN, "renameFile", "901", M, None),
        (CLASSIN, "editCourse", "460", R, None),
        (CLASSIN, "editCourse", "114", U, None),
        (HUAWEI_VOD, "deleteTranscodeProduct", "VOD.10062", U, None),
        (HUAWEI_VOD, "showAssetMeta", "VOD.10062", F, "asset_id"),
        (HUAWEI_VOD, "deleteTranscodeProduct", "APIGW.0512", U, None),
        (HUAWEI_VOD, "deleteTranscodeProduct", "APIG.0308", R, None),
        (HUAWEI_VOD, "deleteTranscodeProduct", "VOD.10127", R, None),
        (HUAWEI_VOD, "deleteTranscodeProduct", "http_401", C, None),
        (SYNGRAFII, "packages/videos/delete", "meeting_video_not_found", U, "meetingVideoId"),
        (SYNGRAFII, "packages/videos/delete", "package_not_found", F, "packageId"),
        (SYNGRAFII, "packages/videos", "member_not_authorized", C, None),
        (SYNGRAFII, "packages/videos", "package_invalid_id", F, None),
        (SYNGRAFII, "packages/videos", "package_exception_x", U, None),
    ],
)
def test_a_code_is_classified(
    table: CodeTable, call: str, raw: str | int, kind: CodeClass, field: str | None
) -> None:
    found = table.find(call, raw)
    assert (found.value, found.kind, found.field) == (str(raw), kind, field)


def test_269_and_369_mean_the_same_for_a_deletion() -> None:
    one, other = CLASSIN.find("deleteClassVideo", 269), CLASSIN.find("deleteClassVideo", 369)
    assert (one.meaning, one.advice, one.kind) == (other.meaning, other.advice, other.kind)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_code_that_nobody_knows_is_shown_raw_and_proves_nothing(provider: str) -> None:
    found = code_table(provider).find("anything", "777x")
    assert found.kind is CodeClass.UNKNOWN
    assert "answered 777x, which nobody has documented" in found.meaning.en
    assert "777x" in found.meaning.zh


def test_an_endless_code_is_cut() -> None:
    assert len(CLASSIN.find("editCourse", "9" * 5000).value) == 64


def test_a_code_cannot_stand_twice() -> None:
    row = CLASSIN.find("editCourse", 1)
    with pytest.raises(ValueError, match="twice"):
        CodeTable("x", "X", general=[row, row])


def test_a_text_is_chinese_for_every_kind_of_chinese() -> None:
    text = Text("yes", "是")
    assert [text.in_language(code) for code in ("zh-hans", "zh", "ZH-CN", "en", "fr")] == [
        "是",
        "是",
        "是",
        "yes",
        "yes",
    ]
