"""Ways of loading: incremental by cursor, mirror with its guard, feed of changes; drift, held loads, schedules."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanshu.kernel.clock import now
from quanshu.kernel.errors import FieldErrors
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.jobs.api import run_due
from quanshu.shared.outbox.api import dispatch
from quanshu.supply.catalogue.api import grade_items, publish_entry, submit_entry
from quanshu.supply.intake import queries, services
from quanshu.supply.intake.api import Run, Source, run_now, set_schedule, start_run
from quanshu.supply.intake.models import Delivery, Schedule
from quanshu.supply.intake.services.sealing import newest_key
from quanshu.supply.intake.types import (
    AlreadyRunning,
    NewerLanded,
    NothingToStart,
    NotReplayable,
    QueueFull,
    SourceData,
)
from support_intake import HEADER, ROWS, Supply, csv_bytes

pytestmark = pytest.mark.django_db
KEY = "370102199001010{:03}"


def person(number: int, name: str = "张三", day: str = "2024-01-01", amount: str = "1") -> tuple[str, ...]:
    return (KEY.format(number), name, day, amount)


def database(supply: Supply, rows: list[tuple[str, ...]], header: tuple[str, ...] = HEADER) -> str:
    """The source's table, written anew."""
    path = supply.folder / "incoming" / "a.db"
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE IF EXISTS people")
        connection.execute(f"CREATE TABLE people ({', '.join(header)})")
        connection.executemany(f"INSERT INTO people VALUES ({', '.join('?' * len(header))})", rows)
    connection.close()
    return f"sqlite:///{path}"


def counts(run: Run) -> tuple[int | None, ...]:
    assert run.state == "landed", (run.state, run.error, run.drift)
    return run.inserted, run.updated, run.unchanged, run.deleted


def names(supply: Supply) -> dict[str, str]:
    return {row["citizen_id"][-3:]: row["name"] for row in supply.rows()}


def test_incremental_reads_on_from_the_highest_value_with_an_overlap(supply: Supply) -> None:
    url = database(supply, [person(1, day="2024-01-01"), person(2, day="2024-01-05")])
    options = {"cursor": "registered_on", "overlap": 2}
    source = supply.source(kind="sql", mode="incremental", url=url, table="people", options=options)
    first = supply.load(source)
    assert counts(first) == (2, 0, 0, 0)
    assert first.cursor == "2024-01-05"
    # 3 is late but within the overlap, 4 is late beyond it, 2 is seen again, 5 is new.
    late = [person(3, day="2024-01-03"), person(4, day="2024-01-02")]
    database(supply, [person(2, day="2024-01-05"), *late, person(5, day="2024-01-09")])
    second = supply.load(source)
    assert counts(second) == (2, 0, 1, 0)
    assert second.rows_in == 3
    assert second.notes == {"late": 1}
    assert second.cursor == "2024-01-09"
    assert set(names(supply)) == {"001", "002", "003", "005"}
    # The cursor never goes back, and an older row does not undo a newer one.
    database(supply, [person(5, "旧名", day="2024-01-08")])
    third = supply.load(source)
    assert counts(third) == (0, 0, 1, 0)
    assert queries.get_run(actor=supply.steward, uid=third.uid).cursor == "2024-01-09"
    assert names(supply)["005"] == "张三"


