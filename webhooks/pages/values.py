"""Values of process variables as people read them, with the labels of the form fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.model import FieldType, FormField, Json
from webhooks.pages.dates import iso_text

if TYPE_CHECKING:
    from engine.bpmn.elements import ProcessModel

NOTHING = "–"
#: Local to a loop, but nothing that people would tell its tasks apart by.
_COUNTERS = {"loopCounter", "nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances"}

#: Every form field of a process by its id, in the diagram's order.
Fields = Mapping[str, FormField]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One value under its label. `lines`: one per entry of a list."""

    label: str
    lines: tuple[str, ...]


def fields_of(model: ProcessModel) -> Fields:
    """Every form field of a process by its id."""
    found: dict[str, FormField] = {}
    for node in model.nodes.values():
        for each in node.form or ():
            found.setdefault(each.id, each)
    return found


def labelled(values: Mapping[str, Json], fields: Fields) -> list[Labelled]:
    """The values that say something, in the order of the fields; others follow by name."""
    known = [name for name in fields if name in values]
    others = sorted(name for name in values if name not in fields)
    return [
        Labelled(_label(name, fields), lines)
        for name in (*known, *others)
        if (lines := _lines(values[name], name, fields)) != (NOTHING,)
    ]


def local_text(values: Mapping[str, Json]) -> str:
    """What tells one task of a multi-instance from its siblings: the item that it is for."""
    told = {name: each for name, each in values.items() if name not in _COUNTERS}
    return ", ".join(value_text(each, name, {}) for name, each in sorted(told.items()))


def _lines(value: Json, name: str, fields: Fields) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(value_text(each, name, fields) for each in value) or (NOTHING,)
    return (value_text(value, name, fields),)


def value_text(value: Json, name: str, fields: Fields) -> str:
    """One value in words; `name` is the variable that holds it."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return "Ya" if value else "Tidak"
    if isinstance(value, int | float):
        # A year is no quantity, so that no digits are grouped.
        return number_text(value)
    if isinstance(value, dict):
        return "; ".join(
            f"{_label(key, fields)}: {value_text(each, key, fields)}" for key, each in value.items()
        )
    if isinstance(value, list):
        return ", ".join(value_text(each, name, fields) for each in value)
    return _said(str(value), fields.get(name))


def number_text(number: float) -> str:
    """The number with a decimal comma."""
    return str(number).removesuffix(".0").replace(".", ",")


def _label(name: str, fields: Fields) -> str:
    return fields[name].label if name in fields else name


def _said(text: str, field: FormField | None) -> str:
    if field is None:
        return text
    if field.type is FieldType.DATE:
        return iso_text(text)
    return dict(field.options).get(text, text)
