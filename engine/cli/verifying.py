"""`alur verify`: whether the record is what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from engine.cli.exit_codes import OK, REFUSED
from engine.cli.invocation import Invocation, Outage
from engine.cli.progress import Progress
from engine.cli.words import Commands
from engine.errors import InvalidInput, NotFound, StorageDamaged
from engine.evidence_packages import PACKAGES
from engine.model import (
    Actor,
    Fault,
    KeysVerification,
    Role,
    SeriesVerification,
    Verification,
)
from engine.process_engine import ProcessEngine

_FAULT = ("instance", "sequence", "check", "what is wrong…", "expected…", "found…")


def add_to(commands: Commands) -> None:
    """Declare the command of this module."""
    verifying = commands.add(
        "verify",
        verify,
        about="""Check that history is what happened; show every fault at its instance and event.

        Checks the hash chain, runs the recorded inputs again through the recorded diagram, and
        compares the state kept beside history. For auditors and admins it also compares what
        checkpoints list: those of ALUR_CHECKPOINTS, or of --checkpoint. Only so is found that a
        history was cut at its end, deleted, or written anew with its chain.

        --all takes every instance, the log of accounts, what was deployed, and the keys of personal
        data. --checkpoint alone compares what the checkpoints list, and runs nothing again. --code
        alone says whether a history still has the event that the verification code of a PDF
        document names. Ends with 0 when all is sound, with 1 when there is a fault, with 2 when a
        checkpoint cannot be found or read. A database that goes away meanwhile is waited for, for
        ten minutes in all.""",
        example="alur verify --all --as auditor\n"
        "alur verify 0d8cdb52-3a9b-4a55-8f36-0a5ad2f1f9a1\n"
        "alur verify --all --checkpoint /media/inspektorat/alur\n"
        "alur verify --checkpoint checkpoint-00000412.json --key 'd1c070cf 12627cab ...'\n"
        "alur verify --code 3FA2B-1C09D-...",
    )
    verifying.add_argument("instances", nargs="*", metavar="INSTANCE", help="an instance's id")
    verifying.add_argument("--all", action="store_true", help="every instance, running or ended")
    verifying.add_argument(
        "--checkpoint",
        metavar="FILE|FOLDER",
        help="compare with these checkpoints: all of a folder, or those up to one file",
    )
    verifying.add_argument(
        "--key",
        metavar="KEY",
        help="the public key that must have signed the last one (base64), or its fingerprint; "
        "without it the key of this installation",
    )

    verifying.add_argument("--code", metavar="CODE", help="the verification code of a PDF document")


def verify(call: Invocation) -> int:
    """Verify what was asked for."""
    words = call.words
    if words.code:
        return _verify_code(call)
    if words.all and words.instances:
        raise InvalidInput("verify: expected either INSTANCE or --all, found both")
    if not (words.all or words.instances or words.checkpoint):
        raise InvalidInput("verify: expected INSTANCE, --all, --checkpoint or --code")
    with call.engine() as engine:
        summary = _summed_up(call, engine, call.actor(engine))
    call.printer.json(summary)
    show_faults(call, summary.faults)
    for line in summary.in_words(call):
        call.printer.say(line)
    return REFUSED if summary.faults else OK


def _verify_code(call: Invocation) -> int:
    """Whether a history still has what the code names."""
    words = call.words
    if words.all or words.instances or words.checkpoint:
        raise InvalidInput("verify: expected --code alone, found something to verify beside it")
    with call.engine() as engine:
        found = engine.history_codes.find(words.code)
    if found is None:
        call.printer.json({"found": False})
        call.printer.say("NOT FOUND: no history has what this code names")
        return REFUSED
    event, definition = found.event, found.definition
    call.printer.json(
        {
            "found": True,
            "instance": event.instance_id,
            "definition": definition.definition_id,
            "sequence": event.sequence,
            "at": event.at,
            "later": found.later,
            "state": found.state,
            "sound": found.is_sound,
        }
    )
    where = f"{definition.key} version {definition.version}, instance {event.instance_id}"
    call.printer.say(f"{where}: event {event.sequence} of {call.printer.local(event.at)} is there")
    call.printer.say(f"{found.later} events since then; it is {found.state} now")
    if not found.is_sound:
        call.printer.say("NOT SOUND: its hash chain does not hold")
    return OK if found.is_sound else REFUSED


@dataclass(slots=True)
class Summary:
    """All verifications together; only the faults are kept."""

    instances: int = 0
    events: int = 0
    inputs: int = 0
    #: Of the log of accounts; None when it was not asked for.
    account_events: int | None = None
    #: Keys of personal data of which nothing can be said without the secret key that sealed them.
    unopened_keys: int = 0
    #: What was compared with checkpoints; None when there were none.
    checkpoints: SeriesVerification | None = None
    faults: list[Fault] = field(default_factory=list)

    def add(self, result: Verification) -> None:
        """One more instance was verified."""
        self.instances += 1
        self.events += result.events
        self.inputs += result.inputs
        self.faults += result.faults

    def add_log(self, result: Verification) -> None:
        """The log of accounts was verified."""
        self.account_events = result.events
        self.faults += result.faults

    def add_keys(self, result: KeysVerification) -> None:
        """The keys of personal data were compared."""
        self.unopened_keys = result.unopened
        self.faults += result.faults

    def add_beside(
        self,
        engine: ProcessEngine,
        actor: Actor,
        outlast: Callable[[Callable[[], None]], None] = lambda part: part(),
    ) -> None:
        """Compare what is kept beside all instances. outlast: by whom each part is done."""

        def add(found: Iterable[Fault]) -> None:
            self.faults += list(found)  # all of them or, when the database is lost, none

        parts: Mapping[str, Callable[[], None]] = {
            "definitions": lambda: add(engine.definitions.faults(actor=actor)),
            "tallies": lambda: add(engine.tallying.faults(actor=actor)),
            PACKAGES: lambda: add(engine.evidence_packages.faults(actor=actor)),
            "keys": lambda: self.add_keys(engine.personal_data.verify(actor=actor)),
            "account-log": lambda: self.add_log(engine.account_log.verify(actor=actor)),
        }
        for name, compare in parts.items():
            try:
                outlast(compare)
            except StorageDamaged as error:
                self.faults.append(Fault(name, None, "state", str(error), found="unreadable"))

    def in_words(self, call: Invocation) -> Iterator[str]:
        """What was checked, a line each."""
        if self.instances or self.checkpoints is None:
            yield what_was_run(self)
        if self.account_events is not None:
            yield f"{self.account_events} events of the log of accounts compared"
        if self.unopened_keys:
            told = "keys of personal data not compared: the secret key that sealed them is not here"
            yield f"{self.unopened_keys} {told}"
        if self.checkpoints is None:
            yield "not compared with checkpoints: cuts and deletions are found only by them"
        else:
            yield _of_checkpoints(call, self.checkpoints)


def _summed_up(call: Invocation, engine: ProcessEngine, actor: Actor) -> Summary:
    words, summary, outage = call.words, Summary(), Outage(call.printer)
    place = _place_of_checkpoints(call, engine, actor)
    if place is not None:
        compare = partial(
            engine.checkpoint_proof.verify,
            place,
            actor=actor,
            instances=words.instances or None,
            known_key=words.key,
            on_progress=Progress(engine.clock, "checkpoints"),
        )
        summary.checkpoints = outage.outlast(compare)
    for result in _verified(call, engine, actor, summary.checkpoints, outage):
        summary.add(result)
    if words.all:
        summary.add_beside(engine, actor, outage.outlast)
    if summary.checkpoints is not None:
        summary.faults += summary.checkpoints.faults
    return summary


def summary_of_all(engine: ProcessEngine, actor: Actor) -> Summary:
    """Everything, compared with this installation's own checkpoints when it has any."""
    summary, place = Summary(), engine.checkpoint_proof.folder()
    if place is not None:
        progress = Progress(engine.clock, "checkpoints")
        summary.checkpoints = engine.checkpoint_proof.verify(
            place, actor=actor, on_progress=progress
        )
        summary.faults += summary.checkpoints.faults
    progress = Progress(engine.clock, "instances")
    for result in engine.history.verify_all(actor=actor, on_progress=progress):
        summary.add(result)
    summary.add_beside(engine, actor)
    return summary


