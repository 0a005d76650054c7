"""The ledger of the demo: a witness beside the node, an outside chain, and a receipt's proof checked."""

from __future__ import annotations

import time
from pathlib import Path

from django.conf import settings

from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import now
from quanshu.kernel.errors import QuanshuError
from quanshu.oversight.ledger.api import (
    Anchor,
    AnchorData,
    Witness,
    WitnessData,
    add_anchor,
    add_witness,
    post_to_anchors,
    proof_of_receipt,
    set_quorum,
    verify_text,
)
from quanshu.sharing.services.api import Exchange
from quanshu.tlog.witness import WitnessHome

SECONDS = 60


def play_ledger(cast: Cast, say: Say) -> None:
    """One witness of one, and the newest answered call's proof as a file in the home folder."""
    actor = cast.actors["bureau"]
    for place in settings.QUANSHU_WITNESSES[:1]:
        folder, _mark, port = place.rpartition(":")
        key = str(WitnessHome(Path(folder)).key.verifier)
        if not Witness.objects.filter(vkey=key).exists():
            data = WitnessData("济南市审计局", key, f"http://127.0.0.1:{port}")
            add_witness(actor=actor, data=data, now=now())
            set_quorum(actor=actor, least=1, now=now())
            say("the audit office's witness cosigns the ledger from now on; policy: 1 of 1")
    if not Anchor.objects.exists():
        add_anchor(actor=actor, data=AnchorData("泉城链", "file", "quancheng", 60), now=now())
    call = Exchange.objects.by_people().filter(status__lt=400).order_by("-at").first()
    if call is None:
        return
    proof = wait_for_proof(cast, call.receipt_id)
    if proof is None:
        say("no published checkpoint covers the newest call yet; its proof is on its page in a few seconds")
        return
    file = settings.QUANSHU_HOME / "demo.tlog-proof"
    file.write_text(proof, encoding="utf-8")
    found = verify_text(proof, call.receipt_id.encode()).verified
    names = ", ".join(name for name, _stamp in found.witnesses) or "no witness"
    say(f"receipt {call.receipt_id}: entry {found.index:,} of {found.size:,}, proven by {names}; file {file.name}")
    say(f"checkpoints posted to {post_to_anchors(now())} outside chain(s)")


def wait_for_proof(cast: Cast, receipt_id: str) -> str | None:
    """The receipt's proof once the worker and the witness have published it; None when that takes too long."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            return str(proof_of_receipt(actor=cast.actors["bureau"], receipt_id=receipt_id))
        except QuanshuError as fault:
            if fault.code not in {"ledger.not_published_yet", "ledger.entry_not_found"}:
                raise
        time.sleep(0.3)
    return None
