"""The two files of a checkpoint: what stands in them, byte for byte.

The signed file is one RFC 8785 JSON object. Its signature (Ed25519, RFC 8032) covers the RFC 8785
JSON of the same object without `signature`. Its companion lists the heads that changed since the
checkpoint before, a JSON array a line; these lines, without their ends, are the leaves of the root.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import rfc8785

from engine.errors import DamagedRow, InvalidCheckpoint
from engine.model import Checkpoint, Head, LogHead, StoredCheckpoint

FORMAT = "alur-checkpoint-1"
_KEY_BYTES = 32


def head_line(head: Head) -> bytes:
    """The line that stands for a head; a leaf of the tree."""
    return rfc8785.dumps([head.instance_id, head.sequence, head.hash])


def heads_file(heads: Iterable[Head]) -> bytes:
    """The companion file."""
    return b"".join(head_line(head) + b"\n" for head in heads)


def head_of(line: bytes) -> Head:
    """The head on a line. Raises InvalidCheckpoint."""
    try:
        instance_id, sequence, value = json.loads(line)
        if isinstance(instance_id, str) and type(sequence) is int and isinstance(value, str):
            return Head(instance_id, sequence, value)
    except (ValueError, TypeError) as error:
        raise InvalidCheckpoint(f"a line of heads cannot be read: {error}") from error
    raise InvalidCheckpoint(f"expected an instance, a sequence and a hash, found {line[:200]!r}")


def signed_part(checkpoint: Checkpoint) -> bytes:
    """The bytes that the signature covers."""
    return rfc8785.dumps(_content(checkpoint))


def checkpoint_file(checkpoint: Checkpoint) -> bytes:
    """The signed file."""
    return rfc8785.dumps({**_content(checkpoint), "signature": checkpoint.signature})


def file_hash(content: bytes) -> str:
    """What the next checkpoint calls this one."""
    return hashlib.sha256(content).hexdigest()


def fingerprint(key: str) -> str:
    """A public key (base64) as people compare it: the SHA-256 of its 32 bytes, in groups of 8."""
    digest = hashlib.sha256(base64.b64decode(key)).hexdigest()
    return " ".join(digest[start : start + 8] for start in range(0, 64, 8))


def _content(checkpoint: Checkpoint) -> dict[str, Any]:
    optional = {"nextKey": checkpoint.next_key, "note": checkpoint.note}
    return {
        "format": FORMAT,
        "number": checkpoint.number,
        "at": checkpoint.at.isoformat(timespec="milliseconds"),
        "previous": checkpoint.previous,
        "root": checkpoint.root,
        "count": checkpoint.count,
        "logs": {
            name: {"sequence": head.sequence, "hash": head.hash}
            for name, head in checkpoint.logs.items()
        },
        "key": checkpoint.key,
        **{name: value for name, value in optional.items() if value is not None},
    }


def kept_checkpoint(stored: StoredCheckpoint) -> Checkpoint:
    """The checkpoint that the database keeps. Raises DamagedRow."""
    try:
        return read_checkpoint(stored.content)
    except InvalidCheckpoint as error:
        told = f"the row of checkpoint {stored.number} cannot be read: {error}"
        raise DamagedRow(told) from error


def read_checkpoint(content: bytes) -> Checkpoint:
    """The checkpoint in a signed file. Raises InvalidCheckpoint; the signature is not judged."""
    try:
        found = json.loads(content)
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise InvalidCheckpoint(f"expected a checkpoint of the format {FORMAT}")
        checkpoint = _checkpoint(found)
        is_same = checkpoint_file(checkpoint) == content
    # Nested too deep is a RecursionError.
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidCheckpoint(f"a checkpoint cannot be read: {error!r}") from error
    if not is_same:
        raise InvalidCheckpoint("a checkpoint has other bytes than its canonical ones (RFC 8785)")
    return checkpoint


def _checkpoint(found: Mapping[str, Any]) -> Checkpoint:
    at = datetime.fromisoformat(found["at"])
    if int(found["number"]) < 1:
        raise ValueError("checkpoints are counted from 1")
    for key in (found["key"], found.get("nextKey")):
        if key is not None and len(base64.b64decode(key, validate=True)) != _KEY_BYTES:
            raise ValueError(f"a key has {_KEY_BYTES} bytes")
    return Checkpoint(
        number=int(found["number"]),
        at=at,
        previous=_text(found["previous"]),
        root=str(found["root"]),
        count=int(found["count"]),
        logs={
            name: LogHead(int(head["sequence"]), str(head["hash"]))
            for name, head in found["logs"].items()
        },
        key=found["key"],
        next_key=found.get("nextKey"),
        note=_text(found.get("note")),
        signature=str(found["signature"]),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def with_signature(checkpoint: Checkpoint, signature: str) -> Checkpoint:
    """The checkpoint, signed."""
    return replace(checkpoint, signature=signature)


def lines_of(heads: bytes) -> Iterator[bytes]:
    """The lines of a companion file that is in memory, without their ends."""
    return iter(heads.splitlines())
