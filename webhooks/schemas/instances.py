"""Process instances and incidents on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, ValidationError, fields, pre_load, validates_schema

from engine.model import InstanceState
from engine.queries import InstanceQuery
from webhooks.schemas.base import (
    Answer,
    Computed,
    Flag,
    Names,
    Null,
    Same,
    Shape,
    VariableMap,
    refuse_given,
)
from webhooks.schemas.filters import Filter


class Start(Shape):
    """What starting brings."""

    business_key = fields.String(allow_none=True, load_default=None)
    variables = VariableMap(allow_none=True, load_default=None)
    with_variables_in_return = Flag(allow_none=True, load_default=False)

    @pre_load
    def refuse_unsupported(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """An instance starts at its start event, and nowhere else."""
        refuse_given(data, ("startInstructions", "caseInstanceId"))
        return data


class InstanceAnswer(Answer):
    """A process instance."""

    links = Same([])
    id = fields.String(attribute="instance_id")
    definition_id = fields.String()
    definition_key = fields.String()
    business_key = fields.String(allow_none=True)
    case_instance_id = Null()
    ended = Computed(lambda instance: instance.state is not InstanceState.ACTIVE)
    suspended = Same(False)
    tenant_id = Null()


class StartedAnswer(Answer):
    """What starting gave; the variables are there when they were asked for."""

    links = Same([])
    id = fields.String(attribute="instance.instance_id")
    definition_id = fields.String(attribute="instance.definition_id")
    definition_key = fields.String(attribute="instance.definition_key")
    business_key = fields.String(attribute="instance.business_key", allow_none=True)
    case_instance_id = Null()
    ended = Computed(lambda told: told["instance"].state is not InstanceState.ACTIVE)
    suspended = Same(False)
    tenant_id = Null()
    variables = VariableMap()


class InstanceFilter(Filter):
    """Filters of running instances."""

    noun = InstanceQuery
    sortable = {  # noqa: RUF012 - ClassVar by the base
        "instanceId": "instance_id",
        "definitionId": "definition_id",
        "definitionKey": "definition_key",
        "businessKey": "business_key",
    }
    unsupported = (
        "caseInstanceId",
        "processDefinitionKeyNotIn",
        "deploymentId",
        "subProcessInstance",
        "superCaseInstance",
        "subCaseInstance",
        "incidentId",
        "incidentType",
        "incidentMessage",
        "incidentMessageLike",
        "tenantIdIn",
        "processDefinitionWithoutTenantId",
        "activityIdIn",
        "rootProcessInstances",
        "leafProcessInstances",
        "variables",
        "variableNamesIgnoreCase",
        "variableValuesIgnoreCase",
        "orQueries",
    )

    process_instance_ids = Names(attribute="instance_ids")
    super_process_instance = fields.String(attribute="super_instance_id")
    business_key = fields.String()
    business_key_like = fields.String()
    process_definition_id = fields.String(attribute="definition_id")
    process_definition_key = fields.String(attribute="definition_key")
    process_definition_key_in = Names(attribute="definition_keys_in")
    with_incident = Flag(attribute="has_incident")
    active = Flag()
    suspended = Flag()

    def query_of(self, values: dict[str, Any]) -> InstanceQuery:
        """Running ones only: ended ones are history."""
        if not values.get("has_incident"):
            values.pop("has_incident", None)
        return InstanceQuery(**values, states=frozenset({InstanceState.ACTIVE}))


class Cancellation(Shape):
    """Why an instance is cancelled, and options of Camunda that have no effect."""

    class Meta:
        """As everywhere in a query string."""

        unknown = RAISE

    reason = fields.String()
    skip_custom_listeners = Flag()
    skip_io_mappings = Flag()
    skip_subprocesses = Flag()
    fail_if_not_exists = Flag()


class CancellationBody(Shape):
    """The reason, for those who rather send a body."""

    delete_reason = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class Deserialization(Shape):
    """Accepted, without effect: a Json value is always answered as text."""

    class Meta:
        """As everywhere in a query string."""

        unknown = RAISE

    deserialize_value = Flag()
    deserialize_values = Flag()


class FormVariableNames(Deserialization):
    """Which variables of a form."""

    class Meta:
        """As everywhere in a query string."""

        unknown = RAISE

    variable_names = Names()


class Modifications(Shape):
    """Variables to set. A variable is never deleted: set it to null."""

    modifications = VariableMap(required=True)
    deletions = fields.Raw(allow_none=True)

    @validates_schema
    def refuse_deletions(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Say so, rather than leave the variable there."""
        if data.get("deletions"):
            raise ValidationError({"deletions": ["a variable is not deleted; set it to null"]})
