"""Historic process instances on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from marshmallow import fields

from engine.model import InstanceState, ProcessDefinition, ProcessInstance
from engine.queries import InstanceQuery
from webhooks.schemas.base import Answer, Computed, Flag, Moment, Names, Null
from webhooks.schemas.filters import HistoricFilter

_ENDED = frozenset({InstanceState.COMPLETED, InstanceState.CANCELLED})


def duration_ms(started_at: datetime, ended_at: datetime | None) -> int | None:
    """How long it took, when it has ended."""
    return None if ended_at is None else (ended_at - started_at) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class HistoricInstance:
    """An instance with its definition, unless the caller may not see that."""

    instance: ProcessInstance
    definition: ProcessDefinition | None

    def of_definition(self, name: str) -> Any:
        """A fact of the definition, or None."""
        return getattr(self.definition, name, None)


class HistoricInstanceAnswer(Answer):
    """An instance, running or ended."""

    id = fields.String(attribute="instance.instance_id")
    root_process_instance_id = fields.String(attribute="instance.instance_id")
    super_process_instance_id = fields.String(
        attribute="instance.super_instance_id", allow_none=True
    )
    super_case_instance_id = Null()
    case_instance_id = Null()
    process_definition_name = Computed(lambda row: row.of_definition("name"))
    process_definition_key = fields.String(attribute="instance.definition_key")
    process_definition_version = Computed(lambda row: row.of_definition("version"))
    process_definition_id = fields.String(attribute="instance.definition_id")
    business_key = fields.String(attribute="instance.business_key", allow_none=True)
    start_time = Moment(attribute="instance.started_at")
    end_time = Moment(attribute="instance.ended_at", allow_none=True)
    removal_time = Null()
    duration_in_millis = Computed(
        lambda row: duration_ms(row.instance.started_at, row.instance.ended_at)
    )
    start_user_id = fields.String(attribute="instance.started_by")
    start_activity_id = fields.String(attribute="instance.start_activity_id", allow_none=True)
    delete_reason = fields.String(attribute="instance.end_reason", allow_none=True)
    tenant_id = Null()
    state = Computed(lambda row: str(row.instance.state))
    restarted_process_instance_id = Null()


class HistoricInstanceFilter(HistoricFilter):
    """Filters of instances, running or ended."""

    noun = InstanceQuery
    ties = ("instance_id",)
    sortable = {  # noqa: RUF012 - ClassVar by the base
        "instanceId": "instance_id",
        "definitionId": "definition_id",
        "definitionKey": "definition_key",
        "businessKey": "business_key",
        "startTime": "started_at",
        "endTime": "ended_at",
    }
    unsupported = (
        "processDefinitionName",
        "processDefinitionNameLike",
        "processDefinitionKeyNotIn",
        "processInstanceBusinessKeyIn",
        "rootProcessInstances",
        "incidentIdIn",
        "incidentType",
        "incidentStatus",
        "incidentMessage",
        "incidentMessageLike",
        "subProcessInstanceId",
        "superCaseInstanceId",
        "subCaseInstanceId",
        "caseInstanceId",
        "tenantIdIn",
        "executedActivityBefore",
        "executedActivityAfter",
        "executedActivityIdIn",
        "activeActivityIdIn",
        "activityIdIn",
        "executedJobBefore",
        "executedJobAfter",
        "variables",
        "variableNamesIgnoreCase",
        "variableValuesIgnoreCase",
        "orQueries",
        "withRootIncidents",
    )
    never_true = ("suspended", "internally_terminated")

    process_instance_id = fields.String()
    process_instance_ids = Names(attribute="instance_ids")
    process_instance_business_key = fields.String(attribute="business_key")
    process_instance_business_key_like = fields.String(attribute="business_key_like")
    process_definition_id = fields.String(attribute="definition_id")
    process_definition_key = fields.String(attribute="definition_key")
    process_definition_key_in = Names(attribute="definition_keys_in")
    started_by = fields.String()
    super_process_instance_id = fields.String(attribute="super_instance_id")
    started_before = Moment()
    started_after = Moment()
    finished_before = Moment(attribute="ended_before")
    finished_after = Moment(attribute="ended_after")
    with_incidents = Flag(attribute="has_incident")
    finished = Flag()
    unfinished = Flag()
    active = Flag()
    completed = Flag()
    externally_terminated = Flag()
    internally_terminated = Flag()
    suspended = Flag()

    def query_of(self, values: dict[str, Any]) -> InstanceQuery:
        """The states that all the words for a state leave."""
        one = values.pop("process_instance_id", None)
        if one is not None:
            named = values.get("instance_ids", (one,))
            values["instance_ids"] = (one,) if one in named else ()
        if not values.get("has_incident"):
            values.pop("has_incident", None)
        states = _instance_states(values)
        return InstanceQuery(**values, states=states)


def _instance_states(values: dict[str, Any]) -> frozenset[InstanceState] | None:
    words = {
        "finished": _ENDED,
        "unfinished": {InstanceState.ACTIVE},
        "active": {InstanceState.ACTIVE},
        "completed": {InstanceState.COMPLETED},
        "externally_terminated": {InstanceState.CANCELLED},
    }
    asked = [states for word, states in words.items() if values.pop(word, False)]
    return frozenset.intersection(*map(frozenset, asked)) if asked else None
