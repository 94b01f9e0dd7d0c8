"""Messages on the wire: sent, and what waits for them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from engine.correlation import Correlated
from engine.model import InstanceState, KeptState
from engine.queries import EventSubscriptionQuery, KeptMessageQuery
from webhooks.schemas.base import (
    Answer,
    Computed,
    Flag,
    Moment,
    Null,
    Shape,
    VariableMap,
    refuse_given,
)
from webhooks.schemas.filters import Filter
from webhooks.schemas.instances import InstanceAnswer


class SentMessage(Shape):
    """A message, whom it is for, and what it brings."""

    message_name = fields.String(required=True)
    business_key = fields.String(allow_none=True, load_default=None)
    process_instance_id = fields.String(allow_none=True, load_default=None)
    correlation_keys = VariableMap(allow_none=True, load_default=None)
    local_correlation_keys = VariableMap(allow_none=True, load_default=None)
    process_variables = VariableMap(allow_none=True, load_default=None)
    all = Flag(allow_none=True, load_default=False)
    keep_unmatched = Flag(allow_none=True, load_default=False)
    result_enabled = Flag(allow_none=True, load_default=False)
    variables_in_result_enabled = Flag(allow_none=True, load_default=False)

    @pre_load
    def refuse_unsupported(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Variables of one execution alone, and tenants, are not there."""
        refuse_given(
            data, ("processVariablesLocal", "processVariablesToTriggeredScope", "tenantId")
        )
        return data

    @validates_schema
    def require_result(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """As in Camunda: variables are a part of the result."""
        if data["variables_in_result_enabled"] and not data["result_enabled"]:
            raise ValidationError({"variablesInResultEnabled": ["it goes with resultEnabled only"]})


class SentSignal(Shape):
    """A signal and what it brings."""

    name = fields.String(required=True)
    execution_id = fields.String(allow_none=True, load_default=None)
    variables = VariableMap(allow_none=True, load_default=None)

    @pre_load
    def refuse_unsupported(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """There are no tenants."""
        refuse_given(data, ("tenantId",))
        return data


class ExecutionAnswer(Answer):
    """What went on: Alur has one execution for each instance."""

    id = fields.String(attribute="instance_id")
    process_instance_id = fields.String(attribute="instance_id")
    ended = Computed(lambda instance: instance.state is not InstanceState.ACTIVE)
    tenant_id = Null()


def _execution(found: Correlated) -> Any:
    return ExecutionAnswer().dump(found.instance) if found.subscription_id else None


def _instance(found: Correlated) -> Any:
    return None if found.subscription_id else InstanceAnswer().dump(found.instance)


class CorrelationAnswer(Answer):
    """Who got a message: an execution that waited, or an instance that it started."""

    result_type = Computed(lambda f: "Execution" if f.subscription_id else "ProcessDefinition")
    execution = Computed(_execution)
    process_instance = Computed(_instance)


class CorrelationWithVariables(CorrelationAnswer):
    """The same with the process variables as they are then."""

    variables = VariableMap()


class EventSubscriptionAnswer(Answer):
    """An activity that waits for a message or signal."""

    id = fields.String(attribute="subscription_id")
    event_type = fields.String(attribute="kind")
    event_name = fields.String(attribute="name")
    execution_id = fields.String(attribute="instance_id")
    process_instance_id = fields.String(attribute="instance_id")
    activity_id = fields.String()
    created_date = Moment(attribute="created_at")
    tenant_id = Null()


class EventSubscriptionFilter(Filter):
    """Filters of what waits for messages and signals."""

    noun = EventSubscriptionQuery
    sortable = {"created": "created_at"}  # noqa: RUF012 - ClassVar by the base
    unsupported = ("tenantIdIn",)
    without_effect = ("without_tenant_id", "include_event_subscriptions_without_tenant_id")

    event_subscription_id = fields.String(attribute="subscription_id")
    event_type = fields.String(attribute="kind", validate=validate.OneOf(("message", "signal")))
    event_name = fields.String(attribute="name")
    process_instance_id = fields.String(attribute="instance_id")
    execution_id = fields.String()
    activity_id = fields.String()
    include_event_subscriptions_without_tenant_id = Flag()

    def query_of(self, values: dict[str, Any]) -> EventSubscriptionQuery:
        """An instance has one execution, of the same id."""
        execution_id = values.pop("execution_id", None)
        instance_id = values.setdefault("instance_id", execution_id)
        if execution_id not in {None, instance_id}:
            raise ValidationError({"executionId": ["it is not of that processInstanceId"]})
        return EventSubscriptionQuery(**values)


class KeptMessageAnswer(Answer):
    """A message that matched nothing, or too much, when it came."""

    id = fields.String(attribute="kept_id")
    message_name = fields.String(attribute="name")
    state = fields.Enum(KeptState, by_value=True)
    business_key = fields.String(allow_none=True)
    process_instance_id = fields.String(attribute="instance_id", allow_none=True)
    correlation_keys = VariableMap(attribute="correlation")
    local_correlation_keys = VariableMap(attribute="local_correlation")
    process_variables = VariableMap(attribute="variables")
    received_at = Moment()
    received_from = fields.String()
    matches = fields.Integer()
    looked_at = Moment()
    delivered_to = fields.String(allow_none=True)
    settled_at = Moment(allow_none=True)
    settled_by = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class KeptMessageFilter(Filter):
    """Filters of kept messages."""

    noun = KeptMessageQuery
    sortable = {  # noqa: RUF012 - ClassVar by the base
        "receivedAt": "received_at",
        "messageName": "name",
    }

    message_name = fields.String(attribute="name")
    state = fields.Enum(KeptState, by_value=True)


class Discarding(Shape):
    """Why a kept message is discarded."""

    reason = fields.String(required=True)
