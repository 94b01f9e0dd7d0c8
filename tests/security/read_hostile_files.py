"""Run as a program: reads every file of a folder as a diagram, with nothing else to be had.

Prints one JSON object: file name -> [rule of the refusal or "read", line, seconds]. Memory is
limited; whatever opens a file or a connection while a diagram is read is answered "reached".
"""

from __future__ import annotations

import codecs
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from engine.bpmn.checks import check_diagram
from engine.bpmn.diagram import read_diagram
from engine.errors import DeploymentRejected

MEMORY = 1 << 30
_FORBIDDEN = ("open", "socket", "subprocess", "os.", "urllib", "ctypes", "import")


class Reached(BaseException):
    """The reader of diagrams tried to reach something outside the diagram."""


class Guard:
    """An audit hook that forbids the world while it is armed. C code is watched by the test."""

    def __init__(self) -> None:
        self.is_armed = False
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: Any) -> None:
        if self.is_armed and event.startswith(_FORBIDDEN):
            raise Reached(f"{event} {arguments}")


def verdict(guard: Guard, content: bytes) -> list[Any]:
    # Of the processor: what else the machine does meanwhile is no matter of the file.
    began = time.process_time()
    line = None
    guard.is_armed = True
    try:
        check_diagram(read_diagram("jahat.bpmn", content))
        answer = "read"
    except DeploymentRejected as rejected:
        [finding] = rejected.findings
        answer, line = finding.rule, finding.line
        assert finding.message_id
        assert len(finding.message_en) < 500
    except Reached as reached:
        answer = f"reached {reached}"
    except MemoryError:
        answer = "memory"
    finally:
        guard.is_armed = False
    return [answer, line, time.process_time() - began]


def main(folder: Path) -> None:
    contents = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    harmless = contents.pop("_harmless")
    # Whatever is imported late, is now.
    check_diagram(read_diagram("harmless.bpmn", harmless))
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        codecs.lookup(encoding)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    guard = Guard()
    print(json.dumps({name: verdict(guard, content) for name, content in contents.items()}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
