"""Waits for messages and signals: what stands open, and what happens when one arrives.

The machine only records what it waits for. Whoever holds the store finds the right one among all
instances, and tells the arrival as an input. The library matches events by itself, within one
instance and by equality of definitions; none of that is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.elements import FlowNode
from engine.bpmn.supported import MAX_EVENT_NAME
from engine.bpmn.values import Template, template
from engine.model import EventKind
from engine.spiff.behaviour import evaluate
from engine.spiff.recorder import activity_id_of
from engine.spiff.repeating import start_beside
from engine.spiff.specs import Behaving
from engine.spiff.stepping import current_step

#: Key of a task's internal data: its open subscriptions, each {"id", "event", "name", "activity"}.
AWAITED = "awaited"


@dataclass(frozen=True, slots=True)
class OpenSubscription:
    """A message or signal that is waited for. `kind` is "message" or "signal"."""

    subscription_id: str
    activity_instance_id: str
    activity_id: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What a node waits for, compiled."""

    activity_id: str
    kind: str
    name: Template


def expected_by(node: FlowNode) -> Expected | None:
    """What the node waits for; its name was checked at deploy."""
    event = node.named_event
    return None if event is None else Expected(node.id, event.kind, template(event.name))


class EventCatch(Behaving):
    """A receive task or intermediate event that waits, STARTED, for a message or signal."""

    expected: Expected
    #: Behind an event-based gateway: what it waits for has arrived when the token does.
    is_chosen = False

    def _update_hook(self, my_task: Any) -> Any:
        if my_task.state == TaskState.STARTED:
            return None
        is_ready = super()._update_hook(my_task)
        if self.is_chosen:
            return is_ready
        found = named(my_task, (self.expected,))
        my_task._set_state(TaskState.STARTED)
        open_all(my_task, found)
        return None

    def arrive(self, my_task: Any, _activity_id: str) -> None:
        """What it waited for is there."""
        my_task._set_state(TaskState.READY)


class EventOnBoundary(EventDefinition):  # type: ignore[misc]
    """The message or signal of an event that waits beside an activity or beside a scope."""

    expected: Expected

    def update_task(self, my_task: Any) -> None:
        """Begin to wait; the library asks again at every move."""
        if AWAITED not in my_task.internal_data:
            open_all(my_task, named(my_task, (self.expected,)))


def named(my_task: Any, expected: Iterable[Expected]) -> list[dict[str, str]]:
    """The subscriptions that the task needs, with their names evaluated; none is open yet."""
    return [
        {
            "event": each.kind,
            "name": evaluated_name(my_task, each.name, each.kind),
            "activity": each.activity_id,
        }
        for each in expected
    ]


def open_all(my_task: Any, found: Sequence[dict[str, str]]) -> None:
    """Let the task wait for these."""
    awaited = [{"id": current_step().mint(), **each} for each in found]
    my_task.internal_data[AWAITED] = awaited
    recorder = my_task.workflow.top_workflow.recorder
    for each in awaited:
        recorder.note(
            EventKind.EVENT_AWAITED,
            my_task,
            subscription=each["id"],
            event=each["event"],
            name=each["name"],
            **({} if each["activity"] == activity_id_of(my_task) else {"target": each["activity"]}),
        )


def evaluated_name(my_task: Any, wanted: Template, kind: str) -> str:
    """The name of a message or signal, over the variables that the task sees."""
    name = evaluate(my_task, wanted)
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= MAX_EVENT_NAME:
        raise WorkflowTaskException(
            f"{wanted.source!r} is {name!r}; the name of a {kind} was expected",
            task=my_task,
        )
    return name.strip()


# -------------------------------------------------------------------- the tree


def subscriptions_in(tasks: Iterable[Any]) -> Iterator[OpenSubscription]:
    """What these tasks wait for, in their order."""
    for task in tasks:
        if task.has_state(TaskState.WAITING | TaskState.STARTED):
            for each in task.internal_data.get(AWAITED, ()):
                yield OpenSubscription(
                    each["id"], str(task.id), each["activity"], each["event"], each["name"]
                )


def arrive(my_task: Any, subscription_id: str) -> None:
    """What the task waits for under that id is there."""
    awaited = my_task.internal_data[AWAITED]
    activity_id = next(each["activity"] for each in awaited if each["id"] == subscription_id)
    spec = my_task.task_spec
    # A boundary event, or what waits beside a scope for the start of an event sub-process.
    is_beside = isinstance(getattr(spec, "event_definition", None), EventOnBoundary)
    if is_beside and not spec.cancel_activity:
        # BPMN 2.0.2 §10.5.4: it may happen again as long as the activity lasts.
        start_beside(my_task)
        return
    del my_task.internal_data[AWAITED]
    if is_beside:
        my_task._set_internal_data(event_fired=True)
        spec._update(my_task)
    else:
        spec.arrive(my_task, activity_id)
