"""`alur kept`: messages that matched nothing, or too much, when they came."""

from __future__ import annotations

from engine.cli.exit_codes import OK
from engine.cli.invocation import Invocation
from engine.cli.listing import page_of, say_rest
from engine.cli.words import Commands, add_limit
from engine.model import KeptMessage, KeptState
from engine.queries import KeptMessageQuery

_STATES = {**{str(state): state for state in KeptState}, "all": None}


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    group = commands.add_group("kept", about="messages that matched nothing when they came")
    listing = group.add(
        "list",
        kept,
        about="""List kept messages, the newest first.""",
        example="alur kept list --state all",
    )
    listing.add_argument("--state", choices=list(_STATES), default="waiting")
    listing.add_argument("--name", help="only of this name")
    add_limit(listing)
    trying = group.add(
        "deliver",
        deliver,
        about="""Try again to deliver a kept message to the one that waits for it now.

        The worker does so too, whenever something new waits for that name.""",
        example="alur kept deliver 6f1e0c9a-4c59-4c0e-9b1b-7f4f4ad3b1f2",
    )
    trying.add_argument("id", metavar="ID", help="of the kept message; see alur kept list")
    discarding = group.add(
        "discard",
        discard,
        about="""Never deliver a kept message. It stays to be read, with the reason.""",
        example="alur kept discard 6f1e0c9a-4c59-4c0e-9b1b-7f4f4ad3b1f2 --reason 'terkirim ganda'",
    )
    discarding.add_argument("id", metavar="ID", help="of the kept message; see alur kept list")
    discarding.add_argument("--reason", required=True, metavar="TEXT", help="why")


def kept(call: Invocation) -> int:
    """List kept messages."""
    query = KeptMessageQuery(name=call.words.name, state=_STATES[call.words.state])
    with call.engine() as engine:
        actor = call.actor(engine)
        found = engine.kept_messages.messages(query, page_of(call, "received_at"), actor=actor)
        total = engine.kept_messages.count(query, actor=actor)
    call.printer.json(found)
    call.printer.table(
        ("id", "name…", "business key", "state", "received", "from", "matches", "delivered to"),
        [_row(each) for each in found],
    )
    say_rest(call, len(found), total)
    return OK


def deliver(call: Invocation) -> int:
    """Try again."""
    with call.engine() as engine:
        got = engine.kept_messages.try_again(call.words.id, actor=call.actor(engine))
    call.printer.json(got)
    call.printer.say(f"instance {got.instance.instance_id} has got it at {got.activity_id}")
    return OK


def discard(call: Invocation) -> int:
    """Discard."""
    with call.engine() as engine:
        message = engine.kept_messages.discard(
            call.words.id, reason=call.words.reason, actor=call.actor(engine)
        )
    call.printer.json(message)
    call.printer.say(f"kept message {message.kept_id} is discarded")
    return OK


def _row(each: KeptMessage) -> tuple[object, ...]:
    return (
        each.kept_id,
        each.name,
        each.business_key,
        each.state,
        each.received_at,
        each.received_from,
        each.matches,
        each.delivered_to,
    )
