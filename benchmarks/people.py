"""A table of persons of any size for benchmarks, made inside the engine: one row in a hundred carries a fault."""

from __future__ import annotations

from quanshu.kernel.identifiers.uscc import check_character
from quanshu.lake import Lake, engine

# A valid citizen ID for each day of birth and serial, its check digit by GB 11643.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SUM = " + ".join(f"{weight} * CAST(substr(body, {place}, 1) AS INTEGER)" for place, weight in enumerate(_WEIGHTS, 1))
_BODIES = [f"91370100MA3C8YQ{number:02d}" for number in range(100)]
_CODES = ", ".join(f"'{body}{check_character(body)}'" for body in _BODIES)
PEOPLE = f"""
SELECT 'P' || lpad(n::VARCHAR, 10, '0') AS id,
    CASE WHEN n % 100 = 0 THEN '' ELSE chr(19968 + (n % 400)::INTEGER) || chr(20968 + (n % 917)::INTEGER) END AS name,
    (1 + n % 2)::VARCHAR AS sex,
    CASE WHEN n % 100 = 1 THEN '1380' ELSE '138' || lpad((n % 100000000)::VARCHAR, 8, '0') END AS phone,
    (n % 110)::BIGINT AS age,
    body || CASE WHEN n % 100 = 2 THEN '?' ELSE substr('10X98765432', ({_SUM}) % 11 + 1, 1) END AS citizen_id,
    CASE WHEN n % 100 = 4 THEN '91370100MA3C8YQ123' ELSE list_extract([{_CODES}], (1 + n % 100)::INTEGER) END AS uscc,
    born::VARCHAR AS born,
    CASE WHEN n % 100 = 3 THEN '1930-01-01' ELSE '2026-01-01' END AS updated,
    '3701' || lpad((2 + n % 4)::VARCHAR, 2, '0') || '001001' AS division,
    'H' || lpad((n // 3)::VARCHAR, 9, '0') AS household,
    (n % 9973) / 100.0 AS amount,
    CASE n % 5 WHEN 0 THEN 'A' WHEN 1 THEN 'B' WHEN 2 THEN 'C' WHEN 3 THEN 'D' ELSE 'E' END AS status,
    '泉城路' || (n % 900)::VARCHAR || '号' AS address
FROM (SELECT n, born, '370102' || strftime(born, '%Y%m%d') || lpad((n % 1000)::VARCHAR, 3, '0') AS body
      FROM (SELECT range AS n, DATE '1940-01-01' + (range % 28000)::INTEGER AS born FROM range({{rows}})))
"""


def write_people(lake: Lake, table: str, rows: int) -> None:
    """Write the table into the lake."""
    with lake.connect() as connection:
        lake.create(table, engine.reader(connection, PEOPLE.format(rows=rows)))
