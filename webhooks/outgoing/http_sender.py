"""Sends a web hook to the subscription that it is for."""

from __future__ import annotations

import logging

from engine.errors import InvalidInput, SecretKeyUnusable
from engine.model import Delivery, DeliveryFailure, Sent
from engine.process_engine import ProcessEngine
from engine.receivers import allowed_receivers, check_url
from engine.settings import Settings
from webhooks.outgoing.envelope import body_of
from webhooks.outgoing.posting import CONNECT_S, DEADLINE_S, Posting

_log = logging.getLogger(__name__)


class HttpSender:
    """Sends to subscriptions."""

    def __init__(
        self,
        engine: ProcessEngine,
        settings: Settings,
        *,
        deadline_s: float = DEADLINE_S,
        connect_s: float = CONNECT_S,
    ) -> None:
        self._engine = engine
        self._base_url = settings.base_url
        self._allowed = allowed_receivers(settings.webhook_allow)
        self._posting = Posting(engine.clock, settings, deadline_s=deadline_s, connect_s=connect_s)

    def send(self, delivery: Delivery) -> Sent:
        """What became of it; dropped when the subscription is gone or disabled."""
        subscription = self._engine.deliveries.subscription_of(delivery)
        if subscription is None:
            return Sent(is_delivered=False, is_dropped=True)
        try:
            check_url(subscription.url, self._allowed)
            secrets = self._engine.webhook_subscriptions.signing_secrets(subscription)
        except (InvalidInput, SecretKeyUnusable) as error:
            _log.warning("delivery %s cannot be sent: %s", delivery.delivery_id, error)
            is_key = isinstance(error, SecretKeyUnusable)
            failure = DeliveryFailure.SECRET if is_key else DeliveryFailure.ADDRESS
            return Sent(is_delivered=False, failure=failure)
        body = body_of(delivery, base_url=self._base_url)
        return self._posting.post(
            subscription.url, body, message_id=delivery.delivery_id, secrets=secrets
        )
