"""External tasks on the wire: listed, fetched by workers, and what workers tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate

from engine.model import ExternalTask, Json
from engine.queries import ExternalTaskQuery, SortOrder, TopicSubscription
from webhooks.schemas.base import (
    Answer,
    Flag,
    Moment,
    Names,
    Null,
    Same,
    Shape,
    VariableMap,
    Whole,
    refuse_given,
)
from webhooks.schemas.filters import Filter, Sorting

#: What Camunda lets a client ask for; how long Alur really waits: see rest/external_task.py.
LONGEST_TIMEOUT_MS = 1_800_000


@dataclass(frozen=True, slots=True)
class ShownTask:
    """An external task with what the answers say beside it."""

    task: ExternalTask
    version_tag: str | None
    #: These two are None in listings, which do not have the keys.
    variables: Mapping[str, Json] | None = None
    properties: Mapping[str, str] | None = None


class ExternalTaskAnswer(Answer):
    """An external task that is not over."""

    id = fields.String(attribute="task.external_task_id")
    topic_name = fields.String(attribute="task.topic")
    worker_id = fields.String(attribute="task.worker_id", allow_none=True)
    lock_expiration_time = Moment(attribute="task.lock_expires_at", allow_none=True)
    activity_id = fields.String(attribute="task.activity_id")
    activity_instance_id = fields.String(attribute="task.external_task_id")
    execution_id = fields.String(attribute="task.instance_id")
    process_instance_id = fields.String(attribute="task.instance_id")
    process_definition_id = fields.String(attribute="task.definition_id")
    process_definition_key = fields.String(attribute="task.definition_key")
    process_definition_version_tag = fields.String(attribute="version_tag", allow_none=True)
    business_key = fields.String(attribute="task.business_key", allow_none=True)
    retries = fields.Integer(attribute="task.retries", allow_none=True)
    priority = fields.Integer(attribute="task.priority")
    suspended = Same(False)
    error_message = fields.String(attribute="task.error_message", allow_none=True)
    tenant_id = Null()
    create_time = Moment(attribute="task.created_at")


class FetchedTaskAnswer(ExternalTaskAnswer):
    """An external task in the hands of the worker that asked."""

    error_details = fields.String(attribute="task.error_details", allow_none=True)
    variables = VariableMap()
    extension_properties = fields.Dict(keys=fields.String(), attribute="properties")


class ExternalTaskFilter(Filter):
    """Filters of external tasks that are not over."""

    noun = ExternalTaskQuery
    sortable = {  # noqa: RUF012 - ClassVar by the base
        "id": "external_task_id",
        "lockExpirationTime": "lock_expires_at",
        "processInstanceId": "instance_id",
        "taskPriority": "priority",
        "createTime": "created_at",
    }
    unsupported = (
        "externalTaskIdIn",
        "lockExpirationBefore",
        "lockExpirationAfter",
        "activityIdIn",
        "executionId",
        "processInstanceIdIn",
        "tenantIdIn",
        "priorityHigherThanOrEquals",
        "priorityLowerThanOrEquals",
    )

    external_task_id = fields.String()
    topic_name = fields.String(attribute="topic")
    worker_id = fields.String()
    activity_id = fields.String()
    process_instance_id = fields.String(attribute="instance_id")
    process_definition_id = fields.String(attribute="definition_id")
    locked = Flag()
    not_locked = Flag()
    with_retries_left = Flag()
    no_retries_left = Flag()
    active = Flag()
    suspended = Flag()

    def query_of(self, values: dict[str, Any]) -> ExternalTaskQuery:
        """Each two flags that contradict each other are two words for one."""
        is_locked = _either(values, "locked", "not_locked")
        has_retries_left = _either(values, "with_retries_left", "no_retries_left")
        return ExternalTaskQuery(**values, is_locked=is_locked, has_retries_left=has_retries_left)


def _either(values: dict[str, Any], yes: str, no: str) -> bool | None:
    wants_yes, wants_no = values.pop(yes, False), values.pop(no, False)
    if wants_yes and wants_no:
        raise ValidationError({yes: ["this and its contrary cannot be combined"]})
    return bool(wants_yes) if wants_yes or wants_no else None


# ------------------------------------------------------------------- fetch and lock


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of a fetch. Several subscriptions: one for each definition that is named."""

    subscriptions: tuple[TopicSubscription, ...]
    #: The names of the variables that are wanted; None for all.
    variables: tuple[str, ...] | None
    with_properties: bool


