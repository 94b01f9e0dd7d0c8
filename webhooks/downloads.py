"""Sends the bytes of a document so that no browser runs them, whatever their sender called them."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from urllib.parse import quote

from flask import Response

from engine.documents import DocumentContent
from engine.event_logs.selections import LogFormat, WantedLog
from engine.model import Actor
from webhooks.rest.context import current_engine

_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

#: How a server calls an event log.
LOG_TYPES = {
    LogFormat.XES: "application/xml",
    LogFormat.OCEL: "application/json",
    LogFormat.CSV: "text/csv; charset=utf-8",
}
PACKED = "application/gzip"
#: What is built in memory; more goes to a file that is gone afterwards.
_IN_MEMORY = 16 * 2**20
_PART = 64 * 2**10

_QUOTED = str.maketrans({'"': "_", "\\": "_"})


def download(found: DocumentContent) -> Response:
    """The file, to be saved under its name. Its own type is in the metadata, and not believed.

    `Repr-Digest` is RFC 9530's: the SHA-256 that history names.
    """
    response = Response(found.content, mimetype="application/octet-stream")
    response.headers.update(_HEADERS)
    response.headers["Content-Disposition"] = attachment(found.document.name)
    digest = base64.b64encode(bytes.fromhex(found.document.sha256)).decode("ascii")
    response.headers["Repr-Digest"] = f"sha-256=:{digest}:"
    return response


def exported(
    instance_ids: Sequence[str], *, actor: Actor, with_documents: bool = False
) -> Response:
    """The histories of these instances as a ZIP file that can be verified without Alur."""
    # Closed when the answer was sent, not here.
    built = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
    try:
        current_engine().history_export.write(
            instance_ids, built, actor=actor, with_documents=with_documents
        )
    except BaseException:
        built.close()
        raise
    built.seek(0)
    response = Response(_parts(built), mimetype="application/zip")
    response.call_on_close(built.close)
    response.headers.update(_HEADERS)
    response.headers["Content-Disposition"] = attachment("riwayat.zip")
    return response


def _parts(built: SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    with built:
        while part := built.read(_PART):
            yield part


def event_log(
    wanted: WantedLog, form: LogFormat, *, actor: Actor, name: str, is_packed: bool = False
) -> Response:
    """An event log, which is read while it is sent. name: of the file, without its ending."""
    parts = current_engine().event_logs.export(wanted, form, actor=actor, is_packed=is_packed)
    response = Response(parts, content_type=PACKED if is_packed else LOG_TYPES[form])
    response.headers.update(_HEADERS)
    full = f"{name}.{form}{'.gz' if is_packed else ''}"
    response.headers["Content-Disposition"] = attachment(full)
    return response


def pdf(content: bytes, name: str) -> Response:
    """A PDF document of ours, to be saved under that name."""
    response = Response(content, mimetype="application/pdf")
    response.headers.update(_HEADERS)
    response.headers["Content-Disposition"] = attachment(name)
    return response


def zipped(content: bytes, name: str) -> Response:
    """A ZIP file of ours, to be saved under that name."""
    response = pdf(content, name)
    response.mimetype = "application/zip"
    return response


def attachment(name: str) -> str:
    """The Content-Disposition of a file to be saved under that name, in characters of a header.

    RFC 6266 §4.3: `filename*` has the whole name, `filename` what an old client can read of it.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    seen = "".join(each for each in plain if each.isprintable()).translate(_QUOTED)
    whole = quote(name, safe="")
    return f"attachment; filename=\"{seen or 'dokumen'}\"; filename*=UTF-8''{whole}"
