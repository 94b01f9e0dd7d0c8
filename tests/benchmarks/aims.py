"""Whether Alur keeps what it promises beside its floor and its peers, one line for each promise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.benchmarks.figures import Series

#: What a completion may take at most.
STATEMENTS = 8


@dataclass(frozen=True, slots=True)
class Result:
    """What one contestant took in a race."""

    name: str
    series: Series
    #: SQL statements of each completion of one instance; empty where they are not counted.
    statements: Sequence[int]
    #: By how much its database grew with one completion; None where there is none of its own.
    bytes_each: int | None


def aims(results: Sequence[Result]) -> str:
    """Lines under a table: what was promised, what was found, and whether it is kept.

    Floor and SpiffWorkflow are held against "Alur"; the JVM's engines against the Alur that does as
    they do, "Alur, task found by group".
    """
    by_name = {each.name: each for each in results}
    lines = [line for each in results for line in _beside(each, by_name)]
    own = by_name["Alur"]
    lines.append(
        _line(f"SQL statements at most {STATEMENTS}", max(own.statements), _at_most(STATEMENTS))
    )
    width = max(len(said) for said, _, _ in lines)
    told = [f"  {said:{width}}  {found:>6}  {verdict}" for said, found, verdict in lines]
    return "\n".join(["", "Aims", *told])


def _beside(other: Result, by_name: dict[str, Result]) -> list[tuple[str, str, str]]:
    own = by_name["Alur"].series
    found = by_name.get("Alur, task found by group")
    if other.name.startswith("floor"):
        ratio = own.p50_ms / other.series.p50_ms
        return [_line("p50, × that of the floor: at most 3", ratio, _at_most(3))]
    if other.name.startswith("SpiffWorkflow"):
        ratio = own.p50_ms / other.series.p50_ms
        return [_line("p50, × that of SpiffWorkflow: at most 1", ratio, _at_most(1))]
    if found and other.name.startswith(("Operaton", "Flowable")):
        ratio = found.series.per_second / other.series.per_second
        said = f"completions per second, × those of {other.name.partition(' ')[0]}: at least 2"
        return [_line(said, ratio, lambda value: value >= 2)]
    return []


def _line(said: str, found: float, is_kept: Callable[[float], bool]) -> tuple[str, str, str]:
    text = f"{found:.2f}" if isinstance(found, float) else str(found)
    return said, text, "kept" if is_kept(found) else "MISSED"


def _at_most(limit: float) -> Callable[[float], bool]:
    return lambda value: value <= limit
