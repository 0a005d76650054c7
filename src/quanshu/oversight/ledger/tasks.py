"""What a worker does for the ledger: publish every few seconds, and ask witnesses beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.kernel.clock import now as clock_now
from quanshu.oversight.ledger.services.anchoring import post_to_anchors
from quanshu.oversight.ledger.services.asking import ask_witnesses, witnesses_to_ask
from quanshu.oversight.ledger.services.publishing import publish
from quanshu.shared.jobs.api import enqueue, every_tick, job, periodic

ASK = "ledger.ask"


@every_tick("ledger.publish", 2)
def publish_tick(now: datetime) -> None:
    """Sign and publish what is due; who must be asked is asked by a job, so that no other tick waits for a network."""
    publish(now)
    if witnesses_to_ask(now):
        enqueue(ASK, {}, now=now, key=ASK)


@job(ASK, max_attempts=1, lease_seconds=120)
def ask(payload: dict[str, Any]) -> None:
    """Ask the witnesses for the newest checkpoint, then publish it when they are enough."""
    if ask_witnesses(clock_now()):
        publish(clock_now())


@job("ledger.anchor", max_attempts=3)
def anchor(payload: dict[str, Any]) -> None:
    """Post the published checkpoint to the outside chains whose time has come."""
    post_to_anchors(clock_now())


periodic("ledger.anchor", "*/5 * * * *")
