"""Figures of the whole database, for those who run it: each question reads only an index.

Nobody's visibility narrows them: they are counts, and their border decides who may ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, false, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.model import DeliveryLoad, DeliveryState, InstanceState, LaneLoad, TaskState, TopicLoad
from engine.model import Figures as FiguresOf
from engine.store.tables import (
    account_event,
    checkpoint,
    delivery,
    duty_pulse,
    external_task,
    incident,
    process_definition,
    process_instance,
    user_task,
)
from engine.store.transaction import Transaction

#: A failure that is older is of no alarm any more.
_LATELY = timedelta(days=1)
#: That it is asked for lets SQLite take the index of what is due.
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


class Figures(Transaction):
    """Questions about how much there is to do, and whether somebody does it."""

    def figures(self, now: datetime) -> FiguresOf:
        """What there is to do, in nine statements."""
        return FiguresOf(
            lanes=self._lanes(now),
            topics=self._topics(now),
            running=self._running(),
            open_incidents=self._number(
                select(func.count()).select_from(incident).where(incident.c.resolved_at.is_(None))
            ),
            due_instances=self._number(_due(func.count(), now)),
            oldest_due_at=self._oldest_due(now),
            deliveries=self._deliveries(now),
            last_checkpoint_at=self._last_checkpoint(),
        )

    def _lanes(self, now: datetime) -> tuple[LaneLoad, ...]:
        overdue = func.count().filter(user_task.c.due_at < now)
        # Written into the statement: of a parameter SQLite does not know that the index, which
        # has only open tasks, may answer.
        is_open = user_task.c.state == literal(TaskState.OPEN.value, literal_execute=True)
        rows = self._all(
            select(user_task.c.lane, func.count().label("open"), overdue.label("overdue"))
            .where(is_open)
            .group_by(user_task.c.lane)
            .order_by(user_task.c.lane)
        )
        return tuple(LaneLoad(row.lane, row.open, row.overdue) for row in rows)

    def _topics(self, now: datetime) -> tuple[TopicLoad, ...]:
        held = func.count().filter(external_task.c.lock_expires_at >= now)
        rows = self._all(
            select(external_task.c.topic, func.count().label("all"), held.label("held"))
            .group_by(external_task.c.topic)
            .order_by(external_task.c.topic)
        )
        return tuple(TopicLoad(row.topic, row.all - row.held, row.held) for row in rows)

    def _running(self) -> Mapping[str, int]:
        # One search per key, so that the many instances that have ended are not read.
        keys = select(process_definition.c.key).distinct().subquery()
        running = (
            select(func.count())
            .where(
                process_instance.c.definition_key == keys.c.key,
                process_instance.c.state == InstanceState.ACTIVE,
            )
            .scalar_subquery()
        )
        rows = self._all(select(keys.c.key, running.label("running")).order_by(keys.c.key))
        return {row.key: row.running for row in rows}

    def _oldest_due(self, now: datetime) -> datetime | None:
        [row] = self._all(_due(func.min(process_instance.c.next_due_at), now))
        oldest: datetime | None = row[0]
        return oldest

    def _last_checkpoint(self) -> datetime | None:
        statement = select(checkpoint.c.at).order_by(checkpoint.c.number.desc()).limit(1)
        row = self._first(statement)
        return row.at if row else None

    def _deliveries(self, now: datetime) -> DeliveryLoad:
        # Both states written into the statement, as in _lanes.
        pending = delivery.c.state == literal(DeliveryState.PENDING.value, literal_execute=True)
        due = func.min(delivery.c.due_at).filter(delivery.c.due_at <= now)
        [row] = self._all(
            select(func.count().label("number"), due.label("due_at")).where(
                pending, delivery.c.due_at > _BEFORE_ALL
            )
        )
        failed = select(func.count()).where(
            delivery.c.ended_at > now - _LATELY, delivery.c.state == DeliveryState.FAILED.value
        )
        return DeliveryLoad(row.number, self._number(failed), row.due_at)

    # ---------------------------------------------------------------- pulses

    def duty_pulses(self) -> dict[str, datetime]:
        """Duty -> when a worker last did it without failing."""
        rows = self._all(select(duty_pulse).order_by(duty_pulse.c.duty))
        return {row.duty: row.at for row in rows}

    def last_sign_of_life(self) -> datetime | None:
        """When a duty or a checkpoint was last done, or an account was last written about."""
        last_event = select(account_event.c.at).order_by(account_event.c.sequence.desc()).limit(1)
        event = self._first(last_event)
        moments = [*self.duty_pulses().values(), self._last_checkpoint(), event and event.at]
        return max((each for each in moments if each is not None), default=None)

    def try_writing(self) -> None:
        """A statement that writes nothing, and that a database which cannot be written refuses."""
        self._write(delete(duty_pulse).where(false()))

    def note_pulse(self, duty: str, at: datetime) -> None:
        """A worker did the duty."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        new = dialect.insert(duty_pulse)
        keep = new.on_conflict_do_update(
            index_elements=[duty_pulse.c.duty], set_={"at": new.excluded["at"]}
        )
        self._write(keep, [{"duty": duty, "at": at}])


def _due(figure: ColumnElement[Any], now: datetime) -> Select[Any]:
    """A figure of the instances whose timer is due; an ended one has no due time."""
    return select(figure).where(process_instance.c.next_due_at < now)
