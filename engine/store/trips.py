"""One trip to PostgreSQL: statements are sent at once, and their answers waited for once.

libpq's pipeline mode, and its statements that are prepared once for each connection. The driver's
own way to the same costs a step more than all the work of the server.
"""

from __future__ import annotations

import re
import select
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Any

from psycopg import Binary, Connection, DataError, Error, OperationalError
from psycopg.abc import Transformer as Reading
from psycopg.adapt import Transformer
from psycopg.errors import InFailedSqlTransaction, error_from_result
from psycopg.pq import ConnStatus, ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGresult

#: A statement in the driver's words, and its values by their names.
Statement = tuple[str, Mapping[str, Any]]

_BOUND = re.compile(r"%(?:%|\((\w+)\)s)")
_TEXT, _BINARY = 0, 1
#: How many statements of one connection are prepared: those that come after are planned each time.
_MOST = 200
#: Connections of this process with something under way, or in a transaction of trips.
_at_work: set[TripConnection] = set()
#: No name comes twice, whatever became of the statement that had it.
_numbers = count()


class TripConnection(Connection[Any]):
    """The driver's connection, which knows what was sent by trips, and what was prepared by them.

    Who uses it otherwise has to wait for the answers of a trip before.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        #: Text -> name.
        self.prepared: dict[str, bytes] = {}
        #: Text of what is prepared and gives rows -> what reads them.
        self._readers: dict[str, Reading] = {}
        #: What was sent and is not answered yet.
        self.under_way: UnderWay | None = None
        #: Whether what is sent begins a transaction, unless one is begun.
        self.begins = True
        self._has_news = select.poll()
        self._has_news.register(self.pgconn.socket, select.POLLIN)

    def send(self, statements: Sequence[Statement]) -> int:
        """Send the statements, with which the server begins at once: `answered` waits for it.

        Gives the place of the first among what is answered. Raises psycopg.Error when nothing can
        be sent.
        """
        # Of values that cannot be sent none must be.
        asked = [(text, *_parameters(text, values)) for text, values in statements]
        try:
            trip = self.under_way or self._set_out()
            first = len(trip.sent)
            for text, values, formats in asked:
                self._send_one(trip, text, values, formats)
            if len(_at_work) <= 1:
                # Else the processors have enough to do, and each sending costs some of their time.
                self.pgconn.flush()
        except BaseException:
            self._give_up()
            raise
        return first

    def answered(self, *, ending: bytes | None = None) -> list[Answer]:
        """The answers of all statements that are under way, waited for once.

        ending: sent after them. Raises psycopg.Error of the first one that fails; those after it
        are not done, nor is the ending.
        """
        trip, self.under_way = self.under_way, None
        if trip is None:
            return []
        connection, names = self.pgconn, self.prepared
        try:
            if ending is not None:
                connection.send_query_params(ending, None)
            connection.pipeline_sync()
            answers = self._answers()
            connection.exit_pipeline_mode()
            if connection.transaction_status == TransactionStatus.IDLE:
                _at_work.discard(self)
        except BaseException:
            self._give_up()
            raise
        for place, (text, name) in trip.new.items():
            if answers[place].status == ExecStatus.COMMAND_OK:
                names[text] = name
        _require_good(self, answers)
        return [self._told(text, answers[place]) for place, text in trip.sent]

    def _set_out(self) -> UnderWay:
        trip = self.under_way = UnderWay()
        _at_work.add(self)
        connection = self.pgconn
        is_begun = connection.transaction_status != TransactionStatus.IDLE
        connection.enter_pipeline_mode()
        if self.begins and not is_begun:
            connection.send_query_params(_beginning(self), None)
            trip.commands += 1
        return trip

    def _send_one(
        self,
        trip: UnderWay,
        text: str,
        values: list[bytes | None],
        formats: list[int] | None,
    ) -> None:
        connection, name = self.pgconn, self.prepared.get(text)
        if name is None and len(self.prepared) + len(trip.new) < _MOST:
            name = b"alur_%d" % next(_numbers)
            connection.send_prepare(name, _numbered(text)[0])
            trip.new[trip.commands] = (text, name)
            trip.commands += 1
        if name is None:
            connection.send_query_params(_numbered(text)[0], values, None, formats)
        else:
            connection.send_query_prepared(name, values, formats)
        trip.sent.append((trip.commands, text))
        trip.commands += 1

    def _told(self, text: str, told: PGresult) -> Answer:
        if not told.nfields:
            return Answer(told.command_tuples or 0, [])
        reading = self._readers.get(text)
        if reading is None:
            reading = Transformer(self)
            reading.set_pgresult(told)
            if text in self.prepared:
                # What is prepared gives the same columns each time, or fails.
                self._readers[text] = reading
        else:
            reading.set_pgresult(told, set_loaders=False)
        rows = reading.load_rows(0, told.ntuples, tuple)
        reading.set_pgresult(None, set_loaders=False)
        return Answer(len(rows), rows)

    def _answers(self) -> list[PGresult]:
        """What the server says of all that was sent, one for each command; others work meanwhile.

        Raises psycopg.OperationalError when the connection is lost.
        """
        connection = self.pgconn
        self._flush()
        is_pipeline = connection.pipeline_status != PipelineStatus.OFF
        found: list[PGresult] = []
        while True:
            while connection.is_busy():
                self._has_news.poll()
                connection.consume_input()
            answer = connection.get_result()
            if answer is not None and answer.status != ExecStatus.PIPELINE_SYNC:
                found.append(answer)
            elif connection.status == ConnStatus.BAD:
                raise OperationalError(connection.get_error_message())
            elif answer is not None or not is_pipeline:
                return found

    def _flush(self) -> None:
        """Send what is kept; what the server says meanwhile is read, or both would wait."""
        connection = self.pgconn
        if not connection.flush():
            return
        either = select.poll()
        either.register(connection.socket, select.POLLIN | select.POLLOUT)
        while connection.flush():
            if any(event & ~select.POLLOUT for _, event in either.poll()):
                connection.consume_input()

    def commit(self) -> None:
        """As the driver commits, in fewer words, and along with what is under way.

        Raises psycopg.Error of the first statement that fails; then nothing is kept. It does so
        too when one failed before: the server rolls back then, and calls that no error.
        """
        if self.under_way is not None:
            try:
                self.answered(ending=b"COMMIT")
            except Error:
                # SQLAlchemy takes a transaction for ended, whatever its end was.
                with suppress(Error):
                    super().rollback()
                raise
            return
        if self.pgconn.transaction_status == TransactionStatus.IDLE:
            return
        _at_work.discard(self)
        try:
            self.pgconn.send_query(b"COMMIT")
            answers = self._answers()
        except BaseException:
            self._give_up()
            raise
        _require_good(self, answers)
        if any(answer.command_status == b"ROLLBACK" for answer in answers):
            raise InFailedSqlTransaction("the server had ended the transaction before its commit")

    def rollback(self) -> None:
        """As the driver does; what became of what is under way is no matter any more."""
        if self.under_way is not None:
            with suppress(Error):
                self.answered()
        _at_work.discard(self)
        super().rollback()

    def close(self) -> None:
        """As the driver does."""
        _at_work.discard(self)
        super().close()

    def _give_up(self) -> None:
        """Nobody knows what the connection would answer next."""
        self.under_way = None
        self.close()

    def _deallocate(self, name: bytes | None) -> Any:
        """As the driver lets go of what it prepared; without a name of all, also of ours.

        It does so after a rollback, and after it ran a DROP or ALTER.
        """
        if name is None:
            self.prepared.clear()
            self._readers.clear()
        return super()._deallocate(name)


@dataclass(frozen=True, slots=True)
class Answer:
    """What PostgreSQL said of a statement."""

    #: How many rows it touched.
    touched: int
    #: What it asked for, as the driver gives it.
    rows: list[tuple[Any, ...]]


@dataclass(slots=True)
class UnderWay:
    """What was sent since the server was last waited for."""

    #: How many commands there were, and which of them were statements, with their texts.
    commands: int = 0
    sent: list[tuple[int, str]] = field(default_factory=list)
    #: Which of them prepared a statement: its text and name.
    new: dict[int, tuple[str, bytes]] = field(default_factory=dict)


def _beginning(driver: TripConnection) -> bytes:
    """What the driver would begin a transaction with."""
    words = ["BEGIN"]
    if driver.isolation_level is not None:
        words.append(f"ISOLATION LEVEL {driver.isolation_level.name.replace('_', ' ')}")
    if driver.read_only is not None:
        words.append("READ ONLY" if driver.read_only else "READ WRITE")
    return " ".join(words).encode()


@lru_cache(maxsize=1000)
def _numbered(text: str) -> tuple[bytes, tuple[str, ...]]:
    """The statement with numbers in place of the names of what is bound; the names by number."""
    places: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1]
        return "%" if name is None else f"${places.setdefault(name, len(places) + 1)}"

    return _BOUND.sub(number, text).encode(), tuple(places)


def _parameters(
    text: str, values: Mapping[str, Any]
) -> tuple[list[bytes | None], list[int] | None]:
    """The values as PostgreSQL reads them, and in which format; None when all are texts."""
    found: list[bytes | None] = []
    formats: list[int] | None = None
    for place, name in enumerate(_numbered(text)[1]):
        value = values[name]
        if isinstance(value, str):
            if "\0" in value:
                # It would be cut off there.
                raise DataError("text must not contain the character NUL")
            found.append(value.encode())
        elif value is None:
            found.append(None)
        elif isinstance(value, int):
            found.append(str(value).encode())
        else:
            formats = formats or [_TEXT] * len(_numbered(text)[1])
            formats[place] = _BINARY
            found.append(_bytes_of(value))
    return found, formats


def _bytes_of(value: Any) -> bytes:
    its = value.obj if isinstance(value, Binary) else value
    if isinstance(its, bytes | memoryview):
        return bytes(its)
    raise TypeError(f"expected a text, a whole number, a truth or bytes, found {type(value)}")


_FAILED = frozenset({ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE, ExecStatus.PIPELINE_ABORTED})


def _require_good(driver: Connection[Any], answers: Sequence[PGresult]) -> None:
    for answer in answers:
        if answer.status in _FAILED:
            raise error_from_result(answer, driver.info.encoding)
