"""Reads `camunda:inputOutput`: the names and values of input and output parameters, as written."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.elements import Parameter, RawValue
from engine.bpmn.names import Element, camunda, extension_elements, local, text_of

#: What a parameter may hold beside text.
STRUCTURES = frozenset({"list", "map"})


def parameters_of(element: Element, tag: str) -> tuple[Parameter, ...]:
    """The parameters of one direction; `tag` is "inputParameter" or "outputParameter"."""
    return tuple(
        Parameter(parameter.get("name", "").strip(), _value(parameter))
        for parameter in parameter_elements(element, tag)
    )


def parameter_elements(element: Element, tag: str) -> Iterator[Element]:
    """The parameter elements of a node in document order."""
    for group in extension_elements(element, "inputOutput"):
        yield from group.findall(camunda(tag))


def _value(element: Element) -> RawValue:
    """Text, or the first structure inside; what is neither is for the checks to refuse."""
    for inner in element:
        if isinstance(inner.tag, str) and local(inner) == "list":
            return tuple(_value(member) for member in inner.findall(camunda("value")))
        if isinstance(inner.tag, str) and local(inner) == "map":
            entries = inner.findall(camunda("entry"))
            return {entry.get("key", ""): _value(entry) for entry in entries}
    return text_of(element) or ""
