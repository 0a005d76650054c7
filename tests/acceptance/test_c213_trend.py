"""Clause 2.1.3: pass rate and time to correct of each unit and month, overdue records told, sets before landing."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from quanshu.cli import main
from quanshu.kernel.clock import freeze
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.notify.api import notices_of
from quanshu.supply.assurance.api import keep_month, unit_month_figures
from quanshu.supply.intake.api import SourceData, SourceKind, create_source, refused_rows, start_run
from quanshu.supply.quality.api import Problem, RuleData, create_rule
from quanshu.supply.quality.tasks import watch_days
from support_catalogue import make_cast
from support_quality import GOOD, MONDAY, RIGHT, WRONG, load, own_lake, published, work, write_rows

pytestmark = pytest.mark.django_db
QUALITY = "/api/v1/quality"
CODES = RuleData("性别代码有效", "code_list", ("sex",), {"codes": ["1", "2"]})
NAMED = RuleData("姓名必填", "required", ("name",))


def read(client: Any, path: str) -> Any:
    """A page as text."""
    response = client.get(path)
    assert response.status_code == 200, response.content.decode()[:500]
    return response.content.decode()


def test_units_are_compared_by_month_and_months_are_kept(settings: Any, tmp_path: Path) -> None:
    with own_lake(settings, tmp_path):
        cast = make_cast()
        police = published(cast)
        for data in (CODES, NAMED):
            create_rule(actor=SYSTEM, now=MONDAY, entry=police, data=data)
        load(police, tmp_path, GOOD + WRONG)
        load(police, tmp_path, GOOD + RIGHT, MONDAY + timedelta(days=3))
        assert keep_month(MONDAY + timedelta(days=30)) > 0
        april = MONDAY + timedelta(days=35)
        load(police, tmp_path, GOOD + WRONG, april)
        steward = cast.program("steward")
        with freeze(april):
            march = steward.get(f"{QUALITY}/months/2026-03").json()["items"]
            assert [(row["passed"], row["tested"], row["corrected"], row["on_time"], row["days"]) for row in march] == [
                (6, 6, 2, 0, 6)
            ]
            rows = steward.get(f"{QUALITY}/months/2026-04?by=dimension").json()["items"]
            assert {row["subject"] for row in rows} == {"conformity", "completeness", "accessibility"}
            assert steward.get(f"{QUALITY}/months/2026-13").status_code == 422
            assert steward.get(f"{QUALITY}/months/2027-01").status_code == 422
            page = read(cast.browser("officer", "en"), "/quality/ranking/?month=2026-04")
            assert "5 of 7" in page
            assert "71.4%" in page
            assert "Below" in page
            line = b"".join(cast.browser("officer", "en").get("/quality/ranking/?by=rule&export=csv").streaming_content)
            assert "姓名必填" in line.decode()
            trend = read(cast.browser("steward", "en"), f"/quality/trend/?what=table|{police.uid}")
            assert "2026-03" in trend
            assert cast.browser("developer").get("/quality/ranking/").status_code == 403
            assert keep_month(april) == 0, "a kept month stays"
            Problem.objects.all().delete()
            kept = unit_month_figures(date(2026, 3, 1), today=date(2026, 4, 6))
            assert (kept[0].corrected, kept[0].mean_days, kept[0].on_time_rate) == (2, 3.0, 0.0)


def test_overdue_records_are_told_to_the_steward_and_assigned(settings: Any, tmp_path: Path) -> None:
    with own_lake(settings, tmp_path):
        cast = make_cast()
        entry = published(cast)
        create_rule(actor=SYSTEM, now=MONDAY, entry=entry, data=CODES)
        load(entry, tmp_path, GOOD + WRONG)
        problem = Problem.objects.get()
        steward, person = cast.browser("steward", "en"), cast.accounts["steward"].uid
        with freeze(MONDAY):
            assert steward.get("/quality/problems/assign/").status_code == 404
            assert "Chosen records: 1" in read(steward, f"/quality/problems/assign/?chosen={problem.uid}")
            body = {"chosen": [problem.uid], "person": cast.accounts["other"].uid}
            assert steward.post("/quality/problems/assign/", body).status_code == 422
            assert steward.post("/quality/problems/assign/", body | {"person": person}).status_code == 302
            assert "steward" in read(steward, f"/quality/problems/?assignee={person}")
            assert cast.browser("other").post("/quality/problems/assign/", body).status_code == 404
        late = MONDAY + timedelta(days=3)
        watch_days(late)
        watch_days(late)
        told = [notice.subject for notice in notices_of(cast.actor("steward"))]
        assert sum("逾期" in subject for subject in told) == 1
        assert sum("指派" in subject or "分派" in subject for subject in told) == 1


def test_a_set_before_landing_refuses_or_stops_and_runs_off_line(settings: Any, tmp_path: Path) -> None:
    with own_lake(settings, tmp_path):
        cast = make_cast()
        entry = published(cast)
        rules = [create_rule(actor=SYSTEM, now=MONDAY, entry=entry, data=data) for data in (CODES, NAMED)]
        steward = cast.program("steward")
        table = f"{QUALITY}/tables/{entry.uid}/sets"
        body = {
            "name": "入湖前核验",
            "rules": [rule.uid for rule in rules],
            "before_landing": True,
            "verdict": "refuse",
        }
        with freeze(MONDAY):
            wrong = steward.post(table, body | {"rules": ["none"], "threshold": 2}, content_type="application/json")
            assert wrong.status_code == 422
            made = steward.post(table, body, content_type="application/json").json()
        run = load(entry, tmp_path, GOOD + WRONG)
        assert (run.rows_in, run.landed, run.refused) == (7, 5, 2)
        reasons = {row["reason"] for row in refused_rows(actor=SYSTEM, run=run, limit=50)}
        assert reasons == {"quality:性别代码有效", "quality:姓名必填"}
        with freeze(MONDAY):
            checks = steward.get(f"{QUALITY}/sets/{made['uid']}/checks").json()["items"]
            assert [(row["outcome"], row["rows"], row["passed"], row["refused"]) for row in checks] == [
                ("refused", 7, 5, 2)
            ]
            assert "Rows refused" in read(cast.browser("steward", "en"), f"/quality/sets/{made['uid']}/")
            stop = body | {"verdict": "stop", "threshold": 0.9}
            assert (
                steward.put(f"{QUALITY}/sets/{made['uid']}", stop, content_type="application/json").status_code == 200
            )
        path = tmp_path / "next.csv"
        write_rows(path, GOOD + WRONG)
        with freeze(MONDAY):
            data = SourceData("再次登记", SourceKind.CSV, "full", path=str(path))
            source = create_source(actor=SYSTEM, now=MONDAY, entry=entry, data=data)
            stopped = start_run(actor=SYSTEM, source=source, now=MONDAY)
            work(MONDAY)
        stopped.refresh_from_db()
        assert stopped.state == "failed"
        assert stopped.error["code"] == "assurance.load_stopped"
        entry.refresh_from_db()
        assert entry.landed_rows == 5, "what landed before stays"

        file = tmp_path / "rules.json"
        with freeze(MONDAY):
            exported = cast.browser("steward").get(f"/quality/sets/{made['uid']}/export/")
        file.write_bytes(exported.content)
        runner = CliRunner()
        told = runner.invoke(main, ["check", str(path), "--rules", str(file)])
        assert told.exit_code == 1
        assert "性别代码有效: 1 of 7 fail (rows 6)" in told.output
        write_rows(path, GOOD)
        assert runner.invoke(main, ["check", str(path), "--rules", str(file)]).exit_code == 0
        file.write_text(json.dumps({"format": "other"}))
        assert "lake.bad_rule_file" in runner.invoke(main, ["check", str(path), "--rules", str(file)]).output
