"""Some 40 courses with ten classes each, and the clips of those classes."""

from __future__ import annotations

import random
from collections.abc import Iterator

from sandbox.demo.people import FIRST_UID, TEACHERS
from sandbox.objects import Course, Lesson
from sandbox.tables import DAY
from sandbox.world import World

FIRST_COURSE = 352_801
FIRST_CLASS = 9_870_001
FIRST_CLIP = 870_000_001
CLASSES_PER_COURSE = 10
CLIPS = 1_785

COURSES = (
    ("IELTS Speaking, autumn 2024", "3", "Part 1 to 3 with full mock interviews. Bring a notebook."),
    ("高二数学提高班", "2", "函数、导数与立体几何的系统提高，每周一次小测。"),
    ("Piano, level 3", "11", "Scales, sight reading and two recital pieces."),
    ("IELTS Writing, task 2", "3", "Essay plans, feedback within two days."),
    ("初三物理冲刺", "4", "力学与电学综合，考前八周。"),
    ("Business English for managers", "3", "Negotiation, presentations, difficult phone calls."),
    ("小学奥数五年级", "2", "行程问题、数论初步与逻辑推理。"),
    ("Young learners, phonics A", "3", "Sounds, rhymes and first readers for ages 5 to 7."),
    ("高一化学基础", "5", "物质的量、离子反应、氧化还原。"),
    ("Guitar for beginners", "11", "Chords, strumming and six songs."),
    ("托福听力强化", "3", "真题精听，讲座与对话题型。"),
    ("French conversation, B1", "99", "Everyday situations, small groups."),
    ("高三英语阅读与写作", "3", "阅读理解、七选五与书面表达。"),
    ("AP Calculus BC", "2", "Series, parametric curves, past papers."),
    ("书法入门", "13", "楷书基本笔画与结构。"),
    ("Python for teenagers", "15", "From loops to a small game."),
    ("初二数学同步", "2", "与课本同步，重在几何证明。"),
    ("IELTS Speaking, spring 2025", "3", "Part 1 to 3 with full mock interviews."),
    ("高中生物竞赛", "6", "遗传、生态与实验设计。"),
    ("Chess club", "99", "Openings, tactics and a monthly tournament."),
    ("小学语文阅读四年级", "1", "记叙文阅读与写作。"),
    ("SAT Reading and Writing", "3", "Question types, timing, error log."),
    ("中国地理专题", "9", "自然地理与区域地理。"),
    ("Violin, level 1", "11", "Posture, bowing, first position."),
    ("新概念英语第二册", "3", "课文精讲与口语操练。"),
    ("Spanish for travellers", "99", "Restaurants, trains and small talk."),
    ("高考政治时政专题", "7", "热点梳理与材料分析。"),
    ("World history, 1900 to today", "8", "Sources, debates and a final essay."),
    ("少儿美术创意班", "13", "水彩、拼贴与泥塑。"),
    ("Academic English for university", "3", "Lectures, notes and seminars."),
    ("初中信息技术", "15", "数据、算法与图形化编程。"),
    ("Piano, level 5", "11", "Sonatinas and pedalling."),
    ("高二物理实验班", "4", "电磁感应与实验探究。"),
    ("Public speaking", "3", "Structure, voice, body. Everyone speaks in every lesson."),
    ("HSK 4 强化班", "99", "语法、听力与写作综合训练。"),
    ("Year 6 science", "16", "Light, circuits and living things."),
    ("Staff training 2025", "0", "For our own teachers."),
    ("雅思写作批改班", "3", "每周两篇，逐句批改。"),
    ("Cambridge B2 First", "3", "All four papers, one mock exam a month."),
    ("暑期数学衔接班", "2", "初中升高中知识衔接。"),
)


