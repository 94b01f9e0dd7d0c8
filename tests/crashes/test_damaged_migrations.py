"""A former database with a damaged row comes to the present schema, or stays and says why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.store import migrations
from engine.store.tables import metadata
from tests.crashes.clerk import Clerk
from tests.crashes.former import VERSIONS, Former
from tests.crashes.unreadable import NO_TEXT

MakeFormer = Callable[[str], Former]


@pytest.fixture(scope="module")
def former(clerk_of_all: Clerk, tmp_path_factory: pytest.TempPathFactory) -> MakeFormer:
    folder, made = tmp_path_factory.mktemp("former"), dict[str, Former]()

    def get(version: str) -> Former:
        if version not in made:
            made[version] = Former(clerk_of_all, version, folder / f"{version}.db")
        return made[version]

    return get


@pytest.mark.parametrize("version", VERSIONS)
def test_full_office_of_a_former_schema_is_migrated_with_all_its_rows(
    former: MakeFormer, version: str
) -> None:
    office = former(version)

    answer = office.migrated()

    assert answer.code == 0, answer
    assert "damaged" not in answer.err
    assert office.schema() == migrations.head()
    if version >= "0029":
        assert office.clerk("verify", "--all").code == 0


@pytest.mark.parametrize(
    ("version", "column", "value"),
    [
        ("0001", "history_event.payload", "NULL"),
        ("0029", "history_event.payload", "'17'"),
        ("0029", "history_event.payload", "x'ff'"),
        ("0033", "history_event.payload", NO_TEXT),
        ("0033", "history_event.activity_instance_id", NO_TEXT),
        ("0033", "history_event.at", "NULL"),
        ("0041", "process_instance.business_key", "x'ff7b'"),
        ("0041", "process_instance.business_key", NO_TEXT),
        ("0039", "variable_update.is_first", "NULL"),
        ("0042", "variable_update.instance_id", "'RUSAK'"),
    ],
)
def test_migration_passes_over_a_damaged_row_and_verify_names_whose_it_is(
    former: MakeFormer, version: str, column: str, value: str
) -> None:
    office, [table, _, name] = former(version), column.partition(".")

    answer = office.migrated((metadata.tables[table].c[name], value))
    found = office.clerk("verify", "--all")

    assert answer.code == 0, answer
    assert f"1 rows of {table} are damaged, and passed over by the migration" in answer.err
    if version >= "0029":
        lines = [line.split()[0] for line in found.out.splitlines() if "compared" not in line]
        named = {each for each in lines if len(each) == len(office.instance) and each[0] != "-"}
        assert (found.code, named) == (1, {office.instance})


@pytest.mark.parametrize(
    ("version", "column", "value", "told"),
    [
        ("0003", "access_token.name", "NULL", "expected a value, found none"),
        ("0003", "access_token.account", "'RUSAK'", "expected one of account, found none"),
        ("0015", "delivery.channel", "'RUSAK'", "expected channel IN ('webhook', 'email')"),
        ("0015", "delivery.due_at", "NULL", "expected a value, found none"),
        ("0015", "delivery_attempt.delivery_id", NO_TEXT, "expected one of delivery, found none"),
    ],
)
def test_migration_that_cannot_take_a_row_changes_nothing_and_names_it(
    former: MakeFormer, version: str, column: str, value: str, told: str
) -> None:
    office, [table, _, name] = former(version), column.partition(".")

    answer = office.migrated((metadata.tables[table].c[name], value))

    assert answer.code == 5, answer
    assert f"the schema stays at version {version}, and nothing was changed" in answer.err
    assert table in answer.err
    assert f"{told}" in answer.err
    assert "in the row " in answer.err
    assert office.schema() == version


@pytest.mark.parametrize("version", VERSIONS)
def test_no_value_of_a_column_ends_a_migration_unexpectedly(
    former: MakeFormer, version: str
) -> None:
    office = former(version)
    every = list(office.every())
    place = VERSIONS.index(version)

    # Others for each version, the same each time.
    chosen = every[place * 37 % len(every) :: len(every) // 2]

    assert not [fault for each in chosen if (fault := office.fault_of(*each))]
