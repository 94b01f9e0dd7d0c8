"""`alur tasks`, `alur claim` and `alur complete`: the work of people, from a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from engine.cli.exit_codes import OK
from engine.cli.invocation import Invocation
from engine.cli.listing import page_of, say_rest
from engine.cli.values import handed_in, show_faults, show_form
from engine.cli.words import Commands, add_limit, add_values
from engine.errors import InvalidForm
from engine.model import Actor, ProcessInstance, UserTask
from engine.queries import TaskQuery

_TASK = ("task", "name…", "lane", "assignee", "created", "due", "business key", "instance")


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    listing = commands.add(
        "tasks",
        tasks,
        about="""List the open tasks that the account may see, the newest first.""",
        example="alur tasks --lane Perencana --as perencana",
    )
    listing.add_argument("--lane", help="only tasks that wait for this lane")
    listing.add_argument("--mine", action="store_true", help="only tasks in the account's hands")
    listing.add_argument("--instance", metavar="INSTANCE", help="only tasks of this instance")
    add_limit(listing)
    claiming = commands.add(
        "claim",
        claim,
        about="""Take a task into the account's hands, so that nobody else completes it.""",
        example="alur claim 6f1e0c9a-4c59-5c0e-9b1b-7f4f4ad3b1f2 --as perencana",
    )
    claiming.add_argument("task", metavar="TASK", help="the task's id; see alur tasks")
    completing = commands.add(
        "complete",
        complete,
        about="""Finish a task with what its form asks for; the instance moves on.

        Values are typed and judged by the task's form; --form shows it. When one is missing or
        wrong, the form is shown with what is wrong at each field.""",
        example="alur complete 6f1e0c9a-4c59-5c0e-9b1b-7f4f4ad3b1f2 --as kadis \\\n"
        "    --set langkah_1_sifat=segera",
    )
    completing.add_argument("task", metavar="TASK", help="the task's id; see alur tasks")
    add_values(completing)


def tasks(call: Invocation) -> int:
    """List open tasks."""
    with call.engine() as engine:
        actor = call.actor(engine)
        query = _query(call, actor)
        found = engine.tasks.tasks(query, page_of(call, "created_at"), actor=actor)
        total = engine.tasks.count_tasks(query, actor=actor)
    call.printer.json(found)
    call.printer.table(_TASK, [_row(each) for each in found])
    say_rest(call, len(found), total)
    return OK


def _query(call: Invocation, actor: Actor) -> TaskQuery:
    lane = call.words.lane
    return TaskQuery(
        instance_id=call.words.instance,
        assignee=actor.account if call.words.mine else None,
        candidate_groups=None if lane is None else (lane,),
        include_assigned=True,
    )


def claim(call: Invocation) -> int:
    """Claim a task."""
    with call.engine() as engine:
        task = engine.tasks.claim(call.words.task, actor=call.actor(engine))
    call.printer.json(task)
    call.printer.say(f"task {task.task_id} is in the hands of {task.assignee}: {task.name}")
    return OK


def complete(call: Invocation) -> int:
    """Complete a task."""
    with call.engine() as engine:
        actor = call.actor(engine)
        fields = engine.tasks.form(call.words.task, actor=actor).fields
        if call.words.form:
            show_form(call, fields)
            return OK
        try:
            completed = engine.tasks.complete(call.words.task, handed_in(call, fields), actor=actor)
        except InvalidForm as error:
            show_faults(call, fields, error)
            raise
    call.printer.json(completed)
    call.printer.say(f"completed task {call.words.task}")
    show_opened(call, completed.instance, completed.opened)
    return OK


def show_opened(call: Invocation, instance: ProcessInstance, opened: Sequence[UserTask]) -> None:
    """What waits for whom after a step, for people."""
    if opened:
        call.printer.table(_TASK, [_row(each) for each in opened])
    elif instance.ended_at is not None:
        call.printer.say(f"instance {instance.instance_id} has ended: {instance.state}")


def _row(each: UserTask) -> tuple[object, ...]:
    return (
        each.task_id,
        each.name,
        each.lane,
        each.assignee,
        each.created_at,
        each.due_at,
        each.business_key,
        each.instance_id,
    )
