"""`alur personal ...`: whose personal data is sealed, and its erasure."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.cli.exit_codes import OK, REFUSED
from engine.cli.invocation import Invocation
from engine.cli.listing import say_rest
from engine.cli.words import Commands, add_limit
from engine.errors import InvalidInput
from engine.model import Erasure, Subject
from engine.personal_data import Basis
from engine.queries import Page


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    group = commands.add_group("personal", about="Personal data: whose is sealed, and its erasure.")
    listing = group.add(
        "list",
        list_persons,
        about="""List the persons whose data is sealed, the last to give something first.

        Fields that a diagram calls personal (pribadi=true) are sealed by a key of each person. It
        is recorded who looked. For auditors and admins.""",
        example="alur personal list",
    )
    listing.add_argument("--name", metavar="TEXT", help="only who is called so, whole")
    add_limit(listing)
    erasing = group.add(
        "erase",
        erase,
        about="""Erase what is sealed of one person, by destroying the keys. For ever.

        The values cannot be read any more by anybody; history stays, and verifies. A backup that
        was made before still has the keys. Without --yes it says what would become unreadable.""",
        example="alur personal erase --subject 'P-19' --basis 400/12/2026 --basis-date 2026-01-05 "
        "--reason 'permintaan yang bersangkutan' --yes",
    )
    whom = erasing.add_mutually_exclusive_group(required=True)
    whom.add_argument("--subject", metavar="TEXT", help="whom a field of the form names")
    whom.add_argument("--account", dest="giver", metavar="NAME", help="who gave the values")
    whom.add_argument("--person", metavar="ID", help="see alur personal list")
    _add_basis(erasing)
    outlived = group.add(
        "outlived",
        erase_outlived,
        about="""Erase what is sealed in instances whose retention is over, of everybody in them.

        Only those that the schedule destroys (sop:jraAkhir musnah). Without --yes it names them.
        """,
        example="alur personal outlived --basis 'JRA 700.1' --basis-date 2026-01-05 "
        "--reason 'berita acara pemusnahan' --yes",
    )
    _add_basis(outlived)
    done = group.add(
        "erasures",
        list_erasures,
        about="""List what was erased, the latest first.""",
        example="alur personal erasures",
    )
    add_limit(done)
    group.add(
        "reseal",
        reseal,
        about="""Seal the keys of personal data anew by the newest key of ALUR_SECRET_KEY.

        Run it after a new key was put before the old one; then the old one may go. A key that
        cannot be read or opened stays as it is and is named; it ends with 1 then.""",
        example="alur personal reseal",
    )


def _add_basis(parser: Any) -> None:
    parser.add_argument(
        "--basis", required=True, metavar="NUMBER", help="of the letter or decision"
    )
    parser.add_argument("--basis-date", required=True, metavar="DAY", help="of that letter")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why")
    parser.add_argument("--yes", action="store_true", help="do it; it cannot be undone")


def list_persons(call: Invocation) -> int:
    """List persons."""
    with call.engine() as engine:
        actor, page = call.actor(engine), Page(max_results=call.words.limit or None)
        name = call.words.name
        found = engine.personal_data.persons(page, actor=actor, name=name)
        total = engine.personal_data.count_persons(actor=actor, name=name)
    call.printer.json(found)
    call.printer.table(
        ("person", "name", "account", "values", "instances", "last"),
        [
            (
                each.person,
                each.subject.name,
                "yes" if each.subject.is_account else "no",
                each.value_count,
                each.instance_count,
                each.last_at,
            )
            for each in found
        ],
    )
    say_rest(call, len(found), total)
    return OK


def erase(call: Invocation) -> int:
    """Erase one person's data."""
    words, basis = call.words, _basis(call)
    with call.engine() as engine:
        actor, room = call.actor(engine), engine.personal_data
        person = words.person
        if person is None:
            subject = Subject(words.giver or words.subject, is_account=bool(words.giver))
            person = room.person_of(subject, actor=actor)
        whom, holdings = room.person(person, actor=actor)
        values = sum(each.value_count for each in holdings)
        told = f"{values} values of {whom.name} in {len(holdings)} instances"
        _require_yes(call, told)
        done = room.erase_person(person, basis, actor=actor)
    return _tell(call, done)


def erase_outlived(call: Invocation) -> int:
    """Erase the personal data of instances whose retention is over."""
    basis = _basis(call)
    with call.engine() as engine:
        actor, room = call.actor(engine), engine.personal_data
        found = room.erasable(actor=actor)
        if not found:
            call.printer.json(None)
            call.printer.say("no instance whose retention is over has personal values")
            return OK
        values = sum(each.value_count for each in found)
        names = ", ".join(each.outlived.instance_id for each in found)
        _require_yes(call, f"{values} values in {len(found)} instances ({names})")
        ids = [each.outlived.instance_id for each in found]
        done = room.erase_outlived(ids, basis, actor=actor)
    return _tell(call, done)


def list_erasures(call: Invocation) -> int:
    """List what was erased."""
    with call.engine() as engine:
        actor, page = call.actor(engine), Page(max_results=call.words.limit or None)
        found = engine.personal_data.erasures(page, actor=actor)
        total = engine.personal_data.count_erasures(actor=actor)
    call.printer.json(found)
    call.printer.table(
        ("erasure", "at", "by", "basis…", "of", "values", "instances"),
        [
            (
                each.erasure_id,
                each.at,
                each.by,
                each.basis,
                each.basis_date.isoformat(),
                each.value_count,
                each.instance_count,
            )
            for each in found
        ],
    )
    say_rest(call, len(found), total)
    return OK


def reseal(call: Invocation) -> int:
    """Seal the keys by the newest secret key."""
    with call.engine() as engine:
        count, left = engine.personal_data.reseal(actor=call.actor(engine))
    call.printer.json({"keys": count, "left": left})
    call.printer.say(f"{count} keys are sealed by the newest secret key")
    for each in left:
        call.printer.remark(f"stays as it is: {each}")
    if left:
        call.printer.note(f"{len(left)} keys are not: keep the former secret keys")
    return REFUSED if left else OK


def _tell(call: Invocation, done: Erasure) -> int:
    call.printer.json(done)
    call.printer.say(
        f"{done.value_count} values in {done.instance_count} instances are erased: "
        f"{done.erasure_id}; backups that were made before still have the keys"
    )
    return OK


def _require_yes(call: Invocation, what: str) -> None:
    if not call.words.yes:
        told = f"{what} would become unreadable for ever; say --yes to do it"
        raise InvalidInput(told, {"--yes": [told]})


def _basis(call: Invocation) -> Basis:
    words = call.words
    try:
        on = date.fromisoformat(words.basis_date)
    except ValueError as error:
        told = f"expected a day such as 2026-01-31, found {words.basis_date!r}"
        raise InvalidInput(f"--basis-date: {told}", {"--basis-date": [told]}) from error
    return Basis(words.basis, on, words.reason)
