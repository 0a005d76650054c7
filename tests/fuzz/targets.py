"""Coverage-guided fuzzing of the gateway's parsers, one target each: what is given is read, or refused with a code.

By hand, for as long as wanted, keeping what was found in a folder:

    python tests/fuzz/targets.py signature found/ -max_total_time=600
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import atheris

with atheris.instrument_imports(include=["quanshu.gateway", "quanshu.kernel.errors"]):
    from starlette.requests import Request

    from quanshu.gateway.reading import BadBody, read_request
    from quanshu.gateway.signing import certificates, convention, desk, digest, http_signatures, keys, structured
    from quanshu.gateway.signing.faults import BadSignatureInput, DigestMismatch, Uncovered
    from quanshu.gateway.snapshot import BadSnapshot, decode, encode

REQUEST = http_signatures.Request("POST", "https", "host", "/s/a", "x=1", {"x-a": "1", "x-case-number": "2"})


def fuzz_structured(data: bytes) -> None:
    """A dictionary that is read is written and read again the same."""
    try:
        read = structured.parse_dictionary(data.decode("latin-1"))
    except structured.Malformed:
        return
    text = structured.serialise_dictionary(read)
    if structured.parse_dictionary(text) != read or structured.serialise_dictionary(read) != text:
        raise AssertionError(text)


def fuzz_signature(data: bytes) -> None:
    """Signature-Input and Signature, parted by a line's end, through every check before the key's."""
    one, _mark, other = data.decode("latin-1").partition("\n")
    try:
        found = http_signatures.read_signature({"signature-input": one, "signature": other})
        http_signatures.check_covered(found, REQUEST, body=b"x")
        base = http_signatures.signature_base(found.covered, REQUEST)
    except (BadSignatureInput, Uncovered):
        return
    found.replay_key("rid", base)
    if '"@method": POST' not in base.decode().split("\n"):
        raise AssertionError(base)


def fuzz_digest(data: bytes) -> None:
    """Content-Digest never passes for another body."""
    try:
        digest.check_digest(data.decode("latin-1"), b"a body nobody guesses: 5a1c")
    except (BadSignatureInput, DigestMismatch):
        return
    raise AssertionError(data)


def fuzz_convention(data: bytes) -> None:
    """The four headers, parted by lines' ends, and the same as a session request's body."""
    values = (data.decode("latin-1").split("\n") + [""] * 4)[:4]
    headers = dict(zip(desk.NAMES, values, strict=True))
    scope = {"type": "http", "method": "POST", "path": "/keys/session", "query_string": b"", "headers": []}
    desk.with_body(Request(scope), data).headers.get(desk.NAMES[0])
    try:
        signed = convention.read_headers(headers)
    except (convention.Unsigned, convention.BadHeader):
        return
    if convention.is_by(signed, "another secret than the one it was made by"):
        raise AssertionError(values)


def fuzz_request(data: bytes) -> None:
    """A GET's query and a POST's body: names and values as text, or a coded refusal."""
    query = bytes(letter for letter in data if 32 < letter < 127)
    for method in ("GET", "POST"):
        scope = {"type": "http", "method": method, "path": "/s/a", "query_string": query, "headers": []}
        try:
            given, fields = read_request(Request(scope), data)
        except BadBody:
            continue
        json.dumps(given, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if fields is not None and not all(isinstance(name, str) for name in fields):
            raise AssertionError(fields)


def fuzz_snapshot(data: bytes) -> None:
    """A snapshot that is read is written and read again the same."""
    try:
        read = decode(data)
    except BadSnapshot:
        return
    if decode(encode(read)) != read:
        raise AssertionError(data)


def fuzz_keys(data: bytes) -> None:
    """Public keys and certificates in PEM."""
    text = data.decode("latin-1")
    for scheme in ("ed25519", "sm2"):
        for read in (keys.read_public_key, keys.read_private_key):
            try:
                read(scheme, text)
            except keys.BadKey:
                continue
        keys.verify(scheme, b"\x01" * (32 if scheme == "ed25519" else 64), b"message", data)
    certificates.fingerprint_of(text)
    certificates.clean_fingerprint(text)


TARGETS: dict[str, Callable[[bytes], Any]] = {
    name.removeprefix("fuzz_"): found for name, found in list(globals().items()) if name.startswith("fuzz_")
}
SEEDS: dict[str, tuple[bytes, ...]] = {
    "structured": (
        b'a=1, b="x y";c;d=?0, e=(tok :aGk=: "s";p=1);q=-15',
        b'caller=("@method" "@path" "content-digest");created=1618884473;keyid="app-1:k1";tag="quanshu"',
    ),
    "signature": (
        b'c=("@method" "@path" "@query" "content-digest" "x-case-number");created=1;keyid="a:k1";tag="quanshu"'
        b"\nc=:AAAA:",
        b'c=("@method" "@target-uri" "content-digest" "x-case-number" "x-a");created=1;expires=2;nonce="n";'
        b'alg="ed25519";keyid="a:k1";tag="quanshu", p=("@authority");created=2\nc=:AAAA:, p=:AAAA:',
    ),
    "digest": (digest.content_digest(b"x").encode(), b"md5=:AAAA:, " + digest.content_digest(b"x", "sm3").encode()),
    "convention": (
        "\n".join(convention.sign_headers("app-1", "jn-person", "secret", 1_767_225_600_000).values()).encode(),
        json.dumps(convention.sign_headers("app-1", "keys.session", "secret", 1_767_225_600_000)).encode(),
    ),
    "request": (
        b'{"id": "3701", "fields": ["name"], "n": [1.5, null, {"a": "\\ud800"}]}',
        b"id=3701&fields=name,+born&id=2",
    ),
    "snapshot": (
        b'{"version":1,"issued_at":"","node":"","services":[{"sid":"s","version":1,"name":"","shape":"query",'
        b'"table_file":"","table":"","parameters":[{"name":"a","column":"a"}],"fields":[{"name":"a","column":"a"}]}],'
        b'"clients":[{"rid":"a","name":"","unit":"","keys":[{"kid":"k1","secret_sealed":"","not_before":0,'
        b'"not_after":1,"scheme":"sm2","public_key":"AA=="}],"profiles":["convention"]}],"grants":[{"uid":"g",'
        b'"rid":"a","sid":"s","fields":["a"],"purpose":"","rate_per_minute":1,"daily_limit":null,"valid_from":0,'
        b'"valid_until":1}],"pushes":[]}',
    ),
    "keys": (
        b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n"
        b"-----END PUBLIC KEY-----",
        b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
        b"-----END PRIVATE KEY-----",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    ),
}  # fmt: skip

if __name__ == "__main__":
    target = TARGETS[sys.argv[1]]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()
