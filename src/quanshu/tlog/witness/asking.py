"""Asking a witness for its cosignature."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from quanshu.tlog.checkpoints import Checkpoint, read_number
from quanshu.tlog.errors import BadNote, BadSignature, WitnessRefused, WitnessSilent
from quanshu.tlog.keys import VerifierKey
from quanshu.tlog.notes import Note, Signature, signature_lines
from quanshu.tlog.witness.deciding import Request

SECONDS = 10.0
MOST_TRIES = 3
MOST_BYTES = 64_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The witness's cosignature of the checkpoint."""

    signature: Signature
    size: int


def ask(
    url: str,
    key: VerifierKey,
    note: Note,
    old: int,
    prove: Callable[[int], Sequence[bytes]],
    client: httpx.Client | None = None,
) -> Answer:
    """Submit a checkpoint to the witness below `url`, which is thought to know the log at size `old`.

    `prove` makes the consistency proof from a size. A witness that knows another size says so and is asked again.
    Raises `tlog.witness_silent`, `tlog.witness_refused`, `tlog.bad_signature`.
    """
    checkpoint = Checkpoint.parse(note.body)
    for _ in range(MOST_TRIES):
        proof = tuple(prove(old)) if old else ()
        status, said = post(url, str(Request(old, proof, note, checkpoint)), client)
        if status == 200:
            return Answer(signature_in(said, note, key), checkpoint.size)
        if status != 409:
            break
        try:
            known = read_number(said.removesuffix("\n"))
        except ValueError:
            break
        if known > checkpoint.size or known == old:
            break
        old = known
    text = " ".join(said[:200].split())
    raise WitnessRefused(url=url, status=status, text=text)


def post(url: str, body: str, client: httpx.Client | None) -> tuple[int, str]:
    """One request: (status, text). A witness whose answer has no end holds up the others for seconds alone.

    Raises `tlog.witness_silent`.
    """
    address, until = f"{url.rstrip('/')}/add-checkpoint", time.monotonic() + SECONDS
    raw, stream = bytearray(), httpx.stream if client is None else client.stream
    try:
        with stream("POST", address, content=body.encode(), timeout=SECONDS) as answer:
            for part in answer.iter_bytes():
                raw += part
                if len(raw) > MOST_BYTES or time.monotonic() > until:
                    raise WitnessSilent(url=url, fault="its answer has no end")
            return answer.status_code, raw.decode("utf-8", errors="replace")
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise WitnessSilent(url=url, fault=type(fault).__name__) from fault


def signature_in(text: str, note: Note, key: VerifierKey) -> Signature:
    """The witness's line, checked. Raises `tlog.bad_signature`."""
    try:
        more = Note(note.body, signature_lines(text))
    except BadNote as fault:
        raise BadSignature(name=key.name) from fault
    more.held([key])
    found = more.signature_by(key)
    if found is None or found.timestamp == 0:
        raise BadSignature(name=key.name)
    return found
