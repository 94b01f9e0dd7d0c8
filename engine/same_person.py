"""One person on two consecutive steps: both stay, and the second is marked.

A step is consecutive to the user tasks whose completion led to it by sequence flows: the nearest
ones on each way back from it. On a way on which several lie (a merge) it is the one that was
completed last; of a joining gateway every incoming flow is a way of its own. A call activity and a
boundary event end a way: others stood in between, or nothing was completed. What is known when the
step opens is written to its task; the mark goes into its completion.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from engine.bpmn.elements import FlowNode, ProcessModel
from engine.history import Input
from engine.model import (
    Actor,
    EventKind,
    Fault,
    HistoryEvent,
    Json,
    PrecedingTask,
    UserTask,
)

#: What the completion of the second step says: a list of {"task", "activity"} of the first.
MARK = "samePersonAs"

_NEVER: Done = (datetime.min.replace(tzinfo=UTC), PrecedingTask("", "", ""))
_JOINING = {"parallelGateway", "inclusiveGateway"}
#: The user tasks of one way.
Way = frozenset[str]
#: A completed task, and when.
Done = tuple[datetime, PrecedingTask]


def preceding(
    activity_id: str,
    model: ProcessModel,
    given: Input,
    former: Callable[[Collection[str]], Iterable[Done]],
) -> tuple[PrecedingTask, ...]:
    """What led to a task of that activity which the step opens.

    former: of these user tasks of the diagram, the last ones that were completed before the step;
    asked only when they matter.
    """
    ways = ways_to(model, activity_id)
    if not ways:
        return ()
    now = _completed_by(given)
    if len(ways) == 1 and now is not None and now.activity_id in ways[0]:
        return (now,)
    return _last_on(ways, _in_order(former(frozenset().union(*ways)), now))


def mark_of(task: UserTask, actor: Actor) -> dict[str, Json]:
    """What the completion says when the actor also did a step before; else nothing."""
    return _mark(task.preceded_by, actor.account)


@dataclass(frozen=True, slots=True)
class Followed:
    """What a history says of one person on two steps."""

    #: Every mark that does not follow from the steps before.
    faults: tuple[Fault, ...]
    #: Task id -> what led to it, as its row says it.
    preceding: Mapping[str, tuple[PrecedingTask, ...]]


def followed(
    model: ProcessModel,
    events: Iterable[HistoryEvent],
    later: Mapping[str, ProcessModel] = MappingProxyType({}),
) -> Followed:
    """Follow a whole history.

    later: definition id -> the model of each version that the instance was migrated to.
    """
    found: list[Fault] = []
    opened: Mapping[str, tuple[PrecedingTask, ...]] = {}
    for event, opened in _followed(model, events, later):
        task_id = event.activity_instance_id or ""
        # History of before there were marks has none.
        if event.kind is EventKind.TASK_COMPLETED and MARK in event.payload and task_id in opened:
            expected = _mark(opened[task_id], event.actor or "").get(MARK)
            if event.payload[MARK] != expected:
                found.append(_fault(event, expected, event.payload[MARK]))
    return Followed(tuple(found), opened)


def _followed(
    model: ProcessModel,
    events: Iterable[HistoryEvent],
    later: Mapping[str, ProcessModel],
) -> Iterator[tuple[HistoryEvent, Mapping[str, tuple[PrecedingTask, ...]]]]:
    """Each event, with what had led to the tasks that were opened by then."""
    #: The last one of each activity.
    done: dict[str, Done] = {}
    now: tuple[int, PrecedingTask] | None = None
    opened: dict[str, tuple[PrecedingTask, ...]] = {}
    #: Of the activities of the version that it is in: a loop comes to the same ones many times.
    ways: dict[str, tuple[Way, ...]] = {}
    for event in events:
        task_id, activity_id = event.activity_instance_id or "", event.activity_id or ""
        if event.kind is EventKind.INSTANCE_MIGRATED:
            model, ways = later.get(event.payload.get("to", ""), model), {}
        elif event.kind is EventKind.TASK_COMPLETED:
            completed = PrecedingTask(task_id, activity_id, event.actor or "")
            done[activity_id] = max(
                (event.at, completed), done.get(activity_id, _NEVER), key=_by_end
            )
            now = event.revision, completed
        elif event.kind is EventKind.ACTIVITY_ENTERED and activity_id in model.nodes:
            latest = now[1] if now and now[0] == event.revision else None
            if activity_id not in ways:
                ways[activity_id] = ways_to(model, activity_id)
            opened[task_id] = _last_on(ways[activity_id], _in_order(done.values(), latest))
        elif event.kind is EventKind.INCIDENT_RAISED:
            # It opened later than it was entered.
            opened.pop(task_id, None)
        yield event, opened


# ------------------------------------------------------------------------- ways


def ways_to(model: ProcessModel, node_id: str) -> tuple[Way, ...]:
    """For each way on which tokens come to the node, the user tasks that are nearest on it."""
    seen = {node_id}
    node = model.nodes[node_id]
    before = _before(model, node)
    while len(before) == 1 and not _is_end_of_way(before[0]) and before[0].id not in seen:
        node = before[0]
        seen.add(node.id)
        before = _before(model, node)
    if node.type in _JOINING and len(before) > 1:
        ways = [_nearest(model, [each]) for each in before]
    else:
        ways = [_nearest(model, before)]
    return tuple(dict.fromkeys(way for way in ways if way))


def _nearest(model: ProcessModel, begin: list[FlowNode]) -> Way:
    found, seen, waiting = set(), set(), list(begin)
    while waiting:
        node = waiting.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        if node.type == "userTask":
            found.add(node.id)
        elif not _is_end_of_way(node):
            waiting += _before(model, node)
    return frozenset(found)


def _is_end_of_way(node: FlowNode) -> bool:
    return node.type in {"userTask", "callActivity"} or node.attached_to is not None


def _before(model: ProcessModel, node: FlowNode) -> list[FlowNode]:
    """The nodes from which a token comes straight to this one, into and out of sub-processes."""
    sources = [model.nodes[each] for each in model.sources.get(node.id, ())]
    if not sources and node.scope in model.nodes:
        around = model.nodes[node.scope]
        return [] if around.is_triggered_by_event else _before(model, around)
    return [inner for each in sources for inner in _ends_of(model, each)]


def _ends_of(model: ProcessModel, node: FlowNode) -> list[FlowNode]:
    """The node; of a sub-process the nodes at which its ways end."""
    last = model.last_in.get(node.id)
    if last is None:
        return [node]
    return [inner for each in last for inner in _ends_of(model, model.nodes[each])]


# ------------------------------------------------------------------------ tasks


def _last_on(ways: Iterable[Way], done: list[PrecedingTask]) -> tuple[PrecedingTask, ...]:
    """For each way the task of it that was completed last, each once; `done` in their order."""
    last = (next((t for t in reversed(done) if t.activity_id in way), None) for way in ways)
    return tuple(dict.fromkeys(each for each in last if each))


def _in_order(done: Iterable[Done], latest: PrecedingTask | None) -> list[PrecedingTask]:
    """As they were completed; `latest` by this very step."""
    former = [task for _, task in sorted(done, key=_by_end) if task != latest]
    return [*former, latest] if latest else former


def _by_end(done: Done) -> tuple[datetime, str]:
    """Of one millisecond: by their ids."""
    return done[0], done[1].task_id


def _completed_by(given: Input) -> PrecedingTask | None:
    if given.kind is not EventKind.TASK_COMPLETED or given.actor is None:
        return None
    by = given.actor.account
    return PrecedingTask(given.activity_instance_id or "", given.activity_id or "", by)


def _mark(preceding: Iterable[PrecedingTask], account: str) -> dict[str, Json]:
    same = [
        {"task": each.task_id, "activity": each.activity_id}
        for each in preceding
        if each.by == account
    ]
    return {MARK: same} if same else {}


def _fault(event: HistoryEvent, expected: object, found: object) -> Fault:
    return Fault(
        event.instance_id,
        event.sequence,
        "same person",
        "the mark of one person on two steps does not follow from the steps before",
        expected=str(expected),
        found=str(found),
    )
