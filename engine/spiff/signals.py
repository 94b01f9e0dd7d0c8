"""Signals: thrown to all that wait for them.

What waits in the same instance hears at once, within the step: the throw may interrupt the very
sub-process that it stands in (BPMN 2.0.2 §10.5.1, §10.5.4). The other instances hear through the
observation, each in a step of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.bpmn.elements import CallMapping, FlowNode
from engine.bpmn.events import THROWING
from engine.bpmn.values import Template, template
from engine.json_values import in_canonical_order
from engine.model import EventKind
from engine.spiff.calls import mapped
from engine.spiff.subscriptions import (
    AWAITED,
    EventOnBoundary,
    arrive,
    evaluated_name,
    subscriptions_in,
)
from engine.spiff.throwing import ThrowingEndEvent, ThrowingEvent, interrupt, is_over

#: Where a throwing event keeps what it throws until it has been thrown.
_SIGNAL = "signal"


@dataclass(frozen=True, slots=True)
class SignalThrow:
    """The signal that an event throws, compiled; `inputs`: the variables that go with it."""

    name: Template
    inputs: tuple[CallMapping, ...]


def signal_thrown_by(node: FlowNode) -> SignalThrow | None:
    """The signal of a throwing event; None for other nodes. It was checked at deploy."""
    event = node.named_event
    if event is None or event.kind != _SIGNAL or node.type not in THROWING:
        return None
    return SignalThrow(template(event.name), event.inputs)


class Signalling:
    """A throwing event. `signal` is None for those without one."""

    signal: SignalThrow | None = None
    event_definition: Any

    def _run_hook(self, my_task: Any) -> Any:
        done = super()._run_hook(my_task)  # type: ignore[misc]
        if self.signal is not None:
            # Still inside: a failing expression leaves the event where it can be run again.
            my_task.internal_data[_SIGNAL] = {
                "name": evaluated_name(my_task, self.signal.name, _SIGNAL),
                "variables": in_canonical_order(mapped(my_task, self.signal.inputs, None)),
            }
        return done

    def _on_complete(self, my_task: Any) -> None:
        """Throw first: what follows is not begun when the scope around is interrupted."""
        if self.signal is not None:
            _throw(my_task, **my_task.internal_data.pop(_SIGNAL))
            if is_over(my_task):
                return
        super()._on_complete(my_task)  # type: ignore[misc]


class SignallingEndEvent(Signalling, ThrowingEndEvent):
    """An end event."""


class SignallingEvent(Signalling, ThrowingEvent):
    """An intermediate throw event."""


def _throw(my_task: Any, *, name: str, variables: dict[str, Any]) -> None:
    top = my_task.workflow.top_workflow
    trees = [top, *top.subprocesses.values()]
    tasks = {task.id: task for tree in trees for task in tree.tasks.values()}
    awaited = [
        each
        for each in subscriptions_in(tasks.values())
        if each.kind == _SIGNAL and each.name == name
    ]
    top.recorder.note(
        EventKind.SIGNAL_THROWN,
        my_task,
        name=name,
        variables=variables,
        caught=[each.subscription_id for each in awaited],
    )
    for each in awaited:
        task = tasks[each.activity_instance_id]
        # One that was heard before may have interrupted this one.
        if any(found.subscription_id == each.subscription_id for found in subscriptions_in([task])):
            _hear(task, each.subscription_id, variables)


def _hear(task: Any, subscription_id: str, variables: dict[str, Any]) -> None:
    if variables:
        task.workflow.top_workflow.recorder.set_variables(task, variables)
    spec = task.task_spec
    is_beside = isinstance(getattr(spec, "event_definition", None), EventOnBoundary)
    if is_beside and spec.cancel_activity:
        del task.internal_data[AWAITED]
        interrupt(task)
        task._set_internal_data(event_fired=True)
        spec._update(task)
        return
    arrive(task, subscription_id)
