"""Who is looking at a page: the session cookie, the CSRF token, and the guard before every page.

The engine keeps the sessions; a cookie that was copied before the logout is worth nothing after it.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from flask import Response, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import Forbidden
from engine.model import Account, Actor, Role, Session
from webhooks.auth import actor_for
from webhooks.pages.blueprint import blueprint
from webhooks.pages.messages import CSRF_WRONG
from webhooks.rest.context import current_engine, current_settings

CSRF_FIELD = "csrf_token"
#: Pages that anybody may open; they look after their own CSRF token.
_PUBLIC = {"pages.show_login", "pages.log_in"}


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


# ---------------------------------------------------------------------- guard


@blueprint.before_request
def guard() -> ResponseReturnValue | None:
    """Nobody passes without a login, and nothing is changed without the form's own token."""
    g.login = _read_login()
    if request.endpoint in _PUBLIC:
        return None
    if g.login is None:
        return redirect(url_for("pages.show_login", next=_page_to_return_to()), 303)
    if request.method == "POST":
        require_token(current_login().session.csrf_token)
    return None


def require_token(expected: str) -> None:
    """Refuse a form that does not carry `expected`."""
    found = request.form.get(CSRF_FIELD, "")
    if not expected or not hmac.compare_digest(found.encode(), expected.encode()):
        abort(400, CSRF_WRONG)


def _read_login() -> Login | None:
    secret = request.cookies.get(session_cookie())
    found = current_engine().accounts.session(secret) if secret else None
    if found is None:
        return None
    session, account = found
    return Login(session, account, actor_for(account))


def _page_to_return_to() -> str:
    """The page that was asked for; for a form, the page that it stood on."""
    if request.method == "GET":
        return local_path(request.full_path.rstrip("?"))
    origin = urlsplit(request.referrer or "")
    return local_path(origin.path) if origin.netloc == request.host else "/"


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


def begin_session(response: Response, account: str) -> None:
    """A fresh session in the cookie; the one that was there before has ended."""
    end_session()
    secret, _ = current_engine().accounts.open_session(account)
    set_cookie(response, session_cookie(), secret)


def end_session() -> None:
    """Whatever session the browser's cookie stands for has ended."""
    if secret := request.cookies.get(session_cookie()):
        current_engine().accounts.close_session(secret)