def test_a_mirror_deletes_what_is_gone_and_stops_before_it_deletes_too_much(supply: Supply) -> None:
    rows = [person(number) for number in range(20)]
    url = database(supply, rows)
    options = {"delete_share": 10}
    source = supply.source(kind="sql", mode="mirror", url=url, table="people", options=options)
    assert counts(supply.load(source)) == (20, 0, 0, 0)
    # One is gone, one has changed, and one is refused: it is still there at the source.
    database(supply, [person(0, "李四"), (KEY.format(1), "王五", "昨天", "1"), *rows[3:]])
    run = supply.load(source)
    assert counts(run) == (0, 1, 17, 1)
    assert run.refused == 1
    assert "002" not in names(supply)
    assert names(supply)["001"] == "张三"
    database(supply, rows[:10])
    held = supply.load(source)
    assert (held.state, held.held_for, held.pending_deletes) == ("held", "deletes", 10)
    assert len(supply.rows()) == 19
    with pytest.raises(AlreadyRunning):
        start_run(actor=supply.steward, source=source, now=now())
    # Between the confirmation and the load the source loses more: that was not confirmed.
    services.release_run(actor=supply.steward, run=held, now=now())
    database(supply, rows[:5])
    held = run_now(held.uid, now())
    assert (held.state, held.pending_deletes) == ("held", 15)
    services.release_run(actor=supply.steward, run=held, now=now())
    assert counts(run_now(held.uid, now()))[3] == 15
    database(supply, [])
    assert supply.load(source).error["code"] == "intake.no_rows"
    assert len(supply.rows()) == 5


def feed(supply: Supply, *changes: tuple[str, int, tuple[str, ...]]) -> Path:
    rows = [(*row, op, str(seq)) for op, seq, row in changes]
    return supply.drop("feed.csv", csv_bytes(rows, (*HEADER, "op", "seq")))


def test_a_feed_of_changes_is_applied_in_order_and_once(supply: Supply) -> None:
    gone = (KEY.format(2), "", "", "")
    path = feed(supply, ("I", 1, person(1)), ("I", 3, person(3)), ("I", 2, person(2)), ("D", 4, gone))
    source = supply.source(mode="changes", path=str(path))
    first = supply.load(source)
    assert (first.rows_in, first.landed, first.refused, first.cursor) == (4, 4, 0, "4")
    assert first.notes == {"repeated": 0, "out_of_order": 1}
    assert set(names(supply)) == {"001", "003"}
    again = supply.load(source)
    assert again.notes == {"repeated": 4, "out_of_order": 0}
    assert (again.inserted, again.updated, again.deleted, again.lake_version) == (0, 0, 0, first.lake_version)
    bad = [("X", 6, person(6)), ("I", 7, (KEY.format(7), "", "", ""))]
    feed(supply, ("I", 4, person(9)), ("U", 5, person(1, "改名")), ("d", 8, (KEY.format(3), "", "", "")), *bad)  # type: ignore[arg-type]
    third = supply.load(source)
    assert (third.rows_in, third.landed, third.refused) == (5, 3, 2)
    assert (third.updated, third.deleted, third.notes["repeated"]) == (1, 1, 1)
    assert names(supply) == {"001": "改名"}
    refused = queries.refused_rows(actor=supply.steward, run=third, limit=10)
    assert [(row["row_number"], row["reason"]) for row in refused] == [(5, "unknown_operation"), (6, "missing_value")]
    with pytest.raises(NotReplayable):
        services.correct_row(actor=supply.steward, run=third, row=6, values={"citizen_id": "1"}, now=now())


def drifted(supply: Supply, drift: str, **values: Any) -> Source:
    header = (*HEADER[:3], "district")
    rows = [("370102199001010018", "张三", "2024-01-31", "历下区")]
    path = supply.drop("drift.csv", csv_bytes(rows, header))
    return supply.source(path=str(path), drift=drift, **values)


def test_drift_is_told_column_by_column_and_refused(supply: Supply) -> None:
    run = supply.load(drifted(supply, "refuse"))
    assert (run.state, run.error["code"]) == ("failed", "lake.missing_column")
    assert [(item["column"], item["change"]) for item in run.drift] == [("amount", "missing"), ("district", "added")]
    table = pa.table(
        {
            "citizen_id": ["370102199001010018"],
            "name": ["张三"],
            "registered_on": [True],
            "amount": [1.5],
        }
    )
    path = supply.folder / "incoming" / "a.parquet"
    pq.write_table(table, path)
    run = supply.load(supply.source(kind="parquet", path=str(path)))
    assert run.error["code"] == "intake.schema_drift"
    assert run.drift == [{"column": "registered_on", "change": "type_changed", "expected": "date", "found": "boolean"}]


