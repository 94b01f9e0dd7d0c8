"""Pictures of real instances: what happened is on them, and nobody sees more than before."""

from __future__ import annotations

import pytest
from lxml import etree

from engine.bpmn.drawing.marks import Mark, marks_of
from engine.errors import Forbidden, NotFound
from engine.model import Language
from tests.diagrams import each, end, line, process, script, start, subprocess, user
from tests.office import ADMIN, ANALYST, AUDITOR, Office, every_return_once, staff


def marks(office: Office, instance_id: str):
    return marks_of(office.engine.history.events(instance_id, actor=AUDITOR))


def image(office: Office, instance_id: str):
    return office.engine.drawings.of_instance(instance_id, actor=AUDITOR)


def test_marks_are_what_history_says(office: Office) -> None:
    definition = office.deploy(process(start(), user("a"), user("b"), end(), line(*"sabe")))
    instance = office.start(definition)
    office.complete(instance, "a")

    found = marks(office, instance)

    assert found.nodes == {"s": Mark(1), "a": Mark(1), "b": Mark(1, open=1)}
    assert found.flows == {"s_a": 1, "a_b": 1}
    assert [name for _, name in image(office, instance).here] == ["b"]


def test_visits_of_several_instances_are_counted_without_their_body(office: Office) -> None:
    loop = each("daftar")
    definition = office.deploy(process(start(), user("a", loop), end(), line(*"sae")))
    instance = office.start(definition, daftar=["SMP", "PAUD", "SD"])
    task = office.open_tasks(instance)[0]
    office.engine.tasks.complete(task.task_id, {}, actor=ADMIN)

    assert marks(office, instance).nodes["a"] == Mark(visits=3, open=2)


def test_cancelled_and_failed_steps_are_marked(office: Office) -> None:
    inner = subprocess("sub", start("x"), user("in"), end("y"), line("x", "in", "y"))
    cancelled = office.start(office.deploy(process(start(), inner, end(), line("s", "sub", "e"))))
    office.engine.instances.cancel(cancelled, reason="keliru", actor=ADMIN)
    failing = process(start(), script("x", "y = tidak_ada"), end(), line("s", "x", "e"), key="q")
    failed = office.start(office.deploy(failing, "q.bpmn"))

    assert marks(office, cancelled).nodes["in"] == Mark(1, cancelled=1)
    assert marks(office, failed).nodes["x"].incidents == 1
    assert ">batal<" in image(office, cancelled).svg
    assert ">gangguan<" in image(office, failed).svg


def test_whole_sop_is_drawn_with_its_returns(office: Office) -> None:
    definition = office.deploy_sop("luwu-timur")
    instance = office.start_sop(definition)
    office.run_to_end(instance, every_return_once())

    taken = [e for e in office.engine.history.frames(instance, actor=AUDITOR) for e in e.flows]
    painted = etree.fromstring(image(office, instance).svg)
    lines = [g for g in painted.iter("{*}g") if g.get("class") == "dilalui"]
    assert len(lines) == len(set(taken))
    assert image(office, instance).here == ()


def test_file_without_a_drawing_is_drawn_and_kept_as_it_was(office: Office) -> None:
    content = process(start(), user("a"), end(), line(*"sae"))
    definition = office.deploy(content).definition_id
    drawings = office.engine.drawings

    copy = drawings.copy_with_layout(definition, actor=ANALYST)

    assert drawings.is_laid_out(definition, actor=ANALYST)
    assert b"BPMNShape" in copy
    assert office.engine.definitions.xml(definition, actor=ANALYST) == content.encode()
    # The copy is another file: deployed, it is drawn as it says.
    again = office.deploy(copy)
    assert again.version == 2
    assert not drawings.is_laid_out(again.definition_id, actor=ANALYST)


def test_picture_of_a_definition_is_made_once(office: Office) -> None:
    definition = office.deploy_sop("balangan").definition_id
    drawings = office.engine.drawings

    assert drawings.of_definition(definition, actor=ANALYST) == drawings.of_definition(
        definition, actor=ANALYST
    )
    assert drawings._picture(definition, ANALYST) is drawings._picture(definition, AUDITOR)


def test_place_of_a_step_is_painted_once_in_a_language_and_shown_to_who_may_see_it(
    office: Office,
) -> None:
    definition = office.deploy_sop("balangan").definition_id
    around, step = office.engine.drawings.around, "langkah_1"

    painted = around(definition, step, actor=ANALYST)

    assert around(definition, step, actor=AUDITOR) is painted
    assert around(definition, "langkah_2", actor=ANALYST).here != painted.here
    english = around(definition, step, actor=ANALYST, say=str.upper, language=Language.ENGLISH)
    assert "DIAGRAM ALUR" in english.svg
    assert around(definition, step, actor=ANALYST) is painted
    with pytest.raises(Forbidden):
        around(definition, step, actor=staff("Gudang"))


def test_picture_is_for_those_who_may_see_what_it_shows(office: Office) -> None:
    definition = office.deploy_sop("balangan")
    instance = office.start_sop(definition)
    stranger, drawings = staff("Gudang"), office.engine.drawings

    drawings.of_definition(definition.definition_id, actor=AUDITOR)
    with pytest.raises(Forbidden):
        drawings.of_definition(definition.definition_id, actor=stranger)
    with pytest.raises(Forbidden):
        drawings.of_instance(instance, actor=stranger)
    with pytest.raises(Forbidden):
        drawings.copy_with_layout(definition.definition_id, actor=stranger)
    with pytest.raises(NotFound):
        drawings.of_instance("nix", actor=AUDITOR)
