"""Mutual TLS: how the gateway is served over TLS, and which client certificate a call came with.

Granian can demand a certificate of a client authority, but does not tell the application which one it was. Binding an
application to certificates therefore stands on a proxy that ends TLS and tells it in a header; the header counts from
the addresses of proxies named in the settings, and from nowhere else.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request

PREFIX = "QUANSHU_GATEWAY_"
FINGERPRINT = re.compile(r"[0-9a-f]{64}")
PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
FINGERPRINT_FIELD, CERTIFICATE_FIELD = "x-client-cert-fingerprint", "x-client-cert"
MOST_FIELD = 16 * 1024


class TlsMisconfigured(SystemExit):
    """The TLS settings cannot be used; the process ends and says why."""


@dataclass(frozen=True, slots=True)
class Edge:
    """TLS of the gateway, the proxies before it, and what the node's own calls to it need.

    `proxies` are networks whose word on client certificates and on the scheme counts.
    """

    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()

    def is_trusted(self, request: Request) -> bool:
        """Whether the request comes from a proxy named in the settings."""
        if not self.proxies or request.client is None:
            return False
        try:
            address = ip_address(request.client.host)
        except ValueError:
            return False
        return any(address in network for network in self.proxies)

    def options(self) -> dict[str, Any]:
        """What granian is told of TLS; nothing without a certificate. Raises TlsMisconfigured.

        Granian would serve without asking for client certificates where it cannot; here that is an error.
        """
        if self.certificate is None and self.key is None and self.client_ca is None:
            return {}
        if self.certificate is None or self.key is None:
            raise TlsMisconfigured(f"Set both {PREFIX}TLS_CERTIFICATE and {PREFIX}TLS_KEY.")
        for path in (self.certificate, self.key, *([self.client_ca] if self.client_ca else [])):
            if not path.is_file():
                raise TlsMisconfigured(f"{path} is not there; see {PREFIX}TLS_CERTIFICATE, _KEY and _CLIENT_CA.")
        told: dict[str, Any] = {"ssl_cert": self.certificate, "ssl_key": self.key}
        if self.client_ca is not None:
            told |= {"ssl_ca": self.client_ca, "ssl_client_verify": True}
        return told


def read_edge(environ: Mapping[str, str] | None = None) -> Edge:
    """The edge as QUANSHU_GATEWAY_TLS_* and QUANSHU_GATEWAY_TRUSTED_PROXIES say. Raises TlsMisconfigured."""
    source = os.environ if environ is None else environ
    words = [word.strip() for word in source.get(f"{PREFIX}TRUSTED_PROXIES", "").split(",") if word.strip()]
    try:
        proxies = tuple(ip_network(word, strict=False) for word in words)
    except ValueError as fault:
        raise TlsMisconfigured(f"{PREFIX}TRUSTED_PROXIES: {fault}") from fault
    return Edge(
        certificate=path_in(source, "TLS_CERTIFICATE"),
        key=path_in(source, "TLS_KEY"),
        client_ca=path_in(source, "TLS_CLIENT_CA"),
        proxies=proxies,
    )


def path_in(source: Mapping[str, str], name: str) -> Path | None:
    """A file named by a setting, None when it is empty."""
    text = source.get(PREFIX + name, "").strip()
    return Path(text) if text else None


def client_context(environ: Mapping[str, str] | None = None) -> ssl.SSLContext | bool:
    """How this node's own calls trust the gateway and show themselves; True, the usual trust, when nothing is set.

    QUANSHU_GATEWAY_TLS_CA is the authority trusted, _OWN_CERTIFICATE and _OWN_KEY what is shown.
    """
    source = os.environ if environ is None else environ
    authority, certificate = path_in(source, "TLS_CA"), path_in(source, "TLS_OWN_CERTIFICATE")
    if authority is None and certificate is None:
        return True
    context = ssl.create_default_context(cafile=str(authority) if authority else None)
    if certificate is not None:
        context.load_cert_chain(certificate, path_in(source, "TLS_OWN_KEY"))
    return context


def presented(request: Request, edge: Edge) -> str:
    """SHA-256 of the client certificate in lower-case hex, as a trusted proxy tells it; "" when it tells none."""
    if not edge.is_trusted(request):
        return ""
    told = request.headers.getlist(FINGERPRINT_FIELD)
    if told:
        return clean_fingerprint(told[0]) if len(told) == 1 else ""
    pems = request.headers.getlist(CERTIFICATE_FIELD)
    return fingerprint_of(pems[0]) if len(pems) == 1 else ""


def clean_fingerprint(text: str) -> str:
    """A fingerprint in lower-case hex without colons; "" when it is none."""
    plain = text.strip().lower().removeprefix("sha256:").replace(":", "").replace(" ", "")
    return plain if FINGERPRINT.fullmatch(plain) else ""


@lru_cache(maxsize=1024)
def fingerprint_of(text: str) -> str:
    """SHA-256 of a certificate in PEM, percent-encoded (as nginx tells it) or not; "" when it is none."""
    if len(text) > MOST_FIELD:
        return ""
    found = PEM.search(unquote(text))
    if found is None:
        return ""
    try:
        der = base64.b64decode("".join(found.group(1).split()), validate=True)
    except ValueError:
        return ""
    return hashlib.sha256(der).hexdigest()
