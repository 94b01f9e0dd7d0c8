"""Deployments, what was found in their files, and the definitions in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.model.values import Json


class Severity(StrEnum):
    """How a finding weighs at deploy: `error` and `unsupported` refuse, `warning` does not."""

    ERROR = "error"
    UNSUPPORTED = "unsupported"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says of one place in one file, in both languages."""

    rule: str
    severity: Severity
    file_name: str
    line: int | None
    element_id: str | None
    element_name: str | None
    message_id: str
    message_en: str


class FieldType(StrEnum):
    """The types of a Camunda form field that Alur runs."""

    STRING = "string"
    LONG = "long"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    DATE = "date"
    ENUM = "enum"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form (`camunda:formField`).

    `required_if`: (other field, value); the field is mandatory when the other one has that value.
    `is_list`: the value is a list of strings, typed one per line, or of files.
    """

    id: str
    label: str
    type: FieldType = FieldType.STRING
    default: Json = None
    is_required: bool = False
    is_readonly: bool = False
    required_if: tuple[str, str] | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    #: (value, label) pairs of an enum, in the diagram's order.
    options: tuple[tuple[str, str], ...] = ()
    is_list: bool = False
    #: Fields of one group stand together under its heading ("Kelengkapan").
    group: str | None = None
    #: Lines of a text area; None for a one-line field.
    rows: int | None = None
    #: Whether the value is personal data, which is sealed; and the field that names whose it is
    #: (None: whoever submits it).
    is_personal: bool = False
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """An immutable upload. `digest` is the SHA-256 over names and contents of its files."""

    deployment_id: str
    name: str
    source: str | None
    digest: str
    deployed_at: datetime
    deployed_by: str


@dataclass(frozen=True, slots=True)
class Resource:
    """One file of a deployment, byte for byte as uploaded."""

    resource_id: str
    deployment_id: str
    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProcessDefinition:
    """(key, version) of one executable process. `definition_id` reads key:version:uuid."""

    definition_id: str
    key: str
    version: int
    name: str
    deployment_id: str
    resource_name: str
    digest: str
    version_tag: str | None
    history_time_to_live: int | None
    #: Top-level lane names in diagram order: who takes part, hence who may see its instances.
    lanes: tuple[str, ...]
    #: camunda:candidateStarterGroups and -Users; empty means every lane of the process may start.
    starter_groups: tuple[str, ...] = ()
    starter_users: tuple[str, ...] = ()
    deployed_at: datetime | None = None
