r"""Text to a contract's types, as DuckDB expressions.

Dates may be written 2024-01-31, 2024/1/31, 2024.1.31, 20240131 or 2024年1月31日; a time of midnight
after a date is dropped. Years run from 1000 to 2999. Numbers are plain digits with an optional
sign and decimal point: thousands separators and exponents are refused, not guessed at.
"""

from quanshu.lake.landing.types import ColumnSpec, DataType, Reason
from quanshu.lake.schema import literal

DEFAULT_PRECISION = 18
DEFAULT_SCALE = 4

_INTEGER = r"^[+-]?\d+$"
_DECIMAL = r"^[+-]?(\d+\.?\d*|\.\d+)$"
_DAY = r"([12]\d{3})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
_DAY_DIGITS = r"([12]\d{3})(\d{2})(\d{2})"
_MIDNIGHT = r"(?:[ T]0?0:00(?::00(?:\.0+)?)?)?"
_CLOCK = r"(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)"
_ZONE = r"( ?(?:Z|[+-]\d{2}:?\d{2}))"

_DATE_FORMS = ((f"^{_DAY}{_MIDNIGHT}$", r"\1-\2-\3"), (f"^{_DAY_DIGITS}$", r"\1-\2-\3"))
_DATETIME_FORMS = (
    (f"^{_DAY}$", r"\1-\2-\3 00:00:00"),
    (f"^{_DAY}[ T]{_CLOCK}$", r"\1-\2-\3 \4"),
    (f"^{_DAY_DIGITS}$", r"\1-\2-\3 00:00:00"),
    (rf"^{_DAY_DIGITS}(\d{{2}})(\d{{2}})(\d{{2}})$", r"\1-\2-\3 \4:\5:\6"),
)
_TRUE = ("true", "t", "yes", "y", "1", "是", "真")
_FALSE = ("false", "f", "no", "n", "0", "否", "假")


def decimal_digits(column: ColumnSpec) -> tuple[int, int]:
    """Precision and scale of a decimal column."""
    scale = DEFAULT_SCALE if column.scale is None else column.scale
    return column.precision or max(DEFAULT_PRECISION, scale), scale


def cast_sql(column: ColumnSpec, value: str) -> str:
    """The typed value of `value` (trimmed text, never empty), or NULL where it does not fit."""
    match column.type:
        case DataType.STRING:
            return value
        case DataType.INTEGER:
            return f"CASE WHEN {_matches(value, _INTEGER)} THEN TRY_CAST({value} AS BIGINT) END"
        case DataType.DECIMAL:
            precision, scale = decimal_digits(column)
            number = f"TRY_CAST({value} AS DECIMAL({precision}, {scale}))"
            return f"CASE WHEN {_matches(value, _DECIMAL)} THEN {number} END"
        case DataType.BOOLEAN:
            return f"CASE WHEN {_among(value, _TRUE)} THEN true WHEN {_among(value, _FALSE)} THEN false END"
        case DataType.DATE:
            if column.date_format:
                return f"CAST(try_strptime({value}, {literal(column.date_format)}) AS DATE)"
            return f"CASE WHEN {_iso_day(value)} THEN TRY_CAST({value} AS DATE) ELSE {_any_day(value)} END"
        case DataType.DATETIME:
            return _datetime(column, value)


def _iso_day(value: str) -> str:
    """Whether a text has the form of nearly every date, so that the others need not be tried."""
    dashes = f"{value}[5] = '-' AND {value}[8] = '-'"
    return f"({value} >= '1000' AND {value} < '3' AND length({value}) = 10 AND {dashes})"


def _any_day(value: str) -> str:
    return f"TRY_CAST({_rewritten(value, _DATE_FORMS)} AS DATE)"


def _datetime(column: ColumnSpec, value: str) -> str:
    if column.date_format:
        return f"CAST(try_strptime({value}, {literal(column.date_format)}) AS TIMESTAMP)"
    zoned = ((f"^{_DAY}[ T]{_CLOCK}{_ZONE}$", r"\1-\2-\3 \4\5"),)
    with_zone = f"TRY_CAST({_rewritten(value, zoned)} AS TIMESTAMPTZ) AT TIME ZONE 'Asia/Shanghai'"
    return f"coalesce(TRY_CAST({_rewritten(value, _DATETIME_FORMS)} AS TIMESTAMP), {with_zone})"


def fault_sql(column: ColumnSpec, value: str, typed: str, *, required: bool) -> str:
    """The reason why `value` does not fit, or NULL; `typed` is what `cast_sql` made of it."""
    cases = [f"WHEN {value} IS NULL THEN {literal(Reason.MISSING_VALUE) if required else 'NULL'}"]
    match column.type:
        case DataType.STRING:
            if column.max_length is not None:
                cases.append(f"WHEN length({value}) > {column.max_length:d} THEN {literal(Reason.TOO_LONG)}")
        case DataType.INTEGER:
            cases.append(f"WHEN {typed} IS NOT NULL THEN NULL")
            cases.append(f"WHEN NOT {_matches(value, _INTEGER)} THEN {literal(Reason.NOT_INTEGER)}")
            cases.append(f"WHEN {typed} IS NULL THEN {literal(Reason.OUT_OF_RANGE)}")
        case DataType.DECIMAL:
            # A number with no more decimals than there is room for and a value has no fault; most are such.
            point = f"strpos({value}, '.')"
            few = f"({point} = 0 OR length({value}) - {point} <= {decimal_digits(column)[1]})"
            cases.append(f"WHEN {typed} IS NOT NULL AND {few} THEN NULL")
            cases.extend(_decimal_faults(column, value))
            cases.append(f"WHEN {typed} IS NULL THEN {literal(Reason.OUT_OF_RANGE)}")
        case DataType.BOOLEAN | DataType.DATE | DataType.DATETIME:
            reason = Reason(f"not_{column.type}")
            cases.append(f"WHEN {typed} IS NULL THEN {literal(reason)}")
    return f"CASE {' '.join(cases)} END"


def _decimal_faults(column: ColumnSpec, value: str) -> list[str]:
    # A cast would round surplus decimals away without a word; zeros at the end carry nothing.
    precision, scale = decimal_digits(column)
    fraction = f"length(rtrim(split_part({value}, '.', 2), '0'))"
    whole = f"length(ltrim(split_part({value}, '.', 1), '+-0'))"
    return [
        f"WHEN NOT {_matches(value, _DECIMAL)} THEN {literal(Reason.NOT_DECIMAL)}",
        f"WHEN {whole} > {precision - scale} THEN {literal(Reason.TOO_MANY_DIGITS)}",
        f"WHEN {fraction} > {scale} THEN {literal(Reason.TOO_MANY_DECIMALS)}",
    ]


def _matches(value: str, pattern: str) -> str:
    return f"regexp_matches({value}, {literal(pattern)})"


def _among(value: str, words: tuple[str, ...]) -> str:
    return f"lower({value}) IN ({', '.join(literal(word) for word in words)})"


def _rewritten(value: str, forms: tuple[tuple[str, str], ...]) -> str:
    cases = " ".join(
        f"WHEN {_matches(value, pattern)} THEN regexp_replace({value}, {literal(pattern)}, {literal(form)})"
        for pattern, form in forms
    )
    return f"CASE {cases} END"
