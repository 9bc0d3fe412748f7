"""The log's filter buttons and chips: every choice is a link, so the whole state is in the address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from django.contrib.auth import get_user_model
from django.db.models import Model
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from audit.changes import kind_label
from audit.filters import OUTCOMES, PROVIDERS, SYSTEM, Criteria
from audit.models import Record
from audit.registry import registry
from audit.sentences import label_of
from screens.dates import day_text
from screens.filters import PLACE, Button, Chip, Choice, Input
from screens.states import state_of

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
    person = system_label() if criteria.person == SYSTEM else criteria.person_name
    run = f"R-{criteria.run}" if criteria.run is not None else ""
    all_of_them = [
        (_("Search"), f"“{criteria.q}”" if criteria.q else "", ("q",)),
        (_("Date"), _span(criteria.since, criteria.until), ("from", "to")),
        (_("Person"), person, ("person",)),
        (_("Action"), action_label(criteria.action), ("action",)),
        (_("Object"), _object_label(criteria), ("kind", "object")),
        (_("Result"), outcome_label(criteria.result) if criteria.result else "", ("result",)),
        (_("Provider"), str(PROVIDERS.get(criteria.provider, "")), ("provider",)),
        (_("Run"), run, ("run",)),
        (_("Request"), criteria.request, ("request",)),
    ]
    return [Chip(label, value, address.without(*names)) for label, value, names in all_of_them if value]


def system_label() -> str:
    """The product itself, as a person of the log."""
    return _("The back office")


def outcome_label(key: str) -> str:
    """The word of an outcome's badge."""
    return str((state_of("other", "refused_action") if key == "denied" else state_of("outcome", key)).label)


def action_label(prefix: str) -> str:
    """The words for an action's code, or for all codes under a prefix."""
    if not prefix or prefix in registry:
        return label_of(prefix) if prefix else ""
    depth = prefix.count(".") + 1
    under = (action for action in registry if action.code.startswith(f"{prefix}."))
    subjects = {str(action.subject) for action in under if action.code.count(".") == depth}
    return subjects.pop() if len(subjects) == 1 and "" not in subjects else prefix


def _people(criteria: Criteria, address: Address) -> Iterator[Choice]:
    yield Choice(system_label(), address.with_(person=SYSTEM), criteria.person == SYSTEM)
    model = get_user_model()
    for user in model._default_manager.order_by(model.USERNAME_FIELD)[:_PEOPLE_SHOWN]:
        name = user.get_full_name() or user.get_username()
        yield Choice(str(name), address.with_(person=str(user.pk)), criteria.person == user.pk)


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


def _object_label(criteria: Criteria) -> str:
    if not criteria.kind:
        return ""
    kind = kind_label(criteria.kind)
    if criteria.object is None:
        return kind
    about = Record.objects.filter(target_kind=criteria.kind, target_id=criteria.object)
    name = about.order_by("-at", "-id").values_list("target_label", flat=True).first()
    return f"{kind} “{name}”" if name else f"{kind} {criteria.object}"


def _span(since: dt.date | None, until: dt.date | None) -> str:
    if since and until:
        if since == until:
            return day_text(since)
        ends = {"since": day_text(since), "until": day_text(until)}
        return pgettext("a span of days", "%(since)s – %(until)s") % ends
    if since:
        return _("from %(date)s") % {"date": day_text(since)}
    return _("until %(date)s") % {"date": day_text(until)} if until else ""
