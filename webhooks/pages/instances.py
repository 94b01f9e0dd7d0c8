"""One instance (berkas proses) with its history, and its integrity check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import InvalidInput, NotFound
from engine.model import EventKind, InstanceState, ProcessInstance, Role
from engine.playback.frames import Frame
from engine.queries import ActivityQuery, Page, SortOrder, TaskQuery
from engine.remaining_times import Remaining
from engine.sources import RandomIds
from engine.task_times import Elapsed
from webhooks.downloads import exported
from webhooks.language import Phrases, phrase
from webhooks.pages import messages
from webhooks.pages.blueprint import blueprint
from webhooks.pages.changing import change_form, change_in_words
from webhooks.pages.documents import shown_documents
from webhooks.pages.drawings import shown_instance
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.pages.papers import endorsed_text, shown_paper
from webhooks.pages.people import person
from webhooks.pages.remarks import Draft, remarks_of_instance
from webhooks.pages.values import Fields, Labelled, fields_of, labelled, local_text, sections
from webhooks.rest.context import current_engine

if TYPE_CHECKING:
    from engine.bpmn.elements import ProcessModel

_OLDEST_FIRST = Page(sorting=(("started_at", SortOrder.ASC),))


@dataclass(frozen=True, slots=True)
class Place:
    """One open human step: what waits, for whom, in whose hands."""

    task_id: str
    name: str
    lane_path: tuple[str, ...]
    since: datetime
    assignee: str | None
    item: str
    is_mine_to_see: bool
    #: For who may change its dates, and neither sees nor does it.
    is_mine_to_change: bool
    left: Remaining | None
    passed: Elapsed | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One frame of history as its table row."""

    number: int
    at: datetime
    by: str
    activity: str | None
    deed: str
    values: list[Labelled]
    flows: tuple[str, ...]
    next: tuple[str, ...]
    has_incident: bool
    end: str | None


@blueprint.get("/berkas/<instance_id>")
def show_instance(instance_id: str) -> ResponseReturnValue:
    """Where the instance stands, what it holds, and everything that happened in it."""
    return _instance_page(instance_id)


@blueprint.post("/berkas/<instance_id>/batal")
def cancel_instance(instance_id: str) -> ResponseReturnValue:
    """The instance has ended before its end, with a reason that stays."""
    reason = request.form.get("alasan", "").replace("\r\n", "\n")
    try:
        current_engine().instances.cancel(instance_id, reason=reason, actor=current_actor())
    except InvalidInput:
        return _instance_page(
            instance_id, reason=reason, reason_fault=gettext(messages.REASON_MISSING)
        ), 400
    return redirect(
        url_for("pages.show_instance", instance_id=instance_id, kabar="dibatalkan"), 303
    )


@blueprint.post("/berkas/<instance_id>/gangguan/<incident_id>/ulang")
def retry_incident(instance_id: str, incident_id: str) -> ResponseReturnValue:
    """What failed was tried again."""
    require_page_role("retry an incident", Role.ANALYST, Role.ADMIN)
    open_here = current_engine().instances.incidents(actor=current_actor(), instance_id=instance_id)
    if incident_id not in {each.incident_id for each in open_here}:
        raise NotFound("incident", incident_id)
    current_engine().instances.retry_incident(incident_id, actor=current_actor())
    return redirect(url_for("pages.show_instance", instance_id=instance_id, kabar="diulang"), 303)


@blueprint.get("/berkas/<instance_id>/keutuhan")
def verify_instance(instance_id: str) -> ResponseReturnValue:
    """Whether history is what happened; it is checked anew, and changes nothing."""
    engine, actor = current_engine(), current_actor()
    result = engine.history.verify(instance_id, actor=actor)
    return render_template(
        "verification.html",
        result=result,
        covering=engine.checkpoint_proof.covering(instance_id, actor=actor),
        faults=[(fault, messages.fault_text(fault)) for fault in result.faults],
        instance=engine.instances.instance(instance_id, actor=actor),
    )


@blueprint.get("/berkas/<instance_id>/riwayat.zip")
def download_history(instance_id: str) -> ResponseReturnValue:
    """Its history as a file that can be verified without Alur; for auditors with documents."""
    actor = current_actor()
    return exported([instance_id], actor=actor, with_documents=actor.has(Role.AUDITOR, Role.ADMIN))


def instance_page_with(instance_id: str, draft: Draft) -> str:
    """The page of the instance with a remark that was refused."""
    return _instance_page(instance_id, draft=draft)


def _instance_page(
    instance_id: str,
    *,
    reason: str = "",
    reason_fault: str | None = None,
    draft: Draft | None = None,
) -> str:
    engine, actor = current_engine(), current_actor()
    instance = engine.instances.instance(instance_id, actor=actor)
    model = engine.definitions.model(instance.definition_id, actor=actor)
    fields = fields_of(model)
    return render_template(
        "instance.html",
        instance=instance,
        definition=engine.definitions.definition(instance.definition_id, actor=actor),
        drawing=shown_instance(instance),
        places=_places(instance_id, model),
        awaited=_awaited(instance_id, model),
        sections=sections(engine.instances.variables(instance_id, actor=actor), model),
        steps=[
            _step(frame, model, fields) for frame in engine.history.frames(instance_id, actor=actor)
        ],
        incidents=[
            (incident, node_name(model, incident.activity_id))
            for incident in engine.instances.incidents(actor=actor, instance_id=instance_id)
        ],
        documents=shown_documents(instance_id, model),
        papers=[shown_paper(each) for each in engine.papers.of_instance(instance_id, actor=actor)],
        remarks=remarks_of_instance(
            instance_id,
            {each.id: each.name or each.id for each in model.nodes.values()},
            key=RandomIds().new_id(),
            draft=draft,
        ),
        can_cancel=_can_cancel(instance),
        can_retry=actor.has(Role.ANALYST, Role.ADMIN),
        reason=reason,
        reason_fault=reason_fault,
    )


