"""What a node does beside moving tokens: its parameters, and whom a user task waits for.

Evaluated inside the step, so that what came out is an observation and replay finds it again.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException

from engine.bpmn.elements import FlowNode
from engine.bpmn.expressions import Expression
from engine.bpmn.values import Template, Value, compiled, template
from engine.moments import DueError, due_text
from engine.spiff.scripts import json_only

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")
#: Characters of a text that is put together from expressions.
MAX_TEXT = 64 * 1024
#: An offer's key -> the attribute that it comes from.
_PEOPLE = ("candidate_users", "candidate_groups")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The compiled parameters and performers of one node."""

    inputs: dict[str, Value]
    outputs: dict[str, Value]
    #: Only what holds an expression; literals are read from the diagram.
    offer: dict[str, Template]

    def enter(self, task: Any) -> None:
        """Give the task its local variables, then find out whom it waits for."""
        if self.inputs:
            values = self._evaluated(task, self.inputs)
            task.data.update(values)
            task.internal_data["inputs"] = sorted(values)
        if self.offer:
            task.internal_data["offer"] = {
                name: _offered(task, name, value) for name, value in self.offer.items()
            }

    def leave(self, task: Any) -> dict[str, Any]:
        """What the task gives back to the scope around it."""
        return self._evaluated(task, self.outputs)

    def _evaluated(self, task: Any, parameters: dict[str, Value]) -> dict[str, Any]:
        values = {name: evaluate(task, value) for name, value in parameters.items()}
        kept: dict[str, Any] = json_only(task, f"parameters {', '.join(parameters)}", values)
        return kept


def behaviour_of(node: FlowNode) -> Behaviour | None:
    """The behaviour of a node; None when it has none. Its expressions were checked at deploy."""
    texts = {
        "assignee": node.assignee,
        "candidate_users": ",".join(node.candidate_users) or None,
        "candidate_groups": ",".join(node.candidate_groups) or None,
        "due_date": node.due_date,
        "follow_up_date": node.follow_up_date,
        "priority": node.priority,
    }
    offer = {name: template(text) for name, text in texts.items() if text}
    found = Behaviour(
        inputs={parameter.name: compiled(parameter.value) for parameter in node.inputs},
        outputs={parameter.name: compiled(parameter.value) for parameter in node.outputs},
        offer={
            name: value
            for name, value in offer.items()
            if not value.is_literal or name in {"due_date", "follow_up_date", "priority"}
        },
    )
    return found if found.inputs or found.outputs or found.offer else None


def evaluate(task: Any, value: Value, more: dict[str, Any] | None = None) -> Any:
    """The value over the variables that `task` sees; those in `more` go before them."""
    if isinstance(value, dict):
        return {name: evaluate(task, inner, more) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [evaluate(task, inner, more) for inner in value]
    results = [
        task.workflow.script_engine.evaluate(task, part.python, more)
        if isinstance(part, Expression)
        else part
        for part in value.parts
    ]
    if len(results) == 1:
        return results[0]
    text = "".join(map(_as_text, results))
    if len(text) > MAX_TEXT:
        raise _fault(task, value.source, f"{len(text)} characters", f"at most {MAX_TEXT} are kept")
    return text


def _as_text(value: Any) -> str:
    """A value inside a text, as JUEL writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _offered(task: Any, name: str, value: Template) -> Any:
    found = evaluate(task, value)
    if name in _PEOPLE:
        return _names(task, value.source, found)
    if name == "priority":
        return _whole_number(task, value.source, found)
    if found is None or found == "":
        return None
    if not isinstance(found, str):
        raise _fault(task, value.source, found, "text was expected")
    if name == "assignee":
        return found
    try:
        return due_text(found)
    except DueError as error:
        raise _fault(task, value.source, found, str(error)) from error


def offered(task: Any, names: Collection[str]) -> dict[str, Any]:
    """What the expressions of the task's element give for these parts of its offer."""
    behaviour: Behaviour | None = task.task_spec.behaviour
    offer = behaviour.offer.items() if behaviour else ()
    return {name: _offered(task, name, value) for name, value in offer if name in names}


def whole_number(value: Any) -> int | None:
    """The value as a whole number; text is taken too, as expressions often give it."""
    text = "" if isinstance(value, bool) else str(value).strip()
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None


def _names(task: Any, source: str, found: Any) -> list[str]:
    if found is None:
        return []
    parts = found.split(",") if isinstance(found, str) else found
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise _fault(task, source, found, "names were expected")
    return [part.strip() for part in parts if part.strip()]


def _whole_number(task: Any, source: str, found: Any) -> int:
    number = whole_number(found)
    if number is None:
        raise _fault(task, source, found, "a whole number of at most nine digits was expected")
    return number


def _fault(task: Any, source: str, found: Any, reason: str) -> WorkflowTaskException:
    return WorkflowTaskException(f"{source!r} is {found!r}; {reason}", task=task)
