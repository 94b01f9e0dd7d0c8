"""The element templates are what Camunda Modeler reads, and know every `sop:` property there is."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import tarfile
from collections import defaultdict
from itertools import chain
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import jsonschema
import pytest
from lxml import etree

from tests.diagrams import end, line, process, start
from tests.needs import npm
from tests.office import PROCESSES, Office

ROOT = PROCESSES.parent
FILE = ROOT / "webhooks" / "modeler" / "alur-element-templates.json"
TEMPLATES: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
BY_ID = {each["id"]: each for each in TEMPLATES}
PROPERTIES = [(each["id"], one) for each in TEMPLATES for one in each["properties"]]

#: The schema that Camunda publishes for its users' templates, as npm has it.
PACKAGE = "@camunda/element-templates-json-schema@0.22.1"
SHA512 = "nDmSI66Lt/YjuW/myemLH1j2Fgw9ldD9eK6vmhTdMW7lgn0V+8AaVL5lJyQCEQa4lVgTIXrqttyCn/EGwHP8+Q=="

CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"


def keys(template: dict[str, Any]) -> list[str]:
    return [each["binding"]["name"] for each in template["properties"]]


def keys_by_element() -> dict[str, set[str]]:
    """`bpmn:UserTask` -> the keys that a template offers there."""
    found: dict[str, set[str]] = defaultdict(set)
    for template in TEMPLATES:
        for element in template["appliesTo"]:
            found[element] |= set(keys(template))
    return found


def used_properties() -> list[tuple[str, str, str]]:
    """(`bpmn:UserTask`, key, value) of every `sop:` property in the SOPs."""
    found = []
    for file in sorted(PROCESSES.glob("*.bpmn")):
        for each in etree.parse(file).iter(f"{CAMUNDA}property"):
            name = each.get("name", "")
            if name.startswith("sop:"):
                owner = etree.QName(each.getparent().getparent().getparent()).localname
                found.append((f"bpmn:{owner[0].upper()}{owner[1:]}", name, each.get("value", "")))
    return found


# -------------------------------------------------------------------- the schema


@pytest.fixture(scope="module")
def published_schema(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Camunda's schema from npm; on a laptop without it the own checks below must do."""
    folder = tmp_path_factory.mktemp("schema")
    npm("pack", "--silent", "--prefer-offline", PACKAGE, folder=folder)
    [archive] = folder.glob("*.tgz")
    digest = hashlib.sha512(archive.read_bytes()).digest()
    assert base64.b64encode(digest).decode() == SHA512
    with tarfile.open(archive) as files:
        content = files.extractfile("package/resources/schema.json")
        assert content is not None
        return json.load(content)


def test_templates_follow_the_published_schema(published_schema: Any) -> None:
    jsonschema.Draft7Validator(published_schema).validate(TEMPLATES)


def test_every_template_says_what_it_is() -> None:
    for each in TEMPLATES:
        assert {"$schema", "id", "name", "description", "version", "appliesTo"} <= set(each)
        assert all(re.fullmatch(r"bpmn:[A-Z]\w+", element) for element in each["appliesTo"])
    assert len(BY_ID) == len(TEMPLATES)


def test_every_template_names_each_key_once() -> None:
    for each in TEMPLATES:
        assert len(keys(each)) == len(set(keys(each))), each["id"]


@pytest.mark.parametrize(("template", "one"), PROPERTIES, ids=str)
def test_property_is_one_that_the_modeler_accepts(template: str, one: dict[str, Any]) -> None:
    assert one["binding"]["type"] == "camunda:property"
    assert one["binding"]["name"].startswith("sop:")
    # Camunda 7 knows no other type for this binding: no Text, no Boolean.
    assert one["type"] in {"String", "Dropdown"}
    assert one["label"]
    assert one["description"]
    assert one["group"] in {group["id"] for group in BY_ID[template]["groups"]}
    if one["type"] == "Dropdown":
        assert one["value"] in {choice["value"] for choice in one["choices"]}


# ------------------------------------------------------------------------ the keys


def test_keys_are_those_that_the_readme_names() -> None:
    readme = (PROCESSES / "README.md").read_text(encoding="utf-8")
    tables = readme.partition("## Properties\n")[2].partition("Properties of a **form field**")[0]
    named = set(chain.from_iterable(
        re.findall(r"`(sop:\w+)`", row.partition(" | ")[0])
        for row in tables.splitlines() if row.startswith("| ")
    ))  # fmt: skip

    assert set().union(*keys_by_element().values()) == named