def test_a_load_set_aside_waits_for_the_steward(supply: Supply) -> None:
    source = drifted(supply, "quarantine", mode="upsert")
    run = supply.load(source)
    assert (run.state, run.held_for, run.landed) == ("held", "drift", None)
    assert not supply.lake.exists(supply.entry.lake_table)
    aside = supply.lake.read(f"quarantine_{supply.entry.lake_table}").to_pylist()
    assert json.loads(aside[0]["record_json"])["district"] == "历下区", "unknown columns are kept"
    # A load that fits passes it by; the file it came from may be gone.
    supply.drop("drift.csv", csv_bytes(ROWS[1:2]))
    assert counts(supply.load(source)) == (1, 0, 0, 0)
    released = services.release_run(actor=supply.steward, run=run, decision="known", now=now())
    assert released.state == "queued"
    assert counts(run_now(run.uid, now())) == (1, 0, 0, 0)
    assert supply.rows()[0]["amount"] is None
    full = drifted(supply, "quarantine")
    run = supply.load(full)
    supply.drop("drift.csv", csv_bytes(ROWS))
    supply.load(full)
    with pytest.raises(NewerLanded):
        services.release_run(actor=supply.steward, run=run, now=now())
    assert services.discard_run(actor=supply.steward, run=run, now=now()).state == "cancelled"
    assert len(supply.rows()) == 3


def test_a_column_whose_values_have_another_type_is_drift(supply: Supply) -> None:
    rows = [person(number, day="未知") for number in range(12)]
    path = supply.drop("a.csv", csv_bytes(rows))
    run = supply.load(supply.source(path=str(path), drift="quarantine"))
    assert run.state == "held"
    assert [(item["column"], item["change"]) for item in run.drift] == [("registered_on", "type_changed")]
    assert not supply.lake.exists(supply.entry.lake_table)


def test_new_columns_become_items_once_approved(supply: Supply) -> None:
    rows = [("370102199001010018", "张三", "2024-01-31", "1", "历下区")]
    path = supply.drop("drift.csv", csv_bytes(rows, (*HEADER, "district")))
    source = supply.source(path=str(path), drift="evolve", mode="upsert")
    run = supply.load(source)
    assert run.state == "held"
    entry = services.propose_columns(actor=supply.steward, run=run, now=now())
    assert entry.state == "draft"
    assert "district" in [item.name for item in entry.items.all()]
    entry = grade_items(actor=SYSTEM, now=now(), entry=entry, grades={"district": "general-1"})
    entry = submit_entry(actor=SYSTEM, now=now(), entry=entry)
    publish_entry(actor=SYSTEM, now=now(), entry=entry)
    dispatch(now())
    run_due(now())
    run = Run.objects.get(uid=run.uid)
    assert counts(run) == (1, 0, 0, 0)
    assert supply.rows()[0]["district"] == "历下区"


