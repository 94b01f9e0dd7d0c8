"""No value of a column stops a worker: it does what is due of all the others, and comes to rest.

Tried are keys, and each third of the other columns, with another value for each: it takes long.
`test_unreadable_columns.py` says what people and programs are answered meanwhile. What
`verify --all` reads beside the instances it names when it cannot.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.cli.verifying import summary_of_all
from engine.store.tables import metadata
from tests.crashes.duties import SPEAK_FOR_ALL, Workshop
from tests.crashes.unreadable import NO_TEXT, wrong_values
from tests.databases import store_in_memory
from tests.office import AUDITOR

#: By the place of a column among all, so that each takes another of its wrong values.
_PLACES = {
    column: place
    for place, column in enumerate(c for table in metadata.sorted_tables for c in table.columns)
}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    store = store_in_memory()
    shop = Workshop(store, tmp_path_factory.mktemp("office"))
    yield shop
    shop.close()
    store.close()


def test_sound_office_keeps_every_duty_busy(workshop: Workshop) -> None:
    morning = workshop.work()

    assert all(morning.done.values()), morning.done
    assert (morning.resting, morning.spinning) == ([], [])


@pytest.mark.parametrize("name", sorted(metadata.tables))
def test_no_value_of_a_column_stops_a_duty(workshop: Workshop, name: str) -> None:
    faults = []
    for column in metadata.tables[name].columns:
        values = wrong_values(column, "sqlite")
        if values and (column.primary_key or _PLACES[column] % 3 == 0):
            value = values[_PLACES[column] % len(values)]
            faults += [f"{column} = {value}: {each}" for each in workshop.faults_of(column, value)]

    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("announcement.sequence", "'banyak'"),
        ("announcement.subject_id", "'RUSAK'"),
        ("delivery.subscription_id", NO_TEXT),
        ("evidence_package.package_id", NO_TEXT),
        ("process_instance.ended_at", "'besok'"),
        ("process_instance.instance_id", "'RUSAK'"),
        ("process_instance.instance_id", NO_TEXT),
        ("process_instance.last_sequence", "'banyak'"),
        ("resource.content", "x'00ff'"),
        ("signal_delivery.delivery_id", NO_TEXT),
        ("signal_delivery.variables", "NULL"),
        ("substitution.ends_at", "NULL"),
        ("substitution.substitution_id", "x'ff7b'"),
        ("user_task.task_id", NO_TEXT),
    ],
)
def test_duty_that_was_once_stopped_by_a_value_goes_on(
    workshop: Workshop, column: str, value: str
) -> None:
    table, _, name = column.partition(".")

    assert not workshop.faults_of(metadata.tables[table].c[name], value)


def test_value_that_speaks_for_all_is_named(workshop: Workshop) -> None:
    told = {
        table: workshop.morning(metadata.tables[table].c[name], value).errors
        for table, name, value in (
            ("account_log", "head_hash", "'RUSAK'"),
            ("checkpoint", "content", "NULL"),
            ("superior_lanes", "content", "'17'"),
            ("work_calendar", "revision", "'banyak'"),
        )
    }

    assert set(told) == SPEAK_FOR_ALL
    for table, errors in told.items():
        assert any(table in str(each) for each in errors), (table, errors)


@pytest.mark.parametrize(
    ("column", "value", "named"),
    [
        ("account_event.hash", "x'ff'", "account_event.hash"),
        ("account_log.head_hash", "'RUSAK'", "account_log"),
        ("account_log.last_sequence", "NULL", "account_log"),
        ("checkpoint.at", "NULL", "checkpoint.at"),
        ("checkpoint.content", "NULL", "checkpoint.content"),
        ("deployment.deployment_id", "NULL", "deployment"),
        ("history_event.hash", "x'ff'", "history_event.hash"),
        ("process_definition.definition_id", "NULL", "process_definition"),
        ("resource.name", "NULL", "resource.name"),
    ],
)
def test_verification_names_what_it_cannot_read(
    workshop: Workshop, column: str, value: str, named: str
) -> None:
    table, _, name = column.partition(".")
    engine = workshop.office.engine_with(workshop.settings)

    with workshop.damages.at(metadata.tables[table].c[name], value):
        faults = summary_of_all(engine, AUDITOR).faults

    assert any(named in each.message for each in faults), faults
    assert all(each.instance_id for each in faults)
