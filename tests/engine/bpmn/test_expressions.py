"""What a modeler writes, what it means as Python, and what is refused with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.expressions import translate
from engine.bpmn.refusals import NotRun, Refusal
from engine.errors import ExpressionRefused

EMPTY = "(None, '', [], {})"

TRANSLATED = [
    # JUEL, as Camunda Modeler users write it
    ("${approved}", "approved"),
    ("#{approved}", "approved"),
    ("  ${ approved }\n", "approved"),
    ("${approved == true}", "approved == True"),
    ("${approved==false}", "approved == False"),
    ("${!approved}", "not approved"),
    ("${not approved}", "not approved"),
    ("${hasil == 'setuju'}", "hasil == 'setuju'"),
    ('${hasil != "setuju"}', "hasil != 'setuju'"),
    ("${hasil eq 'a' and jumlah ge 3}", "hasil == 'a' and jumlah >= 3"),
    ("${a ne b or c lt d}", "a != b or c < d"),
    ("${a gt 1 && b le 2 || c}", "a > 1 and b <= 2 or c"),
    ("${a && (b || c)}", "a and (b or c)"),
    ("${!a == b}", "(not a) == b"),
    ("${not a eq b}", "(not a) == b"),
    ("${!(a == b)}", "not a == b"),
    ("${!a && b}", "not a and b"),
    ("${a == b == c}", "(a == b) == c"),
    ("${a < b == c < d}", "(a < b) == (c < d)"),
    ("${a == null}", "a == None"),
    ("${empty a}", f"a in {EMPTY}"),
    ("${!empty a}", f"not a in {EMPTY}"),
    ("${not empty a && b}", f"not a in {EMPTY} and b"),
    ("${empty surat.lampiran}", f"surat['lampiran'] in {EMPTY}"),
    ("${surat.nomor == 'A'}", "surat['nomor'] == 'A'"),
    ("${surat['nomor'] == 'A'}", "surat['nomor'] == 'A'"),
    ("${daftar[0].nama == 'x'}", "daftar[0]['nama'] == 'x'"),
    ("${a.equals('x')}", "a == 'x'"),
    ("${'x'.equals(a)}", "'x' == a"),
    ("${!a.equals(b)}", "not a == b"),
    ("${daftar.contains('x')}", "'x' in daftar"),
    ("${daftar.size() > 0}", "len(daftar) > 0"),
    ("${daftar.isEmpty()}", "len(daftar) == 0"),
    ("${nama.length() gt 3}", "len(nama) > 3"),
    (
        "${nrOfCompletedInstances/nrOfInstances >= 0.6}",
        "nrOfCompletedInstances / nrOfInstances >= 0.6",
    ),
    ("${a + b * 2 - c / 4 > -1}", "a + b * 2 - c / 4 > -1"),
    ("${(a + b) * 2 == 4}", "(a + b) * 2 == 4"),
    ("${a - b - c}", "a - b - c"),
    ("${a - (b - c)}", "a - (b - c)"),
    ("${a == '&& || ! eq ne not empty ${x} }'}", "a == '&& || ! eq ne not empty ${x} }'"),
    ("${a == 'it\\'s'}", 'a == "it\'s"'),
    ("${a == 'c:\\\\x'}", "a == 'c:\\\\x'"),
    ("${jumlah >= 1000000.50}", "jumlah >= 1000000.5"),
    ("${triwulan == 2 || triwulan == 4}", "triwulan == 2 or triwulan == 4"),
    # FEEL
    ("= approved", "approved"),
    ("=approved = true", "approved == True"),
    ('= hasil = "setuju" and jumlah > 3', "hasil == 'setuju' and jumlah > 3"),
    ("= not(approved)", "not approved"),
    ("= not(a = b) or c", "(not a == b) or c"),
    ("= if a then b else c", "b if a else c"),
    ("= a != null", "a != None"),
    ("= a in [1, 2]", "a in [1, 2]"),
    ('= a in ("x", "y")', "a in ('x', 'y')"),
    ("= a between 1 and 3 and b", "1 <= a <= 3 and b"),
    ('= list contains(daftar, "x")', "'x' in daftar"),
    ('= contains(nama, "x")', "'x' in nama"),
    ("= count(daftar) > 2", "len(daftar) > 2"),
    ("= string length(nama) > 2", "len(nama) > 2"),
    ("= surat.nomor", "surat['nomor']"),
    # Python, and what people write without any marks
    ("approved == True and amount > 3", "approved == True and amount > 3"),
    ("not a == b", "not a == b"),
    ("!a == b", "(not a) == b"),
    ("a == true && b", "a == True and b"),
    ("1 < a < 3", "1 < a < 3"),
    ("a is None", "a is None"),
    ("a is not None", "a is not None"),
    ("a in ['x', 'y']", "a in ['x', 'y']"),
    ("a not in ('x',)", "a not in ('x',)"),
    ("b if a else c", "b if a else c"),
    ("len(daftar) > 0", "len(daftar) > 0"),
    ("a['x'][-1]", "a['x'][-1]"),
    ("a[i]", "a[i]"),
    ("empty == 3", "empty == 3"),
    ("daftar_bidang", "daftar_bidang"),
    ("3", "3"),
    ("'PT1H'", "'PT1H'"),
    ("jumlah_é > 1", "jumlah_é > 1"),
]


@pytest.mark.parametrize(("source", "python"), TRANSLATED)
def test_an_expression_becomes_python(source, python):
    expression = translate(source)

    assert expression.python in {python, f"({python})"} or _same(expression.python, python)
    assert expression.source == source


def _same(left, right):
    import ast

    return ast.dump(ast.parse(left)) == ast.dump(ast.parse(right))


@pytest.mark.parametrize(("source", "python"), TRANSLATED)
def test_a_translation_is_its_own_translation(source, python):
    once = translate(source)

    assert translate(once.python).python == once.python
    assert translate(once.python).names == once.names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("${a.b == 'c' && d[e]}", {"a", "d", "e"}),
        ("${x.size() > 0}", {"x"}),
        ("len(x) > y", {"x", "y"}),
        ("= if a then b else true", {"a", "b"}),
        ("${1 + 1 == 2}", set()),
    ],
)
def test_an_expression_knows_the_variables_that_it_reads(source, names):
    assert translate(source).names == names


@pytest.mark.parametrize(
    ("source", "values", "result"),
    [
        ("${!a == b}", {"a": True, "b": False}, True),
        ("${!a == b}", {"a": False, "b": False}, False),
        ("not a == b", {"a": True, "b": False}, True),
        ("not a == b", {"a": False, "b": False}, False),
        ("${empty a}", {"a": None}, True),
        ("${empty a}", {"a": ""}, True),
        ("${empty a}", {"a": []}, True),
        ("${empty a}", {"a": {}}, True),
        ("${empty a}", {"a": 0}, False),
        ("${empty a}", {"a": False}, False),
        ("${empty a}", {"a": [0]}, False),
        ("${a - b - c}", {"a": 9, "b": 3, "c": 2}, 4),
        ("${a || b && c}", {"a": True, "b": True, "c": False}, True),
        ("= a between 1 and 3", {"a": 3}, True),
        ("= some x in a satisfies x > 3", {"a": [1, 5]}, True),
        ("= some x in a satisfies x > 3", {"a": []}, False),
        ("= every x in a satisfies x > 3", {"a": [1, 5]}, False),
        ("= every x in a satisfies x > 3", {"a": []}, True),
        ("= every x in a, y in b satisfies x < y", {"a": [1, 2], "b": [3, 2]}, False),
        ("= some x in a satisfies every y in x satisfies y = b", {"a": [[1], [2]], "b": 2}, True),
        ("= not(some x in a satisfies x = null) and b", {"a": [1], "b": True}, True),
    ],
)
def test_a_translation_means_what_was_written(source, values, result):
    # A comprehension sees globals only.
    found = eval(translate(source).python, dict(values))  # noqa: S307

    assert found is result or found == result


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("${}", "empty"),
        ("=", "empty"),
        ("${a ? b : c}", "ternary"),
        ("${a == 1 ? b : c}", "ternary"),
        ("${execution.getVariable('x')}", r"\.getVariable\(\)"),
        ("${pegawai.cari(nip) == 1}", r"\.cari\(\)"),
        ("${cari(nip)}", r"cari\(\)"),
        ("${a} && ${b}", "only one"),
        ("surat ${nomor}", "only one"),
        ("${a % 2 == 0}", "%"),
        ("${a mod 2}", "mod"),
        ("a ** 2", "powers"),
        ("a // 2", "division"),
        ("10**9**9", "powers"),
        ("${a < b < c}", "chained"),
        ("= a < b < c", "chained"),
        ("approved = true", "=="),
        ('Vacation Approval = "Approved"', "blanks"),
        ("${nama lengkap == 'x'}", "blanks"),
        ("= some x satisfies x > 3", "'in'"),
        ("= some x in y", "'satisfies'"),
        ("= every x.a in y satisfies x > 3", "'in'"),
        ("= some __x in y satisfies true", "reserved"),
        ("= some x in y satisfies cari(x)", r"cari\(\)"),
        ("= " + "some x in y satisfies " * 60 + "x", "deep"),
        ("any(y)", "expected"),
        ("any([x for x in y if x])", "expected"),
        ("any([x for x in y], 1)", "expected"),
        ("= a[1]", "FEEL"),
        ("= a in [1..3]", "ranges"),
        ("= not a", r"not\(x\)"),
        ('= date("2026-01-01")', r"date\(\)"),
        ("__import__('os').system('id')", "__import__"),
        ("a.__class__", "__class__"),
        ("a['__class__']", "Subscript"),
        ("${a.__class__}", "__class__"),
        ("__builtins__", "__builtins__"),
        ("().__class__", "__class__"),
        ("open('x')", r"open\(\)"),
        ("eval('1')", r"eval\(\)"),
        ("lambda: 1", "functions"),
        ("[x for x in y]", "loops"),
        ("{'a': 1}", "expected"),
        ("{1, 2}", "expected"),
        ("f'{x}'", "operator"),
        ("'a' * 999999999", "BinOp"),
        ("[1] * 999999999", "BinOp"),
        ("'%99999999d' % 1", "%"),
        ("a := 3", "':='"),
        ("a; b", "';'"),
        ("a\\b", "not part"),
        ("`a`", "not part"),
        ("a @ b", "not part"),
        ("a == 'x", "not closed"),
        ("a == '\\q'", "escape"),
        ("a and", "too early"),
        ("(a", "too early"),
        ("a)", r"'\)'"),
        ("a == == b", "value"),
        ("class", "reserved"),
        ("yield", "reserved"),
        ("await x", None),
        ("9007199254740993", "too large"),
        ("1e999", "too large"),
        ("9" * 1000, "too large"),
        ("not " * 100_000 + "a", "characters"),
        ("not " * 480 + "a", "deep"),
        ("!" * 1900 + "a", "deep"),
        ("-" * 1900 + "a", "deep"),
        ("(" * 900 + "a" + ")" * 900, "deep"),
        ("[" * 900 + "]" * 900, "deep"),
        ("a" + "+a" * 900, "deep"),
        ("a" + ".b" * 900, "deep"),
        ("a" + "[0]" * 600, "deep"),
        ("a if b else " * 150 + "c", "deep"),
        ("a" * 2001, "characters"),
        ("＿＿class＿＿", None),
        ("\u212b > 1", "Unicode"),
        ("a\0", "not part"),
    ],
)
def test_what_is_outside_the_language_is_refused_with_a_reason(source, reason):
    with pytest.raises(ExpressionRefused, match=reason) as refusal:
        translate(source)

    assert refusal.value.reason_id


def test_a_long_list_of_alternatives_is_not_deep():
    source = "${" + " || ".join(f"x == {i}" for i in range(100)) + "}"

    assert translate(source).names == {"x"}


def test_a_bare_expression_may_be_forbidden():
    assert translate("${a}", allow_bare=False).python == "a"
    assert translate("= a", allow_bare=False).python == "a"
    with pytest.raises(ExpressionRefused, match=r"\$\{\.\.\.\}"):
        translate("a", allow_bare=False)


WORDS = """
a b 1 'x' ( ) [ ] { } == = ! not and or empty in is if else then . , - + * / < between None len
&& || ? : $ ' " __class__ lambda eq size() for
"""
PIECES = st.sampled_from(WORDS.split())


@given(
    st.sampled_from(["{}", "${{{}}}", "={}"]),
    st.lists(PIECES, max_size=25).map(" ".join) | st.text(),
)
def test_any_text_is_translated_or_refused_and_nothing_else(wrapper, text):
    try:
        python = translate(wrapper.format(text)).python
    except ExpressionRefused:
        return
    assert translate(python).python == python


def test_a_quantifier_reads_its_lists_and_not_the_name_that_it_gives():
    expression = translate("= some x in daftar, y in x.isi satisfies y > batas")

    assert expression.python == "any([y > batas for x in daftar for y in x['isi']])"
    assert expression.names == {"daftar", "batas"}


def test_a_name_is_read_where_a_quantifier_does_not_give_it():
    assert translate("= x > 1 and (some x in x satisfies x > 1)").names == {"x"}


@pytest.mark.parametrize("source", ["= some > 3", "= every", "any == all"])
def test_words_of_quantifiers_may_name_variables(source):
    assert translate(source).names <= {"some", "every", "any", "all"}


def test_what_is_right_elsewhere_is_told_from_what_is_wrong():
    with pytest.raises(NotRun):
        translate("${pegawai.cari(nip)}")
    with pytest.raises(Refusal) as wrong:
        translate("${a == == b}")
    assert not isinstance(wrong.value, NotRun)
