"""The database, the keys or the history are not what they must be."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors.bad_input import InvalidInput
from engine.errors.base import EngineError, NotFound
from engine.errors.conflicts import Conflict


class StorageError(EngineError):
    """The database did not do what it must."""


class StorageBusy(StorageError):
    """The database was locked for too long; nothing was written, try again."""


class StorageFull(StorageError):
    """The database has no room left; nothing was written."""


class StorageAway(StorageError):
    """The database cannot be reached; nothing was written, try again."""


class OutcomeUnknown(StorageError):
    """The database was lost as it was to keep this; whether it did is not known. Ask again."""


class StorageUnusable(StorageError):
    """The database, or a folder beside it, cannot be used until somebody has seen to it."""


class StorageDamaged(StorageUnusable):
    """Pages of the database cannot be read; what lies on others can."""


#: What a database may be for a while.
PASSING_TROUBLE = (StorageBusy, StorageFull, StorageAway, OutcomeUnknown)


class StorageOutdated(StorageError):
    """The database has another schema version than this program; run `alur migrate`."""


class DamagedRow(StorageError):
    """A row of the database cannot be read as what it must be."""

    def __init__(self, message: str | None = None, *, instance_id: str | None = None) -> None:
        #: Whose row it is, when somebody who looked at many has to know.
        self.instance_id = instance_id
        super().__init__(*([] if message is None else [message]))


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


#: Trouble of the installation or of a row, of which the message says it all.
_TOLD_IN_FULL = (
    *PASSING_TROUBLE,
    DamagedRow,
    StorageUnusable,
    StorageOutdated,
    SecretKeyUnusable,
    SigningKeyUnusable,
    CheckpointsDisagree,
)


def traced(error: Exception) -> Exception | None:
    """What a log shows of where it came up; nothing when that helps nobody who reads it."""
    return None if isinstance(error, _TOLD_IN_FULL) else error


class CheckpointTaken(Conflict):
    """Another process made the checkpoint of that number first."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"checkpoint {number} is there already")


class MachineFault(EngineError):
    """The workflow library reached a state that it must not reach; the step was undone."""


class UnboundStep(MachineFault):
    """The workflow library wanted the time or an id outside a step."""


#: What comparing a stored value may raise that is not what its column says: SQLite keeps anything.
OTHER_TYPES = (TypeError, ValueError, AttributeError)


def is_its_own(error: EngineError, instance_id: str) -> bool:
    """Whether the error is about what one instance has: then others can be gone on with.

    Not when the database is away or refuses, nor when there is no such instance.
    """
    if isinstance(error, NotFound):
        return error.key != instance_id
    return not isinstance(error, StorageError) or isinstance(error, DamagedRow | DamagedHistory)
