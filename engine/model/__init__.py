"""The nouns of the engine: frozen data and enums, and nothing else.

Words are BPMN's and Camunda's, so that the field's documents apply. Times are aware datetimes in
UTC. Ids are strings that callers must treat as opaque.
"""

from __future__ import annotations

from engine.model.calendars import CalendarRevision
from engine.model.definitions import (
    Deployment,
    FieldType,
    Finding,
    FormField,
    ProcessDefinition,
    Resource,
    Severity,
)
from engine.model.deliveries import (
    MAILED,
    SUBSCRIBABLE,
    Announcement,
    AnnouncementKind,
    Channel,
    Contact,
    Delivery,
    DeliveryAttempt,
    DeliveryFailure,
    DeliveryState,
    Disabling,
    Sent,
    WebhookSubscription,
    announcement_from,
)
from engine.model.documents import (
    Document,
    HeldDocument,
    PendingUpload,
    Upload,
    document_of,
    documents_of,
    references_in,
)
from engine.model.history import (
    INPUT_KINDS,
    NOTE_KINDS,
    ActivityInstance,
    EventKind,
    Fault,
    HistoryEvent,
    Observation,
    Verification,
)
from engine.model.instances import (
    ExternalTask,
    Incident,
    InstanceState,
    ProcessInstance,
    TaskState,
    UserTask,
)
from engine.model.links import TaskLink
from engine.model.messages import EventSubscription
from engine.model.operations import Check, Figures, LaneLoad, TopicLoad, WrittenSteps
from engine.model.people import (
    AccessToken,
    Account,
    AccountEvent,
    AccountEventKind,
    Actor,
    Identity,
    LogHead,
    LoginMethod,
    Role,
    Scope,
    Session,
    SignOn,
)
from engine.model.remarks import Attachment, Comment
from engine.model.steps import RememberedRequest, StepRecord, StoredInstance
from engine.model.values import Json, Variables

__all__ = [
    "INPUT_KINDS",
    "MAILED",
    "NOTE_KINDS",
    "SUBSCRIBABLE",
    "AccessToken",
    "Account",
    "AccountEvent",
    "AccountEventKind",
    "ActivityInstance",
    "Actor",
    "Announcement",
    "AnnouncementKind",
    "Attachment",
    "CalendarRevision",
    "Channel",
    "Check",
    "Comment",
    "Contact",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryFailure",
    "DeliveryState",
    "Deployment",
    "Disabling",
    "Document",
    "EventKind",
    "EventSubscription",
    "ExternalTask",
    "Fault",
    "FieldType",
    "Figures",
    "Finding",
    "FormField",
    "HeldDocument",
    "HistoryEvent",
    "Identity",
    "Incident",
    "InstanceState",
    "Json",
    "LaneLoad",
    "LogHead",
    "LoginMethod",
    "Observation",
    "PendingUpload",
    "ProcessDefinition",
    "ProcessInstance",
    "RememberedRequest",
    "Resource",
    "Role",
    "Scope",
    "Sent",
    "Session",
    "Severity",
    "SignOn",
    "StepRecord",
    "StoredInstance",
    "TaskLink",
    "TaskState",
    "TopicLoad",
    "Upload",
    "UserTask",
    "Variables",
    "Verification",
    "WebhookSubscription",
    "WrittenSteps",
    "announcement_from",
    "document_of",
    "documents_of",
    "references_in",
]
