"""Performers, dates, priority and parameters are values that the engine can give."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from engine.bpmn.calls import OWN_BUSINESS_KEY, call_of
from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes
from engine.bpmn.diagram import Diagram
from engine.bpmn.elements import CallMapping, RawValue
from engine.bpmn.events import named_event_of
from engine.bpmn.lanes import lanes_of
from engine.bpmn.login_rule import PROPERTY, login_rule
from engine.bpmn.names import (
    Element,
    camunda,
    extension_elements,
    extension_properties,
    external_attribute,
    is_external,
    local,
)
from engine.bpmn.parameters import STRUCTURES, parameter_elements, parameters_of
from engine.bpmn.refusals import Refusal, shortened
from engine.bpmn.retention_terms import (
    ACTIVE,
    FATE,
    FATES,
    INACTIVE,
    RetentionError,
    retention_in,
)
from engine.bpmn.sop_terms import (
    CALENDAR,
    CALENDAR_KEY,
    STRATEGIC,
    SUPERIORS,
    TERM,
    WORDS,
    ZONE,
    lanes_in,
)
from engine.bpmn.supported import CALL_BINDINGS, MAX_EVENT_NAME, PARAMETER_NODES
from engine.bpmn.values import compiled, template
from engine.model import Finding
from engine.moments import DueError, due_text
from engine.worktime.terms import TermError, term_of, zone_of

RULE = "value"

_PEOPLE = ("assignee", "candidateUsers", "candidateGroups")
_DATES = ("dueDate", "followUpDate")
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")
_DIRECTIONS = ("inputParameter", "outputParameter")


def check(diagram: Diagram) -> Iterator[Finding]:
    """Every value of a node can be evaluated, and literal dates and numbers can be read."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        yield from _check_office(rule, process)
        yield from _check_retention(rule, process)
        for node in flow_nodes(process):
            yield from _check_attributes(rule, node)
            yield from _check_parameters(rule, node)
            yield from _check_call(rule, node)
            yield from _check_topic(rule, node)
            yield from _check_event_name(rule, node)
            yield from _check_login_rule(rule, node)
            yield from _check_term(rule, node)
            yield from _check_strategic(rule, node)


def _check_attributes(rule: Rule, node: Element) -> Iterator[Finding]:
    for name in (*_PEOPLE, *_DATES, "priority"):
        text = node.get(camunda(name))
        if text is None or not text.strip():
            continue
        where = f"camunda:{name}"
        yield from _check_text(rule, node, where, text)
        if _is_literal(text):
            yield from _check_literal(rule, node, name, text.strip())


def _check_literal(rule: Rule, node: Element, name: str, text: str) -> Iterator[Finding]:
    if name in _DATES:
        try:
            due_text(text)
        except DueError as error:
            yield rule.error(
                node,
                f"camunda:{name} {shortened(text)!r} bukan tanggal, waktu atau jangka waktu ISO "
                "8601; tulis 2026-01-31, 2026-01-31T08:00:00+07:00 atau P3D",
                f"camunda:{name} {shortened(text)!r}: {error}",
            )
    if name == "priority" and not _WHOLE_NUMBER.fullmatch(text):
        yield rule.error(
            node,
            f"camunda:priority {shortened(text)!r} bukan bilangan bulat; tulis misalnya 50",
            f"camunda:priority {shortened(text)!r} is not a whole number; write for example 50",
        )


def _check_parameters(rule: Rule, node: Element) -> Iterator[Finding]:
    if local(node) not in PARAMETER_NODES:
        if any(True for _ in extension_elements(node, "inputOutput")):
            yield rule.unsupported(
                node,
                f"camunda:inputOutput pada {local(node)} belum dijalankan; hapus",
                f"camunda:inputOutput on a {local(node)} is not run; remove it",
            )
        return
    for direction in _DIRECTIONS:
        for element, parameter in zip(
            parameter_elements(node, direction), parameters_of(node, direction), strict=True
        ):
            yield from _check_name(rule, node, direction, parameter.name)
            yield from _check_structure(rule, node, parameter.name, element)
            yield from _check_text(rule, node, f"{direction} {parameter.name}", parameter.value)


