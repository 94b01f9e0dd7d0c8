"""Turns an uploaded BPMN file into a Diagram: its processes as frozen data, and its XML trees."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.bpmn.calls import call_of
from engine.bpmn.codes import coded_event_of
from engine.bpmn.elements import (
    FlowNode,
    MultiInstance,
    ProcessModel,
    SequenceFlow,
)
from engine.bpmn.events import named_event_of
from engine.bpmn.form_fields import form_of
from engine.bpmn.lanes import LaneIndex, index_lanes, lanes_of
from engine.bpmn.names import (
    FLOW_NODES,
    SUB_PROCESSES,
    Element,
    bpmn,
    bpmn_children,
    camunda,
    comma_list,
    extension_properties,
    external_attribute,
    is_true,
    line_of,
    local,
    once_per_element,
    text_of,
)
from engine.bpmn.normalise import give_ids, normalise
from engine.bpmn.parameters import parameters_of
from engine.bpmn.safe_xml import parse_safely


@dataclass(frozen=True, slots=True, eq=False)
class Diagram:
    """One BPMN file that could be read. Whether it may run is for `checks` to say.

    `source` is the tree as written, except that every element has an id. `root` is the tree for
    the workflow library (see normalise.py). Both must live as long as anything parsed from them:
    the library indexes lanes by the address of the root.
    """

    file_name: str
    content: bytes = field(repr=False)
    #: SHA-256 of `content`, in hexadecimal.
    digest: str
    root: Element = field(repr=False)
    source: Element = field(repr=False)
    processes: tuple[ProcessModel, ...] = field(repr=False)

    @property
    def executable(self) -> tuple[ProcessModel, ...]:
        """The processes that a deployment makes definitions of."""
        return tuple(process for process in self.processes if process.is_executable)


def read_diagram(file_name: str, content: bytes) -> Diagram:
    """Read one file; nothing in it has been judged beyond its being BPMN.

    Raises DeploymentRejected with one finding (rule xml, xml-limits or not-bpmn).
    """
    source = parse_safely(file_name, content)
    give_ids(source)
    root = copy.deepcopy(source)
    normalise(root)
    return Diagram(
        file_name=file_name,
        content=content,
        digest=hashlib.sha256(content).hexdigest(),
        root=root,
        source=source,
        processes=tuple(_process(element) for element in source.findall(bpmn("process"))),
    )


@once_per_element
def flow_elements(process: Element) -> tuple[tuple[Element, str], ...]:
    """(element, scope id) of all flow nodes and flows in document order, sub-processes included."""
    return tuple(_flow_elements(process))


def _flow_elements(scope: Element) -> Iterator[tuple[Element, str]]:
    for child in bpmn_children(scope):
        tag = local(child)
        if tag in FLOW_NODES or tag == "sequenceFlow":
            yield child, scope.get("id", "")
        if tag in SUB_PROCESSES:
            yield from _flow_elements(child)


def _process(element: Element) -> ProcessModel:
    lanes = index_lanes(element)
    found = flow_elements(element)
    nodes = [(child, scope) for child, scope in found if local(child) != "sequenceFlow"]
    flows = [child for child, _ in found if local(child) == "sequenceFlow"]
    return ProcessModel(
        id=element.get("id", ""),
        name=element.get("name") or str(element.get("id", "")),
        is_executable=is_true(element.get("isExecutable")),
        line=line_of(element),
        lanes=lanes_of(element),
        nodes={child.get("id", ""): _node(child, scope, lanes) for child, scope in nodes},
        flows={child.get("id", ""): _flow(child) for child in flows},
        properties=extension_properties(element),
        documentation=_documentation(element),
        version_tag=element.get(camunda("versionTag")),
        history_time_to_live=_days(element.get(camunda("historyTimeToLive"))),
        starter_groups=comma_list(element.get(camunda("candidateStarterGroups"))),
        starter_users=comma_list(element.get(camunda("candidateStarterUsers"))),
    )


def _node(element: Element, scope: str, lanes: LaneIndex) -> FlowNode:
    return FlowNode(
        id=element.get("id", ""),
        type=local(element),
        name=element.get("name"),
        scope=scope,
        line=line_of(element),
        lane_path=lanes.path_of(element),
        documentation=_documentation(element),
        properties=extension_properties(element),
        form=form_of(element),
        form_key=element.get(camunda("formKey")),
        assignee=element.get(camunda("assignee")),
        candidate_users=comma_list(element.get(camunda("candidateUsers"))),
        candidate_groups=comma_list(element.get(camunda("candidateGroups"))),
        multi_instance=_multi_instance(element),
        event_definitions=tuple(local(definition) for definition in event_definitions(element)),
        attached_to=element.get("attachedToRef"),
        named_event=named_event_of(element),
        script=text_of(element.find(bpmn("script"))),
        initiator=element.get(camunda("initiator")),
        due_date=element.get(camunda("dueDate")),
        follow_up_date=element.get(camunda("followUpDate")),
        priority=element.get(camunda("priority")),
        inputs=parameters_of(element, "inputParameter"),
        outputs=parameters_of(element, "outputParameter"),
        call=call_of(element),
        topic=external_attribute(element, "topic"),
        task_priority=external_attribute(element, "taskPriority"),
        coded_event=coded_event_of(element),
        is_interrupting=_is_interrupting(element),
        is_triggered_by_event=is_true(element.get("triggeredByEvent")),
    )


def _is_interrupting(element: Element) -> bool:
    attribute = "cancelActivity" if local(element) == "boundaryEvent" else "isInterrupting"
    return is_true(element.get(attribute, "true"))


def event_definitions(node: Element) -> Iterator[Element]:
    """The event definitions of an event, references to shared ones included."""
    return (
        child
        for child in bpmn_children(node)
        if local(child).endswith("EventDefinition") or local(child) == "eventDefinitionRef"
    )


def _multi_instance(element: Element) -> MultiInstance | None:
    loop = element.find(bpmn("multiInstanceLoopCharacteristics"))
    if loop is None:
        return None
    collect_into = extension_properties(element).get("sop:kumpulkan")
    return MultiInstance(
        is_sequential=is_true(loop.get("isSequential")),
        collection=loop.get(camunda("collection")),
        element_variable=loop.get(camunda("elementVariable")),
        cardinality=text_of(loop.find(bpmn("loopCardinality"))),
        completion_condition=text_of(loop.find(bpmn("completionCondition"))),
        collect_into=collect_into or extension_properties(loop).get("sop:kumpulkan"),
    )


def _flow(element: Element) -> SequenceFlow:
    return SequenceFlow(
        id=element.get("id", ""),
        name=element.get("name"),
        source=element.get("sourceRef", ""),
        target=element.get("targetRef", ""),
        condition=text_of(element.find(bpmn("conditionExpression"))),
        line=line_of(element),
    )


def _documentation(element: Element) -> str | None:
    texts = [text_of(child) for child in element.findall(bpmn("documentation"))]
    return "\n\n".join(text for text in texts if text) or None


def _days(text: str | None) -> int | None:
    digits = (text or "").strip().upper().removeprefix("P").removesuffix("D")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 7 else None
