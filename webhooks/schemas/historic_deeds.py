"""The log of operations on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from engine.model import EventKind, HistoryEvent, Json, ProcessInstance
from engine.queries import EventQuery
from webhooks.schemas.base import Answer, Computed, Moment, Null
from webhooks.schemas.filters import HistoricFilter


@dataclass(frozen=True, slots=True)
class _Deed:
    """What Camunda calls an input in its log of operations."""

    operation: str
    entity: str


#: Inputs that a person gave. TIMERS_DUE is nobody's operation.
DEEDS: dict[EventKind, _Deed] = {
    EventKind.INSTANCE_STARTED: _Deed("Create", "ProcessInstance"),
    EventKind.TASK_CLAIMED: _Deed("Claim", "Task"),
    EventKind.TASK_UNCLAIMED: _Deed("Assign", "Task"),
    EventKind.TASK_ASSIGNED: _Deed("Assign", "Task"),
    EventKind.TASK_CHANGED: _Deed("Update", "Task"),
    EventKind.TASK_COMPLETED: _Deed("Complete", "Task"),
    EventKind.VARIABLES_CHANGED: _Deed("ModifyVariable", "Variable"),
    EventKind.INCIDENT_RETRIED: _Deed("SetJobRetries", "Job"),
    EventKind.INSTANCE_CANCELLED: _Deed("Delete", "ProcessInstance"),
    EventKind.INSTANCE_MIGRATED: _Deed("Migrate", "ProcessInstance"),
    EventKind.ATTACHMENT_ADDED: _Deed("AddAttachment", "Attachment"),
    EventKind.ATTACHMENT_WITHDRAWN: _Deed("DeleteAttachment", "Attachment"),
    EventKind.COMMENT_ADDED: _Deed("AddComment", "Comment"),
}


@dataclass(frozen=True, slots=True)
class HistoricEvent:
    """An event with its instance's definition."""

    event: HistoryEvent
    instance: ProcessInstance | None

    @property
    def definition_id(self) -> str | None:
        """The definition of the event's instance."""
        return self.instance.definition_id if self.instance else None

    @property
    def definition_key(self) -> str | None:
        """Its key."""
        return self.instance.definition_key if self.instance else None

    @property
    def operation_id(self) -> str:
        """What one step's rows have in common."""
        return f"{self.event.instance_id}:{self.event.revision}"

    @property
    def task_id(self) -> str | None:
        """The task that the event is about, if it is about one."""
        entity = DEEDS.get(self.event.kind, _Deed("", "")).entity
        is_of_task = entity in {"Task", "Attachment", "Comment"}
        return self.event.activity_instance_id if is_of_task else None


class OperationAnswer(Answer):
    """What a person did: one row per input."""

    id = Computed(lambda row: f"{row.event.instance_id}:{row.event.sequence}")
    deployment_id = Null()
    process_definition_id = fields.String(attribute="definition_id", allow_none=True)
    process_definition_key = fields.String(attribute="definition_key", allow_none=True)
    process_instance_id = fields.String(attribute="event.instance_id")
    execution_id = fields.String(attribute="event.instance_id")
    case_definition_id = Null()
    case_instance_id = Null()
    case_execution_id = Null()
    task_id = fields.String(allow_none=True)
    job_id = Null()
    job_definition_id = Null()
    batch_id = Null()
    external_task_id = Null()
    user_id = fields.String(attribute="event.actor", allow_none=True)
    timestamp = Moment(attribute="event.at")
    operation_id = fields.String()
    operation_type = Computed(lambda row: DEEDS[row.event.kind].operation)
    entity_type = Computed(lambda row: DEEDS[row.event.kind].entity)
    category = Computed(lambda row: "TaskWorker" if row.task_id else "Operator")
    annotation = Computed(lambda row: row.event.payload.get("reason"))
    property = Computed(lambda row: _property(row.event)[0])
    org_value = Computed(lambda row: _property(row.event)[1])
    new_value = Computed(lambda row: _property(row.event)[2])
    tenant_id = Null()
    removal_time = Null()
    root_process_instance_id = fields.String(attribute="event.instance_id")


#: What these change from one side of their payload to the other.
_SIDES: Mapping[EventKind, str] = {
    EventKind.TASK_CLAIMED: "assignee",
    EventKind.TASK_UNCLAIMED: "assignee",
    EventKind.TASK_ASSIGNED: "assignee",
    EventKind.INSTANCE_MIGRATED: "processDefinitionId",
}


def _property(event: HistoryEvent) -> tuple[str | None, str | None, str | None]:
    """What the operation changed, from what, to what."""
    if event.kind in _SIDES:
        return _SIDES[event.kind], event.payload.get("from"), event.payload.get("to")
    if event.kind is EventKind.TASK_CHANGED:
        return _changed(event.payload["changes"])
    if event.kind is EventKind.TASK_COMPLETED:
        return "delete", "false", "true"
    if event.kind in {EventKind.ATTACHMENT_ADDED, EventKind.ATTACHMENT_WITHDRAWN}:
        return "attachment", None, event.payload["attachment"]
    if event.kind is EventKind.COMMENT_ADDED:
        return "comment", None, event.payload["message"]
    return None, None, None


def _changed(
    changes: Mapping[str, Mapping[str, Json]],
) -> tuple[str, str | None, str | None]:
    """One change as Camunda tells it; several joined by commas, their values as JSON objects."""
    if len(changes) == 1:
        [(name, change)] = changes.items()
        sides = (change["from"], change["to"])
        before, after = (None if each is None else str(each) for each in sides)
        return name, before, after
    old, new = (
        json.dumps({name: change[side] for name, change in changes.items()})
        for side in ("from", "to")
    )
    return ",".join(changes), old, new


class OperationFilter(HistoricFilter):
    """Filters of operations."""

    noun = EventQuery
    ties = ("instance_id", "sequence")
    sortable = {"timestamp": "at"}  # noqa: RUF012 - ClassVar by the base
    unsupported = (
        "deploymentId",
        "executionId",
        "caseDefinitionId",
        "caseInstanceId",
        "caseExecutionId",
        "jobId",
        "jobDefinitionId",
        "batchId",
        "externalTaskId",
        "operationId",
        "entityTypeIn",
        "category",
        "categoryIn",
        "property",
        "tenantIdIn",
    )

    process_instance_id = fields.String(attribute="instance_id")
    process_definition_id = fields.String(attribute="definition_id")
    process_definition_key = fields.String(attribute="definition_key")
    task_id = fields.String(attribute="activity_instance_id")
    user_id = fields.String(attribute="actor")
    operation_type = fields.String()
    entity_type = fields.String()
    after_timestamp = Moment(attribute="at_after")
    before_timestamp = Moment(attribute="at_before")

    def query_of(self, values: dict[str, Any]) -> EventQuery:
        """The kinds of input that Camunda calls so."""
        operation, entity = values.pop("operation_type", None), values.pop("entity_type", None)
        kinds = frozenset(
            kind
            for kind, deed in DEEDS.items()
            if operation in {None, deed.operation} and entity in {None, deed.entity}
        )
        return EventQuery(**values, kinds=kinds)
