"""Verification codes: they find the history that they were given for, and no other."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from engine.history_codes import code_of
from engine.model import EventKind
from tests.diagrams import end, line, process, start, user
from tests.engine.test_verify import tamper
from tests.office import AUDITOR, Office

SOP = process(start(), user("a"), user("b"), end(), line("s", "a", "b", "e"), key="surat")


@pytest.fixture
def started(office: Office) -> str:
    return office.start(office.deploy(SOP))


def code(office: Office, instance_id: str) -> str:
    instance = office.engine.instances.instance(instance_id, actor=AUDITOR)
    return code_of(instance.instance_id, instance.head_hash)


def test_a_code_finds_its_history_and_what_came_later(office: Office, started: str) -> None:
    given = code(office, started)
    other = office.start(office.engine.definitions.latest_definition("surat", actor=AUDITOR))

    now = office.engine.history_codes.find(given)
    office.complete(started, "a")
    later = office.engine.history_codes.find(given)

    assert now is not None
    assert later is not None
    assert (now.event.instance_id, now.later, now.is_sound) == (started, 0, True)
    assert later.event == now.event
    assert later.later == len(office.kinds(started)) - now.event.sequence
    assert now.definition.key == "surat"
    assert code(office, other) != given


def test_a_code_may_be_written_as_people_write(office: Office, started: str) -> None:
    given = code(office, started)

    for written in (given.lower(), given.replace("-", ""), f" {given.replace('0', 'o')} "):
        found = office.engine.history_codes.find(written)
        assert found is not None, written
        assert found.event.instance_id == started


def test_every_wrong_character_is_found(office: Office, started: str) -> None:
    given = code(office, started)

    for place, character in enumerate(given):
        if character == "-":
            continue
        wrong = given[:place] + ("Z" if character != "Z" else "Y") + given[place + 1 :]
        with pytest.raises(InvalidInput, match="a character is wrong"):
            office.engine.history_codes.find(wrong)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "expected 25 letters and digits, found 0"),
        ("00000-00000-00000-00000-0000", "found 24"),
        ("U0000-00000-00000-00000-00000", "without I, L, O and U, found 'U'"),
        ("é0000-00000-00000-00000-00000", "found 'É'"),
    ],
)
def test_what_is_no_code_is_refused(office: Office, written: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        office.engine.history_codes.find(written)


def test_a_history_that_was_changed_is_told_apart(office: Office, started: str) -> None:
    given = code(office, started)
    office.complete(started, "a")

    tamper(
        office.store,
        f"UPDATE history_event SET actor = 'x' WHERE kind = '{EventKind.TASK_COMPLETED}'",
    )
    broken = office.engine.history_codes.find(given)
    tamper(
        office.store,
        f"UPDATE history_event SET hash = '{'0' * 64}' WHERE instance_id = '{started}'",
    )

    assert broken is not None
    assert not broken.is_sound
    assert office.engine.history_codes.find(given) is None
