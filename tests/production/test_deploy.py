"""What `deploy/` holds is tried: units verified and their commands run, nginx in front of web and gateway."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from quanshu.gateway.client import GatewayClient
from support_installation import Node, answers, free_port, wait_until

pytestmark = pytest.mark.timeout(900)
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PROGRAM = Path(sys.executable).with_name("quanshu")
UNITS = sorted((DEPLOY / "systemd").iterdir())
WEB, GATEWAY = "data.example.gov.cn", "gateway.example.gov.cn"
NGINX, SYSTEMD = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin"), shutil.which("systemd-analyze")


def lines_of(unit: str, key: str) -> list[str]:
    """The values of a key in a unit."""
    text = (DEPLOY / "systemd" / unit).read_text(encoding="utf-8")
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{key}=")]


@pytest.mark.skipif(not SYSTEMD, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/quanshu/.venv/bin/quanshu", str(PROGRAM))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    names = [unit.name.replace("@.", "@8100.") for unit in UNITS]
    done = subprocess.run(
        [str(SYSTEMD), "verify", "--man=no", *names],
        cwd=tmp_path,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in done.stderr.splitlines() if any(unit.stem.rstrip("@") in line for unit in UNITS)]
    assert (done.returncode, told) == (0, [])


def test_services_are_shut_in(tmp_path: Path) -> None:
    for unit in UNITS:
        if unit.suffix != ".service":
            continue
        text = unit.read_text(encoding="utf-8")
        for line in ("User=quanshu", "NoNewPrivileges=true", "ProtectSystem=strict", "CapabilityBoundingSet="):
            assert line in text.splitlines(), unit.name
        assert lines_of(unit.name, "ReadWritePaths")[0].startswith("/var/lib/quanshu")


def test_the_environment_file_is_read_and_names_only_settings_there_are(tmp_path: Path) -> None:
    from quanshu.config.environment import SETTINGS, read_environment

    given = dict(
        line.lstrip("#").split("=", 1)
        for line in (DEPLOY / "quanshu.env").read_text(encoding="utf-8").splitlines()
        if line.lstrip("#").startswith("QUANSHU_")
    )
    assert given.keys() <= {setting.variable for setting in SETTINGS}
    values = read_environment({**given, "QUANSHU_HOME": str(tmp_path)})
    assert values["WEB_WORKERS"] == 2
    assert values["LAKE_URL"] == "s3://quanshu/lake"


@contextmanager
def commands_of_the_units(home: Path, **settings: str) -> Iterator[Node]:
    """The ExecStart lines of web, worker and gateway over a home folder; stopped as systemd stops them."""
    node = Node(home, **settings)
    for unit in ("quanshu-web.service", "quanshu-worker@.service", "quanshu-gateway@.service"):
        program, *words = shlex.split(lines_of(unit, "ExecStart")[0])
        assert program == "/opt/quanshu/.venv/bin/quanshu"
        assert lines_of(unit, "KillSignal") == ["SIGTERM"]
        node.start(*words)
    try:
        wait_until(lambda: answers(f"{node.web}/sign-in/"), "web answers")
        wait_until(lambda: answers(f"{node.gateway}/health"), "the gateway answers")
        yield node
    finally:
        codes = node.stop()
    assert codes == [0, 0, 0]


def certificate(
    folder: Path, name: str, issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None = None
) -> tuple[x509.Name, ec.EllipticCurvePrivateKey]:
    """A certificate for a name, its own issuer unless one is given; `<name>.crt` and `<name>.key` in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issued_by, signing = issuer or (subject, key)
    moment = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issued_by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(hours=1))
        .not_valid_after(moment + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(WEB), x509.DNSName(GATEWAY)]), critical=False)
    )
    signed = builder.sign(signing, hashes.SHA256())
    (folder / f"{name}.crt").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return subject, key


