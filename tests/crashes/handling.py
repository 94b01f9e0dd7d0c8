"""Writes about what waits: whose hands a task is in, drafts, links, external tasks, messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.correlation import Message
from engine.errors import (
    InvalidInput,
    LockedByAnother,
    MessageSettled,
    NotFound,
)
from engine.model import Actor, EventKind, KeptState, Role, Upload
from engine.process_engine import ProcessEngine
from engine.remarks import Place
from tests.crashes.deeds import (
    NAME,
    OTHER,
    TASK,
    Count,
    at_least_once,
    himself,
    hire,
    inputs,
    later,
    none_of,
    rows,
    silent,
    together,
)
from tests.crashes.further_operations import kept, linked, other
from tests.crashes.operations import (
    KADIS,
    ROBOT,
    Subject,
    new_subject,
    started,
    unlocked,
    waiting_for_worker,
)
from tests.crashes.sweep import CLOCK, Operation
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, ANALYST

K = EventKind
#: Another one of the lane.
COLLEAGUE = Actor("kolega", frozenset({Role.STAFF}), frozenset({"Kadis"}))
A_MINUTE, AN_HOUR = 60_000, 3_600_000


# -------------------------------------------------------------------------- tasks


def staffed(engine: ProcessEngine) -> Subject:
    """A task, and somebody of its lane who has an account."""
    return hire(engine, started(engine))


def in_hand(engine: ProcessEngine) -> Subject:
    """A task in the hands of Kadis."""
    subject = staffed(engine)
    engine.tasks.claim(subject.task_id, actor=KADIS)
    return subject


def drafted(engine: ProcessEngine) -> Subject:
    subject = staffed(engine)
    _draft(engine, subject)
    return subject


def drafted_and_done(engine: ProcessEngine) -> Subject:
    subject = drafted(engine)
    engine.instances.cancel(subject.instance_id, reason="Salah berkas", actor=ADMIN)
    return subject


def _draft(engine: ProcessEngine, subject: Subject) -> object:
    texts = {"putusan": "setujui"}
    return dict(engine.task_drafts.save(subject.task_id, texts, actor=himself(subject)).texts)


def _is_held_by(account: str | None) -> Count:
    def count(engine: ProcessEngine, subject: Subject) -> int:
        task = engine.tasks.task(subject.task_id, actor=ADMIN)
        return int(task.assignee == (subject.name if account == NAME else account))

    return count


# -------------------------------------------------------------------------- remarks


def attached(engine: ProcessEngine) -> Subject:
    """`other_id`: the attachment."""
    subject = started(engine)
    added = engine.remarks.attach(
        Place(instance_id=subject.instance_id),
        Upload("bukti.txt", b"bukti", "text/plain"),
        actor=ADMIN,
    )
    return replace(subject, other_id=added.attachment_id)


def _withdraw(engine: ProcessEngine, subject: Subject) -> object:
    place = Place(instance_id=subject.instance_id)
    return engine.remarks.withdraw(place, subject.other_id, actor=ADMIN)


def uploaded(engine: ProcessEngine) -> Subject:
    """A file waits for its form; `other_id`: it."""
    subject = hire(engine, new_subject())
    [kept] = _upload(engine, subject)
    return replace(subject, other_id=kept)


def _upload(engine: ProcessEngine, subject: Subject) -> list[str]:
    files = [Upload("surat.txt", b"isi", "text/plain")]
    found = engine.pending_uploads.keep(files, actor=himself(subject))
    return [each.upload_id for each in found]


# ------------------------------------------------------------------- external tasks


def failed(engine: ProcessEngine) -> Subject:
    """An external task that nobody tries again."""
    subject = waiting_for_worker(engine)
    _fail(engine, subject)
    return subject


def _fail(engine: ProcessEngine, subject: Subject) -> object:
    return engine.external_tasks.fail(subject.other_id, "robot", actor=ROBOT, message="padam")


def _is_locked_by(worker: str | None) -> Count:
    return lambda engine, subject: int(
        engine.external_tasks.task(subject.other_id, actor=ADMIN).worker_id == worker
    )


def _is_locked_for_long(engine: ProcessEngine, subject: Subject) -> int:
    until = engine.external_tasks.task(subject.other_id, actor=ADMIN).lock_expires_at
    return int(until is not None and until > CLOCK.now() + timedelta(minutes=30))


# -------------------------------------------------------------------------- messages


def _keep(engine: ProcessEngine, subject: Subject) -> object:
    letter = Message(
        "SURAT",
        business_key=subject.name,
        variables={"berkas": Upload("surat.txt", subject.name.encode(), "text/plain")},
    )
    found = engine.messages.correlate(
        letter, actor=ROBOT, keep_unmatched=True, idempotency_key=subject.name
    )
    return found.kept and found.kept.kept_id


def never_waited_for(engine: ProcessEngine) -> Subject:
    """`other_id`: a message that matches nothing."""
    subject = new_subject()
    return replace(subject, other_id=str(_keep(engine, subject)))


def _kept_state(state: KeptState) -> Count:
    return lambda engine, subject: int(
        engine.kept_messages.message(subject.other_id, actor=ADMIN).state is state
    )


# --------------------------------------------------------------------- deployments


def deployed(engine: ProcessEngine) -> Subject:
    """`other_id`: a deployment that nobody has used."""
    subject = new_subject()
    key = subject.name.replace("-", "")
    content = process(start(), user("a"), end(), line("s", "a", "e"), key=key)
    files = {"p.bpmn": content.encode()}
    done = engine.definitions.deploy("uji", files, actor=ANALYST)
    return replace(subject, other_id=done.deployment.deployment_id)


OPERATIONS = (
    Operation(
        "task put back",
        in_hand,
        silent(lambda e, s: e.tasks.unclaim(s.task_id, actor=KADIS)),
        inputs(K.TASK_UNCLAIMED),
    ),
    Operation(
        "task handed over",
        in_hand,
        silent(lambda e, s: e.tasks.assign(s.task_id, s.name, actor=ADMIN)),
        together(inputs(K.TASK_ASSIGNED), _is_held_by(NAME)),
    ),
    Operation(
        "task taken over",
        in_hand,
        silent(lambda e, s: e.tasks.take_over(s.task_id, reason="sakit", actor=COLLEAGUE)),
        together(inputs(K.TASK_ASSIGNED), _is_held_by(COLLEAGUE.account)),
    ),
    Operation(
        "task changed",
        started,
        silent(lambda e, s: e.task_changes.change(s.task_id, {"priority": 70}, actor=KADIS)),
        inputs(K.TASK_CHANGED),
    ),
    Operation("draft saved", staffed, _draft, rows("task_draft", task_id=TASK)),
    Operation(
        "draft discarded",
        drafted,
        silent(lambda e, s: e.task_drafts.discard(s.task_id, actor=himself(s))),
        none_of(rows("task_draft", task_id=TASK)),
    ),
    Operation(
        "drafts forgotten",
        drafted_and_done,
        silent(lambda e, _: e.task_drafts.forget_ended()),
        none_of(rows("task_draft", task_id=TASK)),
    ),
    Operation(
        "link made",
        staffed,
        silent(lambda e, s: e.task_links.make(s.task_id, actor=himself(s))),
        at_least_once(rows("task_link", task_id=TASK)),
    ),
    Operation(
        "link sent",
        staffed,
        silent(lambda e, s: e.task_links.make_for(s.task_id, s.name)),
        at_least_once(rows("task_link", task_id=TASK)),
    ),
    Operation(
        "links forgotten",
        later(linked, days=400),
        silent(lambda e, _: e.task_links.forget_old()),
        none_of(rows("task_link", task_id=TASK)),
    ),
    Operation(
        "task error",
        lambda engine: other(engine, "galat"),
        lambda e, s: (
            e.tasks.bpmn_error(s.task_id, "KURANG", actor=ADMIN, idempotency_key=s.name).sequence
        ),
        inputs(K.TASK_ERROR),
    ),
    Operation("attachment withdrawn", attached, silent(_withdraw), inputs(K.ATTACHMENT_WITHDRAWN)),
    Operation(
        "upload kept",
        lambda engine: hire(engine, new_subject()),
        silent(_upload),
        at_least_once(rows("pending_upload", account=NAME)),
    ),
    Operation(
        "upload released",
        uploaded,
        silent(lambda e, s: e.pending_uploads.release([s.other_id], actor=himself(s))),
        none_of(rows("pending_upload", account=NAME)),
    ),
    Operation(
        "uploads forgotten",
        later(uploaded, days=2),
        silent(lambda e, _: e.pending_uploads.forget_old()),
        none_of(rows("pending_upload", account=NAME)),
    ),
    Operation(
        "lock",
        unlocked,
        silent(lambda e, s: e.external_tasks.lock(s.other_id, "robot-3", A_MINUTE, actor=ROBOT)),
        _is_locked_by("robot-3"),
    ),
    Operation(
        "lock extended",
        waiting_for_worker,
        silent(
            lambda e, s: e.external_tasks.extend_lock(s.other_id, "robot", AN_HOUR, actor=ROBOT)
        ),
        _is_locked_for_long,
    ),
    Operation(
        "unlock",
        waiting_for_worker,
        silent(lambda e, s: e.external_tasks.unlock(s.other_id, actor=ROBOT)),
        _is_locked_by(None),
    ),
    Operation(
        "external failure",
        waiting_for_worker,
        silent(_fail, InvalidInput, LockedByAnother),
        inputs(K.SERVICE_FAILED),
    ),
    Operation(
        "external error",
        waiting_for_worker,
        silent(
            lambda e, s: e.external_tasks.bpmn_error(s.other_id, "robot", "KURANG", actor=ROBOT),
            InvalidInput,
            LockedByAnother,
            NotFound,
        ),
        inputs(K.SERVICE_ERROR),
    ),
    Operation(
        "retries set",
        failed,
        silent(lambda e, s: e.external_tasks.set_retries(s.other_id, 3, actor=ADMIN)),
        inputs(K.INCIDENT_RETRIED),
    ),
    Operation(
        "message kept",
        lambda _: new_subject(),
        _keep,
        rows("kept_message", business_key=NAME),
    ),
    Operation(
        "message discarded",
        never_waited_for,
        silent(
            lambda e, s: e.kept_messages.discard(s.other_id, reason="salah", actor=ADMIN),
            MessageSettled,
        ),
        _kept_state(KeptState.DISCARDED),
    ),
    Operation(
        "kept message tried",
        kept,
        silent(lambda e, s: e.kept_messages.try_again(s.other_id, actor=ADMIN), MessageSettled),
        together(inputs(K.MESSAGE_RECEIVED), _kept_state(KeptState.DELIVERED)),
    ),
    Operation(
        "deployment deleted",
        deployed,
        silent(lambda e, s: e.definitions.delete_deployment(s.other_id, actor=ANALYST), NotFound),
        none_of(rows("deployment", deployment_id=OTHER)),
    ),
)
