"""No value in any column takes with it what others ask for, and none is answered by a traceback.

On SQLite, which keeps anything; `test_unreadable_postgresql.py` does the same on PostgreSQL, by
itself, so that the two run side by side.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from engine.errors import DamagedRow
from engine.model import SubstitutionKind
from engine.store.substitutions import substitution_of
from engine.store.tables import metadata
from tests.crashes.askers import Question
from tests.crashes.laboratory import TABLES, Laboratory, fault_at, faults_of, laboratory_over
from tests.crashes.unreadable import NO_TEXT
from tests.databases import store_in_memory


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    store = store_in_memory()
    yield laboratory_over(store, tmp_path_factory.mktemp("office"))
    store.close()


@pytest.mark.parametrize("name", TABLES)
def test_no_value_of_a_sqlite_is_answered_by_a_traceback(laboratory: Laboratory, name: str) -> None:
    faults = faults_of(laboratory, metadata.tables[name])

    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("column", "value", "path"),
    [
        ("external_task.definition_id", "''", "/engine-rest/external-task"),
        ("instance_time.elapsed", "NULL", "/laporan?periode=tahun"),
        ("work_calendar.revision", "'banyak'", "/berkas"),
        ("work_calendar.content", "'{\"a\": 1}'", "/kalender"),
        ("process_instance.instance_id", "NULL", "/engine-rest/process-instance"),
        ("process_definition.starter_users", "'[[1]]'", "/riwayat"),
        ("process_instance.instance_id", NO_TEXT, "/cari"),
    ],
)
def test_list_that_was_once_lost_by_a_value_is_given(
    laboratory: Laboratory, column: str, value: str, path: str
) -> None:
    table, _, name = column.partition(".")
    question = Question("admin", path, is_of_many=True)

    assert fault_at(question, laboratory, metadata.tables[table].c[name], value) is None


@pytest.mark.parametrize("path", ["/cari?q=tidak-ada", "/engine-rest/history/user-operation/count"])
def test_who_sees_few_instances_is_answered_though_one_has_no_id(
    laboratory: Laboratory, path: str
) -> None:
    instance_id = metadata.tables["process_instance"].c.instance_id
    question = Question("kadis", path, is_of_many=True)

    assert fault_at(question, laboratory, instance_id, NO_TEXT) is None


def test_a_substitution_of_an_account_without_its_end_is_damage() -> None:
    of = metadata.tables["substitution"].c
    row = SimpleNamespace(**{f"standing_{column.name}": "x" for column in of})
    row.standing_kind, row.standing_ends_at = next(iter(SubstitutionKind)).value, None

    with pytest.raises(DamagedRow, match=r"substitution.ends_at: expected a value"):
        substitution_of(row, "standing_")  # type: ignore[arg-type]


def test_file_that_is_no_text_any_more_is_told(laboratory: Laboratory) -> None:
    asked = [each for each in laboratory.reads if each.path.endswith("/xml")]

    with laboratory.damaged(metadata.tables["resource"].c.content, "x'00ff'"):
        answers = [laboratory.askers.ask(each) for each in asked]

    told = [json.loads(each.text)["message"] for each in answers if each.status == 500]
    assert len(told) == len(asked) == 2
    assert all("UTF-8 or UTF-16, found other bytes at 1" in each for each in told)


def test_list_that_lacks_a_damaged_row_says_so(laboratory: Laboratory) -> None:
    name = metadata.tables["process_instance"].c.started_by
    page = Question("admin", "/berkas", is_of_many=True)
    listing = Question("admin", "/engine-rest/process-instance", is_of_many=True)
    whole = [laboratory.askers.ask(each) for each in (page, listing)]

    with laboratory.damaged(name, NO_TEXT):
        seen, listed = (laboratory.askers.ask(each) for each in (page, listing))

    assert [each.left_out for each in whole] == [None, None]
    assert "baris data rusak" not in whole[0].text
    assert "1 baris data rusak" in seen.text
    assert listed.left_out == "1"
    assert len(json.loads(listed.text)) == len(json.loads(whole[1].text)) - 1
