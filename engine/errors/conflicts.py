"""Something else was faster, or has that name, or is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from engine.errors.base import EngineError

if TYPE_CHECKING:
    from engine.model import TaskState


class Conflict(EngineError):
    """Someone else was faster."""


class RevisionConflict(Conflict):
    """Another step reached this revision of the instance first."""

    def __init__(self, instance_id: str, revision: int) -> None:
        self.instance_id = instance_id
        self.revision = revision
        super().__init__(f"instance {instance_id} already has revision {revision}")


class TaskNotOpen(Conflict):
    """Only an open task can be worked on; says who ended it and when."""

    def __init__(
        self, task_id: str, state: TaskState, ended_by: str | None, ended_at: datetime | None
    ) -> None:
        self.task_id = task_id
        self.state = state
        self.ended_by = ended_by
        self.ended_at = ended_at
        when = f" at {ended_at.isoformat()}" if ended_at else ""
        super().__init__(
            f"task {task_id} was {state} by {ended_by or 'the engine'}{when}; "
            "only an open task can be worked on"
        )


class PaperMissing(Conflict):
    """There is nothing to initial or sign yet; nobody has made the paper."""

    def __init__(self, task_id: str, names: Sequence[str]) -> None:
        self.task_id = task_id
        self.names = tuple(names)
        super().__init__(
            f"task {task_id}: there is no paper to initial or sign; expected a value of "
            f"{' or '.join(self.names)}, found none"
        )


class PaperChanged(Conflict):
    """The paper is not the version any more that was read."""

    def __init__(self, task_id: str, seen: str, current: str | None) -> None:
        self.task_id = task_id
        self.seen = seen
        self.current = current
        super().__init__(
            f"task {task_id}: the paper was changed; version {seen} was read, "
            f"the current one is {current or 'none'}"
        )


class ParafMissing(Conflict):
    """A paper is signed when all required parafs are on that very version."""

    def __init__(
        self, task_id: str, *, names: Sequence[str], version: int, digest: str, lanes: Sequence[str]
    ) -> None:
        self.task_id = task_id
        self.names = tuple(names)
        self.version = version
        self.digest = digest
        #: Lanes whose paraf is missing.
        self.lanes = tuple(lanes)
        super().__init__(
            f"task {task_id}: expected the paraf of {', '.join(self.lanes)} on version {version} "
            f"({digest}) of {', '.join(self.names)}, found none that counts"
        )


class LinkExpired(EngineError):
    """The link is too old."""

    def __init__(self, expired_at: datetime) -> None:
        self.expired_at = expired_at
        super().__init__(f"the link expired at {expired_at.isoformat()}")


class LinkUsed(Conflict):
    """A link does its work once."""

    def __init__(self, task_id: str, used_at: datetime) -> None:
        self.task_id = task_id
        self.used_at = used_at
        super().__init__(f"the link has completed task {task_id} at {used_at.isoformat()}")


class TaskAlreadyClaimed(Conflict):
    """The task is in the hands of somebody else."""

    def __init__(self, task_id: str, assignee: str, claimed_at: datetime | None) -> None:
        self.task_id = task_id
        self.assignee = assignee
        self.claimed_at = claimed_at
        when = f" at {claimed_at.isoformat()}" if claimed_at else ""
        super().__init__(f"task {task_id} was claimed by {assignee}{when}")


class LockedByAnother(Conflict):
    """The external task is not held by this worker (any more)."""

    def __init__(self, external_task_id: str, worker_id: str, holder: str | None) -> None:
        self.external_task_id = external_task_id
        self.worker_id = worker_id
        self.holder = holder
        whose = f"by worker {holder!r}" if holder else "by nobody"
        super().__init__(f"external task {external_task_id} is held {whose}, not by {worker_id!r}")


class InstanceEnded(Conflict):
    """The instance has ended; nothing more can happen in it."""

    def __init__(self, instance_id: str, state: str) -> None:
        self.instance_id = instance_id
        self.state = state
        super().__init__(f"process instance {instance_id} has ended ({state})")


class MigrationRefused(Conflict):
    """The instance cannot go on in the other version; it stays as it is.

    `reason`: a `MigrationReason`; `messages`: each obstacle in English.
    """

    def __init__(
        self,
        activity_id: str | None,
        reason: str,
        *,
        instance_id: str | None = None,
        messages: Sequence[str] = (),
    ) -> None:
        self.activity_id = activity_id
        self.reason = reason
        self.instance_id = instance_id
        self.messages = tuple(messages) or (f"{activity_id}: {reason}",)
        whose = f"instance {instance_id}" if instance_id else "the instance"
        super().__init__(f"{whose} cannot be migrated: {'; '.join(self.messages)}")


class DeploymentInUse(Conflict):
    """A deployment whose definitions have instances stays: history needs its diagrams."""

    def __init__(self, deployment_id: str, instances: int) -> None:
        self.deployment_id = deployment_id
        self.instances = instances
        super().__init__(
            f"deployment {deployment_id} has {instances} process instances and cannot be deleted"
        )


class SubstitutionEnded(Conflict):
    """Only a substitution that is not over can be changed or ended."""

    def __init__(self, substitution_id: str, ended_at: datetime) -> None:
        self.substitution_id = substitution_id
        self.ended_at = ended_at
        super().__init__(
            f"substitution {substitution_id} is over since {ended_at.isoformat()}; "
            "only one that is not over can be changed or ended"
        )


class MessageSettled(Conflict):
    """A kept message that was delivered or discarded waits no more."""

    def __init__(self, kept_id: str, state: str) -> None:
        self.kept_id = kept_id
        self.state = state
        super().__init__(f"kept message {kept_id} was {state}")


class IdempotencyKeyReused(EngineError):
    """The same idempotency key came with another request."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"idempotency key {key!r} was already used for another request")


class NameTaken(Conflict):
    """There is already something of that name."""

    def __init__(self, noun: str, name: str) -> None:
        self.noun = noun
        self.name = name
        super().__init__(f"the name {name!r} is already that of another {noun}")
