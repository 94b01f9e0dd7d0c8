"""Begins an instance at a start event of its process, in the transaction of the caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.bpmn.elements import FlowNode
from engine.history import Input
from engine.model import Actor, EventKind, Json, ProcessDefinition, Variables
from engine.steps import Birth, Outcome, Steps
from engine.store import StoreTransaction


@dataclass(frozen=True, slots=True)
class Beginning:
    """Who begins an instance, where and with what.

    variables: not judged yet by the form of the start event. told: what history says beside them
    of how it came about.
    """

    #: None: the engine itself.
    actor: Actor | None
    start_event: FlowNode
    variables: Variables
    business_key: str | None = None
    told: Mapping[str, Json] = field(default_factory=dict)
    #: Whose instance it is when nobody acted.
    on_behalf_of: str = ""

    @property
    def started_by(self) -> str:
        """The account whose instance it is."""
        return self.actor.account if self.actor else self.on_behalf_of


def begin(
    tx: StoreTransaction,
    steps: Steps,
    definition: ProcessDefinition,
    beginning: Beginning,
    *,
    instance_id: str,
    now: datetime,
) -> Outcome:
    """Take the first step. Raises InvalidForm when the start event's form refuses the variables."""
    actor, start_event = beginning.actor, beginning.start_event
    values = steps.sealing.checked(
        tx, start_event.form, beginning.variables, giver=beginning.told.get("thrownBy")
    )
    if start_event.initiator:
        values[start_event.initiator] = beginning.started_by
    payload = {
        "definition": definition.definition_id,
        "digest": definition.digest,
        "businessKey": beginning.business_key,
        "startEvent": start_event.id,
        "variables": values,
        **beginning.told,
    }
    return steps.begin(
        tx,
        definition,
        Input(EventKind.INSTANCE_STARTED, actor, payload),
        birth=Birth(
            instance_id=instance_id,
            at=now,
            started_by=beginning.started_by,
            business_key=beginning.business_key,
        ),
    )
