"""Whether the erasures that are kept, and the keys that are gone by them, are those of the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date

from engine.differences import Difference, differing, faults_of_log
from engine.model import AccountEvent, AccountEventKind, DestroyedKeys, Erasure, Fault

#: Events of the log of accounts that tell of them.
OF_ERASURES = frozenset({AccountEventKind.PERSONAL_DATA_ERASED})
_FIELDS = tuple(each.name for each in fields(Erasure))
_COUNTS = tuple(each.name for each in fields(DestroyedKeys))


def erasures_in(events: Iterable[AccountEvent]) -> Iterator[Erasure]:
    """Those that the log tells of, in order."""
    for event in events:
        if event.kind not in OF_ERASURES:
            continue
        told = event.payload
        yield Erasure(
            erasure_id=told["erasure"],
            at=event.at,
            by=event.actor or "",
            basis=told["basis"],
            basis_date=date.fromisoformat(told["basisDate"]),
            reason=told["reason"],
            key_count=told["keys"],
            instance_count=told["instanceCount"],
            value_count=told["values"],
            account=event.account,
            by_retention=told["byRetention"],
        )


def erasure_faults(
    log: str,
    events: Iterable[AccountEvent],
    kept: Iterable[Erasure],
    destroyed: Mapping[str, DestroyedKeys],
) -> list[Fault]:
    """Each row and field that differs, and each key that is gone without an erasure of the log.

    log: what a verification calls the log of accounts. destroyed: by the id of the erasure.
    """
    expected = {each.erasure_id: each for each in erasures_in(events)}
    found = {each.erasure_id: each for each in kept}
    counted = {
        key: DestroyedKeys(each.key_count, each.instance_count, each.value_count)
        for key, each in expected.items()
    }
    return [
        *faults_of_log(log, expected, found, differences=_differences),
        *faults_of_log(log, counted, destroyed, differences=_different_counts),
    ]


def _differences(key: str, expected: Erasure | None, found: Erasure | None) -> Iterator[Difference]:
    if expected is None or found is None:
        yield f"erasure {key}", _there(expected), _there(found)
        return
    yield from differing(f" of erasure {key}", expected, found, _FIELDS)


def _different_counts(
    key: str, expected: DestroyedKeys | None, found: DestroyedKeys | None
) -> Iterator[Difference]:
    nothing = DestroyedKeys(0, 0, 0)
    of_what = f" of the personal keys that erasure {key} destroyed"
    yield from differing(of_what, expected or nothing, found or nothing, _COUNTS)


def _there(row: Erasure | None) -> str:
    return "no row" if row is None else "a row"
