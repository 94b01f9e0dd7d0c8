"""camunda-external-task-client-python3, unchanged, against a real server."""

from __future__ import annotations

import base64
import warnings
from typing import Any

import pytest

from engine.model import Upload
from tests.clients.conftest import TOPIC, WORKER, Served
from tests.office import ADMIN
from tests.webhooks.rest.hall import PASSWORD

with warnings.catch_warnings():
    # It declares its settings in the manner of pydantic 1.
    warnings.simplefilter("ignore", DeprecationWarning)
    from camunda.external_task.external_task import ExternalTask, TaskResult
    from camunda.external_task.external_task_worker import ExternalTaskWorker, NoExternalTaskFound


def worker(served: Served, name: str = "py-1", **config: Any) -> ExternalTaskWorker:
    """Its own defaults, but that it waits less."""
    auth = {"username": WORKER, "password": PASSWORD}
    return ExternalTaskWorker(
        name, served.url, {"auth_basic": auth, "asyncResponseTimeout": 600, **config}
    )


def test_it_completes_a_task_with_variables(served: Served) -> None:
    instance = served.begun(kepada="Kadis", jumlah=2, daftar=["a"])
    seen: list[ExternalTask] = []

    def send(task: ExternalTask) -> TaskResult:
        seen.append(task)
        return task.complete({"terkirim": True, "kepada": "Sekretaris"}, {"sementara": 1})

    worker(served).fetch_and_execute(TOPIC, send)

    [task] = seen
    assert task.get_variables() == {"kepada": "Kadis", "jumlah": 2, "daftar": '["a"]'}
    assert task.get_extension_properties() == {"sop:kanal": "email"}
    assert (task.get_business_key(), task.get_activity_id()) == ("B-1", "kirim_surel")
    assert task.get_process_instance_id() == instance
    assert (task.get_worker_id(), task.get_tenant_id()) == ("py-1", None)
    assert served.waits_for(instance) == ["periksa"]
    assert served.variables(instance) == {
        "kepada": "Sekretaris",
        "jumlah": 2,
        "daftar": '["a"]',
        "terkirim": True,
    }
    assert served.is_sound(instance)


def test_it_gives_a_file(served: Served) -> None:
    instance = served.begun(surat=Upload("surat.pdf", b"isi"))
    receipt = {
        "value": base64.b64encode(b"diterima").decode(),
        "type": "File",
        "valueInfo": {"filename": "tanda.txt", "mimeType": "text/plain"},
    }
    seen: list[Any] = []

    def send(task: ExternalTask) -> TaskResult:
        seen.append(task.get_variable("surat", with_meta=True))
        return task.complete({"bukti": receipt})

    worker(served).fetch_and_execute(TOPIC, send)

    assert seen[0]["valueInfo"]["filename"] == "surat.pdf"
    assert served.file(instance, "bukti") == ("tanda.txt", "text/plain", b"diterima")
    assert served.is_sound(instance)


def test_it_fails_with_retries_until_none_is_left(served: Served) -> None:
    instance = served.begun()

    def fail(task: ExternalTask) -> TaskResult:
        return task.failure("putus", "jejak", max_retries=2, retry_timeout=60_000)

    for _ in range(3):
        assert served.incidents(instance) == []
        worker(served).fetch_and_execute(TOPIC, fail)
        with pytest.raises(NoExternalTaskFound):
            worker(served).fetch_and_execute(TOPIC, fail)
        served.hall.office.clock.advance(seconds=61)

    assert served.incidents(instance) == ["putus"]
    assert served.is_sound(instance)


def test_it_reports_a_business_error(served: Served) -> None:
    instance = served.begun()
    result = worker(served)

    result.fetch_and_execute(
        TOPIC, lambda task: task.bpmn_error("ALAMAT", "tidak ada", {"alamat": ""})
    )

    [message] = served.incidents(instance)
    assert "ALAMAT" in message
    assert served.is_sound(instance)


def test_its_business_error_goes_on_at_the_event_that_catches_it(served: Served) -> None:
    instance = served.begun("tercatat")

    worker(served).fetch_and_execute(
        TOPIC, lambda task: task.bpmn_error("ALAMAT", "tidak ada", {"alamat": "lama"})
    )

    assert served.waits_for(instance) == ["cari_alamat"]
    assert served.variables(instance) == {"alamat": "lama", "pesan": "tidak ada"}
    assert served.incidents(instance) == []
    assert served.is_sound(instance)


def test_it_understands_that_its_lock_was_lost(served: Served) -> None:
    instance = served.begun()
    office = served.hall.office

    def too_slow(task: ExternalTask) -> TaskResult:
        office.clock.advance(seconds=301)
        return task.complete({"oleh": "py-1"})

    with pytest.raises(Exception, match="received 400 : BadUserRequestException"):
        worker(served).fetch_and_execute(TOPIC, too_slow)
    worker(served, "py-2").fetch_and_execute(TOPIC, lambda task: task.complete({"oleh": "py-2"}))

    assert served.variables(instance) == {"oleh": "py-2"}


def test_it_proves_who_it_is_by_a_token(served: Served) -> None:
    instance = served.begun()
    _, secret = served.hall.engine.access_tokens.create(
        WORKER, "layanan", scopes=["worker"], actor=ADMIN
    )

    bearer = {"auth_basic": None, "auth_bearer": {"access_token": secret}}
    worker(served, **bearer).fetch_and_execute(TOPIC, lambda task: task.complete())

    assert served.waits_for(instance) == ["periksa"]
