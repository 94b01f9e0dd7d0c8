"""Settings: read once, refused by name."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.errors import InvalidInput
from engine.model import SubstitutionKind
from engine.process_engine import build_engine
from engine.setting_values import Grant, SmtpServer
from engine.settings import VARIABLES, Settings, from_environ
from engine.sources import RandomIds, SystemClock
from engine.store import Store

#: 24 bytes, the fewest that Standard Webhooks allows.
GATEWAY_SECRET = "whsec_" + "YWx1" * 8


def test_without_environment_everything_has_a_default() -> None:
    settings = from_environ({})

    assert settings == Settings()
    assert settings.database_url == "sqlite:///data/alur.db"
    assert (settings.host, settings.port, settings.threads) == ("127.0.0.1", 8080, 8)
    assert settings.time_zone == ZoneInfo("Asia/Jakarta")
    assert (settings.session_idle_minutes, settings.session_hours) == (30, 12)
    assert settings.demo_password is None
    assert settings.base_url is None
    assert settings.secret_key == ()
    assert not settings.secure_cookies


def test_every_variable_sets_its_field() -> None:
    environ = {
        "ALUR_DATABASE_URL": "postgresql://db/alur",
        "ALUR_HOST": "0.0.0.0",  # noqa: S104
        "ALUR_PORT": "9000",
        "ALUR_THREADS": "16",
        "ALUR_TIME_ZONE": "Asia/Jayapura",
        "ALUR_DEMO_PASSWORD": "selamat pagi",
        "ALUR_SESSION_IDLE_MINUTES": "5",
        "ALUR_SESSION_HOURS": "1",
        "ALUR_SECURE_COOKIES": "True",
        "ALUR_REQUIRE_SECOND_FACTOR": "true",
        "ALUR_OIDC_ISSUER": "https://sso.example/",
        "ALUR_OIDC_CLIENT_ID": "alur",
        "ALUR_OIDC_CLIENT_SECRET": "rahasia",
        "ALUR_OIDC_SCOPES": "openid profile groups",
        "ALUR_OIDC_GROUPS_CLAIM": "grup",
        "ALUR_OIDC_GROUPS": '{"g": {"lanes": ["Kadis"], "roles": ["staff"]}}',
        "ALUR_OIDC_PROVISION": "true",
        "ALUR_TRUSTED_PROXIES": "1",
        "ALUR_WRITES_PER_MINUTE": "0",
        "ALUR_BASE_URL": "https://alur.example/",
        "ALUR_WEBHOOK_ALLOW": "Gerbang.dinas.go.id, 10.1.0.0/16",
        "ALUR_WEBHOOK_CA_FILE": __file__,
        "ALUR_SMTP_URL": "smtp+starttls://alur:p%40ss@surel.dinas.go.id:2525",
        "ALUR_MAIL_FROM": "alur@dinas.go.id",
        "ALUR_GATEWAY_URL": "http://gerbang.dinas.go.id/alur",
        "ALUR_GATEWAY_SECRET": f"{GATEWAY_SECRET} {GATEWAY_SECRET}",
        "ALUR_BACKUPS": "/mnt/cadangan",
        "ALUR_LOGINS_PER_MINUTE": "400",
        "ALUR_SECRET_KEY": f"{'n' * 32} {'o' * 40}",
        "ALUR_CHECKPOINTS": "/mnt/titik",
        "ALUR_CHECKPOINT_KEY": "/etc/alur.key",
        "ALUR_LINK_HOURS": "12",
        "ALUR_MAX_FILE_MB": "50",
        "ALUR_DEADLINE_RULE": "from_available",
        "ALUR_LEADER_LANES": "Camat, Sekretaris Camat,",
        "ALUR_LOG_LEVEL": "debug",
        "ALUR_SUBSTITUTION_DAYS": "plh=30, PLT=180",
        "ALUR_REMIND_BEFORE": "12h",
        "ALUR_LOG_FORMAT": "JSON",
        "ALUR_METRICS_TOKEN": "lima-belas-kerbau",
    }

    settings = from_environ(environ)

    assert set(environ) == set(VARIABLES)
    assert settings == Settings(
        database_url="postgresql://db/alur",
        host="0.0.0.0",  # noqa: S104
        port=9000,
        threads=16,
        time_zone=ZoneInfo("Asia/Jayapura"),
        demo_password="selamat pagi",
        session_idle_minutes=5,
        session_hours=1,
        secure_cookies=True,
        require_second_factor=True,
        oidc_issuer="https://sso.example/",
        oidc_client_id="alur",
        oidc_client_secret="rahasia",
        oidc_scopes="openid profile groups",
        oidc_groups_claim="grup",
        oidc_groups={"g": Grant(frozenset({"Kadis"}), frozenset({"staff"}))},
        oidc_provision=True,
        trusted_proxies=1,
        writes_per_minute=0,
        base_url="https://alur.example",
        secret_key=("n" * 32, "o" * 40),
        webhook_allow=("gerbang.dinas.go.id", "10.1.0.0/16"),
        webhook_ca_file=__file__,
        smtp_url=SmtpServer("surel.dinas.go.id", 2525, "starttls", "alur", "p@ss"),
        mail_from="alur@dinas.go.id",
        gateway_url="http://gerbang.dinas.go.id/alur",
        gateway_secret=(GATEWAY_SECRET, GATEWAY_SECRET),
        backups=Path("/mnt/cadangan"),
        logins_per_minute=400,
        checkpoints=Path("/mnt/titik"),
        checkpoint_key=Path("/etc/alur.key"),
        link_hours=12,
        deadline_rule="from_available",
        max_file_mb=50,
        leader_lanes=frozenset({"Camat", "Sekretaris Camat"}),
        log_format="json",
        remind_before=timedelta(hours=12),
        metrics_token="lima-belas-kerbau",
        log_level="DEBUG",
        substitution_days={SubstitutionKind.PLH: 30, SubstitutionKind.PLT: 180},
    )


def test_every_field_has_a_variable() -> None:
    assert {f"ALUR_{each.name.upper()}" for each in fields(Settings)} == set(VARIABLES)


def test_the_port_of_the_platform_counts_until_our_own_is_set() -> None:
    assert from_environ({"PORT": "5000"}).port == 5000
    assert from_environ({"PORT": "5000", "ALUR_PORT": "6000"}).port == 6000


def test_an_empty_variable_is_not_set() -> None:
    assert from_environ({"ALUR_PORT": "", "ALUR_HOST": "  "}) == Settings()


@pytest.mark.parametrize(
    ("variable", "found", "expected"),
    [
        ("ALUR_PORT", "http", "a whole number from 0 to 65535"),
        ("ALUR_PORT", "65536", "a whole number from 0 to 65535"),
        ("PORT", "-1", "a whole number from 0 to 65535"),
        ("ALUR_THREADS", "0", "a whole number from 1 to 256"),
        ("ALUR_THREADS", "8.5", "a whole number"),
        ("ALUR_THREADS", "000000000000000000009999999999", "a whole number"),
        ("ALUR_SESSION_IDLE_MINUTES", "9" * 5000, "a whole number"),
        ("ALUR_SESSION_HOURS", "²", "a whole number"),
        ("ALUR_TIME_ZONE", "Asia/Atlantis", "an IANA time zone"),
        ("ALUR_TIME_ZONE", "../etc/passwd", "an IANA time zone"),
        ("ALUR_TIME_ZONE", "Asia", "an IANA time zone"),
        ("ALUR_SECURE_COOKIES", "maybe", "true or false"),
        ("ALUR_BASE_URL", "alur.example", "an address that begins with http"),
        ("ALUR_LOG_LEVEL", "loud", "one of DEBUG"),
        ("ALUR_REMIND_BEFORE", "1 day", "minutes, hours or days"),
        ("ALUR_REMIND_BEFORE", "-1d", "minutes, hours or days"),
        ("ALUR_SUBSTITUTION_DAYS", "pj=3", "days by kind such as"),
        ("ALUR_SUBSTITUTION_DAYS", "plt=lama", "days by kind such as"),
        ("ALUR_LOG_FORMAT", "xml", "one of text, json"),
    ],
)
def test_a_bad_value_is_refused_by_name(variable: str, found: str, expected: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        from_environ({variable: found})

    message = str(caught.value)
    assert message.startswith(f"{variable}: expected {expected}")
    assert repr(found) in message
    assert list(caught.value.fields) == [variable]


@pytest.mark.parametrize("found", ["kerbau", "lima-belas-kerbau\n.", "lima-belas-kerbaú"])
def test_a_bad_token_is_refused_without_showing_it(found: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        from_environ({"ALUR_METRICS_TOKEN": found})

    assert str(caught.value).startswith("ALUR_METRICS_TOKEN: expected at least 16")
    assert found not in str(caught.value)


def test_secrets_do_not_show_in_a_log() -> None:
    settings = from_environ(
        {"ALUR_DATABASE_URL": "postgresql://u:geheim@db/alur", "ALUR_DEMO_PASSWORD": "geheim"}
    )

    assert "geheim" not in repr(settings)


def test_a_secret_key_that_is_short_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidInput, match="ALUR_SECRET_KEY: expected 32 characters") as refusal:
        from_environ({"ALUR_SECRET_KEY": "hemat"})

    assert "hemat" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://surel", SmtpServer("surel", 25, "none")),
        ("smtps://a:b@surel", SmtpServer("surel", 465, "tls", "a", "b")),
        ("smtp+starttls://surel", SmtpServer("surel", 587, "starttls")),
    ],
)
def test_mail_server_has_the_usual_port(url: str, server: SmtpServer) -> None:
    environ = {"ALUR_SMTP_URL": url, "ALUR_MAIL_FROM": "alur@dinas.go.id"}

    assert from_environ(environ).smtp_url == server


@pytest.mark.parametrize(
    "url",
    ["surel", "http://surel", "smtp://", "smtp://a:rahasia@surel", "smtps://a@surel",
     "smtps://:rahasia@", "smtp://surel:99999"],
)  # fmt: skip
def test_mail_server_that_is_none_is_refused_and_its_password_not_shown(url: str) -> None:
    with pytest.raises(InvalidInput, match="ALUR_SMTP_URL: expected") as refusal:
        from_environ({"ALUR_SMTP_URL": url, "ALUR_MAIL_FROM": "alur@dinas.go.id"})

    assert "rahasia" not in str(refusal.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALUR_WEBHOOK_ALLOW", "http://gerbang"),
        ("ALUR_WEBHOOK_ALLOW", "10.1.0.1/16"),
        ("ALUR_WEBHOOK_ALLOW", "gerbang:80"),
        ("ALUR_WEBHOOK_CA_FILE", "tidak-ada.pem"),
        ("ALUR_MAIL_FROM", "Alur <alur@dinas.go.id>"),
    ],
)
def test_setting_of_messages_that_is_wrong_is_named(variable: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=f"{variable}: expected .* found"):
        from_environ({variable: value})


def test_mail_needs_a_sender() -> None:
    with pytest.raises(InvalidInput, match="ALUR_MAIL_FROM: expected"):
        from_environ({"ALUR_SMTP_URL": "smtp://surel"})


def test_gateway_needs_a_secret_and_an_address_that_may_be_called() -> None:
    with pytest.raises(InvalidInput, match="ALUR_GATEWAY_SECRET: expected"):
        from_environ({"ALUR_GATEWAY_URL": "https://gerbang.dinas.go.id/"})

    inside = {"ALUR_GATEWAY_URL": "http://10.1.2.3/", "ALUR_GATEWAY_SECRET": GATEWAY_SECRET}
    with pytest.raises(InvalidInput, match=r"ALUR_GATEWAY_URL: .*ALUR_WEBHOOK_ALLOW"):
        from_environ(inside)
    allowed = from_environ({**inside, "ALUR_WEBHOOK_ALLOW": "10.1.0.0/16"})

    assert allowed.gateway_url == "http://10.1.2.3/"
    assert GATEWAY_SECRET not in repr(allowed)


@pytest.mark.parametrize("secret", ["rahasia", "whsec_", "whsec_YWx1", "whsec_" + "YWx1" * 22])
def test_secret_of_the_gateway_that_is_none_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(InvalidInput, match="ALUR_GATEWAY_SECRET: expected whsec_") as refusal:
        from_environ({"ALUR_GATEWAY_SECRET": secret})

    assert secret == "whsec_" or secret not in str(refusal.value)


def test_groups_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "groups.json"
    file.write_text('{"g": {"lanes": ["Kadis"]}}', encoding="utf-8")

    found = from_environ({"ALUR_OIDC_GROUPS": str(file)}).oidc_groups

    assert found == {"g": Grant(frozenset({"Kadis"}))}


@pytest.mark.parametrize(
    "value",
    ["no-such-file.json", "{", '{"g": []}', '{"g": {"lane": ["x"]}}', '{"g": {"lanes": "x"}}',
     '{"g": {"roles": [1]}}'],
)  # fmt: skip
def test_groups_that_cannot_be_read_are_refused(value: str) -> None:
    with pytest.raises(InvalidInput, match="ALUR_OIDC_GROUPS"):
        from_environ({"ALUR_OIDC_GROUPS": value})


@pytest.mark.parametrize("missing", ["ALUR_OIDC_CLIENT_ID", "ALUR_BASE_URL"])
def test_a_single_sign_on_is_set_as_a_whole(missing: str) -> None:
    environ = {
        "ALUR_OIDC_ISSUER": "https://sso.example",
        "ALUR_OIDC_CLIENT_ID": "alur",
        "ALUR_BASE_URL": "https://alur.example",
    }
    environ.pop(missing)

    with pytest.raises(InvalidInput, match=missing):
        from_environ(environ)


def test_a_role_that_there_is_not_is_refused_at_start() -> None:
    settings = Settings(
        database_url="sqlite://", oidc_groups={"g": Grant(roles=frozenset({"raja"}))}
    )
    store = Store.open("sqlite://")

    with pytest.raises(InvalidInput, match="raja"):
        build_engine(store, SystemClock(), RandomIds(), settings)
    store.close()


def test_checkpoints_beside_a_postgresql_need_a_place_for_their_key() -> None:
    environ = {"ALUR_CHECKPOINTS": "/mnt/titik", "ALUR_DATABASE_URL": "postgresql://db/alur"}

    with pytest.raises(InvalidInput, match="ALUR_CHECKPOINT_KEY: expected a file"):
        from_environ(environ)
    assert from_environ({**environ, "ALUR_CHECKPOINT_KEY": "kunci"}).checkpoint_key == Path("kunci")
    assert from_environ({"ALUR_CHECKPOINTS": "/mnt/titik"}).checkpoint_key is None
