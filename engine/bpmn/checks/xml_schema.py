"""The file keeps to the XML schema of BPMN 2.0, as far as a deviation could change what it says."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import Element, is_bpmn, local
from engine.bpmn.schema.order import known_attribute
from engine.bpmn.schema.validation import Deviation, SchemaFault, faults_of
from engine.model import Finding, Severity

RULE = "xml-schema"

#: A file of another tool may deviate everywhere; a few places are enough to see how.
_MOST_WARNINGS = 5
_MOST_ERRORS = 20

#: Elements that nothing is executed of, wherever they stand.
_HARMLESS = frozenset(
    {"auditing", "documentation", "extensionElements", "incoming", "monitoring", "outgoing", "text"}
)


def check(diagram: Diagram) -> Iterator[Finding]:
    """What could change the meaning is an error; what only differs in form is a warning."""
    rule = Rule(RULE, diagram)
    processes = {process for _, process in checked_processes(diagram)}
    left = {Severity.ERROR: _MOST_ERRORS, Severity.WARNING: _MOST_WARNINGS}
    is_ordered = True
    for fault in faults_of(diagram.source):
        if fault.deviation is Deviation.ORDER and not is_ordered:
            continue
        is_ordered = is_ordered and fault.deviation is not Deviation.ORDER
        severity = _severity(fault, processes)
        if left[severity]:
            left[severity] -= 1
            report = rule.error if severity is Severity.ERROR else rule.warning
            yield report(fault.element, *_words(fault))


def _severity(fault: SchemaFault, processes: set[Element]) -> Severity:
    holders = {fault.element, *fault.element.iterancestors()}
    is_executed = is_bpmn(fault.element) and not holders.isdisjoint(processes)
    return Severity.ERROR if is_executed and _changes_meaning(fault) else Severity.WARNING


def _changes_meaning(fault: SchemaFault) -> bool:
    if fault.deviation is Deviation.UNKNOWN_ATTRIBUTE:
        return known_attribute(fault.subject) not in {None, fault.subject}
    if fault.deviation is Deviation.MISPLACED:
        return local(fault.element) not in _HARMLESS
    if fault.deviation is Deviation.MISSING_ATTRIBUTE:
        return local(fault.element) != "association"
    return fault.deviation in {Deviation.BAD_VALUE, Deviation.MISSING_CHILD}


def _words(fault: SchemaFault) -> tuple[str, str]:
    tag, subject = local(fault.element), fault.subject
    if fault.deviation is Deviation.UNKNOWN_ATTRIBUTE:
        return _unknown_attribute(subject)
    return {
        Deviation.ORDER: (
            "urutan unsur di dalamnya berbeda dari skema BPMN 2.0; simpan ulang di modeler",
            "what it holds is not in the order of the BPMN 2.0 schema; save it again in a modeler",
        ),
        Deviation.MISSING_ATTRIBUTE: (
            f"atribut {subject!r} wajib ada; isilah",
            f"the attribute {subject!r} is required; set it",
        ),
        Deviation.BAD_VALUE: (
            f"{subject or tag} tidak boleh bernilai {fault.value!r}; tulis nilai yang dikenal BPMN",
            f"{subject or tag} cannot be {fault.value!r}; write a value that BPMN knows",
        ),
        Deviation.MISPLACED: (
            f"{tag} tidak dikenal BPMN 2.0 di tempat ini, atau berulang; hapus atau pindahkan",
            f"BPMN 2.0 knows no {tag} in this place, or it is repeated; remove or move it",
        ),
        Deviation.MISSING_CHILD: (
            f"{tag} harus memuat {subject}; tambahkan",
            f"{tag} must hold {subject}; add it",
        ),
        Deviation.OTHER: (
            f"isi {tag} berbeda dari skema BPMN 2.0; simpan ulang di modeler",
            f"what {tag} holds is not in the BPMN 2.0 schema; save it again in a modeler",
        ),
    }[fault.deviation]


def _unknown_attribute(name: str) -> tuple[str, str]:
    meant = known_attribute(name)
    if meant in {None, name}:
        return (
            f"atribut {name!r} tidak dikenal BPMN 2.0 di sini dan tidak berpengaruh; hapus",
            f"BPMN 2.0 knows no attribute {name!r} here, and it has no effect; remove it",
        )
    return (
        f"atribut {name!r} tidak dikenal; yang dimaksud mungkin {meant!r}",
        f"the attribute {name!r} is not known; {meant!r} may be meant",
    )
