"""Verifies a history that was exported from Alur, without Alur, its database or a network.

It needs Python 3.8 or later and nothing else:

    python3 verify_export.py riwayat.zip
    python3 verify_export.py riwayat.zip --key "d1c070cf 12627cab ..."

What it checks, for each process instance of the export:

1. files: none is there twice, and there is none that no history names.
2. chain: hash = SHA-256(0x00 | previous hash | the event's canonical JSON, RFC 8785), from event 1
   on without a gap; what the first one chains to is the SHA-256 of the instance's id.
3. summary: what export.json says of the instance (process, business key, state) is what its events
   lead to.
4. diagram: the BPMN file has the SHA-256 that the first event names.
5. documents, when they were exported: each has the SHA-256 that an event names.
6. checkpoint: the hash of one of its events is a leaf of a Merkle tree (RFC 6962) whose root a
   checkpoint names, and that checkpoint is signed (Ed25519, RFC 8032). So everything up to that
   event was there, as it is here, when the checkpoint was made.

With --checkpoints, which names a folder with one's own copies of them, every event that any of
those lists must be there as well: so nobody can have written anew what one holds a checkpoint of.

What it cannot know is whose key that is: compare the fingerprint that it shows with the one that
the office published, or give that with --key; then something must be signed with it. It runs no
diagram: that `alur verify` does.

A line of events/<instance>.jsonl is ["<previous hash>","<hash>",<the event>]; the event stands
there in its canonical bytes, from the 136th on, so that nothing is written anew to be hashed.

Exit codes: 0 sound; 1 something does not hold; 2 the file is no such export, or cannot be read.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

EXPORT = "alur-history-export-1"
CHECKPOINT = "alur-checkpoint-1"
#: ["<64 hex>","<64 hex>",
_PREFIX = 1 + 66 + 1 + 66 + 1


#: What every export has beside what its histories name.
_ALWAYS = {"export.json", "BACA-SAYA.txt", "verify_export.py"}
#: An event -> the state of an instance that has it.
_ENDS = {"instance_completed": "COMPLETED", "instance_cancelled": "EXTERNALLY_TERMINATED"}
#: What reading a file may raise of which any byte may be another one.
UNREADABLE = (
    *(OSError, EOFError, KeyError, ValueError, TypeError, AttributeError, IndexError),
    *(OverflowError, RuntimeError, zipfile.BadZipFile, zlib.error, struct.error),
)


class NotSound(Exception):
    """Something does not hold; the text says what, and where."""


def reason_of(error: Exception) -> str:
    """In words, why something cannot be read."""
    if isinstance(error, NotSound):
        return str(error)
    told = str(error)
    if isinstance(error, KeyError) and "archive" not in told:
        told += " is missing"
    return f"it cannot be read: {told}"


class Export:
    """An opened export, and what was found in it."""

    def __init__(self, archive: zipfile.ZipFile, own: OwnCopies | None = None) -> None:
        self._archive = archive
        self._own = own
        self._names = set(archive.namelist())
        #: Those that were looked at.
        self._named = set(_ALWAYS)
        self.manifest = json.loads(self.read("export.json"))
        if self.manifest.get("format") != EXPORT:
            raise ValueError("expected an export of the format " + EXPORT)
        #: Number of a checkpoint -> it, once it was verified.
        self._checkpoints: dict[int, dict[str, Any]] = {}

    def read(self, name: str) -> bytes:
        """The bytes of one file of the export."""
        self._named.add(name)
        return self._archive.read(name)

    def file_faults(self) -> list[str]:
        """What is wrong with the files, once all instances were found sound."""
        names = self._archive.namelist()
        twice = sorted({name for name in names if names.count(name) > 1})
        unnamed = sorted(self._names - self._named)
        return [
            *(f"{name} is there twice" for name in twice),
            *(f"{name} is named by no history" for name in unnamed),
        ]

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of one file of the export, without their ends."""
        self._named.add(name)
        with self._archive.open(name) as opened:
            for line in opened:
                yield line.rstrip(b"\n")

    # ------------------------------------------------------------------ an instance

    def verify_instance(self, told: dict[str, Any]) -> str:
        """What was found sound of an instance, in words. Raises NotSound."""
        chain, listed = Chain(told["instance"]), self._listed(told["instance"])
        for line in self.lines("events/{}.jsonl".format(told["instance"])):
            event = chain.add(line)
            chain.check_own(listed)
            if chain.sequence == 1:
                self._check_digest("definitions/{}.bpmn", event["payload"]["digest"])
            if event["kind"] == "instance_migrated":
                self._check_digest("definitions/{}.bpmn", event["payload"]["toDigest"])
            if self.manifest["documents"]:
                for document in event["payload"].get("documents") or ():
                    self._check_digest("documents/{}", document["sha256"])
            if told["proof"] and chain.sequence == told["proof"]["sequence"]:
                chain.proved_hash = chain.head
        covered = self._covered(told, chain)
        chain.check_end(listed, self.manifest["at"])
        chain.check_summary(told)
        return f"{chain.sequence} events: {covered}"

    def _listed(self, instance: str) -> dict[int, Listed]:
        return self._own.heads.get(instance, {}) if self._own else {}

    def _check_digest(self, name: str, digest: str) -> None:
        file = name.format(digest)
        if file not in self._names:
            raise NotSound(f"{file} is not in the export")
        if hashlib.sha256(self.read(file)).hexdigest() != digest:
            raise NotSound(f"{file} has other bytes than history names")

    def _covered(self, told: dict[str, Any], chain: Chain) -> str:
        proof = told["proof"]
        if not proof:
            return "the chain holds; no checkpoint covers it yet"
        if chain.proved_hash is None:
            raise NotSound("event {} is missing".format(proof["sequence"]))
        made = self.checkpoint(proof["checkpoint"])
        leaf = [told["instance"], proof["sequence"], chain.proved_hash]
        root = root_by_path(leaf, proof["index"], proof["count"], proof["path"])
        if root != made["root"] or proof["count"] != made["count"]:
            raise NotSound(
                "event {} is not the one that checkpoint {} lists".format(
                    proof["sequence"], made["number"]
                )
            )
        said = "the chain holds; events 1 to {} are covered by checkpoint {} of {}".format(
            proof["sequence"], made["number"], made["at"]
        )
        later = chain.sequence - proof["sequence"]
        return said + (f", {later} later ones by the chain only" if later else "")

    # ------------------------------------------------------------------ checkpoints

    def checkpoint(self, number: int) -> dict[str, Any]:
        """The checkpoint of that number, whose signature holds. Raises NotSound."""
        if number not in self._checkpoints:
            made = json.loads(self.read(f"checkpoints/checkpoint-{number:08}.json"))
            if made["format"] != CHECKPOINT or made["number"] != number:
                raise NotSound(f"checkpoint {number} is another one")
            signed = {name: value for name, value in made.items() if name != "signature"}
            if not is_signed(_canonical(signed), made["signature"], made["key"]):
                raise NotSound(f"the signature of checkpoint {number} does not hold")
            self._checkpoints[number] = made
        return self._checkpoints[number]

    def public_keys(self) -> list[str]:
        """The public keys (base64) that signed the checkpoints, each once."""
        return sorted({made["key"] for made in self._checkpoints.values()})

    def numbers(self) -> list[int]:
        """The checkpoints that were verified."""
        return sorted(self._checkpoints)


