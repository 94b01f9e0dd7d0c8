"""History on the wire: Camunda's historic resources, and our own replay and verification."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from marshmallow import fields

from engine.model import (
    ActivityQuery,
    EventKind,
    EventQuery,
    HistoryEvent,
    InstanceQuery,
    InstanceState,
    Json,
    ProcessDefinition,
    ProcessInstance,
    TaskQuery,
    TaskState,
    UserTask,
)
from webhooks.schemas.base import Answer, Computed, Flag, Moment, Names, Null, Same, Whole
from webhooks.schemas.filters import Filter
from webhooks.schemas.tasks import is_assigned
from webhooks.variables import write_variable

_ENDED = frozenset({InstanceState.COMPLETED, InstanceState.CANCELLED})


def duration_ms(started_at: datetime, ended_at: datetime | None) -> int | None:
    """How long it took, when it has ended."""
    return None if ended_at is None else (ended_at - started_at) // timedelta(milliseconds=1)


# -------------------------------------------------------------------- instances


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
    super_process_instance_id = Null()
    super_case_instance_id = Null()
    case_instance_id = Null()
    process_definition_name = Computed(lambda row: row.of_definition("name"))
    process_definition_key = fields.String(attribute="instance.definition_key")
    process_definition_version = Computed(lambda row: row.of_definition("version"))
    process_definition_id = fields.String(attribute="instance.definition_id")
    business_key = fields.String(attribute="instance.business_key", allow_none=True)
    start_time = Moment(attribute="instance.started_at")
    end_time = Moment(attribute="instance.ended_at")
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


class HistoricInstanceFilter(Filter):
    """Filters of instances, running or ended."""

    noun = InstanceQuery
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
        "superProcessInstanceId",
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
    without_effect = ("without_tenant_id",)
    never_true = ("suspended", "internally_terminated")

    process_instance_id = fields.String()
    process_instance_ids = Names(attribute="instance_ids")
    process_instance_business_key = fields.String(attribute="business_key")
    process_instance_business_key_like = fields.String(attribute="business_key_like")
    process_definition_id = fields.String(attribute="definition_id")
    process_definition_key = fields.String(attribute="definition_key")
    process_definition_key_in = Names(attribute="definition_keys_in")
    started_by = fields.String()
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


# ------------------------------------------------------------------- activities


class HistoricActivityAnswer(Answer):
    """One visit of one element."""

    id = fields.String(attribute="activity_instance_id")
    parent_activity_instance_id = fields.String(attribute="instance_id")
    activity_id = fields.String()
    activity_name = fields.String(allow_none=True)
    activity_type = fields.String()
    process_definition_key = fields.String(attribute="definition_key")
    process_definition_id = fields.String(attribute="definition_id")
    process_instance_id = fields.String(attribute="instance_id")
    execution_id = fields.String(attribute="instance_id")
    task_id = Computed(
        lambda visit: visit.activity_instance_id if visit.activity_type == "userTask" else None
    )
    assignee = fields.String(allow_none=True)
    called_process_instance_id = Null()
    called_case_instance_id = Null()
    start_time = Moment(attribute="started_at")
    end_time = Moment(attribute="ended_at")
    duration_in_millis = Computed(lambda visit: duration_ms(visit.started_at, visit.ended_at))
    canceled = fields.Boolean(attribute="is_cancelled")
    complete_scope = Same(False)
    tenant_id = Null()
    removal_time = Null()
    root_process_instance_id = fields.String(attribute="instance_id")


class HistoricActivityFilter(Filter):
    """Filters of visits."""

    noun = ActivityQuery
    sortable = {  # noqa: RUF012 - ClassVar by the base
        "activityInstanceId": "activity_instance_id",
        "instanceId": "instance_id",
        "activityId": "activity_id",
        "activityName": "activity_name",
        "activityType": "activity_type",
        "startTime": "started_at",
        "endTime": "ended_at",
        "definitionId": "definition_id",
    }
    unsupported = (
        "executionId",
        "activityIdIn",
        "activityNameLike",
        "completeScope",
        "tenantIdIn",
        "taskId",
        "processInstanceIdIn",
        "orQueries",
    )
    without_effect = ("without_tenant_id",)
    never_true = ()

    activity_instance_id = fields.String()
    process_instance_id = fields.String(attribute="instance_id")
    process_definition_id = fields.String(attribute="definition_id")
    activity_id = fields.String()
    activity_name = fields.String()
    activity_type = fields.String()
    task_assignee = fields.String(attribute="assignee")
    started_before = Moment()
    started_after = Moment()
    finished_before = Moment(attribute="ended_before")
    finished_after = Moment(attribute="ended_after")
    finished = Flag()
    unfinished = Flag()
    canceled = Flag()

    def query_of(self, values: dict[str, Any]) -> ActivityQuery:
        """Asking for finished and unfinished ones asks for none."""
        finished, unfinished = values.pop("finished", False), values.pop("unfinished", False)
        is_cancelled = True if values.pop("canceled", False) else None
        if finished and unfinished:
            return ActivityQuery(activity_instance_id="")
        is_finished = finished if finished or unfinished else None
        return ActivityQuery(**values, is_finished=is_finished, is_cancelled=is_cancelled)


# ------------------------------------------------------------------------ tasks


def _delete_reason(task: UserTask) -> str | None:
    return None if task.state is TaskState.OPEN else _task_state(task).lower()


def _task_state(task: UserTask) -> str:
    if task.state is TaskState.OPEN:
        return "Created"
    return "Completed" if task.state is TaskState.COMPLETED else "Deleted"


class HistoricTaskAnswer(Answer):
    """A user task, open or ended."""

    id = fields.String(attribute="task_id")
    process_definition_key = fields.String(attribute="definition_key")
    process_definition_id = fields.String(attribute="definition_id")
    process_instance_id = fields.String(attribute="instance_id")
    execution_id = fields.String(attribute="instance_id")
    case_definition_key = Null()
    case_definition_id = Null()
    case_instance_id = Null()
    case_execution_id = Null()
    activity_instance_id = fields.String(attribute="task_id")
    name = fields.String()
    description = fields.String(allow_none=True)
    delete_reason = Computed(_delete_reason)
    owner = Null()
    assignee = fields.String(allow_none=True)
    start_time = Moment(attribute="created_at")
    end_time = Moment(attribute="ended_at")
    duration = Computed(lambda task: duration_ms(task.created_at, task.ended_at))
    task_definition_key = fields.String(attribute="activity_id")
    priority = fields.Integer()
    due = Moment(attribute="due_at")
    parent_task_id = Null()
    follow_up = Moment(attribute="follow_up_at")
    tenant_id = Null()
    removal_time = Null()
    root_process_instance_id = fields.String(attribute="instance_id")
    task_state = Computed(_task_state)


class HistoricTaskFilter(Filter):
    """Filters of user tasks, open or ended."""

    noun = TaskQuery
    sortable = {  # noqa: RUF012 - ClassVar by the base
        "taskId": "task_id",
        "activityInstanceId": "task_id",
        "processInstanceId": "instance_id",
        "executionId": "instance_id",
        "processDefinitionId": "definition_id",
        "taskName": "name",
        "taskDefinitionKey": "activity_id",
        "assignee": "assignee",
        "priority": "priority",
        "dueDate": "due_at",
        "followUpDate": "follow_up_at",
        "startTime": "created_at",
        "endTime": "ended_at",
    }
    unsupported = (
        "taskParentTaskId",
        "processInstanceBusinessKeyIn",
        "rootProcessInstanceId",
        "executionId",
        "processDefinitionName",
        "caseInstanceId",
        "caseExecutionId",
        "caseDefinitionId",
        "caseDefinitionKey",
        "caseDefinitionName",
        "activityInstanceIdIn",
        "taskDescription",
        "taskDescriptionLike",
        "taskDeleteReason",
        "taskDeleteReasonLike",
        "taskOwner",
        "taskOwnerLike",
        "taskInvolvedUser",
        "taskInvolvedGroup",
        "taskHadCandidateUser",
        "taskHadCandidateGroup",
        "withCandidateGroups",
        "withoutCandidateGroups",
        "processFinished",
        "processUnfinished",
        "taskDueDate",
        "withoutTaskDueDate",
        "taskFollowUpDate",
        "tenantIdIn",
        "taskVariables",
        "processVariables",
        "variableNamesIgnoreCase",
        "variableValuesIgnoreCase",
        "orQueries",
    )
    without_effect = ("without_tenant_id",)
    never_true = ()

    task_id = fields.String()
    process_instance_id = fields.String(attribute="instance_id")
    process_instance_business_key = fields.String(attribute="business_key")
    process_instance_business_key_like = fields.String(attribute="business_key_like")
    process_definition_id = fields.String(attribute="definition_id")
    process_definition_key = fields.String(attribute="definition_key")
    task_definition_key = fields.String(attribute="activity_id")
    task_definition_key_in = Names(attribute="activity_ids_in")
    task_name = fields.String(attribute="name")
    task_name_like = fields.String(attribute="name_like")
    task_assignee = fields.String(attribute="assignee")
    task_assignee_like = fields.String(attribute="assignee_like")
    task_priority = Whole(attribute="priority")
    assigned = Flag()
    unassigned = Flag()
    finished = Flag()
    unfinished = Flag()
    started_before = Moment(attribute="created_before")
    started_after = Moment(attribute="created_after")
    finished_before = Moment(attribute="ended_before")
    finished_after = Moment(attribute="ended_after")
    task_due_date_before = Moment(attribute="due_before")
    task_due_date_after = Moment(attribute="due_after")
    task_follow_up_date_before = Moment(attribute="follow_up_before")
    task_follow_up_date_after = Moment(attribute="follow_up_after")

    def query_of(self, values: dict[str, Any]) -> TaskQuery:
        """All states, unless finished or unfinished narrow them."""
        states = frozenset(TaskState)
        if values.pop("finished", False):
            states -= {TaskState.OPEN}
        if values.pop("unfinished", False):
            states &= {TaskState.OPEN}
        assigned = is_assigned(values)
        return TaskQuery(**values, states=states, is_assigned=assigned)


# ------------------------------------------------------------------- operations


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
    EventKind.TASK_COMPLETED: _Deed("Complete", "Task"),
    EventKind.VARIABLES_CHANGED: _Deed("ModifyVariable", "Variable"),
    EventKind.INCIDENT_RETRIED: _Deed("SetJobRetries", "Job"),
    EventKind.INSTANCE_CANCELLED: _Deed("Delete", "ProcessInstance"),
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
        is_of_task = DEEDS.get(self.event.kind, _Deed("", "")).entity == "Task"
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


def _property(event: HistoryEvent) -> tuple[str | None, str | None, str | None]:
    """What the operation changed, from what, to what."""
    if event.kind in {EventKind.TASK_CLAIMED, EventKind.TASK_UNCLAIMED, EventKind.TASK_ASSIGNED}:
        return "assignee", event.payload.get("from"), event.payload.get("to")
    if event.kind is EventKind.TASK_COMPLETED:
        return "delete", "false", "true"
    return None, None, None


class OperationFilter(Filter):
    """Filters of operations."""

    noun = EventQuery
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
    without_effect = ("without_tenant_id",)
    never_true = ()

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


# ---------------------------------------------------------------------- details


@dataclass(frozen=True, slots=True)
class VariableUpdate:
    """One variable that one event set."""

    source: HistoricEvent
    name: str
    value: Json


class DetailAnswer(Answer):
    """One change of one variable."""

    id = Computed(
        lambda row: f"{row.source.event.instance_id}:{row.source.event.sequence}:{row.name}"
    )
    type = Same("variableUpdate")
    process_definition_key = fields.String(attribute="source.definition_key", allow_none=True)
    process_definition_id = fields.String(attribute="source.definition_id", allow_none=True)
    process_instance_id = fields.String(attribute="source.event.instance_id")
    activity_instance_id = fields.String(
        attribute="source.event.activity_instance_id", allow_none=True
    )
    execution_id = fields.String(attribute="source.event.instance_id")
    case_definition_key = Null()
    case_definition_id = Null()
    case_instance_id = Null()
    case_execution_id = Null()
    task_id = fields.String(attribute="source.task_id", allow_none=True)
    tenant_id = Null()
    user_operation_id = Computed(
        lambda row: row.source.operation_id if row.source.event.actor else None
    )
    time = Moment(attribute="source.event.at")
    removal_time = Null()
    root_process_instance_id = fields.String(attribute="source.event.instance_id")
    variable_name = fields.String(attribute="name")
    variable_instance_id = Computed(lambda row: f"{row.source.event.instance_id}:{row.name}")
    variable_type = Computed(lambda row: write_variable(row.value)["type"])
    value = Computed(lambda row: write_variable(row.value)["value"])
    value_info = Same({})
    initial = Computed(lambda row: row.source.event.kind is EventKind.INSTANCE_STARTED)
    revision = fields.Integer(attribute="source.event.revision")
    error_message = Null()


class DetailFilter(Filter):
    """Filters of changes of variables."""

    noun = EventQuery
    sortable = {"time": "at", "processInstanceId": "instance_id"}  # noqa: RUF012 - as above
    unsupported = (
        "executionId",
        "caseInstanceId",
        "caseExecutionId",
        "variableInstanceId",
        "variableTypeIn",
        "formFields",
        "excludeTaskDetails",
        "initial",
        "userOperationId",
        "tenantIdIn",
        "processInstanceIdIn",
    )
    without_effect = (
        "without_tenant_id", "variable_updates", "deserialize_value", "deserialize_values"
    )  # fmt: skip
    never_true = ()

    process_instance_id = fields.String(attribute="instance_id")
    activity_instance_id = fields.String()
    task_id = fields.String()
    occurred_before = Moment(attribute="at_before")
    occurred_after = Moment(attribute="at_after")
    variable_updates = Flag()
    deserialize_value = Flag()
    deserialize_values = Flag()

    def query_of(self, values: dict[str, Any]) -> EventQuery:
        """The events that can set a variable."""
        task_id = values.pop("task_id", None)
        if task_id is not None:
            values["activity_instance_id"] = task_id
        return EventQuery(**values, kinds=SETTING_KINDS)


#: The events that carry values of process variables.
SETTING_KINDS = frozenset(
    {
        EventKind.INSTANCE_STARTED,
        EventKind.TASK_COMPLETED,
        EventKind.VARIABLES_CHANGED,
        EventKind.VARIABLES_SET,
    }
)


# ---------------------------------------------------------------------- our own


class FrameAnswer(Answer):
    """One step of an instance: who gave which input, and what followed from it."""

    number = fields.Integer()
    revision = fields.Integer()
    sequence = fields.Integer()
    at = Moment()
    kind = Computed(lambda frame: str(frame.kind))
    actor = fields.String(allow_none=True)
    capacity = fields.String(allow_none=True)
    activity_id = fields.String(allow_none=True)
    activity_instance_id = fields.String(allow_none=True)
    payload = fields.Dict(keys=fields.String())
    flows = fields.List(fields.String())
    entered = fields.List(fields.String())
    completed = fields.List(fields.String())
    cancelled = fields.List(fields.String())
    changes = fields.Dict(keys=fields.String())
    incidents = fields.List(fields.String())
    ends_instance = fields.Boolean()


class ReplayAnswer(Answer):
    """All steps in order. Values are plain JSON."""

    instance_id = fields.String()
    process_definition_id = fields.String()
    activity_names = fields.Dict(keys=fields.String(), values=fields.String())
    frames = fields.List(fields.Nested(FrameAnswer))


class FaultAnswer(Answer):
    """One thing that is wrong, at its place."""

    sequence = fields.Integer(allow_none=True)
    check = fields.String()
    message = fields.String()
    expected = fields.String(allow_none=True)
    found = fields.String(allow_none=True)


class VerificationAnswer(Answer):
    """Whether history is what happened, as far as the check can tell."""

    instance_id = fields.String()
    sound = fields.Boolean(attribute="is_sound")
    events = fields.Integer()
    inputs = fields.Integer()
    faults = fields.List(fields.Nested(FaultAnswer))
