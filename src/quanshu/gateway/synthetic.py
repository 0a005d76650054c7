"""Synthetic rows of a service's shape, made from its metadata alone: no row of the city is read for them.

Rows are the same for the same service and version. Values that could be somebody's are made where nobody's lie:
citizen IDs and credit codes under the region 999999, which is no region, with right check characters; names with
样 (sample) behind the surname; telephone numbers 1990000xxxx; addresses in a 样例区 that is on no map.
"""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from quanshu.kernel.identifiers import citizen_id, uscc

ROWS = 1000
TABLE = "sandbox"
NO_REGION = "999999"
FIRST_DAY, DAYS = date(1950, 1, 1), 22_000
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "安宁和平文华志远思源清泉明德嘉禾若水子衿"
SQL_TYPES = {"integer": "INTEGER", "boolean": "INTEGER"}


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """What is known of a column: type, longest length (0 = not said), what it holds, codes and pattern it keeps to.

    `search`: it is searched by, so that each key of ten has a second row.
    """

    column: str
    type: str = "string"
    length: int = 0
    kind: str = "text"
    codes: tuple[str, ...] = ()
    pattern: str = ""
    search: bool = False


def a_citizen_id(rng: random.Random, at: int) -> str:
    first17 = f"{NO_REGION}{FIRST_DAY + timedelta(days=rng.randrange(DAYS)):%Y%m%d}{at % 1000:03d}"
    return first17 + citizen_id.check_character(first17)


def a_credit_code(rng: random.Random, at: int) -> str:
    first17 = f"91{NO_REGION}MA{at % 10_000_000:07d}"
    return first17 + uscc.check_character(first17)


def a_name(rng: random.Random, at: int) -> str:
    return f"{rng.choice(SURNAMES)}样{rng.choice(GIVEN)}"


def a_firm(rng: random.Random, at: int) -> str:
    return f"济南样例{rng.choice(GIVEN)}{at:04d}有限公司"


def a_phone(rng: random.Random, at: int) -> str:
    return f"1990000{at % 10_000:04d}"


def an_address(rng: random.Random, at: int) -> str:
    return f"济南市样例区样例路{at + 1}号{rng.randrange(1, 30)}单元"


def a_mailbox(rng: random.Random, at: int) -> str:
    return f"sample{at:04d}@example.com"


MAKERS: Mapping[str, Callable[[random.Random, int], str]] = {
    "citizen_id": a_citizen_id,
    "uscc": a_credit_code,
    "name": a_name,
    "firm": a_firm,
    "phone": a_phone,
    "address": an_address,
    "email": a_mailbox,
}


def value_of(shape: ColumnShape, seed: str, at: int) -> str | int:
    """The value of a column in row `at`, of its type, length, codes and pattern."""
    rng = random.Random(f"{seed}:{shape.column}:{at}")  # noqa: S311
    if shape.codes:
        return rng.choice(shape.codes)
    if shape.type in TYPED:
        return TYPED[shape.type](rng, shape)
    if shape.kind in MAKERS:
        text = MAKERS[shape.kind](rng, at)
        if fits(shape, text):
            return text
    if shape.pattern:
        return of_pattern(shape, rng)
    plain = f"样例{at:04d}"
    return plain if fits(shape, plain) else f"{at:04d}"[-max(1, shape.length) :]


def fits(shape: ColumnShape, text: str) -> bool:
    """Whether a text keeps to the column's length and pattern."""
    return (not shape.length or len(text) <= shape.length) and (
        not shape.pattern or re.fullmatch(shape.pattern, text) is not None
    )


def of_pattern(shape: ColumnShape, rng: random.Random) -> str:
    """A text of the column's pattern; zeros where the pattern is of a form that is not made here."""
    for _ in range(5):
        text = from_pattern(shape.pattern, rng)
        if fits(shape, text):
            return text
    return "0" * (shape.length or 4)


def a_whole(rng: random.Random, shape: ColumnShape) -> int:
    most = 10 ** min(shape.length or 4, 6) - 1
    return rng.randint(0, max(1, most))


def a_decimal(rng: random.Random, shape: ColumnShape) -> str:
    return f"{rng.randrange(10_000_000) / 100:.2f}"


def a_truth(rng: random.Random, shape: ColumnShape) -> int:
    return rng.randrange(2)


def a_day(rng: random.Random, shape: ColumnShape) -> str:
    return (FIRST_DAY + timedelta(days=rng.randrange(DAYS))).isoformat()


def a_moment(rng: random.Random, shape: ColumnShape) -> str:
    return f"{a_day(rng, shape)} {rng.randrange(24):02d}:{rng.randrange(60):02d}:00"


