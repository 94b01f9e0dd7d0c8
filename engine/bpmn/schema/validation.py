"""Validates a tree against the schema of BPMN 2.0, vendors' own content left out."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from lxml import etree

from engine.bpmn.names import BPMNDI, MODEL, Element, is_bpmn, local
from engine.bpmn.schema.order import FOLDER, put_in_order

_DRAWING = (
    BPMNDI,
    "http://www.omg.org/spec/DD/20100524/DC",
    "http://www.omg.org/spec/DD/20100524/DI",
)
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_ATTRIBUTE = re.compile(r"[Tt]he attribute '([^']*)'|, attribute '([^']*)'")
_VALUE = re.compile(r"'([^']*)' is not a valid value of the .*type '([^']*)'")
_ENUMERATED = re.compile(r"The value '([^']*)' is not an element of the set")
_EXPECTED = re.compile(r"Expected is (?:one of )?\( ?(.*?) ?\)\.")
#: Deviations that are looked at; a file that has more is not a diagram of any tool.
_MOST_FAULTS = 200
#: Types of names and references, of which other rules speak in plainer words.
_NAMES = frozenset({"xs:ID", "xs:IDREF", "xs:QName", "xs:NCName", "xs:anyURI"})


class Deviation(StrEnum):
    """How an element differs from the schema."""

    ORDER = "order"
    UNKNOWN_ATTRIBUTE = "unknown-attribute"
    MISSING_ATTRIBUTE = "missing-attribute"
    BAD_VALUE = "bad-value"
    MISPLACED = "misplaced"
    MISSING_CHILD = "missing-child"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """One deviation, with the element of the tree as it was given.

    subject: the attribute, or the value, or the children that were expected.
    """

    deviation: Deviation
    element: Element
    subject: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class _Loaded:
    schema: etree.XMLSchema
    #: The error log belongs to the schema: one validation at a time.
    lock: threading.Lock


@cache
def _loaded() -> _Loaded:
    return _Loaded(etree.XMLSchema(etree.parse(FOLDER / "BPMN20.xsd")), threading.Lock())


def faults_of(source: Element) -> list[SchemaFault]:
    """Every deviation of the tree, in document order; the tree stays as it is."""
    root = copy.deepcopy(source)
    origins = dict(zip(root.iter("*"), source.iter("*"), strict=True))
    _strip(root)
    faults = [
        SchemaFault(Deviation.ORDER, origins[parent])
        for parent in list(root.iter(f"{{{MODEL}}}*"))
        if put_in_order(parent)
    ]
    loaded = _loaded()
    with loaded.lock:
        loaded.schema.validate(root)
        log: Any = loaded.schema.error_log
        entries = [(entry.type_name, entry.message, entry.path) for entry in log]
    for type_name, message, path in entries[:_MOST_FAULTS]:
        element = _at(root, path)
        if element is not None and (fault := _fault(type_name, message, origins[element])):
            faults.append(fault)
    return list(dict.fromkeys(faults))


def _strip(root: Element) -> None:
    """Leave what belongs to BPMN and its drawing; rewrite types as the schema knows them."""
    for element in list(root.iter("*")):
        parent = element.getparent()
        namespace = etree.QName(element).namespace
        if parent is not None and namespace != MODEL and namespace not in _DRAWING:
            parent.remove(element)
            continue
        formal = is_bpmn(element) and _is_formal(element)
        for attribute in [a for a in element.attrib if str(a).startswith("{")]:
            del element.attrib[attribute]
        if formal:
            _set_type(element, "tFormalExpression")


def _is_formal(element: Element) -> bool:
    named = element.get(_TYPE, "").rpartition(":")[2] == "tFormalExpression"
    return named or ("language" in element.attrib and local(element).endswith("Expression"))


def _set_type(element: Element, name: str) -> None:
    prefix = next((p for p, uri in element.nsmap.items() if uri == MODEL), None)
    element.set(_TYPE, f"{prefix}:{name}" if prefix else name)


def _at(root: Element, path: str | None) -> Element | None:
    """The element that a path such as /*/*[2]/*[1] leads to."""
    current = root
    for step in (path or "").split("/")[2:]:
        number = re.search(r"\[(\d+)\]", step)
        is_any = step.startswith("*")
        children = current if is_any else [child for child in current if _matches(child, step)]
        place = int(number.group(1)) - 1 if number else 0
        if place >= len(children):
            return None
        current = children[place]
    return current


def _matches(child: Element, step: str) -> bool:
    prefix = f"{child.prefix}:" if child.prefix else ""
    return step.partition("[")[0] == prefix + local(child)


def _fault(type_name: str, message: str, element: Element) -> SchemaFault | None:
    names = next((m for m in _ATTRIBUTE.findall(message)), ("", ""))
    attribute = (names[0] or names[1]).rpartition("}")[2]
    if value := _VALUE.search(message):
        is_name = value.group(2) in _NAMES
        bad = SchemaFault(Deviation.BAD_VALUE, element, attribute, value.group(1))
        return None if is_name else bad
    if enumerated := _ENUMERATED.search(message):
        return SchemaFault(Deviation.BAD_VALUE, element, attribute, enumerated.group(1))
    deviation = _deviation(type_name, message)
    subject = attribute
    if deviation is Deviation.MISSING_CHILD:
        subject = ", ".join(_expected(message))
    return SchemaFault(deviation, element, subject)


def _deviation(type_name: str, message: str) -> Deviation:
    if type_name == "SCHEMAV_CVC_COMPLEX_TYPE_4":
        return Deviation.MISSING_ATTRIBUTE
    if "is not allowed" in message and _ATTRIBUTE.search(message):
        return Deviation.UNKNOWN_ATTRIBUTE
    if "Missing child" in message:
        return Deviation.MISSING_CHILD
    is_content = type_name == "SCHEMAV_ELEMENT_CONTENT"
    return Deviation.MISPLACED if is_content else Deviation.OTHER


def _expected(message: str) -> Iterator[str]:
    found = _EXPECTED.search(message)
    for name in (found.group(1) if found else "").split(", "):
        yield name.rpartition("}")[2].strip()
