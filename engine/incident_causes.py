"""Why a step failed, read from what its incident says and from the step's place in the diagram.

History keeps the message alone: a kind beside it would have changed what replay compares.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.bpmn.expressions import translate, translate_script
from engine.errors import ExpressionRefused
from engine.model import EventKind

if TYPE_CHECKING:
    from engine.bpmn.elements import FlowNode, ProcessModel


class CauseKind(StrEnum):
    """What kind of failure it was."""

    #: An expression or script reads a variable that nobody has given a value.
    MISSING_VARIABLE = "missing_variable"
    #: No condition of a gateway holds, and it has no default flow.
    NO_TRUE_FLOW = "no_true_flow"
    #: An expression or script stopped with an error of its own.
    CODE = "code"
    #: A value is there, and is not what the step needs: a list, a moment, a number.
    WRONG_VALUE = "wrong_value"
    #: The sandbox stopped it: too long, or too much memory.
    LIMIT = "limit"
    #: The program that performs the step gave up.
    WORKER = "worker"
    #: The called process could not be started, or was cancelled.
    CALL = "call"
    #: A BPMN error that no event of the diagram catches.
    UNCAUGHT_ERROR = "uncaught_error"
    #: The diagram goes round without waiting for anybody.
    LOOP = "loop"
    #: What the step waits for can never come.
    DEAD_END = "dead_end"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why it failed. `variables`: names that the failed code reads, sorted, the missing one first.

    `missing`: the variable without a value.
    """

    kind: CauseKind
    variables: tuple[str, ...] = ()
    missing: str | None = None


#: The words of engine/spiff, in the order in which they are looked for.
_SAYS = (
    (CauseKind.LOOP, re.compile(r"^more than \d+ automatic elements")),
    (CauseKind.DEAD_END, re.compile(r"waits for a token that can never come$")),
    (CauseKind.UNCAUGHT_ERROR, re.compile(r"^BPMN error .* is caught by nobody")),
    (CauseKind.NO_TRUE_FLOW, re.compile(r"^(No conditions satisfied|no condition of the gateway)")),
    (
        CauseKind.LIMIT,
        re.compile(
            r": (it took too long|the sandbox process ended|MemoryError: .*|RecursionError: .*"
            r"|longer than \d+ characters)$"
        ),
    ),
    (
        CauseKind.WRONG_VALUE,
        re.compile(r"(was|were) expected$|expected a |is not an ISO 8601|a timer needs|at most"),
    ),
)
_MISSING = re.compile(r"variable '(\w+)' has no value yet$|name '(\w+)' is not defined")
#: What failed, quoted, stands before what went wrong with it.
_QUOTED = re.compile(r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?=: | is | asks)""")
_TOLD_BY_OTHERS = {
    EventKind.SERVICE_FAILED: CauseKind.WORKER,
    EventKind.CALL_FAILED: CauseKind.CALL,
}


def cause_of(
    message: str, activity_id: str, model: ProcessModel, *, given: EventKind | None = None
) -> Cause:
    """Why the incident with this message was raised at that activity.

    given: the input in whose step it was. What others said in theirs is taken for nothing else.
    """
    if given in _TOLD_BY_OTHERS:
        return Cause(_TOLD_BY_OTHERS[given])
    node = model.nodes.get(activity_id)
    names = _names_read(message, node, model)
    if missing := _MISSING.search(message):
        name = missing[1] or missing[2]
        return Cause(CauseKind.MISSING_VARIABLE, (name, *sorted(names - {name})), name)
    for kind, says in _SAYS:
        if says.search(message):
            return Cause(kind, tuple(sorted(names)))
    if _QUOTED.search(message) or (node is not None and node.script):
        return Cause(CauseKind.CODE, tuple(sorted(names)))
    return Cause(CauseKind.UNKNOWN)


def _names_read(message: str, node: FlowNode | None, model: ProcessModel) -> frozenset[str]:
    """The names that the failed expression, script or gateway reads; of a script built-ins too."""
    if node is not None and node.script:
        return _of_script(node.script)
    if node is not None and node.type.endswith("Gateway"):
        conditions = (
            flow.condition
            for flow in model.flows.values()
            if flow.source == node.id and flow.condition
        )
        return _of_expressions(conditions)
    quoted = _QUOTED.search(message)
    return _of_expressions([str(ast.literal_eval(quoted[1]))]) if quoted else frozenset()


def _of_expressions(texts: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for text in texts:
        try:
            found |= translate(text).names
        except ExpressionRefused:
            # Cut short in the message, or a text with expressions in it: nothing is known.
            continue
    return frozenset(found)


def _of_script(source: str) -> frozenset[str]:
    try:
        script = translate_script(source)
    except ExpressionRefused:
        return frozenset()
    return script.names
