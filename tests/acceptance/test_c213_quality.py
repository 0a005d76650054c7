"""Clause 2.1.3, data quality: problems are found on landing, corrected at the source, and close within two days.

Everything a person does goes over HTTP; the worker's part is what the worker runs.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quanshu.kernel.clock import freeze
from support_catalogue import make_cast
from support_quality import GOOD, MONDAY, RIGHT, WRONG, own_lake, published, work, write_rows

pytestmark = pytest.mark.django_db
QUALITY, INTAKE = "/api/v1/quality", "/api/v1/intake"
RULES = (
    ("公民身份号码有效", "citizen_id", ["person_id"], {}),
    ("姓名必填", "required", ["name"], {}),
    ("性别代码有效", "code_list", ["sex"], {"codes": ["1", "2"]}),
    ("迁入不晚于迁出", "date_order", ["moved_in", "moved_out"], {}),
)


def call(program: Client, method: str, path: str, body: Any = None) -> Any:
    """One call of the API, and its answer."""
    response = getattr(program, method)(path, body, content_type="application/json")
    assert response.status_code in {200, 201, 202}, response.content
    return response.json()


def page(browser: Client, path: str) -> str:
    """What a person sees, without tags."""
    response = browser.get(path)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def run_source(program: Client, source: str, at: Any) -> dict[str, Any]:
    """Start a load, let the worker do it and the check that follows; the run as it ended."""
    with freeze(at):
        run = call(program, "post", f"{INTAKE}/sources/{source}/runs")
        work(at)
        return dict(call(program, "get", f"{INTAKE}/runs/{run['uid']}"))


def test_problems_are_found_corrected_at_the_source_and_closed(settings: Any, tmp_path: Path) -> None:
    with own_lake(settings, tmp_path):
        cast = make_cast()
        entry = published(cast)
        steward, officer = cast.program("steward"), cast.browser("officer", "en")
        table = f"{QUALITY}/tables/{entry.uid}"
        tuesday = MONDAY + timedelta(days=1)

        with freeze(MONDAY):
            for name, kind, columns, params in RULES:
                body = {"name": name, "kind": kind, "columns": columns, "params": params}
                call(steward, "post", f"{table}/rules", body)
            file = tmp_path / "residents.csv"
            write_rows(file, GOOD + WRONG)
            body = {"entry_uid": entry.uid, "name": "居民登记", "kind": "csv", "mode": "full", "path": str(file)}
            source = call(steward, "post", f"{INTAKE}/sources", body)["uid"]

        run = run_source(steward, source, MONDAY)
        assert (run["state"], run["landed"]) == ("landed", 7)

        with freeze(MONDAY):
            problems = call(steward, "get", f"{QUALITY}/problems?state=open")["items"]
            assert {problem["kind"] for problem in problems} == {rule[1] for rule in RULES}
            assert {problem["due_on"] for problem in problems} == {"2026-03-04"}
            assert all("********" in problem["key"]["person_id"] for problem in problems)
            scan = call(steward, "get", f"{QUALITY}/scans?entry={entry.uid}")["items"][0]
            results = call(steward, "get", f"{QUALITY}/scans/{scan['uid']}")["results"]
            counted = {row["kind"]: (row["failed"], row["tested"]) for row in results}
            assert counted == {"citizen_id": (1, 7), "required": (1, 7), "code_list": (1, 7), "date_order": (1, 2)}
            overview = page(officer, "/quality/")
            assert "42.9% 3 of 7 · target 95%" in overview
            assert "Below" in overview
            assert "户籍" not in overview, "an English reader sees English names"
            todo = page(cast.browser("steward"), "/todo/")
            assert "市公安局" in todo

        write_rows(file, GOOD + RIGHT)
        run_source(steward, source, tuesday)

        with freeze(tuesday):
            problems = call(steward, "get", f"{QUALITY}/problems")["items"]
            states = {problem["kind"]: problem["state"] for problem in problems}
            assert states == {"citizen_id": "gone", "required": "fixed", "code_list": "fixed", "date_order": "fixed"}
            assert {problem["working_days"] for problem in problems if problem["state"] == "fixed"} == {1}
            assert {problem["rule_version"] for problem in problems} == {1}
            figures = call(steward, "get", f"{QUALITY}/figures")
            assert (figures["pass_rate"], figures["passed"], figures["rows"]) == (1.0, 6, 6)
            assert (figures["on_time_rate"], figures["corrected_on_time"], figures["corrected"]) == (1.0, 3, 3)
            assert figures["mean_correction_days"] == 1.0
            overview = page(officer, "/quality/")
            assert "100.0% 6 of 6 · target 95%" in overview
            assert "100.0% 3 of 3 · target 100%" in overview
            detail = page(officer, f"/quality/problems/{problems[0]['uid']}/")
            assert "On time" in detail
