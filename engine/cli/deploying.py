"""`alur deploy`, `alur check` and `alur definitions`: diagrams, before and after they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.bpmn.checks import refuses
from engine.cli.drawing import write_layout
from engine.cli.exit_codes import OK, REFUSED
from engine.cli.files import read_file
from engine.cli.invocation import Invocation
from engine.cli.words import Commands
from engine.definitions import Deployed
from engine.errors import DeploymentRejected, InvalidInput
from engine.model import Finding, ProcessDefinition
from engine.process_engine import build_engine
from engine.queries import DefinitionQuery, Page, SortOrder
from engine.sources import RandomIds, SystemClock
from engine.store import Store

_FINDING = ("file", "line", "severity", "rule", "element", "what is wrong…")


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    deploying = commands.add(
        "deploy",
        deploy,
        about="""Keep BPMN files as one deployment and make their processes startable.

        Every executable process gets the next version of its key. The same files again change
        nothing: the deployment that is there answers. A file with a fault is refused whole, and
        every fault is shown. Analysts and admins may deploy.""",
        example="alur deploy processes/balangan.bpmn --as analis",
    )
    deploying.add_argument("files", nargs="+", metavar="FILE", help="a .bpmn file")
    deploying.add_argument("--name", help="of the deployment; the first file's when not given")
    checking = commands.add(
        "check",
        check,
        acts=False,
        about="""Show everything that `deploy` would find wrong in BPMN files; nothing is kept.

        Needs no database. Ends with 1 when a file would be refused; warnings alone end with 0.""",
        example="alur check processes/*.bpmn\n"
        "alur check surat.bpmn --with-layout surat-bergambar.bpmn",
    )
    checking.add_argument("files", nargs="+", metavar="FILE", help="a .bpmn file")
    checking.add_argument(
        "--expressions",
        action="store_true",
        help="also show every expression as written and as it will be run",
    )
    checking.add_argument(
        "--with-layout",
        metavar="OUT.bpmn",
        help="also write a copy of the one FILE with a drawing, as `alur layout` does",
    )
    listing = commands.add(
        "definitions",
        definitions,
        about="""List the process definitions, the latest version of each key.""",
        example="alur definitions --all-versions",
    )
    listing.add_argument("--all-versions", action="store_true", help="older versions too")


def deploy(call: Invocation) -> int:
    """Deploy the files."""
    files = read_diagrams(call.words.files)
    name = call.words.name or Path(call.words.files[0]).stem
    with call.engine() as engine:
        try:
            deployed = engine.definitions.deploy(
                name, files, actor=call.actor(engine), source="alur deploy"
            )
        except DeploymentRejected as error:
            call.printer.error_table(_FINDING, _finding_rows(error.findings))
            raise
    call.printer.json(deployed)
    show_deployed(call, deployed)
    return OK


def show_deployed(call: Invocation, deployed: Deployed) -> None:
    """What a deployment led to, for people."""
    if deployed.warnings:
        call.printer.table(_FINDING, _finding_rows(deployed.warnings))
    what = "deployed as" if deployed.is_new else "the same files were already deployed:"
    for each in deployed.definitions:
        call.printer.say(f"{each.resource_name}: {what} {each.key} version {each.version}")


def check(call: Invocation) -> int:
    """Check the files."""
    files = read_diagrams(call.words.files)
    output = call.words.with_layout
    if output and len(files) > 1:
        raise InvalidInput(f"--with-layout writes a copy of one file; found {len(files)}")
    # No database is connected: the store opens one only when it is asked something.
    engine = build_engine(Store.open("sqlite://"), SystemClock(), RandomIds(), call.settings)
    findings = engine.definitions.check(files)
    is_refused = refuses(findings)
    shown: dict[str, object] = {"isAccepted": not is_refused, "findings": findings}
    if call.words.expressions:
        expressions = engine.definitions.translations(files)
        shown["expressions"] = expressions
        call.printer.table(
            ("file", "line", "element", "where", "as written…", "as it runs…"),
            [
                (e.file_name, e.line, e.element_id, e.where, e.source, e.python or "(refused)")
                for e in expressions
            ],
        )
    call.printer.json(shown)
    if findings:
        call.printer.table(_FINDING, _finding_rows(findings))
    verdict = "would be refused" if is_refused else "can be deployed"
    call.printer.say(f"{', '.join(files)}: {len(findings)} findings, {verdict}")
    if output:
        ((name, content),) = files.items()
        write_layout(name, content, output)
        call.printer.say(f"{name}: with a drawing in {output}")
    return REFUSED if is_refused else OK


def definitions(call: Invocation) -> int:
    """List the definitions."""
    query = DefinitionQuery(is_latest=not call.words.all_versions)
    page = Page(sorting=(("key", SortOrder.ASC), ("version", SortOrder.DESC)))
    with call.engine() as engine:
        found = engine.definitions.definitions(query, page, actor=call.actor(engine))
    call.printer.json(found)
    call.printer.table(
        ("key", "version", "name…", "lanes…", "deployed", "id"), [_row(each) for each in found]
    )
    return OK


def _row(each: ProcessDefinition) -> tuple[object, ...]:
    lanes = ", ".join(each.lanes)
    return each.key, each.version, each.name, lanes, each.deployed_at, each.definition_id


def read_diagrams(paths: Sequence[str]) -> dict[str, bytes]:
    """The files by the names under which they are deployed: their own, without folders."""
    files: dict[str, bytes] = {}
    for path in paths:
        name = Path(path).name
        if name in files:
            raise InvalidInput(f"{path}: another file of this deployment is named {name}, too")
        files[name] = read_file(path)
    return files


def _finding_rows(findings: Sequence[Finding]) -> list[tuple[object, ...]]:
    return [(f.file_name, f.line, f.severity, f.rule, f.element_id, f.message_en) for f in findings]
