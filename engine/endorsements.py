"""Parafs and signatures on papers, followed event by event: pure, without a database.

A paper is variables of the process that steps initial and sign (`sop:dokumen`). It has a new
version when its content changes, and when it is handed in after its making was opened again: of a
draft behind a link nobody sees whether it was changed. The digest of a version is the SHA-256 of
its file when it is one file, else of the canonical JSON (RFC 8785) of its values, with their
SHA-256 in place of files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from engine.bpmn.elements import FlowNode, ProcessModel
from engine.bpmn.paper_terms import PaperTerms, makers_of, terms_in
from engine.canonical_json import canonical_json
from engine.errors import EngineError, PaperMissing, ParafMissing
from engine.forms import return_note
from engine.model import (
    Endorsement,
    EndorsementKind,
    EventKind,
    Fault,
    HistoryEvent,
    Json,
    Paper,
    PaperOfTask,
    PaperVersion,
    Variables,
    Voiding,
    document_of,
    references_in,
)

#: How the id of the field ends that says in which way a paper was signed.
METHOD = "metode_tanda_tangan"

#: Inputs that bring values to where their activity stands.
_BRINGING = {
    EventKind.INSTANCE_STARTED,
    EventKind.TASK_COMPLETED,
    EventKind.VARIABLES_CHANGED,
    EventKind.MESSAGE_RECEIVED,
    EventKind.SIGNAL_RECEIVED,
    EventKind.SERVICE_COMPLETED,
}
_BODY = "#multiInstanceBody"
#: Why a paraf is not needed: who made the version is who would give it, or signs.
_CONCEPTOR = "conceptor"
_FACTS = tuple(str(kind) for kind in EndorsementKind)


def digest_of(values: Variables) -> str:
    """The digest of a paper with these values, as lower-case hex. What is blank says nothing."""
    said = {name: value for name, value in values.items() if _says_something(value)}
    single = document_of(next(iter(said.values()))) if len(said) == 1 else None
    if single is not None:
        return single.sha256
    reduced = {name: _reduced(value) for name, value in said.items()}
    return hashlib.sha256(canonical_json(reduced)).hexdigest()


def _reduced(value: Json) -> Any:
    """The value with the SHA-256 in place of each file: the same bytes are the same paper."""
    document = document_of(value)
    if document is not None:
        return {"sha256": document.sha256}
    if isinstance(value, dict):
        return {name: _reduced(each) for name, each in value.items()}
    return [_reduced(each) for each in value] if isinstance(value, list) else value


@dataclass
class _Followed:
    """One paper on its way through the events."""

    makers: frozenset[str]
    paper: Paper
    values: dict[str, Json] = field(default_factory=dict)
    #: Whether its making was opened again after a version was handed in.
    is_reopened: bool = False

    def bring(self, values: Variables, event: HistoryEvent) -> None:
        """What the event brings of the paper is in it; that may be a new version."""
        self.paper = self.with_brought(values, event)
        self.values = self._merged(values)
        if any(name in values for name in self.paper.names):
            self.is_reopened = False

    def with_brought(self, values: Variables, event: HistoryEvent) -> Paper:
        """The paper as it would be with what the event brings."""
        merged, current = self._merged(values), self.paper.current
        is_untouched = not any(name in values for name in self.paper.names)
        if is_untouched or (current is None and not any(map(_says_something, merged.values()))):
            return self.paper
        digest = digest_of(merged)
        if current is not None and current.digest == digest and not self.is_reopened:
            return self.paper
        version = PaperVersion(
            number=len(self.paper.versions) + 1,
            digest=digest,
            sequence=event.sequence,
            at=event.at,
            # What a script computes was made by nobody.
            by=event.actor if event.is_input else None,
            capacity=event.capacity if event.is_input else None,
            activity_id=event.activity_id,
        )
        voided = _voided(self.paper, Voiding.CHANGED, event)
        return replace(voided, versions=(*voided.versions, version))

    def reopen(self, event: HistoryEvent) -> None:
        """Its making is open again: what was given for it until now counts no more."""
        self.is_reopened = self.paper.current is not None
        self.paper = _voided(self.paper, Voiding.RETURNED, event)

    def ask_again(self, activity_id: str, event: HistoryEvent) -> None:
        """A step that initials or signs is open again: what it gave before counts no more."""
        self.paper = _voided(self.paper, Voiding.RETURNED, event, of_step=activity_id)

    def _merged(self, values: Variables) -> dict[str, Json]:
        own = {name: values[name] for name in self.paper.names if name in values}
        return {**self.values, **own}


class PaperTrail:
    """The papers of one instance. Give it the events in order, then ask."""

    def __init__(self, model: ProcessModel) -> None:
        self._model = model
        self._terms = terms_in(model)
        self._followed = {
            names: _Followed(makers_of(model, names), Paper(names, _labels(model, names)))
            for names in sorted({terms.names for terms in self._terms.values()})
        }
        #: Activity instance -> names that are its own, by which it does not reach the process.
        self._own_names: dict[str, frozenset[str]] = {}

    @property
    def papers(self) -> tuple[Paper, ...]:
        """All papers of the process, also those that nobody has made yet."""
        return tuple(each.paper for each in self._followed.values())

    def take(self, event: HistoryEvent) -> None:
        """Follow one event."""
        if not self._followed:
            return
        if event.kind is EventKind.ACTIVITY_ENTERED:
            self._enter(event)
        elif event.kind is EventKind.VARIABLES_SET and "scope" not in event.payload:
            self._bring(event.payload["values"], event)
        elif event.kind in _BRINGING and self._reaches_process(event):
            self._bring(event.payload.get("variables") or {}, event)
        if event.kind is EventKind.TASK_COMPLETED:
            self._endorse(event)

    def take_all(self, events: Iterable[HistoryEvent]) -> PaperTrail:
        """Follow events; the trail itself, for chaining."""
        for event in events:
            self.take(event)
        return self

    def of_step(self, activity_id: str, account: str | None = None) -> PaperOfTask | None:
        """What the step would initial or sign now, and which parafs are missing.

        account: who would do it; whoever made the version needs no paraf. None: nobody yet.
        """
        terms = self._terms.get(activity_id)
        if terms is None:
            return None
        followed = self._followed[terms.names]
        is_own = _is_conceptor(followed.paper, account)
        return PaperOfTask(
            kind=terms.kind,
            paper=followed.paper,
            values=dict(followed.values),
            is_conceptor=is_own,
            required=terms.paraf_from,
            missing=() if is_own else self._missing(terms, followed.paper),
        )

    def fact_of(self, event: HistoryEvent) -> dict[str, Json]:
        """What the completion of a task has to note of a paper, before `take`; nothing for most.

        Raises PaperMissing, ParafMissing.
        """
        terms = self._terms.get(event.activity_id or "")
        if terms is None:
            return {}
        node, values = self._model.nodes[event.activity_id or ""], event.payload["variables"]
        if return_note(node.form, values) is not None:
            return {}
        brought = self._shared(values, event) if self._reaches_process(event) else {}
        paper = self._followed[terms.names].with_brought(brought, event)
        if paper.current is None:
            raise PaperMissing(event.activity_instance_id or "", terms.names)
        fact = {
            "document": list(terms.names),
            "version": paper.current.number,
            "digest": paper.current.digest,
        }
        if terms.kind is EndorsementKind.SIGNATURE:
            fact |= self._signature(terms, paper, node, event)
        elif _is_conceptor(paper, event.actor):
            fact["waived"] = _CONCEPTOR
        return {str(terms.kind): fact}

    def _signature(
        self, terms: PaperTerms, paper: Paper, node: FlowNode, event: HistoryEvent
    ) -> dict[str, Json]:
        """What a signature notes beside its paper. Raises ParafMissing."""
        missing, current = self._missing(terms, paper), paper.versions[-1]
        is_waived = _is_conceptor(paper, event.actor)
        if missing and not is_waived:
            raise ParafMissing(
                event.activity_instance_id or "",
                names=terms.names,
                version=current.number,
                digest=current.digest,
                lanes=missing,
            )
        values = event.payload["variables"]
        others = {name: value for name, value in values.items() if name not in terms.names}
        method = next((f.id for f in node.form or () if f.id.endswith(METHOD)), "")
        return {
            "method": values.get(method),
            "files": sorted({each.sha256 for each in references_in(others)}),
            "parafs": [each.sequence for each in paper.valid_parafs],
            **({"waived": _CONCEPTOR} if missing else {}),
        }

    # ------------------------------------------------------------------- following

    def _enter(self, event: HistoryEvent) -> None:
        activity_id = (event.activity_id or "").removesuffix(_BODY)
        node = self._model.nodes.get(activity_id)
        if node is None:
            return
        if own := event.payload.get("locals"):
            self._own_names[event.activity_instance_id or ""] = frozenset(own)
        # A repeat is opened once, by its body; its instances come one after the other.
        if node.multi_instance is not None and activity_id == event.activity_id:
            return
        for names, followed in self._followed.items():
            terms = self._terms.get(activity_id)
            if activity_id in followed.makers:
                followed.reopen(event)
            elif terms is not None and terms.names == names:
                followed.ask_again(activity_id, event)

    def _reaches_process(self, event: HistoryEvent) -> bool:
        """Whether what the input brings becomes variables of the process itself."""
        node = self._model.nodes.get(event.activity_id or "")
        return node is None or (node.scope == self._model.id and node.multi_instance is None)

    def _bring(self, values: Variables, event: HistoryEvent) -> None:
        for followed in self._followed.values():
            followed.bring(self._shared(values, event), event)

    def _shared(self, values: Variables, event: HistoryEvent) -> dict[str, Json]:
        """The values without those of the activity's own names, which stay with it."""
        own = self._own_names.get(event.activity_instance_id or "", frozenset())
        return {name: value for name, value in values.items() if name not in own}

    def _endorse(self, event: HistoryEvent) -> None:
        terms = self._terms.get(event.activity_id or "")
        fact = event.payload.get(str(terms.kind)) if terms else None
        if terms is None or not isinstance(fact, dict):
            return
        node = self._model.nodes[event.activity_id or ""]
        followed = self._followed[terms.names]
        given = Endorsement(
            kind=terms.kind,
            sequence=event.sequence,
            at=event.at,
            by=event.actor,
            capacity=event.capacity,
            activity_id=node.id,
            activity_name=node.name or node.id,
            lane_path=node.lane_path,
            version=fact["version"],
            digest=fact["digest"],
            is_waived="waived" in fact,
            method=fact.get("method"),
            files=tuple(fact.get("files", ())),
            rests_on=tuple(fact.get("parafs", ())),
        )
        paper = followed.paper
        followed.paper = replace(paper, endorsements=(*paper.endorsements, given))

    def _missing(self, terms: PaperTerms, paper: Paper) -> tuple[str, ...]:
        given = {lane for each in paper.valid_parafs for lane in each.lane_path}
        return tuple(lane for lane in terms.paraf_from if lane not in given)


