"""Each way of signing over HTTP: what it takes, what is refused and why, and that refusals have their receipts."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from quanshu.gateway.client import AnswerNotSigned, GatewayClient
from quanshu.gateway.journal import read_after
from quanshu.gateway.signing import Profile, session, sign_headers
from quanshu.gateway.signing import http_signatures as hs
from quanshu.gateway.signing.convention import signature
from quanshu.gateway.signing.digest import content_digest
from quanshu.gateway.signing.profiles import ALGORITHMS, SCHEMES, sign
from quanshu.gateway.signing.responses import node_pair
from quanshu.gateway.signing.structured import Item, serialise_dictionary
from quanshu.gateway.snapshot import KeySpec, append_revocation
from quanshu.kernel.ciphers import suite
from support_gateway import PERSON, QUERY, SECRET, GatewayHome, a_grant, a_service
from support_tls import pem_pair

PAIRS = {"ed25519": suite("intl").generate_key_pair(), "sm2": suite("gm").generate_key_pair()}
BOUND, OTHER_CERT = "a" * 64, "b" * 64
PATH, BODY = f"/s/{QUERY}", json.dumps({"id": PERSON}).encode()
RIDS = {profile: f"app-{profile}" for profile in Profile}


def a_key(home: GatewayHome, rid: str, scheme: str, kid: str = "k1", **changes: Any) -> KeySpec:
    """A key of a kind."""
    if scheme == "hmac":
        return home.secret_key(rid, kid, **changes)
    public = base64.b64encode(PAIRS[scheme].public).decode()
    return KeySpec(**{"kid": kid, "secret_sealed": "", "not_before": 0, "not_after": time.time() + 86_400,
                      "scheme": scheme, "public_key": public, **changes})  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayHome]:
    home = GatewayHome(tmp_path_factory.mktemp("gateway-signing"))
    home.settings = {"QUANSHU_GATEWAY_TRUSTED_PROXIES": "127.0.0.1/32"}
    clients = [
        home.client_of(rid, a_key(home, rid, SCHEMES[profile]), profiles=(profile.value,))
        for profile, rid in RIDS.items()
    ]
    ed, moment = RIDS[Profile.RFC9421_ED25519], time.time()
    clients[list(RIDS).index(Profile.RFC9421_ED25519)] = home.client_of(
        ed,
        a_key(home, ed, "ed25519"),
        a_key(home, ed, "ed25519", "k2"),
        a_key(home, ed, "ed25519", "old", not_after=moment - 1),
        a_key(home, ed, "ed25519", "new", not_before=moment + 3600),
        a_key(home, ed, "hmac", "secret"),
        profiles=(Profile.RFC9421_ED25519.value,),
    )
    clients.append(home.client_of("app-both", a_key(home, "app-both", "hmac"), a_key(home, "app-both", "sm2", "k2"),
                                  profiles=("convention", "rfc9421-sm2")))  # fmt: skip
    clients.append(
        home.client_of("app-bound", a_key(home, "app-bound", "hmac"), profiles=("convention",), fingerprints=(BOUND,))
    )
    rids = [client.rid for client in clients]
    home.publish(tuple(a_grant(f"g-{rid}", rid=rid) for rid in rids), (a_service(QUERY),), tuple(clients))
    home.start()
    yield home
    home.kill()


def key_text(profile: str) -> str:
    """The signer's key as a caller keeps it."""
    scheme = SCHEMES[profile]
    return SECRET if scheme == "hmac" else pem_pair(scheme, PAIRS[scheme])


def post(home: GatewayHome, headers: dict[str, str], body: bytes = BODY, path: str = PATH) -> httpx.Response:
    """A request as it stands."""
    return httpx.post(f"{home.url}{path}", content=body, headers=headers, trust_env=False)


def signed(
    home: GatewayHome,
    *,
    rid: str = RIDS[Profile.RFC9421_ED25519],
    kid: str = "k1",
    scheme: str = "ed25519",
    covered: tuple[str, ...] = ("@method", "@path", "content-digest"),
    given: dict[str, str] | None = None,
    created: int | None = None,
    nonce: str = "",
    path: str = PATH,
    query: str = "",
    body: bytes = BODY,
    alg: str = "",
    expires: int | None = None,
) -> dict[str, str]:
    """The headers of a signed request, one part of which a test may get wrong."""
    headers = {"content-digest": content_digest(body), **(given or {})}
    host = home.url.partition("//")[2]
    message = hs.Request("POST", "http", host, path, query, headers)
    inner = hs.parameters(
        covered,
        created=int(time.time()) if created is None else created,
        keyid=f"{rid}:{kid}",
        alg=alg or ALGORITHMS[scheme],
        nonce=nonce or f"n{time.time_ns()}",
        expires=expires,
    )
    key = SECRET.encode() if scheme == "hmac" else PAIRS[scheme].private
    value = sign(scheme, key, hs.signature_base(inner, message))
    headers["Signature-Input"] = serialise_dictionary({"c": inner})
    headers["Signature"] = serialise_dictionary({"c": Item(value)})
    return headers


