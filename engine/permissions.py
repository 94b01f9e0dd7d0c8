"""Who may do what: pure rules over an actor and the thing it touches."""

from __future__ import annotations

from collections.abc import Iterable

from engine.errors import Forbidden
from engine.model import Actor, ProcessDefinition, ProcessInstance, Role, UserTask
from engine.queries import TaskScope


def sees_everything(actor: Actor) -> bool:
    """Auditors and admins read all; neither can change history."""
    return actor.has(Role.AUDITOR, Role.ADMIN)


def lanes_seen_by(actor: Actor) -> frozenset[str] | None:
    """The lanes whose processes the actor may see; None for all."""
    return None if sees_everything(actor) else actor.lanes


def task_scope_of(actor: Actor) -> TaskScope | None:
    """Which tasks the actor may see; None for all."""
    return None if sees_everything(actor) else TaskScope(actor.account, actor.lanes)


def is_offered(actor: Actor, task: UserTask) -> bool:
    """Whether a task waits for this actor: by name, by candidate group or by lane.

    Explicit candidates speak instead of the lane. A task that says nothing at all was offered to
    the instance's starter when it was created, and to admins.
    """
    if task.assignee == actor.account or actor.account in task.candidate_users:
        return True
    if task.candidate_users or task.candidate_groups:
        is_unaddressed = task.lane is None and not task.candidate_groups
        return not actor.lanes.isdisjoint(task.candidate_groups) or (
            is_unaddressed and actor.has(Role.ADMIN)
        )
    return task.lane in actor.lanes if task.lane else actor.has(Role.ADMIN)


def require_offered(actor: Actor, task: UserTask, deed: str) -> None:
    """Raise Forbidden unless the task waits for this actor."""
    if not is_offered(actor, task):
        where = f"lane {task.lane}" if task.lane else "other candidates"
        raise Forbidden(actor.account, f"{deed} task {task.task_id}", f"it waits for {where}")


def require_may_hand_over(actor: Actor, task: UserTask, deed: str) -> None:
    """Raise Forbidden unless the actor has the task in hand, or is an admin."""
    if task.assignee != actor.account and not actor.has(Role.ADMIN):
        raise Forbidden(actor.account, deed, "that takes having it in hand, or the role admin")


def require_task_visible(actor: Actor, task: UserTask) -> None:
    """Raise Forbidden unless the actor may read the task."""
    if not sees_everything(actor) and not is_offered(actor, task):
        raise Forbidden(actor.account, f"see task {task.task_id}", "it is not of its lanes")


def require_definition_visible(actor: Actor, definition: ProcessDefinition) -> None:
    """Raise Forbidden unless the actor takes part, may start it, or its role reads diagrams."""
    if sees_everything(actor) or actor.has(Role.ANALYST):
        return
    if _takes_part(actor, definition) or _is_candidate_starter(actor, definition):
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
    if not _takes_part(actor, definition):
        raise Forbidden(
            actor.account, f"see instance {instance.instance_id}", "none of its lanes takes part"
        )


def require_may_remark(
    actor: Actor, instance: ProcessInstance, definition: ProcessDefinition
) -> None:
    """Raise Forbidden unless the actor takes part, started the instance, or is an admin."""
    if actor.has(Role.ADMIN) or instance.started_by == actor.account:
        return
    if not _takes_part(actor, definition):
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
    if actor.has(Role.AUDITOR) and not actor.lanes:
        raise Forbidden(actor.account, deed, "auditors read and change nothing")
    if definition.starter_groups or definition.starter_users:
        if not _is_candidate_starter(actor, definition):
            raise Forbidden(actor.account, deed, "it is not among the candidate starters")
    elif not _takes_part(actor, definition):
        raise Forbidden(actor.account, deed, "none of its lanes takes part")


def require_role(actor: Actor, deed: str, *roles: Role) -> None:
    """Raise Forbidden unless the actor holds one of `roles`."""
    if not actor.has(*roles):
        raise Forbidden(actor.account, deed, f"that takes the role {_either(roles)}")


def _is_candidate_starter(actor: Actor, definition: ProcessDefinition) -> bool:
    return actor.account in definition.starter_users or not actor.lanes.isdisjoint(
        definition.starter_groups
    )


def _takes_part(actor: Actor, definition: ProcessDefinition) -> bool:
    # A process without lanes has no parties; who works for the office may see it.
    return not actor.lanes.isdisjoint(definition.lanes) or (
        not definition.lanes and actor.has(Role.STAFF)
    )


def _either(roles: Iterable[Role]) -> str:
    return " or ".join(str(role) for role in roles)
