"""A name stands for one kind of value in all forms of a process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes, label_of
from engine.bpmn.diagram import Diagram
from engine.bpmn.form_fields import field_elements, read_field
from engine.bpmn.names import Element, bpmn, camunda, line_of
from engine.model import FieldType, Finding, FormField

RULE = "form-collision"


@dataclass(frozen=True, slots=True)
class _Declared:
    field: FormField
    node: Element

    @property
    def kind(self) -> str:
        # What was chosen is a text, which another form may show as one.
        is_choice = self.field.type is FieldType.ENUM
        name = str(FieldType.STRING if is_choice else self.field.type)
        return f"daftar {name}" if self.field.is_list else name


def check(diagram: Diagram) -> Iterator[Finding]:
    """Fields of one id have one type, and none hides the element of a repeat."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        shared: dict[str, _Declared] = {}
        for node in flow_nodes(process):
            # What is submitted in a repeat stays in it (see form fields of a multi-instance body).
            fields = {} if _repeats(node) else shared
            yield from _types(rule, node, fields)
            yield from _hidden_elements(rule, node)


def _repeats(node: Element) -> list[Element]:
    """The multi-instance characteristics of the node and of all sub-processes around it."""
    holders = [node, *node.iterancestors(bpmn("subProcess"))]
    found = (holder.find(bpmn("multiInstanceLoopCharacteristics")) for holder in holders)
    return [loop for loop in found if loop is not None]


def _types(rule: Rule, node: Element, seen: dict[str, _Declared]) -> Iterator[Finding]:
    for element in field_elements(node):
        declared = _Declared(read_field(element), node)
        if declared.field.is_readonly:
            continue  # It only shows what another form has taken.
        first = seen.setdefault(declared.field.id, declared)
        if first.node is not node and first.kind != declared.kind:
            yield rule.error(
                element,
                f"isian {declared.field.id!r} berjenis {declared.kind}, tetapi {first.kind} di "
                f"{label_of(first.node)} (baris {line_of(first.node)}); samakan jenisnya atau "
                "ubah id-nya",
                f"form field {declared.field.id!r} is of type {declared.kind}, but {first.kind} in "
                f"{label_of(first.node)} (line {line_of(first.node)}); use one type or another id",
            )


def _hidden_elements(rule: Rule, node: Element) -> Iterator[Finding]:
    names = {loop.get(camunda("elementVariable")) for loop in _repeats(node)}
    for element in field_elements(node):
        field = read_field(element)
        if field.id in names and not field.is_readonly:
            yield rule.error(
                element,
                f"isian {field.id!r} bernama sama dengan variabel unsur dari kegiatan berulang dan "
                "akan menimpanya; ubah id-nya, atau jadikan readonly",
                f"form field {field.id!r} has the name of the element variable of the repeat and "
                "would overwrite it; change its id, or make it readonly",
            )
