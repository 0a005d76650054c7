"""Statistics and composites in the sandbox: read, refused and answered in the form of the service."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from quanshu.gateway.execution import Answer, BadParameter, FieldNotGranted
from quanshu.gateway.sampling import MOST_CELLS, SampleComposite, SampleStatistic
from quanshu.gateway.sandbox import executor_of
from quanshu.gateway.shape_specs import (
    CompositeSpec,
    GroupSpec,
    InputSpec,
    MeasureSpec,
    NodeSpec,
    OutputSpec,
    StatisticSpec,
)
from quanshu.gateway.snapshot import FieldSpec, SandboxSpec, ServiceSpec
from quanshu.gateway.synthetic import ColumnShape
from support_gateway import ID, a_service

KINDS = ("count", "share", "sum", "average")
CUBE = StatisticSpec(
    groups=(GroupSpec("sex", ("1", "2")), GroupSpec("place", tuple(f"p{number:03d}" for number in range(600)))),
    measures=tuple(MeasureSpec(f"m_{kind}", kind) for kind in KINDS),
    least=10,
    percent=10,
)
NAMES = ("sex", "place", *(measure.name for measure in CUBE.measures))
GRAPH = CompositeSpec(
    nodes=(
        NodeSpec("person", "a", 2, (InputSpec("id", "id"),)),
        NodeSpec("check", "b", 1, (InputSpec("id", "id"),), required=False),
        NodeSpec("unused", "c", 1, (InputSpec("id", "id"),), required=False),
    ),
    outputs=(
        OutputSpec("name", (("person", "name"),)),
        OutputSpec("same", (("check", "result"),)),
        OutputSpec("other", (("unused", "name"),)),
    ),
)


def a_statistic() -> ServiceSpec:
    fields = tuple(FieldSpec(name, name) for name in NAMES)
    return replace(a_service("s"), shape="statistic", parameters=(), fields=fields, statistic=CUBE)


def cells(given: dict[str, object]) -> list[dict[str, object]]:
    """The answer to one call, as the sandbox makes it."""
    made = executor_of(SandboxSpec(a_statistic(), ()), Path("/nowhere"))
    assert isinstance(made, SampleStatistic)
    found = made.run(made.read(given), made.pick(made.asks(given, None), NAMES))
    assert isinstance(found, Answer)
    return found.data or []


def test_the_whole_is_one_cell_with_every_measure_in_its_form() -> None:
    (whole,) = cells({})
    assert list(whole) == [measure.name for measure in CUBE.measures]
    assert isinstance(whole["m_count"], int)
    assert 0 <= whole["m_share"] <= 1
    assert isinstance(whole["m_sum"], float)


def test_a_table_has_each_value_of_its_group_once_and_stays_the_same() -> None:
    found = cells({"groups": ["place"], "measures": ["m_count"]})
    assert [row["place"] for row in found] == list(CUBE.groups[1].values)
    assert found == cells({"groups": "place", "measures": "m_count"})
    stars = [row for row in found if row["m_count"] == "*"]
    assert 0 < len(stars) < len(found) / 4


def test_a_filter_narrows_to_the_cells_that_the_table_has() -> None:
    whole = {row["sex"]: row for row in cells({"groups": "sex", "measures": "m_sum"})}
    assert cells({"sex": "2", "measures": "m_sum"}) == [whole["2"]]


def test_many_cells_end_at_a_thousand() -> None:
    assert len(cells({"groups": "sex,place"})) == MOST_CELLS


@pytest.mark.parametrize("given", [{"groups": "nothing"}, {"sex": "3"}, {"measures": 5}, {"other": "1"}])
def test_what_the_service_does_not_list_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(BadParameter):
        cells(given)


def a_composite(folder: Path) -> SampleComposite:
    fields = (FieldSpec("name", "person.name"), FieldSpec("same", "check.result"), FieldSpec("other", "unused.name"))
    service = replace(a_service("w"), shape="composite", parameters=(ID,), fields=fields, composite=GRAPH)
    words = ("match", "mismatch", "no_record")
    shapes = (
        ColumnShape("id", kind="citizen_id", search=True),
        ColumnShape("person.name", kind="name"),
        ColumnShape("check.result", codes=words),
        ColumnShape("unused.name"),
    )
    made = executor_of(SandboxSpec(service, shapes), folder)
    assert isinstance(made, SampleComposite)
    return made


def test_a_composite_tells_of_the_parts_that_its_fields_need(tmp_path: Path) -> None:
    made = a_composite(tmp_path)
    assert [part["node"] for part in made.parts(("name", "same"))] == ["person", "check"]
    assert [part["node"] for part in made.parts(("other",))] == ["person", "unused"], "a required part is always called"
    part = made.parts(("name",))[0]
    assert (part["outcome"], part["required"], part["receipt_id"][:8]) == ("ok", True, "sandbox-")


def test_a_composite_that_names_a_field_it_has_not_is_refused(tmp_path: Path) -> None:
    made = a_composite(tmp_path)
    with pytest.raises(FieldNotGranted):
        made.pick(["address"], ["name", "same", "other"])
