"""The versions that an instance has run in, read from its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.bpmn.elements import ProcessModel
from engine.definitions import Definitions
from engine.model import EventKind, HistoryEvent, ProcessInstance
from engine.spiff.machine import Machine
from engine.store import StoreTransaction


@dataclass(frozen=True, slots=True)
class Lineage:
    """The machine of the version in which an instance started; definition id -> those after it."""

    first_id: str
    first: Machine
    later: dict[str, Machine]

    def machine(self, definition_id: str) -> Machine:
        """That of one of these versions. Raises KeyError."""
        return self.first if definition_id == self.first_id else self.later[definition_id]

    @property
    def models(self) -> dict[str, ProcessModel]:
        """What the diagrams of all versions say."""
        return {**self.later_models, self.first_id: self.first.model}

    @property
    def later_models(self) -> dict[str, ProcessModel]:
        """What the diagrams of the later versions say."""
        return {definition_id: machine.model for definition_id, machine in self.later.items()}


def lineage_of(
    tx: StoreTransaction,
    definitions: Definitions,
    instance: ProcessInstance,
    events: Sequence[HistoryEvent],
) -> Lineage:
    """The lineage that the events tell of. Raises NotFound for a version that is not kept."""
    first_id = begun_in(events) or instance.definition_id
    targets = [_text(event, "to") for event in events if event.kind is EventKind.INSTANCE_MIGRATED]
    later = {target: definitions.machine(tx, target) for target in targets}
    return Lineage(first_id, definitions.machine(tx, first_id), later)


def begun_in(events: Sequence[HistoryEvent]) -> str | None:
    """The definition that the instance started in, by its first event."""
    return _text(events[0], "definition") or None if events else None


def ended_up_in(events: Sequence[HistoryEvent]) -> str | None:
    """The definition that the instance is in after these events."""
    moves = [event for event in events if event.kind is EventKind.INSTANCE_MIGRATED]
    return _text(moves[-1], "to") if moves else begun_in(events)


def _text(event: HistoryEvent, key: str) -> str:
    return str(event.payload.get(key) or "")
