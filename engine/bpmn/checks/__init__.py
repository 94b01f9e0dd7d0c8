"""The deploy-time rules, one module each; a rule never raises and never sees another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from engine.bpmn.checks import (
    chain_length,
    dead_end,
    duplicate_id,
    exclusive_without_condition,
    executable_process,
    expression,
    form_field,
    gateway_without_outgoing,
    missing_diagram,
    multi_instance,
    script,
    start_event,
    timer,
    unreachable_node,
    unresolved_reference,
    unsupported_element,
    user_task_lane,
    value,
)
from engine.bpmn.diagram import Diagram
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
        multi_instance,
        value,
        unsupported_element,
        chain_length,
        missing_diagram,
    )
}


def check_diagram(diagram: Diagram) -> tuple[Finding, ...]:
    """All findings of the file at once, by line; a correct diagram has none."""
    findings = {finding: None for check in RULES.values() for finding in check(diagram)}
    return tuple(sorted(findings, key=lambda finding: (finding.line or 0, finding.rule)))


def refuses(findings: Iterable[Finding]) -> bool:
    """Whether the file may not be deployed."""
    return any(finding.severity is not Severity.WARNING for finding in findings)