class Chain:
    """The events of an instance, one after the other. Raises NotSound where they do not chain."""

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self.sequence = 0
        self.head = hashlib.sha256(instance.encode("utf-8")).hexdigest()
        #: The hash of the event that a checkpoint lists.
        self.proved_hash: str | None = None
        #: What its events say of it.
        self._business_key: str | None = None
        self._definition = ""
        self._state = "ACTIVE"

    def add(self, line: bytes) -> dict[str, Any]:
        """The next event."""
        previous, found, event = json.loads(line)
        wanted = self.sequence + 1
        if (event["instance"], event["sequence"]) != (self._instance, wanted):
            raise NotSound(f"event {wanted} is missing")
        if previous != self.head:
            raise NotSound(f"event {wanted} does not chain to the one before it")
        body = b"\x00" + bytes.fromhex(previous) + line[_PREFIX:-1]
        if hashlib.sha256(body).hexdigest() != found:
            raise NotSound(f"event {wanted} is not what was recorded")
        self.sequence, self.head = wanted, found
        self._note(event["kind"], event["payload"])
        return dict(event)

    def _note(self, kind: str, payload: dict[str, Any]) -> None:
        if self.sequence == 1:
            self._business_key, self._definition = payload["businessKey"], payload["definition"]
        elif kind == "instance_migrated":
            self._definition = payload["to"]
        self._state = _ENDS.get(kind, self._state)

    def check_summary(self, told: dict[str, Any]) -> None:
        """What the export says of the instance is what its events lead to. Raises NotSound."""
        key, version = self._definition.split(":")[:2]
        for name, wanted in (
            ("process", key),
            ("version", int(version)),
            ("businessKey", self._business_key),
            ("state", self._state),
        ):
            if told[name] != wanted:
                raise NotSound(f"export.json says {name} {told[name]}, its events say {wanted}")

    def check_own(self, listed: dict[int, Listed]) -> None:
        """The last event is the one that one's own copies list, if they do. Raises NotSound."""
        own = listed.get(self.sequence)
        if own is not None and own.hash != self.head:
            raise NotSound(
                f"event {self.sequence} is not the one that your copy of checkpoint "
                f"{own.checkpoint} lists"
            )

    def check_end(self, listed: dict[int, Listed], at: str) -> None:
        """No event is missing that was there when the export was made. Raises NotSound."""
        for sequence, own in sorted(listed.items()):
            if sequence > self.sequence and own.at <= at:
                raise NotSound(
                    f"event {sequence} is missing, which your copy of checkpoint "
                    f"{own.checkpoint} lists"
                )


