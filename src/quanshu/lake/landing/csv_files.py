"""Delimited text files: encoding and delimiter are found out, and every row is accounted for."""

import codecs
import csv
import json
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TextIO

from quanshu.lake.landing.types import (
    BadEncoding,
    BadHeader,
    EmptySource,
    Reason,
    Refusal,
    Scan,
    TextRow,
    TextRows,
    check_header,
)
from quanshu.lake.schema import literal, quote

_CHUNK = 1 << 20
_DELIMITERS = ",;\t"
_SNIFF_LINES = 20
# A quoted field may hold line breaks; beyond this many lines the quotation mark was never closed.
_RECORD_LINES = 200
# A UTF-8 file with one damaged byte also "decodes" as GB 18030, into nonsense. GB 18030 text fails as
# UTF-8 within its first few Chinese characters; a file that fails later is damaged UTF-8.
_SURELY_UTF8 = 20
# What stands for no value at all; a file that holds it is read line by line.
_NOTHING = "\x1a"
# First bytes of the blanks in UTF-8. Other characters begin with some of them, which only costs looking at ends.
_BLANK_BYTES = (b" ", b"\t", b"\r", b"\xc2", b"\xe3")
# Fewer marks than one in so many bytes are looked at one by one; of more, their edges are counted.
_FEW = 60
# Text kept of a row that could not be parsed.
_KEPT_TEXT = 4_000


def read_csv(path: Path) -> TextRows:
    """Read a delimited text file (UTF-8 with or without mark, UTF-16 with mark, GB 18030; `,` `;` or tab).

    Blank lines are no rows. Raises `lake.bad_encoding`, `lake.empty_source`, `lake.bad_header`; a file of more than
    a mebibyte whose damage lies further on raises `lake.bad_encoding` when its rows are read.
    """
    encoding = _likely_encoding(path)
    with path.open(encoding=encoding, newline="") as stream:
        delimiter = _delimiter(stream)
        stream.seek(0)
        parser = csv.reader(stream, delimiter=delimiter, strict=True)
        try:
            header = next((row for row in parser if any(row)), None)
        except csv.Error as error:
            raise BadHeader(source=path.name) from error
        lines = parser.line_num
    if header is None:
        raise EmptySource(source=path.name)
    columns = check_header(path.name, header)
    scan = _scan(path, delimiter, columns) if encoding.startswith("utf-8") and lines == 1 else None
    return TextRows(columns, _items(path, delimiter, len(columns)), scan=scan)


def _likely_encoding(path: Path) -> str:
    """UTF-8 while nothing in the file's beginning speaks against it, else what the whole file is in."""
    with path.open("rb") as stream:
        start = stream.read(_CHUNK)
        whole = not stream.read(1)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return detect_encoding(path)
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(start, final=whole)
    except UnicodeDecodeError:
        return detect_encoding(path)
    return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"


def _scan(path: Path, delimiter: str, columns: Sequence[str]) -> Scan | None:
    """The file as the engine reads it. It takes the short way only: any doubt about a line makes it fail whole.

    A single column has none: there an empty line could be a row or none. The engine would overlook a delimiter too
    many at the end of a line; one column more than the header names shows it.
    """
    looks = _Looks(path, delimiter.encode()) if len(columns) > 1 else None
    if looks is None or not looks.plain:
        return None
    names = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in [*columns, Scan.BEYOND])
    sql = (
        f"read_csv({literal(str(path))}, auto_detect = false, header = false, skip = 1, delim = {literal(delimiter)},"
        f" quote = '\"', escape = '\"', columns = {{{names}}}, nullstr = {literal(_NOTHING)},"
        " strict_mode = true, null_padding = true, ignore_errors = false)"
    )
    whole = f"({quote(columns[-1])} IS NOT NULL AND {quote(Scan.BEYOND)} IS NULL)"
    return Scan(sql, whole, looks.lines - 1, 2, looks.blanks)


class _Looks:
    """What the bytes of a file tell before its rows are read: lines, and whether marks and blanks stand in it."""

    def __init__(self, path: Path, delimiter: bytes) -> None:
        self.path = path
        self.delimiter = delimiter
        self.lines = 0
        self.blanks = unsure = False
        marks, around, returns, line_ends, last = 0, 0, 0, 0, b"\n"
        for chunk in self._chunks():
            self.lines += chunk.count(b"\n")
            unsure = unsure or _NOTHING.encode() in chunk
            if b"\r" in chunk or last == b"\r":
                returns += chunk.count(b"\r")
                line_ends += (last + chunk).count(b"\r\n")
            if b'"' in chunk or last == b'"':
                found = chunk.count(b'"')
                marks += found
                around += self._edges(last + chunk, found)
            self.blanks = self.blanks or any(blank in chunk for blank in _BLANK_BYTES)
            last = chunk[-1:]
        self.lines += last != b"\n"
        # Of marks that neither begin nor end a field the engine might make too much; a carriage return by itself ends
        # a line for one reader and not for another.
        self.plain = not unsure and returns == line_ends and marks == around + (last == b'"')

    def _chunks(self) -> Iterator[bytes]:
        with self.path.open("rb") as stream:
            if stream.read(3) != codecs.BOM_UTF8:
                stream.seek(0)
            while chunk := stream.read(_CHUNK):
                yield chunk

    def _edges(self, chunk: bytes, marks: int) -> int:
        """Marks just after the beginning of a field, and marks just before the end of one."""
        if marks * _FEW > len(chunk):
            edges = [self.delimiter + b'"', b'\n"', b'"' + self.delimiter, b'"\n', b'"\r']
            return sum(chunk.count(edge) for edge in edges)
        pieces = chunk.split(b'"')
        begins, ends = {self.delimiter, b"\n"}, {self.delimiter, b"\n", b"\r"}
        return sum((before[-1:] in begins) + (after[:1] in ends) for before, after in pairwise(pieces))


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


def _items(path: Path, delimiter: str, width: int) -> Iterator[TextRow | Refusal]:
    with path.open(encoding=detect_encoding(path), newline="") as stream:
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
