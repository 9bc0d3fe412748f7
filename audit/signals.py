"""Sign-ins, sign-outs and refused sign-ins as records. The password never comes near the ledger."""

from __future__ import annotations

import datetime as dt
from typing import Any

from axes.helpers import get_cool_off
from axes.signals import user_locked_out
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils import timezone

from audit.actions import LOCKED_OUT, SIGN_IN_FAILED, SIGNED_IN, SIGNED_OUT
from audit.actors import Actor, client_address, person_name
from audit.models import Record
from audit.services import record

_LONG_AGO = dt.timedelta(days=3650)  # without a cool-off a lock lasts until somebody lifts it
_USERNAME_LIMIT = 150  # as long as a log-in name may be; what a stranger typed is kept no longer than that


def connect() -> None:
    """Listen to Django's and axes' signals; called once when the applications are ready."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit.signed_out")
    user_login_failed.connect(_refused, dispatch_uid="audit.sign_in_refused")
    user_locked_out.connect(_locked_out, dispatch_uid="audit.locked_out")


def _signed_in(*, request: HttpRequest | None, user: AbstractBaseUser, **_kwargs: Any) -> None:
    record(SIGNED_IN, actor=_actor(request, user))


def _signed_out(*, request: HttpRequest | None, user: AbstractBaseUser | None, **_kwargs: Any) -> None:
    if user is not None:
        record(SIGNED_OUT, actor=_actor(request, user))


def _refused(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_kwargs: Any) -> None:
    record(
        SIGN_IN_FAILED, actor=_actor(request), details={"username": _username(credentials.get("username"))}
    )


def _locked_out(*, request: HttpRequest | None, username: str | None, **_kwargs: Any) -> None:
    """One record for a lock; axes tells of it again at every attempt that runs into it."""
    actor, details = _actor(request), {"username": _username(username)}
    since = timezone.now() - (get_cool_off(request) or _LONG_AGO)
    told = Record.objects.filter(
        action=LOCKED_OUT.code, at__gte=since, address=actor.address, details__username=details["username"]
    )
    if not told.exists():
        record(LOCKED_OUT, actor=actor, details=details)


def _actor(request: HttpRequest | None, user: AbstractBaseUser | None = None) -> Actor:
    return Actor(
        user_id=user.pk if user else None,
        name=person_name(user) if user else "",
        via="admin",
        address=client_address(request) if request else "",
        agent=request.headers.get("User-Agent", "")[:200] if request else "",
        request_id=getattr(request, "request_id", ""),
    )


def client_username(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The log-in name of a request for axes, no longer than its columns take: a longer one would break the page."""
    return _username((credentials or {}).get("username") or request.POST.get("username"))


def _username(given: object) -> str:
    return str(given or "").replace("\0", "")[:_USERNAME_LIMIT]
