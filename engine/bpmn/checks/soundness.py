"""What is divided is joined in the same way: no token waits for ever, none is doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from engine.bpmn.checks.graph import graph_of
from engine.bpmn.checks.places import Rule, checked_processes, label_of, scopes
from engine.bpmn.checks.token_net import net_of
from engine.bpmn.diagram import Diagram
from engine.bpmn.names import Element
from engine.bpmn.nets import Join, reduce
from engine.bpmn.soundness import MAX_FIRINGS, Fault, Kind, judge
from engine.bpmn.supported import MAX_NODES
from engine.model import Finding

RULE = "soundness"

#: Faults that one scope reports; what is left appears when they are mended.
_MOST_FAULTS = 8
_MOST_FLOWS = 4 * MAX_NODES


def check(diagram: Diagram) -> Iterator[Finding]:
    """Each scope can always come to its end, and does nothing twice at once."""
    rule = Rule(RULE, diagram)
    for _, process in checked_processes(diagram):
        for scope in scopes(process):
            yield from _Scope(rule, scope).findings()


@dataclass(slots=True)
class _Scope:
    rule: Rule
    scope: Element

    def findings(self) -> Iterator[Finding]:
        """One fault after the other: each is taken as mended, and the search begins anew."""
        graph = graph_of(self.scope)
        if len(graph.nodes) > MAX_NODES:
            return  # chain-length says so
        if sum(map(len, graph.outgoing.values())) > _MOST_FLOWS:
            yield self._too_large()
            return
        healed, chosen = dict[str, Join](), set[str]()
        budget = MAX_FIRINGS
        for _ in range(_MOST_FAULTS):
            net = net_of(self.scope, healed, chosen)
            if net is None:
                return
            reduce(net)
            verdict = judge(net, max_firings=budget)
            budget -= verdict.firings
            if not verdict.is_complete:
                yield self._too_large()
            if verdict.fault is None or self._is_said(verdict.fault, bool(healed or chosen)):
                return
            yield self._finding(graph.nodes, verdict.fault)
            node, kind = verdict.fault.node, verdict.fault.kind
            if kind not in _HEALED or node in healed or node in chosen:
                return
            if kind is Kind.RESTARTED:
                chosen.add(node)
            else:
                healed[node] = verdict.fault.mended

    def _is_said(self, fault: Fault, has_others: bool) -> bool:
        """Loops without a way out are for dead-end; a warning is left until the errors are gone."""
        if fault.kind is Kind.ENDLESS:
            graph = graph_of(self.scope)
            return len(graph.reaching(graph.sinks()) & set(graph.nodes)) < len(graph.nodes)
        return fault.kind is Kind.OVERTAKEN and has_others

    def _finding(self, nodes: Mapping[str, Element], fault: Fault) -> Finding:
        element = nodes[fault.node]
        split = nodes.get(fault.split or "")
        report = self._reports().get(fault.kind, self.rule.error)
        return report(element, *_WORDS[fault.kind](label_of(split) if split is not None else None))

    def _reports(self) -> Mapping[Kind, Callable[[Element, str, str], Finding]]:
        """Doing a step more than once is right BPMN; in a procedure nobody means it."""
        return {
            Kind.OVERTAKEN: self.rule.warning,
            Kind.DOUBLED: self.rule.unsupported,
            Kind.RESTARTED: self.rule.unsupported,
        }

    def _too_large(self) -> Finding:
        return self.rule.warning(
            self.scope,
            "alurnya terlalu besar untuk dibuktikan selalu selesai; bagi menjadi sub-proses",
            "its flow is too large to be proved to end always; divide it into sub-processes",
        )


_HEALED = frozenset({Kind.DEADLOCK, Kind.DOUBLED, Kind.RESTARTED})


def _deadlock(split: str | None) -> tuple[str, str]:
    by_id = f", sebab {split} tidak selalu mengirimkannya" if split else ""
    by_en = f", because {split} does not always send it" if split else ""
    return (
        f"menunggu token yang mungkin tidak pernah datang{by_id}; proses berhenti di sini. "
        "Gabungkan dengan jenis gerbang yang sama dengan yang membagi",
        f"it waits for a token that may never come{by_en}; the process would stop here. Join with "
        "the kind of gateway that divides",
    )


def _doubled(split: str | None) -> tuple[str, str]:
    by_id = f" dari {split}" if split else ""
    by_en = f" of {split}" if split else ""
    return (
        f"meneruskan tiap cabang{by_id} sendiri-sendiri, sehingga langkah sesudahnya dikerjakan "
        "lebih dari sekali; gabungkan cabang itu dahulu dengan gerbang sejenis",
        f"it passes on each branch{by_en} by itself, so that what follows is done more than once; "
        "join the branches first with a gateway of that kind",
    )


def _overtaken(_: str | None) -> tuple[str, str]:
    return (
        "cabangnya dapat dimulai lagi sebelum yang pertama selesai, sehingga satu langkah terbuka "
        "lebih dari sekali; gabungkan cabang itu sebelum kembali",
        "a branch of it can begin again before the first is done, so that a step is open more than "
        "once; join the branches before going back",
    )


def _restarted(_: str | None) -> tuple[str, str]:
    return (
        "satu cabangnya kembali sementara cabang lain berjalan terus, sehingga langkah dikerjakan "
        "lebih dari sekali dan proses tidak selesai dengan benar; pakai gerbang eksklusif untuk "
        "putaran",
        "one branch of it comes back while another goes on, so that steps are done more than once "
        "and the process does not end rightly; use an exclusive gateway for the loop",
    )


def _endless(_: str | None) -> tuple[str, str]:
    return (
        "sesudah ini proses tidak dapat selesai lagi, sebab selalu ada cabang yang kembali; beri "
        "jalan ke kejadian akhir bagi setiap cabang",
        "after this the process can never end, because a branch always comes back; give every "
        "branch a way to an end event",
    )


def _never_fires(_: str | None) -> tuple[str, str]:
    return (
        "tidak akan pernah dijalankan, sebab alur masuknya tidak pernah terisi bersama; ubah "
        "gerbang ini atau yang membagi",
        "it would never run, because its incoming flows never hold a token together; change this "
        "gateway or the one that divides",
    )


_WORDS: dict[Kind, Callable[[str | None], tuple[str, str]]] = {
    Kind.DEADLOCK: _deadlock,
    Kind.DOUBLED: _doubled,
    Kind.OVERTAKEN: _overtaken,
    Kind.RESTARTED: _restarted,
    Kind.ENDLESS: _endless,
    Kind.NEVER_FIRES: _never_fires,
}