def _places(instance_id: str, model: ProcessModel) -> list[Place]:
    """Where the instance waits, for everybody who takes part, whoever the task is offered to."""
    engine, actor = current_engine(), current_actor()
    waiting = engine.history.activities(
        ActivityQuery(instance_id=instance_id, activity_type="userTask", is_finished=False),
        _OLDEST_FIRST,
        actor=actor,
    )
    visible = {
        task.task_id: task
        for task in engine.tasks.tasks(TaskQuery(instance_id=instance_id), actor=actor)
    }
    left = engine.remaining_times.of(visible.values(), actor=actor)
    passed = {
        task.task_id: times
        for task, times in engine.task_times.of_instance(instance_id, actor=actor)
    }
    return [
        Place(
            task_id=visit.activity_instance_id,
            name=node_name(model, visit.activity_id),
            lane_path=model.nodes[visit.activity_id].lane_path,
            since=visit.started_at,
            assignee=visit.assignee,
            item=local_text(task.local_variables) if task else "",
            is_mine_to_see=task is not None,
            is_mine_to_change=not task and change_form(visit.activity_instance_id) is not None,
            left=left.get(visit.activity_instance_id),
            passed=passed.get(visit.activity_instance_id),
        )
        for visit in waiting
        for task in [visible.get(visit.activity_instance_id)]
    ]


#: What an instance may wait for beside people.
_AWAITED: Mapping[str, str] = Phrases(
    {
        "receiveTask": phrase("pesan"),
        "intermediateCatchEvent": phrase("kejadian"),
        "eventBasedGateway": phrase("salah satu kejadian"),
        "serviceTask": phrase("layanan"),
        "sendTask": phrase("layanan"),
        "callActivity": phrase("proses lain"),
    }
)


def _awaited(instance_id: str, model: ProcessModel) -> list[tuple[str, str, datetime]]:
    """(what, name of the activity, since when) of all that is waited for beside people."""
    query = ActivityQuery(instance_id=instance_id, is_finished=False)
    visits = current_engine().history.activities(query, _OLDEST_FIRST, actor=current_actor())
    return [
        (_AWAITED[each.activity_type], node_name(model, each.activity_id), each.started_at)
        for each in visits
        if each.activity_type in _AWAITED
    ]


def _can_cancel(instance: ProcessInstance) -> bool:
    actor = current_actor()
    is_running = instance.state is InstanceState.ACTIVE
    return is_running and (actor.has(Role.ADMIN) or instance.started_by == actor.account)


def _step(frame: Frame, model: ProcessModel, fields: Fields) -> Step:
    return Step(
        number=frame.number,
        at=frame.at,
        by=person(frame.actor),
        activity=activity_name(frame, model),
        deed=deed_text(frame),
        values=labelled(_values(frame), fields),
        flows=tuple(
            name for flow in frame.flows if flow in model.flows and (name := model.flows[flow].name)
        ),
        next=people_next(frame, model),
        has_incident=bool(frame.incidents),
        end=_end(frame),
    )


def _values(frame: Frame) -> Mapping[str, object]:
    given: dict[str, object] = dict(frame.payload.get("variables") or {})
    if message := frame.payload.get("message") if frame.kind is EventKind.COMMENT_ADDED else None:
        given[gettext("Komentar")] = message
    if frame.kind is EventKind.ATTACHMENT_ADDED:
        given[gettext("Lampiran")] = frame.payload.get("url") or frame.payload["documents"]
    if frame.kind is EventKind.TASK_CHANGED:
        given |= change_in_words(frame.payload["changes"])
    if reason := frame.payload.get("reason"):
        given[gettext("Alasan")] = reason
    return given


def deed_text(frame: Frame) -> str:
    """What the step was, and to whom a task was given."""
    to = frame.payload.get("to")
    if frame.kind is EventKind.TASK_ASSIGNED and isinstance(to, str):
        return gettext("Tugas diberikan kepada %(who)s", who=person(to))
    return endorsed_text(frame.payload) or messages.DEEDS[frame.kind]


def _end(frame: Frame) -> str | None:
    if not frame.ends_instance or frame.kind is EventKind.INSTANCE_CANCELLED:
        return None
    return gettext("Proses selesai.")


def activity_name(frame: Frame, model: ProcessModel) -> str | None:
    """The element that the step was about; None for one about the whole instance."""
    if frame.kind is EventKind.INSTANCE_STARTED:
        begun = frame.payload.get("startEvent")
        return model.start_event(begun if isinstance(begun, str) else None).name
    return node_name(model, frame.activity_id) if frame.activity_id else None


def people_next(frame: Frame, model: ProcessModel) -> tuple[str, ...]:
    """The human steps that this one led to, each once."""
    names = [
        node_name(model, each)
        for each in frame.entered
        if each in model.nodes and model.nodes[each].type == "userTask"
    ]
    return tuple(dict.fromkeys(names))


def node_name(model: ProcessModel, activity_id: str) -> str:
    """What people call an element; its id when it has no name."""
    node = model.nodes.get(activity_id)
    return (node.name if node else None) or activity_id
