"""Where people are reached by e-mail, and whether they want to be."""

from __future__ import annotations

from engine.errors import InvalidInput, NotFound
from engine.model import Actor, Channel, Contact, Role
from engine.permissions import require_role
from engine.settings import MAIL_ADDRESS
from engine.sources import Clock
from engine.store import Store

_MAX_ADDRESS = 254


class Contacts:
    """The contacts of one office. Everybody looks after his own, admins after all."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def contact(self, account: str, *, actor: Actor) -> Contact | None:
        """Where the account gets its e-mail, if it said so. Raises Forbidden."""
        _require_own(actor, account, "see")
        with self._store.reading() as tx:
            found = tx.contacts(account)
        return found[0] if found else None

    def list(self, *, actor: Actor) -> list[Contact]:
        """All contacts, by account. For admins."""
        require_role(actor, "see all contacts", Role.ADMIN)
        with self._store.reading() as tx:
            return tx.contacts()

    def put_email(self, account: str, address: str, *, is_on: bool, actor: Actor) -> Contact:
        """The account is reached there; `is_on`: it is told of its tasks.

        Raises InvalidInput with the field `email`, NotFound for the account, Forbidden.
        """
        _require_own(actor, account, "change")
        if len(address) > _MAX_ADDRESS or not MAIL_ADDRESS.fullmatch(address):
            reason = f"expected a mail address such as nama@dinas.go.id, found {address!r}"
            raise InvalidInput(f"email: {reason}", {"email": [reason]})
        contact = Contact(account, Channel.EMAIL, address, is_on, self._clock.now())
        with self._store.writing() as tx:
            tx.account(account)
            tx.put_contact(contact)
        return contact

    def remove_email(self, account: str, *, actor: Actor) -> None:
        """The account has no e-mail address any more. NotFound when it had none; Forbidden."""
        _require_own(actor, account, "change")
        with self._store.writing() as tx:
            if not tx.delete_contact(account, Channel.EMAIL):
                raise NotFound("e-mail address of account", account)


def _require_own(actor: Actor, account: str, deed: str) -> None:
    if actor.account != account:
        require_role(actor, f"{deed} the e-mail address of {account}", Role.ADMIN)
