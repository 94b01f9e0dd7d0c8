"""One instance (berkas proses) on one page, cancelling it, and its integrity check."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import InvalidInput
from engine.model import InstanceState, ProcessInstance, Role
from engine.sources import RandomIds
from webhooks.downloads import exported
from webhooks.pages import messages
from webhooks.pages.blueprint import blueprint
from webhooks.pages.documents import shown_documents
from webhooks.pages.drawings import shown_instance
from webhooks.pages.incidents import Mending, shown_incidents
from webhooks.pages.instance_places import awaited_in, places_of, relations_of
from webhooks.pages.instance_steps import run_of
from webhooks.pages.logins import current_actor
from webhooks.pages.moves import moves_of
from webhooks.pages.papers import shown_paper
from webhooks.pages.periods import reporting_period
from webhooks.pages.remarks import Draft, remarks_of_instance
from webhooks.pages.values import fields_of, sections
from webhooks.rest.context import current_engine


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


def instance_page_with(
    instance_id: str, *, draft: Draft | None = None, mending: Mending | None = None
) -> str:
    """The page of the instance with a remark, or with mended data, that was refused."""
    return _instance_page(instance_id, draft=draft, mending=mending)


def _instance_page(
    instance_id: str,
    *,
    reason: str = "",
    reason_fault: str | None = None,
    draft: Draft | None = None,
    mending: Mending | None = None,
) -> str:
    engine, actor = current_engine(), current_actor()
    instance = engine.instances.instance(instance_id, actor=actor)
    model = engine.definitions.model(instance.definition_id, actor=actor)
    variables = engine.instances.variables(instance_id, actor=actor)
    frames, faults = engine.history.told(instance_id, actor=actor)
    return render_template(
        "instance.html",
        instance=instance,
        definition=engine.definitions.definition(instance.definition_id, actor=actor),
        sop_number=model.properties.get("sop:nomorSop", "").strip(),
        period=reporting_period(variables, fields_of(model)),
        relations=relations_of(instance),
        drawing=shown_instance(instance),
        moves=moves_of(instance_id),
        places=places_of(instance_id),
        awaited=awaited_in(instance_id, model),
        sections=sections(variables, model),
        run=run_of(instance_id, frames, model),
        broken_at=faults[0].sequence if faults else None,
        incidents=shown_incidents(instance_id, model, variables, refused=mending),
        documents=shown_documents(instance_id, model),
        papers=[shown_paper(each) for each in engine.papers.of_instance(instance_id, actor=actor)],
        remarks=remarks_of_instance(
            instance_id,
            {each.id: each.name or each.id for each in model.nodes.values()},
            key=RandomIds().new_id(),
            draft=draft,
        ),
        can_cancel=_can_cancel(instance),
        reason=reason,
        reason_fault=reason_fault,
    )


def _can_cancel(instance: ProcessInstance) -> bool:
    actor = current_actor()
    is_running = instance.state is InstanceState.ACTIVE
    return is_running and (actor.has(Role.ADMIN) or instance.started_by == actor.account)
