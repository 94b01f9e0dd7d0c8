"""A signature waits for parafs that steps before it can give."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes
from engine.bpmn.diagram import Diagram
from engine.bpmn.elements import ProcessModel
from engine.bpmn.names import Element
from engine.bpmn.paper_terms import MOST_PARAFS, PARAF_FROM, PaperTerms, terms_in
from engine.model import EndorsementKind, Finding

RULE = "required-paraf"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Each lane that must initial does so on every way to the signature; at most three do."""
    rule = Rule(RULE, diagram)
    for model, process in checked_processes(diagram):
        elements = {node.get("id", ""): node for node in flow_nodes(process)}
        for node_id, terms in terms_in(model).items():
            if terms.kind is EndorsementKind.SIGNATURE:
                yield from _check_signature(rule, elements[node_id], model, terms)


def _check_signature(
    rule: Rule, node: Element, model: ProcessModel, terms: PaperTerms
) -> Iterator[Finding]:
    if len(terms.paraf_from) > MOST_PARAFS:
        yield rule.warning(
            node,
            f"{PARAF_FROM} menyebut {len(terms.paraf_from)} lajur; paraf hierarki paling banyak "
            f"{MOST_PARAFS}",
            f"{PARAF_FROM} names {len(terms.paraf_from)} lanes; a hierarchy of parafs has at most "
            f"{MOST_PARAFS}",
        )
    ways = _ways(model)
    for lane in terms.paraf_from:
        givers = _givers(model, terms, lane)
        before = {each for each in givers if node.get("id", "") in _reached(ways, {each})}
        if not before:
            yield _never(rule, node, lane, is_after=bool(givers))
        elif node.get("id", "") in _reached(ways, _starts(model), without=before):
            yield rule.warning(
                node,
                f"ada jalan ke tanda tangan ini yang tidak melalui paraf lajur {lane!r}; di sana "
                "tanda tangan akan ditolak",
                f"there is a way to this signature past the paraf of lane {lane!r}; there the "
                "signature will be refused",
            )


def _never(rule: Rule, node: Element, lane: str, *, is_after: bool) -> Finding:
    why = "baru sesudah tanda tangan" if is_after else "tidak pada langkah mana pun"
    why_en = "only after the signature" if is_after else "at no step"
    return rule.error(
        node,
        f"{PARAF_FROM} menunggu paraf lajur {lane!r}, yang memaraf dokumen ini {why}; tambahkan "
        "langkah paraf dengan sop:dokumen yang sama, atau perbaiki nama lajurnya",
        f"{PARAF_FROM} waits for the paraf of lane {lane!r}, which initials this document "
        f"{why_en}; add a paraf step with the same sop:dokumen, or mend the name of the lane",
    )


def _givers(model: ProcessModel, terms: PaperTerms, lane: str) -> set[str]:
    """The steps of the lane, or of one within it, that initial the same paper."""
    return {
        node_id
        for node_id, other in terms_in(model).items()
        if other.kind is EndorsementKind.PARAF
        and other.names == terms.names
        and lane in model.nodes[node_id].lane_path
    }


def _ways(model: ProcessModel) -> dict[str, set[str]]:
    """Node -> what a token may reach from it next. A sub-process is left by "its id, out"."""
    inner = {node.scope for node in model.nodes.values() if node.type == "startEvent"}
    ways: dict[str, set[str]] = {}
    for flow in model.flows.values():
        source = _out(flow.source) if flow.source in inner else flow.source
        ways.setdefault(source, set()).add(flow.target)
    for node in model.nodes.values():
        if node.attached_to is not None:
            ways.setdefault(node.attached_to, set()).add(node.id)
        if node.type == "startEvent":
            ways.setdefault(node.scope, set()).add(node.id)
        elif node.type == "endEvent":
            ways.setdefault(node.id, set()).add(_out(node.scope))
    return ways


def _out(scope: str) -> str:
    return f"{scope}, out"


def _starts(model: ProcessModel) -> set[str]:
    return {node.id for node in model.start_events}


def _reached(
    ways: dict[str, set[str]], begin: set[str], *, without: set[str] | frozenset[str] = frozenset()
) -> set[str]:
    """The nodes that are reached from those, themselves not counted, past none of `without`."""
    found: set[str] = set()
    pending = [each for each in begin if each not in without]
    while pending:
        for target in ways.get(pending.pop(), set()) - found - without:
            found.add(target)
            pending.append(target)
    return found
