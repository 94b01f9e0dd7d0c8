"""Signals: thrown by instances or from outside, and brought to each receiver in its own step."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from engine.broadcasts import SIGNAL, receivers
from engine.correlation import Letter, Post, StartTarget, Target
from engine.definitions import Definitions
from engine.document_intake import Received, adopted
from engine.errors import Conflict, EngineError, InvalidInput, traced
from engine.json_values import check_variables
from engine.model import Actor, Document, Role, SignalDelivery, Variables, document_of
from engine.permissions import require_role
from engine.queries import EventSubscriptionQuery
from engine.repeats import Request
from engine.sources import Clock, Ids
from engine.store import Store, StoreTransaction

MAX_NAME = 255

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Thrown:
    """The answer of `send`: for how many it is. `is_repeat`: the same request was done before."""

    receivers: int
    is_repeat: bool = False


class Signals:
    """Signals on their way. Programs and admins send."""

    def __init__(
        self, store: Store, definitions: Definitions, post: Post, clock: Clock, ids: Ids
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._post = post
        self._clock = clock
        self._ids = ids

    def send(
        self,
        name: str,
        variables: Variables,
        *,
        actor: Actor,
        instance_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Thrown:
        """Throw a signal from outside.

        instance_id: only to what waits there. Who gets it is settled at once; what cannot be moved
        now hears of it through the worker. With an idempotency key the same request again reaches
        nobody else. Raises Forbidden, InvalidInput, IdempotencyKeyReused.
        """
        require_role(actor, "send a signal", Role.WORKER, Role.ADMIN)
        thrown = SignalDelivery(
            delivery_id=self._ids.new_id(),
            name=_checked_name(name),
            thrown_at=self._clock.now(),
            on_behalf_of=actor.account,
            variables=check_variables(dict(variables)),
            sent_by=actor.account,
            capacity=actor.capacity,
        )
        likeness = ("signal", thrown.name, thrown.variables, instance_id)
        request = Request(actor, idempotency_key, likeness)
        answer, found = request.despite_race(lambda: self._throw(thrown, request, instance_id))
        for each in found:
            self._try(each.delivery_id)
        return answer

    def _throw(
        self, thrown: SignalDelivery, request: Request, instance_id: str | None
    ) -> tuple[Thrown, Sequence[SignalDelivery]]:
        """The answer, and what is to arrive: for each receiver one, none of a repeated request."""
        with self._store.writing() as tx:
            done = request.recall(tx)
            if done is not None:
                return Thrown(done.result["receivers"], is_repeat=True), ()
            found = receivers(tx, self._definitions, thrown, instance_id=instance_id)
            if instance_id is not None and not found:
                raise InvalidInput(
                    f"instance {instance_id} does not wait for signal {thrown.name!r}",
                    {"executionId": [f"it does not wait for signal {thrown.name!r}"]},
                )
            tx.add_signal_deliveries(found)
            result = {"receivers": len(found)}
            request.remember_beside(tx, thrown.delivery_id, result, now=thrown.thrown_at)
        return Thrown(len(found)), found

    def pending(self, limit: int) -> list[str]:
        """Ids of what did not arrive yet, the oldest first."""
        with self._store.reading() as tx:
            return tx.signal_deliveries(limit)

    def deliver(self, delivery_id: str) -> bool:
        """Let a signal arrive; False when it has, or when nothing waits for it any more."""
        with self._store.writing() as tx:
            delivery = tx.take_signal_delivery(delivery_id)
            if delivery is None:
                return False
            target = self._target(tx, delivery)
            if target is None:
                return False
            return self._post.hand_over(tx, _letter(tx, delivery), target) is not None

    def _try(self, delivery_id: str) -> None:
        try:
            self.deliver(delivery_id)
        except Conflict:
            _log.info("signal %s arrives later: its receiver was moved just now", delivery_id)
        except EngineError as error:
            told = (delivery_id, error)
            _log.error("signal %s did not arrive yet: %s", *told, exc_info=traced(error))

    def _target(self, tx: StoreTransaction, delivery: SignalDelivery) -> Target | None:
        """Who gets it; None when it waits no more."""
        if delivery.definition_id is not None:
            definition = tx.definition(delivery.definition_id)
            machine = self._definitions.machine(tx, delivery.definition_id)
            return StartTarget(definition, machine.model.start_event(delivery.start_event))
        query = EventSubscriptionQuery(
            instance_id=delivery.instance_id, subscription_id=delivery.subscription_id
        )
        return next(iter(tx.subscriptions(query)), None)


def _checked_name(name: str) -> str:
    stripped = name.strip()
    check_variables({"name": stripped})
    if not 1 <= len(stripped) <= MAX_NAME:
        reason = f"expected 1 to {MAX_NAME} characters, found {len(stripped)}"
        raise InvalidInput(f"the name of a signal: {reason}", {"name": [reason]})
    return stripped


def _letter(tx: StoreTransaction, delivery: SignalDelivery) -> Letter:
    """What is handed over, with the documents of the instance that threw it."""
    variables = dict(delivery.variables)
    documents: tuple[Document, ...] = ()
    if delivery.thrown_by is not None:
        brought = adopted(tx, variables, giver=delivery.thrown_by, taker=delivery.instance_id).get(
            "documents", []
        )
        documents = tuple(found for each in brought if (found := document_of(each)))
    actor = None
    if delivery.sent_by is not None:
        actor = Actor(delivery.sent_by, capacity=delivery.capacity or "")
    return Letter(
        SIGNAL,
        delivery.name,
        Received(variables, documents, {}, variables),
        actor,
        told={"thrownBy": delivery.thrown_by} if delivery.thrown_by else {},
        on_behalf_of=delivery.on_behalf_of,
    )
