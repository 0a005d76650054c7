"""Masks give the same answer in every engine, and show no more than they should."""

import hashlib
import sqlite3

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.lake.masking import COMPOUND_SURNAMES, Mask, add_functions, mask_sql

DUCKDB = duckdb.connect(":memory:")
SQLITE = sqlite3.connect(":memory:")
add_functions(SQLITE)


def in_duckdb(mask: Mask, value: str | None, salt: str = "") -> object:
    sql = f'SELECT {mask_sql(mask, "列 1", "duckdb", salt=salt)} FROM (SELECT ?::VARCHAR AS "列 1")'
    return DUCKDB.execute(sql, [value]).fetchall()[0][0]


def in_sqlite(mask: Mask, value: str | None, salt: str = "") -> object:
    sql = f'SELECT {mask_sql(mask, "列 1", "sqlite", salt=salt)} FROM (SELECT ? AS "列 1")'
    return SQLITE.execute(sql, [value]).fetchone()[0]


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (Mask.NONE, "张三", "张三"),
        (Mask.FULL, "张三", "***"),
        (Mask.NAME, "张三", "张*"),
        (Mask.NAME, "张小三", "张**"),
        (Mask.NAME, "欧阳修", "欧阳*"),
        (Mask.NAME, "欧阳小修", "欧阳**"),
        (Mask.NAME, "欧阳", "欧*"),
        (Mask.NAME, "张", "*"),
        (Mask.NAME, "", ""),
        (Mask.CITIZEN_ID, "370102199001011234", "370102********1234"),
        (Mask.CITIZEN_ID, "37010219900101123X", "370102********123X"),
        (Mask.CITIZEN_ID, "370102900101123", "370102******123"),
        (Mask.CITIZEN_ID, "3701", "****"),
        (Mask.PHONE, "13812341234", "138****1234"),
        (Mask.PHONE, "0531-88881234", "***********34"),
        (Mask.PHONE, "12345", "*****"),
        (Mask.ADDRESS, "山东省济南市历下区泉城路1号", "山东省济南市历下区***"),
        (Mask.ADDRESS, "济南市平阴县榆山街道某小区", "济南市平阴县***"),
        (Mask.ADDRESS, "泉城路阳光小区3号", "***"),
        (Mask.ADDRESS, "济南市泉城路阳光小区3号", "济南市***"),
        (Mask.ADDRESS, "某路3号", "***"),
        (Mask.ADDRESS, "", ""),
        (Mask.DATE_YEAR, "1990-01-31", "1990"),
        (Mask.DATE_YEAR, "1990年1月", "****"),
        (Mask.DATE_YEAR, "19900131", "1990"),
        (Mask.DATE_YEAR, "不详", "**"),
        (Mask.HASH, "a", hashlib.sha256(b"a").hexdigest()),
    ],
)
def test_what_each_mask_shows(mask: Mask, value: str, shown: str) -> None:
    assert in_duckdb(mask, value) == shown
    assert in_sqlite(mask, value) == shown


TEXT = st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=24)
PLACES = st.text(alphabet="济南市历下区县小社园路号1场", max_size=18)
NAMES = st.tuples(st.sampled_from(COMPOUND_SURNAMES), st.text(alphabet="修小明", max_size=3)).map("".join)
DIGITS = st.text(alphabet="0123456789X", max_size=19)


@settings(max_examples=300, deadline=None)
@given(mask=st.sampled_from(Mask), value=st.none() | TEXT | PLACES | NAMES | DIGITS)
def test_engines_agree(mask: Mask, value: str | None) -> None:
    assert in_duckdb(mask, value, "salt'") == in_sqlite(mask, value, "salt'")


@settings(max_examples=100, deadline=None)
@given(value=st.from_regex(r"\A\d{17}[\dX]\Z"))
def test_the_birth_date_never_shows(value: str) -> None:
    shown = in_duckdb(Mask.CITIZEN_ID, value)
    assert shown == f"{value[:6]}********{value[14:]}"


@pytest.mark.parametrize("mask", [mask for mask in Mask if mask is not Mask.NONE])
def test_an_empty_value_stays_empty_and_text_always_changes(mask: Mask) -> None:
    assert in_duckdb(mask, None) is None
    for value in ("张三丰", "370102199001011234", "13812341234", "济南市历下区泉城路1号"):
        assert in_duckdb(mask, value) != value


def test_dates_of_the_engine_and_text_dates_mask_alike() -> None:
    sql = f"SELECT {mask_sql(Mask.DATE_YEAR, 'd', 'duckdb')} FROM (SELECT DATE '1990-01-31' AS d)"
    assert DUCKDB.sql(sql).fetchall() == [("1990",)]


def test_masks_are_written_for_postgresql_and_quote_names() -> None:
    assert mask_sql(Mask.NONE, 'a"b', "postgres") == '"a""b"'
    assert "POSITION" in mask_sql(Mask.ADDRESS, "住址", "postgres")
    assert mask_sql(Mask.HASH, "id", "postgres").startswith("encode(sha256(")
    with pytest.raises(duckdb.BinderException):
        DUCKDB.sql(f"SELECT {mask_sql(Mask.NAME, '1); DROP TABLE x; --', 'duckdb')}").fetchall()
