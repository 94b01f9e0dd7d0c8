"""Speaks OpenID Connect with the office's provider: authorization code, PKCE (S256), nonce.

What it proves of a person is judged by engine/single_sign_on.py.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, cast

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from engine.errors import SignOnRefused, SignOnUnavailable
from engine.model import SignOn
from engine.settings import Settings
from engine.single_sign_on import Person
from engine.sources import Clock

_log = logging.getLogger(__name__)

_TIMEOUT_S = 5
#: How long what the provider says of itself is taken as read.
_FRESH = timedelta(hours=1)
#: What a provider may sign with; never "none", and no secret that a client also has.
_ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA")
_LEEWAY_S = 60
_MAX_LOGOUT_AGE_S = 300
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, slots=True)
class _Known:
    metadata: Mapping[str, Any]
    keys: KeySet
    at: datetime


class Provider:
    """The one provider of the settings. Safe to share between threads."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = Lock()
        self._known: _Known | None = None

    @property
    def issuer(self) -> str:
        """Who it says to be."""
        return self._settings.oidc_issuer or ""

    @property
    def redirect_uri(self) -> str:
        """Where it sends people back to."""
        return f"{self._settings.base_url}/masuk/sso/kembali"

    def authorization_url(self, sign_on: SignOn, state: str) -> str:
        """Where the browser goes. Raises SignOnUnavailable."""
        endpoint = self._look().metadata["authorization_endpoint"]
        asked = {"prompt": "login"} if sign_on.account else {}
        with self._session() as session:
            url, _ = session.create_authorization_url(
                endpoint,
                state=state,
                code_verifier=sign_on.code_verifier,
                nonce=sign_on.nonce,
                **asked,
            )
        return cast(str, url)

    def person(self, answer: Mapping[str, str], sign_on: SignOn) -> Person:
        """Whom the provider proved by what the browser brought back.

        Raises SignOnRefused, SignOnUnavailable.
        """
        known = self._look()
        self._require_issuer(answer.get("iss"), known.metadata)
        if "error" in answer or "code" not in answer:
            _log.info("the provider refused a login: %s", answer.get("error", "no code"))
            raise SignOnRefused("provider")
        with self._session() as session:
            token = self._exchange(session, answer["code"], sign_on)
            claims = self._id_token(token.get("id_token"), sign_on.nonce)
            claims = {**self._user_info(session, claims), **claims}
        return self._person(claims)

    def _person(self, claims: Mapping[str, Any]) -> Person:
        groups = claims.get(self._settings.oidc_groups_claim) or ()
        listed = [groups] if isinstance(groups, str) else groups
        return Person(
            issuer=self.issuer,
            subject=str(claims["sub"]),
            name=str(claims.get("preferred_username") or ""),
            display_name=str(claims.get("name") or ""),
            groups=frozenset(str(each) for each in listed),
        )

    def logged_out(self, logout_token: str) -> str:
        """The subject that OpenID Connect Back-Channel Logout 1.0 §2.4 tells of.

        Raises SignOnRefused. A token without a subject is refused: sessions have no provider's id.
        """
        claims = self._decoded(logout_token)
        age = self._clock.now().timestamp() - float(claims.get("iat") or 0)
        events = claims.get("events")
        is_right = isinstance(events, dict) and _LOGOUT_EVENT in events and "nonce" not in claims
        if not is_right or abs(age) > _MAX_LOGOUT_AGE_S or not claims.get("sub"):
            raise SignOnRefused("token")
        return str(claims["sub"])

    # ---------------------------------------------------------------------- checking

    def _require_issuer(self, said: str | None, metadata: Mapping[str, Any]) -> None:
        """RFC 9207 §2.4: the answer is of the provider that was asked, where it says so."""
        is_promised = metadata.get("authorization_response_iss_parameter_supported") is True
        if said != self.issuer and (said is not None or is_promised):
            _log.warning("an answer of issuer %r came back; expected %r", said, self.issuer)
            raise SignOnRefused("issuer")

    def _id_token(self, text: object, nonce: str) -> dict[str, Any]:
        """OpenID Connect Core 1.0 §3.1.3.7."""
        claims = self._decoded(text, nonce={"essential": True, "value": nonce})
        audience = claims.get("aud")
        if isinstance(audience, list) and len(audience) > 1:
            party = claims.get("azp")
            if party != self._settings.oidc_client_id:
                _log.warning("the provider's ID token is for %r", party)
                raise SignOnRefused("token")
        return claims

    def _decoded(self, text: object, **more: Any) -> dict[str, Any]:
        """The claims of a token that the provider signed for us, and that has not expired."""
        claims = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._settings.oidc_client_id or ""},
            exp={"essential": True},
            iat={"essential": True},
            **more,
        )
        try:
            found = self._verified(str(text))
            claims.validate(found)
        except (JoseError, ValueError) as error:
            _log.warning("a token of the provider was refused: %s", error)
            raise SignOnRefused("token") from error
        return found

    def _verified(self, text: str) -> dict[str, Any]:
        try:
            return jwt.decode(text, self._look().keys, algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError):
            # It may have signed with a key that is new since it was asked.
            return jwt.decode(text, self._look(afresh=True).keys, algorithms=_ALGORITHMS).claims

    # ---------------------------------------------------------------------- network

    def _session(self) -> OAuth2Session:
        secret = self._settings.oidc_client_secret
        session = OAuth2Session(
            self._settings.oidc_client_id,
            secret,
            scope=self._settings.oidc_scopes,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            default_timeout=_TIMEOUT_S,
        )
        # No proxy of the environment may see the codes and secrets of the office's own provider.
        session.trust_env = False
        return session

    def _exchange(self, session: OAuth2Session, code: str, sign_on: SignOn) -> Mapping[str, Any]:
        try:
            found = session.fetch_token(
                self._look().metadata["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=sign_on.code_verifier,
            )
        except OAuthError as error:
            _log.warning("the provider refused a code: %s", error)
            raise SignOnRefused("provider") from error
        except (requests.RequestException, ValueError) as error:
            raise _unavailable(self.issuer, error) from error
        return cast("Mapping[str, Any]", found)

    def _user_info(self, session: OAuth2Session, claims: Mapping[str, Any]) -> Mapping[str, Any]:
        """What only its UserInfo endpoint says, as groups often are; of the same subject."""
        endpoint = self._look().metadata.get("userinfo_endpoint")
        if not endpoint or self._settings.oidc_groups_claim in claims:
            return {}
        try:
            response = session.get(endpoint, timeout=_TIMEOUT_S, allow_redirects=False)
            response.raise_for_status()
            found: Mapping[str, Any] = response.json()
        except (requests.RequestException, ValueError, OAuthError) as error:
            raise _unavailable(self.issuer, error) from error
        if found.get("sub") != claims["sub"]:
            raise SignOnRefused("token")
        return found

    def _look(self, *, afresh: bool = False) -> _Known:
        """What the provider says of itself: its endpoints and keys. Raises SignOnUnavailable."""
        with self._lock:
            now = self._clock.now()
            known = self._known
            if afresh or known is None or now - known.at > _FRESH:
                try:
                    known = self._asked(now)
                except (requests.RequestException, ValueError, KeyError, JoseError) as error:
                    raise _unavailable(self.issuer, error) from error
                self._known = known
            return known

    def _asked(self, now: datetime) -> _Known:
        with requests.Session() as session:
            session.trust_env = False
            metadata = _json(session, f"{self.issuer}/.well-known/openid-configuration")
            if metadata["issuer"] != self.issuer:
                raise ValueError(f"it says to be {metadata['issuer']!r}")
            keys = KeySet.import_key_set(cast(Any, _json(session, metadata["jwks_uri"])))
        return _Known(metadata, keys, now)


def _json(session: requests.Session, url: str) -> dict[str, Any]:
    response = session.get(url, timeout=_TIMEOUT_S, allow_redirects=False)
    response.raise_for_status()
    found = response.json()
    if response.status_code != requests.codes.ok or not isinstance(found, dict):
        raise ValueError(f"{url} answered {response.status_code}")
    return found


def _unavailable(issuer: str, error: Exception) -> SignOnUnavailable:
    _log.error("the provider %s cannot be used: %s", issuer, error)
    return SignOnUnavailable(issuer)
