"""In which capacity somebody does a thing: for himself, or standing in for a lane.

Proved in the transaction that does the thing, at its time: what an actor brings from the border
may be over by now. Who may do it by himself acts for himself, and no question is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from engine.errors import Forbidden, StrategicStep, SubstitutionOver
from engine.model import Actor, ProcessDefinition, ProcessInstance, Substitution, UserTask
from engine.permissions import (
    require_concerned,
    require_may_hand_over,
    require_may_remark,
    require_may_start,
    require_offered,
    require_task_visible,
    takes_part,
    waits_for,
)
from engine.queries import Page, SubstitutionQuery
from engine.store import StoreTransaction

#: A rule of permissions.py: raises Forbidden unless that actor may.
Rule = Callable[[Actor], None]

#: Among so many of the latest one is looked for to explain a refusal.
_LATEST = Page(max_results=100)


def at_task(
    tx: StoreTransaction, actor: Actor, task: UserTask, deed: str, *, now: datetime
) -> Actor:
    """The actor in the capacity in which the task waits for him.

    deed: what he wants to do with it. Raises Forbidden, StrategicStep, SubstitutionOver.
    """
    rule = partial(require_offered, task=task, deed=deed)
    return proved(tx, actor, rule, _lanes_of(task), now)


def looking_after(
    tx: StoreTransaction, actor: Actor, task: UserTask, deed: str, *, now: datetime
) -> Actor:
    """The actor in the capacity in which he moves a task that others have in hand.

    As an admin, or by a superior lane that it went up to. Raises as `at_task` does.
    """
    rule = partial(require_may_hand_over, task=task, deed=deed)
    return proved(tx, actor, rule, frozenset(each.lane for each in task.escalations), now)


def at_or_above_task(
    tx: StoreTransaction, actor: Actor, task: UserTask, deed: str, *, now: datetime
) -> Actor:
    """The actor in the capacity in which the task waits for him, or went up to him.

    Raises as `at_task` does.
    """
    rule = partial(require_concerned, task=task, deed=deed)
    above = frozenset(each.lane for each in task.escalations)
    return proved(tx, actor, rule, _lanes_of(task) | above, now)


def starting(
    tx: StoreTransaction, actor: Actor, definition: ProcessDefinition, *, now: datetime
) -> Actor:
    """The actor in the capacity in which he may start the process. Raises as `at_task` does."""
    lanes = frozenset(definition.lanes).union(definition.starter_groups)
    return proved(tx, actor, lambda each: require_may_start(each, definition), lanes, now)


def remarking(
    tx: StoreTransaction,
    actor: Actor,
    instance: ProcessInstance,
    definition: ProcessDefinition,
    *,
    now: datetime,
) -> Actor:
    """The actor in the capacity in which he remarks on the instance. Raises as `at_task` does."""
    party = as_party(tx, actor, definition, now=now)
    try:
        require_may_remark(party, instance, definition)
    except Forbidden as refusal:
        raise _explained(tx, refusal, frozenset(definition.lanes), now) from refusal
    return party


def as_party(
    tx: StoreTransaction, actor: Actor, definition: ProcessDefinition, *, now: datetime
) -> Actor:
    """The actor in the capacity in which he takes part in the process; for himself when in none.

    Who started an instance as a substitute also comments on it and cancels it as one.
    """
    if not actor.substitutions or takes_part(actor.by_itself(), definition):
        return actor.by_itself()
    for each in _in_force(tx, actor, now):
        able = _with(actor, (each,))
        if takes_part(able, definition):
            return able.acting_as(each)
    return actor.by_itself()


def require_visible(tx: StoreTransaction, actor: Actor, task: UserTask, *, now: datetime) -> None:
    """Raise Forbidden unless the actor may read the task; SubstitutionOver when he could before."""
    try:
        require_task_visible(actor, task)
    except Forbidden as refusal:
        raise _explained(tx, refusal, _lanes_of(task), now) from refusal


@dataclass(frozen=True, slots=True)
class Standing:
    """How a task waits for somebody. `by`: the substitution; None when he is offered it himself."""

    by: Substitution | None
    #: Whether he sees it, and may not do it, because he only stands in.
    is_closed: bool = False


def standing_at(actor: Actor, task: UserTask) -> Standing | None:
    """How the task waits for the actor, as he was proved; None when it does not.

    For showing only: nothing is proved by it.
    """
    if not waits_for(actor, task):
        return None
    if waits_for(actor.by_itself(), task):
        return Standing(None)
    one_by_one = (each for each in actor.substitutions if waits_for(_with(actor, (each,)), task))
    return Standing(next(one_by_one), task.is_strategic)


def capacity_at(actor: Actor, task: UserTask) -> Substitution | None:
    """The substitution by which the task waits for the actor, as he was proved; None: for himself.

    For showing only: nothing is proved by it.
    """
    return _first_by(actor, lambda each: require_offered(each, task, "see"))


def proved(
    tx: StoreTransaction, actor: Actor, rule: Rule, lanes: frozenset[str], now: datetime
) -> Actor:
    """The actor in the capacity in which the rule allows it, at this time.

    lanes: those that the rule is about. Raises as the rule does, or SubstitutionOver.
    """
    if _allows(rule, actor.by_itself()):
        return actor.by_itself()
    in_force = _in_force(tx, actor, now)
    able = _with(actor, in_force)
    try:
        rule(able)
    except StrategicStep:
        raise
    except Forbidden as refusal:
        ids = {each.substitution_id for each in in_force}
        raise _explained(tx, refusal, lanes, now, but=ids) from refusal
    by = _first_by(able, rule)
    return able.acting_as(by) if by else able


def _in_force(tx: StoreTransaction, actor: Actor, now: datetime) -> tuple[Substitution, ...]:
    standing = tx.standing_substitutions(actor.account)
    return tuple(each for each in standing if each.is_in_force(now))


def _lanes_of(task: UserTask) -> frozenset[str]:
    return frozenset({task.lane or "", *task.candidate_groups})


def _first_by(actor: Actor, rule: Rule) -> Substitution | None:
    """The first substitution by which alone the rule allows it; None when none is needed."""
    if not actor.substitutions or _allows(rule, actor.by_itself()):
        return None
    return next((s for s in actor.substitutions if _allows(rule, _with(actor, (s,)))), None)


def _with(actor: Actor, substitutions: tuple[Substitution, ...]) -> Actor:
    return replace(actor, substitutions=substitutions, acting=None)


def _allows(rule: Rule, actor: Actor) -> bool:
    try:
        rule(actor)
    except Forbidden:
        return False
    return True


def _explained(
    tx: StoreTransaction,
    refusal: Forbidden,
    lanes: frozenset[str],
    now: datetime,
    *,
    but: Collection[str] = (),
) -> Forbidden:
    """The refusal; when the account stood in for one of the lanes, that this is over.

    but: ids of those that are in force, and not the reason.
    """
    found = tx.substitutions(SubstitutionQuery(account=refusal.account), _LATEST)
    former = (each for each in found if each.begins_at <= now and each.substitution_id not in but)
    last = next((each for each in former if each.lane in lanes), None)
    if last is None:
        return refusal
    over_at = last.ended_at or (last.ends_at if last.ends_at <= now else None)
    return SubstitutionOver(refusal.account, refusal.deed, last.title, over_at)
