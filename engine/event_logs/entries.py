"""The nouns of an event log: a trace for each instance, and an entry for each change of a visit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from engine.model import Document, Json, ProcessDefinition, ProcessInstance


class Transition(StrEnum):
    """What became of a visit: the standard lifecycle of IEEE 1849-2016 §6.2.2."""

    SCHEDULE = "schedule"
    ASSIGN = "assign"
    START = "start"
    SUSPEND = "suspend"
    RESUME = "resume"
    COMPLETE = "complete"
    WITHDRAW = "withdraw"
    ATE_ABORT = "ate_abort"
    PI_ABORT = "pi_abort"


#: After these a visit is over.
ENDS = frozenset(
    {Transition.COMPLETE, Transition.WITHDRAW, Transition.ATE_ABORT, Transition.PI_ABORT}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one visit of an activity or event.

    sequence: the event of history that says so; with the transition it is unique in an instance.
    at: in the office's time zone.
    """

    sequence: int
    at: datetime
    transition: Transition
    visit_id: str
    activity_id: str
    name: str
    type: str
    #: The version of the SOP in which it happened.
    version: int
    #: Which coming to this activity it is, from 1 on; the items of a repeated step share it.
    round: int
    #: Whether a token passed through the node of the diagram by this: what token replay counts.
    is_passage: bool = False
    #: Of a repeated step: which of its items, from 1 on.
    item: int | None = None
    account: str | None = None
    capacity: str | None = None
    lane_path: tuple[str, ...] = ()
    office: str = ""
    due_at: datetime | None = None
    #: Of an entry that ends a user task: whether it was due before, and its working time.
    is_late: bool | None = None
    waiting: timedelta | None = None
    working: timedelta | None = None
    #: Whether the step led back to where the instance had been.
    led_back: bool = False
    called_id: str | None = None
    values: Mapping[str, Json] | None = None
    documents: tuple[Document, ...] = ()
    #: Whether the hash chain of history holds up to here.
    is_chained: bool = True


@dataclass(frozen=True, slots=True)
class Trace:
    """One instance with its entries, which are read as they are asked for, and once."""

    instance: ProcessInstance
    definition: ProcessDefinition
    office: str
    zone: ZoneInfo
    #: SHA-256 of the diagram that the instance runs by.
    digest: str
    #: Whether it was moved from another version to this one on its way.
    is_migrated: bool
    entries: Iterator[Entry]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An instance of which the log tells nothing but this, since a row of it is damaged."""

    #: Its id; what is known of its row when that is the damaged one.
    name: str
    reason: str
