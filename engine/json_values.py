"""The one check at every entrance of process variables: JSON, within limits, no reserved names."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from engine.errors import InvalidVariables

MAX_DEPTH = 20
MAX_JSON_CHARACTERS = 256 * 1024
MAX_NAMES = 1_000
MAX_NAME_LENGTH = 255
LARGEST_INTEGER = 2**53
#: So that a body full of faults is answered with a page, not with another body of its size.
MAX_FAULTS = 50

#: So many names, and so many characters in each text, that escaping all of them (six characters
#: for one) comes nowhere near MAX_JSON_CHARACTERS.
_PLAIN_NAMES = 60
_PLAIN_CHARACTERS = 255

_SURROGATE = re.compile("[\ud800-\udfff]").search

_Fault = tuple[str, str]


def check_variables(variables: object) -> dict[str, Any]:
    """The variables, known to be JSON that every part of the engine can keep and give back.

    Raises InvalidVariables; `fields` maps a path such as "surat.lampiran[3].isi" to its reasons,
    and the path "" to what concerns the variables as a whole.
    """
    if not isinstance(variables, dict):
        kind = type(variables).__name__
        raise _invalid([("", f"harus berupa objek JSON, bukan {kind}")])
    if _is_plain(variables):
        return dict(variables)
    faults = list(_faults_of(variables))
    if faults:
        raise _invalid(faults)
    size = len(json.dumps(variables, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
    if size > MAX_JSON_CHARACTERS:
        raise _invalid([("", f"{size} karakter JSON; batasnya {MAX_JSON_CHARACTERS}")])
    return dict(variables)


def _is_plain(variables: dict[Any, Any]) -> bool:
    """Whether it is what forms mostly are: a few short ASCII texts, yes and no, small numbers.

    The full check finds nothing wrong with these, and takes ten times as long to say so.
    """
    if len(variables) > _PLAIN_NAMES:
        return False
    return all(
        _is_plain_text(name)
        and name.isidentifier()
        and name[0] != "_"
        and name != "typename"
        and (_is_plain_text(value) or value is None or type(value) is bool or _is_small(value))
        for name, value in variables.items()
    )


def _is_plain_text(text: object) -> bool:
    return (
        type(text) is str and len(text) <= _PLAIN_CHARACTERS and text.isascii() and "\0" not in text
    )


def _is_small(number: object) -> bool:
    return type(number) is int and -LARGEST_INTEGER <= number <= LARGEST_INTEGER


def _invalid(faults: list[_Fault]) -> InvalidVariables:
    fields: dict[str, list[str]] = {}
    for path, reason in faults:
        fields.setdefault(path, []).append(reason)
    path, reason = faults[0]
    return InvalidVariables(f"variabel {path or '(seluruhnya)'}: {reason}", fields)


def _faults_of(variables: dict[Any, Any]) -> Iterator[_Fault]:
    """Faults in reading order, at most MAX_FAULTS, found without recursion."""
    if len(variables) > MAX_NAMES:
        yield "", f"{len(variables)} nama; batasnya {MAX_NAMES}"
        return
    found = 0
    characters = 0
    pending: list[tuple[str, object, int]] = [("", variables, 0)]
    while pending and found < MAX_FAULTS:
        path, value, depth = pending.pop()
        characters += len(value) if isinstance(value, str | list | dict) else 1
        if characters > MAX_JSON_CHARACTERS:
            yield "", f"lebih dari {MAX_JSON_CHARACTERS} karakter JSON"
            return
        for reason in _value_faults(value, depth):
            found += 1
            yield path, reason
        if depth < MAX_DEPTH:
            faulty, children = _children(path, value, depth)
            found += len(faulty)
            yield from faulty
            pending.extend(reversed(children))


def _children(
    path: str, value: object, depth: int
) -> tuple[list[_Fault], list[tuple[str, object, int]]]:
    if type(value) is list:
        return [], [(f"{path}[{i}]", item, depth + 1) for i, item in enumerate(value)]
    if type(value) is not dict:
        return [], []
    faults: list[_Fault] = []
    children: list[tuple[str, object, int]] = []
    for name, item in value.items():
        place = f"{path}.{name}" if path else str(name)
        faults.extend((_printable(place), reason) for reason in _name_faults(name))
        children.append((_printable(place), item, depth + 1))
    return faults[:MAX_FAULTS], children


def _printable(path: str) -> str:
    return path[:300].encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


def _name_faults(name: object) -> Iterator[str]:
    if type(name) is not str:
        yield f"nama harus berupa teks, bukan {type(name).__name__}"
        return
    if not name:
        yield "nama tidak boleh kosong"
    if len(name) > MAX_NAME_LENGTH:
        yield f"nama sepanjang {len(name)} karakter; batasnya {MAX_NAME_LENGTH}"
    if name == "typename" or (name.startswith("__") and name.endswith("__")):
        yield f"nama {name!r} dipakai oleh mesin"
    yield from _text_faults(name)


def _value_faults(value: object, depth: int) -> Iterator[str]:
    kind = type(value)
    if kind is str:
        yield from _text_faults(str(value))
    elif isinstance(value, float) and kind is float:
        if not math.isfinite(value):
            yield "bukan bilangan (NaN) atau tak hingga"
    elif isinstance(value, int) and kind is int:
        if abs(value) > LARGEST_INTEGER:
            yield "bilangan bulat di luar ±2^53"
    elif kind in {list, dict}:
        if depth >= MAX_DEPTH:
            yield f"lebih dalam dari {MAX_DEPTH} tingkat"
    elif value is not None and kind is not bool:
        yield f"jenis {kind.__name__} bukan JSON"


def _text_faults(text: str) -> Iterator[str]:
    if "\0" in text:
        yield "memuat karakter NUL"
    if not text.isascii() and _SURROGATE(text):
        yield "memuat surogat tunggal, yang bukan karakter"


def in_canonical_order(values: Any) -> Any:
    """A copy whose objects all have their names sorted, as they come back from the database.

    A script that walks an object must see one order, live and in a replay years later.
    """
    if isinstance(values, dict):
        return {name: in_canonical_order(values[name]) for name in sorted(values)}
    if isinstance(values, list):
        return [in_canonical_order(value) for value in values]
    return values
