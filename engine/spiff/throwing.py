"""Errors and escalations: who throws one, which event catches it, and what the catch interrupts.

The library hands an event to whoever waits for one anywhere in the instance. Here it goes outwards
from where it is thrown, and the nearest event that catches it is the only one to see it
(BPMN 2.0.2 §10.5.6, §13.5.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.specs.control import EventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, EndEvent, IntermediateThrowEvent
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.codes import ERROR
from engine.bpmn.elements import CodedEvent, FlowNode
from engine.bpmn.values import Template, template
from engine.json_values import in_canonical_order
from engine.model import EventKind, Json
from engine.spiff.behaviour import evaluate
from engine.spiff.event_sub_processes import Coded, Listener, interrupt_scope
from engine.spiff.recorder import activity_id_of, is_inner
from engine.spiff.repeating import start_beside

#: Where a throwing event keeps the text of its error until it has been thrown.
_MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Thrown:
    """An error or escalation on its way. `kind`: "error" or "escalation"."""

    kind: str
    code: str
    message: str | None = None
    #: Given to the scope of the event that catches it.
    variables: Mapping[str, Json] = field(default_factory=dict)

    @property
    def event_kind(self) -> EventKind:
        """The observation that it was thrown."""
        return EventKind.ERROR_THROWN if self.kind == ERROR else EventKind.ESCALATION_THROWN

    @property
    def facts(self) -> dict[str, Json]:
        """What an observation or an input says of it."""
        return {"code": self.code} | ({"message": self.message} if self.message else {})


# ---------------------------------------------------------------------- throwing


class Throwing:
    """A throwing event. `throws` is None for those without an error or escalation."""

    throws: CodedEvent | None = None
    message: Template | None = None
    event_definition: Any

    def _run_hook(self, my_task: Any) -> Any:
        done = super()._run_hook(my_task)  # type: ignore[misc]
        if self.message is not None:
            # Still inside: a failing expression leaves the event where it can be run again.
            my_task.internal_data[_MESSAGE] = _text_of(my_task, self.message)
        return done

    def _on_complete(self, my_task: Any) -> None:
        """Throw first: what follows a throwing event is not begun when its scope is interrupted."""
        if self.throws is not None:
            message = my_task.internal_data.pop(_MESSAGE, None)
            thrown = Thrown(self.throws.kind, self.throws.code or "", message)
            if not throw(my_task, thrown):
                escape(my_task, thrown)
            if is_over(my_task):
                return
        super()._on_complete(my_task)  # type: ignore[misc]


class ThrowingEndEvent(Throwing, EndEvent):  # type: ignore[misc]
    """An end event."""


class ThrowingEvent(Throwing, IntermediateThrowEvent):  # type: ignore[misc]
    """An intermediate throw event."""


def _text_of(task: Any, message: Template) -> str:
    text = evaluate(task, message)
    if not isinstance(text, str):
        raise WorkflowTaskException(
            f"{message.source!r} is {text!r}; the text of an error was expected", task=task
        )
    return text


def is_over(task: Any) -> bool:
    """Whether the scope around a throwing event, or what follows in it, was interrupted."""
    return task.workflow.completed or any(c._state == TaskState.CANCELLED for c in task.children)


def give_codes(spec: Any, nodes: Mapping[str, FlowNode]) -> None:
    """Events with an error or escalation throw and catch it in Alur's way, not in the library's."""
    for task_spec in spec.task_specs.values():
        node = nodes.get(task_spec.name)
        if node is None or node.coded_event is None:
            continue
        if isinstance(task_spec, Throwing):
            task_spec.throws = node.coded_event
            text = node.coded_event.message
            task_spec.message = template(text) if text else None
            task_spec.event_definition = NoneEventDefinition()
        elif isinstance(task_spec, BoundaryEvent):
            task_spec.coded = node.coded_event
            task_spec.event_definition = Coded()


# ---------------------------------------------------------------------- catching


def catcher_of(task: Any, kind: str, code: str) -> Any | None:
    """The waiting event that catches this code when it is thrown at `task`; None: nobody here.

    On each level the event with that very code goes before one that catches every code.
    """
    for level in _levels(task):
        for wanted in (code, None):
            for event in level:
                coded = event.task_spec.coded
                if coded.kind == kind and coded.code == wanted:
                    return event
    return None


def codes_caught(task: Any, kind: str) -> list[str | None]:
    """The codes of all events that would catch something thrown at `task`; None: every code."""
    found = [e.task_spec.coded for level in _levels(task) for e in level]
    return list(dict.fromkeys(coded.code for coded in found if coded.kind == kind))


def _levels(task: Any) -> Iterator[list[Any]]:
    """What may catch, from the inside outwards.

    The events on the edge of an activity, then the event sub-processes beside it, then the same of
    the activity around them.
    """
    current = task
    while True:
        yield _on_the_edge_of(current)
        yield [
            other
            for other in current.workflow.tasks.values()
            if isinstance(other.task_spec, Listener)
            and _catches(other)
            # What an event sub-process throws is not for itself.
            and current.task_spec not in other.task_spec.outputs
        ]
        owner = current.workflow.parent_task_id
        if owner is None:
            return
        current = current.workflow.top_workflow.get_task_from_id(owner)


def _on_the_edge_of(task: Any) -> list[Any]:
    host = task.parent if is_inner(task) else task
    if host.parent is None or not isinstance(host.parent.task_spec, EventSplit):
        return []
    return [event for event in host.parent.children if event is not host and _catches(event)]


def _catches(task: Any) -> bool:
    return task._state == TaskState.WAITING and getattr(task.task_spec, "coded", None) is not None


# ---------------------------------------------------------------------- on its way


def throw(task: Any, thrown: Thrown) -> bool:
    """Hand it to the nearest event that catches it. False: there is none, and nothing has moved."""
    catcher = catcher_of(task, thrown.kind, thrown.code)
    if catcher is None:
        return False
    recorder = task.workflow.top_workflow.recorder
    recorder.note(thrown.event_kind, task, **thrown.facts, catcher=activity_id_of(catcher))
    carried = _carried(task, catcher)
    is_interrupting = interrupt(catcher)
    if is_interrupting:
        catcher._set_internal_data(event_fired=True)
        catcher.task_spec._update(catcher)
    values = _values(catcher, thrown, carried if is_interrupting else {})
    if values:
        recorder.set_variables(catcher, values)
    if not is_interrupting:
        start_beside(catcher)
    return True


def escape(task: Any, thrown: Thrown) -> None:
    """Nobody in this instance catches it: an error ends the instance, an escalation does nothing.

    BPMN 2.0.2 §10.5.6 leaves the first to the engine. Whoever called the instance is told of both.
    """
    top = task.workflow.top_workflow
    top.recorder.note(thrown.event_kind, task, **thrown.facts)
    if thrown.kind == ERROR:
        top.cancel()


def interrupt(catcher: Any) -> bool:
    """End what the catcher interrupts; False when it does not interrupt."""
    if not catcher.task_spec.cancel_activity:
        return False
    if isinstance(catcher.task_spec, Listener):
        interrupt_scope(catcher)
        return True
    for other in catcher.parent.children:
        if other is not catcher and other.has_state(TaskState.NOT_FINISHED_MASK):
            other.cancel()
    return True


def _carried(task: Any, catcher: Any) -> dict[str, Any]:
    """The variables of the sub-processes that the catch interrupts, the innermost last.

    They end by what was thrown, and give their variables to the scope around them as at any end;
    what was given to one instance of a loop stays there.
    """
    layers: list[dict[str, Any]] = []
    workflow = task.workflow
    while workflow is not catcher.workflow:
        layers.append(workflow.data.get("variables", {}))
        owner = workflow.top_workflow.get_task_from_id(workflow.parent_task_id)
        if is_inner(owner):
            layers.clear()
        workflow = owner.workflow
    return {name: value for layer in reversed(layers) for name, value in layer.items()}


def _values(catcher: Any, thrown: Thrown, carried: Mapping[str, Any]) -> dict[str, Any]:
    coded = catcher.task_spec.coded
    values = {**carried, **in_canonical_order(dict(thrown.variables))}
    if coded.code_variable:
        values[coded.code_variable] = thrown.code
    if coded.message_variable:
        values[coded.message_variable] = thrown.message
    return values
