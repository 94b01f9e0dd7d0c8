"""Makes anew, from history, what is kept beside it: `alur reindex`.

What `projections` derives is written where the rows say otherwise; then the index of the search.
Substitutions follow from the log of accounts. What no event says stays as it is: who holds an
external task and how often it may fail, when a task is next reminded of or goes up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from engine import projections
from engine.account_log import verified_with_substitutions
from engine.definitions import Definitions
from engine.errors import EngineError
from engine.escalation_proof import risen_in
from engine.history import chain_faults
from engine.lineage import Lineage, ended_up_in, lineage_of
from engine.model import (
    Actor,
    EndedTask,
    EventKind,
    HistoryEvent,
    ProcessInstance,
    Role,
    TaskState,
    UserTask,
)
from engine.permissions import require_role
from engine.queries import ExternalTaskQuery, InstanceQuery, Page
from engine.replay import replay
from engine.same_person import preceding_in
from engine.search import Search
from engine.spiff.machine import OpenTask, Run
from engine.state_proof import OF_OPENING, last_hands, opened_row
from engine.step_records import row_of
from engine.store import Store, StoreTransaction
from engine.substitution_proof import substitutions_in
from engine.task_changes import with_changes

_log = logging.getLogger(__name__)

_BATCH = 200


@dataclass(frozen=True, slots=True)
class _Led:
    """What one instance's history leads to."""

    instance: ProcessInstance
    run: Run
    events: Sequence[HistoryEvent]
    lineage: Lineage


