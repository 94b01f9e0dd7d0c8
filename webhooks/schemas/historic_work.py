"""Historic activity instances and tasks on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields

from engine.model import ActivityInstance, TaskState, UserTask
from engine.queries import ActivityQuery, TaskQuery
from engine.taken_flows import Flows
from webhooks.schemas.base import Answer, Computed, Flag, Moment, Names, Null, Same, Whole
from webhooks.schemas.filters import HistoricFilter, one_fact
from webhooks.schemas.historic_instances import duration_ms
from webhooks.schemas.tasks import is_assigned


@dataclass(frozen=True, slots=True)
class VisitWish:
    """Which visits are asked for, and whether with the flows that were taken."""

    query: ActivityQuery
    with_flows: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit, with its flows when they were asked for."""

    visit: ActivityInstance
    flows: Flows | None = None


class FlowsAnswer(Answer):
    """Ids of sequence flows, in the order of taking."""

    incoming = fields.List(fields.String())
    outgoing = fields.List(fields.String())


class HistoricActivityAnswer(Answer):
    """One visit of one element."""

    id = fields.String(attribute="visit.activity_instance_id")
    parent_activity_instance_id = fields.String(attribute="visit.instance_id")
    activity_id = fields.String(attribute="visit.activity_id")
    activity_name = fields.String(attribute="visit.activity_name", allow_none=True)
    activity_type = fields.String(attribute="visit.activity_type")
    process_definition_key = fields.String(attribute="visit.definition_key")
    process_definition_id = fields.String(attribute="visit.definition_id")
    process_instance_id = fields.String(attribute="visit.instance_id")
    execution_id = fields.String(attribute="visit.instance_id")
    task_id = Computed(
        lambda row: (
            row.visit.activity_instance_id if row.visit.activity_type == "userTask" else None
        )
    )
    assignee = fields.String(attribute="visit.assignee", allow_none=True)
    called_process_instance_id = Null()
    called_case_instance_id = Null()
    start_time = Moment(attribute="visit.started_at")
    end_time = Moment(attribute="visit.ended_at", allow_none=True)
    duration_in_millis = Computed(lambda row: duration_ms(row.visit.started_at, row.visit.ended_at))
    canceled = fields.Boolean(attribute="visit.is_cancelled")
    complete_scope = Same(False)
    tenant_id = Null()
    removal_time = Null()
    root_process_instance_id = fields.String(attribute="visit.instance_id")
    #: Ours: which sequence flows led here, and which were taken from here; null when not asked for.
    flows_taken = fields.Nested(FlowsAnswer, attribute="flows", allow_none=True)


#: Filters of Camunda for one fact of ours.
_SAME_VISIT: Mapping[str, tuple[str, ...]] = {
    "activity_instance_id": ("task_id",),
    "instance_id": ("execution_id", "root_process_instance_id", "parent_activity_instance_id"),
}


