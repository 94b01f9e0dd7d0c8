"""Which fields decide where a process goes, and which values of them are worth trying."""

from __future__ import annotations

import ast
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from engine.bpmn.elements import FlowNode, ProcessModel
from engine.bpmn.expressions import translate
from engine.errors import ExpressionRefused
from engine.model import FieldType, FormField, Json
from engine.simulation.filling import Filler
from engine.simulation.scenario import Scenario, faults_of

#: Ways to fill in one form that are tried at most.
MAX_COMBINATIONS = 256
#: Ways that are shown to a form, which may refuse most of them.
MAX_TRIES = 2048
#: Values that a number or text is compared with, as many as are tried.
MAX_NEAR = 20
#: Values near a number that an expression compares with.
_NEAR = (-1, 0, 1)

Choice = Mapping[str, Json]


class Choices(Protocol):
    """Says in which ways a form may be decided."""

    def of(self, node: FlowNode) -> Sequence[Choice]:
        """At least one choice; {} when nothing is to be decided."""
        ...


class Explored:
    """Every combination of every value that may lead another way.

    A field that no condition, script or loop reads cannot: it is not varied. Values given for a
    field fix it. An optional field without a default is also left blank, as people do.
    """

    def __init__(self, model: ProcessModel, filler: Filler, scenario: Scenario) -> None:
        self._filler = filler
        self._known: dict[str, tuple[Choice, ...]] = {}
        self.is_cut = False
        literals = _literals_by_name(model)
        self.values: dict[str, dict[str, tuple[Json, ...]]] = {
            node.id: self._varied(node, literals, scenario) for node in model.nodes.values()
        }

    def _varied(
        self, node: FlowNode, literals: Mapping[str, Sequence[Json]], scenario: Scenario
    ) -> dict[str, tuple[Json, ...]]:
        """Field of the node's form -> its values, when there are several to try."""
        free = [
            field
            for field in node.form or ()
            if field.id in literals and field.id not in scenario.values and not field.is_readonly
        ]
        values = {field.id: self._values_of(field, literals[field.id]) for field in free}
        return {field_id: found for field_id, found in values.items() if len(found) > 1}

    def of(self, node: FlowNode) -> Sequence[Choice]:
        """See Choices.of."""
        if node.id not in self._known:
            found = list(itertools.islice(self._combinations(node), MAX_COMBINATIONS + 1))
            self.is_cut = self.is_cut or len(found) > MAX_COMBINATIONS
            self._known[node.id] = tuple(found[:MAX_COMBINATIONS]) or ({},)
        return self._known[node.id]

    def _combinations(self, node: FlowNode) -> Iterator[Choice]:
        values = self.values[node.id]
        for tries, combination in enumerate(itertools.product(*values.values())):
            if tries == MAX_TRIES:
                self.is_cut = True
                return
            choice = dict(zip(values, combination, strict=True))
            if self._filler.accepts(node, choice):
                yield choice

    def _values_of(self, field: FormField, literals: Sequence[Json]) -> tuple[Json, ...]:
        usual = self._filler.invented(field)
        if field.type is FieldType.BOOLEAN:
            # Never blank: a box that nobody ticks is false.
            return (True, False)
        if field.type is FieldType.ENUM:
            found: list[Json] = [value for value, _ in field.options]
        elif field.is_list:
            found = [usual]
        else:
            near = _distinct([v for v in _near(field, literals) if not faults_of(field, v)])
            self.is_cut = self.is_cut or len(near) > MAX_NEAR
            found = [usual, *near[:MAX_NEAR]]
        if not (field.is_required or field.default is not None):
            found.append(None)
        return tuple(_distinct(found))


class Given:
    """The decisions that the caller gives; what was not given takes each of its values in turn."""

    def __init__(self, explored: Explored, scenario: Scenario) -> None:
        self._explored = explored
        self._given = scenario.decisions
        self._asked: Counter[str] = Counter()

    def of(self, node: FlowNode) -> Sequence[Choice]:
        """The one choice for the next task of this node; asking again moves on."""
        choice: dict[str, Json] = {}
        for field in node.form or ():
            given = self._given.get(field.id)
            turn = self._asked[field.id]
            if given is not None:
                choice[field.id] = given[min(turn, len(given) - 1)]
            elif field.id in self._explored.values[node.id]:
                assumed = self._explored.values[node.id][field.id]
                choice[field.id] = assumed[turn % len(assumed)]
            self._asked[field.id] += 1
        return (choice,)


# --------------------------------------------------------------- what is read


def _literals_by_name(model: ProcessModel) -> dict[str, list[Json]]:
    """Every name that an expression or script reads -> the literals that stand beside it."""
    found: dict[str, list[Json]] = {}
    for tree in _trees(model):
        literals = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                found.setdefault(node.id, []).extend(literals)
    return found


def _trees(model: ProcessModel) -> Iterator[ast.AST]:
    for source in _expressions(model):
        try:
            yield ast.parse(translate(source).python, mode="eval")
        except ExpressionRefused:
            # A collection may be written as a bare name in a dialect of its own.
            continue
    for node in model.nodes.values():
        if node.script:
            yield ast.parse(node.script)


def _expressions(model: ProcessModel) -> Iterator[str]:
    for flow in model.flows.values():
        if flow.condition:
            yield flow.condition
    for node in model.nodes.values():
        loop = node.multi_instance
        if loop is not None:
            said = (loop.collection, loop.cardinality, loop.completion_condition)
            yield from (source for source in said if source)


def _near(field: FormField, literals: Sequence[Json]) -> Iterator[Json]:
    """Values of the field's type at, below and above those that it is compared with."""
    for literal in literals:
        if isinstance(literal, str):
            yield literal
        elif isinstance(literal, int | float) and not isinstance(literal, bool):
            whole = field.type is FieldType.LONG
            yield from (int(literal) + d if whole else literal + d for d in _NEAR)


def _distinct(values: Sequence[Json]) -> list[Json]:
    """Each value once, in order; 1 and True are two, and lists are values too."""
    return list({(type(value), str(value)): value for value in values}.values())
