"""A checked diagram becomes the library's specs, with Alur's own where the library's are wrong."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser, TaskParser
from SpiffWorkflow.bpmn.parser.event_parsers import (
    BoundaryEventParser,
    EndEventParser,
    IntermediateCatchEventParser,
    IntermediateThrowEventParser,
)
from SpiffWorkflow.bpmn.parser.task_parsers import (
    ConditionalGatewayParser,
    GatewayParser,
    ScriptTaskParser,
    SubWorkflowParser,
)
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, IntermediateCatchEvent
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine.bpmn.diagram import Diagram
from engine.bpmn.elements import MultiInstance, ProcessModel
from engine.bpmn.expressions import translate
from engine.bpmn.values import template
from engine.errors import MachineFault
from engine.spiff.behaviour import behaviour_of
from engine.spiff.calls import CallActivity, compiled_call
from engine.spiff.event_gateway import EventGateway
from engine.spiff.event_sub_processes import listen
from engine.spiff.recorder import INNER
from engine.spiff.repeating import repeat_rightly
from engine.spiff.services import ServiceTask
from engine.spiff.signals import Signalling, SignallingEndEvent, SignallingEvent, signal_thrown_by
from engine.spiff.specs import (
    Behaving,
    BehavingScriptTask,
    BehavingUserTask,
    InclusiveJoin,
    MultiInstanceBody,
    PassedAtOnce,
    SubProcess,
    TokenJoin,
)
from engine.spiff.subscriptions import EventCatch, EventOnBoundary, expected_by
from engine.spiff.throwing import give_codes

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


class _BodyParser(TaskParser):  # type: ignore[misc]
    """Reads the multi-instance characteristics from the diagram's model, already translated."""

    task: Any

    def _add_multiinstance_task(self, loop_characteristics: Any) -> None:
        loop: MultiInstance = self.process_parser.parser.loops[self.bpmn_id]
        original = self.spec.task_specs.pop(self.task.name)
        self.task = MultiInstanceBody(
            self.spec,
            original.name,
            is_sequential=loop.is_sequential,
            collection=loop.collection,
            cardinality=loop.cardinality,
            element_variable=loop.element_variable,
            completion_condition=loop.completion_condition,
            collect_into=loop.collect_into,
            bpmn_name=original.bpmn_name,
            lane=original.lane,
        )
        self._copy_task_attrs(original, loop_characteristics)
        self.task.connect_inner()


class _ScriptParser(_BodyParser, ScriptTaskParser):  # type: ignore[misc]
    pass


class _SubProcessParser(_BodyParser, SubWorkflowParser):  # type: ignore[misc]
    pass


class _CatchParser(IntermediateCatchEventParser):  # type: ignore[misc]
    """An event that waits for a message or signal is Alur's own; a timer is the library's."""

    def create_task(self) -> Any:
        if self.xpath("./bpmn:messageEventDefinition | ./bpmn:signalEventDefinition"):
            return EventCatch(self.spec, self.bpmn_id, **self.bpmn_attributes)
        return super().create_task()


class _BoundaryParser(BoundaryEventParser):  # type: ignore[misc]
    def parse_message_event(self, _event: Any) -> EventOnBoundary:
        return EventOnBoundary()

    parse_signal_event = parse_message_event


class _ThrowParser(IntermediateThrowEventParser):  # type: ignore[misc]
    """Throwing a message is work for whoever can send it: an external task."""

    def create_task(self) -> Any:
        if self.xpath("./bpmn:messageEventDefinition"):
            return ServiceTask(self.spec, self.bpmn_id, **self.bpmn_attributes)
        return super().create_task()


class _EndParser(EndEventParser):  # type: ignore[misc]
    """The same at the end."""

    def create_task(self) -> Any:
        if self.xpath("./bpmn:messageEventDefinition"):
            sent = ServiceTask(self.spec, self.bpmn_id, **self.bpmn_attributes)
            sent.connect(self.spec.end)
            return sent
        return super().create_task()


class _Parser(BpmnParser):  # type: ignore[misc]
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012  (the library's name for its extension point)
        full_tag("userTask"): (_BodyParser, BehavingUserTask),
        full_tag("task"): (_BodyParser, PassedAtOnce),
        full_tag("manualTask"): (_BodyParser, PassedAtOnce),
        full_tag("scriptTask"): (_ScriptParser, BehavingScriptTask),
        full_tag("subProcess"): (_SubProcessParser, SubProcess),
        full_tag("callActivity"): (_BodyParser, CallActivity),
        full_tag("serviceTask"): (_BodyParser, ServiceTask),
        full_tag("sendTask"): (_BodyParser, ServiceTask),
        full_tag("receiveTask"): (_BodyParser, EventCatch),
        full_tag("intermediateCatchEvent"): (_CatchParser, IntermediateCatchEvent),
        full_tag("boundaryEvent"): (_BoundaryParser, BoundaryEvent),
        full_tag("eventBasedGateway"): (GatewayParser, EventGateway),
        full_tag("parallelGateway"): (GatewayParser, TokenJoin),
        full_tag("endEvent"): (_EndParser, SignallingEndEvent),
        full_tag("intermediateThrowEvent"): (_ThrowParser, SignallingEvent),
        full_tag("inclusiveGateway"): (ConditionalGatewayParser, InclusiveJoin),
    }

    def __init__(self, loops: dict[str, MultiInstance]) -> None:
        super().__init__()
        self.loops = loops


