"""What of forms leaves in an event log: the one place that keeps personal values back.

A log is for counting, so it tells what can be counted: choices, numbers, dates and ticks. What the
diagram calls personal stays in history; so do texts that people type and names of files, which may
tell of persons although nobody said so.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import date

from engine.bpmn.elements import ProcessModel
from engine.bpmn.personal_terms import personal_fields
from engine.model import FieldType, FormField, Json

_TOLD = frozenset(
    {FieldType.BOOLEAN, FieldType.DATE, FieldType.DOUBLE, FieldType.ENUM, FieldType.LONG}
)


def told_forms(model: ProcessModel) -> dict[str, list[FormField]]:
    """User task -> the fields of its form whose values may leave."""
    personal = personal_fields(model)
    return {
        node.id: [each for each in node.form or () if _is_told(each, personal)]
        for node in model.nodes.values()
        if node.type == "userTask"
    }


def _is_told(form_field: FormField, personal: Container[str]) -> bool:
    is_plain = form_field.type in _TOLD and not form_field.is_list
    return is_plain and form_field.id not in personal


def told_values(told: Iterable[FormField], submitted: Mapping[str, Json]) -> dict[str, Json]:
    """Of what was submitted what may leave; what is not of its field's type is left out."""
    return {
        each.id: submitted[each.id]
        for each in told
        if each.id in submitted and is_of_type(each, submitted[each.id])
    }


def is_of_type(form_field: FormField, value: Json) -> bool:
    """Whether the value is what such a field takes."""
    match form_field.type:
        case FieldType.BOOLEAN:
            return isinstance(value, bool)
        case FieldType.LONG:
            return isinstance(value, int) and not isinstance(value, bool)
        case FieldType.DOUBLE:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case FieldType.ENUM:
            return isinstance(value, str) and value in dict(form_field.options)
        case _:
            return isinstance(value, str) and _is_day(value)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
