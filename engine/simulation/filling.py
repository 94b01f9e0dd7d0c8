"""Fills in forms as a diligent official would, with values that the form accepts."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any

from engine.bpmn.elements import FlowNode, ProcessModel
from engine.errors import InvalidForm, InvalidInput
from engine.forms import check_submission
from engine.model import Document, FieldType, FormField, Json
from engine.simulation.scenario import Scenario, faults_of
from engine.simulation.texts import matching_text

_SAMPLE = "contoh isian"
#: What is handed in where a form asks for a file; nobody opens it.
_FILE = Document(
    document_id="contoh",
    name="contoh.txt",
    mime_type="text/plain",
    size=len(_SAMPLE),
    sha256=hashlib.sha256(_SAMPLE.encode()).hexdigest(),
)


class Filler:
    """Fills in the forms of one process."""

    def __init__(self, model: ProcessModel, scenario: Scenario) -> None:
        self._scenario = scenario
        self._owners = model.field_owners
        self._date = scenario.started_at.date().isoformat()

    def require_fillable(self, model: ProcessModel) -> None:
        """Raise InvalidInput that names every field for which no value could be made up."""
        faults: dict[str, list[str]] = {}
        for node in model.nodes.values():
            for field in node.form or ():
                reasons = self._faults(field)
                if reasons:
                    faults.setdefault(field.id, reasons)
        if faults:
            names = ", ".join(faults)
            first = next(iter(faults))
            raise InvalidInput(
                f"no value could be made up for {names}: say --set {first}=VALUE "
                f"({faults[first][0]})",
                faults,
            )

    def _faults(self, field: FormField) -> list[str]:
        if field.is_readonly:
            return []
        value = self._scenario.values.get(field.id, self.invented(field))
        if value is None and not (field.is_required or field.required_if):
            return []
        if value is None:
            return [f"pattern {field.pattern}"] if field.pattern else ["no value fits"]
        return faults_of(field, value)

    def start(self, node: FlowNode, decisions: Mapping[str, Json]) -> dict[str, Any]:
        """The variables of the start: what its form asks for, and all that no form asks for."""
        strangers = {n: v for n, v in self._scenario.values.items() if n not in self._owners}
        return check_submission(node.form, strangers | self._values(node, decisions))

    def task(self, node: FlowNode, decisions: Mapping[str, Json]) -> dict[str, Any]:
        """What the form of a task is completed with. Raises InvalidForm."""
        own = {field.id for field in node.form or ()}
        others = {name for name in self._owners if name not in own} if node.form else set()
        return check_submission(node.form, self._values(node, decisions), owned_elsewhere=others)

    def accepts(self, node: FlowNode, decisions: Mapping[str, Json]) -> bool:
        """Whether the form lets a person decide so."""
        try:
            self.task(node, decisions)
        except InvalidForm:
            return False
        return True

    def _values(self, node: FlowNode, decisions: Mapping[str, Json]) -> dict[str, Json]:
        """None is a field that is left blank."""
        values: dict[str, Json] = {}
        for field in node.form or ():
            if field.is_readonly:
                continue
            given = self._scenario.values.get(field.id, self.invented(field))
            value = decisions.get(field.id, given)
            if value is not None:
                values[field.id] = value
        return values

    def invented(self, field: FormField) -> Json:
        """A value for a field, the default when it has one; None when none could be made up."""
        if field.default is not None:
            return field.default
        if field.type is FieldType.FILE:
            return [_FILE.as_reference()] if field.is_list else _FILE.as_reference()
        if field.is_list:
            line = _text(field)
            return None if line is None else [line, line]
        made: Mapping[FieldType, Json] = {
            FieldType.BOOLEAN: True,
            FieldType.DATE: self._date,
            FieldType.ENUM: field.options[0][0] if field.options else None,
        }
        if field.type in made:
            return made[field.type]
        return _text(field) if field.type is FieldType.STRING else _number(field)


def _text(field: FormField) -> str | None:
    if field.pattern is not None:
        return matching_text(field)
    least = field.min_length or 0
    text = _SAMPLE if least <= len(_SAMPLE) else _SAMPLE.ljust(least, ".")
    return text[: field.max_length].strip() or None


def _number(field: FormField) -> Json:
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum
    number = min(max(1.0, low), high)
    if field.type is FieldType.DOUBLE:
        return number
    whole = math.ceil(number)
    return whole if whole <= high else None
