"""Delimited text files: encoding and delimiter are found out, and every row is accounted for."""

import codecs
import csv
import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from quanshu.lake.landing.types import (
    BadEncoding,
    BadHeader,
    EmptySource,
    Reason,
    Refusal,
    TextRow,
    TextRows,
    check_header,
)

_CHUNK = 1 << 20
_DELIMITERS = ",;\t"
_SNIFF_LINES = 20
# A quoted field may hold line breaks; beyond this many lines the quotation mark was never closed.
_RECORD_LINES = 200
# A UTF-8 file with one damaged byte also "decodes" as GB 18030, into nonsense. GB 18030 text fails as
# UTF-8 within its first few Chinese characters; a file that fails later is damaged UTF-8.
_SURELY_UTF8 = 20
# Text kept of a row that could not be parsed.
_KEPT_TEXT = 4_000


def read_csv(path: Path) -> TextRows:
    """Read a delimited text file (UTF-8 with or without mark, UTF-16 with mark, GB 18030; `,` `;` or tab).

    Blank lines are no rows. Raises `lake.bad_encoding`, `lake.empty_source`, `lake.bad_header`.
    """
    encoding = detect_encoding(path)
    with path.open(encoding=encoding, newline="") as stream:
        delimiter = _delimiter(stream)
        stream.seek(0)
        try:
            header = next((row for row in csv.reader(stream, delimiter=delimiter, strict=True) if any(row)), None)
        except csv.Error as error:
            raise BadHeader(source=path.name) from error
    if header is None:
        raise EmptySource(source=path.name)
    columns = check_header(path.name, header)
    return TextRows(columns, _items(path, encoding, delimiter, len(columns)))


def detect_encoding(path: Path) -> str:
    """The first encoding in which the whole file decodes strictly; raises `lake.bad_encoding`."""
    with path.open("rb") as stream:
        start = stream.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif start.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    else:
        candidates = ["utf-8", "gb18030"]
    line = 1
    for encoding in candidates:
        fault = _first_fault(path, encoding)
        if fault is None:
            return encoding
        line, decoded = fault
        if encoding == "utf-8" and decoded > _SURELY_UTF8:
            break
    raise BadEncoding(source=path.name, line=line)


def _first_fault(path: Path, encoding: str) -> tuple[int, int] | None:
    """Line of the first byte that does not decode, and the non-ASCII characters before it."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines, foreign = 1, 0
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                good = error.object[: error.start].decode(encoding, "ignore")
                return lines + good.count("\n"), foreign + _foreign(good)
            if not chunk:
                return None
            lines += text.count("\n")
            # Counting stops mattering once the encoding is beyond doubt.
            if foreign <= _SURELY_UTF8:
                foreign += _foreign(text)


def _foreign(text: str) -> int:
    return 0 if text.isascii() else sum(1 for character in text if character > "\x7f")


def _delimiter(stream: TextIO) -> str:
    """The delimiter that stands outside quotation marks in the most lines the same number of times."""
    lines = [line for _, line in zip(range(_SNIFF_LINES), stream, strict=False) if line.strip()]
    if not lines:
        return ","

    def score(delimiter: str) -> tuple[int, int]:
        counts = [sum(part.count(delimiter) for part in line.split('"')[::2]) for line in lines]
        return (sum(1 for count in counts if count and count == counts[0]), counts[0])

    return max(_DELIMITERS, key=score)


class _Unclosed(Exception):
    """A record ran over too many lines."""


class _Lines:
    """Lines of the file for the parser; those of a failed record can be read again."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self.number = 0
        self.record: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.record) >= _RECORD_LINES:
            raise _Unclosed
        line = self._again.popleft() if self._again else next(self._stream)
        self.number += 1
        self.record.append(line)
        return line

    def begin(self) -> int:
        """Start a record; answer the number of its first line."""
        self.record = []
        return self.number + 1

    def give_up(self) -> str:
        """Take the first line as lost and put the others back."""
        first, rest = self.record[0], self.record[1:]
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)
        return first


def _items(path: Path, encoding: str, delimiter: str, width: int) -> Iterator[TextRow | Refusal]:
    with path.open(encoding=encoding, newline="") as stream:
        lines = _Lines(stream)
        parser = csv.reader(lines, delimiter=delimiter, strict=True)
        header_read = False
        while True:
            number = lines.begin()
            try:
                fields = next(parser)
            except StopIteration:
                return
            except (csv.Error, _Unclosed):
                text = lines.give_up().rstrip("\r\n")[:_KEPT_TEXT]
                yield Refusal(number, Reason.MALFORMED_ROW, _json({"text": text}), value=text)
                continue
            if not fields:
                continue
            if not header_read:
                header_read = any(fields)
            elif len(fields) != width:
                fault = f"{len(fields)} / {width}"
                yield Refusal(number, Reason.RAGGED_ROW, _json({"fields": fields}), value=fault)
            else:
                yield number, list(fields)


def _json(record: dict[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False)
