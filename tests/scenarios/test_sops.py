"""The four SOPs from "Mulai" to "Selesai", straight and with every return taken."""

from __future__ import annotations

import pytest

from engine.model import Role
from tests.office import (
    AUDITOR,
    SOP_FILES,
    Chooser,
    Office,
    every_return_once,
    straight,
)

#: What the tables of the SOPs lead to, step by step; 3b, 1b, 6b and 2b once per bidang.
STRAIGHT = {
    "bandar-lampung": "1 2 3 3b 3b 4 5 7 8 8b 9 10",
    "balangan": ("1 1b 1b 2 3 4 5 1 1b 1b 2 3 4 5 6 7 8 1 1b 1b 2 3 4 5 1 1b 1b 2 3 4 5 6 7 8 9"),
    "bakesbangpol": "1 2 3 4 5 6 6b 6b 7 8 9 10 12 13 14 15",
    "luwu-timur": "1 2 2b 2b 3 4 5 6 7 8 9",
}
RETURNED = {
    "bandar-lampung": "1 2 3 3b 3b 4 5 6 5 7 6 5 7 8 7 8 8b 8 8b 9 10",
    "balangan": (
        "1 1b 1b 2 3 4 5 1 1b 1b 2 3 4 5 6 7 7 8 7 8 1 1b 1b 2 3 4 5 1 1b 1b 2 3 4 5 6 7 8 9"
    ),
    "bakesbangpol": "1 2 3 4 5 6 6b 6b 7 8 9 10 11 7 8 9 10 12 13 14 15",
    "luwu-timur": "1 2 2b 2b 3 4 5 6 5 6 7 5 6 7 8 5 6 7 8 9",
}


def steps(path: str) -> list[str]:
    return [f"langkah_{number}" for number in path.split()]


def run(office: Office, stem: str, choose: Chooser) -> tuple[str, list[str]]:
    instance = office.start_sop(office.deploy_sop(stem))
    return instance, office.run_to_end(instance, choose)


@pytest.mark.parametrize("stem", SOP_FILES)
def test_the_straight_path(office_on_both: Office, stem: str) -> None:
    instance, done = run(office_on_both, stem, straight)

    assert done == steps(STRAIGHT[stem])
    assert office_on_both.state(instance) == "COMPLETED"
    office_on_both.assert_sound(instance)


@pytest.mark.parametrize("stem", SOP_FILES)
def test_every_return_taken_once(office_on_both: Office, stem: str) -> None:
    instance, done = run(office_on_both, stem, every_return_once())

    assert done == steps(RETURNED[stem])
    assert office_on_both.state(instance) == "COMPLETED"
    office_on_both.assert_sound(instance)


@pytest.mark.parametrize("stem", SOP_FILES)
def test_with_the_snapshot_erased_before_every_step(office: Office, stem: str) -> None:
    instance = office.start_sop(office.deploy_sop(stem))
    done = office.run_to_end(
        instance, every_return_once(), before_each=lambda: office.erase_snapshot(instance)
    )

    assert done == steps(RETURNED[stem])
    office.assert_sound(instance)


@pytest.mark.parametrize("stem", SOP_FILES)
def test_every_flow_and_every_step_of_the_diagram_is_reached(office: Office, stem: str) -> None:
    """No step of an SOP is drawn but never run."""
    definition = office.deploy_sop(stem)
    model = office.engine.definitions.model(definition.definition_id, actor=AUDITOR)
    taken: set[str] = set()
    for choose in (straight, every_return_once()):
        instance = office.start_sop(definition)
        office.run_to_end(instance, choose)
        for frame in office.engine.history.frames(instance, actor=AUDITOR):
            taken.update(frame.flows)

    assert set(model.flows) == taken


def test_what_each_bidang_filled_in_is_kept_apart_and_collected(office: Office) -> None:
    instance, _ = run(office, "luwu-timur", straight)

    rows = office.variables(instance)["data_bidang"]
    assert [row["bidang"] for row in rows] == ["Bidang A", "Bidang B"]


def test_one_bidang_is_the_default(office: Office) -> None:
    definition = office.deploy_sop("bandar-lampung")
    form = office.engine.definitions.start_form(definition.definition_id, actor=AUDITOR)
    required = {"periode_tahun": 2026, "periode_jenis": "TW1"}
    assert {f.id for f in form if f.is_required and f.default is None} == set(required)

    instance = office.start(definition, office.people["Perencana"], **required)

    assert office.variables(instance)["daftar_bidang"] == ["Bidang"]


def test_a_return_without_its_note_is_refused(office: Office) -> None:
    from engine.errors import InvalidForm
    from tests.office import filled_in, returning

    definition = office.deploy_sop("luwu-timur")
    instance = office.start_sop(definition)
    while office.waiting_at(instance) != ["langkah_6"]:
        office.run_to_end(instance, straight, limit=1)
    task = office.task(instance, "langkah_6")
    person = office.people["Perencana"]
    form = office.engine.tasks.form(task.task_id, actor=person)
    values = filled_in(form.fields, returning)

    with pytest.raises(InvalidForm) as refused:
        office.engine.tasks.complete(
            task.task_id, values | {"langkah_6_catatan_perbaikan": " "}, actor=person
        )

    assert set(refused.value.fields) == {"langkah_6_catatan_perbaikan"}


@pytest.mark.parametrize("stem", SOP_FILES)
def test_four_people_are_enough(office: Office, stem: str) -> None:
    """Every task is of one of the four lanes, and each of them sees just its own."""
    definition = office.deploy_sop(stem)
    assert definition.lanes == ("Kadis", "Sekretaris", "Perencana", "Bidang")
    model = office.engine.definitions.model(definition.definition_id, actor=AUDITOR)

    lanes = {node.lane for node in model.nodes.values() if node.type == "userTask"}

    expected = {"Kadis", "Sekretaris", "Perencana", "Bidang"}
    assert lanes == (expected - {"Kadis"} if stem == "balangan" else expected)
    assert all(Role.STAFF in person.roles for person in office.people.values())
