"""Runs one process: start, complete, fire timers, retry, cancel; and says what was observed.

A Machine is a parsed definition, shared by all its runs and threads. A Run is one instance in
memory for the length of one step. Neither knows users, forms, HTTP, the database or the wall clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.diagram import Diagram
from engine.bpmn.elements import ProcessModel
from engine.bpmn.expressions import Expression
from engine.errors import MachineFault, NotFound
from engine.json_values import in_canonical_order
from engine.model import EventKind, Json, Observation, Variables
from engine.spiff import cancelling as _cancelling  # noqa: F401  (binds on import)
from engine.spiff import prediction as _prediction  # noqa: F401  (binds on import)
from engine.spiff import snapshot
from engine.spiff import updating as _updating  # noqa: F401  (binds on import)
from engine.spiff.carried_runs import Carried
from engine.spiff.carrying import carried, expect_again
from engine.spiff.parsing import drop_start, parse
from engine.spiff.recorder import Recorder, activity_id_of, is_inner, scope_id
from engine.spiff.scripts import SandboxedScriptEngine, asked, local_scope_of, scope_of
from engine.spiff.shapes import shape_of
from engine.spiff.stepping import Step
from engine.spiff.subscriptions import arrive
from engine.spiff.waits import Waiting

#: Automatic elements that one step may run: more is a loop without a person in it (S11).
MAX_AUTOMATIC_ELEMENTS = 1000

_SCRIPTS = SandboxedScriptEngine()


class Machine:
    """One parsed process definition."""

    def __init__(self, diagram: Diagram, model: ProcessModel) -> None:
        self.model = model
        #: SHA-256 of the file that the machine was parsed from.
        self.digest = diagram.digest
        self._specs = parse(diagram, model)

    def start(self, step: Step, variables: Variables, start_event: str | None = None) -> Run:
        """A new run, advanced to its first wait states. Call inside `with step(...) as step`.

        start_event: id of the one to begin at, when the process has several.
        """
        begun = self.model.start_event(start_event)
        recorder = Recorder(self.model)
        step.on_transition = recorder.on_transition
        workflow = BpmnWorkflow(self._specs.spec, self._specs.subprocesses, script_engine=_SCRIPTS)
        for other in self.model.start_events:
            if other is not begun:
                drop_start(workflow, other.id)
        workflow.data["variables"] = in_canonical_order(dict(variables))
        run = Run(self.model, workflow, {}, recorder)
        run.advance()
        return run

    def load(self, content: bytes) -> Run:
        """The run of a snapshot, to look at; `continue_in` a step moves it.

        Raises SnapshotUnreadable.
        """
        workflow, blocked = snapshot.load(content, self._specs, _SCRIPTS)
        return Run(self.model, workflow, blocked, Recorder(self.model))

    def take_over(self, step: Step, run: Run, plan: Mapping[str, str]) -> Run:
        """The run of another version, going on in this one. Call inside `with step(...) as step`.

        plan: element id over there -> id here. Nothing moves: every token keeps its id, its data
        and what it waits for. Raises MigrationRefused.
        """
        stood = {token.activity_instance_id: token.activity_id for token in run.tokens()}
        workflow, blocked = snapshot.load(
            carried(run.dump(), self._specs, plan), self._specs, _SCRIPTS
        )
        taken = Run(self.model, workflow, blocked, Recorder(self.model))
        taken.continue_in(step)
        expect_again(workflow)
        taken.settle_in(stood)
        return taken

    def shape(self, node_id: str) -> tuple[str, ...] | None:
        """How a token stays at an element: equal for elements that may take over from each other.

        None: there is no such element.
        """
        return shape_of(self._specs, node_id)


class Run(Carried, Waiting):
    """One instance in memory. `observations` grows as inputs are given."""

    def __init__(
        self, model: ProcessModel, workflow: Any, blocked: dict[str, Any], recorder: Recorder
    ) -> None:
        self.model = model
        self._workflow = workflow
        workflow.recorder = recorder
        #: task id -> {"incident": id, "retry": "run" | "update" | "go on", "activity": id}
        self._blocked = blocked
        self._recorder = recorder
        self._scheduled = {task.id: self._due(task) for task in self._timers()}

    def continue_in(self, step: Step) -> None:
        """Take the run into its next step; what was observed before is forgotten."""
        self._recorder = Recorder(self.model)
        self._workflow.recorder = self._recorder
        step.on_transition = self._recorder.on_transition

    # ------------------------------------------------------------------ questions

    @property
    def observations(self) -> tuple[Observation, ...]:
        """What happened since the run was started or loaded."""
        return self._observed()

    def _observed(self) -> tuple[Observation, ...]:
        return tuple(self._recorder.observations)

    @property
    def is_completed(self) -> bool:
        """Whether every token has reached an end."""
        return bool(self._workflow.completed)

    @property
    def variables(self) -> dict[str, Json]:
        """The process variables; those of loops and sub-processes are not among them."""
        return dict(self._workflow.data["variables"])

    @property
    def next_due_at(self) -> datetime | None:
        """When the earliest timer is due."""
        due = [moment for moment in map(self._due, self._timers()) if moment]
        return min(due, default=None)

    def visible_variables(self, task_id: str) -> dict[str, Json]:
        """All variables that an open task sees, its loop's and sub-process's included."""
        return scope_of(self._task(task_id))

    def value_of(self, task_id: str, expression: Expression, submitted: Variables) -> Json:
        """The expression's value over what an open task sees, with what is being submitted.

        Nothing of the run changes, and no step is needed. Raises SandboxError.
        """
        return asked(expression, {**self.visible_variables(task_id), **submitted})

    def local_variables(self, task_id: str) -> dict[str, Json]:
        """What an activity instance sees of its loop and its sub-processes only."""
        return local_scope_of(self._task(task_id))

    def stays_in(self, activity_instance_id: str | None) -> str | None:
        """The visit of the loop or sub-process in which values given to that visit stay.

        "": they stay in the instance. None: no task of the run has this id.
        """
        for tree in self._trees():
            if activity_instance_id in tree.tasks:
                return scope_id(tree.tasks[activity_instance_id])
        return None

    def prune(self) -> None:
        """Let go of finished branches; history has them."""
        snapshot.prune(self._workflow)

    def dump(self) -> bytes:
        """The run as a snapshot, pruned."""
        self.prune()
        return snapshot.dump(self._workflow, blocked=self._blocked)

    # --------------------------------------------------------------------- inputs

    def complete(self, task_id: str, variables: Variables) -> None:
        """A person finished an open user task with these values."""
        task = self._task(task_id)
        is_open = task._state == TaskState.READY and task.id not in self._blocked
        if not is_open or not task.task_spec.manual:
            raise NotFound("open user task", task_id)
        self._submit(task, in_canonical_order(dict(variables)))
        self._run(task)
        self.advance()

    def change_variables(self, values: Variables) -> None:
        """Somebody set process variables from outside."""
        self._workflow.data["variables"].update(in_canonical_order(dict(values)))

    def fire_due(self) -> None:
        """Let every timer that is due by the step's time fire."""
        for task in list(self._timers()):
            if not task.has_state(TaskState.FINISHED_MASK):  # by one that fired before it
                self._guarded(task, lambda task=task: task.task_spec._update(task))
        self.advance()

    def receive(self, subscription_id: str, variables: Variables) -> None:
        """The message or signal is there that is waited for under this id."""
        waiting = {each.subscription_id: each for each in self.waits().subscriptions}
        if subscription_id not in waiting:
            raise NotFound("open subscription", subscription_id)
        task = self._task(waiting[subscription_id].activity_instance_id)
        self._submit(task, in_canonical_order(dict(variables)))
        self._guarded(task, lambda: arrive(task, subscription_id))
        self.advance()

    def retry(self, incident_id: str) -> None:
        """Run again what failed with this incident."""
        task_id = next((i for i, b in self._blocked.items() if b["incident"] == incident_id), None)
        if task_id is None:
            raise NotFound("open incident", incident_id)
        retry = self._blocked.pop(task_id)["retry"]
        task = self._task(task_id)
        self._recorder.note(EventKind.INCIDENT_RESOLVED, task, incident=incident_id)
        if retry == "go on":
            self._guarded(task, lambda: task.task_spec.go_on(task))
        elif retry == "update":
            self._guarded(task, lambda: task.task_spec._update(task))
        elif task._state == TaskState.READY:
            self._run(task)
        self.advance()

    def cancel(self) -> None:
        """End the run at once; everything open is cancelled."""
        self._workflow.cancel()
        for task_id in sorted(self._blocked):  # as after loading: replay never loads
            self._settle(task_id)

    # -------------------------------------------------------------------- advance

    def advance(self) -> None:
        """Run every automatic element until only people and timers are waited for."""
        self._run_automatic()
        while self._settle_moot():
            self._run_automatic()
        self._note_timers()
        self._check_ends()

    def _run_automatic(self) -> None:
        budget = MAX_AUTOMATIC_ELEMENTS
        while ready := self._automatic():
            for task in ready:
                if task._state != TaskState.READY:
                    continue
                if budget == 0:
                    self._stop_loop()
                    return
                budget -= 1
                self._run(task)

    def _submit(self, task: Any, variables: Variables) -> None:
        """Values go to the loop instance when there is one, else to the nearest (sub-)process.

        A value for one of the task's own input parameters stays with the task.
        """
        local = (
            variables if is_inner(task) else {n: v for n, v in variables.items() if n in task.data}
        )
        shared = {n: v for n, v in variables.items() if n not in local}
        task.data.update(local)
        task.workflow.data.setdefault("variables", {}).update(shared)

    def _automatic(self) -> list[Any]:
        return [
            task
            for task in self._tasks()
            if task._state == TaskState.READY
            and not task.task_spec.manual
            and task.id not in self._blocked
        ]

    def _run(self, task: Any) -> None:
        """Run one task; whatever of its successors fails becomes an incident, the rest goes on."""
        if self._guarded(task, task.run) or task._state != TaskState.COMPLETED:
            return
        # The failure came from a successor: the library stopped telling the others.
        for child in task.children:
            if child._state == TaskState.FUTURE and child.id not in self._blocked:
                self._guarded(child, lambda child=child: child.task_spec._update(child))
        self._guarded(task, lambda: task.workflow._task_completed_notify(task))

    def _stop_loop(self) -> None:
        for task in self._automatic():
            self._raise_incident(
                task,
                f"more than {MAX_AUTOMATIC_ELEMENTS} automatic elements ran in one step; "
                "the diagram loops without waiting for anybody",
                "run",
            )

    def _check_ends(self) -> None:
        """Say that the instance has ended, or that it can never move on again."""
        if self.is_completed:
            self._recorder.observations.append(Observation(EventKind.INSTANCE_COMPLETED))
        elif not (self._blocked or self._scheduled or self.waits()):
            # What listens for a trigger is not to blame.
            waiting = [
                task
                for task in self._tasks()
                if task._state in {TaskState.WAITING, TaskState.READY}
                and self._recorder.node_of(task) is not None
            ]
            if not waiting:
                raise MachineFault("the instance is not completed, yet nothing in it waits")
            self._raise_incident(
                waiting[0],
                f"{activity_id_of(waiting[0])} waits for a token that can never come",
                "update",
            )

    def _note_timers(self) -> None:
        now = {task.id: (task, self._due(task)) for task in self._timers()}
        for task_id, (task, due_at) in now.items():
            if due_at is not None and self._scheduled.get(task_id) != due_at:
                self._recorder.note(EventKind.TIMER_SCHEDULED, task, dueAt=due_at.isoformat())
        self._scheduled = {task_id: due_at for task_id, (_, due_at) in now.items()}
