"""Where an instance stood after a step: what was open, its data, and the marks of a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.bpmn.drawing.marks import Marks, Tally, Trace
from engine.model import Json
from engine.playback.story import Step, Story
from engine.playback.visits import Visit


@dataclass(frozen=True, slots=True)
class Standing:
    """The state after `step`; 0 is before the first."""

    step: int
    #: What was open, in the order of entering; the body around several instances left out.
    open_visits: tuple[Visit, ...]
    #: Process variables as they were then.
    variables: Mapping[str, Json]
    has_ended: bool


def standing_after(story: Story, step: int) -> Standing:
    """The state after that step, folded from the ones before."""
    told = story.steps[:step]
    variables: dict[str, Json] = {}
    for each in told:
        variables |= {name: change["after"] for name, change in each.frame.changes.items()}
    return Standing(
        step,
        tuple(
            visit.as_of(step)
            for visit in story.visits
            if visit.is_open_after(step) and not visit.is_body
        ),
        variables,
        bool(told) and told[-1].frame.ends_instance,
    )


def marks_from(story: Story, first: int, last: int) -> Iterator[Marks]:
    """The marks after each step from the first to the last, by one pass over the events."""
    tally = Tally()
    for event in story.events_until(first - 1):
        tally.hear(event)
    order, returns = _order_until(story, first - 1)
    for step in story.steps[first - 1 : last]:
        for event in step.events:
            tally.hear(event)
        for taken in step.taken:
            order[taken.flow_id] = taken.order
            returns[taken.flow_id] += taken.is_return
        yield replace(tally.marks(), trace=Trace(dict(order), dict(+returns), _now(step)))


def _order_until(story: Story, step: int) -> tuple[dict[str, int], Counter[str]]:
    before = [taken for taken in story.taken if taken.step <= step]
    order = {taken.flow_id: taken.order for taken in before}
    return order, Counter(taken.flow_id for taken in before if taken.is_return)


def _now(step: Step) -> frozenset[str]:
    flows = {taken.flow_id for taken in step.taken}
    return frozenset(flows | ({step.frame.activity_id} if step.frame.activity_id else set()))
