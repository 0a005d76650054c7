"""Where sources may call, when schedules rest, and where incremental loads begin."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from quanshu.kernel.errors import FieldErrors
from quanshu.lake.landing.network import HostNotAllowed, PrivateAddress, Reach, check_address, check_host
from quanshu.supply.intake import rules
from quanshu.supply.intake.types import WouldDelete


@pytest.mark.parametrize(
    ("entry", "host", "port", "good"),
    [
        ("127.0.0.1", "127.0.0.1", 80, True),
        ("127.0.0.1:8080", "127.0.0.1", 8080, True),
        ("127.0.0.1:8080", "127.0.0.1", 80, False),
        ("127.0.0.0/8", "127.0.0.1", 80, True),
        ("localhost", "LOCALHOST", 80, True),
        ("*.example.com", "example.com.attacker.net", 80, False),
        ("", "127.0.0.1", 80, False),
    ],
)
def test_the_list_of_hosts(entry: str, host: str, port: int, good: bool) -> None:
    reach = Reach((entry,) if entry else (), ("127.0.0.0/8", "::1/128"))
    if good:
        assert check_host(host, port, reach) in {"127.0.0.1", "::1"}
    else:
        with pytest.raises(HostNotAllowed):
            check_host(host, port, reach)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fe80::1"],
)
def test_addresses_that_are_not_public_need_their_network(address: str) -> None:
    with pytest.raises(PrivateAddress):
        check_address("x", address, ())
    with pytest.raises(PrivateAddress):
        check_address("x", address, ("172.16.0.0/12",))


def test_public_addresses_and_allowed_networks() -> None:
    check_address("x", "93.184.216.34", ())
    check_address("x", "10.1.2.3", ("10.1.0.0/16",))
    check_address("x", "::ffff:10.1.2.3", ("10.1.0.0/16",))


@pytest.mark.parametrize(
    ("kind", "cursor", "overlap", "low"),
    [
        ("integer", "10", 3, 7),
        ("decimal", "1.5", 1, Decimal("0.5")),
        ("date", "2024-03-01", 1, date(2024, 2, 29)),
        ("datetime", "2024-03-01 00:30:00", 1, datetime(2024, 2, 29, 23, 30)),  # noqa: DTZ001 - city time
        ("string", "b", 0, "b"),
        ("date", "", 1, None),
        ("integer", "x", 1, None),
    ],
)
def test_where_an_incremental_load_begins(kind: str, cursor: str, overlap: int, low: Any) -> None:
    assert rules.low_mark(kind, cursor, overlap) == low


def test_a_schedule_rests_longer_with_each_failure() -> None:
    pauses = [rules.back_off(failures) for failures in range(30)]
    assert pauses[:4] == [timedelta(0), timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=12)


def test_the_guard_of_a_mirror() -> None:
    base: dict[str, Any] = {"total": 100, "share": 10, "unreadable": 0}
    rules.check_deletes(deletes=10, allowed=None, **base)
    rules.check_deletes(deletes=50, allowed=50, **base)
    for deletes, allowed, unreadable in ((11, None, 0), (51, 50, 0), (1, None, 1)):
        with pytest.raises(WouldDelete):
            rules.check_deletes(deletes=deletes, allowed=allowed, **{**base, "unreadable": unreadable})


@pytest.mark.parametrize(
    ("options", "field"),
    [({"page_size": "0"}, "page_size"), ({"page_size": "many"}, "page_size"), ({"page_size": "100001"}, "page_size")],
)
def test_options_out_of_range_are_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldErrors) as told:
        rules.clean_options("http", "full", options)
    assert [error.field for error in told.value.errors] == [field]


def test_drift_is_told_by_column() -> None:
    drift = rules.compare_columns({"a": "date", "b": "string"}, ("a", "c"), {"a": "boolean", "c": "integer"})
    assert [(item.column, item.change) for item in drift] == [("b", "missing"), ("c", "added"), ("a", "type_changed")]
    assert rules.compare_columns({"a": "decimal"}, ("a",), {"a": "integer"}) == ()
    assert rules.contradicts(rows_in=9, wrong={"a": 9}, expected={"a": "date"}) == ()
    assert [item.column for item in rules.contradicts(rows_in=10, wrong={"a": 5, "b": 4}, expected={})] == ["a"]
