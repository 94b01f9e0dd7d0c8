"""The benchmarks run: each contestant does all of its work. Their figures are nobody's test."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from engine.bpmn.checks import refuses
from engine.queries import InstanceQuery
from engine.store import Store
from engine.uploads import read_upload
from tests.benchmarks import chores, growth, population, through_http
from tests.benchmarks.aims import Result, aims
from tests.benchmarks.contestants.alur import Way, alur
from tests.benchmarks.contestants.crowd import Crowd
from tests.benchmarks.contestants.floor import floor
from tests.benchmarks.contestants.naive_spiff import naive_spiff
from tests.benchmarks.figures import Series, percentile, table
from tests.benchmarks.shapes import NODES, shapes


@pytest.mark.parametrize(
    "opener",
    [*(partial(alur, way=way) for way in Way), floor, naive_spiff],
)
def test_contestant_completes_every_step_of_every_instance(opener, tmp_path: Path) -> None:
    contestant: Crowd = opener(f"sqlite:///{tmp_path / 'bench.db'}")
    try:
        taken = contestant.round(instances=2, clients=2)

        assert len(taken.seconds) == 20
        assert contestant.bytes_used()
        assert len(contestant.statements()) == 10
    finally:
        contestant.close()


def test_completion_takes_at_most_eight_statements(tmp_path: Path) -> None:
    contestant = alur(f"sqlite:///{tmp_path / 'bench.db'}")
    try:
        assert max(contestant.statements()) <= 8
    finally:
        contestant.close()


def test_aims_say_what_was_found_and_whether_it_is_kept() -> None:
    def result(name: str, seconds: float, elapsed_s: float) -> Result:
        return Result(name, Series([seconds], elapsed_s), [9, 5], None)

    text = aims(
        [
            result("floor: the same rows", 0.001, 0.001),
            result("Alur", 0.002, 0.002),
            result("Alur, task found by group", 0.004, 0.004),
            result("SpiffWorkflow, whole workflow in a column", 0.001, 0.001),
            result("Operaton 1.2.3, full history", 0.010, 0.010),
            result("Flowable 4.5.6, full history", 0.006, 0.006),
        ]
    )

    assert [line.split()[-2:] for line in text.splitlines()[2:]] == [
        ["2.00", "kept"],
        ["2.00", "MISSED"],
        ["2.50", "kept"],
        ["1.50", "MISSED"],
        ["9", "MISSED"],
    ]


def test_an_instance_goes_round_as_often_as_it_is_told() -> None:
    text = growth.on_sqlite(40)

    assert "completion 40 " in text
    assert "steps 31 to 40" in text


def test_a_population_is_measured_at_each_size_and_kept(tmp_path: Path) -> None:
    text = population.on_sqlite((8, 24), 1, keep=tmp_path)

    for said in ("completion", "search, a word of one instance", "admin /berkas", "duty timers"):
        assert said in text
    assert text.splitlines()[3].split() == ["8", "24", "×", "first"]
    kept = Store.open(f"sqlite:///{tmp_path / 'population-24.db'}")
    with kept.reading() as tx:
        assert tx.count_instances(InstanceQuery(business_key="uji-23")) == 1
    kept.close()


def test_chores_are_all_measured() -> None:
    text = chores.on_sqlite(1, instances=2, waiting=8, idle_s=0.1)

    for said in ("alur serve, until it listens", "check and deploy", "verify --all", "8 instances"):
        assert said in text


@pytest.mark.parametrize("name", shapes())
def test_each_shape_has_as_many_nodes_and_may_be_deployed(name: str) -> None:
    upload = read_upload("bentuk", None, {"bentuk.bpmn": shapes()[name].encode()})

    assert sum(len(each.nodes) for each in upload.diagrams[0].processes) == NODES
    assert not refuses(upload.findings)


def test_completions_through_http_are_measured_in_every_way() -> None:
    text = through_http.on_sqlite(1, 1, clients=(1,))

    for said in ("floor", "access token", "inbox before", "form of the page", "page after", "link"):
        assert said in text


def test_percentile_is_the_nearest_rank() -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], 50) == 2.0
    assert percentile([4.0, 1.0, 3.0, 2.0], 99) == 4.0
    assert percentile([7.0], 1) == 7.0
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_figures_of_series_add_up() -> None:
    series = Series([0.001, 0.002], 0.004)
    series.add(Series([0.003], 0.002))

    assert (series.p50_ms, series.p99_ms, series.per_second) == (2.0, 3.0, 500.0)


def test_table_stands_in_columns() -> None:
    text = table("Judul", ("", "p50 ms", "SQL"), [["Alur", 1.234, None], ["dasar", 1234.5, 12000]])

    assert text.splitlines()[3:] == [
        "       p50 ms     SQL",
        "-----  ------  ------",
        "Alur     1.23       –",
        "dasar   1,234  12,000",
    ]
