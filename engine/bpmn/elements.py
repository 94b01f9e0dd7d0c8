"""What a BPMN file says, as frozen data: all of a diagram that the rest of the engine reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.errors import DamagedRow, InvalidInput
from engine.model import FormField


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane. `path` runs from the top-level lane to this one, by name."""

    id: str
    name: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MultiInstance:
    """`bpmn:multiInstanceLoopCharacteristics` of an activity, expressions as written in the file.

    Exactly one of `collection` and `cardinality` is set in a diagram that may be deployed.
    """

    is_sequential: bool
    collection: str | None
    element_variable: str | None
    cardinality: str | None
    completion_condition: str | None
    #: `sop:kumpulkan`: the process variable that receives the list of what each instance submitted.
    collect_into: str | None


#: A value as written: text, a list (camunda:list) or a mapping (camunda:map) of values.
RawValue = str | tuple["RawValue", ...] | dict[str, "RawValue"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """`camunda:inputParameter` or `camunda:outputParameter`, its expressions as in the file."""

    name: str
    value: RawValue


@dataclass(frozen=True, slots=True)
class CallMapping:
    """`camunda:in` or `camunda:out` of a call activity.

    One of these is set: `all_variables`; `business_key` (in only); or `target` with either
    `source` (a name) or `source_expression`.
    """

    source: str | None = None
    source_expression: str | None = None
    target: str | None = None
    all_variables: bool = False
    business_key: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What a call activity calls; texts as in the file.

    `binding` is "latest", "deployment" or "version"; `version` goes with the last.
    """

    element: str
    binding: str = "latest"
    version: str | None = None
    inputs: tuple[CallMapping, ...] = ()
    outputs: tuple[CallMapping, ...] = ()


@dataclass(frozen=True, slots=True)
class CodedEvent:
    """The error or escalation that an event throws or catches. `kind`: "error" or "escalation".

    `code` None: an event that catches every code.
    """

    kind: str
    code: str | None
    #: camunda:errorMessage of the declaration, literal or with expressions.
    message: str | None = None
    #: camunda:errorCodeVariable or escalationCodeVariable, and errorMessageVariable.
    code_variable: str | None = None
    message_variable: str | None = None


@dataclass(frozen=True, slots=True)
class NamedEvent:
    """What a node waits for, starts with or throws.

    `kind` is "message" or "signal", the name as written. inputs: the variables that go with a
    signal that is thrown (`camunda:in` of its definition).
    """

    kind: str
    name: str
    inputs: tuple[CallMapping, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowNode:
    """One event, activity or gateway.

    `type` is the local tag name ("userTask", "exclusiveGateway", ...). `scope` is the id of the
    process or sub-process that holds the node.
    """

    id: str
    type: str
    name: str | None
    scope: str
    line: int | None
    lane_path: tuple[str, ...] = ()
    documentation: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    #: None: the node has no `camunda:formData` at all.
    form: tuple[FormField, ...] | None = None
    form_key: str | None = None
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    multi_instance: MultiInstance | None = None
    #: Local names of the event definitions inside ("timerEventDefinition", ...).
    event_definitions: tuple[str, ...] = ()
    attached_to: str | None = None
    #: The message or signal of an event or a receive task.
    named_event: NamedEvent | None = None
    script: str | None = None
    #: camunda:initiator of a start event: the variable that names who started.
    initiator: str | None = None
    #: camunda:dueDate, followUpDate and priority as written: literal or expression.
    due_date: str | None = None
    follow_up_date: str | None = None
    priority: str | None = None
    #: `camunda:inputOutput`: local variables set at entering, and values given back at the end.
    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()
    call: Call | None = None
    #: camunda:topic of an external service task, literal or expression, and its taskPriority.
    topic: str | None = None
    task_priority: str | None = None
    coded_event: CodedEvent | None = None
    #: Of a boundary event, and of the start event of an event sub-process.
    is_interrupting: bool = True
    #: Whether the node is an event sub-process.
    is_triggered_by_event: bool = False

    @property
    def lane(self) -> str | None:
        """The top-level lane, which decides who may work on the node."""
        return self.lane_path[0] if self.lane_path else None


@dataclass(frozen=True, slots=True)
class SequenceFlow:
    """One sequence flow; `condition` as written in the file."""

    id: str
    name: str | None
    source: str
    target: str
    condition: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class ProcessModel:
    """One process of a file. `nodes` holds those of its sub-processes too, in document order."""

    id: str
    name: str
    is_executable: bool
    line: int | None
    lanes: tuple[Lane, ...]
    nodes: Mapping[str, FlowNode]
    flows: Mapping[str, SequenceFlow]
    properties: Mapping[str, str]
    documentation: str | None = None
    version_tag: str | None = None
    history_time_to_live: int | None = None
    starter_groups: tuple[str, ...] = ()
    starter_users: tuple[str, ...] = ()
    #: (source, target) -> id of the sequence flow between them. Every step asks it.
    flow_between: Mapping[tuple[str, str], str] = field(init=False, repr=False, compare=False)
    #: Node id -> ids of the nodes from which sequence flows lead to it, in document order.
    sources: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    #: Id of the process or a sub-process with nodes -> ids of those at which its ways end.
    last_in: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    #: Form field id -> id of the node whose form declares it (the first, when several do).
    field_owners: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", _Nodes(self.id, self.nodes))
        between = {(flow.source, flow.target): flow.id for flow in self.flows.values()}
        object.__setattr__(self, "flow_between", between)
        object.__setattr__(self, "sources", _sources(self.flows.values()))
        object.__setattr__(self, "last_in", _last_in(self.nodes.values(), self.flows.values()))
        object.__setattr__(self, "field_owners", _field_owners(self.nodes.values()))

    @property
    def top_lanes(self) -> tuple[str, ...]:
        """Names of the top-level lanes in diagram order."""
        return tuple(lane.name for lane in self.lanes if len(lane.path) == 1)

    @property
    def start_events(self) -> tuple[FlowNode, ...]:
        """The start events of the process itself, at least one (checked at deploy)."""
        nodes = self.nodes.values()
        return tuple(n for n in nodes if n.type == "startEvent" and n.scope == self.id)

    @property
    def plain_start(self) -> FlowNode | None:
        """Where an instance starts that nothing triggered: the one without an event, or the only.

        None: there are several, and each waits for its message or signal.
        """
        starts = self.start_events
        plain = [start for start in starts if not start.event_definitions]
        return next(iter(plain or starts[:1])) if plain or len(starts) == 1 else None

    def start_event(self, node_id: str | None = None) -> FlowNode:
        """The start event of that id, or the plain one. Raises InvalidInput when there is none."""
        wanted = self.plain_start
        if node_id is not None:
            wanted = next((start for start in self.start_events if start.id == node_id), None)
        if wanted is not None:
            return wanted
        events = [s.named_event for s in self.start_events if s.named_event]
        names = ", ".join(f"{event.kind} {event.name!r}" for event in events)
        raise InvalidInput(
            f"process {self.id} begins only with one of these: {names}; send it instead"
            if node_id is None
            else f"process {self.id} has no start event {node_id!r}"
        )

    def trigger_of(self, node_id: str) -> FlowNode:
        """The one start event of an event sub-process (checked at deploy)."""
        starts = (n for n in self.nodes.values() if n.type == "startEvent")
        return next(n for n in starts if n.scope == node_id)


def _sources(flows: Iterable[SequenceFlow]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for flow in flows:
        found.setdefault(flow.target, []).append(flow.source)
    return {target: tuple(sources) for target, sources in found.items()}


def _last_in(
    nodes: Iterable[FlowNode], flows: Iterable[SequenceFlow]
) -> Mapping[str, tuple[str, ...]]:
    going_on = {flow.source for flow in flows}
    found: dict[str, list[str]] = {}
    for node in nodes:
        last = found.setdefault(node.scope, [])
        if node.id not in going_on and not node.is_triggered_by_event:
            last.append(node.id)
    return {scope: tuple(last) for scope, last in found.items()}


class _Nodes(dict[str, FlowNode]):
    """The nodes of a process by id; who asks for one by what is kept of work finds it.

    Only a file that was changed after it was deployed lacks one.
    """

    def __init__(self, process_id: str, nodes: Mapping[str, FlowNode]) -> None:
        super().__init__(nodes)
        self._process_id = process_id

    def __missing__(self, node_id: str) -> FlowNode:
        raise DamagedRow(
            f"the diagram that is kept of process {self._process_id} has no element {node_id!r}, "
            "where work stands: expected the file that was deployed"
        )


def _field_owners(nodes: Iterable[FlowNode]) -> dict[str, str]:
    owners: dict[str, str] = {}
    for node in nodes:
        for form_field in node.form or ():
            owners.setdefault(form_field.id, node.id)
    return owners
