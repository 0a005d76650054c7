"""HTTP Message Signatures: the standard's own vectors, an independent implementation, and every change refused."""

from __future__ import annotations

import base64
import dataclasses
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.gateway.signing import http_signatures as hs
from quanshu.gateway.signing import keys, profiles, responses
from quanshu.gateway.signing.digest import check_digest, content_digest
from quanshu.gateway.signing.faults import BadSignatureInput, DigestMismatch, Expired, Uncovered
from quanshu.gateway.signing.signers import HttpSigner
from quanshu.gateway.signing.structured import (
    InnerList,
    Item,
    Malformed,
    Token,
    parse_dictionary,
    serialise,
    serialise_dictionary,
)
from quanshu.kernel.ciphers import suite

# RFC 9421 appendix B.
REQUEST = hs.Request(
    method="POST",
    scheme="https",
    authority="example.com",
    path="/foo",
    query="param=Value&Pet=dog",
    headers={
        "host": "example.com",
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "content-type": "application/json",
        "content-digest": "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm"
        "+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        "content-length": "18",
    },
)
SHARED = base64.b64decode("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
ED25519_PEM = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----"""
ED25519_PUBLIC = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----"""
B25 = (
    'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=",
)
B26 = (
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;'
    'keyid="test-key-ed25519"',
    "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
)
NOW = 1_790_000_000
BODY = b'{"id": "370102199001010018"}'


def a_list(text: str) -> InnerList:
    """The one inner list of a field."""
    (member,) = parse_dictionary(text).values()
    assert isinstance(member, InnerList)
    return member


def test_the_standard_s_hmac_vector() -> None:
    base = hs.signature_base(a_list(B25[0]), REQUEST)
    assert base64.b64encode(suite("intl").hmac(SHARED, base)).decode() == B25[1]


def test_the_standard_s_ed25519_vector() -> None:
    base = hs.signature_base(a_list(B26[0]), REQUEST)
    assert base.decode().startswith('"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@method": POST\n"@path": /foo\n')
    private = keys.read_private_key("ed25519", ED25519_PEM)
    assert base64.b64encode(profiles.sign("ed25519", private, base)).decode() == B26[1]
    public = keys.read_public_key("ed25519", ED25519_PUBLIC)
    assert keys.verify("ed25519", public, base, base64.b64decode(B26[1]))


def test_derived_components_are_the_standard_s() -> None:
    """RFC 9421 section 2.2: the default port goes, the query keeps its mark, an empty path is a slash."""
    request = dataclasses.replace(REQUEST, authority="Example.com:443", path="")
    assert hs.derived(request, "@authority") == "example.com"
    assert hs.derived(request, "@target-uri") == "https://example.com/?param=Value&Pet=dog"
    assert hs.derived(request, "@request-target") == "/?param=Value&Pet=dog"
    assert hs.derived(dataclasses.replace(request, query=""), "@query") == "?"
    assert hs.derived(dataclasses.replace(request, authority="example.com:8443"), "@authority") == "example.com:8443"


class Keys(HTTPSignatureKeyResolver):
    """The standard's test keys for the independent implementation."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self.private = private

    def resolve_private_key(self, key_id: str) -> Any:
        return self.private

    def resolve_public_key(self, key_id: str) -> Any:
        return self.private.public_key()


def a_message(headers: dict[str, str]) -> Any:
    """A request as the independent implementation wants it."""
    return SimpleNamespace(method="POST", url="https://gateway.example/s/jn-person?x=1", headers=headers, body=BODY)


def test_what_another_implementation_signs_is_read_here() -> None:
    private = load_pem_private_key(ED25519_PEM.encode(), None)
    assert isinstance(private, Ed25519PrivateKey)
    headers = {"X-Case-Number": "2026-1"}
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=Keys(private))
    signer.sign(
        a_message(headers),
        key_id="app-1:k2",
        created=datetime.fromtimestamp(NOW, UTC),
        nonce="n1",
        tag="quanshu",
        covered_component_ids=("@method", "@target-uri", "x-case-number"),
        body=BODY,
    )
    seen = hs.Request(
        "POST", "https", "gateway.example", "/s/jn-person", "x=1", {k.lower(): v for k, v in headers.items()}
    )
    found = hs.read_signature(seen.headers)
    hs.check_covered(found, seen, body=BODY)
    assert (found.keyid, found.nonce, found.created, found.alg) == ("app-1:k2", "n1", NOW, "ed25519")
    base = hs.signature_base(found.covered, seen)
    assert keys.verify("ed25519", private.public_key().public_bytes_raw(), base, found.value)


def test_what_is_signed_here_another_implementation_verifies() -> None:
    private = load_pem_private_key(ED25519_PEM.encode(), None)
    assert isinstance(private, Ed25519PrivateKey)
    signer = HttpSigner("app-1", "k2", "ed25519", private.private_bytes_raw())
    headers = {"X-Case-Number": "2026-1"}
    headers |= signer.headers("POST", "https://gateway.example/s/jn-person?x=1", "jn-person", body=BODY, given=headers)
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Keys(private))
    (result,) = verifier.verify(a_message(headers), expect_tag="quanshu")
    assert set(result.covered_components) == {
        '"@method"', '"@path"', '"@query"', '"x-case-number"', '"content-digest"', '"@signature-params"',
    }  # fmt: skip


def test_a_signed_answer_another_implementation_verifies() -> None:
    """The node's signature covers status, digest, receipt and the request's own signature."""
    pair = responses.node_pair(b"a seal key of a node")
    request_value, data = b"the request's signature", b'{"code": "ok"}'
    headers = responses.sign_answer(
        pair, status=200, body=data, receipt_id="r-1", label="caller", request=request_value, created=NOW
    )
    headers["X-Receipt-Id"] = "r-1"
    request = a_message({"Signature": serialise_dictionary({"caller": Item(request_value)})})
    response = SimpleNamespace(status_code=200, headers=headers, request=request, url=request.url, body=data)
    private = Ed25519PrivateKey.from_private_bytes(pair.private)
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Keys(private))
    (result,) = verifier.verify(response, max_age=None, expect_tag="quanshu")
    assert '"signature";req;key="caller"' in result.covered_components
    seen = {name.lower(): value for name, value in headers.items()}
    same: dict[str, Any] = {"status": 200, "body": data, "headers": seen, "label": "caller", "request": request_value}
    assert responses.answer_holds(pair.public, **same)
    for change in (
        {"status": 201},
        {"body": b"{}"},
        {"request": b"another"},
        {"label": "other"},
        {"headers": {**seen, "x-receipt-id": "r-2"}},
        {"headers": {**seen, "signature": "node=:AAAA:"}},
        {"headers": {}},
    ):
        assert not responses.answer_holds(pair.public, **{**same, **change})


texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
names = st.from_regex(r"[a-z*][a-z0-9_\-.*]{0,10}", fullmatch=True)
bares = st.one_of(
    st.booleans(),
    st.integers(-999_999_999_999_999, 999_999_999_999_999),
    texts,
    st.binary(max_size=40),
    st.from_regex(r"[A-Za-z*][A-Za-z0-9:/!#]{0,8}", fullmatch=True).map(Token),
)
items = st.builds(Item, bares, st.dictionaries(names, bares, max_size=3))
members = st.one_of(
    items, st.builds(InnerList, st.lists(items, max_size=3).map(tuple), st.dictionaries(names, bares, max_size=3))
)


@given(st.dictionaries(names, members, max_size=4))
def test_a_dictionary_is_read_as_it_was_written(given_members: dict[str, Any]) -> None:
    text = serialise_dictionary(given_members)
    read = parse_dictionary(text)
    assert read == given_members
    assert [type(getattr(member, "value", None)) for member in read.values()] == [
        type(getattr(member, "value", None)) for member in given_members.values()
    ]
    assert serialise_dictionary(read) == text


@given(st.text(max_size=80) | st.text(st.sampled_from('ab=("@):;,? \t1-\\*'), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = parse_dictionary(text)
    except Malformed:
        return
    assert parse_dictionary(serialise_dictionary(read)) == read


@pytest.mark.parametrize(
    "text",
    ["a=1,", "a=1,,b=2", "a=1 b=2", "A=1", 'a="\\x"', 'a="é"', "a=:%%:", "a=(1", "a=(1 2", "a=1;a;a", "a=1, a=2",
     "a=1.5", "a=?2", "a=1234567890123456", "a=@123", "a;", "=1", 'a=("x""y")', "a=" + "1" * 9000],
)  # fmt: skip
def test_what_is_not_well_formed_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_dictionary(text)


@pytest.mark.parametrize("number", [10**15, -(10**15)])
def test_what_no_field_can_hold_is_not_written(number: int) -> None:
    for member in (Item(number), Item("é"), Item(Token("a b")), Item(1, {"A": 1})):
        with pytest.raises(Malformed):
            serialise(member)


SIGNERS = {
    "ed25519": suite("intl").generate_key_pair(),
    "sm2": suite("gm").generate_key_pair(),
}
changes = st.sampled_from(
    ["method", "path", "query", "digest", "case", "created", "nonce", "keyid", "tag", "order", "value", "params"]
)


def signed_request(scheme: str) -> hs.Request:
    """A request with a body, a case number and a query, signed."""
    key = SIGNERS[scheme].private if scheme in SIGNERS else b"a secret"
    signer = HttpSigner("app-1", "k2", scheme, key)
    headers = {"x-case-number": "2026-1"}
    made = signer.headers("POST", "https://host/s/jn-person?x=1", "jn-person", body=BODY, given=headers)
    headers |= {name.lower(): value for name, value in made.items()}
    return hs.Request("POST", "https", "host", "/s/jn-person", "x=1", headers)


def holds(scheme: str, request: hs.Request) -> bool:
    """Whether the gateway's checks pass."""
    found = hs.read_signature(request.headers)
    hs.check_covered(found, request, body=BODY)
    base = hs.signature_base(found.covered, request)
    if scheme == "hmac":
        good = suite("intl").hmac(b"a secret", base) == found.value
    else:
        good = keys.verify(scheme, SIGNERS[scheme].public, base, found.value)
    check_digest(request.headers["content-digest"], BODY)
    return good


def mutate(request: hs.Request, change: str, text: str) -> hs.Request:
    """The request with one covered part changed."""
    headers = dict(request.headers)
    if change == "method":
        return dataclasses.replace(request, method="PUT")
    if change in ("path", "query"):
        return dataclasses.replace(request, **{change: getattr(request, change) + "a" + text})
    if change == "digest":
        headers["content-digest"] = content_digest(BODY + text.encode() + b".")
    elif change == "case":
        headers["x-case-number"] += "0" + text
    elif change == "value":
        value = hs.read_signature(headers).value
        headers["signature"] = serialise_dictionary({"caller": Item(bytes([value[0] ^ 1]) + value[1:])})
    else:
        inner = a_list(headers["signature-input"])
        params = dict(inner.params)
        parts = tuple(inner.items)
        if change == "order":
            parts = parts[1:] + parts[:1]
        elif change == "created":
            params["created"] = int(str(params["created"])) + 1
        elif change == "params":
            params["expires"] = NOW * 2
        else:
            params[change] = f"{params[change]}x"
        headers["signature-input"] = serialise_dictionary({"caller": InnerList(parts, params)})
    return dataclasses.replace(request, headers=headers)


@pytest.mark.parametrize("scheme", ["ed25519", "sm2", "hmac"])
@settings(max_examples=40, deadline=None)
@given(change=changes, text=st.from_regex(r"[a-z0-9]{0,5}", fullmatch=True))
def test_a_change_of_any_covered_part_is_refused(scheme: str, change: str, text: str) -> None:
    request = signed_request(scheme)
    assert holds(scheme, request)
    changed = mutate(request, change, text)
    try:
        good = holds(scheme, changed)
    except (BadSignatureInput, DigestMismatch):
        good = False
    assert not good


@settings(max_examples=300)
@given(
    one=st.text(max_size=60) | st.from_regex(r'a=\("@method"( "[a-z@\-]{1,9}")*\);created=[0-9]+(;[a-z]+="?[a-z]*"?)*'),
    other=st.text(max_size=40) | st.just("a=:AAAA:"),
)
def test_headers_of_any_form_are_read_or_refused_with_a_code(one: str, other: str) -> None:
    try:
        found = hs.read_signature({"signature-input": one, "signature": other})
        hs.check_covered(found, REQUEST, body=b"x")
        hs.signature_base(found.covered, REQUEST)
    except (BadSignatureInput, Uncovered):
        return


GOOD = 'c=("@method" "@path");created=1;keyid="a:k1";tag="quanshu"'


@pytest.mark.parametrize(
    ("headers", "header"),
    [
        ({"signature-input": "", "signature": "c=:AAAA:"}, "Signature-Input"),
        ({"signature-input": GOOD, "signature": ""}, "Signature"),
        ({"signature-input": GOOD, "signature": "d=:AAAA:"}, "Signature"),
        ({"signature-input": GOOD, "signature": "c=abc"}, "Signature"),
        ({"signature-input": GOOD, "signature": "c=:AAAA:;x"}, "Signature"),
        ({"signature-input": GOOD.replace("quanshu", "other"), "signature": "c=:AAAA:"}, "Signature-Input"),
        ({"signature-input": f"{GOOD}, d{GOOD[1:]}", "signature": "c=:AAAA:, d=:AAAA:"}, "Signature-Input"),
        ({"signature-input": GOOD.replace("created=1", 'created="1"'), "signature": "c=:AAAA:"}, "Signature-Input"),
        ({"signature-input": GOOD.replace("created=1;", ""), "signature": "c=:AAAA:"}, "Signature-Input"),
        ({"signature-input": GOOD.replace('keyid="a:k1";', ""), "signature": "c=:AAAA:"}, "Signature-Input"),
        ({"signature-input": GOOD.replace('"a:k1"', "token"), "signature": "c=:AAAA:"}, "Signature-Input"),
        ({"signature-input": GOOD + ";other=1", "signature": "c=:AAAA:"}, "Signature-Input"),
        ({"signature-input": GOOD.replace('"@path"', '"@path" "@path"'), "signature": "c=:AAAA:"}, "Signature-Input"),
        ({"signature-input": GOOD.replace('"@path"', '"@path";req'), "signature": "c=:AAAA:"}, "Signature-Input"),
        ({"signature-input": GOOD.replace('"@path"', '"@status"'), "signature": "c=:AAAA:"}, "Signature-Input"),
        ({"signature-input": GOOD.replace('"@path"', '"Date"'), "signature": "c=:AAAA:"}, "Signature-Input"),
        ({"signature-input": "c=1", "signature": "c=:AAAA:"}, "Signature-Input"),
    ],
)
def test_a_misshapen_signature_names_its_header(headers: dict[str, str], header: str) -> None:
    with pytest.raises(BadSignatureInput) as fault:
        hs.read_signature(headers)
    assert fault.value.params["header"] == header


def test_what_must_be_covered() -> None:
    """Method, address, digest of a body, and the headers that change what a request means."""
    found = hs.read_signature({"signature-input": GOOD, "signature": "c=:AAAA:"})
    plain = dataclasses.replace(REQUEST, query="", headers={})
    hs.check_covered(found, plain, body=b"")
    hs.check_covered(found, plain, body=None)
    for request, body, missing in (
        (plain, b"x", "content-digest"),
        (REQUEST, b"", "@query"),
        (dataclasses.replace(plain, headers={"x-case-number": "1"}), b"", "x-case-number"),
        (dataclasses.replace(plain, headers={"x-offset": "0"}), None, "x-offset"),
    ):
        with pytest.raises(Uncovered) as fault:
            hs.check_covered(found, request, body=body)
        assert fault.value.params["components"] == missing
    bare = dataclasses.replace(found, covered=InnerList(()))
    with pytest.raises(Uncovered):
        hs.check_covered(bare, plain, body=b"")
    hs.check_covered(dataclasses.replace(found, covered=a_list('c=("@method" "@target-uri")')), REQUEST, body=b"")
    with pytest.raises(Expired):
        hs.check_expiry(dataclasses.replace(found, expires=NOW), now_ms=NOW * 1000)
    hs.check_expiry(dataclasses.replace(found, expires=NOW + 1), now_ms=NOW * 1000)


def test_a_covered_header_must_be_there_and_clean() -> None:
    for headers in ({}, {"x-a": "a\nb"}, {"x-a": "é"}):
        with pytest.raises(BadSignatureInput):
            hs.signature_base(a_list('c=("x-a")'), dataclasses.replace(REQUEST, headers=headers))


def test_digests() -> None:
    """SHA-256, SHA-512 and SM3; one that is not known is passed over, one that is wrong never."""
    for name in ("sha-256", "sha-512", "sm3"):
        check_digest(content_digest(BODY, name), BODY)
        with pytest.raises(DigestMismatch):
            check_digest(content_digest(BODY, name), BODY + b" ")
    check_digest(f"md5=:AAAA:, {content_digest(BODY)}", BODY)
    check_digest(REQUEST.headers["content-digest"], b'{"hello": "world"}')
    with pytest.raises(DigestMismatch):
        check_digest(f"sm3=:AAAA:, {content_digest(BODY)}", BODY)
    with pytest.raises(DigestMismatch):
        check_digest("sha-256=abc", BODY)
    for text in ("", "md5=:AAAA:", "sha-256"[:-1] + "=:%:", "nonsense nonsense"):
        with pytest.raises(BadSignatureInput):
            check_digest(text, BODY)
