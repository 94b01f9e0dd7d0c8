"""Instances and tasks on the command line."""

from __future__ import annotations

import json

from engine.store import Store
from tests.cli.conftest import Terminal


def test_start_shows_the_first_task(alur: Terminal) -> None:
    answer = alur.ok("start", "surat", "--as", "sekretaris", "--set", "nomor=7")

    assert answer.out.startswith("started instance ")
    assert "Sekretaris" in answer.out


def test_values_are_typed_by_the_form(alur: Terminal) -> None:
    answer = alur.ok("start", "surat", "--set", "nomor=7", "--json")

    assert answer.json["variables"] == {"nomor": 7}


def test_values_come_from_a_file_and_set_wins(alur: Terminal) -> None:
    path = alur.file("nilai.json", json.dumps({"nomor": 7, "catatan": {"sifat": "segera"}}))

    answer = alur.ok("start", "surat", "--values", path, "--set", "nomor=8", "--json")

    assert answer.json["variables"] == {"nomor": 8, "catatan": {"sifat": "segera"}}


def test_missing_value_shows_the_form_with_the_fault_at_its_field(alur: Terminal) -> None:
    answer = alur("start", "surat")

    assert answer.code == 2
    assert answer.out == ""
    row = next(line for line in answer.err.splitlines() if line.startswith("nomor "))
    assert "Isian ini wajib diisi." in row


def test_fault_in_json_has_its_fields(alur: Terminal) -> None:
    answer = alur("start", "surat", "--set", "nomor=tujuh", "--json")

    assert answer.code == 2
    error = json.loads(answer.err)["error"]
    assert error["type"] == "InvalidForm"
    assert list(error["fields"]) == ["nomor"]


def test_form_is_shown_and_nothing_is_started(alur: Terminal) -> None:
    answer = alur.ok("start", "surat", "--form", "--json")

    assert [each["id"] for each in answer.json] == ["nomor"]
    assert alur.ok("instances", "--json").json == []


def test_wrong_words_are_bad_input(alur: Terminal) -> None:
    assert alur("start", "surat", "--set", "nomor").code == 2
    assert alur("start", "surat", "--set", "nomor=1", "--set", "nomor=2").code == 2
    assert alur("start", "surat", "--values", alur.file("x.json", "[1]")).code == 2
    assert alur("start", "surat", "--values", alur.file("y.json", "{")).code == 2
    assert alur("start", "surat", "--values", "tidak-ada.json").code == 2


def test_unknown_process_is_not_found(alur: Terminal) -> None:
    answer = alur("start", "rapat")

    assert answer.code == 3
    assert "rapat" in answer.err


def test_tasks_are_those_of_the_lane(alur: Terminal, task: str) -> None:
    assert [each["taskId"] for each in alur.ok("tasks", "--json").json] == [task]
    assert alur.ok("tasks", "--as", "kadis", "--json").json == []
    assert alur.ok("tasks", "--lane", "Kadis", "--json").json == []
    assert len(alur.ok("tasks", "--lane", "Sekretaris", "--json").json) == 1
    assert alur.ok("tasks", "--mine", "--as", "sekretaris", "--json").json == []


def test_claimed_task_is_mine_and_of_its_lane_still(alur: Terminal, task: str) -> None:
    alur.ok("claim", task, "--as", "sekretaris")

    assert len(alur.ok("tasks", "--mine", "--as", "sekretaris", "--json").json) == 1
    assert len(alur.ok("tasks", "--lane", "Sekretaris", "--json").json) == 1


def test_task_of_another_lane_is_forbidden(alur: Terminal, task: str) -> None:
    assert alur("claim", task, "--as", "kadis").code == 4
    assert alur("complete", task, "--as", "kadis").code == 4


def test_task_in_other_hands_is_a_conflict(alur: Terminal, task: str) -> None:
    alur.account("sekretaris2", "--role", "staff", "--lane", "Sekretaris")
    alur.ok("claim", task, "--as", "sekretaris")

    assert alur("claim", task, "--as", "sekretaris2").code == 1


def test_instance_runs_to_its_end(alur: Terminal, started: str, task: str) -> None:
    opened = alur.ok("complete", task, "--as", "sekretaris", "--json").json["opened"]
    words = ("complete", opened[0]["taskId"], "--as", "kadis", "--set", "isi=Setuju")
    done = alur.ok(*words, "--set", "jumlah=3")

    assert f"instance {started} has ended: COMPLETED" in done.out
    assert alur.ok("instances", "--state", "active", "--json").json == []
    assert [each["instanceId"] for each in alur.ok("instances", "--json").json] == [started]


def test_second_completion_is_a_conflict(alur: Terminal, task: str) -> None:
    alur.ok("complete", task, "--as", "sekretaris")

    answer = alur("complete", task, "--as", "sekretaris")

    assert answer.code == 1
    assert answer.err.startswith(f"alur: task {task} was completed by sekretaris at ")


def test_listing_says_that_there_is_more(alur: Terminal) -> None:
    for number in range(3):
        alur.ok("start", "surat", "--set", f"nomor={number}")

    some = alur.ok("instances", "--limit", "2")
    every = alur.ok("instances", "--limit", "0", "--json")

    assert some.err == "alur: 2 of 3 are shown; --limit 0 shows all\n"
    assert len(every.json) == 3


def test_repeated_value_is_a_list(alur: Terminal) -> None:
    alur.ok("deploy", "processes/balangan.bpmn")

    words = ("start", "pdk_balangan", "--set", "periode_tahun=2026")
    answer = alur.ok(*words, "--set", "daftar_bidang=SMP", "--set", "daftar_bidang=PAUD", "--json")

    assert answer.json["variables"]["daftar_bidang"] == ["SMP", "PAUD"]


def test_search_finds_by_key_and_reindex_makes_its_index_anew(alur: Terminal) -> None:
    started = alur.ok("start", "surat", "--set", "nomor=7", "--business-key", "LKJ-9", "--json")
    instance = started.json["instance"]["instanceId"]

    assert instance in alur.ok("search", "lkj", "9").out
    assert alur.ok("search", "nihil").out == "nothing found\n"
    assert alur.ok("reindex", "--json").json == {"indexed": 1, "renewed": 0}
    assert alur.ok("reindex", instance).out == "indexed 1; rows of 1 made anew\n"
    found = alur.ok("search", "lkj-9", "--json").json
    assert [each["instance"]["instanceId"] for each in found["instances"]] == [instance]
    assert alur("search", "x", "--limit", "0").code == 2
    assert alur("reindex", "?").code == 3


def test_migrate_indexes_what_an_older_version_left(alur: Terminal) -> None:
    alur.ok("start", "surat", "--set", "nomor=77", "--business-key", "LKJ-9")
    store = Store.open(f"sqlite:///{alur.folder / 'alur.db'}")
    with store.writing() as tx:
        tx.forget_words(each.instance_id for each in tx.instances_behind(None, 10))
    store.close()
    assert alur.ok("search", "77").out == "nothing found\n"

    answer = alur.ok("migrate")

    assert "indexed 1 instances for the search" in answer.err
    assert "LKJ-9" in alur.ok("search", "77").out
    assert alur.ok("migrate").err.count("indexed") == 0
