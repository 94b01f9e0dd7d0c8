"""Takes one step of an instance: loads it, gives it an input, and hands the store all that follows.

One step is one transaction of the caller; nothing here begins or ends one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from engine.announcements import announce_step
from engine.broadcasts import broadcast
from engine.called_starts import start_of
from engine.deadlines import Deadlines
from engine.definitions import Definitions
from engine.document_intake import adopted
from engine.errors import (
    DamagedRow,
    EngineError,
    InstanceEnded,
    InvalidInput,
    NotFound,
    ReplayMismatch,
    SnapshotUnreadable,
)
from engine.escapes import tell_caller
from engine.history import Input, build_events, genesis, input_of
from engine.lineage import lineage_of
from engine.model import (
    HAND_KINDS,
    EventKind,
    ExternalTask,
    HistoryEvent,
    InstanceState,
    Json,
    Observation,
    ProcessDefinition,
    ProcessInstance,
    StepRecord,
    StoredInstance,
    TaskState,
    UserTask,
    documents_of,
)
from engine.replay import Replayed, act, replay
from engine.same_person import preceding
from engine.sealing import Sealing, Situation
from engine.search_words import index_step
from engine.spiff.machine import Run
from engine.spiff.stepping import step
from engine.spiff.waits import NOTHING
from engine.step_records import advanced, record_of, with_services, with_subscriptions
from engine.store import StoreTransaction as Transaction

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step led to."""

    instance: ProcessInstance
    #: The history event of the input.
    event: HistoryEvent
    opened: tuple[UserTask, ...]
    variables: dict[str, object]


@dataclass(frozen=True, slots=True)
class Birth:
    """What a new instance is born with beside its variables."""

    instance_id: str
    at: datetime
    started_by: str
    business_key: str | None = None
    super_instance_id: str | None = None


