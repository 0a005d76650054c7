"""SD-JWT (RFC 9901) and Token Status List: what is issued verifies, what is changed does not, and others read it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sd_jwt.holder
import sd_jwt.verifier
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws as joserfc_jws
from joserfc.jwk import OKPKey
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer

from quanshu.kernel import sd_jwt as codec
from quanshu.kernel.sd_jwt.parts import Disclosure

ISSUER, HOLDER, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (1, 2, 3))
NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
AUDIENCE, NONCE = "https://verifier.example", "n-0S6_WzA2Mj"
CLAIMS: dict[str, Any] = {
    "iss": "https://issuer.example",
    "iat": int(NOW.timestamp()),
    "exp": int((NOW + timedelta(days=1)).timestamp()),
    "vct": "identity",
    "name": "张伟",
    "address": {"city": "济南", "street": {"name": "泉城路", "no": 18}},
    "nationalities": ["CN", {"code": "FR", "since": 2011}],
}
HIDE: tuple[codec.Path, ...] = (
    ("name",),
    ("address",),
    ("address", "street"),
    ("address", "street", "no"),
    ("nationalities", None),
)
quick = settings(max_examples=80, deadline=None)


def issued(**extra: Any) -> codec.SdJwt:
    return codec.issue(CLAIMS, key=ISSUER, hide=HIDE, holder=HOLDER.public_key(), **extra)


def bound(show: list[codec.Path], *, key: Ed25519PrivateKey = HOLDER, at: datetime = NOW) -> codec.SdJwt:
    return codec.bind(codec.present(issued(), show=show), key=key, audience=AUDIENCE, nonce=NONCE, now=at)


def verified(text: str, **changed: Any) -> codec.Verified:
    return codec.verify(
        text, **{"issuer": ISSUER.public_key(), "now": NOW, "audience": AUDIENCE, "nonce": NONCE, **changed}
    )


def b64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def test_disclosures_of_the_rfc() -> None:
    """RFC 9901, 4.2: the same claim in several spellings, and the digests of two."""
    for encoded in (
        "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0",
        "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNXHUwMGY2Yml1cyJd",
        "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsImZhbWlseV9uYW1lIiwiTcO2Yml1cyJd",
    ):
        read = Disclosure.parse(encoded)
        assert (read.salt, read.name, read.value) == ("_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius")
    family = Disclosure.parse("WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0")
    assert family.digest == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
    element = Disclosure.parse("WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0")
    assert (element.name, element.value) == (None, "FR")
    assert element.digest == "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"
    made = Disclosure.make("family_name", "Möbius", salt="_26bc4LT-ac6q2KI6cBW5es")
    assert made.encoded == "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsImZhbWlseV9uYW1lIiwiTcO2Yml1cyJd"


def test_a_part_is_shown_and_the_rest_is_not() -> None:
    token = issued(decoys=2)
    whole = codec.verify(token.text, issuer=ISSUER.public_key(), now=NOW).claims
    assert {name: whole[name] for name in CLAIMS} == CLAIMS
    assert "张伟" not in json.dumps(codec.read_jws(token.jwt, key=ISSUER.public_key()), ensure_ascii=False)
    shown = verified(bound([("address", "street"), ("nationalities", 1)]).text).claims
    assert shown["address"] == CLAIMS["address"]
    assert shown["nationalities"] == [CLAIMS["nationalities"][1]]
    assert "name" not in shown
    part = codec.verify(codec.present(token, show=[("address", "city")]).text, issuer=ISSUER.public_key(), now=NOW)
    assert part.claims["address"] == {"city": "济南"}
    assert codec.disclosable(token)[0] in {("name",), ("address",)}
    with pytest.raises(codec.Malformed):
        codec.present(token, show=[("address", "postcode")])


def test_what_must_be_shown_cannot_be_hidden_and_names_are_reserved() -> None:
    for path in (("exp",), ("cnf", "jwk"), ("nobody",), ("address", 0), ("nationalities", 9), ()):
        with pytest.raises(codec.Malformed):
            codec.issue({**CLAIMS, "cnf": {}}, key=ISSUER, hide=[path])
    for claims in ({"_sd": []}, {"a": [{"...": "x"}]}, {"_sd_alg": "sha-256"}):
        with pytest.raises(codec.Malformed):
            codec.issue(claims, key=ISSUER)


REFUSALS: list[tuple[type[codec.SdJwtError], Callable[[], Any]]] = [
    (codec.Forged, lambda: verified(bound([]).text, issuer=STRANGER.public_key())),
    (codec.Forged, lambda: verified(bound([]).text, issuer=lambda header, claims: None)),
    (codec.Expired, lambda: verified(bound([]).text, now=NOW + timedelta(days=1, seconds=60))),
    (codec.NotYetValid, lambda: verified(bound([]).text, now=NOW - timedelta(seconds=61))),
    (codec.BindingMissing, lambda: verified(issued().text)),
    (codec.BindingMissing, lambda: verified(codec.issue(CLAIMS, key=ISSUER).text + bound([]).binding)),
    (codec.BindingForged, lambda: verified(bound([], key=STRANGER).text)),
    (codec.BindingForged, lambda: verified(bound([("name",)]).unbound + bound([]).binding)),
    (codec.BindingForged, lambda: verified(bound([]).unbound + bound([]).jwt)),
    (codec.BindingStale, lambda: verified(bound([], at=NOW - timedelta(seconds=361)).text)),
    (codec.BindingStale, lambda: verified(bound([], at=NOW + timedelta(seconds=61)).text)),
    (codec.WrongAudience, lambda: verified(bound([]).text, audience="https://another.example")),
    (codec.WrongNonce, lambda: verified(bound([]).text, nonce="another")),
    (codec.Malformed, lambda: verified(bound([]).text, typ="another+sd-jwt")),
]


@pytest.mark.parametrize(("error", "attempt"), REFUSALS)
def test_each_fault_has_its_name(error: type[codec.SdJwtError], attempt: Callable[[], Any]) -> None:
    with pytest.raises(error):
        attempt()


def test_disclosures_that_are_not_of_the_token() -> None:
    token = codec.present(issued(), show=[("name",)])
    strange = Disclosure.make("role", "mayor").encoded
    for disclosures in ((*token.disclosures, strange), token.disclosures * 2):
        with pytest.raises(codec.DisclosureWrong):
            codec.verify(codec.SdJwt(token.jwt, disclosures).text, issuer=ISSUER.public_key(), now=NOW)
    name, element = Disclosure.make("name", "x"), Disclosure.make(None, "x")
    for payload, shown in (
        ({"name": "y", "_sd": [name.digest]}, name),
        ({"_sd": [name.digest, name.digest]}, name),
        ({"_sd": [element.digest]}, element),
        ({"list": [{"...": name.digest}]}, name),
        ({"a": {"_sd": [name.digest]}, "b": {"_sd": [name.digest]}}, name),
        ({"_sd": [reserved.digest]}, reserved) if (reserved := Disclosure.make("_sd", [])) else ({}, name),
    ):
        jwt = codec.sign_jws(payload, key=ISSUER, header={"typ": "dc+sd-jwt"})
        with pytest.raises(codec.DisclosureWrong):
            codec.verify(f"{jwt}~{shown.encoded}~", issuer=ISSUER.public_key(), now=NOW)


TWICE = '{"alg":"EdDSA","alg":"EdDSA"}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~",
        "a.b~",
        "a.b.c~",
        f"{b64('{}')}.{b64('{}')}.AA~",
        f"{b64(json.dumps({'alg': 'none', 'typ': 'dc+sd-jwt'}))}.{b64('{}')}.~",
        f"{b64(json.dumps({'alg': 'HS256', 'typ': 'dc+sd-jwt'}))}.{b64('{}')}.AA~",
        f"{b64(json.dumps({'alg': 'EdDSA', 'crit': ['x']}))}.{b64('{}')}.AA~",
        f"{b64(TWICE)}.{b64('{}')}.AA~",
        f"{b64(json.dumps({'alg': 'EdDSA'}))}.{b64('[' * 5000)}.AA~",
        f"{b64(json.dumps({'alg': 'EdDSA'}))}.{b64('{}')}.AA~~",
        "x" * 300_000 + "~",
    ],
)
def test_what_is_no_token(text: str) -> None:
    with pytest.raises(codec.Malformed):
        codec.verify(text, issuer=ISSUER.public_key(), now=NOW)


names = st.text("abcxyz_", min_size=1, max_size=4).filter(lambda name: name not in {"_sd", "exp", "nbf", "iat", "cnf"})
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


def paths_of(value: Any, path: codec.Path = ()) -> list[codec.Path]:
    if isinstance(value, dict):
        items: list[tuple[str | int, Any]] = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        items = []
    return [deep for step, item in items for deep in [(*path, step), *paths_of(item, (*path, step))]]


@given(st.dictionaries(names, values, max_size=4), st.data())
@quick
def test_any_claims_come_back_and_hidden_ones_do_not_show(claims: dict[str, Any], data: st.DataObject) -> None:
    every = paths_of(claims)
    hide = data.draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    token = codec.issue(claims, key=ISSUER, hide=hide, decoys=data.draw(st.integers(0, 2)))
    assert codec.verify(token.text, issuer=ISSUER.public_key(), now=NOW).claims == claims
    assert set(codec.disclosable(token)) == set(hide)
    assert not set(
        paths_of(codec.verify(codec.present(token, show=[]).text, issuer=ISSUER.public_key(), now=NOW).claims)
    ) & {path for path in hide if not any(isinstance(step, int) for step in path)}


@given(st.integers(0, 10_000), st.characters(codec="ascii", categories=["L", "N"]))
@quick
def test_any_changed_character_is_refused(place: int, other: str) -> None:
    text = bound([("name",)]).text
    place %= len(text)
    changed = text[:place] + other + text[place + 1 :]
    # The last character of a base64url part may hold bits that carry nothing.
    if changed == text or place + 1 == len(text) or text[place + 1] in ".~":
        return
    with pytest.raises(codec.SdJwtError):
        verified(changed)


@given(st.sampled_from([1, 2, 4, 8]), st.data())
@quick
def test_status_lists_keep_every_status(bits: int, data: st.DataObject) -> None:
    wanted = data.draw(st.lists(st.integers(0, (1 << bits) - 1), min_size=1, max_size=60))
    statuses = codec.StatusList(len(wanted), bits=bits)
    for index, status in enumerate(wanted):
        statuses[index] = status
    token = codec.issue_status(statuses, key=ISSUER, uri="https://issuer.example/status/1", now=NOW, ttl=60)
    read = codec.read_status(token, issuer=ISSUER.public_key(), uri="https://issuer.example/status/1", now=NOW)
    assert [read[index] for index in range(len(wanted))] == wanted


def test_status_lists_of_the_standard() -> None:
    one = codec.StatusList.from_claim({"bits": 1, "lst": "eNrbuRgAAhcBXQ"})
    assert one.data == b"\xb9\xa3"
    assert [one[index] for index in range(16)] == [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    assert one.as_claim() == {"bits": 1, "lst": "eNrbuRgAAhcBXQ"}
    two = codec.StatusList.from_claim({"bits": 2, "lst": "eNo76fITAAPfAgc"})
    assert two.data == b"\xc9\x44\xf9"
    assert [two[index] for index in range(12)] == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]


def test_status_is_told_and_never_guessed() -> None:
    uri = "https://issuer.example/status/1"
    statuses = codec.StatusList(8, bits=2)
    statuses[1], statuses[2], statuses[3] = codec.Status.INVALID, codec.Status.SUSPENDED, codec.Status.APPLICATION
    expected = {1: codec.Revoked, 2: codec.Suspended, 3: codec.StatusUnknown, 99: codec.StatusUnknown}
    for index in (0, *expected):
        token = codec.issue({**CLAIMS, "status": codec.status_claim(uri, index)}, key=ISSUER).text
        if index in expected:
            with pytest.raises(expected[index]):
                codec.verify(token, issuer=ISSUER.public_key(), now=NOW, lists=lambda _: statuses)
        else:
            codec.verify(token, issuer=ISSUER.public_key(), now=NOW, lists=lambda _: statuses)
        with pytest.raises(codec.StatusUnknown):
            codec.verify(token, issuer=ISSUER.public_key(), now=NOW, lists=lambda _: None)
    text = codec.issue_status(statuses, key=ISSUER, uri=uri, now=NOW, good_for=timedelta(minutes=5))
    for error, changed in (
        (codec.Forged, {"issuer": STRANGER.public_key()}),
        (codec.Malformed, {"uri": uri + "0"}),
        (codec.Expired, {"now": NOW + timedelta(minutes=5)}),
    ):
        with pytest.raises(error):
            codec.read_status(text, **{"issuer": ISSUER.public_key(), "uri": uri, "now": NOW, **changed})


def jwk(key: Ed25519PrivateKey) -> JWK:
    return JWK.from_json(json.dumps({**codec.jwk_of(key.public_key()), "d": b64_bytes(key.private_bytes_raw())}))


def b64_bytes(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_another_implementation_reads_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sd_jwt.verifier, "DEFAULT_SIGNING_ALG", "EdDSA")
    text = bound([("name",), ("address", "street"), ("nationalities", 0)]).text
    theirs = sd_jwt.verifier.SDJWTVerifier(
        text, lambda issuer, header: jwk(ISSUER), expected_aud=AUDIENCE, expected_nonce=NONCE
    ).get_verified_payload()
    assert theirs == verified(text).claims
    monkeypatch.setattr(sd_jwt.holder, "time", NOW.timestamp)
    holder = SDJWTHolder(issued(decoys=2).text)
    holder.create_presentation({"address": {"street": True}}, NONCE, AUDIENCE, jwk(HOLDER), "EdDSA")
    claims = verified(holder.sd_jwt_presentation).claims
    assert claims["address"] == {"city": "济南", "street": {"name": "泉城路"}}
    assert "name" not in claims


def test_we_read_another_implementation() -> None:
    told = {
        "iss": "https://issuer.example",
        SDObj("name"): "Möbius",
        "address": {SDObj("city"): "济南", "country": "CN"},
        "list": [SDObj("a"), "b", SDObj({SDObj("c"): 1})],
    }
    theirs = SDJWTIssuer(
        told, jwk(ISSUER), jwk(HOLDER), "EdDSA", add_decoy_claims=True, extra_header_parameters={"typ": "dc+sd-jwt"}
    )
    token = codec.SdJwt.parse(theirs.sd_jwt_issuance)
    seen = codec.verify(token.text, issuer=ISSUER.public_key(), now=NOW)
    assert seen.claims["address"] == {"city": "济南", "country": "CN"}
    assert seen.claims["list"] == ["a", "b", {"c": 1}]
    shown = codec.bind(codec.present(token, show=[("list", 2)]), key=HOLDER, audience=AUDIENCE, nonce=NONCE, now=NOW)
    assert verified(shown.text).claims["list"] == ["b", {"c": 1}]


def test_signatures_and_thumbprints_of_the_rfcs() -> None:
    """RFC 8037, appendix A: the thumbprint of its key; a compact JWS that joserfc verifies."""
    key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert codec.thumbprint(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    text = codec.sign_jws({"a": 1}, key=ISSUER, header={"typ": "JWT"})
    public = OKPKey.import_key(codec.jwk_of(ISSUER.public_key()))
    with pytest.warns(match="RFC 9864"):
        assert json.loads(joserfc_jws.deserialize_compact(text, public, algorithms=["EdDSA"]).payload) == {"a": 1}
