"""Reading history: events, visits, frames; and verifying that it is true."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar
from zoneinfo import ZoneInfo

from engine import same_person
from engine.access_log import AccessLog
from engine.chain_proof import head_faults, readable
from engine.deadlines import Deadlines
from engine.definitions import Definitions
from engine.document_proof import document_faults
from engine.endorsements import endorsement_faults
from engine.errors import (
    OTHER_TYPES,
    PASSING_TROUBLE,
    DamagedRow,
    EngineError,
    NotFound,
    StorageAway,
    StorageBusy,
    StorageDamaged,
    StorageError,
    is_its_own,
)
from engine.escalation_proof import EscalationProof
from engine.history import chain_faults
from engine.led_to import LedTo
from engine.lineage import lineage_of
from engine.measure_proof import MeasureProof
from engine.model import (
    AccountEventKind,
    ActivityInstance,
    Actor,
    Fault,
    HistoryEvent,
    KeptBeside,
    Listed,
    ProcessInstance,
    Role,
    Told,
    Verification,
    in_parts,
)
from engine.permissions import lanes_seen_by, require_instance_visible, require_role
from engine.personal_proof import gone_faults
from engine.playback.frames import Frame, frames_of
from engine.queries import (
    ActivityQuery,
    EventQuery,
    InstanceQuery,
    Page,
)
from engine.replay import Replayed, replay
from engine.sealing import Sealing
from engine.state_proof import miscopied_faults, state_faults
from engine.store import NAMELESS, Store, StoreTransaction

_FIRST_PAGE = Page()
#: Instances verified per transaction when all of them are.
_BATCH = 200


_Query = TypeVar("_Query", EventQuery, ActivityQuery)


class History:
    """What happened, for everybody who may see it; auditors see all of it."""

    def __init__(
        self,
        store: Store,
        definitions: Definitions,
        access: AccessLog,
        *,
        deadlines: Deadlines,
        escalations: EscalationProof,
        sealing: Sealing,
        measures: MeasureProof,
        zone: ZoneInfo,
    ) -> None:
        self._measures = measures
        self._store = store
        self._zone = zone
        self._sealing = sealing
        self._access = access
        self._deadlines = deadlines
        self._escalations = escalations
        self._definitions = definitions

    # --------------------------------------------------------------------- reading

    def events(self, instance_id: str, *, actor: Actor) -> list[HistoryEvent]:
        """Every event of one instance in order, opened to be read. Raises NotFound, Forbidden."""
        self._access.note(actor, AccountEventKind.HISTORY_READ, instance=instance_id)
        with self._store.reading() as tx:
            self._visible_instance(tx, instance_id, actor)
            return self._sealing.opened_events(tx, tx.events(instance_id))

    def find_events(
        self, query: EventQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[HistoryEvent]:
        """Events across instances that match and that the actor may see."""
        self._access.note(actor, AccountEventKind.HISTORY_READ, instance=query.instance_id)
        with self._store.reading() as tx:
            return self._sealing.opened_events(tx, tx.find_events(_seen_by(actor, query), page))

    def count_events(self, query: EventQuery, *, actor: Actor, at_most: int | None = None) -> int:
        """How many events match that the actor may see; of more than `at_most` only that."""
        with self._store.reading() as tx:
            return tx.count_events(_seen_by(actor, query), at_most=at_most)

    def activities(
        self, query: ActivityQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[ActivityInstance]:
        """Visits of BPMN elements that match and that the actor may see."""
        self._access.note(actor, AccountEventKind.HISTORY_READ, instance=None)
        with self._store.reading() as tx:
            return tx.activities(_seen_by(actor, query), page)

    def count_activities(self, query: ActivityQuery, *, actor: Actor) -> int:
        """How many visits match that the actor may see."""
        with self._store.reading() as tx:
            return tx.count_activities(_seen_by(actor, query))

    def frames(self, instance_id: str, *, actor: Actor) -> list[Frame]:
        """The instance step by step, from its first input to its last."""
        return list(frames_of(self.events(instance_id, actor=actor)))

    def told(self, instance_id: str, *, actor: Actor) -> tuple[list[Frame], tuple[Fault, ...]]:
        """The instance step by step, and every place where its chain does not hold.

        The chain alone, which is a few microseconds an event; `verify` finds more. Raises NotFound,
        Forbidden.
        """
        self._access.note(actor, AccountEventKind.HISTORY_READ, instance=instance_id)
        with self._store.reading() as tx:
            instance = self._visible_instance(tx, instance_id, actor)
            events = list(tx.events(instance_id))
            opened = self._sealing.opened_events(tx, events)
        # Their hashes are of the events as they are kept: sealed.
        faults = chain_faults(instance_id, events) + head_faults(instance, events)
        return list(frames_of(opened)), tuple(faults)

    # ------------------------------------------------------------------- verifying

    def verify(self, instance_id: str, *, actor: Actor) -> Verification:
        """Check one instance: its chain, documents, re-execution, and the state kept beside them.

        Whoever may see the instance may verify it. Raises NotFound, Forbidden.
        """
        with self._store.reading() as tx:
            try:
                self._visible_instance(tx, instance_id, actor)
            except (DamagedRow, NotFound) as error:
                if not is_its_own(error, instance_id):
                    raise
                # Whose it is cannot be read either.
                require_role(actor, "verify what is damaged", Role.AUDITOR, Role.ADMIN)
            return self._verify(tx, instance_id)

    def verify_all(
        self,
        *,
        actor: Actor,
        on_progress: Callable[[int, int], None] = lambda _done, _all: None,
        is_awaited: Callable[[StorageError], bool] = lambda _error: False,
    ) -> Iterator[Verification]:
        """Check every instance, the oldest first. Auditors and admins only.

        is_awaited: asked when the database is away or held, whether to go on where it was; when
        not, that is raised.
        """
        require_role(actor, "verify everything", Role.AUDITOR, Role.ADMIN)
        done, last, total = 0, None, None
        while True:
            try:
                if total is None:
                    with self._store.reading() as tx:
                        total = tx.count_instances(InstanceQuery())
                results, behind = self.verify_behind(last, _BATCH, actor=actor)
                lost = [] if behind else list(self.verify_lost(actor=actor))
            except (StorageAway, StorageBusy) as error:
                if not is_awaited(error):
                    raise
                continue
            if behind is None:
                yield from lost
                return
            done, last = done + len(results), behind
            on_progress(done, max(done, total))
            yield from results

    def verify_behind(
        self, last: Listed | None, most: int, *, actor: Actor
    ) -> tuple[list[Verification], Listed | None]:
        """Check the instances behind that one, the oldest first, and say which was the last.

        None behind it: nothing is left but what `verify_lost` says. Auditors and admins only.
        """
        require_role(actor, "verify everything", Role.AUDITOR, Role.ADMIN)
        with self._store.reading() as tx:
            batch = tx.instances_behind(last, most)
            digests: dict[str, str] = {}
            results = [
                result
                for together in in_parts(batch)
                for result in self._verify_together(tx, together, digests)
            ]
        return results, batch[-1] if batch else None

    def verify_lost(self, *, actor: Actor) -> Iterator[Verification]:
        """Histories without the row of an instance, and rows that name none."""
        require_role(actor, "verify everything", Role.AUDITOR, Role.ADMIN)
        try:
            with self._store.reading() as tx:
                orphans = tx.histories_without_instance()
        except StorageDamaged as error:
            yield _unsound("-", None, str(error))
            orphans = []
        for each in orphans:
            yield _unsound(each, 1, "there is a history, but no row of its instance")
        for row in self._store.quarantine.rows:
            if row.startswith(NAMELESS):
                yield _unsound("-", None, f"{row} cannot be read")

    def proved(
        self, instance_id: str, *, actor: Actor
    ) -> tuple[ProcessInstance, list[HistoryEvent], Verification]:
        """The instance, the events that are proved, and what was found: all of one moment.

        The events are those of the whole steps before the first fault of history; a fault of what
        is kept beside it takes none away. They are sealed, as they are hashed. Raises NotFound,
        Forbidden.
        """
        self._access.note(actor, AccountEventKind.HISTORY_READ, instance=instance_id)
        with self._store.reading() as tx:
            instance = self._visible_instance(tx, instance_id, actor)
            told, damages = readable(tx, instance_id)
            events = told.events
            kept = tx.kept_beside([instance_id])[instance_id]
            found = self._judged(tx, kept, told, damages)
            faults = [fault for fault in found.faults if fault.check != "state"]
            if faults:
                events = _before(events, faults)
                # What cannot be read, or was cut off, hides whether the step before it is whole.
                again = self._faults_again(tx, instance, events)
                events = _before(events, again, last=events[-1].sequence) if again else events
            return instance, events, found

    def _faults_again(
        self, tx: StoreTransaction, instance: ProcessInstance, events: list[HistoryEvent]
    ) -> list[Fault]:
        if not events:
            return []
        replayed = self._replayed(tx, instance, events, {})
        run_again = [replayed] if isinstance(replayed, Fault) else list(replayed.faults)
        return chain_faults(instance.instance_id, events) + run_again

    def _verify_together(
        self, tx: StoreTransaction, instance_ids: Sequence[str], digests: dict[str, str]
    ) -> Iterator[Verification]:
        try:
            kept, told = tx.kept_beside(instance_ids), tx.events_of(instance_ids)
        except PASSING_TROUBLE:
            raise
        except StorageError:
            # Which of them is damaged shows when each is read by itself.
            yield from (self._verify(tx, each) for each in instance_ids)
            return
        for each in instance_ids:
            if each not in kept:
                yield self._verify(tx, each)
                continue
            try:
                yield self._judged(tx, kept[each], told[each], (), digests)
            except (DamagedRow, StorageDamaged):
                yield self._verify(tx, each)

    def _verify(self, tx: StoreTransaction, instance_id: str) -> Verification:
        try:
            # Its own damage is told before that of what belongs to it.
            stored = tx.stored_instance(instance_id)
            told, damages = readable(tx, instance_id)
            if damages:
                return self._judged(tx, KeptBeside(stored), told, damages)
            return self._judged(tx, tx.kept_beside([instance_id])[instance_id], told, ())
        except (DamagedRow, NotFound, StorageDamaged) as error:
            return _unsound(instance_id, None, str(error))

    def _judged(
        self,
        tx: StoreTransaction,
        kept: KeptBeside,
        told: Told,
        damages: tuple[Fault, ...],
        digests: dict[str, str] | None = None,
    ) -> Verification:
        """digests: of the definitions that were read in this transaction already."""
        instance, events = kept.stored.instance, told.events
        if damages:
            return Verification(instance.instance_id, 0, 0, damages)
        faults = chain_faults(instance.instance_id, events)
        faults += head_faults(instance, events)
        faults += document_faults(tx, kept.documents, events)
        faults += self._deadlines.faults(tx, events)
        replayed = self._replayed(tx, instance, events, {} if digests is None else digests)
        if isinstance(replayed, Fault):
            faults.append(replayed)
            return Verification(instance.instance_id, len(events), 0, tuple(faults))
        lineage = lineage_of(tx, self._definitions, instance, events)
        model, later = lineage.first.model, lineage.later_models
        faults += endorsement_faults(model, events, later)
        faults += self._escalations.faults(tx, model, events, later)
        persons = same_person.followed(model, events, later)
        faults += persons.faults
        faults += [f for f in replayed.faults if not _told(f, faults)]
        if not faults and replayed.run is not None:
            led = LedTo.by(instance, replayed.run, events, lineage, persons.preceding)
            # What is kept beside history must be what history leads to.
            faults += miscopied_faults(instance.instance_id, told.miscopied)
            faults += self._state_faults(tx, kept, led)
            faults += gone_faults(tx, instance.instance_id, events)
        return Verification(instance.instance_id, len(events), replayed.inputs, tuple(faults))

    def _state_faults(self, tx: StoreTransaction, kept: KeptBeside, led: LedTo) -> list[Fault]:
        """Raises DamagedRow when something of another type stands where a text or number must."""
        try:
            return state_faults(tx, kept, led, self._measures, zone=self._zone)
        except OTHER_TYPES as error:
            raise DamagedRow(f"what is kept beside history cannot be compared: {error}") from error

    def _replayed(
        self,
        tx: StoreTransaction,
        instance: ProcessInstance,
        events: list[HistoryEvent],
        digests: dict[str, str],
    ) -> Replayed | Fault:
        try:
            lineage = lineage_of(tx, self._definitions, instance, events)
        except PASSING_TROUBLE:
            raise
        except EngineError as error:
            return Fault(
                instance.instance_id, 1, "replay", f"the diagram cannot be run again: {error}"
            )
        recorded = events[0].payload.get("digest") if events else None
        if lineage.first_id not in digests:
            digests[lineage.first_id] = tx.definition(lineage.first_id).digest
        if lineage.first.digest != recorded or digests[lineage.first_id] != recorded:
            return Fault(
                instance.instance_id,
                1,
                "replay",
                "the kept diagram is not the one that the instance was started with",
                expected=str(recorded),
                found=lineage.first.digest,
            )
        return replay(lineage.first, events, lineage.later)

    def _visible_instance(
        self, tx: StoreTransaction, instance_id: str, actor: Actor
    ) -> ProcessInstance:
        instance = tx.instance(instance_id)
        require_instance_visible(actor, instance, tx.definition(instance.definition_id))
        return instance


def _unsound(instance_id: str, sequence: int | None, text: str) -> Verification:
    """An instance that cannot be looked into."""
    fault = Fault(instance_id, sequence, "state", text, found="unreadable")
    return Verification(instance_id, 0, 0, (fault,))


def _seen_by(actor: Actor, query: _Query) -> _Query:
    """The query, narrowed to instances in which the actor takes part or that it started."""
    lanes = lanes_seen_by(actor)
    if lanes is None:
        return query
    return replace(query, visible_to_lanes=lanes, visible_to_account=actor.account)


def _before(
    events: list[HistoryEvent], faults: list[Fault], *, last: int | None = None
) -> list[HistoryEvent]:
    """The events of the steps before the one in which the first fault is, or the event `last`."""
    sequences = [fault.sequence or 1 for fault in faults] + ([] if last is None else [last])
    faulty = next((event.revision for event in events if event.sequence >= min(sequences)), None)
    return [event for event in events if faulty is None or event.revision < faulty]


def _told(fault: Fault, faults: list[Fault]) -> bool:
    """Whether a fault of the same event was already reported by an earlier check."""
    return any(f.sequence == fault.sequence for f in faults)
