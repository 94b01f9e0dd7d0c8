"""pm4py as the judge of event logs: what it reads, and how well a log fits its diagram."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.event_logs.selections import LogFormat, WantedLog
from tests.office import AUDITOR, Office

with warnings.catch_warnings():
    # What its own libraries warn of is no fault of ours, and differs from Python to Python.
    warnings.simplefilter("ignore")
    import pandas
    import pm4py
    from pm4py.objects.bpmn.obj import BPMN
    from pm4py.objects.conversion.bpmn import converter
    from pm4py.util import constants

constants.SHOW_PROGRESS_BAR = False
# It asks for an optional library that reads faster.
constants.SHOW_INTERNAL_WARNINGS = False


def export(office: Office, form: LogFormat = LogFormat.XES, /, **wanted: Any) -> bytes:
    """The whole log at once."""
    return b"".join(office.engine.event_logs.export(WantedLog(**wanted), form, actor=AUDITOR))


def events_of(office: Office, folder: Path, form: LogFormat, /, **wanted: Any) -> pandas.DataFrame:
    """The log as pm4py reads it: a row for each event."""
    file = folder / f"log.{form}"
    file.write_bytes(export(office, form, **wanted))
    if form is LogFormat.XES:
        return pm4py.read_xes(str(file))
    return pm4py.format_dataframe(pandas.read_csv(file), case_id="case:concept:name")


def completed(events: pandas.DataFrame) -> pandas.DataFrame:
    """What a token replay counts, of the instances that came to their end."""
    return events[events["sop:passage"] & (events["case:sop:state"] == "COMPLETED")]


def fitness(events: pandas.DataFrame, diagram: bytes, folder: Path) -> list[float]:
    """By trace: how well it fits the deployed diagram, activities told apart by their ids."""
    file = folder / "diagram.bpmn"
    file.write_bytes(diagram)
    drawn = pm4py.read_bpmn(str(file))
    net, begin, end = converter.apply(drawn, parameters={"use_id": True})
    tasks = {node.get_id() for node in drawn.get_nodes() if isinstance(node, BPMN.Task)}
    silence(each for each in net.transitions if each.label not in tasks)
    found = pm4py.conformance_diagnostics_token_based_replay(
        events, net, begin, end, activity_key="sop:element"
    )
    return [each["trace_fitness"] for each in found]


def fitness_by_name(events: pandas.DataFrame, diagram: Path) -> list[float]:
    """The same in the fewest words of pm4py, which tells activities apart by their names."""
    net, begin, end = pm4py.convert_to_petri_net(pm4py.read_bpmn(str(diagram)))
    found = pm4py.conformance_diagnostics_token_based_replay(events, net, begin, end)
    return [each["trace_fitness"] for each in found]


def objects_of(office: Office, folder: Path) -> Any:
    """The log of objects as pm4py reads it."""
    file = folder / "log.json"
    file.write_bytes(export(office, LogFormat.OCEL))
    return pm4py.read_ocel2_json(str(file))


def silence(transitions: Iterable[Any]) -> None:
    """What happens at these is in no log."""
    for each in transitions:
        each.label = None
