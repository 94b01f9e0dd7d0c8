"""Short ways to say what an operation is, and how often it was done by what the database shows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import text

from engine.errors import EngineError
from engine.model import AccountEventKind, Actor, EventKind, Role
from engine.process_engine import ProcessEngine
from engine.queries import AccountEventQuery
from tests.crashes.operations import Subject
from tests.crashes.sweep import CLOCK
from tests.office import ADMIN, AUDITOR

PASSWORD = "kunci-rumah-7"
#: Of the subject of a try, in a question for rows.
NAME, INSTANCE, TASK, OTHER = "name", "instance_id", "task_id", "other_id"
Act = Callable[[ProcessEngine, Subject], object]
Count = Callable[[ProcessEngine, Subject], int]


def himself(subject: Subject) -> Actor:
    """The account that a try is about, as it acts."""
    return Actor(subject.name, frozenset({Role.STAFF}), frozenset({"Kadis"}))


def hire(engine: ProcessEngine, subject: Subject) -> Subject:
    """There is an account of that name."""
    engine.accounts.add(
        subject.name,
        display_name="Siti",
        password=PASSWORD,
        roles=[Role.STAFF],
        lanes=["Kadis"],
        actor=ADMIN,
    )
    return subject


def silent(act: Act, *told: type[EngineError]) -> Any:
    """The deed, of whose answer nothing is said.

    told: what somebody is told who asks for it again, when it is done.
    """

    def tried(engine: ProcessEngine, subject: Subject) -> str:
        with suppress(*told):
            act(engine, subject)
        return "done"

    return tried


def logged(kind: AccountEventKind) -> Count:
    """How many events of the kind the log of accounts has about the account."""

    def count(engine: ProcessEngine, subject: Subject) -> int:
        query = AccountEventQuery(account=subject.name, kinds=(kind,))
        return engine.account_log.count(query, actor=AUDITOR)

    return count


def inputs(kind: EventKind) -> Count:
    """How many events of the kind the instance has."""

    def count(engine: ProcessEngine, subject: Subject) -> int:
        events = engine.history.events(subject.instance_id, actor=ADMIN)
        return sum(event.kind is kind for event in events)

    return count


def rows(table: str, **same: str | int) -> Count:
    """How many rows of the table have these columns: NAME, INSTANCE, ... of the subject."""
    condition = " AND ".join(f"{column} = :{column}" for column in same) or "1 = 1"
    question = text(f"SELECT count(*) FROM {table} WHERE {condition}")

    def count(engine: ProcessEngine, subject: Subject) -> int:
        values = {column: getattr(subject, str(of), of) for column, of in same.items()}
        with engine.store._engine.connect() as connection:
            return int(connection.execute(question, values).scalar_one())

    return count


def execute(engine: ProcessEngine, statement: str, **values: object) -> None:
    """What no room does: damage for what mends it."""
    with engine.store._engine.begin() as connection:
        connection.execute(text(statement), values)


def sealed_key(engine: ProcessEngine, subject: Subject) -> str:
    """The key of a person's data in the instance, as it is sealed."""
    question = text("SELECT sealed_key FROM personal_key WHERE instance_id = :instance_id")
    with engine.store._engine.connect() as connection:
        found = connection.execute(question, {"instance_id": subject.instance_id})
        return str(found.scalar_one())


def require_overwritten(engine: ProcessEngine, subject: Subject) -> None:
    """No file of the SQLite has the key any more, which is the subject's `task_id`."""
    if engine.store.file is None:
        return
    files = engine.store.file.parent.glob(f"{engine.store.file.name}*")
    lingering = [each.name for each in files if subject.task_id.encode() in each.read_bytes()]
    assert not lingering, f"the key of {subject.name} is erased and lingers in {lingering}"


def none_of(count: Count) -> Count:
    """1 when there is none any more."""
    return lambda engine, subject: int(not count(engine, subject))


def later(prepare: Callable[[ProcessEngine], Subject], **by: float) -> Any:
    """What was prepared, after so long (`days=2`)."""

    def prepared(engine: ProcessEngine) -> Subject:
        subject = prepare(engine)
        CLOCK.advance(**by)
        return subject

    return prepared


def together(*counts: Count) -> Count:
    """What all of them say; -1 when they do not agree, as after half a deed."""

    def count(engine: ProcessEngine, subject: Subject) -> int:
        found = {int(each(engine, subject)) for each in counts}
        return found.pop() if len(found) == 1 else -1

    return count


def at_least_once(count: Count) -> Count:
    """For deeds of which each is another one, such as a login: the same again is one more."""
    return lambda engine, subject: min(count(engine, subject), 1)
