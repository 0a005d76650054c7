"""`quanshu certificate`: a registration certificate checked from its file alone, without a node or a network."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from quanshu.kernel.certificates import Forged, verify_certificate
from quanshu.kernel.clock import today


@click.group()
def certificate() -> None:
    """Registration certificates of data resources."""


def read_json(path: Path) -> Any:
    """A JSON file; anything else is no certificate."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError) as error:
        raise Forged(fault="it is no certificate file.") from error


def read_keys(path: Path) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The keys published by the issuing node, and the certificates it has ended."""
    published = read_json(path)
    try:
        keys = {entry["algorithm"]: base64.b64decode(entry["public"], validate=True) for entry in published["keys"]}
    except (KeyError, TypeError, binascii.Error) as error:
        message = "this is no file of public keys; download it from the issuing node's /registration/keys/"
        raise click.BadParameter(message, param_hint="--keys") from error
    return keys, published.get("ended", {})


@certificate.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--keys",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Keys as published at /registration/keys/ of the issuing node.",
)
def verify(file: Path, keys: Path) -> None:
    """Check FILE by the issuing node's public KEYS; exits with 1 when it is forged or valid no more."""
    publics, ended = read_keys(keys)
    payload = verify_certificate(read_json(file), publics)
    number = payload["number"]
    click.echo(f"{number}  {payload['resource']['name']}  {payload['holder']['name']}")
    click.echo(f"signed by {', '.join(sorted(publics))}; issued {payload['issued_on']}, until {payload['expires_on']}")
    if number in ended:
        click.secho(f"valid no more: {ended[number]['state']} at {ended[number]['at']}", fg="red", err=True)
        raise SystemExit(1)
    if date.fromisoformat(payload["expires_on"]) < today():
        click.secho("valid no more: expired", fg="red", err=True)
        raise SystemExit(1)
    click.secho("valid by this file and these keys", fg="green")


def attach(root: click.Group) -> None:
    """Add these commands to the root."""
    root.add_command(certificate)
