"""The cloud disk: about 30 folders, four levels deep, and 300 files."""

from __future__ import annotations

import random
from typing import Any

from sandbox.credentials import CLASSIN_OTHER_SID, CLASSIN_SID
from sandbox.objects import CloudFile
from sandbox.world import World

TOP = "20001"
FIRST_FILE = 3_000_001
FILES = 300
TREE: dict[str, dict[str, dict[str, list[str]]]] = {
    "Courseware": {
        "English": {
            "IELTS": ["Speaking cards", "Listening"],
            "Business English": [],
            "Young learners": ["Phonics"],
        },
        "数学": {"高一": [], "高二": ["导数专题", "立体几何"], "小学奥数": []},
        "Music": {"Piano": ["Level 3 scores"], "Guitar": []},
    },
    "教师资料": {"教案模板": {}, "培训视频": {"2024": [], "2025": []}},
    "Course covers": {},
    "Exams and answers": {"IELTS mock tests": {}, "期末试卷": {"2024 秋季": [], "2025 春季": []}},
}
NAMES = (
    ("Speaking card {n:02d}.pdf", 180_000, 900_000),
    ("Lesson {n} slides.pptx", 2_000_000, 38_000_000),
    ("第{n}讲 课件.pptx", 2_000_000, 45_000_000),
    ("练习题 {n}.docx", 40_000, 600_000),
    ("Listening track {n:02d}.mp3", 3_000_000, 14_000_000),
    ("Homework {n}.pdf", 60_000, 2_500_000),
    ("Score sheet {n}.pdf", 90_000, 3_000_000),
    ("板书照片 {n}.jpg", 400_000, 5_000_000),
    ("Vocabulary list {n}.xlsx", 20_000, 200_000),
    ("示范课片段 {n}.mp4", 40_000_000, 420_000_000),
)


def fill_cloud(world: World, chance: random.Random) -> None:
    """Add the folders, the files, and those files that a rename trips over."""
    world.classin.add_folder("School resources", folder_id=TOP, parent_id="", is_system=True)
    folders = [TOP]
    _add_folders(world, TREE, TOP, folders)
    world.special["folder_deep"] = folders[6]
    world.special["folder_unknown"] = "29999"
    for index in range(FILES - 9):
        name, least, most = NAMES[index % len(NAMES)]
        _add_file(
            world,
            name.format(n=index // len(NAMES) + 1),
            folders[index * 7 % len(folders)],
            least,
            most,
            chance,
        )
    _add_special_files(world, folders, chance)


def _add_folders(world: World, tree: Any, parent: str, made: list[str]) -> None:
    """Add what `tree` names under `parent`; a list stands for folders with nothing in them."""
    for name in tree:
        folder = world.classin.add_folder(
            name, folder_id=str(int(TOP) + len(made)), parent_id=parent, is_system=name == "Course covers"
        )
        made.append(folder.id)
        if isinstance(tree, dict):
            _add_folders(world, tree[name], folder.id, made)


def _add_file(
    world: World, name: str, folder: str, least: int, most: int, chance: random.Random, **more: object
) -> CloudFile:
    file_id = str(FIRST_FILE + len(world.classin.files))
    return world.classin.add_file(
        name, file_id=file_id, folder_id=folder, size=chance.randrange(least, most), **more
    )


def _add_special_files(world: World, folders: list[str], chance: random.Random) -> None:
    def add(name: str, folder: str = folders[2], **more: object) -> CloudFile:
        return _add_file(world, name, folder, 200_000, 9_000_000, chance, **more)

    foreign = add("Shared by the partner school.pdf", school=CLASSIN_OTHER_SID)
    gone = add("Old timetable 2023.xlsx", deleted_at=world.now - 86_400 * 20)
    first, second = add("Placement test A.pdf"), add("Placement test B.pdf")
    long_name = add(
        "2024-2025学年第一学期高二数学导数与函数单调性专题复习（含答案与详细解析，教师内部使用）final v7.docx"
    )
    no_extension = add("课件2017")
    lost, refused, silent = (add("Recital programme.pdf"), add("Parents letter.docx"), add("School song.mp3"))
    world.went_unnoticed("file", foreign, school=CLASSIN_SID)
    world.went_unnoticed("file", gone, deleted_at=None)
    world.special |= {
        "file_foreign": foreign.id,
        "file_gone": gone.id,
        "file_name_clash": [first.id, second.id],
        "file_long_name": long_name.id,
        "file_without_extension": no_extension.id,
        "file_answer_lost": lost.id,
        "file_server_error": refused.id,
        "file_timeout_before": silent.id,
    }
    for file, kind in ((lost, "reset_after"), (refused, "http_500_before"), (silent, "timeout_before")):
        world.faults.append(
            {
                "provider": "classin",
                "call": "renameFile",
                "match": {"fileId": file.id},
                "kind": kind,
                "times": None,
                "only_with_effect": kind == "reset_after",
            }
        )
