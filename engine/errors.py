"""Every error that the engine raises on purpose, in one tree.

The docstring of a class is its default message. Facts are attributes, so that the border can put
them in the right place (problems.py for HTTP, cli for the terminal) without reading the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.model import Finding, TaskState


class EngineError(Exception):
    """The engine refused."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


# ------------------------------------------------------------------- not found


class NotFound(EngineError):
    """There is no such thing."""

    def __init__(self, noun: str, key: str) -> None:
        self.noun = noun
        self.key = key
        super().__init__(f"there is no {noun} {key!r}")


# ------------------------------------------------------------------- who may


class NotAuthenticated(EngineError):
    """Nobody has proved who is calling."""


class TooManyLogins(NotAuthenticated):
    """Too many logins failed under this name, or from this address."""

    def __init__(self, wait_minutes: int) -> None:
        self.wait_minutes = wait_minutes
        super().__init__(f"too many failed logins; wait {wait_minutes} minutes")


class CodeMissing(NotAuthenticated):
    """The password is right, and a one-time code is asked for too."""


class SignOnRefused(NotAuthenticated):
    """A login at the single sign-on proves no account here.

    reason: "stale", "provider", "issuer", "token", "unknown", "name", "taken", "inactive",
    "no group" or "linked". account: whose it would have been, where that is known.
    """

    def __init__(self, reason: str, account: str | None = None) -> None:
        self.reason = reason
        self.account = account
        super().__init__(f"the single sign-on proves no account: {reason}")


class SignOnUnavailable(EngineError):
    """The provider of the single sign-on cannot be reached, or is not what it should be."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        super().__init__(f"the single sign-on {issuer} cannot be used; the log has the cause")


class TooManyHashes(EngineError):
    """Too many passwords are being checked at this moment; nothing was done, try again."""


class TooManySimulations(EngineError):
    """Too many simulations run at this moment; nothing was tried, ask again in a few seconds."""


class Forbidden(EngineError):
    """This account may not do that."""

    def __init__(self, account: str, deed: str, reason: str) -> None:
        self.account = account
        self.deed = deed
        self.reason = reason
        super().__init__(f"{account} may not {deed}: {reason}")


class StrategicStep(Forbidden):
    """The step is closed to who only stands in for its lane."""

    def __init__(self, account: str, deed: str, title: str) -> None:
        self.title = title
        reason = f"the step is strategic, which {title} may not decide: it waits for the holder"
        super().__init__(account, deed, reason)


class SubstitutionOver(Forbidden):
    """The account stood in for the lane, and does so no longer."""

    def __init__(self, account: str, deed: str, title: str, ended_at: datetime | None) -> None:
        self.title = title
        self.ended_at = ended_at
        when = f"ended at {ended_at.isoformat()}" if ended_at else "is being ended"
        super().__init__(account, deed, f"its substitution as {title} {when}")


class LoginDemanded(EngineError):
    """This task may not be completed by a link; its diagram demands a login."""

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        super().__init__(f"task {task_id} demands a login; a link may not complete it")


# ------------------------------------------------------------------- bad input


class InvalidInput(EngineError):
    """The input is not of the form that was expected; `fields` says where and why."""

    def __init__(self, message: str, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        self.fields: dict[str, list[str]] = {k: list(v) for k, v in (fields or {}).items()}
        super().__init__(message)


class InvalidVariables(InvalidInput):
    """A value is not JSON, or is outside the limits of what an instance keeps."""


class InvalidForm(InvalidInput):
    """The submitted form has missing or wrong fields."""


class InvalidQuery(InvalidInput):
    """A filter or a page that the listing does not know."""


class MessageMismatch(InvalidInput):
    """A message must match exactly one that waits for it, or one start event."""

    def __init__(self, name: str, matches: int) -> None:
        self.name = name
        self.matches = matches
        found = "nothing waits for it, and it starts nothing"
        if matches:
            found = f"{matches} match; give a business key or correlation keys that only one has"
        super().__init__(f"message {name!r}: {found}")


class DeploymentRejected(EngineError):
    """A diagram was refused at deploy; `findings` names every place and reason."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        first = next((f for f in findings if f.severity != "warning"), None)
        summary = f"{first.file_name}: {first.message_en}" if first else "no finding given"
        super().__init__(f"the deployment was refused ({len(findings)} findings): {summary}")


class ExpressionRefused(EngineError):
    """An expression or script is outside the language that Alur runs."""

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"{source!r}: {reason}")


# ------------------------------------------------------------------- conflicts


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


# --------------------------------------------------------- storage and history


class StorageError(EngineError):
    """The database did not do what it must."""


class StorageBusy(StorageError):
    """The database was locked for too long; nothing was written, try again."""


class StorageFull(StorageError):
    """The database has no room left; nothing was written."""


class StorageOutdated(StorageError):
    """The database has another schema version than this program; run `alur migrate`."""


class DamagedRow(StorageError):
    """A row of the database cannot be read as what it must be."""


class DamagedHistory(StorageError):
    """Events of one instance cannot be read; its other events, and other instances, can."""

    def __init__(self, instance_id: str, damages: Sequence[tuple[int, str]]) -> None:
        self.instance_id = instance_id
        #: (sequence, reason) of each event that cannot be read.
        self.damages = tuple(damages)
        places = ", ".join(str(sequence) for sequence, _ in damages)
        super().__init__(f"instance {instance_id}: event {places} cannot be read")


class SnapshotUnreadable(StorageError):
    """A snapshot cannot be read; the instance is rebuilt from its history instead."""


class ReplayMismatch(EngineError):
    """Running the inputs again gave another observation than the recorded one."""

    def __init__(self, instance_id: str, sequence: int, expected: str, got: str) -> None:
        self.instance_id = instance_id
        self.sequence = sequence
        self.expected = expected
        self.got = got
        super().__init__(
            f"instance {instance_id}, event {sequence}: recorded {expected}, replay gives {got}"
        )


class SecretKeyUnusable(EngineError):
    """The secret key is missing, or is not the one with which something was sealed."""


class SigningKeyUnusable(EngineError):
    """The key that signs checkpoints is missing, cannot be read, or is another one."""


class InvalidCheckpoint(InvalidInput):
    """A file is no checkpoint, or not of a format that is known."""


class CheckpointsDisagree(EngineError):
    """The folder of checkpoints has others than the database."""


class CheckpointTaken(Conflict):
    """Another process made the checkpoint of that number first."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"checkpoint {number} is there already")


class MachineFault(EngineError):
    """The workflow library reached a state that it must not reach; the step was undone."""


class UnboundStep(MachineFault):
    """The workflow library wanted the time or an id outside a step."""
