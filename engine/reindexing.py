"""Makes anew, from history, what is kept beside it: `alur reindex`.

What `projections` derives is written where the rows say otherwise, the index of the search too.
Substitutions follow from the log of accounts. What no event says stays as it is: who holds an
external task and how often it may fail, when a task is next reminded of or goes up.

Of all instances the rows are compared first, many at a time and without a lock, as `verify` does;
only those that are not right are made anew, each by itself in the lock of its instance. So
people work meanwhile, and one that was killed and begins again has less to do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from engine import projections, same_person
from engine.account_log import verified_with_rights
from engine.definitions import Definitions
from engine.errors import OTHER_TYPES, DamagedRow, EngineError, is_its_own
from engine.history import chain_faults
from engine.led_to import LedTo
from engine.lineage import lineage_of
from engine.measure_proof import Measured, MeasureProof
from engine.model import (
    Actor,
    HistoryEvent,
    KeptBeside,
    ProcessInstance,
    Role,
    UserTask,
    in_parts,
)
from engine.permissions import require_role
from engine.queries import ExternalTaskQuery, InstanceQuery, Page
from engine.replay import replay
from engine.search import Search
from engine.state_proof import state_faults
from engine.store import Store, StoreTransaction
from engine.substitution_proof import substitutions_in

_log = logging.getLogger(__name__)

_BATCH = 200


@dataclass(frozen=True)
class Rebuilt:
    """What was done."""

    #: Instances whose rows were looked at.
    instances: int
    #: Those of them whose rows were made anew: the others were right, or had to stay as they are.
    renewed: int


class Reindexing:
    """Rebuilds what is kept beside histories."""

    def __init__(
        self,
        store: Store,
        definitions: Definitions,
        search: Search,
        measures: MeasureProof,
        *,
        zone: ZoneInfo,
    ) -> None:
        self._measures = measures
        self._store = store
        self._definitions = definitions
        self._search = search
        self._zone = zone

    def rebuild(
        self,
        *,
        actor: Actor,
        instance_ids: Sequence[str] | None = None,
        on_progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> Rebuilt:
        """All rows beside history say what history says, of all instances or of these.

        Those of given instances are written in any case. An instance whose history does not hold is
        left as it is, and named in the log. Told is of how many of how many instances the rows are
        right (`on_progress`). Admins only. Raises NotFound.
        """
        require_role(actor, "rebuild what is kept beside history", Role.ADMIN)
        if instance_ids is not None:
            renewed = 0
            for done, instance_id in enumerate(instance_ids, start=1):
                renewed += self._renew_one(instance_id, actor)
                on_progress(done, len(instance_ids))
            return Rebuilt(len(instance_ids), renewed)
        self._renew_substitutions()
        with self._store.writing() as tx:
            tx.forget_tallies()
        total, done, renewed = self._number(), 0, 0
        for together in self._all():
            for instance_id in self._wrong_among(together):
                renewed += self._renew_one(instance_id, actor)
            done += len(together)
            on_progress(done, max(done, total))
        self._search.renew()
        return Rebuilt(done, renewed)

    def _number(self) -> int:
        with self._store.reading() as tx:
            return tx.count_instances(InstanceQuery())

    def _all(self) -> Iterator[list[str]]:
        last = None
        while True:
            with self._store.reading() as tx:
                batch = tx.instances_behind(last, _BATCH)
            yield from in_parts(batch)
            if not batch:
                return
            last = batch[-1]

    def _renew_substitutions(self) -> None:
        with self._store.writing() as tx:
            log, told = verified_with_rights(tx)
            if not log.is_sound:
                _log.warning("substitutions stay as they are: the log of accounts does not hold")
                return
            for each in tx.put_substitutions(substitutions_in(told)):
                reason = f"there is no account {each.account}"
                _log.warning("substitution %s stays as it is: %s", each.substitution_id, reason)

    # ------------------------------------------------------------------- comparing

    def _wrong_among(self, instance_ids: Sequence[str]) -> list[str]:
        """Those whose rows are not what their history leads to, or that cannot be compared."""
        try:
            with self._store.reading() as tx:
                kept, told = tx.kept_beside(instance_ids), tx.events_of(instance_ids)
                return [
                    each
                    for each in instance_ids
                    if each not in kept or not self._is_right(tx, kept[each], told[each].events)
                ]
        except DamagedRow:
            if len(instance_ids) == 1:
                return list(instance_ids)
        # Which of them is damaged shows when each is read by itself.
        return [one for each in instance_ids for one in self._wrong_among([each])]

    def _is_right(
        self, tx: StoreTransaction, kept: KeptBeside, events: Sequence[HistoryEvent]
    ) -> bool:
        instance = kept.stored.instance
        try:
            led = self._led(tx, instance, events)
            return led is not None and not state_faults(
                tx, kept, led, self._measures, zone=self._zone
            )
        except (EngineError, *OTHER_TYPES) as error:
            if isinstance(error, EngineError) and not is_its_own(error, instance.instance_id):
                raise
            return False

    def _led(
        self, tx: StoreTransaction, instance: ProcessInstance, events: Sequence[HistoryEvent]
    ) -> LedTo | None:
        """What history leads to; None: it does not hold."""
        lineage = lineage_of(tx, self._definitions, instance, events)
        replayed = replay(lineage.first, events, lineage.later)
        holds = _is_whole(instance, events, lineage.first.digest)
        if not holds or replayed.faults or replayed.run is None:
            return None
        preceding = same_person.followed(
            lineage.first.model, events, lineage.later_models
        ).preceding
        return LedTo.by(instance, replayed.run, events, lineage, preceding)

    # ------------------------------------------------------------------- writing

    def _renew_one(self, instance_id: str, actor: Actor) -> bool:
        """Whether its rows were made anew."""
        is_renewed = False
        try:
            with self._store.writing() as tx:
                is_renewed = self._renew(tx, instance_id)
        except DamagedRow as error:
            # That is no reason to leave the others as they are.
            _log.warning("instance %s stays as it is: %s", instance_id, error)
            is_renewed = False
        self._search.rebuild(actor=actor, instance_ids=[instance_id])
        return is_renewed

    def _renew(self, tx: StoreTransaction, instance_id: str) -> bool:
        try:
            # No step moves it meanwhile.
            stored = tx.stored_instance(instance_id, for_step=True)
            events = tx.events(instance_id)
            led = self._led(tx, stored.instance, events)
        except EngineError as error:
            if not is_its_own(error, instance_id):
                raise
            _log.warning("instance %s stays as it is: %s", instance_id, error)
            return False
        if led is None:
            _log.warning("instance %s stays as it is: its history does not hold", instance_id)
            return False
        _renew_instance(tx, led, stored.snapshot)
        tx.put_variables(instance_id, projections.variables_of(events))
        tx.put_incidents(instance_id, projections.incidents_of(led.instance, events))
        tx.put_subscriptions(
            instance_id, projections.subscriptions_of(led.instance, led.run, events)
        )
        _renew_services(tx, led)
        self._renew_tasks(tx, led)
        return True

    def _renew_tasks(self, tx: StoreTransaction, led: LedTo) -> None:
        instance_id = led.instance.instance_id
        try:
            kept = tx.tasks_of_instance(instance_id)
        except DamagedRow as error:
            _log.warning("the tasks of instance %s are made anew: %s", instance_id, error)
            kept = []
        rows = led.tasks(kept, zone=self._zone)
        tx.put_tasks(instance_id, list(rows.values()))
        for task in kept:
            if task.task_id not in rows:
                tx.drop_task(instance_id, task.task_id)
        self._renew_measures(tx, led, rows)

    def _renew_measures(
        self, tx: StoreTransaction, led: LedTo, rows: Mapping[str, UserTask]
    ) -> None:
        """What is not right is forgotten: the worker measures it anew."""
        instance_id = led.instance.instance_id
        wrong: set[str | None] = {*rows, None}
        try:
            kept = tx.kept_beside([instance_id])[instance_id].measures
            wrong = {task_id for task_id, _ in self._measures.wrong(tx, Measured(led, rows, kept))}
        except DamagedRow as error:
            _log.warning("instance %s is to be measured anew: %s", instance_id, error)
        tx.forget_task_times(instance_id, [each for each in wrong if each is not None])
        if None in wrong:
            tx.forget_instance_time(instance_id)


def _is_whole(instance: ProcessInstance, events: Sequence[HistoryEvent], digest: str) -> bool:
    """Whether the chain holds up to its end, and the diagram is that of the start."""
    return (
        bool(events)
        and events[-1].hash == instance.head_hash
        and events[0].payload.get("digest") == digest
        and not chain_faults(instance.instance_id, events)
    )


def _renew_instance(tx: StoreTransaction, led: LedTo, snapshot: bytes | None) -> None:
    tx.put_facts(led.instance)
    now = led.run.dump()
    if snapshot is not None and snapshot != now:
        tx.put_snapshot(led.instance.instance_id, led.instance.revision, now)


def _renew_services(tx: StoreTransaction, led: LedTo) -> None:
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
