"""`quanshu package`: a signed package of one's own data checked from its file alone, without a node or a network."""

from __future__ import annotations

import json
from pathlib import Path

import click

from quanshu.kernel.packages import BadPackage, read_keys, verify_package


@click.group()
def package() -> None:
    """Packages of data that residents and enterprises download."""


@package.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--keys",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Keys as published at /my/keys/ of the issuing node.",
)
def verify(file: Path, keys: Path) -> None:
    """Check FILE by the issuing node's public KEYS; exits with 1 when it was changed or is another's."""
    try:
        published = json.loads(keys.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError) as fault:
        raise BadPackage(fault="the file of public keys cannot be read.") from fault
    manifest = verify_package(file.read_bytes(), read_keys(published))
    click.echo(f"issued by {manifest.get('node', '')} at {manifest.get('made_at', '')}")
    for row in manifest["files"]:
        click.echo(f"  {row['sha256'][:16]}  {row['size']:>9}  {row['name']}")
    click.secho("valid by this file and these keys", fg="green")


def attach(root: click.Group) -> None:
    """Add these commands to the root."""
    root.add_command(package)
