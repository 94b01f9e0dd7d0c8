"""Whether the accounts that are kept may do what the log of accounts tells, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from engine.differences import Difference, faults_of_log
from engine.model import Account, AccountEvent, AccountEventKind, Fault, Json

#: Events of the log of accounts that say what an account may do.
OF_ACCOUNTS = frozenset(
    {
        AccountEventKind.ACCOUNT_ADDED,
        AccountEventKind.ROLES_CHANGED,
        AccountEventKind.DEACTIVATED,
        AccountEventKind.ACTIVATED,
        AccountEventKind.SECOND_FACTOR_ENABLED,
        AccountEventKind.SECOND_FACTOR_REMOVED,
    }
)
_FLAGS: dict[AccountEventKind, dict[str, Any]] = {
    AccountEventKind.DEACTIVATED: {"is_active": False},
    AccountEventKind.ACTIVATED: {"is_active": True},
    AccountEventKind.SECOND_FACTOR_ENABLED: {"has_second_factor": True},
    AccountEventKind.SECOND_FACTOR_REMOVED: {"has_second_factor": False},
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account may do, and whether its password alone is enough."""

    roles: tuple[str, ...]
    lanes: tuple[str, ...]
    is_active: bool = True
    has_second_factor: bool = False


def standings_in(events: Iterable[AccountEvent]) -> dict[str, Standing]:
    """Account -> what the log tells of it, as it is after the last event."""
    found: dict[str, Standing] = {}
    for event in events:
        name = event.account or ""
        if event.kind is AccountEventKind.ACCOUNT_ADDED:
            found[name] = Standing(**_rights(event.payload))
        elif name in found and event.kind is AccountEventKind.ROLES_CHANGED:
            found[name] = replace(found[name], **_rights(event.payload["after"]))
        elif name in found and event.kind in _FLAGS:
            found[name] = replace(found[name], **_FLAGS[event.kind])
    return found


def account_faults(
    log: str, events: Iterable[AccountEvent], kept: Iterable[Account]
) -> list[Fault]:
    """Each account and right that differs. log: what a verification calls the log of accounts."""
    expected = standings_in(events)
    found = {each.name: _standing(each) for each in kept}
    return faults_of_log(log, expected, found, differences=_differences)


def _differences(
    name: str, expected: Standing | None, found: Standing | None
) -> Iterator[Difference]:
    if expected is None or found is None:
        yield f"account {name}", "no row" if expected is None else "a row", _there(found)
        return
    for each in fields(Standing):
        one, other = getattr(expected, each.name), getattr(found, each.name)
        if one != other:
            yield f"{each.name} of account {name}", _said(one), _said(other)


def _there(standing: Standing | None) -> str:
    return "no row that can be read" if standing is None else "a row"


def _said(value: tuple[str, ...] | bool) -> str:
    return str(value) if isinstance(value, bool) else ", ".join(value) or "none"


def _standing(account: Account) -> Standing:
    return Standing(
        roles=tuple(sorted(str(role) for role in account.roles)),
        lanes=tuple(sorted(account.lanes)),
        is_active=account.is_active,
        has_second_factor=account.has_second_factor,
    )


def _rights(told: Json) -> dict[str, Any]:
    return {"roles": tuple(sorted(told["roles"])), "lanes": tuple(sorted(told["lanes"]))}
