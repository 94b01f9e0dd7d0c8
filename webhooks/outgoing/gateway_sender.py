"""Sends a person's message to the office's gateway, which passes it on to his phone."""

from __future__ import annotations

from engine.model import Delivery, DeliveryFailure, Sent
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from webhooks.language import speaking
from webhooks.outgoing.gateway_messages import gateway_message
from webhooks.outgoing.posting import CONNECT_S, DEADLINE_S, Posting
from webhooks.outgoing.ways import way_of


class GatewaySender:
    """Posts to one address, signed with each secret; what that does with it is the office's own."""

    def __init__(
        self,
        engine: ProcessEngine,
        settings: Settings,
        *,
        deadline_s: float = DEADLINE_S,
        connect_s: float = CONNECT_S,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._posting = Posting(engine.clock, settings, deadline_s=deadline_s, connect_s=connect_s)

    def send(self, delivery: Delivery) -> Sent:
        """What became of it; dropped when nobody waits for the message any more."""
        contact = self._engine.deliveries.contact_of(delivery)
        if contact is None:
            return Sent(is_delivered=False, is_dropped=True)
        url, secrets = self._settings.gateway_url, self._settings.gateway_secret
        if url is None or not secrets:
            return Sent(is_delivered=False, failure=DeliveryFailure.NO_GATEWAY)
        way = way_of(self._engine, delivery, base_url=self._settings.base_url)
        with speaking(self._engine.deliveries.language_of(delivery)):
            message = gateway_message(delivery, contact, way, zone=self._settings.time_zone)
        return self._posting.post(url, message, message_id=delivery.delivery_id, secrets=secrets)
