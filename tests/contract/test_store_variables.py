"""Variables: which event set which, in which scope, and how they are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import MetaData, Table, text

from engine.model import EventKind, VariableInstance, VariableUpdate
from engine.queries import Page, SortOrder, VariableQuery
from engine.store import Store, StoreTransaction
from engine.store.migrations.versions import v0034_variables
from tests.contract.builders import a_definition, an_event, at, deploy, first_step, next_step, start
from tests.statements import asked_by, plans_of

STARTED, COMPLETED = EventKind.INSTANCE_STARTED, EventKind.TASK_COMPLETED
ENTERED, SET = EventKind.ACTIVITY_ENTERED, EventKind.VARIABLES_SET


def told(sequence: int, kind: EventKind, payload: dict[str, Any], **changes: Any) -> Any:
    values = {"at": at(hours=sequence), "revision": 1 if sequence < 3 else 2, **changes}
    return an_event("i1", sequence, kind=kind, payload=payload, **values)


def in_visit(sequence: int, kind: EventKind, visit: str, payload: dict[str, Any]) -> Any:
    actor = "budi" if kind is COMPLETED else None
    activity = {"activity_id": visit.upper(), "activity_instance_id": visit, "actor": actor}
    return told(sequence, kind, payload, **activity)


HISTORY = [
    told(1, STARTED, {"variables": {"tahun": 2026, "bidang": ["SD"]}}, actor="siti"),
    in_visit(2, ENTERED, "a", {"type": "userTask"}),
    # An item of a loop: what is submitted to it stays with it.
    in_visit(3, ENTERED, "b", {"type": "userTask", "scope": "b"}),
    in_visit(4, COMPLETED, "a", {"variables": {"tahun": 2027, "catatan": None}}),
    in_visit(5, COMPLETED, "b", {"variables": {"catatan": "dari butir"}}),
    in_visit(6, SET, "c", {"values": {"catatan": "dari lingkup"}, "scope": "b"}),
    in_visit(7, SET, "c", {"values": {"catatan": "dari skrip"}}),
]


@pytest.fixture
def told_of(store: Store) -> Store:
    deploy(store, a_definition(), a_definition("audit", lanes=("Auditor",)))
    start(
        store,
        first_step(events=HISTORY[:2]),
        first_step(
            "i2",
            definition_id="audit:1:uuid",
            definition_key="audit",
            events=[an_event("i2", 1, payload={"variables": {"tahun": 2026}}, at=at(hours=2))],
        ),
    )
    with store.writing() as tx:
        tx.append_step(next_step(tx.instance("i1"), events=HISTORY[2:]))
    return store


def test_each_event_is_told_with_what_it_set_and_where(told_of: Store) -> None:
    with told_of.reading() as tx:
        found = tx.variable_updates(VariableQuery(instance_id="i1"))

    assert [(each.sequence, each.name, each.scope, each.first_sequence) for each in found] == [
        (1, "bidang", "", 1),
        (1, "tahun", "", 1),
        (4, "catatan", "", 4),
        (4, "tahun", "", 1),
        (5, "catatan", "b", 5),
        (6, "catatan", "b", 5),
        (7, "catatan", "", 4),
    ]
    assert found[3] == VariableUpdate(
        instance_id="i1",
        sequence=4,
        name="tahun",
        scope="",
        kind=COMPLETED,
        at=at(hours=4),
        revision=2,
        activity_id="A",
        activity_instance_id="a",
        actor="budi",
        definition_id="valve-check:1:uuid",
        definition_key="valve-check",
        first_sequence=1,
    )


def test_one_name_in_two_scopes_is_two_variables(told_of: Store) -> None:
    with told_of.reading() as tx:
        found = tx.variables(VariableQuery(name="catatan"))

    assert [(each.sequence, each.scope, each.last_sequence) for each in found] == [
        (4, "", 7),
        (5, "b", 6),
    ]
    assert found[1] == VariableInstance(
        instance_id="i1",
        sequence=5,
        name="catatan",
        scope="b",
        created_at=at(hours=5),
        activity_instance_id="b",
        kind=COMPLETED,
        definition_id="valve-check:1:uuid",
        definition_key="valve-check",
        last_sequence=6,
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (VariableQuery(), "i1:1:bidang i1:1:tahun i1:4:catatan i1:5:catatan i2:1:tahun"),
        (VariableQuery(instance_id="i2"), "i2:1:tahun"),
        (VariableQuery(instance_ids=("i2", "i3")), "i2:1:tahun"),
        (VariableQuery(name="tahun"), "i1:1:tahun i2:1:tahun"),
        (VariableQuery(names_in=("tahun", "bidang")), "i1:1:bidang i1:1:tahun i2:1:tahun"),
        (VariableQuery(name_like="ca%"), "i1:4:catatan i1:5:catatan"),
        (VariableQuery(scopes_in=("b",)), "i1:5:catatan"),
        (VariableQuery(scopes_in=("b", "i2")), "i1:5:catatan i2:1:tahun"),
        (VariableQuery(definition_key="audit"), "i2:1:tahun"),
        (VariableQuery(at_after=at(hours=1), at_before=at(hours=5)), "i1:4:catatan i2:1:tahun"),
        # The value that a variable has now; of one kind with what is asked.
        (VariableQuery(name="tahun", value=(2026,)), "i2:1:tahun"),
        (VariableQuery(name="tahun", value=(2027,)), "i1:1:tahun"),
        (VariableQuery(name="tahun", value=("2027",)), ""),
        (VariableQuery(name="bidang", value=(["SD"],)), "i1:1:bidang"),
        (VariableQuery(name="catatan", value=("dari skrip",)), "i1:4:catatan"),
        (VariableQuery(name="catatan", value=("dari lingkup",)), "i1:5:catatan"),
        (VariableQuery(name="catatan", value=(None,)), ""),
        (VariableQuery(visible_to_lanes=frozenset({"Auditor"})), "i2:1:tahun"),
        (
            VariableQuery(visible_to_lanes=frozenset({"Auditor"}), visible_to_account="siti"),
            "i1:1:bidang i1:1:tahun i1:4:catatan i1:5:catatan i2:1:tahun",
        ),
    ],
)
def test_variables_are_found_by_each_fact(
    told_of: Store, query: VariableQuery, expected: str
) -> None:
    with told_of.reading() as tx:
        found = [f"{each.instance_id}:{each.sequence}:{each.name}" for each in tx.variables(query)]
        assert found == expected.split()
        assert tx.count_variables(query) == len(found)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (VariableQuery(), 8),
        (VariableQuery(instance_id="i1", revision=2), 5),
        (VariableQuery(kinds=frozenset({STARTED})), 3),
        (VariableQuery(is_by_somebody=True), 5),
        (VariableQuery(activity_instance_id="c"), 2),
        (VariableQuery(variable=("i1", 1, "tahun")), 2),
        (VariableQuery(variable=("i1", 4, "catatan")), 2),
        (VariableQuery(variable=("i1", 5, "catatan")), 2),
        (VariableQuery(variable=("i1", 6, "catatan")), 0),
    ],
)
def test_changes_are_found_by_each_fact(told_of: Store, query: VariableQuery, count: int) -> None:
    with told_of.reading() as tx:
        assert len(tx.variable_updates(query)) == count
        assert tx.count_variable_updates(query) == count


def test_very_many_events_are_read_at_once(told_of: Store) -> None:
    many = [("i1", number) for number in range(1, 2000)]

    with told_of.reading() as tx:
        found = tx.setting_events([*many, ("i2", 1), ("i1", 1)])

    assert sorted((each.instance_id, each.sequence) for each in found) == [
        *(("i1", number) for number in range(1, 8)),
        ("i2", 1),
    ]


def test_the_migration_makes_the_rows_that_the_steps_make(told_of: Store) -> None:
    rows = text("SELECT * FROM variable_update ORDER BY instance_id, sequence, name")
    with told_of._writing_engine.begin() as connection:
        before = connection.execute(rows).all()
        connection.execute(text("DELETE FROM variable_update"))
        table = Table("variable_update", MetaData(), autoload_with=connection)

        with Operations.context(MigrationContext.configure(connection)):
            v0034_variables._fill(table)

        assert connection.execute(rows).all() == before
        assert len(before) == 8


_NEWEST = Page(0, 25, (("at", SortOrder.DESC),))
_MADE = Page(0, 25, (("created_at", SortOrder.DESC),))
#: What SQLite says of how it finds variables -> how they are asked for.
PLANS: dict[str, Callable[[StoreTransaction], object]] = {
    "variable_update USING COVERING INDEX": lambda tx: tx.count_variable_updates(),
    "variable_update USING COVERING INDEX ix_variable_update_at": (lambda tx: tx.count_variables()),
    "USING COVERING INDEX ix_variable_update_name (name=?)": (
        lambda tx: tx.count_variables(VariableQuery(name="tahun"))
    ),
    "variable_update USING COVERING INDEX ix_variable_update_name (name=?)": (
        lambda tx: tx.count_variable_updates(VariableQuery(name="tahun"))
    ),
    "variable_update USING INDEX ix_variable_update_at": (
        lambda tx: tx.variable_updates(page=_NEWEST)
    ),
    "SCAN variable_update USING INDEX ix_variable_update_at": (lambda tx: tx.variables(page=_MADE)),
    "SEARCH variable_update USING PRIMARY KEY (instance_id=?)": (
        lambda tx: tx.variable_updates(VariableQuery(instance_id="i1"), Page(0, 25))
    ),
}


@pytest.mark.parametrize("dialect", ["sqlite"])  # of small tables PostgreSQL prefers to read all
@pytest.mark.parametrize("plan", PLANS)
def test_variables_are_found_by_an_index(store: Store, plan: str) -> None:
    found = plans_of(store, asked_by(store, PLANS[plan]))[-1]

    assert plan in found
    # An index has the order, but for the ties of one moment.
    assert "TEMP B-TREE FOR ORDER BY" not in found
    assert "SCAN history_event" not in found
