"""Shows every expression of a diagram as it was written, and as the sandbox will run it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.bpmn.diagram import Diagram
from engine.bpmn.elements import FlowNode, RawValue
from engine.bpmn.expressions import Expression, translate
from engine.bpmn.names import bpmn, bpmn_children, line_of, local, text_of
from engine.bpmn.refusals import Refusal
from engine.bpmn.supported import TIMER_KINDS
from engine.bpmn.timers import EXPRESSION_MARKS
from engine.bpmn.values import template


@dataclass(frozen=True, slots=True)
class Translation:
    """One expression. `python` None: it cannot be translated, and the findings say why."""

    file_name: str
    line: int | None
    element_id: str
    where: str
    source: str
    python: str | None


def translations(diagram: Diagram) -> tuple[Translation, ...]:
    """The expressions of all processes of a file, by line."""
    found = [
        Translation(diagram.file_name, line, element_id, where, source, python)
        for line, element_id, where, text in _texts(diagram)
        for source, python in _expressions(text, is_condition=where in _CONDITIONS)
    ]
    return tuple(sorted(found, key=lambda each: (each.line or 0, each.element_id, each.where)))


_CONDITIONS = frozenset(
    {"condition", "collection", "loopCardinality", "completionCondition"} | TIMER_KINDS
)
_Text = tuple[int | None, str, str, str]


def _texts(diagram: Diagram) -> Iterator[_Text]:
    for process in diagram.processes:
        for flow in process.flows.values():
            if flow.condition:
                yield flow.line, flow.id, "condition", flow.condition
        for node in process.nodes.values():
            for where, text in _node_texts(node):
                yield node.line, node.id, where, text
    yield from _timers(diagram)


def _timers(diagram: Diagram) -> Iterator[_Text]:
    """Timers that are expressions; a literal is no expression."""
    for definition in diagram.source.iter(bpmn("timerEventDefinition")):
        event = definition.getparent()
        for time in bpmn_children(definition):
            text = text_of(time)
            if text and text.startswith(EXPRESSION_MARKS) and event is not None:
                yield line_of(time), event.get("id", ""), local(time), text


def _node_texts(node: FlowNode) -> Iterator[tuple[str, str]]:
    loop, call = node.multi_instance, node.call
    single = {
        "collection": loop.collection if loop else None,
        "loopCardinality": loop.cardinality if loop else None,
        "completionCondition": loop.completion_condition if loop else None,
        "assignee": node.assignee,
        "candidateUsers": ",".join(node.candidate_users),
        "candidateGroups": ",".join(node.candidate_groups),
        "dueDate": node.due_date,
        "followUpDate": node.follow_up_date,
        "priority": node.priority,
        "topic": node.topic,
        "taskPriority": node.task_priority,
        "calledElement": call.element if call else None,
    }
    yield from ((where, text) for where, text in single.items() if text)
    for direction, parameters in (("input", node.inputs), ("output", node.outputs)):
        for parameter in parameters:
            for text in _leaves(parameter.value):
                yield f"{direction} {parameter.name}", text
    for direction, mappings in (
        ("in", call.inputs if call else ()),
        ("out", call.outputs if call else ()),
    ):
        for mapping in mappings:
            if mapping.source_expression:
                yield f"{direction} {mapping.target}", mapping.source_expression


def _leaves(value: RawValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        return
    for inner in value.values() if isinstance(value, dict) else value:
        yield from _leaves(inner)


def _expressions(text: str, *, is_condition: bool) -> Iterator[tuple[str, str | None]]:
    """The expressions in a text. A condition is one as a whole, however it is written."""
    try:
        if is_condition:
            yield text, translate(text).python
            return
        parts = template(text).parts
    except Refusal:
        yield text, None
        return
    for part in parts:
        if isinstance(part, Expression):
            yield part.source, part.python
