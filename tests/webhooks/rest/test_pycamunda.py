"""A client that was written for Camunda speaks to a real server, unchanged."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pycamunda
import pycamunda.deployment
import pycamunda.incident
import pycamunda.processdef
import pycamunda.processinst
import pycamunda.task
import pycamunda.version
import pytest
import requests

from engine.settings import Settings
from engine.store import Store
from tests.serving import served
from tests.webhooks.rest.hall import LETTER, PASSWORD, Hall


class Clients:
    """Requests of pycamunda, each as one of the people."""

    def __init__(self, url: str) -> None:
        self.url = url

    def send(self, who: str, request: pycamunda.base.CamundaRequest) -> object:
        with requests.Session() as session:
            session.auth = (who, PASSWORD)
            request.session = session
            request.auth = (who, PASSWORD)
            return request()

    def deploy(self, content: str) -> pycamunda.deployment.DeploymentWithDefinitions:
        file = io.BytesIO(content.encode())
        file.name = "surat.bpmn"
        request = pycamunda.deployment.Create(self.url, name="surat", source="pycamunda")
        request.add_resource(file)
        return self.send("analis", request)


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    """A server of its own on a free port of this computer, over a database file."""
    store = Store.open(f"sqlite:///{tmp_path / 'alur.db'}")
    store.migrate()
    hall = Hall(store, Settings())
    with served(hall.app) as origin:
        yield Clients(f"{origin}/engine-rest")
    store.close()


def test_pycamunda_runs_a_letter_to_its_end(clients: Clients) -> None:
    assert clients.send("siti", pycamunda.version.Get(clients.url)) == "7.24.0"
    deployment = clients.deploy(LETTER)
    (definition,) = deployment.deployed_process_definitions.values()
    assert (definition.key, deployment.source) == ("surat", "pycamunda")
    again = clients.deploy(LETTER)
    assert again.deployed_process_definitions == deployment.deployed_process_definitions
    listed = clients.send("siti", pycamunda.processdef.GetList(clients.url, latest_version=True))
    assert [each.id_ for each in listed] == [definition.id_]

    start = pycamunda.processdef.StartInstance(clients.url, key="surat", business_key="B-1")
    start.add_variable(name="nomor", value=7, type_="Integer")
    instance = clients.send("siti", start)
    found = clients.send("siti", pycamunda.processinst.Get(clients.url, id_=instance.id_))
    assert found.business_key == "B-1"
    assert len(clients.send("siti", pycamunda.processinst.GetList(clients.url))) == 1

    query = pycamunda.task.GetList(
        clients.url, process_instance_id=instance.id_, candidate_group="Petugas", sort_by="created"
    )
    (task,) = clients.send("siti", query)
    clients.send("siti", pycamunda.task.Claim(clients.url, id_=task.id_, user_id="siti"))
    assert clients.send("siti", pycamunda.task.Get(clients.url, id_=task.id_)).assignee == "siti"
    complete = pycamunda.task.Complete(clients.url, id_=task.id_, with_variables_in_return=True)
    complete.add_variable(name="isi_surat", value="halo", type_="String")
    assert clients.send("siti", complete)["isi_surat"].value == "halo"

    variables = clients.send(
        "siti", pycamunda.processinst.VariablesGetList(clients.url, instance.id_)
    )
    assert variables["nomor"].value == 7
    (decision,) = clients.send("kepala", pycamunda.task.GetList(clients.url))
    clients.send("kepala", pycamunda.task.Complete(clients.url, id_=decision.id_))
    with pytest.raises(pycamunda.NotFound):
        clients.send("siti", pycamunda.processinst.Get(clients.url, id_=instance.id_))
    assert clients.send("auditor", pycamunda.incident.GetList(clients.url)) == ()


def test_pycamunda_understands_refusals(clients: Clients) -> None:
    with pytest.raises(pycamunda.NotFound):
        clients.send("siti", pycamunda.task.Get(clients.url, id_="nix"))
    with pytest.raises(pycamunda.BadRequest, match="owner"):
        clients.send("siti", pycamunda.task.GetList(clients.url, owner="siti"))
    with pytest.raises(pycamunda.BadRequest, match="ENGINE-09005"):
        clients.deploy("<a/>")
    with pytest.raises(pycamunda.Unauthorized):
        pycamunda.task.Get(clients.url, id_="nix")()


def test_answer_of_a_real_server_is_exactly_json(clients: Clients) -> None:
    answer = requests.get(f"{clients.url}/task", auth=("siti", PASSWORD), timeout=5)

    assert answer.headers["Content-Type"] == "application/json"


def test_two_completions_at_once_are_one_success_and_one_conflict(clients: Clients) -> None:
    clients.deploy(LETTER)
    start = pycamunda.processdef.StartInstance(clients.url, key="surat")
    start.add_variable(name="nomor", value=1)
    clients.send("siti", start)
    (task,) = clients.send("siti", pycamunda.task.GetList(clients.url))
    gate = threading.Barrier(2)
    statuses: list[int] = []

    def complete(who: str) -> None:
        gate.wait()
        body = {"variables": {"isi_surat": {"value": who}}}
        url = f"{clients.url}/task/{task.id_}/complete"
        answer = requests.post(url, json=body, auth=(who, PASSWORD), timeout=10)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=complete, args=(who,)) for who in ("siti", "budi")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [204, 409]
