"""Certificate numbers catch a mistaken digit; a certificate file whose text or signature changed is forged."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.kernel.certificates import (
    SUITES,
    BadNumber,
    Forged,
    certificate_number,
    check_number,
    sign_certificate,
    verify_certificate,
)
from quanshu.kernel.ciphers import suite

KEYS = {algorithm: suite(name).generate_key_pair() for algorithm, name in SUITES.items()}
PUBLICS = {algorithm: pair.public for algorithm, pair in KEYS.items()}
PAYLOAD: dict[str, Any] = {
    "number": certificate_number(region="370100", year=2026, serial=7),
    "holder": {"name": "济南市公安局", "code": "113701000000000012"},
    "rights": ["hold", "process"],
}
numbers = st.builds(
    lambda region, year, serial: certificate_number(region=f"{region:06d}", year=year, serial=serial),
    st.integers(0, 999_999),
    st.integers(2000, 2099),
    st.integers(1, 999_999),
)


@given(number=numbers)
def test_a_number_is_read_as_it_was_made(number: str) -> None:
    assert check_number(f" {number.lower()} ") == number


@given(number=numbers, place=st.integers(0, 30), to=st.sampled_from("0123456789"))
def test_any_one_digit_mistaken_is_caught(number: str, place: int, to: str) -> None:
    place %= len(number)
    if not number[place].isdigit() or number[place] == to:
        return
    with pytest.raises(BadNumber):
        check_number(number[:place] + to + number[place + 1 :])


@given(number=numbers, place=st.integers(0, 30))
def test_two_digits_exchanged_are_caught(number: str, place: int) -> None:
    place %= len(number) - 1
    one, two = number[place], number[place + 1]
    if not (one.isdigit() and two.isdigit()) or one == two:
        return
    with pytest.raises(BadNumber):
        check_number(number[:place] + two + one + number[place + 2 :])


@given(text=st.text(max_size=40))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    with contextlib.suppress(BadNumber):
        assert check_number(text).startswith("SJDJ-")


@pytest.mark.parametrize("parts", [("37010", 2026, 1), ("370100", 2026, 0), ("370100", 2026, 1_000_000)])
def test_parts_that_do_not_fit_make_no_number(parts: tuple[str, int, int]) -> None:
    with pytest.raises(ValueError, match="no certificate number"):
        certificate_number(region=parts[0], year=parts[1], serial=parts[2])


def test_a_signed_file_is_read_back() -> None:
    assert verify_certificate(sign_certificate(PAYLOAD, KEYS), PUBLICS) == PAYLOAD


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(["number", "holder", "rights"]), value=st.text(max_size=8))
def test_any_change_of_the_text_is_found(name: str, value: str) -> None:
    document = sign_certificate(PAYLOAD, KEYS)
    document["payload"][name] = value
    with pytest.raises(Forged):
        verify_certificate(document, PUBLICS)


def changed(**changes: Any) -> Any:
    document = copy.deepcopy(sign_certificate(PAYLOAD, KEYS))
    document.update(changes)
    return document


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {"kind": "other"},
        changed(kind="quanshu.registration.certificate/2"),
        changed(payload="x"),
        changed(signatures=None),
        changed(signatures=[]),
        changed(signatures=["x"]),
        changed(signatures=[{"algorithm": "none", "key": "", "signature": ""}]),
        changed(signatures=sign_certificate(PAYLOAD, KEYS)["signatures"][:1]),
        changed(
            signatures=[{**entry, "signature": "not base64"} for entry in sign_certificate(PAYLOAD, KEYS)["signatures"]]
        ),
    ],
)
def test_what_is_no_certificate_is_refused(document: Any) -> None:
    with pytest.raises(Forged):
        verify_certificate(document, PUBLICS)


def test_a_file_signed_with_other_keys_is_forged() -> None:
    others = {algorithm: suite(name).generate_key_pair() for algorithm, name in SUITES.items()}
    with pytest.raises(Forged) as caught:
        verify_certificate(sign_certificate(PAYLOAD, others), PUBLICS)
    assert "another" in caught.value.params["fault"]
