"""The power is cut: what was acknowledged is there, and the database is sound."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.queries import InstanceQuery
from engine.store import Store, connection, sqlite_log
from tests.crashes import operations
from tests.crashes.apsw_driver import Driver, open_alone
from tests.crashes.disk import Disk, Synced, cuts
from tests.office import AUDITOR, Office

STEPS, CUTS, SEED = 200, 150, 20260105
AGAIN = {"putusan": "kembalikan", "pembagi": 2}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    disk = Disk("alur-power-cut", folder)
    yield disk
    disk.close()


def worked_on(disk: Disk, template: Path, driver: Driver, steps: int) -> bytes:
    """Steps of an instance on that disk, each acknowledged; the file before the first."""
    path = disk.folder / "alur.db"
    path.write_bytes(template.read_bytes())
    prepared = Office(Store.open(f"sqlite:///{path}"))
    prepared.deploy(operations.DIAGRAM)
    prepared.store.close()
    before = path.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "_sqlite", driver)
        office = Office(open_alone(path))
        definition = office.engine.definitions.latest_definition(operations.KEY, actor=AUDITOR)
        instance = office.start(definition)
        for _ in range(steps):
            [task] = office.open_tasks(instance)
            done = office.engine.tasks.complete(task.task_id, AGAIN, actor=office.people["Kadis"])
            disk.acknowledge(done.sequence)
        office.store.close()
    return before


def lost_in(
    disk: Disk, before: bytes, folder: Path, count: int
) -> tuple[list[tuple[int, int, int]], list[int]]:
    """(moment, last acknowledged event, last event that is there) of the cuts that lost some.

    And the moments of cuts after which the log is taken for a damaged one.
    """
    chance = random.Random(SEED)
    moments = sorted(chance.randrange(len(disk.journal)) for _ in range(count))
    left = cuts(disk.journal, {"alur.db": before}, moments, SEED)
    lost, named = [], []
    for number, (acknowledged, files) in enumerate(left):
        place = folder / f"cut-{number}"
        place.mkdir()
        for name, content in files.items():
            (place / name).write_bytes(content)
        if sqlite_log.lost_in(place / "alur.db-wal"):
            named.append(moments[number])
        found = last_sequence(place / "alur.db", is_verified=number % 15 == 0)
        if found < acknowledged:
            lost.append((moments[number], acknowledged, found))
    return lost, named


def test_no_acknowledged_step_is_lost_in_150_power_cuts(
    disk: Disk, migrated_sqlite: Path, tmp_path: Path
) -> None:
    before = worked_on(disk, migrated_sqlite, Driver(disk.name), STEPS)

    synced = [each.file for each in disk.journal if isinstance(each, Synced)]
    assert synced.count("alur.db-wal") >= STEPS
    assert synced.count("alur.db") > 1, "no cut is in a checkpoint of the log"
    assert lost_in(disk, before, tmp_path, CUTS) == ([], [])


def test_cuts_find_out_a_store_that_does_not_sync_each_commit(
    disk: Disk, migrated_sqlite: Path, tmp_path: Path
) -> None:
    before = worked_on(disk, migrated_sqlite, Driver(disk.name, weaker="NORMAL"), 30)

    lost, named = lost_in(disk, before, tmp_path, 10)
    assert lost
    assert named, "what was lost in the middle of the log is not told from its end"
    assert set(named) <= {moment for moment, _, _ in lost}


def last_sequence(path: Path, *, is_verified: bool) -> int:
    """The last event that is there, in a database that is whole."""
    office = Office(Store.open(f"sqlite:///{path}"))
    try:
        assert office.store.check_integrity() == []
        instances = office.engine.instances.instances(InstanceQuery(), actor=AUDITOR)
        if is_verified:
            for each in instances:
                office.assert_sound(each.instance_id)
        return max((each.last_sequence for each in instances), default=0)
    finally:
        office.store.close()
