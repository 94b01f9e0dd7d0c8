"""Trees as RFC 6962 builds them: known roots, and proofs that hold for one leaf only."""

from __future__ import annotations

import pytest

from engine.canonical_json import canonical_json
from engine.merkle import EMPTY, Tree, inclusion_path, root_of
from engine.offline.verify_export import root_by_path

#: Leaves and roots with which implementations of Certificate Transparency (RFC 6962) are compared.
LEAVES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_of_certificate_transparency(count: int) -> None:
    assert root_of(LEAVES[:count]).hex() == ROOTS[count - 1]


def test_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert Tree().root == EMPTY


@pytest.mark.parametrize("count", range(1, 20))
def test_each_leaf_is_proved_by_its_path_and_no_other(count: int) -> None:
    heads = [[f"instance {number}", number, "hash"] for number in range(count)]
    leaves = [canonical_json(head) for head in heads]
    root = root_of(leaves).hex()

    for index, head in enumerate(heads):
        path = [each.hex() for each in inclusion_path(leaves, index)]
        assert root_by_path(head, index, count, path) == root
        assert root_by_path(["another"], index, count, path) != root
        assert root_by_path(head, (index + 1) % count, count, path) != root or count == 1
        assert root_by_path(head, index, count, [*path, root]) is None
        assert not path or root_by_path(head, index, count, path[:-1]) is None


def test_a_place_that_is_not_there_has_no_path() -> None:
    with pytest.raises(IndexError, match="no leaf 3 among 3"):
        inclusion_path(LEAVES[:3], 3)
    assert root_by_path(["instance", 1, "hash"], 3, 3, []) is None
