"""What hostile diagrams are made of, and the one question asked of each: what became of it?"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from engine.errors import DeploymentRejected
from engine.model import Severity
from tests.diagrams import (
    boundary,
    each,
    end,
    exclusive,
    flow,
    line,
    process,
    script,
    start,
    timer,
    user,
)
from tests.office import AUDITOR, Office

#: Generous, for a machine that does other work too; the sandbox's own limit is 0.5 s.
SECONDS = 5.0

EXPRESSIONS = {
    "import and read the environment": "__import__('os').environ['SECRET_KEY']",
    "import and run a command": "__import__('os').system('true')",
    "walk from a tuple to all classes": "().__class__.__bases__[0].__subclasses__()",
    "walk from a text to all classes": "''.__class__.__mro__[1].__subclasses__()",
    "walk from a variable": "n.__class__.__init__.__globals__",
    "dunder by subscript": "kamus['__class__']['__mro__']",
    "dunder by getattr": "getattr(n, '__cl' + 'ass__')",
    "dunder by format": "'{0.__class__.__mro__}'.format(n)",
    "dunder by format_map": "'{n.__class__}'.format_map(kamus)",
    "dunder in an f-string": "f'{n.__class__.__mro__}'",
    "read a file": "open('/etc/passwd').read()",
    "globals": "globals()['__builtins__']",
    "all variables": "vars()",
    "compile": "compile('1', 'a', 'eval')",
    "ask the operator": "input()",
    "leave": "exit()",
    "stop in a debugger": "breakpoint()",
    "power tower": "9 ** 9 ** 9 ** 9",
    "shift": "1 << 10 ** 10",
    "power of a long number": "int('9' * 4000) ** 4000",
    "list of ten milliard": "[0] * 10 ** 10",
    "text of nine billion": "teks * 9000000000000",
    "format to a width": "'{:>9999999999}'.format(n)",
    "percent to a width": "'%9999999999d' % n",
    "join": "'a'.join(['b' * 1000000] * 1000000)",
    "replace": "('a' * 1000000).replace('a', 'b' * 1000000)",
    "comprehension": "[x for x in range(10 ** 10)]",
    "comprehension in a comprehension": "[[y for y in range(10**6)] for x in range(10**6)]",
    "generator without an end": "any(x for x in iter(int, 1))",
    "a sum without an end": "sum(range(10 ** 12))",
    "sort a milliard": "sorted(range(10 ** 9))",
    "assignment in a loop": "[n := n + 1 for _ in range(10**9)]",
    "recursion without a name": "(lambda f: f(f))(lambda f: f(f))",
    "nots": "not " * 400 + "n",
    "minuses": "-" * 1900 + "1",
    "sums": "+".join(["1"] * 900),
    "brackets": "[" * 400 + "]" * 400,
    "Java's runtime": "${''.getClass().forName('java.lang.Runtime').getRuntime()}",
    "the engine of another house": "${execution.getProcessEngine().getRuntimeService()}",
    "FEEL loop": "= for i in 1..1000000000 return i",
    "divide by zero": "1 / (n - n)",
    "wrong kinds": "n < teks",
    "text times text": "${teks * teks}",
    "no such name": "${rahasia}",
}

SCRIPTS = {
    "import": "import os\nx = os.environ",
    "import from": "from os import environ as x",
    "dunder import": "x = __import__('os').environ",
    "open": "x = open('/etc/passwd').read()",
    "write": "open('/tmp/alur-was-here', 'w').write('x')",
    "attribute walk": "x = ().__class__.__bases__[0].__subclasses__()",
    "exec": "exec('x = 1')",
    "eval": "x = eval('1')",
    "getattr": "x = getattr(n, '__cl' + 'ass__')",
    "format walk": "x = '{0.__class__}'.format(n)",
    "traceback": "try:\n  1 / 0\nexcept Exception as e:\n  x = e.__traceback__.tb_frame",
    "generator frame": "x = (i for i in [1]).gi_frame.f_back",
    "patch the engine": "import SpiffWorkflow\nSpiffWorkflow.evaluate = None",
    "subclasses": "x = Exception.__subclasses__()",
    "endless loop": "while True:\n  pass",
    "endless loop that swallows": (
        "while True:\n  try:\n    while True:\n      pass\n  except BaseException:\n    pass"
    ),
    "endless finally": "try:\n  1 / 0\nfinally:\n  while True:\n    pass",
    "recursion": "def f(i):\n  return f(i + 1)\nx = f(0)",
    "recursion that swallows": (
        "def f():\n  try:\n    return f()\n  except RecursionError:\n    return f()\nx = f()"
    ),
    "doubling": "x = 'a'\nwhile True:\n  x = x + x",
    "doubling that swallows": (
        "x = 'a'\nwhile True:\n  try:\n    x = x + x\n  except MemoryError:\n    pass"
    ),
    "a long list": "x = [0] * 10 ** 9",
    "a long number": "x = 9 ** 9 ** 9",
    "width in a format": "x = '{:{}}'.format('a', 10 ** 10)",
    "output without an end": "while True:\n  print('a' * 1000)",
    "SystemExit": "x = 1\nraise SystemExit(0)",
    "KeyboardInterrupt": "x = 1\nraise KeyboardInterrupt",
    "StopIteration": "x = 1\nraise StopIteration({'a': 1})",
    "KeyError with a number": "x = 1\nraise KeyError(5)",
    "OSError with two arguments": "x = 1\nraise OSError(2, 'x')",
    "UnicodeDecodeError": "x = 1\nraise UnicodeDecodeError('utf-8', b'x', 0, 1, 'y')",
    "raise nothing": "x = 1\nraise None",
    "raise a text": "x = 1\nraise 'a'",
    "an exception from an exception": (
        "try:\n  1 / 0\nexcept Exception as e:\n  raise ValueError({'a': e}) from e"
    ),
    "changes a list and fails": "daftar.append(9)\nkamus['b'] = 1\nx = 1 / 0",
    "NaN": "x = float('inf') - float('inf')",
    "infinity": "x = float('inf')",
    "a number beyond JSON": "x = 2 ** 200",
    "NUL": "x = 'a\\x00b'",
    "a set": "x = {1, 2}",
    "a tuple": "x = (1, 2)",
    "bytes": "x = b'abc'",
    "a key that is a number": "x = {1: 2}",
    "a key that the engine keeps": "x = {'a': [{'typename': 'datetime'}]}",
    "a dunder key": "x = {'__class__': 1}",
    "too deep": "x = []\nfor i in range(5000):\n  x = [x]",
    "too large": "x = 'a' * 400000",
    "an exception as a value": "try:\n  1 / 0\nexcept Exception as e:\n  x = e",
    "return at the top": "x = 1\nreturn {'jahat': 1}",
    "the collecting name": "alur_out = 5",
    "a captured name": "match n:\n  case x:\n    pass",
    "not Python": "x = = 1",
}

GIVEN: dict[str, Any] = {"n": 1, "teks": "abc", "daftar": [1, 2], "kamus": {"a": 1}}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a hostile diagram: refused at deploy, or stopped with an incident."""

    how: str
    message: str
    seconds: float


