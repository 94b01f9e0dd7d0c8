"""Random ways through the SOPs: the story has, after every step, the state that was there then."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import FormField
from engine.playback.standing import marks_from, standing_after
from engine.playback.story import Story
from tests.databases import store_in_memory
from tests.office import AUDITOR, SOP_FILES, Office
from tests.scenarios.same_examples import same_examples

#: Tasks completed at most: a way that always goes back has no end.
MOST = 25


@pytest.mark.parametrize("stem", SOP_FILES)
@same_examples(2)
@given(choices=st.lists(st.integers(0, 99), min_size=1, max_size=60))
def test_story_has_the_state_of_every_step(stem: str, choices: list[int]) -> None:
    store = store_in_memory()
    office, live = Office(store), []

    instance_id = office.start_sop(office.deploy_sop(stem))
    turns = iter(choices * MOST)

    def choose(form_field: FormField) -> str:
        return form_field.options[next(turns) % len(form_field.options)][0]

    live.append(state_of(office, instance_id))
    while len(live) <= MOST and office.run_to_end(instance_id, choose, limit=1):
        live.append(state_of(office, instance_id))
    story = office.engine.playback.story(instance_id, actor=AUDITOR)

    assert story.verification.is_sound
    assert [told_by(story, step) for step in range(1, len(story.steps) + 1)] == live
    assert_flows_lead_through(story)
    store.close()


def state_of(office: Office, instance_id: str) -> tuple[list[Any], dict[str, Any]]:
    tasks = [(t.activity_id, dict(t.local_variables)) for t in office.open_tasks(instance_id)]
    return sorted(tasks, key=str), office.variables(instance_id)


def told_by(story: Story, step: int) -> tuple[list[Any], dict[str, Any]]:
    standing = standing_after(story, step)
    tasks = [
        (visit.activity_id, dict(visit.local_variables))
        for visit in standing.open_visits
        if visit.type == "userTask"
    ]
    return sorted(tasks, key=str), dict(standing.variables)


def assert_flows_lead_through(story: Story) -> None:
    """Every flow begins where the instance had been, and is counted on the last picture."""
    been: set[str] = set()
    for step in story.steps:
        been |= {event.activity_id or "" for event in step.events[:1]}
        for event in step.events:
            if event.activity_id:
                been.add(event.activity_id.removesuffix("#multiInstanceBody"))
    assert all(story.model.flows[taken.flow_id].source in been for taken in story.taken)
    [marks] = marks_from(story, len(story.steps), len(story.steps))
    assert sum(marks.flows.values()) == len(story.taken)
