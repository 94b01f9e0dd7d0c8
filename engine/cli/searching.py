"""`alur search` and `alur reindex`: looking for words, and what is made anew from history."""

from __future__ import annotations

from engine.cli.exit_codes import OK
from engine.cli.invocation import Invocation
from engine.cli.progress import Progress
from engine.cli.words import Commands
from engine.search import MOST_RESULTS, Found


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    searching = commands.add(
        "search",
        search,
        about="""Look for instances, open tasks and processes that the account may see.

        Every word must stand somewhere in what is found, or begin a word there: in business keys,
        values, comments, names of documents, names and numbers of SOPs, names of steps. A whole id
        finds its instance or task.""",
        example="alur search LKJ-2026 triwulan --as perencana",
    )
    searching.add_argument("words", metavar="WORD", nargs="+", help="what to look for")
    searching.add_argument(
        "--limit", type=int, default=20, help=f"instances shown: 1 to {MOST_RESULTS}; default: 20"
    )
    reindexing = commands.add(
        "reindex",
        reindex,
        about="""Make anew from history what is kept beside it, of all instances or of some.

        Open and ended tasks, incidents, external tasks, what waits for messages, which event set
        which variable, the index of the search; without INSTANCE substitutions too, from the log
        of accounts. What history does not tell any more is gone then. `alur verify` says when
        this is needed. Without INSTANCE all are compared, and only what is not right is written.
        An instance whose history does not hold stays as it is. Others may work meanwhile; what is
        not indexed yet is not found. `alur migrate` indexes what an older version left.""",
        example="alur reindex\n    alur reindex 0d8cdb52-3a9b-4a55-8f36-0a5ad2f1f9a1",
    )
    reindexing.add_argument("instances", metavar="INSTANCE", nargs="*", help="only these")


def search(call: Invocation) -> int:
    """Show what is found."""
    with call.engine() as engine:
        found = engine.search.find(
            " ".join(call.words.words), actor=call.actor(engine), max_results=call.words.limit
        )
    call.printer.json(found)
    if not (found.instances or found.tasks or found.definitions):
        call.printer.say("nothing found")
    _show(call, found)
    if found.has_more or found.has_more_tasks:
        call.printer.note("more is found than is shown; add a word, or a greater --limit")
    return OK


def _show(call: Invocation, found: Found) -> None:
    if found.instances:
        call.printer.table(
            ("instance", "business key", "process", "state", "where…"),
            [
                (
                    each.instance.instance_id,
                    each.instance.business_key,
                    each.instance.definition_key,
                    each.instance.state,
                    "; ".join(f"{text.name or text.source}: {text.text}" for text in each.matches),
                )
                for each in found.instances
            ],
        )
    if found.tasks:
        call.printer.table(
            ("task", "name…", "business key", "due"),
            [(each.task_id, each.name, each.business_key, each.due_at) for each in found.tasks],
        )
    if found.definitions:
        call.printer.table(
            ("process", "version", "number", "name…", "steps…"),
            [
                (
                    each.definition.key,
                    each.definition.version,
                    each.number,
                    each.definition.name,
                    "; ".join(each.steps),
                )
                for each in found.definitions
            ],
        )


def reindex(call: Invocation) -> int:
    """Make the index anew."""
    wanted = call.words.instances or None
    with call.engine() as engine:
        made = engine.reindexing.rebuild(
            actor=call.actor(engine),
            instance_ids=wanted,
            on_progress=Progress(engine.clock, "instances", deed="compared"),
        )
    call.printer.json({"indexed": made.instances, "renewed": made.renewed})
    told = (
        f"the index has {made.instances} instances"
        if wanted is None
        else f"indexed {made.instances}"
    )
    call.printer.say(f"{told}; rows of {made.renewed} made anew")
    return OK
