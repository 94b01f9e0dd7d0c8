"""No value of a column ends a command with a traceback, or takes what it does of others with it.

Each command is run over some columns of the tables that it reads, with another value for each.
"""

from __future__ import annotations

import pytest

from engine.store.tables import metadata
from tests.crashes.clerk import Clerk
from tests.crashes.errands import ERRANDS, Errand, Round
from tests.crashes.unreadable import NO_TEXT

_BY_COMMAND = {each.command: each for each in ERRANDS}
_ERASE = next(each for each in _BY_COMMAND if "erase --person" in each)


@pytest.fixture(scope="module")
def rounds(clerk_of_all: Clerk) -> Round:
    return Round(clerk_of_all)


@pytest.mark.parametrize("errand", ERRANDS, ids=list(_BY_COMMAND))
def test_no_value_of_a_column_ends_a_command_unexpectedly(rounds: Round, errand: Errand) -> None:
    faults = [fault for each in rounds.tries(errand) if (fault := rounds.fault_of(errand, *each))]

    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("command", "column", "value"),
    [
        ("verify --all", "tallied_span.until", "NULL"),
        ("verify --all", "tallied_span.since", "x'ff'"),
        ("verify --all", "spread_tally.measure", "NULL"),
        ("verify {instance}", "process_instance.definition_id", "''"),
        ("reindex", "account.name", "'RUSAK'"),
        ("search 2026", "resource.deployment_id", "'RUSAK'"),
        (_ERASE, "personal_key.value_count", str(2**62)),
        ("reindex", "substitution.substitution_id", NO_TEXT),
        ("reindex", "process_instance.last_sequence", "'banyak'"),
        ("verify --all", "process_instance.definition_id", "NULL"),
        ("verify --all", "process_instance.last_sequence", "'banyak'"),
        ("reindex", "task_time.round", "NULL"),
        ("search 2026", "process_definition.key", "'RUSAK'"),
        ("retention", "resource.resource_id", NO_TEXT),
        ("export history {instance} --documents -o {out}", "history_event.revision", str(2**62)),
    ],
)
def test_command_that_was_once_stopped_by_a_value_goes_on(
    rounds: Round, command: str, column: str, value: str
) -> None:
    table, _, name = column.partition(".")

    assert not rounds.fault_of(_BY_COMMAND[command], metadata.tables[table].c[name], value)


def test_keys_that_can_be_opened_are_sealed_anew_beside_one_that_cannot(rounds: Round) -> None:
    clerk = rounds.clerk
    for name, value in (("sealed_key", "'RUSAK'"), ("created_at", "'besok'")):
        clerk.renew()
        clerk.damage(metadata.tables["personal_key"].c[name], value)

        answer = clerk("personal", "reseal")

        assert answer.code == 1, answer
        assert "5 keys are sealed by the newest secret key" in answer.out
        assert "1 keys are not: keep the former secret keys" in answer.err
        assert answer.err.count("stays as it is: ") == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("history_event.payload", "x'ff'"),
        ("history_event.revision", "NULL"),
        ("process_instance.started_at", "'kemarin'"),
        ("process_instance.started_at", "x'00'"),
    ],
)
@pytest.mark.parametrize("ending", ["xes", "csv", "json"])
def test_event_log_says_itself_which_instance_it_leaves_out(
    rounds: Round, ending: str, column: str, value: str
) -> None:
    clerk, sick = rounds.clerk, rounds.clerk.paths["berkas"].rpartition("/")[2]
    sound, file = clerk.paths["selesai"].rpartition("/")[2], clerk.folder / f"log.{ending}"
    table, _, name = column.partition(".")
    clerk.renew()
    clerk.damage(metadata.tables[table].c[name], value)

    answer = clerk("export", "log", str(file), "--format", "ocel" if ending == "json" else ending)

    assert answer.code == 1, answer
    assert f"left out: instance {sick}: " in answer.err
    [told] = [line for line in file.read_text().splitlines() if _LEFT_OUT[ending] in line]
    assert "cannot be read" in told
    assert sound in file.read_text()
    its = [line for line in file.read_text().splitlines() if sick in line]
    assert len(its) == (2 if ending == "xes" else 1)


#: How a line says so in which no event is told; in XES another line has the instance's id.
_LEFT_OUT = {"xes": '"sop:leftOut" value=', "csv": "cannot be read", "json": '"leftOut","time"'}


@pytest.mark.parametrize("ending", _LEFT_OUT)
def test_event_log_says_that_the_row_of_an_instance_cannot_be_read(
    rounds: Round, ending: str
) -> None:
    clerk, file = rounds.clerk, rounds.clerk.folder / f"log.{ending}"
    clerk.renew()
    clerk.damage(metadata.tables["process_instance"].c["head_hash"], NO_TEXT)

    answer = clerk("export", "log", str(file), "--format", "ocel" if ending == "json" else ending)

    sick = clerk.paths["berkas"].rpartition("/")[2]
    assert answer.code == 1, answer
    assert f"left out: instance a row of process_instance (instance_id {sick})" in answer.err
    assert sick in file.read_text()
    assert _LEFT_OUT[ending] in file.read_text()
