"""A defect that is planted in a right diagram is refused, and the finding names its place."""

import random
import re
from pathlib import Path

import pytest
from lxml import etree

from engine.bpmn.checks import check_diagram
from engine.bpmn.diagram import read_diagram
from engine.bpmn.names import bpmn
from engine.model import Severity
from tests.engine.bpmn.planted_defects import KINDS

ROOT = Path(__file__).parents[3]
#: Diagrams that give the kinds what the four procedures do not have.
SMALL = (
    "soundness/valid-blocks",
    "soundness/valid-boundary-events",
    "soundness/valid-inclusive-join-of-parallel-branches",
    "soundness/valid-terminate-beside-a-branch",
    "default-flow/valid-default",
    "dead-end/valid-loop-with-a-way-out",
    "event-definition/valid-events",
    "form-collision/valid-forms",
    "loop-without-exit/valid-waits-for-a-person",
    "multi-instance/valid-collection",
    "script/valid-assignment",
    "timer/valid-duration",
    "unsupported-element/valid-everything-that-runs",
)
FILES = [
    *sorted((ROOT / "processes").glob("*.bpmn")),
    *(ROOT / "tests" / "rules" / f"{name}.bpmn" for name in SMALL),
]
#: Places of a kind that are tried in one file; which ones is drawn with a fixed seed.
PLACES = 3


def process_of(content):
    return etree.fromstring(content).find(bpmn("process"))


def refusals(content):
    findings = check_diagram(read_diagram("cacat.bpmn", content))
    return [finding for finding in findings if finding.severity is not Severity.WARNING]


def sampled(name, kind, count):
    rng = random.Random(f"{name} {kind}")
    return rng.sample(range(count), min(count, PLACES))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_right_diagram_has_no_finding(path):
    assert check_diagram(read_diagram(path.name, path.read_bytes())) == ()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_planted_defect_is_refused_by_name(path, kind):
    content = path.read_bytes()
    count = len(list(KINDS[kind](process_of(content))))
    for place in sampled(path.stem, kind, count):
        process = process_of(content)
        wanted = list(KINDS[kind](process))[place]()

        found = refusals(etree.tostring(process.getparent()))

        named = {finding.element_id for finding in found}
        named |= {name for f in found for name in re.findall(r"\(([\w.-]+)\)", f.message_en)}
        assert named & wanted, (kind, wanted, [finding.message_en for finding in found])


def test_every_kind_of_defect_has_a_place():
    processes = [process_of(path.read_bytes()) for path in FILES]

    assert [k for k, places in KINDS.items() if not any(list(places(p)) for p in processes)] == []
