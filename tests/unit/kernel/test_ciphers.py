"""Both cipher suites against published vectors, and against whoever changes a byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.kernel.ciphers import KeyPair, OpenFailed, suite, suites

INTL, GM = suite("intl"), suite("gm")
quick = settings(max_examples=25, deadline=None)

# RFC 8032, section 7.1, tests 1 to 3: private key, public key, message, signature.
ED25519 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]

# NIST's GCM test cases 13, 14 and 16 (256-bit keys): key, nonce, plaintext, context, ciphertext, tag.
AES_GCM = [
    ("00" * 32, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    (
        "00" * 32,
        "00" * 12,
        "00" * 16,
        "",
        "cea7403d4d606b6e074ec5d3baf39d18",
        "d0d1c8a799996bf0265b98b5d48ab919",
    ),
    (
        "feffe9928665731c6d6a8f9467308308" * 2,
        "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
]

# RFC 8998, appendix A.1.
SM4_GCM = (
    "0123456789abcdeffedcba9876543210",
    "00001234567800000000abcd",
    "aa" * 8 + "bb" * 8 + "cc" * 8 + "dd" * 8 + "ee" * 8 + "ff" * 8 + "ee" * 8 + "aa" * 8,
    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
    "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d",
    "83de3541e4c2b58177e065a9bf7b62ec",
)


@pytest.mark.parametrize(("private", "public", "message", "signature"), ED25519)
def test_ed25519_gives_the_signatures_of_rfc_8032(private: str, public: str, message: str, signature: str) -> None:
    assert INTL.sign(bytes.fromhex(private), bytes.fromhex(message)).hex() == signature
    assert INTL.verify(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))


@pytest.mark.parametrize(
    ("name", "vector"),
    [*(("intl", row) for row in AES_GCM), ("gm", SM4_GCM)],
    ids=["aes-13", "aes-14", "aes-16", "sm4"],
)
def test_sealing_gives_the_published_ciphertext(
    name: str, vector: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, nonce, plain, aad, body, tag = map(bytes.fromhex, vector)
    ciphers = suite(name)  # type: ignore[arg-type]
    assert ciphers.open(key, nonce + body + tag, aad) == plain
    monkeypatch.setattr(suites.secrets, "token_bytes", lambda size: nonce[:size])
    assert ciphers.seal(key, plain, aad) == nonce + body + tag


def test_digests() -> None:
    # GB/T 32905, appendix A: "abc" and the message of 64 bytes; FIPS 180-4 for SHA-256.
    assert GM.digest(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert GM.digest(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    assert INTL.digest(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_hmac() -> None:
    # RFC 4231, test case 2; for SM3 the construction of RFC 2104 written out.
    key, data = b"Jefe", b"what do ya want for nothing?"
    assert INTL.hmac(key, data).hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    padded = key.ljust(64, b"\0")
    inner = GM.digest(bytes(byte ^ 0x36 for byte in padded) + data)
    assert GM.hmac(key, data) == GM.digest(bytes(byte ^ 0x5C for byte in padded) + inner)


def der(r: str, s: str) -> bytes:
    """Two integers as an ASN.1 sequence."""
    body = b""
    for text in (r, s):
        raw = bytes.fromhex(text)
        raw = b"\0" + raw if raw[0] & 0x80 else raw
        body += bytes([2, len(raw)]) + raw
    return bytes([0x30, len(body)]) + body


def test_sm2_accepts_the_signature_of_the_standard() -> None:
    # GB/T 32918.5, appendix A.2: signer id 1234567812345678, message "message digest".
    public = bytes.fromhex(
        "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    signature = der(
        "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3",
        "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
    )
    assert GM.verify(public, b"message digest", signature)
    assert not GM.verify(public, b"message digesu", signature)


@pytest.fixture(scope="module", params=["intl", "gm"])
def signer(request: pytest.FixtureRequest) -> tuple[str, KeyPair]:
    return request.param, suite(request.param).generate_key_pair()


def test_a_signature_holds_for_its_key_and_message_only(signer: tuple[str, KeyPair]) -> None:
    name, pair = signer
    ciphers = suite(name)  # type: ignore[arg-type]
    signature = ciphers.sign(pair.private, "泉城".encode())
    assert ciphers.verify(pair.public, "泉城".encode(), signature)
    assert not ciphers.verify(pair.public, "泉城.".encode(), signature)
    assert not ciphers.verify(ciphers.generate_key_pair().public, "泉城".encode(), signature)
    for place in range(len(signature)):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert not ciphers.verify(pair.public, "泉城".encode(), bytes(changed)), place


@pytest.mark.parametrize("broken", [b"", b"\0" * 64, b"\x30\x00", b"x" * 200])
def test_malformed_signatures_and_keys_are_false_not_faults(signer: tuple[str, KeyPair], broken: bytes) -> None:
    name, pair = signer
    ciphers = suite(name)  # type: ignore[arg-type]
    assert ciphers.verify(pair.public, b"message", broken) is False
    assert ciphers.verify(b"", b"message", ciphers.sign(pair.private, b"message")) is False
    assert ciphers.verify(b"\xff" * len(pair.public), b"message", ciphers.sign(pair.private, b"message")) is False


@quick
@given(st.sampled_from(["intl", "gm"]), st.binary(max_size=300), st.binary(max_size=40), st.data())
def test_sealed_values_open_only_unchanged(name: str, plain: bytes, aad: bytes, data: st.DataObject) -> None:
    ciphers = suite(name)  # type: ignore[arg-type]
    key = ciphers.generate_key()
    sealed = ciphers.seal(key, plain, aad)
    assert ciphers.open(key, sealed, aad) == plain
    changed = bytearray(sealed)
    changed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    for wrong in (
        lambda: ciphers.open(key, bytes(changed), aad),
        lambda: ciphers.open(key, sealed, aad + b"."),
        lambda: ciphers.open(ciphers.generate_key(), sealed, aad),
        lambda: ciphers.open(key, sealed[:27], aad),
    ):
        with pytest.raises(OpenFailed):
            wrong()


def test_two_seals_of_one_value_differ() -> None:
    for ciphers in (INTL, GM):
        key = ciphers.generate_key()
        assert ciphers.seal(key, b"same") != ciphers.seal(key, b"same")


def test_there_is_no_third_suite() -> None:
    with pytest.raises(KeyError):
        suite("other")  # type: ignore[arg-type]
