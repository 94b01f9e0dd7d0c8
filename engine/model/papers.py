"""Papers: what is initialled (paraf) and signed in an instance, version by version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.model.values import Json


class EndorsementKind(StrEnum):
    """What somebody puts on a paper; the word is that of the fact in history."""

    PARAF = "paraf"
    SIGNATURE = "signature"


class Voiding(StrEnum):
    """Why an endorsement counts no more."""

    CHANGED = "changed"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class PaperVersion:
    """What a paper was from one input on. `by` None: a script or another process made it."""

    number: int
    #: SHA-256 as lower-case hex: of the file, when the paper is one; else of its values.
    digest: str
    sequence: int
    at: datetime
    by: str | None
    capacity: str | None
    activity_id: str | None


@dataclass(frozen=True, slots=True)
class Endorsement:
    """A paraf or signature, as the input of that sequence recorded it, and whether it counts."""

    kind: EndorsementKind
    sequence: int
    at: datetime
    by: str | None
    capacity: str | None
    activity_id: str
    activity_name: str
    lane_path: tuple[str, ...]
    version: int
    digest: str
    #: A paraf: who gives it made this version. A signature: parafs were missing, and needed none,
    #: since the signer made this version.
    is_waived: bool = False
    #: Of a signature: what its form says ("basah", "tte"), SHA-256 of the files that came with it,
    #: and the sequences of the parafs that it rests on.
    method: str | None = None
    files: tuple[str, ...] = ()
    rests_on: tuple[int, ...] = ()
    voided: Voiding | None = None
    voided_at: datetime | None = None

    @property
    def is_valid(self) -> bool:
        """Whether it counts for the paper as it is now."""
        return self.voided is None


@dataclass(frozen=True, slots=True)
class Paper:
    """Variables of an instance that are initialled and signed together, with all their versions."""

    names: tuple[str, ...]
    #: What the form fields of these names are called, in the same order.
    labels: tuple[str, ...] = ()
    versions: tuple[PaperVersion, ...] = ()
    endorsements: tuple[Endorsement, ...] = ()

    @property
    def current(self) -> PaperVersion | None:
        """The version that stands; None before anybody has made one."""
        return self.versions[-1] if self.versions else None

    @property
    def valid_parafs(self) -> tuple[Endorsement, ...]:
        """The parafs that count for the current version."""
        given = (each for each in self.endorsements if each.kind is EndorsementKind.PARAF)
        return tuple(each for each in given if each.is_valid)


@dataclass(frozen=True, slots=True)
class PaperOfTask:
    """The paper that a user task initials or signs."""

    kind: EndorsementKind
    paper: Paper
    #: The values of its variables now.
    values: Mapping[str, Json] = field(default_factory=dict)
    #: Whether the one for whom this was asked made the current version, so that no paraf is needed.
    is_conceptor: bool = False
    #: Lanes whose paraf the signature waits for, and those of them that have not given it.
    required: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnNote:
    """Why work came back, in the words of who sent it back."""

    text: str
    by: str | None
    capacity: str | None
    at: datetime
    activity_id: str
    activity_name: str
