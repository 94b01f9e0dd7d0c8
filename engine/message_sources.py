"""Other systems that send signed messages: which, for which messages, and what proves them.

What a message does stands in messages.py; the signature is checked at the border.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from engine.errors import InvalidInput
from engine.model import Actor, MessageSource, Role
from engine.permissions import require_role
from engine.secret_key import SecretKey, webhook_secret
from engine.sources import Clock, Ids
from engine.store import Store

#: How long the former secret proves the source beside the new one.
OVERLAP = timedelta(hours=24)
#: Each one of a message's name is tried, so that there may not be many.
MAX_SOURCES = 50
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_MAX_TEXT = 255
_MAX_NAMES = 50
PURPOSE = "message source secret"
#: How often a source notes that it is in use, at most.
_TOUCH_EVERY = timedelta(minutes=1)

#: How history calls the standing of such a system.
CAPACITY = "by signed message"


class MessageSources:
    """The sources of one office. Admins look after them; auditors and analysts read."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, key: SecretKey) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._key = key

    # ------------------------------------------------------------------- questions

    def sources(self, *, actor: Actor) -> list[MessageSource]:
        """All sources, by name. Raises Forbidden."""
        require_role(actor, "see message sources", Role.ADMIN, Role.ANALYST, Role.AUDITOR)
        with self._store.reading() as tx:
            return tx.message_sources()

    def for_message(self, message_name: str) -> list[tuple[MessageSource, tuple[str, ...]]]:
        """The active sources that may send this message, each with the secrets that prove it.

        For the border, which checks the signature. Raises SecretKeyUnusable.
        """
        with self._store.reading() as tx:
            found = tx.message_sources()
        return [
            (each, self._secrets(each))
            for each in found
            if each.is_active and message_name in each.message_names
        ]

    def proved(self, source: MessageSource) -> Actor:
        """Who acts when the source has proved itself; it is noted that it is in use."""
        now = self._clock.now()
        if source.last_used_at is None or now - source.last_used_at >= _TOUCH_EVERY:
            with self._store.writing() as tx:
                tx.note_use_of_message_source(source.source_id, now)
        # No account's name has a colon, so that no system can be taken for a person.
        return Actor(f"sumber:{source.name}", frozenset({Role.WORKER}), capacity=CAPACITY)

    # --------------------------------------------------------------------- changes

    def add(
        self, name: str, message_names: Iterable[str], *, actor: Actor
    ) -> tuple[MessageSource, str]:
        """A new source, and its secret, which can be shown this once.

        Raises InvalidInput naming the field, NameTaken, Forbidden.
        """
        require_role(actor, "add a message source", Role.ADMIN)
        if not _NAME.fullmatch(name):
            raise _invalid("name", "expected 2 to 64 of a-z, 0-9, dot, dash and underscore")
        names = _valid_names(message_names)
        secret = webhook_secret(self._ids)
        source = MessageSource(
            source_id=self._ids.new_id(),
            name=name,
            message_names=names,
            created_at=self._clock.now(),
            created_by=actor.account,
            secret=self._key.seal(PURPOSE, secret),
        )
        with self._store.writing() as tx:
            if len(tx.message_sources()) >= MAX_SOURCES:
                raise _invalid("name", f"there are {MAX_SOURCES} sources already")
            tx.add_message_source(source)
        return source, secret

    def change(
        self, source_id: str, message_names: Iterable[str], *, actor: Actor
    ) -> MessageSource:
        """The source may send these messages, and no others. Raises NotFound, InvalidInput."""
        names = _valid_names(message_names)
        return self._changed(source_id, "change", actor, message_names=names)

    def rotate_secret(self, source_id: str, *, actor: Actor) -> tuple[MessageSource, str]:
        """A new secret, shown this once; the one before proves it for OVERLAP longer."""
        require_role(actor, "rotate the secret of a message source", Role.ADMIN)
        secret = webhook_secret(self._ids)
        with self._store.writing() as tx:
            source = tx.message_source(source_id, for_change=True)
            changed = replace(
                source,
                secret=self._key.seal(PURPOSE, secret),
                former_secret=source.secret,
                former_until=self._clock.now() + OVERLAP,
            )
            tx.update_message_source(changed)
        return changed, secret

    def disable(self, source_id: str, *, actor: Actor) -> MessageSource:
        """Whatever it sends is refused from now on."""
        return self._changed(source_id, "disable", actor, is_active=False)

    def enable(self, source_id: str, *, actor: Actor) -> MessageSource:
        """It may send again."""
        return self._changed(source_id, "enable", actor, is_active=True)

    def _changed(self, source_id: str, deed: str, actor: Actor, **changes: object) -> MessageSource:
        require_role(actor, f"{deed} a message source", Role.ADMIN)
        with self._store.writing() as tx:
            source = tx.message_source(source_id, for_change=True)
            changed = replace(source, **changes)  # type: ignore[arg-type]
            tx.update_message_source(changed)
        return changed

    def _secrets(self, source: MessageSource) -> tuple[str, ...]:
        sealed = [source.secret]
        if source.former_until and self._clock.now() < source.former_until:
            sealed.append(source.former_secret or "")
        return tuple(self._key.unseal(PURPOSE, each) for each in sealed)


def _valid_names(names: Iterable[str]) -> frozenset[str]:
    found = frozenset(name.strip() for name in names if name.strip())
    if not 1 <= len(found) <= _MAX_NAMES:
        raise _invalid("message_names", f"expected 1 to {_MAX_NAMES} names of messages")
    if any(len(name) > _MAX_TEXT or not name.isprintable() for name in found):
        raise _invalid("message_names", f"expected 1 to {_MAX_TEXT} printable characters each")
    return found


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput(f"{field}: {message}", {field: [message]})
