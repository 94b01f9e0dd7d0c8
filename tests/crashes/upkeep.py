"""Writes that nobody of the office asks for each day: duties, evidence, keys, what is made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from engine.checkpoint_format import read_checkpoint
from engine.errors import InvalidInput
from engine.model import (
    AccountEventKind,
    Actor,
    Role,
    StoredCheckpoint,
)
from engine.process_engine import ProcessEngine
from engine.reminders import Reminders
from tests.crashes.deeds import (
    INSTANCE,
    NAME,
    at_least_once,
    execute,
    hire,
    later,
    logged,
    none_of,
    rows,
    silent,
)
from tests.crashes.further_operations import is_listed, unlisted
from tests.crashes.operations import Subject, new_subject, start_once, started
from tests.crashes.sweep import CLOCK, Operation
from tests.office import ADMIN, AUDITOR

E = AccountEventKind


# ------------------------------------------------------------------------- duties


def remembered(engine: ProcessEngine) -> Subject:
    """A request that was made long ago."""
    subject = new_subject()
    start_once(engine, subject)
    return subject


def soon_due(engine: ProcessEngine) -> Subject:
    """A task that is due within the day; of others nobody is to be reminded just now."""
    _remind(engine, new_subject())
    subject = started(engine)
    due_at = CLOCK.now() + timedelta(hours=25)
    engine.task_changes.change(subject.task_id, {"due_at": due_at}, reason="rapat", actor=ADMIN)
    CLOCK.advance(hours=2)
    return subject


def _remind(engine: ProcessEngine, _: Subject) -> str:
    usual = timedelta(days=1)
    Reminders(engine.store, engine.definitions, engine.clock, usual=usual).turn(lambda: False)
    return "reminded"


def ended(engine: ProcessEngine) -> Subject:
    """An instance that is over and not measured."""
    subject = started(engine)
    CLOCK.advance(hours=2)
    engine.instances.cancel(subject.instance_id, reason="Salah berkas", actor=ADMIN)
    return subject


def _measure(engine: ProcessEngine, _: Subject) -> str:
    engine.measuring.turn(lambda: False)
    return "measured"


# ------------------------------------------------------------------- what is read


def read(engine: ProcessEngine, subject: Subject) -> object:
    """An auditor of that name looks at a history."""
    reader = Actor(subject.name, frozenset({Role.AUDITOR}))
    return len(engine.history.events(subject.instance_id, actor=reader))


# ------------------------------------------------------------------------ evidence


# ------------------------------------------------------------------- personal data


# ------------------------------------------------------------- what is made anew


def misled(engine: ProcessEngine) -> Subject:
    """What is kept beside its history is wrong."""
    subject = started(engine)
    spoilt = "UPDATE user_task SET name = 'lain' WHERE instance_id = :instance_id"
    execute(engine, spoilt, instance_id=subject.instance_id)
    return subject


def unfound(engine: ProcessEngine) -> Subject:
    """The search does not know it."""
    subject = started(engine)
    forgotten = "DELETE FROM search_entry WHERE instance_id = :instance_id"
    execute(engine, forgotten, instance_id=subject.instance_id)
    return subject


def _is_right(engine: ProcessEngine, subject: Subject) -> int:
    return int(engine.history.verify(subject.instance_id, actor=AUDITOR).is_sound)


def _rebuild_one(engine: ProcessEngine, subject: Subject) -> str:
    engine.reindexing.rebuild(actor=ADMIN, instance_ids=[subject.instance_id])
    return "right"


def _rebuild(engine: ProcessEngine, _: Subject) -> str:
    engine.reindexing.rebuild(actor=ADMIN)
    return "right"


def _index(engine: ProcessEngine, _: Subject) -> str:
    engine.search.add_missing()
    engine.search.renew()
    return "indexed"


# ---------------------------------------------------------------------- checkpoints


def numbered(engine: ProcessEngine) -> Subject:
    """`other_id`: the number of the last checkpoint."""
    subject = unlisted(engine)
    engine.checkpoints.make_when_due()
    return replace(subject, other_id=str(engine.checkpoints.count(actor=AUDITOR)))


def without_key(engine: ProcessEngine) -> Subject:
    subject = numbered(engine)
    outside = engine.checkpoints.outside
    assert outside is not None
    outside.key.file.unlink()
    return subject


def restored(engine: ProcessEngine) -> Subject:
    """The database does not know the folder's last checkpoint."""
    subject = numbered(engine)
    CLOCK.advance(hours=2)
    engine.checkpoints.make(actor=ADMIN)
    last = engine.checkpoints.count(actor=AUDITOR)
    _forget_that_it_grows_only(engine)
    for table in ("listed_head", "checkpoint"):
        execute(engine, f"DELETE FROM {table} WHERE number = :last", last=last)
    return subject


