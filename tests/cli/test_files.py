"""Documents handed in on the command line."""

from __future__ import annotations

import hashlib
import os
import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cli.conftest import Terminal, two_steps
from tests.diagrams import end, form, line, process, start, user
from tests.engine.handing_in import file_field

SOP = process(
    start("s", form(file_field("dasar", required=True))),
    user("a", form(file_field("lampiran", several=True))),
    end(),
    line("s", "a", "e"),
    key="dokumen",
)


def deployed(alur: Terminal) -> None:
    alur.ok("deploy", alur.file("dokumen.bpmn", SOP))


def test_a_file_goes_with_a_start_and_with_a_completion(alur: Terminal) -> None:
    deployed(alur)
    letter = alur.file("surat.txt", "isi surat")
    begun = alur.ok("start", "dokumen", "--file", f"dasar={letter}", "--json").json
    reference = begun["variables"]["dasar"]
    assert (reference["name"], reference["mimeType"]) == ("surat.txt", "text/plain")
    assert reference["sha256"] == hashlib.sha256(b"isi surat").hexdigest()

    task = begun["opened"][0]["taskId"]
    words = ("--file", f"lampiran={letter}", "--file", f"lampiran={alur.file('b.txt', 'b')}")
    done = alur.ok("complete", task, *words, "--json").json

    assert [each["name"] for each in done["variables"]["lampiran"]] == ["surat.txt", "b.txt"]
    instance = begun["instance"]["instanceId"]
    assert reference["sha256"] in alur.ok("history", instance).out
    assert "0 faults" in alur.ok("verify", instance).out


def test_a_missing_file_is_a_fault_at_its_field(alur: Terminal) -> None:
    deployed(alur)

    answer = alur("start", "dokumen")

    assert answer.code == 2
    row = next(line for line in answer.err.splitlines() if line.startswith("dasar "))
    assert "--file" in row
    assert "Isian ini wajib diisi." in row


def test_wrong_words_for_files_are_bad_input(alur: Terminal) -> None:
    deployed(alur)
    letter = alur.file("surat.txt", "isi")
    twice = ("--file", f"dasar={letter}", "--file", f"dasar={letter}")

    for words in (("--file", "dasar"), ("--file", "dasar=tidak-ada.txt"), twice):
        assert alur("start", "dokumen", *words).code == 2
    assert alur("start", "dokumen", "--set", f"dasar={letter}").code == 2


def test_a_simulation_makes_up_a_file(alur: Terminal) -> None:
    found = alur.ok("simulate", alur.file("dokumen.bpmn", SOP), "--json").json

    assert found["isSound"]


def test_a_file_that_cannot_be_written_whole_is_as_it_was(terminal: Terminal) -> None:
    diagram, former = terminal.file("surat.bpmn", two_steps()), terminal.file("baru.bpmn", "lama")
    # As a full disk does; the signal that comes with it is ignored by Python.
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
    try:
        answer = terminal("layout", diagram, "-o", former)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert answer.code == 2
    assert answer.err == f"alur: {former}: cannot be written: File too large\n"
    assert Path(former).read_text() == "lama"
    assert not list(terminal.folder.glob("*.part"))


def test_a_file_is_replaced_and_what_is_no_file_is_written_to(alur: Terminal, started: str) -> None:
    former = alur.file("riwayat.zip", "yang lama")
    Path(former).chmod(0o640)
    pipe = alur.folder / "pipa"
    os.mkfifo(pipe)

    alur.ok("export", "history", started, "-o", former)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_bytes)
        alur.ok("export", "history", started, "-o", str(pipe))

    assert Path(former).read_bytes()[:2] == read.result()[:2] == b"PK"
    assert Path(former).stat().st_mode & 0o777 == 0o640
    assert pipe.is_fifo()
