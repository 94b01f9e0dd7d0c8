"""The token in the address of a link: the link's secret under a signature of this office.

The signature keeps guesses away from the database; whether the link still counts, the engine says.
"""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeSerializer

from engine.errors import NotFound
from engine.process_engine import ProcessEngine

_PURPOSE = "task link"


#: Where links are answered.
PATH = "/hook"


def require_link_key(engine: ProcessEngine) -> None:
    """Raises SecretKeyUnusable, before a link is kept that nobody could be told."""
    _serializer(engine)


def link_url(engine: ProcessEngine, secret: str, base_url: str) -> str:
    """The address that stands for this secret."""
    return f"{base_url}{PATH}/{_serializer(engine).dumps(secret)}"


def secret_in(engine: ProcessEngine, token: str) -> str:
    """The secret that was signed. Raises NotFound for whatever this office did not sign."""
    try:
        secret = _serializer(engine).loads(token)
    except BadSignature as error:
        raise NotFound("task link", "…") from error
    return str(secret)


def _serializer(engine: ProcessEngine) -> URLSafeSerializer:
    # itsdangerous signs with the last of its keys, and accepts all.
    keys = [*reversed(engine.secret_key.signing_keys(_PURPOSE))]
    return URLSafeSerializer(keys, salt=_PURPOSE)
