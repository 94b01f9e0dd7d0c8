"""Personal data can be sealed: nothing of the diagram reads it, and it has one subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes, nearest_with_id
from engine.bpmn.diagram import Diagram
from engine.bpmn.elements import ProcessModel
from engine.bpmn.expressions import translate, translate_script
from engine.bpmn.form_fields import PERSONAL, SUBJECT, field_elements, read_field
from engine.bpmn.names import Element, bpmn, camunda, is_bpmn, local
from engine.bpmn.paper_terms import DOCUMENT, terms_in
from engine.bpmn.personal_terms import personal_fields
from engine.bpmn.refusals import Refusal
from engine.bpmn.values import template
from engine.model import FieldType, Finding, FormField

RULE = "personal-data"

#: How the ids of fields end that history reads by itself: notes of returns, ways of signing.
_READ_BY_HISTORY = ("catatan_perbaikan", "metode_tanda_tangan")
#: Declared beside the processes, with names and messages that may have expressions.
_DECLARED = ("message", "signal", "error", "escalation")
#: Elements whose text is an expression as a whole.
_EXPRESSIONS = frozenset({"conditionExpression", "loopCardinality", "completionCondition"})


def check(diagram: Diagram) -> Iterator[Finding]:
    """No personal field is read by the diagram, part of a paper, or a file."""
    rule = Rule(RULE, diagram)
    for model, process in checked_processes(diagram):
        names = frozenset(personal_fields(model))
        if not names:
            continue
        for node in flow_nodes(process):
            yield from _check_form(rule, node, model, names)
        yield from _check_papers(rule, process, model, names)
        for element, read in _readers(diagram, process):
            for name in sorted(read & names):
                yield rule.error(
                    element,
                    f"isian pribadi {name!r} dibaca di sini; mesin hanya mengenal segelnya, jadi "
                    "pakai isian lain yang tidak pribadi",
                    f"the personal field {name!r} is read here; the engine knows only its seal, "
                    "so use another field that is not personal",
                )


def _check_form(
    rule: Rule, node: Element, model: ProcessModel, names: frozenset[str]
) -> Iterator[Finding]:
    known = model.field_owners
    for element in field_elements(node):
        field = read_field(element)
        other = field.required_if[0] if field.required_if else None
        if other in names:
            yield rule.error(
                element,
                f"isian {field.id!r}: wajib_jika menyebut isian pribadi {other!r}; wajib tidaknya "
                "sebuah isian akan membuka nilainya",
                f"form field {field.id!r}: wajib_jika names the personal field {other!r}; whether "
                "a field is mandatory would tell its value",
            )
        if field.is_personal:
            yield from _check_field(rule, element, field, known)


def _check_field(
    rule: Rule, element: Element, field: FormField, known: Mapping[str, str]
) -> Iterator[Finding]:
    if field.type is FieldType.FILE:
        yield rule.unsupported(
            element,
            f"isian {field.id!r}: {PERSONAL} bukan untuk berkas, yang disimpan utuh; mintalah "
            "isinya sebagai teks, atau berkasnya tanpa data pribadi",
            f"form field {field.id!r}: {PERSONAL} is not for files, which are kept whole; ask for "
            "their words as text, or for the file without personal data",
        )
    elif field.id.endswith(_READ_BY_HISTORY):
        yield rule.error(
            element,
            f"isian {field.id!r} dibaca oleh riwayat, jadi tidak dapat disegel; hapus {PERSONAL}",
            f"form field {field.id!r} is read by history and cannot be sealed; remove {PERSONAL}",
        )
    if field.subject is not None and field.subject not in known:
        yield rule.error(
            element,
            f"isian {field.id!r}: {SUBJECT} menyebut {field.subject!r}, yang bukan isian proses "
            "ini; tulis id isian yang menyebut orangnya",
            f"form field {field.id!r}: {SUBJECT} names {field.subject!r}, no field of this "
            "process; write the id of the field that names the person",
        )


def _check_papers(
    rule: Rule, process: Element, model: ProcessModel, names: frozenset[str]
) -> Iterator[Finding]:
    elements = {node.get("id", ""): node for node in flow_nodes(process)}
    for node_id, terms in terms_in(model).items():
        for name in sorted(names.intersection(terms.names)):
            yield rule.error(
                elements[node_id],
                f"{DOCUMENT} menyebut isian pribadi {name!r}; yang diparaf atau ditandatangani "
                "harus tetap terbaca",
                f"{DOCUMENT} names the personal field {name!r}; what is initialled or signed "
                "must stay readable",
            )


# --------------------------------------------------------------------- what is read


def _readers(diagram: Diagram, process: Element) -> Iterator[tuple[Element, frozenset[str]]]:
    """Every element that reads variables by expressions or a script, and their names."""
    declared = (found for tag in _DECLARED for found in diagram.source.findall(bpmn(tag)))
    for element in chain(declared, process.iter("*")):
        names = _names_of(element)
        if names:
            yield (element if is_bpmn(element) else nearest_with_id(element)), names


def _names_of(element: Element) -> frozenset[str]:
    if element.tag == bpmn("script"):
        return _script_names(element.text or "")
    found: set[str] = set()
    if is_bpmn(element) and local(element) in _EXPRESSIONS:
        found |= _expression_names(element.text or "")
    elif element.text and element.tag != bpmn("documentation"):
        found |= _template_names(element.text)
    for name, raw in element.items():
        value, is_collection = str(raw), name == camunda("collection")
        found |= _expression_names(value) if is_collection else _template_names(value)
    return frozenset(found)


def _script_names(source: str) -> frozenset[str]:
    try:
        script = translate_script(source)
    except Refusal:
        return frozenset()  # the rule `script` speaks of it
    return script.names | script.assigns


def _expression_names(source: str) -> frozenset[str]:
    try:
        return translate(source).names
    except Refusal:
        return frozenset()  # the rule `expression` speaks of it


def _template_names(text: str) -> frozenset[str]:
    """The names in the `${...}` of a text."""
    if "{" not in text and not text.lstrip().startswith("="):
        return frozenset()
    try:
        parts = template(text).parts
    except Refusal:
        return frozenset()
    return frozenset().union(*(part.names for part in parts if not isinstance(part, str)))
