"""Every rule on its diagrams: an invalid one gives exactly its rule, a valid one nothing at all.

An invalid diagram names the element of its finding in a comment: `<!-- finding: element_id -->`.
`<!-- also: rule element_id -->` allows for another one, such as that the element is not run yet.
"""

import re
from pathlib import Path

import pytest

from engine.bpmn.checks import RULES, check_diagram, refuses
from engine.bpmn.diagram import read_diagram
from engine.model import Severity

FOLDER = Path(__file__).parents[2] / "rules"
REPOSITORY = FOLDER.parents[1]
FILES = sorted(FOLDER.glob("*/*.bpmn"))
PAGES = REPOSITORY / "engine" / "bpmn" / "checks" / "pages"
PARTS_ID = ["Yang ditolak", "Mengapa", "Contoh", "Perbaikan"]
PARTS_EN = ["What it refuses", "Why", "Example", "How to mend it"]
#: Rules that only warn, and invalid diagrams of other rules that only warn.
WARNED = {
    "missing-diagram",
    "invalid-no-lanes-at-all",
    "naming",
    "invalid-notice-in-a-loop",
    "invalid-timer-on-a-manual-task",
    "invalid-message-on-a-manual-task",
    "invalid-order",
    "invalid-unknown-lane",
    "invalid-unknown-attribute",
    "invalid-stray-text",
    "invalid-shape-without-width",
    "invalid-with-a-script",
    "invalid-caught-by-nobody",
    "invalid-escalation-caught-by-nobody",
    "invalid-never-thrown",
    "invalid-unknown-word",
    "invalid-signature-that-writes-it",
    "invalid-four-parafs",
    "invalid-way-past-the-paraf",
}


#: Invalid diagrams that are right BPMN: refused, and not called wrong.
UNSUPPORTED = {
    "chain-length/invalid-four-hundred-and-one",
    "dead-end/invalid-task-without-outgoing",
    "exclusive-without-condition/invalid-inclusive",
    "event-sub-process/invalid-multi-instance",
    "event-gateway/invalid-same-message-twice",
    "executable-process/invalid-missing-attribute",
    "executable-process/invalid-none",
    "expression/invalid-bean-call",
    "expression/invalid-ternary",
    "paper-maker/invalid-made-in-the-same-sub-process",
    "personal-data/invalid-a-file",
    "start-event/invalid-none",
    "start-event/invalid-none-in-sub-process",
    "start-event/invalid-same-message-twice",
    "thrown-code/invalid-catch-without-a-code",
    "thrown-code/invalid-caught-twice",
    "timer/invalid-no-offset",
    "timer/invalid-too-long",
    "timer/invalid-zero",
    "unresolved-reference/invalid-receive-task-without-message",
    "unresolved-reference/invalid-signal-without-reference",
    "user-task-lane/invalid-lane-without-name",
    "user-task-lane/invalid-outside-every-lane",
    "value/invalid-message-name-too-long",
    "value/invalid-message-start-with-an-expression",
}


def findings_in(path):
    return check_diagram(read_diagram(path.name, path.read_bytes()))


def findings_of_its_own(path):
    """Without those that the diagram allows for."""
    allowed = set(re.findall(r"<!-- also: (\S+) (\S+) -->", path.read_text(encoding="utf-8")))
    return tuple(f for f in findings_in(path) if (f.rule, f.element_id) not in allowed)


def name_of(path):
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", [p for p in FILES if p.stem.startswith("valid-")], ids=name_of)
def test_a_valid_diagram_has_no_findings(path):
    assert findings_of_its_own(path) == ()


@pytest.mark.parametrize("path", [p for p in FILES if p.stem.startswith("invalid-")], ids=name_of)
def test_an_invalid_diagram_has_its_finding_and_no_other(path):
    expected = re.search(r"<!-- finding: (\S+) -->", path.read_text(encoding="utf-8"))

    findings = findings_of_its_own(path)

    assert {(f.rule, f.element_id) for f in findings} == {(path.parent.name, expected.group(1))}
    assert len(findings) == 1
    is_warned = path.stem in WARNED or path.parent.name in WARNED
    assert refuses(findings) is not is_warned
    assert (findings[0].severity is Severity.WARNING) is is_warned


@pytest.mark.parametrize("name", sorted(UNSUPPORTED))
def test_what_is_right_bpmn_is_unsupported_and_no_error(name):
    findings = findings_of_its_own(FOLDER / f"{name}.bpmn")

    assert [finding.severity for finding in findings] == [Severity.UNSUPPORTED]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_finding_says_where_it_is_in_both_languages(path):
    for finding in findings_in(path):
        assert finding.line is not None
        assert finding.file_name == path.name
        assert finding.element_id in finding.message_id
        assert finding.element_id in finding.message_en
        assert finding.message_id != finding.message_en


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_valid_and_invalid_diagrams(rule):
    stems = [path.stem for path in (FOLDER / rule).glob("*.bpmn")]

    assert any(stem.startswith("valid-") for stem in stems)
    assert any(stem.startswith("invalid-") for stem in stems)


def test_every_folder_of_diagrams_belongs_to_a_rule():
    assert {path.parent.name for path in FILES} == set(RULES)


def test_every_rule_has_a_module_of_its_name_and_a_line_in_the_readme():
    readme = (REPOSITORY / "engine" / "bpmn" / "README.md").read_text(encoding="utf-8")

    for rule, check in RULES.items():
        assert check.__module__ == f"engine.bpmn.checks.{rule.replace('-', '_')}"
        assert f"`{rule}`" in readme


@pytest.mark.parametrize("path", sorted((REPOSITORY / "processes").glob("*.bpmn")), ids=name_of)
def test_the_procedures_that_we_ship_have_no_findings(path):
    assert findings_in(path) == ()


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_page_in_both_languages(rule):
    page = (PAGES / f"{rule}.md").read_text(encoding="utf-8")
    indonesian, _, english = page.partition("## English")

    assert page.startswith(f"# {rule}\n\n## Bahasa Indonesia\n")
    assert re.findall(r"^\*\*(.+?)\.\*\*", indonesian, re.MULTILINE) == PARTS_ID
    assert re.findall(r"^\*\*(.+?)\.\*\*", english, re.MULTILINE) == PARTS_EN


def test_every_page_belongs_to_a_rule():
    assert {page.stem for page in PAGES.glob("*.md")} == set(RULES)