def _forget_that_it_grows_only(engine: ProcessEngine) -> None:
    for table in ("listed_head", "checkpoint"):
        if engine.store.dialect == "sqlite":
            for deed in ("update", "delete"):
                execute(engine, f"DROP TRIGGER IF EXISTS {table}_refuses_{deed}")
        else:
            execute(engine, f"DROP TRIGGER IF EXISTS {table}_refuses_change ON {table}")


def _since(engine: ProcessEngine, subject: Subject) -> list[StoredCheckpoint]:
    count = engine.checkpoints.count(actor=AUDITOR)
    numbers = range(int(subject.other_id) + 1, count + 1)
    return [engine.checkpoints.checkpoint(number, actor=AUDITOR) for number in numbers]


def _turned_over(engine: ProcessEngine, subject: Subject) -> int:
    """How often the key changed, and the next checkpoint proved that it is in its place."""
    made = [read_checkpoint(each.content) for each in _since(engine, subject)]
    turns = [each.next_key for each in made if each.next_key]
    return sum(key in {each.key for each in made} for key in turns)


def _noted(words: str) -> Callable[[ProcessEngine, Subject], int]:
    return lambda engine, subject: sum(
        words in (read_checkpoint(each.content).note or "") for each in _since(engine, subject)
    )


#: In places of their own: they look at everything that there is, or at the folder.
LONG = (
    Operation(
        "checkpoint by hand",
        unlisted,
        silent(lambda e, _: e.checkpoints.make(actor=ADMIN)),
        is_listed,
        has_lease=True,
    ),
    Operation("everything made anew", misled, _rebuild, _is_right, has_lease=True),
    Operation(
        "key of checkpoints changed",
        numbered,
        silent(lambda e, _: e.checkpoints.turn_key_over(actor=ADMIN)),
        at_least_once(_turned_over),
        has_lease=True,
    ),
    Operation(
        "key of checkpoints lost",
        without_key,
        silent(
            lambda e, _: e.checkpoints.replace_lost_key("disk rusak", actor=ADMIN), InvalidInput
        ),
        _noted("key lost"),
    ),
    Operation(
        "checkpoints resumed",
        restored,
        silent(lambda e, _: e.checkpoints.resume("cadangan lama", actor=ADMIN)),
        at_least_once(_noted("resumed by")),
        has_lease=True,
    ),
    Operation(
        "measured",
        later(ended, days=1),
        _measure,
        # What is left undone is done at the next turn; and what is over is added up.
        rows("instance_time", instance_id=INSTANCE),
        has_lease=True,
    ),
    Operation(
        "reminder",
        soon_due,
        _remind,
        rows("announcement", instance_id=INSTANCE, kind="task_due_soon"),
    ),
)

OPERATIONS = (
    Operation(
        "requests forgotten",
        later(remembered, days=31),
        silent(lambda e, _: e.repeats.forget_old()),
        none_of(rows("remembered_request", key=NAME)),
    ),
    Operation(
        "pulse",
        lambda _: new_subject(),
        silent(lambda e, s: e.health.note_pulse(s.name)),
        rows("duty_pulse", duty=NAME),
    ),
    Operation(
        "history read",
        lambda engine: hire(engine, started(engine)),
        read,
        at_least_once(logged(E.HISTORY_READ)),
    ),
    Operation("one made anew", misled, _rebuild_one, _is_right),
    Operation(
        "indexed", unfound, _index, rows("search_entry", instance_id=INSTANCE), has_lease=True
    ),
)
