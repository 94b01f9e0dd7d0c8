"""`alur start` and `alur instances`."""

from __future__ import annotations

from engine.cli.exit_codes import OK
from engine.cli.invocation import Invocation
from engine.cli.listing import page_of, say_rest
from engine.cli.tasks import show_opened
from engine.cli.values import handed_in, show_faults, show_form
from engine.cli.words import Commands, add_limit, add_values
from engine.errors import InvalidForm
from engine.model import InstanceState, ProcessInstance
from engine.queries import InstanceQuery

_STATES = {
    "active": frozenset({InstanceState.ACTIVE}),
    "completed": frozenset({InstanceState.COMPLETED}),
    "cancelled": frozenset({InstanceState.CANCELLED}),
    "all": None,
}


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    starting = commands.add(
        "start",
        start,
        about="""Start an instance of a process, in its latest version.

        Values are typed and judged by the start form; --form shows it. The tasks that come up
        first are shown with their ids.""",
        example="alur start pdk_balangan --as sekretaris --business-key LKJ-2026 \\\n"
        "    --set periode_tahun=2026 --set daftar_bidang=SMP --set daftar_bidang=PAUD",
    )
    starting.add_argument("key", metavar="KEY", help="of the process; see alur definitions")
    starting.add_argument("--business-key", metavar="TEXT", help="your own number of the case")
    add_values(starting)
    listing = commands.add(
        "instances",
        instances,
        about="""List process instances, the newest first.""",
        example="alur instances --state active --key pdk_balangan",
    )
    listing.add_argument("--key", help="only of this process")
    listing.add_argument("--state", choices=list(_STATES), default="all", help="default: all")
    listing.add_argument("--business-key", metavar="TEXT", help="only of this business key")
    add_limit(listing)


def start(call: Invocation) -> int:
    """Start an instance."""
    with call.engine() as engine:
        actor = call.actor(engine)
        definition = engine.definitions.latest_definition(call.words.key, actor=actor)
        fields = engine.definitions.start_form(definition.definition_id, actor=actor)
        if call.words.form:
            show_form(call, fields)
            return OK
        try:
            started = engine.instances.start(
                definition,
                handed_in(call, fields),
                actor=actor,
                business_key=call.words.business_key,
            )
        except InvalidForm as error:
            show_faults(call, fields, error)
            raise
    call.printer.json(started)
    instance = started.instance
    call.printer.say(f"started instance {instance.instance_id} of {instance.definition_id}")
    show_opened(call, instance, started.opened)
    return OK


def instances(call: Invocation) -> int:
    """List instances."""
    query = InstanceQuery(
        definition_key=call.words.key,
        business_key=call.words.business_key,
        states=_STATES[call.words.state],
    )
    with call.engine() as engine:
        actor = call.actor(engine)
        found = engine.instances.instances(query, page_of(call, "started_at"), actor=actor)
        total = engine.instances.count_instances(query, actor=actor)
    call.printer.json(found)
    call.printer.table(
        ("instance", "process", "business key", "state", "started", "by", "ended", "next due"),
        [_row(each) for each in found],
    )
    say_rest(call, len(found), total)
    return OK


def _row(each: ProcessInstance) -> tuple[object, ...]:
    return (
        each.instance_id,
        each.definition_key,
        each.business_key,
        each.state,
        each.started_at,
        each.started_by,
        each.ended_at,
        each.next_due_at,
    )
