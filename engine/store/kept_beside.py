"""What is kept beside the histories of many instances, read at once; and written anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
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
    Course,
    EventSubscription,
    ExternalTask,
    HistoryEvent,
    Incident,
    IncidentKind,
    InstanceState,
    InstanceTime,
    KeptBeside,
    KeptMeasures,
    Listed,
    ProcessInstance,
    SearchedBy,
    SetVariable,
    TaskState,
    TaskTime,
    Told,
    UserTask,
)
from engine.store.documents import held_of
from engine.store.events import event_of
from engine.store.instances import PUT_TASKS, stored_instance_of
from engine.store.kept_keys import as_bytes
from engine.store.kept_rows import of_table, readable, require, required_in
from engine.store.step_rows import (
    candidate_values,
    incident_values,
    service_values,
    task_values,
)
from engine.store.tables import (
    course,
    document,
    event_subscription,
    external_task,
    history_event,
    incident,
    instance_time,
    metadata,
    process_instance,
    search_entry,
    task_candidate,
    task_escalation,
    task_time,
    user_task,
    variable_update,
)
from engine.store.tasks import task_of
from engine.store.transaction import Transaction

_IS_OPEN = user_task.c.state == TaskState.OPEN.value
_UPDATE = tuple(variable_update.c[name] for name in ("instance_id", *SetVariable._fields))
#: What has rows of a user task, so that none refers to what is deleted before it.
_OF_TASK = tuple(
    table
    for table in reversed(metadata.sorted_tables)
    if {"instance_id", "task_id"} <= set(table.c.keys())
)
#: Facts of a task's opening that no step puts again.
_OF_OPENING = ("offered_lane", "candidate_users", "candidate_groups", "business_key")
#: What a step gives an instance beside its place in history, and what its start told.
_FACTS = (
    *("definition_id", "state", "ended_at", "end_reason", "next_due_at"),
    *("business_key", "start_activity_id", "super_instance_id", "started_at", "started_by"),
)


#: What an instance is called whose own id cannot be read.
NAMELESS = "a row of process_instance without an instance_id that can be read:"


class Beside(Transaction):
    """Questions about all that is kept of instances, for who compares it with history."""

    def instances_behind(self, last: Listed | None, most: int) -> list[Listed]:
        """The instances behind that one, the oldest first; also those whose row cannot be read.

        Who starts meanwhile stands at the end.
        """
        columns = process_instance.c
        # As they are kept: a damaged one has a place too.
        began = type_coerce(columns.started_at, BigInteger).label("began")
        is_lenient = self._connection.dialect.name == "sqlite"
        key = as_bytes(columns.instance_id) if is_lenient else columns.instance_id
        events = type_coerce(columns.last_sequence, BigInteger).label("last_sequence")
        statement = select(key.label("instance_id"), events, began)
        if last is not None:
            place = tuple_(began, columns.instance_id)
            statement = statement.where(place > tuple_(last.began, last.instance_id))
        rows = self._all(statement.order_by(began, columns.instance_id).limit(most))
        found = []
        for row in rows:
            instance_id = self._text(row.instance_id)
            if instance_id is not None:
                number = row.last_sequence if isinstance(row.last_sequence, int) else 1
                found.append(Listed(instance_id, number, row.began))
        return found

    def histories_without_instance(self) -> list[str]:
        """Ids of those whose instance has no row."""
        columns = history_event.c
        its = select(process_instance.c.instance_id).where(
            process_instance.c.instance_id == columns.instance_id
        )
        statement = select(columns.instance_id).where(columns.sequence == 1, ~its.exists())
        return self._ids(statement, columns.instance_id)

    def _text(self, kept: bytes | str | None) -> str | None:
        """The id; None when it is none, which is told."""
        try:
            return kept.decode() if isinstance(kept, bytes) else str(kept or "") or None
        except UnicodeDecodeError as error:
            self._quarantine.take(f"{NAMELESS} {kept!r}", str(error))
            return None

    def events_of(self, instance_ids: Collection[str]) -> dict[str, Told]:
        """The whole histories of these instances. Raises DamagedRow when one cannot be read."""
        found = {each: (list[HistoryEvent](), list[int]()) for each in instance_ids}
        columns = history_event.c
        statement = (
            select(history_event)
            .where(columns.instance_id.in_(found))
            .order_by(columns.instance_id, columns.sequence)
        )
        with readable("an event"):
            for row in self._all(statement):
                event = event_of(row)
                events, miscopied = found[row.instance_id]
                events.append(event)
                if (row.activity_name, row.activity_type) != event.copied_texts:
                    miscopied.append(event.sequence)
        return {each: Told(*parts) for each, parts in found.items()}

    def kept_beside(self, instance_ids: Collection[str]) -> dict[str, KeptBeside]:
        """What is kept of each of these instances that there are.

        Raises DamagedRow when a row of one of them cannot be read.
        """
        asked = sorted(instance_ids)
        with readable(f"a row of instance {asked[0]}" if len(asked) == 1 else "a row"):
            tasks = self._of(user_task, asked, order=("created_at", "task_id"))
            candidates = self._candidates(asked)
            risen = self._of(task_escalation, asked)
            subscriptions = self._of(event_subscription, asked)
            services = self._of(external_task, asked)
            incidents = self._of(incident, asked, order=("raised_at", "incident_id"))
            documents = self._of(document, asked, order=("sequence", "name", "document_id"))
            variables = self._set_variables(asked)
            stored = self._of(process_instance, asked)
            words = self._of(search_entry, asked)
            times = self._of(task_time, asked)
            elapsed = {
                each: _instance_time(row) for each, [row] in self._of(instance_time, asked).items()
            }
            courses = self._courses(elapsed)
            return {
                each: KeptBeside(
                    stored=stored_instance_of(rows[0]),
                    tasks=[task_of(row) for row in tasks.get(each, ())],
                    searched_by={row.task_id: _searched_by(row) for row in tasks.get(each, ())},
                    candidates=frozenset(candidates.get(each, ())),
                    risen={(r.task_id, r.level): r.lane for r in risen.get(each, ())},
                    subscriptions=[
                        EventSubscription(**row._mapping) for row in subscriptions.get(each, ())
                    ],
                    services=[ExternalTask(**row._mapping) for row in services.get(each, ())],
                    incidents=[_incident(row) for row in incidents.get(each, ())],
                    documents=[held_of(row) for row in documents.get(each, ())],
                    variables=variables.get(each, ()),
                    words=next((row.words for row in words.get(each, ())), None),
                    measures=KeptMeasures(
                        is_measured=rows[0].is_measured,
                        measured_tasks=frozenset(
                            row.task_id for row in tasks.get(each, ()) if row.is_measured
                        ),
                        tasks={row.task_id: _task_time(row) for row in times.get(each, ())},
                        instance=elapsed.get(each),
                        course=courses.get(each),
                    ),
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

    def _courses(self, measured: Mapping[str, InstanceTime]) -> dict[str, Course]:
        """Instance -> the course that it went."""
        if not measured:
            return {}
        digests = sorted({each.course_digest for each in measured.values()})
        rows = self._all(select(course).where(course.c.digest.in_(digests)))
        found = {row.digest: Course(**{**row._mapping, "steps": tuple(row.steps)}) for row in rows}
        return {
            each: found[time.course_digest]
            for each, time in measured.items()
            if time.course_digest in found
        }

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
        """What its start and its steps gave an instance is this."""
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
        """The instance has these tasks as they are here, offered to whom they say."""
        if not found:
            return
        rows = [task_values(each) for each in found]
        self._write(PUT_TASKS, rows)
        for row in rows:
            opened = {name: row[name] for name in _OF_OPENING}
            self._write(
                update(user_task)
                .where(_is_task(user_task, instance_id, row["task_id"]))
                .values(opened)
            )
            for table in (task_candidate, task_escalation):
                self._write(delete(table).where(_is_task(table, instance_id, row["task_id"])))
        candidates = [row for each in found for row in candidate_values(each)]
        if candidates:
            self._write(insert(task_candidate), candidates)
        risen = [row for each in found for row in _rising_values(each)]
        if risen:
            self._write(insert(task_escalation), risen)

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


_TIMES = tuple(task_time.c.keys())
_needed = itemgetter(*(_TIMES.index(name) for name in required_in(task_time)))


def _task_time(row: Sequence[Any]) -> TaskTime:
    # By place: proofs read very many.
    if None in _needed(row):
        require(task_time, dict(zip(_TIMES, row, strict=True)))
    return TaskTime(*row)


@of_table(instance_time)
def _instance_time(row: Row[Any]) -> InstanceTime:
    return InstanceTime(**{**row._mapping, "state": InstanceState(row.state)})


@of_table(user_task)
def _searched_by(row: Row[Any]) -> SearchedBy:
    return SearchedBy(row.offered_lane, row.escalation_level)


def _rising_values(task: UserTask) -> list[dict[str, Any]]:
    return [
        {
            "instance_id": task.instance_id,
            "task_id": task.task_id,
            "level": level,
            "lane": each.lane,
        }
        for level, each in enumerate(task.escalations, start=1)
    ]


@of_table(incident)
def _incident(row: Row[Any]) -> Incident:
    return Incident(**{**row._mapping, "kind": IncidentKind(row.kind)})
