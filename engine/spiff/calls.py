"""A call activity: asks for another process instance, and waits until that one has ended.

The machine only records what it asks for. Whoever holds the store starts the called instance, and
tells the end or the failure as an input.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.calls import OWN_BUSINESS_KEY
from engine.bpmn.elements import Call, CallMapping
from engine.bpmn.values import Template, template
from engine.model import EventKind
from engine.spiff.behaviour import evaluate
from engine.spiff.scripts import scope_of
from engine.spiff.specs import Behaving
from engine.spiff.stepping import current_step


@dataclass(frozen=True, slots=True)
class CompiledCall:
    """The call of one node with its texts as templates."""

    element: Template
    binding: str
    version: Template | None
    inputs: tuple[CallMapping, ...]
    outputs: tuple[CallMapping, ...]


def compiled_call(call: Call) -> CompiledCall:
    """The call with its texts compiled; they were checked at deploy."""
    return CompiledCall(
        element=template(call.element),
        binding=call.binding,
        version=template(call.version) if call.version else None,
        inputs=call.inputs,
        outputs=call.outputs,
    )


class CallActivity(Behaving):
    """Waits, STARTED, for the instance that it asked for."""

    call: CompiledCall

    def _update_hook(self, my_task: Any) -> None:
        """Ask once when the token arrives; asking again is for a retry."""
        if my_task.state != TaskState.STARTED:
            super()._update_hook(my_task)
            request = self._request(my_task)
            my_task._set_state(TaskState.STARTED)
            self._ask(my_task, request)

    def go_on(self, my_task: Any) -> None:
        """After a failure: take over what came out, or else ask for another instance."""
        if "returned" in my_task.internal_data:
            self.finish(my_task, my_task.internal_data["returned"])
        else:
            self._ask(my_task, self._request(my_task))

    def finish(self, my_task: Any, variables: dict[str, Any]) -> None:
        """The called instance ended with these variables: take over what comes out."""
        my_task.internal_data.pop("call", None)
        # Kept until it has been taken over: a failing expression is tried again with the same.
        my_task.internal_data["returned"] = variables
        values = mapped(my_task, self.call.outputs, variables)
        if values:
            my_task.workflow.top_workflow.recorder.set_variables(my_task, values)
        del my_task.internal_data["returned"]
        my_task._set_state(TaskState.READY)

    def named_outputs(self, variables: dict[str, Any]) -> dict[str, Any]:
        """What comes out with an error or escalation: names only, for nothing may be ready yet."""
        names = tuple(m for m in self.call.outputs if m.source_expression is None)
        present = tuple(m for m in names if m.all_variables or m.source in variables)
        return _named(present, variables)

    def _request(self, my_task: Any) -> dict[str, Any]:
        element = evaluate(my_task, self.call.element)
        if not isinstance(element, str) or not element:
            raise WorkflowTaskException(
                f"{self.call.element.source!r} is {element!r}; the key of a process was expected",
                task=my_task,
            )
        request: dict[str, Any] = {
            "element": element,
            "binding": self.call.binding,
            "variables": mapped(my_task, self.call.inputs, None),
        }
        if self.call.version is not None:
            request["version"] = str(evaluate(my_task, self.call.version))
        for mapping in self.call.inputs:
            if mapping.business_key in OWN_BUSINESS_KEY:
                request["ownBusinessKey"] = True
            elif mapping.business_key is not None:
                key = evaluate(my_task, template(mapping.business_key))
                request["businessKey"] = None if key is None else str(key)
        return request

    def _ask(self, my_task: Any, request: dict[str, Any]) -> None:
        my_task.internal_data["call"] = current_step().mint()
        recorder = my_task.workflow.top_workflow.recorder
        recorder.note(
            EventKind.CALL_REQUESTED, my_task, call=my_task.internal_data["call"], **request
        )


def mapped(
    my_task: Any, mappings: tuple[CallMapping, ...], called: dict[str, Any] | None
) -> dict[str, Any]:
    """What the mappings give. called: the variables to read from; None reads the caller's.

    A name without a value gives null, as in Camunda.
    """
    scope = scope_of(my_task) if called is None else called
    values: dict[str, Any] = {}
    for mapping in mappings:
        if mapping.target and mapping.source_expression is not None:
            values[mapping.target] = evaluate(my_task, template(mapping.source_expression), called)
        else:
            values.update(_named((mapping,), scope))
    return values


def _named(mappings: tuple[CallMapping, ...], scope: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for mapping in mappings:
        if mapping.all_variables:
            values.update(scope)
        elif mapping.target and mapping.source is not None:
            values[mapping.target] = scope.get(mapping.source)
    return values
