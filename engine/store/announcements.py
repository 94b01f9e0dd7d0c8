"""The outbox: what others are to be told of, until their deliveries are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, exists, insert, or_, select, tuple_

from engine.model import Announcement, AnnouncementKind, Channel, Contact, announcement_from
from engine.store.kept_rows import of_table
from engine.store.tables import account, announcement, contact, webhook_subscription
from engine.store.transaction import Transaction

_C = announcement.c
#: What names a row.
_KEY = (_C.instance_id, _C.sequence, _C.kind, _C.subject_id)

#: A condition that a statement may ask beside its own question.
SOMEBODY_LISTENS = or_(
    exists().where(webhook_subscription.c.is_active),
    exists().where(contact.c.is_on),
)
# Built once: many steps ask it.
_ASK_WHO_LISTENS = select(SOMEBODY_LISTENS)


class Announcements(Transaction):
    """Questions about announcements, and about who is told by a contact."""

    def is_somebody_told(self) -> bool:
        """Whether there is an active subscription, or a contact that is switched on.

        No statement when the one that took the task for a step has asked already.
        """
        if self._is_somebody_told is None:
            self._is_somebody_told = bool(self._number(_ASK_WHO_LISTENS))
        return self._is_somebody_told

    def add_announcements(self, new: Sequence[Announcement]) -> None:
        """Put them into the outbox, in this transaction."""
        self._write(insert(announcement), [announcement_values(each) for each in new])

    def are_announcements_waiting(self) -> bool:
        """Whether the outbox holds anything."""
        return self._is_any(select(announcement))

    def take_announcements(self, limit: int) -> list[Announcement]:
        """Take the oldest out of the outbox; those that another worker is taking are passed over.

        They are gone when this transaction ends well, and not before.
        """
        self._must_write()
        statement = (
            select(announcement)
            .order_by(_C.at, *_KEY)
            .limit(self._beyond_damaged(limit))
            .with_for_update(skip_locked=True)
        )
        # By the keys that they have: their facts may lead to others, and what stayed would be told
        # again and again.
        told = self._listed(statement, lambda row: (_announcement(row), _key(row)), *_KEY)
        if told:
            self._write(delete(announcement).where(tuple_(*_KEY).in_([key for _, key in told])))
        return [each for each, _ in told]

    # -------------------------------------------------------------- contacts

    def contacts(self, account_name: str | None = None, *, on_only: bool = False) -> list[Contact]:
        """The contacts of one account or of all; on_only: those that want to be told."""
        statement = select(contact).order_by(contact.c.account, contact.c.channel)
        if account_name is not None:
            statement = statement.where(contact.c.account == account_name)
        if on_only:
            statement = statement.join(account, account.c.name == contact.c.account).where(
                contact.c.is_on, account.c.is_active
            )
        return self._listed(statement, _contact, contact.c.account, contact.c.channel)

    def put_contact(self, new: Contact) -> None:
        """Keep the contact instead of the one of that account and channel."""
        self.delete_contact(new.account, new.channel)
        values = {column.name: getattr(new, column.name) for column in contact.c}
        self._write(insert(contact), [{**values, "channel": new.channel.value}])

    def delete_contact(self, account_name: str, channel: str) -> bool:
        """Forget the contact; whether there was one."""
        of_account = contact.c.account == account_name
        return self._write(delete(contact).where(of_account, contact.c.channel == channel)) == 1


def announcement_values(new: Announcement) -> dict[str, Any]:
    """The row of an announcement."""
    return {
        "instance_id": new.instance_id,
        "sequence": new.sequence,
        "kind": new.kind.value,
        "subject_id": new.task_id or new.incident_id or "",
        "at": new.at,
        "facts": new.facts(),
    }


@of_table(contact)
def _contact(row: Row[Any]) -> Contact:
    return Contact(**{**row._mapping, "channel": Channel(row.channel)})


def _key(row: Row[Any]) -> tuple[Any, ...]:
    return tuple(getattr(row, column.name) for column in _KEY)


@of_table(announcement)
def _announcement(row: Row[Any]) -> Announcement:
    kind = AnnouncementKind(row.kind)
    return announcement_from(kind, row.at, row.instance_id, row.sequence, row.facts)
