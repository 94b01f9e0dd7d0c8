"""Says whether a regular expression of a form may be tried on what a person typed."""

from __future__ import annotations

import importlib
import re
from typing import Any

MAX_PATTERN_LENGTH = 200
#: Longer values are refused before the pattern is tried.
MAX_MATCHED_LENGTH = 500

#: Number of unbounded repeats -> in how many ways the rest may match. A failing match takes about
#: ways * length ** loops / loops! steps: some 20 million at the very worst.
_WAYS = {0: 10_000, 1: 10_000, 2: 100, 3: 1}
_SMALL_REPEAT = 20

# The standard library's own parser of patterns; it has no public name.
_parser: Any = importlib.import_module("re._parser")


class _TooManyWays(Exception):
    """Carries the reason in English and in Indonesian."""


def fault_of_pattern(pattern: str) -> tuple[str, str] | None:
    """Why the pattern is refused, in English and Indonesian; None when it may be tried."""
    if len(pattern) > MAX_PATTERN_LENGTH:
        limit = MAX_PATTERN_LENGTH
        return f"longer than {limit} characters", f"lebih dari {limit} karakter"
    try:
        re.compile(pattern)
        _measure(_parser.parse(pattern))
    except _TooManyWays as reason:
        return reason.args[0], reason.args[1]
    except (re.error, OverflowError, RecursionError) as error:
        return str(error), f"bukan pola yang benar: {error}"
    return None


def _measure(items: Any) -> tuple[int, int]:
    """(in how many ways the bounded parts can match, how many unbounded repeats there are)."""
    ways, loops = 1, 0
    for operator, argument in items:
        more_ways, more_loops = _measure_one(str(operator), argument)
        ways *= more_ways
        loops += more_loops
        if ways > _WAYS.get(loops, 0):
            raise _TooManyWays(
                "it repeats so much that a match may take very long",
                "pengulangannya terlalu banyak",
            )
    return ways, loops


def _measure_one(operator: str, argument: Any) -> tuple[int, int]:
    if operator in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        least, most, body = argument
        if most > 1 and body.getwidth()[0] == 0:
            raise _TooManyWays(
                "a repeat of what may be empty", "pengulangan atas yang boleh kosong"
            )
        return _measure_repeat(int(least), int(most), *_measure(body))
    if operator == "SUBPATTERN":
        return _measure(argument[-1])
    if operator == "ATOMIC_GROUP":
        return _measure(argument)
    if operator == "BRANCH":
        branches = [_measure(branch) for branch in argument[1]]
        return sum(ways for ways, _ in branches), max(loops for _, loops in branches)
    if operator in {"IN", "LITERAL", "NOT_LITERAL", "ANY", "AT"}:
        return 1, 0
    raise _TooManyWays(
        "a back reference, a look-around or a condition", "rujukan balik atau pandangan sekitar"
    )


def _measure_repeat(least: int, most: int, ways: int, loops: int) -> tuple[int, int]:
    if most <= 1:
        return ways + (most - least), loops
    if loops:
        raise _TooManyWays(
            "an unbounded repeat inside a repeat", "pengulangan di dalam pengulangan"
        )
    if least == most and ways == 1:
        return 1, 0
    if most <= _SMALL_REPEAT:
        return min(ways**most * (most - least + 1), _WAYS[0] + 1), 0
    if ways > 1:
        raise _TooManyWays("a choice inside a repeat", "pilihan di dalam pengulangan")
    return 1, 1
