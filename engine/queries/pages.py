"""Which part of a listing, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SortOrder(StrEnum):
    """Direction of a listing."""

    ASC = "asc"
    DESC = "desc"


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a listing. `max_results` None means all."""

    first_result: int = 0
    max_results: int | None = None
    #: (field name of the query's noun, order) pairs; ties are always broken by id.
    sorting: tuple[tuple[str, SortOrder], ...] = ()
    #: Only what comes after this place: the values that the last row seen has in the fields of
    #: `sorting`, then in those that break ties.
    after: tuple[str | int | datetime | None, ...] | None = None
