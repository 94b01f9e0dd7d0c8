"""Rows that an earlier version wrote are there, and are found, after the migration to this one."""

from __future__ import annotations

from alembic import command

from engine.model import EventKind
from engine.queries import ActivityQuery, Page, SortOrder, TaskQuery, VariableQuery
from engine.store import Store
from engine.store.migrations.upgrading import config_of_migrations
from tests.contract.builders import a_task, an_event, at, deploy, first_step, start

_SET = {"variables": {"tahun": 2026, "bidang": "Renlitbang"}}
_LATEST = Page(sorting=(("started_at", SortOrder.DESC),))


def test_leaner_indexes_and_keys_lose_no_row_and_find_each(empty_database_url: str) -> None:
    store = _of_version("0042", empty_database_url)
    deploy(store)
    entered = EventKind.ACTIVITY_ENTERED
    start(
        store,
        *(
            first_step(
                name,
                events=(
                    an_event(name, 1, payload=_SET),
                    an_event(name, 2, kind=entered, activity_id="A", activity_instance_id="a"),
                    an_event(name, 3, kind=EventKind.FLOW_TAKEN, activity_id="A"),
                ),
                opened=(a_task(f"t-{name}", name, business_key=key),),
                business_key=key,
                started_at=at(),
            )
            for name, key in (("i1", "SK-1"), ("i2", None))
        ),
    )
    before = _told(store)

    store.migrate()

    assert _told(store) == before
    assert [len(rows) for rows in before] == [4, 4, 2, 1]
    store.close()


def _told(store: Store) -> list[list[object]]:
    with store.reading() as tx:
        return [
            list(tx.variable_updates(VariableQuery())),
            list(tx.variables(VariableQuery())),
            list(tx.activities(ActivityQuery(activity_id="A"), _LATEST)),
            list(tx.tasks(TaskQuery(business_key="SK-1"))),
        ]


def test_instances_that_were_moved_are_indexed_anew(empty_database_url: str) -> None:
    store = _of_version("0043", empty_database_url)
    deploy(store)
    moved = an_event("i2", 2, kind=EventKind.INSTANCE_MIGRATED)
    start(store, first_step("i1"), first_step("i2", events=(an_event("i2", 1), moved)))
    with store.writing() as tx:
        for name in ("i1", "i2"):
            tx.add_words(name, "lkj 2026")

    store.migrate()

    with store.reading() as tx:
        assert tx.words_of("i1") == "lkj 2026"
        assert tx.instances_without_words(10) == ["i2"]
    store.close()


def _of_version(version: str, url: str) -> Store:
    store = Store.open(url)
    config = config_of_migrations()
    with store._writing_engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    return store
