"""Resident codes issued and verified on one worker, against the bare signatures."""

from __future__ import annotations

import secrets
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.result import Result, median
from quanshu.kernel.codes import LIFETIME, PREFIX, Mint, check_bound, check_time, read_code

CODES = 4_000
ROUNDS = 3
NOW, SCENE = 1_790_000_000, 7


def ours(mint: Mint) -> float:
    """Seconds to issue each code as a holder's page does, and to read, check and tell whose it is, as a scan does."""
    publics = {mint.key_id: mint.public}
    taken: set[bytes] = set()
    began = time.perf_counter()
    for subject in range(1, CODES + 1):
        text = mint.issue(subject=subject, scene=SCENE, proofs=1, now=NOW)
        code = read_code(text, publics)
        check_time(code, at=NOW + LIFETIME // 2)
        check_bound(code, scene=SCENE, verifier=3)
        taken.add(code.code_id)
        if mint.whose(code) != (subject, 0):
            raise RuntimeError("a code of somebody else")
    took = time.perf_counter() - began
    if len(taken) != CODES:
        raise RuntimeError("two codes alike")
    return took


def floor() -> float:
    """Seconds to sign and verify messages of a code's length, with nothing around it."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    messages = [PREFIX.encode() + secrets.token_bytes(61) for _ in range(CODES)]
    began = time.perf_counter()
    for message in messages:
        public.verify(private.sign(message), message)
    return time.perf_counter() - began


def run() -> list[Result]:
    """Codes a second, each issued and verified; and the same against what was promised."""
    mint = Mint(secrets.token_bytes(32), secrets.token_bytes(32), secrets.token_bytes(32))
    pairs = [(ours(mint), floor()) for _ in range(ROUNDS)]
    rate = CODES / median([pair[0] for pair in pairs])
    bare = CODES / median([pair[1] for pair in pairs])
    return [
        Result("resident codes issued and verified, one worker", rate, "floor: the signatures alone", bare, 0.40,
               "codes/s"),
        Result("resident codes issued and verified, one worker", rate, "promised: 2,000 a second", 2000.0, 1.0,
               "codes/s"),
    ]  # fmt: skip