def _place_of_checkpoints(call: Invocation, engine: ProcessEngine, actor: Actor) -> Path | None:
    if call.words.checkpoint:
        return Path(call.words.checkpoint)
    # Staff verify their own instances, and need not be told of what others hold.
    return engine.checkpoint_proof.folder() if actor.has(Role.AUDITOR, Role.ADMIN) else None


def _verified(
    call: Invocation,
    engine: ProcessEngine,
    actor: Actor,
    compared: SeriesVerification | None,
    outage: Outage,
) -> Iterable[Verification]:
    if call.words.all:
        progress = Progress(engine.clock, "instances")
        yield from engine.history.verify_all(
            actor=actor, on_progress=progress, is_awaited=outage.is_awaited
        )
    known = {fault.instance_id for fault in compared.faults} if compared else set()
    for instance_id in dict.fromkeys(call.words.instances):
        try:
            yield engine.history.verify(instance_id, actor=actor)
        except NotFound:
            if instance_id not in known:  # else a checkpoint knows it, and it was deleted
                raise


def show_faults(call: Invocation, faults: Sequence[Fault]) -> None:
    """What is wrong, a row each."""
    if faults:
        call.printer.table(_FAULT, [_fault_row(fault) for fault in faults])


def what_was_run(result: Verification | Summary) -> str:
    """How much was checked, on one line."""
    faults = len(result.faults)
    return f"{result.inputs} inputs run again, {result.events} events compared: {faults} faults"


def _of_checkpoints(call: Invocation, found: SeriesVerification) -> str:
    said = f"{found.heads} heads of {found.checkpoints} checkpoints compared"
    if found.number is None or found.at is None:
        return said
    key = f"key {found.fingerprint}"
    if not found.is_key_known:
        key += ", which nobody vouched for: compare it with what the office published"
    return f"{said}; the last is {found.number} of {call.printer.local(found.at)}, {key}"


def _fault_row(fault: Fault) -> tuple[object, ...]:
    return (
        fault.instance_id,
        fault.sequence,
        fault.check,
        fault.message,
        fault.expected,
        fault.found,
    )