def fill_courses(world: World, chance: random.Random) -> None:
    """Add courses from the oldest to those not yet started, with classes and clips."""
    recorded: list[Lesson] = []
    for index, (name, subject, introduction) in enumerate(COURSES):
        course = _add_course(world, index, name, subject, introduction)
        recorded.extend(_add_classes(world, course, index, chance))
    _add_clips(world, recorded, chance)


def _starts_at(world: World, index: int) -> int:
    """The first 28 courses are spread over two years, the others began lately or will; all after school."""
    days = index * 22 - 725 if index < 28 else (index - 28) * 8 - 66
    return int(world.now) // DAY * DAY + days * DAY + (9 + index % 4) * 3600 + 1800


def _add_course(world: World, index: int, name: str, subject: str, introduction: str) -> Course:
    start = _starts_at(world, index)
    end = start + (CLASSES_PER_COURSE - 1) * 7 * DAY
    status = 3 if end + 3600 < world.now else 2 if start < world.now else 1
    folders = list(world.classin.folders)
    ahead = max(end, int(world.now)) + 90 * DAY
    return world.classin.add_course(
        name,
        course_id=str(FIRST_COURSE + index),
        folder_id=folders[index * 5 % len(folders)],
        expires_at=0 if index % 3 == 0 else ahead // DAY * DAY,
        main_teacher_uid=str(FIRST_UID + index * 3 % len(TEACHERS)),
        subject_id=subject,
        classroom_setting_id=("235", "236", "0", "237")[index % 4],
        introduction=introduction,
        status=status,
    )


def _add_classes(world: World, course: Course, index: int, chance: random.Random) -> Iterator[Lesson]:
    """Ten weekly classes, given by another teacher than the head teacher; yields those that were recorded."""
    minutes = (45, 60, 90)[index % 3]
    chinese = not course.name.isascii()
    for number in range(CLASSES_PER_COURSE):
        begins = _starts_at(world, index) + number * 7 * DAY
        lesson = world.classin.add_class(
            course,
            class_id=str(FIRST_CLASS + len(world.classin.lessons)),
            name=f"第{number + 1}课" if chinese else f"Lesson {number + 1}",
            begins_at=begins,
            ends_at=begins + minutes * 60,
            teacher_uid=str(FIRST_UID + (index * 3 + 1 + number // 5) % len(TEACHERS)),
            seats=chance.choice((2, 5, 7, 13)),
            locked=index % 9 == 4 and number == 2,
        )
        if lesson.ends_at < world.now and chance.random() < 0.93:
            yield lesson
        else:
            lesson.recording = "never"


def _add_clips(world: World, lessons: list[Lesson], chance: random.Random) -> None:
    """Spread the clips: a class that was interrupted has more, a class in a real room has a second camera."""
    left = CLIPS
    for position, lesson in enumerate(lessons):
        share = left / (len(lessons) - position)
        count = max(1, min(left, round(share + chance.uniform(-2, 2))))
        left -= count
        cameras = ("ClassRoom", "Camera.3") if count > 3 and position % 3 == 0 else ("ClassRoom",)
        parts = -(-count // len(cameras))
        length = (lesson.ends_at - lesson.begins_at) // parts
        for clip in range(count):
            part, camera = clip // len(cameras), cameras[clip % len(cameras)]
            starts = lesson.begins_at + part * length
            world.classin.add_clip(
                lesson,
                file_id=str(FIRST_CLIP + len(world.classin.clips)),
                name=_clip_name(lesson, part + 1, camera),
                starts_at=starts,
                ends_at=starts + length - chance.randrange(0, 40),
                size=chance.randrange(200_000_000, 2_500_000_000),
                camera=camera,
                views=int(chance.paretovariate(1.2)) - 1,
            )


def _clip_name(lesson: Lesson, part: int, camera: str) -> str:
    if lesson.name.isascii():
        return f"{lesson.name}, part {part}" + (", teacher camera" if camera == "Camera.3" else "")
    return f"{lesson.name} 第{part}段" + ("（教师机位）" if camera == "Camera.3" else "")
