"""Contacts: where accounts get e-mail, and whether they want to be told of their tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import NotFound
from engine.model import Contact
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.resource import Resource
from webhooks.schemas.deliveries import ContactAnswer, ContactWish

resource = Resource("contact", path="/contact", description="Where accounts get e-mail")


@resource.on("GET", "", "List contacts", is_own=True)
@resource.gives(ContactAnswer(many=True))
def list_contacts() -> Sequence[Contact]:
    """All of them, by account; for admins."""
    return current_engine().contacts.list(actor=require_actor())


@resource.on("GET", "/<account>", "Get the contact of an account", is_own=True)
@resource.gives(ContactAnswer)
def get_contact(account: str) -> Contact:
    """One's own; of anybody for admins."""
    found = current_engine().contacts.contact(account, actor=require_actor())
    if found is None:
        raise NotFound("e-mail address of account", account)
    return found


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
    current_engine().contacts.remove_email(account, actor=require_actor())
