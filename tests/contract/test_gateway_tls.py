"""Mutual TLS with real certificates: the gateway's own, and a proxy's word on the caller's."""

from __future__ import annotations

import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from quanshu.gateway.client import GatewayClient
from quanshu.gateway.signing.certificates import (
    Edge,
    TlsMisconfigured,
    clean_fingerprint,
    client_context,
    fingerprint_of,
    read_edge,
)
from support_gateway import PERSON, QUERY, RID, SECRET, GatewayHome, a_grant, a_service
from support_tls import Authority

BOUND = "app-bound"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway-tls")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder, "city")


@pytest.fixture(scope="module")
def home(folder: Path, authority: Authority) -> Iterator[GatewayHome]:
    """A gateway with TLS that demands a client certificate of the city's authority."""
    home = GatewayHome(folder / "home")
    certificate, key, _mark = authority.issue("gateway", server=True)
    own, own_key, own_mark = authority.issue("node")
    home.url = home.url.replace("http:", "https:")
    home.settings = {
        "QUANSHU_GATEWAY_TLS_CERTIFICATE": str(certificate),
        "QUANSHU_GATEWAY_TLS_KEY": str(key),
        "QUANSHU_GATEWAY_TLS_CLIENT_CA": str(authority.path),
    }
    home.verify = context(authority, own, own_key)
    clients = (home.client(), home.client_of(BOUND, home.secret_key(BOUND, "k1"), fingerprints=(own_mark,)))
    home.publish((a_grant("g1"), a_grant("g2", rid=BOUND)), (a_service(QUERY),), clients)
    home.start()
    yield home
    home.kill()


def context(authority: Authority, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """How a client trusts and shows itself."""
    found = ssl.create_default_context(cafile=str(authority.path))
    if certificate is not None:
        found.load_cert_chain(certificate, key)
    return found


def environment(authority: Authority, certificate: Path | None = None, key: Path | None = None) -> dict[str, str]:
    """The same as settings."""
    names = {"TLS_CA": authority.path, "TLS_OWN_CERTIFICATE": certificate, "TLS_OWN_KEY": key}
    return {f"QUANSHU_GATEWAY_{name}": str(path) for name, path in names.items() if path}


def test_a_call_with_a_certificate_of_the_authority_is_answered(
    home: GatewayHome, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key, _mark = authority.issue("department")
    for name, value in environment(authority, certificate, key).items():
        monkeypatch.setenv(name, value)
    with GatewayClient(home.url, RID, SECRET) as client:
        assert client.call(QUERY, {"id": PERSON}).ok


def test_no_certificate_or_a_stranger_s_ends_the_handshake(
    home: GatewayHome, authority: Authority, folder: Path
) -> None:
    stranger, key, _mark = Authority(folder, "stranger").issue("intruder")
    for verify in (context(authority), context(authority, stranger, key)):
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{home.url}/health", verify=verify, trust_env=False)


def test_a_header_from_elsewhere_than_a_trusted_proxy_counts_for_nothing(
    home: GatewayHome, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Granian does not tell which certificate it was, so a bound application needs a proxy that is trusted."""
    certificate, key, mark = authority.issue("direct")
    for name, value in environment(authority, certificate, key).items():
        monkeypatch.setenv(name, value)
    with GatewayClient(home.url, BOUND, SECRET) as client:
        client._http.headers["X-Client-Cert-Fingerprint"] = mark
        answer = client.call(QUERY, {"id": PERSON})
    assert (answer.status, answer.body["code"]) == (403, "gateway.certificate_required")
    assert answer.receipt_id


def test_certificates_are_known_by_their_sha256(authority: Authority) -> None:
    path, _key, mark = authority.issue("shown")
    assert fingerprint_of(path.read_text()) == mark
    assert clean_fingerprint(f" SHA256:{mark.upper()} ") == mark
    assert [clean_fingerprint(text) for text in ("", mark[1:], mark + "0", "g" * 64)] == [""] * 4
    assert fingerprint_of("-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----") == ""
    assert fingerprint_of("A" * 20_000) == ""


def test_settings_that_would_leave_a_door_open_are_refused(tmp_path: Path, authority: Authority) -> None:
    certificate, key, _mark = authority.issue("settings", server=True)
    prefix = "QUANSHU_GATEWAY_"
    assert read_edge({}).options() == {}
    assert read_edge({f"{prefix}TRUSTED_PROXIES": "10.0.0.0/8, ::1"}).proxies
    with pytest.raises(TlsMisconfigured):
        read_edge({f"{prefix}TRUSTED_PROXIES": "the proxy"})
    for given in (
        Edge(certificate=certificate),
        Edge(key=key),
        Edge(client_ca=authority.path),
        Edge(certificate=certificate, key=tmp_path / "none"),
        Edge(certificate=certificate, key=key, client_ca=tmp_path / "none"),
    ):
        with pytest.raises(TlsMisconfigured):
            given.options()
    options = Edge(certificate=certificate, key=key, client_ca=authority.path).options()
    assert options["ssl_client_verify"] is True
    assert client_context({}) is True


def test_a_gateway_with_half_of_its_settings_does_not_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "quanshu.gateway"],
        env={"QUANSHU_HOME": str(tmp_path), "QUANSHU_GATEWAY_TLS_CLIENT_CA": str(tmp_path / "ca.pem")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode != 0
    assert "QUANSHU_GATEWAY_TLS_CERTIFICATE" in done.stderr
