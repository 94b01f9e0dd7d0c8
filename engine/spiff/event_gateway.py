"""The event-based gateway: waits for several events at once, and goes on with the first of them.

BPMN 2.0.2 §10.6.6. The token stays at the gateway until then, so that history shows one way taken.
The library lets each target wait, and matches by definition: two equal names would be one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.util.task import TaskState

from engine.spiff.scripts import timer_value
from engine.spiff.stepping import current_step
from engine.spiff.subscriptions import AWAITED, EventCatch, named, open_all

#: Keys of its internal data: target -> due moment as ISO text; the target that came first.
_TIMERS = "timers"
_CHOSEN = "chosen"


class EventGateway(BpmnSpecMixin):  # type: ignore[misc]
    """Waits, STARTED, with the events of all its targets."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._timers: dict[str, TimerEventDefinition] = {}

    def take_over_events(self) -> None:
        """Wait in the place of the targets, which have no other way in. Called once, parsed."""
        for target in self.outputs:
            if isinstance(target, EventCatch):
                target.is_chosen = True
            else:
                self._timers[target.name] = target.event_definition
                target.event_definition = NoneEventDefinition()

    def _predict_hook(self, my_task: Any) -> None:
        """No target before it is known which."""

    def _update_hook(self, my_task: Any) -> bool | None:
        if my_task.state == TaskState.STARTED:
            return self._take_due(my_task)
        super()._update_hook(my_task)
        events = [each for each in self.outputs if isinstance(each, EventCatch)]
        found = named(my_task, (each.expected for each in events))
        timers = {name: _due(my_task, timer) for name, timer in self._timers.items()}
        my_task._set_state(TaskState.STARTED)
        my_task.internal_data[_TIMERS] = timers
        open_all(my_task, found)
        return self._take_due(my_task)

    def _take_due(self, my_task: Any) -> bool | None:
        """The timer that is due first, if one is; a timer fires when the clock has passed it."""
        now = current_step().now
        timers = {n: datetime.fromisoformat(t) for n, t in my_task.internal_data[_TIMERS].items()}
        due = [name for name, moment in timers.items() if moment < now]
        if not due:
            return None
        self.arrive(my_task, min(due, key=timers.__getitem__))
        return False

    def arrive(self, my_task: Any, activity_id: str) -> None:
        """The event of this target came first."""
        my_task.internal_data.pop(AWAITED, None)
        del my_task.internal_data[_TIMERS]
        my_task.internal_data[_CHOSEN] = activity_id
        my_task._set_state(TaskState.READY)

    def _run_hook(self, my_task: Any) -> bool:
        chosen = my_task.workflow.spec.task_specs[my_task.internal_data[_CHOSEN]]
        my_task._sync_children([chosen], TaskState.FUTURE)
        return True


def rename_targets(internal: dict[str, Any], name: Callable[[str], str]) -> None:
    """Give the targets that a waiting gateway remembers the names of another version."""
    if _TIMERS in internal:
        internal[_TIMERS] = {name(target): due for target, due in internal[_TIMERS].items()}
    if _CHOSEN in internal:
        internal[_CHOSEN] = name(internal[_CHOSEN])


def next_due(my_task: Any) -> str | None:
    """When the earliest timer of a waiting gateway is due, as ISO text."""
    timers = my_task.internal_data.get(_TIMERS, {}).values()
    return min(timers, key=datetime.fromisoformat, default=None)


def _due(my_task: Any, timer: Any) -> str:
    value = my_task.workflow.script_engine.evaluate(my_task, timer.expression)
    text = timer_value(my_task, timer.expression, timer, value)
    try:
        read = TimerEventDefinition.parse_time_or_duration(text)
        if isinstance(read, dict):
            read = current_step().now + TimerEventDefinition.get_timedelta_from_start(read)
    except OverflowError as error:
        raise WorkflowTaskException(f"{text!r} is too far away", task=my_task) from error
    return str(read.isoformat())
