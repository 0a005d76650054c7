"""`quanshu ledger`: the audit trail checked, published, and proofs verified off line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from quanshu.cli.root import load_django

if TYPE_CHECKING:
    from quanshu.tlog.policies import Policy

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def ledger() -> None:
    """Look after the audit trail and its published log; check proofs off line."""


@ledger.command()
def check() -> None:
    """Recompute every row's place in the tree, and hold the published log against the database."""
    load_django()
    from quanshu.oversight.ledger.api import compare_published
    from quanshu.shared.audit.api import integrity_report

    report, published = integrity_report(), compare_published()
    for name, value in [*report.as_rows(), *published.as_rows()]:
        click.echo(f"{name}: {value}")
    if not report.sound or not published.sound:
        raise SystemExit(1)


@ledger.command()
def publish() -> None:
    """Place what waits, sign a checkpoint of it, ask the witnesses, and publish it when they are enough."""
    load_django()
    from quanshu.kernel.clock import now
    from quanshu.oversight.ledger.api import ask_witnesses, ledger_state
    from quanshu.oversight.ledger.api import publish as publish_log
    from quanshu.shared.audit.api import integrate

    while integrate(now()):
        pass
    publish_log(now(), hurry=True)
    if ask_witnesses(now()):
        publish_log(now())
    state = ledger_state(now())
    published = state.published.size if state.published else 0
    click.echo(f"{state.origin}: {state.recorded:,} entries in the tree, {published:,} published")
    for row in state.witnesses:
        click.echo(f"  {row.witness.title}: {row.witness.fault or f'{row.lag:,} entries behind'}")
    if state.unpublished:
        raise SystemExit(1)


def read_policy(policy: Path | None, keys: tuple[str, ...]) -> Policy:
    """The policy of a file; or of verifier keys: logs, and witnesses that must all have signed.

    Raises `tlog.bad_policy`, `tlog.bad_key`, and a usage error when neither is given.
    """
    from quanshu.tlog.errors import BadPolicy
    from quanshu.tlog.keys import COSIGNATURE, VerifierKey
    from quanshu.tlog.policies import parse_policy, threshold_policy

    if policy is not None:
        try:
            return parse_policy(policy.read_text(encoding="utf-8"))
        except UnicodeDecodeError as fault:
            raise BadPolicy(line=1, fault="it is not UTF-8.") from fault
    if not keys:
        raise click.UsageError("Give --policy FILE or --key KEY: by what should the proof be good?")
    parsed = [VerifierKey.parse(key) for key in keys]
    witnesses = [key for key in parsed if key.kind == COSIGNATURE]
    return threshold_policy([key for key in parsed if key.kind != COSIGNATURE], witnesses, len(witnesses))


@ledger.command()
@click.argument("file", type=FILE)
@click.option("--policy", type=FILE, help="A policy file, as published at /ledger/policy/ of the node.")
@click.option("--key", "keys", multiple=True, help="A verifier key of the log, or of a witness that must have signed.")
@click.option("--entry", type=FILE, help="The entry in full, when the proof file does not carry it.")
@click.option("--receipt", type=FILE, help="The gateway's answer as received, or a file with the receipt's number.")
def verify(file: Path, policy: Path | None, keys: tuple[str, ...], entry: Path | None, receipt: Path | None) -> None:
    """Check the proof FILE off line: only this file and the keys. Exits with 1 and the fault's name when it fails."""
    from quanshu.tlog.entries import read_statement
    from quanshu.tlog.proofs import Proof, verify_proof
    from quanshu.tlog.receipts import check_receipt

    trusted = read_policy(policy, keys)
    found = verify_proof(Proof.parse(file.read_bytes()), trusted, entry.read_bytes() if entry else None)
    statement = read_statement(found.statement)
    click.secho(f"holds: entry {found.index:,} of {found.origin}, {found.size:,} entries", fg="green")
    click.echo(f"signed by the log: {', '.join(found.keys)}")
    for name, stamp in found.witnesses:
        click.echo(f"witness {name}: {datetime.fromtimestamp(stamp, tz=UTC).isoformat()}")
    shown = ("at", "action", "actor_name", "label", "object_kind", "object_uid", "outcome")
    for name in shown:
        click.echo(f"{name}: {statement.get(name, '')}")
    if receipt is not None:
        whole = check_receipt(statement, receipt.read_bytes())
        click.echo(f"receipt: it is this one{'; the answer is as given, byte for byte' if whole else ''}")


def attach(root: click.Group) -> None:
    """Add this group to the root."""
    root.add_command(ledger)
