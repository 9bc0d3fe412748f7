"""Erasing with two people: one asks and says why, another one looks at the same records and erases."""

from __future__ import annotations

from collections.abc import Collection
from json.encoder import encode_basestring
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Max, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.db.models.lookups import IContains
from django.utils.translation import gettext as _

from audit.actions import (
    ERASURE_APPROVED,
    ERASURE_ASKED,
    ERASURE_DENIED,
    ERASURE_WITHDRAWN,
    LOCKED_OUT,
    PERSONAL_ERASED,
    SIGN_IN_FAILED,
)
from audit.actors import Actor, person_name
from audit.canonical import GROUPS, JSON_COLUMNS
from audit.clock import database_now
from audit.denials import Denied
from audit.erasure import erase
from audit.models import ErasureRequest, Record
from audit.registry import registry
from audit.services import Target, record

PERMISSION = "audit.erase_personal"
AT_ONCE = 10_000
"""Groups of values that one press erases at most; more is for the command, which nobody waits for."""
_NAMING_SOMEBODY = "proposer"
"""A detail that holds the name of a person who is neither the actor nor the object."""
_ABOUT_ERASING = (ERASURE_ASKED.code, ERASURE_APPROVED.code, ERASURE_WITHDRAWN.code, PERSONAL_ERASED.code)


