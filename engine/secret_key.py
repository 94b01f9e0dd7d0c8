"""The office's secret key: seals what must be read again, and gives each purpose a key of its own.

What only has to be recognised (passwords, tokens) is hashed instead: passwords.py, sessions.py.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from engine.durable_files import PRIVATE, put_new
from engine.errors import SecretKeyUnusable
from engine.sources import Ids

#: Keys, the newest first, and a purpose.
_Of = tuple[tuple[str, ...], str]
_ADVICE = "set ALUR_SECRET_KEY to the same text in every process"


@dataclass(slots=True)
class SecretKey:
    """Reads the key when it is first needed; commands that seal nothing leave no file behind.

    given: the keys of ALUR_SECRET_KEY, the newest first. Without them the key stands in `file`,
    which is made when it is missing and nothing was sealed yet (`count_sealed`): a second key would
    hide that the first is lost. dies_with_process: so does the database, and one key is made.
    """

    ids: Ids = field(repr=False)
    given: tuple[str, ...] = field(default=(), repr=False)
    file: Path | None = None
    dies_with_process: bool = False
    count_sealed: Callable[[], int] = field(default=lambda: 0, repr=False)
    _found: tuple[str, ...] = field(default=(), repr=False)
    #: What was derived of the keys for a purpose: these are few, and a verification unseals very
    #: often.
    _derived: dict[_Of, tuple[bytes, ...]] = field(default_factory=dict, repr=False)
    _fernets: dict[_Of, MultiFernet] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def seal(self, purpose: str, text: str) -> str:
        """`text` encrypted and signed (Fernet), for `unseal` with the same purpose."""
        return self._fernet(purpose).encrypt(text.encode()).decode("ascii")

    def unseal(self, purpose: str, sealed: str) -> str:
        """What was sealed. SecretKeyUnusable when it was sealed with a key that is not here."""
        try:
            return self._fernet(purpose).decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SecretKeyUnusable(
                f"a secret ({purpose}) was sealed with another key than {self._place()}; put the "
                "former key behind the present one in ALUR_SECRET_KEY, or make the secret anew"
            ) from error

    def signing_keys(self, purpose: str) -> tuple[bytes, ...]:
        """32 bytes for a signature per key, the newest first: sign with it, accept all."""
        of = keys, _ = self._keys(), purpose
        found = self._derived.get(of)
        if found is None:
            found = self._derived[of] = tuple(_derived(key, purpose) for key in keys)
        return found

    def _fernet(self, purpose: str) -> MultiFernet:
        of = self._keys(), purpose
        found = self._fernets.get(of)
        if found is None:
            keys = [Fernet(base64.urlsafe_b64encode(each)) for each in self.signing_keys(purpose)]
            found = self._fernets[of] = MultiFernet(keys)
        return found

    def _keys(self) -> tuple[str, ...]:
        if self.given:
            return self.given
        with self._lock:
            if not self._found:
                self._found = (self._read_or_make(),)
        return self._found

    def _read_or_make(self) -> str:
        if self.dies_with_process:
            return self.ids.new_secret()
        if self.file is None:
            raise SecretKeyUnusable(
                f"ALUR_SECRET_KEY is not set, and there is no SQLite file to keep a key beside: "
                f"{_ADVICE}"
            )
        try:
            return _read(self.file)
        except FileNotFoundError:
            self._require_nothing_sealed(self.file)
            _make(self.file, self.ids.new_secret(), draft=self.ids.new_id())
            return _read(self.file)
        except (OSError, UnicodeError) as error:
            raise SecretKeyUnusable(
                f"{self.file}: the secret key cannot be read: {error}"
            ) from error

    def _require_nothing_sealed(self, file: Path) -> None:
        number = self.count_sealed()
        if number:
            raise SecretKeyUnusable(
                f"{file}: the secret key is not there, and {number} secrets of the database are "
                "sealed: restore the file from its backup, or set ALUR_SECRET_KEY as it was; only "
                "when it is lost for ever, put a new key there, as the README says"
            )

    def _place(self) -> str:
        if self.given:
            return "ALUR_SECRET_KEY"
        return f"the one in {self.file}" if self.file else "that of this process"


def beside(database: Path) -> Path:
    """Where the key of a SQLite file is kept: data/alur.db -> data/alur.secret-key."""
    return database.with_suffix(".secret-key")


def webhook_secret(ids: Ids) -> str:
    """A new secret of Standard Webhooks, "Signature scheme": 32 bytes in base64, after a prefix."""
    content = hashlib.sha256(ids.new_secret().encode()).digest()
    return "whsec_" + base64.b64encode(content).decode("ascii")


def _derived(key: str, purpose: str) -> bytes:
    """One key never serves two purposes: HMAC-SHA256 over the purpose."""
    return hmac.digest(key.encode(), f"alur:{purpose}".encode(), "sha256")


def _read(file: Path) -> str:
    text = file.read_text("ascii").strip()
    if not text:
        raise SecretKeyUnusable(f"{file}: expected a secret key, found nothing; restore the file")
    return text


def _make(file: Path, text: str, *, draft: str) -> None:
    """The file is there, whole, and only its owner may read it; a rival's file stays."""
    try:
        put_new(file, text.encode("ascii") + b"\n", draft=draft, mode=PRIVATE)
    except OSError as error:
        raise SecretKeyUnusable(f"{file}: the secret key cannot be made: {error}") from error
