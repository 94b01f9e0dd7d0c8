"""A message flow leads from one pool to another, and both of its ends exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.checks.places import Rule
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import ACTIVITIES, EVENTS, Element, bpmn, local
from engine.model import Finding

RULE = "message-flow"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Each end is a pool, an activity or an event, and the two are in different pools."""
    rule = Rule(RULE, diagram)
    pools = _pools(diagram.source)
    known = {element.get("id"): element for element in diagram.source.iter(bpmn("*"))}
    for flow in diagram.source.iter(bpmn("messageFlow")):
        faults = [f for end in ("sourceRef", "targetRef") for f in _end(rule, flow, end, known)]
        yield from faults
        source, target = flow.get("sourceRef", ""), flow.get("targetRef", "")
        if not faults and pools.get(source, source) == pools.get(target, target):
            yield rule.error(
                flow,
                f"alur pesan dari {source} ke {target} tetap di dalam satu pool; pakai alur urutan",
                f"the message flow from {source} to {target} stays within one pool; use a sequence "
                "flow",
            )


def _pools(root: Element) -> Mapping[str, str]:
    """Participant or element of a process -> the pool it is in."""
    pools: dict[str, str] = {}
    for participant in root.iter(bpmn("participant")):
        pools[participant.get("id", "")] = participant.get("id", "")
    owners = {p.get("processRef"): p.get("id", "") for p in root.iter(bpmn("participant"))}
    for process in root.findall(bpmn("process")):
        pool = owners.get(process.get("id"), process.get("id", ""))
        for element in process.iter(bpmn("*")):
            if element.get("id"):
                pools[element.get("id", "")] = pool
    return pools


def _end(
    rule: Rule, flow: Element, attribute: str, known: Mapping[str | None, Element]
) -> Iterator[Finding]:
    reference = flow.get(attribute)
    if not reference:
        yield rule.error(
            flow, f"{attribute} belum diisi; isilah", f"{attribute} is missing; set it"
        )
        return
    element = known.get(reference)
    if element is None:
        yield rule.error(
            flow,
            f"{attribute} menunjuk {reference!r}, yang tidak ada; sambungkan kembali",
            f"{attribute} refers to {reference!r}, which does not exist; connect it again",
        )
    elif local(element) not in ACTIVITIES | EVENTS | {"participant"}:
        yield rule.error(
            flow,
            f"{attribute} menunjuk {local(element)} {reference!r}; alur pesan hanya menyambung "
            "pool, kegiatan dan kejadian",
            f"{attribute} refers to {local(element)} {reference!r}; a message flow connects pools, "
            "activities and events only",
        )
