"""The XML names of BPMN 2.0 and of Camunda's extensions, and how to ask an element for them."""

from __future__ import annotations

import functools
import keyword
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar, cast

from lxml import etree

Element = etree._Element
_Answer = TypeVar("_Answer")

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
_MODEL_PREFIX = f"{{{MODEL}}}"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"

ACTIVITIES = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "scriptTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "businessRuleTask",
        "callActivity",
        "subProcess",
        "transaction",
        "adHocSubProcess",
    }
)
SUB_PROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
GATEWAYS = frozenset(
    {
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "complexGateway",
        "eventBasedGateway",
    }
)
EVENTS = frozenset(
    {
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
        "implicitThrowEvent",
    }
)
FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS


def bpmn(tag: str) -> str:
    """The qualified name of a BPMN element, as lxml writes it."""
    return f"{{{MODEL}}}{tag}"


def camunda(tag: str) -> str:
    """The qualified name of a Camunda element or attribute."""
    return f"{{{CAMUNDA}}}{tag}"


def local(element: Element) -> str:
    """The tag without its namespace."""
    return element.tag.rpartition("}")[2]


def line_of(element: Element) -> int | None:
    """The line of the file on which the start tag of the element is complete."""
    return cast("int | None", element.sourceline)


def once_per_element(question: Callable[[Element], _Answer]) -> Callable[[Element], _Answer]:
    """The question, answered once for each element of a file: many rules ask the same.

    For files that do not change any more. The next files push the answers out.
    """

    @functools.lru_cache(maxsize=2)
    def _answers(_root: Element) -> dict[Element, _Answer]:
        return {}

    @functools.wraps(question)
    def _asked(element: Element) -> _Answer:
        known = _answers(element.getroottree().getroot())
        if element not in known:
            known[element] = question(element)
        return known[element]

    return _asked


#: What events refer to.
_DECLARED = ("message", "signal", "error", "escalation")


def declaration(element: Element, tag: str, reference: str | None) -> Element | None:
    """The message, signal, error or escalation of this id in the file of the element."""
    if not reference:
        return None
    return _declarations(element.getroottree().getroot()).get((tag, reference))


@functools.lru_cache(maxsize=2)
def _declarations(root: Element) -> Mapping[tuple[str, str], Element]:
    """By type and id. A hostile file has tens of thousands of them, and hundreds of events.

    Made when a file is read, whose ids are all there by then; the next files push it out.
    """
    found: dict[tuple[str, str], Element] = {}
    for tag in _DECLARED:
        for element in root.findall(bpmn(tag)):
            found.setdefault((tag, element.get("id", "")), element)
    return found


def is_bpmn(element: Element) -> bool:
    """Whether the element belongs to the BPMN model namespace."""
    return element.tag.startswith(_MODEL_PREFIX)


def bpmn_children(element: Element) -> Iterator[Element]:
    """Direct children in the BPMN namespace, in document order."""
    return (child for child in element if is_bpmn(child))


def text_of(element: Element | None) -> str | None:
    """The trimmed text of an element; None when there is none."""
    if element is None or element.text is None:
        return None
    return element.text.strip() or None


def is_true(value: str | None) -> bool:
    """Whether an xs:boolean attribute says true; a missing one does not."""
    return value is not None and value.strip() in {"true", "1"}


def comma_list(value: str | None) -> tuple[str, ...]:
    """The members of a comma-separated attribute, trimmed, without empty ones."""
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())


def extension_elements(element: Element, tag: str) -> Iterator[Element]:
    """Camunda elements of that name directly under the element's `bpmn:extensionElements`."""
    for extension in element.findall(bpmn("extensionElements")):
        yield from extension.findall(camunda(tag))


def extension_properties(element: Element) -> dict[str, str]:
    """`camunda:properties` of the element, name to value."""
    return {
        name: prop.get("value", "")
        for group in extension_elements(element, "properties")
        for prop in group.findall(camunda("property"))
        if (name := prop.get("name"))
    }


def work_of(node: Element) -> Element | None:
    """What says by which worker a node is performed: the task, or the message that it throws."""
    if local(node) in {"serviceTask", "sendTask"}:
        return node
    if local(node) in {"intermediateThrowEvent", "endEvent"}:
        return node.find(bpmn("messageEventDefinition"))
    return None


def is_external(element: Element) -> bool:
    """Whether a worker outside of the engine performs it (`camunda:type="external"`)."""
    work = work_of(element)
    return work is not None and work.get(camunda("type")) == "external"


def external_attribute(element: Element, name: str) -> str | None:
    """A camunda attribute of the work that a worker performs; None when none does."""
    work = work_of(element)
    return work.get(camunda(name)) if work is not None and is_external(element) else None


def is_variable(name: str) -> bool:
    """Whether a process variable may have that name."""
    is_free = name != "typename" and "__" not in name and not keyword.iskeyword(name)
    return name.isidentifier() and is_free
