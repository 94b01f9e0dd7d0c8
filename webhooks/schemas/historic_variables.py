"""Variables on the wire: as they are or were at the end, and each of their changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from engine.model import SETTING_KINDS, EventKind, VariableInstance, VariableUpdate
from engine.queries import VariableQuery
from webhooks.schemas.base import Answer, Computed, Flag, Moment, Names, Null, Same
from webhooks.schemas.filters import HistoricFilter, one_fact
from webhooks.schemas.historic_deeds import operation_place
from webhooks.variables import write_variable

#: What a filter says that cannot match: there is no such sequence.
_NOTHING = {"instance_id": "", "sequence": 0}


def variable_id(row: VariableInstance | VariableUpdate) -> str:
    """The id of a variable: that of the event that set it first, and its name."""
    first = row.first_sequence if isinstance(row, VariableUpdate) else row.sequence
    return f"{row.instance_id}:{first}:{row.name}"


def change_id(row: VariableUpdate) -> str:
    """The id of one change of a variable."""
    return f"{row.instance_id}:{row.sequence}:{row.name}"


def place_of(text: str) -> dict[str, Any] | None:
    """What an id of a variable or change names; None when it is none of ours."""
    instance_id, _, rest = text.partition(":")
    sequence, _, name = rest.partition(":")
    if not (instance_id and name and sequence.isascii() and sequence.isdecimal()):
        return None
    number = int(sequence[:10])
    if not 0 < number < 2**31:
        return None
    return {"instance_id": instance_id, "sequence": number, "name": name}


class _Value(Answer):
    """A value with its type, and where it belongs."""

    process_definition_key = fields.String(attribute="definition_key")
    process_definition_id = fields.String(attribute="definition_id")
    process_instance_id = fields.String(attribute="instance_id")
    execution_id = fields.String(attribute="instance_id")
    case_definition_key = Null()
    case_definition_id = Null()
    case_instance_id = Null()
    case_execution_id = Null()
    tenant_id = Null()
    removal_time = Null()
    root_process_instance_id = fields.String(attribute="instance_id")
    error_message = Null()
    value = Computed(lambda row: write_variable(row.value)["value"])
    value_info = Computed(lambda row: write_variable(row.value)["valueInfo"])


class VariableInstanceAnswer(_Value):
    """A variable as it is, or was at the end of its instance."""

    id = Computed(variable_id)
    name = fields.String()
    type = Computed(lambda row: write_variable(row.value)["type"])
    activity_instance_id = Computed(lambda row: row.scope or row.instance_id)
    task_id = Null()
    state = Same("CREATED")
    create_time = Moment(attribute="created_at")


class DetailAnswer(_Value):
    """One change of one variable."""

    id = Computed(change_id)
    type = Same("variableUpdate")
    activity_instance_id = fields.String(allow_none=True)
    task_id = Computed(
        lambda row: row.activity_instance_id if row.kind is EventKind.TASK_COMPLETED else None
    )
    user_operation_id = Computed(
        lambda row: f"{row.instance_id}:{row.revision}" if row.actor else None
    )
    time = Moment(attribute="at")
    variable_name = fields.String(attribute="name")
    variable_instance_id = Computed(variable_id)
    variable_type = Computed(lambda row: write_variable(row.value)["type"])
    initial = Computed(lambda row: row.kind is EventKind.INSTANCE_STARTED)
    revision = fields.Integer()


class _Which(HistoricFilter):
    """Filters that both listings have."""

    noun = VariableQuery
    ties = ("instance_id", "sequence", "name")

    process_instance_id = fields.String(attribute="instance_id")
    process_instance_id_in = Names(attribute="instance_ids")
    process_definition_id = fields.String(attribute="definition_id")
    process_definition_key = fields.String(attribute="definition_key")
    variable_name = fields.String(attribute="name")
    variable_name_in = Names(attribute="names_in")
    variable_name_like = fields.String(attribute="name_like")
    deserialize_value = Flag()
    deserialize_values = Flag()


_QUIET = ("without_tenant_id", "deserialize_value", "deserialize_values")


class VariableInstanceFilter(_Which):
    """Filters of variables."""

    sortable = {  # noqa: RUF012 - ClassVar by the base
        "instanceId": "instance_id",
        "variableName": "name",
        "createTime": "created_at",
    }
    unsupported = (
        "caseInstanceId",
        "caseExecutionIdIn",
        "caseActivityIdIn",
        "taskIdIn",
        "tenantIdIn",
        "variableTypeIn",
        "orQueries",
        "variableNamesIgnoreCase",
        "variableValuesIgnoreCase",
    )
    without_effect = (*_QUIET, "include_deleted")

    variable_value = fields.Raw(attribute="value")
    execution_id_in = Names()
    activity_instance_id_in = Names(attribute="scopes_in")
    include_deleted = Flag()
    created_after = Moment(attribute="at_after")
    created_before = Moment(attribute="at_before")

    def query_of(self, values: dict[str, Any]) -> VariableQuery:
        """A value is looked for under its name, since one value may mean much."""
        if "value" in values:
            if values.get("name") is None:
                raise ValidationError({"variableValue": ["it goes together with variableName"]})
            values["value"] = (values["value"],)
        executions = values.pop("execution_id_in", None)
        if executions is not None:
            ids = values.get("instance_ids", executions)
            values["instance_ids"] = tuple(sorted(set(ids) & set(executions)))
        return VariableQuery(**values)


_SAME: Mapping[str, tuple[str, ...]] = {
    "instance_id": ("execution_id",),
    "activity_instance_id": ("task_id",),
}


class DetailFilter(_Which):
    """Filters of changes of variables."""

    sortable = {  # noqa: RUF012 - ClassVar by the base
        "time": "at",
        "processInstanceId": "instance_id",
        "variableName": "name",
        "variableRevision": "revision",
    }
    unsupported = (
        "caseInstanceId",
        "caseExecutionId",
        "variableTypeIn",
        "excludeTaskDetails",
        "orQueries",
        "tenantIdIn",
    )
    without_effect = _QUIET

    execution_id = fields.String()
    activity_instance_id = fields.String()
    task_id = fields.String()
    variable_instance_id = fields.String()
    user_operation_id = fields.String()
    initial = Flag()
    form_fields = Flag()
    variable_updates = Flag()
    occurred_before = Moment(attribute="at_before")
    occurred_after = Moment(attribute="at_after")

    def query_of(self, values: dict[str, Any]) -> VariableQuery:
        """What a form brought is a change of a variable, and no form field beside it."""
        wants_updates = values.pop("variable_updates", False)
        wants_fields = values.pop("form_fields", False) and not wants_updates
        variable = values.pop("variable_instance_id", None)
        operation = values.pop("user_operation_id", None)
        if values.pop("initial", False):
            values["kinds"] = frozenset({EventKind.INSTANCE_STARTED})
        if values.get("task_id") is not None:
            kinds = values.get("kinds", SETTING_KINDS)
            values["kinds"] = kinds & {EventKind.TASK_COMPLETED}
        values = one_fact(values, _SAME)
        if variable is not None:
            place = place_of(variable)
            values["variable"] = tuple(place.values()) if place else ("", 0, "")
        if operation is not None:
            values |= operation_place(operation, values.get("instance_id"))
            values["is_by_somebody"] = True
        return VariableQuery(**{**values, **(_NOTHING if wants_fields else {})})
