"""Where an instance stands: its open steps, what else it waits for, and who called whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from engine.errors import Forbidden
from engine.model import ProcessInstance
from engine.overviews import OpenStep
from engine.queries import ActivityQuery, InstanceQuery, Page, SortOrder
from engine.task_times import Elapsed
from webhooks.language import Phrases, phrase
from webhooks.pages.changing import change_form
from webhooks.pages.logins import current_actor
from webhooks.pages.values import local_text, repeated_items
from webhooks.rest.context import current_engine

if TYPE_CHECKING:
    from engine.bpmn.elements import ProcessModel

_OLDEST_FIRST = Page(sorting=(("started_at", SortOrder.ASC),))
#: So many called instances are named on a page.
_CALLED = Page(0, 50, (("started_at", SortOrder.ASC),))


@dataclass(frozen=True, slots=True)
class Place:
    """One open human step: what waits, for whom, in whose hands, and how long."""

    step: OpenStep
    item: str
    passed: Elapsed | None
    #: For who may change its dates, and neither sees nor does it.
    is_mine_to_change: bool


@dataclass(frozen=True, slots=True)
class Awaited:
    """Something that is waited for beside people, at which activity and since when."""

    what: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Relations:
    """The instance that called this one, and those that this one called, as far as visible."""

    calling: ProcessInstance | None
    called: list[ProcessInstance]
    #: There is a calling one, but not for the visitor.
    has_hidden_caller: bool = False


def places_of(instance_id: str) -> list[Place]:
    """Where the instance waits, for everybody who takes part, whoever the task is offered to."""
    engine, actor = current_engine(), current_actor()
    steps = engine.overviews.open_steps([instance_id], actor=actor).get(instance_id, [])
    passed = {
        task.task_id: times
        for task, times in engine.task_times.of_instance(instance_id, actor=actor)
    }
    repeated = repeated_items(step.task for step in steps)
    return [
        Place(
            step,
            item=local_text(step.task.local_variables, is_repeated=step.task.task_id in repeated),
            passed=passed.get(step.task.task_id),
            is_mine_to_change=not step.is_visible and change_form(step.task.task_id) is not None,
        )
        for step in steps
    ]


#: What an instance may wait for beside people.
_AWAITED: Mapping[str, str] = Phrases(
    {
        "receiveTask": phrase("Menunggu pesan"),
        "intermediateCatchEvent": phrase("Menunggu kejadian"),
        "eventBasedGateway": phrase("Menunggu salah satu kejadian"),
        "serviceTask": phrase("Menunggu layanan"),
        "sendTask": phrase("Menunggu layanan"),
        "callActivity": phrase("Menunggu proses lain"),
    }
)


def awaited_in(instance_id: str, model: ProcessModel) -> list[Awaited]:
    """All that is waited for beside people."""
    query = ActivityQuery(instance_id=instance_id, is_finished=False)
    visits = current_engine().history.activities(query, _OLDEST_FIRST, actor=current_actor())
    return [
        Awaited(_AWAITED[each.activity_type], node_name(model, each.activity_id), each.started_at)
        for each in visits
        if each.activity_type in _AWAITED
    ]


def relations_of(instance: ProcessInstance) -> Relations:
    """Who called the instance, and whom it called."""
    instances, actor = current_engine().instances, current_actor()
    called = instances.instances(
        InstanceQuery(super_instance_id=instance.instance_id), _CALLED, actor=actor
    )
    if instance.super_instance_id is None:
        return Relations(None, called)
    try:
        return Relations(instances.instance(instance.super_instance_id, actor=actor), called)
    except Forbidden:
        return Relations(None, called, has_hidden_caller=True)


def node_name(model: ProcessModel, activity_id: str) -> str:
    """What people call an element; its id when it has no name."""
    node = model.nodes.get(activity_id)
    return (node.name if node else None) or activity_id
