"""Whether the rows of an instance's user tasks are what its history leads to, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from engine.differences import Difference, differing
from engine.model import Candidate, KeptBeside, PrecedingTask, TaskEscalation, TaskState, UserTask

#: What decides who sees an open task, and as what; who has it, and until when.
_OF_OPEN = (
    *("definition_id", "definition_key", "business_key", "activity_id", "name", "lane"),
    *("lane_path", "description", "form_key", "is_strategic", "candidate_users"),
    *("candidate_groups", "local_variables", "created_at", "claimed_at", "substitution_id"),
    *("due_at", "due_calendar", "due_revision", "follow_up_at", "priority"),
)
#: Of an ended one what is looked up, told and counted. What led to it, and whether it was closed
#: to substitutes, rows do not say that ended before that was kept.
_OF_ENDED = (
    "assignee",
    *(name for name in _OF_OPEN if name != "is_strategic"),
    *("state", "ended_at", "ended_by"),
)
_open_facts, _ended_facts = attrgetter(*_OF_OPEN), attrgetter(*_OF_ENDED)


def differences_of_tasks(
    kept: KeptBeside, expected: Mapping[str, UserTask]
) -> Iterator[Difference]:
    """expected: the rows that history leads to (`task_rows.TaskRows.of`)."""
    rows = {row.task_id: row for row in kept.tasks}
    found = {each for each, row in rows.items() if row.state is TaskState.OPEN}
    waiting = {each for each, row in expected.items() if row.state is TaskState.OPEN}
    if found != waiting:
        yield "the open tasks", str(sorted(waiting)), str(sorted(found))
    for task_id in sorted(expected.keys() | rows.keys()):
        led, row = expected.get(task_id), rows.get(task_id)
        if led is not None and row is not None:
            if task_id in waiting and task_id in found:
                yield from _of_open(kept, led, row)
            elif task_id not in waiting:
                if _ended_facts(led) != _ended_facts(row):
                    yield from differing(f" of task {task_id}", led, row, _OF_ENDED)
                yield from _of_lane(kept, led)
            yield from _of_rising(kept, led, row)
        # Of those that are open, by right or not, it is said above already.
        elif row is None and task_id not in waiting:
            yield f"task {task_id}", "a row", "none"
        elif led is None and task_id not in found:
            yield f"task {task_id}", "no row", "one"


def _of_open(kept: KeptBeside, led: UserTask, row: UserTask) -> Iterator[Difference]:
    if led.assignee != row.assignee:
        yield f"who has task {led.task_id},", str(led.assignee), str(row.assignee)
    if _open_facts(led) != _open_facts(row):
        yield from differing(f" of task {led.task_id}", led, row, _OF_OPEN)
    if led.preceded_by != row.preceded_by:
        of = f"the preceded_by of task {led.task_id}"
        yield of, _names_of(led.preceded_by), _names_of(row.preceded_by)
    yield from _of_offer(kept, led)


def _of_offer(kept: KeptBeside, led: UserTask) -> Iterator[Difference]:
    """Who finds the task in an inbox: what a search for it goes by."""
    task_id = led.task_id
    named = {Candidate(task_id, "user", name) for name in led.candidate_users}
    named |= {Candidate(task_id, "group", name) for name in led.candidate_groups}
    found = {each for each in kept.candidates if each.task_id == task_id}
    if named != found:
        yield f"the candidates of task {task_id}", _names(named), _names(found)
    yield from _of_lane(kept, led)


def _of_lane(kept: KeptBeside, led: UserTask) -> Iterator[Difference]:
    """The lane that finds it, open or ended, unless the diagram names candidates."""
    is_named = bool(led.candidate_users or led.candidate_groups)
    lane, kept_lane = None if is_named else led.lane, kept.searched_by[led.task_id].offered_lane
    if kept_lane != lane:
        yield f"the offered_lane of task {led.task_id}", str(lane), str(kept_lane)


def _of_rising(kept: KeptBeside, led: UserTask, row: UserTask) -> Iterator[Difference]:
    """To whom it went up, how far, and which superiors find it."""
    if led.escalations != row.escalations:
        of = f"the escalations of task {led.task_id}"
        yield of, _moments_of(led.escalations), _moments_of(row.escalations)
    level, kept_level = len(led.escalations), kept.searched_by[led.task_id].level
    if level != kept_level:
        yield f"the escalation_level of task {led.task_id}", str(level), str(kept_level)
    for number, each in enumerate(led.escalations, start=1):
        lane = kept.risen.get((led.task_id, number))
        if lane != each.lane:
            yield f"task_escalation {number} of task {led.task_id}", each.lane, str(lane)


def _names(candidates: Iterable[Candidate]) -> str:
    return str(sorted(f"{each.kind} {each.name}" for each in candidates))


def _names_of(preceding: Iterable[PrecedingTask]) -> str:
    return str([f"{each.activity_id} by {each.by}, task {each.task_id}" for each in preceding])


def _moments_of(risen: Iterable[TaskEscalation]) -> str:
    return str([f"{e.lane} at {e.at.isoformat()}, due {e.due_at.isoformat()}" for e in risen])
