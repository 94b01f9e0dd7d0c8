"""Runs a diagram in memory before it is deployed: which ways it goes, and which it never goes.

The same Machine runs it as runs an instance; only the people and the clock are made up. Nothing is
stored, nothing is random, and the time is given.
"""

from __future__ import annotations

from engine.simulation.reports import Bounds, Outcome, Simulation
from engine.simulation.scenario import USUAL_TIME, Scenario, read_duration
from engine.simulation.simulate import scenario_fields, simulate, simulate_for
from engine.simulation.turns import Turns

__all__ = [
    "USUAL_TIME",
    "Bounds",
    "Outcome",
    "Scenario",
    "Simulation",
    "Turns",
    "read_duration",
    "scenario_fields",
    "simulate",
    "simulate_for",
]