class ErasureRefused(Exception):
    """What was asked cannot be done as things are; `field` names the input that has to change, "" for none."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


def concerned(
    *, person: Any = None, record_id: int | None = None, naming: str = "", up_to: int | None = None
) -> dict[str, QuerySet[Record]]:
    """For each group of values the records that still have them: of one person, of one record, or that say a name.

    A person’s are what they did (*actor*), what they approved (*approver*, by the names they had) and what was said about their
    account or named them beside it (*words*), refused sign-ins under their log-in name included. `naming` is for people without an account,
    a teacher for instance: *words* that have this text anywhere, looked for in every record. Records about erasures keep their words.
    """
    if naming:
        found = {"words": _says(naming)}
    elif person is None:
        found = dict.fromkeys(GROUPS, Q(pk=record_id))
    else:
        names = {person_name(person), person.get_username()}
        names |= set(
            Record.objects.filter(actor=person.pk).order_by().values_list("actor_name", flat=True).distinct()
        )
        about = Q(target_kind=person._meta.label_lower, target_id=person.pk)
        tried = Q(action__in=[SIGN_IN_FAILED.code, LOCKED_OUT.code], details__username=person.get_username())
        naming_codes = [action.code for action in registry if _NAMING_SOMEBODY in action.details]
        named = Q(action__in=naming_codes) & Q(**{f"details__{_NAMING_SOMEBODY}__in": sorted(names - {""})})
        found = {
            "actor": Q(actor=person.pk),
            "approver": Q(approver_name__in=names - {""}),
            "words": about | tried | named,
        }
    found["words"] &= ~Q(action__in=_ABOUT_ERASING)
    limit = Q() if up_to is None else Q(pk__lte=up_to)
    return {
        group: Record.objects.filter(limit, chosen).exclude(**{f"{group}_salt": ""}).order_by("pk")
        for group, chosen in found.items()
    }


def _says(text: str) -> Q:
    """Words with this text in them; in JSON it stands as JSON writes it."""
    written = encode_basestring(text)[1:-1]
    told = Q(target_label__icontains=text) | Q(reason__icontains=text) | Q(provider_message__icontains=text)
    for column in sorted(JSON_COLUMNS):
        told |= Q(IContains(Cast(column, TextField()), written))
    return told


def concerned_by(request: ErasureRequest) -> dict[str, QuerySet[Record]]:
    """The same for what was asked, in the groups that were asked for."""
    all_of_them = concerned(person=request.person, record_id=request.record_id, up_to=request.up_to)
    return {group: records for group, records in all_of_them.items() if group in request.groups}


def counts(found: dict[str, QuerySet[Record]]) -> dict[str, int]:
    """How many records of each group, counted no further than one more than can be erased at once."""
    return {group: records[: AT_ONCE + 1].count() for group, records in found.items()}


def typed_words(count: int) -> str:
    """What a person types before values are erased."""
    return f"ERASE {count}"


def ask(
    *,
    person: Any = None,
    record_id: int | None = None,
    groups: Collection[str],
    reason: str,
    actor: Actor,
    user: Any,
) -> ErasureRequest:
    """Ask for an erasure; returns the request. Raises Denied without the right, ErasureRefused with a sentence."""
    _check_right(user)
    words = reason.strip()
    if not words:
        raise ErasureRefused(_("Say why. The reason is kept for ever in the audit log."), "reason")
    chosen = [group for group in GROUPS if group in groups]
    if not chosen:
        raise ErasureRefused(_("Choose what is to be erased."), "groups")
    with transaction.atomic():
        up_to = Record.objects.aggregate(newest=Max("pk"))["newest"] or 0
        request = ErasureRequest(
            person=person, record_id=record_id, up_to=up_to, groups=chosen, reason=words, asked_by_id=user.pk
        )
        count = sum(counts(concerned_by(request)).values())
        if not count:
            raise ErasureRefused(_("There is nothing left to erase there."))
        request.save()
        record(
            ERASURE_ASKED,
            actor=actor,
            target=target_of(request),
            reason=words,
            details={"count": count, "groups": chosen},
        )
    return request


def approve(pk: int, *, typed: str, actor: Actor, user: Any) -> int:
    """Erase what was asked for; returns how many groups of values were emptied.

    Raises Denied without the right or for one’s own request, ErasureRefused with a sentence.
    """
    _check_right(user)
    with transaction.atomic():
        request = _waiting(pk)
        if request.asked_by_id == user.pk:
            raise Denied(ERASURE_DENIED, target=target_of(request), details={"why": "own"})
        found = concerned_by(request)
        numbers = counts(found)
        total = sum(numbers.values())
        if total > AT_ONCE:
            raise ErasureRefused(
                _(
                    "These are too many records for this page. Whoever runs the server can use the command audit_erase."
                )
            )
        if typed.strip() != typed_words(total):
            raise ErasureRefused(_("Type %(words)s.") % {"words": typed_words(total)}, "typed")
        record(
            ERASURE_APPROVED,
            actor=actor,
            target=target_of(request),
            reason=request.reason,
            details={"count": total, "groups": request.groups},
        )
        erased = sum(
            erase(records.values_list("pk", flat=True), [group], actor=actor, reason=request.reason)
            for group, records in found.items()
        )
        _answer(request, ErasureRequest.State.DONE, user, erased)
    return erased


def withdraw(pk: int, *, actor: Actor, user: Any) -> None:
    """Take a request back, or turn it down. Raises Denied without the right, ErasureRefused when it is answered."""
    _check_right(user)
    with transaction.atomic():
        request = _waiting(pk)
        _answer(request, ErasureRequest.State.WITHDRAWN, user, None)
        record(ERASURE_WITHDRAWN, actor=actor, target=target_of(request), reason=request.reason)


def target_of(request: ErasureRequest) -> Target:
    """What it is about, without a name: this is written again into the log that is to forget it."""
    if request.person_id is None:
        return Target(Record._meta.label_lower, request.record_id, f"#{request.record_id}")
    return Target(get_user_model()._meta.label_lower, request.person_id, f"#{request.person_id}")


def _check_right(user: Any) -> None:
    if not user.has_perm(PERMISSION):
        raise Denied(ERASURE_DENIED, details={"why": "no_permission"})


def _waiting(pk: int) -> ErasureRequest:
    request = ErasureRequest.objects.select_for_update().filter(pk=pk).first()
    if request is None or request.state != ErasureRequest.State.WAITING:
        raise ErasureRefused(_("This request is answered already."))
    return request


def _answer(request: ErasureRequest, state: str, user: Any, erased: int | None) -> None:
    request.state, request.records = state, erased
    request.answered_by_id, request.answered_at = user.pk, database_now()
    request.save()
