"""How each kind of setting is read: a text of the environment becomes what it means.

A reader takes the variable's name and its text, and raises InvalidInput naming the variable, what
was expected and, unless it is a secret, what was found.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from engine.errors import InvalidInput
from engine.model import SubstitutionKind

#: As long as 192 random bits in base64.
MIN_SECRET_KEY_LENGTH = 32

#: Of a token that a person may make up; it is long enough to be no word.
MIN_TOKEN_LENGTH = 16

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
#: Stricter than RFC 5322: no comments, no quoted words, nothing that could begin another header.
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_HOST = re.compile(r"(?=.*[a-z])[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_SMTP_SCHEMES = {"smtp": ("none", 25), "smtp+starttls": ("starttls", 587), "smtps": ("tls", 465)}

_LOG_FORMATS = ("text", "json")
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in. `security`: "none", "starttls" or "tls" from the first byte."""

    host: str
    port: int
    security: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a group of the single sign-on gives."""

    lanes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether it gives anything."""
        return bool(self.lanes or self.roles)


def text(_variable: str, value: str) -> str:
    """Any text."""
    return value


def whole_number(least: int, most: int) -> Callable[[str, str], int]:
    """A reader of whole numbers from `least` to `most`."""

    def read(variable: str, value: str) -> int:
        if value.isascii() and value.isdigit() and least <= int(value[:9]) <= most:
            return int(value)
        raise refusal(variable, f"a whole number from {least} to {most}", value)

    return read


def truth(variable: str, value: str) -> bool:
    """True or false, in one of the words that people write."""
    found = _TRUTHS.get(value.lower())
    if found is None:
        raise refusal(variable, "true or false", value)
    return found


def time_zone(variable: str, value: str) -> ZoneInfo:
    """A zone of the IANA database."""
    try:
        return ZoneInfo(value)
    # A missing zone is a KeyError, a path out of the database a ValueError, a folder an OSError.
    except (KeyError, ValueError, OSError) as error:
        raise refusal(variable, "an IANA time zone such as Asia/Jakarta", value) from error


def web_address(variable: str, value: str) -> str:
    """An address by http or https, without the slash that it may end with."""
    if not value.startswith(("http://", "https://")):
        raise refusal(variable, "an address that begins with http:// or https://", value)
    return value.rstrip("/")


def days_by_kind(variable: str, value: str) -> Mapping[SubstitutionKind, int]:
    """Days by kind of substitution: plt=366,plh=92; none: no kind has a limit."""
    expected = "days by kind such as plt=366,plh=92 (plt, plh, an, ub), or none"
    if value.lower() == "none":
        return {}
    kinds = {"".join(c for c in kind if c.isalpha()).lower(): kind for kind in SubstitutionKind}
    found = {}
    for entry in value.split(","):
        name, _, days = (part.strip() for part in entry.partition("="))
        if name.lower() not in kinds or not (days.isascii() and days.isdigit()) or len(days) > 5:
            raise refusal(variable, expected, value)
        found[kinds[name.lower()]] = int(days)
    return found


def secret_key(variable: str, value: str) -> tuple[str, ...]:
    """Keys, the newest first, by blanks; each of MIN_SECRET_KEY_LENGTH characters or more."""
    keys = tuple(value.split())
    if any(len(key) < MIN_SECRET_KEY_LENGTH for key in keys):
        expected = f"{MIN_SECRET_KEY_LENGTH} characters or more in each key"
        # What was found is a secret, and stays out of the log.
        raise InvalidInput(f"{variable}: expected {expected}", {variable: [f"expected {expected}"]})
    return keys


def one_of(*choices: str) -> Callable[[str, str], str]:
    """A reader of one of the words, in lower case."""

    def read(variable: str, value: str) -> str:
        if value.lower() not in choices:
            raise refusal(variable, "one of " + ", ".join(choices), value)
        return value.lower()

    return read


def names(_variable: str, value: str) -> frozenset[str]:
    """Names by commas."""
    return frozenset(each.strip() for each in value.split(",")) - {""}


def receivers(variable: str, value: str) -> tuple[str, ...]:
    """Hosts and networks by commas."""
    entries = tuple(each.strip().lower() for each in value.split(",") if each.strip())
    for entry in entries:
        if not (_HOST.fullmatch(entry) or _is_network(entry)):
            raise refusal(variable, "hosts and networks such as gw.dinas.go.id,10.1.0.0/16", entry)
    return entries


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def existing_file(variable: str, value: str) -> str:
    """The path of a file that is there."""
    if not Path(value).is_file():
        raise refusal(variable, "a file that is there", value)
    return value


def path(_variable: str, value: str) -> Path:
    """Any path; nothing needs to be there yet."""
    return Path(value)