class Reindexing:
    """Rebuilds what is kept beside histories."""

    def __init__(
        self, store: Store, definitions: Definitions, search: Search, zone: ZoneInfo
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._search = search
        self._zone = zone

    def rebuild(
        self,
        *,
        actor: Actor,
        instance_ids: Sequence[str] | None = None,
        on_renewed: Callable[[int, int], None] = lambda _done, _all: None,
        on_progress: Callable[[int], None] = lambda _done: None,
    ) -> int:
        """All rows beside history say what history says, of all instances or of these; how many.

        An instance whose history does not hold is left as it is, and named in the log. Told are
        first the instances whose rows are right (`on_renewed`: how many of how many), then how
        many are indexed (`on_progress`). Admins only. Raises NotFound.
        """
        require_role(actor, "rebuild what is kept beside history", Role.ADMIN)
        if instance_ids is None:
            self._renew_substitutions()
        total = self._number() if instance_ids is None else len(instance_ids)
        wanted = self._all() if instance_ids is None else instance_ids
        for done, instance_id in enumerate(wanted, start=1):
            with self._store.writing() as tx:
                self._renew(tx, instance_id)
            on_renewed(done, max(done, total))
        return self._search.rebuild(actor=actor, instance_ids=instance_ids, on_progress=on_progress)

    def _number(self) -> int:
        with self._store.reading() as tx:
            return tx.count_instances(InstanceQuery())

    def _all(self) -> Iterator[str]:
        last = None
        while True:
            with self._store.reading() as tx:
                batch = tx.instances_behind(last, _BATCH)
            yield from (each.instance_id for each in batch)
            if not batch:
                return
            last = batch[-1]

    def _renew_substitutions(self) -> None:
        with self._store.writing() as tx:
            log, told = verified_with_substitutions(tx)
            if not log.is_sound:
                _log.warning("substitutions stay as they are: the log of accounts does not hold")
                return
            tx.put_substitutions(substitutions_in(told))

    def _renew(self, tx: StoreTransaction, instance_id: str) -> None:
        # No step moves it meanwhile.
        stored = tx.stored_instance(instance_id, for_step=True)
        try:
            events = tx.events(instance_id)
            lineage = lineage_of(tx, self._definitions, stored.instance, events)
            replayed = replay(lineage.first, events, lineage.later)
        except EngineError as error:
            _log.warning("instance %s stays as it is: %s", instance_id, error)
            return
        holds = _is_whole(stored.instance, events, lineage.first.digest)
        if not holds or replayed.faults or replayed.run is None:
            _log.warning("instance %s stays as it is: its history does not hold", instance_id)
            return
        instance = projections.instance_of(stored.instance, replayed.run, events)
        led = _Led(instance, replayed.run, events, lineage)
        _renew_instance(tx, led, stored.snapshot)
        tx.put_variables(instance_id, projections.variables_of(events))
        tx.put_incidents(instance_id, projections.incidents_of(led.instance, events))
        tx.put_subscriptions(
            instance_id, projections.subscriptions_of(led.instance, led.run, events)
        )
        _renew_services(tx, led)
        self._renew_tasks(tx, led)

    def _renew_tasks(self, tx: StoreTransaction, led: _Led) -> None:
        instance_id = led.instance.instance_id
        rows = {row.task_id: row for row in tx.tasks_of_instance(instance_id)}
        open_now = {task.task_id: task for task in led.run.open_tasks()}
        entered = _entered(led.events)
        missing = [each for each in entered if each not in rows]
        ended = projections.ended_tasks_of(led.run, led.events, {*rows, *entered})
        lineage = led.lineage
        if missing:
            preceding = preceding_in(lineage.first.model, led.events, lineage.later_models)
        for task_id in missing:
            if task_id in open_now or _is_completed(ended.get(task_id)):
                opened = self._opened(tx, led, entered[task_id])
                rows[task_id] = replace(opened, preceded_by=preceding.get(task_id, ()))
        current = {
            task_id: _with_history(
                _named_anew(rows[task_id], task, led.instance),
                led.events,
                is_new=task_id in missing,
            )
            for task_id, task in open_now.items()
            if task_id in rows
        }
        new = [rows[each] for each in missing if each in rows and each not in current]
        tx.put_tasks(instance_id, [*current.values(), *new])
        tx.put_ended_tasks(
            instance_id, {each: end for each, end in ended.items() if _differs(rows, end)}
        )
        for task_id in rows.keys() - entered.keys():
            tx.drop_task(instance_id, task_id)

    def _opened(self, tx: StoreTransaction, led: _Led, entered: HistoryEvent) -> UserTask:
        """The row of a task as it opened, in the version of that time."""
        before = [event for event in led.events if event.sequence <= entered.sequence]
        definition_id = ended_up_in(before) or led.instance.definition_id
        node = self._definitions.machine(tx, definition_id).model.nodes[entered.activity_id or ""]
        told = entered.payload
        task_id = entered.activity_instance_id or ""
        task = OpenTask(task_id, node, told.get("locals", {}), told.get("offer", {}))
        then = replace(led.instance, definition_id=definition_id)
        return row_of(task, then, now=entered.at, zone=self._zone)


def _is_whole(instance: ProcessInstance, events: Sequence[HistoryEvent], digest: str) -> bool:
    """Whether the chain holds up to its end, and the diagram is that of the start."""
    return (
        bool(events)
        and events[-1].hash == instance.head_hash
        and events[0].payload.get("digest") == digest
        and not chain_faults(instance.instance_id, events)
    )


def _renew_instance(tx: StoreTransaction, led: _Led, snapshot: bytes | None) -> None:
    tx.put_facts(led.instance)
    now = led.run.dump()
    if snapshot is not None and snapshot != now:
        tx.put_snapshot(led.instance.instance_id, led.instance.revision, now)


def _renew_services(tx: StoreTransaction, led: _Led) -> None:
    """As they were asked for; a worker that holds one goes on holding it."""
    instance_id = led.instance.instance_id
    query = ExternalTaskQuery(instance_id=instance_id)
    kept = {each.external_task_id: each for each in tx.services(query, Page(max_results=None))}
    found = []
    for each in projections.services_of(led.instance, led.run, led.events):
        row = kept.get(each.external_task_id, each)
        found.append(
            replace(
                each,
                worker_id=row.worker_id,
                lock_expires_at=row.lock_expires_at,
                retries=row.retries,
            )
        )
    tx.put_services(instance_id, found)


def _entered(events: Sequence[HistoryEvent]) -> dict[str, HistoryEvent]:
    """Visit of a user task -> its entering."""
    return {
        event.activity_instance_id or "": event
        for event in events
        if event.kind is EventKind.ACTIVITY_ENTERED and event.payload.get("type") == "userTask"
    }


def _named_anew(row: UserTask, task: OpenTask, instance: ProcessInstance) -> UserTask:
    """An open task as its opening made it; what people did to it stays."""
    opened = opened_row(task, instance, row)
    facts = {name: getattr(opened, name) for name in OF_OPENING}
    return replace(row, **facts, state=TaskState.OPEN, ended_at=None, ended_by=None)


def _with_history(row: UserTask, events: Sequence[HistoryEvent], *, is_new: bool) -> UserTask:
    """The open task with what history says was done to it since."""
    row = with_changes(row, events)
    row = replace(row, escalations=risen_in(events).get(row.task_id, ()))
    hand = last_hands(events).get(row.task_id)
    if hand is not None and (is_new or hand.payload.get("to") != row.assignee):
        to, acting = hand.payload.get("to"), hand.payload.get("substitution") or {}
        by = acting.get("id") if to == hand.actor else None
        since = hand.at if to else None
        row = replace(row, assignee=to, claimed_at=since, substitution_id=by)
    # Looked at again at once: when it is reminded of and goes up, no event says.
    return replace(row, remind_at=row.due_at, escalate_at=row.due_at) if is_new else row


def _is_completed(ended: EndedTask | None) -> bool:
    return ended is not None and ended.state is TaskState.COMPLETED


def _differs(rows: dict[str, UserTask], ended: EndedTask) -> bool:
    row = rows.get(ended.task_id)
    kept = (row.state, row.ended_at, row.ended_by) if row else None
    return kept is not None and kept != (ended.state, ended.ended_at, ended.ended_by)
