"""Which passwords may be chosen, how they are hashed, and which were right a moment ago."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from threading import BoundedSemaphore, Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.errors import InvalidInput, TooManyHashes

#: Passwords hashed at the same time in one process, 19 MiB each; and how long others wait for it.
PARALLEL_HASHES = 4
HASH_WAIT_S = 5.0

MIN_LENGTH, MAX_LENGTH = 8, 128

#: Passwords that offices in Indonesia choose, beside those that are common everywhere.
_COMMON_HERE = frozenset(
    """
    00000000 11111111 11223344 12121212 123123123 12341234 12344321 12345678 123456789
    1234567890 123454321 123qweasd 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 22222222 55555555 66666666
    77777777 87654321 88888888 987654321 99999999 a1234567 a12345678 aa123456 aa12345678
    abc12345 abcd1234 abcdefgh admin123 admin1234 administrator asdf1234 asdfasdf asdfghjkl
    assalamualaikum baseball bismillah bismillah1 bismillah123 changeme computer doraemon
    dragon123 football garuda123 iloveyou indonesia indonesia1 indonesia123 internet jakarta1
    jakarta123 jayapura katasandi kucing123 letmein1 liverpool master123 merdeka45 michelle
    monkey123 p@ssw0rd pass1234 passw0rd password password1 password12 password123 password1234
    princess q1w2e3r4 qazwsxedc qwer1234 qwerty12 qwerty123 qwerty1234 qwertyui qwertyuiop
    rahasia1 rahasia123 rahasiaku sayangku samarinda semangat sunshine superman terserah
    trustno1 welcome1 whatever zaq12wsx
    """.split()  # noqa: SIM905 - a list of words is easier to read and to add to
)


@cache
def _common_passwords() -> frozenset[str]:
    """OWASP ASVS 5.0 §6.2.4: at least the 3,000 most common of this length; these are 11,000."""
    # By name, and when it is needed: reading its lists takes 70 ms of every command.
    everywhere = import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS["passwords"]
    return _COMMON_HERE | {each for each in everywhere if len(each) >= MIN_LENGTH}


def objection(name: str, password: str) -> str | None:
    """Why the account of that name may not have this password; None when it may."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return f"expected {MIN_LENGTH} to {MAX_LENGTH} characters"
    if password.casefold() == name.casefold():
        return "expected something other than the name of the account"
    if password.casefold() in _common_passwords():
        return "this is one of the most common passwords; choose another"
    try:
        password.encode()
    except UnicodeEncodeError:
        return "expected text without broken characters"
    return None


def owasp_hasher() -> PasswordHasher:
    """Argon2id as the OWASP password storage cheat sheet sets it: 19 MiB, 2 passes, 1 lane."""
    return PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)


class Passwords:
    """Hashes and compares passwords, so many at the same time and no more."""

    def __init__(
        self,
        hasher: PasswordHasher | None = None,
        *,
        parallel: int = PARALLEL_HASHES,
        wait_s: float = HASH_WAIT_S,
    ) -> None:
        self._hasher = hasher or owasp_hasher()
        self._turns = BoundedSemaphore(parallel)
        self._wait_s = wait_s

    def hash(self, name: str, password: str) -> str:
        """What is stored of a new password of that account.

        Raises InvalidInput when it may not be chosen, TooManyHashes.
        """
        if reason := objection(name, password):
            raise InvalidInput(f"password: {reason}", {"password": [reason]})
        return self.hash_secret(password)

    def hash_secret(self, secret: str) -> str:
        """What is stored of a secret that nobody chose. Raises TooManyHashes."""
        with self._turn():
            return self._hasher.hash(secret)

    def matches(self, password_hash: str, password: str) -> bool:
        """Whether that was stored of this password. Raises TooManyHashes."""
        try:
            with self._turn():
                return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError, UnicodeError):
            return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._wait_s):
            raise TooManyHashes
        try:
            yield
        finally:
            self._turns.release()


class ProvedPasswords:
    """Passwords that were right a moment ago, so that HTTP Basic need not hash on every request.

    Kept in this process only, as HMACs under a key that dies with it. A new password has another
    stored hash, so old proofs stop to count at once.
    """

    _LASTING = timedelta(minutes=5)
    _MOST = 1024

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._until: OrderedDict[bytes, datetime] = OrderedDict()
        self._lock = Lock()

    def proof(self, name: str, password: str, password_hash: str) -> bytes:
        """What stands for this password of this account."""
        parts = (name, password, password_hash)
        # Each part with its length, so that no two triples read the same.
        message = b"".join(
            len(part).to_bytes(4, "big") + part
            for part in (each.encode("utf-8", "surrogatepass") for each in parts)
        )
        return hmac.digest(self._key, message, "sha256")

    def holds(self, proof: bytes, now: datetime) -> bool:
        """Whether it was kept and still counts."""
        with self._lock:
            until = self._until.get(proof)
            return until is not None and now < until

    def keep(self, proof: bytes, now: datetime) -> None:
        """Let it count for a while; the oldest makes room."""
        with self._lock:
            self._until.pop(proof, None)
            self._until[proof] = now + self._LASTING
            while len(self._until) > self._MOST:
                self._until.popitem(last=False)
