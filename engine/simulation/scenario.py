"""What the caller gives: when it starts, how long tasks take, which values and decisions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.bpmn.elements import ProcessModel
from engine.errors import InvalidForm, InvalidInput
from engine.forms import check_submission
from engine.model import FormField, Json

_DURATION = re.compile(
    r"(?:(\d{1,4})w)?(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,8})s)?"
)
LONGEST = timedelta(days=3660)
#: How long a task takes when nothing is said.
USUAL_TIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything about a simulation that is not in the diagram."""

    started_at: datetime
    #: None: the only executable process of the file.
    process_key: str | None = None
    #: How long a task takes, from its opening to its completion.
    each: timedelta = USUAL_TIME
    #: Activity id -> how long this one takes.
    each_of: Mapping[str, timedelta] = field(default_factory=dict)
    #: Values by name: a form that asks for the name gets it, any other is there from the start.
    values: Mapping[str, Json] = field(default_factory=dict)
    #: Field id -> decisions in the order in which they are asked for, the last one repeating.
    #: Empty: decisions are explored.
    decisions: Mapping[str, Sequence[Json]] = field(default_factory=dict)

    def time_of(self, activity_id: str) -> timedelta:
        """How long a task of this activity takes."""
        return self.each_of.get(activity_id, self.each)


def read_duration(text: str) -> timedelta:
    """The duration that a text like 30m, 1h, 2d or 1d12h says. Raises InvalidInput."""
    found = _DURATION.fullmatch(text.strip().lower())
    if not found or not any(found.groups()):
        raise InvalidInput(f"{text!r}: expected a duration such as 30m, 1h, 2d or 1d12h")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    duration = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if duration > LONGEST:
        raise InvalidInput(f"{text!r}: expected at most ten years")
    return duration


def fields_of(model: ProcessModel) -> dict[str, FormField]:
    """Every form field of a process by its id; the first, when several forms have it."""
    found: dict[str, FormField] = {}
    for node in model.nodes.values():
        for form_field in node.form or ():
            found.setdefault(form_field.id, form_field)
    return found


def require_fit(scenario: Scenario, model: ProcessModel) -> None:
    """Raise InvalidInput for names that the process does not have and values that do not fit."""
    faults: dict[str, list[str]] = {}
    for activity_id in scenario.each_of:
        if activity_id not in model.nodes:
            faults[activity_id] = ["the process has no such activity"]
    fields = fields_of(model)
    for name, values in scenario.decisions.items():
        reasons = _faults_of_decision(fields.get(name), values)
        if reasons:
            faults[name] = reasons
    if faults:
        name, reasons = next(iter(faults.items()))
        raise InvalidInput(f"{name}: {reasons[0]}", faults)


def _faults_of_decision(form_field: FormField | None, values: Sequence[Json]) -> list[str]:
    if form_field is None:
        return ["no form of the process asks for it"]
    if not values:
        return ["expected at least one value"]
    return [reason for value in values for reason in faults_of(form_field, value)]


def faults_of(form_field: FormField, value: Json) -> list[str]:
    """What is wrong with a value of a field, looked at by itself."""
    try:
        check_submission((form_field,), {form_field.id: value})
    except InvalidForm as error:
        return error.fields[form_field.id]
    except InvalidInput as error:
        return [str(error)]
    return []
