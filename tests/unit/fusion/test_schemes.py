"""Lines of a scheme: read back as meant, refused with the line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quanshu.kernel.errors import FieldErrors
from quanshu.supply.fusion import rules
from quanshu.supply.fusion.types import BadLine, SchemeData

GOOD = "register = 101001/1 | identifier: citizen_id, name: name | fresh updated_on | one row"
DATA = SchemeData("person", "person", "人", GOOD, "101001")


def test_a_source_is_read() -> None:
    (source,) = rules.parse_sources(f"# remark\n\n{GOOD}\n")
    assert (source.name, source.code, source.fresh, source.one_row) == ("register", "101001/1", "updated_on", True)
    assert source.columns == {"identifier": "citizen_id", "name": "name"}


@pytest.mark.parametrize(
    "line",
    ["register", "Register = 1/1 | name: name", "a = | name: n", "a = 1/1", "a = 1/1 | wage: w", f"{GOOD}\n{GOOD}"],
)
def test_a_faulty_source_is_refused(line: str) -> None:
    with pytest.raises(BadLine):
        rules.parse_sources(line)


def test_survivorship_and_evidence_are_read() -> None:
    (rule,) = rules.parse_survivors("phone = source, b, a", sources=["a", "b"])
    assert (rule.attribute, rule.how, rule.order) == ("phone", "source", ("b", "a"))
    one, two = rules.parse_evidence("a: cremation = day\nb: registered = seen where state in 1, 2", sources=["a", "b"])
    assert (one.kind, one.where) == ("cremation", "")
    assert (two.column, two.where, two.values) == ("seen", "state", ("1", "2"))


@pytest.mark.parametrize("line", ["wage = source", "name = best", "name = source, z", "name = source\nname = longest"])
def test_faulty_survivorship_is_refused(line: str) -> None:
    with pytest.raises(BadLine):
        rules.parse_survivors(line, sources=["a"])


@pytest.mark.parametrize("line", ["a: cremation", "z: cremation = day", "a: rumour = day", "a: cremation = d; DROP"])
def test_faulty_evidence_is_refused(line: str) -> None:
    with pytest.raises(BadLine):
        rules.parse_evidence(line, sources=["a"])


@pytest.mark.parametrize(
    ("field", "value"),
    [("code", "P x"), ("code", "taken"), ("kind", "animal"), ("title", " "), ("classification_code", "9"),
     ("review_at", 0.99)],
)  # fmt: skip
def test_a_faulty_scheme_is_refused_by_field(field: str, value: object) -> None:
    with pytest.raises(FieldErrors) as caught:
        rules.check_scheme(replace(DATA, **{field: value}), taken={"taken"}, classes={"101001"})
    assert [error.field for error in caught.value.errors] == [field]


def test_columns_are_checked_against_the_entry() -> None:
    sources = rules.parse_sources(GOOD)
    rules.check_sources(DATA, sources, columns={"register": {"citizen_id", "name", "updated_on"}}, known={"register"})
    with pytest.raises(FieldErrors):
        rules.check_sources(DATA, sources, columns={"register": {"citizen_id"}}, known={"register"})
    with pytest.raises(FieldErrors):
        rules.check_sources(DATA, sources, columns={}, known=set())


def test_an_enterprise_has_no_evidence_of_life() -> None:
    sources = rules.parse_sources("a = 1/1 | name: name")
    firm = replace(DATA, kind="enterprise", evidence="a: cremation = name")
    with pytest.raises(FieldErrors) as caught:
        rules.check_sources(firm, sources, columns={"a": {"name"}}, known={"a"})
    assert [error.field for error in caught.value.errors] == ["evidence"]
