"""Incidents on the wire: those that are open, and all that there ever were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from marshmallow import fields

from engine.queries import IncidentQuery
from webhooks.schemas.base import Answer, Computed, Flag, Moment, Names, Null
from webhooks.schemas.filters import Filter, HistoricFilter, one_fact


class _Incident(Answer):
    """What an incident has, open or over."""

    id = fields.String(attribute="incident_id")
    process_definition_id = fields.String(attribute="definition_id")
    process_instance_id = fields.String(attribute="instance_id")
    execution_id = fields.String(attribute="instance_id")
    incident_type = Computed(lambda each: str(each.kind))
    activity_id = fields.String()
    failed_activity_id = fields.String(attribute="activity_id")
    cause_incident_id = fields.String(attribute="incident_id")
    root_cause_incident_id = fields.String(attribute="incident_id")
    #: Camunda has the id of the job or external task here; the latter's is that of the visit.
    configuration = fields.String(attribute="activity_instance_id", allow_none=True)
    tenant_id = Null()
    incident_message = fields.String(attribute="message")
    job_definition_id = Null()
    annotation = Null()


class IncidentAnswer(_Incident):
    """A step that failed and can be retried."""

    incident_timestamp = Moment(attribute="raised_at")


class HistoricIncidentAnswer(_Incident):
    """A step that failed: it waits, was retried, or went with its instance."""

    process_definition_key = fields.String(attribute="definition_key", allow_none=True)
    root_process_instance_id = fields.String(attribute="instance_id")
    create_time = Moment(attribute="raised_at")
    end_time = Moment(attribute="resolved_at", allow_none=True)
    removal_time = Null()
    history_configuration = fields.String(attribute="activity_instance_id", allow_none=True)
    open = Computed(lambda each: each.resolved_at is None)
    deleted = fields.Boolean(attribute="is_deleted")
    resolved = Computed(lambda each: each.resolved_at is not None and not each.is_deleted)


_SORTABLE: Mapping[str, str] = {
    "incidentId": "incident_id",
    "incidentMessage": "message",
    "incidentType": "kind",
    "activityId": "activity_id",
    "failedActivityId": "activity_id",
    "executionId": "instance_id",
    "processInstanceId": "instance_id",
    "processDefinitionId": "definition_id",
    "causeIncidentId": "incident_id",
    "rootCauseIncidentId": "incident_id",
    "configuration": "activity_instance_id",
}
#: Filters of Camunda for one fact of ours: every one that is given has to say the same.
_SAME: Mapping[str, tuple[str, ...]] = {
    "incident_id": ("cause_incident_id", "root_cause_incident_id"),
    "instance_id": ("execution_id", "root_process_instance_id"),
    "activity_id": ("failed_activity_id",),
    "activity_instance_id": ("history_configuration",),
}
_UNSUPPORTED = ("tenantIdIn", "jobDefinitionIdIn")


class _IncidentFacts(Filter):
    """Filters that both listings have."""

    noun: ClassVar[type] = IncidentQuery
    unsupported = _UNSUPPORTED

    incident_id = fields.String()
    incident_type = fields.String(attribute="kind")
    incident_message = fields.String(attribute="message")
    incident_message_like = fields.String(attribute="message_like")
    process_instance_id = fields.String(attribute="instance_id")
    process_instance_id_in = Names(attribute="instance_ids")
    execution_id = fields.String()
    process_definition_id = fields.String(attribute="definition_id")
    process_definition_key = fields.String(attribute="definition_key")
    process_definition_key_in = Names(attribute="definition_keys_in")
    activity_id = fields.String()
    failed_activity_id = fields.String()
    cause_incident_id = fields.String()
    root_cause_incident_id = fields.String()
    configuration = fields.String(attribute="activity_instance_id")


class IncidentFilter(_IncidentFacts):
    """Filters of open incidents."""

    sortable = {**_SORTABLE, "incidentTimestamp": "raised_at"}  # noqa: RUF012 - by the base

    incident_timestamp_after = Moment(attribute="raised_after")
    incident_timestamp_before = Moment(attribute="raised_before")

    def query_of(self, values: dict[str, Any]) -> IncidentQuery:
        """Those that are open."""
        return IncidentQuery(**one_fact(values, _SAME), is_open=True)


class HistoricIncidentFilter(_IncidentFacts, HistoricFilter):
    """Filters of all incidents."""

    ties = ("raised_at", "incident_id")
    sortable = {  # noqa: RUF012 - ClassVar by the base
        **_SORTABLE,
        "createTime": "raised_at",
        "endTime": "resolved_at",
        "processDefinitionKey": "definition_key",
    }

    root_process_instance_id = fields.String()
    history_configuration = fields.String()
    create_time_after = Moment(attribute="raised_after")
    create_time_before = Moment(attribute="raised_before")
    end_time_after = Moment(attribute="resolved_after")
    end_time_before = Moment(attribute="resolved_before")
    open = Flag()
    resolved = Flag()
    deleted = Flag()

    def query_of(self, values: dict[str, Any]) -> IncidentQuery:
        """Of the three words for where an incident stands, two at once match nothing."""
        words = {name: values.pop(name, False) for name in ("open", "resolved", "deleted")}
        query = IncidentQuery(**one_fact(values, _SAME))
        match [name for name, is_said in words.items() if is_said]:
            case []:
                return query
            case ["open"]:
                return replace(query, is_open=True)
            case [one]:
                return replace(query, is_deleted=one == "deleted")
            case _:
                return replace(query, incident_id="")
