"""Deploys diagrams, and keeps one parsed machine per definition in memory for all steps."""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.bpmn.checks import refuses
from engine.bpmn.diagram import Diagram, read_diagram
from engine.bpmn.elements import FlowNode, ProcessModel
from engine.bpmn.translations import Translation, translations
from engine.definition_proof import definition_faults, deployment_faults, told_by
from engine.differences import faults_of_left_out
from engine.errors import (
    DamagedRow,
    DeploymentRejected,
    EngineError,
    Forbidden,
    NotFound,
    StorageError,
)
from engine.model import (
    Actor,
    Deployment,
    Fault,
    Finding,
    FormField,
    Json,
    ProcessDefinition,
    Resource,
    Role,
)
from engine.permissions import (
    lanes_seen_by,
    require_definition_visible,
    require_may_start,
    require_role,
)
from engine.queries import DefinitionQuery, DeploymentQuery, Page
from engine.sources import Clock, Ids
from engine.spiff.machine import Machine
from engine.store import Store, StoreTransaction
from engine.uploads import Upload, read_upload

#: Parsed definitions kept per process; the least recently used goes first.
MAX_MACHINES = 500
_FIRST_PAGE = Page()
_log = logging.getLogger(__name__)
_VERSION = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Deployed:
    """The answer of `deploy`. `is_new` False: the same files were already there."""

    deployment: Deployment
    definitions: tuple[ProcessDefinition, ...]
    warnings: tuple[Finding, ...]
    is_new: bool


