"""What every mutator shares: a defect, the registry of the kinds, and small edits of a diagram."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.names import FLOW_NODES, MODEL, bpmn, is_true, local
from engine.model import Severity

Element = etree._Element

ERROR, UNSUPPORTED, WARNING = Severity.ERROR, Severity.UNSUPPORTED, Severity.WARNING


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect in one place. A finding of `rule` must name one of `names`: what was planted."""

    plant: Callable[[], object]
    names: frozenset[str]
    rule: str
    severity: Severity = ERROR


Kind = Callable[[Element], Iterator[Defect]]
#: Name -> the places of a file (its root) where this defect can be planted.
KINDS: dict[str, Kind] = {}


def kind(function: Kind) -> Kind:
    KINDS[function.__name__] = function
    return function


def defect(
    plant: Callable[[], object], named: Element | str, rule: str, severity: Severity = ERROR
) -> Defect:
    name = named if isinstance(named, str) else str(named.get("id"))
    return Defect(plant, frozenset({name}), rule, severity)


# ------------------------------------------------------------------------ questions


def process_of(root: Element) -> Element:
    """The first process that is run."""
    processes = root.findall(bpmn("process"))
    return next(each for each in processes if is_true(each.get("isExecutable")))


def nodes(root: Element, *tags: str) -> list[Element]:
    """Flow nodes of those types in the executable process, in document order."""
    wanted = tags or FLOW_NODES
    return [e for e in process_of(root).iter(f"{{{MODEL}}}*") if local(e) in wanted]


def flows(root: Element) -> list[Element]:
    return list(process_of(root).iter(bpmn("sequenceFlow")))


def leaving(root: Element, node: Element) -> list[Element]:
    return [flow for flow in flows(root) if flow.get("sourceRef") == node.get("id")]


def entering(root: Element, node: Element) -> list[Element]:
    return [flow for flow in flows(root) if flow.get("targetRef") == node.get("id")]


def node_of(root: Element, node_id: str | None) -> Element:
    return next(node for node in nodes(root) if node.get("id") == node_id)


def owner_of(element: Element) -> Element:
    """The flow node that the element is a part of."""
    return next(e for e in element.iterancestors() if local(e) in FLOW_NODES)


# ---------------------------------------------------------------------------- edits


def drop(*elements: Element) -> None:
    for element in elements:
        element.getparent().remove(element)


def add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    child = etree.SubElement(parent, bpmn(tag), attributes)
    child.text = text
    return child


def add_flow(scope: Element, source: str, target: str, condition: str | None = None) -> Element:
    flow = add(
        scope, "sequenceFlow", id=f"{source}_{target}_tanam", sourceRef=source, targetRef=target
    )
    if condition is not None:
        add(flow, "conditionExpression", condition)
    return flow


def retype(node: Element, tag: str) -> Element:
    """Make the node one of another type, with nothing in it but its flows."""
    node.tag = bpmn(tag)
    drop(*[child for child in node if local(child) not in {"incoming", "outgoing"}])
    for name in set(node.attrib) - {"id", "name"}:
        del node.attrib[name]
    return node
