"""Documents handed in on the command line."""

from __future__ import annotations

import hashlib

from tests.cli.conftest import Terminal
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
