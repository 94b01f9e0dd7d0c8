"""User tasks on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from engine.queries import TaskQuery
from webhooks.schemas.base import (
    Answer,
    Computed,
    Flag,
    Moment,
    Names,
    Null,
    Same,
    Shape,
    VariableMap,
    Whole,
)
from webhooks.schemas.filters import Filter

_MILLISECOND = timedelta(milliseconds=1)


class TaskAnswer(Answer):
    """A user task that waits."""

    id = fields.String(attribute="task_id")
    name = fields.String()
    assignee = fields.String(allow_none=True)
    owner = Null()
    created = Moment(attribute="created_at")
    last_updated = Moment(attribute="claimed_at", allow_none=True)
    due = Moment(attribute="due_at", allow_none=True)
    follow_up = Moment(attribute="follow_up_at", allow_none=True)
    delegation_state = Null()
    description = fields.String(allow_none=True)
    execution_id = fields.String(attribute="instance_id")
    parent_task_id = Null()
    priority = fields.Integer()
    process_definition_id = fields.String(attribute="definition_id")
    process_instance_id = fields.String(attribute="instance_id")
    task_definition_key = fields.String(attribute="activity_id")
    suspended = Same(False)
    form_key = fields.String(allow_none=True)
    camunda_form_ref = Null()
    case_execution_id = Null()
    case_definition_id = Null()
    case_instance_id = Null()
    tenant_id = Null()


def _millis(path: str) -> Computed:
    """Whole milliseconds of a duration: `noun.attribute`; null without the noun."""
    noun, name = path.split(".")
    return Computed(lambda each: each[noun] and getattr(each[noun], name) // _MILLISECOND)


class TaskTimeAnswer(Answer):
    """How a task's working time has passed: in nobody's hands, and in somebody's."""

    id = fields.String(attribute="task.task_id")
    task_definition_key = fields.String(attribute="task.activity_id")
    created = Moment(attribute="task.created_at")
    end_time = Moment(attribute="task.ended_at", allow_none=True)
    due = Moment(attribute="task.due_at", allow_none=True)
    #: Of an open task whose deadline has passed.
    overdue = Computed(lambda each: bool(each["remaining"] and each["remaining"].is_overdue))
    waiting_millis = _millis("elapsed.waiting")
    working_millis = _millis("elapsed.working")
    times_taken = Computed(lambda each: each["elapsed"] and each["elapsed"].times)


class TaskFilter(Filter):
    """Filters of open tasks."""

    noun = TaskQuery
    sortable = {  # noqa: RUF012 - ClassVar by the base
        "id": "task_id",
        "name": "name",
        "assignee": "assignee",
        "created": "created_at",
        "dueDate": "due_at",
        "followUpDate": "follow_up_at",
        "priority": "priority",
        "instanceId": "instance_id",
        "executionId": "instance_id",
    }
    unsupported = (
        "taskIdIn",
        "processInstanceIdIn",
        "processInstanceBusinessKeyIn",
        "processDefinitionName",
        "processDefinitionNameLike",
        "executionId",
        "activityInstanceIdIn",
        "caseInstanceId",
        "caseInstanceBusinessKey",
        "caseInstanceBusinessKeyLike",
        "caseDefinitionId",
        "caseDefinitionKey",
        "caseDefinitionName",
        "caseDefinitionNameLike",
        "caseExecutionId",
        "tenantIdIn",
        "assigneeIn",
        "assigneeNotIn",
        "owner",
        "candidateGroupLike",
        "involvedUser",
        "taskDefinitionKeyLike",
        "taskDefinitionKeyNotIn",
        "nameNotEqual",
        "nameNotLike",
        "description",
        "descriptionLike",
        "dueDate",
        "withoutDueDate",
        "followUpDate",
        "createdOn",
        "updatedAfter",
        "delegationState",
        "withCandidateGroups",
        "withoutCandidateGroups",
        "withCandidateUsers",
        "withoutCandidateUsers",
        "parentTaskId",
        "taskVariables",
        "processVariables",
        "caseInstanceVariables",
        "variableNamesIgnoreCase",
        "variableValuesIgnoreCase",
        "orQueries",
        "withCommentAttachmentInfo",
        "withTaskVariablesInReturn",
        "withTaskLocalVariablesInReturn",
        # Expressions in a query would run code of whoever asks.
        "assigneeExpression",
        "assigneeLikeExpression",
        "assigneeInExpression",
        "assigneeNotInExpression",
        "ownerExpression",
        "candidateGroupExpression",
        "candidateGroupsExpression",
        "candidateUserExpression",
        "involvedUserExpression",
        "processInstanceBusinessKeyExpression",
        "processInstanceBusinessKeyLikeExpression",
        "dueDateExpression",
        "dueAfterExpression",
        "dueBeforeExpression",
        "followUpDateExpression",
        "followUpAfterExpression",
        "followUpBeforeExpression",
        "followUpBeforeOrNotExistentExpression",
        "createdOnExpression",
        "createdAfterExpression",
        "createdBeforeExpression",
    )

    task_id = fields.String()
    process_instance_id = fields.String(attribute="instance_id")
    process_instance_business_key = fields.String(attribute="business_key")
    process_instance_business_key_like = fields.String(attribute="business_key_like")
    process_definition_id = fields.String(attribute="definition_id")
    process_definition_key = fields.String(attribute="definition_key")
    process_definition_key_in = Names(attribute="definition_keys_in")
    task_definition_key = fields.String(attribute="activity_id")
    task_definition_key_in = Names(attribute="activity_ids_in")
    name = fields.String()
    name_like = fields.String()
    assignee = fields.String()
    assignee_like = fields.String()
    assigned = Flag()
    unassigned = Flag()
    candidate_user = fields.String()
    candidate_group = fields.String()
    candidate_groups = Names()
    include_assigned_tasks = Flag(attribute="include_assigned")
    created_after = Moment()
    created_before = Moment()
    due_after = Moment()
    due_before = Moment()
    follow_up_after = Moment()
    follow_up_before = Moment()
    follow_up_before_or_not_existent = Moment(attribute="follow_up_before_or_absent")
    #: Alur's own: gone up to superiors; to this lane of theirs.
    escalated = Flag(attribute="is_escalated")
    escalated_to = fields.String()
    priority = Whole()
    min_priority = Whole()
    max_priority = Whole()
    active = Flag()
    suspended = Flag()

    def query_of(self, values: dict[str, Any]) -> TaskQuery:
        """One candidate group is several of one; assigned and unassigned are two words for one."""
        group = values.pop("candidate_group", None)
        if group is not None:
            _require_one_offer(values, "candidateGroup", "candidateGroups", "candidate_groups")
            values["candidate_groups"] = (group,)
        if values.get("candidate_groups") is not None:
            _require_one_offer(values, "candidateGroup(s)", "candidateUser", "candidate_user")
        # As with Camunda's other flags, false asks for nothing.
        values["is_escalated"] = values.get("is_escalated") or None
        if (lane := values.pop("escalated_to", None)) is not None:
            values["escalated_to"] = (lane,)
        assigned = is_assigned(values)
        return TaskQuery(**values, is_assigned=assigned)


