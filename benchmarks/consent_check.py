"""What the check of a consent adds to a signed look-up: the same service with and without it, turn by turn."""

from __future__ import annotations

import base64
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.gateway_lookup import RID, SECRET, SID, asked, check_refused, free_port, prepare, serving
from benchmarks.load import Heard, Shot, fire
from benchmarks.result import Result, median
from quanshu.gateway.consent_specs import ConsentKeysSpec, ConsentSpec
from quanshu.gateway.consents import Consented, feed_key, write_consents
from quanshu.gateway.snapshot import write_snapshot
from quanshu.kernel.ciphers import suite
from quanshu.kernel.identifiers.subject import subject_digest

ROUNDS = 3
BY_CONSENT = "bench-by-consent"
# 15 % more time a call is this part of the calls a second.
TARGET = 1 / 1.15
FAR = 4e9


def add_consents(home: Path) -> tuple[str, ...]:
    """A second service that asks for consent, and a consent of everybody asked about, each counted; their uids."""
    snapshot, private = prepare(home)
    seal = (home / "keys" / "gateway.seal").read_bytes()
    key = suite("intl").generate_key()
    sealed = base64.b64encode(suite("intl").seal(seal, key, b"subject")).decode()
    service = replace(snapshot.services[0], sid=BY_CONSENT, consent=ConsentSpec("id"))
    grant = replace(snapshot.grants[0], uid="g2", sid=BY_CONSENT)
    keys = ConsentKeysSpec(sealed)
    following = replace(
        snapshot,
        version=2,
        services=(*snapshot.services, service),
        grants=(*snapshot.grants, grant),
        consent_keys=keys,
    )
    write_snapshot(home / "gateway", following, private)
    rows = [
        Consented(
            uid=f"consent-{number}",
            rid=RID,
            sid=BY_CONSENT,
            fields=("name", "age"),
            purpose=grant.purpose,
            subject=subject_digest(key, "person", person),
            state="granted",
            valid_from=0,
            valid_until=FAR,
            most_uses=1_000_000,
            per_day=1_000_000,
        )
        for number, person in enumerate(asked())
    ]
    write_consents(home / "gateway", feed_key(seal), rows)
    return tuple(row.uid for row in rows)


def fire_at(home: Path, sid: str, turn: int, consents: tuple[str, ...]) -> Heard:
    """A turn of one service on a gateway started anew."""
    port = free_port()
    environment = {"QUANSHU_HOME": str(home), "QUANSHU_GATEWAY_PORT": str(port)}
    with serving([sys.executable, "-m", "quanshu.gateway"], port, environment):
        return fire(Shot(port, f"/s/{sid}", RID, sid, SECRET, asked(), turn=turn, consents=consents))


def run() -> list[Result]:
    """Calls a second with the check against those without it."""
    with tempfile.TemporaryDirectory(prefix="quanshu-bench-") as folder:
        home = Path(folder)
        uids = add_consents(home)
        without: list[Heard] = []
        checked: list[Heard] = []
        for turn in range(ROUNDS):
            without.append(fire_at(home, SID, turn, ()))
            checked.append(fire_at(home, BY_CONSENT, turn, uids))
    check_refused([*without, *checked])
    ours, bare = (median([heard.rate for heard in turns]) for turns in (checked, without))
    against = "the same look-up without consent"
    return [Result("signed look-up under a consent, 5,000 consents", ours, against, bare, TARGET, "calls/s")]
