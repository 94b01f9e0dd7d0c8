"""Who stands in for whom: dated, and on the basis of a letter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.model.values import Json


class SubstitutionKind(StrEnum):
    """In which capacity somebody stands in; written before the title of the office."""

    #: Pelaksana tugas: the post is vacant (UU 30/2014 art. 14).
    PLT = "Plt."
    #: Pelaksana harian: its holder is away for a while (UU 30/2014 art. 14).
    PLH = "Plh."
    #: Atas nama: signs in the name of who is one level higher.
    AN = "a.n."
    #: Untuk beliau: the same once more, after a.n.
    UB = "u.b."


class SubstitutionState(StrEnum):
    """Where a substitution stands at a moment."""

    COMING = "coming"
    CURRENT = "current"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Substitution:
    """An account does the work of a lane that is not its own, from one day to another.

    `begins_at` and `ends_at` are the midnights before the first and after the last day, in the
    office's zone when it was recorded. `ended_at`: when it really ended, the day or earlier.
    """

    substitution_id: str
    account: str
    lane: str
    kind: SubstitutionKind
    #: Number and date of the letter (SK, Surat Tugas) that says so.
    basis_number: str
    basis_date: date
    first_day: date
    last_day: date
    begins_at: datetime
    ends_at: datetime
    recorded_at: datetime
    recorded_by: str
    #: The account of the official whose place it is; None: the post is vacant, or has no account.
    replaces: str | None = None
    ended_at: datetime | None = None
    #: Who ended it before its day; None: its day did.
    ended_by: str | None = None
    end_reason: str | None = None

    @property
    def title(self) -> str:
        """The capacity in words: "Plt. Kadis"."""
        return f"{self.kind} {self.lane}"

    def state_at(self, moment: datetime) -> SubstitutionState:
        """Where it stands then; what was ended before it began is past."""
        if self.ended_at is not None or moment >= self.ends_at:
            return SubstitutionState.PAST
        return SubstitutionState.CURRENT if moment >= self.begins_at else SubstitutionState.COMING

    def is_in_force(self, moment: datetime) -> bool:
        """Whether the account may act by it then."""
        return self.state_at(moment) is SubstitutionState.CURRENT

    def facts(self) -> dict[str, Json]:
        """What history says of it beside an input that was given in this capacity."""
        return {
            "id": self.substitution_id,
            "kind": str(self.kind),
            "lane": self.lane,
            "basis": self.basis_number,
            "basisDate": self.basis_date.isoformat(),
        }
