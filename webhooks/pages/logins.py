"""Who is looking at a page: the session cookie, and the token that their forms carry.

The engine keeps the sessions; a cookie that was copied before the logout is worth nothing after it.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import cast

from flask import Response, abort, g, request
from flask_babel import refresh

from engine.errors import Forbidden
from engine.model import Account, Actor, LoginMethod, Role, Session
from webhooks.auth import actor_for, source_address
from webhooks.pages.messages import CSRF_WRONG
from webhooks.rest.context import current_engine, current_settings

CSRF_FIELD = "csrf_token"


@dataclass(frozen=True, slots=True)
class Login:
    """A proved visitor."""

    session: Session
    account: Account
    actor: Actor


def current_login() -> Login:
    """The visitor of a guarded page."""
    return cast(Login, g.login)


def current_actor() -> Actor:
    """The visitor as an actor of the engine."""
    return current_login().actor


def visitor() -> Login | None:
    """The visitor, or None when nobody is logged in (an error page shows either way)."""
    return cast("Login | None", g.get("login"))


def require_page_role(deed: str, *roles: Role) -> None:
    """Raise Forbidden unless the visitor holds one of `roles`."""
    actor = current_actor()
    if not actor.has(*roles):
        raise Forbidden(actor.account, deed, "that takes another role")


# ---------------------------------------------------------------------- forms


def carries_token(expected: str) -> bool:
    """Whether the form that was sent carries `expected`."""
    found = request.form.get(CSRF_FIELD, "")
    return bool(expected) and hmac.compare_digest(found.encode(), expected.encode())


def require_token(expected: str) -> None:
    """Refuse a form that does not carry `expected`."""
    if not carries_token(expected):
        abort(400, CSRF_WRONG)


def read_login() -> Login | None:
    """Whom the cookie of this request proves."""
    secret = request.cookies.get(session_cookie())
    found = current_engine().sessions.find(secret) if secret else None
    if found is None:
        return None
    session, account = found
    return Login(session, account, actor_for(account))


def local_path(path: str | None) -> str:
    """The path when it stays on this server, else "/"."""
    if not path or not path.startswith("/") or path.startswith("//"):
        return "/"
    # Browsers read a backslash as a slash, and drop tabs and line ends.
    if "\\" in path or not path.isprintable():
        return "/"
    return path


# -------------------------------------------------------------------- cookies


def cookie_name(name: str) -> str:
    """The name of a cookie; over https browsers enforce what `__Host-` promises."""
    return f"__Host-{name}" if current_settings().secure_cookies else name


def session_cookie() -> str:
    """The name of the cookie that proves a login."""
    return cookie_name("alur_session")


def set_cookie(response: Response, name: str, value: str) -> None:
    """Give the browser a cookie that only this server sees, until the browser closes."""
    response.set_cookie(
        name,
        value,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=current_settings().secure_cookies,
    )


def delete_cookie(response: Response, name: str) -> None:
    """Let the browser forget the cookie."""
    response.delete_cookie(
        name, path="/", httponly=True, samesite="Lax", secure=current_settings().secure_cookies
    )


def begin_session(
    response: Response, account: Account, method: LoginMethod = LoginMethod.PASSWORD
) -> None:
    """A fresh session, in the cookie and for this request; the one that was there has ended."""
    end_session()
    secret, session = current_engine().sessions.open(
        account.name, method=method, source=source_address(), device=request.user_agent.string
    )
    set_cookie(response, session_cookie(), secret)
    g.login = Login(session, account, actor_for(account))
    refresh()  # the language of this account, from here on


def end_session() -> None:
    """Whatever session the browser's cookie stands for has ended."""
    if secret := request.cookies.get(session_cookie()):
        current_engine().sessions.close(secret, source=source_address())