def test_schedules(supply: Supply, settings: Any) -> None:
    source = supply.upload(csv_bytes(ROWS))
    with pytest.raises(FieldErrors):
        set_schedule(actor=supply.steward, source=source, cron="every day", now=now())
    with pytest.raises(FieldErrors):
        set_schedule(actor=supply.steward, source=source, cron="0 0 31 2 *", now=now())
    start = datetime.fromisoformat("2026-03-02T09:00:30+08:00")
    schedule = set_schedule(actor=supply.steward, source=source, cron="*/5 * * * *", now=start)
    assert schedule is not None
    assert schedule.next_at == start.replace(minute=5, second=0)
    assert services.run_schedules(start) == 0
    # Many missed times are made up once, and a busy source is left alone.
    later = start + timedelta(hours=3)
    assert services.run_schedules(later) == 1
    assert services.run_schedules(later) == 0
    run = source.runs.get()
    assert (run.trigger, run.started_by) == ("schedule", "system")
    assert services.run_schedules(later + timedelta(minutes=10)) == 0
    assert Schedule.objects.get().last_outcome == "busy"
    run_now(run.uid, now())
    # Failures in a row make it rest longer and are told.
    services.change_source(
        actor=supply.steward,
        now=now(),
        source=source,
        data=SourceData("居民库", "csv", "full", path=str(supply.drop("bad.csv", b"a\n1\n"))),
    )
    at = later
    for failures in (1, 2, 3):
        at = at + timedelta(hours=1)
        Schedule.objects.update(next_at=at)
        assert services.run_schedules(at) == 1
        run_now(source.runs.first().uid, now())  # type: ignore[union-attr]
        schedule = Schedule.objects.get()
        assert schedule.failures == failures
        assert schedule.next_at is not None
        assert schedule.next_at > now() + timedelta(minutes=2 ** (failures - 1)) - timedelta(seconds=5)
    services.pause_schedule(actor=supply.steward, source=source, active=False, now=now())
    assert Schedule.objects.get().next_at is None
    set_schedule(actor=supply.steward, source=source, cron="", now=now())
    assert not Schedule.objects.exists()


def test_a_watched_folder_takes_each_file_once_in_order(supply: Supply) -> None:
    folder = supply.folder / "incoming" / "watched"
    folder.mkdir()
    options = {"pattern": "p-*", "settle": 0}
    source = supply.source(kind="folder", mode="upsert", path=str(folder), options=options)
    with pytest.raises(NothingToStart):
        start_run(actor=supply.steward, source=source, now=now())
    (folder / "p-2.csv").write_bytes(csv_bytes([person(1, "二")]))
    (folder / "p-1.jsonl").write_text(
        "\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in [person(1, "一"), person(2)])
    )
    (folder / "p-3.csv").write_bytes(b"name\nx\n")
    (folder / "p-4.csv.part").write_bytes(b"half")
    (folder / "other.csv").write_bytes(b"x")
    for number, name in enumerate(("p-1.jsonl", "p-2.csv", "p-3.csv")):
        os.utime(folder / name, (1_700_000_000 + number,) * 2)
    for _ in range(5):
        services.collect(source.uid, now())
        run_due(now())
    states = dict(Delivery.objects.values_list("name", "state"))
    assert states == {"p-1.jsonl": "landed", "p-2.csv": "landed", "p-3.csv": "failed"}
    assert [run.file_name for run in source.runs.order_by("id")] == ["p-1.jsonl", "p-2.csv", "p-3.csv"]
    assert names(supply) == {"001": "二", "002": "张三"}
    assert (folder / "p-3.csv").exists()
    # The same content again is nothing new; other content under the name is.
    (folder / "p-2.csv").touch()
    services.collect(source.uid, now())
    assert source.runs.count() == 3
    (folder / "p-3.csv").write_bytes(csv_bytes([person(3)]))
    services.collect(source.uid, now())
    run_due(now())
    assert "003" in names(supply)
    failed = Delivery.objects.get(state="failed")
    assert services.settle_delivery(
        actor=supply.steward, source=source, uid=failed.uid, again=False, now=now()
    ).state == "skipped"  # fmt: skip


def test_a_file_that_still_grows_is_waited_for(supply: Supply) -> None:
    folder = supply.folder / "incoming" / "watched"
    folder.mkdir()
    source = supply.source(kind="folder", path=str(folder), options={"settle": 2})
    (folder / "a.csv").write_bytes(csv_bytes(ROWS[:1]))
    soon = now() + timedelta(seconds=10)
    assert services.collect(source.uid, now()) == 0
    assert Delivery.objects.get().state == "arriving"
    with (folder / "a.csv").open("ab") as file:
        file.write(csv_bytes(ROWS)[len(csv_bytes(ROWS[:1])) :])
    assert services.collect(source.uid, soon) == 0, "it has grown since the last look"
    assert services.collect(source.uid, soon) == 1
    run_due(soon)
    assert len(supply.rows()) == 3


