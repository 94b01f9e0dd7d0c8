"""Exports verify on another machine, by the script in them, with Python alone."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.errors import DamagedRow, Forbidden, InvalidInput, NotFound
from engine.model import Actor, Upload
from engine.offline.verify_export import is_signed
from engine.settings import Settings
from engine.signing_key import SigningKey
from engine.store import Store
from tests.diagrams import end, field, form, line, process, start, user
from tests.office import ADMIN, AUDITOR, CountedIds, Office, staff

DIAGRAM = process(
    start(),
    user("a", form(field("isi"), field("bukti", "file"))),
    user("b"),
    end(),
    line("s", "a", "b", "e"),
)


@dataclass
class Exported:
    """An export of two instances, and what the script in it says of it."""

    office: Office
    folder: Path
    instances: tuple[str, str]
    file: Path

    def check(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the script out of the file, with a bare Python that sees no installed library."""
        script = self.folder / "verify_export.py"
        with zipfile.ZipFile(self.file) as archive:
            script.write_bytes(archive.read(script.name))
        return subprocess.run(
            [sys.executable, "-I", "-S", script, self.file, *words],
            cwd=self.folder,
            env={},
            capture_output=True,
            text=True,
            check=False,
        )

    def change(self, name: str, change: Callable[[bytes], bytes]) -> None:
        """One file of the export has other bytes."""
        with zipfile.ZipFile(self.file) as archive:
            content = {each: archive.read(each) for each in archive.namelist()}
        content[name] = change(content[name])
        with zipfile.ZipFile(self.file, "w") as archive:
            for each, found in content.items():
                archive.writestr(each, found)


def an_export(store: Store, tmp_path: Path) -> Exported:
    settings = Settings(checkpoints=tmp_path / "titik", checkpoint_key=tmp_path / "key.pem")
    office = Office(store, settings)
    definition = office.deploy(DIAGRAM)
    first, second = office.start(definition), office.start(definition)
    # Characters in which canonical JSON differs from the usual one.
    office.complete(first, "a", isi="é\u2028\U0001f600\x7f", bukti=Upload("surat.pdf", b"isi"))
    office.engine.checkpoints.make(actor=ADMIN)
    office.complete(first, "b")
    folder = tmp_path / "auditor"
    folder.mkdir()
    found = Exported(office, folder, (first, second), folder / "riwayat.zip")
    with found.file.open("wb") as target:
        office.engine.history_export.write(
            found.instances, target, actor=AUDITOR, with_documents=True
        )
    return found


@pytest.fixture
def exported(office: Office, tmp_path: Path) -> Exported:
    return an_export(office.store, tmp_path)


def test_an_export_is_verified_by_python_alone(store: Store, tmp_path: Path) -> None:
    exported = an_export(store, tmp_path)

    answer = exported.check()

    assert (answer.returncode, answer.stderr) == (0, "")
    first, second, key, verdict = answer.stdout.splitlines()
    assert first.startswith(exported.instances[0])
    assert "events 1 to 9 are covered by checkpoint 1 of 2026-01-05T00:30:00.000+00:00, " in first
    assert first.endswith("later ones by the chain only")
    assert second.startswith(f"{exported.instances[1]}  5 events: the chain holds; events 1 to 5")
    assert key.startswith("key ")
    assert verdict == "SOUND / UTUH"


def test_the_key_is_compared_with_the_known_one(exported: Exported) -> None:
    proof = exported.office.engine.checkpoint_proof
    known = proof.verify(exported.folder.parent / "titik", actor=AUDITOR).fingerprint

    assert "the known one" in exported.check("--key", known).stdout
    answer = exported.check("--key", "00" * 32)
    assert answer.returncode == 1
    assert "it is not the known one" in answer.stdout


def test_checkpoints_are_compared_with_own_copies(exported: Exported) -> None:
    own = exported.folder / "titik"
    shutil.copytree(exported.folder.parent / "titik", own)
    assert exported.check("--checkpoints", own).returncode == 0

    (own / "checkpoint-00000001.json").write_bytes(b"{}")

    assert exported.check("--checkpoints", own).returncode == 1