def endorsement_faults(
    model: ProcessModel,
    events: Sequence[HistoryEvent],
    later: Mapping[str, ProcessModel] = MappingProxyType({}),
) -> list[Fault]:
    """Every paraf and signature of a history that does not follow from what was before it.

    later: definition id -> the model of each version that the instance was migrated to. From
    there on its papers are those that the new version names, in all that had happened before.
    """
    trail, faults = PaperTrail(model), []
    for number, event in enumerate(events):
        if event.kind is EventKind.INSTANCE_MIGRATED and event.payload.get("to") in later:
            trail = PaperTrail(later[event.payload["to"]]).take_all(events[:number])
        if event.kind is EventKind.TASK_COMPLETED:
            found = {name: event.payload[name] for name in _FACTS if name in event.payload}
            expected = _expected(trail, event)
            if found != expected:
                faults.append(_fault(event, expected, found))
        try:
            trail.take(event)
        except (AttributeError, KeyError, TypeError) as error:
            # Somebody changed the event, and the chain says so; what follows it says nothing.
            return [*faults, _fault(event, "an event that can be followed", repr(error))]
    return faults


def _expected(trail: PaperTrail, event: HistoryEvent) -> object:
    try:
        return trail.fact_of(event)
    except (EngineError, AttributeError, KeyError, TypeError) as error:
        return f"none: {error}"


def _fault(event: HistoryEvent, expected: object, found: object) -> Fault:
    return Fault(
        event.instance_id,
        event.sequence,
        "paraf",
        "the paraf or signature is not what follows from the paper's versions and parafs",
        expected=str(expected or "nothing"),
        found=str(found or "nothing"),
    )


def _labels(model: ProcessModel, names: tuple[str, ...]) -> tuple[str, ...]:
    fields = {field.id: field.label for node in model.nodes.values() for field in node.form or ()}
    return tuple(fields.get(name, name) for name in names)


def _is_conceptor(paper: Paper, account: str | None) -> bool:
    current = paper.current
    return account is not None and current is not None and current.by == account


def _says_something(value: Json) -> bool:
    return value is not None and value not in ("", [], {})


def _voided(
    paper: Paper, reason: Voiding, event: HistoryEvent, *, of_step: str | None = None
) -> Paper:
    """The paper whose endorsements count no more; of one step only, when one is named."""
    return replace(
        paper,
        endorsements=tuple(
            replace(each, voided=reason, voided_at=event.at)
            if each.is_valid and of_step in {None, each.activity_id}
            else each
            for each in paper.endorsements
        ),
    )
