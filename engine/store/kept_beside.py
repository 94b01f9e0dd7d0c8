"""What is kept beside the histories of many instances, read at once; and written anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Table,
    delete,
    insert,
    select,
    tuple_,
    type_coerce,
    update,
)

from engine.model import (
    Candidate,
    EndedTask,
    EventSubscription,
    ExternalTask,
    HistoryEvent,
    Incident,
    IncidentKind,
    KeptBeside,
    Listed,
    ProcessInstance,
    SetVariable,
    TaskState,
    UserTask,
)
from engine.store.documents import held_of
from engine.store.events import event_of
from engine.store.instances import PUT_TASKS, stored_instance_of
from engine.store.step_rows import (
    candidate_values,
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
    metadata,
    process_instance,
    task_candidate,
    user_task,
    variable_update,
)
from engine.store.tasks import task_of
from engine.store.transaction import Transaction, readable

_IS_OPEN = user_task.c.state == TaskState.OPEN.value
_ENDED = tuple(
    user_task.c[name] for name in ("instance_id", "task_id", "state", "ended_at", "ended_by")
)
_UPDATE = tuple(variable_update.c[name] for name in ("instance_id", *SetVariable._fields))
#: What has rows of a user task, so that none refers to what is deleted before it.
_OF_TASK = tuple(
    table
    for table in reversed(metadata.sorted_tables)
    if {"instance_id", "task_id"} <= set(table.c.keys())
)
#: What a step gives an instance beside its place in history.
_FACTS = ("definition_id", "state", "ended_at", "end_reason", "next_due_at")


class Beside(Transaction):
    """Questions about all that is kept of instances, for who compares it with history."""

    def instances_behind(self, last: Listed | None, most: int) -> list[Listed]:
        """The instances behind that one, the oldest first; also those whose row cannot be read.

        Who starts meanwhile stands at the end.
        """
        columns = process_instance.c
        # As it is kept: a damaged one has a place too.
        began = type_coerce(columns.started_at, BigInteger).label("began")
        statement = select(columns.instance_id, columns.last_sequence, began)
        if last is not None:
            place = tuple_(began, columns.instance_id)
            statement = statement.where(place > tuple_(last.began, last.instance_id))
        rows = self._all(statement.order_by(began, columns.instance_id).limit(most))
        return [
            Listed(
                row.instance_id,
                row.last_sequence if isinstance(row.last_sequence, int) else 1,
                row.began,
            )
            for row in rows
        ]

    def events_of(self, instance_ids: Collection[str]) -> dict[str, list[HistoryEvent]]:
        """The whole histories of these instances. Raises DamagedRow when one cannot be read."""
        found: dict[str, list[HistoryEvent]] = {each: [] for each in instance_ids}
        columns = history_event.c
        statement = (
            select(history_event)
            .where(columns.instance_id.in_(found))
            .order_by(columns.instance_id, columns.sequence)
        )
        with readable("an event"):
            for row in self._all(statement):
                found[row.instance_id].append(event_of(row))
        return found

    def kept_beside(self, instance_ids: Collection[str]) -> dict[str, KeptBeside]:
        """What is kept of each of these instances that there are.

        Raises DamagedRow when a row of one of them cannot be read.
        """
        asked = sorted(instance_ids)
        with readable(f"a row of instance {asked[0]}" if len(asked) == 1 else "a row"):
            open_rows = self._of(user_task, asked, _IS_OPEN, order=("created_at", "task_id"))
            candidates = self._candidates(asked)
            ended = self._ended(asked)
            subscriptions = self._of(event_subscription, asked)
            services = self._of(external_task, asked)
            incidents = self._of(incident, asked, order=("raised_at", "incident_id"))
            documents = self._of(document, asked, order=("sequence", "name", "document_id"))
            variables = self._set_variables(asked)
            stored = self._of(process_instance, asked)
            return {
                each: KeptBeside(
                    stored=stored_instance_of(rows[0]),
                    open_tasks=[task_of(row) for row in open_rows.get(each, ())],
                    ended_tasks=ended.get(each, ()),
                    offered_lanes={r.task_id: r.offered_lane for r in open_rows.get(each, ())},
                    candidates=frozenset(candidates.get(each, ())),
                    subscriptions=[
                        EventSubscription(**row._mapping) for row in subscriptions.get(each, ())
                    ],
                    services=[ExternalTask(**row._mapping) for row in services.get(each, ())],
                    incidents=[_incident(row) for row in incidents.get(each, ())],
                    documents=[held_of(row) for row in documents.get(each, ())],
                    variables=variables.get(each, ()),
                )
                for each, rows in stored.items()
            }

    def _of(
        self,
        table: Table,
        instance_ids: Sequence[str],
        *conditions: ColumnElement[bool],
        order: Iterable[str] = (),
    ) -> dict[str, list[Row[Any]]]:
        """The rows of each instance."""
        statement = select(table).where(table.c.instance_id.in_(instance_ids), *conditions)
        found: dict[str, list[Row[Any]]] = {}
        for row in self._all(statement.order_by(*(table.c[name] for name in order))):
            found.setdefault(row.instance_id, []).append(row)
        return found

    def _ended(self, instance_ids: Sequence[str]) -> dict[str, list[EndedTask]]:
        found: dict[str, list[EndedTask]] = {}
        for row in self._all(
            select(*_ENDED).where(user_task.c.instance_id.in_(instance_ids), ~_IS_OPEN)
        ):
            ended = EndedTask(row.task_id, TaskState(row.state), row.ended_at, row.ended_by)
            found.setdefault(row.instance_id, []).append(ended)
        return found

    def _candidates(self, instance_ids: Sequence[str]) -> dict[str, list[Candidate]]:
        columns = task_candidate.c
        of_open = (columns.instance_id == user_task.c.instance_id) & (
            columns.task_id == user_task.c.task_id
        )
        statement = (
            select(task_candidate)
            .join(user_task, of_open)
            .where(columns.instance_id.in_(instance_ids), _IS_OPEN)
        )
        found: dict[str, list[Candidate]] = {}
        for row in self._all(statement):
            offered = Candidate(row.task_id, row.kind, row.name)
            found.setdefault(row.instance_id, []).append(offered)
        return found

    def _set_variables(self, instance_ids: Sequence[str]) -> dict[str, list[SetVariable]]:
        columns = variable_update.c
        statement = (
            select(*_UPDATE)
            .where(columns.instance_id.in_(instance_ids))
            .order_by(columns.instance_id, columns.sequence, columns.name)
        )
        found: dict[str, list[SetVariable]] = {}
        for row in self._all(statement):
            found.setdefault(row[0], []).append(SetVariable._make(row[1:]))
        return found

    # --------------------------------------------------------------------- writing

    def put_facts(self, instance: ProcessInstance) -> None:
        """What the steps gave an instance is this."""
        values = {name: getattr(instance, name) for name in _FACTS}
        self._write(
            update(process_instance)
            .where(process_instance.c.instance_id == instance.instance_id)
            .values(**values)
        )

    def put_variables(self, instance_id: str, found: Sequence[SetVariable]) -> None:
        """The instance has these and no other rows of variables."""
        rows = [{"instance_id": instance_id, **each._asdict()} for each in found]
        self._put_anew(variable_update, instance_id, rows)

    def put_incidents(self, instance_id: str, found: Sequence[Incident]) -> None:
        """The instance has had these incidents and no other."""
        self._put_anew(incident, instance_id, [incident_values(each) for each in found])

    def put_services(self, instance_id: str, found: Sequence[ExternalTask]) -> None:
        """These external tasks are open in the instance and no other."""
        self._put_anew(external_task, instance_id, [service_values(each) for each in found])

    def put_subscriptions(self, instance_id: str, found: Sequence[EventSubscription]) -> None:
        """The instance waits for these and for no other."""
        columns = event_subscription.c.keys()
        rows = [{name: getattr(each, name) for name in columns} for each in found]
        self._put_anew(event_subscription, instance_id, rows)

    def put_tasks(self, instance_id: str, found: Sequence[UserTask]) -> None:
        """These are open tasks of the instance, as they are here, offered to whom they say."""
        if not found:
            return
        rows = [task_values(each) for each in found]
        self._write(PUT_TASKS, rows)
        for row in rows:
            offers = {n: row[n] for n in ("offered_lane", "candidate_users", "candidate_groups")}
            self._write(
                update(user_task)
                .where(_is_task(user_task, instance_id, row["task_id"]))
                .values(offers)
            )
            self._write(
                delete(task_candidate).where(_is_task(task_candidate, instance_id, row["task_id"]))
            )
        candidates = [row for each in found for row in candidate_values(each)]
        if candidates:
            self._write(insert(task_candidate), candidates)

    def put_ended_tasks(self, instance_id: str, found: Mapping[str, EndedTask]) -> None:
        """These tasks have ended so, as far as the instance has rows of them."""
        for task_id, ended in sorted(found.items()):
            self._write(
                update(user_task)
                .where(_is_task(user_task, instance_id, task_id))
                .values(
                    state=ended.state.value,
                    ended_at=ended.ended_at,
                    ended_by=ended.ended_by,
                    remind_at=None,
                    escalate_at=None,
                )
            )

    def drop_task(self, instance_id: str, task_id: str) -> None:
        """There is no such task, nor anything of it."""
        for table in _OF_TASK:
            self._write(delete(table).where(_is_task(table, instance_id, task_id)))

    def _put_anew(self, table: Table, instance_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self._write(delete(table).where(table.c.instance_id == instance_id))
        if rows:
            self._write(insert(table), [dict(row) for row in rows])


def _is_task(table: Table, instance_id: str, task_id: str) -> ColumnElement[bool]:
    return (table.c.instance_id == instance_id) & (table.c.task_id == task_id)


def _incident(row: Row[Any]) -> Incident:
    return Incident(**{**row._mapping, "kind": IncidentKind(row.kind)})
