"""What an event log knows of each version of an SOP, read once."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from engine.bpmn.elements import ProcessModel
from engine.bpmn.returns import ReturnFinder
from engine.bpmn.sop_terms import ZONE
from engine.calendars import Calendars
from engine.definitions import Definitions
from engine.event_logs.values import told_forms
from engine.event_logs.visit_times import VisitTimes
from engine.model import FormField, ProcessDefinition
from engine.store import Store
from engine.worktime import zone_of

_OFFICE = "sop:satuanKerja"


@dataclass(frozen=True, slots=True)
class Version:
    """One version. forms: by user task, the fields whose values are told."""

    definition: ProcessDefinition
    model: ProcessModel
    digest: str
    office: str
    zone: ZoneInfo
    returns: ReturnFinder
    forms: Mapping[str, Sequence[FormField]]
    times: VisitTimes


class Versions:
    """The versions that one log comes across."""

    def __init__(
        self,
        store: Store,
        definitions: Definitions,
        calendars: Calendars,
        *,
        zone: ZoneInfo,
        told: Container[str],
    ) -> None:
        """zone: of offices whose SOP names none. told: form fields whose values may leave."""
        self._store, self._definitions, self._calendars = store, definitions, calendars
        self._zone, self._told = zone, told
        self._known: dict[str, Version] = {}

    def __call__(self, definition_id: str) -> Version:
        """The version of that definition. Raises NotFound."""
        if definition_id not in self._known:
            self._known[definition_id] = self._read(definition_id)
        return self._known[definition_id]

    def _read(self, definition_id: str) -> Version:
        with self._store.reading() as tx:
            definition = tx.definition(definition_id)
            machine = self._definitions.machine(tx, definition_id)
        model = machine.model
        zone = model.properties.get(ZONE, "").strip()
        return Version(
            definition=definition,
            model=model,
            digest=machine.digest,
            office=office_of(model),
            zone=zone_of(zone) if zone else self._zone,
            returns=ReturnFinder(model),
            forms={
                node: [each for each in form if each.id in self._told]
                for node, form in told_forms(model).items()
            },
            times=VisitTimes(self._store, self._calendars, model),
        )


def office_of(model: ProcessModel) -> str:
    """The office that the SOP names, in one line."""
    return " ".join(model.properties.get(_OFFICE, "").split())
