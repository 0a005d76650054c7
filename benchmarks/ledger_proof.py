"""A receipt's proof verified: file read, Ed25519 and SM2 signatures, three witnesses, path, digests of the entry."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.result import Result, median
from quanshu.tlog.checkpoints import Checkpoint
from quanshu.tlog.entries import DIGESTS, canonical, entry_of
from quanshu.tlog.integrator import Integrator
from quanshu.tlog.keys import COSIGNATURE, ED25519, SM2, SigningKey
from quanshu.tlog.policies import Policy, threshold_policy
from quanshu.tlog.proofs import Proof, verify_proof
from quanshu.tlog.store import TileStore
from quanshu.tlog.trees import TileTree

ENTRIES = 100_000
WITNESSES = 3
TIMES = 200
LIMIT_MS = 5.0


def statement(number: int) -> bytes:
    """An act as the audit trail has it."""
    values = {"uid": f"{number:036d}", "at": "2026-11-26T00:00:00.000000+00:00", "action": "gateway.call"}
    details = {"sid": "jn-ga-resident-query", "status": 200, "request": "ab" * 32, "response": "cd" * 32}
    return canonical({**values, "details": details, "salt": "00" * 16, "form": DIGESTS})


def made(folder: Path) -> tuple[str, Policy]:
    """A proof out of a log, and the policy it is good by."""
    keys = [SigningKey.generate("log.example/jinan", kind) for kind in (ED25519, SM2)]
    witnesses = [SigningKey.generate(f"w{number}.example", COSIGNATURE) for number in range(WITNESSES)]
    log = Integrator(TileStore(folder))
    log.append([entry_of(statement(number)) for number in range(ENTRIES)])
    log.flush()
    note = Checkpoint("log.example/jinan", ENTRIES, log.root()).note().signed(*keys)
    note = note.signed(*witnesses, timestamp=1_800_000_000)
    index = ENTRIES // 3
    path = TileTree(log.store, ENTRIES).inclusion(index)
    policy = threshold_policy([key.verifier for key in keys], [key.verifier for key in witnesses], 2)
    return str(Proof(index, tuple(path), note, statement(index))), policy


def run() -> list[Result]:
    """Verifications a second, against one in the promised time."""
    with tempfile.TemporaryDirectory() as folder:
        text, policy = made(Path(folder))
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        verify_proof(Proof.parse(text), policy)
        took.append(time.perf_counter() - began)
    note = f"{median(took) * 1000:.2f} ms each; the slowest {max(took) * 1000:.2f} ms"
    name = "receipt proofs verified, with SM2 and three witnesses"
    return [Result(name, 1 / median(took), "promised: one in 5 ms", 1000 / LIMIT_MS, 1.0, "proofs/s", note=note)]