def is_assigned(values: dict[str, Any]) -> bool | None:
    """What `assigned` and `unassigned` ask for; takes them out of the values."""
    assigned, unassigned = values.pop("assigned", False), values.pop("unassigned", False)
    if assigned and unassigned:
        raise ValidationError({"assigned": ["a task is either assigned or unassigned"]})
    return assigned if assigned or unassigned else None


def _require_one_offer(values: dict[str, Any], name: str, other: str, key: str) -> None:
    if values.get(key) is not None:
        raise ValidationError({other: [f"{name} and {other} cannot be combined"]})


class UserIdBody(Shape):
    """Whose hands a task goes into."""

    user_id = fields.String(allow_none=True, load_default=None)


class AssigneeBody(UserIdBody):
    """Whose hands a task goes into; Alur's own: whether out of a colleague's, and why."""

    take_over = fields.Boolean(load_default=False)
    reason = fields.String(allow_none=True, load_default=None)


class TaskChange(Shape):
    """New facts of a task, as Camunda's clients send it back whole; what is absent stays.

    `reason` is Alur's own.
    """

    #: Facts that this cannot change -> how they are changed.
    fixed: ClassVar[Mapping[str, str]] = {
        "name": "the diagram says it",
        "description": "the diagram says it",
        "assignee": "use /task/{id}/claim, /unclaim or /assignee",
        "owner": "Alur does not support it",
        "delegation_state": "Alur does not support it",
        "parent_task_id": "Alur does not support it",
        "case_instance_id": "Alur does not support it",
        "tenant_id": "Alur does not support it",
    }

    priority = Whole()
    due = Moment(attribute="due_at", allow_none=True)
    follow_up = Moment(attribute="follow_up_at", allow_none=True)
    reason = fields.String(allow_none=True)
    name = fields.Raw(allow_none=True)
    description = fields.Raw(allow_none=True)
    assignee = fields.Raw(allow_none=True)
    owner = fields.Raw(allow_none=True)
    delegation_state = fields.Raw(allow_none=True)
    parent_task_id = fields.Raw(allow_none=True)
    case_instance_id = fields.Raw(allow_none=True)
    tenant_id = fields.Raw(allow_none=True)


class LinkWish(Shape):
    """How long a link shall last; without it as long as the settings say."""

    lifetime_minutes = Whole(minimum=1, allow_none=True, load_default=None)


class LinkAnswer(Answer):
    """A link to a task: whoever has the address can complete the task, once."""

    url = fields.String()
    task_id = fields.String(attribute="link.task_id")
    user_id = fields.String(attribute="link.account")
    expires = Moment(attribute="link.expires_at")


class Completion(Shape):
    """What completing brings."""

    variables = VariableMap(allow_none=True, load_default=None)
    with_variables_in_return = Flag(allow_none=True, load_default=False)
    #: Alur's own: the digest of the version that was read of the task's paper.
    paper_digest = fields.String(allow_none=True, load_default=None)


class TaskError(Shape):
    """A person found that the case is another one than the diagram's."""

    error_code = fields.String(required=True, validate=validate.Length(min=1))
    error_message = fields.String(allow_none=True, load_default=None)
    variables = VariableMap(allow_none=True, load_default=None)


class TaskEscalation(Shape):
    """A person lets others know."""

    escalation_code = fields.String(required=True, validate=validate.Length(min=1))
    variables = VariableMap(allow_none=True, load_default=None)
