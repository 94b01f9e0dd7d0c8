"""`alur simulate`: which ways a diagram goes, before anybody deploys it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from engine.cli.exit_codes import OK, REFUSED
from engine.cli.files import read_file
from engine.cli.invocation import Invocation
from engine.cli.json_output import plain
from engine.cli.values import submitted
from engine.cli.words import Commands
from engine.errors import InvalidInput
from engine.forms import form_values_from_text
from engine.model import Finding, FormField, Json
from engine.simulation import (
    USUAL_TIME,
    Bounds,
    Scenario,
    Simulation,
    read_duration,
    scenario_fields,
    simulate,
)
from engine.simulation.reports import PathStep, Place, SimulatedRun, Trouble
from engine.sources import SystemClock

_FINDING = ("line", "severity", "rule", "element", "what is wrong…")
_STEP = ("step", "time", "element", "name…", "who…", "decision…", "flows taken…", "waits next…")
_RUN = ("run", "ends", "completions", "takes", "decisions…", "takes first…")
#: More flows than these are counted in the list of runs; the first run has nearly all.
_MOST_FLOWS = 6
_BOUNDS = {
    "runs": "the number of runs (--runs)",
    "completions": "the completions in a run (--completions)",
    "seconds": "the time (--seconds)",
    "combinations": "the ways to fill in one form; fix some fields with --set",
}


def add_to(commands: Commands) -> None:
    """Declare the command of this module."""
    parser = commands.add(
        "simulate",
        simulate_file,
        acts=False,
        about="""Run a diagram in memory and show its ways; nothing is kept, no database is needed.

        Checks the file as `deploy` does, then makes up people, forms and a clock. Without --decide
        every combination of the decisions that lead different ways is tried, timers early and late,
        parallel tasks in any order, until every sequence flow was taken, nothing is left to try, or
        a bound is reached. With --decide there is one run: each decision takes its values in order,
        the last one repeating; a decision that is not given takes each of its values in turn.

        Ends with 0 when every run ended and every flow was taken (with --decide: when the run
        ended), with 1 when the file was refused, an instance got stuck, something failed, a flow
        was never taken, or a bound was reached.""",
        example="alur simulate processes/luwu-timur.bpmn \\\n"
        "    --decide langkah_6_keputusan=kembalikan,setujui --at 2026-01-05T08:00 --each 2h",
    )
    parser.add_argument("file", metavar="FILE", help="a .bpmn file")
    _add_scenario(parser)
    _add_bounds(parser)
    parser.add_argument(
        "--paths", action="store_true", help="show the steps of every listed run, not of the first"
    )
    parser.add_argument("--variables", action="store_true", help="show the variables at the end")


def _add_scenario(parser: ArgumentParser) -> None:
    parser.add_argument("--process", metavar="KEY", help="when the file has several processes")
    parser.add_argument(
        "--decide",
        action="append",
        default=[],
        metavar="FIELD=VALUE,...",
        help="what is decided, in the order in which it is asked for; repeat it for other fields",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="what every form that asks for it gets; a name of no form is there from the start",
    )
    parser.add_argument(
        "--values", metavar="FILE.json", help="a JSON object of such values; - reads standard input"
    )
    parser.add_argument("--at", metavar="TIME", help="when it starts; now when not given")
    parser.add_argument(
        "--each",
        action="append",
        default=[],
        metavar="[ACTIVITY=]TIME",
        help="how long a task takes, such as 30m, 1h or 2d (default 1h); repeat it for activities",
    )


def _add_bounds(parser: ArgumentParser) -> None:
    usual = Bounds()
    for name, text in (
        ("runs", "make at most N runs"),
        ("completions", "end a run after N completions"),
        ("seconds", "stop after N seconds"),
    ):
        default = int(getattr(usual, name))
        parser.add_argument(
            f"--{name}", type=int, default=default, metavar="N", help=f"{text} (default {default})"
        )


# ------------------------------------------------------------------------ words


def _scenario(call: Invocation, file_name: str, content: bytes) -> Scenario:
    fields = scenario_fields(file_name, content, call.words.process)
    each, each_of = _durations(call.words.each)
    return Scenario(
        started_at=_moment(call),
        process_key=call.words.process,
        each=each,
        each_of=each_of,
        values=submitted(call, fields),
        decisions=_decisions(call.words.decide, fields),
    )


def _moment(call: Invocation) -> datetime:
    if call.words.at is None:
        return SystemClock().now()
    try:
        moment = datetime.fromisoformat(call.words.at)
    except ValueError as error:
        raise InvalidInput(
            f"--at {call.words.at}: expected a time such as 2026-01-05T08:00"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=call.settings.time_zone)


def _durations(words: Sequence[str]) -> tuple[timedelta, dict[str, timedelta]]:
    each = USUAL_TIME
    each_of: dict[str, timedelta] = {}
    for word in words:
        activity_id, equals, text = word.rpartition("=")
        duration = read_duration(text)
        if equals:
            each_of[activity_id] = duration
        else:
            each = duration
    return each, each_of


def _decisions(words: Sequence[str], fields: Sequence[FormField]) -> Mapping[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name or not text:
            raise InvalidInput(f"--decide {word}: expected FIELD=VALUE or FIELD=VALUE,VALUE,...")
        typed = (form_values_from_text(fields, {name: part}).get(name) for part in text.split(","))
        found.setdefault(name, []).extend(typed)
    return found


def _bounds(call: Invocation) -> Bounds:
    words = call.words
    for name in ("runs", "completions", "seconds"):
        if not 1 <= getattr(words, name) <= 1_000_000:
            raise InvalidInput(f"--{name} {getattr(words, name)}: expected 1 to 1000000")
    return Bounds(words.runs, words.completions, words.seconds)


# ---------------------------------------------------------------------- command


def simulate_file(call: Invocation) -> int:
    """Simulate the file."""
    name, content = Path(call.words.file).name, read_file(call.words.file)
    bounds = _bounds(call)
    scenario = _scenario(call, name, content)
    found = simulate(name, content, scenario, bounds, clock=SystemClock())
    call.printer.json(_document(found, with_variables=call.words.variables))
    if found.findings:
        call.printer.table(_FINDING, _finding_rows(found.findings))
    if found.is_accepted:
        _show(call, found)
    else:
        call.printer.say(f"{name}: {len(found.findings)} findings, refused and not simulated")
    return OK if found.is_sound else REFUSED


def _document(found: Simulation, *, with_variables: bool) -> dict[str, Any]:
    """For scripts; the variables of the runs only when they were asked for."""
    answer: dict[str, Any] = plain(found)
    for run in answer["runs"]:
        if not with_variables:
            del run["variables"]
    return {"isSound": found.is_sound, "isBounded": found.is_bounded, **answer}


# ------------------------------------------------------------------- for people


def _finding_rows(findings: Sequence[Finding]) -> list[tuple[object, ...]]:
    return [(f.line, f.severity, f.rule, f.element_id, f.message_en) for f in findings]


def _show(call: Invocation, found: Simulation) -> None:
    shown = found.runs if call.words.paths else found.runs[:1]
    for run in shown:
        call.printer.say(f"\nrun {run.number}, step by step:")
        call.printer.table(_STEP, [_step_row(call, step) for step in run.path])
        if call.words.variables:
            call.printer.say(f"\nvariables at the end of run {run.number}:")
            call.printer.table(
                ("name", "value…"), [(n, _said(v)) for n, v in run.variables.items()]
            )
    if found.is_explored:
        call.printer.say("\nruns that show something of their own:")
        call.printer.table(_RUN, [_run_row(run) for run in found.runs])
    _show_counts(call, found)
    _show_faults(call, found)
    _show_verdict(call, found)


def _step_row(call: Invocation, step: PathStep) -> tuple[object, ...]:
    waiting = [f"{each.activity_id} ({each.waits_for})" for each in step.waiting]
    if step.next_due_at:
        waiting.append(f"timer at {call.printer.local(step.next_due_at)}")
    flows = [*step.flows, *(f"incident: {message}" for message in step.incidents)]
    element = step.activity_id or step.deed
    return (
        step.number,
        step.at,
        element,
        step.activity_name,
        step.waits_for or f"({step.deed})",
        _in_words({name: (value,) for name, value in step.decisions.items()}),
        " ".join(flows),
        ", ".join(waiting) or "nobody",
    )


def _run_row(run: SimulatedRun) -> tuple[object, ...]:
    return (
        run.number,
        run.outcome.replace("_", " "),
        run.completions,
        timedelta(seconds=run.duration_seconds),
        _in_words(run.decisions),
        " ".join(run.new_flows)
        if len(run.new_flows) <= _MOST_FLOWS
        else f"{len(run.new_flows)} flows",
    )


def _in_words(decisions: Mapping[str, Sequence[Json]]) -> str:
    """As --decide takes them."""
    return " ".join(f"{name}={','.join(map(_said, each))}" for name, each in decisions.items())


def _said(value: Json) -> str:
    if value is None:
        return "(blank)"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _show_counts(call: Invocation, found: Simulation) -> None:
    call.printer.say("\nwho is waited for:")
    rows = [(d.activity_id, d.activity_name, d.waits_for, d.times) for d in found.duties]
    call.printer.table(("task", "name…", "who…", "times"), rows)
    if found.loops:
        call.printer.say("\nloops:")
        loops = [(each.flow, each.source, each.target, each.times) for each in found.loops]
        call.printer.table(("flow", "from", "back to", "most in a run"), loops)


def _show_faults(call: Invocation, found: Simulation) -> None:
    for heading, troubles in (("incidents", found.incidents), ("dead ends", found.dead_ends)):
        if troubles:
            call.printer.say(f"\n{heading}:")
            call.printer.table(
                ("run", "element", "line", "what happened…"), [_trouble_row(t) for t in troubles]
            )
    never = [*_never(found, "untaken_flows"), *_never(found, "unreached_nodes")]
    if never:
        call.printer.say("\nnever taken:" if found.is_explored else "\nnot taken in this run:")
        columns = ("element", "type", "name…", "line", "from", "to")
        call.printer.table(columns, [_place_row(place) for place in never])


def _never(found: Simulation, which: str) -> Sequence[Place]:
    return getattr(found.coverage, which) if found.coverage else ()


def _trouble_row(each: Trouble) -> tuple[object, ...]:
    return each.run, each.activity_id, each.line, each.message


def _place_row(each: Place) -> tuple[object, ...]:
    return each.id, each.type, each.name, each.line, each.source, each.target


def _show_verdict(call: Invocation, found: Simulation) -> None:
    outcomes = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in found.outcomes.items())
    total = sum(found.outcomes.values())
    runs = "1 run" if total == 1 else f"{total} runs"
    call.printer.say(f"\n{found.process_key}: {runs}: {outcomes}")
    for word, each in (("shortest", found.shortest), ("longest", found.longest)):
        if each and found.is_explored:
            takes = timedelta(seconds=each.duration_seconds)
            call.printer.say(f"{word}: run {each.run}, {each.completions} completions, {takes}")
    if found.coverage:
        untaken, unreached = map(
            len, (found.coverage.untaken_flows, found.coverage.unreached_nodes)
        )
        call.printer.say(
            f"taken: {found.coverage.flows - untaken} of {found.coverage.flows} flows, "
            f"{found.coverage.nodes - unreached} of {found.coverage.nodes} nodes"
        )
    call.printer.say(_verdict(found))


def _verdict(found: Simulation) -> str:
    if found.bounds:
        reached = ", ".join(_BOUNDS[name] for name in found.bounds)
        return f"stopped by a bound: {reached}; what is shown is not everything"
    if not found.is_explored:
        return "one run by the decisions given; leave --decide out to explore all of them"
    if found.coverage and found.coverage.is_full and found.is_sound:
        return "every flow was taken, and every run came to an end"
    if found.is_exhausted:
        return "everything was tried: decisions, timers early and late, the order of tasks"
    return "see what went wrong above"
