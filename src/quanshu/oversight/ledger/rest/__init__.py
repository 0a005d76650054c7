"""Ledger over REST: `mine` for residents and enterprises, `router` for everybody else."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status

from quanshu.city.citizen.api import CitizenPermission
from quanshu.kernel.clock import now
from quanshu.oversight.ledger import queries, services
from quanshu.oversight.ledger.models import Anchor, Checkpoint, Witness
from quanshu.oversight.ledger.pages.proofs import count_check, proof_answer
from quanshu.oversight.ledger.permissions import LedgerPermission as P
from quanshu.oversight.ledger.types import AnchorData, NothingGiven, WitnessData
from quanshu.shared.audit.api import AuditPermission
from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.services.api import ServicePermission

router = Router()
mine = Router()
Json = dict[str, Any]


class WitnessBody(Schema):
    """A witness: who runs it, its verifier key, its address."""

    title: str
    vkey: str
    url: str


class QuorumBody(Schema):
    """How many active witnesses a checkpoint needs."""

    least: int


class AnchorBody(Schema):
    """An outside chain: its name, kind (file), place, and the minutes between two posts."""

    title: str
    kind: str = "file"
    place: str
    minutes: int = 60


class VerifyBody(Schema):
    """A proof file's text; a receipt's number or the gateway's answer; a policy file when it is not this node's."""

    proof: str
    receipt: str = ""
    policy: str = ""


def witness_row(row: Witness) -> Json:
    """A witness."""
    names = ("uid", "title", "name", "vkey", "url", "state", "size", "seen_at", "failing_since", "fault")
    return {name: getattr(row, name) for name in names}


def checkpoint_row(row: Checkpoint) -> Json:
    """A checkpoint with its cosignatures."""
    lines = [{"witness": line.witness.uid, "line": line.line, "at": line.at} for line in row.cosignatures.all()]
    names = ("size", "signed_at", "state", "published_at", "note")
    return {name: getattr(row, name) for name in names} | {"root": row.root_hex, "cosignatures": lines}


def anchor_row(row: Anchor) -> Json:
    """An outside chain with its latest posts."""
    posts = [
        {"size": post.checkpoint.size, "reference": post.reference, "at": post.at} for post in queries.latest_posts(row)
    ]
    names = ("uid", "title", "kind", "place", "minutes", "active", "fault")
    return {name: getattr(row, name) for name in names} | {"posts": posts}


@router.get("/state")
def get_state(request: HttpRequest) -> Json:
    """How the ledger stands, and the keys it is checked by."""
    actor_of(request, P.VIEW)
    state = queries.ledger_state(now())
    return {
        "origin": state.origin,
        "keys": [str(key) for key in queries.own_policy().logs],
        "recorded": state.recorded,
        "waiting": state.waiting,
        "unpublished": state.unpublished,
        "signed": state.signed.size if state.signed else 0,
        "published": state.published.size if state.published else 0,
        "policy": {"least": state.least, "active": state.active},
        "witnesses": [{"uid": row.witness.uid, "title": row.witness.title, "lag": row.lag} for row in state.witnesses],
    }


@router.get("/checkpoints")
def list_checkpoints(request: HttpRequest, limit: int = 50, offset: int = 0) -> Json:
    """Checkpoints this log has signed, the newest first."""
    actor_of(request, P.VIEW)
    return page_of(queries.list_checkpoints(), limit=limit, offset=offset, serialise=checkpoint_row)


@router.get("/checkpoints/{size}")
def get_checkpoint(request: HttpRequest, size: int) -> Json:
    """One of them by its size."""
    actor_of(request, P.VIEW)
    return checkpoint_row(queries.get_checkpoint(size))


@router.get("/witnesses")
def list_witnesses(request: HttpRequest, limit: int = 50, offset: int = 0) -> Json:
    """Witnesses that were not removed."""
    actor_of(request, P.VIEW)
    return page_of(queries.list_witnesses(), limit=limit, offset=offset, serialise=witness_row)


@router.post("/witnesses", response={201: Json})
def add_witness(request: HttpRequest, body: WitnessBody) -> Status[Json]:
    """Add a witness."""
    data = WitnessData(**body.dict())
    made = services.add_witness(actor=actor_of(request), data=data, now=now())
    return Status(201, witness_row(made))


@router.post("/witnesses/{uid}/{step}")
def move_witness(request: HttpRequest, uid: str, step: str) -> Json:
    """Pause a witness, resume it, or remove it."""
    steps = {
        "pause": services.pause_witness,
        "resume": services.resume_witness,
        "remove": services.remove_witness,
    }
    found = queries.get_witness(uid if step in steps else "")
    moved = steps[step](actor=actor_of(request), witness=found, now=now())
    return witness_row(moved)


@router.put("/quorum")
def set_quorum(request: HttpRequest, body: QuorumBody) -> Json:
    """How many witnesses a checkpoint needs."""
    row = services.set_quorum(actor=actor_of(request), least=body.least, now=now())
    return {"least": row.least}


@router.get("/anchors")
def list_anchors(request: HttpRequest, limit: int = 50, offset: int = 0) -> Json:
    """Outside chains."""
    actor_of(request, P.VIEW)
    return page_of(queries.list_anchors(), limit=limit, offset=offset, serialise=anchor_row)


@router.post("/anchors", response={201: Json})
def add_anchor(request: HttpRequest, body: AnchorBody) -> Status[Json]:
    """Post checkpoints to an outside chain."""
    data = AnchorData(**body.dict())
    made = services.add_anchor(actor=actor_of(request), data=data, now=now())
    return Status(201, anchor_row(made))


@router.post("/anchors/{uid}/stop")
def stop_anchor(request: HttpRequest, uid: str) -> Json:
    """Post no more to it."""
    found = queries.get_anchor(uid)
    return anchor_row(services.stop_anchor(actor=actor_of(request), anchor=found, now=now()))


@router.get("/entries/{uid}/proof")
def entry_proof(request: HttpRequest, uid: str) -> HttpResponse:
    """The proof file of an audit entry."""
    actor = actor_of(request, AuditPermission.VIEW)
    found = queries.entry_for(actor=actor, uid=uid)
    return proof_answer(services.give_proof(actor=actor, entry=found, now=now()), found.uid)


@router.get("/receipts/{receipt}/proof")
def receipt_proof(request: HttpRequest, receipt: str) -> HttpResponse:
    """The proof file of a gateway call, for whoever may see its receipt."""
    actor = actor_of(request, ServicePermission.EXCHANGE_VIEW)
    found = queries.call_entry(actor=actor, receipt_id=receipt)
    return proof_answer(services.give_proof(actor=actor, entry=found, now=now()), receipt)


@mine.get("/uses/{receipt}/proof")
def use_proof(request: HttpRequest, receipt: str) -> HttpResponse:
    """The proof file of a use of one's own data, by its receipt, as soon as its entry is published."""
    actor = actor_of(request, CitizenPermission.VIEW)
    found = queries.use_entry(actor=actor, receipt_id=receipt, now=now())
    return proof_answer(services.give_proof(actor=actor, entry=found, now=now()), receipt)


@router.post("/verify", auth=None)
def verify(request: HttpRequest, body: VerifyBody) -> Json:
    """Check a proof; needs no sign-in. A proof that does not hold is refused with the name of what is wrong."""
    count_check(request)
    if not body.proof.strip():
        raise NothingGiven
    found = queries.verify_text(body.proof, body.receipt.encode(), body.policy)
    verified = found.verified
    return {
        "origin": verified.origin,
        "index": verified.index,
        "size": verified.size,
        "root": verified.root.hex(),
        "keys": list(verified.keys),
        "witnesses": [{"name": name, "at": stamp} for name, stamp in verified.witnesses],
        "receipt": found.receipt,
        "answer": found.answer,
        "statement": found.statement,
    }
