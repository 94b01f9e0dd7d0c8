"""One defect planted in a right diagram is found, by the right rule, at the element it is in."""

import re
import zlib
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from engine.bpmn.checks import check_diagram
from engine.bpmn.diagram import read_diagram
from engine.model import Severity
from tests.mutations import contents, references, structure
from tests.mutations.planting import KINDS, WARNING

ROOT = Path(__file__).parents[2]
PROCEDURES = sorted((ROOT / "processes").glob("*.bpmn"))
VALID = sorted((ROOT / "tests" / "rules").glob("*/valid-*.bpmn"))
#: Without those that show that one rule is content with what another one refuses, and without the
#: one that is as long as may be: there is no room to plant in.
FILES = [
    *PROCEDURES,
    *(
        path
        for path in VALID
        if "<!-- also:" not in path.read_text("utf-8") and path.parent.name != "chain-length"
    ),
]
#: Every kind is tried at so many places of each procedure; at one of each small diagram.
PLACES = 3
_WEIGHT = {Severity.WARNING: 0, Severity.UNSUPPORTED: 1, Severity.ERROR: 2}


def test_the_kinds_are_all_here():
    modules = {kind.__module__ for kind in KINDS.values()}

    assert modules == {module.__name__ for module in (contents, references, structure)}


@cache
def findings_of(content):
    return check_diagram(read_diagram("cacat.bpmn", content))


def root_of(path):
    return etree.fromstring(path.read_bytes())


def places_in(path, kind):
    """Numbers of places in this file: always the same ones, spread over the file."""
    count = sum(1 for _ in KINDS[kind](root_of(path)))
    wanted = min(count, PLACES if path in PROCEDURES else 1)
    first = zlib.crc32(f"{path.stem} {kind}".encode())
    return sorted({(first + n * max(count // wanted, 1)) % count for n in range(wanted)})


def named_by(finding):
    return {finding.element_id, *re.findall(r"\(([\w.-]+)\)", finding.message_en)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_untouched_original_has_no_error(path):
    found = findings_of(etree.tostring(root_of(path)))

    assert {finding.severity for finding in found} <= {WARNING}


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_defect_is_found_where_it_is(kind):
    tried = 0
    for path in FILES:
        for place in places_in(path, kind):
            root = root_of(path)
            planted = list(KINDS[kind](root))[place]
            planted.plant()
            tried += 1

            found = findings_of(etree.tostring(root))

            told = [f for f in found if f.rule == planted.rule and named_by(f) & planted.names]
            shown = (path.stem, planted.names, planted.rule, [f.message_en for f in found])
            assert told, shown
            weight = max(_WEIGHT[finding.severity] for finding in told)
            assert weight == _WEIGHT[planted.severity], shown
            assert all(f.line and f.message_id != f.message_en for f in told), shown
    assert tried, f"no file has a place for {kind}"
