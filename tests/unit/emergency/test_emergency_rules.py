"""The rules of emergencies: scope, time, review."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.errors import FieldErrors
from quanshu.sharing.emergency import rules
from quanshu.sharing.emergency.types import (
    EmergencyData,
    Extent,
    Level,
    NotInForce,
    OwnDeclaration,
    OwnRequest,
)

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CODES = st.sampled_from(["370000000000", "370100000000", "370102000000", "370102001000", "370103000000"])
PATHS = st.sampled_from(["/a/", "/a/b/", "/a/c/", "/d/"])


def data(**changes: object) -> EmergencyData:
    values = {
        "title": "T", "level": "3", "reason": "R", "legal_basis": "L", "starts_at": NOW,
        "ends_at": NOW + timedelta(days=1), "unit_uids": ("u",), "entry_codes": ("c",),
    }  # fmt: skip
    return EmergencyData(**{**values, **changes})  # type: ignore[arg-type]


@given(level=st.sampled_from(list(Level)), hours=st.integers(-48, 24 * 40))
def test_no_emergency_runs_longer_than_its_level_allows(level: Level, hours: int) -> None:
    end = NOW + timedelta(hours=hours)
    allowed = 0 < hours <= 24 * rules.MOST_DAYS[level]
    given_data = data(level=level, ends_at=end)
    if allowed:
        rules.check_declaration(given_data, unknown_codes=[], now=NOW)
    else:
        with pytest.raises(FieldErrors) as fault:
            rules.check_declaration(given_data, unknown_codes=[], now=NOW)
        assert [error.field for error in fault.value.errors] == ["ends_at"]


@given(seconds=st.integers(-7200, 7200))
def test_nothing_is_granted_outside_the_time(seconds: int) -> None:
    moment = NOW + timedelta(seconds=seconds)
    start, end = NOW, NOW + timedelta(hours=1)
    times = {"starts_at": start, "ends_at": end, "now": moment}
    if start <= moment < end:
        rules.check_in_force(emergency="E", state="active", **times)
    else:
        with pytest.raises(NotInForce):
            rules.check_in_force(emergency="E", state="active", **times)
    with pytest.raises(NotInForce):
        rules.check_in_force(emergency="E", state="ended", **times)


@given(units=st.lists(PATHS, max_size=3), regions=st.lists(CODES, max_size=3), path=PATHS, region=CODES)
def test_a_wider_scope_never_takes_a_unit_out(units: list[str], regions: list[str], path: str, region: str) -> None:
    narrow = Extent(tuple(units), tuple(regions), (), frozenset())
    if rules.covers_unit(narrow, path, region):
        assert any(path.startswith(named) for named in units)
        wider = Extent((*units, "/e/"), (*regions, "410000000000") if regions else (), (), frozenset())
        assert rules.covers_unit(wider, path, region)


@given(one=CODES, other=CODES)
def test_regions_overlap_alike_from_both_sides(one: str, other: str) -> None:
    assert rules.overlap(one, other) == rules.overlap(other, one)
    assert rules.overlap(one, one)


def test_who_declared_or_asked_does_not_review() -> None:
    rules.check_reviewer(reviewer="x", declared_by="y", asked_by="z")
    with pytest.raises(OwnDeclaration):
        rules.check_reviewer(reviewer="y", declared_by="y", asked_by="z")
    with pytest.raises(OwnRequest):
        rules.check_reviewer(reviewer="z", declared_by="y", asked_by="z")
