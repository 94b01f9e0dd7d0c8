"""How a token stays at an element: what two elements share that may hold the same token."""

from __future__ import annotations

from typing import Any

from engine.spiff.parsing import Specs
from engine.spiff.recorder import INNER


def shape_of(specs: Specs, node_id: str) -> tuple[str, ...] | None:
    """The kinds of specs and events behind an element; None when it has none."""
    for spec in (specs.spec, *specs.subprocesses.values()):
        outer = spec.task_specs.get(node_id)
        if outer is not None:
            inner = spec.task_specs.get(node_id + INNER)
            return (*_kind(outer), *(_kind(inner) if inner is not None else ()))
    return None


def _kind(spec: Any) -> tuple[str, ...]:
    definition = getattr(spec, "event_definition", None)
    return (
        type(spec).__name__,
        type(definition).__name__ if definition is not None else "",
        "sequential" if getattr(spec, "is_sequential", False) else "",
        "interrupting" if getattr(spec, "cancel_activity", False) else "",
    )
