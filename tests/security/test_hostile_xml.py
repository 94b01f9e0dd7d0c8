"""Hostile files are refused with a line and a reason, and reach neither files nor the network."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from engine.bpmn.diagram import read_diagram
from engine.errors import DeploymentRejected
from engine.model import Severity
from tests.diagrams import end, line, process, start, user
from tests.office import Office
from tests.security.hostile import SECONDS

ROOT = Path(__file__).parents[2]
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
WHOLE = process(start(), user("a", name="Telaah"), end(), line("s", "a", "e"))
BODY = WHOLE.removeprefix(DECLARATION).lstrip()
LANES = "<bpmn:startEvent"


def declared(encoding: str, prologue: str = "", body: str = BODY) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{prologue}{body}'


def doctype(inner: str, body: str = BODY) -> str:
    return declared("UTF-8", f"<!DOCTYPE d {inner}>", body)


def named(value: str) -> str:
    return BODY.replace('name="Telaah"', f'name="{value}"')


def with_inside(xml: str) -> str:
    """The diagram with this inside its process, before the first flow node."""
    return declared("UTF-8", "", BODY.replace(LANES, xml + LANES, 1))


def documented(text: str) -> str:
    return BODY.replace(LANES, f"<bpmn:documentation>{text}</bpmn:documentation>{LANES}", 1)


def laughs() -> str:
    names = "abcdefghijkl"
    entities = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names)
    )
    return doctype(f'[<!ENTITY a "ha">{entities}]', named("&l;"))


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("sop.bpmn", WHOLE)
    return buffer.getvalue()


def nested(depth: int, tag: str = "x") -> str:
    return f"<{tag}>" * depth + f"</{tag}>" * depth


def nested_lanes(depth: int, *, ids: bool = True) -> str:
    """Lanes within lanes; `ids` False: each has the id of the one around it."""
    xml = "<bpmn:flowNodeRef>a</bpmn:flowNodeRef>"
    for level in reversed(range(depth)):
        number = level if ids else 0
        inner = f'<bpmn:lane id="l{number}" name="Bidang">{xml}</bpmn:lane>'
        tag = "childLaneSet" if level else "laneSet"
        xml = f'<bpmn:{tag} id="ls{number}">{inner}</bpmn:{tag}>'
    return xml


def lane_with(references: str) -> str:
    lane = f'<bpmn:lane id="l" name="Kadis">{references}</bpmn:lane>'
    return f'<bpmn:laneSet id="ls">{lane}</bpmn:laneSet>'


def references(count: int) -> str:
    return "<bpmn:flowNodeRef>a</bpmn:flowNodeRef>" * count


XINCLUDE = (
    '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{fifo}" parse="text"/>'
)

#: Name -> the rule that refuses it, and the file. {url} and {fifo} are traps laid by the test.
REFUSED: dict[str, tuple[str, str | bytes]] = {
    "entity from a file": (
        "xml",
        doctype('[<!ENTITY x SYSTEM "file://{fifo}">]', documented("&x;")),
    ),
    "entity from the network": ("xml", doctype('[<!ENTITY x SYSTEM "{url}">]', named("&x;"))),
    "entity nobody uses": ("xml", doctype('[<!ENTITY x SYSTEM "{url}">]')),
    "parameter entity from a file": ("xml", doctype('[<!ENTITY % p SYSTEM "file://{fifo}"> %p;]')),
    "parameter entity from the network": ("xml", doctype('[<!ENTITY % p SYSTEM "{url}"> %p;]')),
    "external DTD from a file": ("xml", doctype('SYSTEM "file://{fifo}"')),
    "external DTD from the network": ("xml", doctype('SYSTEM "{url}"')),
    "public DTD": ("xml", doctype('PUBLIC "-//X//Y" "{url}"')),
    "DOCTYPE without anything": ("xml", doctype("")),
    "DOCTYPE with an empty subset": ("xml", doctype("[]")),
    "DOCTYPE with a default attribute": (
        "xml",
        doctype('[<!ATTLIST bpmn:userTask name CDATA "x">]'),
    ),
    "DOCTYPE with a notation": ("xml", doctype('[<!NOTATION n SYSTEM "{url}">]')),
    "DOCTYPE in UTF-16": (
        "xml",
        declared("UTF-16", '<!DOCTYPE d [<!ENTITY x SYSTEM "{url}">]>').encode("utf-16"),
    ),
    "DOCTYPE in small letters": ("xml", declared("UTF-8", "<!doctype d>")),
    "web page": ("xml", "<!DOCTYPE html><html><body>404</body></html>"),
    "billion laughs": ("xml", laughs()),
    "quadratic blow-up": (
        "xml",
        doctype(f'[<!ENTITY a "{"x" * 50_000}">]', named("&a;" * 50_000)),
    ),
    "entity in an attribute": ("xml", doctype('[<!ENTITY a "x">]', named("&a;"))),
    "entity of nobody": ("xml", declared("UTF-8", "", named("&a;"))),
    "depth": ("xml-limits", with_inside(nested(5000))),
    "depth just too much": ("xml-limits", with_inside(nested(99))),
    "attributes": (
        "xml-limits",
        declared(
            "UTF-8",
            "",
            named("x").replace(
                "<bpmn:userTask", "<bpmn:userTask " + " ".join(f'y{i}="1"' for i in range(100_000))
            ),
        ),
    ),
    "attribute of 11 MB": ("xml-limits", declared("UTF-8", "", named("x" * 11_000_000))),
    "attribute of 1 MB": ("xml-limits", declared("UTF-8", "", named("x" * 1_000_000))),
    "attribute of character references": (
        "xml-limits",
        declared("UTF-8", "", named("&#65;" * 200_000)),
    ),
    "file too large": ("xml-limits", declared("UTF-8", "", BODY) + " " * (6 << 20)),
    "elements": ("xml-limits", with_inside("<x/>" * 60_000)),
    "100,000 members of a lane": ("xml-limits", with_inside(lane_with(references(100_000)))),
    "deep lanes": ("xml-limits", with_inside(nested_lanes(200))),
    "UTF-7": ("xml", declared("UTF-7")),
    "UTF-7 throughout": ("xml", WHOLE.replace("<", "+ADw-")),
    "UTF-32": ("xml", declared("UTF-32").encode("utf-32")),
    "UTF-32 without a mark": ("xml", declared("UTF-32").encode("utf-32-le")),
    "UTF-32 of the other end": ("xml", declared("UTF-32").encode("utf-32-be")),
    "Latin-1": ("xml", declared("ISO-8859-1").encode("latin-1")),
    "EBCDIC": ("xml", declared("IBM037").encode("cp037")),
    "encoding of nobody": ("xml", declared("x-alur")),
    "UTF-16 that is none": ("xml", declared("UTF-16").encode()),
    "bytes that are not UTF-8": ("xml", WHOLE.encode().replace(b"Telaah", b"Tela\xffh")),
    "a smuggled bracket": ("xml", WHOLE.encode().replace(b"Telaah", b"\xc0\xbcx")),
    "NUL": ("xml", named("a\0b")),
    "NUL by number": ("xml", named("&#0;")),
    "half a surrogate": ("xml", named("&#xD800;")),
    "wrong root": ("not-bpmn", "<html/>"),
    "another BPMN": ("not-bpmn", WHOLE.replace("20100524/MODEL", "20100501/MODEL")),
    "BPMN without its namespace": ("not-bpmn", "<definitions><process/></definitions>"),
    "zip": ("xml", zipped()),
    "picture": ("xml", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8),
    "JSON": ("xml", '{"definitions": {}}'),
    "empty": ("xml", b""),
    "blank": ("xml", b" \n\t\n"),
    "cut off": ("xml", WHOLE[:-30]),
    "twice": ("xml", WHOLE + BODY),
    "more after the end": ("xml", WHOLE + "x"),
}

#: What is odd and harms nobody; the checks may still refuse it.
READ: dict[str, str | bytes] = {
    "XInclude": with_inside(XINCLUDE),
    "XInclude in a text": declared("UTF-8", "", documented(XINCLUDE)),
    "stylesheet": declared("UTF-8", '<?xml-stylesheet type="text/xsl" href="file://{fifo}"?>'),
    "stylesheet from the network": declared("UTF-8", '<?xml-stylesheet href="{url}"?>'),
    "schema from the network": declared(
        "UTF-8", "", BODY.replace('id="d"', 'id="d" xsi:schemaLocation="http://x {url}"', 1)
    ),
    "import of another file": declared(
        "UTF-8", "",
        BODY.replace("<bpmn:process", '<bpmn:import importType="x" location="{url}" '
                     'namespace="n"/><bpmn:process', 1),
    ),
    "UTF-16": declared("UTF-16").encode("utf-16"),
    "UTF-16 without a mark": declared("UTF-16").encode("utf-16-be"),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + WHOLE.encode(),
    "no declaration": BODY,
    "300,000 comments": with_inside("<!--x-->" * 300_000),
    "300,000 instructions": with_inside("<?x y?>" * 300_000),
    "300,000 CDATA sections": declared("UTF-8", "", documented("<![CDATA[x]]>" * 300_000)),
    "four million lines": declared("UTF-8", "", documented("\n" * 4_000_000)),
    "namespaces": declared(
        "UTF-8", "", BODY.replace('id="d"', " ".join(
            f'xmlns:n{i}="u{i}"' for i in range(50_000)) + ' id="d"', 1)
    ),
    "40,000 members of a lane": with_inside(lane_with(references(40_000))),
    "40,000 lanes": with_inside(
        '<bpmn:laneSet id="ls">'
        + "".join(f'<bpmn:lane id="l{i}" name="L"/>' for i in range(40_000))
        + "</bpmn:laneSet>"
    ),
    "40,000 errors, and 390 events that throw the last one": with_inside(
        "".join(
            f'<bpmn:endEvent id="n{i}"><bpmn:errorEventDefinition errorRef="x39999"/>'
            "</bpmn:endEvent>"
            for i in range(390)
        )
    ).replace(
        "<bpmn:process",
        "".join(f'<bpmn:error id="x{i}" errorCode="{i}"/>' for i in range(40_000))
        + "<bpmn:process",
        1,
    ),
    "45 lanes within lanes": with_inside(nested_lanes(45)),
    "lanes that hold themselves": with_inside(nested_lanes(3, ids=False)),
    "a lane that is its own member": with_inside(
        lane_with("<bpmn:flowNodeRef>l</bpmn:flowNodeRef>")
    ),
    "10,000 nodes of one id": with_inside('<bpmn:task id="a"/>' * 10_000),
    "10,000 nodes without an id": with_inside("<bpmn:task/>" * 10_000),
    "ids that are already taken": with_inside(
        "".join(f'<bpmn:task id="alur_task_1{"_" * i}"/>' for i in range(500))
        + "<bpmn:task/>" * 500
    ),
    "10,000 processes": declared("UTF-8", "", BODY.replace(
        "</bpmn:definitions>",
        "".join(f'<bpmn:process id="q{i}" isExecutable="true"/>' for i in range(10_000))
        + "</bpmn:definitions>",
    )),
    "10,000 flows from one node": with_inside(
        "".join(
            f'<bpmn:sequenceFlow id="f{i}" sourceRef="a" targetRef="e"/>' for i in range(10_000)
        )
    ),
    "90 sub-processes within each other": with_inside(
        "".join(f'<bpmn:subProcess id="sub{i}">' for i in range(90)) + "</bpmn:subProcess>" * 90
    ),
}  # fmt: skip


class Trap:
    """A pipe that blocks whoever opens it, and a port that remembers who called."""

    def __init__(self, folder: Path) -> None:
        self.fifo = folder / "rahasia"
        os.mkfifo(self.fifo)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/rahasia"

    def lay_in(self, file: str | bytes) -> bytes:
        content = file.encode() if isinstance(file, str) else file
        for mark, target in ((b"{fifo}", str(self.fifo)), (b"{url}", self.url)):
            for encoding in ("utf-8", "utf-16-le"):
                content = content.replace(mark.decode().encode(encoding), target.encode(encoding))
        return content

    def was_called(self) -> bool:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return False
        connection.close()
        return True

    def close(self) -> None:
        self._listener.close()


Verdicts = dict[str, tuple[str, int | None, float]]


@pytest.fixture(scope="module")
def trap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trap]:
    trap = Trap(tmp_path_factory.mktemp("trap"))
    yield trap
    trap.close()


@pytest.fixture(scope="module")
def verdicts(trap: Trap, tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    """What a process with little memory and no way out says of every file."""
    folder = tmp_path_factory.mktemp("files")
    files = {name: file for name, (_, file) in REFUSED.items()} | READ
    numbers = {str(number): name for number, name in enumerate(files)}
    for number, name in numbers.items():
        (folder / number).write_bytes(trap.lay_in(files[name]))
    (folder / "_harmless").write_text(WHOLE)

    program = [sys.executable, "-m", "tests.security.read_hostile_files", str(folder)]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return {numbers[number]: tuple(row) for number, row in json.loads(done.stdout).items()}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_refused(verdicts: Verdicts, name: str) -> None:
    rule, line_number, seconds = verdicts[name]

    assert rule == REFUSED[name][0]
    assert line_number is None or line_number >= 1
    assert seconds < SECONDS


@pytest.mark.parametrize("name", READ)
def test_an_odd_file_is_read_in_bounded_time_and_memory(verdicts: Verdicts, name: str) -> None:
    answer, _, seconds = verdicts[name]

    assert answer == "read"
    assert seconds < SECONDS


@pytest.mark.usefixtures("verdicts")
def test_nobody_called_the_network(trap: Trap) -> None:
    assert not trap.was_called()


def test_the_trap_catches_a_caller(trap: Trap) -> None:
    """The control: it is the reader that does not call, and not the trap that is deaf."""
    host, port = trap.url.removeprefix("http://").removesuffix("/rahasia").split(":")

    socket.create_connection((host, int(port))).close()

    assert trap.was_called()


@pytest.mark.parametrize(
    "name",
    [
        "stylesheet",
        "UTF-16",
        "UTF-16 without a mark",
        "UTF-8 with a mark",
        "no declaration",
        "300,000 comments",
    ],
)
def test_what_is_harmless_runs(office: Office, trap: Trap, name: str) -> None:
    instance = office.start(office.deploy(trap.lay_in(READ[name])))

    office.complete(instance, "a")

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_what_xinclude_points_at_is_in_nothing(trap: Trap) -> None:
    [model] = read_diagram("x.bpmn", trap.lay_in(READ["XInclude in a text"])).processes

    assert model.documentation is None


@pytest.mark.parametrize(
    "name",
    [
        "10,000 nodes of one id",
        "10,000 nodes without an id",
        "a lane that is its own member",
        "lanes that hold themselves",
        "10,000 flows from one node",
        "90 sub-processes within each other",
    ],
)
def test_what_is_read_and_wrong_is_refused_by_the_checks(
    office: Office, trap: Trap, name: str
) -> None:
    with pytest.raises(DeploymentRejected) as refused:
        office.deploy(trap.lay_in(READ[name]))

    assert any(finding.severity != Severity.WARNING for finding in refused.value.findings)
