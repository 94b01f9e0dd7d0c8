"""Simulates one file: checks it first, then takes it through its ways, and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from engine.bpmn.checks import check_diagram, refuses
from engine.bpmn.diagram import Diagram, read_diagram
from engine.bpmn.elements import ProcessModel
from engine.errors import DeploymentRejected, InvalidInput, NotFound
from engine.json_values import check_variables
from engine.model import Actor, FormField, Role
from engine.permissions import require_role
from engine.simulation.course import Deadline, Stage
from engine.simulation.decisions import Explored, Given
from engine.simulation.exploration import Exploration, length
from engine.simulation.filling import Filler
from engine.simulation.reports import Bounds, Decision, Simulation
from engine.simulation.scenario import Scenario, fields_of, require_fit
from engine.simulation.turns import Turns
from engine.sources import Clock, whole_milliseconds
from engine.spiff.machine import Machine

_USUAL = Bounds()


def simulate_for(
    actor: Actor,
    file_name: str,
    content: bytes,
    scenario: Scenario,
    bounds: Bounds = _USUAL,
    *,
    clock: Clock,
    turns: Turns,
) -> Simulation:
    """`simulate`, for analysts and admins, in its turn. Raises Forbidden, TooManySimulations."""
    require_role(actor, "simulate", Role.ANALYST, Role.ADMIN)
    with turns.taken():
        return simulate(file_name, content, scenario, bounds, clock=clock)


def simulate(
    file_name: str, content: bytes, scenario: Scenario, bounds: Bounds = _USUAL, *, clock: Clock
) -> Simulation:
    """What the process of a file does; findings alone when the file would be refused.

    clock: measures only how long the simulation itself takes. Raises InvalidInput for a scenario
    that does not fit and for fields that no value could be made up for, NotFound for a process.
    """
    try:
        diagram = read_diagram(file_name, content)
    except DeploymentRejected as error:
        return Simulation(is_accepted=False, findings=error.findings)
    findings = check_diagram(diagram)
    if refuses(findings):
        return Simulation(is_accepted=False, findings=findings)
    model = _model(diagram, scenario.process_key)
    given = replace(
        scenario,
        started_at=whole_milliseconds(scenario.started_at),
        values=check_variables(dict(scenario.values)),
    )
    return replace(_simulated(diagram, model, given, bounds, clock=clock), findings=tuple(findings))


def scenario_fields(
    file_name: str, content: bytes, process_key: str | None = None
) -> Sequence[FormField]:
    """Every form field of the process that would be simulated; none of a file that is refused.

    Raises InvalidInput, NotFound when it is not clear which process.
    """
    try:
        diagram = read_diagram(file_name, content)
    except DeploymentRejected:
        return ()
    if refuses(check_diagram(diagram)):
        return ()
    return tuple(fields_of(_model(diagram, process_key)).values())


def _model(diagram: Diagram, key: str | None) -> ProcessModel:
    """The process of this key, or the only one. Raises InvalidInput, NotFound."""
    models = {model.id: model for model in diagram.executable}
    if key is None:
        if len(models) > 1:
            raise InvalidInput(
                f"{diagram.file_name} has the processes {', '.join(models)}; say which one",
                {"process": ["the file has several"]},
            )
        return next(iter(models.values()))
    if key not in models:
        raise NotFound("executable process", key)
    return models[key]


def _simulated(
    diagram: Diagram,
    model: ProcessModel,
    scenario: Scenario,
    bounds: Bounds,
    *,
    clock: Clock,
) -> Simulation:
    deadline = Deadline(clock, clock.now() + timedelta(seconds=bounds.seconds))
    require_fit(scenario, model)
    filler = Filler(model, scenario)
    filler.require_fillable(model)
    explored = Explored(model, filler, scenario)
    stage = Stage(Machine(diagram, model), filler, scenario, deadline)
    is_explored = not scenario.decisions
    choices = explored if is_explored else Given(explored, scenario)
    exploration = Exploration(stage, choices, bounds, is_single=not is_explored)
    exploration.explore()
    tally = exploration.tally
    cut = ("combinations",) if explored.is_cut and not tally.is_full else ()
    return Simulation(
        is_accepted=True,
        findings=(),
        process_key=model.id,
        process_name=model.name,
        is_explored=is_explored,
        runs=exploration.kept(),
        outcomes=dict(exploration.outcomes),
        coverage=tally.coverage,
        decisions=_decisions(explored),
        duties=tally.duties,
        loops=tally.loops,
        incidents=tally.incidents,
        dead_ends=tally.dead_ends,
        shortest=length(exploration.shortest),
        longest=length(exploration.longest),
        is_exhausted=exploration.is_exhausted and not cut,
        bounds=(*exploration.bounds, *cut),
    )


def _decisions(explored: Explored) -> tuple[Decision, ...]:
    return tuple(
        Decision(field_id, node_id, values)
        for node_id, fields in explored.values.items()
        for field_id, values in fields.items()
    )
