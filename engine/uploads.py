"""Reads an upload: every file of it, every finding in it, and the machines of its processes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from engine.bpmn.checks import check_diagram, refuses
from engine.bpmn.checks.call_activity import circular_calls
from engine.bpmn.diagram import Diagram, read_diagram
from engine.bpmn.elements import ProcessModel
from engine.errors import DeploymentRejected, InvalidInput, MachineFault
from engine.model import Finding, Severity
from engine.spiff.machine import Machine

MAX_FILES = 50
_DIAGRAM_SUFFIXES = (".bpmn", ".bpmn20.xml", ".xml")


@dataclass(frozen=True, slots=True)
class Upload:
    """Files as they came, read and checked."""

    name: str
    source: str | None
    files: Mapping[str, bytes]
    diagrams: tuple[Diagram, ...]
    findings: tuple[Finding, ...]
    digest: str
    #: By file name and process id; complete when no finding refuses.
    machines: Mapping[tuple[str, str], Machine]


def _require_files(files: Mapping[str, bytes]) -> None:
    if not files:
        raise InvalidInput("a deployment needs at least one file", {"file": ["missing"]})
    if len(files) > MAX_FILES:
        raise InvalidInput(f"{len(files)} files; a deployment has at most {MAX_FILES}")
    if not any(_is_diagram(name) for name in files):
        raise InvalidInput(
            f"none of {', '.join(sorted(files))} is a BPMN file (.bpmn)",
            {"file": ["expected a .bpmn file"]},
        )


def _is_diagram(file_name: str) -> bool:
    return file_name.lower().endswith(_DIAGRAM_SUFFIXES)


def read_upload(name: str, source: str | None, files: Mapping[str, bytes]) -> Upload:
    """Read and check every diagram; findings of unreadable ones included."""
    _require_files(files)
    diagrams: list[Diagram] = []
    findings: list[Finding] = []
    for file_name, content in files.items():
        if not _is_diagram(file_name):
            continue
        try:
            diagram = read_diagram(file_name, content)
        except DeploymentRejected as error:
            findings += error.findings
            continue
        diagrams.append(diagram)
        findings += check_diagram(diagram)
    findings += _key_clashes(diagrams)
    # Every file has been searched for its own circles; what remains is those across files.
    findings += [each for each in circular_calls(diagrams) if each not in findings]
    machines: dict[tuple[str, str], Machine] = {}
    if not refuses(findings):
        for diagram in diagrams:
            for model in diagram.executable:
                try:
                    machines[diagram.file_name, model.id] = Machine(diagram, model)
                except MachineFault as error:
                    findings.append(_not_built(diagram, model, error))
    digest = digest_of_files({name: sha256_of(content) for name, content in files.items()})
    return Upload(name, source, files, tuple(diagrams), tuple(findings), digest, machines)


def _not_built(diagram: Diagram, model: ProcessModel, error: MachineFault) -> Finding:
    """The checks let a process pass that the workflow library refuses: a gap, told as such."""
    return Finding(
        rule="engine",
        severity=Severity.UNSUPPORTED,
        file_name=diagram.file_name,
        line=model.line,
        element_id=model.id,
        element_name=model.name,
        message_id=f"Proses {model.id!r} tidak dapat disiapkan oleh mesin: {error}. "
        "Laporkan berkas ini kepada pengembang.",
        message_en=f"Process {model.id!r} cannot be prepared by the engine: {error}. "
        "Report this file to the developers.",
    )


def _key_clashes(diagrams: list[Diagram]) -> list[Finding]:
    """One deployment cannot hold two processes of one id: which would be its version?"""
    homes: dict[str, str] = {}
    findings = []
    for diagram in diagrams:
        for model in diagram.executable:
            first = homes.setdefault(model.id, diagram.file_name)
            if first != diagram.file_name:
                findings.append(
                    Finding(
                        rule="duplicate-process",
                        severity=Severity.ERROR,
                        file_name=diagram.file_name,
                        line=model.line,
                        element_id=model.id,
                        element_name=model.name,
                        message_id=f"Proses {model.id!r} sudah ada di berkas {first!r}; "
                        "berikan id yang berbeda.",
                        message_en=f"Process {model.id!r} is already in file {first!r}; "
                        "give it another id.",
                    )
                )
    return findings


def digest_of_files(digests: Mapping[str, str]) -> str:
    """SHA-256 over the names and contents of the files of a deployment, whatever their order.

    digests: name -> `sha256_of` the content. Raises ValueError when one is none.
    """
    whole = hashlib.sha256()
    for name in sorted(digests):
        whole.update(len(name.encode()).to_bytes(4) + name.encode())
        whole.update(bytes.fromhex(digests[name]))
    return whole.hexdigest()


def sha256_of(content: bytes) -> str:
    """What the digest of a deployment covers of a file, as text."""
    return hashlib.sha256(content).hexdigest()
