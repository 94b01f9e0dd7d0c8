"""An instance step by step, its state as of any time, and two instances side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from flask import Response

from engine.errors import InvalidInput
from engine.playback.standing import standing_after
from engine.playback.story import Step, Story
from engine.playback.visits import Visit
from webhooks.auth import require_actor
from webhooks.downloads import pdf
from webhooks.evidence import instance_pdf
from webhooks.rest.context import current_engine
from webhooks.rest.resource import PDF, Resource
from webhooks.schemas.playback import (
    ComparisonAnswer,
    ComparisonQuestion,
    ReplayAnswer,
    ReplayWindow,
    StateAnswer,
    StateQuestion,
)

resource = Resource(
    "playback",
    path="/history/process-instance/<instance_id>",
    description="An instance step by step, as far as its history is proved",
)


@resource.on("GET", "/pdf", "An instance as a PDF document", is_own=True, notes=PDF)
def get_pdf(instance_id: str) -> Response:
    """Its steps, diagram, files, and what verifying it has just found, in Indonesian."""
    return pdf(instance_pdf(instance_id, actor=require_actor()), f"berkas-{instance_id}.pdf")


@resource.on("GET", "/replay", "An instance by steps", is_own=True)
@resource.takes(ReplayWindow, location="query")
@resource.gives(ReplayAnswer)
def replay_instance(window: Mapping[str, Any], instance_id: str) -> Mapping[str, Any]:
    """Each step: who gave which input, the sequence flows taken, what was entered and changed."""
    story = current_engine().playback.story(instance_id, actor=require_actor())
    after, most = window["after"], window["max_results"]
    shown = story.steps[after:] if most is None else story.steps[after : after + most]
    end = after + len(shown)
    return {
        "instance_id": instance_id,
        "process_definition_id": story.instance.definition_id,
        "activity_names": {visit.activity_id: visit.name for visit in story.visits},
        "frames": [_frame(step) for step in shown],
        "next": end if shown and end < len(story.steps) else None,
        **_proof(story),
    }


def _frame(step: Step) -> Mapping[str, Any]:
    frame = step.frame
    return {**{each.name: getattr(frame, each.name) for each in fields(frame)}, "taken": step.taken}


def _proof(story: Story) -> Mapping[str, Any]:
    return {
        "total": len(story.steps),
        "recorded": story.recorded,
        "faults": story.verification.faults,
    }


@resource.on("GET", "/state", "An instance as it was", is_own=True)
@resource.takes(StateQuestion, location="query")
@resource.gives(StateAnswer)
def get_state(question: Mapping[str, Any], instance_id: str) -> Mapping[str, Any]:
    """Its open activities and variables after a step, or at a moment."""
    story = current_engine().playback.story(instance_id, actor=require_actor())
    step = _step_of(story, question)
    standing = standing_after(story, step)
    return {
        "instance_id": instance_id,
        "step": step,
        "at": story.steps[step - 1].frame.at if step else None,
        "ended": standing.has_ended,
        "activities": [_open(visit, step) for visit in standing.open_visits],
        "variables": standing.variables,
        **_proof(story),
    }


def _step_of(story: Story, question: Mapping[str, Any]) -> int:
    at: datetime | None = question.get("at")
    if at is not None:
        return story.step_at(at)
    last = len(story.steps)
    step: int = question.get("step", last)
    if step > last:
        why = f"expected 0 to {last}, found {step}"
        raise InvalidInput(f"step: {why}", {"step": [why]})
    return step


def _open(visit: Visit, step: int) -> Mapping[str, Any]:
    hand, due = visit.hand_after(step), visit.due_after(step)
    return {
        **{each.name: getattr(visit, each.name) for each in fields(visit)},
        "assignee": hand.account if hand else None,
        "due": due.at if due else None,
    }


@resource.on("GET", "/compare", "Two instances of one process side by side", is_own=True)
@resource.takes(ComparisonQuestion, location="query")
@resource.gives(ComparisonAnswer)
def compare_instances(question: Mapping[str, Any], instance_id: str) -> Mapping[str, Any]:
    """Round by round; without another instance beside the straight path of its process."""
    other_id = question["other_id"]
    story, other, pairs = current_engine().playback.compare(
        instance_id, other_id, actor=require_actor()
    )
    return {
        "instance_id": instance_id,
        "other_id": other_id,
        "rounds": pairs,
        "faults": story.verification.faults,
        "other_faults": other.verification.faults if other else (),
    }
