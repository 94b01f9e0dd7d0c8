"""Diagrams that wait for messages, and the hands of a program that sends them."""

from __future__ import annotations

from typing import Any

from engine.correlation import Message
from engine.messages import Correlation
from engine.model import Actor, EventSubscription, Role
from engine.queries import EventSubscriptionQuery
from tests.diagrams import catch, end, line, message, named, process, receive, start, user
from tests.office import AUDITOR, Office

PROGRAM = Actor("surat-masuk", frozenset({Role.WORKER}))
ROOTS = named("message", surat="surat masuk", batal="pembatalan")


def send(office: Office, name: str = "surat masuk", **more: Any) -> Correlation:
    options = {key: more.pop(key) for key in ("to_all", "idempotency_key") if key in more}
    return office.engine.messages.correlate(Message(name, **more), actor=PROGRAM, **options)


def waiting(office: Office, instance: str | None = None) -> list[EventSubscription]:
    query = EventSubscriptionQuery(instance_id=instance)
    return office.engine.messages.subscriptions(query, actor=AUDITOR)


def names(office: Office, instance: str | None = None) -> list[tuple[str, str]]:
    return [(each.activity_id, each.name) for each in waiting(office, instance)]


def sound_again(office: Office, instance: str) -> None:
    """Sound, also when the snapshot is gone and the next step rebuilds it."""
    office.assert_sound(instance)
    office.erase_snapshot(instance)
    office.assert_sound(instance)


def between(*parts: str, before: str = ROOTS, key: str = "p") -> str:
    """A process: start, the node "m", the task "z", end."""
    flows = line("s", "m", "z", "e")
    return process(start(), *parts, user("z"), end(), flows, before=before, key=key)


CATCH = catch("m", message("surat"))
RECEIVE = receive("m", "surat")
