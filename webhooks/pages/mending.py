"""What is done about an incident: trying again what failed, and mending the data that it reads."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import InstanceEnded, InvalidInput, NotFound
from engine.model import Incident
from webhooks.pages.blueprint import blueprint
from webhooks.pages.fields import typed_texts
from webhooks.pages.incidents import MENDING, RETRYING, Mending, form_of, mended_values
from webhooks.pages.instances import instance_page_with
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.rest.context import current_engine


@blueprint.post("/berkas/<instance_id>/gangguan/<incident_id>/ulang")
def retry_incident(instance_id: str, incident_id: str) -> ResponseReturnValue:
    """What failed was tried again, and the page says with what success."""
    require_page_role("retry an incident", *RETRYING)
    return _retry(instance_id, _open_incident(instance_id, incident_id))


@blueprint.post("/berkas/<instance_id>/gangguan/<incident_id>/perbaiki")
def mend_incident(instance_id: str, incident_id: str) -> ResponseReturnValue:
    """The data that the failed step reads were changed, and it was tried again."""
    require_page_role("change process variables", *MENDING)
    incident = _open_incident(instance_id, incident_id)
    if incident is None:
        return _retry(instance_id, None)
    engine, actor = current_engine(), current_actor()
    model = engine.definitions.model(incident.definition_id, actor=actor)
    before = engine.instances.variables(instance_id, actor=actor)
    form = form_of(incident, model, before)
    texts = typed_texts(form, request.form)
    try:
        changed = mended_values(form, texts, model, before)
    except InvalidInput as error:
        refused = Mending(incident_id, texts, error.fields)
        return instance_page_with(instance_id, mending=refused), 400
    engine.instances.change_variables(instance_id, changed, actor=actor)
    return _retry(instance_id, incident)


def _open_incident(instance_id: str, incident_id: str) -> Incident | None:
    """None: somebody dealt with it, or this form was sent before."""
    found = current_engine().instances.incidents(actor=current_actor(), instance_id=instance_id)
    return next((each for each in found if each.incident_id == incident_id), None)


def _retry(instance_id: str, incident: Incident | None) -> ResponseReturnValue:
    notice = "gangguan-sudah" if incident is None else _result(incident)
    return redirect(url_for("pages.show_instance", instance_id=instance_id, kabar=notice), 303)


def _result(incident: Incident) -> str:
    """The notice of what came of trying it again."""
    instances, actor = current_engine().instances, current_actor()
    try:
        instances.retry_incident(incident.incident_id, actor=actor)
    except (NotFound, InstanceEnded):
        # Somebody was faster.
        return "gangguan-sudah"
    again = instances.incidents(actor=actor, instance_id=incident.instance_id)
    has_failed = incident.activity_id in {each.activity_id for each in again}
    return "diulang-gagal" if has_failed else "diulang"
