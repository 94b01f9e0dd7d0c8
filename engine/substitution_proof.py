"""Whether the substitutions that are kept are those that the log of accounts tells of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from datetime import date, datetime

from engine.differences import Difference, differing, faults_of_log
from engine.model import (
    AccountEvent,
    AccountEventKind,
    Fault,
    Json,
    Substitution,
    SubstitutionKind,
)

#: Events of the log of accounts that tell of them.
OF_SUBSTITUTIONS = frozenset(
    {
        AccountEventKind.SUBSTITUTION_BEGUN,
        AccountEventKind.SUBSTITUTION_CHANGED,
        AccountEventKind.SUBSTITUTION_ENDED,
    }
)
_FIELDS = tuple(each.name for each in fields(Substitution))


def substitutions_in(events: Iterable[AccountEvent]) -> list[Substitution]:
    """Those that the log tells of, as they are after its last event."""
    found: dict[str, Substitution] = {}
    for event in events:
        before = found.get(event.payload.get("substitution", ""))
        if event.kind is AccountEventKind.SUBSTITUTION_BEGUN:
            new = _begun(event)
            found[new.substitution_id] = new
        elif before is not None and event.kind is AccountEventKind.SUBSTITUTION_CHANGED:
            found[before.substitution_id] = replace(before, **_dates(event.payload["after"]))
        elif before is not None and event.kind is AccountEventKind.SUBSTITUTION_ENDED:
            found[before.substitution_id] = _ended(before, event)
    return list(found.values())


def substitution_faults(
    log: str, events: Iterable[AccountEvent], kept: Iterable[Substitution]
) -> list[Fault]:
    """Each row and field that differs. log: what a verification calls the log of accounts."""
    expected = {each.substitution_id: each for each in substitutions_in(events)}
    found = {each.substitution_id: each for each in kept}
    return faults_of_log(log, expected, found, differences=_differences)


def _differences(
    key: str, expected: Substitution | None, found: Substitution | None
) -> Iterator[Difference]:
    if expected is None or found is None:
        yield f"substitution {key}", _there(expected), _there(found)
        return
    yield from differing(f" of substitution {key}", expected, found, _FIELDS)


def _there(row: Substitution | None) -> str:
    return "no row" if row is None else "a row"


def _begun(event: AccountEvent) -> Substitution:
    told = event.payload
    dates = _dates(told)
    return Substitution(
        substitution_id=told["substitution"],
        account=event.account or "",
        lane=told["lane"],
        kind=SubstitutionKind(told["capacity"]),
        recorded_at=event.at,
        recorded_by=event.actor or "",
        replaces=told.get("replaces"),
        **dates,
    )


def _ended(before: Substitution, event: AccountEvent) -> Substitution:
    reason = event.payload.get("reason")
    return replace(
        before,
        ended_at=datetime.fromisoformat(event.payload["endedAt"]),
        # Without a reason its last day ended it, and nobody.
        ended_by=event.actor if reason else None,
        end_reason=reason,
    )


def _dates(told: Json) -> dict[str, Json]:
    return {
        "basis_number": told["basis"],
        "basis_date": date.fromisoformat(told["basisDate"]),
        "first_day": date.fromisoformat(told["firstDay"]),
        "last_day": date.fromisoformat(told["lastDay"]),
        "begins_at": datetime.fromisoformat(told["beginsAt"]),
        "ends_at": datetime.fromisoformat(told["endsAt"]),
    }
