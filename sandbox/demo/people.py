"""Teachers, everybody who cannot lead a course, and classroom settings."""

from __future__ import annotations

from sandbox.credentials import CLASSIN_OTHER_SID
from sandbox.world import World

TEACHERS = (
    "Chen Yu",
    "Maria Ortega",
    "刘文",
    "Sophie Laurent",
    "王晓燕",
    "Daniel Okafor",
    "李建国",
    "Emma Whitfield",
    "张敏",
    "Kenji Mori",
    "周雅琴",
    "Tom Brennan",
    "赵立新",
    "Anna Kowalska",
    "孙佳怡",
    "Lucas Ferreira",
)
FIRST_UID = 1_001_001
CANNOT_LEAD = (
    ("student", "Li Lei (student)"),
    ("auditor", "韩梅梅（旁听生）"),
    ("outsider", "Peter Novak"),
    ("deactivated", "Grace Liu"),
    ("stopped", "吴浩然"),
    ("account_deleted", "Helen Park"),
    ("relation", "郑凯（关系编号）"),
)
UNKNOWN_UID = "1009999"
MALFORMED_UID = "10O1-001"


def fill_people(world: World) -> None:
    """Add everybody, and say which uid meets which refusal."""
    for offset, name in enumerate(TEACHERS):
        world.classin.add_teacher(name, uid=str(FIRST_UID + offset))
    for offset, (role, name) in enumerate(CANNOT_LEAD):
        person = world.classin.add_teacher(name, uid=str(FIRST_UID + 900 + offset), role=role)
        world.special[f"teacher_{role}"] = person.id
    world.special["teacher_unknown"] = UNKNOWN_UID
    world.special["teacher_malformed"] = MALFORMED_UID
    for setting_id, name in (("235", "Standard"), ("236", "小学课堂"), ("237", "Music, high quality sound")):
        world.classin.add_classroom_setting(name, setting_id=setting_id)
    other = world.classin.add_classroom_setting(
        "Another school's", setting_id="901", school=CLASSIN_OTHER_SID
    )
    world.special["classroom_setting_foreign"] = other.id
    world.special["classroom_setting_unknown"] = "999"
