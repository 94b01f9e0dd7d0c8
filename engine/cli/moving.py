"""`alur move`: running instances to another version of their process."""

from __future__ import annotations

import argparse
from collections import Counter

from engine.cli.exit_codes import OK, REFUSED
from engine.cli.invocation import Invocation
from engine.cli.words import Commands
from engine.errors import Conflict, InstanceEnded, InvalidInput, NotFound
from engine.model import Actor, MigrationCandidate, MigrationPlan, ProcessDefinition
from engine.process_engine import ProcessEngine
from engine.queries import DefinitionQuery


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    moving = commands.add(
        "move",
        move,
        about="""Move running instances to another version of their process.

        An instance stays with the version that it started in, unless it is moved. Steps go on as
        those of the same id; --map says which goes on as another one. Each instance is moved by
        itself, or stays as it is and is named with the reason. The database's own migration is
        another thing: alur migrate.""",
        example="alur move surat --from 1 --dry-run\n"
        "alur move surat --from 1 --to 2 --map menelaah=meneliti \\\n"
        "    --reason 'Perwali baru berlaku' --basis 'SK 188/12/2026'",
    )
    moving.add_argument("key", metavar="KEY", help="of the process; see alur definitions")
    moving.add_argument("--from", dest="source", type=_version, required=True, metavar="VERSION")
    moving.add_argument(
        "--to", dest="target", type=_version, metavar="VERSION", help="the latest when not given"
    )
    moving.add_argument(
        "--map",
        dest="places",
        action="append",
        default=[],
        type=_pair,
        metavar="OLD=NEW",
        help="the element OLD goes on as NEW; repeat it",
    )
    moving.add_argument(
        "--instance", action="append", metavar="ID", help="only this one; repeat it"
    )
    moving.add_argument("--reason", default="", metavar="TEXT", help="why; history keeps it")
    moving.add_argument(
        "--basis", default="", metavar="TEXT", help="the decision it rests on, such as an SK"
    )
    moving.add_argument(
        "--dry-run", action="store_true", help="say what would be moved, and change nothing"
    )


def move(call: Invocation) -> int:
    """Move instances, one after the other; REFUSED when one of them stayed."""
    with call.engine() as engine:
        actor = call.actor(engine)
        plan = _plan(call, engine, actor)
        preview = engine.migrations.preview(
            plan, actor=actor, instance_ids=_instances(call, engine, plan, actor)
        )
        for fault in preview.faults:
            call.printer.say(f"{fault.severity}: {fault.message}")
        if not preview.is_valid:
            raise InvalidInput("the plan is not valid; nothing was moved")
        if not call.words.dry_run:
            _require_stated(call)
        rows = [_moved(call, engine, plan, each, actor) for each in preview.candidates]
    keys = ("instanceId", "result", "why")
    call.printer.json([dict(zip(keys, row, strict=True)) for row in rows])
    call.printer.table(("instance", "result", "why"), rows)
    counts = Counter(result for _, result, _ in rows)
    told = ", ".join(f"{count} {result}" for result, count in sorted(counts.items()))
    call.printer.say(f"version {call.words.source} to {preview.target.version}: {told or 'none'}")
    return REFUSED if counts["stays"] else OK


def _moved(
    call: Invocation,
    engine: ProcessEngine,
    plan: MigrationPlan,
    candidate: MigrationCandidate,
    actor: Actor,
) -> tuple[str, str, str]:
    """(instance, what became of it, why not) of one of them."""
    instance_id = candidate.instance.instance_id
    if not candidate.may_move:
        return instance_id, "stays", "; ".join(fault.message for fault in candidate.faults)
    if call.words.dry_run:
        return instance_id, "would move", ""
    try:
        engine.migrations.migrate(
            instance_id, plan, reason=call.words.reason, basis=call.words.basis, actor=actor
        )
    except (Conflict, InstanceEnded) as error:
        return instance_id, "stays", str(error)
    return instance_id, "moved", ""


def _plan(call: Invocation, engine: ProcessEngine, actor: Actor) -> MigrationPlan:
    source = _definition(engine, call.words.key, call.words.source, actor)
    target = _definition(engine, call.words.key, call.words.target, actor)
    plan = engine.migrations.generate(source.definition_id, target.definition_id, actor=actor)
    places = {**plan.places, **dict(call.words.places)}
    return MigrationPlan(source.definition_id, target.definition_id, tuple(places.items()))


def _definition(
    engine: ProcessEngine, key: str, version: int | None, actor: Actor
) -> ProcessDefinition:
    if version is None:
        return engine.definitions.latest_definition(key, actor=actor)
    found = engine.definitions.definitions(DefinitionQuery(key=key, version=version), actor=actor)
    if not found:
        raise NotFound("process definition", f"{key}, version {version}")
    return found[0]


def _instances(
    call: Invocation, engine: ProcessEngine, plan: MigrationPlan, actor: Actor
) -> list[str]:
    """Those that were named, or all that run in the old version."""
    named: list[str] | None = call.words.instance
    return named or engine.migrations.running(plan.source_definition_id, actor=actor)


def _require_stated(call: Invocation) -> None:
    missing = [f"--{name}" for name in ("reason", "basis") if not getattr(call.words, name).strip()]
    if missing:
        raise InvalidInput(f"moving takes {' and '.join(missing)}; --dry-run only looks")


def _version(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise argparse.ArgumentTypeError(f"expected the number of a version, found {text!r}")
    return int(text)


def _pair(text: str) -> tuple[str, str]:
    old, is_pair, new = text.partition("=")
    if not (old and is_pair and new):
        raise argparse.ArgumentTypeError(f"expected OLD=NEW, found {text!r}")
    return old, new
