"""The room that gives event logs: asks for the right, says which instances, writes them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from engine.access_log import AccessLog
from engine.bpmn.elements import ProcessModel
from engine.bpmn.personal_terms import personal_fields
from engine.calendars import Calendars
from engine.definitions import Definitions
from engine.errors import InvalidInput, NotFound
from engine.event_logs.entries import LeftOut, Trace
from engine.event_logs.ocel import write_ocel
from engine.event_logs.reading import Reader
from engine.event_logs.selections import LogFormat, Selection, WantedLog
from engine.event_logs.tables import write_csv
from engine.event_logs.telling import TOLD, name_of
from engine.event_logs.values import told_forms
from engine.event_logs.versions import Versions, office_of
from engine.event_logs.xes import write_xes
from engine.model import AccountEventKind, Actor, FormField, Json, ProcessDefinition, Role
from engine.permissions import require_role
from engine.queries import DefinitionQuery, InstanceQuery, Page, SortOrder
from engine.sources import Clock
from engine.store import Store, StoreTransaction

#: Moments are kept in whole milliseconds.
_TICK = timedelta(milliseconds=1)
_OLDEST_FIRST = Page(sorting=(("key", SortOrder.ASC), ("version", SortOrder.ASC)))
_WRITERS: Mapping[LogFormat, Callable[[Selection, Iterable[Trace | LeftOut]], Iterator[bytes]]] = {
    LogFormat.XES: write_xes,
    LogFormat.OCEL: write_ocel,
    LogFormat.CSV: write_csv,
}
#: RFC 1952: a gzip header around what zlib makes.
_GZIP = 31

OnProgress = Callable[[int, int], None]
#: The id of an instance, and why it cannot be told.
OnLeftOut = Callable[[str, str], None]


class EventLogs:
    """Event logs, for auditors and admins. Each is told in the log of accounts."""

    def __init__(
        self,
        store: Store,
        definitions: Definitions,
        calendars: Calendars,
        access: AccessLog,
        *,
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        """zone: of offices whose SOP names none."""
        self._store = store
        self._definitions = definitions
        self._calendars = calendars
        self._access = access
        self._clock = clock
        self._zone = zone

    def export(
        self,
        wanted: WantedLog,
        form: LogFormat,
        *,
        actor: Actor,
        is_packed: bool = False,
        on_progress: OnProgress = lambda _done, _all: None,
        on_left_out: OnLeftOut = lambda _instance, _why: None,
    ) -> Iterator[bytes]:
        """The log in parts, as they are asked for; everything is judged before the first.

        Instances that still run are in it, as far as they had come. Nothing is held open between
        two parts. is_packed: as gzip. on_progress: how many instances of how many are told.
        on_left_out: told of each instance that is damaged: the log says no more of it than that. A
        damaged diagram is raised: it says what is personal. Raises Forbidden, NotFound,
        InvalidInput, DamagedRow; later StorageError.
        """
        require_role(actor, "export event logs", Role.AUDITOR, Role.ADMIN)
        selection = self._selected(wanted)
        self._access.note(actor, AccountEventKind.HISTORY_EXPORTED, log=str(form), **_told(wanted))
        parts = _WRITERS[form](selection, self._traces(selection, on_progress, on_left_out))
        return _packed(parts) if is_packed else parts

    # ------------------------------------------------------------------- selecting

    def _selected(self, wanted: WantedLog) -> Selection:
        now = self._clock.now()
        after, before = wanted.started_after, wanted.started_before
        if after and before and before <= after:
            raise InvalidInput(
                f"the period ends at {before}, before it begins at {after}",
                {"startedBefore": ["expected a moment after startedAfter"]},
            )
        with self._store.reading() as tx:
            versions = self._versions(tx, wanted)
            models = [self._definitions.machine(tx, each.definition_id).model for each in versions]
            query = InstanceQuery(
                definition_keys_in=tuple({each.key for each in versions}),
                started_after=after,
                # What begins later is not waited for.
                started_before=min(before, now + _TICK) if before else now + _TICK,
            )
            count = tx.count_instances(query)
        fields, activities = _learnt(models)
        return Selection(
            wanted=wanted,
            query=query,
            title=wanted.definition_key or wanted.office or "Alur",
            read_at=now.astimezone(self._zone),
            fields=fields,
            activities=activities,
            instances=count,
        )

    def _versions(self, tx: StoreTransaction, wanted: WantedLog) -> list[ProcessDefinition]:
        """All versions of the SOPs that are asked for, the newest of each last."""
        found = tx.definitions(DefinitionQuery(key=wanted.definition_key), _OLDEST_FIRST)
        if wanted.definition_key is not None and not found:
            raise NotFound("process definition", wanted.definition_key)
        if wanted.office is None:
            return found
        office = " ".join(wanted.office.split())
        latest = {each.key: each for each in found}
        of_office = {
            key
            for key, each in latest.items()
            if office_of(self._definitions.machine(tx, each.definition_id).model) == office
        }
        if not of_office:
            raise NotFound("SOP of the office", wanted.office)
        return [each for each in found if each.key in of_office]

    # --------------------------------------------------------------------- reading

    def _traces(
        self, selection: Selection, on_progress: OnProgress, on_left_out: OnLeftOut
    ) -> Iterator[Trace | LeftOut]:
        versions = Versions(
            self._store,
            self._definitions,
            self._calendars,
            zone=self._zone,
            told=selection.fields,
        )
        found = Reader(self._store, versions).traces(selection.query)
        for done, trace in enumerate(found, start=1):
            if isinstance(trace, LeftOut):
                on_left_out(trace.name, trace.reason)
                yield trace
            elif selection.wanted.passages_only:
                yield replace(trace, entries=(each for each in trace.entries if each.is_passage))
            else:
                yield trace
            on_progress(done, max(done, selection.instances))


def _told(wanted: WantedLog) -> dict[str, Json]:
    """What the log of accounts says of what was asked for."""
    after, before = wanted.started_after, wanted.started_before
    asked = {
        "definition": wanted.definition_key,
        "office": wanted.office,
        "startedAfter": after and after.isoformat(timespec="milliseconds"),
        "startedBefore": before and before.isoformat(timespec="milliseconds"),
    }
    return {name: value for name, value in asked.items() if value is not None}


def _learnt(
    models: Sequence[ProcessModel],
) -> tuple[dict[str, FormField], dict[str, tuple[str, ...]]]:
    """The form fields that a log may tell of, and the fields of each activity, by its name.

    What one version calls personal is not told of any other: it was so before it was said.
    """
    personal = {name for model in models for name in personal_fields(model)}
    fields: dict[str, FormField] = {}
    activities: dict[str, dict[str, None]] = {}
    for model in models:
        forms = told_forms(model)
        for node in model.nodes.values():
            if node.type in TOLD:
                told = [each for each in forms.get(node.id, ()) if each.id not in personal]
                fields |= {each.id: each for each in told}
                known = activities.setdefault(name_of(node), {})
                known |= dict.fromkeys(each.id for each in told)
    return fields, {name: tuple(known) for name, known in activities.items()}


def _packed(parts: Iterable[bytes]) -> Iterator[bytes]:
    packing = zlib.compressobj(wbits=_GZIP)
    for part in parts:
        if packed := packing.compress(part):
            yield packed
    yield packing.flush()
