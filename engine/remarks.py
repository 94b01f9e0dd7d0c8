"""Comments and attachments: inputs that move no token, kept in history as all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.capacities import at_or_above_task, remarking
from engine.document_intake import Intake, Received, clean_name, keep_documents
from engine.documents import DocumentContent, readable_content
from engine.errors import Forbidden, InstanceEnded, InvalidInput, NotFound, TaskNotOpen
from engine.history import Input
from engine.json_values import check_variables
from engine.model import (
    Actor,
    Attachment,
    Comment,
    EventKind,
    HistoryEvent,
    Json,
    Role,
    StoredInstance,
    Upload,
    UserTask,
    documents_of,
)
from engine.permissions import (
    has_gone_up_to,
    is_offered,
    require_concerned,
    require_instance_visible,
    require_may_remark,
    require_task_visible,
    sees_everything,
)
from engine.queries import EventQuery
from engine.repeats import Request
from engine.sources import Clock, Ids
from engine.steps import Outcome, Steps, require_running
from engine.store import Store, StoreTransaction
from engine.task_hands import require_open

MAX_MESSAGE = 4000
MAX_TEXT = 255
_ATTACHMENTS = frozenset({EventKind.ATTACHMENT_ADDED, EventKind.ATTACHMENT_WITHDRAWN})
_COMMENTS = frozenset({EventKind.COMMENT_ADDED})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a remark stands: at an instance, or at one of its tasks."""

    instance_id: str | None = None
    task_id: str | None = None


