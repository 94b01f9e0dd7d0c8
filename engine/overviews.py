"""How the work of the office stands, as far as who asks may see it: figures, and what is stuck."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from engine.errors import InvalidQuery
from engine.model import (
    Actor,
    DatedWork,
    InstanceState,
    LaneStanding,
    OpenWork,
    Overview,
    ProcessStanding,
    Punctuality,
    Role,
    RunningCount,
    UserTask,
)
from engine.permissions import is_task_visible, lanes_seen_by, task_scope_of
from engine.queries import DefinitionQuery, OverviewQuery, TaskQuery
from engine.remaining_times import Remaining, RemainingTimes
from engine.sources import Clock
from engine.store import Store, StoreTransaction

#: How many stuck instances an overview names.
STUCK = 10


@dataclass(frozen=True, slots=True)
class OpenStep:
    """One open human step of an instance. `is_visible`: whether who asks may open the task."""

    task: UserTask
    left: Remaining | None
    is_visible: bool


class Overviews:
    """Counts what is there; it changes nothing, so everything is as of now."""

    def __init__(self, store: Store, clock: Clock, remaining_times: RemainingTimes) -> None:
        self._store = store
        self._clock = clock
        self._remaining_times = remaining_times

    def overview(self, query: OverviewQuery, *, actor: Actor, stuck: int = STUCK) -> Overview:
        """How the work stands that the actor may see; at most so many stuck instances of a kind.

        query: what it says of visibility is replaced. Raises InvalidQuery for a period that ends
        before it begins.
        """
        if query.since and query.before and query.since >= query.before:
            raise InvalidQuery("a period begins before it ends", {"before": ["is before since"]})
        query, now = _seen_by(actor, query), self._clock.now()
        with self._store.reading() as tx:
            dated, open_work = tx.dated_work(query), tx.open_work(query, now)
            my_tasks, offered_tasks = _waiting_for(tx, actor, query)
            return Overview(
                at=now,
                lanes=_lanes(open_work, dated),
                processes=_processes(tx, query, dated, now),
                my_tasks=my_tasks,
                offered_tasks=offered_tasks,
                late=tuple(tx.late_instances(query, now, stuck)),
                failed=tuple(tx.failed_instances(query, stuck)),
            )

    def running(self, query: OverviewQuery, *, actor: Actor) -> Mapping[str, RunningCount]:
        """Definition -> what runs of it that the actor may see; one without any is left out.

        Analysts are told the numbers of all: they move what runs in an old version.
        """
        query = query if actor.has(Role.ANALYST) else _seen_by(actor, query)
        now = self._clock.now()
        with self._store.reading() as tx:
            late, failed = tx.late_by_definition(query, now), tx.failed_by_definition(query)
            found = tx.running_instances(query)
        numbers: dict[str, int] = defaultdict(int)
        for each in found:
            numbers[each.definition_id] += each.number
        return {
            id_: RunningCount(number, late.get(id_, 0), failed.get(id_, 0))
            for id_, number in numbers.items()
        }

    def open_steps(
        self, instance_ids: Iterable[str], *, actor: Actor
    ) -> Mapping[str, list[OpenStep]]:
        """Instance -> where it stands, the oldest step first; who sees it may know.

        Instances that wait for nobody, and those that the actor may not see, are left out.
        """
        wanted, found = set(instance_ids), defaultdict[str, list[OpenStep]](list)
        if not wanted:
            return found
        now = self._clock.now()
        with self._store.reading() as tx:
            for task in tx.open_tasks_in(_seen_by(actor, OverviewQuery()), wanted):
                is_visible = is_task_visible(actor, task)
                left = self._remaining_times.at(tx, task, now)
                found[task.instance_id].append(OpenStep(task, left, is_visible))
        return found


def _seen_by(actor: Actor, query: OverviewQuery) -> OverviewQuery:
    lanes = lanes_seen_by(actor)
    account = None if lanes is None else actor.account
    return replace(query, visible_to_lanes=lanes, visible_to_account=account)


def _waiting_for(tx: StoreTransaction, actor: Actor, query: OverviewQuery) -> tuple[int, int]:
    """The tasks in the actor's hands, and those that the actor could take."""
    tasks = TaskQuery(definition_key=query.definition_key, visible_to=task_scope_of(actor))
    lanes = tuple(sorted(actor.working_lanes))
    mine = replace(tasks, assignee=actor.account)
    offered = replace(tasks, candidate_user=actor.account, candidate_groups=lanes)
    return tx.count_tasks(mine), tx.count_tasks(offered)


def _lanes(open_work: list[OpenWork], dated: list[DatedWork]) -> tuple[LaneStanding, ...]:
    """Each lane with something open or something completed; that of no lane last."""
    names = {each.lane for each in open_work} | {each.lane for each in dated}
    return tuple(
        _lane(
            name,
            [each for each in open_work if each.lane == name],
            [each for each in dated if each.lane == name],
        )
        for name in sorted(names, key=lambda name: (name is None, name or ""))
    )


def _lane(name: str | None, work: list[OpenWork], dated: list[DatedWork]) -> LaneStanding:
    return LaneStanding(
        lane=name,
        open_tasks=sum(each.open_tasks for each in work),
        unclaimed_tasks=sum(each.unclaimed_tasks for each in work),
        late_tasks=sum(each.late_tasks for each in work),
        oldest_at=min((each.oldest_at for each in work), default=None),
        punctuality=_punctuality(dated),
        escalated_tasks=sum(each.escalated_tasks for each in work),
    )


def _processes(
    tx: StoreTransaction, query: OverviewQuery, dated: list[DatedWork], now: datetime
) -> tuple[ProcessStanding, ...]:
    """Each SOP that is visible or has something to count, its versions together, by key."""
    visible = DefinitionQuery(key=query.definition_key, visible_to_lanes=query.visible_to_lanes)
    versions: dict[str, set[str]] = defaultdict(set)
    for definition in tx.definitions(visible):
        versions[definition.key].add(definition.definition_id)
    running, ended = tx.running_instances(query), tx.ended_instances(query)
    late, failed = tx.late_by_definition(query, now), tx.failed_by_definition(query)
    counted = {each.definition_id for each in (*running, *ended)}
    for definition_id in counted | {each.definition_id for each in dated}:
        versions[_key(definition_id)].add(definition_id)

    def ended_as(state: InstanceState, ids: set[str]) -> int:
        return sum(e.number for e in ended if e.state is state and e.definition_id in ids)

    return tuple(
        ProcessStanding(
            definition_key=key,
            running=sum(each.number for each in running if each.definition_id in ids),
            late=sum(late.get(each, 0) for each in ids),
            failed=sum(failed.get(each, 0) for each in ids),
            completed=ended_as(InstanceState.COMPLETED, ids),
            cancelled=ended_as(InstanceState.CANCELLED, ids),
            punctuality=_punctuality([each for each in dated if each.definition_id in ids]),
        )
        for key, ids in sorted(versions.items())
    )


def _key(definition_id: str) -> str:
    """The key in an id that reads key:version:uuid."""
    return definition_id.split(":", 1)[0]


def _punctuality(dated: list[DatedWork]) -> Punctuality:
    return Punctuality(
        sum(each.dated_tasks for each in dated), sum(each.punctual_tasks for each in dated)
    )
