"""Messages that matched nothing, or too much, when they came: shown, tried again, discarded.

A kept message is never deleted. Whoever settles one holds the lock of its row meanwhile, so that it
is delivered once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.correlation import MESSAGE, Correlated, Letter, Message, Post
from engine.document_intake import Received
from engine.errors import InvalidInput, MessageMismatch, MessageSettled
from engine.json_values import check_variables
from engine.model import Actor, Json, KeptMessage, KeptState, Role, Variables, document_of
from engine.permissions import require_role
from engine.queries import KeptMessageQuery, Page
from engine.sealed_values import has_seal
from engine.sealing import masked
from engine.sources import Clock
from engine.store import Store

MAX_REASON = 4000
#: A kept message is looked at again at least so often, whether something new waits or not.
LOOKING_INTERVAL = timedelta(minutes=5)
#: A step may have begun this long before its subscription can be seen.
_SLOWEST_STEP = timedelta(seconds=10)
_FIRST_PAGE = Page()


class KeptMessages:
    """The messages that wait. Admins settle them; auditors read."""

    def __init__(self, store: Store, post: Post, clock: Clock) -> None:
        self._store = store
        self._post = post
        self._clock = clock

    def messages(
        self, query: KeptMessageQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[KeptMessage]:
        """The messages that matched nothing, or too much, when they came."""
        _require_clerk(actor, "see kept messages", Role.AUDITOR)
        with self._store.reading() as tx:
            return [_masked(each) for each in tx.kept_messages(query, page)]

    def count(self, query: KeptMessageQuery, *, actor: Actor) -> int:
        """How many match."""
        _require_clerk(actor, "see kept messages", Role.AUDITOR)
        with self._store.reading() as tx:
            return tx.count_kept_messages(query)

    def message(self, kept_id: str, *, actor: Actor) -> KeptMessage:
        """One of them. Raises NotFound."""
        _require_clerk(actor, "see kept messages", Role.AUDITOR)
        with self._store.reading() as tx:
            return _masked(tx.kept_message(kept_id))

    def try_again(self, kept_id: str, *, actor: Actor) -> Correlated:
        """Deliver a kept message now. Admins only.

        Raises MessageMismatch when still nothing or several match, MessageSettled when it waits no
        more.
        """
        _require_clerk(actor, "deliver a kept message")
        delivered = self._deliver(kept_id)
        with self._store.reading() as tx:
            kept = tx.kept_message(kept_id)
        if delivered is None:
            raise MessageMismatch(kept.name, kept.matches)
        return delivered

    def discard(self, kept_id: str, *, reason: str, actor: Actor) -> KeptMessage:
        """Deliver it never; it stays as it is, with the reason. Admins only."""
        _require_clerk(actor, "discard a kept message")
        stated = reason.strip()
        check_variables({"reason": stated})
        if not 1 <= len(stated) <= MAX_REASON:
            raise InvalidInput(
                "discarding a kept message takes a reason",
                {"reason": [f"expected 1 to {MAX_REASON} characters, found {len(stated)}"]},
            )
        with self._store.writing() as tx:
            kept = _require_waiting(tx.kept_message(kept_id, for_change=True))
            discarded = replace(
                kept,
                state=KeptState.DISCARDED,
                settled_at=self._clock.now(),
                settled_by=actor.account,
                reason=stated,
            )
            tx.put_kept_message(discarded)
        return discarded

    def to_look_at(self, limit: int) -> list[str]:
        """Ids of kept messages for which something new may wait, the oldest first."""
        now = self._clock.now()
        with self._store.reading() as tx:
            return tx.kept_to_look_at(
                before=now - LOOKING_INTERVAL, slowest_step=_SLOWEST_STEP, limit=limit
            )

    def look_again(self, kept_id: str) -> bool:
        """Deliver a kept message if exactly one waits for it now; False when none or several do."""
        try:
            return self._deliver(kept_id) is not None
        except MessageSettled:
            return False  # another worker or an admin was faster

    def _deliver(self, kept_id: str) -> Correlated | None:
        """Hand it over under the lock of its row, or note that one looked in vain."""
        looked_at = self._clock.now()
        with self._store.writing() as tx:
            kept = _require_waiting(tx.kept_message(kept_id, for_change=True))
            targets = self._post.targets(tx, _message(kept))
            handed = None
            if len(targets) == 1:
                handed = self._post.hand_over(tx, _letter(kept), targets[0])
            if handed is None:
                tx.put_kept_message(replace(kept, matches=len(targets), looked_at=looked_at))
                return None
            outcome, correlated = handed
            tx.put_kept_message(
                replace(
                    kept,
                    variables=_sealed(kept.variables, outcome.event.payload["variables"]),
                    state=KeptState.DELIVERED,
                    matches=1,
                    settled_at=looked_at,
                    delivered_to=correlated.instance.instance_id,
                )
            )
        return correlated


def _sealed(sent: Variables, recorded: Variables) -> dict[str, Json]:
    """What was sent, with the seal of history in place of what is personal where it went."""
    return {
        name: recorded[name] if has_seal(recorded.get(name)) else value
        for name, value in sent.items()
    }


def _masked(kept: KeptMessage) -> KeptMessage:
    return replace(kept, variables=masked(kept.variables))


def _message(kept: KeptMessage) -> Message:
    return Message(
        kept.name, kept.business_key, kept.instance_id, kept.correlation, kept.local_correlation
    )


def _letter(kept: KeptMessage) -> Letter:
    """The kept message as whoever sent it sends it now; the bytes of its files are kept already."""
    documents = tuple(found for each in kept.documents if (found := document_of(each)))
    variables = dict(kept.variables)
    return Letter(
        MESSAGE,
        kept.name,
        Received(variables, documents, {}, variables),
        Actor(kept.received_from, capacity=kept.capacity),
        business_key=kept.business_key,
        told={"kept": kept.kept_id},
    )


def _require_waiting(kept: KeptMessage) -> KeptMessage:
    if kept.state is not KeptState.WAITING:
        raise MessageSettled(kept.kept_id, str(kept.state))
    return kept


def _require_clerk(actor: Actor, deed: str, *others: Role) -> None:
    require_role(actor, deed, Role.ADMIN, *others)
