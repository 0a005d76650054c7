"""No log line names a person or gives a secret away, whatever stands around the value."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from granian.log import LogLevels, configure_logging
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.logs import formatter, log_what_ends, server_logging
from quanshu.kernel.redaction import redact

# What stands between words in texts of this house, Chinese letters included.
AROUND = st.text(alphabet="，。：（）市民张甲 \t\n\"'()[]{}<>,;/|=", max_size=12)
DIGITS = st.text(alphabet="0123456789", min_size=17, max_size=17)
BETWEEN = st.sampled_from(["", " ", "-"])


@st.composite
def citizens(draw: st.DrawFn) -> str:
    """A number of 18 places, now and then in groups."""
    digits, last, gap = draw(DIGITS), draw(st.sampled_from("0123456789Xx")), draw(BETWEEN)
    return gap.join((digits[:6], digits[6:14], digits[14:] + last))


@st.composite
def phones(draw: st.DrawFn) -> str:
    """A mobile number, with or without the country before it."""
    rest = draw(st.text(alphabet="0123456789", min_size=8, max_size=8))
    front, gap = draw(st.sampled_from(["", "86", "+86", "+86 ", "86-"])), draw(BETWEEN)
    return front + gap.join((f"1{draw(st.sampled_from('3456789'))}8", rest[:4], rest[4:]))


def with_check_digit(digits: str) -> str:
    """The number with its last digit, counted another way than the code under test: by a table of doubles."""
    doubles = "0246813579"
    total = sum(int(doubles[int(d)] if place % 2 == 0 else d) for place, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


@st.composite
def cards(draw: st.DrawFn) -> str:
    """A bank card of 16 to 19 digits, now and then in groups of four."""
    size = draw(st.integers(15, 18))
    number = with_check_digit("62" + draw(st.text(alphabet="0123456789", min_size=size - 2, max_size=size - 2)))
    return draw(BETWEEN).join(number[at : at + 4] for at in range(0, len(number), 4))


CREDIT = st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17).map("9".__add__)
MAIL = st.from_regex(r"[a-z]{1,8}[0-9._]{0,3}@[a-z]{1,6}\.(?:gov\.cn|com)", fullmatch=True)
PERSONAL = st.one_of(citizens(), phones(), cards(), CREDIT, MAIL)
SECRET = st.text(alphabet="abcdefghijkmnpqrstuvwxyzABCDEFGH23456789_-", min_size=20, max_size=60)
CARRIED = st.sampled_from(
    [
        "Authorization: Bearer {}",
        "password={}",
        '"client_secret": "{}"',
        "token='{}'",
        "/call?rid=a&gjzwfwpt_sign={}&x=1",
        "postgresql://quanshu:{}@db/quanshu",
        "Cookie: {}",
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
        "eyJhbGciOiJFZERTQSJ9.{}.c2ln",
        "qst_{}",
    ]
)


@given(PERSONAL, AROUND, AROUND)
def test_a_number_of_a_person_is_blotted_out_wherever_it_stands(value: str, before: str, after: str) -> None:
    found = redact(f"{before}{value}{after}")
    assert value not in found
    assert "***" in found


@given(citizens().filter(str.isalnum), st.sampled_from(["id", "ID", "身份证", "no."]))
def test_an_identity_number_is_found_beside_letters(value: str, word: str) -> None:
    assert value not in redact(word + value)


@given(SECRET, CARRIED)
def test_a_secret_is_blotted_out_by_the_word_before_it(secret: str, carried: str) -> None:
    assert secret not in redact(f"x {carried.format(secret)} y")


@given(st.text(alphabet="abcdefghijklmnopqrstuvw 泉枢市数据，。 ()", max_size=80))
def test_a_text_without_any_is_left_alone(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "snapshot 12 after 1500000 us, jn-ga-resident-query",
        "at 1764117408123 ms, 4bf92f3577b34da6a3ce929d0e0e4736",
        "018f3c2a-7b1e-7cc2-9d3e-2f6a1b4c5d6e landed 20000 rows on 2026-11-26",
        "entry 370000-1/00012 of region 370102000000",
        "job intake.run failed: the column sign is missing",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_what_operators_need_is_left_alone(text: str) -> None:
    assert redact(text) == text


class Spiteful:
    """An argument whose own text cannot be made."""

    def __str__(self) -> str:
        raise RuntimeError("370102199001010018")


@given(PERSONAL, st.sampled_from(["json", "line"]), st.booleans())
def test_no_log_record_carries_one(value: str, kind: str, in_fault: bool) -> None:
    info = None
    if in_fault:
        try:
            try:
                raise ValueError(value)
            except ValueError as fault:
                raise RuntimeError(f"row {value}") from fault
        except RuntimeError:
            info = sys.exc_info()
    for message, args in (("call of %s", (value,)), (f"call of {value} %s", (1,)), ("%s %s", ({"id": value}, [value]))):
        line = formatter(kind, "web").format(logging.LogRecord("x", 30, "f.py", 1, message, args, info))
        assert value not in line


def test_an_argument_that_cannot_be_told_ends_nothing() -> None:
    line = formatter("line").format(logging.LogRecord("x", 30, "f.py", 1, "call of %s", (Spiteful(),), None))
    assert "call of %s" in line
    assert "370102199001010018" not in line


@pytest.fixture
def hooks() -> Iterator[None]:
    """What Python calls at the end of a process or thread, as before afterwards."""
    before = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = before
    logging.captureWarnings(capture=False)


def test_what_ends_a_process_goes_through_the_log(hooks: None, caplog: pytest.LogCaptureFixture) -> None:
    log_what_ends()
    fault = ValueError("370102199001010018")
    sys.excepthook(ValueError, fault, None)
    (record,) = caplog.records
    line = formatter("line").format(record)
    assert "ValueError: ***" in line


def test_the_server_s_own_lines_are_scrubbed_too() -> None:
    logger = logging.getLogger("_granian")
    before = logger.handlers[:], logger.level, logger.propagate
    try:
        configure_logging(LogLevels.warning, server_logging())
        (handler,) = logger.handlers
        line = handler.format(
            logging.LogRecord("_granian", 40, "f.py", 1, "raised on %s", ("370102199001010018",), None)
        )
    finally:
        logger.handlers[:], logger.level, logger.propagate = before
    assert "raised on ***" in line