class Listed(NamedTuple):
    """An event of an instance that a checkpoint lists, which was made at that time."""

    hash: str
    checkpoint: int
    at: str


class OwnCopies:
    """A folder with one's own copies of checkpoints and of the heads that they list."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: Instance -> number of the event -> where it is listed.
        self.heads: dict[str, dict[int, Listed]] = {}
        for file in sorted(folder.glob("checkpoint-*.heads.jsonl")):
            number, at = int(file.name[len("checkpoint-") :].split(".")[0]), _made_at(file)
            for line in file.read_bytes().splitlines():
                instance, sequence, head = json.loads(line)
                self.heads.setdefault(instance, {})[sequence] = Listed(head, number, at)


def _made_at(heads: Path) -> str:
    """When the checkpoint was made that lists these; the first moment when it does not say so."""
    signed = heads.with_name(heads.name.replace(".heads.jsonl", ".json"))
    return str(json.loads(signed.read_bytes()).get("at", ""))


# ----------------------------------------------------------------- trees and JSON


def root_by_path(leaf: list[Any], index: int, count: int, path: list[str]) -> str | None:
    """The Merkle root over `count` leaves of which this is number `index` (RFC 9162 2.1.3.2).

    path: hashes as hexadecimal text, from the leaf up. None: no such leaf, or no such path.
    """
    if not 0 <= index < count:
        return None
    found = hashlib.sha256(b"\x00" + _canonical(leaf)).digest()
    place, last = index, count - 1
    for each in path:
        other = bytes.fromhex(each)
        if last == 0:
            return None
        if place & 1 or place == last:
            found = hashlib.sha256(b"\x01" + other + found).digest()
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + other).digest()
        place, last = place >> 1, last >> 1
    return found.hex() if last == 0 else None


def _canonical(value: Any) -> bytes:
    """RFC 8785 of what a checkpoint has: texts, whole numbers, and names in ASCII."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode("utf-8")


def fingerprint(key: str) -> str:
    """A public key as people compare it: the SHA-256 of its bytes, in groups of 8."""
    digest = hashlib.sha256(base64.b64decode(key)).hexdigest()
    return " ".join(digest[start : start + 8] for start in range(0, 64, 8))


# ------------------------------------------------------------ Ed25519 (RFC 8032 5.1)

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)


class Point(NamedTuple):
    """A point of the curve in extended coordinates: x = X/Z, y = Y/Z, XY = ZT."""

    x: int
    y: int
    z: int
    t: int

    def plus(self, other: Point) -> Point:
        """The sum of both (RFC 8032 5.1.4)."""
        a = (self.y - self.x) * (other.y - other.x) % _P
        b = (self.y + self.x) * (other.y + other.x) % _P
        c = 2 * self.t * other.t * _D % _P
        d = 2 * self.z * other.z % _P
        e, f, g, h = b - a, d - c, d + c, b + a
        return Point(e * f % _P, g * h % _P, f * g % _P, e * h % _P)

    def times(self, scalar: int) -> Point:
        """The point added to itself so many times."""
        found, power = Point(0, 1, 1, 0), self
        while scalar:
            if scalar & 1:
                found = found.plus(power)
            power, scalar = power.plus(power), scalar >> 1
        return found

    def equals(self, other: Point) -> bool:
        """Whether both are the same point of the curve."""
        same_x = (self.x * other.z - other.x * self.z) % _P == 0
        return same_x and (self.y * other.z - other.y * self.z) % _P == 0


