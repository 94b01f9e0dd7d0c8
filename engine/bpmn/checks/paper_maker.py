"""What is initialled or signed is made by some step of the process."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes
from engine.bpmn.diagram import Diagram
from engine.bpmn.elements import FlowNode, ProcessModel
from engine.bpmn.expressions import translate_script
from engine.bpmn.names import Element
from engine.bpmn.paper_terms import DOCUMENT, PaperTerms, makers_of, terms_in, writes
from engine.bpmn.refusals import Refusal
from engine.model import EndorsementKind, Finding

RULE = "paper-maker"

#: Elements by which others give variables of names that the diagram does not say.
_OPEN = frozenset({"receiveTask", "serviceTask", "sendTask"})


def check(diagram: Diagram) -> Iterator[Finding]:
    """Every variable of a paper is written somewhere, before it is signed and not by signing."""
    rule = Rule(RULE, diagram)
    for model, process in checked_processes(diagram):
        elements = {node.get("id", ""): node for node in flow_nodes(process)}
        written, is_open = _written(model)
        for node_id, terms in terms_in(model).items():
            node = elements[node_id]
            unknown = [name for name in terms.names if name not in written and not is_open]
            for name in unknown:
                yield rule.error(
                    node,
                    f"{DOCUMENT} menyebut {name!r}, yang tidak diisi di langkah mana pun; tulis id "
                    "isian formulir yang memuat dokumennya",
                    f"{DOCUMENT} names {name!r}, which no step writes; give the id of the form "
                    "field that holds the document",
                )
            if not unknown:
                yield from _check_place(rule, node, model, terms)


def _check_place(
    rule: Rule, node: Element, model: ProcessModel, terms: PaperTerms
) -> Iterator[Finding]:
    own = model.nodes[node.get("id", "")]
    makers = makers_of(model, terms.names)
    if own.scope != model.id and makers and all(model.nodes[m].scope == own.scope for m in makers):
        yield rule.unsupported(
            node,
            f"{DOCUMENT} dibuat dalam sub-proses yang sama, dan baru menjadi data berkas sesudah "
            "sub-proses itu berakhir; buat dokumennya di luar sub-proses",
            f"{DOCUMENT} is made within the same sub-process, and becomes data of the process only "
            "when that has ended; make the document outside of it",
        )
    if terms.kind is EndorsementKind.SIGNATURE and writes(own, terms.names):
        yield rule.warning(
            node,
            f"langkah tanda tangan ini mengisi {DOCUMENT} sendiri, sehingga parafnya gugur; pakai "
            "isian lain untuk berkas yang sudah ditandatangani",
            f"this signature writes its own {DOCUMENT}, which voids the parafs; use another field "
            "for the signed file",
        )


def _written(model: ProcessModel) -> tuple[frozenset[str], bool]:
    """The variables that the process writes, and whether others may give it more."""
    names: set[str] = set()
    is_open = False
    for node in model.nodes.values():
        names |= _names_from(node)
        mappings = node.call.outputs if node.call else ()
        is_open |= any(mapping.all_variables for mapping in mappings)
        is_open |= node.type in _OPEN or node.named_event is not None
    return frozenset(names), is_open


def _names_from(node: FlowNode) -> set[str]:
    found = {field.id for field in node.form or () if not field.is_readonly}
    found |= {parameter.name for parameter in node.outputs}
    found |= {m.target for m in (node.call.outputs if node.call else ()) if m.target}
    if node.multi_instance is not None:
        return {node.multi_instance.collect_into or ""}
    try:
        return found | (translate_script(node.script).assigns if node.script else set())
    except Refusal:
        return found
