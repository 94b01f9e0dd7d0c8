"""However the nodes of a real procedure are deleted, doubled or changed, the answer is findings."""

import copy
import random
from pathlib import Path

import pytest
from lxml import etree

from engine.bpmn.checks import check_diagram
from engine.bpmn.diagram import read_diagram

FILES = sorted((Path(__file__).parents[3] / "processes").glob("*.bpmn"))
RUNS = 75
VALUES = ["", "x", "mulai", "true", "-1", "${", "PT1H", "a b", "tns:x", "\u202e", "1" * 3000]


def damage(root, rng):
    for _ in range(rng.randint(1, 8)):
        elements = list(root.iter("*"))[1:]
        if not elements:
            return
        element = rng.choice(elements)
        names = sorted(map(str, element.attrib))
        deed = rng.choice(["delete", "double", "move", "value", "drop", "swap", "rename", "text"])
        if deed == "delete":
            element.getparent().remove(element)
        elif deed == "double":
            element.addnext(copy.deepcopy(element))
        elif deed == "move":
            target = rng.choice(elements)
            if target is not element and element not in target.iterancestors():
                target.append(element)
        elif deed == "value" and names:
            element.set(rng.choice(names), rng.choice(VALUES))
        elif deed == "drop" and names:
            del element.attrib[rng.choice(names)]
        elif deed == "swap" and names:
            name = rng.choice(names)
            others = [other.get(name) for other in elements if other.get(name)]
            element.set(name, rng.choice(others))
        elif deed == "rename":
            element.tag = rng.choice(elements).tag
        elif deed == "text":
            element.text = rng.choice(VALUES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_damaged_procedure_is_answered_with_findings(path):
    content = path.read_bytes()
    found = []
    for number in range(RUNS):
        root = etree.fromstring(content)
        damage(root, random.Random(f"{path.stem} {number}"))

        findings = check_diagram(read_diagram("rusak.bpmn", etree.tostring(root)))

        assert all(f.message_id and f.message_en and f.rule for f in findings)
        found.append(findings)
    # Some damage does no harm: a text that nobody reads.
    assert sum(map(bool, found)) > RUNS / 2
