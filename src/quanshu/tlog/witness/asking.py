"""Asking a witness for its cosignature."""

from __future__ import annotations

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
        answer = post(url, str(Request(old, proof, note, checkpoint)), client)
        if answer.status_code == 200:
            return Answer(signature_in(answer.text, note, key), checkpoint.size)
        if answer.status_code != 409:
            break
        try:
            known = read_number(answer.text.removesuffix("\n"))
        except ValueError:
            break
        if known > checkpoint.size or known == old:
            break
        old = known
    text = " ".join(answer.text[:200].split())
    raise WitnessRefused(url=url, status=answer.status_code, text=text)


def post(url: str, body: str, client: httpx.Client | None) -> httpx.Response:
    """One request. Raises `tlog.witness_silent`."""
    address = f"{url.rstrip('/')}/add-checkpoint"
    try:
        if client is not None:
            return client.post(address, content=body.encode())
        return httpx.post(address, content=body.encode(), timeout=SECONDS)
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
