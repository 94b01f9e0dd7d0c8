"""`alur message`, `alur waiting` and `alur kept`."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Terminal
from tests.diagrams import catch, end, line, message, named, process, start, user

WAITS = process(
    start(),
    catch("m", message("surat")),
    user("z"),
    end(),
    line("s", "m", "z", "e"),
    key="tunggu",
    before=named("message", surat="surat masuk"),
)


@pytest.fixture
def desk(alur: Terminal) -> Terminal:
    alur.ok("deploy", alur.file("tunggu.bpmn", WAITS))
    return alur


def begun(desk: Terminal, key: str) -> str:
    started = desk.ok("start", "tunggu", "--business-key", key, "--json").json
    return str(started["instance"]["instanceId"])


def test_message_finds_its_instance(desk: Terminal) -> None:
    instance = begun(desk, "B-1")
    begun(desk, "B-2")

    assert "surat masuk" in desk.ok("waiting", "--instance", instance).out
    answer = desk.ok("message", "surat masuk", "--business-key", "B-1", "--set", "nomor=7")

    assert f"instance {instance} went on at m" in answer.out
    assert len(desk.ok("waiting", "--json").json) == 1
    history = desk.ok("history", instance, "--json").json
    [got] = [event for event in history if event["kind"] == "message_received"]
    assert got["payload"]["variables"] == {"nomor": 7}


def test_variables_are_matched_as_what_they_are(desk: Terminal) -> None:
    instance = begun(desk, "B-1")
    desk.ok("message", "surat masuk", "--instance", instance, "--set", 'kode="7"', "--set", "a=b c")
    values = desk.ok("history", instance, "--json").json

    assert any(e["payload"].get("variables") == {"kode": "7", "a": "b c"} for e in values)
    assert desk("message", "surat masuk", "--match", "a=b c").code == 2


@pytest.mark.parametrize(
    "words", [("--set", "x"), ("--match", "=1"), ("--set", "a=1", "--set", "a=2")]
)
def test_wrong_words_are_bad_input(desk: Terminal, words: tuple[str, ...]) -> None:
    assert desk("message", "surat masuk", *words).code == 2


def test_unmatched_message_is_refused_or_kept(desk: Terminal) -> None:
    refused = desk("message", "surat masuk")
    assert refused.code == 2
    assert "nothing waits for it" in refused.err
    assert "nobody waits" in desk.ok("message", "surat masuk", "--all").out
    kept = desk.ok("message", "surat masuk", "--keep", "--json").json["kept"]["keptId"]

    assert kept in desk.ok("kept", "list").out
    assert desk("kept", "deliver", kept).code == 2
    instance = begun(desk, "B-1")
    assert f"instance {instance} has got it at m" in desk.ok("kept", "deliver", kept).out
    assert kept not in desk.ok("kept", "list").out
    assert desk.ok("kept", "list", "--state", "all", "--json").json[0]["deliveredTo"] == instance


def test_signal_says_for_how_many_it_is(desk: Terminal) -> None:
    assert "nobody waits" in desk.ok("signal", "libur").out
    waits = WAITS.replace("message", "signal").replace('id="tunggu"', 'id="libur"')
    desk.ok("deploy", desk.file("libur.bpmn", waits))
    instance = desk.ok("start", "libur", "--json").json["instance"]["instanceId"]

    assert desk.ok("signal", "surat masuk", "--set", "n=1", "--json").json == {"receivers": 1}
    assert "signal_received" in desk.ok("history", instance).out


def test_kept_message_is_discarded_with_a_reason(desk: Terminal) -> None:
    kept = desk.ok("message", "surat masuk", "--keep", "--json").json["kept"]["keptId"]

    assert desk("kept", "discard", kept, "--reason", " ").code == 2
    desk.ok("kept", "discard", kept, "--reason", "ganda")
    assert desk("kept", "discard", kept, "--reason", "ganda").code == 1
