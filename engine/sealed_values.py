"""The seal of a personal value: its text form, and how it is closed and opened.

alur:sealed:1:<key id>:<field>:<nonce and ciphertext, base64url>

AES-256-GCM (NIST SP 800-38D) over the value's JSON. The associated data is all before the last
colon and the instance, so that a seal opens in its instance only, and as its field only.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.model import Json
from engine.sources import Ids

PREFIX = "alur:sealed:1:"

_NONCE_BYTES = 12
#: The text is filled up with blanks to a multiple of so many bytes: its length tells little.
_BLOCK = 64


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal taken apart."""

    key_id: str
    field: str
    content: str

    def __str__(self) -> str:
        return f"{PREFIX}{self.key_id}:{self.field}:{self.content}"


def new_key(ids: Ids) -> bytes:
    """A data key: 256 random bits."""
    return hashlib.sha256(ids.new_secret().encode()).digest()


def close(value: Json, field: str, instance_id: str, *, key: tuple[str, bytes], ids: Ids) -> str:
    """The seal of a value. key: its id and bytes."""
    key_id, secret = key
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    filled = text.ljust(-len(text) % _BLOCK + len(text))
    nonce = hashlib.sha256(ids.new_secret().encode()).digest()[:_NONCE_BYTES]
    content = nonce + AESGCM(secret).encrypt(nonce, filled, _bound(key_id, field, instance_id))
    return str(Seal(key_id, field, base64.urlsafe_b64encode(content).decode("ascii")))


def open_seal(seal: Seal, instance_id: str, key: bytes) -> Json:
    """The value that was sealed.

    Raises ValueError when it was closed with another key, for another field or instance, or was
    changed since.
    """
    try:
        content = base64.b64decode(seal.content, altchars=b"-_", validate=True)
        nonce, text = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
        return json.loads(
            AESGCM(key).decrypt(nonce, text, _bound(seal.key_id, seal.field, instance_id))
        )
    except (InvalidTag, ValueError) as error:
        raise ValueError(f"seal of {seal.field} in instance {instance_id}: broken") from error


def _bound(key_id: str, field: str, instance_id: str) -> bytes:
    return f"{PREFIX}{key_id}:{field}:{instance_id}".encode()


# ------------------------------------------------------------------- in JSON


def seal_of(value: Json) -> Seal | None:
    """The seal that a value is; None when it is none, or looks like one only."""
    if not isinstance(value, str) or not value.startswith(PREFIX):
        return None
    parts = value.removeprefix(PREFIX).split(":")
    return Seal(*parts) if len(parts) == 3 and all(parts) else None


def seals_in(value: Json) -> Iterator[Seal]:
    """Every seal in a value, however deep."""
    if isinstance(value, str):
        seal = seal_of(value)
        if seal is not None:
            yield seal
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from seals_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from seals_in(each)


def has_seal(value: Json) -> bool:
    """Whether a seal is in it, however deep."""
    return next(seals_in(value), None) is not None


def without_seals(value: Any, instead: Callable[[Seal], Json]) -> Any:
    """The value with something instead of each seal; the very same one when it has none."""
    if isinstance(value, str):
        seal = seal_of(value)
        return value if seal is None else instead(seal)
    if isinstance(value, Mapping):
        changed = {name: without_seals(each, instead) for name, each in value.items()}
        return changed if any(changed[name] is not value[name] for name in changed) else value
    if isinstance(value, list | tuple):
        each_changed = [without_seals(each, instead) for each in value]
        is_same = all(new is old for new, old in zip(each_changed, value, strict=True))
        return value if is_same else each_changed
    return value
