"""Subscriptions of web hooks, the log of deliveries and contacts on the wire; all our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from marshmallow import fields, post_load

from engine.model import (
    AnnouncementKind,
    Channel,
    Contact,
    DeliveryFailure,
    DeliveryState,
    Disabling,
)
from engine.queries import DeliveryQuery
from engine.webhook_subscriptions import Wishes
from webhooks.schemas.base import Answer, Computed, Flag, Moment, Shape
from webhooks.schemas.filters import Filter


class SubscriptionWish(Shape):
    """What a subscription asks for; nothing chosen means all."""

    name = fields.String(required=True)
    url = fields.String(required=True)
    kinds = fields.List(fields.String(), load_default=list)
    definition_keys = fields.List(fields.String(), load_default=list)
    lanes = fields.List(fields.String(), load_default=list)

    @post_load
    def as_wishes(self, values: dict[str, Any], **_kwargs: Any) -> Wishes:
        """The wishes, in the engine's words."""
        chosen = {name: frozenset(values[name]) for name in ("kinds", "definition_keys", "lanes")}
        return Wishes(values["name"], values["url"], **chosen)


class SubscriptionAnswer(Answer):
    """A subscription, without its secrets."""

    subscription_id = fields.String(data_key="id")
    name = fields.String()
    url = fields.String()
    kinds = fields.Function(lambda each: sorted(each.kinds))
    definition_keys = fields.Function(lambda each: sorted(each.definition_keys))
    lanes = fields.Function(lambda each: sorted(each.lanes))
    created_at = Moment()
    created_by = fields.String()
    is_active = fields.Boolean(data_key="active")
    former_until = Moment(data_key="formerSecretUntil")
    failing_since = Moment()
    last_success_at = Moment()
    disabled_at = Moment()
    disabled_because = fields.Enum(Disabling, by_value=True, allow_none=True)


class SecretAnswer(Answer):
    """A subscription and its secret, which is said this once."""

    subscription = fields.Nested(SubscriptionAnswer)
    secret = fields.String()


class DeliveryAnswer(Answer):
    """One announcement on its way to one receiver."""

    delivery_id = fields.String(data_key="id")
    channel = fields.Enum(Channel, by_value=True)
    subscription_id = fields.String(allow_none=True)
    account = fields.String(allow_none=True)
    kind = fields.Enum(AnnouncementKind, by_value=True)
    instance_id = fields.String(data_key="processInstanceId", allow_none=True)
    sequence = fields.Integer(allow_none=True)
    created_at = Moment()
    state = fields.Enum(DeliveryState, by_value=True)
    due_at = Moment()
    attempts = fields.Integer()
    ended_at = Moment()


class AttemptAnswer(Answer):
    """One sending. `delivered` null: nobody told what became of it."""

    number = fields.Integer()
    at = Moment()
    is_delivered = fields.Boolean(data_key="delivered", allow_none=True)
    status = fields.Integer(allow_none=True)
    duration_ms = fields.Integer(allow_none=True)
    failure = fields.Enum(DeliveryFailure, by_value=True, allow_none=True)
    answer = fields.String(allow_none=True)


class DeliveryLog(Answer):
    """A delivery with its attempts."""

    delivery = fields.Nested(DeliveryAnswer)
    attempts = fields.List(fields.Nested(AttemptAnswer))


class DeliveryFilter(Filter):
    """Filters of the log."""

    noun = DeliveryQuery
    sortable: ClassVar = {"createdAt": "created_at", "dueAt": "due_at", "endedAt": "ended_at"}
    without_effect = ("without_tenant_id",)
    never_true = ()

    delivery_id = fields.String(data_key="id")
    subscription_id = fields.String()
    channel = fields.Enum(Channel, by_value=True)
    state = fields.Enum(DeliveryState, by_value=True)
    instance_id = fields.String(data_key="processInstanceId")


class ContactWish(Shape):
    """Where an account gets its e-mail, and whether it is told of its tasks."""

    email = fields.String(required=True)
    on = Flag(load_default=True)


class HandleWish(Shape):
    """How the gateway knows an account, and whether it is told of its tasks."""

    handle = fields.String(required=True)
    on = Flag(load_default=True)


def _of(channel: Channel) -> Callable[[Contact], str | None]:
    return lambda contact: contact.value if contact.channel is channel else None


class ContactAnswer(Answer):
    """Where an account is reached: by its `email`, or by the gateway under its `handle`."""

    account = fields.String()
    channel = fields.Enum(Channel, by_value=True)
    email = Computed(_of(Channel.EMAIL))
    handle = Computed(_of(Channel.GATEWAY))
    is_on = fields.Boolean(data_key="on")
    changed_at = Moment()
