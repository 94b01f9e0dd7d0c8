"""The life of process instances: started, read, changed, retried, cancelled, woken by timers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from engine.access_log import AccessLog
from engine.capacities import as_party, starting
from engine.definitions import Definitions
from engine.document_intake import Intake, Received, keep_documents
from engine.errors import InvalidInput
from engine.history import Input
from engine.json_values import check_variables
from engine.model import (
    AccountEventKind,
    Actor,
    EventKind,
    Incident,
    Json,
    ProcessDefinition,
    ProcessInstance,
    Role,
    StoredInstance,
    UserTask,
    Variables,
)
from engine.permissions import (
    lanes_seen_by,
    require_instance_visible,
    require_may_start,
    require_role,
)
from engine.queries import IncidentQuery, InstanceQuery, Page
from engine.repeats import Request, as_it_stood, standing
from engine.sources import Clock, Ids
from engine.starting import Beginning, begin
from engine.steps import Steps
from engine.store import Store
from engine.store import StoreTransaction as Transaction

MAX_BUSINESS_KEY = 255
MAX_REASON = 4000
_FIRST_PAGE = Page()


@dataclass(frozen=True, slots=True)
class Started:
    """The answer of `start`. `is_repeat`: the same request was done before; this is its result.

    variables: what is personal is sealed; `PersonalData.opened` opens it.
    """

    instance: ProcessInstance
    variables: Variables
    opened: tuple[UserTask, ...] = ()
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class DueInstance:
    """An instance whose timers are due, held for a step. `fire` lets them fire."""

    instance_id: str
    fire: Callable[[], None]


class Instances:
    """Process instances, running or ended."""

    def __init__(
        self,
        store: Store,
        definitions: Definitions,
        steps: Steps,
        *,
        clock: Clock,
        ids: Ids,
        intake: Intake,
        access: AccessLog,
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._steps = steps
        self._clock = clock
        self._ids = ids
        self._intake = intake
        self._access = access

    # ---------------------------------------------------------------------- start

    def start(
        self,
        definition: ProcessDefinition,
        variables: Variables,
        *,
        actor: Actor,
        business_key: str | None = None,
        idempotency_key: str | None = None,
        is_latest: bool = False,
    ) -> Started:
        """A new instance of the definition, advanced to its first tasks.

        variables: JSON, an Upload for a file, a list of them for several. The start form decides
        what is required; other names are accepted as they are. With an
        idempotency key, the same request again gives the first one's answer. is_latest: the
        latest version of its key was asked for, and is again, though it may be another one then.
        Raises Forbidden, InvalidForm, InvalidVariables, IdempotencyKeyReused.
        """
        require_may_start(actor, definition)
        _require_business_key(business_key)
        received = self._intake.receive(variables)
        asked = definition.key if is_latest else definition.definition_id
        request = Request(
            actor,
            idempotency_key,
            ("start", asked, received.likeness, business_key),
        )
        return request.despite_race(
            lambda: self._start(definition, received, request, business_key=business_key)
        )

    def _start(
        self,
        definition: ProcessDefinition,
        received: Received,
        request: Request,
        *,
        business_key: str | None,
    ) -> Started:
        with self._store.writing() as tx:
            done = request.recall(tx)
            if done is not None:
                instance = as_it_stood(tx.instance(done.instance_id), done.result)
                return Started(instance, done.result["variables"], is_repeat=True)
            start_event = self._definitions.machine(
                tx, definition.definition_id
            ).model.start_event()
            now = self._clock.now()
            acting = starting(tx, request.actor, definition, now=now)
            keep_documents(tx, received, instance_id=None)
            outcome = begin(
                tx,
                self._steps,
                definition,
                Beginning(
                    actor=acting,
                    start_event=start_event,
                    variables=received.variables,
                    business_key=business_key,
                    told=received.payload,
                ),
                instance_id=self._ids.new_instance_id(),
                now=now,
            )
            told = {"variables": outcome.variables, **standing(outcome.instance)}
            request.remember(tx, outcome, now, told)
        return Started(outcome.instance, outcome.variables, outcome.opened)

    # ------------------------------------------------------------------- questions

    def instances(
        self, query: InstanceQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[ProcessInstance]:
        """The instances that match and that the actor may see."""
        with self._store.reading() as tx:
            return tx.instances(visible_instances(query, actor), page)

    def longest_late(
        self, query: InstanceQuery, page: Page, *, actor: Actor
    ) -> list[ProcessInstance]:
        """Of the instances that match, late by then and visible, those late longest first."""
        with self._store.reading() as tx:
            ids = tx.longest_late(visible_instances(query, actor), page)
            found = tx.instances(InstanceQuery(instance_ids=tuple(ids)))
        by_id = {each.instance_id: each for each in found}
        return [by_id[each] for each in ids if each in by_id]

    def count_instances(
        self, query: InstanceQuery, *, actor: Actor, at_most: int | None = None
    ) -> int:
        """How many instances match that the actor may see; of more than `at_most` just so many."""
        with self._store.reading() as tx:
            return tx.count_instances(visible_instances(query, actor), at_most=at_most)

    def instance(self, instance_id: str, *, actor: Actor) -> ProcessInstance:
        """One instance. Raises NotFound, Forbidden."""
        with self._store.reading() as tx:
            found = tx.instance(instance_id)
            require_instance_visible(actor, found, tx.definition(found.definition_id))
            return found

    def variables(self, instance_id: str, *, actor: Actor) -> dict[str, Json]:
        """The process variables as they are now (or were when the instance ended).

        That an auditor or admin reads personal ones is recorded.
        """
        with self._store.reading() as tx:
            stored = tx.stored_instance(instance_id)
            definition = tx.definition(stored.instance.definition_id)
            require_instance_visible(actor, stored.instance, definition)
            known = self._steps.look(tx, stored).variables
            opened = self._steps.sealing.opened(tx, instance_id, known)
        if opened is not known:
            self._access.note(actor, AccountEventKind.HISTORY_READ, instance=instance_id)
        return opened

    def incidents(
        self, *, actor: Actor, instance_id: str | None = None, page: Page = _FIRST_PAGE
    ) -> list[Incident]:
        """Open incidents: of one visible instance, or of all for auditors and admins."""
        if instance_id is not None:
            self.instance(instance_id, actor=actor)
        else:
            require_role(actor, "list all incidents", Role.AUDITOR, Role.ADMIN)
        with self._store.reading() as tx:
            return tx.incidents(IncidentQuery(instance_id=instance_id, is_open=True), page)

    # --------------------------------------------------------------------- changes

    def change_variables(
        self,
        instance_id: str,
        values: Variables,
        *,
        actor: Actor,
        idempotency_key: str | None = None,
    ) -> bool:
        """Set process variables from outside; recorded as an input. Admins only.

        Whether the same request was done before, under the same idempotency key: then nothing
        changes, whatever the variables are by now. Raises IdempotencyKeyReused.
        """
        require_role(actor, "change process variables", Role.ADMIN)
        received = self._intake.receive(values)
        if not received.variables:
            return False
        payload = {"variables": received.variables, **received.payload}
        request = Request(actor, idempotency_key, ("variables", instance_id, received.likeness))
        with self._store.writing() as tx:
            stored = tx.stored_instance(instance_id, for_step=True)
            # Asked after the instance is locked: the same request may just have been done.
            if request.recall(tx) is not None:
                return True
            keep_documents(tx, received, instance_id=instance_id)
            given, now = Input(EventKind.VARIABLES_CHANGED, actor, payload), self._clock.now()
            outcome = self._steps.take(tx, stored, given, now=now)
            request.remember(tx, outcome, now, {"names": sorted(received.variables)})
        return False

    def cancel(self, instance_id: str, *, reason: str, actor: Actor) -> ProcessInstance:
        """End an instance before its end, with a reason that history keeps.

        Its starter and admins may. Raises InvalidInput without a reason, InstanceEnded.
        """
        stated = reason.strip()
        if not stated or len(stated) > MAX_REASON:
            raise InvalidInput(
                "cancelling a process instance takes a reason",
                {"reason": [f"expected 1 to {MAX_REASON} characters, found {len(stated)}"]},
            )
        with self._store.writing() as tx:
            stored = tx.stored_instance(instance_id, for_step=True)
            if stored.instance.started_by != actor.account:
                require_role(actor, f"cancel instance {instance_id}", Role.ADMIN)
            now, definition = self._clock.now(), tx.definition(stored.instance.definition_id)
            acting = as_party(tx, actor, definition, now=now)
            return self._steps.take(
                tx,
                stored,
                Input(EventKind.INSTANCE_CANCELLED, acting, {"reason": stated}),
                now=now,
            ).instance

    def retry_incident(self, incident_id: str, *, actor: Actor) -> ProcessInstance:
        """Run again what failed. Analysts and admins only. Raises NotFound, InstanceEnded."""
        require_role(actor, "retry an incident", Role.ANALYST, Role.ADMIN)
        with self._store.writing() as tx:
            incident = tx.incident(incident_id)
            return self._steps.take(
                tx,
                tx.stored_instance(incident.instance_id, for_step=True),
                Input(
                    EventKind.INCIDENT_RETRIED,
                    actor,
                    {"incident": incident_id},
                    activity_id=incident.activity_id,
                ),
                now=self._clock.now(),
            ).instance

    # ---------------------------------------------------------------------- timers

    def due(self, limit: int = 100) -> list[str]:
        """Ids of instances with a timer that is due now, the longest overdue first."""
        with self._store.reading() as tx:
            return tx.due_instances(self._clock.now(), limit)

    @contextmanager
    def claimed_due(self, among: Collection[str]) -> Iterator[DueInstance | None]:
        """Hold one instance `among` whose timers are due, until the block ends; None without one.

        Other workers pass it over meanwhile. What the block raises undoes the firing.
        """
        now = self._clock.now()
        with self._store.writing() as tx:
            stored = tx.claimed_due(among, now)
            if stored is None:
                yield None
            else:
                fire = partial(self._fire, tx, stored, now=now)
                yield DueInstance(stored.instance.instance_id, fire)

    def fire_due(self, instance_id: str) -> bool:
        """Let the due timers of an instance fire; False when another worker was faster."""
        with self.claimed_due([instance_id]) as due:
            if due is None:
                return False
            due.fire()
            return True

    def _fire(self, tx: Transaction, stored: StoredInstance, *, now: datetime) -> None:
        self._steps.take(tx, stored, Input(EventKind.TIMERS_DUE, None, {}), now=now)


def visible_instances(query: InstanceQuery, actor: Actor) -> InstanceQuery:
    """The query, narrowed to what the actor may see."""
    lanes = lanes_seen_by(actor)
    if lanes is None:
        return query
    return replace(query, visible_to_lanes=lanes, visible_to_account=actor.account)


def _require_business_key(business_key: str | None) -> None:
    if business_key is None:
        return
    check_variables({"businessKey": business_key})
    if len(business_key) > MAX_BUSINESS_KEY:
        raise InvalidInput(
            "the business key is too long",
            {"businessKey": [f"expected {MAX_BUSINESS_KEY} characters, found {len(business_key)}"]},
        )
