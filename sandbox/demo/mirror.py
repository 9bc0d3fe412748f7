"""A large school for measuring how a mirror fills: clips, assets with outputs, folders with files, without limits of calls."""

from __future__ import annotations

from sandbox.tables import DAY
from sandbox.world import World

CLIPS, ASSETS, OUTPUTS, FOLDERS = 200_000, 20_000, 5, 5_000
"""What an empty part of the seed stands for; the outputs are those of each asset."""
CLIPS_PER_CLASS = 1_000
FILES_PER_FOLDER = 4
FOLDERS_IN_A_FOLDER = 8
YEARS = 2
RENDITIONS = (("FULL_HD", 1920, 1080), ("HD", 1280, 720), ("SD", 854, 480), ("FLUENT", 480, 270))


def mirror_world(now: float, size: str = "") -> World:
    """The world of `mirror:CLIPS,ASSETS,OUTPUTS,FOLDERS`. Raises ValueError when a part is no number."""
    clips, assets, outputs, folders = _sizes(size)
    world = World(now=now, seed=f"mirror:{size}" if size else "mirror")
    _add_clips(world, clips)
    _add_assets(world, assets, outputs)
    _add_folders(world, folders)
    return world


def _sizes(size: str) -> tuple[int, int, int, int]:
    parts = size.split(",") if size else []
    if len(parts) > 4 or not all(part == "" or (part.isascii() and part.isdigit()) for part in parts):
        raise ValueError(f"mirror:{size} is not mirror:CLIPS,ASSETS,OUTPUTS,FOLDERS")
    given = [*parts, *[""] * (4 - len(parts))]
    clips, assets, outputs, folders = (
        int(part) if part else usual
        for part, usual in zip(given, (CLIPS, ASSETS, OUTPUTS, FOLDERS), strict=True)
    )
    return clips, assets, outputs, folders


def _add_clips(world: World, clips: int) -> None:
    course = world.classin.add_course("Large", course_id="1001")
    for index in range(clips):
        lesson_id = str(2_001 + index // CLIPS_PER_CLASS)
        if lesson_id not in world.classin.lessons:
            world.classin.add_class(
                course, class_id=lesson_id, name=f"Lesson {len(world.classin.lessons) + 1}"
            )
        world.classin.add_clip(lesson_id, file_id=str(1_000_001 + index))


def _add_assets(world: World, assets: int, outputs: int) -> None:
    """Evenly over two years; the outputs of each in one group, two sets of ids counted up."""
    tables = world.huawei_vod
    step = YEARS * 365 * DAY / max(assets, 1)
    for index in range(assets):
        asset = tables.add_asset(
            f"Lecture {index + 1}",
            asset_id=f"{index + 1:032x}",
            created_at=int(world.now - YEARS * 365 * DAY + index * step),
            duration=1_800,
            size=1_350_000_000,
        )
        group = tables.add_group(asset, group_id=f"{index:031x}f")
        base = f"https://103-cn-north-4.cdn-vod.huaweicloud.com/asset/{asset.id}/play_multi_video/{group}"
        for number in range(outputs):
            quality, width, height = RENDITIONS[number % len(RENDITIONS)]
            tables.add_product(
                asset, group, url=f"{base}/{number:032x}.mp4", quality=quality, width=width, height=height
            )


def _add_folders(world: World, folders: int) -> None:
    """`folders` in all, the top one among them, each with a few files; a tree of eight in each folder."""
    tables = world.classin
    for index in range(folders):
        parent = str(20_001 + (index - 1) // FOLDERS_IN_A_FOLDER) if index else ""
        folder = tables.add_folder(f"Folder {index}", folder_id=str(20_001 + index), parent_id=parent)
        for number in range(FILES_PER_FOLDER):
            file_id = str(3_000_001 + index * FILES_PER_FOLDER + number)
            tables.add_file(f"Handout {number}.pdf", file_id=file_id, folder_id=folder.id)