def test_every_property_of_the_sops_has_its_field() -> None:
    offered = keys_by_element()

    assert {(element, key) for element, key, _ in used_properties() if key not in offered[element]}\
        == set()  # fmt: skip


def test_values_of_the_sops_are_among_the_choices_and_patterns() -> None:
    rules = {one["binding"]["name"]: one for _, one in PROPERTIES}
    for _, key, value in used_properties():
        rule = rules[key]
        pattern = rule.get("constraints", {}).get("pattern", {}).get("value", "")
        assert re.search(pattern, value), (key, value)
        if rule["type"] == "Dropdown":
            assert value in {choice["value"] for choice in rule["choices"]}, (key, value)


@pytest.mark.parametrize("key", ["sop:dasar", "sop:tindakan"])
def test_every_choice_is_named_in_the_readme(key: str) -> None:
    readme = (PROCESSES / "README.md").read_text(encoding="utf-8")
    row = next(each for each in readme.splitlines() if each.startswith(f"| `{key}`"))
    choices = next(one["choices"] for _, one in PROPERTIES if one["binding"]["name"] == key)

    assert {each["value"] for each in choices} - {""} == set(re.findall(r"`([\w+-]+)`", row))


@pytest.mark.parametrize("value", ["", "P1D", "P120D", "PT1H", "PT15M", "P1DT2H", "PT1H30M"])
def test_duration_is_accepted(value: str) -> None:
    assert re.search(_duration_pattern(), value)


@pytest.mark.parametrize("value", ["P", "PT", "1 Hari", "P1H", "PT1D", "P1DT", "p1d", " P1D"])
def test_what_is_no_duration_is_not(value: str) -> None:
    assert not re.search(_duration_pattern(), value)


def _duration_pattern() -> str:
    one = next(one for _, one in PROPERTIES if one["binding"]["name"] == "sop:waktuIso")
    return str(one["constraints"]["pattern"]["value"])


# ------------------------------------------------------------------- what it makes


def templated(template_id: str) -> tuple[str, str]:
    """What the Modeler writes for a template: attributes of the element, and its properties."""
    template = BY_ID[template_id]
    rows = "".join(
        f"<camunda:property name={quoteattr(one['binding']['name'])} "
        f"value={quoteattr(one.get('value', ''))}/>"
        for one in template["properties"]
    )
    version = template["version"]
    attributes = (
        f'camunda:modelerTemplate="{template_id}" camunda:modelerTemplateVersion="{version}"'
    )
    return attributes, f"<camunda:properties>{rows}</camunda:properties>"


def test_diagram_of_fresh_templates_deploys_and_runs(office: Office) -> None:
    step, step_rows = templated("alur.sop.langkah")
    each, each_rows = templated("alur.sop.langkah-bidang")
    sheet, sheet_rows = templated("alur.sop.lembar")
    counter, counter_rows = templated("alur.sop.penghitung")
    split, split_rows = templated("alur.sop.percabangan")

    def extended(rows: str) -> str:
        return f"<bpmn:extensionElements>{rows}</bpmn:extensionElements>"

    content = process(
        extended(sheet_rows),
        start(),
        f'<bpmn:scriptTask id="c" name="Hitung" scriptFormat="python" {counter}>'
        f"{extended(counter_rows)}<bpmn:script>daftar_bidang = ['SMP', 'PAUD']</bpmn:script>"
        "</bpmn:scriptTask>",
        f'<bpmn:exclusiveGateway id="g" name="Lanjut?" {split}>{extended(split_rows)}'
        "</bpmn:exclusiveGateway>",
        f'<bpmn:userTask id="a" name="Menulis" {step}>{extended(step_rows)}</bpmn:userTask>',
        f'<bpmn:userTask id="b" name="Mengisi" {each}>{extended(each_rows)}'
        '<bpmn:multiInstanceLoopCharacteristics camunda:collection="${daftar_bidang}" '
        'camunda:elementVariable="bidang"/></bpmn:userTask>',
        end(),
        line("s", "c", "g", "b", "a", "e"),
    ).replace('isExecutable="true"', f'isExecutable="true" {sheet}')

    definition = office.deploy(content)
    instance = office.start(definition)

    names = [task.name for task in office.open_tasks(instance)]
    assert names == ["Mengisi", "Mengisi"]


def test_template_file_is_packaged() -> None:
    setup = (ROOT / "setup.cfg").read_text(encoding="utf-8")

    assert Path(FILE).is_file()
    assert "modeler/*.json" in setup
