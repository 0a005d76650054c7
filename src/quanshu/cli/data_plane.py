"""`quanshu call`: a small signing client, and the example for departments; the gateway's configuration."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from quanshu.gateway.app import GatewayConfig


def gateway_config() -> GatewayConfig:
    """The gateway's configuration from the node's environment, without Django."""
    from quanshu.config.environment import read_environment
    from quanshu.gateway.app import GatewayConfig

    env = read_environment()
    home = env["HOME"]
    return GatewayConfig(
        directory=home / "gateway",
        serving_directory=home / "serving",
        public_key_file=home / "keys" / "snapshot.pub",
        seal_key_file=home / "keys" / "gateway.seal",
        host=env["GATEWAY_HOST"],
        port=env["GATEWAY_PORT"],
        journal_directory=next(iter(env["GATEWAY_JOURNALS"]), None),
    )


def read_pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    """`name=value` words as a dictionary; a word without `=` is a usage error."""
    values = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark or not name:
            raise click.BadParameter(f"{pair!r} is not name=value", param_hint="PARAMETERS")
        values[name] = value
    return values


@click.command()
@click.argument("service")
@click.argument("parameters", nargs=-1)
@click.option(
    "--gateway", "base_url", envvar="QUANSHU_CALL_GATEWAY", default="http://127.0.0.1:8100", show_default=True
)
@click.option("--rid", envvar="QUANSHU_CALL_RID", required=True, help="The application's requester id.")
@click.option(
    "--secret",
    envvar="QUANSHU_CALL_SECRET",
    help="Its secret; better in QUANSHU_CALL_SECRET than on the line.",
)
@click.option("--fields", default="", help="Comma-separated fields; all granted ones when left out.")
@click.option("--case", "case_number", default="", help="The caller's case number, kept as the reason of the call.")
def call(
    service: str,
    parameters: tuple[str, ...],
    base_url: str,
    rid: str,
    secret: str | None,
    fields: str,
    case_number: str,
) -> None:
    """Call SERVICE through the gateway with PARAMETERS given as name=value, signed with the secret."""
    from quanshu.gateway.client import GatewayClient

    if not secret:
        secret = click.prompt("Secret", hide_input=True) if sys.stdin.isatty() else os.environ.get("SECRET", "")
    client = GatewayClient(base_url, rid, secret)
    answer = client.call(
        service,
        read_pairs(parameters),
        fields=[name.strip() for name in fields.split(",") if name.strip()] or None,
        case_number=case_number or None,
    )
    click.echo(json.dumps(answer.body, ensure_ascii=False, indent=2))
    if answer.status >= 400:
        raise SystemExit(1)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="The source's uid, from its page.")
@click.option(
    "--gateway", "base_url", envvar="QUANSHU_CALL_GATEWAY", default="http://127.0.0.1:8100", show_default=True
)
@click.option("--rid", envvar="QUANSHU_CALL_RID", required=True, help="The application's requester id.")
@click.option(
    "--secret",
    envvar="QUANSHU_CALL_SECRET",
    help="Its secret; better in QUANSHU_CALL_SECRET than on the line.",
)
@click.option("--name", default="", help="The name under which the file arrives; its own when left out.")
def push(file: Path, source: str, base_url: str, rid: str, secret: str | None, name: str) -> None:
    """Push FILE to a source through the gateway, signed; a push that broke off goes on where it stopped."""
    from quanshu.gateway.client import GatewayClient

    if not secret:
        secret = click.prompt("Secret", hide_input=True) if sys.stdin.isatty() else os.environ.get("SECRET", "")
    with GatewayClient(base_url, rid, secret) as client:
        answer = client.push(file, source, name=name)
    click.echo(json.dumps(answer.body, ensure_ascii=False, indent=2))
    if answer.status >= 400:
        raise SystemExit(1)


def attach(root: click.Group) -> None:
    """Add these commands to the root."""
    root.add_command(call)
    root.add_command(push)
