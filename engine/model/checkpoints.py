"""Checkpoints: how far every history went at a moment, signed, and kept outside of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.model.history import Fault
from engine.model.people import LogHead


@dataclass(frozen=True, slots=True)
class Head:
    """How far the history of an instance goes: its last event."""

    instance_id: str
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says. Keys and signature are base64, hashes lower-case hex."""

    number: int
    at: datetime
    #: SHA-256 of the file of the checkpoint before it; None of the first.
    previous: str | None
    #: Merkle root over its heads, and how many they are.
    root: str
    count: int
    #: Name of a log -> where it ended.
    logs: Mapping[str, LogHead]
    #: The public key that it is signed with, and the one that the next ones are signed with.
    key: str
    next_key: str | None = None
    note: str | None = None
    signature: str = ""

    @property
    def key_after(self) -> str:
        """The public key of the checkpoints that follow."""
        return self.next_key or self.key


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint as its two files: the signed one, and the heads, one a line."""

    number: int
    at: datetime
    content: bytes = field(repr=False)
    heads: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SeriesVerification:
    """What was found when checkpoints were compared with each other and with the database."""

    checkpoints: int
    heads: int
    #: The last of them, and the fingerprint of the key that it is signed with.
    number: int | None = None
    at: datetime | None = None
    fingerprint: str | None = None
    #: Whether that key is one that the verifier already knew.
    is_key_known: bool = False
    faults: tuple[Fault, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing differs."""
        return not self.faults
