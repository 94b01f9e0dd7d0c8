"""What an expression or script of a diagram may see and do: nothing but its variables.

Expressions and scripts run in pydantic-monty, a Python subset interpreted in a worker process with
limits on time, memory and depth. It has no files, no network, no clock and no host objects. In
front of it stands the whitelist of bpmn/expressions.py, which deploy has already applied.
"""

from __future__ import annotations

import ast
import atexit
import json
import threading
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any

from pydantic_monty import Monty, MontyCrashedError, MontyError
from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.event_definitions.timer import (
    CycleTimerEventDefinition,
    DurationTimerEventDefinition,
    TimeDateEventDefinition,
    TimerEventDefinition,
)

from engine.bpmn.expressions import Expression
from engine.bpmn.quantifiers import free_names
from engine.bpmn.timers import TimerError, cycle_literal, duration_literal, moment_literal
from engine.errors import InvalidVariables
from engine.json_values import check_variables
from engine.spiff.stepping import current_step

#: Of the wall clock: on a machine whose cores were all busy, half of it stopped what was harmless.
LIVE_SECONDS = 0.5
LIMITS = {
    "max_memory": 32 << 20,
    "max_recursion_depth": 100,
    "max_suspensions": 10,
}
#: No clock of its own, and the same "randomness" on every run, so that replay is exact.
POLICY = {"timezone": "utc", "sleep": "zero", "random_start": {"seed": 0}}
MAX_SOURCE_LENGTH = 8192
#: A replay gives what once succeeded more time: it may run on a slower machine.
REPLAY_SECONDS = 10.0
#: Inputs by which a replay remembers what it computed.
_SCALARS = (str, int, float, type(None))


class SandboxError(Exception):
    """The sandbox refused a piece of a diagram's code, or the code failed."""


class SandboxStopped(SandboxError):
    """The sandbox stopped a piece of code that took too long, or whose process ended.

    That depends on the machine, so it is recorded as such, and a replay does not try again.
    """


def _unheard(*_: object) -> None:
    """What a diagram's code prints goes nowhere."""


class Sandbox:
    """A pool of worker processes, started at first use (after any fork)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: Any = None

    def run(self, source: str, inputs: Mapping[str, Any], *, seconds: float = LIVE_SECONDS) -> Any:
        """The value of `source` with `inputs` as its only names.

        Every call has a namespace and a memory limit of its own: one checkout for a whole step
        would save a third of 60 µs, and fail an expression for what ran before it.

        Raises SandboxStopped, SandboxError with the reason in words, the same on every run.
        """
        limits = {**LIMITS, "max_feed_duration_secs": seconds}
        try:
            with self._workers().checkout(limits=limits, os_policy=POLICY) as session:
                return session.feed_run(source, inputs=dict(inputs), print_callback=_unheard)
        except MontyCrashedError as error:
            raise SandboxStopped("the sandbox process ended") from error
        except MontyError as error:
            if str(error).startswith("TimeoutError"):
                raise SandboxStopped("it took too long") from error
            raise SandboxError(str(error)) from error

    def close(self) -> None:
        """End the workers. A later `run` starts new ones."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.__exit__(None, None, None)

    def _workers(self) -> Any:
        with self._lock:
            if self._pool is None:
                self._pool = Monty().__enter__()
            return self._pool


SANDBOX = Sandbox()
atexit.register(SANDBOX.close)


@lru_cache(maxsize=4096)
def _names_in(source: str) -> frozenset[str]:
    """The variables that a source reads or writes; `len` in a call is no variable."""
    tree = ast.parse(source)
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    return frozenset(
        n.id
        for n in ast.walk(tree)
        if isinstance(n, ast.Name) and not (n.id == "len" and id(n) in called)
    )


@lru_cache(maxsize=4096)
def _names_read_by(expression: str) -> frozenset[str]:
    """The variables that an expression needs."""
    return free_names(ast.parse(expression, mode="eval"))


