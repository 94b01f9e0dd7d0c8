"""Proves who calls the API: HTTP Basic or an access token, on every request, never a session."""

from __future__ import annotations

import base64
import binascii

from flask import g, request

from engine.access_tokens import ProvedToken
from engine.errors import Forbidden, NotAuthenticated
from engine.model import AccessToken, Account, Actor, Role, Scope
from engine.process_engine import ProcessEngine
from webhooks.rates import WRONG_TOKENS
from webhooks.rest.context import current_engine, current_rates, current_settings

#: What a 401 offers: either proof will do.
CHALLENGE = 'Basic realm="Alur", Bearer'


def actor_for(account: Account) -> Actor:
    """The actor that a proved account is now, with the lanes that it stands in for."""
    return account.as_actor(current_engine().clock.now())


def needs_second_factor(account: Account) -> bool:
    """Whether the account must have a one-time code and has none (ALUR_REQUIRE_SECOND_FACTOR)."""
    is_required = current_settings().require_second_factor and Role.ADMIN in account.roles
    return is_required and not account.has_second_factor


def source_address() -> str:
    """Where the request came from, as far as the trusted proxies tell (ALUR_TRUSTED_PROXIES)."""
    return request.remote_addr or ""


def authenticate_request() -> None:
    """Prove the caller by the Authorization header, for `require_actor` to give.

    Raises NotAuthenticated.
    """
    g.actor = actor_for(_account(current_engine(), request.headers.get("Authorization")))


def require_scope(scope: Scope | None) -> None:
    """Raise Forbidden when the caller's access token lacks the scope; a password has them all."""
    token: AccessToken | None = g.get("access_token")
    if scope is not None and token is not None and scope not in token.scopes:
        deed = f"{request.method} {request.path}"
        has = ", ".join(sorted(token.scopes))
        reason = f"its access token {token.name!r} lacks the scope {scope}; it has {has}"
        raise Forbidden(token.account, deed, reason)


def count_write(account: str) -> None:
    """Raise TooManyRequests when the account writes too often (ALUR_WRITES_PER_MINUTE)."""
    most = current_settings().writes_per_minute
    current_rates().count("writing requests", account, most=most)


def count_login() -> None:
    """Raise TooManyRequests when one address tries too many logins (ALUR_LOGINS_PER_MINUTE)."""
    most = current_settings().logins_per_minute
    current_rates().count("logins", source_address(), most=most)


def require_actor() -> Actor:
    """Who proved to be calling. Raises NotAuthenticated."""
    actor: Actor | None = g.get("actor")
    if actor is None:
        raise NotAuthenticated
    return actor


def _account(engine: ProcessEngine, header: str | None) -> Account:
    scheme, _, credentials = (header or "").strip().partition(" ")
    if scheme.lower() == "basic":
        name, password = _name_and_password(credentials.strip())
        account = engine.logins.authenticate(name, password, source=source_address())
        if account.is_password_temporary:
            reason = "its password is temporary: log in by a browser and choose another"
            raise Forbidden(account.name, "use the API", reason)
        if account.has_second_factor or needs_second_factor(account):
            reason = "a password is not enough for it: use an access token"
            raise Forbidden(account.name, "use the API", reason)
        return account
    if scheme.lower() == "bearer":
        proved = _proved_token(engine, credentials.strip())
        g.access_token = proved.token
        return proved.account
    raise NotAuthenticated(
        "this needs HTTP Basic or an access token (Authorization: Bearer alur_…)"
    )


def _proved_token(engine: ProcessEngine, secret: str) -> ProvedToken:
    try:
        return engine.access_tokens.authenticate(secret)
    except NotAuthenticated:
        current_rates().count("wrong access tokens", source_address(), most=WRONG_TOKENS)
        raise


def _name_and_password(credentials: str) -> tuple[str, str]:
    """RFC 7617: base64 of "name:password", in UTF-8; the modeler's btoa gives Latin-1."""
    try:
        content = base64.b64decode(credentials, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAuthenticated("the Basic credentials are not base64") from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    name, colon, password = text.partition(":")
    if not colon:
        raise NotAuthenticated('the Basic credentials are not "name:password"')
    return name, password
