"""What is kept beside a history, or beside the log of accounts, and is not what these lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from engine.model import Fault

#: What differs, what history leads to, what is kept.
Difference = tuple[str, str, str]
_T = TypeVar("_T")


def of_rows(
    what: str,
    expected: Mapping[str, object],
    found: Mapping[str, object],
    fields: Iterable[str],
) -> Iterator[Difference]:
    """Each row that is missing, too many, or says something else."""
    for key in sorted(expected.keys() | found.keys()):
        if key not in found:
            yield f"{what} {key}", "a row", "none"
        elif key not in expected:
            yield f"{what} {key}", "no row", "one"
        elif expected[key] != found[key]:
            yield from differing(f" of {what} {key}", expected[key], found[key], fields)


def differing(
    of_what: str, expected: object, found: object, fields: Iterable[str]
) -> Iterator[Difference]:
    """Each of these fields that is another one."""
    for name in fields:
        one, other = getattr(expected, name), getattr(found, name)
        if one != other:
            yield f"the {name}{of_what}", str(one), str(other)


def faults_of_left_out(rows: Iterable[str]) -> list[Fault]:
    """A fault for each row, by table and key, that was left out since it cannot be read."""
    return [Fault("-", None, "state", f"{row} cannot be read", found="unreadable") for row in rows]


def faults_of_log(
    log: str,
    expected: Mapping[str, _T],
    found: Mapping[str, _T],
    *,
    differences: Callable[[str, _T | None, _T | None], Iterable[Difference]],
) -> list[Fault]:
    """Each difference between what the log of accounts leads to and what is kept, by its key.

    log: what a verification calls that log. differences: those of one key; None: it is not there.
    """
    return [
        Fault(
            log,
            None,
            "state",
            f"{what} is not what the log of accounts leads to",
            expected=told,
            found=row,
        )
        for key in sorted(expected.keys() | found.keys())
        for what, told, row in differences(key, expected.get(key), found.get(key))
    ]
