"""Random ways through the SOPs, moved to another version: they go on as if born in it."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from engine.model import FormField
from tests.databases import store_in_memory
from tests.office import ANALYST, AUDITOR, PROCESSES, SOP_FILES, Office
from tests.scenarios.same_examples import same_examples

#: Tasks completed at most before and after the moving: a way that always goes back has no end.
MOST = 12
REASON = {"reason": "SOP direvisi", "basis": "SK 1/2026"}
_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def same_again(content: bytes) -> bytes:
    """The same SOP in another file."""
    return content + b"<!-- revisi -->"


def with_a_step_more(content: bytes) -> bytes:
    """The SOP with a step in front of each of its end events."""
    root = etree.fromstring(content)
    for process in root.iter(f"{_BPMN}process"):
        for number, event in enumerate(process.findall(f"{_BPMN}endEvent")):
            lane = next(
                each
                for each in process.iter(f"{_BPMN}lane")
                if event.get("id") in [ref.text for ref in each.iter(f"{_BPMN}flowNodeRef")]
            )
            _put_before(process, lane, event, f"arsip_{number}")
    return etree.tostring(root)


def _put_before(process: Any, lane: Any, event: Any, added: str) -> None:
    etree.SubElement(lane, f"{_BPMN}flowNodeRef").text = added
    etree.SubElement(process, f"{_BPMN}userTask", id=added, name="Mengarsipkan")
    for flow in process.findall(f"{_BPMN}sequenceFlow"):
        if flow.get("targetRef") == event.get("id"):
            flow.set("targetRef", added)
    ends = {"sourceRef": added, "targetRef": event.get("id")}
    etree.SubElement(process, f"{_BPMN}sequenceFlow", id=f"{added}_selesai", **ends)
    for child in list(event):
        if child.tag in {f"{_BPMN}incoming", f"{_BPMN}outgoing"}:
            event.remove(child)


class Walk:
    """An instance on a random way; two walks of the same choices decide alike."""

    def __init__(self, office: Office, instance_id: str, choices: list[int]) -> None:
        self._office, self.instance_id = office, instance_id
        self._choices, self._turns = choices, count()
        self.done: list[str] = []

    def choose(self, form_field: FormField) -> str:
        turn = self._choices[next(self._turns) % len(self._choices)]
        return form_field.options[turn % len(form_field.options)][0]

    def go(self, most: int) -> None:
        self.done += self._office.run_to_end(self.instance_id, self.choose, limit=most)

    def state(self) -> tuple[Any, ...]:
        tasks = [(t.activity_id, t.name, t.lane) for t in self._office.open_tasks(self.instance_id)]
        variables = self._office.variables(self.instance_id)
        return sorted(tasks), variables, self._office.state(self.instance_id)


@pytest.mark.parametrize("revise", [same_again, with_a_step_more])
@pytest.mark.parametrize("stem", SOP_FILES)
@same_examples(2)
@given(choices=st.lists(st.integers(0, 99), min_size=1, max_size=40), before=st.integers(0, MOST))
def test_a_moved_instance_goes_on_like_one_of_the_new_version(
    stem: str, revise: Any, choices: list[int], before: int
) -> None:
    store = store_in_memory()
    office = Office(store)
    content = (PROCESSES / f"{stem}.bpmn").read_bytes()
    old, new = office.deploy(content), office.deploy(revise(content))
    moved = Walk(office, office.start_sop(old), choices)
    born = Walk(office, office.start_sop(new), choices)
    moved.go(before)
    born.go(before)

    if office.state(moved.instance_id) == "ACTIVE":
        plan = office.engine.migrations.generate(
            old.definition_id, new.definition_id, actor=ANALYST
        )
        office.engine.migrations.migrate(moved.instance_id, plan, actor=ANALYST, **REASON)
        moved.go(MOST)
        born.go(MOST)
        assert (moved.done, moved.state()) == (born.done, born.state())

    kept = moved.state()
    office.assert_sound(moved.instance_id)
    office.erase_snapshot(moved.instance_id)
    assert moved.state() == kept
    story = office.engine.playback.story(moved.instance_id, actor=AUDITOR)
    assert story.is_whole
    store.close()
