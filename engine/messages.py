"""Messages and signals from outside: finds who waits for them, and lets it go on.

A message is for exactly one: an activity that waits, else a start event of a latest version. Who
it is decides one look at the database; that it still waits is made sure under the instance's lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.bpmn.elements import FlowNode
from engine.definitions import Definitions
from engine.errors import Conflict, InvalidInput, MessageMismatch
from engine.history import Input
from engine.json_values import check_variables
from engine.model import (
    Actor,
    EventKind,
    EventSubscription,
    Json,
    ProcessDefinition,
    ProcessInstance,
    Role,
    Variables,
)
from engine.permissions import require_role
from engine.queries import EventSubscriptionQuery, Page
from engine.repeats import Request, fingerprint
from engine.sources import Clock, Ids
from engine.starting import Beginning, begin
from engine.steps import Outcome, Steps
from engine.store import Store, StoreTransaction

MAX_NAME = 255
#: How often a message looks for another addressee because the one it found went on meanwhile.
_MOST_LOOKS = 3
_FIRST_PAGE = Page()
MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Message:
    """A message on its way, and whom it is for.

    correlation: process variables that the waiting instance must have with these values;
    local_correlation: the same of variables that stay in a loop or sub-process.
    """

    name: str
    business_key: str | None = None
    instance_id: str | None = None
    correlation: Variables = field(default_factory=dict)
    local_correlation: Variables = field(default_factory=dict)
    variables: Variables = field(default_factory=dict)

    @property
    def likeness(self) -> dict[str, Json]:
        """All of it as JSON: what makes two messages the same."""
        return {
            "name": self.name,
            "businessKey": self.business_key,
            "instance": self.instance_id,
            "correlation": dict(self.correlation),
            "localCorrelation": dict(self.local_correlation),
            "variables": dict(self.variables),
        }


@dataclass(frozen=True, slots=True)
class Correlated:
    """Who got a message. `subscription` None: it started the instance."""

    instance: ProcessInstance
    activity_id: str
    variables: Variables
    subscription_id: str | None = None


@dataclass(frozen=True, slots=True)
class Correlation:
    """The answer of `correlate`. `is_repeat`: the same request was done before."""

    results: tuple[Correlated, ...]
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class _Start:
    definition: ProcessDefinition
    start_event: FlowNode


_Target = EventSubscription | _Start


class Messages:
    """What waits for messages and signals. Programs and admins send; auditors read."""

    def __init__(
        self, store: Store, definitions: Definitions, steps: Steps, clock: Clock, ids: Ids
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._steps = steps
        self._clock = clock
        self._ids = ids

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

    # -------------------------------------------------------------------- messages

    def correlate(
        self,
        message: Message,
        *,
        actor: Actor,
        to_all: bool = False,
        idempotency_key: str | None = None,
    ) -> Correlation:
        """Deliver a message to the one that waits for it, or start what it starts.

        to_all: to everything that matches, also if that is nothing. With an idempotency key the
        same request again gives the first one's answer. Raises Forbidden, InvalidInput, and
        MessageMismatch when nothing or several match.
        """
        require_role(actor, "send a message", Role.WORKER, Role.ADMIN)
        checked = checked_message(message)
        request = Request(actor, idempotency_key, fingerprint("message", checked.likeness, to_all))
        try:
            return self._correlate(checked, request, to_all=to_all)
        except Conflict:
            if idempotency_key is None:
                raise
            # The same key raced us on another connection, and won: now its answer is there.
            return self._correlate(checked, request, to_all=to_all)

    def _correlate(self, message: Message, request: Request, *, to_all: bool) -> Correlation:
        for _ in range(_MOST_LOOKS):
            with self._store.reading() as tx:
                done = request.recall(tx)
                if done is not None:
                    return Correlation(_recalled(tx, done.result), is_repeat=True)
                targets = self._targets(tx, message)
            if not to_all and len(targets) != 1:
                raise MessageMismatch(message.name, len(targets))
            found = self._deliver(message, targets, request)
            if found or to_all:
                return Correlation(found)
        raise MessageMismatch(message.name, 0)

    def _deliver(
        self, message: Message, targets: Sequence[_Target], request: Request
    ) -> tuple[Correlated, ...]:
        """To each target that still waits, in one transaction."""
        with self._store.writing() as tx:
            if request.recall(tx) is not None:
                raise Conflict("the same request was done just now")
            delivered = [self._hand_over(tx, message, each, request.actor) for each in targets]
            found = tuple(correlated for _, correlated in filter(None, delivered))
            first = next(filter(None, delivered), None)
            if first is not None:
                result = {"correlated": [_remembered(each) for each in found]}
                request.remember(tx, first[0], self._clock.now(), result)
        return found

    # --------------------------------------------------------------------- targets

    def _targets(self, tx: StoreTransaction, message: Message) -> list[_Target]:
        """Who waits; if nobody does and no instance is named, the start events of that name."""
        query = EventSubscriptionQuery(
            kind=MESSAGE,
            name=message.name,
            instance_id=message.instance_id,
            business_key=message.business_key,
        )
        waiting = [each for each in tx.subscriptions(query) if self._matches(tx, each, message)]
        if waiting or message.instance_id is not None:
            return [*waiting]
        return [_Start(*found) for found in self._definitions.started_by(tx, MESSAGE, message.name)]

    def _matches(self, tx: StoreTransaction, each: EventSubscription, message: Message) -> bool:
        if not (message.correlation or message.local_correlation):
            return True
        run = self._steps.look(tx, tx.stored_instance(each.instance_id))
        return _holds(run.variables, message.correlation) and _holds(
            run.local_variables(each.activity_instance_id), message.local_correlation
        )

    def _hand_over(
        self, tx: StoreTransaction, message: Message, target: _Target, actor: Actor
    ) -> tuple[Outcome, Correlated] | None:
        """The target goes on; None when it waits no more."""
        if isinstance(target, _Start):
            outcome = self._start(tx, message, target, actor)
            return outcome, Correlated(
                outcome.instance, target.start_event.id, outcome.variables, None
            )
        stored = tx.stored_instance(target.instance_id, for_step=True)
        query = EventSubscriptionQuery(
            instance_id=target.instance_id, subscription_id=target.subscription_id
        )
        if not tx.count_subscriptions(query):
            return None
        given = Input(
            EventKind.MESSAGE_RECEIVED,
            actor,
            {
                "name": target.name,
                "subscription": target.subscription_id,
                "variables": message.variables,
            },
            activity_id=target.activity_id,
            activity_instance_id=target.activity_instance_id,
        )
        outcome = self._steps.take(
            tx,
            stored,
            given,
            lambda run: run.receive(target.subscription_id, message.variables),
            now=self._clock.now(),
        )
        return outcome, Correlated(
            outcome.instance, target.activity_id, outcome.variables, target.subscription_id
        )

    def _start(
        self, tx: StoreTransaction, message: Message, target: _Start, actor: Actor
    ) -> Outcome:
        return begin(
            tx,
            self._steps,
            target.definition,
            Beginning(
                actor=actor,
                start_event=target.start_event,
                variables=message.variables,
                business_key=message.business_key,
                told={"message": message.name},
            ),
            instance_id=self._ids.new_id(),
            now=self._clock.now(),
        )


def checked_message(message: Message) -> Message:
    """The message with values that the engine can keep. Raises InvalidInput at the right field."""
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
        check_variables(message.correlation),
        check_variables(message.local_correlation),
        check_variables(message.variables),
    )


def _holds(variables: Mapping[str, Json], wanted: Variables) -> bool:
    """Whether every wanted variable is there with that very value; 1 and true are not the same."""
    return all(
        name in variables
        and isinstance(variables[name], bool) == isinstance(value, bool)
        and variables[name] == value
        for name, value in wanted.items()
    )


def _remembered(each: Correlated) -> dict[str, Any]:
    return {
        "instance": each.instance.instance_id,
        "activity": each.activity_id,
        "subscription": each.subscription_id,
        "variables": dict(each.variables),
    }


def _recalled(tx: StoreTransaction, result: Mapping[str, Any]) -> tuple[Correlated, ...]:
    return tuple(
        Correlated(
            tx.instance(each["instance"]),
            each["activity"],
            each["variables"],
            each["subscription"],
        )
        for each in result["correlated"]
    )


def _require_reader(actor: Actor) -> None:
    require_role(
        actor,
        "see what waits for messages",
        Role.WORKER,
        Role.ADMIN,
        Role.ANALYST,
        Role.AUDITOR,
    )
