"""Messages from outside: each finds the one that waits for it, or is kept until there is one.

Whom a message is for decides one look at the database; that the one still waits is made sure under
its instance's lock, so that no message is taken twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.correlation import MESSAGE, Correlated, Letter, Message, Post, Target
from engine.document_intake import Intake, Received, keep_documents
from engine.errors import Conflict, InvalidInput, MessageMismatch
from engine.json_values import check_variables
from engine.model import (
    Actor,
    EventSubscription,
    KeptMessage,
    KeptState,
    Role,
)
from engine.permissions import require_role
from engine.queries import EventSubscriptionQuery, Page
from engine.repeats import Request, as_it_stood, as_it_was_kept, standing
from engine.sources import Clock, Ids
from engine.store import Store, StoreTransaction

MAX_NAME = 255
#: How often a message looks for another addressee because the one it found went on meanwhile.
_MOST_LOOKS = 3
_FIRST_PAGE = Page()


@dataclass(frozen=True, slots=True)
class Correlation:
    """The answer of `correlate`: who got the message, or that it is kept.

    `is_repeat`: the same request was done before.
    """

    results: tuple[Correlated, ...]
    is_repeat: bool = False
    kept: KeptMessage | None = None


class Messages:
    """What waits for messages, and sending them. Programs and admins send; auditors read."""

    def __init__(self, store: Store, post: Post, clock: Clock, ids: Ids, intake: Intake) -> None:
        self._store = store
        self._post = post
        self._clock = clock
        self._ids = ids
        self._intake = intake

    # ------------------------------------------------------------------- questions

    def subscriptions(
        self, query: EventSubscriptionQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[EventSubscription]:
        """What waits for a message or signal and matches."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.subscriptions(query, page)

    def count_subscriptions(self, query: EventSubscriptionQuery, *, actor: Actor) -> int:
        """How many match."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.count_subscriptions(query)

    # ----------------------------------------------------------------------- sending

    def correlate(
        self,
        message: Message,
        *,
        actor: Actor,
        to_all: bool = False,
        keep_unmatched: bool = False,
        idempotency_key: str | None = None,
    ) -> Correlation:
        """Deliver a message to the one that waits for it, or start what it starts.

        to_all: to everything that matches, also if that is nothing. keep_unmatched: when nothing or
        several match it is kept, and delivered as soon as exactly one does. With an idempotency key
        the same request again gives the first one's answer. Raises Forbidden, InvalidInput, and
        MessageMismatch when nothing or several match.
        """
        require_role(actor, "send a message", Role.WORKER, Role.ADMIN)
        checked = _checked(message)
        received = self._intake.receive(message.variables)
        told = {**_likeness(checked), "variables": received.likeness}
        request = Request(actor, idempotency_key, ("message", told, to_all, keep_unmatched))
        sending = _Sending(checked, received, request, to_all, keep_unmatched)
        return request.despite_race(lambda: self._correlate(sending))

    def _correlate(self, sending: _Sending) -> Correlation:
        found = 0
        for _ in range(_MOST_LOOKS):
            looked_at = self._clock.now()
            with self._store.reading() as tx:
                done = sending.request.recall(tx)
                if done is not None:
                    return _recalled(tx, done.result)
                targets = self._post.targets(tx, sending.message)
            found = len(targets)
            if found != 1 and not sending.to_all:
                break
            results = self._deliver(sending, targets)
            if results or sending.to_all:
                return Correlation(results)
            found = 0
        if not sending.keep_unmatched:
            raise MessageMismatch(sending.message.name, found)
        return Correlation((), kept=self._keep(sending, looked_at=looked_at, matches=found))

    def _deliver(self, sending: _Sending, targets: Sequence[Target]) -> tuple[Correlated, ...]:
        """To each target that still waits, in one transaction."""
        with self._store.writing() as tx:
            sending.require_new(tx)
            handed = [self._post.hand_over(tx, sending.letter, each) for each in targets]
            done = [each for each in handed if each is not None]
            found = tuple(correlated for _, correlated in done)
            if done:
                result = {"correlated": [_remembered(each) for each in found]}
                sending.request.remember(tx, done[0][0], self._clock.now(), result)
        return found

    def _keep(self, sending: _Sending, *, looked_at: datetime, matches: int) -> KeptMessage:
        """Keep what matches nothing, or too much, with the bytes of its files."""
        message, actor, now = sending.message, sending.request.actor, self._clock.now()
        kept = KeptMessage(
            kept_id=self._ids.new_id(),
            name=message.name,
            business_key=message.business_key,
            instance_id=message.instance_id,
            correlation=message.correlation,
            local_correlation=message.local_correlation,
            variables=sending.received.variables,
            documents=tuple(each.as_reference() for each in sending.received.documents),
            state=KeptState.WAITING,
            received_at=now,
            received_from=actor.account,
            capacity=actor.capacity,
            matches=matches,
            looked_at=looked_at,
        )
        with self._store.writing() as tx:
            sending.require_new(tx)
            keep_documents(tx, sending.received, instance_id=None)
            tx.add_kept_message(kept)
            sending.request.remember_kept(tx, kept, now)
        return kept


@dataclass(frozen=True, slots=True)
class _Sending:
    """One call of `correlate`."""

    message: Message
    received: Received
    request: Request
    to_all: bool
    keep_unmatched: bool

    @property
    def letter(self) -> Letter:
        """What is handed over."""
        return Letter(
            MESSAGE,
            self.message.name,
            self.received,
            self.request.actor,
            business_key=self.message.business_key,
        )

    def require_new(self, tx: StoreTransaction) -> None:
        """Raise Conflict when the same request was done on another connection meanwhile."""
        if self.request.recall(tx) is not None:
            raise Conflict("the same request was done just now")


def _checked(message: Message) -> Message:
    """Whom it is for, known to be right. Raises InvalidInput at the right field."""
    name = message.name.strip()
    check_variables({"name": name, "businessKey": message.business_key})
    if not 1 <= len(name) <= MAX_NAME:
        raise InvalidInput(
            f"the name of a message has 1 to {MAX_NAME} characters, found {len(name)}",
            {"messageName": [f"expected 1 to {MAX_NAME} characters, found {len(name)}"]},
        )
    return Message(
        name,
        message.business_key,
        message.instance_id,
        check_variables(dict(message.correlation)),
        check_variables(dict(message.local_correlation)),
    )


def _likeness(message: Message) -> dict[str, Any]:
    """Whom it is for, as JSON."""
    return {
        "name": message.name,
        "businessKey": message.business_key,
        "instance": message.instance_id,
        "correlation": dict(message.correlation),
        "localCorrelation": dict(message.local_correlation),
    }


def _remembered(each: Correlated) -> dict[str, Any]:
    return {
        "instance": each.instance.instance_id,
        "activity": each.activity_id,
        "subscription": each.subscription_id,
        "variables": dict(each.variables),
        **standing(each.instance),
    }


def _recalled(tx: StoreTransaction, result: Mapping[str, Any]) -> Correlation:
    if "kept" in result:
        kept = as_it_was_kept(tx.kept_message(result["kept"]), result)
        return Correlation((), is_repeat=True, kept=kept)
    found = (
        Correlated(
            as_it_stood(tx.instance(each["instance"]), each),
            each["activity"],
            each["variables"],
            each["subscription"],
        )
        for each in result["correlated"]
    )
    return Correlation(tuple(found), is_repeat=True)


def _require_reader(actor: Actor) -> None:
    require_role(
        actor,
        "see what waits for messages",
        Role.WORKER,
        Role.ADMIN,
        Role.ANALYST,
        Role.AUDITOR,
    )
