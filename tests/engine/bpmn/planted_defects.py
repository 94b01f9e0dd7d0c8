"""One defect of each kind, and where it can be planted in a diagram.

A kind is a function of the process: it yields, for each place, a function that plants the defect
and returns the ids of which a finding must name one: the element itself first, else its neighbours.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

from lxml import etree

from engine.bpmn.names import CAMUNDA, FLOW_NODES, GATEWAYS, MODEL, bpmn, camunda, local

Element = etree._Element
Plant = Callable[[], set[str]]
KINDS: dict[str, Callable[[Element], Iterator[Plant]]] = {}


def kind(function: Callable[[Element], Iterator[Plant]]) -> Callable[[Element], Iterator[Plant]]:
    KINDS[function.__name__] = function
    return function


def nodes(process: Element, *tags: str) -> list[Element]:
    return [e for e in process.iter(f"{{{MODEL}}}*") if local(e) in (tags or FLOW_NODES)]


def flows(process: Element) -> list[Element]:
    return list(process.iter(bpmn("sequenceFlow")))


def leaving(process: Element, node: Element) -> list[Element]:
    return [flow for flow in flows(process) if flow.get("sourceRef") == node.get("id")]


def entering(process: Element, node: Element) -> list[Element]:
    return [flow for flow in flows(process) if flow.get("targetRef") == node.get("id")]


def condition(flow: Element) -> Element | None:
    return flow.find(bpmn("conditionExpression"))


def names(*elements: Element | None) -> set[str]:
    return {element.get("id") for element in elements if element is not None}


def drop(element: Element) -> None:
    element.getparent().remove(element)


def set_attribute(element: Element, name: str, value: str | None) -> set[str]:
    if value is None:
        del element.attrib[name]
    else:
        element.set(name, value)
    return names(element)


def set_text(element: Element, text: str, owner: Element) -> set[str]:
    element.text = text
    return names(owner)


def add_flow(scope: Element, source: str, target: str) -> Element:
    return etree.SubElement(
        scope, bpmn("sequenceFlow"), id="alur_tanam", sourceRef=source, targetRef=target
    )


def become(node: Element, tag: str, process: Element) -> set[str]:
    """Change the type of a gateway, its conditions with it."""
    node.tag = bpmn(tag)
    node.attrib.pop("default", None)
    for flow in leaving(process, node):
        if condition(flow) is not None:
            drop(condition(flow))
        if tag == "exclusiveGateway" and len(leaving(process, node)) > 1:
            etree.SubElement(flow, bpmn("conditionExpression")).text = "x"
    return names(node)


def reached(process: Element, start: str) -> set[str]:
    seen, pending = {start}, [start]
    while pending:
        source = pending.pop()
        for flow in flows(process):
            target = flow.get("targetRef")
            if flow.get("sourceRef") == source and target not in seen:
                seen.add(target)
                pending.append(target)
    return seen


# ------------------------------------------------------------------- flows


@kind
def flow_dropped(process):
    known = {node.get("id"): node for node in nodes(process)}
    for flow in flows(process):
        source, target = known[flow.get("sourceRef")], known[flow.get("targetRef")]
        if len(leaving(process, source)) == 1 or len(entering(process, target)) == 1:
            yield lambda f=flow, s=source, t=target: (drop(f), names(s, t))[1]


@kind
def flow_without_target(process):
    for flow in flows(process):
        yield lambda f=flow: set_attribute(f, "targetRef", None)


@kind
def flow_to_nowhere(process):
    for flow in flows(process):
        yield lambda f=flow: set_attribute(f, "targetRef", "tidak_ada")


@kind
def flow_from_nowhere(process):
    for flow in flows(process):
        yield lambda f=flow: set_attribute(f, "sourceRef", "tidak_ada")


@kind
def condition_dropped(process):
    for flow in flows(process):
        if condition(flow) is not None:
            siblings = [f for f in flows(process) if f.get("sourceRef") == flow.get("sourceRef")]
            if len(siblings) > 1:
                yield lambda f=flow: (drop(condition(f)), names(f))[1]


@kind
def condition_unreadable(process):
    for flow in flows(process):
        if condition(flow) is not None:
            yield lambda f=flow: set_text(condition(f), "${siap ? 1 : }", f)


@kind
def default_with_condition(process):
    for node in nodes(process, "exclusiveGateway", "inclusiveGateway"):
        for flow in leaving(process, node):
            if condition(flow) is not None and node.get("default") is None:
                plant = lambda n=node, f=flow: (n.set("default", f.get("id")), names(f))[1]  # noqa: E731
                yield plant


@kind
def default_of_nothing(process):
    for node in nodes(process, "exclusiveGateway", "inclusiveGateway"):
        yield lambda n=node: set_attribute(n, "default", "tidak_ada")


@kind
def flow_into_start(process):
    for start in nodes(process, "startEvent"):
        scope = start.getparent()
        sources = [n for n in nodes(scope, "userTask", *GATEWAYS) if n.getparent() is scope]
        for source in sources[:1]:
            yield lambda s=start, n=source: (
                add_flow(s.getparent(), n.get("id"), s.get("id")),
                names(s),
            )[1]


@kind
def flow_out_of_end(process):
    for end in nodes(process, "endEvent"):
        for task in nodes(end.getparent(), "userTask")[:1]:
            if task.getparent() is end.getparent():
                yield lambda e=end, t=task: (
                    add_flow(e.getparent(), e.get("id"), t.get("id")),
                    names(e),
                )[1]


@kind
def message_flow_within_the_pool(process):
    root = process.getparent()
    tasks = nodes(process, "userTask")
    if len(tasks) > 1:
        yield lambda: (
            etree.SubElement(
                group_of(root),
                bpmn("messageFlow"),
                id="pesan_tanam",
                sourceRef=tasks[0].get("id"),
                targetRef=tasks[1].get("id"),
            ),
            {"pesan_tanam"},
        )[1]


def group_of(root: Element) -> Element:
    found = root.find(bpmn("collaboration"))
    if found is None:
        found = etree.Element(bpmn("collaboration"), id="kolaborasi_tanam")
        root.insert(0, found)
    return found


# ------------------------------------------------------------------- nodes


@kind
def id_used_twice(process):
    for node in nodes(process):
        yield lambda n=node: (
            etree.SubElement(process, bpmn("textAnnotation"), id=n.get("id")),
            names(n),
        )[1]


@kind
def end_dropped(process):
    for end in nodes(process, "endEvent"):
        yield lambda e=end: (names(*entering(process, e)), drop(e))[0]


@kind
def start_dropped(process):
    for start in nodes(process, "startEvent"):
        yield lambda s=start: (names(s.getparent(), *leaving(process, s)), drop(s))[0]


@kind
def second_start(process):
    for start in nodes(process, "startEvent"):
        plant = copy.deepcopy(start)
        plant.set("id", "mulai_tanam")
        target = leaving(process, start)[0].get("targetRef")
        yield lambda s=start, p=plant, t=target: (
            s.addnext(p),
            add_flow(s.getparent(), "mulai_tanam", t),
            {"mulai_tanam"},
        )[2]


@kind
def task_of_its_own(process):
    for task in nodes(process, "userTask")[:1]:
        yield lambda t=task: (
            t.addnext(etree.Element(bpmn("userTask"), id="tugas_tanam", name="Tanam")),
            {"tugas_tanam"},
        )[1]


@kind
def complex_gateway(process):
    for node in nodes(process, "exclusiveGateway", "parallelGateway"):
        yield lambda n=node: become(n, "complexGateway", process)


@kind
def join_becomes_parallel(process):
    for node in nodes(process, "exclusiveGateway"):
        if len(entering(process, node)) > 1:
            yield lambda n=node: split_off(n, process)


def split_off(node: Element, process: Element) -> set[str]:
    """A parallel join before the gateway takes over its incoming flows."""
    join = etree.Element(bpmn("parallelGateway"), id="gabung_tanam")
    node.addprevious(join)
    for flow in entering(process, node):
        flow.set("targetRef", "gabung_tanam")
    add_flow(node.getparent(), "gabung_tanam", node.get("id"))
    return {"gabung_tanam"}


@kind
def parallel_join_becomes_exclusive(process):
    known = {node.get("id"): node for node in nodes(process)}
    for node in nodes(process, "parallelGateway"):
        after = [known[flow.get("targetRef")] for flow in leaving(process, node)]
        if len(entering(process, node)) > 1 and [local(n) for n in after] != ["endEvent"]:
            yield lambda n=node: become(n, "exclusiveGateway", process)


@kind
def parallel_split_becomes_exclusive(process):
    joins = [n for n in nodes(process, "parallelGateway") if len(entering(process, n)) > 1]
    for node in nodes(process, "parallelGateway"):
        ways = [reached(process, flow.get("targetRef")) for flow in leaving(process, node)]
        if len(ways) > 1 and set.intersection(*ways) & names(*joins):
            yield lambda n=node: become(n, "exclusiveGateway", process)


@kind
def choice_becomes_parallel(process):
    work = names(*nodes(process, "userTask", "scriptTask"))
    for node in nodes(process, "exclusiveGateway"):
        ways = [reached(process, flow.get("targetRef")) for flow in leaving(process, node)]
        if len(ways) > 1 and set.intersection(*ways) & work:
            yield lambda n=node: become(n, "parallelGateway", process)


# --------------------------------------------------- what the nodes consist of


@kind
def task_outside_lanes(process):
    for task in nodes(process, "userTask"):
        members = [m for m in process.iter(bpmn("flowNodeRef")) if m.text.strip() == task.get("id")]
        if members:
            yield lambda t=task, ms=members: ([drop(m) for m in ms], names(t))[1]


@kind
def lane_without_name(process):
    for lane in process.iter(bpmn("lane")):
        yield lambda e=lane: set_attribute(e, "name", "")


@kind
def lane_with_a_stranger(process):
    for lane in process.iter(bpmn("lane")):
        yield lambda e=lane: (
            setattr(etree.SubElement(e, bpmn("flowNodeRef")), "text", "tidak_ada"),
            names(e),
        )[1]


@kind
def timer_unreadable(process):
    for time in process.iter(bpmn("timeDuration")):
        yield lambda t=time: set_text(t, "satu jam", t.getparent().getparent())


@kind
def boundary_on_nothing(process):
    for event in nodes(process, "boundaryEvent"):
        yield lambda e=event: set_attribute(e, "attachedToRef", "tidak_ada")


@kind
def boundary_with_a_wrong_word(process):
    for event in nodes(process, "boundaryEvent"):
        yield lambda e=event: set_attribute(e, "cancelActivity", "tidak")


@kind
def end_with_a_timer(process):
    for end in nodes(process, "endEvent"):
        yield lambda e=end: (etree.SubElement(e, bpmn("timerEventDefinition")), names(e))[1]


@kind
def message_that_does_not_exist(process):
    for definition in process.iter(bpmn("messageEventDefinition")):
        plant = lambda d=definition: (d.set("messageRef", "tidak_ada"), names(d.getparent()))[1]  # noqa: E731
        yield plant


@kind
def script_with_an_import(process):
    for script in process.iter(bpmn("script")):
        yield lambda s=script: set_text(s, "import os", s.getparent())


@kind
def repeat_without_a_number(process):
    for loop in process.iter(bpmn("multiInstanceLoopCharacteristics")):
        if loop.get(camunda("collection")):
            yield lambda e=loop: (
                set_attribute(e, camunda("collection"), None),
                names(e.getparent()),
            )[1]


def owner_of(field: Element) -> Element:
    return next(e for e in field.iterancestors() if local(e) in FLOW_NODES)


@kind
def field_of_no_type(process):
    for field in process.iter(f"{{{CAMUNDA}}}formField"):
        yield lambda f=field: (f.set("type", "uang"), names(owner_of(f)))[1]


@kind
def field_twice(process):
    for field in process.iter(f"{{{CAMUNDA}}}formField"):
        yield lambda f=field: (f.addnext(copy.deepcopy(f)), names(owner_of(f)))[1]


@kind
def field_of_two_types(process):
    forms = list(process.iter(f"{{{CAMUNDA}}}formData"))
    loops = {
        owner_of(form)
        for form in forms
        if owner_of(form).find(bpmn("multiInstanceLoopCharacteristics")) is not None
    }
    plain = [form for form in forms if owner_of(form) not in loops]
    for one in plain[:1]:
        for other in plain[1:]:
            field = next((f for f in one if f.get("type") == "string"), None)
            taken = {f.get("id") for f in other}
            if field is not None and field.get("id") not in taken:
                yield lambda f=field, o=other: (
                    etree.SubElement(
                        o, camunda("formField"), id=f.get("id"), label="x", type="long"
                    ),
                    names(owner_of(o), owner_of(f)),
                )[1]
