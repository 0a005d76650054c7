"""docs/protocols/signing.md: each example of the page is run as it stands there, against a gateway."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from quanshu.gateway.signing import keys
from quanshu.gateway.snapshot import KeySpec
from support_gateway import PERSON, QUERY, SECRET, GatewayHome, a_grant, a_service

PAGE = Path(__file__).parents[2] / "docs/protocols/signing.md"
EXAMPLE = re.compile(r"<!-- run: ([\w-]+) -->\n```(\w+)\n(.*?)```", re.DOTALL)
EXAMPLES = {name: (language, text) for name, language, text in EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))}
SCHEMES = {"ed25519": "ed25519", "ed25519-python": "ed25519", "sm2": "sm2"}
PROFILES = {"convention": "convention", "two-step": "convention-two-step", "hmac": "rfc9421-hmac"}


def made_by_openssl(folder: Path, scheme: str) -> tuple[Path, str]:
    """A private key's file and its public part, as the page says to make them."""
    path = folder / f"{scheme}.pem"
    algorithm = "SM2" if scheme == "sm2" else scheme
    subprocess.run(["openssl", "genpkey", "-algorithm", algorithm, "-out", path], check=True, capture_output=True)
    shown = subprocess.run(["openssl", "pkey", "-in", path, "-pubout"], check=True, capture_output=True, text=True)
    return path, shown.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayHome]:
    """A gateway with an application for each example."""
    folder = tmp_path_factory.mktemp("signing-page")
    home = GatewayHome(folder / "home")
    clients = []
    for name in EXAMPLES:
        rid, scheme = f"app-{name}", SCHEMES.get(name)
        if scheme is None:
            key = home.secret_key(rid, "k1")
        else:
            (folder / name).mkdir()
            _path, public = made_by_openssl(folder / name, scheme)
            raw = base64.b64encode(keys.read_public_key(scheme, public)).decode()
            key = KeySpec("k1", "", 0, time.time() + 3600, scheme, raw)
        clients.append(home.client_of(rid, key, profiles=(PROFILES.get(name) or f"rfc9421-{scheme}",)))
    grants = tuple(a_grant(f"g-{client.rid}", rid=client.rid) for client in clients)
    home.publish(grants, (a_service(QUERY),), tuple(clients))
    home.start()
    yield home
    home.kill()


def test_the_page_has_an_example_of_each_profile() -> None:
    assert set(EXAMPLES) == {*SCHEMES, *PROFILES}


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_an_example_of_the_page_is_answered(home: GatewayHome, name: str) -> None:
    language, text = EXAMPLES[name]
    scheme = SCHEMES.get(name, "")
    done = subprocess.run(
        ["bash", "-euc", text] if language == "sh" else [sys.executable, "-c", text],
        env={
            "PATH": os.environ["PATH"],
            "GATEWAY": home.url,
            "RID": f"app-{name}",
            "KID": "k1",
            "SID": QUERY,
            "SECRET": SECRET,
            "BODY": json.dumps({"id": PERSON}),
            "KEY_FILE": str(home.folder.parent / name / f"{scheme}.pem"),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["code"] == "ok", answer
    assert answer["total"] == 1
