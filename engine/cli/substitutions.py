"""`alur substitution ...`: who stands in for which lane."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from engine.cli.exit_codes import OK
from engine.cli.invocation import Invocation
from engine.cli.listing import page_of, say_rest
from engine.cli.words import Commands, add_limit
from engine.errors import InvalidInput
from engine.model import Substitution, SubstitutionKind, SubstitutionState
from engine.queries import SubstitutionQuery
from engine.substitutions import Recorded, Warned, Wishes

#: How a kind is written on the command line: without dots.
_KINDS = {kind.value.replace(".", "").lower(): kind for kind in SubstitutionKind}
_STATES = {**{str(state): state for state in SubstitutionState}, "all": None}


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    group = commands.add_group("substitution", about="Say who stands in for a lane, and when.")
    adding = group.add(
        "add",
        add,
        about="""Record that an account stands in for a lane, from one day to another.

        Both days are included, in the office's time zone. It begins and ends by itself; history
        says in which capacity things were done. An overlap, or more days than
        ALUR_SUBSTITUTION_DAYS, is told and recorded all the same.""",
        example="alur substitution add sekretaris Kadis plh --basis 800/17/2026 "
        "--basis-date 2026-01-02 --from 2026-01-05 --until 2026-01-16",
    )
    adding.add_argument("person", metavar="ACCOUNT", help="who stands in")
    adding.add_argument("lane", metavar="LANE", help="whose work it does")
    adding.add_argument("kind", choices=list(_KINDS), help="Plt., Plh., a.n. or u.b.")
    adding.add_argument("--from", dest="first_day", required=True, metavar="DAY", help="2026-01-05")
    _add_letter(adding)
    adding.add_argument("--replaces", metavar="ACCOUNT", help="the official whose place it is")
    listing = group.add(
        "list",
        list_substitutions,
        about="""List substitutions, the latest begun first.""",
        example="alur substitution list --state all",
    )
    listing.add_argument("--state", choices=list(_STATES), default="current")
    listing.add_argument("--account", metavar="ACCOUNT", help="only by this account")
    listing.add_argument("--lane", metavar="LANE", help="only for this lane")
    add_limit(listing)
    changing = group.add(
        "change",
        change,
        about="""Prolong or shorten a substitution, by the letter that says so.""",
        example="alur substitution change 6f1e0c9a-4c59-4c0e --until 2026-01-30 "
        "--basis 800/21/2026 --basis-date 2026-01-15",
    )
    changing.add_argument("id", metavar="ID", help="see alur substitution list")
    _add_letter(changing)
    ending = group.add(
        "end",
        end,
        about="""End a substitution now: what was taken by it goes back to its lane.""",
        example="alur substitution end 6f1e0c9a-4c59-4c0e --reason 'pejabat sudah kembali'",
    )
    ending.add_argument("id", metavar="ID", help="see alur substitution list")
    ending.add_argument("--reason", required=True, metavar="TEXT", help="why")


def _add_letter(parser: Any) -> None:
    parser.add_argument("--until", required=True, metavar="DAY", help="the last day")
    parser.add_argument("--basis", required=True, metavar="NUMBER", help="of the SK or surat tugas")
    parser.add_argument("--basis-date", required=True, metavar="DAY", help="of that letter")


def add(call: Invocation) -> int:
    """Record a substitution."""
    words = call.words
    wishes = Wishes(
        account=words.person,
        lane=words.lane,
        kind=_KINDS[words.kind],
        basis_number=words.basis,
        basis_date=_day("--basis-date", words.basis_date),
        first_day=_day("--from", words.first_day),
        last_day=_day("--until", words.until),
        replaces=words.replaces,
    )
    with call.engine() as engine:
        made = engine.substitutions.add(wishes, actor=call.actor(engine))
    return _tell(call, made)


def list_substitutions(call: Invocation) -> int:
    """List substitutions."""
    words = call.words
    query = SubstitutionQuery(account=words.account, lane=words.lane, state=_STATES[words.state])
    with call.engine() as engine:
        actor, now = call.actor(engine), engine.clock.now()
        found = engine.substitutions.find(query, page_of(call, "begins_at"), actor=actor)
        total = engine.substitutions.count(query, actor=actor)
    call.printer.json(found)
    call.printer.table(
        ("id", "account", "as…", "from", "until", "basis…", "state", "ended"),
        [_row(each, now) for each in found],
    )
    say_rest(call, len(found), total)
    return OK


def change(call: Invocation) -> int:
    """Prolong or shorten it."""
    words = call.words
    with call.engine() as engine:
        changed = engine.substitutions.change(
            words.id,
            last_day=_day("--until", words.until),
            basis_number=words.basis,
            basis_date=_day("--basis-date", words.basis_date),
            actor=call.actor(engine),
        )
    return _tell(call, changed)


def end(call: Invocation) -> int:
    """End it now."""
    with call.engine() as engine:
        ended = engine.substitutions.end(
            call.words.id, reason=call.words.reason, actor=call.actor(engine)
        )
    call.printer.json(ended)
    call.printer.say(f"{ended.account} is {ended.title} no longer")
    return OK


def _tell(call: Invocation, recorded: Recorded) -> int:
    each = recorded.substitution
    call.printer.json(recorded)
    call.printer.say(
        f"{each.account} is {each.title} from {each.first_day} until {each.last_day}: "
        f"{each.substitution_id}"
    )
    for warned in recorded.warnings:
        call.printer.say(f"warning: {_warning(warned)}")
    return OK


def _warning(warned: Warned) -> str:
    if warned.kind == "overlap":
        others = ", ".join(f"{each.account} as {each.title}" for each in warned.others)
        return f"at the same time the lane has {others}"
    if warned.kind == "too long":
        return f"the office allows {warned.days} days (ALUR_SUBSTITUTION_DAYS)"
    if warned.kind == "own lane":
        return "the account holds that lane itself, and acts for itself there"
    return "the account is not active"


def _row(each: Substitution, now: datetime) -> tuple[object, ...]:
    return (
        each.substitution_id,
        each.account,
        each.title,
        each.first_day.isoformat(),
        each.last_day.isoformat(),
        each.basis_number,
        str(each.state_at(now)),
        each.ended_at,
    )


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        told = f"expected a day such as 2026-01-31, found {text!r}"
        raise InvalidInput(f"{option}: {told}", {option: [told]}) from error
