"""Every refusal says what is wrong and what to do, in the reader's language, and survives a process border."""

from __future__ import annotations

import inspect
import json
import pickle
import re
from datetime import date
from importlib import import_module
from pkgutil import walk_packages

import pytest

import quanshu
from quanshu.kernel import errors
from quanshu.kernel.errors import FieldError, FieldErrors, Invalid, QuanshuError


class NoColumn(Invalid):
    code = "test.no_column"
    message = "The file has no column %(column)s."
    remedy = "Add %(column)s or change the mapping."


def test_a_refusal_says_fault_and_remedy() -> None:
    fault = NoColumn(column="姓名", day=date(2026, 8, 1), names={"a"}, more={"k": [1, None]})
    assert str(fault) == "The file has no column 姓名."
    body = fault.as_dict()
    assert (body["code"], body["remedy"]) == ("test.no_column", "Add 姓名 or change the mapping.")
    assert json.loads(json.dumps(body["params"])) == {
        "column": "姓名",
        "day": "2026-08-01",
        "names": ["a"],
        "more": {"k": [1, None]},
    }


def test_the_reader_s_language_is_filled_after_translation() -> None:
    chinese = {NoColumn.message: "文件没有“%(column)s”列。", NoColumn.remedy: "请补上该列。"}
    fault = NoColumn(column="姓名")
    assert fault.render(chinese.__getitem__) == "文件没有“姓名”列。"
    assert fault.as_dict(chinese.__getitem__)["remedy"] == "请补上该列。"


def test_a_missing_parameter_never_hides_the_refusal() -> None:
    assert str(NoColumn()) == "The file has no column %(column)s."


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.Unauthenticated, 401),
        (errors.Forbidden, 403),
        (errors.NotFound, 404),
        (errors.Conflict, 409),
        (errors.Invalid, 422),
        (errors.TooMany, 429),
        (errors.Unavailable, 503),
    ],
)
def test_statuses(kind: type[QuanshuError], status: int) -> None:
    assert kind.status == status


def test_field_errors_name_every_field_at_once() -> None:
    fault = FieldErrors(
        errors=(
            FieldError("code", "%(value)s is no code.", "Enter 18 characters.", {"value": "12"}),
            FieldError("name", "A name is needed."),
        )
    )
    body = fault.as_dict()
    assert body["message"] == "Some fields are not right: code, name."
    assert body["errors"] == [
        {"field": "code", "fault": "12 is no code.", "remedy": "Enter 18 characters."},
        {"field": "name", "fault": "A name is needed.", "remedy": ""},
    ]


def test_refusals_cross_a_process_border() -> None:
    one = pickle.loads(pickle.dumps(NoColumn(column="a")))  # noqa: S301 - our own bytes
    assert (type(one), one.params) == (NoColumn, {"column": "a"})
    two = pickle.loads(pickle.dumps(FieldErrors(errors=(FieldError("code", "wrong"),))))  # noqa: S301 - our own bytes
    assert two.errors[0].field == "code"


def refusals() -> list[type[QuanshuError]]:
    found: set[type[QuanshuError]] = set()
    for package in ("quanshu.kernel", "quanshu.shared"):
        base = import_module(package)
        for info in walk_packages(base.__path__, f"{package}."):
            if not info.name.endswith((".errors", ".types", ".services", ".base", ".calendar", ".lists", ".exports")):
                continue
            members = inspect.getmembers(import_module(info.name), inspect.isclass)
            found |= {kind for _name, kind in members if issubclass(kind, QuanshuError)}
    return sorted((kind for kind in found if kind.__module__ != errors.__name__), key=lambda kind: kind.code)


def test_every_refusal_has_its_own_code_and_a_remedy() -> None:
    kinds = refusals()
    assert len(kinds) >= 20
    codes = [kind.code for kind in kinds]
    assert len(codes) == len(set(codes))
    for kind in kinds:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z_]+", kind.code), kind
        assert kind.message.endswith("."), kind
        assert kind.remedy.endswith("."), kind
    assert quanshu.__version__
