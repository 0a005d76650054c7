"""The tree of RFC 6962: known roots, proofs that hold, and proofs that do not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.kernel import merkle

# Entries and roots of the certificate-transparency reference tests.
ENTRIES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [merkle.leaf_hash(bytes.fromhex(text)) for text in ENTRIES]
quick = settings(max_examples=60, deadline=None)
sizes = st.integers(1, 70)


def leaves_of(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(count)]


def test_known_roots() -> None:
    assert [merkle.root(LEAVES[:size]).hex() for size in range(9)] == ROOTS


def test_known_inclusion_proofs() -> None:
    assert merkle.inclusion_proof(LEAVES[:1], 0) == []
    assert [part.hex() for part in merkle.inclusion_proof(LEAVES, 0)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [part.hex() for part in merkle.inclusion_proof(LEAVES, 5)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_known_consistency_proofs() -> None:
    assert merkle.consistency_proof(LEAVES[:1], 1) == []
    assert [part.hex() for part in merkle.consistency_proof(LEAVES, 6)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@quick
@given(sizes, st.data())
def test_inclusion_holds_and_breaks(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    root, proof = merkle.root(leaves), merkle.inclusion_proof(leaves, index)

    def holds(**changes: object) -> bool:
        asked = {"leaf": leaves[index], "index": index, "size": size, "proof": proof, "expected": root, **changes}
        return merkle.verify_inclusion(**asked)  # type: ignore[arg-type]

    assert holds()
    assert not holds(leaf=merkle.leaf_hash(b"another"))
    assert not holds(expected=merkle.leaf_hash(b"another"))
    assert not holds(index=size)
    assert not holds(index=-1)
    assert not holds(proof=[*proof, root])
    if proof:
        assert not holds(proof=proof[:-1])
        place = data.draw(st.integers(0, len(proof) - 1))
        assert not holds(proof=[*proof[:place], merkle.leaf_hash(b"x"), *proof[place + 1 :]])
        assert not holds(index=(index + 1) % size)


@quick
@given(sizes, st.data())
def test_consistency_holds_and_breaks(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    old_size = data.draw(st.integers(1, size))
    proof = merkle.consistency_proof(leaves, old_size)
    old, new = merkle.root(leaves[:old_size]), merkle.root(leaves)

    def holds(**changes: object) -> bool:
        asked = {"old_size": old_size, "new_size": size, "old_root": old, "new_root": new, "proof": proof, **changes}
        return merkle.verify_consistency(**asked)  # type: ignore[arg-type]

    assert holds()
    assert not holds(new_root=merkle.leaf_hash(b"another"))
    assert not holds(old_root=merkle.leaf_hash(b"another"))
    assert not holds(proof=[*proof, new])
    rewritten = [merkle.leaf_hash(b"rewritten"), *leaves[1:]]
    if old_size < size:
        assert not holds(proof=merkle.consistency_proof(rewritten, old_size), new_root=merkle.root(rewritten))
        assert not holds(proof=[])
        assert not holds(old_size=0)


@quick
@given(st.integers(0, 80), st.integers(0, 80))
def test_a_compact_range_goes_on_where_it_was_left(first: int, more: int) -> None:
    leaves = leaves_of(first + more)
    tree = merkle.CompactRange()
    for leaf in leaves[:first]:
        tree.append(leaf)
    assert tree.root() == merkle.root(leaves[:first])
    again = merkle.CompactRange.from_list(first, tree.to_list())
    for leaf in leaves[first:]:
        again.append(leaf)
    assert again.size == first + more
    assert again.root() == merkle.root(leaves)
    assert len(again.to_list()) == again.size.bit_count()


def test_impossible_questions_are_refused() -> None:
    for wrong in (
        lambda: merkle.inclusion_proof([], 0),
        lambda: merkle.inclusion_proof(LEAVES, 8),
        lambda: merkle.consistency_proof(LEAVES, 0),
        lambda: merkle.consistency_proof(LEAVES, 9),
    ):
        with pytest.raises(IndexError):
            wrong()
    with pytest.raises(ValueError, match="full subtrees"):
        merkle.CompactRange.from_list(3, [LEAVES[0]])
