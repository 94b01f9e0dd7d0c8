"""What others tell a run: workers, called instances, and people who report an error at a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.codes import ERROR, ESCALATION
from engine.bpmn.elements import FlowNode
from engine.errors import InvalidInput, NotFound
from engine.json_values import in_canonical_order
from engine.model import EventKind, Json, Observation, Variables
from engine.spiff.incidents import Incidents
from engine.spiff.throwing import Thrown, catcher_of, codes_caught, escape, throw

#: Input -> what is thrown by it.
_THROWN_BY: Mapping[EventKind, str] = {
    EventKind.SERVICE_ERROR: ERROR,
    EventKind.TASK_ERROR: ERROR,
    EventKind.TASK_ESCALATION: ESCALATION,
    EventKind.CALL_ERROR: ERROR,
    EventKind.CALL_ESCALATION: ESCALATION,
}


class Told(Incidents):
    """The part of a Run that hears of what is done elsewhere."""

    advance: Callable[[], None]
    _submit: Callable[[Any, Variables], None]
    _observed: Callable[[], tuple[Observation, ...]]

    # ------------------------------------------------------------------ questions

    def catches(self, activity_instance_id: str, kind: str, code: str) -> bool:
        """Whether something in this instance catches it when it is thrown there.

        activity_instance_id: of a user task or external task, or the id of a called instance.
        """
        return catcher_of(self._place(activity_instance_id), kind, code) is not None

    def codes_caught(self, activity_instance_id: str, kind: str) -> list[str | None]:
        """The codes that are caught when thrown there; None stands for every code."""
        return codes_caught(self._place(activity_instance_id), kind)

    def node_at(self, activity_instance_id: str) -> FlowNode:
        """The element of a user task, external task or called instance that is waited for."""
        node: FlowNode = self._recorder.node_of(self._place(activity_instance_id))
        return node

    def escaped(self) -> list[Thrown]:
        """What this step threw and nobody in the instance caught, in order."""
        kinds = {EventKind.ERROR_THROWN: ERROR, EventKind.ESCALATION_THROWN: ESCALATION}
        return [
            Thrown(kinds[seen.kind], seen.payload["code"], seen.payload.get("message"))
            for seen in self._observed()
            if seen.kind in kinds and "catcher" not in seen.payload
        ]

    # ------------------------------------------------------------- called instances

    def finish_call(self, call_id: str, variables: Variables) -> None:
        """The called instance ended; its variables are at hand for what comes out."""
        task = self._caller(call_id)
        values = in_canonical_order(dict(variables))
        if self._guarded(task, lambda: task.task_spec.finish(task, values)):
            self.advance()

    def fail_call(self, call_id: str, message: str) -> None:
        """The called instance could not be started, or was cancelled: an incident."""
        task = self._caller(call_id)
        del task.internal_data["call"]
        self._raise_incident(task, message, "go on")

    def hear_call(self, kind: EventKind, told: Mapping[str, Json]) -> None:
        """The called instance threw what nobody in it catches.

        An error that nobody catches here either is an incident, unless it `escapes`: then the
        instance that called this one catches it, and this one ends.
        """
        task = self._caller(told["call"])
        thrown = _thrown(kind, told)
        values = task.task_spec.named_outputs(dict(thrown.variables))
        self._throw_at(task, replace(thrown, variables=values), told)

    # ------------------------------------------------------------------- workers

    def answer_service(
        self, external_task_id: str, kind: EventKind, told: Mapping[str, Json]
    ) -> None:
        """What a worker told about an external task: done, failed, or a business error."""
        task = self._task(external_task_id)
        if "service" not in task.internal_data or task._state != TaskState.STARTED:
            raise NotFound("open external task", external_task_id)
        if kind is EventKind.SERVICE_COMPLETED:
            local = in_canonical_order(dict(told["localVariables"]))
            self._submit(task, in_canonical_order(dict(told["variables"])))
            task.task_spec.finish(task, local)
            self.advance()
        elif kind is EventKind.SERVICE_ERROR:
            self._throw_at(task, _thrown(kind, told), told)
        elif told["retries"] == 0:
            self._stop(task, told["message"])

    # -------------------------------------------------------------------- people

    def hear_task(self, task_id: str, kind: EventKind, told: Mapping[str, Json]) -> None:
        """A person reported an error or escalation at an open user task.

        Raises InvalidInput when nobody catches it: nothing would come of it.
        """
        task = self._task(task_id)
        if not task.task_spec.manual or task._state != TaskState.READY:
            raise NotFound("open user task", task_id)
        thrown = _thrown(kind, told)
        if not (told.get("escapes") or self.catches(task_id, thrown.kind, thrown.code)):
            raise _uncaught(thrown, codes_caught(task, thrown.kind))
        self._throw_at(task, thrown, told)

    # ------------------------------------------------------------------- together

    def _throw_at(self, task: Any, thrown: Thrown, told: Mapping[str, Json]) -> None:
        is_caught = catcher_of(task, thrown.kind, thrown.code) is not None
        if is_caught:
            # What follows the catch may fail, and is an incident of its own then.
            self._guarded(task, lambda: throw(task, thrown))
        elif thrown.kind == ESCALATION or told.get("escapes"):
            escape(task, thrown)
        else:
            reason = f"BPMN error {thrown.code!r} is caught by nobody: {thrown.message or '-'}"
            self._stop(task, reason)
            return
        self.advance()

    def _stop(self, task: Any, message: str) -> None:
        """What was waited for will not come: an incident, after which it is asked for again."""
        for waits_for in ("service", "call"):
            task.internal_data.pop(waits_for, None)
        self._raise_incident(task, message, "go on")

    def _place(self, activity_instance_id: str) -> Any:
        for task in self._tasks():
            if activity_instance_id in {task.id, task.internal_data.get("call")}:
                return task
        raise NotFound("open activity", activity_instance_id)

    def _caller(self, call_id: str) -> Any:
        for task in self._tasks():
            if task.internal_data.get("call") == call_id and task._state == TaskState.STARTED:
                return task
        raise NotFound("open call", call_id)


def _uncaught(thrown: Thrown, codes: list[str | None]) -> InvalidInput:
    known = ", ".join(repr(code) for code in codes) or "none"
    reason = f"nobody catches {thrown.kind} {thrown.code!r} here; codes that are caught: {known}"
    return InvalidInput(reason, {f"{thrown.kind}Code": [reason]})


def _thrown(kind: EventKind, told: Mapping[str, Json]) -> Thrown:
    return Thrown(
        _THROWN_BY[kind], told["code"], told.get("message"), in_canonical_order(told["variables"])
    )
