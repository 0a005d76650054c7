"""The synthetic city: the same every time, plausible, described by its manifest, wrong exactly where it says.

The rules are checked here by code of its own, so that a fault of the generator's checks cannot hide itself.
"""

import csv
import hashlib
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from quanshu.demo.synth import (
    CityManifest,
    ErrorRates,
    Finding,
    Rule,
    Table,
    generate_city,
    load_manifest,
    read_identities,
    read_truth,
    score_city,
)


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> CityManifest:
    return generate_city(tmp_path_factory.mktemp("planted"), residents=2500, seed=7)


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> CityManifest:
    target: Path = tmp_path_factory.mktemp("clean")
    return generate_city(target, residents=2500, seed=7, rates=ErrorRates.none())


Record = dict[str, str]


def records(city: CityManifest, table: Table) -> list[Record]:
    """The rows of a table as text, empty values as empty text."""
    path = city.path(table)
    if table.format == "csv":
        with path.open(encoding=table.encoding, newline="") as stream:
            return list(csv.DictReader(stream))
    if table.format == "xlsx":
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_name(table.sheet)
        header, *rows = sheet.to_python()
    else:
        with closing(sqlite3.connect(path)) as connection:
            cursor = connection.execute(f"SELECT * FROM {table.name}")
            header = [c[0] for c in cursor.description]
            rows = cursor.fetchall()
    return [{str(c): "" if v is None else str(v) for c, v in zip(header, row, strict=True)} for row in rows]


def readable(table: Table, record: Record) -> bool:
    """Whether every value can be cast to its column's type."""
    for column in table.columns:
        value = record[column.name]
        try:
            if value and column.type == "date":
                date.fromisoformat(value)
            elif value and column.type in ("integer", "decimal"):
                float(value)
        except ValueError:
            return False
    return True


def findings(city: CityManifest) -> list[Finding]:
    """What the rules of the manifest and intake find."""
    found: list[Finding] = []
    landed: dict[tuple[str, str], list[Record]] = {}
    for source in city.sources:
        for table in source.tables:
            rows, seen = [], set()
            for record in records(city, table):
                key = record[table.key[0]]
                faults = [
                    c.name for c in table.columns if not readable(table, {**_blank(table), c.name: record[c.name]})
                ]
                if key in seen:
                    faults.append(table.key[0])
                seen.add(key)
                found.extend(Finding(source.name, table.name, key, column, "intake") for column in faults)
                if not faults:
                    rows.append(record)
            landed[source.name, table.name] = rows
    for source in city.sources:
        for table in source.tables:
            for rule in table.rules:
                for record in _failing(landed, landed[source.name, table.name], rule):
                    key, column = record[table.key[0]], ",".join(rule.columns)
                    found.append(Finding(source.name, table.name, key, column, rule.kind))
    return found


def _blank(table: Table) -> Record:
    return {c.name: "" for c in table.columns}


def _failing(landed: dict[tuple[str, str], list[Record]], rows: list[Record], rule: Rule) -> Iterator[Record]:
    if rule.kind == "unique":
        counts = Counter(tuple(r[c] for c in rule.columns) for r in rows)
        yield from (
            r for r in rows if all(r[c] for c in rule.columns) and counts[tuple(r[c] for c in rule.columns)] > 1
        )
        return
    if rule.kind == "reference":
        target = landed[rule.params["source"], rule.params["table"]]
        known = {r[rule.params["column"]] for r in target}
        yield from (r for r in rows if r[rule.columns[0]] and r[rule.columns[0]] not in known)
        return
    yield from (r for r in rows if breaks(rule, [r[c] for c in rule.columns]))


def breaks(rule: Rule, values: list[str]) -> bool:
    """Whether the values of one row break a rule over one row."""
    if rule.kind == "required":
        return not values[0]
    if not all(values):
        return False
    value, params = values[0], rule.params
    checks: dict[str, Any] = {
        "code_list": lambda: value not in params["codes"],
        "pattern": lambda: not re.fullmatch(params["pattern"], value),
        "range": lambda: not params["min"] <= float(value) <= params["max"],
        "citizen_id": lambda: not is_citizen_id(value),
        "uscc": lambda: not is_uscc(value),
        "date_order": lambda: date.fromisoformat(values[1]) < date.fromisoformat(value),
    }
    return bool(checks[rule.kind]())


