"""Whether process definitions are what their deployed files make of them, and deployments too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.bpmn.diagram import read_diagram
from engine.bpmn.elements import ProcessModel
from engine.errors import DamagedRow, DeploymentRejected, NotFound
from engine.model import Fault, ProcessDefinition, Resource
from engine.queries import DefinitionQuery
from engine.store import StoreTransaction
from engine.uploads import digest_of_files, sha256_of


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


def deployment_faults(tx: StoreTransaction, deployment_id: str) -> list[Fault]:
    """That its digest is not the one of its files; that one is unreadable is a fault too.

    A file that a definition was read from counts by the digest there: whether it is the file's own
    is said by `definition_faults`, and a file that was changed is told once.
    """
    try:
        kept, digests = tx.deployment(deployment_id).digest, _digests(tx, deployment_id)
    except (DamagedRow, NotFound) as error:
        return [Fault(deployment_id, None, "state", str(error), found="unreadable")]
    try:
        expected = digest_of_files(digests)
    except ValueError:
        # The definition with that digest is named.
        return []
    if kept == expected:
        return []
    text = "digest of the deployment is not that of its files"
    return [Fault(deployment_id, None, "state", text, expected=expected, found=kept)]


def _digests(tx: StoreTransaction, deployment_id: str) -> dict[str, str]:
    """File -> its SHA-256."""
    read = tx.definitions(DefinitionQuery(deployment_id=deployment_id))
    known = {each.resource_name: each.digest for each in read}
    return {
        name: known.get(name) or sha256_of(tx.resource_named(deployment_id, name).content)
        for name in tx.resource_names(deployment_id)
    }


def _expected(definition: ProcessDefinition, resource: Resource) -> dict[str, Any]:
    """What the row must say. Raises DeploymentRejected when the file cannot be read."""
    digest = sha256_of(resource.content)
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
