"""`quanshu witness`: a witness of other bodies' ledgers, as a process of its own with its own key and store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT = 8200
FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("witness"),
    show_default=True,
    help="Where the witness keeps its key, the logs it trusts, and what it has seen.",
)


@click.group(invoke_without_command=True)
@FOLDER
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65_535))
@click.pass_context
def witness(context: click.Context, folder: Path, host: str, port: int) -> None:
    """Run a witness: it cosigns checkpoints of the logs it trusts when they continue what it saw before.

    No node is needed. Make it once with `quanshu witness init`.
    """
    if context.invoked_subcommand is None:
        from quanshu.tlog.witness.server import serve

        serve(folder, host=host, port=port)


@witness.command()
@click.argument("name")
@FOLDER
def init(name: str, folder: Path) -> None:
    """Make a witness called NAME (a name of its own, like audit.example.com/w1) and print its verifier key."""
    from quanshu.tlog.witness import WitnessHome

    home = WitnessHome.make(folder, name)
    click.echo(f"{home.key.verifier}")
    click.echo("It trusts no log yet: quanshu witness trust KEY", err=True)


@witness.command()
@click.argument("key")
@FOLDER
def trust(key: str, folder: Path) -> None:
    """Cosign the log with this verifier KEY from now on; a log's page shows its key."""
    from quanshu.tlog.keys import VerifierKey
    from quanshu.tlog.witness import WitnessHome

    home = WitnessHome(folder)
    home.trust(VerifierKey.parse(key))
    show_logs(home.folder)


@witness.command("show")
@FOLDER
def show(folder: Path) -> None:
    """Print the verifier key and the logs that are trusted."""
    from quanshu.tlog.witness import WitnessHome

    click.echo(f"{WitnessHome(folder).key.verifier}")
    show_logs(folder)


def show_logs(folder: Path) -> None:
    """The trusted logs, one a line."""
    from quanshu.tlog.witness import WitnessHome

    for log in WitnessHome(folder).logs:
        click.echo(f"trusts {log.name} ({log.id.hex()})", err=True)


def local_witnesses() -> Iterator[tuple[Path, int]]:
    """(folder, port) of the witnesses that `quanshu up` runs. A setting that names none so is a usage error."""
    from django.conf import settings

    for text in settings.QUANSHU_WITNESSES:
        folder, mark, port = text.rpartition(":")
        if not mark or not folder or not port.isdecimal():
            raise click.UsageError(f"QUANSHU_WITNESSES: {text!r} is not folder:port")
        yield Path(folder), int(port)


def witness_commands() -> list[tuple[int, list[str]]]:
    """(port, words of the command) of each."""
    return [(port, ["witness", "--folder", str(folder), "--port", str(port)]) for folder, port in local_witnesses()]


def prepare_local_witnesses() -> None:
    """Make the local witnesses that are not there yet, and have them trust this node's log."""
    from quanshu.oversight.ledger.api import verifier_keys
    from quanshu.tlog.witness import WitnessHome

    for folder, port in local_witnesses():
        there = (folder / "witness.key").exists()
        home = WitnessHome(folder) if there else WitnessHome.make(folder, f"witness.localhost/{port}")
        for key in verifier_keys():
            home.trust(key)


def attach(root: click.Group) -> None:
    """Add this group to the root."""
    root.add_command(witness)