class Definitions:
    """Deployments and the process definitions in them."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._machines: OrderedDict[str, Machine] = OrderedDict()
        self._lock = threading.Lock()
        #: Definition -> its start events that a message or signal triggers; it never changes.
        self._triggers: dict[str, tuple[FlowNode, ...]] = {}

    # --------------------------------------------------------------------- deploy

    def deploy(
        self,
        name: str,
        files: Mapping[str, bytes],
        *,
        actor: Actor,
        source: str | None = None,
    ) -> Deployed:
        """Keep these files as one deployment and make their processes definitions.

        The same files again give the deployment that is already there. Every executable process
        gets the next version of its key. Raises DeploymentRejected with all findings of all files.
        """
        require_role(actor, "deploy", Role.ANALYST, Role.ADMIN)
        upload = read_upload(name, source, files)
        if refuses(upload.findings):
            raise DeploymentRejected(upload.findings)
        deployed = self._add(upload, actor)
        if deployed.is_new:
            for new in deployed.definitions:
                self._keep(new.definition_id, upload.machines[new.resource_name, new.key])
        return deployed

    def _add(self, upload: Upload, actor: Actor) -> Deployed:
        """Write the upload, unless the same files are there and are still the latest versions.

        Going back to older files is a new version: the latest is what starts.
        """
        with self._store.writing() as tx:
            # Who deploys the same files at this moment finds them; other files are another version.
            tx.hold_deployments()
            known = tx.deployment_by_digest(upload.digest)
            there = _still_latest(tx, known) if known is not None else ()
            if known is not None and there:
                return Deployed(known, there, upload.findings, is_new=False)
            deployment = Deployment(
                deployment_id=self._ids.new_id(),
                name=upload.name,
                source=upload.source,
                digest=upload.digest,
                deployed_at=self._clock.now(),
                deployed_by=actor.account,
            )
            resources = tuple(
                Resource(self._ids.new_id(), deployment.deployment_id, file_name, content)
                for file_name, content in upload.files.items()
            )
            definitions = tuple(
                self._definition(tx, deployment, diagram, model)
                for diagram in upload.diagrams
                for model in diagram.executable
            )
            tx.add_deployment(deployment, resources, definitions)
        return Deployed(deployment, definitions, upload.findings, is_new=True)

    def _definition(
        self, tx: StoreTransaction, deployment: Deployment, diagram: Diagram, model: ProcessModel
    ) -> ProcessDefinition:
        version = tx.latest_version(model.id) + 1
        return ProcessDefinition(
            definition_id=f"{model.id}:{version}:{self._ids.new_id()}",
            version=version,
            deployment_id=deployment.deployment_id,
            resource_name=diagram.file_name,
            digest=diagram.digest,
            deployed_at=deployment.deployed_at,
            **told_by(model),
        )

    def faults(self, *, actor: Actor) -> Iterator[Fault]:
        """Every definition, then every deployment, that is not what its files make of it.

        Raises Forbidden.
        """
        require_role(actor, "verify everything", Role.AUDITOR, Role.ADMIN)
        with self._store.reading() as tx:
            definitions, deployments = tx.definition_ids(), tx.deployment_ids()
        yield from self._faults_of_each("process_definition", definitions, definition_faults)
        yield from self._faults_of_each("deployment", deployments, deployment_faults)

    def _faults_of_each(
        self,
        table: str,
        ids: Sequence[str],
        faults_of: Callable[[StoreTransaction, str], list[Fault]],
    ) -> Iterator[Fault]:
        left_out = self._store.quarantine.rows_of(table)
        # Of the others it is said below.
        nameless = [row for row in left_out if not any(each in row for each in ids)]
        yield from faults_of_left_out(nameless)
        for each in ids:
            with self._store.reading() as tx:
                faults = faults_of(tx, each)
            yield from faults

    def check(self, files: Mapping[str, bytes]) -> tuple[Finding, ...]:
        """All findings that `deploy` would report; nothing is kept."""
        return read_upload("check", None, files).findings

    def translations(self, files: Mapping[str, bytes]) -> tuple[Translation, ...]:
        """Every expression of these files, as written and as it will be run."""
        upload = read_upload("check", None, files)
        return tuple(each for diagram in upload.diagrams for each in translations(diagram))

    # -------------------------------------------------------------------- machines

    def machine(self, tx: StoreTransaction, definition_id: str) -> Machine:
        """The parsed machine of a definition, read within the caller's transaction."""
        with self._lock:
            if definition_id in self._machines:
                self._machines.move_to_end(definition_id)
                return self._machines[definition_id]
        definition, resource = tx.definition_content(definition_id)
        diagram = read_diagram(resource.name, resource.content)
        model = next((m for m in diagram.processes if m.id == definition.key), None)
        if model is None:
            raise NotFound("process in the deployed file", definition.key)
        machine = Machine(diagram, model)
        self._keep(definition_id, machine)
        return machine

    def started_by(
        self, tx: StoreTransaction, kind: str, name: str
    ) -> list[tuple[ProcessDefinition, FlowNode]]:
        """The latest definitions, with their start events, that a message or signal starts.

        One whose file is damaged is left out, which is logged: nobody can start it, and all others
        would wait for it.
        """
        return [
            (definition, start)
            for definition in tx.definitions(DefinitionQuery(is_latest=True))
            for start in self._triggered_if_sound(tx, definition.definition_id)
            if (event := start.named_event) and (event.kind, event.name) == (kind, name)
        ]

    def _triggered_if_sound(self, tx: StoreTransaction, definition_id: str) -> tuple[FlowNode, ...]:
        try:
            return self._triggered(tx, definition_id)
        except EngineError as error:
            if isinstance(error, StorageError) and not isinstance(error, DamagedRow):
                raise
            _log.error("definition %s: nothing can start it: %s", definition_id, error)
            return ()

    def _triggered(self, tx: StoreTransaction, definition_id: str) -> tuple[FlowNode, ...]:
        """The start events of a definition that wait for a message or signal, read once."""
        found = self._triggers.get(definition_id)
        if found is None:
            model = self.machine(tx, definition_id).model
            found = tuple(start for start in model.start_events if start.named_event)
            self._triggers[definition_id] = found
        return found

    def called(
        self, tx: StoreTransaction, caller_definition_id: str, request: Mapping[str, Json]
    ) -> ProcessDefinition:
        """The definition that a call activity means. Raises NotFound.

        request: `element` (a key), `binding` ("latest", "deployment", "version") and `version`.
        """
        key = request["element"]
        if request["binding"] == "latest":
            return tx.latest_definition(key)
        query = DefinitionQuery(key=key)
        if request["binding"] == "version":
            wanted = str(request.get("version"))
            query = replace(query, version=int(wanted) if _VERSION.fullmatch(wanted) else -1)
        else:
            caller = tx.definition(caller_definition_id)
            query = replace(query, deployment_id=caller.deployment_id)
        found = tx.definitions(query)
        if not found:
            raise NotFound(f"process definition ({request['binding']})", key)
        return found[-1]

    def _keep(self, definition_id: str, machine: Machine) -> None:
        with self._lock:
            self._machines[definition_id] = machine
            while len(self._machines) > MAX_MACHINES:
                self._machines.popitem(last=False)

    # ------------------------------------------------------------------ deployments

    # Every account may see what is deployed, so that these ask nothing of the actor.

    def deployments(self, query: DeploymentQuery, page: Page = _FIRST_PAGE) -> list[Deployment]:
        """The deployments that match."""
        with self._store.reading() as tx:
            return tx.deployments(query, page)

    def count_deployments(self, query: DeploymentQuery) -> int:
        """How many deployments match."""
        with self._store.reading() as tx:
            return tx.count_deployments(query)

    def deployment(self, deployment_id: str) -> Deployment:
        """One deployment, or NotFound."""
        with self._store.reading() as tx:
            return tx.deployment(deployment_id)

    def resources(self, deployment_id: str, *, actor: Actor) -> list[Resource]:
        """The files of a deployment. Analysts, auditors and admins only."""
        require_role(actor, "read deployed files", Role.ANALYST, Role.AUDITOR, Role.ADMIN)
        with self._store.reading() as tx:
            tx.deployment(deployment_id)
            return tx.resources(deployment_id)

    def resource(self, deployment_id: str, resource_id: str, *, actor: Actor) -> Resource:
        """One file of a deployment, byte for byte. Analysts, auditors and admins only."""
        require_role(actor, "read deployed files", Role.ANALYST, Role.AUDITOR, Role.ADMIN)
        with self._store.reading() as tx:
            return tx.resource(deployment_id, resource_id)

    def delete_deployment(self, deployment_id: str, *, actor: Actor) -> None:
        """Take back a deployment that was never used. Raises DeploymentInUse when it was."""
        require_role(actor, "delete a deployment", Role.ANALYST, Role.ADMIN)
        with self._store.writing() as tx:
            tx.delete_deployment(deployment_id)

    # ------------------------------------------------------------------ definitions

    def definitions(
        self, query: DefinitionQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[ProcessDefinition]:
        """The definitions that match and that the actor may see."""
        with self._store.reading() as tx:
            return tx.definitions(_visible(query, actor), page)

    def count_definitions(self, query: DefinitionQuery, *, actor: Actor) -> int:
        """How many definitions match that the actor may see."""
        with self._store.reading() as tx:
            return tx.count_definitions(_visible(query, actor))

    def definition(self, definition_id: str, *, actor: Actor) -> ProcessDefinition:
        """One definition. Raises NotFound, Forbidden."""
        with self._store.reading() as tx:
            found = tx.definition(definition_id)
        require_definition_visible(actor, found)
        return found

    def latest_definition(self, key: str, *, actor: Actor) -> ProcessDefinition:
        """The definition of this key with the highest version. Raises NotFound, Forbidden."""
        with self._store.reading() as tx:
            found = tx.latest_definition(key)
        require_definition_visible(actor, found)
        return found

    def xml(self, definition_id: str, *, actor: Actor) -> bytes:
        """The file as it was uploaded."""
        with self._store.reading() as tx:
            found, resource = tx.definition_content(definition_id)
        require_definition_visible(actor, found)
        return resource.content

    def may_start(self, definition: ProcessDefinition, *, actor: Actor) -> bool:
        """Whether the actor may start instances of the definition, and not only messages can."""
        try:
            require_may_start(actor, definition)
        except Forbidden:
            return False
        with self._store.reading() as tx:
            return self.machine(tx, definition.definition_id).model.plain_start is not None

    def model(self, definition_id: str, *, actor: Actor) -> ProcessModel:
        """What the diagram of a definition says."""
        with self._store.reading() as tx:
            require_definition_visible(actor, tx.definition(definition_id))
            return self.machine(tx, definition_id).model

    def models(
        self, query: DefinitionQuery, *, actor: Actor
    ) -> list[tuple[ProcessDefinition, ProcessModel]]:
        """The definitions that match and that the actor may see, each with its diagram's words.

        One whose file is damaged is left out.
        """
        with self._store.reading() as tx:
            found = tx.definitions(_visible(query, actor))
            read = [(each, self._model_if_whole(tx, each.definition_id)) for each in found]
        return [(each, model) for each, model in read if model is not None]

    def _model_if_whole(self, tx: StoreTransaction, definition_id: str) -> ProcessModel | None:
        try:
            return self.machine(tx, definition_id).model
        except (DamagedRow, NotFound, DeploymentRejected) as error:
            row = f"the file of process definition {definition_id}"
            self._store.quarantine.take(row, str(error))
            return None

    def start_form(self, definition_id: str, *, actor: Actor) -> tuple[FormField, ...]:
        """The fields that starting asks for; empty when the start event has no form."""
        return self.model(definition_id, actor=actor).start_event().form or ()


def _still_latest(tx: StoreTransaction, known: Deployment) -> tuple[ProcessDefinition, ...]:
    """The definitions of a deployment when each is the latest of its key; else none."""
    found = tx.definitions(DefinitionQuery(deployment_id=known.deployment_id))
    if all(tx.latest_version(each.key) == each.version for each in found):
        return tuple(found)
    return ()


def _visible(query: DefinitionQuery, actor: Actor) -> DefinitionQuery:
    if actor.has(Role.ANALYST):
        return query
    return replace(query, visible_to_lanes=lanes_seen_by(actor))
