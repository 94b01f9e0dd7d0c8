"""Two courses of one SOP: what was skipped, repeated, moved, and the straight path of a diagram."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.diagram import read_diagram
from engine.errors import InvalidInput
from engine.playback.comparison import Pair, Round, compare
from engine.playback.straight_path import straight_path
from tests.diagrams import (
    end,
    exclusive,
    flow,
    line,
    parallel,
    process,
    start,
    subprocess,
    user,
)
from tests.office import AUDITOR, PROCESSES, Office, every_return_once, staff, straight

#: What goes back, and so is not on the way from the start to the end.
DETOURS = {
    "bandar-lampung": {"langkah_6"},
    "balangan": {"buka_triwulan_berikutnya"},
    "bakesbangpol": {"langkah_11"},
    "luwu-timur": set(),
}


def path_of(content: str | bytes) -> tuple[str, ...]:
    data = content.encode() if isinstance(content, str) else content
    return straight_path(read_diagram("x.bpmn", data).executable[0])


@pytest.mark.parametrize("stem", DETOURS)
def test_straight_path_of_an_sop_leaves_out_what_goes_back(stem: str) -> None:
    content = (PROCESSES / f"{stem}.bpmn").read_bytes()
    [model] = read_diagram("x.bpmn", content).executable

    path = path_of(content)

    tasks = [node.id for node in model.nodes.values() if node.type.endswith("Task")]
    assert sorted(path) == sorted(set(tasks) - DETOURS[stem])
    numbers = [model.nodes[each].properties["sop:nomor"] for each in path]
    assert [each for each in numbers if each.isdigit()] == sorted(
        (each for each in numbers if each.isdigit()), key=int
    )


def test_straight_path_has_every_branch_before_the_join_and_what_is_inside() -> None:
    content = process(
        start(), parallel("f"), user("a"), user("b"),
        subprocess("sub", start("is"), user("c"), end("ie"), line("is", "c", "ie")),
        parallel("j"), user("d"), end(),
        line("s", "f", "a", "b", "j", "d", "e"), line("f", "sub", "j"),
    )  # fmt: skip

    assert path_of(content) == ("a", "b", "sub", "c", "d")


def test_straight_path_takes_the_choice_with_the_fewest_steps() -> None:
    content = process(
        start(), exclusive("x"), user("a"), user("b"), user("c"), end(), exclusive("m"),
        line("s", "x"), flow("x", "a", "${n == 1}"), flow("x", "c", "${n != 1}"),
        line("a", "b", "m", "e"), line("c", "m"),
    )  # fmt: skip

    assert path_of(content) == ("c",)


def rounds(text: str) -> list[Round]:
    """One letter per round, those of one letter counted."""
    return [Round(each, each, text[:place].count(each) + 1) for place, each in enumerate(text)]


def told(pairs: tuple[Pair, ...]) -> list[str]:
    """a: in both; a-: only left; a+: only right; a~: elsewhere."""
    return [
        pair.round.activity_id
        + ("~" if pair.is_moved else "-" if not pair.right else "+" if not pair.left else "")
        for pair in pairs
    ]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("abc", "abc", ["a", "b", "c"]),
        ("abc", "ac", ["a", "b-", "c"]),
        ("ac", "abc", ["a", "b+", "c"]),
        ("abababc", "abc", ["a", "b", "a-", "b-", "a-", "b-", "c"]),
        ("abc", "", ["a-", "b-", "c-"]),
        ("", "ab", ["a+", "b+"]),
        ("abcd", "acbd", ["a", "b~", "c", "d"]),
        ("ab", "abxy", ["a", "b", "x+", "y+"]),
    ],
)
def test_courses_are_laid_side_by_side(left: str, right: str, expected: list[str]) -> None:
    assert told(compare(rounds(left), rounds(right))) == expected


@given(st.text("abcd", max_size=30), st.text("abcd", max_size=30))
def test_comparison_holds_every_round_of_both_once(left: str, right: str) -> None:
    first, second = rounds(left), rounds(right)

    pairs = compare(first, second)

    assert [pair.left for pair in pairs if pair.left] == first
    assert sorted(pair.right.key for pair in pairs if pair.right) == sorted(e.key for e in second)
    assert all(p.left.key == p.right.key for p in pairs if p.left and p.right)
    steady = [pair.right for pair in pairs if pair.right and not pair.is_moved]
    assert steady == [each for each in second if each in steady]


def test_instance_that_never_came_back_is_its_straight_path(office: Office) -> None:
    instance_id = office.start_sop(office.deploy_sop("luwu-timur"))
    office.run_to_end(instance_id, straight)

    _, other, pairs = office.engine.playback.compare(instance_id, actor=AUDITOR)

    assert other is None
    assert not any(pair.differs for pair in pairs)


def test_returns_are_told_as_repeats(office: Office) -> None:
    definition = office.deploy_sop("luwu-timur")
    plain, returned = office.start_sop(definition), office.start_sop(definition)
    office.run_to_end(plain, straight)
    office.run_to_end(returned, every_return_once())

    _, _, pairs = office.engine.playback.compare(returned, plain, actor=AUDITOR)

    extra = [(pair.round.activity_id, pair.round.ordinal) for pair in pairs if pair.differs]
    assert extra[:2] == [("langkah_5", 2), ("langkah_6", 2)]
    assert all(pair.is_repeat for pair in pairs if pair.differs)
    # Several items of one round stand together.
    [items] = [pair for pair in pairs if pair.round.activity_id == "langkah_2b"]
    assert items.left is not None
    assert len(items.left.visits) == 2


def test_other_people_are_a_difference(office: Office) -> None:
    definition = office.deploy(
        process(
            start(), user("a"), end(), line("s", "a", "e"), lanes={"Perencana": ["s", "a", "e"]}
        )
    )
    people = [staff("Perencana", "satu"), staff("Perencana", "dua")]
    instances = [office.start(definition, person) for person in people]
    for instance_id, person in zip(instances, people, strict=True):
        office.complete(instance_id, "a", person)

    _, _, [pair] = office.engine.playback.compare(*instances, actor=AUDITOR)

    assert (pair.is_by_others, pair.is_moved) == (True, False)


def test_instances_of_two_sops_cannot_be_compared(office: Office) -> None:
    ids = [office.start_sop(office.deploy_sop(stem)) for stem in ("balangan", "luwu-timur")]

    with pytest.raises(InvalidInput, match="expected one of"):
        office.engine.playback.compare(*ids, actor=AUDITOR)
