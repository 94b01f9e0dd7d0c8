"""Who did what, across all instances: for auditors and administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import DamagedRow
from engine.model import (
    Actor,
    EventKind,
    HistoryEvent,
    ProcessInstance,
    Role,
)
from engine.queries import EventQuery, InstanceQuery, SortOrder
from webhooks.pages.blueprint import blueprint
from webhooks.pages.instance_places import node_name
from webhooks.pages.listings import (
    argument,
    countable,
    latest_definitions,
    page_number,
    page_of,
    pager,
    sop_titles,
)
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.pages.messages import DEEDS
from webhooks.pages.people import display_names, person
from webhooks.pages.periods import period_choices, period_of
from webhooks.pages.replay_rows import capacity_text
from webhooks.rest.context import current_engine

#: Inputs that are never somebody's.
_OF_THE_ENGINE = frozenset(
    {
        EventKind.TIMERS_DUE,
        EventKind.TASK_ESCALATED,
        EventKind.CALLED_INSTANCE_ENDED,
        EventKind.CALL_FAILED,
        EventKind.CALL_ERROR,
        EventKind.CALL_ESCALATION,
    }
)


@dataclass(frozen=True, slots=True)
class Deed:
    """One row of the list. `step`: the number of the step of its instance."""

    at: datetime
    by: str
    capacity: str
    kind: EventKind
    activity: str | None
    instance: ProcessInstance
    step: int
    details: list[str]


@blueprint.get("/riwayat")
def list_deeds() -> ResponseReturnValue:
    """What people and programs did, the latest first."""
    require_page_role("see who did what", Role.AUDITOR, Role.ADMIN)
    history, actor, query = current_engine().history, current_actor(), _query()
    most = countable(page_number())
    shown = pager(page_number(), history.count_events(query, actor=actor, at_most=most), most)
    page = page_of(shown.number, ("at", SortOrder.DESC))
    definitions = latest_definitions(actor)
    return render_template(
        "deeds.html",
        rows=_rows(history.find_events(query, page, actor=actor), actor),
        pager=shown,
        titles=sop_titles(definitions),
        is_filtered=query != _ALL,
        person_choices=dict(sorted(display_names().items(), key=lambda each: each[1].casefold())),
        deed_choices=_deed_choices(),
        period_choices=period_choices(argument("periode")),
    )


def _deed_choices() -> Mapping[str, str]:
    return {str(kind): said for kind, said in DEEDS.items() if kind not in _OF_THE_ENGINE}


_ALL = EventQuery(kinds=frozenset(set(DEEDS) - _OF_THE_ENGINE), is_by_somebody=True)


def _query() -> EventQuery:
    """What the address asks for; what is no deed finds nothing."""
    query, deed, period = _ALL, argument("perbuatan"), period_of(argument("periode"))
    if deed is not None:
        kinds = [kind for kind in _ALL.kinds or () if kind == deed]
        query = replace(query, kinds=frozenset(kinds))
    if period is not None:
        query = replace(query, at_after=period.after, at_before=period.before)
    return replace(query, actor=argument("orang"), definition_key=argument("sop"))


def _rows(events: list[HistoryEvent], actor: Actor) -> list[Deed]:
    ids = tuple({event.instance_id for event in events})
    found = current_engine().instances.instances(InstanceQuery(instance_ids=ids), actor=actor)
    instances = {each.instance_id: each for each in found}
    return [
        _row(event, instance, actor)
        for event in events
        if (instance := instances.get(event.instance_id)) is not None
    ]


def _row(event: HistoryEvent, instance: ProcessInstance, actor: Actor) -> Deed:
    return Deed(
        at=event.at,
        by=person(event.actor),
        capacity=capacity_text(event.capacity),
        kind=event.kind,
        activity=_activity(event, instance, actor),
        instance=instance,
        step=event.revision,
        details=_details(event),
    )


def _activity(event: HistoryEvent, instance: ProcessInstance, actor: Actor) -> str | None:
    """What the diagram calls the element; its id when the diagram is damaged."""
    if event.activity_id is None:
        return None
    try:
        model = current_engine().definitions.model(instance.definition_id, actor=actor)
    except DamagedRow:
        # What was done stands in history all the same.
        return event.activity_id
    return node_name(model, event.activity_id)


def _details(event: HistoryEvent) -> list[str]:
    """Whom it was given to, and why; nothing of what a form holds."""
    found = []
    if event.kind is EventKind.TASK_ASSIGNED and event.payload.get("to"):
        found.append(gettext("kepada %(who)s", who=person(event.payload["to"])))
    if reason := event.payload.get("reason"):
        found.append(gettext("alasan: %(reason)s", reason=reason))
    return found
