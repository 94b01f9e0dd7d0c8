"""Turns hostile bytes into an lxml tree or a refusal; knows BPMN by its root element only."""

from __future__ import annotations

import re
from typing import Any, NoReturn, cast

from lxml import etree

from engine.bpmn.names import Element, bpmn, line_of
from engine.errors import DeploymentRejected
from engine.model import Finding, Severity

MAX_BYTES = 5 * 1024 * 1024
MAX_ELEMENTS = 50_000
MAX_DEPTH = 100
MAX_ATTRIBUTES = 100
MAX_ATTRIBUTE_LENGTH = 64 * 1024

_ENCODINGS = frozenset({"utf-8", "utf8", "utf-16", "utf-16le", "utf-16be"})
_DECLARED_ENCODING = re.compile(r"""<\?xml[^>]*?\bencoding\s*=\s*["']([^"']*)["']""")

# `collect_ids=False` is left out on purpose: with it lxml 6.1 reads external DTDs.
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_pis": True,
    # A comment in the middle of a text would hide all that follows it from `element.text`.
    "remove_comments": True,
}


def parse_safely(file_name: str, content: bytes, *, keep_comments: bool = False) -> Element:
    """The root of the document, which is `bpmn:definitions` and within every limit.

    keep_comments: for a copy that is to be as the file is, but for what is changed in it.
    Raises DeploymentRejected with one finding of rule xml, xml-limits or not-bpmn.
    """
    if len(content) > MAX_BYTES:
        _refuse(
            file_name,
            rule="xml-limits",
            line=None,
            message_id=f"Berkas berukuran {len(content)} bita; batasnya {MAX_BYTES} bita.",
            message_en=f"The file has {len(content)} bytes; the limit is {MAX_BYTES}.",
        )
    _require_encoding(file_name, _declared_encoding(content))
    _measure(file_name, content)
    root = _parse(file_name, content, keep_comments=keep_comments)
    if root.tag != bpmn("definitions"):
        _refuse(
            file_name,
            rule="not-bpmn",
            line=line_of(root),
            message_id=f"Unsur akar adalah {root.tag}; yang diharapkan bpmn:definitions "
            "dari BPMN 2.0. Simpan diagram sebagai BPMN 2.0.",
            message_en=f"The root element is {root.tag}; expected bpmn:definitions of BPMN 2.0. "
            "Save the diagram as BPMN 2.0.",
        )
    return root


def _refuse(
    file_name: str, *, rule: str, line: int | None, message_id: str, message_en: str
) -> NoReturn:
    raise DeploymentRejected(
        [Finding(rule, Severity.ERROR, file_name, line, None, None, message_id, message_en)]
    )


def _declared_encoding(content: bytes) -> str:
    head = content[:400]
    if head.startswith(
        (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff", b"\x00\x00\x00<", b"<\x00\x00\x00")
    ):
        return "UTF-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", "replace")
    elif head.startswith(b"<\x00"):
        text = head.decode("utf-16-le", "replace")
    elif head.startswith(b"\x00<"):
        text = head.decode("utf-16-be", "replace")
    else:
        text = head.decode("utf-8", "replace")
    match = _DECLARED_ENCODING.search(text)
    return match.group(1) if match else "UTF-8"


def _require_encoding(file_name: str, encoding: str) -> None:
    if encoding.lower() not in _ENCODINGS:
        _refuse(
            file_name,
            rule="xml",
            line=1,
            message_id=f"Penyandian {encoding} tidak diterima; simpan berkas sebagai UTF-8.",
            message_en=f"The encoding {encoding} is not accepted; save the file as UTF-8.",
        )


class _Limit(Exception):
    def __init__(self, rule: str, message_id: str, message_en: str) -> None:
        self.rule = rule
        self.message_id = message_id
        self.message_en = message_en
        super().__init__(message_en)


class _Measure:
    """A parser target that keeps nothing and counts everything."""

    def __init__(self) -> None:
        self.depth = 0
        self.elements = 0

    def start(self, _tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        self._hold("kedalaman unsur", "element depth", self.depth, MAX_DEPTH)
        self._hold("jumlah unsur", "number of elements", self.elements, MAX_ELEMENTS)
        self._hold("jumlah atribut", "number of attributes", len(attributes), MAX_ATTRIBUTES)
        longest = max(map(len, attributes.values()), default=0)
        self._hold("panjang atribut", "length of an attribute", longest, MAX_ATTRIBUTE_LENGTH)

    def end(self, _tag: str) -> None:
        self.depth -= 1

    def doctype(self, *_: str | None) -> None:
        raise _Limit(
            "xml",
            "Berkas memuat DOCTYPE, yang tidak diterima; hapus baris itu.",
            "The file contains a DOCTYPE, which is not accepted; remove it.",
        )

    def close(self) -> None:
        return None

    @staticmethod
    def _hold(what_id: str, what_en: str, value: int, limit: int) -> None:
        if value > limit:
            raise _Limit(
                "xml-limits",
                f"Batas {what_id} adalah {limit}, dan berkas melampauinya.",
                f"The {what_en} is above the limit of {limit}.",
            )


def _measure(file_name: str, content: bytes) -> None:
    parser = etree.XMLParser(target=cast("Any", _Measure()), **_SAFE)
    line = 0
    try:
        # Line by line, because a parser target is not told where it stands.
        for line, piece in enumerate(content.splitlines(keepends=True), start=1):  # noqa: B007
            parser.feed(piece)
        parser.close()
    except _Limit as limit:
        _refuse(
            file_name,
            rule=limit.rule,
            line=line or None,
            message_id=limit.message_id,
            message_en=limit.message_en,
        )
    except etree.XMLSyntaxError as error:
        _refuse_syntax(file_name, error)


def _parse(file_name: str, content: bytes, *, keep_comments: bool) -> Element:
    kept = {"remove_comments": False, "remove_pis": False} if keep_comments else {}
    try:
        root = etree.fromstring(content, etree.XMLParser(**{**_SAFE, **kept}))
    except etree.XMLSyntaxError as error:
        _refuse_syntax(file_name, error)
    docinfo: Any = root.getroottree().docinfo
    _require_encoding(file_name, docinfo.encoding or "UTF-8")
    if docinfo.doctype:
        _refuse(
            file_name,
            rule="xml",
            line=1,
            message_id="Berkas memuat DOCTYPE, yang tidak diterima; hapus baris itu.",
            message_en="The file contains a DOCTYPE, which is not accepted; remove it.",
        )
    return root


def _refuse_syntax(file_name: str, error: etree.XMLSyntaxError) -> NoReturn:
    _refuse(
        file_name,
        rule="xml",
        line=error.lineno or None,
        message_id=f"Berkas bukan XML yang benar: {error.msg}",
        message_en=f"The file is not well-formed XML: {error.msg}",
    )
