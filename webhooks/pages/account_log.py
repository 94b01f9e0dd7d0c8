"""The log of accounts, for administrators and auditors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.model import ACCESS_KINDS, AccountEvent, AccountEventKind, Role
from engine.queries import AccountEventQuery, SortOrder
from webhooks.pages import account_words
from webhooks.pages.blueprint import blueprint
from webhooks.pages.listings import argument, page_number, page_of, pager
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.rest.context import current_engine

#: The filter that shows what auditors and administrators read.
READING = "pembacaan"


@blueprint.get("/akun/riwayat")
def show_account_log() -> ResponseReturnValue:
    """What happened to accounts, the latest first."""
    require_page_role("read the log of accounts", Role.ADMIN, Role.AUDITOR)
    log, actor, number = current_engine().account_log, current_actor(), page_number()
    query = AccountEventQuery(
        account=argument("akun"), actor=argument("oleh"), kinds=_kinds(argument("kejadian"))
    )
    events = log.events(query, page_of(number, ("sequence", SortOrder.DESC)), actor=actor)
    return render_template(
        "account_log.html",
        events=[(each, list(_details(each))) for each in events],
        kinds=account_words.ACCOUNT_EVENTS,
        reading=READING,
        pager=pager(number, log.count(query, actor=actor)),
        is_filtered=any(argument(name) for name in ("akun", "oleh", "kejadian")),
        verification=log.verify(actor=actor) if request.args.get("uji") else None,
    )


def _kinds(text: str | None) -> tuple[AccountEventKind, ...] | None:
    if text == READING:
        return ACCESS_KINDS
    try:
        return (AccountEventKind(text),) if text else None
    except ValueError:
        return ()


def _details(event: AccountEvent) -> Iterator[str]:
    """What people want to know of an event beside who and when."""
    payload = event.payload
    if event.kind is AccountEventKind.ROLES_CHANGED:
        yield gettext("dari %(standing)s", standing=_standing(payload["before"]))
        yield gettext("menjadi %(standing)s", standing=_standing(payload["after"]))
    elif event.kind is AccountEventKind.SUBSTITUTION_CHANGED:
        before, after = (", ".join(_told(payload[when])) for when in ("before", "after"))
        yield gettext("dari %(standing)s", standing=before)
        yield gettext("menjadi %(standing)s", standing=after)
    elif event.kind is AccountEventKind.ACCOUNT_ADDED:
        yield _standing(payload)
    yield from _told(payload)


def _told(payload: Mapping[str, Any]) -> Iterator[str]:
    for key, text in account_words.ACCOUNT_DETAILS.items():
        if payload.get(key):
            yield text % {"value": account_words.detail_text(key, payload[key])}


def _standing(standing: Mapping[str, Any]) -> str:
    roles = ", ".join(account_words.role_name(role) for role in standing["roles"]) or gettext(
        "tanpa peran"
    )
    lanes = ", ".join(standing["lanes"]) or gettext("tanpa lajur")
    return f"{roles}; {lanes}"
