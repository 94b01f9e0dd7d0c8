"""The floor: the rows that Alur writes for a completion, written by a bare transaction.

What Alur does for one instance is recorded once, statement by statement; then only what changes the
database is done again, for new instances, through the driver alone. Nothing is read or computed.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url

from engine.model import ProcessDefinition
from engine.process_engine import ProcessEngine
from engine.store.connection import open_engine
from tests.benchmarks import workload
from tests.benchmarks.contestants.alur import deployed, prepared
from tests.benchmarks.contestants.crowd import Crowd
from tests.benchmarks.sizes import plain_postgresql

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CHANGES = ("INSERT", "UPDATE", "DELETE")

#: A statement and its parameters, as the driver takes them.
Statement = tuple[str, Any]


@dataclass
class Recording:
    """What one instance wrote: at its start, and at each completion."""

    start: list[Statement] = field(default_factory=list)
    completions: list[list[Statement]] = field(default_factory=list)


def floor(url: str, *, processes: int = 1) -> Crowd:
    """url: an empty database, which is migrated here."""
    return Crowd("floor: the same rows, bare transaction", url, floor_opener(url), processes)


def floor_opener(url: str) -> Callable[[], FloorDoer]:
    """What makes the floor in whatever process it is called. url: as of `floor`."""
    engine = prepared(url)
    definition = deployed(engine)
    kept = frozenset(_UUID.findall(f"{definition.definition_id} {definition.deployment_id}"))
    return partial(FloorDoer, url, _record(engine, definition), kept)


def _record(engine: ProcessEngine, definition: ProcessDefinition) -> Recording:
    recording = Recording()
    with _recorded(recording.start):
        started = engine.instances.start(definition, {}, actor=workload.ANALYST)
    opened = started.opened
    while opened:
        number = len(recording.completions)
        recording.completions.append([])
        with _recorded(recording.completions[number]):
            opened = engine.tasks.complete(
                opened[0].task_id,
                workload.submission(f"langkah_{number + 1}"),
                actor=workload.person(workload.lane_of(number)),
            ).opened
    return recording


class FloorDoer:
    """Writes a recording again and again, for new instances."""

    def __init__(self, url: str, recording: Recording, kept: frozenset[str]) -> None:
        """kept: ids that are of the definition, not of the instance."""
        self._url = url
        self._recording = recording
        self._kept = kept
        self._pool = open_engine(url)

    def start(self, instances: int) -> list[Recording]:
        renewed = [self._renewed() for _ in range(instances)]
        with self.connection() as write:
            for recording in renewed:
                write(recording.start)
        return renewed

    def complete(self, begun: Sequence[Recording]) -> list[float]:
        seconds: list[float] = []
        with self.connection() as write:
            for recording in begun:
                for statements in recording.completions:
                    since = time.perf_counter()
                    write(statements)
                    seconds.append(time.perf_counter() - since)
        return seconds

    def statements(self) -> list[int]:
        return [len(each) for each in self._recording.completions]

    @contextmanager
    def connection(self) -> Iterator[Callable[[list[Statement]], None]]:
        """Writes statements in one transaction of the driver's."""
        if make_url(self._url).get_backend_name() == "sqlite":
            # The very connection that Alur uses, with its settings; SQLAlchemy stays outside.
            raw = self._pool.raw_connection()
            try:
                yield partial(_write_sqlite, raw.driver_connection)
            finally:
                raw.close()
            return
        with psycopg.connect(plain_postgresql(self._url), autocommit=True) as connection:
            yield partial(_write_postgresql, connection)

    def _renewed(self) -> Recording:
        """The recording with ids of a new instance in place of the recorded ones."""
        fresh = {each: each for each in self._kept}

        def renew(value: Any) -> Any:
            if isinstance(value, str):
                return _UUID.sub(lambda m: fresh.setdefault(m[0], str(uuid.uuid4())), value)
            if isinstance(value, uuid.UUID):
                return uuid.UUID(renew(str(value)))
            if isinstance(value, dict):
                return {key: renew(each) for key, each in value.items()}
            if isinstance(value, (list, tuple)):
                return type(value)(renew(each) for each in value)
            return value

        return Recording(
            [(text, renew(values)) for text, values in self._recording.start],
            [[(t, renew(v)) for t, v in each] for each in self._recording.completions],
        )


@contextmanager
def _recorded(written: list[Statement]) -> Iterator[None]:
    """Note what changes the database in the meantime."""

    def note(_c: object, _k: object, text: str, values: Any, _x: object, many: bool) -> None:
        if text.lstrip().upper().startswith(_CHANGES) or "RETURNING" in text.upper():
            written.append((text, [_row(each) for each in values] if many else _row(values)))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _row(values: Any) -> Any:
    """The parameters of one row, as another process can be given them."""
    if isinstance(values, dict):
        return {name: _sendable(each) for name, each in values.items()}
    return tuple(_sendable(each) for each in values)


def _sendable(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _write_sqlite(connection: Any, statements: list[Statement]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for text, values in statements:
        if isinstance(values, list):
            connection.executemany(text, values)
        else:
            connection.execute(text, values)
    connection.execute("COMMIT")


def _write_postgresql(connection: psycopg.Connection[Any], statements: list[Statement]) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        for text, values in statements:
            if isinstance(values, list):
                cursor.executemany(text, values)
            else:
                cursor.execute(text, values)
