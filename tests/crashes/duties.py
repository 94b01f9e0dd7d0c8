"""A worker who comes to a full office in the morning, while one value of it is damaged.

Each try begins with the same office: what the worker did before is undone.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

from sqlalchemy import Column

from engine.cli.duties import duties_of
from engine.correlation import Message
from engine.errors import EngineError
from engine.measuring import Measuring
from engine.model import Period
from engine.process_engine import ProcessEngine
from engine.setting_values import SmtpServer
from engine.store import Store
from engine.store.quarantine import Quarantine
from engine.substitutions import Wishes
from engine.tallying import Tallying
from engine.worker import Duty, Worker
from tests.crashes.askers import noting_tables
from tests.crashes.copies import copy_of
from tests.crashes.damages import Damages
from tests.crashes.full_office import full_office
from tests.crashes.unreadable import lay_open
from tests.diagrams import end, line, message, named, process, start, user
from tests.office import ADMIN
from tests.soak import diagrams

#: Turns after which a sound office has nothing left to do.
_TURNS = 4
#: More looks at whether it is to stop no turn has a reason for.
_LOOKS = 400
#: One row of these speaks for everything: a duty may have to rest, and says which row it is.
SPEAK_FOR_ALL = {"account_log", "checkpoint", "superior_lanes", "work_calendar"}
#: What the engine keeps of these in memory, a worker that was just started does not have.
_READ_ONCE = {"deployment", "resource", "process_definition", "definition_lane"}
#: Somebody who has no account any more.
_GONE = replace(ADMIN, account="pensiun")
_ASKED = process(
    start("s", message("pesan")), user("jawab"), end(), line("s", "jawab", "e"),
    key="tanya", before=named("message", pesan="TANYA"),
)  # fmt: skip


@dataclass
class Morning:
    """What a worker did, and what it said."""

    done: Counter[str]
    #: Duties that rest as a whole, or still do something when nothing is left to do.
    resting: list[str]
    spinning: list[str]
    errors: list[BaseException]

    def faults(self, usual: Counter[str], table: str) -> list[str]:
        """What is wrong with it. usual: what is done in a sound office. table: what is damaged."""
        unexpected = [each for each in self.errors if not isinstance(each, EngineError)]
        found = [
            *(f"{type(each).__name__}: {each}" for each in unexpected),
            *(f"{name} comes to no end" for name in self.spinning),
        ]
        return found if table in SPEAK_FOR_ALL else [*found, *self._stopped(usual)]

    def _stopped(self, usual: Counter[str]) -> list[str]:
        return [
            *(f"{name} rests as a whole" for name in self.resting),
            *(
                f"{name}: {self.done[name]} done instead of {number}"
                for name, number in usual.items()
                if number > 1 and self.done[name] <= number // 4
            ),
        ]


class Workshop:
    """A full office with much to do, damaged and mended, with a worker for each try."""

    def __init__(self, store: Store, folder: Path) -> None:
        full = full_office(store, folder)
        self.office, self._store = full.office, store
        self.settings = replace(
            full.settings,
            smtp_url=SmtpServer("127.0.0.1", 9, "none"),
            mail_from="alur@dinas.test",
            webhook_allow=("127.0.0.1/32",),
        )
        self._busy_morning()
        lay_open(store)
        self.damages = Damages(store, full.paths["berkas"].rpartition("/")[2])
        self._engine = self.office.engine_with(self.settings)
        self._before, self._written = copy_of(store), folder / "checkpoints"
        copytree(self._written, folder / "before")
        self._duties, self._usual = self._readers(), dict[frozenset[str], Counter[str]]()

    def close(self) -> None:
        self._before.close()

    def morning(self, column: Column[Any], value: str) -> Morning:
        """A worker does the duties that read the table, while the value stands there."""
        with self.damages.at(column, value):
            return self.work(
                self._duties[column.table.name], is_new=column.table.name in _READ_ONCE
            )

    def faults_of(self, column: Column[Any], value: str) -> list[str]:
        """What is wrong with that morning, beside one of the same duties in a sound office."""
        table = column.table.name
        names = self._duties[table]
        if names not in self._usual:
            self._usual[names] = self.work(names).done
        return self.morning(column, value).faults(self._usual[names], table)

    def work(self, names: frozenset[str] | None = None, *, is_new: bool = False) -> Morning:
        """A worker does what is due; then all is as it was.

        names: of the duties; None: all. is_new: nothing is in the worker's memory.
        """
        self._store._quarantine = Quarantine()
        engine = self.office.engine_with(self.settings) if is_new else self._engine
        worker = Worker(_duties(engine, self, names), engine.clock)
        looks, done, spinning = 0, Counter[str](), list[str]()

        def is_stopped() -> bool:
            nonlocal looks
            looks += 1
            return looks > _LOOKS

        with _errors() as errors:
            for turn in range(_TURNS):
                looks, found = 0, worker.turn(is_stopped)
                done.update(found)
                if looks > _LOOKS or turn == _TURNS - 1:
                    spinning += [name for name, number in found.items() if number]
                elif not any(found.values()):
                    break
        self._before.restore()
        rmtree(self._written)
        copytree(self._written.with_name("before"), self._written)
        return Morning(done, worker.failing(), spinning, errors)

    def _readers(self) -> defaultdict[str, frozenset[str]]:
        """By table, the duties that read it."""
        found = defaultdict[str, frozenset[str]](frozenset)
        for duty in _duties(self._engine, self, None):
            with noting_tables(self._store) as noted:
                self.work(frozenset({duty.name}))
            for table in noted:
                found[table] |= {duty.name}
        return found

    def _busy_morning(self) -> None:
        """Two of each: timers, messages, ends of substitutions, what ended and is not measured."""
        office, engine = self.office, self.office.engine
        with self._store._engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE webhook_subscription SET url = 'http://127.0.0.1:9/kait'"
            )
            # What is sent in vain takes its time.
            for table in ("delivery_attempt", "delivery"):
                connection.exec_driver_sql(
                    f"DELETE FROM {table} WHERE delivery_id NOT IN (SELECT delivery_id "
                    "FROM delivery ORDER BY attempts DESC, delivery_id LIMIT 20)"
                )
        rendam = engine.definitions.latest_definition(diagrams.KEY, actor=ADMIN)
        filled = {"catatan": "halo", "alamat": "Jalan Kenanga 17", "putusan": "setujui"}
        for _ in range(3):
            office.complete(office.start(rendam), "isi", office.people["Perencana"], **filled)
        for key in ("satu", "dua"):
            engine.messages.correlate(
                Message("TANYA", business_key=key, variables={"surat": key}),
                actor=ADMIN,
                keep_unmatched=True,
            )
        office.deploy(_ASKED, "tanya.bpmn")
        ended = engine.definitions.latest_definition("ditawarkan", actor=ADMIN)
        for _ in range(3):
            office.complete(office.start(ended), "telaah")
        now = office.clock.now()
        until = (now + timedelta(days=9)).date()
        wishes = Wishes("bidang", "Kadis", "Plh.", "800/2", now.date(), now.date(), until)
        engine.substitutions.add(wishes, actor=ADMIN)
        office.clock.advance(days=40)
        days = Period(office.clock.now() - timedelta(days=1), office.clock.now())
        for label in ("Kemarin", "Lagi"):
            # To write one takes longer than all else: nobody may have these, and that is told.
            engine.evidence_packages.order(days, label, actor=_GONE)


def _duties(engine: ProcessEngine, shop: Workshop, names: frozenset[str] | None) -> list[Duty]:
    """Those of that name, which have met nothing yet."""
    store, clock = engine.store, engine.clock
    tallying = Tallying(store, clock, shop.settings.time_zone)
    measuring = Measuring(store, engine.definitions, engine.calendars, tallying, clock)
    all_of_them = duties_of(replace(engine, measuring=measuring), shop.settings)
    return [each for each in all_of_them if names is None or each.name in names]


@contextmanager
def _errors() -> Iterator[list[BaseException]]:
    """What is logged as an error meanwhile."""
    handler = _Errors()
    root = logging.getLogger("engine"), logging.getLogger("webhooks")
    for each in root:
        each.addHandler(handler)
    try:
        yield handler.met
    finally:
        for each in root:
            each.removeHandler(handler)


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.met: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        told = record.args if isinstance(record.args, tuple) else ()
        found = [each for each in told if isinstance(each, BaseException)]
        if record.exc_info and record.exc_info[1]:
            found.append(record.exc_info[1])
        self.met.extend(found)
