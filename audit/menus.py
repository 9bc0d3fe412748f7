"""The log's filter buttons and chips: every choice is a link, so the whole state is in the address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model
from django.http import QueryDict
from django.utils.translation import gettext as _

from audit.changes import kind_label
from audit.conditions import SYSTEM
from audit.filters import Criteria
from audit.registry import registry
from audit.vocabulary import (
    OUTCOMES,
    PROVIDERS,
    action_label,
    object_label,
    outcome_label,
    span_text,
    system_label,
)
from screens.filters import PLACE, Button, Chip, Choice, Input

_PEOPLE_SHOWN = 200


class Address:
    """The page's own address with filters set or taken away; the place in the list is always left behind."""

    def __init__(self, given: QueryDict) -> None:
        self._given = given.copy()
        for name in PLACE:
            self._given.pop(name, None)

    def with_(self, **values: str) -> str:
        """This page with these filters; an empty value takes the filter away."""
        query = self._given.copy()
        for name, value in values.items():
            query.pop(name, None)
            if value:
                query[name] = value
        return f"?{query.urlencode()}"

    def without(self, *names: str) -> str:
        return self.with_(**dict.fromkeys(names, ""))

    def hidden(self, *but: str) -> list[tuple[str, str]]:
        """What a form has to carry along as hidden inputs."""
        return [(name, values[-1]) for name, values in self._given.lists() if values and name not in but]


def buttons(criteria: Criteria, address: Address, kinds: Iterable[type[Model]]) -> list[Button]:
    """The filter buttons in the order of the page."""
    dates = [
        Input("from", _("From"), "date", criteria.since.isoformat() if criteria.since else ""),
        Input("to", _("To"), "date", criteria.until.isoformat() if criteria.until else ""),
    ]
    run = Input(
        "run", _("Number of the run"), "text", f"R-{criteria.run}" if criteria.run is not None else ""
    )
    results = [
        Choice(outcome_label(key), address.with_(result=key), key == criteria.result) for key in OUTCOMES
    ]
    providers = [
        Choice(str(name), address.with_(provider=key), key == criteria.provider)
        for key, name in PROVIDERS.items()
    ]
    people, actions = list(_people(criteria, address)), list(_actions(criteria, address))
    objects = list(_kinds(criteria, address, kinds))
    dated = bool(criteria.since or criteria.until)
    return [
        Button("date", _("Date"), dated, inputs=dates, hidden=address.hidden("from", "to")),
        Button("person", _("Person"), criteria.person is not None, links=people),
        Button("action", _("Action"), bool(criteria.action), links=actions),
        Button("object", _("Object"), bool(criteria.kind), links=objects),
        Button("result", _("Result"), bool(criteria.result), links=results),
        Button("provider", _("Provider"), bool(criteria.provider), links=providers),
        Button("run", _("Run"), criteria.run is not None, inputs=[run], hidden=address.hidden("run")),
    ]


def chips(criteria: Criteria, address: Address) -> list[Chip]:
    """The filters that are set, in words."""
    person = ""
    if criteria.person is not None:
        person = system_label() if isinstance(criteria.person, str) else _name(criteria.person)
    run = f"R-{criteria.run}" if criteria.run is not None else ""
    of_buttons = [
        (_("Date"), span_text(criteria.since, criteria.until), ("from", "to")),
        (_("Person"), person, ("person",)),
        (_("Action"), action_label(criteria.action), ("action",)),
        (
            _("Object"),
            object_label(criteria.kind, criteria.object) if criteria.kind else "",
            ("kind", "object"),
        ),
        (_("Result"), outcome_label(criteria.result) if criteria.result else "", ("result",)),
        (_("Provider"), str(PROVIDERS.get(criteria.provider, "")), ("provider",)),
        (_("Run"), run, ("run",)),
        (_("Request"), criteria.request, ("request",)),
    ]
    return [
        *(Chip(term.label, term.words, address.with_(q=term.without)) for term in criteria.query.terms),
        *(Chip(label, value, address.without(*names)) for label, value, names in of_buttons if value),
    ]


def _name(person: AbstractBaseUser) -> str:
    return str(getattr(person, "get_full_name", str)() or person.get_username())


def _people(criteria: Criteria, address: Address) -> Iterator[Choice]:
    yield Choice(system_label(), address.with_(person=SYSTEM), criteria.person == SYSTEM)
    model = get_user_model()
    for user in model._default_manager.order_by(model.USERNAME_FIELD)[:_PEOPLE_SHOWN]:
        yield Choice(_name(user), address.with_(person=str(user.pk)), criteria.person == user)


def _actions(criteria: Criteria, address: Address) -> Iterator[Choice]:
    """One choice for all actions about the same subject, one for each other action."""
    groups: dict[str, str] = {}
    for action in registry:
        code = action.code.rpartition(".")[0] if action.subject else action.code
        groups.setdefault(code, str(action.subject or action.label))
    for code, label in sorted(groups.items(), key=lambda group: group[1]):
        yield Choice(label, address.with_(action=code), criteria.action == code)


def _kinds(criteria: Criteria, address: Address, kinds: Iterable[type[Model]]) -> Iterator[Choice]:
    labels = {model._meta.label_lower: kind_label(model._meta.label_lower) for model in kinds}
    for kind, label in sorted(labels.items(), key=lambda entry: entry[1]):
        chosen = criteria.kind == kind and criteria.object is None
        yield Choice(label, address.with_(kind=kind, object=""), chosen)
