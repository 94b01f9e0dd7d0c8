"""`alur demo`: from nothing to a server with the four SOPs and one account per part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from engine.accounts import Accounts
from engine.cli.deploying import show_deployed
from engine.cli.exit_codes import OK
from engine.cli.files import read_file
from engine.cli.invocation import OPERATOR, Invocation, acting
from engine.cli.migrating import bring_up_to_date
from engine.cli.serving import add_address, serve
from engine.cli.words import Commands
from engine.definitions import Deployed
from engine.errors import InvalidInput, NotFound
from engine.model import Actor, Role
from engine.process_engine import ProcessEngine
from engine.queries import DefinitionQuery, DeploymentQuery
from engine.sources import RandomIds


@dataclass(frozen=True, slots=True)
class _Part:
    """One account of the demo."""

    name: str
    display_name: str
    role: Role
    lane: str | None = None


#: Who takes part in the four SOPs, and who looks after them.
PARTS = (
    _Part("kadis", "Kepala Dinas", Role.STAFF, "Kadis"),
    _Part("sekretaris", "Sekretaris", Role.STAFF, "Sekretaris"),
    _Part("perencana", "Perencana", Role.STAFF, "Perencana"),
    _Part("bidang", "Bidang", Role.STAFF, "Bidang"),
    _Part("analis", "Analis Proses", Role.ANALYST),
    _Part("auditor", "Auditor", Role.AUDITOR),
    _Part("admin", "Administrator", Role.ADMIN),
)
_DEPLOYER = "analis"
_SOURCE = "alur demo"
_PASSWORD_LENGTH = 16


def add_to(commands: Commands) -> None:
    """Declare the command of this module."""
    parser = commands.add(
        "demo",
        demo,
        acts=False,
        about="""Prepare a database with the SOPs of a folder and demo accounts, then serve it.

        Running it again changes nothing that is there: files that are deployed stay, accounts
        keep their passwords. The accounts share one password: ALUR_DEMO_PASSWORD, or a random
        one that is shown once, when they are made. `make run` calls this.""",
        example="alur demo --port 8081",
    )
    add_address(parser)
    parser.add_argument(
        "--processes", default="processes", metavar="FOLDER", help="of .bpmn files to deploy"
    )
    parser.add_argument("--no-serve", action="store_true", help="prepare everything and end")


def demo(call: Invocation) -> int:
    """Prepare and serve."""
    files = sorted(Path(call.words.processes).glob("*.bpmn"))
    if not files:
        raise InvalidInput(
            f"{call.words.processes}: no .bpmn files; run this in Alur's folder, or say --processes"
        )
    bring_up_to_date(call)
    with call.engine() as engine:
        made = _make_accounts(call, engine.accounts)
        deployed = _deploy(call, engine, files)
    call.printer.json({**made, "deployed": deployed})
    if call.words.no_serve:
        return OK
    if not _is_loopback(call.words.host or call.settings.host):
        call.printer.note("demo accounts are for trying out; others can reach this address")
    return serve(call)


def _deploy(call: Invocation, engine: ProcessEngine, files: list[Path]) -> list[Deployed]:
    # One deployment per file, so that a changed SOP is a new version and the others stay.
    actor = acting(engine.accounts.account(_DEPLOYER), engine.clock.now())
    done = []
    for file in files:
        content = {file.name: read_file(str(file))}
        done.append(
            _deployed_before(engine, file.stem, content, actor=actor)
            or engine.definitions.deploy(file.stem, content, actor=actor, source=_SOURCE)
        )
        show_deployed(call, done[-1])
    return done


def _deployed_before(
    engine: ProcessEngine, name: str, content: Mapping[str, bytes], *, actor: Actor
) -> Deployed | None:
    """The deployment that the demo made of these files: an analyst's newer version stays in force.

    Deploying the files once more would be a still newer one.
    """
    definitions = engine.definitions
    for each in definitions.deployments(DeploymentQuery(name=name, source=_SOURCE)):
        kept = definitions.resources(each.deployment_id, actor=actor)
        if {resource.name: resource.content for resource in kept} == content:
            query = DefinitionQuery(deployment_id=each.deployment_id)
            found = definitions.definitions(query, actor=actor)
            return Deployed(each, tuple(found), (), is_new=False)
    return None


def _make_accounts(call: Invocation, accounts: Accounts) -> dict[str, Any]:
    """Make the accounts that are missing; who was made, and their password if it is random."""
    missing = [part for part in PARTS if not _is_there(accounts, part.name)]
    given = call.settings.demo_password
    password = given or RandomIds().new_secret()[:_PASSWORD_LENGTH]
    for part in missing:
        accounts.add(
            part.name,
            display_name=part.display_name,
            password=password,
            roles=[part.role],
            lanes=[part.lane] if part.lane else [],
            actor=OPERATOR,
        )
    if missing:
        names = ", ".join(part.name for part in missing)
        shown = "the one in ALUR_DEMO_PASSWORD" if given else f"{password} (shown this once)"
        call.printer.say(f"made accounts {names}\ntheir password: {shown}")
    if given and len(missing) < len(PARTS):
        call.printer.say("accounts that were there keep their passwords, not ALUR_DEMO_PASSWORD")
    is_random = bool(missing) and not given
    return {"made": [part.name for part in missing], "password": password if is_random else None}


def _is_there(accounts: Accounts, name: str) -> bool:
    try:
        accounts.account(name)
    except NotFound:
        return False
    return True


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