class HistoricActivityFilter(HistoricFilter):
    """Filters of visits."""

    noun = ActivityQuery
    ties = ("instance_id", "sequence")
    sortable = {  # noqa: RUF012 - ClassVar by the base
        "activityInstanceId": "activity_instance_id",
        "instanceId": "instance_id",
        "activityId": "activity_id",
        "activityName": "activity_name",
        "activityType": "activity_type",
        "processDefinitionKey": "definition_key",
        "assignee": "assignee",
        "startTime": "started_at",
        "endTime": "ended_at",
        "definitionId": "definition_id",
    }
    unsupported = ("tenantIdIn", "orQueries")
    never_true = ("complete_scope",)

    activity_instance_id = fields.String()
    task_id = fields.String()
    complete_scope = Flag()
    process_instance_id = fields.String(attribute="instance_id")
    process_instance_id_in = Names(attribute="instance_ids")
    execution_id = fields.String()
    root_process_instance_id = fields.String()
    parent_activity_instance_id = fields.String()
    process_definition_key = fields.String(attribute="definition_key")
    process_definition_id = fields.String(attribute="definition_id")
    activity_id = fields.String()
    activity_id_in = Names(attribute="activity_ids_in")
    activity_name = fields.String()
    activity_name_like = fields.String()
    activity_type = fields.String()
    task_assignee = fields.String(attribute="assignee")
    started_before = Moment()
    started_after = Moment()
    finished_before = Moment(attribute="ended_before")
    finished_after = Moment(attribute="ended_after")
    finished = Flag()
    unfinished = Flag()
    canceled = Flag()
    with_flows = Flag()

    def query_of(self, values: dict[str, Any]) -> VisitWish:
        """Asking for finished and unfinished ones asks for none."""
        if values.get("task_id") is not None:
            is_other = values.get("activity_type", "userTask") != "userTask"
            values["activity_type"] = "" if is_other else "userTask"
        values = one_fact(values, _SAME_VISIT)
        finished, unfinished = values.pop("finished", False), values.pop("unfinished", False)
        is_cancelled = True if values.pop("canceled", False) else None
        with_flows = values.pop("with_flows", False)
        if finished and unfinished:
            return VisitWish(ActivityQuery(instance_ids=()))
        is_finished = finished if finished or unfinished else None
        query = ActivityQuery(**values, is_finished=is_finished, is_cancelled=is_cancelled)
        return VisitWish(query, with_flows=with_flows)


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
    end_time = Moment(attribute="ended_at", allow_none=True)
    duration = Computed(lambda task: duration_ms(task.created_at, task.ended_at))
    task_definition_key = fields.String(attribute="activity_id")
    priority = fields.Integer()
    due = Moment(attribute="due_at", allow_none=True)
    parent_task_id = Null()
    follow_up = Moment(attribute="follow_up_at", allow_none=True)
    tenant_id = Null()
    removal_time = Null()
    root_process_instance_id = fields.String(attribute="instance_id")
    task_state = Computed(_task_state)


class HistoricTaskFilter(HistoricFilter):
    """Filters of user tasks, open or ended."""

    noun = TaskQuery
    ties = ("task_id",)
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
        "processDefinitionName",
        "caseInstanceId",
        "caseExecutionId",
        "caseDefinitionId",
        "caseDefinitionKey",
        "caseDefinitionName",
        "taskDeleteReason",
        "taskDeleteReasonLike",
        "taskOwner",
        "taskOwnerLike",
        "taskInvolvedUser",
        "taskInvolvedGroup",
        "withCandidateGroups",
        "withoutCandidateGroups",
        "tenantIdIn",
        "taskVariables",
        "processVariables",
        "variableNamesIgnoreCase",
        "variableValuesIgnoreCase",
        "orQueries",
    )

    task_id = fields.String()
    process_instance_id = fields.String(attribute="instance_id")
    process_instance_business_key = fields.String(attribute="business_key")
    process_instance_business_key_like = fields.String(attribute="business_key_like")
    process_definition_id = fields.String(attribute="definition_id")
    process_definition_key = fields.String(attribute="definition_key")
    execution_id = fields.String()
    root_process_instance_id = fields.String()
    activity_instance_id_in = Names(attribute="task_ids")
    process_instance_business_key_in = Names(attribute="business_keys_in")
    task_description = fields.String(attribute="description")
    task_description_like = fields.String(attribute="description_like")
    task_had_candidate_user = fields.String(attribute="candidate_user")
    task_had_candidate_group = fields.String()
    process_finished = Flag()
    process_unfinished = Flag()
    task_due_date = Moment(attribute="due_at")
    without_task_due_date = Flag()
    task_follow_up_date = Moment(attribute="follow_up_at")
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
        values = one_fact(values, _SAME_TASK)
        group = values.pop("task_had_candidate_group", None)
        if group is not None:
            if values.get("candidate_user") is not None:
                raise ValidationError(
                    {"taskHadCandidateGroup": ["it cannot be combined with taskHadCandidateUser"]}
                )
            values["candidate_groups"] = (group,)
        finished = values.pop("process_finished", False)
        unfinished = values.pop("process_unfinished", False)
        if finished and unfinished:
            states = frozenset()
        elif finished or unfinished:
            values["is_instance_ended"] = finished
        if values.pop("without_task_due_date", False):
            values["is_dated"] = False
        assigned = is_assigned(values)
        return TaskQuery(**values, states=states, is_assigned=assigned, include_assigned=True)


_SAME_TASK: Mapping[str, tuple[str, ...]] = {
    "instance_id": ("execution_id", "root_process_instance_id")
}
