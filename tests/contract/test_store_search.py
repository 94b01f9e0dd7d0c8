"""The index of the search."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import NotFound
from engine.store import Store, word_index
from tests.contract.builders import a_definition, at, deploy, first_step, start
from tests.statements import asked_by


@pytest.fixture
def index(store: Store) -> Store:
    """Three instances; the last one is of a process in which other lanes take part."""
    deploy(store, a_definition(), a_definition("audit", lanes=("Auditor",)))
    start(
        store,
        first_step("i1"),
        first_step("i2", started_at=at(hours=1), started_by="budi"),
        first_step(
            "i3",
            started_at=at(hours=2),
            started_by="cici",
            definition_id="audit:1:uuid",
            definition_key="audit",
        ),
    )
    with store.writing() as tx:
        tx.add_words("i1", "lkj 2026 laporan")
        tx.add_words("i2", "lkj 2027 laporan")
        tx.add_words("i3", "lkj 2027")
        tx.add_words("i1", "triwulan a")
    return store


def found(store: Store, *words: str, lanes: tuple[str, ...] | None = None, **more: Any) -> str:
    asked = {"account": "x", "first_result": 0, "max_results": 10, **more}
    with store.reading() as tx:
        instances = tx.found_instances(words, lanes=lanes, **asked)
    return " ".join(instance.instance_id for instance in instances)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("lkj",), "i3 i2 i1"),
        (("202",), "i3 i2 i1"),
        (("2027",), "i3 i2"),
        (("lap", "2026"), "i1"),
        # Words of different steps, and one that came later.
        (("triw", "lkj"), "i1"),
        (("kj",), ""),
        # One letter is no beginning of a word.
        (("a",), "i1"),
        (("l",), ""),
        (("tidak", "lkj"), ""),
    ],
)
def test_instances_are_found_by_beginnings_of_all_words(
    index: Store, words: tuple[str, ...], expected: str
) -> None:
    assert found(index, *words) == expected


def test_only_visible_instances_are_found_and_pages_are_theirs(index: Store) -> None:
    assert found(index, "lkj", lanes=("Petugas",)) == "i2 i1"
    assert found(index, "lkj", lanes=("Petugas",), account="cici") == "i3 i2 i1"
    assert found(index, "lkj", lanes=()) == ""
    assert found(index, "lkj", lanes=("Petugas",), max_results=1) == "i2"
    assert found(index, "lkj", lanes=("Petugas",), first_result=1, max_results=1) == "i1"


@pytest.mark.parametrize("young", [1, 2, 3])
def test_what_the_youngest_do_not_give_is_found_all_the_same(
    index: Store, monkeypatch: pytest.MonkeyPatch, young: int
) -> None:
    monkeypatch.setattr(word_index, "_YOUNG", {"sqlite": young, "postgresql": young})
    monkeypatch.setattr(word_index, "_PER_WANTED", {"sqlite": 0, "postgresql": 0})

    assert found(index, "lkj", max_results=1) == "i3"
    assert found(index, "lkj", max_results=2) == "i3 i2"
    assert found(index, "lkj", first_result=1, max_results=1) == "i2"
    assert found(index, "lkj", first_result=1, max_results=5) == "i2 i1"
    assert found(index, "2026", max_results=1) == "i1"
    assert found(index, "lkj", lanes=("Petugas",), max_results=1) == "i2"
    assert found(index, "laporan", max_results=1) == "i2"
    assert found(index, "laporan", max_results=2) == "i2 i1"
    assert found(index, "laporan", first_result=1, max_results=1) == "i1"
    with index.reading() as tx:
        assert tx.found_instances(
            ("triw",), lanes=None, account=None, first_result=0, max_results=1
        )
        if index.dialect == "postgresql":
            # What was said for one statement holds no longer than for that.
            assert tx._connection.exec_driver_sql("SHOW enable_seqscan").scalar() == "on"


def test_of_common_words_and_of_few_instances_no_list_is_made_of_all(
    index: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_index, "_YOUNG", {"sqlite": 2, "postgresql": 2})
    monkeypatch.setattr(word_index, "_PER_WANTED", {"sqlite": 0, "postgresql": 0})

    def is_made(word: str, lanes: tuple[str, ...] | None = None) -> bool:
        asked = asked_by(
            index,
            lambda tx: tx.found_instances(
                (word,), lanes=lanes, account="x", first_result=0, max_results=1
            ),
        )
        return any("MATCH" in each.text or "MATERIALIZED" in each.text for each in asked)

    assert not is_made("laporan")
    assert is_made("triwulan")
    assert not is_made("triwulan", ("Petugas",))
    assert found(index, "triwulan", lanes=("Petugas",)) == "i1"
    assert found(index, "triwulan", lanes=("Auditor",)) == ""


def test_of_a_common_word_beside_a_rare_one_no_list_is_made(
    index: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    if index.dialect != "sqlite":
        return
    monkeypatch.setattr(word_index, "_FIRST_WANTED", 2)
    monkeypatch.setattr(word_index, "_IS_COMMON", 2)
    with index.writing() as tx:
        tx.add_words("i3", "laporta")
    words = ("laporan", "triwulan", "lkj")

    asked = asked_by(
        index,
        lambda tx: tx.found_instances(
            words, lanes=None, account=None, first_result=0, max_results=9
        ),
    )

    assert any('"lapor"* AND "triwulan"* AND "lkj"*' in each.parameters for each in asked)
    assert found(index, *words) == "i1"
    assert found(index, "laporan", "2027") == "i2"
    assert found(index, "laporan", "lkj") == "i2 i1"


def test_what_is_forgotten_is_found_no_more_and_can_be_added_again(index: Store) -> None:
    with index.writing() as tx:
        assert (tx.forget_words(["i1", "?"]), tx.forget_words(["i1"])) == (1, 0)
        assert tx.instances_without_words(10) == ["i1"]
    assert found(index, "lkj") == "i3 i2"
    assert found(index, "triwulan") == ""

    with index.writing() as tx:
        tx.add_words("i1", "sementara")
        tx.put_words("i1", "baru")
        tx.put_words("i2", "lkj")
    assert found(index, "sementara") == ""
    assert (found(index, "baru"), found(index, "lkj")) == ("i1", "i3 i2")
    assert found(index, "2027") == "i3"
    with index.writing() as tx:
        assert tx.forget_words(["i1", "i2", "i3"]) == 3
        assert tx.instances_without_words(2) == ["i1", "i2"]
    assert found(index, "baru") == ""


def test_the_index_of_single_words_is_made_anew_from_the_words(index: Store) -> None:
    before = found(index, "lkj")

    with index.writing() as tx:
        tx.renew_word_index()
        assert tx.words_of("?") is None

    assert found(index, "lkj") == before


def test_what_a_failed_step_brought_is_not_found(index: Store) -> None:
    def fail() -> None:
        with index.writing() as tx:
            tx.add_words("i1", "hilang")
            tx.instance("?")

    with pytest.raises(NotFound):
        fail()

    assert found(index, "hilang") == ""


def test_an_instance_with_very_many_words_takes_no_more(index: Store) -> None:
    many = " ".join(f"kata{number}" for number in range(30_000))
    with index.writing() as tx:
        tx.add_words("i1", many)
        tx.add_words("i1", "terlambat")

    assert found(index, "kata29999") == "i1"
    assert found(index, "terlambat") == ""
