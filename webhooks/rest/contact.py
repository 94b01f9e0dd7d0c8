"""Contacts: where accounts are told of their tasks, by e-mail and by the gateway, and whether."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.contacts import no_contact
from engine.model import Channel, Contact
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.resource import Resource
from webhooks.schemas.deliveries import ContactAnswer, ContactWish, HandleWish

resource = Resource("contact", path="/contact", description="Where accounts are told of tasks")


@resource.on("GET", "", "List contacts", is_own=True)
@resource.gives(ContactAnswer(many=True))
def list_contacts() -> Sequence[Contact]:
    """All of them, by account and channel; for admins."""
    return current_engine().contacts.list(actor=require_actor())


@resource.on("GET", "/<account>", "Get the contact of an account", is_own=True)
@resource.gives(ContactAnswer)
def get_contact(account: str) -> Contact:
    """Where it gets e-mail. One's own; of anybody for admins."""
    return _found(account, Channel.EMAIL)


@resource.on("PUT", "/<account>", "Set the contact of an account", is_own=True)
@resource.takes(ContactWish)
@resource.gives(ContactAnswer)
def put_contact(body: Mapping[str, Any], account: str) -> Contact:
    """`on`: told of tasks that wait for the account."""
    contacts = current_engine().contacts
    return contacts.put_email(account, body["email"], is_on=body["on"], actor=require_actor())


@resource.on("DELETE", "/<account>", "Forget the contact of an account", is_own=True)
@resource.gives(status=204)
def remove_contact(account: str) -> None:
    """Nothing is sent there any more."""
    current_engine().contacts.remove(account, Channel.EMAIL, actor=require_actor())


@resource.on("GET", "/<account>/gateway", "Get the handle of an account", is_own=True)
@resource.gives(ContactAnswer)
def get_handle(account: str) -> Contact:
    """To whom the gateway passes messages. One's own; of anybody for admins."""
    return _found(account, Channel.GATEWAY)


@resource.on("PUT", "/<account>/gateway", "Set the handle of an account", is_own=True)
@resource.takes(HandleWish)
@resource.gives(ContactAnswer)
def put_handle(body: Mapping[str, Any], account: str) -> Contact:
    """A phone number, the id of a chat, or whatever the gateway knows; `on`: as above."""
    contacts = current_engine().contacts
    return contacts.put_handle(account, body["handle"], is_on=body["on"], actor=require_actor())


@resource.on("DELETE", "/<account>/gateway", "Forget the handle of an account", is_own=True)
@resource.gives(status=204)
def remove_handle(account: str) -> None:
    """Nothing is passed on any more."""
    current_engine().contacts.remove(account, Channel.GATEWAY, actor=require_actor())


def _found(account: str, channel: Channel) -> Contact:
    found = current_engine().contacts.contact(account, channel, actor=require_actor())
    if found is None:
        raise no_contact(account, channel)
    return found
