"""Every write operation, killed at each of its points, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect

from engine.process_engine import ProcessEngine, build_engine
from engine.queries import DefinitionQuery
from engine.settings import Settings
from engine.sources import RandomIds
from engine.store import Store
from engine.store.connection import open_engine
from tests.crashes import further_operations, operations
from tests.crashes.killing import Work, Workshop
from tests.crashes.operations import Subject
from tests.crashes.sweep import CLOCK, Operation, Place, sweep
from tests.office import ADMIN, ANALYST

OPERATIONS = (*operations.OPERATIONS, *further_operations.OPERATIONS)
_BY_NAME = {each.name: each for each in (*OPERATIONS, further_operations.PLANTED)}


def opened(store: Store, folder: Path) -> ProcessEngine:
    settings = Settings(
        secret_key=("k" * 40,),
        checkpoints=folder / "checkpoints",
        checkpoint_key=folder / "checkpoint-key",
    )
    return build_engine(store, CLOCK, RandomIds(), settings)


def worker(url: str, folder: Path) -> Work:
    """In another process: its engine, with the diagrams read and no connection open."""
    store = Store.open(url)
    engine = opened(store, folder)
    for each in engine.definitions.definitions(DefinitionQuery(), actor=ADMIN):
        engine.definitions.start_form(each.definition_id, actor=ADMIN)
    store.close()

    def try_once(name: str, subject: Subject, now: datetime) -> None:
        CLOCK.advance(seconds=(now - CLOCK.now()).total_seconds())
        _BY_NAME[name].act(engine, subject)

    return try_once


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "files"
    folder.mkdir()
    pool = open_engine(database_url)
    store = Store(pool)
    engine = opened(store, folder)
    for key, diagram in {operations.KEY: operations.DIAGRAM, **further_operations.DIAGRAMS}.items():
        engine.definitions.deploy(key, {f"{key}.bpmn": diagram.encode()}, actor=ANALYST)
    operations.subscribe(engine)
    workshop = Workshop(worker, database_url, folder)
    yield Place(engine, pool, folder, workshop)
    workshop.close()
    store.close()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_killed_operation_is_whole_or_absent_and_done_once(
    operation: Operation, place: Place
) -> None:
    report = sweep(operation, place)

    assert report.violations == []
    assert report.points >= 4


def test_operation_in_two_transactions_is_found_out(place: Place) -> None:
    report = sweep(further_operations.PLANTED, place)

    assert any("done 2 times after the retry" in each for each in report.violations)


def migration(url: str) -> Work:
    return lambda: Store.open(url).migrate()


def test_killed_migration_is_whole_or_absent(
    empty_database_url: str, second_empty_database_url: str
) -> None:
    elsewhere = Workshop(migration, second_empty_database_url)
    points = elsewhere.points_of()
    elsewhere.close()
    # It has hundreds of statements in one transaction: some of them, and all around its end.
    fatal = [*range(1, points - 6, points // 8), *range(points - 6, points + 1)]
    workshop, pool = Workshop(migration, empty_database_url), open_engine(empty_database_url)

    tables = []
    for point in fatal:
        assert workshop.killed_at(point)
        tables.append(len(inspect(pool).get_table_names()))
        if tables[-1]:
            break
    Store(pool).migrate()
    workshop.close()

    assert len(tables) > 8
    assert set(tables[:-1]) == {0}
    assert tables[-1] == len(inspect(pool).get_table_names())
    Store(pool).check_schema()
    pool.dispose()