class TopicBody(Shape):
    """What a worker wants of one topic; it loads as a Topic.

    A filter that is ignored would hand out work that was not asked for.
    """

    topic_name = fields.String(required=True, validate=validate.Length(min=1))
    lock_duration = Whole(required=True)
    variables = Names(allow_none=True, load_default=None)
    business_key = fields.String(allow_none=True, load_default=None)
    process_definition_id = fields.String(allow_none=True, load_default=None)
    process_definition_id_in = Names(allow_none=True, load_default=None)
    process_definition_key = fields.String(allow_none=True, load_default=None)
    process_definition_key_in = Names(allow_none=True, load_default=None)
    include_extension_properties = Flag(allow_none=True, load_default=False)

    @pre_load
    def refuse_unsupported(self, data: Any, **_kwargs: Any) -> Any:
        """Name every filter that is not supported."""
        if isinstance(data, dict):
            refuse_given(data, ("processVariables", "processDefinitionVersionTag", "tenantIdIn"))
        return data

    @post_load
    def as_topic(self, body: dict[str, Any], **_kwargs: Any) -> Topic:
        """One id or key is several of one; both together must hold."""
        definition_ids = _both(body["process_definition_id"], body["process_definition_id_in"])
        keys = _both(body["process_definition_key"], body["process_definition_key_in"])
        subscriptions = tuple(
            TopicSubscription(
                topic=body["topic_name"],
                lock_duration_ms=body["lock_duration"],
                business_key=body["business_key"],
                definition_id=definition_id,
                definition_keys_in=keys,
            )
            for definition_id in ((None,) if definition_ids is None else definition_ids)
        )
        with_properties = bool(body["include_extension_properties"])
        return Topic(subscriptions, body["variables"], with_properties)


def _both(one: str | None, several: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """What both filters leave; an empty list says nothing, as in Camunda."""
    if not several:
        return None if one is None else (one,)
    distinct = tuple(dict.fromkeys(several))
    return distinct if one is None else tuple(each for each in distinct if each == one)


class Fetch(Shape):
    """What a worker asks for."""

    worker_id = fields.String(required=True)
    max_tasks = Whole(required=True)
    use_priority = Flag(allow_none=True, load_default=False)
    async_response_timeout = fields.Integer(
        allow_none=True, load_default=0, validate=validate.Range(min=0, max=LONGEST_TIMEOUT_MS)
    )
    sorting = fields.List(fields.Nested(Sorting), allow_none=True, load_default=None)
    topics = fields.List(fields.Nested(TopicBody), allow_none=True, load_default=None)

    @post_load
    def refuse_other_orders(self, body: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """The oldest comes first, and nothing else."""
        for wish in body["sorting"] or ():
            if (wish["sort_by"], wish["sort_order"]) != ("createTime", SortOrder.ASC):
                raise ValidationError({"sorting": ["the only order is createTime, asc"]})
        return body


# ---------------------------------------------------------------- what workers tell


class Done(Shape):
    """A worker has done it."""

    worker_id = fields.String(required=True)
    variables = VariableMap(allow_none=True, load_default=None)
    local_variables = VariableMap(allow_none=True, load_default=None)


class Failure(Shape):
    """A worker could not do it."""

    worker_id = fields.String(required=True)
    error_message = fields.String(allow_none=True, load_default=None)
    error_details = fields.String(allow_none=True, load_default=None)
    retries = Whole(allow_none=True, load_default=0)
    retry_timeout = Whole(allow_none=True, load_default=0)

    @pre_load
    def refuse_variables(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """A failure keeps none: say so, rather than lose them."""
        refuse_given(data, ("variables", "localVariables"))
        return data


class BusinessError(Shape):
    """A worker found that the case is another one than the diagram's."""

    worker_id = fields.String(required=True)
    error_code = fields.String(required=True, validate=validate.Length(min=1))
    error_message = fields.String(allow_none=True, load_default=None)
    variables = VariableMap(allow_none=True, load_default=None)


class Lock(Shape):
    """For how long a worker wants it."""

    worker_id = fields.String(required=True)
    lock_duration = Whole(required=True)


class LongerLock(Shape):
    """For how long, from now, a worker still wants it."""

    worker_id = fields.String(required=True)
    new_duration = Whole(required=True)


class Retries(Shape):
    """How often it may still fail."""

    retries = Whole(required=True)
