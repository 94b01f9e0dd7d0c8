"""Forms on the wire: their fields, and the row of the SOP that a task stands for."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from engine.model import FormField
from webhooks.schemas.base import Answer, Computed, Null


class FormReference(Answer):
    """Where a form is kept. Alur's forms are in the diagram: see form-fields."""

    key = fields.String(allow_none=True)
    camunda_form_ref = Null()
    context_path = Null()


class OptionAnswer(Answer):
    """One choice of an enum."""

    value = Computed(lambda option: option[0])
    label = Computed(lambda option: option[1])


def _condition(field: FormField) -> dict[str, str] | None:
    if field.required_if is None:
        return None
    other, value = field.required_if
    return {"field": other, "value": value}


class FieldAnswer(Answer):
    """One field of a form."""

    id = fields.String()
    label = fields.String()
    type = Computed(lambda field: str(field.type))
    default = fields.Raw(allow_none=True)
    required = fields.Boolean(attribute="is_required")
    readonly = fields.Boolean(attribute="is_readonly")
    required_if = Computed(_condition)
    minimum = fields.Float(allow_none=True)
    maximum = fields.Float(allow_none=True)
    min_length = fields.Integer(allow_none=True)
    max_length = fields.Integer(allow_none=True)
    pattern = fields.String(allow_none=True)
    options = fields.List(fields.Nested(OptionAnswer))
    list = fields.Boolean(attribute="is_list")
    group = fields.String(allow_none=True)
    rows = fields.Integer(allow_none=True)
    personal = fields.Boolean(attribute="is_personal")
    subject = fields.String(allow_none=True)


class StartFormFields(Answer):
    """What starting asks for."""

    process_definition_id = fields.String()
    process_definition_key = fields.String()
    fields_ = fields.List(fields.Nested(FieldAnswer), data_key="fields")


#: The columns of the official SOP table that a step's row fills.
_COLUMNS = ("kegiatan", "kelengkapan", "waktu", "output", "keterangan")


def _sop(form: Any) -> dict[str, str | None]:
    """The step's row in the SOP, and whatever else the diagram says of it there."""
    row: dict[str, str | None] = dict.fromkeys(_COLUMNS)
    said = {n.removeprefix("sop:"): v for n, v in form.properties.items() if n.startswith("sop:")}
    return {**row, "kegiatan": form.task.name, **said}


class TaskFormFields(Answer):
    """What a task asks for, the values so far, and its row of the SOP."""

    task_id = fields.String(attribute="task.task_id")
    name = fields.String(attribute="task.name")
    process_instance_id = fields.String(attribute="task.instance_id")
    lane = fields.String(attribute="task.lane", allow_none=True)
    lane_path = fields.List(fields.String(), attribute="task.lane_path")
    local_variables = Computed(lambda form: dict(form.task.local_variables))
    fields_ = fields.List(fields.Nested(FieldAnswer), attribute="fields", data_key="fields")
    values = fields.Dict(keys=fields.String())
    sop = Computed(_sop)
