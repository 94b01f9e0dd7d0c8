"""What a submitted form must look like, field by field."""

import pytest

from engine.errors import InvalidForm, InvalidVariables
from engine.forms import check_submission, form_values_from_text
from engine.model import FieldType, FormField

TEXT = FieldType.STRING


def a_field(field_id="isi", field_type=TEXT, **facts):
    return FormField(field_id, field_id.title(), field_type, **facts)


ENUM = a_field(field_type=FieldType.ENUM, options=(("ya", "Ya"), ("tidak", "Tidak")))


@pytest.mark.parametrize(
    ("field", "submitted", "accepted"),
    [
        (a_field(), "teks", "teks"),
        (a_field(), "", ""),
        (a_field(field_type=FieldType.LONG), 5, 5),
        (a_field(field_type=FieldType.DOUBLE), 5, 5),
        (a_field(field_type=FieldType.DOUBLE), 5.5, 5.5),
        (a_field(field_type=FieldType.BOOLEAN, is_required=True), False, False),
        (a_field(field_type=FieldType.DATE), "2026-01-31", "2026-01-31"),
        (
            a_field(field_type=FieldType.DATE),
            "2026-01-31T08:00:00+07:00",
            "2026-01-31T08:00:00+07:00",
        ),
        (ENUM, "ya", "ya"),
        (a_field(is_list=True), ["a ", "", "b"], ["a", "b"]),
        (a_field(is_list=True), "a\n\n b \n", ["a", "b"]),
        (a_field(pattern=r"\d{3}"), "123", "123"),
        (a_field(pattern=r"\d{3}"), "", ""),
        (a_field(min_length=2, max_length=3), "abc", "abc"),
        (a_field(field_type=FieldType.LONG, minimum=1, maximum=3), 3, 3),
        (a_field(is_readonly=True, default="tetap"), "tetap", "tetap"),
        (a_field(field_type=FieldType.LONG), None, None),
    ],
)
def test_a_fitting_value_is_accepted(field, submitted, accepted):
    assert check_submission([field], {"isi": submitted}) == {"isi": accepted}


@pytest.mark.parametrize(
    ("field", "submitted"),
    [
        (a_field(), 5),
        (a_field(), ["a"]),
        (a_field(field_type=FieldType.LONG), True),
        (a_field(field_type=FieldType.LONG), 5.0),
        (a_field(field_type=FieldType.LONG), "5"),
        (a_field(field_type=FieldType.DOUBLE), True),
        (a_field(field_type=FieldType.DOUBLE), "5,5"),
        (a_field(field_type=FieldType.BOOLEAN), "true"),
        (a_field(field_type=FieldType.BOOLEAN), 1),
        (a_field(field_type=FieldType.DATE), "31/01/2026"),
        (a_field(field_type=FieldType.DATE), "2026-02-30"),
        (a_field(field_type=FieldType.DATE), "20260131"),
        (a_field(field_type=FieldType.DATE), 20260131),
        (ENUM, "mungkin"),
        (ENUM, ["ya"]),
        (a_field(is_list=True), {"a": 1}),
        (a_field(is_list=True), ["a", 1]),
        (a_field(is_list=True, max_length=2), ["abc"]),
        (a_field(is_list=True, is_required=True), ["", " "]),
        (a_field(is_required=True), ""),
        (a_field(is_required=True), " \n "),
        (a_field(is_required=True), None),
        (a_field(pattern=r"\d{3}"), "1234"),
        (a_field(pattern=r"[a-z]+"), "a" * 501),
        (a_field(min_length=2), "a"),
        (a_field(max_length=2), "abc"),
        (a_field(field_type=FieldType.LONG, minimum=1), 0),
        (a_field(field_type=FieldType.DOUBLE, maximum=1.5), 1.6),
        (a_field(is_readonly=True, default="tetap"), "lain"),
        (a_field(is_readonly=True), "lain"),
    ],
)
def test_an_unfitting_value_is_refused_at_its_field(field, submitted):
    with pytest.raises(InvalidForm) as refusal:
        check_submission([field], {"isi": submitted})

    assert list(refusal.value.fields) == ["isi"]
    assert len(refusal.value.fields["isi"]) == 1


def test_absent_fields_take_their_defaults_and_others_stay_absent():
    form = [
        a_field("a", default="x"),
        a_field("b", FieldType.BOOLEAN, default=False),
        a_field("c", is_list=True, default=["p", "q"]),
        a_field("d", is_required=True, default="terisi"),
        a_field("e"),
        a_field("f", is_readonly=True, default="tetap"),
    ]

    accepted = check_submission(form, {})

    assert accepted == {"a": "x", "b": False, "c": ["p", "q"], "d": "terisi", "f": "tetap"}
    assert accepted["c"] is not form[2].default