TYPED: Mapping[str, Callable[[random.Random, ColumnShape], str | int]] = {
    "integer": a_whole,
    "decimal": a_decimal,
    "boolean": a_truth,
    "date": a_day,
    "datetime": a_moment,
}
ATOM = re.compile(r"\\[dwsD]|\\.|\[(?:\\.|[^\]\\])+\]|\(\?:|.", re.DOTALL)
MOST_PARTS, MOST_DEPTH = 2000, 20
REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}|[*+?]")
CLASSES = {"d": "0123456789", "w": "abcdefghjkmnpqrstuvwxyz0123456789", "s": " ", "D": "ABCDEFGH"}


def from_pattern(pattern: str, rng: random.Random) -> str:
    """A text of a simple regular expression: characters, classes, groups, choices and repeats. "" where it is none."""
    text, end = PatternReader(pattern, rng).choices(0, 0)
    return text if end == len(pattern) else ""


class PatternReader:
    """Reads a pattern and makes a text of it. `left` bounds the work, however repeats and groups are nested."""

    def __init__(self, pattern: str, rng: random.Random) -> None:
        self.pattern, self.rng = pattern, rng
        self.left = MOST_PARTS

    def choices(self, at: int, depth: int) -> tuple[str, int]:
        """One of the alternatives from `at` on, and where they end: at their bracket or the pattern's end."""
        made = [""]
        while at < len(self.pattern) and self.pattern[at] != ")":
            sign = self.pattern[at]
            if sign == "|":
                made.append("")
            if sign in "|^$":
                at += 1
                continue
            text, at = self.repeated(at, depth)
            made[-1] += text
        return self.rng.choice(made), at

    def repeated(self, at: int, depth: int) -> tuple[str, int]:
        """An atom as often as its repeat says, and where the next one begins."""
        found = ATOM.match(self.pattern, at)
        atom = found.group() if found else "0"
        inner = at + len(atom)
        group = atom in {"(", "(?:"}
        after = self.closing(inner) if group else inner
        repeat = REPEAT.match(self.pattern, after)
        parts = []
        for _ in range(times_of(repeat, self.rng)):
            self.left -= 1
            if self.left < 0 or depth > MOST_DEPTH:
                break
            parts.append(self.choices(inner, depth + 1)[0] if group else self.rng.choice(_signs(atom)))
        return "".join(parts), repeat.end() if repeat else after

    def closing(self, at: int) -> int:
        """Behind the bracket that closes the group begun before `at`."""
        depth = 1
        while at < len(self.pattern) and depth:
            found = ATOM.match(self.pattern, at)
            atom = found.group() if found else "0"
            depth += (atom in {"(", "(?:"}) - (atom == ")")
            at += len(atom)
        return at


def times_of(found: re.Match[str] | None, rng: random.Random) -> int:
    """How often a repeat has its atom stand, 200 times at most."""
    if found is None:
        return 1
    if found.group(1):
        least = int(found.group(1))
        most = least if found.group(2) is None else int(found.group(2) or least + 3)
        return min(rng.randint(least, max(least, most)), 200)
    return {"*": rng.randint(0, 3), "+": rng.randint(1, 3), "?": rng.randint(0, 1)}[found.group()]


@cache
def _signs(atom: str) -> str:
    """The characters an atom stands for."""
    if atom == ".":
        return CLASSES["w"]
    if atom.startswith("\\"):
        return CLASSES.get(atom[1:], atom[1:] or "0")
    if not atom.startswith("["):
        return atom or "0"
    inner = re.sub(r"\\([dws])", lambda part: CLASSES[part[1]], atom[1:-1])
    ranges = re.sub(r"(.)-(.)", lambda part: "".join(map(chr, range(ord(part[1]), ord(part[2]) + 1))), inner)
    if not inner.startswith("^"):
        return ranges.replace("\\", "") or "0"
    return "".join(sign for sign in CLASSES["w"] if sign not in ranges) or "0"


def rows_of(shapes: tuple[ColumnShape, ...], seed: str) -> Iterator[dict[str, Any]]:
    """The rows, as dictionaries by column; `seed` is `sid@version`."""
    for at in range(ROWS):
        key = at - 1 if at % 10 == 9 else at
        yield {shape.column: value_of(shape, seed, key if shape.search else at) for shape in shapes}


def build(path: Path, shapes: tuple[ColumnShape, ...], seed: str) -> None:
    """Write the rows to a file as serving tables have it: the table `sandbox`, indexed on each searched column."""
    declared = ", ".join(f'"{shape.column}" {SQL_TYPES.get(shape.type, "TEXT")}' for shape in shapes)
    marks = ", ".join("?" for _ in shapes)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE {TABLE} ({declared})")
        connection.executemany(
            f"INSERT INTO {TABLE} VALUES ({marks})",  # noqa: S608
            (tuple(row.values()) for row in rows_of(shapes, seed)),
        )
        for number, shape in enumerate(shape for shape in shapes if shape.search):
            connection.execute(f'CREATE INDEX key_{number} ON {TABLE} ("{shape.column}")')
