"""Merkle trees as RFC 6962 §2.1 builds them: roots over leaves, and proofs that one is among them.

Leaves and inner nodes are hashed under different first bytes, so that none passes for the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

#: RFC 6962 §2.1: the hash of an empty list.
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962 §2.1: MTH({d(0)}) = SHA-256(0x00 || d(0))."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The root over leaves that come one after the other; it keeps one hash per level."""

    def __init__(self) -> None:
        self.size = 0
        #: Roots of perfect subtrees, the largest first: one per bit of `size`.
        self._peaks: list[bytes] = []

    def add(self, data: bytes) -> None:
        """One more leaf stands at the end."""
        found, size = leaf_hash(data), self.size
        while size & 1:
            found, size = node_hash(self._peaks.pop(), found), size >> 1
        self._peaks.append(found)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The Merkle tree hash of all leaves so far."""
        if not self._peaks:
            return EMPTY
        *rest, found = self._peaks
        for peak in reversed(rest):
            found = node_hash(peak, found)
        return found


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The Merkle tree hash of the leaves."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root


def inclusion_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """RFC 6962 §2.1.1: what proves that leaf `index` is under the root, the nearest first."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"there is no leaf {index} among {len(leaves)}")
    path: list[bytes] = []
    first, last = 0, len(leaves)
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append(root_of(leaves[middle:last]))
            last = middle
        else:
            path.append(root_of(leaves[first:middle]))
            first = middle
    return tuple(reversed(path))


def _split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return int(1 << ((count - 1).bit_length() - 1))
