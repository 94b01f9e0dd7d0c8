"""Deploying: versions, the same files again, refusals with every finding."""

from __future__ import annotations

import threading

import pytest

from engine.errors import DeploymentInUse, DeploymentRejected, Forbidden, InvalidInput
from engine.queries import DefinitionQuery
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, ANALYST, PROCESSES, Office, staff


def a_diagram(name: str = "a", key: str = "p", **more: object) -> str:
    return process(start(), user("a", name=name), end(), line("s", "a", "e"), key=key, **more)


def test_the_same_files_again_are_the_same_deployment(office: Office) -> None:
    first = office.engine.definitions.deploy("x", {"a.bpmn": a_diagram().encode()}, actor=ANALYST)
    again = office.engine.definitions.deploy("y", {"a.bpmn": a_diagram().encode()}, actor=ANALYST)

    assert first.is_new
    assert not again.is_new
    assert again.deployment == first.deployment
    assert again.definitions == first.definitions


def test_a_changed_file_is_the_next_version_and_running_instances_keep_theirs(
    office: Office,
) -> None:
    old = office.deploy(a_diagram("lama"))
    instance = office.start(old)
    new = office.deploy(a_diagram("baru"))

    assert (old.version, new.version) == (1, 2)
    assert office.task(instance, "a").name == "lama"
    assert office.engine.definitions.latest_definition("p", actor=ADMIN) == new
    query = DefinitionQuery(key="p", is_latest=True)
    assert office.engine.definitions.definitions(query, actor=ADMIN) == [new]


def test_two_deploys_at_once_take_two_versions(office_on_both: Office) -> None:
    office = office_on_both
    versions: list[int] = []

    def deploy(number: int) -> None:
        versions.append(office.deploy(a_diagram(f"nama {number}")).version)

    threads = [threading.Thread(target=deploy, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(versions) == [1, 2, 3, 4, 5, 6]


def test_all_findings_of_all_files_are_told_at_once(office: Office) -> None:
    broken = process(start(), user("a"), end(), line("s", "a"))
    with pytest.raises(DeploymentRejected) as refused:
        office.engine.definitions.deploy(
            "x",
            {"satu.bpmn": broken.encode(), "dua.bpmn": b"<html/>", "tiga.bpmn": b"\x00"},
            actor=ANALYST,
        )

    files = {f.file_name for f in refused.value.findings if f.severity != "warning"}
    assert files == {"satu.bpmn", "dua.bpmn", "tiga.bpmn"}
    assert office.engine.definitions.definitions(DefinitionQuery(), actor=ADMIN) == []


def test_one_process_id_in_two_files_is_refused(office: Office) -> None:
    with pytest.raises(DeploymentRejected) as refused:
        office.engine.definitions.deploy(
            "x",
            {"a.bpmn": a_diagram("a").encode(), "b.bpmn": a_diagram("b").encode()},
            actor=ANALYST,
        )

    assert "duplicate-process" in {f.rule for f in refused.value.findings}


@pytest.mark.parametrize("files", [{}, {"catatan.txt": b"x"}])
def test_a_deployment_needs_a_diagram(office: Office, files: dict[str, bytes]) -> None:
    with pytest.raises(InvalidInput):
        office.engine.definitions.deploy("x", files, actor=ANALYST)


def test_a_task_whose_lane_cannot_be_resolved_is_refused(office: Office) -> None:
    lanes = {"Kadis": ["s", "e"]}
    with pytest.raises(DeploymentRejected) as refused:
        office.deploy(a_diagram(lanes=lanes))

    [finding] = [f for f in refused.value.findings if f.severity == "unsupported"]
    assert (finding.rule, finding.element_id) == ("user-task-lane", "a")
    assert "a" in finding.message_id


def test_a_task_with_neither_lane_nor_candidates_is_a_warning(office: Office) -> None:
    deployed = office.engine.definitions.deploy(
        "x", {"a.bpmn": a_diagram().encode()}, actor=ANALYST
    )

    assert "user-task-lane" in {finding.rule for finding in deployed.warnings}


def test_a_used_deployment_stays(office: Office) -> None:
    used, unused = office.deploy(a_diagram("a")), office.deploy(a_diagram("b"))
    office.start(used)

    with pytest.raises(DeploymentInUse):
        office.engine.definitions.delete_deployment(used.deployment_id, actor=ANALYST)
    office.engine.definitions.delete_deployment(unused.deployment_id, actor=ANALYST)

    assert office.engine.definitions.latest_definition("p", actor=ADMIN) == used


def test_the_file_comes_back_byte_for_byte(office: Office) -> None:
    definition = office.deploy(a_diagram())

    assert office.engine.definitions.xml(definition.definition_id, actor=ADMIN) == (
        a_diagram().encode()
    )


def test_lanes_decide_who_sees_a_definition(office: Office) -> None:
    definition = office.deploy(a_diagram(lanes={"Kadis": ["s", "a", "e"]}))
    see = office.engine.definitions.definition

    assert see(definition.definition_id, actor=staff("Kadis")) == definition
    assert see(definition.definition_id, actor=ANALYST) == definition
    with pytest.raises(Forbidden):
        see(definition.definition_id, actor=staff("Bidang"))
    query = DefinitionQuery()
    assert office.engine.definitions.count_definitions(query, actor=staff("Bidang")) == 0


def test_going_back_to_older_files_is_a_new_version(office: Office) -> None:
    deployed = []
    for name in ("a", "b", "a", "a"):
        deployed.append(office.deploy(a_diagram(name)))
        office.clock.advance(seconds=1)
    first, second, back, again = deployed

    assert (first.version, second.version, back.version) == (1, 2, 3)
    assert again == back
    assert office.engine.definitions.latest_definition("p", actor=ADMIN) == back


def test_every_expression_is_shown_as_it_will_be_run(office: Office) -> None:
    content = (PROCESSES / "balangan.bpmn").read_bytes()
    found = office.engine.definitions.translations({"balangan.bpmn": content})

    by_source = {each.source: each.python for each in found}
    assert by_source["${triwulan == 2 || triwulan == 4}"] == "triwulan == 2 or triwulan == 4"
    assert by_source["${daftar_bidang}"] == "daftar_bidang"
    assert all(each.line and each.python for each in found)
