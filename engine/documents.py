"""Documents of instances: what was handed in, by whom, and the very bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.access_log import AccessLog
from engine.errors import DamagedRow, Forbidden, InvalidInput, NotFound
from engine.model import (
    AccountEventKind,
    Actor,
    Document,
    EventKind,
    HeldDocument,
    HistoryEvent,
    Json,
    Role,
    document_of,
    documents_of,
    references_in,
)
from engine.permissions import (
    require_instance_visible,
    require_task_visible,
    sees_everything,
)
from engine.queries import EventQuery, ExternalTaskQuery
from engine.sources import Clock
from engine.steps import Steps
from engine.store import Store, StoreTransaction
from engine.task_hands import require_open

_ATTACHMENTS = frozenset({EventKind.ATTACHMENT_ADDED, EventKind.ATTACHMENT_WITHDRAWN})


@dataclass(frozen=True, slots=True)
class BroughtDocument:
    """A document with the input that brought it: who, when, at which step."""

    document: Document
    event: HistoryEvent
    #: It was an attachment that somebody withdrew; its bytes are for auditors and admins.
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """A document and its bytes, whose SHA-256 was just compared."""

    document: Document
    content: bytes = field(repr=False)


class Documents:
    """The files that instances hold. Who sees the instance sees its files."""

    def __init__(self, store: Store, steps: Steps, clock: Clock, access: AccessLog) -> None:
        self._store = store
        self._access = access
        self._steps = steps
        self._clock = clock

    def documents(self, instance_id: str, *, actor: Actor) -> list[BroughtDocument]:
        """The documents of one instance in the order in which they came."""
        with self._store.reading() as tx:
            _require_visible(tx, instance_id, actor)
            held = tx.documents(instance_id)
            events = {e.sequence: e for e in tx.events(instance_id)} if held else {}
        gone = _withdrawn(events.values())
        return [
            BroughtDocument(each.document, events[each.sequence], each.document.document_id in gone)
            for each in held
            if each.sequence in events
        ]

    def content(self, instance_id: str, document_id: str, *, actor: Actor) -> DocumentContent:
        """The bytes of one document. Raises NotFound for one that this instance does not hold."""
        self._note(actor, instance=instance_id, document=document_id)
        with self._store.reading() as tx:
            _require_visible(tx, instance_id, actor)
            return readable_content(tx, tx.document(instance_id, document_id), actor)

    def variable(self, instance_id: str, name: str, *, actor: Actor) -> DocumentContent:
        """The file that a process variable holds.

        A worker gets those that its external tasks see, their loops' too, while it holds one.
        Raises NotFound without such a variable, InvalidInput when it holds no file or several.
        """
        self._note(actor, instance=instance_id, variable=name)
        with self._store.reading() as tx:
            if actor.has(Role.WORKER):
                return _of_variable(
                    tx, instance_id, name, self._seen_by_services(tx, instance_id, actor)
                )
            _require_visible(tx, instance_id, actor)
            run = self._steps.look(tx, tx.stored_instance(instance_id))
            return _of_variable(tx, instance_id, name, [run.variables])

    # ----------------------------------------------------------------- of open tasks

    def of_task(self, task_id: str, document_id: str, *, actor: Actor) -> DocumentContent:
        """A document to which a variable of an open task refers, for whoever sees the task."""
        self._note(actor, task=task_id, document=document_id)
        with self._store.reading() as tx:
            instance_id, values = self._seen_by_task(tx, task_id, actor)
            if document_id not in {each.document_id for each in references_in(values)}:
                raise NotFound(f"document of task {task_id}", document_id)
            return _content(tx, tx.document(instance_id, document_id))

    def task_variable(self, task_id: str, name: str, *, actor: Actor) -> DocumentContent:
        """The file in a variable that an open task sees, its loop's included. As `variable`."""
        self._note(actor, task=task_id, variable=name)
        with self._store.reading() as tx:
            instance_id, values = self._seen_by_task(tx, task_id, actor)
            return _of_variable(tx, instance_id, name, [values])

    def _note(self, actor: Actor, **what: Json) -> None:
        self._access.note(actor, AccountEventKind.DOCUMENT_READ, **what)

    def _seen_by_services(
        self, tx: StoreTransaction, instance_id: str, actor: Actor
    ) -> list[dict[str, Json]]:
        """What each external task sees that is locked now. Raises Forbidden without any."""
        query = ExternalTaskQuery(instance_id=instance_id, is_locked=True, at=self._clock.now())
        held = tx.services(query)
        if not held:
            raise Forbidden(
                actor.account,
                f"read variables of process instance {instance_id}",
                "none of its external tasks is locked",
            )
        run = self._steps.look(tx, tx.stored_instance(instance_id))
        return [run.visible_variables(each.external_task_id) for each in held]

    def _seen_by_task(
        self, tx: StoreTransaction, task_id: str, actor: Actor
    ) -> tuple[str, dict[str, Json]]:
        task, stored = tx.stored_task(task_id)
        require_task_visible(actor, task)
        require_open(task)
        return task.instance_id, self._steps.look(tx, stored).visible_variables(task_id)


def readable_content(tx: StoreTransaction, held: HeldDocument, actor: Actor) -> DocumentContent:
    """The bytes, unless they were withdrawn and the actor is neither auditor nor admin."""
    if not sees_everything(actor):
        events = tx.find_events(EventQuery(instance_id=held.instance_id, kinds=_ATTACHMENTS))
        if held.document.document_id in _withdrawn(events):
            deed = f"read document {held.document.document_id}"
            raise Forbidden(actor.account, deed, "it was withdrawn")
    return _content(tx, held)


def _withdrawn(events: Iterable[HistoryEvent]) -> set[str]:
    """Ids of documents whose attachment was withdrawn."""
    brought: dict[str, set[str]] = {}
    gone: set[str] = set()
    for event in events:
        if event.kind is EventKind.ATTACHMENT_ADDED:
            ids = {each.document_id for each in documents_of(event.payload)}
            brought[event.payload["attachment"]] = ids
        elif event.kind is EventKind.ATTACHMENT_WITHDRAWN:
            gone |= brought.get(event.payload["attachment"], set())
    return gone


def _require_visible(tx: StoreTransaction, instance_id: str, actor: Actor) -> None:
    instance = tx.instance(instance_id)
    if not sees_everything(actor):
        require_instance_visible(actor, instance, tx.definition(instance.definition_id))


def _of_variable(
    tx: StoreTransaction, instance_id: str, name: str, seen: Iterable[dict[str, Json]]
) -> DocumentContent:
    """The file under that name in the first of the variables that have the name."""
    values = next((values for values in seen if name in values), None)
    if values is None:
        raise NotFound(f"variable of process instance {instance_id}", name)
    document = document_of(values[name])
    if document is None:
        raise InvalidInput(
            f"variable {name!r} holds no single file", {name: ["expected a variable of type File"]}
        )
    return _content(tx, tx.document(instance_id, document.document_id))


def _content(tx: StoreTransaction, held: HeldDocument) -> DocumentContent:
    content = tx.document_content(held.document.sha256)
    if content is None or hashlib.sha256(content).hexdigest() != held.document.sha256:
        raise DamagedRow(
            f"the bytes of document {held.document.document_id} are not those of SHA-256 "
            f"{held.document.sha256}; verify instance {held.instance_id}"
        )
    return DocumentContent(held.document, content)
