"""Masks as SQL, so that masked data are computed where they lie and clear values do not travel.

Each mask is written once and translated to the engine's dialect; all engines give the same answer.
How much stays legible follows the usual forms of GB/T 35273 displays: 张*, 370102********1234, 138****1234.
"""

import hashlib
import sqlite3
from collections.abc import Callable
from enum import StrEnum
from typing import Literal

import sqlglot
from sqlglot import exp

Dialect = Literal["duckdb", "sqlite", "postgres"]


class Mask(StrEnum):
    """What is done to a value before it leaves.

    none: as it is. full: `***`. name: surname, then a star for each further character.
    citizen_id: region, stars for the birth date, last four. phone: first three and last four.
    address: down to the district. date_year: the year. hash: SHA-256 in hex, for joining only.
    """

    NONE = "none"
    FULL = "full"
    NAME = "name"
    CITIZEN_ID = "citizen_id"
    PHONE = "phone"
    ADDRESS = "address"
    DATE_YEAR = "date_year"
    HASH = "hash"


# The two-character surnames in use in Shandong's registers and nationally common ones.
COMPOUND_SURNAMES = (
    "欧阳", "上官", "皇甫", "令狐", "诸葛", "司徒", "司马", "申屠", "夏侯", "尉迟", "长孙", "慕容",
    "东方", "公孙", "宇文", "轩辕", "闻人", "澹台", "淳于", "端木", "西门", "南宫", "百里", "呼延",
    "赫连", "钟离", "鲜于", "独孤", "太史", "东郭", "公冶", "濮阳", "单于", "拓跋", "即墨", "第五",
)  # fmt: skip

_STARS = "*" * 32
# 区 that ends a housing estate, a community or a park is no district.
_NO_DISTRICT = "小社园厂校院景库灾"
# Looked for in a text: of a list behind IN, SQLite would build a table at every call.
_SURNAMES = f"|{'|'.join(COMPOUND_SURNAMES)}|"
_DISTRICT = """CASE WHEN strpos(c, '区') > 0 AND (strpos(c, '县') = 0 OR strpos(c, '区') < strpos(c, '县'))
    THEN strpos(c, '区') ELSE strpos(c, '县') END"""

_TEMPLATES = {
    Mask.NONE: "c",
    Mask.FULL: "CASE WHEN c IS NULL THEN NULL ELSE '***' END",
    Mask.NAME: f"""CASE WHEN length(c) <= 1 THEN substr('*', 1, length(c))
        WHEN length(c) >= 3 AND strpos('{_SURNAMES}', '|' || substr(c, 1, 2) || '|') > 0
        THEN substr(c, 1, 2) || substr('{_STARS}', 1, length(c) - 2)
        ELSE substr(c, 1, 1) || substr('{_STARS}', 1, length(c) - 1) END""",
    Mask.CITIZEN_ID: f"""CASE WHEN length(c) = 18 THEN substr(c, 1, 6) || '********' || substr(c, 15, 4)
        WHEN length(c) = 15 THEN substr(c, 1, 6) || '******' || substr(c, 13, 3)
        ELSE substr('{_STARS}', 1, length(c)) END""",
    Mask.PHONE: f"""CASE WHEN length(c) = 11 THEN substr(c, 1, 3) || '****' || substr(c, 8, 4)
        WHEN length(c) > 6
        THEN substr('{_STARS}', 1, length(c) - 2) || substr(c, length(c) - 1, 2)
        ELSE substr('{_STARS}', 1, length(c)) END""",
    Mask.ADDRESS: f"""CASE WHEN c IS NULL OR c = '' THEN c
        WHEN ({_DISTRICT}) BETWEEN 2 AND 14 AND strpos('{_NO_DISTRICT}', substr(c, ({_DISTRICT}) - 1, 1)) = 0
        THEN substr(c, 1, {_DISTRICT}) || '***'
        WHEN strpos(c, '市') BETWEEN 2 AND 10 AND substr(c, strpos(c, '市') + 1, 1) <> '场'
        THEN substr(c, 1, strpos(c, '市')) || '***'
        ELSE '***' END""",
    Mask.DATE_YEAR: """CASE WHEN length(c) BETWEEN 8 AND 32
        AND strpos('|18|19|20|21|', '|' || substr(c, 1, 2) || '|') > 0
        THEN substr(c, 1, 4) ELSE substr('****', 1, length(c)) END""",
}
_HASHES = {
    "duckdb": "sha256({0})",
    "sqlite": "sha256({0})",
    "postgres": "encode(sha256(convert_to({0}, 'UTF8')), 'hex')",
}


def stricter_of(first: Mask, second: Mask) -> Mask:
    """The mask that hides what either hides: `none` hides nothing; of two others that differ only `full` does."""
    if Mask.NONE in (first, second):
        return first if second is Mask.NONE else second
    return first if first is second else Mask.FULL


def mask_sql(mask: Mask, column: str, dialect: Dialect, *, salt: str = "") -> str:
    """An expression that yields `column` masked; an empty value stays empty.

    `salt` goes in front of the value for `hash`: without one, the hash of an identifier can be
    found by trying them all. SQLite needs `add_functions` for `hash`.
    """
    named = exp.column(column, quoted=True)
    if mask is Mask.NONE:
        return named.sql(dialect=dialect)
    text = exp.cast(named, "text")
    if mask is Mask.HASH:
        salted = exp.DPipe(this=exp.Literal.string(salt), expression=text) if salt else text
        return _HASHES[dialect].format(salted.sql(dialect=dialect))
    template = sqlglot.parse_one(_TEMPLATES[mask], read="duckdb")
    masked = template.transform(lambda node: text.copy() if _is_slot(node) else node)
    return masked.sql(dialect=dialect)


def _is_slot(node: exp.Expression) -> bool:
    return isinstance(node, exp.Column) and node.name == "c"


def add_functions(connection: sqlite3.Connection) -> None:
    """Give a SQLite connection the functions that masks need and it lacks."""
    connection.create_function("sha256", 1, _sha256, deterministic=True)


def _sha256(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()


def masker(mask: Mask) -> Callable[[str | None], str | None]:
    """A function that masks one value after another by the same expression that services answer with."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    add_functions(connection)
    statement = f"SELECT {mask_sql(mask, 'v', 'sqlite')} FROM (SELECT ? AS v)"

    def masked(value: str | None) -> str | None:
        shown: str | None = connection.execute(statement, [value]).fetchone()[0]
        return shown

    return masked


def mask_value(mask: Mask, value: str | None) -> str | None:
    """One value under a mask."""
    return masker(mask)(value)
