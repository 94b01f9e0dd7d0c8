"""Values of process variables as people read them, with the labels of the form fields."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext

from engine.model import (
    FieldType,
    FormField,
    Json,
    Language,
    Sentence,
    UserTask,
    document_of,
)
from webhooks.language import current_language, size_words, told
from webhooks.pages.dates import iso_text

if TYPE_CHECKING:
    from engine.bpmn.elements import FlowNode, ProcessModel

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


@dataclass(frozen=True, slots=True)
class Section:
    """The values that one step of a process gave, under its name."""

    heading: str
    values: list[Labelled]


def sections(values: Mapping[str, Json], model: ProcessModel) -> list[Section]:
    """All values of an instance by the step whose form asks for them; what is left comes last."""
    fields, owners = fields_of(model), model.field_owners
    found: list[Section] = []
    told: set[str] = set()
    for node in model.nodes.values():
        own = [name for name, owner in owners.items() if owner == node.id and name in values]
        found.append(_section(node, "", {name: values[name] for name in own}, fields))
        told.update(own)
        collected = node.multi_instance.collect_into if node.multi_instance else None
        entries = values.get(collected) if collected else None
        if collected and isinstance(entries, list) and all(isinstance(e, dict) for e in entries):
            told.add(collected)
            for entry in entries:
                item = local_text({k: v for k, v in entry.items() if k not in fields})
                asked = {k: v for k, v in entry.items() if k in fields}
                found.append(_section(node, item, asked, fields))
    others = {name: value for name, value in values.items() if name not in told}
    found.append(Section(gettext("Lain-lain"), labelled(others, fields)))
    return [section for section in found if section.values]


def _section(node: FlowNode, item: str, values: Mapping[str, Json], fields: Fields) -> Section:
    number = node.properties.get("sop:nomor")
    name = node.name or node.id
    heading = f"{number}. {name}" if number and node.type != "startEvent" else name
    return Section(f"{heading} ({item})" if item else heading, labelled(values, fields))


def local_text(values: Mapping[str, Json], *, is_repeated: bool = False) -> str:
    """What tells one task of a multi-instance from its siblings: the item that it is for.

    is_repeated: another one is for an item of that name, so that which of them it is is told too,
    as always when there is no name.
    """
    names = {name: each for name, each in values.items() if name not in _COUNTERS}
    text = ", ".join(value_text(each, name, {}) for name, each in sorted(names.items()))
    index = values.get("loopCounter")
    if not isinstance(index, int) or (text and not is_repeated):
        return text
    ordinal = gettext("ke-%(number)s", number=index + 1)
    return f"{text} ({ordinal})" if text else ordinal


def repeated_items(tasks: Iterable[UserTask]) -> frozenset[str]:
    """Ids of those tasks that would read as another one of them: same step, item of that name."""
    alike: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for task in tasks:
        key = (task.instance_id, task.activity_id, local_text(task.local_variables))
        alike[key].append(task.task_id)
    return frozenset(each for ids in alike.values() if len(ids) > 1 for each in ids)


def _lines(value: Json, name: str, fields: Fields) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(value_text(each, name, fields) for each in value) or (NOTHING,)
    return (value_text(value, name, fields),)


def value_text(value: Json, name: str, fields: Fields) -> str:
    """One value in words; `name` is the variable that holds it."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return gettext("Ya") if value else gettext("Tidak")
    if isinstance(value, int | float):
        # A year is no quantity, so that no digits are grouped.
        return number_text(value)
    if isinstance(value, dict):
        return _object_text(value, fields)
    if isinstance(value, list):
        return ", ".join(value_text(each, name, fields) for each in value)
    return told(value) if isinstance(value, Sentence) else _said(str(value), fields.get(name))


def _object_text(value: dict[str, Json], fields: Fields) -> str:
    document = document_of(value)
    if document is not None:
        return f"{document.name} ({size_words(document.size)})"
    return "; ".join(
        f"{_label(key, fields)}: {value_text(each, key, fields)}" for key, each in value.items()
    )


def number_text(number: float) -> str:
    """The number with a decimal comma; in English with a point. No digits are grouped."""
    text = str(number).removesuffix(".0")
    return text if current_language() is Language.ENGLISH else text.replace(".", ",")


def _label(name: str, fields: Fields) -> str:
    return fields[name].label if name in fields else name


def _said(text: str, field: FormField | None) -> str:
    if field is None:
        return text
    if field.type is FieldType.DATE:
        return iso_text(text)
    return dict(field.options).get(text, text)
