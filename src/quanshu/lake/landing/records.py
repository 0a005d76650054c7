"""Records with named values (JSON objects) as rows of text."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from quanshu.lake.landing.types import Reason, Refusal, TextRow

# Text kept of a record that could not be used.
KEPT_TEXT = 4_000
# Records from which the columns are told; a field that first shows later is unknown.
SAMPLE = 1_000

Numbered = tuple[int, Any]


def record_text(value: Any) -> str | None:
    """The text of a JSON value: numbers as written, `true` and `false`, objects and lists as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def parse(text: str) -> Any:
    """JSON with exact numbers: an identifier of 18 digits and an amount keep every digit."""
    return json.loads(text, parse_float=Decimal)


def columns_of(records: Iterable[Any]) -> list[str]:
    """Names in the order in which records first have them."""
    names: dict[str, None] = {}
    for record in records:
        if isinstance(record, Mapping):
            names.update(dict.fromkeys(str(name).strip() for name in record))
    return list(names)


def record_items(records: Iterable[Numbered], columns: Sequence[str]) -> Iterator[TextRow | Refusal]:
    """Rows of the records; what is no object, or has a field of no column, is a refusal."""
    known = frozenset(columns)
    for number, record in records:
        if isinstance(record, Refusal):
            yield record
            continue
        if not isinstance(record, Mapping):
            text = json.dumps(record, ensure_ascii=False, default=str)[:KEPT_TEXT]
            yield Refusal(number, Reason.NOT_AN_OBJECT, json.dumps({"text": text}, ensure_ascii=False), value=text)
            continue
        texts = {str(name).strip(): record_text(value) for name, value in record.items()}
        unknown = [name for name in texts if name not in known]
        if unknown:
            whole = json.dumps(texts, ensure_ascii=False)
            yield Refusal(number, Reason.UNKNOWN_FIELD, whole, column=unknown[0], value=texts[unknown[0]])
            continue
        yield number, [texts.get(name) for name in columns]
