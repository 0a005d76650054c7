"""`quanshu city`: the synthetic city; `quanshu demo`: the city played on a node."""

from __future__ import annotations

import os
import sys
import time
from datetime import date
from pathlib import Path

import click

from quanshu.cli.processes import Child
from quanshu.cli.root import load_django

# The demo's witness listens so far beyond the gateway.
WITNESS_BEYOND = 100


@click.group()
def city() -> None:
    """Write a synthetic Jinan as departments' source systems, and score what quality rules find in it."""


@city.command()
@click.option("--residents", default=20_000, show_default=True, type=click.IntRange(100, 10_000_000))
@click.option("--seed", default=20210918, show_default=True, type=int, help="The same seed writes the same city.")
@click.option("--target", type=click.Path(file_okay=False, path_type=Path), default=Path("var/city"), show_default=True)
@click.option("--on", "today", default="2026-10-31", show_default=True, help="The city's present day (ISO date).")
def generate(residents: int, seed: int, target: Path, today: str) -> None:
    """Write the source systems, the manifest that describes them, and the truth file."""
    from quanshu.demo.synth import generate_city

    began = time.monotonic()
    manifest = generate_city(
        target,
        residents=residents,
        seed=seed,
        today=date.fromisoformat(today),
        progress=lambda step, done, total: click.echo(f"  {step} {done}/{total}"),
    )
    tables = [table for source in manifest.sources for table in source.tables]
    click.secho(f"{len(tables)} tables in {target} after {time.monotonic() - began:.1f} s", fg="green")


@city.command()
@click.option(
    "--truth",
    type=click.Path(exists=True, path_type=Path),
    default=Path("var/city/truth.csv"),
    show_default=True,
)
def score(truth: Path) -> None:
    """Compare the problems this node's quality rules found with the truth file: precision and recall."""
    load_django()
    from quanshu.demo.play import scored

    click.echo(scored(truth))


@click.command()
@click.option("--residents", default=20_000, show_default=True, type=click.IntRange(100, 10_000_000))
@click.option("--seed", default=20210918, show_default=True, type=int)
@click.option("--serve/--no-serve", default=True, help="Keep serving after the story has been played.")
def demo(residents: int, seed: int, serve: bool) -> None:
    """Set up a node, load the synthetic city through intake, play one demand to a signed call, and serve."""
    identity = identity_child()
    load_django()
    from quanshu.cli.node import run_node, set_up
    from quanshu.demo.play import play_demo

    lend_a_witness()
    set_up()
    raise SystemExit(run_node(prelude=lambda: play_demo(residents, seed), serve=serve, more=identity))


def identity_child() -> list[Child]:
    """The demo's identity provider as a process of the node, unless the environment names one already.

    The node is told of it by its environment, so this comes before Django.
    """
    from quanshu.config.environment import read_environment
    from quanshu.demo.identity import CLIENT, RESIDENTS_FILE, free_port

    given = read_environment()
    if given["RESIDENT_OIDC_ISSUER"]:
        return []
    gateway, wanted = given["GATEWAY_PORT"], given["DEMO_IDENTITY_PORT"]
    port = free_port(0 if wanted in {given["WEB_PORT"], gateway, gateway + WITNESS_BEYOND} else wanted)
    os.environ["QUANSHU_RESIDENT_OIDC_ISSUER"] = f"http://127.0.0.1:{port}"
    os.environ["QUANSHU_RESIDENT_OIDC_CLIENT_ID"] = CLIENT
    people = given["HOME"] / RESIDENTS_FILE
    command = [sys.executable, "-m", "quanshu.cli", "identity", "--port", str(port), "--people", str(people)]
    return [Child("identity", command, {**os.environ, "PYTHONUNBUFFERED": "1"})]


@click.command(hidden=True)
@click.option("--port", required=True, type=click.IntRange(1, 65535))
@click.option("--people", required=True, type=click.Path(dir_okay=False, path_type=Path))
def identity(port: int, people: Path) -> None:
    """Run the demo's identity provider alone."""
    from quanshu.demo.identity import serve

    serve(port=port, people=people)


def lend_a_witness() -> None:
    """Give the demo a witness beside it where none is named."""
    from django.conf import settings

    if not settings.QUANSHU_WITNESSES:
        port = settings.QUANSHU_GATEWAY[1] + WITNESS_BEYOND
        settings.QUANSHU_WITNESSES = [f"{settings.QUANSHU_HOME / 'witness'}:{port}"]


def attach(root: click.Group) -> None:
    """Add these commands to the root."""
    root.add_command(city)
    root.add_command(demo)
    root.add_command(identity)
