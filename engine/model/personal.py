"""Personal data: the keys that seal it, whose it is, and its erasure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from engine.model.history import Fault
from engine.model.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data it is: an account, or a person whom another field names."""

    name: str
    is_account: bool = False


class Unreadable(Sentence):
    """What stands in place of a personal value that cannot be opened."""

    __slots__ = ()


class Erased(Unreadable):
    """What stands in place of a personal value whose key was destroyed."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class PersonalKey:
    """The key of one subject's data in one instance. Sealed by the office's secret key itself.

    `person` recognises the subject without naming it. Once erased only ids and numbers are left.
    """

    key_id: str
    instance_id: str
    created_at: datetime
    #: How many values were sealed with it.
    value_count: int = 0
    person: str | None = None
    sealed_subject: str | None = field(default=None, repr=False)
    sealed_key: str | None = field(default=None, repr=False)
    erasure: Erasure | None = None


@dataclass(frozen=True, slots=True)
class Erasure:
    """Keys that were destroyed at once, and on which basis."""

    erasure_id: str
    at: datetime
    by: str
    #: The number and day of the request, decision or schedule that it rests on.
    basis: str
    basis_date: date
    reason: str
    key_count: int
    instance_count: int
    value_count: int
    #: The account whose data it was; None for others, who are not named any more.
    account: str | None = None
    #: Whether instances were chosen by the retention schedule, and not a person.
    by_retention: bool = False


@dataclass(frozen=True, slots=True)
class DestroyedKeys:
    """What one erasure left: how many keys, of how many instances, and what they had sealed."""

    key_count: int
    instance_count: int
    value_count: int


@dataclass(frozen=True, slots=True)
class PersonalHolding:
    """How much of one person is sealed, as it is counted. `person` as in PersonalKey."""

    person: str
    sealed_subject: str = field(repr=False)
    instance_count: int
    value_count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """One person whose data is sealed."""

    person: str
    subject: Subject
    instance_count: int
    value_count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class KeysVerification:
    """What was found when keys of personal data were compared with what is sealed in them."""

    keys: int = 0
    #: Of how many nothing can be said: the secret key that sealed them is not here.
    unopened: int = 0
    faults: tuple[Fault, ...] = ()

    def __add__(self, other: KeysVerification) -> KeysVerification:
        """What was found of both."""
        return KeysVerification(
            self.keys + other.keys, self.unopened + other.unopened, self.faults + other.faults
        )
