"""The command's root: groups, and one way to report a refusal on the terminal."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from quanshu import __version__
from quanshu.kernel.errors import QuanshuError


class Commands(click.Group):
    """Prints a refusal as two lines, fault and remedy, and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except QuanshuError as fault:
            click.secho(f"{fault.code}: {fault.render()}", fg="red", err=True)
            if fault.remedy:
                click.echo(fault.as_dict()["remedy"], err=True)
            sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="quanshu")
def main() -> None:
    """Quanshu 泉枢: a node of the city's public-data platform."""


def load_django() -> None:
    """Set Django up for a command that needs the control plane."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanshu.config.settings")
    django.setup()


def register() -> None:
    """Attach the commands of each module to the root."""
    from quanshu.cli import (
        administration,
        certificate,
        checking,
        city,
        codes,
        data_plane,
        keeping,
        ledger,
        node,
        package,
        witness,
    )

    checks = (certificate, codes, package, checking)
    for module in (node, administration, data_plane, *checks, keeping, ledger, witness, city):
        module.attach(main)


register()
