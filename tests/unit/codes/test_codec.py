"""The form of a code: round trips, uniqueness, and every change found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.codes import (
    ALPHABET,
    DAY,
    PREFIX,
    BadList,
    ClockSkewed,
    Code,
    ExpiredCode,
    ForgedCode,
    Mint,
    NotACode,
    NotChosen,
    OnlineOnly,
    OutsideHours,
    ReplayedCode,
    RevokedHolder,
    SceneOff,
    StaleList,
    VerifyingKey,
    WrongScene,
    WrongVerifier,
    base45,
    check_bound,
    check_hours,
    check_time,
    from_base45,
    read_code,
    read_list,
    verify_offline,
)

MINT = Mint(b"s" * 32, b"r" * 32, b"h" * 32)
OTHER = Mint(b"t" * 32, b"r" * 32, b"h" * 32)
KEYS = {MINT.key_id: VerifyingKey(MINT.public)}
NOW = 1_790_000_000


def read(text: str) -> Code:
    return read_code(text, KEYS)


@given(st.binary(max_size=200))
def test_base45_round_trips(data: bytes) -> None:
    assert from_base45(base45(data)) == data


def test_base45_is_that_of_rfc_9285() -> None:
    # Section 4.3 of the RFC.
    assert base45(b"AB") == "BB8"
    assert base45(b"Hello!!") == "%69 VD92EX0"
    assert base45(b"base-45") == "UJCLQE7W581"
    assert from_base45("QED8WEX0") == b"ietf!"
    for wrong in ("GGW", "::", "A", "a00"):
        with pytest.raises(NotACode):
            from_base45(wrong)


@given(
    subject=st.integers(1, 2**63),
    agent=st.integers(0, 2**63),
    kind=st.sampled_from([0, 1]),
    proofs=st.integers(0, 255),
    scene=st.integers(0, 2**32 - 1),
    verifier=st.integers(0, 2**32 - 1),
    now=st.integers(0, 2**32 - 1),
    lifetime=st.integers(1, 300),
)
def test_a_code_says_what_was_put_in(subject: int, agent: int, **given: int) -> None:
    text = MINT.issue(subject=subject, agent=agent, **given)
    code = read(text)
    assert len(text) == 192
    assert set(text) <= set(ALPHABET)
    assert MINT.whose(code) == (subject, agent)
    assert (code.kind, code.proofs, code.scene, code.verifier) == (
        given["kind"], given["proofs"], given["scene"], given["verifier"],
    )  # fmt: skip
    assert code.ends == given["now"] + given["lifetime"]


@given(at=st.integers(0, 187), sign=st.sampled_from(ALPHABET))
def test_any_sign_changed_is_found(at: int, sign: str) -> None:
    text = MINT.issue(subject=5, now=NOW)
    place = len(PREFIX) + at
    changed = text[:place] + sign + text[place + 1 :]
    if changed == text:
        return
    with pytest.raises((NotACode, ForgedCode)):
        read(changed)


@given(st.text(max_size=250))
def test_no_other_text_is_a_code(text: str) -> None:
    for shape in (text, PREFIX + text):
        with pytest.raises((NotACode, ForgedCode)):
            read(shape)


def test_two_codes_of_one_holder_have_nothing_in_common() -> None:
    first, second = (read(MINT.issue(subject=5, scene=2, now=NOW)) for _ in range(2))
    assert first.code_id != second.code_id
    assert first.reference != second.reference
    assert first.tag != second.tag


def test_another_nodes_code_is_forged() -> None:
    with pytest.raises(ForgedCode):
        read(OTHER.issue(subject=5, now=NOW))
    # Signed by this node's key, but with a reference that is not this node's.
    stranger = Mint(b"s" * 32, b"x" * 32, b"h" * 32)
    with pytest.raises(ForgedCode):
        MINT.whose(read(stranger.issue(subject=5, now=NOW)))


@pytest.mark.parametrize("lifetime", [0, -1, 301])
def test_a_code_lives_five_minutes_at_most(lifetime: int) -> None:
    with pytest.raises(ValueError, match="lives"):
        MINT.issue(subject=5, now=NOW, lifetime=lifetime)


def test_time_is_bounded_on_both_sides() -> None:
    code = read(MINT.issue(subject=5, now=NOW))
    for at in (NOW - 5, NOW, NOW + 60, NOW + 65):
        check_time(code, at=at)
    with pytest.raises(ClockSkewed):
        check_time(code, at=NOW - 6)
    with pytest.raises(ExpiredCode) as found:
        check_time(code, at=NOW + 66)
    assert found.value.params == {"seconds": 6}


def test_scene_and_verifier_bind() -> None:
    bound = read(MINT.issue(subject=5, now=NOW, scene=3, verifier=4))
    check_bound(bound, scene=3, verifier=4)
    check_bound(read(MINT.issue(subject=5, now=NOW)), scene=3, verifier=4)
    with pytest.raises(WrongScene):
        check_bound(bound, scene=2, verifier=4)
    with pytest.raises(WrongVerifier):
        check_bound(bound, scene=3, verifier=5)


def test_hours_may_run_past_midnight() -> None:
    check_hours(opens="", closes="", clock="03:00")
    check_hours(opens="08:30", closes="17:00", clock="08:30")
    check_hours(opens="22:00", closes="06:00", clock="05:59")
    for opens, closes, clock in (("08:30", "17:00", "17:00"), ("22:00", "06:00", "12:00")):
        with pytest.raises(OutsideHours):
            check_hours(opens=opens, closes=closes, clock=clock)


def listed(*blocked: int, **changes: object) -> dict[str, object]:
    """A list with one scene, and holders who are blocked."""
    scene = {
        "number": 3, "name": "老年人乘车", "offline": True, "needs_choice": False, "opens": "06:00",
        "closes": "22:00", "proofs": ["年满65周岁", "年满80周岁"], "verifiers": [4], **changes,
    }  # fmt: skip
    day = NOW // DAY
    return {
        "valid_until": NOW + DAY,
        "scenes": [scene],
        "verifiers_off": [9],
        "holders_off": {str(day): [MINT.holder_key(subject, day).hex() for subject in blocked]},
    }


def offline(text: str, rows: dict[str, object], **changes: object) -> tuple[str, ...]:
    """The statements that an off-line verifier finds to hold."""
    given: dict[str, object] = {"scene": 3, "verifier": 4, "at": NOW + 10, "clock": "12:00", **changes}
    return verify_offline(text, listed=rows, publics=KEYS, **given).proven  # type: ignore[arg-type]


def test_off_line_a_code_tells_its_statements() -> None:
    assert offline(MINT.issue(subject=5, now=NOW, scene=3, proofs=1), listed()) == ("年满65周岁",)
    assert offline(MINT.issue(subject=5, now=NOW, scene=3, proofs=3), listed(6, 7)) == ("年满65周岁", "年满80周岁")
    assert offline(MINT.issue(subject=5, now=NOW, scene=3), listed()) == ()
    # Shown for any scene, it carries no statement of this one.
    assert offline(MINT.issue(subject=5, now=NOW, proofs=3), listed()) == ()


@pytest.mark.parametrize(
    ("expected", "issued", "rows", "asked"),
    [
        (ExpiredCode, {}, listed(), {"at": NOW + 91}),
        (ClockSkewed, {}, listed(), {"at": NOW - 31}),
        (WrongScene, {"scene": 2}, listed(), {}),
        (SceneOff, {"scene": 0}, listed(), {"scene": 8}),
        (OnlineOnly, {}, listed(offline=False), {}),
        (NotChosen, {"scene": 0}, listed(needs_choice=True), {}),
        (WrongVerifier, {"verifier": 5}, listed(), {}),
        (WrongVerifier, {}, listed(verifiers=[4, 9]), {"verifier": 9}),
        (WrongVerifier, {}, listed(), {"verifier": 6}),
        (OutsideHours, {}, listed(), {"clock": "23:10"}),
        (RevokedHolder, {}, listed(1, 5), {}),
    ],
)
def test_off_line_refusals(
    expected: type[Exception], issued: dict[str, int], rows: dict[str, object], asked: dict[str, object]
) -> None:
    text = MINT.issue(subject=5, now=NOW, **{"scene": 3, **issued})
    with pytest.raises(expected):
        offline(text, rows, **asked)


def test_off_line_a_device_takes_a_code_once() -> None:
    text = MINT.issue(subject=5, now=NOW, scene=3)
    with pytest.raises(ReplayedCode):
        offline(text, listed(), used={read(text).code_id})


@given(subject=st.integers(1, 2**40), blocked=st.lists(st.integers(2**41, 2**42), max_size=20))
def test_the_list_tells_no_other_holder(subject: int, blocked: list[int]) -> None:
    offline(MINT.issue(subject=subject, now=NOW, scene=3), listed(*blocked))


def test_a_list_is_signed_and_ends() -> None:
    document = MINT.sign_list(listed())
    assert read_list(document, KEYS, at=NOW) == listed()
    with pytest.raises(StaleList):
        read_list(document, KEYS, at=NOW + DAY + 31)
    changed = {**document, "payload": {**listed(), "holders_off": {}, "verifiers_off": []}}
    for wrong in (
        changed,
        {**document, "kind": "other"},
        {**document, "key": "00"},
        [],
        None,
        OTHER.sign_list(listed()),
    ):
        with pytest.raises(BadList):
            read_list(wrong, KEYS, at=NOW)