class Remarks:
    """What people put beside the work. Who does the work may; auditors read."""

    def __init__(
        self, store: Store, steps: Steps, *, clock: Clock, ids: Ids, intake: Intake
    ) -> None:
        self._store = store
        self._steps = steps
        self._clock = clock
        self._ids = ids
        self._intake = intake

    def may_add(self, place: Place, *, actor: Actor) -> bool:
        """Whether the actor may comment and attach there, as things stand."""
        with self._store.reading() as tx:
            try:
                _require_may_add(tx, *_place(tx, place), actor)
            except (Forbidden, TaskNotOpen, InstanceEnded):
                return False
        return True

    # -------------------------------------------------------------------- comments

    def comment(
        self, place: Place, message: str, *, actor: Actor, idempotency_key: str | None = None
    ) -> Comment:
        """A new comment; the same again under the key is that one.

        Raises Forbidden, InvalidInput, TaskNotOpen, InstanceEnded, IdempotencyKeyReused.
        """
        text = _text("message", message, MAX_MESSAGE)
        if text is None:
            raise _wrong("message", f"expected 1 to {MAX_MESSAGE} characters, found none")
        payload = {"comment": self._ids.new_id(), "message": text}
        request = _request("comment", place, actor, idempotency_key, text)
        with self._store.writing() as tx:
            event, is_repeat = self._note(
                tx, place, EventKind.COMMENT_ADDED, payload, request=request
            )
        return replace(_comment(event), is_repeat=is_repeat)

    def comments(self, place: Place, *, actor: Actor) -> list[Comment]:
        """The comments of an instance and all its tasks, or of one task, in their order."""
        return [_comment(event) for event in self._events(place, _COMMENTS, actor)]

    # ----------------------------------------------------------------- attachments

    def attach(
        self,
        place: Place,
        content: Upload | str,
        *,
        actor: Actor,
        name: str | None = None,
        description: str | None = None,
        kind: str | None = None,
        idempotency_key: str | None = None,
    ) -> Attachment:
        """A new attachment: a file, or an address that begins with http:// or https://.

        The same again under the key is that one. Raises Forbidden, InvalidInput, TaskNotOpen,
        InstanceEnded, IdempotencyKeyReused.
        """
        url = _address(content) if isinstance(content, str) else None
        brought = {} if isinstance(content, str) else {"content": content}
        received = self._intake.receive(brought)
        own_name = content.name if isinstance(content, Upload) else content
        payload: dict[str, Json] = {
            "attachment": self._ids.new_id(),
            "name": _text("attachment-name", name, MAX_TEXT) or clean_name(own_name),
            "description": _text("attachment-description", description, MAX_MESSAGE),
            "type": _text("attachment-type", kind, MAX_TEXT),
            "url": url,
            **received.payload,
        }
        alike = {**payload, "attachment": None, "documents": None, **received.likeness}
        request = _request("attach", place, actor, idempotency_key, alike)
        with self._store.writing() as tx:
            event, is_repeat = self._note(
                tx,
                place,
                EventKind.ATTACHMENT_ADDED,
                payload,
                request=request,
                received=received,
            )
        return replace(_attachment(event), is_repeat=is_repeat)

    def attachments(self, place: Place, *, actor: Actor) -> list[Attachment]:
        """The attachments of an instance and all its tasks, or of one task; withdrawn ones too."""
        return _attachments(self._events(place, _ATTACHMENTS, actor))

    def attachment(self, place: Place, attachment_id: str, *, actor: Actor) -> Attachment:
        """One attachment of the place. Raises NotFound."""
        return _one(self.attachments(place, actor=actor), attachment_id)

    def content(self, place: Place, attachment_id: str, *, actor: Actor) -> DocumentContent:
        """The bytes of an attachment. Raises NotFound for an address; Forbidden once withdrawn."""
        found = self.attachment(place, attachment_id, actor=actor)
        if found.document is None:
            raise NotFound("content of attachment", attachment_id)
        with self._store.reading() as tx:
            held = tx.document(found.instance_id, found.document.document_id)
            return readable_content(tx, held, actor)

    def withdraw(self, place: Place, attachment_id: str, *, actor: Actor) -> Attachment:
        """Mark an attachment as withdrawn; history keeps it. Who attached it and admins may.

        Again changes nothing. Raises NotFound, Forbidden, InstanceEnded.
        """
        found = self.attachment(place, attachment_id, actor=actor)
        if found.by != actor.account and not actor.has(Role.ADMIN):
            raise Forbidden(
                actor.account, f"withdraw attachment {attachment_id}", f"it is of {found.by}"
            )
        given = Input(
            EventKind.ATTACHMENT_WITHDRAWN,
            actor,
            {"attachment": attachment_id},
            found.activity_id,
            found.task_id,
        )
        with self._store.writing() as tx:
            stored = tx.stored_instance(found.instance_id, for_step=True)
            query = EventQuery(instance_id=found.instance_id, kinds=_ATTACHMENTS)
            current = _one(_attachments(tx.find_events(query)), attachment_id)
            if current.withdrawn_at is not None:
                return current
            now = self._clock.now()
            self._steps.note(tx, stored, given, now=now)
        return replace(found, withdrawn_by=actor.account, withdrawn_at=now)

    # ------------------------------------------------------------------------ both

    def _note(
        self,
        tx: StoreTransaction,
        place: Place,
        kind: EventKind,
        payload: Mapping[str, Json],
        *,
        request: Request,
        received: Received | None = None,
    ) -> tuple[HistoryEvent, bool]:
        """The event of the remark, and whether it is that of the same request before."""
        stored, task = _place(tx, place, for_step=True)
        done = request.recall(tx)
        if done is not None:
            return tx.events(done.instance_id, done.sequence - 1, limit=1)[0], True
        now = self._clock.now()
        acting = _adding(tx, stored, task, request.actor, now)
        if received is not None:
            keep_documents(tx, received, instance_id=stored.instance.instance_id)
        activity_id, task_id = (task.activity_id, task.task_id) if task else (None, None)
        given = Input(kind, acting, payload, activity_id, task_id)
        noted = self._steps.note(tx, stored, given, now=now)
        request.remember(tx, Outcome(noted.instance, noted.events[0], (), {}), now)
        return noted.events[0], False

    def _events(
        self, place: Place, kinds: frozenset[EventKind], actor: Actor
    ) -> list[HistoryEvent]:
        with self._store.reading() as tx:
            stored, task = _place(tx, place)
            if task is not None:
                require_task_visible(actor, task)
            else:
                definition = tx.definition(stored.instance.definition_id)
                require_instance_visible(actor, stored.instance, definition)
            query = EventQuery(
                instance_id=stored.instance.instance_id,
                kinds=kinds,
                activity_instance_id=task.task_id if task else None,
            )
            return tx.find_events(query)


