"""Moving running instances of an SOP to another version: the plan, who can go, and the moving."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.bpmn.elements import FlowNode, ProcessModel
from engine.errors import Conflict, InstanceEnded, InvalidInput, MigrationRefused
from engine.model import (
    MigrationCandidate,
    MigrationFault,
    MigrationPlan,
    MigrationPreview,
    ProcessDefinition,
    Role,
)
from engine.queries import DefinitionQuery, Page, SortOrder
from engine.sources import RandomIds
from webhooks.pages.blueprint import blueprint
from webhooks.pages.definition_files import definition_of
from webhooks.pages.drawings import Shown, shown_definition
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.pages.migration_words import fault_text
from webhooks.rest.context import current_engine

MOVERS = (Role.ANALYST, Role.ADMIN)
#: Instances on one page, and seconds after which a request moves no further one.
_MOST = 100
_SECONDS = 1.5
#: Where a token may stay, so that a counterpart may be chosen.
_STAYING = ("Task", "task", "callActivity", "subProcess", "CatchEvent", "boundaryEvent")
_NEWEST_FIRST = Page(sorting=(("version", SortOrder.DESC),))


@dataclass(frozen=True, slots=True)
class Choice:
    """An element of the old version without a counterpart, and what may be chosen for it."""

    node: FlowNode
    targets: tuple[FlowNode, ...]
    chosen: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """An instance of the list: where it stands, and why it stays."""

    candidate: MigrationCandidate
    places: tuple[str, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one instance; `why` says why it stayed."""

    instance_id: str
    business_key: str | None
    why: str | None


@blueprint.get("/proses/<key>/<reference>/pindahkan")
def show_migration(key: str, reference: str) -> ResponseReturnValue:
    """The plan to another version, and for each running instance whether it can go."""
    require_page_role("migrate process instances", *MOVERS)
    return _page(definition_of(key, reference))


@blueprint.post("/proses/<key>/<reference>/pindahkan")
def move_instances(key: str, reference: str) -> ResponseReturnValue:
    """The chosen instances are moved, as many as go into one request; the rest is asked again."""
    require_page_role("migrate process instances", *MOVERS)
    source = definition_of(key, reference)
    chosen = [each for each in dict.fromkeys(request.form.getlist("berkas")) if each][:_MOST]
    stated = {name: request.form.get(name, "").strip() for name in ("alasan", "dasar")}
    faults = {name: _RULES[name]() for name, text in stated.items() if not text}
    if not chosen:
        faults["berkas"] = gettext("Pilih paling sedikit satu berkas.")
    if faults or len(stated["dasar"]) > 500 or len(stated["alasan"]) > 4000:
        return _page(source, faults=faults or {"dasar": _RULES["dasar"]()}), 400
    results: list[Result] = []
    until = monotonic() + _SECONDS
    plan = _plan(source, _target(source))
    while chosen and (monotonic() < until or not results):
        results.append(_moved(chosen.pop(0), plan, stated))
    return _page(source, results=results, left=chosen)


_RULES = {
    "alasan": lambda: gettext("Tuliskan alasan pemindahan, paling banyak 4.000 karakter."),
    "dasar": lambda: gettext("Tuliskan nomor SK atau dasar lain, paling banyak 500 karakter."),
}


def _moved(instance_id: str, plan: MigrationPlan, stated: Mapping[str, str]) -> Result:
    """One instance, moved or left as it is."""
    engine, actor = current_engine(), current_actor()
    key = f"pindah/{request.form.get('kunci_kirim', '')[:100]}/{instance_id}"
    try:
        moved = engine.migrations.migrate(
            instance_id,
            plan,
            reason=stated["alasan"],
            basis=stated["dasar"],
            actor=actor,
            idempotency_key=key,
        )
    except (MigrationRefused, InstanceEnded):
        preview = engine.migrations.preview(plan, actor=actor, instance_ids=[instance_id])
        (candidate,) = preview.candidates
        faults = [fault_text(each, *_models(plan)) for each in candidate.faults]
        return Result(
            instance_id,
            candidate.instance.business_key,
            " ".join(faults) or gettext("Berkas ini sudah berubah sejak pratinjau; coba lagi."),
        )
    except Conflict:
        told = gettext("Orang lain sedang mengerjakan berkas ini; coba lagi.")
        return Result(instance_id, None, told)
    return Result(instance_id, moved.business_key, None)


# ------------------------------------------------------------------------ the page


