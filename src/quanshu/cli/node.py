"""`quanshu up` and the processes it runs: web, worker, gateway."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType

import click

from quanshu.cli.processes import Child, Supervisor, is_taken, wait_for
from quanshu.cli.readiness import check_not_newer, check_ready, standing
from quanshu.cli.root import load_django
from quanshu.cli.witness import prepare_local_witnesses, witness_commands

WEB_THREADS = 4


def node_children(*, quiet: bool = False) -> list[Child]:
    """The node's three processes and its local witnesses, sharing this process's environment."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "quanshu.cli"]
    own = [Child(name, [*command, name], environment) for name in ("web", "worker", "gateway")]
    return [*own, *(Child(f"witness {port}", [*command, *words], environment) for port, words in witness_commands())]


def addresses() -> tuple[str, str]:
    """Base addresses of the web process and the gateway, as a browser on this machine uses them."""
    from django.conf import settings

    host, port = settings.QUANSHU_WEB
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104
    return f"http://{shown}:{port}", settings.QUANSHU_GATEWAY_URL


def set_up(*, verbosity: int = 0) -> None:
    """Bring the database, keys and seed data up to this version; safe to run again."""
    from django.conf import settings
    from django.core.management import call_command

    from quanshu.kernel.clock import now
    from quanshu.organisation.api import load_regions
    from quanshu.sharing.services.api import prepare_gateway

    settings.QUANSHU_HOME.mkdir(parents=True, exist_ok=True)
    check_not_newer(standing())
    call_command("migrate", interactive=False, verbosity=verbosity)
    load_regions()
    prepare_gateway(now())
    prepare_local_witnesses()


def check_ports() -> None:
    """Another program must not answer in the node's place. Raises UsageError with the setting to change."""
    from django.conf import settings

    wanted = [
        ("web", *settings.QUANSHU_WEB, "QUANSHU_WEB_PORT"),
        ("gateway", *settings.QUANSHU_GATEWAY, "QUANSHU_GATEWAY_PORT"),
        *(("witness", "127.0.0.1", int(port), "QUANSHU_WITNESSES") for port, _words in witness_commands()),
    ]
    ports = [port for _name, _host, port, _setting in wanted]
    for name, host, port, setting in wanted:
        if ports.count(port) > 1:
            raise click.UsageError(f"Port {port} ({name}) is named twice in the settings. Set {setting} anew.")
        if is_taken(host, port):
            raise click.UsageError(f"Port {port} ({name}) is taken by another program. Stop it, or set {setting} anew.")


@click.command()
def setup() -> None:
    """Create or upgrade this node's database, keys and reference data."""
    load_django()
    set_up(verbosity=1)
    click.secho("The node is set up. Make the first administrator with: quanshu create-administrator NAME", fg="green")


@click.command()
def up() -> None:
    """Run the whole node on this machine: web, worker and gateway. Ctrl-C stops it cleanly."""
    load_django()
    set_up()
    raise SystemExit(run_node())


def run_node(*, prelude: Callable[[], str] | None = None, serve: bool = True, more: Sequence[Child] = ()) -> int:
    """Start the three processes (and `more` beside them), wait until they answer, print where, and watch them.

    `prelude` runs once they answer; what it returns is printed. Without `serve` the node stops after it.
    """
    check_ports()
    web, gateway = addresses()
    supervisor = Supervisor([*node_children(), *more])
    supervisor.start()
    try:
        for name, url, child in (
            ("web", f"{web}/sign-in/", supervisor.children[0]),
            ("gateway", f"{gateway}/health", supervisor.children[2]),
        ):
            if not wait_for(url, seconds=60, alive=child.alive):
                click.secho(
                    f"{name} does not answer at {url}. Is the port taken? Set QUANSHU_{name.upper()}_PORT.",
                    fg="red",
                    err=True,
                )
                return 1
        told = prelude() if prelude is not None else ""
        click.secho(f"Web      {web}", fg="green")
        click.secho(f"Gateway  {gateway}", fg="green")
        click.echo(told, nl=False)
        if not serve:
            return 0
        click.echo("Press Ctrl-C to stop.")
        return supervisor.run()
    except KeyboardInterrupt:
        return 130
    finally:
        supervisor.stop()


@click.command()
@click.option("--workers", type=click.IntRange(1, 64), help="Processes; QUANSHU_WEB_WORKERS when left out.")
def web(workers: int | None) -> None:
    """Run the web process alone."""
    load_django()
    check_ready()
    from django.conf import settings
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from quanshu.kernel.logs import server_logging

    host, port = settings.QUANSHU_WEB
    Granian(
        "quanshu.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers or settings.QUANSHU_WEB_WORKERS,
        blocking_threads=WEB_THREADS,
        log_access=False,
        log_level=LogLevels.warning,
        log_dictconfig=server_logging(),
        respawn_failed_workers=True,
    ).serve()


@click.command()
def worker() -> None:
    """Run a background worker alone; several may run at once."""
    load_django()
    check_ready()
    from django.conf import settings

    from quanshu.kernel.logs import log_what_ends
    from quanshu.shared.jobs.api import run_worker

    log_what_ends()
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    run_worker(stop, threads=settings.QUANSHU_WORKER_THREADS)


@click.command()
def gateway() -> None:
    """Run the gateway alone. It reads the snapshot folder only: no database, no Django."""
    from quanshu.cli.data_plane import gateway_config
    from quanshu.gateway.server import serve

    serve(gateway_config())


def attach(root: click.Group) -> None:
    """Add these commands to the root."""
    for command in (setup, up, web, worker, gateway):
        root.add_command(command)
