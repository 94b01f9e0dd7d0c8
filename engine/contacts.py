"""Where people are reached, by e-mail and by the office's gateway, and whether they want to be."""

from __future__ import annotations

import re

from engine.errors import InvalidInput, NotFound
from engine.model import Actor, Channel, Contact, Role
from engine.permissions import require_own, require_role
from engine.setting_values import MAIL_ADDRESS
from engine.sources import Clock
from engine.store import Store

_MAX_ADDRESS = 254
#: A phone number, the id of a chat, a name: what it is called only the gateway knows.
_HANDLE = re.compile(r"\S{1,128}")
#: What a contact of each channel is called in messages.
_NOUNS = {Channel.EMAIL: "e-mail address", Channel.GATEWAY: "handle at the gateway"}


class Contacts:
    """The contacts of one office. Everybody looks after his own, admins after all."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def contact(self, account: str, channel: Channel, *, actor: Actor) -> Contact | None:
        """Where the account is reached over this channel, if it said so. Raises Forbidden."""
        require_own(actor, account, f"see the {_NOUNS[channel]} of")
        with self._store.reading() as tx:
            contacts = tx.contacts(account)
        return next((each for each in contacts if each.channel is channel), None)

    def list(self, *, actor: Actor) -> list[Contact]:
        """All contacts, by account. For admins."""
        require_role(actor, "see all contacts", Role.ADMIN)
        with self._store.reading() as tx:
            return tx.contacts()

    def put_email(self, account: str, address: str, *, is_on: bool, actor: Actor) -> Contact:
        """The account is reached there; `is_on`: it is told of its tasks.

        Raises InvalidInput with the field `email`, NotFound for the account, Forbidden.
        """
        require_own(actor, account, f"change the {_NOUNS[Channel.EMAIL]} of")
        if len(address) > _MAX_ADDRESS or not MAIL_ADDRESS.fullmatch(address):
            reason = f"expected a mail address such as nama@dinas.go.id, found {address!r}"
            raise InvalidInput(f"email: {reason}", {"email": [reason]})
        return self._put(account, Channel.EMAIL, address, is_on=is_on)

    def put_handle(self, account: str, handle: str, *, is_on: bool, actor: Actor) -> Contact:
        """The gateway reaches the account under this handle; `is_on`: it is told of its tasks.

        Raises InvalidInput with the field `handle`, NotFound for the account, Forbidden.
        """
        require_own(actor, account, f"change the {_NOUNS[Channel.GATEWAY]} of")
        if not _HANDLE.fullmatch(handle) or not handle.isprintable():
            reason = f"expected 1 to 128 printable characters without blanks, found {handle!r}"
            raise InvalidInput(f"handle: {reason}", {"handle": [reason]})
        return self._put(account, Channel.GATEWAY, handle, is_on=is_on)

    def remove(self, account: str, channel: Channel, *, actor: Actor) -> None:
        """The account is not reached over this channel any more. NotFound, Forbidden."""
        require_own(actor, account, f"change the {_NOUNS[channel]} of")
        with self._store.writing() as tx:
            if not tx.delete_contact(account, channel):
                raise no_contact(account, channel)

    def _put(self, account: str, channel: Channel, value: str, *, is_on: bool) -> Contact:
        contact = Contact(account, channel, value, is_on, self._clock.now())
        with self._store.writing() as tx:
            tx.account(account, for_change=True)  # two at once put one
            tx.put_contact(contact)
        return contact


def no_contact(account: str, channel: Channel) -> NotFound:
    """The error that says so."""
    return NotFound(f"{_NOUNS[channel]} of account", account)
