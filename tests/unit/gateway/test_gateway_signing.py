"""The national signing convention: what is signed, for how long it holds, and that it holds once."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.gateway.signing import (
    WINDOW_MS,
    BadHeader,
    BadSignature,
    OutsideWindow,
    ReplayCache,
    Replayed,
    SignedHeaders,
    Unsigned,
    check_signature,
    check_window,
    keys,
    read_headers,
    sign_headers,
)

NOW = 1_767_225_600_000
ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
secrets = st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable())


def test_the_signature_is_the_convention_s() -> None:
    """Base64 of HMAC-SHA256 over sid, rid and the time in milliseconds, in this order."""
    headers = sign_headers("app-1", "jn-person", "secret", NOW)
    expected = base64.b64encode(hmac.new(b"secret", f"jn-personapp-1{NOW}".encode(), hashlib.sha256).digest())
    assert headers == {
        "gjzwfwpt_rid": "app-1",
        "gjzwfwpt_sid": "jn-person",
        "gjzwfwpt_rtime": str(NOW),
        "gjzwfwpt_sign": expected.decode(),
    }


@given(rid=ids, sid=ids, secret=secrets, at_ms=st.integers(10**12, 10**13 - 1))
def test_what_is_signed_verifies(rid: str, sid: str, secret: str, at_ms: int) -> None:
    signed = read_headers(sign_headers(rid, sid, secret, at_ms))
    check_signature(signed, [secret])
    check_signature(signed, ["another", secret])
    assert (signed.rid, signed.sid, signed.at_ms) == (rid, sid, at_ms)
    with pytest.raises(BadSignature):
        check_signature(signed, [secret + "x"])
    with pytest.raises(BadSignature):
        check_signature(signed, [])


@given(rid=ids, sid=ids, part=st.sampled_from(["rid", "sid", "rtime", "sign"]))
def test_a_change_of_any_part_breaks_it(rid: str, sid: str, part: str) -> None:
    headers = sign_headers(rid, sid, "secret", NOW)
    headers[f"gjzwfwpt_{part}"] = {
        "rid": rid + "x",
        "sid": "x" + sid,
        "rtime": str(NOW + 1),
        "sign": base64.b64encode(bytes(32)).decode(),
    }[part]
    with pytest.raises(BadSignature):
        check_signature(read_headers(headers), ["secret"])


@pytest.mark.parametrize("part", ["rid", "sid", "rtime", "sign"])
def test_a_missing_header_is_named(part: str) -> None:
    headers = sign_headers("a", "b", "s", NOW)
    del headers[f"gjzwfwpt_{part}"]
    with pytest.raises(Unsigned) as caught:
        read_headers(headers)
    assert caught.value.params == {"header": f"gjzwfwpt_{part}"}


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("rid", "r" * 81),
        ("sid", "s\x07id"),
        ("rtime", "17672256000"),
        ("rtime", "176722560000x"),
        ("rtime", "１２３４５６７８９０１２３"),
        ("sign", "short"),
        ("sign", "签名"),
        ("sign", base64.b64encode(bytes(31)).decode()),
    ],
)
def test_a_misshapen_header_is_named(part: str, value: str) -> None:
    headers = {**sign_headers("a", "b", "s", NOW), f"gjzwfwpt_{part}": value}
    with pytest.raises(BadHeader) as caught:
        read_headers(headers)
    assert caught.value.params == {"header": f"gjzwfwpt_{part}"}


@given(offset=st.integers(-2 * WINDOW_MS, 2 * WINDOW_MS))
def test_the_window_is_five_minutes_either_way(offset: int) -> None:
    signed = SignedHeaders("r", "s", str(NOW + offset), "")
    if abs(offset) <= 300_000:
        check_window(signed, now_ms=NOW)
        return
    with pytest.raises(OutsideWindow) as caught:
        check_window(signed, now_ms=NOW)
    assert caught.value.params["seconds"] == abs(offset) // 1000


@given(delays=st.lists(st.integers(0, WINDOW_MS), max_size=30), ahead=st.integers(-WINDOW_MS, WINDOW_MS))
def test_a_signature_is_good_once_while_its_time_is_in_the_window(delays: list[int], ahead: int) -> None:
    """However the cache turns over in between, a signature still within the window is refused again."""
    cache, moment = ReplayCache(), NOW
    signed = SignedHeaders("r", "s", str(NOW + ahead), "first")
    cache.check(signed, now_ms=moment)
    for number, delay in enumerate(delays):
        moment += delay
        cache.check(SignedHeaders("r", "s", str(moment), f"other-{number}"), now_ms=moment)
        if abs(moment - signed.at_ms) <= WINDOW_MS:
            with pytest.raises(Replayed):
                cache.check(signed, now_ms=moment)


def test_the_cache_forgets_what_can_no_longer_be_sent() -> None:
    cache = ReplayCache()
    for step in range(200):
        cache.check(SignedHeaders("r", "s", str(NOW), f"{step}"), now_ms=NOW + step * WINDOW_MS)
    assert len(cache._young) + len(cache._old) <= 8


def test_signatures_of_before_a_restart_are_taken_up() -> None:
    cache = ReplayCache()
    cache.remember("seen", now_ms=NOW)
    with pytest.raises(Replayed):
        cache.check(SignedHeaders("r", "s", str(NOW), "seen"), now_ms=NOW + WINDOW_MS)


def test_a_key_of_another_kind_in_an_ed25519_key_s_length_is_refused() -> None:
    """OpenSSL fails within on an X448 key of 32 bytes; its fault must not reach the signer."""
    named_x448 = bytes.fromhex("302e020100300506032b656f04220420") + bytes(range(32))
    with pytest.raises(keys.BadKey):
        keys.read_private_key("ed25519", base64.b64encode(named_x448).decode())
