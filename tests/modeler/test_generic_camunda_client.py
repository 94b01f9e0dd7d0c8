"""The client that is generated from Camunda's own OpenAPI document speaks to a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import generic_camunda_client as camunda
import pytest

from tests.webhooks.rest.hall import LETTER, PASSWORD


def client_of(origin: str, name: str) -> Any:
    settings = camunda.Configuration(f"{origin}/engine-rest", username=name, password=PASSWORD)
    client = camunda.ApiClient(settings)
    # The document names no security scheme, so that the client never sends its own credentials.
    client.set_default_header("Authorization", settings.get_basic_auth_token())
    return client


def deployed(origin: str, folder: Path) -> Any:
    file = folder / "surat.bpmn"
    file.write_text(LETTER, encoding="utf-8")
    return camunda.DeploymentApi(client_of(origin, "analis")).create_deployment(
        deployment_name="surat", deployment_source="generic", data=str(file)
    )


def started(origin: str, definition: Any) -> Any:
    return camunda.ProcessDefinitionApi(client_of(origin, "siti")).start_process_instance(
        definition.id,
        start_process_instance_dto=camunda.StartProcessInstanceDto(
            business_key="G-1",
            variables={"nomor": camunda.VariableValueDto(value=7, type="Integer")},
        ),
    )


def test_letter_runs_to_its_end(origin: str, tmp_path: Path) -> None:
    deployment = deployed(origin, tmp_path)
    (definition,) = deployment.deployed_process_definitions.values()
    instance = started(origin, definition)
    siti = camunda.TaskApi(client_of(origin, "siti"))
    kepala = camunda.TaskApi(client_of(origin, "kepala"))

    (task,) = siti.get_tasks(process_instance_id=instance.id)
    siti.claim(task.id, user_id_dto=camunda.UserIdDto(user_id="siti"))
    # Without variables in return the answer is an empty 204, as Camunda's, which this client
    # cannot read.
    written = camunda.CompleteTaskDto(
        variables={"isi_surat": camunda.VariableValueDto(value="halo", type="String")},
        with_variables_in_return=True,
    )
    assert siti.complete(task.id, complete_task_dto=written)["isi_surat"].value == "halo"
    (decision,) = kepala.get_tasks(process_instance_id=instance.id)
    agreed = camunda.CompleteTaskDto(with_variables_in_return=True)
    kepala.complete(decision.id, complete_task_dto=agreed)

    history = client_of(origin, "auditor")
    ended = camunda.HistoricProcessInstanceApi(history).get_historic_process_instance(instance.id)
    assert (ended.business_key, ended.state) == ("G-1", "COMPLETED")
    tasks = camunda.HistoricTaskInstanceApi(history).get_historic_task_instances(
        process_instance_id=instance.id, sort_by="startTime", sort_order="asc"
    )
    assert [each.task_definition_key for each in tasks] == ["isi", "setuju"]
    visits = camunda.HistoricActivityInstanceApi(history).get_historic_activity_instances(
        process_instance_id=instance.id
    )
    assert {each.activity_id for each in visits} == {"mulai", "isi", "setuju", "selesai"}


def test_refusals_arrive_with_their_status(origin: str, tmp_path: Path) -> None:
    (definition,) = deployed(origin, tmp_path).deployed_process_definitions.values()

    with pytest.raises(camunda.ApiException) as refused:
        camunda.TaskApi(client_of(origin, "siti")).get_task("nix")
    assert refused.value.status == 404
    with pytest.raises(camunda.ApiException) as refused:
        camunda.ProcessDefinitionApi(client_of(origin, "siti")).start_process_instance(
            definition.id, start_process_instance_dto=camunda.StartProcessInstanceDto()
        )
    assert refused.value.status == 400
    assert "nomor" in refused.value.body


def test_version_and_definitions_are_read(origin: str, tmp_path: Path) -> None:
    (definition,) = deployed(origin, tmp_path).deployed_process_definitions.values()
    auditor = client_of(origin, "auditor")

    assert camunda.VersionApi(auditor).get_rest_api_version().version == "7.24.0"
    listed = camunda.ProcessDefinitionApi(auditor).get_process_definitions(latest_version=True)
    assert definition.id in [each.id for each in listed]
