"""Logs of tiles: they grow, prove, and are told from logs that somebody tampered with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.kernel.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from quanshu.tlog.checkpoints import Checkpoint
from quanshu.tlog.entries import canonical, entry_of, leaf_of_statement
from quanshu.tlog.errors import (
    BadPolicy,
    BadProof,
    EntriesMissing,
    EntriesReordered,
    EntryChanged,
    Forked,
    NotIncluded,
    NotSigned,
    OtherReceipt,
    RolledBack,
    TileConflict,
    TooFewWitnesses,
    TreeChanged,
)
from quanshu.tlog.integrator import Integrator
from quanshu.tlog.keys import COSIGNATURE, SigningKey
from quanshu.tlog.monitor import Seen
from quanshu.tlog.policies import parse_policy, threshold_policy
from quanshu.tlog.proofs import Proof, verify_proof
from quanshu.tlog.receipts import check_receipt
from quanshu.tlog.store import TileStore
from quanshu.tlog.tiles import TileName, pack_entries, unpack_entries
from quanshu.tlog.trees import TileTree
from support_ledger import Log


def made(count: int, start: int = 0) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(start, start + count)]


@settings(max_examples=25)
@given(steps=st.lists(st.integers(0, 700), min_size=1, max_size=4), data=st.data())
def test_a_log_that_grows_in_any_steps_is_the_same_tree(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], data: st.DataObject
) -> None:
    store = TileStore(tmp_path_factory.mktemp("log"))
    entries = made(sum(steps))
    leaves = [leaf_hash(entry) for entry in entries]
    size = 0
    for step in steps:
        log = Integrator(store, size)
        assert log.append(entries[size : size + step]) == size + step
        log.flush()
        store.drop_partials(size, size + step)
        size += step
        assert log.root() == root(leaves[:size])
    if not size:
        return
    tree = TileTree(store, size)
    assert tree.root() == root(leaves)
    index = data.draw(st.integers(0, size - 1))
    assert tree.inclusion(index) == inclusion_proof(leaves, index)
    old = data.draw(st.integers(1, size))
    assert tree.consistency(old) == consistency_proof(leaves, old)
    assert verify_consistency(
        old_size=old, new_size=size, old_root=root(leaves[:old]), new_root=tree.root(), proof=tree.consistency(old)
    )
    assert verify_inclusion(
        leaf=leaves[index], index=index, size=size, proof=tree.inclusion(index), expected=tree.root()
    )


def test_a_log_of_three_levels_holds(tmp_path: Path) -> None:
    log = Log(tmp_path)
    found = log.add(made(66_000))
    assert log.monitor().audit() == found
    assert (tmp_path / "tile/2/000.p/1").exists()
    for index in (0, 255, 256, 65_535, 65_536, 65_999):
        assert verify_proof(log.prove(index), log.policy, leaf=leaf_hash).index == index


def test_a_full_tile_never_changes(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.add(made(300))
    with pytest.raises(TileConflict, match="tile/0/000"):
        log.store.put(TileName(0, 0), b"\0" * 8192)
    log.add(made(300, 300))
    assert not (tmp_path / "tile/0/001.p").exists()
    assert (tmp_path / "tile/0/002.p/88").exists()


def test_work_cut_off_before_its_checkpoint_is_done_over(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.add(made(300))
    lost = Integrator(log.store, 300)
    lost.append(made(500, 300))
    # Killed here: full tiles are on the disk, the edge and the checkpoint are not.
    log.add(made(500, 300))
    assert log.monitor().audit().size == 800


class Tampered:
    """What somebody may have done to a log of 700 entries, and the name it is given."""

    def __init__(self, folder: Path) -> None:
        self.log = Log(folder)
        self.seen = Seen(*(lambda found: (found.size, found.root))(self.log.add(made(400))))
        self.log.add(made(300, 400))
        self.bundle = TileName(-1, 0).path

    def rewrite(self, entries: list[bytes]) -> None:
        (self.log.folder / self.bundle).write_bytes(pack_entries(entries))

    @property
    def held(self) -> list[bytes]:
        return unpack_entries((self.log.folder / self.bundle).read_bytes())


@pytest.fixture
def tampered(tmp_path: Path) -> Tampered:
    return Tampered(tmp_path / "log")


def test_an_untouched_log_passes(tampered: Tampered) -> None:
    assert tampered.log.monitor(tampered.seen).audit().size == 700


def test_a_changed_entry_is_named(tampered: Tampered) -> None:
    tampered.rewrite([*tampered.held[:5], b"another", *tampered.held[6:]])
    with pytest.raises(EntryChanged, match="Entry 5 "):
        tampered.log.monitor(tampered.seen).audit()


def test_a_dropped_entry_is_named(tampered: Tampered) -> None:
    tampered.rewrite([*tampered.held[:5], *tampered.held[6:]])
    with pytest.raises(EntriesMissing, match="255"):
        tampered.log.monitor(tampered.seen).audit()


def test_reordered_entries_are_named(tampered: Tampered) -> None:
    held = tampered.held
    tampered.rewrite([*held[:5], held[6], held[5], *held[7:]])
    with pytest.raises(EntriesReordered, match="place 5"):
        tampered.log.monitor(tampered.seen).audit()


def test_a_changed_tile_is_named(tampered: Tampered) -> None:
    path = tampered.log.folder / "tile/0/001"
    path.write_bytes(b"\0" * 32 + path.read_bytes()[32:])
    with pytest.raises(TreeChanged):
        tampered.log.monitor().audit()


def test_a_rolled_back_log_is_named(tampered: Tampered, tmp_path: Path) -> None:
    newest = tampered.log.monitor().follow()
    older = Log(tmp_path / "older", tampered.log.keys)
    older.add(made(400))
    with pytest.raises(RolledBack, match="700"):
        older.monitor(Seen(newest.size, newest.root)).follow()


def test_a_forked_log_is_named(tampered: Tampered, tmp_path: Path) -> None:
    other = Log(tmp_path / "other", tampered.log.keys)
    other.add([b"another story", *made(699, 1)])
    with pytest.raises(Forked, match="400"):
        other.monitor(tampered.seen).follow()
    # The same size with another root is a fork too.
    same = Log(tmp_path / "same", tampered.log.keys)
    same.add([b"another story", *made(399, 1)])
    with pytest.raises(Forked):
        same.monitor(tampered.seen).follow()


def test_a_checkpoint_of_somebody_else_is_named(tampered: Tampered) -> None:
    stranger = SigningKey.generate(tampered.log.keys[0].verifier.name)
    found = Checkpoint.parse(tampered.log.monitor().note()[0].body)
    tampered.log.store.publish(str(found.note().signed(stranger)))
    with pytest.raises(NotSigned):
        tampered.log.monitor().follow()


def test_swapped_proofs_are_named(tampered: Tampered) -> None:
    log = tampered.log
    one, two = log.prove(5), log.prove(6)
    for proof in (
        Proof(one.index, one.path, one.note, two.extra),
        Proof(one.index, two.path, one.note, one.extra),
        Proof(two.index, one.path, one.note, one.extra),
        Proof(one.index, one.path[:-1], one.note, one.extra),
        Proof(one.index, (*one.path, one.path[0]), one.note, one.extra),
    ):
        with pytest.raises(NotIncluded):
            verify_proof(proof, log.policy, leaf=leaf_hash)


def test_a_proof_is_read_as_it_was_written_and_nothing_else_is(tampered: Tampered) -> None:
    proof = tampered.log.prove(12)
    assert Proof.parse(str(proof)) == proof
    bare = Proof(proof.index, proof.path, proof.note)
    assert Proof.parse(str(bare)) == bare
    text = str(proof)
    for wrong in (
        text.replace("v1", "v2", 1), text.replace("index 12", "index 012"), text.replace("index 12", "place 12"),
        text.replace("\n\n", "\n", 1), text[:-1], text.replace("extra ", "extra"), "", text.replace("index 12\n", ""),
    ):  # fmt: skip
        with pytest.raises(BadProof):
            Proof.parse(wrong)
    with pytest.raises(BadProof):
        Proof.parse(b"\xff")


@given(text=st.text(max_size=60).map(lambda tail: f"c2sp.org/tlog-proof@v1\n{tail}"))
def test_any_text_is_a_proof_or_refused(text: str) -> None:
    with pytest.raises(BadProof):
        Proof.parse(text)


def test_a_policy_of_n_of_m_asks_for_n(tampered: Tampered) -> None:
    log = tampered.log
    witnesses = [SigningKey.generate(f"w{number}.example", COSIGNATURE) for number in range(3)]
    policy = threshold_policy([key.verifier for key in log.keys], [key.verifier for key in witnesses], 2)
    proof = log.prove(3)
    with pytest.raises(TooFewWitnesses):
        verify_proof(proof, policy, leaf=leaf_hash)
    one = Proof(proof.index, proof.path, proof.note.signed(witnesses[0], timestamp=5), proof.extra)
    with pytest.raises(TooFewWitnesses, match=r"w0\.example"):
        verify_proof(one, policy, leaf=leaf_hash)
    # The same witness twice is one witness.
    twice = Proof(one.index, one.path, one.note.signed(witnesses[0], timestamp=6), one.extra)
    with pytest.raises(TooFewWitnesses):
        verify_proof(twice, policy, leaf=leaf_hash)
    two = Proof(one.index, one.path, one.note.signed(witnesses[2], timestamp=7), one.extra)
    assert verify_proof(two, policy, leaf=leaf_hash).witnesses == (("w0.example", 5), ("w2.example", 7))
    assert parse_policy(str(policy)).met_by(["w0.example", "w1.example"])


def test_policies_nest_and_say_what_is_wrong_with_a_line() -> None:
    keys = [str(SigningKey.generate(f"w{number}", COSIGNATURE).verifier) for number in range(5)]
    lines = [f"witness W{number} {key}" for number, key in enumerate(keys)]
    groups = ["# two bodies", "group X 2 W0 W1 W2", "group Y any W3 W4", "\tgroup both all X Y ", "quorum both", ""]
    policy = parse_policy("\n".join([*lines, *groups]))
    assert policy.met_by(["W0", "W2", "W4"])
    assert not policy.met_by(["W0", "W1", "W2"])
    assert not policy.met_by(["W0", "W3", "W4"])
    assert parse_policy(str(policy)) == policy
    for wrong, fault in (
        ("quorum none\nquorum none", "Line 2"),
        ("quorum W", "not defined"),
        (f"{lines[0]}\n{lines[0]}\nquorum none", "Line 2"),
        (f"{lines[0]}\nwitness again {keys[0]}\nquorum none", "twice"),
        (f"{lines[0]}\ngroup G 2 W0\nquorum G", "cannot be asked"),
        (f"{lines[0]}\ngroup G 0 W0\nquorum G", "cannot be asked"),
        (f"{lines[0]}\ngroup G 1 W0\ngroup H 1 W0\nquorum H", "member of a group"),
        ("witness none x\nquorum none", "taken"),
        ("log x\nquorum none", "three parts"),
        ("frob\nquorum none", "begins no line"),
        ("", "no line"),
        ("quorum none\r\n", "control"),
    ):
        with pytest.raises(BadPolicy, match=fault):
            parse_policy(wrong)


def test_groups_may_nest_deeper_than_a_program_may_recurse() -> None:
    key = SigningKey.generate("w", COSIGNATURE).verifier
    lines = [f"witness g0 {key}", *(f"group g{level} 1 g{level - 1}" for level in range(1, 1500)), "quorum g1499", ""]
    policy = parse_policy("\n".join(lines))
    assert policy.met_by(["g0"])
    assert not policy.met_by([])


def test_the_logs_own_entry_is_no_statement_and_proves_no_receipt() -> None:
    """Everyone may read the entry: whoever shows it in place of the act shows nothing of the act."""
    said = {"uid": "u-1", "at": "2026-01-01T00:00:00+00:00", "action": "test.done", "salt": "ab" * 16, "form": 1}
    statement = canonical(said)
    entry = entry_of(statement)
    assert leaf_of_statement(statement) == leaf_hash(entry)
    with pytest.raises(BadProof, match="salt"):
        leaf_of_statement(entry)
    with pytest.raises(BadProof):
        leaf_of_statement(b"[" * 200_000)


@pytest.mark.parametrize(
    "raw", [b"", b"no receipt at all", b'{"receipt_id": ""}', b'{"receipt_id": "None"}', b"[" * 99999]
)
def test_what_holds_no_number_is_not_the_receipt_of_an_act_without_an_object(raw: bytes) -> None:
    for statement in ({"uid": "u-1", "object_uid": ""}, {"uid": "u-1"}):
        with pytest.raises(OtherReceipt):
            check_receipt(statement, raw)
    assert not check_receipt({"uid": "u-1000", "object_uid": ""}, b"u-1000")


def test_a_folder_copied_elsewhere_is_the_same_log(tampered: Tampered, tmp_path: Path) -> None:
    shutil.copytree(tampered.log.folder, tmp_path / "copy")
    copy = Log(tmp_path / "copy", tampered.log.keys, tampered.log.entries)
    assert copy.monitor(tampered.seen).audit().size == 700
