"""Which scripts the sandbox may be given, and which names they read and assign."""

import contextlib

import pytest

from engine.bpmn.scripts import MAX_SCRIPT_LENGTH, translate_script
from engine.errors import ExpressionRefused


@pytest.mark.parametrize(
    ("source", "assigns", "names"),
    [
        ("x = 1", {"x"}, set()),
        ("total = harga * jumlah", {"total"}, {"harga", "jumlah"}),
        ("triwulan = triwulan + 1", {"triwulan"}, {"triwulan"}),
        ("triwulan += 1", {"triwulan"}, {"triwulan"}),
        ("for b in daftar:\n    n = b", {"b", "n"}, {"b", "daftar"}),
        ("def f(a):\n    return a + z\nq = f(1)", {"q"}, {"f", "z"}),
        ("semua = [i for i in daftar]", {"semua"}, {"daftar"}),
        ("a, (b, c) = d", {"a", "b", "c"}, {"d"}),
        ("x = (n := 3)", {"x", "n"}, set()),
        ("surat['nomor'] = 2", set(), {"surat"}),
        ("try:\n    a = 1\nexcept KeyError:\n    b = 2", {"a", "b"}, {"KeyError"}),
        ("x = nama.upper()", {"x"}, {"nama"}),
        ("f = lambda q: q + r", {"f"}, {"r"}),
    ],
)
def test_a_script_knows_its_names(source, assigns, names):
    script = translate_script(source)

    assert script.source == source
    assert script.assigns == assigns
    assert script.names == names


@pytest.mark.parametrize(
    "source",
    [
        "",
        "  \n",
        "x = = 1",
        "x = 1\0",
        "import os",
        "from os import path",
        "x = ().__class__",
        "x = a.__dict__",
        "__builtins__ = 1",
        "x = __import__('os')",
        "global a",
        "def f():\n    nonlocal a",
        "def f():\n    global a\n    a = 1",
        "async def f():\n    pass",
        "async def f():\n    await g()",
        "class A:\n    pass",
        "with a as b:\n    pass",
        "@a\ndef f():\n    pass",
        "del a.b",
        "del a['x']",
        "open('x')",
        "x = open",
        "exec('1')",
        "eval('1')",
        "compile('1', '', 'eval')",
        "getattr(a, 'b')",
        "globals()",
        "def f():\n    yield 1",
        "def open():\n    pass",
        "def f(__x__):\n    pass",
        "f(__x__=1)",
        "typename = 'x'",
        "try:\n    pass\nexcept E as __x__:\n    pass",
        "match a:\n    case __x__:\n        pass",
        "x" * (MAX_SCRIPT_LENGTH + 1),
        "(" * 1000 + ")" * 1000,
    ],
)
def test_what_the_sandbox_would_not_run_is_refused(source):
    with pytest.raises(ExpressionRefused) as refusal:
        translate_script(source)

    assert refusal.value.reason
    assert refusal.value.reason_id


def test_a_script_of_nothing_but_nots_ends_in_a_script_or_a_refusal():
    with contextlib.suppress(ExpressionRefused):
        translate_script("x = " + "not " * 2000 + "y")
