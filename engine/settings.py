"""What an operator may set, read once from the environment; the only reader of it."""

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
from engine.receivers import allowed_receivers, check_url

#: Every variable and what it does. The README names each, and a test compares.
VARIABLES: Mapping[str, str] = {
    "ALUR_DATABASE_URL": "Where everything is kept: sqlite:///path or postgresql://host/name.",
    "ALUR_HOST": "The address that the server listens on.",
    "ALUR_PORT": "The port that the server listens on; PORT is read when it is not set.",
    "ALUR_THREADS": "How many requests are answered at the same time.",
    "ALUR_TIME_ZONE": "The IANA time zone of working hours and of times on pages.",
    "ALUR_DEMO_PASSWORD": "The password that the demo gives to its accounts.",
    "ALUR_SESSION_IDLE_MINUTES": "After how many idle minutes a login ends.",
    "ALUR_SESSION_HOURS": "After how many hours a login ends in any case.",
    "ALUR_SECURE_COOKIES": "true when browsers reach Alur by https only.",
    "ALUR_REQUIRE_SECOND_FACTOR": "Whether an admin who logs in by password needs a one-time code.",
    "ALUR_OIDC_ISSUER": "The issuer of the office's single sign-on (OpenID Connect).",
    "ALUR_OIDC_CLIENT_ID": "What Alur is called there.",
    "ALUR_OIDC_CLIENT_SECRET": "Its secret there; none for a public client.",
    "ALUR_OIDC_SCOPES": "What is asked of the single sign-on.",
    "ALUR_OIDC_GROUPS_CLAIM": "The claim that lists a person's groups.",
    "ALUR_OIDC_GROUPS": "What groups give: JSON, or a file of it.",
    "ALUR_OIDC_PROVISION": "Whether somebody unknown whose group gives something gets an account.",
    "ALUR_TRUSTED_PROXIES": "How many proxies in front of Alur tell the address of who asks.",
    "ALUR_WRITES_PER_MINUTE": "How many writing requests an account has in a minute; 0: any.",
    "ALUR_BASE_URL": "The address that links in messages begin with.",
    "ALUR_SECRET_KEY": "What seals secrets and signs links; several, the newest first, by blanks.",
    "ALUR_CHECKPOINTS": "The folder, outside of the database, that checkpoints are written to.",
    "ALUR_CHECKPOINT_KEY": "The file of the key that signs checkpoints.",
    "ALUR_LINK_HOURS": "After how many hours a link to a task expires.",
    "ALUR_MAX_FILE_MB": "How large a document may be, in megabytes.",
    "ALUR_DEADLINE_RULE": "From when minutes and hours count: from_claim or from_available.",
    "ALUR_WEBHOOK_ALLOW": "Inside hosts and networks that web hooks may be sent to, by commas.",
    "ALUR_WEBHOOK_CA_FILE": "Whose certificates receivers of web hooks may show, as PEM.",
    "ALUR_SMTP_URL": "The mail server: smtp+starttls://user:password@host:587.",
    "ALUR_MAIL_FROM": "The address that mail is sent from.",
    "ALUR_GATEWAY_URL": "The gateway to WhatsApp, Telegram or SMS that tells people of tasks.",
    "ALUR_GATEWAY_SECRET": "What signs the messages to the gateway: whsec_ and base64.",
    "ALUR_REMIND_BEFORE": "How long before a task is due it is reminded of: 30m, 12h, 1d.",
    "ALUR_LEADER_LANES": "Lanes whose people find the dashboard in the menu, by commas.",
    "ALUR_SUBSTITUTION_DAYS": "How long a substitution of a kind lasts without a warning.",
    "ALUR_LOG_LEVEL": "The least severe log message that is written.",
    "ALUR_LOG_FORMAT": "How the log is written: text or json.",
    "ALUR_METRICS_TOKEN": "What Prometheus shows to read /metrics from elsewhere.",
}

#: As long as 192 random bits in base64.
MIN_SECRET_KEY_LENGTH = 32

