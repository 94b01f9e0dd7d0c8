"""Where operations are swept: a database with the diagrams, its files, and who is killed there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from engine.process_engine import ProcessEngine, build_engine
from engine.queries import DefinitionQuery
from engine.setting_values import Grant, SmtpServer
from engine.settings import Settings
from engine.sources import RandomIds
from engine.store import Store
from engine.store.connection import open_engine
from tests.crashes import (
    arranging,
    evidence,
    further_operations,
    handling,
    people,
    proving,
    upkeep,
)
from tests.crashes import operations as work
from tests.crashes.deeds import PASSWORD
from tests.crashes.killing import Work, Workshop
from tests.crashes.operations import Subject
from tests.crashes.sweep import CLOCK, Operation, Place
from tests.office import ADMIN, ANALYST, quick_passwords

#: Steps of instances and what comes with them, each in a place of its own.
STEPS = (*work.OPERATIONS, *further_operations.OPERATIONS)
#: Short writes: they share a place.
SHORT = (
    *people.OPERATIONS,
    *proving.OPERATIONS,
    *arranging.OPERATIONS,
    *handling.OPERATIONS,
    *upkeep.OPERATIONS,
    *evidence.OPERATIONS,
)
#: Long ones, each in a place of its own, of which some points are tried.
LONG = (*upkeep.LONG, *evidence.LONG)
OPERATIONS = (*STEPS, *SHORT, *LONG)
_BY_NAME = {each.name: each for each in (*OPERATIONS, further_operations.PLANTED)}


def opened(store: Store, folder: Path) -> ProcessEngine:
    """The engine of every process here."""
    settings = Settings(
        secret_key=(evidence.SECRET_KEY, evidence.FORMER_KEY),
        checkpoints=folder / "checkpoints",
        checkpoint_key=folder / "checkpoint-key",
        smtp_url=SmtpServer("surel.dinas.test", 25, "none"),
        mail_from="alur@dinas.test",
        oidc_groups={"dinas": Grant(frozenset({"Kadis"}), frozenset({"staff"}))},
        oidc_provision=True,
    )
    return build_engine(store, CLOCK, RandomIds(), settings, passwords=quick_passwords())


def worker(url: str, folder: Path) -> Work:
    """In another process: its engine, with the diagrams read and no connection open."""
    store = Store.open(url)
    engine = opened(store, folder)
    for each in engine.definitions.definitions(DefinitionQuery(), actor=ADMIN):
        engine.definitions.start_form(each.definition_id, actor=ADMIN)
    # What judges passwords is loaded when it is first needed: once, and not in each child.
    quick_passwords().hash("siti", PASSWORD)
    store.close()

    def try_once(name: str, subject: Subject, now: datetime) -> None:
        CLOCK.advance(seconds=(now - CLOCK.now()).total_seconds())
        _BY_NAME[name].act(engine, subject)

    return try_once


@contextmanager
def furnished(engine: ProcessEngine) -> Iterator[None]:
    """Every diagram is deployed, and somebody is told of everything."""
    for key, diagram in {work.KEY: work.DIAGRAM, **further_operations.DIAGRAMS}.items():
        engine.definitions.deploy(key, {f"{key}.bpmn": diagram.encode()}, actor=ANALYST)
    work.subscribe(engine)
    yield


@contextmanager
def place_over(url: str, folder: Path) -> Iterator[Place]:
    """A place over that database; its files are in the folder."""
    folder.mkdir()
    pool = open_engine(url)
    store = Store(pool)
    engine = opened(store, folder)
    with furnished(engine):
        workshop = Workshop(worker, url, folder)
        yield Place(engine, pool, folder, workshop)
        workshop.close()
    store.close()


def operation(name: str) -> Operation:
    """The operation of that name."""
    return _BY_NAME[name]
