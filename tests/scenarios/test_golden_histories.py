"""Histories of every release are replayed by the present code."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from engine.bpmn.diagram import read_diagram
from engine.history import chain_faults
from engine.model import EventKind, HistoryEvent
from engine.replay import replay
from engine.spiff.machine import Machine

FOLDER = Path(__file__).parent.parent / "histories"
HISTORIES = sorted(FOLDER.glob("*/*.jsonl"))


def read_history(path: Path) -> list[HistoryEvent]:
    return [
        HistoryEvent(
            instance_id=row["instance"],
            sequence=row["sequence"],
            revision=row["revision"],
            kind=EventKind(row["kind"]),
            at=datetime.fromisoformat(row["at"]),
            actor=row["actor"],
            capacity=row["capacity"],
            activity_id=row["activity"],
            activity_instance_id=row["activityInstance"],
            payload=row["payload"],
            previous_hash=row["previousHash"],
            hash=row["hash"],
        )
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]


def machine_of(path: Path) -> Machine:
    file = path.with_suffix(".bpmn")
    diagram = read_diagram(file.name, file.read_bytes())
    return Machine(diagram, diagram.executable[0])


def test_there_are_golden_histories() -> None:
    assert len(HISTORIES) >= 4


@pytest.mark.parametrize("path", HISTORIES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_golden_history_is_replayed_exactly(path: Path) -> None:
    events = read_history(path)

    assert chain_faults(events[0].instance_id, events) == []
    replayed = replay(machine_of(path), events)
    assert replayed.faults == ()
    assert replayed.run is not None
    assert replayed.run.is_completed


def test_a_changed_golden_history_is_not() -> None:
    path = HISTORIES[0]
    events = read_history(path)
    at = next(i for i, e in enumerate(events) if e.kind is EventKind.FLOW_TAKEN)
    events[at] = replace(events[at], payload={"flow": "lain"})

    assert chain_faults(events[0].instance_id, events)[0].sequence == events[at].sequence
    assert replay(machine_of(path), events).faults[0].sequence == events[at].sequence
