"""Accounts, and what tests do with plans: freeze, confirm."""

from __future__ import annotations

from typing import Any

import factory

from audit.actors import Actor
from operations import engine
from operations.engine.confirm import confirmation_words
from operations.models import Account, Item, Run
from operations.registry import registry


class AccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Account
        django_get_or_create = ("provider", "name")

    provider = "classin"
    name = "default"


def plan(key: str, selection: Any, user: Any) -> Run:
    """A plan of one operation over a selection."""
    return engine.freeze([registry[key]], selection, actor=Actor.person(user, via="test"), user=user)


def confirmed(run: Run, user: Any, *, reason: str = "Term is over", typed: str | None = "") -> Run:
    """The plan, confirmed as its person would."""
    count = Item.objects.filter(run=run, left_out="").count()
    return engine.confirm(
        run,
        actor=Actor.person(user, via="test"),
        user=user,
        token=str(run.token),
        reason=reason,
        typed=confirmation_words(count) if typed == "" else typed,
    )