def _check_topic(rule: Rule, node: Element) -> Iterator[Finding]:
    if not is_external(node):
        return
    topic = (external_attribute(node, "topic") or "").strip()
    if not topic:
        yield rule.error(
            node,
            "tugas eksternal tanpa camunda:topic; isilah, agar pekerja mengenalinya",
            "an external task without camunda:topic; set it, so that a worker recognises it",
        )
        return
    yield from _check_text(rule, node, "camunda:topic", topic)
    yield from _check_text(
        rule, node, "camunda:taskPriority", external_attribute(node, "taskPriority") or ""
    )


def _check_office(rule: Rule, process: Element) -> Iterator[Finding]:
    """Calendar and time zone by which deadlines are computed, and who may change them."""
    said = extension_properties(process)
    zone, key = said.get(ZONE, "").strip(), said.get(CALENDAR, "").strip()
    lanes = {lane.name for lane in lanes_of(process) if len(lane.path) == 1}
    for lane in sorted(lanes_in(said.get(SUPERIORS, "")) - lanes):
        yield rule.error(
            process,
            f"{SUPERIORS} menyebut {shortened(lane)!r}, yang bukan lajur proses ini",
            f"{SUPERIORS} names {shortened(lane)!r}, which is no lane of this process",
        )
    if key and not CALENDAR_KEY.fullmatch(key):
        yield rule.error(
            process,
            f"{CALENDAR} {shortened(key)!r} bukan kunci kalender; pakai huruf kecil, angka dan -",
            f"{CALENDAR} {shortened(key)!r} is no key of a calendar; use a-z, 0-9 and dash",
        )
    try:
        zone_of(zone or "UTC")
    except TermError as error:
        yield rule.error(
            process,
            f"{ZONE} {shortened(zone)!r} bukan zona waktu; tulis misalnya Asia/Makassar",
            f"{ZONE}: {error}",
        )


def _check_retention(rule: Rule, process: Element) -> Iterator[Finding]:
    """The class in the office's retention schedule."""
    said = extension_properties(process)
    try:
        retention_in(said)
    except RetentionError as error:
        found = shortened(said.get(error.name, "").strip())
        yield rule.error(
            process,
            f"{error.name} {found!r} tidak terbaca; isi {ACTIVE} dan {INACTIVE} seperti P2Y atau "
            f"P6M, dan {FATE} dengan {', '.join(FATES)}",
            f"{error.name} {found!r}: {error}",
        )


def _check_term(rule: Rule, node: Element) -> Iterator[Finding]:
    text = extension_properties(node).get(TERM, "").strip()
    if not text or local(node) != "userTask":
        return
    try:
        term_of(text)
    except TermError as error:
        yield rule.error(
            node,
            f"{TERM} {shortened(text)!r} bukan hari kerja (P2D) atau jam kerja (PT1H30M)",
            f"{TERM}: {error}",
        )


def _check_login_rule(rule: Rule, node: Element) -> Iterator[Finding]:
    text = extension_properties(node).get(PROPERTY)
    try:
        login_rule(text)
    except Refusal as refusal:
        yield rule.error(
            node,
            f"{PROPERTY} harus ya, tidak, atau ungkapan seperti ${{nilai >= 100000000}}: "
            f"{refusal.reason_id}",
            f"{PROPERTY} must be ya, tidak, or an expression such as ${{nilai >= 100000000}}: "
            f"{refusal.reason}",
        )


def _check_strategic(rule: Rule, node: Element) -> Iterator[Finding]:
    text = extension_properties(node).get(STRATEGIC, "").strip()
    if not text:
        return
    if text.lower() not in WORDS:
        yield rule.error(
            node,
            f"{STRATEGIC} harus ya atau tidak, bukan {shortened(text)!r}",
            f"{STRATEGIC} must be ya or tidak, not {shortened(text)!r}",
        )
    elif WORDS[text.lower()] and local(node) != "userTask":
        yield rule.error(
            node,
            f"{STRATEGIC} hanya berlaku pada user task",
            f"{STRATEGIC} is of user tasks only",
        )