def _written_anew(exported: Exported, name: str, *, after: int) -> None:
    """The events of the first instance say something else from there on, in a chain that holds."""

    def anew(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        head = json.loads(lines[after - 1])[1]
        for number in range(after, len(lines)):
            body = lines[number][135:-2].replace(b"admin", name.encode())
            found = hashlib.sha256(b"\x00" + bytes.fromhex(head) + body).hexdigest()
            lines[number] = f'["{head}","{found}",'.encode() + body + b"]\n"
            head = found
        return b"".join(lines)

    exported.change(f"events/{exported.instances[0]}.jsonl", anew)


def test_what_an_own_copy_lists_cannot_be_written_anew(exported: Exported) -> None:
    office, own = exported.office, exported.folder / "titik"
    # The sender's proof is of the first checkpoint; what came later is in the auditor's second one.
    office.engine.checkpoints.make(actor=ADMIN)
    shutil.copytree(exported.folder.parent / "titik", own)
    assert exported.check("--checkpoints", own).returncode == 0

    _written_anew(exported, "lurah", after=9)

    assert exported.check().returncode == 0
    answer = exported.check("--checkpoints", own)
    assert answer.returncode == 1
    assert "is not the one that your copy of checkpoint 2 lists" in answer.stdout


def test_what_an_own_copy_lists_cannot_be_cut_off(exported: Exported) -> None:
    own = exported.folder / "titik"
    shutil.copytree(exported.folder.parent / "titik", own)
    exported.change("export.json", _without_proofs)
    exported.change(
        f"events/{exported.instances[0]}.jsonl",
        lambda c: b"".join(c.splitlines(keepends=True)[:8]),
    )

    answer = exported.check("--checkpoints", own)

    assert answer.returncode == 1
    assert "event 9 is missing, which your copy of checkpoint 1 lists" in answer.stdout


def _without_proofs(content: bytes) -> bytes:
    made = json.loads(content)
    for each in made["instances"]:
        each |= {"proof": None, "state": "ACTIVE"}
    return json.dumps(made).encode()


def test_a_key_that_is_known_must_have_signed_something(exported: Exported) -> None:
    proof = exported.office.engine.checkpoint_proof
    known = proof.verify(exported.folder.parent / "titik", actor=AUDITOR).fingerprint
    exported.change("export.json", _without_proofs)
    with zipfile.ZipFile(exported.file) as archive:
        content = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(exported.file, "w") as archive:
        for name, found in content.items():
            if not name.startswith("checkpoints/"):
                archive.writestr(name, found)

    answer = exported.check("--key", known or "")

    assert answer.returncode == 1
    assert "nothing in it is signed" in answer.stdout
    assert "2 of 2 instances: nothing but the sender vouches for" in answer.stdout


def test_a_file_that_is_there_twice_is_named(exported: Exported) -> None:
    name = f"events/{exported.instances[0]}.jsonl"
    with zipfile.ZipFile(exported.file) as archive:
        content = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(exported.file, "w") as archive:
        for each, found in content.items():
            archive.writestr(each, found)
        # Python reads the last one, and many programs show the first.
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(name, content[name])

    answer = exported.check()

    assert answer.returncode == 1
    assert f"NOT SOUND: {name} is there twice" in answer.stdout


@pytest.mark.parametrize("name", ["events/lain.jsonl", "documents/lain", "LAPORAN.pdf"])
def test_a_file_that_no_history_names_is_named(exported: Exported, name: str) -> None:
    with zipfile.ZipFile(exported.file, "a") as archive:
        archive.writestr(name, b"palsu")

    answer = exported.check()

    assert answer.returncode == 1
    assert f"NOT SOUND: {name} is named by no history" in answer.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [("businessKey", "LAIN"), ("state", "ACTIVE"), ("process", "lain"), ("version", 7)],
)
def test_what_is_said_of_an_instance_is_what_its_events_say(
    exported: Exported, name: str, value: object
) -> None:
    def forged(content: bytes) -> bytes:
        made = json.loads(content)
        made["instances"][0][name] = value
        return json.dumps(made).encode()

    exported.change("export.json", forged)

    answer = exported.check()
    assert answer.returncode == 1
    assert f"export.json says {name} {value}, its events say " in answer.stdout


