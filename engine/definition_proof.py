"""Whether a process definition is what its deployed file makes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from engine.bpmn.diagram import read_diagram
from engine.bpmn.elements import ProcessModel
from engine.errors import DamagedRow, DeploymentRejected, NotFound
from engine.model import Fault, ProcessDefinition, Resource
from engine.store import StoreTransaction


def told_by(model: ProcessModel) -> dict[str, Any]:
    """What a definition takes over from its process: field -> value."""
    return {
        "key": model.id,
        "name": model.name,
        "version_tag": model.version_tag,
        "history_time_to_live": model.history_time_to_live,
        "lanes": model.top_lanes,
        "starter_groups": model.starter_groups,
        "starter_users": model.starter_users,
    }


def definition_faults(tx: StoreTransaction, definition_id: str) -> list[Fault]:
    """Each field that differs; that the row or its file is gone or unreadable is a fault too."""
    try:
        definition, resource = tx.definition_content(definition_id)
        deployed_at = tx.deployment(definition.deployment_id).deployed_at
    except (DamagedRow, NotFound) as error:
        return [Fault(definition_id, None, "state", str(error), found="unreadable")]
    kept = {"deployed_at": definition.deployed_at, **_kept(definition)}
    try:
        expected = {"deployed_at": deployed_at, **_expected(definition, resource)}
    except DeploymentRejected as error:
        return [Fault(definition_id, None, "state", f"its file is not BPMN: {error}")]
    return list(_differences(definition_id, expected, kept))


def _expected(definition: ProcessDefinition, resource: Resource) -> dict[str, Any]:
    """What the row must say. Raises DeploymentRejected when the file cannot be read."""
    digest = hashlib.sha256(resource.content).hexdigest()
    if digest != definition.digest:
        # What another file says is no measure of the row.
        return {"digest": digest}
    processes = read_diagram(resource.name, resource.content).executable
    told = {f"{each.id}:{definition.version}": told_by(each) for each in processes}
    start = definition.definition_id.rpartition(":")[0]
    return told.get(start, {"definition_id": " or ".join(told)})


def _kept(definition: ProcessDefinition) -> dict[str, Any]:
    names = ("key", "name", "version_tag", "history_time_to_live", "lanes", "digest")
    more = ("starter_groups", "starter_users", "definition_id")
    return {name: getattr(definition, name) for name in names + more}


def _differences(
    definition_id: str, expected: dict[str, Any], kept: dict[str, Any]
) -> Iterator[Fault]:
    for name, value in expected.items():
        if value != kept[name]:
            yield Fault(
                definition_id,
                None,
                "state",
                f"{name} of the process definition is not what its deployed file leads to",
                expected=_said(value),
                found=_said(kept[name]),
            )


def _said(value: Any) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)