class Specs:
    """The library's specs of one process. Shared by every run and thread; never changed."""

    def __init__(self, spec: Any, subprocesses: dict[str, Any], root: etree._Element) -> None:
        self.spec = spec
        self.subprocesses = subprocesses
        # The library keys its indexes by id(root): the tree must live as long as the specs (S9).
        self._root = root


def parse(diagram: Diagram, model: ProcessModel) -> Specs:
    """Parse one process of a diagram that the checks accepted.

    Raises MachineFault when the library refuses all the same: the checks then have a gap.
    """
    root = deepcopy(diagram.root)
    _start_plainly(root)
    loops = {n.id: n.multi_instance for n in model.nodes.values() if n.multi_instance}
    parser = _Parser(_translated(loops))
    try:
        parser.add_bpmn_xml(root, diagram.file_name)
        spec = parser.get_spec(model.id)
        subprocesses = parser.get_subprocess_specs(model.id)
    except (ValidationException, SpiffWorkflowException) as error:
        raise MachineFault(f"{diagram.file_name}: {error}") from error
    _start_singly(spec)
    for each in (spec, *subprocesses.values()):
        _cancel_first(each)
        give_codes(each, model.nodes)
        listen(each, subprocesses, model)
        for task_spec in each.task_specs.values():
            repeat_rightly(task_spec)
        _give_behaviour(each, model)
        _give_events(each, model)
    return Specs(spec, subprocesses, root)


def _start_plainly(root: etree._Element) -> None:
    """Starting an instance *is* the start event's trigger: it waits for nothing more.

    Who delivered the message or signal is in the input, not in the tree. For an event sub-process
    its listener waits.
    """
    for event in root.iter(f"{_BPMN}startEvent"):
        for tag in ("messageEventDefinition", "signalEventDefinition"):
            for definition in event.findall(f"{_BPMN}{tag}"):
                event.remove(definition)


def _start_singly(spec: Any) -> None:
    """An instance has one start event: the library would begin at all, and join what follows."""
    split = spec.task_specs.pop("StartEventSplit", None)
    if split is None:
        return
    join = spec.task_specs.pop("StartEventJoin")
    spec.start.outputs = split.outputs
    for start in spec.start.outputs:
        start.inputs = [spec.start]
        start._outputs.remove(join.name)


def drop_start(workflow: Any, node_id: str) -> None:
    """Take the way of a start event out of a new workflow, before its first move."""
    for child in workflow.task_tree.children:
        if child.task_spec.name == node_id:
            workflow._remove_task(child.id)


def _cancel_first(spec: Any) -> None:
    """A boundary event that interrupts ends its activity before its own path goes on."""
    for task_spec in spec.task_specs.values():
        if isinstance(task_spec, BoundaryEvent):
            task_spec._outputs.sort(key=lambda name: not name.endswith(".BoundaryEventJoin"))


def _give_behaviour(spec: Any, model: ProcessModel) -> None:
    """Nodes with parameters or performers get them; in a loop the activity inside does."""
    for task_spec in spec.task_specs.values():
        node = model.nodes.get(task_spec.name.removesuffix(INNER))
        if node is not None and isinstance(task_spec, Behaving):
            task_spec.behaviour = behaviour_of(node)
            if isinstance(task_spec, CallActivity) and node.call is not None:
                task_spec.call = compiled_call(node.call)
            if isinstance(task_spec, ServiceTask) and node.topic is not None:
                task_spec.topic = template(node.topic)
                task_spec.task_priority = (
                    template(node.task_priority) if node.task_priority else None
                )


def _give_events(spec: Any, model: ProcessModel) -> None:
    """What waits for a message or signal learns for which; gateways wait for their targets."""
    for task_spec in spec.task_specs.values():
        node = model.nodes.get(task_spec.name.removesuffix(INNER))
        expected = expected_by(node) if node is not None else None
        definition = getattr(task_spec, "event_definition", None)
        if isinstance(task_spec, EventCatch) and expected:
            task_spec.expected = expected
        elif isinstance(definition, EventOnBoundary) and expected:
            definition.expected = expected
        elif isinstance(task_spec, Signalling) and node is not None:
            task_spec.signal = signal_thrown_by(node)
            if task_spec.signal is not None:
                task_spec.event_definition = NoneEventDefinition()
    for task_spec in spec.task_specs.values():
        if isinstance(task_spec, EventGateway):
            task_spec.take_over_events()


def _translated(loops: dict[str, MultiInstance]) -> dict[str, MultiInstance]:
    """The loops with their expressions in the sandbox's language."""

    def python(source: str | None) -> str | None:
        return translate(source).python if source else None

    return {
        node_id: replace(
            loop,
            collection=python(loop.collection),
            cardinality=python(loop.cardinality),
            completion_condition=python(loop.completion_condition),
        )
        for node_id, loop in loops.items()
    }
