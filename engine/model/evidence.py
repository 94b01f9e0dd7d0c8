"""Packages of evidence: what was ordered of a period, and how far its making is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.model.instances import ProcessInstance
from engine.model.reports import Period


class PackageState(StrEnum):
    """How far a package is."""

    ORDERED = "ordered"
    MAKING = "making"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EvidencePackage:
    """A package of evidence of one period. Its content is asked for apart.

    label: what people call the period. verifies: whether each history is verified for it. done,
    total: instances; 0 of 0 before they were counted. size, sha256: of the file, once it is made.
    tries: how often its making was begun since it was last ordered.
    """

    package_id: str
    period: Period
    label: str
    verifies: bool
    ordered_by: str
    ordered_at: datetime
    state: PackageState = PackageState.ORDERED
    done: int = 0
    total: int = 0
    finished_at: datetime | None = None
    size: int | None = None
    sha256: str | None = None
    #: Why it could not be made, or why its making failed last.
    fault: str | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class ListedInstance:
    """An instance, and the newest checkpoint that lists it, up to that event; None: none does."""

    instance: ProcessInstance
    checkpoint: int | None
    sequence: int | None
