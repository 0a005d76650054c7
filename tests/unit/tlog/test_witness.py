"""The witness: the protocol's exact answers, over HTTP with a process of its own."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from quanshu.kernel.merkle import EMPTY_ROOT
from quanshu.tlog.checkpoints import Checkpoint
from quanshu.tlog.errors import BadSignature, WitnessRefused, WitnessSilent
from quanshu.tlog.keys import COSIGNATURE, SigningKey
from quanshu.tlog.notes import Note, Signature
from quanshu.tlog.trees import TileTree
from quanshu.tlog.witness import Request, WitnessHome, ask
from quanshu.tlog.witness.keeping import NoWitness, WitnessThere
from support_ledger import Log, RunningWitness, a_witness


def made(count: int, start: int = 0) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(start, start + count)]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    found = Log(tmp_path_factory.mktemp("log"))
    found.add(made(400))
    return found


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory, log: Log) -> Iterator[RunningWitness]:
    with a_witness(tmp_path_factory.mktemp("w") / "home", "audit.example/w1", [log.keys[0].verifier]) as found:
        yield found


@pytest.fixture
def witness(process: RunningWitness) -> RunningWitness:
    """The running witness, having seen nothing yet."""
    process.forget()
    return process


def head(log: Log, size: int) -> Checkpoint:
    return Checkpoint(log.keys[0].verifier.name, size, TileTree(log.store, size).root() if size else EMPTY_ROOT)


def body(log: Log, old: int, size: int, **more: object) -> str:
    """A request as a log makes it, or with parts put in its place."""
    found = more.get("head") or head(log, size)
    assert isinstance(found, Checkpoint)
    proof = more.get("proof", tuple(TileTree(log.store, size).consistency(old)) if 0 < old < size else ())
    keys = more.get("keys", log.keys)
    return str(Request(old, tuple(proof), found.note().signed(*keys), found))  # type: ignore[arg-type, misc]


def post(witness: RunningWitness, text: str | bytes) -> httpx.Response:
    raw = text.encode() if isinstance(text, str) else text
    return httpx.post(f"{witness.url}/add-checkpoint", content=raw, timeout=10)


def test_it_cosigns_a_log_from_the_first_checkpoint_on(witness: RunningWitness, log: Log) -> None:
    key = witness.home.key.verifier
    for old, size in ((0, 100), (100, 100), (100, 256), (256, 400)):
        answer = post(witness, body(log, old, size))
        assert answer.status_code == 200, answer.text
        assert answer.text.startswith("— audit.example/w1 ")
        assert answer.text.endswith("\n")
        line = Signature.parse(answer.text[:-1])
        assert Note(head(log, size).body, (line,)).opened([key]) == (key,)
        assert line.timestamp > 1_700_000_000
    address = hashlib.sha256(log.keys[0].verifier.name.encode()).hexdigest()
    latest = httpx.get(f"{witness.url}/{address}/checkpoint")
    note = Note.parse(latest.content)
    assert Checkpoint.parse(note.body).size == 400
    # Only signatures that it has verified stand there: not the SM2 line, whose key it does not know.
    assert [signature.name for signature in note.signatures] == [log.keys[0].verifier.name, "audit.example/w1"]
    assert httpx.get(f"{witness.url}/{'0' * 64}/checkpoint").status_code == 404


def test_a_size_it_does_not_know_is_a_conflict_that_tells_its_own(witness: RunningWitness, log: Log) -> None:
    answer = post(witness, body(log, 50, 100))
    assert (answer.status_code, answer.text) == (409, "0\n")
    assert answer.headers["content-type"] == "text/x.tlog.size"
    post(witness, body(log, 0, 100))
    answer = post(witness, body(log, 0, 256))
    assert (answer.status_code, answer.text) == (409, "100\n")


def test_a_fork_is_refused_whatever_proof_it_brings(witness: RunningWitness, log: Log, tmp_path: Path) -> None:
    assert post(witness, body(log, 0, 100)).status_code == 200
    fork = Log(tmp_path, log.keys)
    fork.add([b"another story", *made(399, 1)])
    for text in (
        body(fork, 100, 256),
        body(log, 100, 256, head=head(fork, 256)),
        body(fork, 100, 100),
        body(log, 100, 256, proof=()),
        body(log, 100, 256, proof=TileTree(log.store, 256).consistency(99)),
        body(log, 100, 100, proof=[b"\0" * 32]),
    ):
        assert post(witness, text).status_code == 422
    assert post(witness, body(log, 100, 256)).status_code == 200


def test_a_rolled_back_log_is_refused(witness: RunningWitness, log: Log) -> None:
    assert post(witness, body(log, 0, 256)).status_code == 200
    assert post(witness, body(log, 256, 100)).status_code == 400
    assert post(witness, body(log, 100, 100)).status_code == 409


def test_from_nothing_there_is_nothing_to_prove(witness: RunningWitness, log: Log) -> None:
    assert post(witness, body(log, 0, 100, proof=[b"\0" * 32])).status_code == 422
    wrong = Checkpoint(log.keys[0].verifier.name, 0, b"\0" * 32)
    assert post(witness, body(log, 0, 0, head=wrong)).status_code == 422
    assert post(witness, body(log, 0, 0)).status_code == 200
    assert post(witness, body(log, 0, 100)).status_code == 200


def test_unknown_logs_and_strangers_signatures_are_told_apart(witness: RunningWitness, log: Log) -> None:
    other = SigningKey.generate("other.example/log")
    unknown = Checkpoint("other.example/log", 100, head(log, 100).root)
    assert post(witness, body(log, 0, 100, head=unknown, keys=[other])).status_code == 404
    stranger = SigningKey.generate(log.keys[0].verifier.name)
    assert post(witness, body(log, 0, 100, keys=[stranger])).status_code == 403
    signed = body(log, 0, 100)
    raw = base64.b64encode(head(log, 100).root).decode()
    assert post(witness, signed.replace(raw, base64.b64encode(b"\1" * 32).decode())).status_code == 403


@pytest.mark.parametrize(
    "text",
    ["", "old 0", "old 0\n\n", "old x\n\nnote", b"\xff", "old 00\n\na\n", "x" * 70_000],
)
def test_what_is_no_request_is_a_bad_request(witness: RunningWitness, text: str | bytes) -> None:
    assert post(witness, text).status_code == 400


def test_wrong_old_lines_and_too_many_hashes_are_bad_requests(witness: RunningWitness, log: Log) -> None:
    good = body(log, 0, 100)
    for wrong in (
        good.replace("old 0", "old 01"), good.replace("old 0", "old -1"), good.replace("old 0", "new 0"),
        good.replace("old 0\n", "old 0\nAAAA\n"), body(log, 0, 100, proof=[b"\0" * 32] * 64),
    ):  # fmt: skip
        assert post(witness, wrong).status_code == 400
    assert httpx.get(f"{witness.url}/add-checkpoint").status_code == 405


def test_the_client_learns_the_size_and_asks_again(witness: RunningWitness, log: Log) -> None:
    key = witness.home.key.verifier
    note = head(log, 400).note().signed(*log.keys)
    prove = TileTree(log.store, 400).consistency
    assert post(witness, body(log, 0, 256)).status_code == 200
    answer = ask(witness.url, key, note, 0, prove)
    assert answer.size == 400
    assert Note(note.body, (answer.signature,)).opened([key])
    with pytest.raises(BadSignature):
        ask(witness.url, SigningKey.generate("audit.example/w1", COSIGNATURE).verifier, note, 400, prove)
    with pytest.raises(WitnessRefused, match="409"):
        ask(witness.url, key, head(log, 100).note().signed(*log.keys), 0, TileTree(log.store, 100).consistency)
    with pytest.raises(WitnessSilent, match="ConnectError"):
        ask("http://127.0.0.1:1", key, note, 0, prove)


def test_what_it_has_seen_outlives_its_process(witness: RunningWitness, log: Log, tmp_path: Path) -> None:
    assert post(witness, body(log, 0, 256)).status_code == 200
    witness.stop(kill=True)
    witness.start()
    fork = Log(tmp_path, log.keys)
    fork.add([b"another story", *made(399, 1)])
    assert post(witness, body(fork, 256, 400)).status_code == 422
    assert post(witness, body(log, 256, 400)).status_code == 200


def test_the_disk_has_what_it_answered(tmp_path: Path) -> None:
    """With less than EXTRA a power cut can bring back the journal, and with it the checkpoint of before."""
    home = WitnessHome.make(tmp_path / "w", "w")
    with home._store() as store:
        assert store.execute("PRAGMA synchronous").fetchone() == (3,)


def test_a_witness_whose_answer_has_no_end_is_left(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(pause: float) -> httpx.Client:
        def parts() -> Iterator[bytes]:
            while True:
                threading.Event().wait(pause)
                yield b"\xe2\x80\x94 audit.example/w1 " * 20

        return httpx.Client(transport=httpx.MockTransport(lambda _request: httpx.Response(200, content=parts())))

    key = SigningKey.generate("audit.example/w1", COSIGNATURE).verifier
    note, prove = head(log, 400).note().signed(*log.keys), TileTree(log.store, 400).consistency
    with pytest.raises(WitnessSilent, match="no end"):
        ask("http://w.example", key, note, 0, prove, endless(0))
    monkeypatch.setattr("quanshu.tlog.witness.asking.SECONDS", 0.2)
    with pytest.raises(WitnessSilent, match="no end"):
        ask("http://w.example", key, note, 0, prove, endless(0.05))


def test_two_requests_at_once_never_roll_it_back(tmp_path: Path, log: Log) -> None:
    home = WitnessHome.make(tmp_path / "w", "w")
    home.trust(log.keys[0].verifier)
    home.add_checkpoint(Request.parse(body(log, 0, 100).encode()), timestamp=1)
    found: list[object] = []

    def submit(size: int) -> None:
        found.append(home.add_checkpoint(Request.parse(body(log, 100, size).encode()), timestamp=2))

    threads = [threading.Thread(target=submit, args=(size,)) for size in (120, 150, 200, 256)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(answer, Signature) for answer in found) == 1


def test_a_witness_is_made_once_and_missed_by_name(tmp_path: Path) -> None:
    made_home = WitnessHome.make(tmp_path / "w", "audit.example/w1")
    assert (tmp_path / "w/witness.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(WitnessThere):
        WitnessHome.make(tmp_path / "w", "audit.example/w2")
    assert WitnessHome(tmp_path / "w").key == made_home.key
    with pytest.raises(NoWitness, match="nowhere"):
        WitnessHome(tmp_path / "nowhere")