def _check_event_name(rule: Rule, node: Element) -> Iterator[Finding]:
    event = named_event_of(node)
    if event is None:
        return
    if len(event.name) > MAX_EVENT_NAME:
        yield rule.unsupported(
            node,
            f"nama {event.kind} terlalu panjang ({len(event.name)}); paling panjang "
            f"{MAX_EVENT_NAME} karakter",
            f"the name of its {event.kind} has {len(event.name)} characters; at most "
            f"{MAX_EVENT_NAME} are run",
        )
        return
    yield from _check_text(rule, node, f"{event.kind} name", event.name)
    for mapping in event.inputs:
        yield from _check_mapping(rule, node, "camunda:in", mapping)
    if local(node) == "startEvent" and not _is_literal(event.name):
        yield rule.unsupported(
            node,
            f"nama {event.kind} pada kejadian awal harus tetap, sebab belum ada variabel; tulis "
            "tanpa ungkapan",
            f"the name of the {event.kind} of a start event must be literal: there are no "
            "variables yet; write it without an expression",
        )


def _check_call(rule: Rule, node: Element) -> Iterator[Finding]:
    call = call_of(node)
    if call is None:
        return
    yield from _check_text(rule, node, "calledElement", call.element)
    yield from _check_text(rule, node, "camunda:calledElementVersion", call.version or "")
    if call.binding not in CALL_BINDINGS or (call.binding == "version" and not call.version):
        yield rule.unsupported(
            node,
            f"calledElementBinding {call.binding!r} belum dijalankan atau tidak lengkap; pilih "
            "latest, deployment, atau version dengan calledElementVersion",
            f"calledElementBinding {call.binding!r} is not run or not complete; choose latest, "
            "deployment, or version with calledElementVersion",
        )
    for direction, mappings in (("camunda:in", call.inputs), ("camunda:out", call.outputs)):
        for mapping in mappings:
            yield from _check_mapping(rule, node, direction, mapping)


def _check_mapping(
    rule: Rule, node: Element, direction: str, mapping: CallMapping
) -> Iterator[Finding]:
    if mapping.business_key is not None:
        if mapping.business_key not in OWN_BUSINESS_KEY:
            yield from _check_text(rule, node, f"{direction} businessKey", mapping.business_key)
        return
    if mapping.all_variables:
        return
    has_source = bool(mapping.source) or bool(mapping.source_expression)
    if not has_source or not mapping.target:
        yield rule.error(
            node,
            f"{direction} harus menyebut source atau sourceExpression, dan target; isilah",
            f"{direction} must name source or sourceExpression, and target; fill them in",
        )
        return
    yield from _check_name(rule, node, direction, mapping.target)
    yield from _check_text(
        rule, node, f"{direction} {mapping.target}", mapping.source_expression or ""
    )


def _check_name(rule: Rule, node: Element, direction: str, name: str) -> Iterator[Finding]:
    is_name = name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")
    if not is_name or name == "typename":
        yield rule.error(
            node,
            f"{direction} bernama {name!r}, yang bukan nama variabel; pakai huruf, angka dan _",
            f"{direction} is named {name!r}, which is no variable name; use letters, digits and _",
        )


def _check_structure(rule: Rule, node: Element, name: str, element: Element) -> Iterator[Finding]:
    for inner in element.iter():
        tag = local(inner) if isinstance(inner.tag, str) else ""
        is_known = tag in STRUCTURES or tag in {"value", "entry", *_DIRECTIONS}
        if tag and not is_known:
            yield rule.unsupported(
                node,
                f"camunda:{tag} dalam parameter {name} belum dijalankan; tulis nilai atau ungkapan",
                f"camunda:{tag} in parameter {name} is not run; write a value or an expression",
            )


def _check_text(rule: Rule, node: Element, where: str, value: RawValue) -> Iterator[Finding]:
    try:
        compiled(value)
    except Refusal as refusal:
        yield rule.refused(
            node,
            refusal,
            f"{where} tidak dapat dijalankan: {refusal.reason_id}",
            f"{where} cannot be run: {refusal.reason}",
        )


def _is_literal(text: str) -> bool:
    try:
        return template(text).is_literal
    except Refusal:
        return False
