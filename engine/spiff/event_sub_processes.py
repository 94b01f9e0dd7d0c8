"""Event sub-processes: what waits for their trigger, and how a scope ends in spite of it.

The library starts them at once, interrupts nothing, and looks for triggers in the outermost process
only. Here a listener stands beside the flow of each scope that holds one (BPMN 2.0.2 §10.3.5,
§13.5.4). It is no element of the diagram, so history sees the event sub-process and not it.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.elements import CodedEvent, FlowNode, ProcessModel
from engine.bpmn.supported import LISTENER
from engine.spiff.subscriptions import EventOnBoundary, expected_by


class Coded(EventDefinition):  # type: ignore[misc]
    """The definition of an event that catches by a code: only what is thrown fires it."""


class Listener(CatchingEvent, BpmnSpecMixin):  # type: ignore[misc]
    """Waits for the trigger of one event sub-process, as long as the scope around it is at work."""

    #: What it catches, when that has a code.
    coded: CodedEvent | None = None

    def __init__(
        self, wf_spec: Any, name: str, definition: Any, *, listens_for: str, is_interrupting: bool
    ) -> None:
        super().__init__(wf_spec, name, event_definition=definition)
        #: The id of the start event of the event sub-process.
        self.listens_for = listens_for
        #: Whether it interrupts; named as in a boundary event.
        self.cancel_activity = is_interrupting

    def _run_hook(self, my_task: Any) -> Any:
        if self.cancel_activity:
            interrupt_scope(my_task)
        return super()._run_hook(my_task)


class ScopeEnd(_EndJoin):  # type: ignore[misc]
    """The end of a scope with event sub-processes: all that is at work is waited for.

    Then the listeners are let go.
    """

    def _check_threshold_unstructured(self, my_task: Any) -> bool:
        unfinished = [
            task
            for task in my_task.workflow.tasks.values()
            if task is not my_task and task.has_state(TaskState.NOT_FINISHED_MASK)
        ]
        if any(self._is_at_work(task) for task in unfinished):
            return False
        for task in unfinished:
            if isinstance(task.task_spec, Listener):
                task.cancel()
        return True

    def _is_at_work(self, task: Any) -> bool:
        """Neither a listener nor what would follow one, nor another token that waits here."""
        if isinstance(task.task_spec, Listener) or task.task_spec is self:
            return False
        source = task.parent
        if source is None or source.has_state(TaskState.FINISHED_MASK):
            return True
        return not (isinstance(source.task_spec, Listener) or source.task_spec is self)


def interrupt_scope(listener_task: Any) -> None:
    """End all else in the scope of a listener that has been triggered, other listeners too."""
    for other in list(listener_task.workflow.tasks.values()):
        if other is listener_task or other.parent is listener_task:
            continue
        if other.has_state(TaskState.NOT_FINISHED_MASK):
            other.cancel()


def listen(spec: Any, subprocesses: dict[str, Any], model: ProcessModel) -> None:
    """Put a listener before each event sub-process of a scope, which the library starts at once."""
    known = ((each, model.nodes.get(each.name)) for each in spec.task_specs.values())
    held = [each for each, node in known if node is not None and node.is_triggered_by_event]
    for sub in held:
        trigger = model.trigger_of(sub.name)
        inside = subprocesses[sub.spec].task_specs[trigger.id]
        listener = Listener(
            spec,
            f"{sub.name}{LISTENER}",
            _definition(trigger, inside.event_definition),
            listens_for=trigger.id,
            is_interrupting=trigger.is_interrupting,
        )
        listener.coded = trigger.coded_event
        # Inside, the trigger has come already.
        inside.event_definition = NoneEventDefinition()
        spec.start._outputs[spec.start._outputs.index(sub.name)] = listener.name
        listener._inputs, sub._inputs = [spec.start.name], []
        listener.connect(sub)
    if held:
        _end_beside_listeners(spec)


def _definition(trigger: FlowNode, parsed: EventDefinition) -> EventDefinition:
    """What a listener waits for: the library reads only the timers among them."""
    if trigger.coded_event is not None:
        return Coded()
    expected = expected_by(trigger)
    if expected is None:
        return parsed
    arrival = EventOnBoundary()
    arrival.expected = expected
    return arrival


def _end_beside_listeners(spec: Any) -> None:
    original = spec.task_specs.pop(spec.end.name)
    spec.end = ScopeEnd(spec, original.name)
    spec.end.inputs, spec.end.outputs = original.inputs, original.outputs
