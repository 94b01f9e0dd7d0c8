"""The log of operations on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from engine.model import EventKind, HistoryEvent, Json, ProcessInstance
from engine.queries import EventQuery
from webhooks.schemas.base import Answer, Computed, Moment, Names, Null
from webhooks.schemas.filters import HistoricFilter, one_fact


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
    EventKind.MESSAGE_RECEIVED: _Deed("CorrelateMessage", "ProcessInstance"),
    # Camunda logs none of these; the names are those of its requests.
    EventKind.SIGNAL_RECEIVED: _Deed("ThrowSignal", "ProcessInstance"),
    EventKind.TASK_ERROR: _Deed("BpmnError", "Task"),
    EventKind.TASK_ESCALATION: _Deed("BpmnEscalation", "Task"),
    EventKind.SERVICE_COMPLETED: _Deed("Complete", "ExternalTask"),
    EventKind.SERVICE_FAILED: _Deed("Failure", "ExternalTask"),
    EventKind.SERVICE_ERROR: _Deed("BpmnError", "ExternalTask"),
}
#: What Camunda calls the work of those who do tasks; everything else is an operator's.
_TASK_WORK = frozenset({"Task", "Attachment", "Comment"})
_CATEGORIES = ("TaskWorker", "Operator")


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
        return self.event.activity_instance_id if entity in _TASK_WORK else None

    @property
    def external_task_id(self) -> str | None:
        """The external task that the event is about, if it is about one."""
        entity = DEEDS.get(self.event.kind, _Deed("", "")).entity
        return self.event.activity_instance_id if entity == "ExternalTask" else None


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
    external_task_id = fields.String(allow_none=True)
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


def _property(event: HistoryEvent) -> tuple[str | None, str | None, str | None]:
    """What the operation changed, from what, to what."""
    if event.kind is EventKind.TASK_CHANGED:
        return _changed(event.payload["changes"])
    name, before, after = _PROPERTIES.get(event.kind, ("", "", ""))
    sides = (event.payload.get(before), event.payload.get(after))
    if event.kind is EventKind.TASK_COMPLETED:
        sides = ("false", "true")
    old, new = (None if each is None else str(each) for each in sides)
    return name or None, old, new


_HAND, _CODE = ("assignee", "from", "to"), ("errorCode", "", "code")
#: Kind -> property that it changed, and where its payload has the value before and after.
_PROPERTIES: Mapping[EventKind, tuple[str, str, str]] = {
    EventKind.TASK_CLAIMED: _HAND,
    EventKind.TASK_UNCLAIMED: _HAND,
    EventKind.TASK_ASSIGNED: _HAND,
    EventKind.INSTANCE_MIGRATED: ("processDefinitionId", "from", "to"),
    EventKind.TASK_COMPLETED: ("delete", "", ""),
    EventKind.TASK_ERROR: _CODE,
    EventKind.TASK_ESCALATION: ("escalationCode", "", "code"),
    EventKind.SERVICE_ERROR: _CODE,
    EventKind.SERVICE_FAILED: ("retries", "", "retries"),
    EventKind.MESSAGE_RECEIVED: ("messageName", "", "name"),
    EventKind.SIGNAL_RECEIVED: ("signalName", "", "name"),
    EventKind.ATTACHMENT_ADDED: ("attachment", "", "attachment"),
    EventKind.ATTACHMENT_WITHDRAWN: ("attachment", "", "attachment"),
    EventKind.COMMENT_ADDED: ("comment", "", "message"),
}


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
        "caseDefinitionId",
        "caseInstanceId",
        "caseExecutionId",
        "jobId",
        "jobDefinitionId",
        "batchId",
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
    entity_type_in = Names()
    category = fields.String()
    category_in = Names()
    execution_id = fields.String()
    root_process_instance_id = fields.String()
    external_task_id = fields.String()
    operation_id = fields.String()
    after_timestamp = Moment(attribute="at_after")
    before_timestamp = Moment(attribute="at_before")

    def query_of(self, values: dict[str, Any]) -> EventQuery:
        """The kinds of input that Camunda calls so."""
        kinds = frozenset(_kinds(values))
        if values.get("external_task_id") is not None:
            kinds &= {kind for kind, deed in DEEDS.items() if deed.entity == "ExternalTask"}
        values = one_fact(values, _SAME)
        operation = values.pop("operation_id", None)
        if operation is not None:
            values |= operation_place(operation, values.get("instance_id"))
        return EventQuery(**values, kinds=kinds, is_by_somebody=True)


#: Filters of Camunda for one fact of ours.
_SAME: Mapping[str, tuple[str, ...]] = {
    "instance_id": ("execution_id", "root_process_instance_id"),
    "activity_instance_id": ("external_task_id",),
}


def _kinds(values: dict[str, Any]) -> Iterator[EventKind]:
    """The kinds of input that all filters of their names leave; takes these out of the values."""
    operation, entity = values.pop("operation_type", None), values.pop("entity_type", None)
    category = values.pop("category", None)
    entities, categories = values.pop("entity_type_in", None), values.pop("category_in", None)
    for kind, deed in DEEDS.items():
        work = _CATEGORIES[deed.entity not in _TASK_WORK]
        if (
            operation in {None, deed.operation}
            and entity in {None, deed.entity}
            and category in {None, work}
            and (entities is None or deed.entity in entities)
            and (categories is None or work in categories)
        ):
            yield kind


def operation_place(text: str, instance_id: str | None) -> Mapping[str, Any]:
    """The instance and step that an id of an operation names; what cannot be when it is none."""
    found, _, revision = text.rpartition(":")
    is_ours = revision.isascii() and revision.isdecimal() and len(revision) < 10
    if not is_ours or instance_id not in {None, found}:
        return {"instance_id": "", "revision": 0}
    return {"instance_id": found, "revision": int(revision)}
