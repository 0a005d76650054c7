"""Commands for the person who runs the node."""

from __future__ import annotations

import click

from quanshu.cli.root import load_django


@click.command("create-administrator")
@click.argument("username")
@click.option("--name", prompt="Display name")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def create_administrator(username: str, name: str, password: str) -> None:
    """Create an account that holds the platform administrator role."""
    load_django()
    from quanshu.kernel.clock import now
    from quanshu.organisation.api import create_first_administrator

    create_first_administrator(username=username, name=name, password=password, now=now())
    click.secho(f"{username} can now sign in.", fg="green")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def manage(words: tuple[str, ...]) -> None:
    """Run a Django management command, for example: quanshu manage migrate --plan."""
    load_django()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["quanshu manage", *words])


def attach(root: click.Group) -> None:
    """Add these commands to the root."""
    for command in (create_administrator, manage):
        root.add_command(command)
