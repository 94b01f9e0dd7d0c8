"""However a diagram is damaged, the checks answer with findings."""

import copy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.bpmn.checks import check_diagram
from engine.bpmn.diagram import read_diagram

FOLDER = Path(__file__).parents[2] / "rules"
WHOLE = etree.parse(FOLDER / "unsupported-element" / "valid-everything-that-runs.bpmn").getroot()
FORM = etree.parse(FOLDER / "form-field" / "valid-every-kind.bpmn").getroot()
VALUES = st.sampled_from(
    ["", "x", "periksa", "mulai", "${", "-1", "true", "(", "\u202e", "a" * 5000]
)


def damaged(root, draw):
    root = copy.deepcopy(root)
    for _ in range(draw(st.integers(1, 6))):
        elements = [element for element in root.iter("*") if element is not root]
        if not elements:
            break
        element = draw(st.sampled_from(elements))
        deed = draw(st.sampled_from(["remove", "double", "move", "text", "attribute", "drop"]))
        if deed == "remove":
            element.getparent().remove(element)
        elif deed == "double":
            element.addnext(copy.deepcopy(element))
        elif deed == "move":
            target = draw(st.sampled_from(elements))
            if element not in target.iterancestors() and element is not target:
                target.append(element)
        elif deed == "text":
            element.text = draw(VALUES)
        elif deed == "attribute" and element.attrib:
            element.set(draw(st.sampled_from(sorted(element.attrib))), draw(VALUES))
        elif deed == "drop" and element.attrib:
            del element.attrib[draw(st.sampled_from(sorted(element.attrib)))]
    return etree.tostring(root)


@pytest.mark.parametrize("root", [WHOLE, FORM], ids=["whole", "form"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_diagram_is_answered_with_findings(root, data):
    content = damaged(root, data.draw)

    findings = check_diagram(read_diagram("rusak.bpmn", content))

    assert all(finding.message_id and finding.message_en for finding in findings)
