"""`alur layout`: a copy of a BPMN file with a drawing, and its picture."""

from __future__ import annotations

from pathlib import Path

from engine.bpmn.diagram import read_diagram
from engine.bpmn.drawing.interchange import with_layout
from engine.bpmn.drawing.reading import picture_of
from engine.bpmn.drawing.svg import paint_picture
from engine.cli.exit_codes import OK
from engine.cli.files import read_file, write_file
from engine.cli.invocation import Invocation
from engine.cli.words import Commands
from engine.errors import InvalidInput


def add_to(commands: Commands) -> None:
    """Declare the command of this module."""
    parser = commands.add(
        "layout",
        layout,
        acts=False,
        about="""Write a copy of a BPMN file with a drawing of its pools, lanes, nodes and flows.

        The copy opens in Camunda Modeler; a drawing that the file has is replaced, and the file
        itself stays as it is. Needs no database. A file need not be right to be drawn.""",
        example="alur layout surat.bpmn -o surat-bergambar.bpmn\n"
        "alur layout surat.bpmn --svg surat.svg",
    )
    parser.add_argument("file", metavar="FILE", help="a .bpmn file")
    parser.add_argument("-o", "--output", metavar="OUT.bpmn", help="where the copy goes")
    parser.add_argument(
        "--svg",
        metavar="OUT.svg",
        help="where a picture goes: of the drawing that the file has, or laid out",
    )


def layout(call: Invocation) -> int:
    """Lay out the file."""
    words = call.words
    if not (words.output or words.svg):
        raise InvalidInput("say where the copy goes: -o OUT.bpmn, or the picture: --svg OUT.svg")
    content = read_file(words.file)
    written = []
    if words.output:
        write_layout(words.file, content, words.output)
        written.append(words.output)
    if words.svg:
        write_file(words.svg, _picture(words.file, content).encode())
        written.append(words.svg)
    call.printer.json({"written": written})
    call.printer.say(f"{words.file}: written to {' and '.join(written)}")
    return OK


def write_layout(path: str, content: bytes, output: str) -> None:
    """The copy with a drawing is at `output`. Raises DeploymentRejected for what is no BPMN."""
    write_file(output, with_layout(Path(path).name, content))


def _picture(path: str, content: bytes) -> str:
    diagram = read_diagram(Path(path).name, content)
    process = next(iter((*diagram.executable, *diagram.processes)), None)
    if process is None:
        raise InvalidInput(f"{path}: there is no process in it to be drawn")
    return paint_picture(picture_of(diagram.source, process.id)).svg
