"""`alur superiors ...`: which lane stands above which, and when overdue tasks go up."""

from __future__ import annotations

from engine.cli.exit_codes import OK
from engine.cli.invocation import Invocation
from engine.cli.words import Commands
from engine.errors import NotFound
from engine.model import Superior, SuperiorsRevision
from engine.superiors import USUAL


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    group = commands.add_group("superiors", about="Say to whom overdue tasks go up, and when.")
    group.add(
        "list",
        list_superiors,
        about="""List the superior of each lane.

        A task that stays overdue goes up to the lane above its own, then to the next one. A
        diagram may say otherwise for its process or for one step.""",
        example="alur superiors list",
    )
    setting = group.add(
        "set",
        set_superior,
        about="""Put a lane above another one, instead of the one that was there.

        The time counts from the due date, and above the first level from when the level before
        was told: P1D is a working day, PT4H are four working hours.""",
        example="alur superiors set Bidang Sekretaris --after P2D",
    )
    setting.add_argument("lane", metavar="LANE", help="whose overdue tasks go up")
    setting.add_argument("superior", metavar="SUPERIOR", help="to which lane")
    setting.add_argument(
        "--after", default=USUAL, metavar="TERM", help=f"after how long ({USUAL} without it)"
    )
    removing = group.add(
        "remove",
        remove_superior,
        about="""Let no lane be above this one any more.""",
        example="alur superiors remove Bidang",
    )
    removing.add_argument("lane", metavar="LANE", help="whose tasks do not go up any more")


def list_superiors(call: Invocation) -> int:
    """List the order."""
    with call.engine() as engine:
        return _tell(call, engine.superiors.current())


def set_superior(call: Invocation) -> int:
    """Put a lane above another one."""
    words = call.words
    with call.engine() as engine:
        now = engine.superiors.current()
        wanted = {**now.superiors, words.lane: Superior(words.superior, words.after)}
        changed = engine.superiors.change(wanted, seen=now.revision, actor=call.actor(engine))
        return _tell(call, changed)


def remove_superior(call: Invocation) -> int:
    """Take away what is above a lane."""
    lane = call.words.lane
    with call.engine() as engine:
        now = engine.superiors.current()
        if lane not in now.superiors:
            raise NotFound("superior of lane", lane)
        wanted = {name: above for name, above in now.superiors.items() if name != lane}
        changed = engine.superiors.change(wanted, seen=now.revision, actor=call.actor(engine))
        return _tell(call, changed)


def _tell(call: Invocation, order: SuperiorsRevision) -> int:
    call.printer.json(order)
    call.printer.table(
        ("lane", "goes up to", "after"),
        [(lane, above.lane, above.after) for lane, above in sorted(order.superiors.items())],
    )
    return OK
