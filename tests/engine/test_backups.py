"""A backup has everything, and a database made of it goes on, on either kind of database."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.backups import Backups, restore
from engine.errors import Conflict, Forbidden, InvalidInput, StorageOutdated
from engine.model import Upload
from engine.remarks import Place
from engine.sources import ManualClock
from engine.store import Store, migrations
from engine.store.tables import metadata
from tests.databases import PostgresqlServer
from tests.diagrams import end, exclusive, field, flow, form, line, process, start, user
from tests.office import ADMIN, Office, staff

SOP = process(
    start(), user("a", form(field("isian"))), exclusive("g"), user("b"), end(),
    line("s", "a", "g"), flow("g", "b", "${tidak_ada &gt; 3}"), line("b", "e"),
    lanes={"Perencana": ["s", "a", "g", "b", "e"]},
)  # fmt: skip
CLERK = staff("Perencana")


@pytest.fixture(params=["sqlite", "postgresql"])
def target(
    request: pytest.FixtureRequest, tmp_path: Path, postgresql_server: PostgresqlServer
) -> Iterator[Store]:
    """A database without a schema, of either kind, whatever the backup is of."""
    url = f"sqlite:///{tmp_path / 'target' / 'alur.db'}"
    if request.param == "postgresql":
        url = postgresql_server.create(template="template0")
    store = Store.open(url)
    yield store
    store.close()
    if request.param == "postgresql":
        postgresql_server.drop(url)


def backed_up(office: Office) -> io.BytesIO:
    out = io.BytesIO()
    office.engine.backups.write(out, actor=ADMIN)
    out.seek(0)
    return out


def rows_of(store: Store) -> dict[str, list[list[Any]]]:
    with store.outgoing() as outgoing:
        return {
            shape.name: [[int(v) if isinstance(v, bool) else v for v in row] for row in rows]
            for shape in outgoing.shapes
            for rows in [outgoing.rows(shape)]
        }


def lived_in(office: Office) -> tuple[str, str]:
    """An office with something in most tables; an instance with an incident, and a running one."""
    definition = office.deploy(SOP)
    stuck = office.start(definition, actor=CLERK)
    office.complete(stuck, "a", CLERK, isian='kata "berkutip", 漢字, 🙂')
    running = office.start(definition, actor=CLERK)
    office.engine.remarks.attach(
        Place(running), Upload("laporan.bin", bytes(range(256))), actor=CLERK
    )
    office.engine.tasks.claim(office.task(running, "a").task_id, actor=CLERK)
    return stuck, running


def test_everything_is_there_again_and_goes_on(office_on_both: Office, target: Store) -> None:
    office = office_on_both
    _, running = lived_in(office)

    told: list[tuple[int, int]] = []
    backup, refused = restore(
        target, backed_up(office), on_progress=lambda *each: told.append(each)
    )

    assert (refused, backup.faults) == ([], ())
    assert told[-1] == (backup.rows, backup.rows)
    assert rows_of(target) == rows_of(office.store)
    there = Office(target)
    there.clock.advance(days=1)
    results = list(there.engine.history.verify_all(actor=ADMIN))
    assert [result.faults for result in results] == [()] * len(results)
    assert len(results) == 2
    there.complete(running, "a", CLERK, isian="selesai")
    assert there.engine.search.find("berkutip", actor=ADMIN).instances
    assert there.engine.search.find("selesai", actor=ADMIN).instances
    again = there.start(there.engine.definitions.latest_definition("p", actor=ADMIN), actor=CLERK)
    assert not there.engine.history.verify(again, actor=ADMIN).faults
    assert not there.engine.account_log.verify(actor=ADMIN).faults


def test_people_go_on_working_while_a_backup_is_written(office_on_both: Office) -> None:
    office = office_on_both
    definition = office.deploy(SOP)
    office.start(definition, actor=CLERK)

    with office.store.outgoing() as outgoing:
        office.start(definition, actor=CLERK)
        counts = {
            shape.name: (shape.rows, sum(1 for _ in outgoing.rows(shape)))
            for shape in outgoing.shapes
        }

    assert counts["process_instance"] == (1, 1)
    assert all(said == read for said, read in counts.values())


def test_a_backup_of_an_earlier_version_is_migrated(target: Store, tmp_path: Path) -> None:
    old = Store.open(f"sqlite:///{tmp_path / 'old.db'}")
    with old.incoming() as incoming:
        incoming.prepare("0001")
    out = io.BytesIO()
    Backups(old, ManualClock(datetime(2026, 1, 5, tzinfo=UTC))).write(out, actor=ADMIN)

    restore(target, out)

    with pytest.raises(StorageOutdated):
        target.check_schema()
    target.migrate()
    target.check_schema()


def test_what_is_no_backup_leaves_the_database_empty(office: Office, tmp_path: Path) -> None:
    lived_in(office)
    target = Store.open(f"sqlite:///{tmp_path / 'target.db'}")
    good = backed_up(office).getvalue()

    for bad, error in (
        (b"", InvalidInput),
        (good[: len(good) // 2], InvalidInput),
        (changed(good, "backup.json", format="alur-backup-9"), InvalidInput),
        (changed(good, "backup.json", schema="9999"), StorageOutdated),
        (changed(good, "tables/user_task.jsonl"), InvalidInput),
    ):
        with pytest.raises(error):
            restore(target, io.BytesIO(bad))
        with target.outgoing() as outgoing:
            assert outgoing.shapes == []
    restore(target, io.BytesIO(good))
    with pytest.raises(Conflict, match="expected an empty one"):
        restore(target, io.BytesIO(good))
    target.close()


def changed(backup: bytes, name: str, **facts: str) -> bytes:
    """The backup with other facts in its manifest, or without a file's last line."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(backup)) as whole, zipfile.ZipFile(out, "w") as other:
        for each in whole.namelist():
            content = whole.read(each)
            if each == name and facts:
                content = json.dumps({**json.loads(content), **facts}).encode()
            elif each == name:
                content = b"".join(content.splitlines(keepends=True)[:-1])
            other.writestr(each, content)
    return out.getvalue()


def test_only_admins_make_backups(office: Office) -> None:
    with pytest.raises(Forbidden):
        office.engine.backups.write(io.BytesIO(), actor=CLERK)


def test_every_table_of_the_schema_is_in_a_backup(store: Store) -> None:
    with store.outgoing() as outgoing:
        assert {shape.name for shape in outgoing.shapes} == set(metadata.tables)
        assert outgoing.schema == migrations.head()
