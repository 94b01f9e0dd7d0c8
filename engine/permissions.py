"""Who may do what: pure rules over an actor and the thing it touches."""

from __future__ import annotations

from collections.abc import Iterable

from engine.errors import Forbidden, StrategicStep
from engine.model import Actor, ProcessDefinition, ProcessInstance, Role, UserTask
from engine.queries import TaskScope


def sees_everything(actor: Actor) -> bool:
    """Auditors and admins read all; neither can change history."""
    return actor.has(Role.AUDITOR, Role.ADMIN)


def lanes_seen_by(actor: Actor) -> frozenset[str] | None:
    """The lanes whose processes the actor may see; None for all."""
    return None if sees_everything(actor) else actor.working_lanes


def task_scope_of(actor: Actor) -> TaskScope | None:
    """Which tasks the actor may see; None for all."""
    return None if sees_everything(actor) else TaskScope(actor.account, actor.working_lanes)


def is_offered(actor: Actor, task: UserTask) -> bool:
    """Whether a task waits for this actor: by name, by candidate group or by lane.

    Explicit candidates speak instead of the lane. A task that says nothing at all was offered to
    the instance's starter when it was created, and to admins. A strategic step waits for nobody
    who only stands in.
    """
    if waits_for(actor.by_itself(), task):
        return True
    return not task.is_strategic and waits_for(actor, task)


def waits_for(actor: Actor, task: UserTask) -> bool:
    """Whether a task waits for this actor, closed to substitutes or not."""
    is_in_hand = task.assignee == actor.account and task.substitution_id is None
    if is_in_hand or actor.account in task.candidate_users:
        return True
    lanes = actor.working_lanes
    if task.candidate_users or task.candidate_groups:
        is_unaddressed = task.lane is None and not task.candidate_groups
        return not lanes.isdisjoint(task.candidate_groups) or (
            is_unaddressed and actor.has(Role.ADMIN)
        )
    return task.lane in lanes if task.lane else actor.has(Role.ADMIN)


def require_offered(actor: Actor, task: UserTask, deed: str) -> None:
    """Raise Forbidden unless the task waits for this actor; StrategicStep when it is closed."""
    if is_offered(actor, task):
        return
    said = f"{deed} task {task.task_id}"
    if waits_for(actor, task):
        raise StrategicStep(actor.account, said, _title(actor, task))
    where = f"lane {task.lane}" if task.lane else "other candidates"
    raise Forbidden(actor.account, said, f"it waits for {where}")


def has_gone_up_to(actor: Actor, task: UserTask) -> bool:
    """Whether the overdue task went up to a lane of the actor's: he looks after it."""
    return any(each.lane in actor.working_lanes for each in task.escalations)


def require_concerned(actor: Actor, task: UserTask, deed: str) -> None:
    """Raise Forbidden unless the task waits for the actor, or went up to a lane of his."""
    if not has_gone_up_to(actor, task):
        require_offered(actor, task, deed)


def require_may_hand_over(actor: Actor, task: UserTask, deed: str) -> None:
    """Raise Forbidden unless the actor has the task in hand, looks after it, or is an admin."""
    if task.assignee == actor.account or actor.has(Role.ADMIN) or has_gone_up_to(actor, task):
        return
    told = "that takes having it in hand, a superior lane that it went up to, or the role admin"
    raise Forbidden(actor.account, deed, told)


def is_task_visible(actor: Actor, task: UserTask) -> bool:
    """Whether the actor may read the task: what is closed to a substitute he may.

    So may who holds a superior lane that it went up to, or stands in for it.
    """
    is_in_hand = task.assignee == actor.account
    is_known = is_in_hand or waits_for(actor, task) or has_gone_up_to(actor, task)
    return sees_everything(actor) or is_known


def require_task_visible(actor: Actor, task: UserTask) -> None:
    """Raise Forbidden unless the actor may read the task."""
    if not is_task_visible(actor, task):
        raise Forbidden(actor.account, f"see task {task.task_id}", "it is not of its lanes")


def require_definition_visible(actor: Actor, definition: ProcessDefinition) -> None:
    """Raise Forbidden unless the actor takes part, may start it, or its role reads diagrams."""
    if sees_everything(actor) or actor.has(Role.ANALYST):
        return
    if takes_part(actor, definition) or _is_candidate_starter(actor, definition):
        return
    raise Forbidden(
        actor.account, f"see {definition.definition_id}", "none of its lanes takes part"
    )


def require_instance_visible(
    actor: Actor, instance: ProcessInstance, definition: ProcessDefinition
) -> None:
    """Raise Forbidden unless the actor takes part, started it, or reads everything."""
    if sees_everything(actor) or instance.started_by == actor.account:
        return
    if not takes_part(actor, definition):
        raise Forbidden(
            actor.account, f"see instance {instance.instance_id}", "none of its lanes takes part"
        )


def require_may_remark(
    actor: Actor, instance: ProcessInstance, definition: ProcessDefinition
) -> None:
    """Raise Forbidden unless the actor takes part, started the instance, or is an admin."""
    if actor.has(Role.ADMIN) or instance.started_by == actor.account:
        return
    if not takes_part(actor, definition):
        raise Forbidden(
            actor.account,
            f"remark on instance {instance.instance_id}",
            "none of its lanes takes part",
        )


def require_may_start(actor: Actor, definition: ProcessDefinition) -> None:
    """Raise Forbidden unless the actor may start this process.

    candidateStarterGroups and -Users decide when the diagram has them; else every lane of the
    process may. Analysts and admins may always (the modeler's Start button).
    """
    deed = f"start {definition.key}"
    if actor.has(Role.ANALYST, Role.ADMIN):
        return
    if actor.has(Role.AUDITOR) and not actor.working_lanes:
        raise Forbidden(actor.account, deed, "auditors read and change nothing")
    if definition.starter_groups or definition.starter_users:
        if not _is_candidate_starter(actor, definition):
            raise Forbidden(actor.account, deed, "it is not among the candidate starters")
    elif not takes_part(actor, definition):
        raise Forbidden(actor.account, deed, "none of its lanes takes part")


def require_role(actor: Actor, deed: str, *roles: Role) -> None:
    """Raise Forbidden unless the actor holds one of `roles`."""
    if not actor.has(*roles):
        raise Forbidden(actor.account, deed, f"that takes the role {_either(roles)}")


def require_own(actor: Actor, account_name: str, deed: str) -> None:
    """Raise Forbidden unless the account is the actor's own, or the actor is an admin.

    deed: ends in words before the name, as "end a login of".
    """
    if actor.account != account_name:
        require_role(actor, f"{deed} {account_name}", Role.ADMIN)


def _is_candidate_starter(actor: Actor, definition: ProcessDefinition) -> bool:
    return actor.account in definition.starter_users or not actor.working_lanes.isdisjoint(
        definition.starter_groups
    )


def takes_part(actor: Actor, definition: ProcessDefinition) -> bool:
    """Whether one of the actor's lanes is the process's."""
    # A process without lanes has no parties; who works for the office may see it.
    return not actor.working_lanes.isdisjoint(definition.lanes) or (
        not definition.lanes and actor.has(Role.STAFF)
    )


def _title(actor: Actor, task: UserTask) -> str:
    """The capacity in which the task would wait for the actor."""
    lanes = {task.lane, *task.candidate_groups}
    return next(each.title for each in actor.substitutions if each.lane in lanes)


def _either(roles: Iterable[Role]) -> str:
    return " or ".join(str(role) for role in roles)
