"""`quanshu certificate`: certificates checked from their files alone, without a node or a network."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from quanshu.kernel.certificates import Forged, verify_certificate
from quanshu.kernel.clock import now, today
from quanshu.kernel.sd_jwt import (
    Malformed,
    SdJwtError,
    StatusList,
    Verified,
    public_key,
    read_status,
)
from quanshu.kernel.sd_jwt import verify as verify_presentation
from quanshu.kernel.sd_jwt.jws import open_jws


@click.group()
def certificate() -> None:
    """Registration certificates of data resources, and certificates that residents and enterprises show."""


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


class Published:
    """Issuers as published at /vault/issuers/, with the status lists that were taken along."""

    def __init__(self, document: Any, tokens: Mapping[str, str]) -> None:
        try:
            self.names = {entry["iss"]: str(entry["name"]) for entry in document["issuers"]}
            self.keys = {
                (entry["iss"], jwk["kid"]): public_key(jwk)
                for entry in document["issuers"]
                for jwk in entry["jwks"]["keys"]
            }
            self.types = {entry["vct"]: entry for entry in document["types"]}
        except (KeyError, TypeError, AttributeError, Malformed) as error:
            message = "this is no list of issuers; download it from the node's /vault/issuers/"
            raise click.BadParameter(message, param_hint="--issuers") from error
        self.tokens = tokens

    def key(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> Any:
        """The issuer's key that the header names."""
        return self.keys.get((str(claims.get("iss")), str(header.get("kid"))))

    def statuses(self, uri: str) -> StatusList | None:
        """The list at an address, when it was taken along, is signed by an issuer and is not too old."""
        token = self.tokens.get(uri)
        if token is None:
            return None
        header, _payload = open_jws(token)
        for (_issuer, kid), key in self.keys.items():
            if kid == header.get("kid"):
                return read_status(token, issuer=key, uri=uri, now=now())
        return None

    def told(self, seen: Verified) -> list[str]:
        """The claims that are shown, as lines."""
        kind = self.types.get(seen.claims.get("vct"), {"name": seen.claims.get("vct"), "claims": []})
        labels = {entry["path"][0]: entry["display"][0]["label"] for entry in kind["claims"]}
        lines = [f"{label}  {seen.claims[name]}" for name, label in labels.items() if name in seen.claims]
        return [f"{kind['display'][0]['name'] if kind.get('display') else kind['name']}", *lines]


def read_tokens(paths: tuple[Path, ...]) -> dict[str, str]:
    """{address: status token} of the files given."""
    found = {}
    for path in paths:
        try:
            token = path.read_text(encoding="ascii").strip()
            found[str(open_jws(token)[1].get("sub"))] = token
        except (UnicodeDecodeError, Malformed) as error:
            message = f"{path.name} is no status list; download it from the address that the issuers' file names"
            raise click.BadParameter(message, param_hint="--status") from error
    return found


@certificate.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--issuers",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Issuers as published at /vault/issuers/ of the issuing node.",
)
@click.option(
    "--status",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A status list as published by an issuer; may be given several times.",
)
@click.option("--audience", help="Whom the holder's proof must be for.")
@click.option("--nonce", help="The question that the holder's proof must answer.")
@click.option("--hours", default=24, show_default=True, help="How old the holder's proof may be.")
def presentation(
    file: Path, issuers: Path, status: tuple[Path, ...], audience: str | None, nonce: str | None, hours: int
) -> None:
    """Check what a holder has shown, saved as FILE; exits with 1 when it cannot be relied on."""
    published = Published(read_json(issuers), read_tokens(status))
    try:
        seen = verify_presentation(
            "".join(file.read_text(encoding="ascii", errors="replace").split()),
            issuer=published.key,
            now=now(),
            audience=audience,
            nonce=nonce,
            bound=True,
            fresh=timedelta(hours=hours),
            lists=published.statuses if status else None,
        )
    except SdJwtError as error:
        click.secho(f"{error} {error.remedy}", fg="red", err=True)
        raise SystemExit(1) from error
    for line in published.told(seen):
        click.echo(line)
    click.echo(f"signed by {published.names[seen.claims['iss']]}; shown by its holder to {seen.binding['aud']}")
    if status:
        click.secho("proven, and in force by the status list", fg="green")
    else:
        click.secho("proven as signed; give --status to learn whether it is still in force", fg="yellow")


def attach(root: click.Group) -> None:
    """Add these commands to the root."""
    root.add_command(certificate)
