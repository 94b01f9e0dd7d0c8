"""A thrown link is caught once, under its name, in the same process or sub-process."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.graph import graph_of
from engine.bpmn.checks.places import Rule, checked_processes, label_of, scopes
from engine.bpmn.checks.token_net import link_name
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import Element, local
from engine.model import Finding

RULE = "link-event"

_THROW, _CATCH = "intermediateThrowEvent", "intermediateCatchEvent"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Every link event has a name, and its other end in the same scope."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for scope in scopes(process):
            links = [
                node
                for node in graph_of(scope).nodes.values()
                if link_name(node) is not None and local(node) in {_THROW, _CATCH}
            ]
            yield from _check_links(rule, links)


def _check_links(rule: Rule, links: list[Element]) -> Iterator[Finding]:
    caught: dict[str | None, Element] = {}
    for node in links:
        name = link_name(node)
        if not name:
            yield rule.error(
                node,
                "kejadian tautan belum bernama; isi nama tautannya",
                "the link event has no link name; set it",
            )
        elif local(node) == _CATCH and caught.setdefault(name, node) is not node:
            yield rule.error(
                node,
                f"tautan {name!r} sudah ditangkap oleh {label_of(caught[name])}; ubah salah satu",
                f"the link {name!r} is caught already by {label_of(caught[name])}; change one",
            )
    thrown = {link_name(node) for node in links if local(node) == _THROW}
    for node in links:
        name = link_name(node)
        if name and name not in (caught if local(node) == _THROW else thrown):
            yield _alone(rule, node, name)


def _alone(rule: Rule, node: Element, name: str) -> Finding:
    if local(node) == _THROW:
        return rule.error(
            node,
            f"tidak ada penangkap tautan {name!r} di proses atau sub-proses ini; tambahkan",
            f"nothing catches the link {name!r} in this process or sub-process; add it",
        )
    return rule.error(
        node,
        f"tidak ada yang menuju tautan {name!r} di proses atau sub-proses ini; tambahkan atau "
        "hapus",
        f"nothing throws the link {name!r} in this process or sub-process; add or remove it",
    )
