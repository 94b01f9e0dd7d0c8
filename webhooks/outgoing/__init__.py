"""Tells other systems and people what happened: signed web hooks, mail, messages by a gateway.

What is to be told, to whom and when again stands in engine/deliveries.py; here it is sent.
"""

from __future__ import annotations

from engine.model import Channel
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from webhooks.outgoing.deliverer import Deliverer
from webhooks.outgoing.gateway_sender import GatewaySender
from webhooks.outgoing.http_sender import HttpSender
from webhooks.outgoing.mail_sender import MailSender

__all__ = ["Deliverer", "GatewaySender", "HttpSender", "MailSender", "build_deliverer"]


def build_deliverer(engine: ProcessEngine, settings: Settings) -> Deliverer:
    """The duty that sends what is due, by web hook, by mail and by the gateway."""
    return Deliverer(
        engine.deliveries,
        {
            Channel.WEBHOOK: HttpSender(engine, settings),
            Channel.EMAIL: MailSender(engine, settings),
            Channel.GATEWAY: GatewaySender(engine, settings),
        },
    )