def last_receipt(home: GatewayHome, receipt_id: str) -> Any:
    """The receipt of a call, from the journals."""
    return next(found for _f, _n, found in read_after(home.directory, {}, 10_000) if found.receipt_id == receipt_id)


@pytest.mark.parametrize("profile", list(Profile))
def test_each_profile_is_answered_and_its_receipt_names_key_and_profile(home: GatewayHome, profile: Profile) -> None:
    rid = RIDS[profile]
    with GatewayClient(home.url, rid, key_text(profile), profile=profile) as client:
        for _ in range(2):
            answer = client.call(QUERY, {"id": PERSON}, case_number="办件-2026-1")
            assert answer.ok, answer.body
    receipt = last_receipt(home, answer.receipt_id)
    assert (receipt.rid, receipt.kid, receipt.scheme) == (rid, "k1", profile.value)
    assert receipt.case_number == "办件-2026-1"


@pytest.mark.parametrize("used", list(Profile))
def test_no_application_signs_by_another_profile(home: GatewayHome, used: Profile) -> None:
    """Each application, holding a key that would do, by each profile that is not its own."""
    for profile, rid in RIDS.items():
        if profile == used or SCHEMES[profile] != SCHEMES[used]:
            continue
        with GatewayClient(home.url, rid, SECRET, profile=used) as client:
            answer = client.call(QUERY, {"id": PERSON})
        assert (answer.status, answer.body["code"]) == (403, "gateway.wrong_profile"), (profile, used)
        assert profile in answer.body["message_en"]
        assert answer.receipt_id, "its signature was right"
        assert last_receipt(home, answer.receipt_id).outcome == "gateway.wrong_profile"


def test_a_profile_without_a_fitting_key_is_told_apart(home: GatewayHome) -> None:
    with GatewayClient(home.url, RIDS[Profile.RFC9421_SM2], SECRET) as client:
        answer = client.call(QUERY, {"id": PERSON})
    assert answer.body["code"] == "gateway.wrong_profile"
    assert not answer.receipt_id


def test_one_of_several_profiles_may_be_used(home: GatewayHome) -> None:
    for profile, kid in ((Profile.CONVENTION, "k1"), (Profile.RFC9421_SM2, "k2")):
        with GatewayClient(home.url, "app-both", key_text(profile), profile=profile, kid=kid) as client:
            assert client.call(QUERY, {"id": PERSON}).ok


def test_a_request_replayed_is_refused(home: GatewayHome) -> None:
    headers = signed(home)
    assert post(home, headers).status_code == 200
    again = post(home, headers)
    assert (again.status_code, again.json()["code"]) == (401, "gateway.replayed")
    other = signed(home, nonce="used-once", scheme="sm2", rid=RIDS[Profile.RFC9421_SM2])
    assert post(home, other).status_code == 200
    for _ in range(2):
        rid = RIDS[Profile.RFC9421_SM2]
        anew = signed(home, nonce="used-once", scheme="sm2", rid=rid, created=int(time.time()) - 1)
        assert post(home, anew).json()["code"] == "gateway.replayed", "a nonce is good once, however it is signed"


def code(home: GatewayHome, headers: dict[str, str], **given: Any) -> tuple[int, str]:
    """Status and code of a request, and that no data came."""
    answer = post(home, headers, **given)
    assert "data" not in answer.json()
    return answer.status_code, answer.json()["code"].removeprefix("gateway.")


def test_what_is_covered_cannot_be_changed(home: GatewayHome) -> None:
    case = {"x-case-number": "2026-1"}
    covered = ("@method", "@path", "content-digest", "x-case-number")
    digest = {"content-digest": content_digest(b"{}")}
    assert code(home, signed(home) | digest, body=b"{}") == (401, "bad_http_signature")
    assert code(home, signed(home), body=b'{"id": "1"}') == (401, "digest_mismatch")
    assert code(home, signed(home, covered=covered, given=case) | {"x-case-number": "2"}) == (401, "bad_http_signature")
    assert code(home, signed(home), path=f"{PATH}?x=1") == (401, "signature_uncovered")
    assert code(home, signed(home, path="/s/other")) == (401, "bad_http_signature")
    assert code(home, signed(home) | case) == (401, "signature_uncovered")
    assert code(home, signed(home, covered=("@method", "@path"))) == (401, "signature_uncovered")
    assert code(home, signed(home, covered=("@path", "content-digest"))) == (401, "signature_uncovered")
    assert code(home, signed(home, covered=("@method", "content-digest"))) == (401, "signature_uncovered")


