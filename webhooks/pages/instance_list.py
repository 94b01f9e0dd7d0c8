"""The list of instances (berkas proses): where each stands, and the filters that find them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import render_template
from flask.typing import ResponseReturnValue

from engine.model import Actor, InstanceState, ProcessInstance
from engine.overviews import OpenStep
from engine.queries import InstanceQuery, SortOrder
from engine.search_words import key_words
from webhooks.language import Phrases, phrase
from webhooks.pages.blueprint import blueprint
from webhooks.pages.listings import (
    argument,
    countable,
    lanes_of,
    latest_definitions,
    may_list,
    page_number,
    page_of,
    pager,
    sop_titles,
)
from webhooks.pages.logins import current_actor
from webhooks.pages.periods import period_choices, period_of
from webhooks.rest.context import current_engine

LATE, ESCALATED, FAILED = "terlambat", "diteruskan", "gangguan"
CONDITIONS = Phrases(
    {
        LATE: phrase("Terlambat"),
        ESCALATED: phrase("Diteruskan ke atasan"),
        FAILED: phrase("Terhenti karena gangguan"),
    }
)
#: Value of `menurut`: the period is that of the end; without it that of the start.
ENDED = "berakhir"
#: So many places of one instance are named in the list.
_PLACES = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One instance of the list. `more`: how many places are not named."""

    instance: ProcessInstance
    places: list[OpenStep]
    more: int
    is_late: bool
    has_incident: bool


@blueprint.get("/berkas")
def list_instances() -> ResponseReturnValue:
    """The instances that the visitor may see, the newest first, with where they stand.

    Of what is late, what is late longest comes first.
    """
    actor, number = current_actor(), page_number()
    definitions, query = latest_definitions(actor), _query()
    instances = current_engine().instances
    newest = "ended_at" if argument("menurut") == ENDED else "started_at"
    total = instances.count_instances(query, actor=actor, at_most=countable(number))
    shown = pager(number, total, countable(number))
    page = page_of(shown.number, (newest, SortOrder.DESC))
    if query.late_at is None:
        found = instances.instances(query, page, actor=actor)
    else:
        found = instances.longest_late(query, page, actor=actor)
    return render_template(
        "instances.html",
        rows=rows_of(found, actor),
        pager=shown,
        titles=sop_titles(definitions),
        may_list=may_list(actor),
        is_filtered=query != InstanceQuery(),
        conditions=CONDITIONS,
        lane_choices=lanes_of(actor, definitions),
        period_choices=period_choices(argument("periode")),
    )


def _query() -> InstanceQuery:
    state, condition, period = (
        argument("status"),
        argument("keadaan"),
        period_of(argument("periode")),
    )
    query = InstanceQuery(
        definition_key=argument("sop"),
        states=frozenset({InstanceState(state)}) if state in set(InstanceState) else None,
        key_words=key_words(argument("kunci")),
        open_lane=argument("lajur"),
        late_at=current_engine().clock.now() if condition == LATE else None,
        is_escalated=condition == ESCALATED,
        has_incident=True if condition == FAILED else None,
    )
    if period is None:
        return query
    if argument("menurut") == ENDED:
        return replace(query, ended_after=period.after, ended_before=period.before)
    return replace(query, started_after=period.after, started_before=period.before)


def rows_of(found: list[ProcessInstance], actor: Actor) -> list[Row]:
    """Instances that the actor may see, with where they stand and what is wrong with them."""
    engine = current_engine()
    ids = tuple(each.instance_id for each in found)
    steps = engine.overviews.open_steps(ids, actor=actor)
    with_incident = InstanceQuery(instance_ids=ids, has_incident=True)
    failed = {each.instance_id for each in engine.instances.instances(with_incident, actor=actor)}
    return [
        _row(each, steps.get(each.instance_id, []), each.instance_id in failed) for each in found
    ]


def _row(instance: ProcessInstance, steps: list[OpenStep], has_incident: bool) -> Row:
    is_late = any(step.left is not None and step.left.is_overdue for step in steps)
    return Row(instance, steps[:_PLACES], max(0, len(steps) - _PLACES), is_late, has_incident)
