"""What keeps running: the server, the worker and the demo."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from sqlalchemy.engine import make_url

from tests.cli.conftest import PASSWORD, Terminal
from tests.crashes.line import Line
from tests.databases import PostgresqlServer, free_port

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def _running(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    program = subprocess.Popen(
        [sys.executable, "-m", "engine", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def test_migrate_twice_changes_nothing(terminal: Terminal) -> None:
    terminal.ok("migrate")

    assert terminal.ok("migrate", "--json").json.keys() == {"warnings"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_server_answers_and_stops_gracefully(alur: Terminal, number: signal.Signals) -> None:
    with _running("serve", "--port", "0") as program:
        url = program.stdout.readline().decode().split()[3]
        with urlopen(f"{url}/engine-rest/version") as answer:  # noqa: S310 - our own server
            assert json.load(answer) == {"version": "7.24.0"}
        program.send_signal(number)
        out, err = program.communicate(timeout=30)

    assert (program.returncode, out) == (0, b"stopped\n"), err
    assert b"Traceback" not in err


def test_connections_that_200_browsers_keep_open_hinder_nobody(alur: Terminal) -> None:
    with _running("serve", "--port", "0") as program, ExitStack() as kept:
        address = urlsplit(program.stdout.readline().decode().split()[3])
        for _ in range(200):
            browser = HTTPConnection(address.hostname, address.port, timeout=30)
            kept.callback(browser.close)
            browser.request("GET", "/engine-rest/version")
            assert browser.getresponse().read()

        browser.request("GET", "/engine-rest/version")
        assert browser.getresponse().status == 200


def test_port_in_use_is_named(alur: Terminal) -> None:
    with _running("serve", "--port", "0") as program:
        port = program.stdout.readline().decode().split()[3].rpartition(":")[2]
        answer = alur("serve", "--port", port)

    assert answer.code == 1
    assert answer.err.startswith(f"alur: cannot listen on 127.0.0.1:{port}: ")


def test_port_that_is_none_is_bad_input(alur: Terminal) -> None:
    assert alur("serve", "--port", "70000").code == 2


def test_worker_stops_gracefully(alur: Terminal) -> None:
    with _running("worker") as program:
        program.stdout.readline()
        program.send_signal(signal.SIGTERM)
        out, _ = program.communicate(timeout=30)

    assert (program.returncode, out) == (0, b"stopped\n")


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("words", "begun"), [(("serve", "--port", "0"), b"Alur is at"), (("worker",), b"working")]
)
def test_database_that_comes_up_later_is_waited_for(
    postgresql_server: PostgresqlServer,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    begun: bytes,
) -> None:
    url, port = postgresql_server.create_migrated(), free_port()
    later = make_url(url).set(host="127.0.0.1", port=port)
    monkeypatch.setenv("ALUR_DATABASE_URL", later.render_as_string(hide_password=False))
    with _running(*words) as program:
        told = program.stderr.readline()
        line = Line(url, port)
        assert program.stdout.readline().startswith(begun)
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=30)
    line.close()
    postgresql_server.drop(url)

    assert b"cannot be reached" in told
    assert b"waiting for it" in told
    assert program.returncode == 0


def test_worker_once_says_what_each_duty_did(alur: Terminal) -> None:
    assert alur.ok("worker", "--once", "--json").json["done"]["timers"] == 0


def test_worker_once_waits_for_no_database(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUR_DATABASE_URL", f"postgresql://alur@127.0.0.1:{free_port()}/alur")

    answer = terminal("worker", "--once")

    assert answer.code == 5
    assert "cannot be reached" in answer.err


def test_worker_once_in_trouble_says_which_duty_failed_and_ends_with_1(
    alur: Terminal, caplog: pytest.LogCaptureFixture
) -> None:
    alur.file("alur.checkpoints", "no folder")

    answer = alur("worker", "--once")

    assert answer.code == 1
    assert "checkpoints: failed\n" in answer.out
    assert "timers: 0 done\n" in answer.out
    assert "alur.checkpoints: a checkpoint cannot be read: Not a directory" in caplog.text
    # The message says what to see to; where it came up in the program helps nobody.
    assert "Traceback" not in caplog.text


# ------------------------------------------------------------------------- demo


@pytest.fixture
def at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.usefixtures("at_root")
def test_demo_prepares_the_four_sops_and_the_accounts(terminal: Terminal) -> None:
    first = terminal.ok("demo", "--no-serve", "--json").json

    assert first["made"] == [
        *("kadis", "sekretaris", "perencana", "bidang", "analis", "auditor", "admin"),
    ]
    assert len(first["password"]) == 16
    keys = [each["key"] for each in terminal.ok("definitions", "--json").json]
    assert keys == ["pdk_bakesbangpol", "pdk_balangan", "pdk_bandar_lampung", "pdk_luwu_timur"]


@pytest.mark.usefixtures("at_root")
def test_demo_twice_is_harmless(terminal: Terminal) -> None:
    terminal.ok("demo", "--no-serve")

    second = terminal.ok("demo", "--no-serve", "--json").json

    assert (second["made"], second["password"]) == ([], None)
    assert not any(each["isNew"] for each in second["deployed"])


@pytest.mark.usefixtures("at_root")
def test_demo_leaves_in_force_what_was_deployed_since(terminal: Terminal) -> None:
    terminal.ok("demo", "--no-serve")
    mended = (ROOT / "processes" / "balangan.bpmn").read_text().replace("Merekap", "Menghimpun")
    file = terminal.folder / "balangan.bpmn"
    file.write_text(mended)
    terminal.ok("deploy", str(file), "--as", "analis")

    again = terminal.ok("demo", "--no-serve")

    assert "the same files were already deployed: pdk_balangan version 1" in again.out
    versions = [
        each["version"]
        for each in terminal.ok("definitions", "--json").json
        if each["key"] == "pdk_balangan"
    ]
    assert versions == [2]


@pytest.mark.usefixtures("at_root")
def test_demo_leaves_passwords_alone_and_says_so(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.ok("demo", "--no-serve")
    monkeypatch.setenv("ALUR_DEMO_PASSWORD", PASSWORD)

    answer = terminal.ok("demo", "--no-serve")

    assert "accounts that were there keep their passwords" in answer.out
    assert PASSWORD not in answer.out


@pytest.mark.usefixtures("at_root")
def test_demo_never_prints_a_given_password(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUR_DEMO_PASSWORD", PASSWORD)

    answer = terminal.ok("demo", "--no-serve")

    assert "the one in ALUR_DEMO_PASSWORD" in answer.out
    assert PASSWORD not in answer.out


def test_demo_elsewhere_says_what_it_lacks(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(terminal.folder)

    assert terminal("demo", "--no-serve").code == 2
    assert list(terminal.folder.iterdir()) == []
