"""Which user tasks initial or sign which paper, as the properties of the diagram say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.bpmn.elements import FlowNode, ProcessModel
from engine.model import EndorsementKind

#: Of a user task: what it does; the variables that are the paper, and the lanes whose paraf a
#: signature waits for, one per line or between commas.
ACTION, DOCUMENT, PARAF_FROM = "sop:tindakan", "sop:dokumen", "sop:parafDari"

ACTIONS = ("disposisi", "kerja", "paraf", "ttd", "keputusan", "distribusi", "arsip")
KINDS: Mapping[str, EndorsementKind] = {
    "paraf": EndorsementKind.PARAF,
    "ttd": EndorsementKind.SIGNATURE,
}
#: Permendagri 54/2009: at most three officials initial a draft before it is signed.
MOST_PARAFS = 3

_BETWEEN = re.compile(r"[\n\r,;]+")


@dataclass(frozen=True, slots=True)
class PaperTerms:
    """What one user task does to a paper. `names`: sorted, so that equal papers are equal."""

    kind: EndorsementKind
    names: tuple[str, ...]
    paraf_from: tuple[str, ...] = ()


def paper_terms(properties: Mapping[str, str]) -> PaperTerms | None:
    """What the properties of a user task say; None when it neither initials nor signs a paper."""
    kind = KINDS.get(properties.get(ACTION, "").strip())
    names = listed(properties.get(DOCUMENT, ""))
    if kind is None or not names:
        return None
    lanes = listed(properties.get(PARAF_FROM, "")) if kind is EndorsementKind.SIGNATURE else ()
    return PaperTerms(kind, tuple(sorted(names)), lanes)


def listed(text: str) -> tuple[str, ...]:
    """The entries of a list that was written as text, each once."""
    return tuple(dict.fromkeys(part.strip() for part in _BETWEEN.split(text) if part.strip()))


def terms_in(model: ProcessModel) -> dict[str, PaperTerms]:
    """Activity id -> what it does to a paper, for those that do."""
    found = {
        node.id: paper_terms(node.properties)
        for node in model.nodes.values()
        if node.type == "userTask"
    }
    return {node_id: terms for node_id, terms in found.items() if terms is not None}


def makers_of(model: ProcessModel, names: tuple[str, ...]) -> frozenset[str]:
    """The user tasks in whose forms the paper is written; who initials or signs it is none."""
    return frozenset(
        node.id
        for node in model.nodes.values()
        if node.type == "userTask" and writes(node, names)
        if (terms := paper_terms(node.properties)) is None or terms.names != names
    )


def writes(node: FlowNode, names: tuple[str, ...]) -> bool:
    """Whether people write one of the variables at the node; in a repeat, what it collects."""
    if node.multi_instance is not None:
        return node.multi_instance.collect_into in names
    return any(field.id in names and not field.is_readonly for field in node.form or ())