#: Of a token that a person may make up; it is long enough to be no word.
MIN_TOKEN_LENGTH = 16

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LOG_FORMATS = ("text", "json")
#: Stricter than RFC 5322: no comments, no quoted words, nothing that could begin another header.
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_HOST = re.compile(r"(?=.*[a-z])[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_SMTP_SCHEMES = {"smtp": ("none", 25), "smtp+starttls": ("starttls", 587), "smtps": ("tls", 465)}

#: What one Perbup says; BKN's letters say less. Each office has its own rule.
_SUBSTITUTION_DAYS = {SubstitutionKind.PLT: 366, SubstitutionKind.PLH: 92}
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_DEADLINE_RULES = ("from_claim", "from_available")
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


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults; `from_environ` fills them."""

    database_url: str = field(default="sqlite:///data/alur.db", repr=False)
    host: str = "127.0.0.1"
    port: int = 8080
    threads: int = 8
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Jakarta"))
    demo_password: str | None = field(default=None, repr=False)
    session_idle_minutes: int = 30
    session_hours: int = 12
    secure_cookies: bool = False
    require_second_factor: bool = False
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = field(default=None, repr=False)
    oidc_scopes: str = "openid profile"
    oidc_groups_claim: str = "groups"
    oidc_groups: Mapping[str, Grant] = field(default_factory=dict)
    oidc_provision: bool = False
    trusted_proxies: int = 0
    writes_per_minute: int = 600
    base_url: str | None = None
    #: The newest first; the others only open what they sealed.
    secret_key: tuple[str, ...] = field(default=(), repr=False)
    #: None: beside a SQLite file, and nowhere with PostgreSQL.
    checkpoints: Path | None = None
    checkpoint_key: Path | None = None
    link_hours: int = 72
    max_file_mb: int = 20
    deadline_rule: str = "from_claim"
    webhook_allow: tuple[str, ...] = ()
    webhook_ca_file: str | None = None
    smtp_url: SmtpServer | None = None
    mail_from: str | None = None
    gateway_url: str | None = None
    gateway_secret: str | None = field(default=None, repr=False)
    remind_before: timedelta = timedelta(days=1)
    leader_lanes: frozenset[str] = frozenset({"Kadis"})
    substitution_days: Mapping[SubstitutionKind, int] = field(
        default_factory=lambda: dict(_SUBSTITUTION_DAYS)
    )
    log_level: str = "INFO"
    log_format: str = "text"
    metrics_token: str | None = field(default=None, repr=False)


def from_environ(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`; an empty variable counts as not set.

    Raises InvalidInput naming the variable, what was expected and what was found.
    """
    readers: list[tuple[str, str, Callable[[str, str], Any]]] = [
        ("database_url", "ALUR_DATABASE_URL", _text),
        ("host", "ALUR_HOST", _text),
        ("port", "PORT", _whole_number(0, 65535)),
        ("port", "ALUR_PORT", _whole_number(0, 65535)),
        ("threads", "ALUR_THREADS", _whole_number(1, 256)),
        ("time_zone", "ALUR_TIME_ZONE", _time_zone),
        ("demo_password", "ALUR_DEMO_PASSWORD", _text),
        ("session_idle_minutes", "ALUR_SESSION_IDLE_MINUTES", _whole_number(1, 1440)),
        ("session_hours", "ALUR_SESSION_HOURS", _whole_number(1, 720)),
        ("secure_cookies", "ALUR_SECURE_COOKIES", _truth),
        ("writes_per_minute", "ALUR_WRITES_PER_MINUTE", _whole_number(0, 1_000_000)),
        ("require_second_factor", "ALUR_REQUIRE_SECOND_FACTOR", _truth),
        ("oidc_issuer", "ALUR_OIDC_ISSUER", _web_address_as_it_is),
        ("oidc_client_id", "ALUR_OIDC_CLIENT_ID", _text),
        ("oidc_client_secret", "ALUR_OIDC_CLIENT_SECRET", _text),
        ("oidc_scopes", "ALUR_OIDC_SCOPES", _text),
        ("oidc_groups_claim", "ALUR_OIDC_GROUPS_CLAIM", _text),
        ("oidc_groups", "ALUR_OIDC_GROUPS", _grants),
        ("oidc_provision", "ALUR_OIDC_PROVISION", _truth),
        ("trusted_proxies", "ALUR_TRUSTED_PROXIES", _whole_number(0, 10)),
        ("base_url", "ALUR_BASE_URL", _web_address),
        ("secret_key", "ALUR_SECRET_KEY", _secret_key),
        ("checkpoints", "ALUR_CHECKPOINTS", _path),
        ("checkpoint_key", "ALUR_CHECKPOINT_KEY", _path),
        ("link_hours", "ALUR_LINK_HOURS", _whole_number(1, 720)),
        ("max_file_mb", "ALUR_MAX_FILE_MB", _whole_number(1, 200)),
        ("deadline_rule", "ALUR_DEADLINE_RULE", _one_of(*_DEADLINE_RULES)),
        ("webhook_allow", "ALUR_WEBHOOK_ALLOW", _receivers),
        ("webhook_ca_file", "ALUR_WEBHOOK_CA_FILE", _file),
        ("smtp_url", "ALUR_SMTP_URL", _smtp_server),
        ("mail_from", "ALUR_MAIL_FROM", _mail_address),
        ("gateway_url", "ALUR_GATEWAY_URL", _text),
        ("gateway_secret", "ALUR_GATEWAY_SECRET", _webhook_secret),
        ("remind_before", "ALUR_REMIND_BEFORE", _duration),
        ("leader_lanes", "ALUR_LEADER_LANES", _names),
        ("substitution_days", "ALUR_SUBSTITUTION_DAYS", _days_by_kind),
        ("log_level", "ALUR_LOG_LEVEL", _log_level),
        ("log_format", "ALUR_LOG_FORMAT", _log_format),
        ("metrics_token", "ALUR_METRICS_TOKEN", _token),
    ]
    found = {
        name: read(variable, environ[variable].strip())
        for name, variable, read in readers
        if environ.get(variable, "").strip()
    }
    settings = Settings(**found)
    if settings.smtp_url and not settings.mail_from:
        raise _refusal("ALUR_MAIL_FROM", "an address, since ALUR_SMTP_URL is set", "")
    _require_together(settings)
    _require_gateway(settings)
    _require_checkpoint_key(settings)
    return settings


def _require_together(settings: Settings) -> None:
    """A single sign-on needs a name for Alur there, and an address to come back to."""
    if settings.oidc_issuer is None:
        return
    for variable, value in (
        ("ALUR_OIDC_CLIENT_ID", settings.oidc_client_id),
        ("ALUR_BASE_URL", settings.base_url),
    ):
        if value is None:
            raise _refusal(variable, "a value, since ALUR_OIDC_ISSUER is set", "")


def _require_checkpoint_key(settings: Settings) -> None:
    """Beside a SQLite file there is a place for the key; a PostgreSQL has none on this machine."""
    is_sqlite = settings.database_url.startswith("sqlite")
    if settings.checkpoints is None or settings.checkpoint_key or is_sqlite:
        return
    expected = "a file, since ALUR_CHECKPOINTS is set and the database is a PostgreSQL"
    raise _refusal("ALUR_CHECKPOINT_KEY", expected, "")


def _require_gateway(settings: Settings) -> None:
    """A gateway is called like any web hook: signed, and only where that is allowed."""
    if settings.gateway_url is None:
        return
    if settings.gateway_secret is None:
        raise _refusal("ALUR_GATEWAY_SECRET", "a secret, since ALUR_GATEWAY_URL is set", "")
    try:
        check_url(settings.gateway_url, allowed_receivers(settings.webhook_allow))
    except InvalidInput as error:
        reason = str(error).removeprefix("url: ")
        raise InvalidInput(f"ALUR_GATEWAY_URL: {reason}", {"ALUR_GATEWAY_URL": [reason]}) from error


def _text(_variable: str, value: str) -> str:
    return value


def _whole_number(least: int, most: int) -> Callable[[str, str], int]:
    def read(variable: str, value: str) -> int:
        if value.isascii() and value.isdigit() and least <= int(value[:9]) <= most:
            return int(value)
        raise _refusal(variable, f"a whole number from {least} to {most}", value)

    return read


def _truth(variable: str, value: str) -> bool:
    truth = _TRUTHS.get(value.lower())
    if truth is None:
        raise _refusal(variable, "true or false", value)
    return truth


def _time_zone(variable: str, value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    # A missing zone is a KeyError, a path out of the database a ValueError, a folder an OSError.
    except (KeyError, ValueError, OSError) as error:
        raise _refusal(variable, "an IANA time zone such as Asia/Jakarta", value) from error


def _web_address(variable: str, value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise _refusal(variable, "an address that begins with http:// or https://", value)
    return value.rstrip("/")


def _days_by_kind(variable: str, value: str) -> Mapping[SubstitutionKind, int]:
    expected = "days by kind such as plt=366,plh=92 (plt, plh, an, ub), or none"
    if value.lower() == "none":
        return {}
    names = {"".join(c for c in kind if c.isalpha()).lower(): kind for kind in SubstitutionKind}
    found = {}
    for entry in value.split(","):
        name, _, days = (part.strip() for part in entry.partition("="))
        if name.lower() not in names or not (days.isascii() and days.isdigit()) or len(days) > 5:
            raise _refusal(variable, expected, value)
        found[names[name.lower()]] = int(days)
    return found


def _secret_key(variable: str, value: str) -> tuple[str, ...]:
    keys = tuple(value.split())
    if any(len(key) < MIN_SECRET_KEY_LENGTH for key in keys):
        expected = f"{MIN_SECRET_KEY_LENGTH} characters or more in each key"
        # What was found is a secret, and stays out of the log.
        raise InvalidInput(f"{variable}: expected {expected}", {variable: [f"expected {expected}"]})
    return keys


def _one_of(*choices: str) -> Callable[[str, str], str]:
    def read(variable: str, value: str) -> str:
        if value.lower() not in choices:
            raise _refusal(variable, "one of " + ", ".join(choices), value)
        return value.lower()

    return read


def _names(_variable: str, value: str) -> frozenset[str]:
    return frozenset(each.strip() for each in value.split(",")) - {""}


def _receivers(variable: str, value: str) -> tuple[str, ...]:
    entries = tuple(each.strip().lower() for each in value.split(",") if each.strip())
    for entry in entries:
        if not (_HOST.fullmatch(entry) or _is_network(entry)):
            raise _refusal(variable, "hosts and networks such as gw.dinas.go.id,10.1.0.0/16", entry)
    return entries


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _file(variable: str, value: str) -> str:
    if not Path(value).is_file():
        raise _refusal(variable, "a file that is there", value)
    return value


def _path(_variable: str, value: str) -> Path:
    return Path(value)


def _smtp_server(variable: str, value: str) -> SmtpServer:
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


def _mail_address(variable: str, value: str) -> str:
    if not MAIL_ADDRESS.fullmatch(value):
        raise _refusal(variable, "a mail address such as alur@dinas.go.id", value)
    return value


def _web_address_as_it_is(variable: str, value: str) -> str:
    """An issuer is compared letter by letter, with the slash that it may end with."""
    _web_address(variable, value)
    return value


def _grants(variable: str, value: str) -> Mapping[str, Grant]:
    expected = 'JSON {"group": {"lanes": ["Kadis"], "roles": ["staff"]}}, or a file of it'
    try:
        text = value if value.startswith("{") else Path(value).read_text(encoding="utf-8")
        found = json.loads(text)
        return {str(group): _grant(given) for group, given in found.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise _refusal(variable, expected, f"{value} ({error})") from error


def _grant(given: Mapping[str, Any]) -> Grant:
    unknown = sorted(set(given) - {"lanes", "roles"})
    lists = [given.get("lanes", []), given.get("roles", [])]
    if unknown or not all(isinstance(each, list) for each in lists):
        raise ValueError(f"a group gives lists of lanes and of roles, found {given}")
    if not all(isinstance(each, str) for names in lists for each in names):
        raise ValueError(f"lanes and roles are texts, found {given}")
    return Grant(frozenset(lists[0]), frozenset(lists[1]))


def _duration(variable: str, value: str) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", value.lower())
    if found is None:
        raise _refusal(variable, "minutes, hours or days such as 30m, 12h or 1d", value)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _log_level(variable: str, value: str) -> str:
    if value.upper() not in _LOG_LEVELS:
        raise _refusal(variable, "one of " + ", ".join(_LOG_LEVELS), value)
    return value.upper()


def _log_format(variable: str, value: str) -> str:
    if value.lower() not in _LOG_FORMATS:
        raise _refusal(variable, "one of " + ", ".join(_LOG_FORMATS), value)
    return value.lower()


def _token(variable: str, value: str) -> str:
    if len(value) < MIN_TOKEN_LENGTH or not (value.isascii() and value.isprintable()):
        expected = f"at least {MIN_TOKEN_LENGTH} printable ASCII characters"
        # What was found is a secret, or nearly one.
        raise InvalidInput(f"{variable}: expected {expected}", {variable: [f"expected {expected}"]})
    return value


def _webhook_secret(variable: str, value: str) -> str:
    """Standard Webhooks, "Signature scheme": 24 to 64 bytes in base64 after a prefix."""
    try:
        size = len(b64decode(value.removeprefix("whsec_"), validate=True))
    except ValueError:
        size = 0
    if not value.startswith("whsec_") or not 24 <= size <= 64:
        expected = "whsec_ and 24 to 64 random bytes in base64"
        # What was found is a secret, or nearly one.
        raise InvalidInput(f"{variable}: expected {expected}", {variable: [f"expected {expected}"]})
    return value


def _refusal(variable: str, expected: str, found: str) -> InvalidInput:
    return InvalidInput(
        f"{variable}: expected {expected}, found {found!r}", {variable: [f"expected {expected}"]}
    )
