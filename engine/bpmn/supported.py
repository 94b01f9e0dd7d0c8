"""The one table of what the engine runs today; the checks refuse the rest."""

from __future__ import annotations

from collections.abc import Mapping

#: Activities that run. `task` and `manualTask` are passed at once, as in Camunda 7.
SUPPORTED_ACTIVITIES = frozenset(
    {
        "task",
        "manualTask",
        "userTask",
        "scriptTask",
        "subProcess",
        "callActivity",
        "receiveTask",
        # Only with camunda:type="external": a worker outside performs it.
        "serviceTask",
        "sendTask",
    }
)

SUPPORTED_GATEWAYS = frozenset(
    {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"}
)

#: Event -> the event definitions that run in it; "" stands for none.
SUPPORTED_EVENTS: Mapping[str, frozenset[str]] = {
    "startEvent": frozenset({"", "messageEventDefinition", "signalEventDefinition"}),
    "endEvent": frozenset(
        {
            "",
            "terminateEventDefinition",
            "errorEventDefinition",
            "escalationEventDefinition",
            "signalEventDefinition",
            # Only with camunda:type="external".
            "messageEventDefinition",
        }
    ),
    "intermediateCatchEvent": frozenset(
        {"timerEventDefinition", "messageEventDefinition", "signalEventDefinition"}
    ),
    "intermediateThrowEvent": frozenset(
        {"", "escalationEventDefinition", "signalEventDefinition", "messageEventDefinition"}
    ),
    "boundaryEvent": frozenset(
        {
            "timerEventDefinition",
            "messageEventDefinition",
            "signalEventDefinition",
            "errorEventDefinition",
            "escalationEventDefinition",
        }
    ),
}

SUPPORTED_NODES = SUPPORTED_ACTIVITIES | SUPPORTED_GATEWAYS | frozenset(SUPPORTED_EVENTS)

#: Activities that may carry `multiInstanceLoopCharacteristics`.
MULTI_INSTANCE_NODES = frozenset(
    {
        "userTask",
        "scriptTask",
        "subProcess",
        "callActivity",
        "serviceTask",
        "sendTask",
        "receiveTask",
    }
)

#: Event definitions of the start event of a sub-process, and of an event sub-process.
SUB_PROCESS_START = frozenset({""})
EVENT_SUB_PROCESS_START = frozenset(
    {
        "timerEventDefinition",
        "errorEventDefinition",
        "escalationEventDefinition",
        "messageEventDefinition",
        "signalEventDefinition",
    }
)

TIMER_KINDS = frozenset({"timeDuration", "timeDate", "timeCycle"})

SCRIPT_FORMATS = frozenset({"python"})

#: Languages of a condition, as `language` may name them; no attribute at all is the usual case.
EXPRESSION_LANGUAGES = frozenset({"juel", "feel", "python"})

#: What a process or sub-process may hold without its being executed.
IGNORED_ELEMENTS = frozenset(
    {
        "association",
        "auditing",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "documentation",
        "extensionElements",
        "group",
        "incoming",
        "monitoring",
        "outgoing",
        "property",
        "textAnnotation",
    }
)

#: What `multiInstanceLoopCharacteristics` may hold.
MULTI_INSTANCE_CHILDREN = frozenset(
    {"loopCardinality", "completionCondition", "documentation", "extensionElements"}
)

#: Camunda attributes that the engine reads.
CAMUNDA_ATTRIBUTES = frozenset(
    {
        "assignee",
        "candidateGroups",
        "candidateStarterGroups",
        "candidateStarterUsers",
        "candidateUsers",
        "calledElementBinding",
        "calledElementVersion",
        "collection",
        "dueDate",
        "elementVariable",
        "errorCodeVariable",
        "errorMessageVariable",
        "escalationCodeVariable",
        "followUpDate",
        "formKey",
        "historyTimeToLive",
        "initiator",
        "priority",
        "taskPriority",
        "topic",
        "type",
        "versionTag",
    }
)
#: Camunda attributes that say how another engine should do the same; passing them over is right.
CAMUNDA_ATTRIBUTES_IGNORED = frozenset(
    {
        "async",
        "asyncAfter",
        "asyncBefore",
        "exclusive",
        "isStartableInTasklist",
        "jobPriority",
        "modelerTemplate",
        "modelerTemplateIcon",
        "modelerTemplateVersion",
    }
)
CAMUNDA_EXTENSIONS = frozenset(
    {"failedJobRetryTimeCycle", "formData", "in", "inputOutput", "out", "properties"}
)

#: Nodes that may carry `camunda:inputOutput`.
PARAMETER_NODES = SUPPORTED_ACTIVITIES

#: camunda:calledElementBinding.
CALL_BINDINGS = frozenset({"latest", "deployment", "version"})

#: Namespaces whose content steers another engine and would be passed over in silence.
FOREIGN_NAMESPACES: Mapping[str, str] = {
    "http://camunda.org/schema/zeebe/1.0": "Camunda 8 (zeebe)",
    "http://operaton.org/schema/1.0/bpmn": "Operaton",
    "http://flowable.org/bpmn": "Flowable",
    "http://activiti.org/bpmn": "Activiti",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "SpiffWorkflow",
}

#: Ids that the workflow library gives to parts of its own.
RESERVED_IDS = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})
LISTENER = ".EventListener"
RESERVED_ID_PARTS = (".BoundaryEventSplit", ".BoundaryEventJoin", ".EndJoin", LISTENER)

#: The library parses a process by recursion along its flows.
MAX_NODES = 400
MAX_INSTANCES = 1000
#: Characters of the name of a message or signal, also when an expression gives it.
MAX_EVENT_NAME = 255
