"""Verifies a package of evidence (Paket Bukti AKIP), without Alur, its database or a network.

It needs Python 3.8 or later, and verify_export.py in the same folder; both are in the package:

    unzip -j paket.zip 'verify_*.py'
    python3 verify_package.py paket.zip
    python3 verify_package.py paket.zip --key "d1c070cf 12627cab ..."

What it checks:

1. files: each has the SHA-256 that manifest.json names, and there is no other.
2. checkpoints: each is signed (Ed25519, RFC 8032), and its list of heads has the Merkle root
   (RFC 6962) that it names.
3. instances: each line of heads.jsonl, ["<instance>",<events>,"<hash of the last one>",
   <checkpoint>,<listed event>,"<its hash>"], is what that checkpoint lists; and the table of
   instances says the same events and hash.

What it cannot know is whose key that is: compare the fingerprint that it shows with the one that
the office published, or give that with --key; nor whether the report was counted right: the tables
are there, and `alur verify` runs histories again. manifest.json itself is not signed; the SHA-256
of the whole package stands in Alur's log of accounts.

Exit codes: 0 sound; 1 something does not hold; 2 the file is no such package, or cannot be read.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sys
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

FORMAT = "alur-evidence-package-1"
MANIFEST = "manifest.json"
HEADS = "heads.jsonl"
INSTANCES = "tabel/berkas.csv"

# `python3 -I` does not look beside the script.
sys.path.insert(0, str(Path(__file__).resolve().parent))
#: What verifies single histories knows signatures and keys.
export = import_module("verify_export")


class Package:
    """An opened package, and what does not hold in it."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.manifest = json.loads(archive.read(MANIFEST))
        if self.manifest.get("format") != FORMAT:
            raise ValueError("expected a package of the format " + FORMAT)
        self.faults: list[str] = []
        self.keys: set[str] = set()
        self.covered = self.partly = self.instances = 0

    def check_files(self) -> None:
        """Each file is the one that the manifest names."""
        named: dict[str, str] = self.manifest["files"]
        names = self._archive.namelist()
        there = [name for name in names if name != MANIFEST]
        for name in sorted(set(named) - set(there)):
            self.faults.append(f"{name} is missing")
        for name in sorted(set(there) - set(named)):
            self.faults.append(f"{name} is not named in the manifest")
        if len(names) != len(set(names)):
            self.faults.append("a file is there twice")
        for name in sorted(set(named) & set(there)):
            try:
                found = hashlib.sha256(self._archive.read(name)).hexdigest()
            except export.UNREADABLE as error:
                self.faults.append(f"{name}: {export.reason_of(error)}")
                continue
            if found != named[name]:
                self.faults.append(f"{name} is another one than the manifest names")

    def check_instances(self) -> None:
        """Each head is one that its checkpoint lists, and the table says the same."""
        told = {}
        listed: dict[int, dict[str, tuple[int, str]]] = {}
        for line in self._archive.read(HEADS).splitlines():
            instance, last, head, checkpoint, sequence, known = json.loads(line)
            told[instance] = (str(last), head)
            self.instances += 1
            if checkpoint is None:
                continue
            if checkpoint not in listed:
                listed[checkpoint] = self._heads(checkpoint)
            if listed[checkpoint].get(instance) != (sequence, known):
                self.faults.append(f"{instance}: checkpoint {checkpoint} lists another event")
            elif sequence == last and known != head:
                self.faults.append(f"{instance}: its last event is not the one that was listed")
            elif sequence == last:
                self.covered += 1
            else:
                self.partly += 1
        self._compare_table(told)

    def _compare_table(self, told: dict[str, tuple[str, str]]) -> None:
        text = self._archive.read(INSTANCES).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))[1:]
        # Its first column is the instance; the two before the last two are events and hash.
        shown = {row[0]: (row[-5], row[-4]) for row in rows}
        if len(shown) != len(rows):
            self.faults.append(f"{INSTANCES} has an instance twice")
        for instance in sorted(set(told) ^ set(shown)):
            self.faults.append(f"{instance} is not in both {HEADS} and {INSTANCES}")
        for instance in sorted(set(told) & set(shown)):
            if told[instance] != shown[instance]:
                self.faults.append(f"{instance}: {INSTANCES} says something else than {HEADS}")

    def _heads(self, number: int) -> dict[str, tuple[int, str]]:
        """What the checkpoint lists, once its signature and root hold."""
        try:
            made = json.loads(self._archive.read(f"checkpoints/checkpoint-{number:08}.json"))
            lines = self._archive.read(f"checkpoints/checkpoint-{number:08}.heads.jsonl")
        except KeyError:
            self.faults.append(f"checkpoint {number} is missing")
            return {}
        signed = {name: value for name, value in made.items() if name != "signature"}
        content = json.dumps(signed, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        self.keys.add(made["key"])
        if made["number"] != number or not export.is_signed(
            content.encode("utf-8"), made["signature"], made["key"]
        ):
            self.faults.append(f"the signature of checkpoint {number} does not hold")
        leaves = lines.splitlines()
        if (root_of(leaves), len(leaves)) != (made["root"], made["count"]):
            self.faults.append(f"checkpoint {number} was made of other heads")
        heads = map(json.loads, leaves)
        return {instance: (sequence, known) for instance, sequence, known in heads}


def root_of(leaves: list[bytes]) -> str:
    """The Merkle tree hash of the leaves (RFC 6962 2.1)."""
    if not leaves:
        return hashlib.sha256(b"").hexdigest()
    level = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2])  # noqa: B905 - Python 3.8 knows no `strict`
        above = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
        level = above + level[len(level) & ~1 :]
    return level[0].hex()


def verify(file: Path, *, key: str | None = None) -> bool:
    """Print what was found in the package; whether all of it holds."""
    with zipfile.ZipFile(file) as archive:
        package = Package(archive)
        package.check_files()
        if not package.faults:
            package.check_instances()
    manifest: dict[str, Any] = package.manifest
    print("{}: {} to {}".format(manifest["label"], manifest["since"], manifest["until"]))
    print(f"made {manifest['at']} by {manifest['by']}")
    print(f"{len(manifest['files'])} files have the SHA-256 that the manifest names")
    print(
        f"{package.instances} instances: {package.covered} covered to their last event by a "
        f"checkpoint, {package.partly} to an earlier one, "
        f"{package.instances - package.covered - package.partly} by none yet"
    )
    for known in sorted(package.keys):
        shown = export.fingerprint(known)
        said = "compare it with what the office published"
        if key is not None:
            is_right = key.replace(" ", "").lower() in (shown.replace(" ", ""), known.lower())
            said = "the known one" if is_right else "NOT SOUND: it is not the known one"
            if not is_right:
                package.faults.append("a checkpoint is signed with another key")
        print(f"key {shown}: {said}")
    for fault in package.faults:
        print(f"NOT SOUND: {fault}")
    print("NOT SOUND / TIDAK UTUH" if package.faults else "SOUND / UTUH")
    return not package.faults


def main() -> int:
    """The exit code of the program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("package", type=Path, help="the package, a ZIP file")
    parser.add_argument("--key", help="the fingerprint of the office's key, or the key in base64")
    words = parser.parse_args()
    try:
        is_sound = verify(words.package, key=words.key)
    except export.UNREADABLE as error:
        print(f"{words.package}: {export.reason_of(error)}", file=sys.stderr)
        return 2
    return 0 if is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
