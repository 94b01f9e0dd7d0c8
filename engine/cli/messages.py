"""`alur message` and `alur waiting`: what comes from other systems, from a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from engine.cli.exit_codes import OK
from engine.cli.invocation import Invocation
from engine.cli.listing import page_of, say_rest
from engine.cli.values import values_from_file
from engine.cli.words import Commands, add_limit
from engine.correlation import Message
from engine.errors import InvalidInput
from engine.queries import EventSubscriptionQuery


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    sending = commands.add(
        "message",
        message,
        about="""Send a message to the instance that waits for it, or start one by it.

        Exactly one must match: by the name, and by the business key, instance or variables that
        you give. Values are JSON where they can be read as such (12, true, null, "12"), else text.
        For workers and admins.""",
        example="alur message 'surat masuk' --business-key LKJ-2026 \\\n"
        "    --match nomor_agenda=17 --set perihal=Undangan",
    )
    sending.add_argument("name", metavar="NAME", help="of the message, as in the diagram")
    sending.add_argument("--business-key", metavar="TEXT", help="of the instance that waits")
    sending.add_argument("--instance", metavar="INSTANCE", help="the instance that waits")
    sending.add_argument(
        "--match",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a process variable that the instance must have; may be repeated",
    )
    sending.add_argument(
        "--all", action="store_true", help="to all that match, also if that is nobody"
    )
    add_brought(sending)
    sending.add_argument(
        "--keep", action="store_true", help="keep it when nothing or several match it"
    )
    signalling = commands.add(
        "signal",
        signal,
        about="""Send a signal to all that wait for it, and start what it starts.

        Values are JSON where they can be read as such, else text. For workers and admins.""",
        example="alur signal 'hari libur' --set sampai=2026-03-20",
    )
    signalling.add_argument("name", metavar="NAME", help="of the signal, as in the diagram")
    signalling.add_argument("--instance", metavar="INSTANCE", help="only to this instance")
    add_brought(signalling)
    listing = commands.add(
        "waiting",
        waiting,
        about="""List what waits for messages and signals, the newest first.""",
        example="alur waiting --name 'surat masuk'",
    )
    listing.add_argument("--name", help="only this message or signal")
    listing.add_argument("--instance", metavar="INSTANCE", help="only in this instance")
    add_limit(listing)


def add_brought(parser: Any) -> None:
    """--set and --values, for what has no form."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a variable that it brings; may be repeated",
    )
    parser.add_argument(
        "--values", metavar="FILE.json", help="a JSON object of variables; - reads standard input"
    )


def brought(call: Invocation) -> dict[str, Any]:
    """The variables that --values and --set say; --set wins."""
    values = values_from_file(call.words.values) if call.words.values else {}
    return {**values, **_pairs("--set", call.words.set)}


def _pairs(option: str, words: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise InvalidInput(f"{option} {word}: expected NAME=VALUE")
        if name in found:
            raise InvalidInput(f"{option} {word}: {name} was given twice")
        found[name] = _value(text)
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def message(call: Invocation) -> int:
    """Send a message."""
    words = call.words
    sent = Message(
        words.name,
        business_key=words.business_key,
        instance_id=words.instance,
        correlation=_pairs("--match", words.match),
        variables=brought(call),
    )
    with call.engine() as engine:
        found = engine.messages.correlate(
            sent, to_all=words.all, keep_unmatched=words.keep, actor=call.actor(engine)
        )
    call.printer.json(found)
    for each in found.results:
        deed = "went on at" if each.subscription_id else "was started at"
        call.printer.say(f"instance {each.instance.instance_id} {deed} {each.activity_id}")
    if found.kept:
        call.printer.say(f"it is kept as {found.kept.kept_id}: {found.kept.matches} match")
    elif not found.results:
        call.printer.say("nobody waits for it")
    return OK


def signal(call: Invocation) -> int:
    """Send a signal."""
    words = call.words
    with call.engine() as engine:
        reached = engine.signals.send(
            words.name, brought(call), instance_id=words.instance, actor=call.actor(engine)
        ).receivers
    call.printer.json({"receivers": reached})
    call.printer.say(f"it is for {reached}" if reached else "nobody waits for it")
    return OK


def waiting(call: Invocation) -> int:
    """List what waits."""
    query = EventSubscriptionQuery(name=call.words.name, instance_id=call.words.instance)
    with call.engine() as engine:
        actor = call.actor(engine)
        found = engine.messages.subscriptions(query, page_of(call, "created_at"), actor=actor)
        total = engine.messages.count_subscriptions(query, actor=actor)
    call.printer.json(found)
    call.printer.table(
        ("kind", "name…", "activity", "since", "instance"),
        [(e.kind, e.name, e.activity_id, e.created_at, e.instance_id) for e in found],
    )
    say_rest(call, len(found), total)
    return OK
