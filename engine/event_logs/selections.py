"""Which instances a log has, and what is known of them before any is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.model import FormField
from engine.queries import InstanceQuery


class LogFormat(StrEnum):
    """How a log is written; the value is the end of its file's name."""

    XES = "xes"
    OCEL = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class WantedLog:
    """What somebody asks for: instances that began strictly between two moments.

    office: as the newest version of an SOP names it (`sop:satuanKerja`). passages_only: of all
    entries those by which a token passed through an activity.
    """

    definition_key: str | None = None
    office: str | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    passages_only: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What the log will have. It holds no instance."""

    wanted: WantedLog
    query: InstanceQuery
    #: What the log is called.
    title: str
    read_at: datetime
    #: The form fields whose values are told, of all versions of its SOPs; of one id the newest.
    fields: Mapping[str, FormField]
    #: Names of activities and events of all versions -> the ids of their fields.
    activities: Mapping[str, tuple[str, ...]]
    instances: int
