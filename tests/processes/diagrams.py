"""Reads the .bpmn files of processes/ with lxml alone: nodes, flows, lanes, forms and sop: words.

It leaves judging to the tests and shares no code with the engine, so that each can catch the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lxml import etree

PROCESSES = Path(__file__).resolve().parents[2] / "processes"
KEYS = {
    "bandar-lampung": "pdk_bandar_lampung",
    "balangan": "pdk_balangan",
    "bakesbangpol": "pdk_bakesbangpol",
    "luwu-timur": "pdk_luwu_timur",
}
NAMES = tuple(KEYS)
NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "camunda": "http://camunda.org/schema/1.0/bpmn",
}
FLOW_NODES = frozenset(
    {
        "startEvent",
        "endEvent",
        "userTask",
        "scriptTask",
        "exclusiveGateway",
        "parallelGateway",
    }
)
Element = etree._Element


@dataclass(frozen=True)
class Field:
    """One camunda:formField."""

    id: str
    label: str
    type: str
    is_required: bool
    values: tuple[str, ...]
    properties: dict[str, str]


def path_of(name: str) -> Path:
    return PROCESSES / f"{name}.bpmn"


def load(name: str) -> Element:
    """A fresh tree, which the caller may damage."""
    return etree.parse(path_of(name), _parser()).getroot()


@cache
def shared(name: str) -> Element:
    """The one tree that all reading tests look at."""
    return load(name)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True)


def camunda(local: str) -> str:
    return f"{{{NS['camunda']}}}{local}"


def local(element: Element) -> str:
    return etree.QName(element).localname


def process_of(root: Element) -> Element:
    return root.find("bpmn:process", NS)


def nodes_of(root: Element) -> dict[str, Element]:
    """Flow nodes by id, in the order of the file."""
    return {node.get("id"): node for node in process_of(root) if _tag(node) in FLOW_NODES}


def _tag(element: Element) -> str:
    return local(element) if isinstance(element.tag, str) else ""


def nodes_like(root: Element, kind: str) -> list[Element]:
    return [node for node in nodes_of(root).values() if local(node) == kind]


def flows_of(root: Element) -> list[Element]:
    return process_of(root).findall("bpmn:sequenceFlow", NS)


def flows_from(root: Element, node_id: str) -> list[Element]:
    return [flow for flow in flows_of(root) if flow.get("sourceRef") == node_id]


def condition_of(flow: Element) -> str | None:
    return flow.findtext("bpmn:conditionExpression", namespaces=NS)


def documentation_of(element: Element) -> str:
    return element.findtext("bpmn:documentation", default="", namespaces=NS).strip()


def sop_of(element: Element) -> dict[str, str]:
    """The sop: properties of a process or a node, without the prefix."""
    path = "bpmn:extensionElements/camunda:properties/camunda:property"
    pairs = [(p.get("name"), p.get("value")) for p in element.iterfind(path, NS)]
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"{element.get('id')}: a property is given twice"
    return {name.removeprefix("sop:"): value for name, value in pairs}


def fields_of(element: Element) -> list[Field]:
    path = "bpmn:extensionElements/camunda:formData/camunda:formField"
    return [_field(field) for field in element.iterfind(path, NS)]


def _field(element: Element) -> Field:
    return Field(
        id=element.get("id"),
        label=element.get("label"),
        type=element.get("type"),
        is_required=element.find("camunda:validation/*[@name='required']", NS) is not None,
        values=tuple(value.get("id") for value in element.iterfind("camunda:value", NS)),
        properties={
            item.get("id"): item.get("value")
            for item in element.iterfind("camunda:properties/camunda:property", NS)
        },
    )


def lanes_of(root: Element) -> list[Element]:
    """The lanes of the first level, in the order of the file."""
    return process_of(root).findall("bpmn:laneSet/bpmn:lane", NS)


def children_of(lane: Element) -> list[Element]:
    return lane.findall("bpmn:childLaneSet/bpmn:lane", NS)


def innermost_lanes(root: Element) -> Iterator[Element]:
    for lane in lanes_of(root):
        yield from children_of(lane) or [lane]


def members_of(lane: Element) -> list[str]:
    return [reference.text for reference in lane.findall("bpmn:flowNodeRef", NS)]


def lane_path(root: Element, node_id: str) -> tuple[str, ...]:
    """The lane names around a node, outermost first."""
    for lane in lanes_of(root):
        for child in children_of(lane):
            if node_id in members_of(child):
                return lane.get("name"), child.get("name")
        if node_id in members_of(lane):
            return (lane.get("name"),)
    return ()