def _page(
    source: ProcessDefinition,
    *,
    faults: Mapping[str, str] | None = None,
    results: Sequence[Result] = (),
    left: Sequence[str] = (),
) -> str:
    target = _target(source)
    versions = _others(source)
    if target is None:
        return render_template("migration.html", source=source, target=None, versions=versions)
    plan = _plan(source, target)
    preview = current_engine().migrations.preview(
        plan, actor=current_actor(), page=Page(max_results=_MOST)
    )
    old, new = _models(plan)
    rows = [_row(each, old, new) for each in preview.candidates]
    return render_template(
        "migration.html",
        source=source,
        target=target,
        versions=versions,
        preview=preview,
        rows=rows,
        movable=sum(row.candidate.may_move and preview.is_valid for row in rows),
        choices=list(_choices(plan, old, new)),
        pairs=_chosen_pairs(),
        told=[(each, fault_text(each, old, new)) for each in _notable(preview, rows)],
        drawings=_drawings(source, target),
        can_see=current_actor().has(Role.ADMIN, Role.AUDITOR),
        faults=faults or {},
        texts=request.form,
        results=results,
        left=left,
        key=request.form.get("kunci_kirim") or RandomIds().new_id(),
    )


def _drawings(source: ProcessDefinition, target: ProcessDefinition) -> tuple[Shown, Shown]:
    return shown_definition(source, key="lama"), shown_definition(target, key="baru")


def _row(candidate: MigrationCandidate, old: ProcessModel, new: ProcessModel) -> Row:
    return Row(
        candidate,
        tuple(_name(old, each) for each in candidate.stands_at),
        tuple(fault_text(each, old, new) for each in candidate.faults),
    )


def _notable(preview: MigrationPreview, rows: Sequence[Row]) -> list[MigrationFault]:
    """What refuses the plan, and what changes for people where instances stand."""
    places = {place for row in rows for place in row.candidate.stands_at}
    return [each for each in preview.faults if each.refuses or each.source in places]


def _choices(plan: MigrationPlan, old: ProcessModel, new: ProcessModel) -> Iterator[Choice]:
    """The elements for which somebody has to say how they go on."""
    chosen = dict(_chosen_pairs())
    generated = {source for source, _ in plan.instructions} - set(chosen)
    for node in old.nodes.values():
        if node.id in generated or not node.type.endswith(_STAYING):
            continue
        targets = tuple(
            each
            for each in new.nodes.values()
            if each.type == node.type and each.id not in generated
        )
        yield Choice(node, targets, chosen.get(node.id))


def _name(model: ProcessModel, node_id: str) -> str:
    node = model.nodes.get(node_id)
    return (node.name if node else None) or node_id


# ------------------------------------------------------------------------- the plan


def _others(source: ProcessDefinition) -> list[ProcessDefinition]:
    """The other versions of the SOP, the newest first."""
    found = current_engine().definitions.definitions(
        DefinitionQuery(key=source.key), _NEWEST_FIRST, actor=current_actor()
    )
    return [each for each in found if each.version != source.version]


def _target(source: ProcessDefinition) -> ProcessDefinition | None:
    """The version that was chosen, else the newest other one; None when there is no other."""
    wanted = request.values.get("ke", "")
    others = _others(source)
    if not wanted:
        return others[0] if others else None
    target = definition_of(source.key, wanted)
    if target.version == source.version:
        raise InvalidInput("the target is the version itself", {"ke": ["expected another version"]})
    return target


def _plan(source: ProcessDefinition, target: ProcessDefinition | None) -> MigrationPlan:
    """The generated plan, with what was chosen by hand."""
    if target is None:
        raise InvalidInput("there is no other version", {"ke": ["expected another version"]})
    plan = current_engine().migrations.generate(
        source.definition_id, target.definition_id, actor=current_actor()
    )
    places = {**plan.places, **dict(_chosen_pairs())}
    return MigrationPlan(source.definition_id, target.definition_id, tuple(places.items()))


def _chosen_pairs() -> list[tuple[str, str]]:
    columns = [request.values.getlist(name) for name in ("dari", "menjadi")]
    return [(old, new) for old, new in zip(*columns, strict=False) if old and new]


def _models(plan: MigrationPlan) -> tuple[ProcessModel, ProcessModel]:
    definitions, actor = current_engine().definitions, current_actor()
    return (
        definitions.model(plan.source_definition_id, actor=actor),
        definitions.model(plan.target_definition_id, actor=actor),
    )
