"""Process instances and their steps: the one place where a step is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Row,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import UpdateBase

from engine.copies import made_of
from engine.errors import DamagedRow, NotFound, RevisionConflict
from engine.model import (
    EventKind,
    HistoryEvent,
    InstanceState,
    ProcessInstance,
    StepRecord,
    StoredInstance,
    TaskState,
    UserTask,
)
from engine.queries import InstanceQuery, Page
from engine.store.kept_rows import of_table, readable
from engine.store.late_instances import LateInstances
from engine.store.prepared import Prepared
from engine.store.step_rows import (
    candidate_values,
    document_values,
    end_values,
    event_values,
    incident_values,
    service_values,
    task_values,
)
from engine.store.tables import (
    document,
    event_subscription,
    external_task,
    history_event,
    incident,
    process_instance,
    task_candidate,
    user_task,
)
from engine.store.transaction import (
    asked_once,
    paged,
)
from engine.store.variable_rows import ADD_OF_INPUT, ADD_UPDATES, input_values, update_values

_FIRST_PAGE = Page()

#: All columns but the snapshot, which only a step reads, and what is of measuring alone.
INSTANCE_COLUMNS = tuple(
    each for each in process_instance.c if each.name not in {"snapshot", "is_measured"}
)

_NAMES = tuple(process_instance.c.keys())
_FIELDS = tuple(each.name for each in fields(ProcessInstance))
_of_fields = itemgetter(*map(_NAMES.index, _FIELDS))
#: Among the fields, and among the columns.
_STATE, _SNAPSHOT = _FIELDS.index("state"), _NAMES.index("snapshot")

#: What every step may change; who started an instance, when and under which key stays as it was.
_CHANGING = ("revision", "last_sequence", "head_hash", "next_due_at")
#: What only its end or a migration changes. SQLite writes an index anew for each column that is
#: set, whatever it is set to.
_RARELY = ("definition_id", "definition_key", "state", "ended_at", "end_reason")

_SORTING = {
    name: process_instance.c[name]
    for name in (
        "instance_id",
        "definition_id",
        "definition_key",
        "business_key",
        "state",
        "started_at",
        "started_by",
        "ended_at",
        "next_due_at",
    )
}

#: Facts of a task's opening: candidates, the lane that is offered it, the instance's key. Measuring
#: is no step's.
_TASK_FIXED = frozenset(
    {
        *("instance_id", "task_id", "offered_lane", "candidate_users", "candidate_groups"),
        *("business_key", "is_measured"),
    }
)


def _put_tasks(insert_tasks: sqlite.Insert | postgresql.Insert) -> UpdateBase:
    changing = {
        column.name: insert_tasks.excluded[column.name]
        for column in user_task.c
        if column.name not in _TASK_FIXED
    }
    return insert_tasks.on_conflict_do_update(
        index_elements=[user_task.c.instance_id, user_task.c.task_id], set_=changing
    )


_OF_STEP = ("of_instance", "expected_revision", "expected_sequence")
_STEP_UPDATE = update(process_instance).where(
    process_instance.c.instance_id == bindparam("of_instance"),
    process_instance.c.revision == bindparam("expected_revision"),
    process_instance.c.last_sequence == bindparam("expected_sequence"),
)
#: By whether the instance goes on as it was, and whether there is a new snapshot: without one the
#: stored one is still that of the instance.
_APPEND = {
    (goes_on, has_snapshot): Prepared(
        _STEP_UPDATE,
        (
            *(*_CHANGING, *_OF_STEP),
            *(() if goes_on else _RARELY),
            *(("snapshot",) if has_snapshot else ()),
        ),
    )
    for goes_on in (True, False)
    for has_snapshot in (True, False)
}
_ADD_EVENTS = Prepared(insert(history_event), history_event.c.keys())
PUT_TASKS = Prepared(
    {
        "sqlite": _put_tasks(sqlite.insert(user_task)),
        "postgresql": _put_tasks(postgresql.insert(user_task)),
    },
    [each.name for each in user_task.c if each.name != "is_measured"],
)
#: What the end of a task changes; to set more would write more indexes anew, as above.
_AT_END = ("state", "assignee", "ended_at", "ended_by", "remind_at", "escalate_at")
_END_TASK = Prepared(
    update(user_task).where(
        user_task.c.instance_id == bindparam("of_instance"),
        user_task.c.task_id == bindparam("of_task"),
    ),
    (*_AT_END, "of_instance", "of_task"),
)


class Instances(LateInstances):
    """Questions about process instances, and their steps."""

    # --------------------------------------------------------------- reading

    @asked_once
    def stored_instance(self, instance_id: str, *, for_step: bool = False) -> StoredInstance:
        """The instance with its snapshot, or NotFound.

        for_step: other steps of the instance wait until this transaction ends.
        """
        statement = select(process_instance).where(process_instance.c.instance_id == instance_id)
        if for_step:
            self._must_write()
            statement = statement.with_for_update()
        with readable(f"the row of instance {instance_id}"):
            row = self._first(statement)
            if row is None:
                raise NotFound("process instance", instance_id)
            return self._taken(stored_instance_of(row), for_step=for_step)

    @asked_once
    def instance(self, instance_id: str) -> ProcessInstance:
        """The instance of that id, or NotFound."""
        with readable(f"the row of instance {instance_id}"):
            row = self._first(
                select(*INSTANCE_COLUMNS).where(process_instance.c.instance_id == instance_id)
            )
            if row is None:
                raise NotFound("process instance", instance_id)
            return instance_of(row)

    def instances(self, query: InstanceQuery, page: Page = _FIRST_PAGE) -> list[ProcessInstance]:
        """The instances that match."""
        key = process_instance.c.instance_id
        found = self._searched(query, page, lambda each, of: paged(each, of, _SORTING, key))
        statement = select(*INSTANCE_COLUMNS).where(*found)
        return self._listed(paged(statement, page, _SORTING, key), instance_of, key)

    # --------------------------------------------------------------- writing

    def add_instance(self, step: StepRecord) -> None:
        """Write the first step of a new instance. RevisionConflict when its id is taken."""
        new = step.instance
        values = {column.name: getattr(new, column.name) for column in INSTANCE_COLUMNS}
        self._write(
            insert(process_instance),
            [{**values, "snapshot": step.snapshot}],
            clash=RevisionConflict(new.instance_id, new.revision),
        )
        with self._together(clash=RevisionConflict(new.instance_id, new.revision)):
            self._send_events(step)
        self._put_around(step)

    def begin_step(
        self,
        before: ProcessInstance,
        changed: Iterable[UserTask],
        given: HistoryEvent,
        input_scope: str | None,
    ) -> None:
        """Write what of a step of the instance is known before it is taken, where that saves time.

        Of `append_step`: the tasks that it ends, and the variables that its input sets. PostgreSQL
        is at it while the rest is found out. When the step fails, so must the transaction.
        """
        over = [each for each in changed if each.state is not TaskState.OPEN]
        if not over or self._locked.get(before.instance_id) != before.revision:
            return
        clash = _unknown_rows(before.instance_id, given.revision)
        with self._together(clash=clash, is_waited_for=False):
            self._send(_END_TASK, [end_values(each) for each in over])
            self._ended |= {each.task_id for each in over}
            if self._connection.dialect.name != "postgresql":
                # One statement for all variables of a step is less work.
                return
            if (updates := input_values(given, input_scope)) is not None:
                self._send(ADD_OF_INPUT, [updates])
                self._begun = before.instance_id, given.sequence

    def append_step(self, step: StepRecord) -> None:
        """Write one step: its events, snapshot, tasks and due time, or nothing at all.

        Candidates of a changed task stay those of its opening. Two statements, one more for tasks
        that ended, one for other tasks, one for variables, one for candidates, one for each side of
        incidents, one for documents.
        Raises RevisionConflict when another step reached `expected_revision + 1` first; DamagedRow
        when there are rows of it though nobody else can have taken it.
        """
        instance_id = step.instance.instance_id
        conflict = RevisionConflict(instance_id, step.instance.revision)
        is_ours = self._locked.get(instance_id) == step.expected_revision
        clash = _unknown_rows(instance_id, step.instance.revision) if is_ours else conflict
        with self._together(clash=clash, is_waited_for=not is_ours):
            # First, because it waits for a rival and then finds no row.
            append = _APPEND[_goes_on(step), step.snapshot is not None]
            touched = self._send(append, [_changed_values(step)])
            self._send_events(step)
        if not is_ours and touched() != 1:
            raise conflict
        self._locked[instance_id] = step.instance.revision
        self._put_around(step)

    def put_snapshot(self, instance_id: str, revision: int, snapshot: bytes | None) -> bool:
        """Keep a rebuilt snapshot, unless the instance has moved on from `revision`; whether kept.

        None forgets it, so that the next step rebuilds it from history.
        """
        touched = self._write(
            update(process_instance)
            .where(
                process_instance.c.instance_id == instance_id,
                process_instance.c.revision == revision,
            )
            .values(snapshot=snapshot)
        )
        return touched == 1

    def _send_events(self, step: StepRecord) -> None:
        """What every step has: its events, what variables they set, and tasks."""
        self.steps.append((step.events[0].kind, step.instance.instance_id))
        self._send(_ADD_EVENTS, [event_values(each) for each in step.events])
        anew = [each for each in step.events if (each.instance_id, each.sequence) != self._begun]
        if updates := update_values(anew, step.input_scope):
            self._send(ADD_UPDATES, updates)
        over = [each for each in step.changed if each.state is not TaskState.OPEN]
        over = [each for each in over if each.task_id not in self._ended]
        self._ended.clear()
        self._begun = None
        if over:
            self._send(_END_TASK, [end_values(each) for each in over])
        still = [each for each in step.changed if each.state is TaskState.OPEN]
        if tasks := [*step.opened, *still]:
            self._send(PUT_TASKS, [task_values(each) for each in tasks])

    def _put_around(self, step: StepRecord) -> None:
        """What few steps have."""
        candidates = [row for each in step.opened for row in candidate_values(each)]
        if candidates:
            self._write(insert(task_candidate), candidates)
        self._put_services(step)
        self._put_subscriptions(step)
        self._put_incidents(step)
        self._add_documents(step)

    def _put_services(self, step: StepRecord) -> None:
        """External tasks come, change and go; few steps have any."""
        if step.services_opened:
            self._write(insert(external_task), [service_values(s) for s in step.services_opened])
        for changed in step.services_changed:
            self._write(
                update(external_task)
                .where(
                    external_task.c.instance_id == changed.instance_id,
                    external_task.c.external_task_id == changed.external_task_id,
                )
                .values(**service_values(changed))
            )
        if step.services_closed:
            self._write(
                delete(external_task).where(
                    external_task.c.instance_id == step.instance.instance_id,
                    external_task.c.external_task_id.in_(step.services_closed),
                )
            )

    def _add_documents(self, step: StepRecord) -> None:
        if step.documents:
            self._write(insert(document), [document_values(step, each) for each in step.documents])

    def _put_subscriptions(self, step: StepRecord) -> None:
        """What waits for messages comes and goes; few steps have any."""
        if step.subscriptions_opened:
            self._write(insert(event_subscription), list(map(asdict, step.subscriptions_opened)))
        if step.subscriptions_closed:
            self._write(
                delete(event_subscription).where(
                    event_subscription.c.instance_id == step.instance.instance_id,
                    event_subscription.c.subscription_id.in_(step.subscriptions_closed),
                )
            )

    def _put_incidents(self, step: StepRecord) -> None:
        if step.incidents_raised:
            self._write(insert(incident), [incident_values(each) for each in step.incidents_raised])
        if step.incidents_resolved:
            self._write(
                update(incident)
                .where(
                    incident.c.instance_id == step.instance.instance_id,
                    incident.c.incident_id == bindparam("resolved_incident"),
                )
                .values(resolved_at=bindparam("resolved_when")),
                [
                    {"resolved_incident": incident_id, "resolved_when": when}
                    for incident_id, when in step.incidents_resolved
                ],
            )


def _unknown_rows(instance_id: str, revision: int) -> DamagedRow:
    """What is wrong when nobody else can have taken the step, and rows of it are there."""
    return DamagedRow(
        f"instance {instance_id} has rows of its step {revision}, expected none: "
        f"its own row says that step {revision - 1} was the last",
        instance_id=instance_id,
    )


def _goes_on(step: StepRecord) -> bool:
    """Whether the instance runs on in the version that it ran in."""
    is_moved = step.events[0].kind is EventKind.INSTANCE_MIGRATED
    return step.instance.state is InstanceState.ACTIVE and not is_moved


def _changed_values(step: StepRecord) -> dict[str, Any]:
    values = {name: getattr(step.instance, name) for name in (*_CHANGING, *_RARELY)}
    values["of_instance"] = step.instance.instance_id
    values["expected_revision"] = step.expected_revision
    values["expected_sequence"] = step.events[0].sequence - 1
    return {**values, "snapshot": step.snapshot}


@of_table(process_instance)
def instance_of(row: Row[Any]) -> ProcessInstance:
    """The instance in a row that has at least INSTANCE_COLUMNS."""
    values = {column.name: getattr(row, column.name) for column in INSTANCE_COLUMNS}
    return ProcessInstance(**{**values, "state": InstanceState(row.state)})


def stored_instance_of(row: Sequence[Any]) -> StoredInstance:
    """The instance and snapshot in a row that begins with all columns of process_instance."""
    # By place: see task_of.
    values = list(_of_fields(row))
    values[_STATE] = InstanceState(values[_STATE])
    instance, snapshot = made_of(ProcessInstance, values), row[_SNAPSHOT]
    return StoredInstance(instance, None if snapshot is None else bytes(snapshot))
