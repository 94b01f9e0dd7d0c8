"""Subscriptions of web hooks: who is called when something happens. For analysts and admins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.model import Delivery, Scope, WebhookSubscription
from engine.webhook_subscriptions import WebhookSubscriptions, Wishes
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.resource import Resource
from webhooks.schemas.deliveries import (
    DeliveryAnswer,
    SecretAnswer,
    SubscriptionAnswer,
    SubscriptionWish,
)

resource = Resource(
    "webhook_subscription",
    path="/webhook-subscription",
    description="Who is called when something happens",
    scope=Scope.DEPLOY,
)


def _room() -> WebhookSubscriptions:
    return current_engine().webhook_subscriptions


@resource.on("GET", "", "List subscriptions of web hooks", is_own=True)
@resource.gives(SubscriptionAnswer(many=True))
def list_subscriptions() -> Sequence[WebhookSubscription]:
    """All of them, the oldest first; for auditors too."""
    return _room().list(actor=require_actor())


@resource.on("POST", "", "Subscribe", is_own=True)
@resource.takes(SubscriptionWish)
@resource.gives(SecretAnswer)
def add_subscription(wishes: Wishes) -> Mapping[str, Any]:
    """The answer has the secret that signs; it is said this once."""
    subscription, secret = _room().add(wishes, actor=require_actor())
    return {"subscription": subscription, "secret": secret}


@resource.on("GET", "/<subscription_id>", "Get one subscription", is_own=True)
@resource.gives(SubscriptionAnswer)
def get_subscription(subscription_id: str) -> WebhookSubscription:
    """One of them; for auditors too."""
    return _room().subscription(subscription_id, actor=require_actor())


@resource.on("PUT", "/<subscription_id>", "Ask for something else", is_own=True)
@resource.takes(SubscriptionWish)
@resource.gives(SubscriptionAnswer)
def change_subscription(wishes: Wishes, subscription_id: str) -> WebhookSubscription:
    """Its secret stays."""
    return _room().change(subscription_id, wishes, actor=require_actor())


@resource.on("DELETE", "/<subscription_id>", "Unsubscribe", is_own=True)
@resource.gives(status=204)
def remove_subscription(subscription_id: str) -> None:
    """The log of its deliveries goes with it."""
    _room().remove(subscription_id, actor=require_actor())


@resource.on("POST", "/<subscription_id>/rotate-secret", "Change the secret", is_own=True)
@resource.gives(SecretAnswer)
def rotate_secret(subscription_id: str) -> Mapping[str, Any]:
    """For a day the former one signs beside the new one."""
    subscription, secret = _room().rotate_secret(subscription_id, actor=require_actor())
    return {"subscription": subscription, "secret": secret}


@resource.on("POST", "/<subscription_id>/disable", "Switch it off", is_own=True)
@resource.gives(SubscriptionAnswer)
def disable_subscription(subscription_id: str) -> WebhookSubscription:
    """What is on its way there is dropped."""
    return _room().disable(subscription_id, actor=require_actor())


@resource.on("POST", "/<subscription_id>/enable", "Switch it on", is_own=True)
@resource.gives(SubscriptionAnswer)
def enable_subscription(subscription_id: str) -> WebhookSubscription:
    """It is told of what happens from now on."""
    return _room().enable(subscription_id, actor=require_actor())


@resource.on("POST", "/<subscription_id>/test", "Send a trial", is_own=True)
@resource.gives(DeliveryAnswer)
def send_trial(subscription_id: str) -> Delivery:
    """A `ping` is on its way; the log tells what became of it."""
    return current_engine().deliveries.ping(subscription_id, actor=require_actor())
