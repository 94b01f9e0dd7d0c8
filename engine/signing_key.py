"""The key that signs checkpoints: Ed25519 (RFC 8032), in a file outside of the database."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from engine.durable_files import PRIVATE, keep_names, put_new
from engine.errors import SigningKeyUnusable
from engine.sources import Ids


@dataclass(slots=True)
class SigningKey:
    """A private key in a PEM file (PKCS #8), readable by its owner only; read when needed."""

    file: Path
    ids: Ids = field(repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def sign(self, content: bytes) -> str:
        """The signature in base64. Raises SigningKeyUnusable."""
        return _base64(_read(self.file).sign(content))

    def public(self) -> str:
        """The public key in base64. Raises SigningKeyUnusable."""
        return _public(_read(self.file))

    def make(self) -> None:
        """There is a key; one that is there stays."""
        with self._lock:
            if not self.file.exists():
                self._write(self.file)

    def next_public(self) -> str:
        """The public key that `turn_over` will put in place; it is made when there is none."""
        with self._lock:
            if not self._next.exists():
                self._write(self._next)
        return _public(_read(self._next))

    def turn_over(self, public: str) -> None:
        """The next key is in place when it is the one of `public`; the old one is gone."""
        with self._lock:
            if self._next.exists() and _public(_read(self._next)) == public:
                try:
                    self._next.replace(self.file)
                    keep_names(self.file.parent)
                except OSError as error:
                    raise _refusal(self.file, "cannot be replaced", error) from error

    @property
    def _next(self) -> Path:
        return self.file.with_name(self.file.name + ".next")

    def _write(self, file: Path) -> None:
        seed = hashlib.sha256(self.ids.new_secret().encode()).digest()
        private = Ed25519PrivateKey.from_private_bytes(seed)
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            put_new(file, pem, draft=self.ids.new_id(), mode=PRIVATE)
        except OSError as error:
            raise _refusal(file, "cannot be made", error) from error


def is_signed(content: bytes, signature: str, public: str) -> bool:
    """Whether the signature (base64) over `content` was made with the key of this public half."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _read(file: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except FileNotFoundError as error:
        raise SigningKeyUnusable(
            f"{file}: the key that signs checkpoints is not there; restore it from its backup, or "
            "say how it was lost: `alur checkpoint --lost-key REASON`"
        ) from error
    except (OSError, ValueError, TypeError) as error:
        raise _refusal(file, "cannot be read", error) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyUnusable(f"{file}: expected an Ed25519 private key, found another kind")
    return key


def _refusal(file: Path, what: str, error: Exception) -> SigningKeyUnusable:
    return SigningKeyUnusable(f"{file}: the key that signs checkpoints {what}: {error}")


def _public(key: Ed25519PrivateKey) -> str:
    return _base64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
