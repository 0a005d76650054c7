"""`quanshu codes`: a resident or enterprise code verified without a node or a network."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from quanshu.kernel.clock import CITY_TZ, now
from quanshu.kernel.codes import BadList, VerifyingKey, read_list, verify_offline

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def codes() -> None:
    """Resident and enterprise codes."""


def read_json(path: Path, fault: str) -> Any:
    """A JSON file as downloaded from the node. Raises BadList."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError) as error:
        raise BadList(fault=fault) from error


def read_keys(path: Path) -> dict[bytes, VerifyingKey]:
    """The node's public keys by their ids. Raises BadList."""
    fault = "the file of keys cannot be read."
    try:
        rows = read_json(path, fault)["keys"]
        return {bytes.fromhex(row["id"]): read_key(row) for row in rows}
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise BadList(fault=fault) from error


def read_key(row: dict[str, Any]) -> VerifyingKey:
    """A public key, and when it signs; a file of before keys were replaced does not say it."""
    public = base64.b64decode(row["public"], validate=True)
    return VerifyingKey(public, int(row.get("signs_from", 0)), int(row.get("signs_until", 0)))


def read_used(path: Path | None) -> set[bytes]:
    """Ids of the codes that this device has taken."""
    if path is None or not path.exists():
        return set()
    lines = path.read_text(encoding="utf-8").splitlines()
    return {bytes.fromhex(json.loads(line)["id"]) for line in lines if line.strip()}


@codes.command()
@click.argument("code")
@click.option("--keys", required=True, type=FILE, help="Keys as published at /codes/keys/ of the node.")
@click.option("--list", "listed", required=True, type=FILE, help="The list as published at /codes/list/ of the node.")
@click.option("--scene", required=True, type=click.IntRange(1), help="The number of the scene that is verified for.")
@click.option("--device", required=True, type=click.IntRange(1), help="The number of this device.")
@click.option("--at", type=int, help="Seconds since 1970; this machine's clock by default.")
@click.option(
    "--used",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of codes taken, one a line, read and added to: what is uploaded to the node later.",
)
def verify(code: str, keys: Path, listed: Path, scene: int, device: int, at: int | None, used: Path | None) -> None:
    """Check CODE by the node's KEYS and its signed LIST; exits with 1 when it is refused."""
    moment = at if at is not None else int(now().timestamp())
    publics = read_keys(keys)
    clock = f"{datetime.fromtimestamp(moment, UTC).astimezone(CITY_TZ):%H:%M}"
    found = verify_offline(
        code,
        listed=read_list(read_json(listed, "the file cannot be read."), publics, at=moment),
        publics=publics,
        scene=scene,
        verifier=device,
        at=moment,
        clock=clock,
        used=read_used(used),
    )
    if used is not None:
        with used.open("a", encoding="utf-8") as file:
            row = {"id": found.code.code_id.hex(), "code": code.strip("\r\n\t"), "at": moment}
            file.write(json.dumps(row) + "\n")
    click.echo(f"{found.scene['name']}: {'resident' if found.code.kind == 0 else 'enterprise'} code")
    for text in found.scene["proofs"]:
        click.echo(f"  {text}: {'yes' if text in found.proven else 'NO'}")
    click.secho("accepted; not yet known to be used only once: upload it to the node", fg="green")


def attach(root: click.Group) -> None:
    """Add these commands to the root."""
    root.add_command(codes)