def test_the_whole_address_may_be_covered_as_one(home: GatewayHome) -> None:
    covered = ("@method", "@target-uri", "content-digest", "@authority")
    assert post(home, signed(home, covered=covered)).status_code == 200
    forwarded = signed(home, covered=covered) | {"X-Forwarded-Proto": "https"}
    assert code(home, forwarded) == (401, "bad_http_signature"), "a trusted proxy says it came by https"


def test_times_and_keys(home: GatewayHome) -> None:
    moment = int(time.time())
    assert code(home, signed(home, created=moment - 301)) == (401, "outside_window")
    assert code(home, signed(home, created=moment + 302)) == (401, "outside_window")
    assert code(home, signed(home, created=10**14)) == (401, "outside_window")
    assert code(home, signed(home, expires=moment - 1)) == (401, "signature_expired")
    assert post(home, signed(home, expires=moment + 60)).status_code == 200
    for kid in ("old", "new", "none", ""):
        assert code(home, signed(home, kid=kid)) == (401, "unknown_key"), kid
    assert code(home, signed(home, rid="nobody")) == (401, "unknown_client")
    assert code(home, signed(home, alg="hmac-sha256")) == (401, "bad_http_signature")
    assert code(home, signed(home, scheme="sm2")) == (401, "bad_http_signature"), "another key's signature"
    assert code(home, signed(home, kid="secret", scheme="hmac")) == (403, "wrong_profile")
    bad = signed(home) | {"Signature": "c=:AAAA:"}
    assert code(home, bad) == (401, "bad_http_signature")
    assert code(home, {"Signature-Input": signed(home)["Signature-Input"]}) == (401, "bad_signature_input")
    assert code(home, {"Signature": "c=:AAAA:"}) == (401, "bad_signature_input")
    latin = {"Signature-Input": "é".encode("latin-1"), "Signature": b"c=:AAAA:"}
    answer = httpx.post(f"{home.url}{PATH}", headers=latin, trust_env=False)
    assert answer.json()["code"] == "gateway.bad_signature_input"


def test_two_keys_hold_at_once_and_one_ends_at_once(home: GatewayHome) -> None:
    rid = RIDS[Profile.RFC9421_ED25519]
    assert post(home, signed(home, kid="k2")).status_code == 200
    append_revocation(home.directory, "key", f"{rid}:k2", "2026-01-05T08:00:00+00:00")
    began = time.monotonic()
    while (answer := post(home, signed(home, kid="k2"))).status_code == 200:
        assert time.monotonic() - began < 1
    assert answer.json()["code"] == "gateway.unknown_key"
    assert post(home, signed(home)).status_code == 200


