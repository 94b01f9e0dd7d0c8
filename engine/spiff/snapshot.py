"""The live tree of a run as bytes, and back; and the pruning that keeps it small.

A snapshot is a cache: whoever cannot read one rebuilds it from history. So it has no migrations,
only a version, and a reader that refuses every other one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.control import EventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import SnapshotUnreadable
from engine.sorted_json import sorted_json
from engine.spiff.parsing import Specs

VERSION = "1/3.2.0"


def dump(workflow: Any, *, blocked: Mapping[str, Any]) -> bytes:
    """The run as UTF-8 JSON: its task trees, its variables once per scope, its blocked tasks."""
    state = {
        "version": VERSION,
        "top": _dump_workflow(workflow),
        "subprocesses": {i: _dump_workflow(sub) for i, sub in workflow.subprocesses.items()},
        "blocked": blocked,
    }
    # Sorted: after a reload every object is, and a snapshot must not depend on when it was taken.
    return sorted_json(state)


def load(content: bytes, specs: Specs, script_engine: Any) -> tuple[Any, dict[str, Any]]:
    """The workflow and the blocked tasks of a dump. Raises SnapshotUnreadable."""
    try:
        state = json.loads(content)
        if state["version"] != VERSION:
            raise SnapshotUnreadable(f"snapshot version {state['version']!r}, not {VERSION!r}")
        workflow = BpmnWorkflow(
            specs.spec, specs.subprocesses, script_engine=script_engine, deserializing=True
        )
        _fill(workflow, state["top"])
        _load_subprocesses(workflow, workflow, state["subprocesses"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SnapshotUnreadable(f"the snapshot cannot be read: {error!r}") from error
    return workflow, state["blocked"]


def _dump_workflow(workflow: Any) -> dict[str, Any]:
    return {
        "variables": workflow.data.get("variables", {}),
        "completed": workflow.completed,
        "root": workflow.task_tree.id,
        "tasks": [
            [
                task.id,
                task._parent,
                task._children,
                task._state,
                task.task_spec.name,
                task.triggered,
                task.internal_data,
                task.data,
            ]
            for task in workflow.tasks.values()
        ],
    }


def _fill(workflow: Any, state: dict[str, Any]) -> None:
    workflow.data["variables"] = state["variables"]
    workflow.completed = state["completed"]
    for row in state["tasks"]:
        _fill_task(workflow, row)
    workflow.task_tree = workflow.tasks[state["root"]]


def _fill_task(workflow: Any, row: list[Any]) -> None:
    # Not through Task.__init__: that mints an id and reads the time, and nothing happens here.
    task = Task.__new__(Task)
    task.workflow = workflow
    task.thread_id = 0
    task.last_state_change = 0
    (
        task.id,
        task._parent,
        task._children,
        task._state,
        spec_name,
        task.triggered,
        task.internal_data,
        task.data,
    ) = row
    task.task_spec = workflow.spec.task_specs[spec_name]
    workflow.tasks[task.id] = task
    if isinstance(task.task_spec, CatchingEvent) and task._state == TaskState.WAITING:
        workflow.top_workflow.event_manager.add_task(task)


def _load_subprocesses(top: Any, workflow: Any, states: dict[str, Any]) -> None:
    """Parents before children: a sub-process finds its place through its parent task."""
    for task in list(workflow.tasks.values()):
        if task.id not in states:
            continue
        subprocess = BpmnSubWorkflow(
            top.subprocess_specs[task.task_spec.spec], task.id, top, deserializing=True
        )
        top.subprocesses[task.id] = subprocess
        _fill(subprocess, states[task.id])
        subprocess.completed_event.connect(task.task_spec._on_subworkflow_completed, task)
        _load_subprocesses(top, subprocess, states)


# ---------------------------------------------------------------------- pruning


def prune(workflow: Any) -> None:
    """Drop finished branches: history has them, and the library walks the whole tree at each move.

    What stays: every unfinished task, its parent (a join counts tokens by it), the root, and the
    tasks that still hold several branches together.
    """
    for task_id, subprocess in list(workflow.subprocesses.items()):
        parent = subprocess.parent_workflow.tasks.get(task_id) if _is_alive(subprocess) else None
        if parent is None or parent.has_state(TaskState.FINISHED_MASK):
            del workflow.subprocesses[task_id]
    for tree in (workflow, *workflow.subprocesses.values()):
        _drop_finished_leaves(tree)
        _shorten_chains(tree)


def _is_alive(subprocess: Any) -> bool:
    """Whether the workflow around a sub-process is still there."""
    top = subprocess.top_workflow
    return any(
        subprocess.parent_task_id in tree.tasks for tree in (top, *top.subprocesses.values())
    )


def _drop_finished_leaves(tree: Any) -> None:
    """Remove finished tasks below finished parents, from the last created to the first."""
    # A child is always created after its parent, so one pass backwards sees leaves first.
    for task in reversed(list(tree.tasks.values())):
        parent = task.parent
        if parent is None or task._children or not task.has_state(TaskState.FINISHED_MASK):
            continue
        if parent.has_state(TaskState.FINISHED_MASK) and not _holds_events(parent):
            parent._children.remove(task.id)
            del tree.tasks[task.id]


def _holds_events(task: Any) -> bool:
    """Whether a boundary event beside a finished branch still waits; the split needs them all."""
    return isinstance(task.task_spec, EventSplit) and any(
        not child.has_state(TaskState.FINISHED_MASK) for child in task.children
    )


def _shorten_chains(tree: Any) -> None:
    """Take finished tasks with one finished child out from between their neighbours."""
    for task in list(tree.tasks.values()):
        parent = task.parent
        if parent is None or len(task._children) != 1:
            continue
        only_child = tree.tasks[task._children[0]]
        if not (
            task.has_state(TaskState.FINISHED_MASK)
            and only_child.has_state(TaskState.FINISHED_MASK)
            and parent.has_state(TaskState.FINISHED_MASK)
        ) or _holds_events(parent):
            continue
        parent._children[parent._children.index(task.id)] = only_child.id
        only_child._parent = parent.id
        del tree.tasks[task.id]
