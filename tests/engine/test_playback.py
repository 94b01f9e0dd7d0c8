"""The story of an instance: steps, visits and flows, as of any step, and only what is proved."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import Forbidden
from engine.model import EventKind
from engine.playback import room
from engine.playback.standing import marks_from, standing_after
from engine.playback.story import Story
from tests.diagrams import (
    each,
    end,
    exclusive,
    field,
    flow,
    form,
    line,
    parallel,
    process,
    properties,
    start,
    user,
)
from tests.engine.test_verify import tamper
from tests.office import AUDITOR, Office, every_return_once, staff, straight

LOOP = process(
    start(), user("susun", name="Menyusun"), user("periksa", form(field("ok", "boolean"))),
    exclusive("g"), end(),
    line("s", "susun", "periksa", "g"), flow("g", "e", "${ok}"), flow("g", "susun", "${!ok}"),
    lanes={"Perencana": ["s", "susun"], "Sekretaris": ["periksa", "g", "e"]},
)  # fmt: skip


def story_of(office: Office, instance_id: str) -> Story:
    return office.engine.playback.story(instance_id, actor=AUDITOR)


def round_of(office: Office, instance_id: str, *, ok: bool) -> None:
    office.clock.advance(minutes=5)
    office.complete(instance_id, "susun", office.people["Perencana"])
    office.clock.advance(minutes=5)
    office.complete(instance_id, "periksa", office.people["Sekretaris"], ok=ok)


def returned_once(office: Office) -> str:
    instance_id = office.start(office.deploy(LOOP), office.people["Perencana"])
    round_of(office, instance_id, ok=False)
    round_of(office, instance_id, ok=True)
    return instance_id


def test_each_round_of_a_loop_is_a_visit_of_its_own(office: Office) -> None:
    story = story_of(office, returned_once(office))

    visits = [(v.activity_id, v.ordinal, v.entered_in, v.ended_in) for v in story.visits]
    assert [found for found in visits if found[0] in {"susun", "periksa"}] == [
        ("susun", 1, 1, 2),
        ("periksa", 1, 2, 3),
        ("susun", 2, 3, 4),
        ("periksa", 2, 4, 5),
    ]
    assert [step.visit.ordinal for step in story.steps if step.visit] == [1, 1, 2, 2]


def test_flows_are_numbered_and_the_one_that_led_back_is_known(office: Office) -> None:
    story = story_of(office, returned_once(office))

    assert [taken.order for taken in story.taken] == list(range(1, len(story.taken) + 1))
    assert [taken.flow_id for taken in story.taken if taken.is_return] == ["g_susun"]
    [marks] = marks_from(story, 5, 5)
    assert marks.trace is not None
    assert marks.trace.returns == {"g_susun": 1}
    assert marks.trace.now == {"periksa", "periksa_g", "g_e"}
    assert marks.trace.last["susun_periksa"] == 5


def test_marks_of_many_steps_are_those_of_each(office: Office) -> None:
    definition = office.deploy_sop("bandar-lampung")
    instance_id = office.start_sop(definition)
    office.run_to_end(instance_id, every_return_once())
    story = story_of(office, instance_id)

    together = list(marks_from(story, 1, len(story.steps)))

    assert together == [next(marks_from(story, n, n)) for n in range(1, len(story.steps) + 1)]


def test_state_is_known_after_every_step(office: Office) -> None:
    story = story_of(office, returned_once(office))

    places = [
        [v.activity_id for v in standing_after(story, n).open_visits]
        for n in range(len(story.steps) + 1)
    ]
    assert places == [[], ["susun"], ["periksa"], ["susun"], ["periksa"], []]
    assert [standing_after(story, n).variables.get("ok") for n in (2, 3, 5)] == [None, False, True]
    assert standing_after(story, 5).has_ended


def test_last_step_before_a_moment_is_found(office: Office) -> None:
    begun = office.clock.now()
    story = story_of(office, returned_once(office))

    assert story.step_at(begun - timedelta(seconds=1)) == 0
    assert story.step_at(begun) == 1
    assert story.step_at(begun + timedelta(minutes=12)) == 3
    assert story.step_at(begun + timedelta(days=9)) == len(story.steps)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE history_event SET actor = 'lain' WHERE sequence = {of_step_3}", 2),
        ("UPDATE history_event SET payload = '[1]' WHERE sequence = {of_step_3}", 2),
        ("DELETE FROM history_event WHERE sequence = {of_step_3} + 1", 2),
        ("DELETE FROM history_event WHERE revision = 5", 4),
        ("UPDATE process_instance SET snapshot = x'00'", 5),
    ],
    ids=["changed", "unreadable", "missing", "cut off", "beside history"],
)
def test_nothing_is_told_from_the_first_fault_on(office: Office, change: str, told: int) -> None:
    instance_id = returned_once(office)
    of_step_3 = story_of(office, instance_id).steps[2].frame.sequence

    tamper(office.store, change.format(of_step_3=of_step_3))
    story = story_of(office, instance_id)

    assert not story.verification.is_sound
    assert (len(story.steps), story.recorded) == (told, 5)
    assert story.is_whole == (told == 5)


def test_visit_tells_in_whose_hands_it_was(office: Office) -> None:
    instance_id = office.start(office.deploy(LOOP), office.people["Perencana"])
    task, other = office.task(instance_id, "susun"), staff("Perencana", "rekan")
    office.engine.tasks.claim(task.task_id, actor=office.people["Perencana"])
    office.engine.tasks.unclaim(task.task_id, actor=office.people["Perencana"])
    office.engine.tasks.claim(task.task_id, actor=other)
    office.complete(instance_id, "susun", other)

    story = story_of(office, instance_id)

    visit = story.steps[1].visit
    assert visit is not None
    hands = [visit.hand_after(n) for n in (1, 2, 3, 4, 5)]
    assert [hand and hand.account for hand in hands] == [None, "perencana", None, "rekan", "rekan"]
    assert (visit.ended_by, visit.ended_as) == ("rekan", office_capacity(story))


def office_capacity(story: Story) -> str | None:
    return story.steps[-1].frame.capacity


def test_waiting_and_working_time_are_told_apart_by_the_claim(office: Office) -> None:
    term = properties(waktuIso="PT10M")
    definition = office.deploy(
        process(
            start(), user("a", term), end(), line("s", "a", "e"),
            lanes={"Perencana": ["s", "a", "e"]},
        )
    )  # fmt: skip
    person = office.people["Perencana"]
    instance_id = office.start(definition, person)
    office.clock.advance(minutes=20)
    office.engine.tasks.claim(office.task(instance_id, "a").task_id, actor=person)
    office.clock.advance(minutes=15)
    office.complete(instance_id, "a", person)

    story = story_of(office, instance_id)
    spent = office.engine.playback.spent_in(story, story.steps)

    assert sorted(spent) == [2, 3]
    waiting, working = spent[3].waiting, spent[3].working
    assert waiting is not None
    assert working is not None
    assert (waiting.time, working.time) == (timedelta(minutes=20), timedelta(minutes=15))
    assert (spent[2].is_late, spent[3].is_late) == (False, True)
    between = story.steps[1].frame.at + timedelta(minutes=4)
    open_then = standing_after(story, 2).open_visits
    [so_far] = office.engine.playback.spent(story, open_then, 2, between).values()
    assert so_far.working is not None
    assert (so_far.working.time, so_far.is_late) == (timedelta(minutes=4), False)


def test_visits_of_several_instances_stand_side_by_side(office: Office) -> None:
    inner = each("daftar", element="bidang")
    definition = office.deploy(
        process(
            start(), parallel("f"), user("a", inner), user("b"), parallel("j"), end(),
            line("s", "f", "a", "j", "e"), line("f", "b", "j"),
            lanes={"Perencana": ["s", "f", "a", "b", "j", "e"]},
        )
    )  # fmt: skip
    person = office.people["Perencana"]
    instance_id = office.start(definition, person, daftar=["SMP", "PAUD"])
    story = story_of(office, instance_id)

    open_now = standing_after(story, 1).open_visits

    items = [v.local_variables.get("bidang") for v in open_now]
    assert [v.activity_id for v in open_now].count("a") == 2
    assert {"SMP", "PAUD"} <= set(items)


def test_incident_and_cancellation_are_steps(office: Office) -> None:
    stuck = process(
        start(), user("a"), exclusive("g"), end(), line("s", "a", "g"),
        flow("g", "e", "${jumlah &gt; 3}"), lanes={"Perencana": ["s", "a", "g", "e"]},
    )  # fmt: skip
    person = office.people["Perencana"]
    instance_id = office.start(office.deploy(stuck), person)
    office.complete(instance_id, "a", person)
    office.engine.instances.cancel(instance_id, reason="salah mulai", actor=person)

    story = story_of(office, instance_id)

    failed, gone = story.steps[1].frame, story.steps[2].frame
    assert failed.incidents
    assert (gone.kind, gone.payload["reason"]) == (EventKind.INSTANCE_CANCELLED, "salah mulai")
    [marks] = marks_from(story, 2, 2)
    assert marks.nodes["g"].incidents == 1
    assert standing_after(story, 3).open_visits == ()


def test_long_story_is_kept_until_something_is_added_or_time_passes(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "QUICKLY_PROVED", 5)
    instance_id = office.start(office.deploy(LOOP), office.people["Perencana"])
    round_of(office, instance_id, ok=False)

    first = story_of(office, instance_id)
    assert story_of(office, instance_id) is first
    assert office.engine.playback.story(instance_id, actor=AUDITOR, is_fresh=True) is not first
    office.clock.advance(minutes=6)
    later = story_of(office, instance_id)
    assert later.checked_at > first.checked_at
    round_of(office, instance_id, ok=True)
    assert len(story_of(office, instance_id).steps) == len(first.steps) + 2


def test_kept_story_is_only_for_those_who_may_see_the_instance(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "QUICKLY_PROVED", 5)
    instance_id = returned_once(office)
    story_of(office, instance_id)

    with pytest.raises(Forbidden):
        office.engine.playback.story(instance_id, actor=staff("Bidang"))


@pytest.mark.parametrize("stem", ["bandar-lampung", "balangan", "bakesbangpol", "luwu-timur"])
def test_every_step_of_every_sop_can_be_painted(office: Office, stem: str) -> None:
    instance_id = office.start_sop(office.deploy_sop(stem))
    office.run_to_end(instance_id, straight)
    playback, story = office.engine.playback, story_of(office, instance_id)

    parts = playback.parts(story, range(1, len(story.steps) + 1), key="g", actor=AUDITOR)

    assert len(parts) == len(story.steps)
    assert all(each.keys() == parts[0].keys() for each in parts)
    for number, painted in enumerate(parts, start=1):
        image = playback.image(story, number, key="g", actor=AUDITOR)
        assert all(part in image.svg for name, part in painted.items() if name != "uraian")
