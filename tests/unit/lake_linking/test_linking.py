"""Records prepared, a model trained, pairs scored: by one town in two registers."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.lake import Lake
from quanshu.lake.errors import MissingColumn, NoTable
from quanshu.lake.linking import (
    LEVELS,
    SHIPPED,
    LinkingFailed,
    NoRecord,
    explain,
    fusion_counts,
    group,
    prepare_records,
    score,
    train,
)
from quanshu.lake.linking.preparing import COLUMNS
from quanshu.lake.linking.types import Attribute, LinkModel, PartyKind, RecordInfo, RecordSource
from support_linking import POLICE, WATER, fill, town

RECORDS = "fusion.records"
PEOPLE = 520


def prepare(lake: Lake, **more: object) -> object:
    return prepare_records(lake, [POLICE, WATER], kind=PartyKind.PERSON, into=RECORDS, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake(tmp_path_factory.mktemp("linking"), memory_limit="512MB", threads=2)
    fill(lake, PEOPLE)
    prepare(lake)
    return lake


@pytest.fixture(scope="module")
def model(lake: Lake) -> LinkModel:
    return train(lake, RECORDS, PartyKind.PERSON)


def same(left: str, right: str) -> bool:
    return left.split(":")[1][1:] == right.split(":")[1][1:]


# -- preparing ----------------------------------------------------------------------------------------


def test_records_of_both_sources_stand_in_one_table(lake: Lake) -> None:
    rows = lake.read(RECORDS)
    assert tuple(rows.schema.names) == COLUMNS
    assert rows.num_rows == 2 * PEOPLE
    one = next(row for row in rows.to_pylist() if row["record"] == "water:W9")
    assert (one["source"], one["key"]) == ("water", '{"no":"W9"}')
    assert one["identifier"] is None
    assert len(one["identifier_raw"]) == 18
    assert one["birth_date"] is None
    known = next(row for row in rows.to_pylist() if row["record"] == "water:W1")
    assert (
        known["birth_date"] == f"{known['identifier'][6:10]}-{known['identifier'][10:12]}-{known['identifier'][12:14]}"
    )
    assert known["sex"] in ("1", "2")


def test_only_what_changed_is_told(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    fill(lake, 20)
    first = prepare(lake)
    assert (len(first.new), first.counts, first.unchanged) == (40, {"police": 20, "water": 20}, 0)
    assert first.unreadable == {"police": 0, "water": 2}
    again = prepare(lake, since=first.versions)
    assert (again.touched.num_rows, again.unchanged, again.version) == (0, 40, first.version)
    assert prepare(lake).touched.num_rows == 0

    customers = town(20)[1]
    moved = customers.slice(1).set_column(
        customers.schema.get_field_index("phone"),
        "phone",
        pa.array(
            [
                "13700000000" if no == "W2" else phone
                for no, phone in zip(*(customers.slice(1)[c].to_pylist() for c in ("no", "phone")), strict=True)
            ]
        ),
    )
    lake.overwrite(WATER.table, pa.concat_tables([moved, town(21)[1].slice(20)]))
    later = prepare(lake, since=first.versions, commit={"batch": "7"})
    assert (later.new, later.changed, later.gone) == (("water:W20",), ("water:W2",), ("water:W0",))
    assert later.unchanged == 38
    assert lake.count(RECORDS) == 40
    assert {change["_commit_version"] for change in lake.changes(RECORDS, first.version).to_pylist()} == {1, 2}


def test_a_source_that_is_no_longer_named_is_gone(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    fill(lake, 5)
    prepare(lake)
    left = prepare_records(lake, [POLICE], kind=PartyKind.PERSON, into=RECORDS)
    assert len(left.gone) == 5
    assert left.counts == {"police": 5}


def test_an_older_version_of_a_source_can_be_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    fill(lake, 5)
    fill(lake, 8)
    found = prepare_records(lake, [replace(POLICE, version=0)], kind=PartyKind.PERSON, into=RECORDS)
    assert (found.counts, found.versions) == ({"police": 5}, {"police": 0})


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (replace(POLICE, table="police.nothing"), NoTable),
        (replace(POLICE, columns={Attribute.NAME: "nothing"}), MissingColumn),
        (replace(POLICE, keys=("nothing",)), MissingColumn),
    ],
)
def test_a_wrong_source_is_refused_and_nothing_written(
    tmp_path: Path, source: RecordSource, error: type[Exception]
) -> None:
    lake = Lake(tmp_path)
    fill(lake, 3)
    with pytest.raises(error):
        prepare_records(lake, [source], kind=PartyKind.PERSON, into=RECORDS)
    assert not lake.exists(RECORDS)


@settings(max_examples=8, deadline=None)
@given(keys=st.lists(st.tuples(*[st.text("a|\\:", max_size=3)] * 2), unique=True, min_size=1, max_size=8))
def test_records_of_different_keys_have_different_names(
    keys: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lake = Lake(tmp_path_factory.mktemp("keys"))
    one, two = zip(*keys, strict=True)
    lake.append("a.t", pa.table({"one": one, "two": two, "name": ["王芳"] * len(keys)}))
    source = RecordSource("a", "a.t", ("one", "two"), {Attribute.NAME: "name"})
    found = prepare_records(lake, [source], kind=PartyKind.PERSON, into=RECORDS)
    assert found.counts == {"a": len(keys)}


# -- training and scoring -----------------------------------------------------------------------------


def test_a_model_is_the_same_each_time_and_goes_into_json(lake: Lake, model: LinkModel) -> None:
    again = train(lake, RECORDS, PartyKind.PERSON)
    assert again == model
    assert json.loads(json.dumps(model.settings)) == model.settings
    assert model.trained_on == 2 * PEOPLE
    assert 1 / (4 * PEOPLE) < model.settings["probability"] < 1 / PEOPLE
    for comparison in model.settings["comparisons"]:
        levels = [one for one in comparison["comparison_levels"] if not one.get("is_null_level")]
        for side in ("m_probability", "u_probability"):
            assert sum(one[side] for one in levels) == pytest.approx(1, abs=1e-6)
            assert all(one[side] > 0 for one in levels)


def test_few_records_leave_the_shipped_probabilities(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    fill(lake, 30)
    prepare(lake)
    few = train(lake, RECORDS, PartyKind.PERSON)
    shipped = SHIPPED[PartyKind.PERSON]
    assert few.settings["comparisons"] == shipped["comparisons"]
    assert few.settings["probability"] == shipped["probability"]
    found = score(lake, few, RECORDS, threshold=0.9).pairs.to_pylist()
    # The one without ID whose number changed has only its name and address to tell.
    assert sum(same(pair["left"], pair["right"]) for pair in found) == len(found) >= 29


def test_linking_finds_the_people(lake: Lake, model: LinkModel) -> None:
    found = score(lake, model, RECORDS, threshold=0.95)
    pairs = found.pairs.to_pylist()
    right = sum(same(pair["left"], pair["right"]) for pair in pairs)
    assert right / PEOPLE > 0.99
    assert right / len(pairs) > 0.99
    assert found.compared >= len(pairs)
    assert all(pair["left"] < pair["right"] for pair in pairs)
    assert {one["level"] for pair in pairs for one in pair["evidence"]} <= set(LEVELS)
    rows = lake.read(RECORDS, columns=["record", "source", "identifier"]).to_pylist()
    infos = [RecordInfo(row["record"], row["source"], row["identifier"], row["source"] == "police") for row in rows]
    groups = group(found.pairs, infos, threshold=0.95).groups
    assert sum(len(members) == 2 for members in groups) > 0.99 * PEOPLE


def test_two_batches_find_what_one_does(lake: Lake, model: LinkModel, tmp_path: Path) -> None:
    whole = score(lake, model, RECORDS, threshold=0.01).pairs
    half = Lake(tmp_path)
    fill(half, PEOPLE)
    half.overwrite(WATER.table, town(PEOPLE)[1].slice(0, PEOPLE // 2))
    first = prepare(half)
    before = score(half, model, RECORDS, new=first.new, threshold=0.01).pairs
    half.append(WATER.table, town(PEOPLE)[1].slice(PEOPLE // 2))
    second = prepare(half, since=first.versions)
    assert len(second.new) == PEOPLE - PEOPLE // 2
    after = score(half, model, RECORDS, new=second.new, threshold=0.01)
    assert after.compared < score(half, model, RECORDS, threshold=0.01).compared
    both = pa.concat_tables([before, after.pairs]).sort_by([("left", "ascending"), ("right", "ascending")])
    assert both.to_pylist() == whole.to_pylist()


def test_no_new_records_means_no_pairs(lake: Lake, model: LinkModel) -> None:
    found = score(lake, model, RECORDS, new=[], threshold=0.5)
    assert (found.pairs.num_rows, found.compared) == (0, 0)


def test_a_value_that_many_hold_is_left_out_and_told(lake: Lake, model: LinkModel) -> None:
    found = score(lake, model, RECORDS, threshold=0.5, max_block=1)
    assert found.pairs.num_rows == 0
    assert {one.blocking for one in found.left_out} >= {"identifier", "name and birth date"}
    assert all(one.records >= 2 * one.values for one in found.left_out)


def test_a_pair_is_explained_attribute_by_attribute(lake: Lake, model: LinkModel) -> None:
    pair = explain(lake, model, RECORDS, "water:W9", "police:P9")
    assert (pair.left, pair.right) == ("police:P9", "water:W9")
    said = {one.attribute: one.level for one in pair.evidence}
    assert list(said) == [one["output_column_name"] for one in model.settings["comparisons"]]
    assert said["identifier"] == "one character differs, one number is not valid"
    assert said["name"] == "same name"
    assert said["birth_date"] == "not known"
    total = sum(one.weight for one in pair.evidence)
    prior = model.settings["probability"]
    odds = prior / (1 - prior) * 2**total
    assert pair.probability == pytest.approx(odds / (1 + odds), rel=1e-6)
    strangers = explain(lake, model, RECORDS, "police:P1", "police:P2")
    assert strangers.probability < 0.01
    scored = score(lake, model, RECORDS, threshold=0.9).pairs
    row = scored.filter((pc.field("left") == pair.left) & (pc.field("right") == pair.right)).to_pylist()[0]
    assert row["probability"] == pair.probability


def test_records_that_are_not_there_cannot_be_explained(lake: Lake, model: LinkModel) -> None:
    for right in ("police:P999999", "police:P1"):
        with pytest.raises(NoRecord) as caught:
            explain(lake, model, RECORDS, "police:P1", right)
        assert "P1" not in str(caught.value)


def test_faults_and_logs_hold_no_value(
    lake: Lake, model: LinkModel, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    broken = json.loads(json.dumps(model.settings))
    broken["comparisons"][0]["comparison_levels"][1]["sql_condition"] = "CAST(name_l AS INTEGER) = 1"
    with pytest.raises(LinkingFailed) as caught:
        score(lake, replace(model, settings=broken), RECORDS, threshold=0.5)
    assert caught.value.__cause__ is None
    told = str(caught.value) + caplog.text + "".join(capfd.readouterr())
    names = set(lake.read(RECORDS, columns=["name"])["name"].to_pylist())
    assert not [name for name in names if name in told]


def test_nothing_is_left_on_disk(lake: Lake, model: LinkModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    before = {path for path in lake.root.rglob("*") if path.is_file()}
    score(lake, model, RECORDS, threshold=0.9)
    assert {path for path in lake.root.rglob("*") if path.is_file()} == before
    assert not list(tmp_path.iterdir())


def test_counts(lake: Lake, model: LinkModel) -> None:
    counts = fusion_counts(lake, RECORDS)
    assert counts.records == {"police": PEOPLE, "water": PEOPLE}
    known = sum(identity is not None for identity in lake.read(RECORDS)["identifier"].to_pylist()) - PEOPLE
    assert counts.overlaps == {("police", "water"): known}
    lake.overwrite(
        "fusion.pairs", score(lake, model, RECORDS, threshold=0.01).pairs.select(["left", "right", "probability"])
    )
    assert sum(fusion_counts(lake, RECORDS, pairs="fusion.pairs").pairs.values()) >= PEOPLE