@pytest.mark.parametrize(
    ("other", "value", "expected", "is_missing"),
    [
        (a_field("hasil"), "kembali", "kembali", True),
        (a_field("hasil"), "setuju", "kembali", False),
        (a_field("hasil", FieldType.BOOLEAN), False, "false", True),
        (a_field("hasil", FieldType.BOOLEAN), True, "false", False),
        (a_field("hasil", FieldType.LONG), 2, "2", True),
        (a_field("hasil", FieldType.DOUBLE), 2.0, "2", True),
        (a_field("hasil", is_list=True), ["a", "b"], "b", True),
        (a_field("hasil"), None, "kembali", False),
        (a_field("hasil", default="kembali"), None, "kembali", False),
    ],
)
def test_a_field_is_required_when_the_other_has_the_value(other, value, expected, is_missing):
    form = [other, a_field("catatan", required_if=("hasil", expected))]

    if is_missing:
        with pytest.raises(InvalidForm) as refusal:
            check_submission(form, {"hasil": value})
        assert list(refusal.value.fields) == ["catatan"]
    else:
        check_submission(form, {"hasil": value})
    assert check_submission(form, {"hasil": value, "catatan": "x"})["catatan"] == "x"


def test_a_default_of_the_other_field_counts_for_required_if():
    form = [
        a_field("hasil", default="kembali"),
        a_field("catatan", required_if=("hasil", "kembali")),
    ]

    with pytest.raises(InvalidForm) as refusal:
        check_submission(form, {})

    assert list(refusal.value.fields) == ["catatan"]


def test_all_faults_are_named_at_once():
    form = [
        a_field("a", is_required=True),
        a_field("b", FieldType.LONG),
        a_field("c", max_length=1),
    ]

    with pytest.raises(InvalidForm) as refusal:
        check_submission(form, {"b": "x", "c": "yy", "d": 1}, owned_elsewhere={"d"})

    assert set(refusal.value.fields) == {"a", "b", "c", "d"}


def test_names_outside_the_form_are_accepted_unless_another_form_owns_them():
    form = [a_field("a")]

    assert check_submission(form, {"a": "x", "lain": [1]}) == {"a": "x", "lain": [1]}
    with pytest.raises(InvalidForm, match="lain"):
        check_submission(form, {"lain": 1}, owned_elsewhere=["lain"])


def test_a_field_of_the_form_may_also_belong_to_another_step():
    assert check_submission([a_field("a")], {"a": "x"}, owned_elsewhere={"a"}) == {"a": "x"}


def test_a_task_without_a_form_accepts_every_json_name():
    assert check_submission(None, {"apa": {"saja": 1}}, owned_elsewhere={"apa"}) == {
        "apa": {"saja": 1}
    }


def test_a_form_without_fields_still_guards_the_fields_of_other_steps():
    with pytest.raises(InvalidForm):
        check_submission([], {"a": 1}, owned_elsewhere={"a"})


def test_what_is_not_json_is_refused_before_the_form_is_looked_at():
    with pytest.raises(InvalidVariables):
        check_submission([a_field("a")], {"a": float("nan")})
    with pytest.raises(InvalidVariables):
        check_submission(None, {"a": {"typename": 1}})


FORM = [
    a_field("teks"),
    a_field("jumlah", FieldType.LONG),
    a_field("nilai", FieldType.DOUBLE),
    a_field("setuju", FieldType.BOOLEAN),
    a_field("tanggal", FieldType.DATE),
    a_field("daftar", is_list=True),
]


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (
            {"teks": " a ", "jumlah": " 5 ", "nilai": "1,5"},
            {"teks": " a ", "jumlah": 5, "nilai": 1.5},
        ),
        ({"setuju": "on"}, {"setuju": True}),
        ({"setuju": "true"}, {"setuju": True}),
        ({"setuju": "false"}, {"setuju": False}),
        ({"setuju": "entah"}, {"setuju": "entah"}),
        ({"teks": "", "jumlah": "", "nilai": " ", "setuju": "", "daftar": "\n"}, {}),
        ({"jumlah": "lima", "nilai": "1.000,5"}, {"jumlah": "lima", "nilai": "1.000,5"}),
        ({"jumlah": "5.0"}, {"jumlah": "5.0"}),
        ({"nilai": "nan"}, {"nilai": "nan"}),
        ({"nilai": "-2.25"}, {"nilai": -2.25}),
        ({"tanggal": " 2026-01-31 "}, {"tanggal": "2026-01-31"}),
        ({"daftar": "a\r\nb\r\n"}, {"daftar": ["a", "b"]}),
        ({"lain": "x"}, {"lain": "x"}),
    ],
)
def test_text_becomes_typed_values_or_stays_text(texts, values):
    assert form_values_from_text(FORM, texts) == values


def test_what_cannot_be_converted_is_refused_at_its_field():
    values = form_values_from_text(FORM, {"jumlah": "lima", "setuju": "entah"})

    with pytest.raises(InvalidForm) as refusal:
        check_submission(FORM, values)

    assert set(refusal.value.fields) == {"jumlah", "setuju"}


def test_a_browser_says_false_by_saying_nothing():
    form = [a_field("setuju", FieldType.BOOLEAN, default=True)]

    assert form_values_from_text(form, {}, absent_is_unticked=True) == {"setuju": False}
    assert form_values_from_text(form, {}) == {}
    assert form_values_from_text(None, {"a": "b"}, absent_is_unticked=True) == {"a": "b"}
