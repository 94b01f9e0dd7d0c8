"""Signed messages of other systems start and continue instances, once each."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from standardwebhooks.webhooks import Webhook
from werkzeug.test import TestResponse

from engine.model import MessageSource
from engine.queries import InstanceQuery, KeptMessageQuery
from engine.settings import Settings
from tests.office import ADMIN, AUDITOR, Office
from tests.webhooks.conftest import AppOver

LETTER = {
    "businessKey": "SM-17/2026",
    "variables": {
        "periode_tahun": 2026,
        "periode_jenis": "TW1",
        "daftar_bidang": ["SD", "SMP"],
        "nomor_surat": "005/17/Bappelitbangda",
        "pengirim": "Bappelitbangda",
        "tanggal_surat": "2026-01-05",
        "perihal": "Permintaan data kinerja",
    },
}


@dataclass
class System:
    """A letter system as Alur knows it: it signs what it sends."""

    office: Office
    source: MessageSource
    secret: str
    client: FlaskClient

    def send(
        self,
        body: Any = LETTER,
        *,
        name: str = "surat_masuk",
        message_id: str = "msg_1",
        at: datetime | None = None,
        **headers: str,
    ) -> TestResponse:
        text = body if isinstance(body, str) else json.dumps(body)
        moment = at or self.office.clock.now()
        signed = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(message_id, moment, text),
            "Content-Type": "application/json",
        }
        answer: TestResponse = self.client.post(
            f"/hook/message/{name}", data=text, headers={**signed, **headers}
        )
        return answer

    def instances(self) -> list[str]:
        found = self.office.engine.instances.instances(InstanceQuery(), actor=AUDITOR)
        return [each.instance_id for each in found]


@pytest.fixture
def system(office_on_both: Office, app_over: AppOver) -> System:
    office = office_on_both
    settings = Settings(secret_key=("k" * 32,))
    office.engine = office.engine_with(settings)
    office.deploy_sop("luwu-timur")
    source, secret = office.engine.message_sources.add("srikandi", ["surat_masuk"], actor=ADMIN)
    return System(office, source, secret, app_over(office.engine, Settings()).test_client())


def test_an_incoming_letter_starts_the_sop(system: System) -> None:
    answer = system.send()

    assert answer.status_code == 200, answer.text
    [result] = answer.json["results"]
    assert (result["result"], result["businessKey"]) == ("started", "SM-17/2026")
    instance = result["processInstanceId"]
    assert system.office.waiting_at(instance) == ["langkah_1"]
    [first, *_] = system.office.engine.history.events(instance, actor=AUDITOR)
    assert (first.actor, first.capacity) == ("sumber:srikandi", "by signed message")
    assert first.payload["message"] == "surat_masuk"
    system.office.assert_sound(instance)


def test_the_same_message_again_is_the_same_instance(system: System) -> None:
    first, again = system.send(), system.send()
    other = system.send(message_id="msg_2")

    assert again.json["results"] == first.json["results"]
    assert (first.json["isRepeat"], again.json["isRepeat"]) == (False, True)
    assert other.json["results"] != first.json["results"]
    assert len(system.instances()) == 2
    changed = system.send({**LETTER, "businessKey": "SM-18/2026"})
    assert (changed.status_code, changed.json["type"]) == (422, "IdempotencyKeyReusedException")


def test_ten_copies_at_once_start_one_instance(system: System) -> None:
    ready = threading.Barrier(10)
    statuses: list[int] = []

    def send() -> None:
        ready.wait()
        statuses.append(system.send().status_code)

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 10
    assert len(system.instances()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v1,\u00e9"},
        {"webhook-signature": ""},
        {"webhook-id": "msg_other"},
        {"webhook-id": ""},
        {"webhook-id": "x" * 201},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "9" * 11},
    ],
)
def test_what_is_not_signed_so_is_refused(system: System, headers: dict[str, str]) -> None:
    answer = system.send(**headers)

    assert (answer.status_code, answer.json["type"]) == (401, "AuthenticationException")
    assert system.instances() == []


def test_an_old_message_is_refused(system: System) -> None:
    sent_at = system.office.clock.now()
    system.office.clock.advance(minutes=5, seconds=1)

    assert system.send(at=sent_at).status_code == 401
    system.office.clock.advance(minutes=-1)
    assert system.send(at=sent_at).status_code == 200


def test_a_system_sends_its_own_messages_only(system: System) -> None:
    assert system.send(name="surat_keluar").status_code == 401


def test_a_disabled_system_is_refused(system: System) -> None:
    sources = system.office.engine.message_sources
    sources.disable(system.source.source_id, actor=ADMIN)
    assert system.send().status_code == 401

    sources.enable(system.source.source_id, actor=ADMIN)
    assert system.send().status_code == 200


def test_after_a_rotation_both_secrets_count_for_a_day(system: System) -> None:
    sources = system.office.engine.message_sources
    former = system.secret
    _, system.secret = sources.rotate_secret(system.source.source_id, actor=ADMIN)
    assert system.send(message_id="new").status_code == 200
    new, system.secret = system.secret, former
    assert system.send(message_id="former").status_code == 200

    system.office.clock.advance(hours=24)

    assert system.send(message_id="too-late").status_code == 401
    system.secret = new
    assert system.send(message_id="in-time").status_code == 200


def test_values_that_the_start_form_refuses_are_named(system: System) -> None:
    answer = system.send({"variables": {"periode_tahun": 1999}})

    assert (answer.status_code, answer.json["type"]) == (400, "FormFieldValidationException")
    assert {"periode_tahun", "periode_jenis"} <= set(answer.json["fields"])
    assert system.instances() == []


@pytest.mark.parametrize("body", ["", "[]", "{", '{"variabel": {}}', '{"variables": [1]}'])
def test_a_body_that_says_nothing_clear_is_refused(system: System, body: str) -> None:
    answer = system.send(body)

    assert answer.status_code == 400
    assert system.instances() == []


def test_a_body_without_an_end_is_refused(system: System) -> None:
    assert system.send("x" * (256 * 1024 + 1)).status_code == 413


def test_a_message_that_matches_nothing_is_kept_and_shown(system: System) -> None:
    office = system.office
    sources = office.engine.message_sources
    sources.change(system.source.source_id, ["surat_masuk", "surat_balasan"], actor=ADMIN)

    kept = system.send({"businessKey": "SM-99"}, name="surat_balasan")
    again = system.send({"businessKey": "SM-99"}, name="surat_balasan")

    assert (kept.status_code, kept.json["results"]) == (202, [])
    assert again.json == {**kept.json, "isRepeat": True}
    [shown] = office.engine.kept_messages.messages(KeptMessageQuery(), actor=AUDITOR)
    assert shown.kept_id == kept.json["keptMessageId"]
    assert (shown.name, shown.received_from) == ("surat_balasan", "sumber:srikandi")


def test_a_use_is_noted(system: System) -> None:
    system.send()

    [source] = system.office.engine.message_sources.sources(actor=AUDITOR)
    assert source.last_used_at == system.office.clock.now()
