"""SOPs: the list, one version of one, and deploying a new version."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import DeploymentRejected, InvalidInput
from engine.model import Actor, Finding, ProcessDefinition, Role, RunningCount, Severity
from engine.queries import DefinitionQuery, OverviewQuery, Page, SortOrder
from webhooks.pages import messages
from webhooks.pages.blueprint import blueprint
from webhooks.pages.definition_files import READERS_OF_FILES, definition_of
from webhooks.pages.drawings import shown_definition
from webhooks.pages.listings import latest_definitions
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.pages.migrations import MOVERS
from webhooks.rest.context import current_engine

if TYPE_CHECKING:
    from engine.bpmn.elements import ProcessModel

_NEWEST_FIRST = Page(sorting=(("version", SortOrder.DESC),))
DEPLOYERS = (Role.ANALYST, Role.ADMIN)
_ACTIVITY = re.compile(r"task$|subprocess$|^callactivity$|^transaction$", re.IGNORECASE)
_MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class SopStep:
    """One activity as a row of the SOP's sheet."""

    number: str
    name: str
    lane_path: tuple[str, ...]
    properties: Mapping[str, str]


@blueprint.get("/proses")
def list_processes() -> ResponseReturnValue:
    """The newest version of every SOP that the visitor may see."""
    actor = current_actor()
    found = latest_definitions(actor)
    return render_template(
        "processes.html",
        definitions=[(each, _offices(each)) for each in found],
        running=_running_by_key(actor),
        startable={each.key for each in found if _may_start(each)},
        can_deploy=actor.has(*DEPLOYERS),
    )


@blueprint.get("/proses/<key>")
def show_latest(key: str) -> ResponseReturnValue:
    """The way to the newest version."""
    found = current_engine().definitions.latest_definition(key, actor=current_actor())
    return redirect(url_for("pages.show_process", key=key, reference=found.version), 303)


@blueprint.get("/proses/<key>/<reference>")
def show_process(key: str, reference: str) -> ResponseReturnValue:
    """One version of one SOP: who takes part, and its steps with the words of the sheet."""
    engine, actor = current_engine(), current_actor()
    definition = definition_of(key, reference)
    model = engine.definitions.model(definition.definition_id, actor=actor)
    can_read_file = actor.has(*READERS_OF_FILES)
    versions = engine.definitions.definitions(DefinitionQuery(key=key), _NEWEST_FIRST, actor=actor)
    return render_template(
        "process.html",
        definition=definition,
        model=model,
        steps=_steps(model),
        versions=versions,
        latest=versions[0] if versions else definition,
        running=engine.overviews.running(OverviewQuery(key), actor=actor),
        drawing=shown_definition(definition),
        can_read_file=can_read_file,
        can_start=_may_start(definition),
        to_move=_to_move(versions[1:]) if actor.has(*MOVERS) else {},
        can_simulate=actor.has(*DEPLOYERS),
        warnings=_warnings(definition) if actor.has(*DEPLOYERS) else (),
    )


def _to_move(replaced: Sequence[ProcessDefinition]) -> Mapping[str, int]:
    """Definition id -> instances that still run in it, of versions that were replaced."""
    migrations, actor = current_engine().migrations, current_actor()
    ids = [each.definition_id for each in replaced]
    return {each: migrations.count_running(each, actor=actor) for each in ids}


def _running_by_key(actor: Actor) -> Mapping[str, RunningCount]:
    """Key -> what runs of all its versions."""
    found: dict[str, RunningCount] = {}
    for definition_id, each in (
        current_engine().overviews.running(OverviewQuery(), actor=actor).items()
    ):
        key = definition_id.split(":", 1)[0]
        so_far = found.get(key, RunningCount())
        found[key] = RunningCount(
            so_far.running + each.running, so_far.late + each.late, so_far.failed + each.failed
        )
    return found


def _steps(model: ProcessModel) -> list[SopStep]:
    return [
        SopStep(
            number=node.properties.get("sop:nomor", ""),
            name=node.name or node.id,
            lane_path=node.lane_path,
            properties=node.properties,
        )
        for node in model.nodes.values()
        if _ACTIVITY.search(node.type)
    ]


def _offices(definition: ProcessDefinition) -> str:
    """Whose SOP it is, as its sheet says."""
    model = current_engine().definitions.model(definition.definition_id, actor=current_actor())
    return ", ".join(model.properties.get("sop:satuanKerja", "").splitlines())


def _may_start(definition: ProcessDefinition) -> bool:
    """Whether the button is shown; the engine has the last word when it is pressed."""
    return current_engine().definitions.may_start(definition, actor=current_actor())


# --------------------------------------------------------------------- deploy


@blueprint.get("/proses/unggah")
def show_upload() -> ResponseReturnValue:
    """The form to deploy BPMN files."""
    require_page_role("deploy", *DEPLOYERS)
    return upload_page()


@blueprint.post("/proses/unggah")
def upload() -> ResponseReturnValue:
    """The files are deployed, or every reason why not is shown."""
    require_page_role("deploy", *DEPLOYERS)
    files, name = _uploaded_files(), _upload_name()
    if not files:
        return upload_page(name, fault=gettext(messages.FILE_MISSING)), 400
    try:
        deployed = current_engine().definitions.deploy(
            name or next(iter(files)), files, actor=current_actor(), source="halaman"
        )
    except DeploymentRejected as error:
        return upload_page(name, findings=error.findings), 400
    except InvalidInput:
        return upload_page(name, fault=gettext(messages.FILE_MISSING)), 400
    notice = "dipasang" if deployed.is_new else "sudah-terpasang"
    if not deployed.definitions:
        return redirect(url_for("pages.list_processes", kabar=notice), 303)
    first = deployed.definitions[0]
    return redirect(
        url_for("pages.show_process", key=first.key, reference=first.version, kabar=notice), 303
    )


@blueprint.post("/proses/unggah/periksa")
def check_upload() -> ResponseReturnValue:
    """What deploying would find, and every expression as it would be run; nothing is kept."""
    require_page_role("deploy", *DEPLOYERS)
    files, name = _uploaded_files(), _upload_name()
    definitions = current_engine().definitions
    try:
        findings = definitions.check(files)
        expressions = definitions.translations(files)
    except InvalidInput:
        return upload_page(name, fault=gettext(messages.FILE_MISSING)), 400
    return render_template(
        "upload_checked.html",
        files=list(files),
        findings=_weighed(findings),
        is_refused=any(finding.severity is not Severity.WARNING for finding in findings),
        expressions=expressions,
    )


def _uploaded_files() -> dict[str, bytes]:
    uploads = [each for each in request.files.getlist("berkas") if each.filename]
    return {(each.filename or "")[-_MAX_NAME:]: each.read() for each in uploads}


def _upload_name() -> str:
    return request.form.get("nama", "").strip()[:_MAX_NAME]


def upload_page(
    name: str = "", *, fault: str | None = None, findings: tuple[Finding, ...] = ()
) -> str:
    """The form to deploy, with what is wrong with what was sent."""
    return render_template("upload.html", name=name, fault=fault, findings=_weighed(findings))


def _weighed(findings: tuple[Finding, ...]) -> list[Finding]:
    """What refuses the file comes before what only warns."""
    return sorted(findings, key=lambda finding: finding.severity is Severity.WARNING)


def _warnings(definition: ProcessDefinition) -> tuple[Finding, ...]:
    """What the checks say of the file today."""
    definitions = current_engine().definitions
    content = definitions.xml(definition.definition_id, actor=current_actor())
    return definitions.check({definition.resource_name: content})
