"""Against tlog-scales, an independent implementation: it reads our log, and we read its."""

from __future__ import annotations

from pathlib import Path

import pytest
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import PlainEd25519Signer, Vkey, VkeySet
from tlog_scales.tlog import Checkpoint as TheirCheckpoint
from tlog_scales.tlog import InclusionProofInvalid
from tlog_scales.writer import TilesWriter

from quanshu.kernel.merkle import leaf_hash, verify_consistency
from quanshu.tlog.checkpoints import Checkpoint
from quanshu.tlog.keys import COSIGNATURE, SigningKey, VerifierKey
from quanshu.tlog.monitor import Monitor, Seen
from quanshu.tlog.policies import threshold_policy
from quanshu.tlog.proofs import verify_proof
from quanshu.tlog.store import FolderSource
from support_ledger import Log

SIZES = (1, 255, 256, 257, 1000)


def made(count: int) -> list[bytes]:
    return [f"entry {number}".encode() * (number % 5) for number in range(count)]


@pytest.mark.parametrize("size", SIZES)
def test_it_reads_our_log(tmp_path: Path, size: int) -> None:
    log = Log(tmp_path)
    half = log.add(made(size)[: size // 2 + 1])
    log.add(made(size)[size // 2 + 1 :])
    reader = TilesReader(LocalBackend(tmp_path))
    found = reader.get_checkpoint()
    found.verify(Vkey.from_string(str(log.keys[0].verifier)))
    assert (found.origin, found.size) == (log.keys[0].verifier.name, size)
    assert reader.calculate_root_hash() == found.root_hash
    for index in {0, size // 2, size - 1}:
        assert reader.get_entry(index) == log.entries[index]
        reader.get_inclusion_proof(index, size).check(leaf_hash(log.entries[index]), found.root_hash)
        with pytest.raises(InclusionProofInvalid):
            reader.get_inclusion_proof(index, size).check(leaf_hash(b"another"), found.root_hash)
    reader.get_consistency_proof(half.size, size).check(half.root, found.root_hash)


@pytest.mark.parametrize("size", SIZES)
def test_we_read_its_log(tmp_path: Path, size: int) -> None:
    signer = PlainEd25519Signer("theirs.example/log", b"k" * 32)
    writer = TilesWriter.create(tmp_path / "theirs", "theirs.example/log")
    seen: Seen | None = None
    policy = threshold_policy([VerifierKey.parse(signer.vkey.serialize())], [], 0)
    for part in (made(size)[: size // 2 + 1], made(size)[size // 2 + 1 :]):
        for entry in part:
            writer.add_leaf(entry)
        writer.commit([signer])
        monitor = Monitor(FolderSource(tmp_path / "theirs"), policy, seen)
        monitor.audit()
        seen = monitor.seen
    assert seen is not None
    assert seen.size == size
    for index in {0, size // 2, size - 1}:
        proof = monitor.prove(index, made(size)[index])
        assert verify_proof(proof, policy, leaf=leaf_hash).index == index


def test_its_proofs_are_ours_and_ours_are_its(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.add(made(777))
    reader = TilesReader(LocalBackend(tmp_path))
    root = reader.get_checkpoint().root_hash
    for index in (0, 300, 776):
        assert tuple(reader.get_inclusion_proof(index, 777).node_hashes) == log.prove(index).path
    for old in (1, 256, 500, 776):
        theirs = reader.get_consistency_proof(old, 777).node_hashes
        reader.set_size(old)
        old_root = reader.calculate_root_hash()
        reader.set_size(777)
        assert verify_consistency(old_size=old, new_size=777, old_root=old_root, new_root=root, proof=theirs)


def test_it_accepts_our_cosignatures(tmp_path: Path) -> None:
    witness = SigningKey.generate("audit.example/w1", COSIGNATURE)
    log = Log(tmp_path)
    found: Checkpoint = log.add(made(9))
    text = str(found.note().signed(*log.keys).signed(witness, timestamp=1_800_000_000))
    theirs = TheirCheckpoint.from_text(text)
    keys = VkeySet(Vkey.from_string(str(witness.verifier)), Vkey.from_string(str(log.keys[0].verifier)))
    assert {vkey.name for vkey, _line in keys.verify(theirs.signatures, theirs)} == {"audit.example/w1", found.origin}
    changed = TheirCheckpoint.from_text(text.replace("\n9\n", "\n8\n"))
    assert not keys.verify(changed.signatures, changed)