def smtp_server(variable: str, value: str) -> SmtpServer:
    """A mail server as an address: scheme, credentials, host and port."""
    try:
        parts = urlsplit(value)
        security, port = _SMTP_SCHEMES[parts.scheme]
        host, port = parts.hostname or "", parts.port or port
    # Another scheme is a KeyError, a port that is none a ValueError.
    except (KeyError, ValueError) as error:
        raise _smtp_refusal(variable) from error
    user, password = parts.username, parts.password
    if not host or (password and security == "none") or (user is None) != (password is None):
        raise _smtp_refusal(variable)
    return SmtpServer(host, port, security, user and unquote(user), password and unquote(password))


def _smtp_refusal(variable: str) -> InvalidInput:
    # What was found may hold a password, and stays out of the log.
    expected = (
        "smtp://host, smtp+starttls://user:password@host:587 or smtps://user:password@host "
        "(a password travels encrypted only)"
    )
    return InvalidInput(f"{variable}: expected {expected}", {variable: [f"expected {expected}"]})


def mail_address(variable: str, value: str) -> str:
    """One mail address, without a name."""
    if not MAIL_ADDRESS.fullmatch(value):
        raise refusal(variable, "a mail address such as alur@dinas.go.id", value)
    return value


def web_address_as_it_is(variable: str, value: str) -> str:
    """An issuer is compared letter by letter, with the slash that it may end with."""
    web_address(variable, value)
    return value


def grants(variable: str, value: str) -> Mapping[str, Grant]:
    """What groups of the single sign-on give: JSON, or the path of a file of it."""
    expected = 'JSON {"group": {"lanes": ["Kadis"], "roles": ["staff"]}}, or a file of it'
    try:
        content = value if value.startswith("{") else Path(value).read_text(encoding="utf-8")
        found = json.loads(content)
        return {str(group): _grant(given) for group, given in found.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise refusal(variable, expected, f"{value} ({error})") from error


def _grant(given: Mapping[str, Any]) -> Grant:
    unknown = sorted(set(given) - {"lanes", "roles"})
    lists = [given.get("lanes", []), given.get("roles", [])]
    if unknown or not all(isinstance(each, list) for each in lists):
        raise ValueError(f"a group gives lists of lanes and of roles, found {given}")
    if not all(isinstance(each, str) for names in lists for each in names):
        raise ValueError(f"lanes and roles are texts, found {given}")
    return Grant(frozenset(lists[0]), frozenset(lists[1]))


def duration(variable: str, value: str) -> timedelta:
    """Minutes, hours or days: 30m, 12h, 1d."""
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", value.lower())
    if found is None:
        raise refusal(variable, "minutes, hours or days such as 30m, 12h or 1d", value)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def log_level(variable: str, value: str) -> str:
    """A level of Python's logging, in any case."""
    if value.upper() not in _LOG_LEVELS:
        raise refusal(variable, "one of " + ", ".join(_LOG_LEVELS), value)
    return value.upper()


def log_format(variable: str, value: str) -> str:
    """Text or json, in any case."""
    if value.lower() not in _LOG_FORMATS:
        raise refusal(variable, "one of " + ", ".join(_LOG_FORMATS), value)
    return value.lower()


def token(variable: str, value: str) -> str:
    """A secret that a header can carry; of MIN_TOKEN_LENGTH characters or more."""
    if len(value) < MIN_TOKEN_LENGTH or not (value.isascii() and value.isprintable()):
        expected = f"at least {MIN_TOKEN_LENGTH} printable ASCII characters"
        # What was found is a secret, or nearly one.
        raise InvalidInput(f"{variable}: expected {expected}", {variable: [f"expected {expected}"]})
    return value


def webhook_secrets(variable: str, value: str) -> tuple[str, ...]:
    """Secrets of Standard Webhooks, the newest first, by blanks."""
    secrets = tuple(value.split())
    if not all(map(_is_webhook_secret, secrets)):
        expected = "whsec_ and 24 to 64 random bytes in base64; several by blanks"
        # What was found is a secret, or nearly one.
        raise InvalidInput(f"{variable}: expected {expected}", {variable: [f"expected {expected}"]})
    return secrets


def _is_webhook_secret(text: str) -> bool:
    """Standard Webhooks, "Signature scheme": 24 to 64 bytes in base64 after a prefix."""
    try:
        size = len(b64decode(text.removeprefix("whsec_"), validate=True))
    except ValueError:
        return False
    return text.startswith("whsec_") and 24 <= size <= 64


def refusal(variable: str, expected: str, found: str) -> InvalidInput:
    """The error that names the variable, what was expected and what was found."""
    return InvalidInput(
        f"{variable}: expected {expected}, found {found!r}", {variable: [f"expected {expected}"]}
    )
