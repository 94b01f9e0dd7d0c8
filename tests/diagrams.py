"""Small diagrams for tests, written in a few words."""

from __future__ import annotations

from itertools import pairwise

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="t">"""


def process(
    *parts: str, key: str = "p", lanes: dict[str, list[str]] | None = None, before: str = ""
) -> str:
    """A file with one executable process. `lanes`: name -> ids of the nodes in it.

    before: what stands in front of it, such as the declarations of errors.
    """
    return document(
        before,
        f'<bpmn:process id="{key}" name="{key}" isExecutable="true">'
        f"{_lane_set(lanes)}{''.join(parts)}</bpmn:process>",
    )


def document(*parts: str) -> str:
    """A file with these elements at its top."""
    return f"{_HEAD}{''.join(parts)}</bpmn:definitions>"


def line(*ids: str) -> str:
    """Sequence flows from each id to the next."""
    return "".join(flow(a, b) for a, b in pairwise(ids))


def flow(source: str, target: str, condition: str | None = None) -> str:
    inner = (
        f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}'
        "</bpmn:conditionExpression>"
        if condition
        else ""
    )
    return (
        f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" '
        f'targetRef="{target}">{inner}</bpmn:sequenceFlow>'
    )


def start(node: str = "s", inner: str = "") -> str:
    return f'<bpmn:startEvent id="{node}">{inner}</bpmn:startEvent>'


def end(node: str = "e", inner: str = "") -> str:
    return f'<bpmn:endEvent id="{node}">{inner}</bpmn:endEvent>'


def user(node: str, inner: str = "", name: str | None = None) -> str:
    return f'<bpmn:userTask id="{node}" name="{name or node}">{inner}</bpmn:userTask>'


def form(*fields: str) -> str:
    return (
        "<bpmn:extensionElements><camunda:formData>"
        f"{''.join(fields)}</camunda:formData></bpmn:extensionElements>"
    )


def field(name: str, kind: str = "string", *, required: bool = False) -> str:
    rule = '<camunda:constraint name="required"/>' if required else ""
    return (
        f'<camunda:formField id="{name}" label="{name}" type="{kind}">'
        f"<camunda:validation>{rule}</camunda:validation></camunda:formField>"
    )


def exclusive(node: str) -> str:
    return f'<bpmn:exclusiveGateway id="{node}"/>'


def parallel(node: str) -> str:
    return f'<bpmn:parallelGateway id="{node}"/>'


def inclusive(node: str) -> str:
    return f'<bpmn:inclusiveGateway id="{node}"/>'


def script(node: str, source: str) -> str:
    return (
        f'<bpmn:scriptTask id="{node}" scriptFormat="python">'
        f"<bpmn:script><![CDATA[{source}]]></bpmn:script></bpmn:scriptTask>"
    )


def timer(duration: str = "PT1H") -> str:
    return (
        '<bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">'
        f"{duration}</bpmn:timeDuration></bpmn:timerEventDefinition>"
    )


def named(kind: str, **names: str) -> str:
    """Root elements of that kind ("message", "signal"): id -> name."""
    return "".join(f'<bpmn:{kind} id="{i}" name="{name}"/>' for i, name in names.items())


def message(reference: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="{reference}"/>'


def signal(reference: str) -> str:
    return f'<bpmn:signalEventDefinition signalRef="{reference}"/>'


def catch(node: str, inner: str) -> str:
    return f'<bpmn:intermediateCatchEvent id="{node}">{inner}</bpmn:intermediateCatchEvent>'


def receive(node: str, reference: str, inner: str = "") -> str:
    return (
        f'<bpmn:receiveTask id="{node}" name="{node}" messageRef="{reference}">{inner}'
        "</bpmn:receiveTask>"
    )


def event_gateway(node: str) -> str:
    return f'<bpmn:eventBasedGateway id="{node}"/>'


def boundary(node: str, host: str, inner: str, *, interrupts: bool = True) -> str:
    return (
        f'<bpmn:boundaryEvent id="{node}" attachedToRef="{host}" '
        f'cancelActivity="{str(interrupts).lower()}">{inner}</bpmn:boundaryEvent>'
    )


def each(
    collection: str | None = None,
    *,
    element: str = "x",
    cardinality: str | None = None,
    sequential: bool = False,
    until: str | None = None,
) -> str:
    """Multi-instance characteristics."""
    attributes = f' camunda:collection="{collection}" camunda:elementVariable="{element}"'
    inner = f"<bpmn:loopCardinality>{cardinality}</bpmn:loopCardinality>" if cardinality else ""
    inner += f"<bpmn:completionCondition>{until}</bpmn:completionCondition>" if until else ""
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"'
        f"{attributes if collection else ''}>{inner}</bpmn:multiInstanceLoopCharacteristics>"
    )


def properties(**values: str) -> str:
    rows = "".join(
        f'<camunda:property name="sop:{name}" value="{value}"/>' for name, value in values.items()
    )
    return (
        f"<bpmn:extensionElements><camunda:properties>{rows}</camunda:properties>"
        "</bpmn:extensionElements>"
    )


def subprocess(node: str, *parts: str) -> str:
    return f'<bpmn:subProcess id="{node}">{"".join(parts)}</bpmn:subProcess>'


def _lane_set(lanes: dict[str, list[str]] | None) -> str:
    if not lanes:
        return ""
    rows = "".join(
        f'<bpmn:lane id="lane_{n}" name="{name}">'
        + "".join(f"<bpmn:flowNodeRef>{i}</bpmn:flowNodeRef>" for i in ids)
        + "</bpmn:lane>"
        for n, (name, ids) in enumerate(lanes.items())
    )
    return f'<bpmn:laneSet id="lanes">{rows}</bpmn:laneSet>'


def declared(*codes: str, kind: str = "error", message: str | None = None) -> str:
    """Declarations of errors or escalations, each with its code as id; for `process(before=…)`."""
    text = f' camunda:errorMessage="{message}"' if message else ""
    return "".join(
        f'<bpmn:{kind} id="{kind}_{code}" name="{code}" {kind}Code="{code}"{text}/>'
        for code in codes
    )


def coded(code: str | None = None, kind: str = "error", **variables: str) -> str:
    """The definition of an error or escalation event. variables: camunda attributes."""
    reference = f' {kind}Ref="{kind}_{code}"' if code else ""
    more = "".join(f' camunda:{name}="{value}"' for name, value in variables.items())
    return f"<bpmn:{kind}EventDefinition{reference}{more}/>"


def throw(node: str, inner: str = "") -> str:
    return f'<bpmn:intermediateThrowEvent id="{node}">{inner}</bpmn:intermediateThrowEvent>'


def triggered(node: str, trigger: str, *parts: str, interrupts: bool = True) -> str:
    """An event sub-process; its start event is `<node>_s`."""
    begin = (
        f'<bpmn:startEvent id="{node}_s" isInterrupting="{str(interrupts).lower()}">{trigger}'
        "</bpmn:startEvent>"
    )
    return (
        f'<bpmn:subProcess id="{node}" triggeredByEvent="true">{begin}{"".join(parts)}'
        "</bpmn:subProcess>"
    )