def test_a_bit_that_flips_is_no_traceback(exported: Exported) -> None:
    content = exported.file.read_bytes()
    codes = set()

    for place in range(40, len(content), len(content) // 12):
        exported.file.write_bytes(
            content[:place] + bytes([content[place] ^ 32]) + content[place + 1 :]
        )
        script = [sys.executable, "-I", "engine/offline/verify_export.py", str(exported.file)]
        answer = subprocess.run(script, capture_output=True, text=True, check=False)
        assert "Traceback" not in answer.stderr, answer.stderr
        codes.add(answer.returncode)

    assert codes <= {0, 1, 2}
    assert codes & {1, 2}


def _swap_lines(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join([lines[0], lines[2], lines[1], *lines[3:]])


def _resign(content: bytes) -> bytes:
    made = json.loads(content)
    signature = bytearray(base64.b64decode(made["signature"]))
    signature[0] ^= 1
    made["signature"] = base64.b64encode(signature).decode()
    return json.dumps(made).encode()


def _of_other_event(content: bytes) -> bytes:
    made = json.loads(content)
    made["instances"][0]["proof"]["sequence"] -= 1
    return json.dumps(made).encode()


def _of_other_place(content: bytes) -> bytes:
    made = json.loads(content)
    made["instances"][0]["proof"]["index"] ^= 1
    return json.dumps(made).encode()


FORGERIES: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "a changed event": ("events/{}.jsonl", lambda c: c.replace(b"admin", b"lurah", 1), "event 1 "),
    "a deleted event": (
        "events/{}.jsonl",
        lambda c: b"".join(c.splitlines(keepends=True)[:2] + c.splitlines(keepends=True)[3:]),
        "event 3 is missing",
    ),
    "swapped events": ("events/{}.jsonl", _swap_lines, "event 2 is missing"),
    "a cut end": (
        "events/{}.jsonl",
        lambda c: b"".join(c.splitlines(keepends=True)[:4]),
        "event 9 is missing",
    ),
    "another diagram": ("definitions/{}.bpmn", lambda c: c + b" ", "has other bytes"),
    "another document": ("documents/{}", lambda c: c + b" ", "has other bytes"),
    "another signature": ("checkpoints/checkpoint-00000001.json", _resign, "does not hold"),
    "another time": (
        "checkpoints/checkpoint-00000001.json",
        lambda c: c.replace(b"2026", b"2025"),
        "does not hold",
    ),
    "the proof of another event": ("export.json", _of_other_event, "is not the one that check"),
    "the proof of another place": ("export.json", _of_other_place, "is not the one that check"),
}


@pytest.mark.parametrize(("name", "change", "said"), FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_export_is_not_sound(
    exported: Exported, name: str, change: Callable[[bytes], bytes], said: str
) -> None:
    with zipfile.ZipFile(exported.file) as archive:
        folder = name.split("/", maxsplit=1)[0]
        names = [each for each in archive.namelist() if each.startswith(folder)]
    target = name.format(exported.instances[0]) if folder == "events" else names[0]

    exported.change(target, change)

    answer = exported.check()
    assert answer.returncode == 1, answer
    assert said in answer.stdout
    assert answer.stdout.splitlines()[-1].startswith("NOT SOUND: ")


def test_what_is_no_export_is_said(exported: Exported) -> None:
    exported.change("export.json", lambda _: b'{"format": "lain"}')
    assert exported.check().returncode == 2

    exported.file.write_bytes(exported.file.read_bytes()[:100])
    shutil.copy("engine/offline/verify_export.py", exported.folder)
    answer = subprocess.run(
        [sys.executable, "-I", exported.folder / "verify_export.py", exported.file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert "cannot be read" in answer.stderr


def test_without_a_checkpoint_the_chain_is_all(office: Office, tmp_path: Path) -> None:
    instance = office.start(office.deploy(DIAGRAM))
    found = Exported(office, tmp_path, (instance, instance), tmp_path / "riwayat.zip")
    with found.file.open("wb") as target:
        office.engine.history_export.write([instance], target, actor=AUDITOR)

    answer = found.check()
    assert answer.returncode == 0
    assert "no checkpoint covers it yet" in answer.stdout
    assert "1 of 1 instances: nothing but the sender vouches for" in answer.stdout


def test_who_may_not_see_an_instance_may_not_export_it(office: Office) -> None:
    instance = office.start(office.deploy(DIAGRAM))
    export = office.engine.history_export

    with pytest.raises(Forbidden):
        export.write([instance], io.BytesIO(), actor=staff("Kadis"), with_documents=True)
    for wanted, actor, error in (
        ([instance], Actor("tamu"), Forbidden),
        (["tidak-ada"], AUDITOR, NotFound),
        ([], AUDITOR, InvalidInput),
        ([str(number) for number in range(1001)], AUDITOR, InvalidInput),
    ):
        target = io.BytesIO()
        with pytest.raises(error):
            export.write(wanted, target, actor=actor)
        assert target.getvalue() == b""


def test_a_checkpoint_that_does_not_list_the_instance_is_named(exported: Exported) -> None:
    office = exported.office
    new = office.start(office.deploy(DIAGRAM))
    with office.store._engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO listed_head VALUES ('{new}', 1, 1)")

    with pytest.raises(DamagedRow, match="does not list"):
        office.engine.history_export.write([new], io.BytesIO(), actor=AUDITOR)


#: RFC 8032 §7.1: secret key, public key, message, signature.
RFC_8032 = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)


def _base64(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text)).decode()


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_signatures_of_rfc_8032_hold(key: str, message: str, signature: str) -> None:
    content = bytes.fromhex(message)

    assert is_signed(content, _base64(signature), _base64(key))
    assert not is_signed(content + b"x", _base64(signature), _base64(key))
    assert not is_signed(content, _base64(signature), _base64(RFC_8032[0][0][::-1]))


def test_both_verifiers_agree_with_the_library_that_signs(tmp_path: Path) -> None:
    for number in range(5):
        key = SigningKey(tmp_path / f"{number}.pem", CountedIds())
        key.make()
        content = b"isi %d" % number
        signature = key.sign(content)

        assert is_signed(content, signature, key.public())
        spoiled = bytearray(base64.b64decode(signature))
        spoiled[63] ^= 128  # a scalar beyond the order of the group
        assert not is_signed(content, base64.b64encode(spoiled).decode(), key.public())