@lru_cache(maxsize=1024)
def _script_names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """Names that a script reads or writes, and those of them that it binds at its top level."""
    bound = {
        n.id
        for n in ast.walk(ast.parse(source))
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    return _names_in(source), frozenset(bound)


def scope_of(task: Any) -> dict[str, Any]:
    """All variables that `task` sees: instance, sub-processes, loop; the innermost wins."""
    return {**task.workflow.top_workflow.data.get("variables", {}), **local_scope_of(task)}


def local_scope_of(task: Any) -> dict[str, Any]:
    """The variables of sub-processes and loop that `task` sees, without those of the instance."""
    workflow, layers = task.workflow, [task.data]
    while workflow.parent_workflow is not None:
        layers.append(workflow.data.get("variables", {}))
        workflow = workflow.parent_workflow
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        merged.update(layer)
    return merged


def asked(expression: Expression, variables: Mapping[str, Any]) -> Any:
    """The value of a translated expression, outside of any step. Raises SandboxError."""
    missing = sorted(expression.names - variables.keys())
    if missing:
        raise SandboxError(f"variable {missing[0]!r} has no value yet")
    inputs = {name: variables[name] for name in expression.names}
    return SANDBOX.run(f"({expression.python})", inputs)


_AS_JSON = "import json as alur_json\nalur_json.dumps(alur_out, allow_nan=False)\nalur_out"


def json_only(task: Any, source: str, value: Any) -> Any:
    """The value, known to be what an instance may keep; else a failure of the diagram."""
    if value is None or isinstance(value, bool):
        return value
    try:
        return check_variables({"value": value})["value"]
    except InvalidVariables as error:
        reasons = "; ".join(f"{path}: {', '.join(why)}" for path, why in error.fields.items())
        raise _fault(task, source, f"what it gives cannot be kept: {reasons}") from error


class SandboxedScriptEngine(PythonScriptEngine):  # type: ignore[misc]
    """The library's script engine with its eval and exec taken out."""

    def __init__(self) -> None:
        super().__init__(environment=_NoEnvironment())

    def validate(self, expression: str) -> None:
        """Whether it parses; the whitelist was applied at deploy."""
        ast.parse(expression)

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        """The value of an expression over the variables that `task` sees."""
        constant = _literal(expression)
        if constant is not None:
            return constant
        scope = {**scope_of(task), **(external_context or {})}
        names = _names_read_by(expression)
        missing = sorted(names - scope.keys())
        if missing:
            raise _fault(task, expression, f"variable {missing[0]!r} has no value yet")
        inputs = {n: scope[n] for n in names & scope.keys()}
        value = json_only(task, expression, _run(task, expression, f"({expression})", inputs))
        definition = getattr(task.task_spec, "event_definition", None)
        if isinstance(definition, TimerEventDefinition) and definition.expression is expression:
            return timer_value(task, expression, definition, value)
        return value

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:  # noqa: ARG002
        """Run a script; what it assigns is kept whole, or not at all when it fails."""
        scope = scope_of(task)
        names, bound = _script_names(script)
        keep = sorted(bound | (names & scope.keys()))
        tail = "".join(
            f"\ntry:\n  alur_out[{name!r}] = {name}\nexcept NameError:\n  pass" for name in keep
        )
        if len(script) > MAX_SOURCE_LENGTH:
            raise _fault(task, script, f"longer than {MAX_SOURCE_LENGTH} characters")
        inputs = {n: scope[n] for n in names & scope.keys()}
        # Tried as JSON inside: handed over, a function turns into its description. Handed over
        # as it is all the same: as JSON a tuple turns into a list.
        out = _run(task, script, f"{script}\nalur_out = {{}}{tail}\n{_AS_JSON}", inputs)
        values = json_only(task, script, out)
        changed = {n: v for n, v in values.items() if n not in scope or not _same(scope[n], v)}
        if changed:
            task.workflow.top_workflow.recorder.set_variables(task, changed)
        return True

    def call_service(self, task: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        """Never: a step records a request, a worker performs it."""
        raise _fault(task, task.task_spec.name, "a service may not be called inside a step")


class _NoEnvironment:
    """Stands where the library keeps its eval and exec; whoever reaches it has found a hole."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"Alur has no script environment ({name})")


def _run(task: Any, shown: str, source: str, inputs: Mapping[str, Any]) -> Any:
    """Run it in the sandbox; what was stopped when it was recorded is stopped again."""
    recorded = current_step().recorded_stops
    if recorded is not None and task.id in recorded:
        raise _fault(task, shown, recorded[task.id], is_stopped=True)
    try:
        if recorded is None:
            return SANDBOX.run(source, inputs)
        return _run_again(source, inputs)
    except SandboxStopped as error:
        raise _fault(task, shown, str(error), is_stopped=True) from error
    except SandboxError as error:
        raise _fault(task, shown, str(error)) from error


def _run_again(source: str, inputs: Mapping[str, Any]) -> Any:
    """The value in a replay; one that this process has computed before is remembered.

    The sandbox gives the same value for the same source and inputs, and instances of one SOP ask
    for the same ones again and again: a verification of all would spend half its time on them.
    """
    if not all(isinstance(value, _SCALARS) for value in inputs.values()):
        return SANDBOX.run(source, inputs, seconds=REPLAY_SECONDS)
    return deepcopy(
        _remembered(source, tuple((name, _Exactly(value)) for name, value in inputs.items()))
    )


class _Exactly:
    """A value that equals only its like: 1 is not True, and 0.0 not -0.0."""

    __slots__ = ("_identity", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self._identity = (type(value), repr(value))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Exactly) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)


@lru_cache(maxsize=4096)
def _remembered(source: str, inputs: tuple[tuple[str, _Exactly], ...]) -> Any:
    """What fails is not remembered."""
    return SANDBOX.run(
        source, {name: exactly.value for name, exactly in inputs}, seconds=REPLAY_SECONDS
    )


_TIMERS: dict[type, Callable[[str], str]] = {
    DurationTimerEventDefinition: duration_literal,
    TimeDateEventDefinition: moment_literal,
    CycleTimerEventDefinition: cycle_literal,
}


def timer_value(task: Any, expression: str, definition: Any, value: Any) -> str:
    """What a timer's expression gave, if the library can count with it."""
    if not isinstance(value, str):
        raise _fault(task, expression, f"it is {value!r}; a timer needs text such as PT1H")
    try:
        read = next(r for kind, r in _TIMERS.items() if isinstance(definition, kind))
        return read(value)
    except TimerError as error:
        raise _fault(task, expression, str(error)) from error


def _literal(expression: str) -> str | int | float | None:
    """The value of a plain literal, so that a quoted timer needs no sandbox."""
    try:
        value = ast.literal_eval(expression)
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, (str, int, float)) else None


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON (so that 1 and True are not the same)."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


class CodeFault(WorkflowTaskException):  # type: ignore[misc]
    """An expression or script of the diagram failed; `stopped` is why the sandbox ended it."""

    stopped: str | None = None


def _fault(task: Any, source: str, reason: str, *, is_stopped: bool = False) -> CodeFault:
    shown = source if len(source) <= 200 else source[:200] + "…"
    fault = CodeFault(f"{shown!r}: {reason}", task=task)
    fault.stopped = reason if is_stopped else None
    return fault