class Steps:
    """Takes steps through the machines of `definitions`."""

    def __init__(
        self, definitions: Definitions, zone: ZoneInfo, deadlines: Deadlines, sealing: Sealing
    ) -> None:
        self._definitions = definitions
        self.sealing = sealing
        self._deadlines = deadlines
        #: Where a due date without an offset is local time.
        self._zone = zone

    def begin(
        self, tx: Transaction, definition: ProcessDefinition, given: Input, *, birth: Birth
    ) -> Outcome:
        """Create an instance by its first step. given.payload holds its variables."""
        machine = self._definitions.machine(tx, definition.definition_id)
        start_event = machine.model.start_event(given.payload.get("startEvent"))
        unborn = ProcessInstance(
            instance_id=birth.instance_id,
            definition_id=definition.definition_id,
            definition_key=definition.key,
            business_key=birth.business_key,
            state=InstanceState.ACTIVE,
            revision=0,
            last_sequence=0,
            head_hash=genesis(birth.instance_id),
            started_at=birth.at,
            started_by=birth.started_by,
            start_activity_id=start_event.id,
            super_instance_id=birth.super_instance_id,
        )
        given = self.sealing.sealed(tx, given, Situation(unborn, machine.model, birth.at, dict))
        with step(now=birth.at, instance_id=birth.instance_id, revision=1) as bound:
            run = machine.start(bound, given.payload["variables"], start_event.id)
            record = record_of(
                unborn,
                given,
                run,
                before=NOTHING,
                after=(waits := run.waits()),
                open_rows=(),
                now=birth.at,
                zone=self._zone,
                # Nothing was completed before.
                preceding=lambda _: (),
                deadlines=partial(self._deadlines.opened, tx, run.model),
            )
            record = with_services(record, NOTHING, waits, None)
            record = with_subscriptions(record, NOTHING, waits)
        tx.add_instance(record)
        index_step(tx, record, run.model)
        announce_step(tx, record)
        self._follow(tx, record, run, frozenset(), given)
        return _outcome(record, run)

    def take(
        self,
        tx: Transaction,
        stored: StoredInstance,
        given: Input,
        *,
        now: datetime,
        changed: tuple[UserTask, ...] = (),
        service: ExternalTask | None = None,
    ) -> Outcome:
        """Give an input that moves the machine.

        `changed` and `service`: rows that the caller has altered.

        What follows in other instances (called ones, the calling one) is done in the same
        transaction. Raises InstanceEnded, and what the machine raises; then nothing was written.
        """
        instance = stored.instance
        require_running(instance)
        run = self.look(tx, stored)
        former = partial(_visible, run, given)
        given = self.sealing.sealed(tx, given, Situation(instance, run.model, now, former))
        with step(
            now=now, instance_id=instance.instance_id, revision=instance.revision + 1
        ) as bound:
            run.continue_in(bound)
            before = run.waits()
            stays_in = run.stays_in(given.activity_instance_id)
            tx.begin_step(instance, changed, input_of(instance, given, now), stays_in)
            act(run, given)
            after = run.waits()
            ended = {task.task_id for task in before.tasks} - {task.task_id for task in after.tasks}
            untouched = ended - {task.task_id for task in changed}
            rows = _open_rows(tx, instance.instance_id, untouched)
            done = partial(tx.last_completed, instance.instance_id)
            record = record_of(
                instance,
                given,
                run,
                before=before,
                after=after,
                open_rows=rows,
                changed=changed,
                input_scope=stays_in,
                now=now,
                zone=self._zone,
                preceding=partial(preceding, model=run.model, given=given, former=done),
                deadlines=partial(self._deadlines.opened, tx, run.model),
            )
            record = with_services(record, before, after, service)
            record = with_subscriptions(record, before, after)
        tx.append_step(record)
        index_step(tx, record)
        announce_step(tx, record)
        self._follow(tx, record, run, before.calls - after.calls, given)
        return _outcome(record, run)

    # ---------------------------------------------------------------------- calls

    def _follow(
        self,
        tx: Transaction,
        record: StepRecord,
        run: Run,
        left: frozenset[str],
        given: Input,
    ) -> None:
        """Carry on in the instances that this step calls, has stopped waiting for, or was for.

        left: ids of those called ones that it has stopped waiting for.
        """
        now = record.events[0].at
        for event in record.events:
            if event.kind is EventKind.CALL_REQUESTED:
                self._call(tx, record.instance, event, now)
            elif event.kind is EventKind.SIGNAL_THROWN:
                broadcast(tx, self._definitions, record.instance, event)
        # Who has only escalated is still at work, and over when nobody waits for it.
        is_over = given.kind is not EventKind.CALL_ESCALATION
        answered = given.payload.get("call") if is_over else None
        for call_id in sorted(left - {answered}):
            self._cancel_called(tx, call_id, given, now)
        for thrown in run.escaped():
            tell_caller(self, tx, record.instance, thrown, variables=run.variables, now=now)
        if record.instance.ended_at is not None and record.instance.super_instance_id is not None:
            self._answer_caller(tx, record.instance, run, now)

    def _call(
        self, tx: Transaction, caller: ProcessInstance, asked: HistoryEvent, now: datetime
    ) -> None:
        """Start the instance that a call activity asked for, or tell the caller why not."""
        call_id = asked.payload["call"]
        try:
            start = start_of(tx, self._definitions, self.sealing, caller, asked.payload)
        except (NotFound, InvalidInput) as error:
            details = "".join(f"; {k}: {', '.join(v)}" for k, v in _fields(error).items())
            self._tell_failure(tx, caller.instance_id, call_id, f"{error}{details}", now)
            return
        self.begin(
            tx,
            start.definition,
            Input(EventKind.INSTANCE_STARTED, None, start.payload),
            birth=Birth(
                instance_id=call_id,
                at=now,
                started_by=caller.started_by,
                business_key=start.business_key,
                super_instance_id=caller.instance_id,
            ),
        )

    def _answer_caller(
        self, tx: Transaction, called: ProcessInstance, run: Run, now: datetime
    ) -> None:
        caller = tx.stored_instance(str(called.super_instance_id), for_step=True)
        waits = (
            caller.instance.state is InstanceState.ACTIVE
            and called.instance_id in self.look(tx, caller).waits().calls
        )
        if not waits:
            return
        if called.state is InstanceState.CANCELLED:
            message = f"the called instance {called.instance_id} was cancelled: {called.end_reason}"
            self._tell_failure(tx, caller.instance.instance_id, called.instance_id, message, now)
            return
        variables = run.variables
        payload = {
            "call": called.instance_id,
            "variables": variables,
            **adopted(tx, variables, giver=called.instance_id, taker=caller.instance.instance_id),
        }
        self.take(
            tx,
            caller,
            Input(EventKind.CALLED_INSTANCE_ENDED, None, payload),
            now=now,
        )

    def _tell_failure(
        self, tx: Transaction, caller_id: str, call_id: str, message: str, now: datetime
    ) -> None:
        self.take(
            tx,
            tx.stored_instance(caller_id, for_step=True),
            Input(EventKind.CALL_FAILED, None, {"call": call_id, "message": message}),
            now=now,
        )

    def _cancel_called(self, tx: Transaction, call_id: str, given: Input, now: datetime) -> None:
        """Nobody waits for the called instance any more: it ends with its caller's reason."""
        called = tx.stored_instance(call_id, for_step=True)
        if called.instance.state is not InstanceState.ACTIVE:
            return
        reason = given.payload.get("reason") or "the calling activity was cancelled"
        self.take(
            tx,
            called,
            Input(EventKind.INSTANCE_CANCELLED, given.actor, {"reason": reason}),
            now=now,
        )

    # ----------------------------------------------------------------------- quiet

    def note(
        self,
        tx: Transaction,
        stored: StoredInstance,
        given: Input,
        *,
        now: datetime,
        changed: tuple[UserTask, ...] = (),
    ) -> StepRecord:
        """Record an input that moves no token (a claim). The snapshot stays as it is."""
        instance = stored.instance
        require_running(instance)
        notes: tuple[Observation, ...] = ()
        if given.kind in HAND_KINDS:
            model = self._definitions.machine(tx, instance.definition_id).model
            found = [self._deadlines.taken(tx, model, row, now) for row in changed]
            changed = tuple(row for row, _ in found)
            notes = tuple(note for _, some in found for note in some)
        elif given.kind is EventKind.TASK_CHANGED and "dueDate" in given.payload["changes"]:
            model = self._definitions.machine(tx, instance.definition_id).model
            changed = tuple(self._deadlines.set_by_hand(model, row, now) for row in changed)
        events = build_events(instance, given, notes, at=now)
        record = StepRecord(
            instance=advanced(instance, events),
            expected_revision=instance.revision,
            events=events,
            snapshot=None,
            changed=changed,
            documents=documents_of(given.payload),
        )
        tx.append_step(record)
        index_step(tx, record)
        announce_step(tx, record)
        return record

    def look(self, tx: Transaction, stored: StoredInstance) -> Run:
        """The run as it stands; from history when there is no snapshot that can be read."""
        instance = stored.instance
        machine = self._definitions.machine(tx, instance.definition_id)
        if stored.snapshot is not None:
            try:
                return machine.load(stored.snapshot)
            except SnapshotUnreadable as error:
                _log.warning("instance %s: %s", instance.instance_id, error)
        try:
            return machine.load(self._rebuilt(tx, instance))
        except SnapshotUnreadable as error:
            raise DamagedRow(
                f"instance {instance.instance_id} cannot be read by {instance.definition_id}, "
                f"in which its row says that it runs: {error}",
                instance_id=instance.instance_id,
            ) from error

    def _rebuilt(self, tx: Transaction, instance: ProcessInstance) -> bytes:
        """The snapshot that history leads to. Raises ReplayMismatch when history is not sound."""
        events = tx.events(instance.instance_id)
        lineage = lineage_of(tx, self._definitions, instance, events)
        return _sound(replay(lineage.first, events, lineage.later), instance)


