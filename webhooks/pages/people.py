"""The names of people, as pages show them instead of account names."""

from __future__ import annotations

from typing import cast

from flask import g
from flask_babel import gettext

from webhooks.pages.messages import THE_ENGINE, Names
from webhooks.rest.context import current_engine


def display_names() -> Names:
    """Account name -> display name, read once per request."""
    if "display_names" not in g:
        g.display_names = current_engine().accounts.display_names()
    return cast(Names, g.display_names)


def person(account: str | None) -> str:
    """The name that people know; nobody's deed is the system's."""
    return gettext(THE_ENGINE) if account is None else display_names().get(account, account)