def test_back_pressure(supply: Supply, settings: Any) -> None:
    settings.QUANSHU_INTAKE_CONCURRENT = 1
    settings.QUANSHU_INTAKE_QUEUE = 2
    sources = [supply.upload(csv_bytes(ROWS), name=f"来源{number}") for number in range(4)]
    runs = [start_run(actor=supply.steward, source=source, now=now()) for source in sources[:2]]
    with pytest.raises(QueueFull):
        start_run(actor=supply.steward, source=sources[3], now=now())
    assert [Run.objects.get(pk=run.pk).dispatched for run in runs] == [True, False]
    run_due(now())
    assert set(Run.objects.values_list("state", flat=True)) == {"landed"}


def test_refused_rows_are_corrected_and_replayed(supply: Supply) -> None:
    rows = [*ROWS, ("370102199001010042", "", "昨天", "x"), (ROWS[0][0], "重复", "", ""), ("k9", "", "", "1")]
    source = supply.upload(csv_bytes(rows))
    run = supply.load(source)
    assert (run.landed, run.refused) == (3, 3)
    steward = supply.steward
    with pytest.raises(FieldErrors) as told:
        services.correct_row(
            actor=steward, run=run, row=5, values={"citizen_id": "370102199001010042", "amount": "x"}, now=now()
        )
    assert {error.field for error in told.value.errors} == {"name", "amount"}
    good = {"citizen_id": "370102199001010042", "name": "赵六", "registered_on": "2024-02-03", "amount": "9"}
    services.correct_row(actor=steward, run=run, row=5, values=good, now=now())
    services.dismiss_row(actor=steward, run=run, row=6, reason="重复报送", now=now())
    assert queries.row_counts(run) == {"open": 1, "ready": 1, "corrected": 0, "dismissed": 1}
    replay = services.replay_run(actor=steward, run=run, now=now())
    done = run_now(replay.uid, now())
    assert counts(done) == (1, 0, 0, 0)
    assert done.replay_of_id == run.pk
    assert queries.row_counts(run) == {"open": 1, "ready": 0, "corrected": 1, "dismissed": 1}
    assert names(supply)["042"] == "赵六"
    sealed = run.corrections.get(row_number=5).sealed
    assert "赵六" not in sealed
    taken, left = services.take_corrections(
        actor=steward, run=run, rows=[(7, {**good, "citizen_id": "k9"}), (99, good)], now=now()
    )
    assert (taken, [row for row, _why in left]) == (1, [99])
    before = newest_key()
    assert services.reseal_secrets(actor=SYSTEM, now=now()) == 2
    assert newest_key() == before + 1
    assert counts(run_now(services.replay_run(actor=steward, run=run, now=now()).uid, now())) == (1, 0, 0, 0)
    supply.load(source)


def test_a_folder_that_is_gone_is_told_and_the_schedule_rests(supply: Supply) -> None:
    folder = supply.folder / "incoming" / "watched"
    folder.mkdir()
    source = supply.source(kind="folder", path=str(folder), options={"settle": 0})
    set_schedule(actor=supply.steward, source=source, cron="* * * * *", now=now())
    (folder / "empty.csv").write_bytes(b"")
    assert services.collect(source.uid, now()) == 0
    assert Delivery.objects.get().state == "arriving"
    (folder / "empty.csv").unlink()
    folder.rmdir()
    due = Schedule.objects.get().next_at
    assert due is not None
    assert services.run_schedules(due) == 1
    run_due(due)
    schedule = Schedule.objects.get()
    assert schedule.failures >= 1
    assert schedule.last_outcome == "failed"
    folder.mkdir()
    services.collect_now(actor=supply.steward, source=source, now=now())
    run_due(now() + timedelta(minutes=5))
    assert Schedule.objects.get().failures == 0