def _sound(replayed: Replayed, instance: ProcessInstance) -> bytes:
    for fault in replayed.faults:
        raise ReplayMismatch(
            fault.instance_id, fault.sequence or 0, fault.found or "", fault.expected or ""
        )
    if replayed.run is None:
        raise ReplayMismatch(instance.instance_id, 1, "instance_started", "nothing")
    return replayed.run.dump()


def _fields(error: EngineError) -> dict[str, list[str]]:
    return error.fields if isinstance(error, InvalidInput) else {}


def _open_rows(tx: Transaction, instance_id: str, task_ids: set[str]) -> tuple[UserTask, ...]:
    """The rows of open tasks that the step ended beside the one it was about."""
    if not task_ids:
        return ()
    rows = tx.tasks_of_instance(instance_id, {TaskState.OPEN})
    return tuple(row for row in rows if row.task_id in task_ids)


def require_running(instance: ProcessInstance) -> None:
    """Raise InstanceEnded unless the instance is active."""
    if instance.state is not InstanceState.ACTIVE:
        raise InstanceEnded(instance.instance_id, str(instance.state))


def _visible(run: Run, given: Input) -> dict[str, Json]:
    """What is known where the input comes in."""
    place = given.activity_instance_id
    return run.visible_variables(place) if place else run.variables


def _outcome(record: StepRecord, run: Run) -> Outcome:
    return Outcome(record.instance, record.events[0], record.opened, run.variables)