def test_a_session_key_is_sealed_and_only_that_of_now_holds(home: GatewayHome) -> None:
    rid, moment = RIDS[Profile.TWO_STEP], time.time_ns() // 1_000_000
    told = httpx.post(
        f"{home.url}/keys/session", headers=sign_headers(rid, session.SID, SECRET, moment), trust_env=False
    )
    assert told.status_code == 200
    assert told.headers["cache-control"] == "no-store"
    assert last_receipt(home, told.headers["x-receipt-id"]).sid == session.SID
    data = told.json()["data"]
    key = session.open_session(SECRET, rid, data["secret"])
    assert 0 < data["expires_at_ms"] - moment <= 2 * session.SLOT_MS
    assert post(home, sign_headers(rid, QUERY, key, moment + 1)).status_code == 200
    assert code(home, sign_headers(rid, QUERY, key + "x", moment + 2)) == (401, "bad_signature")
    assert code(home, sign_headers(rid, QUERY, SECRET, moment + 3)) == (403, "wrong_profile")
    old = session.session_secret(session.session_root(home.seal), rid=rid, kid="k1", slot=moment // session.SLOT_MS - 2)
    assert code(home, sign_headers(rid, QUERY, old, moment + 4)) == (401, "bad_signature")


def test_the_values_of_a_session_request_may_come_in_a_body(home: GatewayHome) -> None:
    """As peers of the national platform send them."""
    rid, moment = RIDS[Profile.TWO_STEP], time.time_ns() // 1_000_000
    values = sign_headers(rid, session.SID, SECRET, moment)
    assert httpx.post(f"{home.url}/keys/session", json=values, trust_env=False).status_code == 200
    assert httpx.post(f"{home.url}/keys/session", json=values, trust_env=False).json()["code"] == "gateway.replayed"
    for body in (b"", b"[1]", b"{", json.dumps({**values, "gjzwfwpt_sid": 1}).encode()):
        answer = httpx.post(f"{home.url}/keys/session", content=body, trust_env=False)
        assert answer.json()["code"] == "gateway.unsigned"


def test_only_applications_of_two_steps_get_session_keys(home: GatewayHome) -> None:
    moment = time.time_ns() // 1_000_000
    for rid, secret, expected in (
        (RIDS[Profile.CONVENTION], SECRET, "gateway.wrong_profile"),
        (RIDS[Profile.TWO_STEP], "another", "gateway.bad_signature"),
        ("nobody", SECRET, "gateway.unknown_client"),
    ):
        answer = httpx.post(
            f"{home.url}/keys/session", headers=sign_headers(rid, session.SID, secret, moment), trust_env=False
        )
        assert answer.json()["code"] == expected
    rid = RIDS[Profile.TWO_STEP]
    sign = signature(rid=rid, sid=QUERY, rtime=str(moment), secret=SECRET)
    headers = sign_headers(rid, QUERY, SECRET, moment) | {"gjzwfwpt_sign": sign}
    answer = httpx.post(f"{home.url}/keys/session", headers=headers, trust_env=False)
    assert answer.json()["code"] == "gateway.wrong_service"


def test_an_answer_is_signed_when_asked_and_bound_to_its_request(home: GatewayHome) -> None:
    told = httpx.get(f"{home.url}/keys/node", trust_env=False).json()
    public = base64.b64decode(told["public_key"])
    assert public == node_pair(home.seal).public
    profile = Profile.RFC9421_ED25519
    with GatewayClient(home.url, RIDS[profile], key_text(profile), profile=profile, node_key=public) as client:
        assert client.call(QUERY, {"id": PERSON}).ok
        assert client.call(QUERY, {"other": "1"}).status == 422, "a refusal is signed as well"
    other = suite("intl").generate_key_pair().public
    with (
        GatewayClient(home.url, RIDS[profile], key_text(profile), profile=profile, node_key=other) as client,
        pytest.raises(AnswerNotSigned),
    ):
        client.call(QUERY, {"id": PERSON})
    plain = post(home, signed(home))
    assert "signature" not in plain.headers


def test_a_bound_application_comes_with_its_certificate(home: GatewayHome) -> None:
    """The proxy before the gateway tells which certificate it was."""

    def call(**headers: str) -> tuple[int, str]:
        moment = time.time_ns() // 1_000_000
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return code_of(post(home, sign_headers("app-bound", QUERY, SECRET, moment) | named))

    colons = ":".join(BOUND[at : at + 2].upper() for at in range(0, 64, 2))
    assert call(x_client_cert_fingerprint=BOUND) == (200, "ok")
    assert call(x_client_cert_fingerprint=colons) == (200, "ok")
    assert call() == (403, "gateway.certificate_required")
    assert call(x_client_cert_fingerprint=OTHER_CERT) == (403, "gateway.wrong_certificate")
    for nonsense in ("", "SHA1:abc", "é"):
        assert call(x_client_cert_fingerprint=quote(nonsense)) == (403, "gateway.certificate_required")
    assert call(x_client_cert=quote("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")) == (
        403,
        "gateway.wrong_certificate",
    )
    assert call(x_client_cert="-----BEGIN") == (403, "gateway.certificate_required")


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code."""
    return answer.status_code, answer.json()["code"]


def test_the_command_signs_with_a_key_file(home: GatewayHome, tmp_path: Path) -> None:
    """`quanshu call` by each kind of key, and a usage error for a file that holds none."""
    for profile in (Profile.RFC9421_SM2, Profile.TWO_STEP):
        path = tmp_path / f"{profile}.key"
        path.write_text(key_text(profile))
        done = call_by_command(home, profile, path)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["code"] == "ok"
    path.write_text("no key")
    wrong = call_by_command(home, Profile.RFC9421_ED25519, path)
    assert wrong.returncode == 2
    assert "--key-file" in wrong.stderr


def call_by_command(home: GatewayHome, profile: Profile, path: Path) -> subprocess.CompletedProcess[str]:
    """`quanshu call` in a process of its own."""
    words = ["call", QUERY, f"id={PERSON}", "--gateway", home.url, "--rid", RIDS[profile]]
    return subprocess.run(
        [sys.executable, "-m", "quanshu.cli", *words, "--profile", profile.value, "--key-file", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
