"""Reads instances and their history for event logs, a little at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from engine.errors import DamagedHistory, DamagedRow
from engine.event_logs.entries import Entry, LeftOut, Trace
from engine.event_logs.telling import Teller
from engine.event_logs.versions import Versions
from engine.history import follows, genesis
from engine.model import EventKind, HistoryEvent, ProcessInstance
from engine.queries import EventQuery, InstanceQuery, Page, SortOrder
from engine.store import Store

#: Read in one transaction.
_INSTANCES, _EVENTS = 200, 500
_OLDEST_FIRST = (("started_at", SortOrder.ASC),)
_MIGRATED = frozenset({EventKind.INSTANCE_MIGRATED})


class Reader:
    """Reads for one log. No transaction is open while a trace or an entry is used."""

    def __init__(self, store: Store, versions: Versions) -> None:
        self._store, self._versions = store, versions

    def traces(self, query: InstanceQuery) -> Iterator[Trace | LeftOut]:
        """The instances that match, the oldest first; last those of which not even that is known.

        One that is damaged is there as LeftOut.
        """
        page = Page(max_results=_INSTANCES, sorting=_OLDEST_FIRST)
        while True:
            with self._store.reading() as tx:
                batch = tx.instances(query, page)
                asked = EventQuery(
                    instance_ids=tuple(each.instance_id for each in batch), kinds=_MIGRATED
                )
                moved = {event.instance_id for event in tx.find_events(asked)}
            if not batch:
                break
            for instance in batch:
                yield self._trace_if_whole(instance, is_migrated=instance.instance_id in moved)
            # A page may be short: what cannot be read is left out of it.
            after = (batch[-1].started_at, batch[-1].instance_id)
            page = Page(max_results=_INSTANCES, sorting=_OLDEST_FIRST, after=after)
        with self._store.reading() as tx:
            undated = tx.undated_instances(query.definition_keys_in)
        for instance_id in undated:
            reason = (
                f"when instance {instance_id} began cannot be read, nor whether it belongs here"
            )
            yield LeftOut(instance_id, reason)
        for row in self._store.quarantine.left_out:
            if row.startswith("a row of process_instance "):
                yield LeftOut(row, "it cannot be read, nor whether the instance belongs here")

    def _trace_if_whole(self, instance: ProcessInstance, *, is_migrated: bool) -> Trace | LeftOut:
        try:
            trace = self._trace(instance, is_migrated=is_migrated)
            # What has begun to be written cannot be left out any more.
            return replace(trace, entries=iter(list(trace.entries)))
        except (DamagedRow, DamagedHistory) as error:
            return LeftOut(instance.instance_id, str(error))

    def _trace(self, instance: ProcessInstance, *, is_migrated: bool) -> Trace:
        version = self._versions(instance.definition_id)
        return Trace(
            instance=instance,
            definition=version.definition,
            office=version.office,
            zone=version.zone,
            digest=version.digest,
            is_migrated=is_migrated,
            entries=self._entries(instance),
        )

    def _entries(self, instance: ProcessInstance) -> Iterator[Entry]:
        chain, teller = _Chain(instance.instance_id), None
        for _, step in groupby(self._events(instance), key=lambda event: event.revision):
            events = list(step)
            if teller is None:
                begun_in = events[0].payload.get("definition") or instance.definition_id
                teller = Teller(begun_in, self._versions)
            yield from teller.hear(events, is_chained=chain.holds(events))

    def _events(self, instance: ProcessInstance) -> Iterator[HistoryEvent]:
        """Those that the instance had when it was read."""
        last = 0
        while last < instance.last_sequence:
            most = min(_EVENTS, instance.last_sequence - last)
            with self._store.reading() as tx:
                batch = tx.events(instance.instance_id, last, most)
            if not batch:
                return
            yield from batch
            last = batch[-1].sequence


class _Chain:
    """Follows the hash chain of one history."""

    def __init__(self, instance_id: str) -> None:
        self._last, self._hash = 0, genesis(instance_id)
        self._holds = True

    def holds(self, events: Iterable[HistoryEvent]) -> bool:
        """Whether it holds up to the end of these, which come next."""
        for event in events:
            if self._holds:
                self._holds = follows(event, self._last, self._hash)
            self._last, self._hash = event.sequence, event.hash
        return self._holds
