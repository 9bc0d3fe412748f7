from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses import edits, mirror, selectors
from courses.forms import EditCourseForm
from courses.locks import LOCKS
from courses.models import Course
from operations.mirror import MirrorRow
from operations.models import Attachment, Item
from operations.operation import LeftOut, Operation, Settled
from operations.registry import register
from operations.states import Resend, Risk
from providers.classin import ClassInClient, CourseChanges, Upload
from providers.outcome import Reply


@register
class EditCourse(Operation):
    """Change a course at ClassIn. Nobody can read a course back, so a lost answer is settled by a person."""

    key = "courses.course.edit"
    provider = "classin"
    target = Course
    permission = "courses.edit_course"
    risk = Risk.REVERSIBLE
    resend = Resend.BY_PERSON
    form = EditCourseForm

    label = _("Edit course")
    requested = _("%(actor)s asked to edit the course “%(target)s”")
    succeeded = _("%(actor)s edited the course “%(target)s”")
    done_label = _("Changed")
    icon = "pencil"

    applies_to = Q()
    identity = {"courseId": F("provider_id")}
    item_label = F("name")
    left_out = (
        *(LeftOut(code=lock.code, label=lock.label, when=lock.when, icon="lock") for lock in LOCKS),
        LeftOut(code="no_provider_id", label=_("No provider ID"), when=Q(provider_id=""), icon="circle-help"),
    )

    def prepare(self, items: Sequence[Item]) -> None:
        """Have the cover pictures at hand before the calls, which run without a database connection."""
        with_cover = {item.pk: item for item in items if "cover" in item.params}
        for attachment in Attachment.objects.filter(item__in=with_cover):
            attachment.item = with_cover[attachment.item_id]

    def call(self, client: ClassInClient, items: Sequence[Item]) -> Reply[Any]:
        (item,) = items
        params = item.params
        changes = CourseChanges(
            course_name=params.get("courseName"),
            course_introduce=params.get("courseIntroduce"),
            subject_id=params.get("subjectId"),
            main_teacher_uid=params.get("mainTeacherUid"),
            stamp=params.get("stamp"),
            folder_id=params.get("folderId"),
            expiry_time=params.get("expiryTime"),
            classroom_setting_id=params.get("classroomSettingId"),
            cover=_upload(item) if "cover" in params else None,
        )
        return client.edit_course(item.identity["courseId"], changes)

    def apply(self, settled: Sequence[Settled]) -> None:
        now = timezone.now()
        for one in settled:
            values = edits.learned_from(one.item.params)
            values |= _names(one.item, values)
            mirror.course_edited(one.item.target_id, values, at=now, source=MirrorRow.Source.OWN_EDIT)

    def becoming(self, item: Item) -> dict[str, Any]:
        return edits.learned_from(item.params)

    def stale(self, item: Item, target: Any) -> list[str]:
        loaded: Mapping[str, Any] = item.params.get("loaded", {})
        now = edits.values_of(target) if target is not None else {}
        return [name for name, value in loaded.items() if name not in now or now[name] != value]


def _upload(item: Item) -> Upload:
    """The cover, if it is still the picture that was reviewed. Raises ValueError for another one."""
    attachment = item.attachment
    if attachment.sha256 != item.params["cover"]["sha256"]:
        raise ValueError(f"the picture of item {item.pk} is not the one that was reviewed")
    return Upload(attachment.name, attachment.content_type, bytes(attachment.content))


def _names(item: Item, values: Mapping[str, Any]) -> dict[str, str]:
    """The names that belong to changed ids, as far as we know them; what was re-sent unchanged keeps its name."""
    loaded: Mapping[str, Any] = item.params.get("loaded", {})
    changed = {name: value for name, value in values.items() if loaded.get(name) != value}
    names: dict[str, str] = {}
    if "main_teacher_uid" in changed:
        names["main_teacher_name"] = selectors.teacher_name(item.account, changed["main_teacher_uid"])
    if "classroom_setting_id" in changed:
        setting_id = changed["classroom_setting_id"]
        names["classroom_setting_name"] = selectors.classroom_setting_name(item.account, setting_id)
    if "folder_id" in changed:
        names["folder_path"] = selectors.folder_path(item.account, changed["folder_id"])
    return names