def _point(y: int, sign: int) -> Point | None:
    """The point with that y, and an x of that lowest bit; None when there is none."""
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return Point(x, y, 1, x * y % _P)


def _decoded(content: bytes) -> Point | None:
    number = int.from_bytes(content, "little")
    return _point(number & ((1 << 255) - 1), number >> 255)


def is_signed(content: bytes, signature: str, key: str) -> bool:
    """Whether `signature` over `content` was made by whom the public key is of (both base64)."""
    signed, public = base64.b64decode(signature), base64.b64decode(key)
    base = _point(4 * pow(5, _P - 2, _P) % _P, 0)
    if len(signed) != 64 or len(public) != 32 or base is None:
        return False
    owner, first = _decoded(public), _decoded(signed[:32])
    scalar = int.from_bytes(signed[32:], "little")
    if owner is None or first is None or scalar >= _ORDER:
        return False
    digest = hashlib.sha512(signed[:32] + public + content).digest()
    asked = int.from_bytes(digest, "little") % _ORDER
    return base.times(scalar).equals(first.plus(owner.times(asked)))


# ----------------------------------------------------------------------- the program


def verify(file: Path, *, key: str | None = None, own: Path | None = None) -> bool:
    """Print what was found in the export; whether all of it holds."""
    faults = uncovered = 0
    copies = OwnCopies(own) if own else None
    with zipfile.ZipFile(file) as archive:
        export = Export(archive, copies)
        instances = export.manifest["instances"]
        for told in instances:
            name = told["instance"]
            try:
                found = export.verify_instance(told)
            except (NotSound, *UNREADABLE) as error:
                faults += 1
                found = f"NOT SOUND: {reason_of(error)}"
            uncovered += not told.get("proof")
            print(f"{name}  {found}")
        # Else what they name is not known.
        for fault in [] if faults else export.file_faults():
            faults += 1
            print(f"NOT SOUND: {fault}")
        faults += _judge_keys(export, key)
        faults += _judge_copies(export, copies) if copies else 0
    if uncovered:
        said = "nothing but the sender vouches for what is covered by no checkpoint"
        print(f"{uncovered} of {len(instances)} instances: {said}")
    verdict = f"NOT SOUND: {faults} faults / TIDAK UTUH" if faults else "SOUND / UTUH"
    print(verdict)
    return not faults


def _judge_keys(export: Export, known: str | None) -> int:
    """Show whose signatures they are; how many keys are another than the known one."""
    faults = 0
    for key in export.public_keys():
        shown = fingerprint(key)
        said = "compare it with what the office published"
        if known is not None:
            is_known = known.replace(" ", "").lower() in (shown.replace(" ", ""), key.lower())
            faults += not is_known
            said = "the known one" if is_known else "NOT SOUND: it is not the known one"
        print(f"key {shown}: {said}")
    if known is not None and not export.public_keys():
        faults += 1
        print("NOT SOUND: nothing in it is signed, with whatever key")
    return faults


def _judge_copies(export: Export, copies: OwnCopies) -> int:
    """How many checkpoints are another than one's own copy of them."""
    faults = 0
    for number in export.numbers():
        name = f"checkpoint-{number:08}.json"
        own = copies.folder / name
        if not own.exists():
            print(f"{name}: no copy of it in {copies.folder}")
        elif own.read_bytes() != export.read("checkpoints/" + name):
            faults += 1
            print(f"{name}: NOT SOUND: another one than the copy in {copies.folder}")
    return faults


def main() -> int:
    """The exit code of the program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("export", type=Path, help="the exported ZIP file")
    parser.add_argument("--key", help="the fingerprint of the office's key, or the key in base64")
    parser.add_argument(
        "--checkpoints", type=Path, help="a folder with one's own copies of checkpoints"
    )
    words = parser.parse_args()
    try:
        is_sound = verify(words.export, key=words.key, own=words.checkpoints)
    except UNREADABLE as error:
        print(f"{words.export}: {reason_of(error)}", file=sys.stderr)
        return 2
    return 0 if is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