def verdict_of(office: Office, diagram: str | bytes, *elements: str) -> Verdict:
    """Deploy and run it; see that nothing around it changed, and that the message says where.

    `elements`: what may be named as the place, such as a gateway and the flow with its condition.
    """
    began = time.perf_counter()
    try:
        definition = office.deploy(diagram)
    except DeploymentRejected as rejected:
        findings = [f for f in rejected.findings if f.severity != Severity.WARNING]
        assert {f.element_id for f in findings} & set(elements)
        assert all(f.message_id and f.message_en for f in findings)
        return Verdict("refused", findings[0].message_en, time.perf_counter() - began)
    instance = office.start(definition, **GIVEN)
    office.complete(instance, "a", kerja="tetap ada")
    if "isi" in office.waiting_at(instance):
        office.complete(instance, "isi")
    seconds = time.perf_counter() - began

    found = office.engine.instances.incidents(actor=AUDITOR, instance_id=instance)
    places = {incident.activity_id.partition("#")[0] for incident in found}
    assert len(places) == 1
    assert places <= set(elements)
    assert office.variables(instance) == {**GIVEN, "kerja": "tetap ada"}
    assert office.state(instance) == "ACTIVE"
    office.assert_sound(instance)
    return Verdict("incident", found[0].message, seconds)


def assert_office_works(office: Office) -> None:
    """Another instance, and later evaluations, go on as if nothing had been."""
    diagram = process(
        start(), user("a"), script("k", "m = n + 1"), exclusive("x"), user("b"), end(),
        line("s", "a", "k", "x"), flow("x", "b", "${m == 2}"), flow("x", "e", "${m != 2}"),
        line("b", "e"), key="lain",
    )  # fmt: skip
    instance = office.start(office.deploy(diagram, "lain.bpmn"), n=1)
    office.complete(instance, "a")
    assert office.waiting_at(instance) == ["b"]
    assert office.variables(instance) == {"n": 1, "m": 2}


def as_condition(code: str) -> tuple[str, ...]:
    """(diagram, elements of which one is to be named), with the code on a sequence flow."""
    diagram = process(
        start(), user("a"), exclusive("x"), end(), end("e2"), line("s", "a", "x"),
        flow("x", "e", escape(code)), flow("x", "e2", "${n == 2}"),
    )  # fmt: skip
    return diagram, "x", "x_e"


def as_script(code: str) -> tuple[str, ...]:
    parts = (start(), user("a"), script("k", code), end(), line("s", "a", "k", "e"))
    return process(*parts), "k"


def as_collection(code: str) -> tuple[str, ...]:
    return _looped(each(escape(code, {'"': "&quot;"}))), "isi"


def as_cardinality(code: str) -> tuple[str, ...]:
    return _looped(each(cardinality=escape(code))), "isi"


def as_completion(code: str) -> tuple[str, ...]:
    return _looped(each("${daftar}", until=escape(code))), "isi"


def as_timer(code: str) -> tuple[str, ...]:
    diagram = process(
        start(), user("a"), user("b"), boundary("t", "b", timer(escape(code))), end(), end("e2"),
        line("s", "a", "b", "e"), line("t", "e2"),
    )  # fmt: skip
    return diagram, "t"


def _looped(loop: str) -> str:
    return process(start(), user("a"), user("isi", loop), end(), line("s", "a", "isi", "e"))
