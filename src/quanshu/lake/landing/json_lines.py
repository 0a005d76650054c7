"""JSON lines: one JSON object a line, UTF-8."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from quanshu.lake.landing.records import KEPT_TEXT, SAMPLE, Numbered, columns_of, parse, record_items
from quanshu.lake.landing.types import BadEncoding, EmptySource, Reason, Refusal, TextRows, check_header


def read_json_lines(path: Path) -> TextRows:
    """Read a file of JSON lines; blank lines are no rows.

    The columns are the fields of the first thousand records; a record may leave some out. Raises
    `lake.bad_encoding`, `lake.empty_source`, `lake.bad_header`.
    """
    sample = [record for _number, record in islice(_records(path), SAMPLE) if not isinstance(record, Refusal)]
    columns = columns_of(sample)
    if not columns:
        raise EmptySource(source=path.name)
    names = check_header(path.name, columns)
    return TextRows(names, record_items(_records(path), names))


def _records(path: Path) -> Iterator[Numbered]:
    number = 0
    with path.open(encoding="utf-8-sig") as stream:
        try:
            for number, line in enumerate(stream, start=1):
                text = line.strip()
                if not text:
                    continue
                try:
                    yield number, parse(text)
                except (ValueError, RecursionError):
                    kept = text[:KEPT_TEXT]
                    whole = json.dumps({"text": kept}, ensure_ascii=False)
                    yield number, Refusal(number, Reason.NOT_AN_OBJECT, whole, value=kept)
        except UnicodeDecodeError as error:
            raise BadEncoding(source=path.name, line=number + 1) from error
