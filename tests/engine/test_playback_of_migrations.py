"""The story of an instance that was moved: each step in the version of its time."""

from __future__ import annotations

from engine.bpmn.drawing.marks import Mark
from engine.model import EventKind
from engine.playback.standing import marks_from, standing_after
from tests.diagrams import end, line, process, start, user
from tests.engine.moving import move
from tests.office import AUDITOR, Office

OLD = process(start(), user("a"), user("b", name="Menelaah"), end(), line("s", "a", "b", "e"))
NEW = process(
    start("s2"), user("b2", name="Meneliti"), user("c"), end(), line("s2", "b2", "c", "e")
)


def moved(office: Office) -> str:
    instance = office.start(office.deploy(OLD))
    office.complete(instance, "a")
    move(office, instance, NEW, ("b", "b2"))
    office.complete(instance, "b2")
    return instance


def test_each_step_has_the_diagram_of_its_time(office: Office) -> None:
    story = office.engine.playback.story(moved(office), actor=AUDITOR)

    assert story.is_whole
    assert [step.frame.kind for step in story.steps][2] is EventKind.INSTANCE_MIGRATED
    assert [[*story.at(step).model.nodes][1] for step in (1, 2, 3, 4)] == ["a", "a", "b2", "b2"]
    versions = [story.at(step).definition_id.split(":")[1] for step in (0, 1, 2, 3, 4)]
    assert versions == ["1", "1", "1", "2", "2"]


def test_an_open_step_has_its_old_name_before_and_its_new_one_after(office: Office) -> None:
    story = office.engine.playback.story(moved(office), actor=AUDITOR)

    names = [[v.name for v in standing_after(story, step).open_visits] for step in (1, 2, 3, 4)]
    assert names == [["a"], ["Menelaah"], ["Meneliti"], ["c"]]
    before, after = (next(marks_from(story, step, step)).nodes for step in (2, 3))
    assert before["b"] == Mark(visits=1, open=1)
    assert (after["b"].open, after["b2"].open) == (0, 1)


def test_pictures_and_their_parts_are_of_the_version_of_the_step(office: Office) -> None:
    playback = office.engine.playback
    story = playback.story(moved(office), actor=AUDITOR)

    images = [playback.image(story, step, key="k", actor=AUDITOR).svg for step in (2, 3)]
    assert ["Menelaah" in image for image in images] == [True, False]
    assert ["Meneliti" in image for image in images] == [False, True]
    parts = playback.parts(story, range(1, 5), key="k", actor=AUDITOR)
    assert ["Menelaah" in str(each) for each in parts] == [True, True, False, False]


def test_a_picture_of_the_instance_shows_where_it_stands_now(office: Office) -> None:
    instance = office.start(office.deploy(OLD))
    office.complete(instance, "a")
    move(office, instance, NEW, ("b", "b2"))

    image = office.engine.drawings.of_instance(instance, actor=AUDITOR)
    assert [name for _, name in image.here] == ["Meneliti"]
    assert office.engine.migrations.moves(instance, actor=AUDITOR)[0].to_version == 2
