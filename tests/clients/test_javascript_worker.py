"""camunda-external-task-client-js, unchanged, against a real server.

npm installs it, as package-lock.json says, once per run. Without npm or its registry this is
skipped, except in CI.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from engine.model import Upload
from tests.clients.conftest import TOPIC, WORKER, Served
from tests.modeler.served import node
from tests.needs import npm
from tests.webhooks.rest.hall import PASSWORD

FILES = ("package.json", "package-lock.json", "worker.mjs")
ENVIRONMENT = {**os.environ, "NO_PROXY": "127.0.0.1"}


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the worker and the client that it imports."""
    node()
    folder = tmp_path_factory.mktemp("javascript")
    for name in FILES:
        shutil.copy(Path(__file__).parent / name, folder)
    npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
    return folder


def worked(installed: Path, served: Served, tasks: int, **more: str) -> dict[str, Any]:
    """What the worker saw while it handled so many tasks."""
    asked = {"baseUrl": served.url, "username": WORKER, "password": PASSWORD, "topic": TOPIC}
    result = subprocess.run(
        [node(), "worker.mjs"],
        cwd=installed,
        input=json.dumps({**asked, "tasks": tasks, **more}),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env=ENVIRONMENT,
    )
    assert result.returncode == 0, result.stderr
    # The client logs nothing by itself.
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_it_completes_a_task_with_variables(installed: Path, served: Served) -> None:
    instance = served.begun(perintah="selesai", daftar=["a"], jumlah=2)

    told = worked(installed, served, 1)

    assert told["errors"] == []
    [task] = told["seen"]
    assert task["variables"] == {"perintah": "selesai", "daftar": ["a"], "jumlah": 2}
    assert task["extensionProperties"] == {"sop:kanal": "email"}
    assert (task["businessKey"], task["workerId"]) == ("B-1", "js-1")
    assert served.waits_for(instance) == ["periksa"]
    variables = served.variables(instance)
    assert variables.pop("rincian") == '{"nomor":[1,2]}'
    assert variables.pop("daftar") == '["a"]'
    assert variables == {
        "perintah": "selesai",
        "jumlah": 2,
        "terkirim": True,
        "biaya": 1.5,
        "kosong": None,
    }
    assert served.is_sound(instance)


def test_it_reads_a_file_and_gives_one(installed: Path, served: Served) -> None:
    content = bytes(range(256)) * 1000
    instance = served.begun(perintah="berkas", surat=Upload("surat.pdf", content))

    assert worked(installed, served, 1)["errors"] == []

    receipt = f"diterima {hashlib.sha256(content).hexdigest()}".encode()
    assert served.file(instance, "bukti") == ("tanda-terima.txt", "text/plain", receipt)
    assert served.variables(instance)["diterima"] == "surat.pdf"
    assert served.is_sound(instance)


def test_it_fails_with_retries_until_none_is_left(installed: Path, served: Served) -> None:
    instance = served.begun(perintah="gagal")

    told = worked(installed, served, 2)

    assert told["errors"] == []
    assert [(task["retries"], task["errorMessage"]) for task in told["seen"]] == [
        (None, None),
        (1, "putus"),
    ]
    assert told["seen"][1]["errorDetails"] == "jejak"
    assert served.incidents(instance) == ["putus lagi"]
    assert served.is_sound(instance)


def test_it_reports_a_business_error(installed: Path, served: Served) -> None:
    instance = served.begun(perintah="salah")

    assert worked(installed, served, 1)["errors"] == []
    [message] = served.incidents(instance)
    assert "ALAMAT" in message
    assert served.is_sound(instance)


def test_its_business_error_goes_on_at_the_event_that_catches_it(
    installed: Path, served: Served
) -> None:
    instance = served.begun("tercatat", perintah="salah")

    assert worked(installed, served, 1)["errors"] == []
    assert served.waits_for(instance) == ["cari_alamat"]
    assert served.variables(instance)["pesan"] == "tidak ada"
    assert served.incidents(instance) == []
    assert served.is_sound(instance)


def test_it_gives_a_lock_back_and_takes_it(installed: Path, served: Served) -> None:
    instance = served.begun(perintah="lepas")

    assert worked(installed, served, 1)["errors"] == []
    assert served.waits_for(instance) == ["periksa"]


def test_it_understands_a_refusal(installed: Path, served: Served) -> None:
    served.begun(perintah="selesai")

    told = worked(installed, served, 1, password="salah-sekali")

    [error] = told["errors"]
    assert (error["event"], error["status"]) == ("poll", 401)
    assert error["type"] == "AuthenticationException"
