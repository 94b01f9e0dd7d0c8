"""A form is one that can be filled in: fields with ids, known types and constraints that hold."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes
from engine.bpmn.diagram import Diagram
from engine.bpmn.form_fields import faults_of, field_elements, read_field
from engine.bpmn.names import Element
from engine.model import FieldType, Finding, FormField

RULE = "form-field"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Every field of every form is right by itself and among its neighbours."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for node in flow_nodes(process):
            yield from _check_fields(rule, node)
            yield from _check_form(rule, node)


def _check_fields(rule: Rule, node: Element) -> Iterator[Finding]:
    for element in field_elements(node):
        for fault in faults_of(element):
            report = rule.unsupported if fault.is_unsupported else rule.error
            name = element.get("id", "")
            yield report(
                element,
                f"isian {name!r}: {fault.message_id}",
                f"form field {name!r}: {fault.message_en}",
            )


def _check_form(rule: Rule, node: Element) -> Iterator[Finding]:
    fields: dict[str, FormField] = {}
    for element in field_elements(node):
        field = read_field(element)
        if field.id in fields:
            yield rule.error(
                element,
                f"isian {field.id!r} ada dua kali dalam satu formulir; ubah id salah satunya",
                f"form field {field.id!r} stands twice in one form; change one id",
            )
        fields[field.id] = field
    for element in field_elements(node):
        yield from _check_required_if(rule, element, fields)


def _check_required_if(
    rule: Rule, element: Element, fields: dict[str, FormField]
) -> Iterator[Finding]:
    field = read_field(element)
    if field.required_if is None:
        return
    name, value = field.required_if
    other = fields.get(name)
    if other is None or other.id == field.id:
        yield rule.error(
            element,
            f"isian {field.id!r}: wajib_jika menyebut {name!r}, yang bukan isian lain formulir ini",
            f"form field {field.id!r}: wajib_jika names {name!r}, no other field of this form",
        )
    elif other.type is FieldType.FILE:
        yield rule.error(
            element,
            f"isian {field.id!r}: wajib_jika menyebut {name!r}, dan berkas tidak bernilai apa pun",
            f"form field {field.id!r}: wajib_jika names {name!r}, and a file equals no value",
        )
    elif other.type is FieldType.ENUM and value not in dict(other.options):
        yield rule.error(
            element,
            f"isian {field.id!r}: wajib_jika menyebut {value!r}, yang bukan nilai {name!r}",
            f"form field {field.id!r}: wajib_jika names {value!r}, which is no value of {name!r}",
        )
