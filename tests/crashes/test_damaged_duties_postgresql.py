"""What `test_damaged_duties.py` says of SQLite, said of PostgreSQL, which takes fewer values."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.store.tables import metadata
from tests.crashes.duties import Workshop
from tests.crashes.unreadable import wrong_values
from tests.databases import migrated_store

pytestmark = pytest.mark.postgresql

#: Tables that a duty reads; of each one column is damaged, by the place of the table.
_TABLES = [
    *("account", "announcement", "contact", "delivery", "evidence_package", "history_event"),
    *("process_instance", "signal_delivery", "user_task"),
]


@pytest.fixture(scope="module")
def workshop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workshop]:
    folder = tmp_path_factory.mktemp("office")
    with migrated_store("postgresql", request, folder) as store:
        shop = Workshop(store, folder)
        yield shop
        shop.close()


def test_sound_office_keeps_every_duty_busy(workshop: Workshop) -> None:
    morning = workshop.work()

    assert all(morning.done.values()), morning.done
    assert (morning.resting, morning.spinning) == ([], [])
    assert workshop.work().done == morning.done


@pytest.mark.parametrize("name", _TABLES)
def test_no_value_of_a_column_stops_a_duty_on_postgresql(workshop: Workshop, name: str) -> None:
    columns = [each for each in metadata.tables[name].columns if wrong_values(each, "postgresql")]
    place = _TABLES.index(name)
    column = columns[place % len(columns)]
    values = wrong_values(column, "postgresql")

    faults = workshop.faults_of(column, values[place % len(values)])

    assert not faults, f"{column}: " + "\n".join(faults)
