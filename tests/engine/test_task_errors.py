"""What a person says with the error that he reports at a task: a code, and as much as he knows."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from tests.diagrams import (
    boundary,
    coded,
    declared,
    end,
    field,
    form,
    line,
    process,
    start,
    user,
)
from tests.office import ADMIN, Office

#: Any error of the task is caught.
REPORTED = process(
    start(),
    user("isi", form(field("nomor", "long", required=True), field("judul", required=True))),
    boundary("galat", "isi", coded()),
    user("perbaiki"),
    end(),
    end("e2"),
    line("s", "isi", "e"),
    line("galat", "perbaiki", "e2"),
    before=declared("KURANG"),
)


@pytest.fixture
def instance(office: Office) -> str:
    return office.start(office.deploy(REPORTED))


def report(office: Office, instance: str, code: str, **values: object) -> None:
    task_id = office.task(instance, "isi").task_id
    office.engine.tasks.bpmn_error(task_id, code, actor=ADMIN, variables=values)


def test_what_is_known_of_the_form_comes_along_and_what_is_missing_is_not_asked_for(
    office: Office, instance: str
) -> None:
    report(office, instance, "KURANG", nomor=7)

    assert office.waiting_at(instance) == ["perbaiki"]
    assert office.variables(instance) == {"nomor": 7}
    office.assert_sound(instance)


@pytest.mark.parametrize("values", [{"nomor": "tujuh"}, {"nomor": ""}])
def test_what_comes_along_is_held_against_the_form(
    office: Office, instance: str, values: dict[str, object]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        report(office, instance, "KURANG", **values)

    assert set(refused.value.fields) == {"nomor"}
    assert office.waiting_at(instance) == ["isi"]


@pytest.mark.parametrize("code", ["", "  ", "K" * 1000])
def test_a_code_that_is_none_is_refused_though_any_is_caught(
    office: Office, instance: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        report(office, instance, code)

    assert set(refused.value.fields) == {"errorCode"}
    assert office.waiting_at(instance) == ["isi"]
