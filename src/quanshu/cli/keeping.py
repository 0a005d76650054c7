"""`quanshu backup`, `restore`, `check-backup`, `check-node` and `upgrade`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from quanshu.cli.root import load_django

VARIABLE = "QUANSHU_BACKUP_PASSPHRASE"
passphrase_file = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"File whose first line seals the keys; {VARIABLE} when left out.",
)


def read_passphrase(file: Path | None) -> str:
    """The passphrase from a file's first line, else from the environment; empty when there is none."""
    if file is None:
        return os.environ.get(VARIABLE, "")
    lines = file.read_text(encoding="utf-8").splitlines()
    if not lines or not lines[0].strip():
        raise click.BadParameter(f"the first line of {file} is empty", param_hint="--passphrase-file")
    return lines[0].strip()


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(1), help="Remove all but so many of the newest backups in TARGET.")
@passphrase_file
def backup(target: Path, keep: int | None, passphrase_file: Path | None) -> None:
    """Back the whole node up while it runs, into the folder TARGET or one file TARGET.tar.

    In a folder, files of the lake that the backup before has already are linked, not copied again.
    """
    load_django()
    from quanshu.cli.readiness import check_ready
    from quanshu.cli.safekeeping.gathering import back_up
    from quanshu.kernel.clock import now

    if keep and target.suffix == ".tar":
        raise click.BadParameter("--keep is for a folder of backups", param_hint="--keep")
    check_ready()
    passphrase = read_passphrase(passphrase_file)
    place = back_up(target, keep=keep or 0, passphrase=passphrase, now=now(), say=click.echo)
    if not passphrase:
        click.secho("The keys are in it unsealed: whoever reads it can open the node's secrets.", fg="yellow", err=True)
    click.secho(f"{place}", fg="green")


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@passphrase_file
def restore(source: Path, passphrase_file: Path | None) -> None:
    """Make this empty node what the backup SOURCE holds: a backup, or a folder of them (then the newest)."""
    load_django()
    from quanshu.cli.safekeeping import restoring
    from quanshu.kernel.clock import now

    faults = restoring.restore(source, passphrase=read_passphrase(passphrase_file), now=now(), say=click.echo)
    tell(faults, "The node is what the backup says. Start it with: quanshu up")


@click.command("check-backup")
@click.argument("source", type=click.Path(path_type=Path))
def check_backup(source: Path) -> None:
    """Hold every part of the backup SOURCE against its digest; nothing is written."""
    from quanshu.cli.safekeeping.restoring import check_backup as check

    manifest = check(source)
    rows = sum(row["rows"] for row in manifest.lake.values())
    click.echo(f"{manifest.node}, {manifest.made_at}, version {manifest.version}, {manifest.database}")
    click.secho(f"whole: {len(manifest.parts):,} parts, {len(manifest.lake)} lake tables, {rows:,} rows", fg="green")


@click.command("check-node")
def check_node() -> None:
    """Tell whether this node is whole: migrations, audit trail, lake, files, keys, serving tables, snapshot."""
    load_django()
    from quanshu.cli.safekeeping.comparing import node_faults
    from quanshu.kernel.clock import now

    tell(list(node_faults(now())), "The node is whole.")


@click.command()
@click.option(
    "--backup",
    "target",
    type=click.Path(path_type=Path),
    help="Where the backup goes; “backups” in the home folder when left out.",
)
@click.option("--no-backup", is_flag=True, help="Upgrade without one: only when you have made one yourself.")
@passphrase_file
def upgrade(target: Path | None, no_backup: bool, passphrase_file: Path | None) -> None:
    """Back up, bring the database to this version, check the node, and say how to go back."""
    load_django()
    from django.conf import settings

    from quanshu.cli.node import set_up
    from quanshu.cli.readiness import check_not_newer, standing
    from quanshu.cli.safekeeping.comparing import node_faults
    from quanshu.cli.safekeeping.gathering import back_up
    from quanshu.kernel.clock import now

    found = standing()
    check_not_newer(found)
    if not found.lacking:
        click.secho("The database is at this version already.", fg="green")
        return
    place = None
    if not no_backup:
        target = target or settings.QUANSHU_HOME / "backups"
        place = back_up(target, passphrase=read_passphrase(passphrase_file), now=now(), say=click.echo)
        click.echo(f"backup: {place}")
    for name in found.lacking:
        click.echo(f"migrating {name}")
    set_up()
    if place is not None:
        click.echo(
            "To go back: stop the node, install the version before, and restore into an empty home and database:"
        )
        click.echo(f"  quanshu restore {place}")
    tell(list(node_faults(now())), "The node is at this version and whole.")


def tell(faults: list[str], well: str) -> None:
    """What is wrong, line by line, and exit with 1; or that nothing is."""
    for fault in faults:
        click.secho(fault, fg="red", err=True)
    if faults:
        raise SystemExit(1)
    click.secho(well, fg="green")


def attach(root: click.Group) -> None:
    """Add these commands to the root."""
    for command in (backup, restore, check_backup, check_node, upgrade):
        root.add_command(command)