@contextmanager
def nginx(folder: Path, node: Node, ports: dict[str, int]) -> Iterator[None]:
    """nginx with the example, its ports, paths and addresses replaced."""
    tls = folder / "tls"
    tls.mkdir()
    authority = certificate(tls, "departments")
    for name in ("web", "gateway", "caller"):
        certificate(tls, name, authority)
    text = (DEPLOY / "nginx" / "quanshu.conf").read_text(encoding="utf-8")
    for old, new in {
        "127.0.0.1:8000": node.web.removeprefix("http://"),
        "127.0.0.1:8100": node.gateway.removeprefix("http://"),
        "/etc/quanshu/tls": str(tls),
        "listen 80;": f"listen 127.0.0.1:{ports['plain']};",
        "listen 443 ssl;": f"listen 127.0.0.1:{ports['tls']} ssl;",
    }.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "site.conf").write_text(text, encoding="utf-8")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary} include {folder}/site.conf; }}\n",
        encoding="utf-8",
    )
    common = [str(NGINX), "-c", str(main), "-e", f"{folder}/error.log"]
    tested = subprocess.run([*common, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    server = subprocess.Popen(common, start_new_session=True)
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{ports['plain']}/"), "nginx answers", 15)
        yield
    finally:
        server.terminate()
        server.wait(15)


@pytest.mark.skipif(not NGINX, reason="nginx is not installed")
def test_the_units_commands_behind_nginx(filled: tuple[Node, dict[str, str]], tmp_path: Path) -> None:
    before, facts = filled
    shutil.copytree(before.home, tmp_path / "home")
    ports = {"plain": free_port(), "tls": free_port()}
    settings = {
        "QUANSHU_ALLOWED_HOSTS": WEB,
        "QUANSHU_SECURE_COOKIES": "true",
        "QUANSHU_TRUSTED_ORIGINS": f"https://{WEB}:{ports['tls']}",
        "QUANSHU_GATEWAY_JOURNALS": str(tmp_path / "journals"),
    }
    secure = f"https://127.0.0.1:{ports['tls']}"
    with commands_of_the_units(tmp_path / "home", **settings) as node:
        (tmp_path / "nginx").mkdir()
        with nginx(tmp_path / "nginx", node, ports):
            moved = httpx.get(f"http://127.0.0.1:{ports['plain']}/", headers={"Host": WEB}, trust_env=False)
            assert (moved.status_code, moved.headers["location"]) == (308, f"https://{WEB}/")
            web_through(secure, tmp_path / "nginx" / "tls", ports["tls"])
            gateway_through(secure, tmp_path / "nginx" / "tls", facts)
        reload_without_loss(node, facts)
        assert list((tmp_path / "journals").glob("journal-*"))


def trusting(tls: Path, *, shown: str = "") -> ssl.SSLContext:
    """Trust in the test's authority; with a client certificate when one is to be shown."""
    context = ssl.create_default_context(cafile=str(tls / "departments.crt"))
    if shown:
        context.load_cert_chain(tls / f"{shown}.crt", tls / f"{shown}.key")
    return context


def named(host: str, secure: str, context: ssl.SSLContext) -> httpx.Client:
    """A client that speaks to nginx under a host name."""

    def name_it(request: httpx.Request) -> None:
        # nginx chooses the server, and whom it asks for a certificate, by the name in TLS.
        request.extensions["sni_hostname"] = host.partition(":")[0]

    return httpx.Client(
        base_url=secure,
        headers={"Host": host},
        verify=context,
        timeout=30,
        trust_env=False,
        event_hooks={"request": [name_it]},
    )


def web_through(secure: str, tls: Path, port: int) -> None:
    """Signing in through nginx: secure cookie, form accepted, static file; many attempts are held up."""
    with named(f"{WEB}:{port}", secure, trusting(tls)) as client:
        page = client.get("/sign-in/")
        assert page.status_code == 200
        assert "max-age" in page.headers["strict-transport-security"]
        cookie = page.headers["set-cookie"]
        assert "Secure" in cookie
        token = cookie.partition("csrftoken=")[2].partition(";")[0]
        static = next(word for word in page.text.split('"') if word.startswith("/static/"))
        assert client.get(static).status_code == 200
        form = {"username": "steward", "password": "Jinan-springs-72", "csrfmiddlewaretoken": token}
        headers = {"Cookie": f"csrftoken={token}", "Referer": f"https://{WEB}:{port}/sign-in/"}
        done = client.post("/sign-in/", data=form, headers=headers)
        assert done.status_code == 302, done.text[:500]
        tries = [client.get("/sign-in/").status_code for _number in range(20)]
        assert 429 in tries


def gateway_through(secure: str, tls: Path, facts: dict[str, str]) -> None:
    """A signed call through nginx, without and with a client certificate; one of a stranger's authority is refused."""
    for shown in ("", "caller"):
        client = GatewayClient("http://unused", facts["rid"], facts["secret"])
        client._http = named(GATEWAY, secure, trusting(tls, shown=shown))
        with client:
            answer = client.call(facts["sid"], {"citizen_id": facts["person"]})
        assert answer.status == 200, answer.body
        assert answer.receipt_id
    certificate(tls, "stranger")
    with named(GATEWAY, secure, trusting(tls, shown="stranger")) as client:
        assert client.get("/health").status_code == 400


def reload_without_loss(node: Node, facts: dict[str, str]) -> None:
    """ExecReload of the gateway's unit: the main process is told, and calls go on being answered."""
    assert lines_of("quanshu-gateway@.service", "ExecReload") == ["/bin/kill -HUP $MAINPID"]
    gateway = node.processes[-1]
    with GatewayClient(node.gateway, facts["rid"], facts["secret"]) as client:
        assert client.call(facts["sid"], {"citizen_id": facts["person"]}).status == 200
        os.kill(gateway.pid, signal.SIGHUP)
    wait_until(lambda: answers(f"{node.gateway}/health"), "the gateway answers after it was told to reload")
    with GatewayClient(node.gateway, facts["rid"], facts["secret"]) as client:
        assert client.call(facts["sid"], {"citizen_id": facts["person"]}).status == 200
    assert gateway.poll() is None
