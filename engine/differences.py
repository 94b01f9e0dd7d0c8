"""What is kept of an instance beside its history, and is not what history leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

#: What differs, what history leads to, what is kept.
Difference = tuple[str, str, str]


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
