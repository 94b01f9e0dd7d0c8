"""Whom a message is for, and handing it over; within the transaction of the caller.

A message is for an activity that waits, else for a start event of a latest version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.bpmn.elements import FlowNode
from engine.definitions import Definitions
from engine.document_intake import Received, keep_documents
from engine.history import Input
from engine.model import (
    Actor,
    EventKind,
    EventSubscription,
    Json,
    ProcessDefinition,
    ProcessInstance,
    Variables,
)
from engine.queries import EventSubscriptionQuery
from engine.sources import Clock, Ids
from engine.starting import Beginning, begin
from engine.steps import Outcome, Steps
from engine.store import StoreTransaction

MESSAGE, SIGNAL = "message", "signal"
_RECEIVED = {MESSAGE: EventKind.MESSAGE_RECEIVED, SIGNAL: EventKind.SIGNAL_RECEIVED}


@dataclass(frozen=True, slots=True)
class Message:
    """A message on its way, and whom it is for.

    correlation: process variables that the waiting instance must have with these values;
    local_correlation: the same of variables that stay in a loop or sub-process. variables: JSON,
    an Upload for a file, a list of them for several.
    """

    name: str
    business_key: str | None = None
    instance_id: str | None = None
    correlation: Variables = field(default_factory=dict)
    local_correlation: Variables = field(default_factory=dict)
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Letter:
    """What was sent, as it is handed over. told: what history says of it beside its variables."""

    kind: str
    name: str
    received: Received
    #: None: the engine itself, for a signal that an instance threw.
    actor: Actor | None
    business_key: str | None = None
    told: Mapping[str, Json] = field(default_factory=dict)
    #: Whose instance it is when nobody acted.
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class StartTarget:
    """A start event that a message or signal triggers."""

    definition: ProcessDefinition
    start_event: FlowNode


Target = EventSubscription | StartTarget


@dataclass(frozen=True, slots=True)
class Correlated:
    """Who got a message. `subscription_id` None: it started the instance."""

    instance: ProcessInstance
    activity_id: str
    variables: Variables
    subscription_id: str | None = None


class Post:
    """Finds who waits, and hands over."""

    def __init__(self, definitions: Definitions, steps: Steps, clock: Clock, ids: Ids) -> None:
        self._definitions = definitions
        self._steps = steps
        self._clock = clock
        self._ids = ids

    def targets(self, tx: StoreTransaction, message: Message) -> list[Target]:
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
        return [*self.starts(tx, MESSAGE, message.name)]

    def starts(self, tx: StoreTransaction, kind: str, name: str) -> list[StartTarget]:
        """The start events of latest versions that it triggers."""
        return [StartTarget(*found) for found in self._definitions.started_by(tx, kind, name)]

    def _matches(self, tx: StoreTransaction, each: EventSubscription, message: Message) -> bool:
        if not (message.correlation or message.local_correlation):
            return True
        run = self._steps.look(tx, tx.stored_instance(each.instance_id))
        return _holds(run.variables, message.correlation) and _holds(
            run.local_variables(each.activity_instance_id), message.local_correlation
        )

    def hand_over(
        self, tx: StoreTransaction, letter: Letter, target: Target
    ) -> tuple[Outcome, Correlated] | None:
        """The target goes on; None when it waits no more.

        Raises InvalidInput when what it brings does not fit.
        """
        if isinstance(target, StartTarget):
            outcome, activity_id, waited = self._start(tx, letter, target), target.start_event, None
            return outcome, _correlated(outcome, activity_id.id, waited)
        stored = tx.stored_instance(target.instance_id, for_step=True)
        still = EventSubscriptionQuery(
            instance_id=target.instance_id, subscription_id=target.subscription_id
        )
        if not tx.count_subscriptions(still):
            return None
        keep_documents(tx, letter.received, instance_id=target.instance_id)
        outcome = self._steps.take(tx, stored, _input(letter, target), now=self._clock.now())
        return outcome, _correlated(outcome, target.activity_id, target.subscription_id)

    def _start(self, tx: StoreTransaction, letter: Letter, target: StartTarget) -> Outcome:
        keep_documents(tx, letter.received, instance_id=None)
        told = {letter.kind: letter.name, **letter.told, **letter.received.payload}
        return begin(
            tx,
            self._steps,
            target.definition,
            Beginning(
                actor=letter.actor,
                start_event=target.start_event,
                variables=letter.received.variables,
                business_key=letter.business_key,
                told=told,
                on_behalf_of=letter.on_behalf_of,
            ),
            instance_id=self._ids.new_instance_id(),
            now=self._clock.now(),
        )


def _input(letter: Letter, target: EventSubscription) -> Input:
    return Input(
        _RECEIVED[letter.kind],
        letter.actor,
        {
            "name": target.name,
            "subscription": target.subscription_id,
            "variables": letter.received.variables,
            **letter.told,
            **letter.received.payload,
        },
        activity_id=target.activity_id,
        activity_instance_id=target.activity_instance_id,
    )


def _correlated(outcome: Outcome, activity_id: str, subscription_id: str | None) -> Correlated:
    return Correlated(outcome.instance, activity_id, outcome.variables, subscription_id)


def _holds(variables: Mapping[str, Json], wanted: Variables) -> bool:
    """Whether every wanted variable is there with that very value; 1 and true are not the same."""
    return all(
        name in variables
        and isinstance(variables[name], bool) == isinstance(value, bool)
        and variables[name] == value
        for name, value in wanted.items()
    )
