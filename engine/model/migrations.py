"""Moving running instances to another version of their process: plans, and what they meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.model.definitions import ProcessDefinition, Severity
from engine.model.instances import ProcessInstance


class MigrationReason(StrEnum):
    """Why an instruction, or an instance, cannot be migrated; or what it is worth knowing of it."""

    # of an instruction, refusing
    SOURCE_UNKNOWN = "source_unknown"
    TARGET_UNKNOWN = "target_unknown"
    SOURCE_TWICE = "source_twice"
    KIND_CHANGED = "kind_changed"
    SCOPE_CHANGED = "scope_changed"
    # of the plan, told at its first instruction
    PERSONAL_NO_MORE = "personal_no_more"
    # of an instruction, a warning
    LANE_CHANGED = "lane_changed"
    FIELDS_REMOVED = "fields_removed"
    FIELDS_REQUIRED = "fields_required"
    TERM_CHANGED = "term_changed"
    TIMER_KEPT = "timer_kept"
    EVENT_KEPT = "event_kept"
    TOPIC_KEPT = "topic_kept"
    # of a place where an instance stands
    UNMAPPED = "unmapped"
    BOUNDARY_EVENTS_DIFFER = "boundary_events_differ"
    GATEWAY_EVENTS_DIFFER = "gateway_events_differ"
    EVENT_SUB_PROCESSES_DIFFER = "event_sub_processes_differ"
    FLOW_MISSING = "flow_missing"
    WAITS_FOR_EVER = "waits_for_ever"
    DONE_TWICE = "done_twice"
    NEVER_ENDS = "never_ends"
    TOO_LARGE = "too_large"
    CANDIDATES_NOT_EVALUATED = "candidates_not_evaluated"
    INSTANCE_ENDED = "instance_ended"
    OTHER_VERSION = "other_version"


#: English, with the places `source`, `target`, `expected` and `found`.
_MESSAGES: Mapping[MigrationReason, str] = {
    MigrationReason.SOURCE_UNKNOWN: "{source} is no element of the old version",
    MigrationReason.TARGET_UNKNOWN: "{target} is no element of the new version",
    MigrationReason.SOURCE_TWICE: "{source} has more than one instruction",
    MigrationReason.KIND_CHANGED: (
        "{source} is {expected} in the old version, {target} is {found} in the new one"
    ),
    MigrationReason.SCOPE_CHANGED: (
        "{target} stands in {found} in the new version; expected in {expected}"
    ),
    MigrationReason.PERSONAL_NO_MORE: (
        "the new version does not call {found} personal any more; what is sealed stays sealed"
    ),
    MigrationReason.LANE_CHANGED: "{source} moves from lane {expected} to {found}",
    MigrationReason.FIELDS_REMOVED: "the form of {target} has no field {found} any more",
    MigrationReason.FIELDS_REQUIRED: "the form of {target} newly requires {found}",
    MigrationReason.TERM_CHANGED: "the term of {source} changes from {expected} to {found}",
    MigrationReason.TIMER_KEPT: "the timer of {source} that runs keeps the moment it was set to",
    MigrationReason.EVENT_KEPT: "{source} goes on waiting for {expected}, not for {found}",
    MigrationReason.TOPIC_KEPT: "{source} stays with topic {expected}, not {found}",
    MigrationReason.UNMAPPED: "the instance stands at {source}, for which there is no instruction",
    MigrationReason.BOUNDARY_EVENTS_DIFFER: (
        "{source} has the boundary events {expected}, {target} has {found}"
    ),
    MigrationReason.GATEWAY_EVENTS_DIFFER: (
        "{source} waits for the events {expected}, {target} for {found}"
    ),
    MigrationReason.EVENT_SUB_PROCESSES_DIFFER: (
        "{source} has the event sub-processes {expected}, {target} has {found}"
    ),
    MigrationReason.FLOW_MISSING: (
        "a token came to {source} from {expected}; the new version has no such flow to {target}"
    ),
    MigrationReason.WAITS_FOR_EVER: "{target} would wait for a token that can never come",
    MigrationReason.DONE_TWICE: "{target} would be done more than once",
    MigrationReason.NEVER_ENDS: "the instance could never end after {target}",
    MigrationReason.TOO_LARGE: "the new version is too large to prove that the instance can end",
    MigrationReason.CANDIDATES_NOT_EVALUATED: (
        "the candidates of {target} do not follow from the variables of the instance"
    ),
    MigrationReason.INSTANCE_ENDED: "the instance has ended",
    MigrationReason.OTHER_VERSION: "the instance runs in {found}; expected {expected}",
}


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """Which element of the old version goes on as which of the new one: id -> id."""

    source_definition_id: str
    target_definition_id: str
    instructions: tuple[tuple[str, str], ...] = ()

    @property
    def places(self) -> dict[str, str]:
        """Source element -> target element."""
        return dict(self.instructions)


@dataclass(frozen=True, slots=True)
class MigrationFault:
    """What stands against an instruction or an instance; a warning does not refuse it.

    `source` and `target` are elements of the old and the new version.
    """

    reason: MigrationReason
    source: str | None = None
    target: str | None = None
    expected: str | None = None
    found: str | None = None
    severity: Severity = Severity.ERROR

    @property
    def message(self) -> str:
        """The fault in English."""
        facts = {name: getattr(self, name) or "-" for name in ("target", "expected", "found")}
        return _MESSAGES[self.reason].format(source=self.source or "-", **facts)

    @property
    def refuses(self) -> bool:
        """Whether nothing is migrated with it."""
        return self.severity is not Severity.WARNING


@dataclass(frozen=True, slots=True)
class MigrationCandidate:
    """A running instance of the old version: where it stands, and what refuses it."""

    instance: ProcessInstance
    #: Elements of the old version, each once, in the order of the tree.
    stands_at: tuple[str, ...]
    faults: tuple[MigrationFault, ...]

    @property
    def may_move(self) -> bool:
        """Whether it can be migrated by the plan."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class MigrationPreview:
    """A plan with what it meets: its own faults, and running instances of the old version."""

    plan: MigrationPlan
    source: ProcessDefinition
    target: ProcessDefinition
    faults: tuple[MigrationFault, ...]
    candidates: tuple[MigrationCandidate, ...] = field(default=())
    #: All running instances of the old version, also those that are not among the candidates.
    running: int = 0

    @property
    def is_valid(self) -> bool:
        """Whether the plan itself is right; an instance may be refused all the same."""
        return not any(fault.refuses for fault in self.faults)
