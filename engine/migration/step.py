"""The step that takes an instance to another version: what it writes, in one transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.announcements import announce_step
from engine.deadlines import Deadlines
from engine.history import Input, build_events
from engine.model import (
    Observation,
    ProcessDefinition,
    StepRecord,
    StoredInstance,
    TaskState,
    UserTask,
)
from engine.search_words import index_step
from engine.spiff.machine import Machine, Run
from engine.spiff.stepping import step
from engine.step_records import advanced, renewed, row_of
from engine.steps import Outcome, require_running
from engine.store import StoreTransaction as Transaction


class MigrationStep:
    """Takes instances to the machine of one definition."""

    def __init__(
        self, definition: ProcessDefinition, machine: Machine, deadlines: Deadlines, zone: ZoneInfo
    ) -> None:
        self._definition = definition
        self._machine = machine
        self._deadlines = deadlines
        self._zone = zone

    def take(
        self,
        tx: Transaction,
        stored: StoredInstance,
        run: Run,
        given: Input,
        *,
        now: datetime,
    ) -> Outcome:
        """The instance goes on in this version; `run` is the one that it was in until now.

        Open tasks keep who has them, what was said of them and when they are due, unless their
        term is another one. Raises InstanceEnded, MigrationRefused, RevisionConflict.
        """
        instance = stored.instance
        require_running(instance)
        bound = step(now=now, instance_id=instance.instance_id, revision=instance.revision + 1)
        with bound as taken_in:
            taken = self._machine.take_over(taken_in, run, given.payload["plan"])
            rows, notes = self._tasks(tx, stored, run, taken, now)
            events = build_events(instance, given, (*taken.observations, *notes), at=now)
            after = replace(
                advanced(instance, events),
                definition_id=self._definition.definition_id,
                next_due_at=taken.next_due_at,
            )
            record = StepRecord(
                instance=after,
                expected_revision=instance.revision,
                events=events,
                snapshot=taken.dump(),
                changed=rows,
            )
        tx.append_step(record)
        tx.follow_migration(record, given.payload["plan"])
        index_step(tx, record, self._machine.model, begins=False)
        announce_step(tx, record)
        return Outcome(after, events[0], (), taken.variables)

    def _tasks(
        self, tx: Transaction, stored: StoredInstance, old: Run, new: Run, now: datetime
    ) -> tuple[tuple[UserTask, ...], tuple[Observation, ...]]:
        """The open tasks as the new version has them, and the notes of their deadlines."""
        open_now = {task.task_id: task for task in new.waits().tasks}
        rows = tx.tasks_of_instance(stored.instance.instance_id, {TaskState.OPEN})
        target = replace(stored.instance, definition_id=self._definition.definition_id)
        models = old.model, new.model
        found = []
        for row in (each for each in rows if each.task_id in open_now):
            fresh = row_of(open_now[row.task_id], target, now=now, zone=self._zone)
            moved = renewed(row, fresh)
            found.append(self._deadlines.migrated(tx, models, row, moved, now))
        return tuple(row for row, _ in found), tuple(note for _, note in found if note)