def is_citizen_id(text: str) -> bool:
    """GB 11643: the weighted sum of all eighteen places is 1 modulo 11, and the birth date exists."""
    if not re.fullmatch(r"\d{17}[\dX]", text):
        return False
    digits = [10 if c == "X" else int(c) for c in text]
    try:
        date.fromisoformat(f"{text[6:10]}-{text[10:12]}-{text[12:14]}")
    except ValueError:
        return False
    return sum(d * pow(2, 17 - i, 11) for i, d in enumerate(digits)) % 11 == 1


def is_uscc(text: str) -> bool:
    """GB 32100: the weighted sum of all eighteen places is 0 modulo 31."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    if len(text) != 18 or any(c not in alphabet for c in text):
        return False
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(text[:17]))
    return (total + alphabet.index(text[17])) % 31 == 0


def _content(folder: Path) -> dict[str, str]:
    content = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".xlsx":
            book = CalamineWorkbook.from_path(path)
            content[path.name] = repr([book.get_sheet_by_name(n).to_python() for n in book.sheet_names])
        else:
            content[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return content


def test_same_arguments_give_the_same_files(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        generate_city(tmp_path / name, residents=400, seed=seed)
    assert _content(tmp_path / "a") == _content(tmp_path / "b")
    assert _content(tmp_path / "a").keys() == _content(tmp_path / "c").keys()
    assert not set(_content(tmp_path / "a").items()) & set(_content(tmp_path / "c").items())


def test_a_second_run_replaces_the_files(tmp_path: Path) -> None:
    generate_city(tmp_path, residents=300, seed=1)
    before = _content(tmp_path)
    generate_city(tmp_path, residents=300, seed=1)
    assert _content(tmp_path) == before


def test_manifest_reads_back(planted: CityManifest) -> None:
    assert load_manifest(planted.root) == planted


def test_progress_counts_up_to_the_end(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    generate_city(tmp_path, residents=50, seed=1, progress=lambda *step: seen.append(step))
    done = [d for _, d, _ in seen]
    assert done == sorted(done)
    assert seen[-1][1] == seen[-1][2]


def test_a_city_of_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 20"):
        generate_city(tmp_path, residents=3, seed=1)


def test_files_hold_what_the_manifest_says(planted: CityManifest) -> None:
    grades = {f"general-{n}" for n in range(1, 5)} | {"important", "core"}
    masks = {"none", "full", "name", "citizen_id", "phone", "address"}
    for source in planted.sources:
        assert is_uscc(source.unit_code)
        for table in source.tables:
            rows = records(planted, table)
            names = [c.name for c in table.columns]
            assert len(rows) == table.rows > 0
            assert list(rows[0]) == names
            assert all(c.title and c.title_en and c.grade in grades and c.mask in masks for c in table.columns)
            assert all(c.code_list is None or c.code_list in planted.code_lists for c in table.columns)
            assert all(set(r.columns) <= set(names) for r in table.rules)
            assert table.abstract
            assert table.abstract_en
            assert table.share_type == 1 or table.share_condition
            for column in table.columns:
                if column.max_length:
                    assert max(len(r[column.name]) for r in rows) <= column.max_length, column.name


def test_the_enterprise_export_is_in_gb18030(planted: CityManifest) -> None:
    data = (planted.root / "enterprise.csv").read_bytes()
    assert "济南" in data.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")


def test_people_are_plausible(clean: CityManifest) -> None:
    people = records(clean, clean.source("public_security").table("resident"))
    today = date.fromisoformat(clean.today)
    ages = [(today - date.fromisoformat(p["birth_date"])).days / 365.25 for p in people]
    share = [sum(1 for a in ages if low <= a < high) / len(ages) for low, high in ((0, 15), (15, 60), (60, 120))]
    assert len(people) == 2500
    assert 0.12 < share[0] < 0.21
    assert 0.17 < share[2] < 0.27
    assert max(Counter(p["household_id"] for p in people).values()) <= 5
    assert len({p["division_code"][:6] for p in people}) == 13
    assert all(is_citizen_id(p["citizen_id"]) for p in people)
    assert all(p["citizen_id"][6:14] == p["birth_date"].replace("-", "") for p in people)
    assert all(int(p["citizen_id"][16]) % 2 == int(p["sex_code"]) % 2 for p in people)
    surnames = [n for n, _ in Counter(p["name"][0] for p in people).most_common(4)]
    assert set(surnames) <= {"王", "李", "张", "刘", "陈"}


def test_families_hold_together(clean: CityManifest) -> None:
    people = {p["citizen_id"]: p for p in records(clean, clean.source("public_security").table("resident"))}
    for birth in records(clean, clean.source("health").table("birth")):
        mother = people[birth["mother_id"]]
        years = int(birth["birth_date"][:4]) - int(mother["birth_date"][:4])
        assert 18 <= years <= 50
        assert mother["name"] == birth["mother_name"]
    for marriage in records(clean, clean.source("civil_affairs").table("marriage")):
        for side, least in (("husband", 22), ("wife", 20)):
            born = people[marriage[f"{side}_id"]]["birth_date"]
            assert int(marriage["registered_on"][:4]) - int(born[:4]) >= least
        assert marriage["registered_on"] <= clean.today


def test_check_characters_of_published_examples() -> None:
    assert is_citizen_id("11010519491231002X")
    assert is_uscc("91350100M000100Y43")


RULE_KINDS = {
    *("required", "code_list", "pattern", "range", "citizen_id", "uscc", "date_order", "unique", "reference"),
}


def test_a_city_without_planted_errors_breaks_no_rule(clean: CityManifest) -> None:
    assert read_truth(clean.truth) == []
    assert findings(clean) == []


def test_rules_find_every_planted_error_and_nothing_else(planted: CityManifest) -> None:
    score = score_city(planted.truth, findings(planted))
    assert score.missed == ()
    assert score.unfounded == ()
    assert (score.precision, score.recall) == (1.0, 1.0)
    assert set(score.by_kind) == RULE_KINDS
    assert score.intake.planted > 0
    assert (score.intake.precision, score.intake.recall) == (1.0, 1.0)
    assert score.fusion_only > 0


def test_rates_are_kept(planted: CityManifest) -> None:
    rows = planted.source("public_security").table("resident").rows
    typos = [t for t in read_truth(planted.truth) if t.table == "resident" and t.kind == "id_typo"]
    assert len(typos) == round(ErrorRates().id_typo * 2500)
    repeated = [t for t in read_truth(planted.truth) if t.table == "resident" and t.kind == "duplicate_record"]
    assert rows == 2500 + len(repeated)


def test_every_kind_of_error_is_planted(planted: CityManifest) -> None:
    kinds = {t.kind for t in read_truth(planted.truth)}
    # IDs are missing only where a city asks for it.
    assert kinds == set(ErrorRates.__dataclass_fields__) - {"id_missing"}
    assert set(planted.planted) == kinds


def test_planted_values_stand_in_the_files(planted: CityManifest) -> None:
    files = {(s.name, t.name): {r[t.key[0]]: r for r in records(planted, t)} for s in planted.sources for t in s.tables}
    for entry in read_truth(planted.truth):
        row = files[entry.source, entry.table].get(entry.key)
        if entry.kind == "missing_record":
            assert row is None
            continue
        assert row is not None
        if entry.kind != "duplicate_key":
            assert row[entry.column.split(",")[-1]] == entry.planted


def test_late_deaths_are_deaths_elsewhere(planted: CityManifest) -> None:
    people = records(planted, planted.source("public_security").table("resident"))
    by_id = {p["citizen_id"]: p for p in people}
    dead = {r["citizen_id"] for r in records(planted, planted.source("health").table("death"))}
    dead |= {r["citizen_id"] for r in records(planted, planted.source("civil_affairs").table("cremation"))}
    late = {t.key for t in read_truth(planted.truth) if t.kind == "late_death" and t.table == "elderly_allowance"}
    paid = records(planted, planted.source("civil_affairs").table("elderly_allowance"))
    ids = {r["citizen_id"] for r in paid if r["allowance_no"] in late}
    assert ids
    assert all(i in dead or by_id[i]["status_code"] == "2" for i in ids)


def test_a_wrong_finding_costs_precision_and_a_missed_error_recall(planted: CityManifest) -> None:
    all_found = [f for f in findings(planted) if f.kind != "intake"]
    wrong = Finding("health", "birth", "nobody", "weight_g", "range")
    score = score_city(planted.root, [*all_found, wrong])
    assert score.unfounded == (wrong,)
    assert score.by_kind["range"].wrong == 1
    assert score.precision < 1.0 == score.recall
    score = score_city(planted.root, [f for f in all_found if f.kind != "uscc"])
    assert score.by_kind["uscc"].recall == 0.0
    assert {e.detectable_by for e in score.missed} == {"uscc"}
    assert score.recall < 1.0 == score.precision


def test_findings_may_come_as_mappings_with_wrapped_keys_and_repeat(planted: CityManifest) -> None:
    entry = next(t for t in read_truth(planted.truth) if t.detectable_by == "citizen_id")
    place = {"source": entry.source, "table": entry.table, "column": entry.column, "kind": "citizen_id"}
    keys = (entry.key, f'["{entry.key}"]', f'{{"any": "{entry.key}"}}')
    score = score_city(planted.truth, [place | {"key": key} for key in keys])
    assert (score.overall.right, score.overall.wrong, score.overall.found) == (1, 0, 1)


def test_either_of_two_rows_with_the_same_value_finds_the_repetition(planted: CityManifest) -> None:
    entry = next(t for t in read_truth(planted.truth) if t.detectable_by == "unique")
    for key in (entry.key, entry.original):
        score = score_city(planted.truth, [Finding(entry.source, entry.table, key, entry.column, "unique")])
        assert (score.overall.right, score.by_kind["unique"].found) == (1, 1)


def test_nothing_reported_is_precise_but_finds_nothing(planted: CityManifest) -> None:
    score = score_city(planted.truth, [])
    assert (score.precision, score.recall) == (1.0, 0.0)


def test_every_row_says_whom_it_is_about(planted: CityManifest) -> None:
    known = {(i.source, i.table, i.key, i.column): i.person for i in read_identities(planted.identities)}
    residents = records(planted, planted.source("public_security").table("resident"))
    # Repetitions stand last, so that the first of two rows counts.
    numbers = {row["citizen_id"]: row["person_no"] for row in reversed(residents) if row["citizen_id"]}
    wrong = {(t.source, t.table, t.key) for t in read_truth(planted.truth)}
    checked = 0
    for source in planted.sources:
        for table in source.tables:
            columns = [column.name for column in table.columns if column.mask == "citizen_id"]
            for row in records(planted, table):
                place = (source.name, table.name, row[table.key[0]])
                for column in columns:
                    if row[column] in numbers and place not in wrong:
                        assert known[*place, column] == numbers[row[column]]
                        checked += 1
    assert checked > 5000
    repeated = next(t for t in read_truth(planted.truth) if t.kind == "duplicate_record" and t.table == "resident")
    assert known["public_security", "resident", repeated.key, "citizen_id"] == repeated.original


def test_ids_can_be_weak(tmp_path: Path) -> None:
    city = generate_city(tmp_path, residents=600, seed=3, rates=ErrorRates.weak_ids(0.10))
    truth = [t for t in read_truth(city.truth) if (t.table, t.column) == ("resident", "citizen_id")]
    kinds = Counter(t.kind for t in truth)
    assert (kinds["id_missing"], kinds["id_typo"], kinds["id_swapped"]) == (30, 15, 15)
    rows = {row["person_no"]: row for row in records(city, city.source("public_security").table("resident"))}
    missing = {t.key for t in truth if t.kind == "id_missing"}
    assert all(not rows[key]["citizen_id"] for key in missing)
    known = {i.key for i in read_identities(city.identities) if i.table == "resident"}
    assert known >= missing
