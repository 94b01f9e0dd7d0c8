"""Diagrams of 200 nodes, each of another shape: what a check has to see through differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.benchmarks import workload
from tests.diagrams import (
    boundary,
    catch,
    end,
    event_gateway,
    exclusive,
    flow,
    inclusive,
    line,
    parallel,
    process,
    start,
    subprocess,
    timer,
    user,
)

NODES = 200
Gateway = Callable[[str], str]


def shapes() -> dict[str, str]:
    """What it is -> the diagram; its process has the key "p"."""
    return {
        "198 steps of five fields": workload.sop(NODES - 2).replace(workload.KEY, "p"),
        "parallel, 196 branches": _branches(parallel),
        "inclusive, 196 branches": _branches(inclusive),
        "exclusive, 196 branches": _branches(exclusive),
        "event gateway, 98 events": _race(),
        "49 choices in a row": _choices(),
        "parallel in parallel, 65 deep": _nested(),
        "66 loops in a row": _loops(),
        "49 sub-processes": _sub_processes(),
        "sub-process in sub-process, 20 deep": _deep(20),
        "66 steps, a timer on each": _timers(),
        "98 timers beside one step, joined": _beside(),
    }


def _whole(*parts: str) -> str:
    return process(start(), end(), *parts)


def _branches(gateway: Gateway) -> str:
    numbers = range(NODES - 4)
    return _whole(
        *(gateway("bagi"), gateway("gabung"), flow("s", "bagi"), flow("gabung", "e")),
        *(user(f"t{n}") + flow(f"t{n}", "gabung") for n in numbers),
        *(
            flow("bagi", f"t{n}", _condition(n) if gateway is not parallel else None)
            for n in numbers
        ),
    )


def _condition(number: int) -> str:
    return f"${{pilihan{number} == 'ya'}}"


def _race() -> str:
    return _whole(
        *(event_gateway("tunggu"), exclusive("gabung"), flow("s", "tunggu"), flow("gabung", "e")),
        *(
            catch(f"c{n}", timer(f"PT{n + 1}H"))
            + user(f"t{n}")
            + line("tunggu", f"c{n}", f"t{n}", "gabung")
            for n in range((NODES - 4) // 2)
        ),
    )


def _row(size: int, drawn: Callable[[int], str], names: Callable[[int], tuple[str, str]]) -> str:
    """Blocks one after the other, and steps for the nodes that are left.

    size: nodes of a block; names: those by which it is entered and left.
    """
    number, left = divmod(NODES - 2, size)
    steps = [f"akhir{n}" for n in range(left)]
    ways = [*map(names, range(number)), *((step, step) for step in steps)]
    befores, afters = ["s", *(leave for _, leave in ways)], [*(into for into, _ in ways), "e"]
    return _whole(*map(drawn, range(number)), *map(user, steps), *map(flow, befores, afters))


def _choices() -> str:
    def drawn(n: int) -> str:
        ways = (flow(f"x{n}", f"{way}{n}", f"${{p{n} {sign} 'a'}}") for way, sign in _WAYS)
        tasks = (user(f"{way}{n}") + flow(f"{way}{n}", f"y{n}") for way, _ in _WAYS)
        return "".join([exclusive(f"x{n}"), exclusive(f"y{n}"), *ways, *tasks])

    return _row(4, drawn, lambda n: (f"x{n}", f"y{n}"))


_WAYS = (("a", "=="), ("b", "!="))


def _loops() -> str:
    last = (NODES - 2) // 3 - 1

    def drawn(n: int) -> str:
        # The way on is the default, which needs no condition.
        on = f"x{n + 1}" if n < last else "e"
        choice = exclusive(f"y{n}").replace("/>", f' default="y{n}_{on}"/>')
        ways = line(f"x{n}", f"t{n}", f"y{n}") + flow(f"y{n}", f"x{n}", f"${{ulang{n}}}")
        return exclusive(f"x{n}") + user(f"t{n}") + choice + ways

    return _row(3, drawn, lambda n: (f"x{n}", f"y{n}"))


def _nested() -> str:
    depth = range((NODES - 2) // 3 - 1)
    last = depth[-1]
    inner = [flow(f"x{n}", f"x{n + 1}") + flow(f"y{n + 1}", f"y{n}") for n in depth[:-1]]
    return _whole(
        *(parallel(f"x{n}") + parallel(f"y{n}") + user(f"t{n}") for n in depth),
        *(line(f"x{n}", f"t{n}", f"y{n}") for n in depth),
        *(*inner, flow("s", "x0"), flow("y0", "e")),
        *(user(f"dalam{n}") + line(f"x{last}", f"dalam{n}", f"y{last}") for n in range(3)),
    )


def _sub_processes() -> str:
    def drawn(n: int) -> str:
        return _scope(f"p{n}", n, [user(f"t{n}")], f"t{n}")

    return _row(4, drawn, lambda n: (f"p{n}", f"p{n}"))


def _scope(name: str, number: int, parts: Iterable[str], *steps: str) -> str:
    ways = line(f"s{number}", *steps, f"e{number}")
    return subprocess(name, start(f"s{number}"), *parts, end(f"e{number}"), ways)


def _deep(depth: int) -> str:
    """Each has as many steps as are left for it."""
    steps = (NODES - 2) // depth - 3
    inner, name = "", []
    for level in range(depth):
        tasks = [f"t{level}_{n}" for n in range(steps)]
        inner = _scope(f"dalam{level}", level, [*map(user, tasks), inner], *tasks, *name)
        name = [f"dalam{level}"]
    missing = [f"akhir{n}" for n in range(NODES - 2 - depth * (steps + 3))]
    return _whole(*map(user, missing), inner, line("s", *missing, *name, "e"))


def _timers() -> str:
    def drawn(n: int) -> str:
        event = boundary(f"b{n}", f"t{n}", timer(), interrupts=n % 2 == 0)
        return user(f"t{n}") + event + end(f"z{n}") + flow(f"b{n}", f"z{n}")

    return _row(3, drawn, lambda n: (f"t{n}", f"t{n}"))


def _beside() -> str:
    return _whole(
        *(user("inti"), inclusive("gabung"), line("s", "inti", "gabung", "e")),
        *(
            boundary(f"b{n}", "inti", timer(f"PT{n + 1}H"), interrupts=False)
            + user(f"t{n}")
            + line(f"b{n}", f"t{n}", "gabung")
            for n in range((NODES - 4) // 2)
        ),
    )
