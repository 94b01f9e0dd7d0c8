"""What an operator may set, read once from the environment; the only reader of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine import setting_values as values
from engine.errors import InvalidInput
from engine.model import SubstitutionKind
from engine.receivers import allowed_receivers, check_url
from engine.setting_values import Grant, SmtpServer

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
    "ALUR_LOGINS_PER_MINUTE": "How many logins may be tried from one address in a minute; 0: any.",
    "ALUR_BASE_URL": "The address that links in messages begin with.",
    "ALUR_SECRET_KEY": "What seals secrets and signs links; several, the newest first, by blanks.",
    "ALUR_CHECKPOINTS": "The folder, outside of the database, that checkpoints are written to.",
    "ALUR_CHECKPOINT_KEY": "The file of the key that signs checkpoints.",
    "ALUR_BACKUPS": "The folder that `alur backup` writes to, on another disk.",
    "ALUR_LINK_HOURS": "After how many hours a link to a task expires.",
    "ALUR_MAX_FILE_MB": "How large a document may be, in megabytes.",
    "ALUR_DEADLINE_RULE": "From when minutes and hours count: from_claim or from_available.",
    "ALUR_WEBHOOK_ALLOW": "Inside hosts and networks that web hooks may be sent to, by commas.",
    "ALUR_WEBHOOK_CA_FILE": "Whose certificates receivers of web hooks may show, as PEM.",
    "ALUR_SMTP_URL": "The mail server: smtp+starttls://user:password@host:587.",
    "ALUR_MAIL_FROM": "The address that mail is sent from.",
    "ALUR_GATEWAY_URL": "The gateway to WhatsApp, Telegram or SMS that tells people of tasks.",
    "ALUR_GATEWAY_SECRET": "What signs messages to the gateway: whsec_...; several by blanks.",
    "ALUR_REMIND_BEFORE": "How long before a task is due it is reminded of: 30m, 12h, 1d.",
    "ALUR_LEADER_LANES": "Lanes whose people find the dashboard in the menu, by commas.",
    "ALUR_SUBSTITUTION_DAYS": "How long a substitution of a kind lasts without a warning.",
    "ALUR_LOG_LEVEL": "The least severe log message that is written.",
    "ALUR_LOG_FORMAT": "How the log is written: text or json.",
    "ALUR_METRICS_TOKEN": "What Prometheus shows to read /metrics from elsewhere.",
}

#: What one Perbup says; BKN's letters say less. Each office has its own rule.
_SUBSTITUTION_DAYS = {SubstitutionKind.PLT: 366, SubstitutionKind.PLH: 92}
_DEADLINE_RULES = ("from_claim", "from_available")


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
    logins_per_minute: int = 120
    base_url: str | None = None
    #: The newest first; the others only open what they sealed.
    secret_key: tuple[str, ...] = field(default=(), repr=False)
    #: None: beside a SQLite file, and nowhere with PostgreSQL.
    checkpoints: Path | None = None
    checkpoint_key: Path | None = None
    #: Where backups are written to and looked for.
    backups: Path | None = None
    link_hours: int = 72
    max_file_mb: int = 20
    deadline_rule: str = "from_claim"
    webhook_allow: tuple[str, ...] = ()
    webhook_ca_file: str | None = None
    smtp_url: SmtpServer | None = None
    mail_from: str | None = None
    gateway_url: str | None = None
    #: The newest first; each of them signs.
    gateway_secret: tuple[str, ...] = field(default=(), repr=False)
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
        ("database_url", "ALUR_DATABASE_URL", values.text),
        ("host", "ALUR_HOST", values.text),
        ("port", "PORT", values.whole_number(0, 65535)),
        ("port", "ALUR_PORT", values.whole_number(0, 65535)),
        ("threads", "ALUR_THREADS", values.whole_number(1, 256)),
        ("time_zone", "ALUR_TIME_ZONE", values.time_zone),
        ("demo_password", "ALUR_DEMO_PASSWORD", values.text),
        ("session_idle_minutes", "ALUR_SESSION_IDLE_MINUTES", values.whole_number(1, 1440)),
        ("session_hours", "ALUR_SESSION_HOURS", values.whole_number(1, 720)),
        ("secure_cookies", "ALUR_SECURE_COOKIES", values.truth),
        ("writes_per_minute", "ALUR_WRITES_PER_MINUTE", values.whole_number(0, 1_000_000)),
        ("logins_per_minute", "ALUR_LOGINS_PER_MINUTE", values.whole_number(0, 1_000_000)),
        ("require_second_factor", "ALUR_REQUIRE_SECOND_FACTOR", values.truth),
        ("oidc_issuer", "ALUR_OIDC_ISSUER", values.web_address_as_it_is),
        ("oidc_client_id", "ALUR_OIDC_CLIENT_ID", values.text),
        ("oidc_client_secret", "ALUR_OIDC_CLIENT_SECRET", values.text),
        ("oidc_scopes", "ALUR_OIDC_SCOPES", values.text),
        ("oidc_groups_claim", "ALUR_OIDC_GROUPS_CLAIM", values.text),
        ("oidc_groups", "ALUR_OIDC_GROUPS", values.grants),
        ("oidc_provision", "ALUR_OIDC_PROVISION", values.truth),
        ("trusted_proxies", "ALUR_TRUSTED_PROXIES", values.whole_number(0, 10)),
        ("base_url", "ALUR_BASE_URL", values.web_address),
        ("secret_key", "ALUR_SECRET_KEY", values.secret_key),
        ("checkpoints", "ALUR_CHECKPOINTS", values.path),
        ("checkpoint_key", "ALUR_CHECKPOINT_KEY", values.path),
        ("backups", "ALUR_BACKUPS", values.path),
        ("link_hours", "ALUR_LINK_HOURS", values.whole_number(1, 720)),
        ("max_file_mb", "ALUR_MAX_FILE_MB", values.whole_number(1, 200)),
        ("deadline_rule", "ALUR_DEADLINE_RULE", values.one_of(*_DEADLINE_RULES)),
        ("webhook_allow", "ALUR_WEBHOOK_ALLOW", values.receivers),
        ("webhook_ca_file", "ALUR_WEBHOOK_CA_FILE", values.existing_file),
        ("smtp_url", "ALUR_SMTP_URL", values.smtp_server),
        ("mail_from", "ALUR_MAIL_FROM", values.mail_address),
        ("gateway_url", "ALUR_GATEWAY_URL", values.text),
        ("gateway_secret", "ALUR_GATEWAY_SECRET", values.webhook_secrets),
        ("remind_before", "ALUR_REMIND_BEFORE", values.duration),
        ("leader_lanes", "ALUR_LEADER_LANES", values.names),
        ("substitution_days", "ALUR_SUBSTITUTION_DAYS", values.days_by_kind),
        ("log_level", "ALUR_LOG_LEVEL", values.log_level),
        ("log_format", "ALUR_LOG_FORMAT", values.log_format),
        ("metrics_token", "ALUR_METRICS_TOKEN", values.token),
    ]
    found = {
        name: read(variable, environ[variable].strip())
        for name, variable, read in readers
        if environ.get(variable, "").strip()
    }
    settings = Settings(**found)
    if settings.smtp_url and not settings.mail_from:
        raise values.refusal("ALUR_MAIL_FROM", "an address, since ALUR_SMTP_URL is set", "")
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
            raise values.refusal(variable, "a value, since ALUR_OIDC_ISSUER is set", "")


def _require_checkpoint_key(settings: Settings) -> None:
    """Beside a SQLite file there is a place for the key; a PostgreSQL has none on this machine."""
    is_sqlite = settings.database_url.startswith("sqlite")
    if settings.checkpoints is None or settings.checkpoint_key or is_sqlite:
        return
    expected = "a file, since ALUR_CHECKPOINTS is set and the database is a PostgreSQL"
    raise values.refusal("ALUR_CHECKPOINT_KEY", expected, "")


def _require_gateway(settings: Settings) -> None:
    """A gateway is called like any web hook: signed, and only where that is allowed."""
    if settings.gateway_url is None:
        return
    if not settings.gateway_secret:
        raise values.refusal("ALUR_GATEWAY_SECRET", "a secret, since ALUR_GATEWAY_URL is set", "")
    try:
        check_url(settings.gateway_url, allowed_receivers(settings.webhook_allow))
    except InvalidInput as error:
        reason = str(error).removeprefix("url: ")
        raise InvalidInput(f"ALUR_GATEWAY_URL: {reason}", {"ALUR_GATEWAY_URL": [reason]}) from error
