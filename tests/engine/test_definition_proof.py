"""Definitions that are not what their deployed file makes of them are named by `verify --all`."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine.errors import Forbidden
from engine.model import Actor
from engine.queries import DefinitionQuery
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, ANALYST, AUDITOR, Office, staff


def diagram(key: str) -> str:
    parts = start("s"), user("t"), end("e"), line("s", "t", "e")
    return process(*parts, key=key, lanes={"Kadis": ["s", "t", "e"]})


def spoil(office: Office, statement: str) -> None:
    with office.store._engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount == 1


@pytest.mark.parametrize(
    ("forged", "named", "expected", "found"),
    [
        ("UPDATE process_definition SET name = 'x' WHERE KEY", "name of", "surat", "x"),
        (
            "UPDATE process_definition SET version = 7 WHERE KEY",
            "definition_id of",
            "surat:7",
            ":1:",
        ),
        (
            "UPDATE process_definition SET starter_users = '[\"siti\"]' WHERE KEY",
            "starter_users of",
            "none",
            "siti",
        ),
        (
            "UPDATE process_definition SET starter_users = '[' WHERE KEY",
            "cannot be read",
            None,
            "unreadable",
        ),
        (
            "UPDATE definition_lane SET name = 'Bidang' WHERE definition_id LIKE 'surat%'",
            "lanes of",
            "Kadis",
            "Bidang",
        ),
        (
            "DELETE FROM definition_lane WHERE definition_id LIKE 'surat%'",
            "lanes of",
            "Kadis",
            "none",
        ),
        (
            "UPDATE process_definition SET deployed_at = deployed_at + 1 WHERE KEY",
            "deployed_at of",
            "",
            "",
        ),
        ("UPDATE resource SET content = X'78' WHERE name = 'surat.bpmn'", "digest of", "", ""),
        (
            "UPDATE resource SET content = 'x' WHERE name = 'surat.bpmn'",
            "the file surat.bpmn",
            None,
            "unreadable",
        ),
    ],
    ids=[
        "name",
        "version",
        "starters",
        "unreadable",
        "lanes",
        "no lanes",
        "moment",
        "file",
        "unreadable file",
    ],
)
def test_a_definition_that_its_file_does_not_lead_to_is_named(
    office: Office, forged: str, named: str, expected: str | None, found: str
) -> None:
    definitions = office.engine.definitions
    letter = office.deploy(diagram("surat"), "surat.bpmn")
    office.deploy(diagram("nota"), "nota.bpmn")
    assert not list(definitions.faults(actor=AUDITOR))

    spoil(office, forged.replace("KEY", "key = 'surat'"))

    [fault] = definitions.faults(actor=AUDITOR)
    assert (fault.instance_id, fault.check) == (letter.definition_id, "state")
    assert named in fault.message
    assert (expected or "") in (fault.expected or "")
    assert found in (fault.found or "")


@pytest.mark.parametrize(
    ("forged", "named"),
    [
        ("UPDATE deployment SET digest = 'x' WHERE name = 'surat'", "digest of the deployment"),
        ("UPDATE resource SET content = X'78' WHERE name = 'a.txt'", "digest of the deployment"),
        ("UPDATE resource SET name = 'b.txt' WHERE name = 'a.txt'", "digest of the deployment"),
        ("DELETE FROM resource WHERE name = 'a.txt'", "digest of the deployment"),
        ("UPDATE resource SET content = 'x' WHERE name = 'a.txt'", "the file a.txt"),
        ("UPDATE deployment SET digest = X'78' WHERE name = 'surat'", "deployment.digest"),
    ],
    ids=["digest", "file", "name", "deleted", "unreadable file", "unreadable"],
)
def test_a_deployment_that_its_files_do_not_lead_to_is_named(
    office: Office, forged: str, named: str
) -> None:
    definitions = office.engine.definitions
    files = {"surat.bpmn": diagram("surat").encode(), "a.txt": b"lampiran"}
    letter = definitions.deploy("surat", files, actor=ANALYST).deployment
    office.deploy(diagram("nota"), "nota.bpmn")
    assert not list(definitions.faults(actor=AUDITOR))

    spoil(office, forged)

    *_, fault = definitions.faults(actor=AUDITOR)
    assert (fault.instance_id, fault.check) == (letter.deployment_id, "state")
    assert named in fault.message


@pytest.mark.parametrize("table", ["process_definition", "deployment"])
def test_what_has_no_id_that_can_be_read_is_named_beside_the_others(
    office: Office, table: str
) -> None:
    definitions = office.engine.definitions
    office.deploy(diagram("surat"), "surat.bpmn")
    note = office.deploy(diagram("nota"), "nota.bpmn")
    key = {"process_definition": "definition_id", "deployment": "deployment_id"}[table]
    with office.store._engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
    letter = "(SELECT deployment_id FROM process_definition WHERE key = 'surat')"
    spoil(office, f"UPDATE {table} SET {key} = X'FF41' WHERE deployment_id = {letter}")
    spoil(office, "UPDATE process_definition SET version_tag = 'x' WHERE key = 'nota'")

    found = list(definitions.faults(actor=AUDITOR))

    unnamed = [each for each in found if each.message.startswith(f"a row of {table} ({key} ")]
    assert [(each.instance_id, each.found) for each in unnamed] == [("-", "unreadable")]
    assert note.definition_id in {each.instance_id for each in found}


def test_one_definition_that_cannot_be_read_takes_no_other_with_it(office: Office) -> None:
    office.deploy(diagram("surat"), "surat.bpmn")
    other = office.deploy(diagram("nota"), "nota.bpmn")

    spoil(office, "UPDATE process_definition SET starter_users = '7' WHERE key = 'surat'")

    assert office.engine.definitions.definitions(DefinitionQuery(), actor=ADMIN) == [other]


@pytest.mark.parametrize("actor", [ANALYST, staff("Kadis")], ids=["analyst", "staff"])
def test_only_auditors_and_admins_verify_definitions(office: Office, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        list(office.engine.definitions.faults(actor=actor))
