"""Services as SQL: look-ups, verifications, masks inside the query, parameters with types and limits."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.gateway.execution import (
    BadParameter,
    Executor,
    FieldNotGranted,
    TableMissing,
    pick_fields,
    read_parameters,
)
from quanshu.gateway.snapshot import FieldSpec, ParameterSpec, ServiceSpec

ID = ParameterSpec("id", "身份证号", pattern=r"\d{17}[\dX]", max_length=18)
NAME = ParameterSpec("name", "姓名", compare=True, max_length=20)
QUERY = ServiceSpec(
    sid="jn-person",
    version=1,
    name="人口查询",
    shape="query",
    table_file="person.sqlite",
    table="ga_person",
    parameters=(ID,),
    fields=(
        FieldSpec("id", "身份证号", mask="citizen_id"),
        FieldSpec("name", "姓名", mask="name"),
        FieldSpec("phone", "电话", mask="phone"),
        FieldSpec("age", "年龄", "integer"),
        FieldSpec("mark", "身份证号", mask="hash"),
    ),
    row_cap=2,
)
VERIFY = dataclasses.replace(QUERY, shape="verify", parameters=(ID, NAME), fields=())
ROWS = [
    ("370102199001010018", "张三丰", "13800001234", 35),
    ("370102199001010026", "欧阳修", "13900005678", 36),
    ("370102199001010034", "李四", None, None),
    ("370102199001010034", "李四 ", None, 40),
    ("370102199001010034", "王五", None, 41),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serving")
    connection = sqlite3.connect(folder / "person.sqlite")
    connection.execute('CREATE TABLE ga_person ("身份证号" TEXT, "姓名" TEXT, "电话" TEXT, "年龄" INTEGER)')
    connection.executemany("INSERT INTO ga_person VALUES (?, ?, ?, ?)", ROWS)
    connection.commit()
    connection.close()
    return folder


def test_a_query_answers_with_the_fields_asked_for_masked(folder: Path) -> None:
    found = Executor(QUERY, folder).run({"id": "370102199001010018"}, ("name", "phone", "age", "id"))
    assert found.data == [{"name": "张**", "phone": "138****1234", "age": 35, "id": "370102********0018"}]
    assert (found.rows, found.result) == (1, None)


def test_no_row_is_an_answer(folder: Path) -> None:
    assert Executor(QUERY, folder).run({"id": "37010219900101999X"}, ("name",)).data == []


def test_rows_stop_at_the_cap(folder: Path) -> None:
    assert Executor(QUERY, folder).run({"id": "370102199001010034"}, ("name",)).rows == 2


def test_clear_values_do_not_leave_the_database(folder: Path) -> None:
    """What SQLite hands over is masked already: the masks are in the statement it runs."""
    executor = Executor(QUERY, folder)
    connection = executor.table._connection()
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    executor.run({"id": "370102199001010018"}, ("name", "phone"))
    (sql,) = seen
    assert "SUBSTR" in sql.upper()
    assert sql.count("姓名") > 1
    rows = connection.execute(sql).fetchall()
    assert rows == [("张**", "138****1234")]


def test_hashes_are_salted(folder: Path) -> None:
    asked = ({"id": "370102199001010018"}, ("mark",))
    plain = Executor(QUERY, folder).run(*asked).data
    salted = Executor(QUERY, folder, salt="platform").run(*asked).data
    assert plain != salted
    assert salted == Executor(QUERY, folder, salt="platform").run(*asked).data
    assert salted is not None
    assert len(salted[0]["mark"]) == 64


@pytest.mark.parametrize(
    ("id_", "name", "result"),
    [
        ("370102199001010018", "张三丰", "match"),
        ("370102199001010018", "张三", "mismatch"),
        ("37010219900101999X", "张三丰", "no_record"),
        ("370102199001010034", "李四", "match"),
        ("370102199001010034", "王五", "match"),
        ("370102199001010034", "赵六", "mismatch"),
    ],
)
def test_a_verification_says_yes_no_or_no_record_and_nothing_else(
    folder: Path, id_: str, name: str, result: str
) -> None:
    found = Executor(VERIFY, folder).run({"id": id_, "name": name}, ())
    assert (found.result, found.data) == (result, None)


def test_values_are_bound_never_spliced(folder: Path) -> None:
    service = dataclasses.replace(QUERY, parameters=(ParameterSpec("id", "身份证号"),))
    for text in ("' OR '1'='1", '" OR 1=1 --', "370102199001010018'; DROP TABLE ga_person; --", "%", "\x00"):
        assert Executor(service, folder).run({"id": text}, ("name",)).data == []
    assert Executor(service, folder).run({"id": "370102199001010018"}, ("name",)).rows == 1


def test_a_missing_table_is_told_and_found_when_it_comes(folder: Path, tmp_path: Path) -> None:
    executor = Executor(QUERY, tmp_path)
    with pytest.raises(TableMissing):
        executor.run({"id": "370102199001010018"}, ("name",))
    (tmp_path / "person.sqlite").write_bytes((folder / "person.sqlite").read_bytes())
    assert executor.run({"id": "370102199001010018"}, ("name",)).rows == 1
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "person.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(TableMissing):
        Executor(QUERY, tmp_path / "bad").run({"id": "370102199001010018"}, ("name",))


def fault(service: ServiceSpec, given: dict[str, object]) -> tuple[str, str]:
    with pytest.raises(BadParameter) as caught:
        read_parameters(service, given)
    return caught.value.params["name"], caught.value.params["fault_en"]


def test_parameters_are_named_when_they_are_at_fault() -> None:
    good = "370102199001010018"
    assert read_parameters(QUERY, {"id": f" {good} "}) == {"id": good}
    assert fault(QUERY, {"id": good, "x": 1}) == ("x", "the service has no such parameter")
    assert fault(QUERY, {}) == ("id", "is required")
    assert fault(QUERY, {"id": ""}) == ("id", "is required")
    assert fault(QUERY, {"id": None}) == ("id", "is required")
    assert fault(QUERY, {"id": good + "0"}) == ("id", "longer than 18 characters")
    assert fault(QUERY, {"id": good[:-1]}) == ("id", "does not have the form asked for")
    for value in (True, [good], {"a": good}):
        assert fault(QUERY, {"id": value}) == ("id", "must be a text or a number")


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("integer", 42, "42"),
        ("integer", "-7", "-7"),
        ("integer", "4.2", None),
        ("integer", "４２", None),
        ("integer", 4.2, None),
        ("decimal", "12.50", "12.50"),
        ("decimal", "1e5", None),
        ("decimal", "nan", None),
        ("date", "2026-02-28", "2026-02-28"),
        ("date", "2026-02-30", None),
        ("date", "20260228", None),
        ("date", "2026-W09-6", None),
        ("boolean", True, "1"),
        ("boolean", "false", "0"),
        ("boolean", "TRUE", "1"),
        ("boolean", "yes", None),
    ],
)
def test_types(type_: str, value: object, expected: str | None) -> None:
    service = dataclasses.replace(QUERY, parameters=(ParameterSpec("p", "p", type_),))
    if expected is None:
        assert fault(service, {"p": value})[0] == "p"
        return
    assert read_parameters(service, {"p": value}) == {"p": expected}


def test_a_search_needs_one_of_its_parameters_and_a_verification_something_to_compare() -> None:
    either = (ParameterSpec("a", "a", required=False), ParameterSpec("b", "b", required=False))
    assert fault(dataclasses.replace(QUERY, parameters=either), {}) == ("a, b", "at least one is required")
    assert read_parameters(dataclasses.replace(QUERY, parameters=either), {"b": "x"}) == {"b": "x"}
    optional = dataclasses.replace(NAME, required=False)
    service = dataclasses.replace(VERIFY, parameters=(ID, optional))
    assert fault(service, {"id": "370102199001010018"}) == ("name", "at least one is required")


@given(st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.floats() | st.text(max_size=30), max_size=3))
def test_whatever_is_given_is_read_or_refused(given_: dict[str, object]) -> None:
    try:
        values = read_parameters(QUERY, given_)
    except BadParameter:
        return
    assert set(values) == {"id"}


def test_fields_are_those_granted_and_still_offered() -> None:
    assert pick_fields(QUERY, None, ("name", "age")) == ("name", "age")
    assert pick_fields(QUERY, ["age", "age"], ("name", "age")) == ("age",)
    assert pick_fields(QUERY, None, ("name", "withdrawn")) == ("name",)
    for asked, granted in ((["phone"], ("name",)), (["withdrawn"], ("name", "withdrawn")), (None, ("withdrawn",))):
        with pytest.raises(FieldNotGranted):
            pick_fields(QUERY, asked, granted)