def _place(
    tx: StoreTransaction, place: Place, *, for_step: bool = False
) -> tuple[StoredInstance, UserTask | None]:
    if place.task_id is not None:
        task, stored = tx.stored_task(place.task_id, for_step=for_step)
        return stored, task
    return tx.stored_instance(place.instance_id or "", for_step=for_step), None


def _request(deed: str, place: Place, actor: Actor, key: str | None, said: Json) -> Request:
    return Request(actor, key, (deed, place.instance_id, place.task_id, said))


def _require_may_add(
    tx: StoreTransaction, stored: StoredInstance, task: UserTask | None, actor: Actor
) -> None:
    require_running(stored.instance)
    if task is not None:
        require_open(task)
        _require_at_work(actor, task)
    else:
        definition = tx.definition(stored.instance.definition_id)
        require_may_remark(actor, stored.instance, definition)


def _require_at_work(actor: Actor, task: UserTask) -> None:
    require_task_visible(actor, task)
    if actor.has(Role.ADMIN):
        return
    is_concerned = is_offered(actor, task) or has_gone_up_to(actor, task)
    if sees_everything(actor) and not is_concerned:
        raise Forbidden(
            actor.account, f"remark on task {task.task_id}", "auditors read and change nothing"
        )
    require_concerned(actor, task, "remark on")


def _adding(
    tx: StoreTransaction,
    stored: StoredInstance,
    task: UserTask | None,
    actor: Actor,
    now: datetime,
) -> Actor:
    """The actor in the capacity in which he remarks. Raises as `_require_may_add` does."""
    if task is None:
        require_running(stored.instance)
        definition = tx.definition(stored.instance.definition_id)
        return remarking(tx, actor, stored.instance, definition, now=now)
    _require_may_add(tx, stored, task, actor)
    if actor.has(Role.ADMIN) and not is_offered(actor.by_itself(), task):
        return actor.by_itself()
    return at_or_above_task(tx, actor, task, "remark on", now=now)


def _comment(event: HistoryEvent) -> Comment:
    return Comment(
        comment_id=event.payload["comment"],
        instance_id=event.instance_id,
        task_id=event.activity_instance_id,
        activity_id=event.activity_id,
        message=event.payload["message"],
        by=event.actor,
        at=event.at,
    )


def _attachments(events: Sequence[HistoryEvent]) -> list[Attachment]:
    """What was added, with the marks of what was withdrawn since."""
    found: dict[str, Attachment] = {}
    for event in events:
        if event.kind is EventKind.ATTACHMENT_ADDED:
            added = _attachment(event)
            found[added.attachment_id] = added
        elif event.payload["attachment"] in found:
            name = event.payload["attachment"]
            found[name] = replace(found[name], withdrawn_by=event.actor, withdrawn_at=event.at)
    return list(found.values())


def _attachment(event: HistoryEvent) -> Attachment:
    payload = event.payload
    return Attachment(
        attachment_id=payload["attachment"],
        instance_id=event.instance_id,
        task_id=event.activity_instance_id,
        activity_id=event.activity_id,
        name=payload["name"],
        description=payload["description"],
        type=payload["type"],
        url=payload["url"],
        document=next(iter(documents_of(payload)), None),
        by=event.actor,
        at=event.at,
    )


def _one(attachments: Sequence[Attachment], attachment_id: str) -> Attachment:
    found = next((each for each in attachments if each.attachment_id == attachment_id), None)
    if found is None:
        raise NotFound("attachment", attachment_id)
    return found


def _text(name: str, text: str | None, most: int) -> str | None:
    """The text without blanks around it; None when nothing is left."""
    stripped = (text or "").strip()
    check_variables({name: stripped})
    if len(stripped) > most:
        raise _wrong(name, f"expected at most {most} characters, found {len(stripped)}")
    return stripped or None


def _address(url: str) -> str:
    """The address. One of another scheme could run something in a browser."""
    found = _text("url", url, MAX_MESSAGE) or ""
    if not found.startswith(("http://", "https://")) or not found.isprintable():
        raise _wrong("url", "expected an address that begins with http:// or https://")
    return found


def _wrong(name: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{name}: {reason}", {name: [reason]})
