"""`quanshu call`: a small signing client, and the example for departments; the gateway's configuration."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from quanshu.gateway.app import GatewayConfig
    from quanshu.gateway.client import GatewayClient

PROFILES = ("convention", "convention-two-step", "rfc9421-ed25519", "rfc9421-sm2", "rfc9421-hmac")


def gateway_config() -> GatewayConfig:
    """The gateway's configuration from the node's environment, without Django."""
    from quanshu.config.environment import read_environment
    from quanshu.gateway.app import GatewayConfig
    from quanshu.gateway.signing.certificates import read_edge

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
        workers=env["GATEWAY_WORKERS"],
        serving_url=env["SERVING_URL"],
        shared_url=env["GATEWAY_SHARED_URL"],
        edge=read_edge(),
        lake_directory=env["GATEWAY_LAKE"],
        accel_prefix=env["GATEWAY_ACCEL"],
        public_url=env["GATEWAY_URL"].rstrip("/"),
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


def read_items(file: Path) -> list[dict[str, Any]]:
    """The parameter sets of a CSV or JSONL file; a line that is none is a usage error by its number."""
    if file.suffix.lower() == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return [{name: value for name, value in row.items() if name and value} for row in csv.DictReader(lines)]
    items = []
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), start=1):
        try:
            item = json.loads(line) if line.strip() else None
        except ValueError:
            item = line
        if item is not None and not isinstance(item, dict):
            raise click.BadParameter(f"line {number} of {file.name} is no JSON object", param_hint="--batch")
        items += [item] if item is not None else []
    return items


def call_in_batches(
    client: GatewayClient, service: str, items: list[dict[str, Any]], fields: list[str] | None, case_number: str | None
) -> None:
    """Call by the thousand and print each item's outcome as a line; a refused batch ends it with its refusal."""
    from quanshu.gateway.openapi import MOST_ITEMS

    for start in range(0, len(items), MOST_ITEMS):
        answer = client.call_batch(service, items[start : start + MOST_ITEMS], fields=fields, case_number=case_number)
        if not answer.ok:
            click.echo(json.dumps(answer.body, ensure_ascii=False, indent=2), err=True)
            raise SystemExit(1)
        for item in answer.body["items"]:
            click.echo(json.dumps(item, ensure_ascii=False))
        click.echo(f"{answer.body['answered']} of {answer.body['total']}, receipt {answer.receipt_id}", err=True)


def signed(command: Callable[..., None]) -> Callable[..., None]:
    """The options by which a command signs."""
    options = (
        click.option(
            "--gateway", "base_url", envvar="QUANSHU_CALL_GATEWAY", default="http://127.0.0.1:8100", show_default=True
        ),
        click.option("--rid", envvar="QUANSHU_CALL_RID", required=True, help="The application's requester id."),
        click.option(
            "--secret",
            envvar="QUANSHU_CALL_SECRET",
            help="Its secret; better in QUANSHU_CALL_SECRET or a file than on the line.",
        ),
        click.option(
            "--profile",
            envvar="QUANSHU_CALL_PROFILE",
            type=click.Choice(PROFILES),
            default=PROFILES[0],
            show_default=True,
            help="How to sign; what the application is registered for.",
        ),
        click.option(
            "--kid", envvar="QUANSHU_CALL_KID", default="k1", show_default=True, help="Id of the key, for RFC 9421."
        ),
        click.option(
            "--key-file",
            envvar="QUANSHU_CALL_KEY_FILE",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="A file with the private key in PEM, or with the secret.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def open_client(
    base_url: str, rid: str, secret: str | None, profile: str, kid: str, key_file: Path | None
) -> GatewayClient:
    """The client that signs as the options say; a key that cannot be read is a usage error."""
    from quanshu.gateway.client import GatewayClient
    from quanshu.gateway.signing.keys import BadKey

    key = key_file.read_text(encoding="utf-8").strip() if key_file else secret
    if not key:
        key = click.prompt("Secret", hide_input=True) if sys.stdin.isatty() else os.environ.get("SECRET", "")
    try:
        return GatewayClient(base_url, rid, str(key), profile=profile, kid=kid)
    except BadKey as fault:
        raise click.BadParameter(f"it holds no key of the profile {profile}", param_hint="--key-file") from fault


@click.command()
@click.argument("service")
@click.argument("parameters", nargs=-1)
@signed
@click.option("--fields", default="", help="Comma-separated fields; all granted ones when left out.")
@click.option("--case", "case_number", default="", help="The caller's case number, kept as the reason of the call.")
@click.option(
    "--batch",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A .csv (header: parameter names) or .jsonl file of many parameter sets; answered by one JSON line each.",
)
def call(
    service: str,
    parameters: tuple[str, ...],
    base_url: str,
    rid: str,
    secret: str | None,
    profile: str,
    kid: str,
    key_file: Path | None,
    fields: str,
    case_number: str,
    file: Path | None,
) -> None:
    """Call SERVICE through the gateway with PARAMETERS given as name=value, signed as the application is registered."""
    values = read_pairs(parameters)
    chosen = [name.strip() for name in fields.split(",") if name.strip()] or None
    with open_client(base_url, rid, secret, profile, kid, key_file) as client:
        if file is not None:
            items = [{**values, **item} for item in read_items(file)]
            call_in_batches(client, service, items, chosen, case_number or None)
            return
        answer = client.call(service, values, fields=chosen, case_number=case_number or None)
    click.echo(json.dumps(answer.body, ensure_ascii=False, indent=2))
    if answer.status >= 400:
        raise SystemExit(1)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="The source's uid, from its page.")
@signed
@click.option("--name", default="", help="The name under which the file arrives; its own when left out.")
def push(
    file: Path,
    source: str,
    base_url: str,
    rid: str,
    secret: str | None,
    profile: str,
    kid: str,
    key_file: Path | None,
    name: str,
) -> None:
    """Push FILE to a source through the gateway, signed; a push that broke off goes on where it stopped."""
    with open_client(base_url, rid, secret, profile, kid, key_file) as client:
        answer = client.push(file, source, name=name)
    click.echo(json.dumps(answer.body, ensure_ascii=False, indent=2))
    if answer.status >= 400:
        raise SystemExit(1)


def attach(root: click.Group) -> None:
    """Add these commands to the root."""
    root.add_command(call)
    root.add_command(push)
