"""Published clients send messages and signals to a real server, unchanged."""

from __future__ import annotations

import warnings
from typing import Any

import generic_camunda_client as generic
import pycamunda.message
import pytest
import requests

from tests.clients.conftest import WORKER, Served
from tests.webhooks.rest.hall import PASSWORD
from tests.webhooks.rest.test_rest_message import HOLIDAY, REPLY

with warnings.catch_warnings():
    # It declares its settings in the manner of pydantic 1.
    warnings.simplefilter("ignore", DeprecationWarning)
    from camunda.client.engine_client import EngineClient


@pytest.fixture
def waiting(served: Served) -> str:
    """The id of an instance that waits for a reply."""
    served.hall.deployed(REPLY)
    served.hall.deployed(HOLIDAY)
    body = {"businessKey": "B-1", "variables": {"nomor": {"value": 7}}}
    return str(served.hall.post("/process-definition/key/balasan_surat/start", body).json["id"])


def test_the_python_worker_client_sends_a_message(served: Served, waiting: str) -> None:
    auth = {"auth_basic": {"username": WORKER, "password": PASSWORD}}
    client = EngineClient(served.url, auth)

    [got] = client.correlate_message(
        "surat balasan", business_key="B-1", process_variables={"isi": "setuju"}
    )

    assert (got["resultType"], got["execution"]["id"]) == ("Execution", waiting)
    assert served.waits_for(waiting) == ["periksa"]
    assert served.variables(waiting) == {"nomor": 7, "isi": "setuju"}
    [begun] = client.correlate_message("surat masuk")
    assert begun["resultType"] == "ProcessDefinition"
    with pytest.raises(Exception, match="nothing waits"):
        client.correlate_message("surat balasan", business_key="B-1")


def test_pycamunda_sends_a_message(served: Served, waiting: str) -> None:
    sent = pycamunda.message.CorrelateSingle(served.url, "surat balasan", result_enabled=True)
    sent.add_correlation_key("nomor", 7, "Integer")
    sent.add_process_variable("isi", "setuju", "String")
    with requests.Session() as session:
        session.auth = (WORKER, PASSWORD)
        sent.session = session
        [got] = sent()

    assert got.result_type is pycamunda.message.ResultType.execution
    assert got.execution.process_instance_id == waiting
    assert served.waits_for(waiting) == ["periksa"]


def test_the_generated_client_sends_and_lists(served: Served, waiting: str) -> None:
    client = _generated(served)
    [awaited] = generic.EventSubscriptionApi(client).get_event_subscriptions(
        event_type="message", process_instance_id=waiting
    )
    assert (awaited.event_name, awaited.activity_id) == ("surat balasan", "balasan")
    message = generic.CorrelationMessageDto(
        message_name="surat balasan",
        business_key="B-1",
        result_enabled=True,
        variables_in_result_enabled=True,
    )

    [got] = generic.MessageApi(client).deliver_message(correlation_message_dto=message)

    assert got.execution.id == waiting
    assert got.variables["nomor"].value == 7
    count = generic.EventSubscriptionApi(client).get_event_subscriptions_count()
    assert count.count == 0
    instance = served.hall.post("/process-definition/key/libur/start").json["id"]
    signal = generic.SignalDto(name="hari libur")
    generic.SignalApi(client).throw_signal(signal_dto=signal)
    assert served.waits_for(instance) == ["lanjut"]


def _generated(served: Served) -> Any:
    settings = generic.Configuration(served.url, username=WORKER, password=PASSWORD)
    client = generic.ApiClient(settings)
    # The document names no security scheme, so that the client never sends its own credentials.
    client.set_default_header("Authorization", settings.get_basic_auth_token())
    return client
