"""Moves running instances to another version of their process, each in a step of its own."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from engine.bpmn.diagram import read_diagram
from engine.bpmn.nets import Net
from engine.deadlines import Deadlines
from engine.definitions import Definitions
from engine.errors import InvalidInput, MigrationRefused
from engine.history import Input
from engine.migration.places import Places, elements_of, nets_of
from engine.migration.plan import Versions, generated, plan_faults
from engine.migration.step import MigrationStep
from engine.model import (
    Actor,
    EventKind,
    HistoryEvent,
    InstanceState,
    MigrationCandidate,
    MigrationFault,
    MigrationPlan,
    MigrationPreview,
    MigrationReason,
    ProcessDefinition,
    ProcessInstance,
    Role,
    StoredInstance,
)
from engine.permissions import require_instance_visible, require_role
from engine.queries import EventQuery, InstanceQuery, Page, SortOrder
from engine.repeats import Request
from engine.sources import Clock
from engine.spiff.machine import Run
from engine.steps import Outcome, Steps
from engine.store import Store
from engine.store import StoreTransaction as Transaction

MAX_REASON = 4000
MAX_BASIS = 500
#: Nets of definitions that are remembered.
_MAX_NETS = 20
_OLDEST_FIRST = (("started_at", SortOrder.ASC),)


@dataclass(frozen=True, slots=True)
class Move:
    """One migration of an instance: its event, and the numbers of the two versions."""

    event: HistoryEvent
    from_version: int
    to_version: int


class Migrations:
    """Plans, what they meet, and the moving. For analysts and admins."""

    def __init__(
        self,
        store: Store,
        definitions: Definitions,
        steps: Steps,
        deadlines: Deadlines,
        *,
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._steps = steps
        self._deadlines = deadlines
        self._clock = clock
        self._zone = zone
        self._nets: OrderedDict[str, Mapping[str, Net]] = OrderedDict()
        self._lock = threading.Lock()

    # ----------------------------------------------------------------------- plans

    def generate(self, source_id: str, target_id: str, *, actor: Actor) -> MigrationPlan:
        """The plan by which every element goes on as the one of the same id and kind.

        Raises Forbidden, NotFound, InvalidInput for versions of two processes.
        """
        _require_may(actor)
        with self._store.reading() as tx:
            versions = self._versions(tx, MigrationPlan(source_id, target_id))
        return MigrationPlan(source_id, target_id, generated(versions))

    def validate(self, plan: MigrationPlan, *, actor: Actor) -> tuple[MigrationFault, ...]:
        """What is wrong with the instructions of a plan, warnings too. Raises as `generate`."""
        _require_may(actor)
        with self._store.reading() as tx:
            return plan_faults(self._versions(tx, plan), plan.instructions)

    def count_running(self, definition_id: str, *, actor: Actor) -> int:
        """How many instances run in a version, whoever may see them."""
        _require_may(actor)
        with self._store.reading() as tx:
            return tx.count_instances(_running(definition_id))

    def running(self, definition_id: str, *, actor: Actor) -> list[str]:
        """The ids of all instances that run in a version, the oldest first."""
        _require_may(actor)
        with self._store.reading() as tx:
            found = tx.instances(_running(definition_id), Page(sorting=_OLDEST_FIRST))
        return [instance.instance_id for instance in found]

    def preview(
        self,
        plan: MigrationPlan,
        *,
        actor: Actor,
        page: Page | None = None,
        instance_ids: Sequence[str] | None = None,
    ) -> MigrationPreview:
        """The plan with its faults, and with instances of the old version, the oldest first.

        instance_ids: only these, whatever has become of them. Nothing changes. Raises as
        `generate`, and NotFound for an instance that does not exist.
        """
        _require_may(actor)
        with self._store.reading() as tx:
            source, target = self._pair(tx, plan)
            faults = plan_faults(self._versions(tx, plan), plan.instructions)
            running = _running(source.definition_id)
            if instance_ids is None:
                oldest_first = replace(page or Page(max_results=100), sorting=_OLDEST_FIRST)
                found = tx.instances(running, oldest_first)
                instance_ids = [each.instance_id for each in found]
            is_valid = not any(fault.refuses for fault in faults)
            places = self._places(tx, plan) if is_valid else None
            return MigrationPreview(
                plan,
                source,
                target,
                faults,
                tuple(self._candidate(tx, plan, places, each) for each in instance_ids),
                tx.count_instances(running),
            )

    def _candidate(
        self, tx: Transaction, plan: MigrationPlan, places: Places | None, instance_id: str
    ) -> MigrationCandidate:
        stored = tx.stored_instance(instance_id)
        misplaced = _misplaced(stored.instance, plan)
        if misplaced is not None:
            return MigrationCandidate(stored.instance, (), (misplaced,))
        run = self._steps.look(tx, stored)
        faults = places.faults(run) if places else ()
        return MigrationCandidate(stored.instance, elements_of(run), faults)

    def moves(self, instance_id: str, *, actor: Actor) -> list[Move]:
        """Every migration of an instance, in order, for who may see it. Raises NotFound, Forbidden.

        They are no secret: whoever works on the instance is told.
        """
        with self._store.reading() as tx:
            instance = tx.instance(instance_id)
            require_instance_visible(actor, instance, tx.definition(instance.definition_id))
            events = tx.find_events(
                EventQuery(instance_id=instance_id, kinds=frozenset({EventKind.INSTANCE_MIGRATED}))
            )
            return [
                Move(
                    event,
                    tx.definition(event.payload["from"]).version,
                    tx.definition(event.payload["to"]).version,
                )
                for event in sorted(events, key=lambda each: each.sequence)
            ]

    # ---------------------------------------------------------------------- moving

    def migrate(
        self,
        instance_id: str,
        plan: MigrationPlan,
        *,
        reason: str,
        basis: str,
        actor: Actor,
        idempotency_key: str | None = None,
    ) -> ProcessInstance:
        """The instance goes on in the other version, in one step; or stays as it is.

        reason: why, in words of history. basis: the decision by which the SOP was revised, such
        as the number of its SK. Raises Forbidden, NotFound, InvalidInput, MigrationRefused,
        Conflict, IdempotencyKeyReused.
        """
        stated = _stated_by(actor, reason, basis)
        request = _request(instance_id, plan, stated, actor, idempotency_key)
        with self._store.writing() as tx:
            stored = tx.stored_instance(instance_id, for_step=True)
            # Asked after the instance is locked: the same request may just have been done.
            if request.recall(tx) is not None:
                return stored.instance
            given = self._input(tx, plan, *stated, actor)
            outcome = self._take(tx, stored, plan, given)
            at = outcome.event.at
            request.remember(tx, outcome, at, {"migrated": plan.target_definition_id})
        return outcome.instance

    def was_migrated(
        self,
        instance_id: str,
        plan: MigrationPlan,
        *,
        reason: str,
        basis: str,
        actor: Actor,
        idempotency_key: str,
    ) -> bool:
        """Whether this very request was done before, wherever the instance has gone since.

        Raises Forbidden, InvalidInput, IdempotencyKeyReused.
        """
        stated = _stated_by(actor, reason, basis)
        request = _request(instance_id, plan, stated, actor, idempotency_key)
        with self._store.reading() as tx:
            return request.recall(tx) is not None

    def _input(
        self, tx: Transaction, plan: MigrationPlan, reason: str, basis: str, actor: Actor
    ) -> Input:
        source, target = self._pair(tx, plan)
        payload = {
            "from": source.definition_id,
            "fromDigest": source.digest,
            "to": target.definition_id,
            "toDigest": target.digest,
            "plan": plan.places,
            "reason": reason,
            "basis": basis,
        }
        return Input(EventKind.INSTANCE_MIGRATED, actor, payload)

    def _take(
        self, tx: Transaction, stored: StoredInstance, plan: MigrationPlan, given: Input
    ) -> Outcome:
        run = self._allowed(tx, stored, plan)
        target = tx.definition(plan.target_definition_id)
        machine = self._definitions.machine(tx, target.definition_id)
        migration = MigrationStep(target, machine, self._deadlines, self._zone)
        return migration.take(tx, stored, run, given, now=self._clock.now())

    def _allowed(self, tx: Transaction, stored: StoredInstance, plan: MigrationPlan) -> Run:
        """The run of an instance that may be migrated by the plan. Raises MigrationRefused."""
        instance = stored.instance
        misplaced = _misplaced(instance, plan)
        faults = [misplaced] if misplaced else []
        if not faults:
            versions = self._versions(tx, plan)
            faults = [each for each in plan_faults(versions, plan.instructions) if each.refuses]
        if not faults:
            run = self._steps.look(tx, stored)
            faults += self._places(tx, plan).faults(run)
        if faults:
            first = faults[0]
            raise MigrationRefused(
                first.source or first.target,
                str(first.reason),
                instance_id=instance.instance_id,
                messages=[each.message for each in faults],
            )
        return run

    # --------------------------------------------------------------------- versions

    def _pair(
        self, tx: Transaction, plan: MigrationPlan
    ) -> tuple[ProcessDefinition, ProcessDefinition]:
        """The two versions. Raises NotFound, InvalidInput."""
        source = tx.definition(plan.source_definition_id)
        target = tx.definition(plan.target_definition_id)
        if source.key != target.key:
            raise InvalidInput(
                f"{target.definition_id} is a version of {target.key}; "
                f"expected one of {source.key}",
                {"targetProcessDefinitionId": [f"expected a version of {source.key}"]},
            )
        if source.definition_id == target.definition_id:
            raise InvalidInput(
                f"{target.definition_id} is the version that its instances run in already",
                {"targetProcessDefinitionId": ["expected another version"]},
            )
        return source, target

    def _versions(self, tx: Transaction, plan: MigrationPlan) -> Versions:
        source, target = self._pair(tx, plan)
        old, new = (self._definitions.machine(tx, each.definition_id) for each in (source, target))
        return Versions(old, new)

    def _places(self, tx: Transaction, plan: MigrationPlan) -> Places:
        nets = self._nets_of(tx, plan.target_definition_id)
        return Places(self._versions(tx, plan), plan.places, nets)

    def _nets_of(self, tx: Transaction, definition_id: str) -> Mapping[str, Net]:
        """The nets of a definition, read once; what uses them copies them."""
        with self._lock:
            if definition_id in self._nets:
                return self._nets[definition_id]
        definition, resource = tx.definition_content(definition_id)
        nets = nets_of(read_diagram(resource.name, resource.content), definition.key)
        with self._lock:
            self._nets[definition_id] = nets
            while len(self._nets) > _MAX_NETS:
                self._nets.popitem(last=False)
        return nets


def _stated_by(actor: Actor, reason: str, basis: str) -> tuple[str, str]:
    """Why, as it is kept. Raises Forbidden, InvalidInput."""
    _require_may(actor)
    return _stated("reason", reason, MAX_REASON), _stated("basis", basis, MAX_BASIS)


def _request(
    instance_id: str, plan: MigrationPlan, stated: tuple[str, str], actor: Actor, key: str | None
) -> Request:
    pairs = [list(each) for each in plan.instructions]
    versions = [plan.source_definition_id, plan.target_definition_id]
    return Request(actor, key, ("migrate", instance_id, *versions, pairs, *stated))


def _require_may(actor: Actor) -> None:
    require_role(actor, "migrate process instances", Role.ANALYST, Role.ADMIN)


def _running(definition_id: str) -> InstanceQuery:
    return InstanceQuery(definition_id=definition_id, states=frozenset({InstanceState.ACTIVE}))


def _misplaced(instance: ProcessInstance, plan: MigrationPlan) -> MigrationFault | None:
    """Why the plan is not about this instance at all."""
    if instance.state is not InstanceState.ACTIVE:
        return MigrationFault(MigrationReason.INSTANCE_ENDED)
    if instance.definition_id == plan.source_definition_id:
        return None
    return MigrationFault(
        MigrationReason.OTHER_VERSION,
        expected=plan.source_definition_id,
        found=instance.definition_id,
    )


def _stated(name: str, text: str, most: int) -> str:
    """The text, trimmed. Raises InvalidInput when there is none, or too much of it."""
    stated = text.strip()
    if not stated or len(stated) > most:
        raise InvalidInput(
            f"migrating a process instance takes a {name}",
            {name: [f"expected 1 to {most} characters, found {len(stated)}"]},
        )
    return stated
