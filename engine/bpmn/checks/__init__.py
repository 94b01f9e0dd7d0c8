"""The deploy-time rules, one module each; a rule never raises and never sees another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from engine.bpmn.checks import (
    boundary_event,
    call_activity,
    chain_length,
    dead_end,
    default_flow,
    duplicate_id,
    event_definition,
    event_gateway,
    event_sub_process,
    exclusive_without_condition,
    executable_process,
    expression,
    form_collision,
    form_field,
    gateway_without_outgoing,
    link_event,
    loop_without_exit,
    message_flow,
    missing_diagram,
    multi_instance,
    naming,
    overdue_step,
    paper_maker,
    personal_data,
    required_paraf,
    script,
    sop_action,
    soundness,
    start_event,
    thrown_code,
    timer,
    unreachable_node,
    unresolved_reference,
    unsupported_element,
    user_task_lane,
    value,
    xml_schema,
)
from engine.bpmn.checks.places import checked_processes
from engine.bpmn.diagram import Diagram
from engine.bpmn.supported import MAX_NODES
from engine.model import Finding, Severity

__all__ = ["RULES", "check_diagram", "refuses"]

Check = Callable[[Diagram], Iterable[Finding]]

#: Rule id -> its check.
RULES: Mapping[str, Check] = {
    module.RULE: module.check
    for module in (
        executable_process,
        duplicate_id,
        unresolved_reference,
        start_event,
        unreachable_node,
        dead_end,
        gateway_without_outgoing,
        exclusive_without_condition,
        expression,
        script,
        timer,
        user_task_lane,
        form_field,
        form_collision,
        multi_instance,
        value,
        sop_action,
        paper_maker,
        personal_data,
        required_paraf,
        overdue_step,
        soundness,
        loop_without_exit,
        event_definition,
        event_gateway,
        boundary_event,
        event_sub_process,
        thrown_code,
        default_flow,
        link_event,
        message_flow,
        call_activity,
        unsupported_element,
        chain_length,
        missing_diagram,
        naming,
        xml_schema,
    )
}

#: Rule -> the rules that say the same of an element in fewer words; theirs is left out then.
_SPEAKS_FOR: Mapping[str, frozenset[str]] = {
    event_definition.RULE: frozenset({unsupported_element.RULE}),
    boundary_event.RULE: frozenset({unsupported_element.RULE}),
    default_flow.RULE: frozenset({unsupported_element.RULE}),
}


#: Nodes of a process of which more is told than that they are too many.
_READABLE = 10 * MAX_NODES


def check_diagram(diagram: Diagram) -> tuple[Finding, ...]:
    """All findings of the file at once, by line; a correct diagram has none."""
    rules = [chain_length.check] if _is_endless(diagram) else RULES.values()
    findings = {finding: None for check in rules for finding in check(diagram)}
    return tuple(
        sorted(_said_once(findings), key=lambda finding: (finding.line or 0, finding.rule))
    )


def _is_endless(diagram: Diagram) -> bool:
    """Whether a process is so long that everything else about it would take seconds to say."""
    return any(len(model.nodes) > _READABLE for model, _ in checked_processes(diagram))


def _said_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Without what another rule says better; the schema speaks where no other rule does."""
    rules: dict[str | None, set[str]] = {}
    for finding in findings:
        rules.setdefault(finding.element_id, set()).add(finding.rule)
    for finding in findings:
        others = rules[finding.element_id] - {finding.rule}
        is_schema = finding.rule == xml_schema.RULE
        is_covered = any(finding.rule in _SPEAKS_FOR.get(other, ()) for other in others)
        if not is_covered and not (is_schema and others):
            yield finding


def refuses(findings: Iterable[Finding]) -> bool:
    """Whether the file may not be deployed."""
    return any(finding.severity is not Severity.WARNING for finding in findings)
