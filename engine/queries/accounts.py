"""What listings of people may be asked: the log of accounts, substitutions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.model import AccountEventKind, SubstitutionKind, SubstitutionState


@dataclass(frozen=True, slots=True)
class AccountEventQuery:
    """Filters of the log of accounts; None means "any"."""

    account: str | None = None
    actor: str | None = None
    kinds: tuple[AccountEventKind, ...] | None = None
    after: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubstitutionQuery:
    """Filters of a listing of substitutions."""

    account: str | None = None
    lane: str | None = None
    kind: SubstitutionKind | None = None
    basis_number_like: str | None = None
    state: SubstitutionState | None = None
    #: The moment at which `state` is asked.
    at: datetime | None = None
