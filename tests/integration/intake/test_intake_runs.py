"""Loads: every kind of source, both modes, and everything a file can have wrong with it."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext, override

from quanshu.kernel.clock import now
from quanshu.kernel.errors import FieldErrors
from quanshu.lake.landing import Split
from quanshu.lake.landing.types import UnsupportedDatabase
from quanshu.shared.access.api import NotAllowed
from quanshu.shared.audit.api import history
from quanshu.shared.audit.models import AuditEntry
from quanshu.shared.files.api import store
from quanshu.shared.files.types import FileEmpty, FileTooLarge, FileTypeRefused
from quanshu.shared.jobs.api import Job, run_due
from quanshu.shared.outbox.models import OutboxEvent
from quanshu.supply.catalogue.api import withdraw_entry
from quanshu.supply.intake import queries, services
from quanshu.supply.intake.api import (
    Run,
    Source,
    SourceData,
    cancel_run,
    change_source,
    intake_figures,
    refused_rows,
    run_now,
    start_run,
    switch_source,
)
from quanshu.supply.intake.types import (
    AlreadyRunning,
    EntryNotReady,
    FileGone,
    NoKeyInContract,
    OutsideFolder,
    RunOver,
    SourceOff,
    StillWriting,
)
from quanshu.supply.loads import loading
from support_intake import HEADER, ITEMS, ROWS, Supply, csv_bytes, published, workbook

pytestmark = pytest.mark.django_db
FIRST = ROWS[0]


def counts(run: Run) -> tuple[int | None, ...]:
    return run.rows_in, run.landed, run.refused


def changes(run: Run) -> tuple[int | None, ...]:
    return run.inserted, run.updated, run.unchanged, run.deleted


def faults(supply: Supply, run: Run) -> list[tuple[Any, ...]]:
    rows = refused_rows(actor=supply.steward, run=run, limit=100)
    return [(row["row_number"], row["column"], row["value"], row["reason"]) for row in rows]


def reason(run: Run) -> str:
    assert run.state == "failed", run.error
    return str(run.error["code"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_lands_in_the_contract_s_types(supply: Supply, encoding: str) -> None:
    run = supply.load(supply.upload(csv_bytes(ROWS, encoding=encoding)))
    assert (run.state, run.stage, counts(run)) == ("landed", "done", (3, 3, 0))
    assert supply.rows()[0] == {
        "citizen_id": "370102199001010018",
        "name": "张三",
        "registered_on": date(2024, 1, 31),
        "amount": Decimal("12.5000"),
    }
    assert supply.rows()[2]["registered_on"] is None
    assert run.lake_version == supply.lake.version(supply.entry.lake_table) == 0


def test_excel_lands_from_the_named_sheet(supply: Supply) -> None:
    path = workbook(supply.folder / "book.xlsx", ROWS)
    source = supply.upload(path.read_bytes(), "居民.xlsx", kind="excel", sheet="数据")
    assert counts(supply.load(source)) == (3, 3, 0)
    source = supply.upload(path.read_bytes(), "居民.xlsx", kind="excel", sheet="不存在")
    run = supply.load(source)
    assert reason(run) == "lake.no_sheet"
    assert run.error["params"] == {"source": "居民.xlsx", "sheet": "不存在", "sheets": "Sheet, 数据"}


def sqlite_file(supply: Supply, rows: Any = ROWS, name: str = "incoming/source.db") -> Path:
    path = supply.folder / name
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE people ({', '.join(HEADER)})")
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", rows)
    connection.close()
    return path


@pytest.mark.parametrize("table", ["people", "SELECT citizen_id, name, registered_on, amount FROM people WHERE 1 = 1"])
def test_sqlite_database_by_address(supply: Supply, table: str) -> None:
    url = f"sqlite:///{sqlite_file(supply)}"
    source = supply.source(kind="sql", url=url, table=table)
    assert counts(supply.load(source)) == (3, 3, 0)
    assert supply.rows()[1]["name"] == "李四"


def test_a_database_file_elsewhere_is_not_read(supply: Supply) -> None:
    with pytest.raises(OutsideFolder):
        supply.source(kind="sql", url=f"sqlite:///{sqlite_file(supply, name='quanshu.sqlite3')}", table="people")
    for url in ("oracle://a:b@host/db", "mysql://a:b@host/db?local_infile=1", "nonsense"):
        with pytest.raises(UnsupportedDatabase):
            supply.source(kind="sql", url=url, table="people")
    # A link that is laid after the source was entered does not help either.
    link = supply.folder / "incoming" / "source.db"
    source = supply.source(kind="sql", url=f"sqlite:///{sqlite_file(supply)}", table="people")
    link.unlink()
    link.symlink_to(supply.folder / "quanshu.sqlite3")
    assert reason(supply.load(source)) == "intake.outside_folder"


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("nobody", "lake.database_failed"),
        ("SELECT 1; DROP TABLE people", "lake.unsafe_query"),
        ("SELECT * FROM people; SELECT 1", "lake.unsafe_query"),
    ],
)
def test_database_faults_end_the_run(supply: Supply, table: str, code: str) -> None:
    path = sqlite_file(supply)
    assert reason(supply.load(supply.source(kind="sql", url=f"sqlite:///{path}", table=table))) == code
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM people").fetchone() == (3,)
    connection.close()


def test_the_address_s_secret_is_shown_nowhere(supply: Supply) -> None:
    secret, account = "p4ss%2Fw0rd-quiet", "quiet_reader"
    url = f"postgresql://{account}:{secret}@127.0.0.1:1/source?connect_timeout=2"
    source = supply.source(kind="sql", url=url, table="people")
    run = supply.load(source)
    assert reason(run) == "lake.database_failed"
    source.refresh_from_db()
    kept = [
        json.dumps(run.error, ensure_ascii=False),
        source.sealed_url,
        *[json.dumps(row) for row in AuditEntry.objects.values_list("details", flat=True)],
        *[json.dumps(row) for row in OutboxEvent.objects.values_list("payload", flat=True)],
        *[json.dumps(row) for row in Job.objects.values_list("payload", flat=True)],
    ]
    for client, path in (
        (supply.cast.browser("steward"), f"/intake/sources/{source.uid}/"),
        (supply.cast.browser("steward"), f"/intake/sources/{source.uid}/edit/"),
        (supply.cast.browser("steward"), f"/intake/runs/{run.uid}/"),
        (supply.cast.program("steward"), f"/api/v1/intake/sources/{source.uid}"),
        (supply.cast.program("steward"), f"/api/v1/intake/runs/{run.uid}"),
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        kept.append(answer.content.decode())
    for text in kept:
        assert secret not in text
        assert "p4ss" not in text
        assert account not in text


@pytest.mark.postgresql
def test_postgresql_database_by_address(supply: Supply) -> None:
    address = os.environ.get("QUANSHU_TEST_POSTGRESQL_URL", "")
    if not address:
        pytest.skip("NOT TESTED: intake from PostgreSQL; QUANSHU_TEST_POSTGRESQL_URL names no server")
    table = f"intake_people_{os.getpid()}"
    engine = sa.create_engine(sa.make_url(address).set(drivername="postgresql+psycopg"))
    made = (
        f"CREATE TABLE {table} (citizen_id text, name text, registered_on date, amount numeric(18, 2), at timestamptz)"
    )
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(made)
            connection.exec_driver_sql(
                f"INSERT INTO {table} SELECT 'k' || n, 'n' || n, DATE '2024-01-01' + n, n / 4.0, now() "
                "FROM generate_series(1, 12000) AS n"
            )
        query = f"SELECT citizen_id, name, registered_on, amount FROM {table} ORDER BY citizen_id"
        source = supply.source(kind="sql", url=address, table=query)
        run = supply.load(source)
        assert (run.state, counts(run)) == ("landed", (12000, 12000, 0)), run.error
        assert {"citizen_id": "k7", "name": "n7", "registered_on": date(2024, 1, 8), "amount": Decimal("1.7500")} in (
            supply.rows()
        )
        whole = supply.source(kind="sql", url=address, table=table)
        assert supply.load(whole).error["code"] == "lake.unknown_column"
        writing = supply.source(kind="sql", url=address, table=f"SELECT * FROM {table} FOR UPDATE")
        assert supply.load(writing).error["code"] == "lake.unsafe_query"
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
        engine.dispose()


def test_full_load_replaces_the_table_and_tells_what_changed(supply: Supply) -> None:
    first = supply.load(supply.upload(csv_bytes(ROWS)))
    assert changes(first) == (3, 0, 0, 0)
    others = (ROWS[0], (ROWS[1][0], "李四四", *ROWS[1][2:]), ("new", "赵六", "", ""))
    second = supply.load(supply.upload(csv_bytes(others)))
    assert changes(second) == (1, 1, 1, 1)
    assert [row["name"] for row in supply.rows()] == ["张三", "李四四", "赵六"]
    assert len(supply.rows(first.lake_version)) == 3
    assert supply.rows(first.lake_version)[1]["name"] == "李四"


def test_full_load_without_a_key_replaces_every_row(supply: Supply) -> None:
    items = (ITEMS[2], ITEMS[3])
    entry = published(supply.cast, items, resource_name="无主键")
    keyless = Supply(supply.cast, entry, supply.folder)
    content = b"registered_on,amount\n2024-01-01,1\n2024-01-01,1\n"
    source = keyless.upload(content)
    assert changes(keyless.load(source)) == (2, 0, 0, 0)
    assert changes(keyless.load(source)) == (2, 0, 0, 2)
    with pytest.raises(NoKeyInContract):
        keyless.load(keyless.upload(content, mode="upsert"))


def test_upsert_inserts_and_changes_by_key(supply: Supply) -> None:
    first = supply.load(supply.upload(csv_bytes(ROWS[:2]), mode="upsert"))
    assert (changes(first), first.rows_total) == ((2, 0, 0, 0), 2)
    others = ((ROWS[0][0], "张三三", *ROWS[0][2:]), ROWS[1], ROWS[2])
    second = supply.load(supply.upload(csv_bytes(others), mode="upsert"))
    assert (changes(second), second.rows_total) == ((1, 1, 1, 0), 3)
    third = supply.load(supply.upload(csv_bytes(others), mode="upsert"))
    assert (changes(third), third.lake_version) == ((0, 0, 3, 0), second.lake_version)
    assert [row["name"] for row in supply.rows()] == ["张三三", "李四", "王五"]


def test_rows_that_do_not_fit_are_kept_with_field_value_and_reason(supply: Supply) -> None:
    rows = (
        FIRST,
        ("370102199001010026", "", "2024-02-30", "x"),
        (FIRST[0], "重复", "", ""),
        ("", "没有主键", "", ""),
        ("370102199001010034", "名字太长太长太长太长了", "", ""),
        ("370102199001010042", "多一列", "", "", "9"),
    )
    run = supply.load(supply.upload(csv_bytes(rows)))
    assert (run.state, counts(run)) == ("landed", (6, 1, 5))
    assert faults(supply, run) == [
        (3, "amount", "x", "not_decimal"),
        (3, "name", None, "missing_value"),
        (3, "registered_on", "2024-02-30", "not_date"),
        (4, "citizen_id", FIRST[0], "duplicate_key"),
        (5, "citizen_id", None, "missing_value"),
        (6, "name", "名字太长太长太长太长了", "too_long"),
        (7, None, "5 / 4", "ragged_row"),
    ]
    third = refused_rows(actor=supply.steward, run=run, limit=1)
    assert json.loads(third[0]["record_json"])["name"] == ""
    assert [row["row_number"] for row in refused_rows(actor=supply.steward, run=run, limit=2, offset=1)] == [4, 5]
    assert supply.load(run.source).refused == 5
    assert len(faults(supply, run)) == 7, "a second run's refusals are its own"


def test_personal_values_of_refused_rows_need_the_permission(supply: Supply) -> None:
    rows = (FIRST, ("370102199001010026", "李四", "昨天", "x"), (FIRST[0], "重复", "", ""), ("a", "b"))
    run = supply.load(supply.upload(csv_bytes(rows)))
    seen = refused_rows(actor=supply.cast.actor("leader"), run=run, limit=10)
    assert [(row["row_number"], row["value"], row["hidden"]) for row in seen] == [
        (3, "x", False),
        (3, "昨天", False),
        (4, None, True),
        (5, None, True),
    ]
    assert all(row["record_json"] is None for row in seen)


@pytest.mark.parametrize(
    ("content", "code", "params"),
    [
        (csv_bytes(ROWS, ("citizen_id", "name", "registered_on", "sum")), "lake.missing_column", {"column": "amount"}),
        (csv_bytes([(*FIRST, "1")], (*HEADER, "extra")), "lake.unknown_column", {"column": "extra"}),
        (csv_bytes(ROWS, ("citizen_id", "name", "name", "amount")), "lake.repeated_column", {"column": "name"}),
        (csv_bytes(ROWS, ("citizen_id", "", "registered_on", "amount")), "lake.unnamed_column", {"position": 2}),
        (b"\n\n", "lake.empty_source", {}),
        (csv_bytes([]), "intake.no_rows", {}),
        (csv_bytes([("", "x", "", "")] * 3), "intake.nothing_fits", {"rows": 3}),
        (csv_bytes(ROWS) + "济南市".encode() * 9 + b"\xff\xff\n", "lake.bad_encoding", {"line": 5}),
        (b"PK\x03\x04\xff\xfe\x00\x81", "lake.bad_encoding", {}),
    ],
    ids=["missing", "extra", "repeated", "unnamed", "blank", "header-only", "nothing-fits", "encoding", "binary"],
)
def test_a_bad_file_leaves_the_table_as_it_was(
    supply: Supply, content: bytes, code: str, params: dict[str, Any]
) -> None:
    before = supply.load(supply.upload(csv_bytes(ROWS)))
    run = supply.load(supply.upload(content, "坏文件.csv"))
    assert reason(run) == code
    assert params.items() <= run.error["params"].items()
    assert run.error["params"].get("source", "坏文件.csv") == "坏文件.csv"
    assert supply.lake.version(supply.entry.lake_table) == before.lake_version
    assert len(supply.rows()) == 3
    for language in ("en", "zh-hans"):
        with override(language):
            message, remedy = queries.error_text(run, gettext)
        assert message
        assert remedy
        assert "%(" not in message + remedy


def test_refused_rows_of_a_file_that_fits_nowhere_can_be_read(supply: Supply) -> None:
    run = supply.load(supply.upload(csv_bytes([("", "x", "", "")] * 3)))
    assert (run.state, counts(run)) == ("failed", (3, 0, 3))
    assert len(faults(supply, run)) == 3


def test_a_file_that_is_no_workbook(supply: Supply) -> None:
    run = supply.load(supply.upload(b"not a workbook", "表.xlsx", kind="excel"))
    assert reason(run) == "lake.bad_workbook"
    assert run.error["params"] == {"source": "表.xlsx"}


def test_uploads_that_are_not_taken(supply: Supply, settings: Any) -> None:
    settings.QUANSHU_UPLOAD_MAX_BYTES = 1024
    for name, content, refusal in (
        ("big.csv", b"x" * 1025, FileTooLarge),
        ("none.csv", b"", FileEmpty),
        ("run.exe", b"MZ", FileTypeRefused),
    ):
        with pytest.raises(refusal):
            store(actor=supply.steward, name=name, stream=SimpleUploadedFile(name, content), now=now())
    assert not [path for path in (supply.folder / "files").rglob("*") if path.is_file()]


def test_files_are_read_from_drop_folders_only(supply: Supply) -> None:
    inside = supply.drop("居民.csv", csv_bytes(ROWS))
    source = supply.source(path=str(inside))
    assert counts(supply.load(source)) == (3, 3, 0)
    secret = supply.folder / "keys"
    secret.mkdir()
    (secret / "intake.csv").write_text("key\n1\n")
    link = supply.folder / "incoming" / "link.csv"
    link.symlink_to(secret / "intake.csv")
    for path in (
        str(secret / "intake.csv"),
        str(supply.folder / "incoming" / ".." / "keys" / "intake.csv"),
        str(link),
        "/etc/passwd.csv",
        "intake.csv",
        "a\0.csv",
    ):
        with pytest.raises(OutsideFolder):
            supply.source(path=path)
    with pytest.raises(FileGone):
        supply.source(path=str(supply.folder / "incoming" / "nichts.csv"))
    inside.unlink()
    run = supply.load(source)
    assert reason(run) == "intake.file_gone"
    assert len(supply.rows()) == 3


def test_a_file_taken_from_the_store(supply: Supply) -> None:
    source = supply.upload(csv_bytes(ROWS))
    for path in (supply.folder / "files").rglob(source.file_digest):
        path.unlink()
    assert reason(supply.load(source)) == "files.not_found"


def test_ending_and_kind_must_fit(supply: Supply) -> None:
    with pytest.raises(FieldErrors) as refusal:
        supply.upload(csv_bytes(ROWS), "居民.csv", kind="excel")
    assert [error.field for error in refusal.value.errors] == ["file"]


def test_changing_a_source_keeps_what_is_not_given(supply: Supply) -> None:
    source = supply.upload(csv_bytes(ROWS))
    digest = source.file_digest
    data = SourceData("新名称", "csv", "upsert")
    source = change_source(actor=supply.steward, now=now(), source=source, data=data)
    assert (source.name, source.mode, source.file_digest) == ("新名称", "upsert", digest)
    path = supply.drop("b.csv", csv_bytes(ROWS[:1]))
    data = SourceData("新名称", "csv", "upsert", path=str(path))
    source = change_source(actor=supply.steward, now=now(), source=source, data=data)
    assert (source.file_digest, source.file_name, source.path) == ("", "", str(path))


def test_what_keeps_a_load_from_starting(supply: Supply) -> None:
    source = supply.upload(csv_bytes(ROWS))
    for who in ("other", "leader", "developer"):
        with pytest.raises(NotAllowed):
            start_run(actor=supply.cast.actor(who), source=source, now=now())
    run = start_run(actor=supply.steward, source=source, now=now())
    with pytest.raises(AlreadyRunning):
        start_run(actor=supply.steward, source=source, now=now())
    with transaction.atomic(), pytest.raises(IntegrityError):
        Run.objects.create(source=source, queued_at=now(), started_by="x")
    cancel_run(actor=supply.steward, run=run, now=now())
    switch_source(actor=supply.steward, now=now(), source=source, active=False)
    with pytest.raises(SourceOff):
        start_run(actor=supply.steward, source=source, now=now())
    switch_source(actor=supply.steward, now=now(), source=source, active=True)
    withdraw_entry(actor=supply.steward, now=now(), entry=supply.entry, reason="职能划转")
    with pytest.raises(EntryNotReady):
        start_run(actor=supply.steward, source=source, now=now())


def test_a_cancelled_run_writes_nothing(supply: Supply) -> None:
    run = start_run(actor=supply.steward, source=supply.upload(csv_bytes(ROWS)), now=now())
    cancel_run(actor=supply.steward, run=run, now=now())
    assert run_now(run.uid, now()).state == "cancelled"
    assert not supply.lake.exists(supply.entry.lake_table)
    with pytest.raises(RunOver):
        cancel_run(actor=supply.steward, run=run, now=now())


def test_a_run_is_cancelled_while_it_reads_but_not_while_it_writes(
    supply: Supply, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = supply.upload(csv_bytes(ROWS))
    run = start_run(actor=supply.steward, source=source, now=now())
    whole = loading.split

    def cancelled_meanwhile(*args: Any, **kwargs: Any) -> Split:
        cancel_run(actor=supply.steward, run=run, now=now())
        return whole(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(loading, "split", cancelled_meanwhile)
        assert run_now(run.uid, now()).state == "cancelled"
    assert not supply.lake.exists(supply.entry.lake_table)

    run = start_run(actor=supply.steward, source=source, now=now())
    write = loading.write

    def cancelled_too_late(*args: Any) -> Any:
        with pytest.raises(StillWriting):
            cancel_run(actor=supply.steward, run=run, now=now())
        return write(*args)

    monkeypatch.setattr(loading, "write", cancelled_too_late)
    assert run_now(run.uid, now()).state == "landed"


@pytest.mark.parametrize("mode", ["full", "upsert"])
def test_a_run_that_dies_after_writing_lands_once(supply: Supply, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    supply.load(supply.upload(csv_bytes(ROWS[:2]), mode="upsert"))
    rows = (("370102199001010018", "张三三", "2024-01-31", "12.50"), ROWS[2], ("", "没有主键", "", ""))
    run = start_run(actor=supply.steward, source=supply.upload(csv_bytes(rows), mode=mode), now=now())

    class Killed(BaseException):
        pass

    def dies(**kwargs: Any) -> Run:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("quanshu.supply.intake.services.runs.land_run", dies)
        with pytest.raises(Killed):
            run_now(run.uid, now())
    run.refresh_from_db()
    assert (run.state, run.stage) == ("running", "writing")
    with pytest.raises(StillWriting):
        cancel_run(actor=supply.steward, run=run, now=now())
    version = supply.lake.version(supply.entry.lake_table)
    run = run_now(run.uid, now())
    assert supply.lake.version(supply.entry.lake_table) == run.lake_version == version
    assert (counts(run), run.attempt, run.landed_attempt) == ((3, 2, 1), 2, 1)
    assert changes(run) == ((1, 1, 0, 0) if mode == "upsert" else (1, 1, 0, 1))
    assert len(faults(supply, run)) == 1
    assert run_now(run.uid, now()).attempt == 2
    assert OutboxEvent.objects.filter(name="intake.batch.landed", payload__run_uid=run.uid).count() == 1


def test_a_worker_that_lost_the_run_does_not_write(supply: Supply, monkeypatch: pytest.MonkeyPatch) -> None:
    source = supply.upload(csv_bytes(ROWS))
    run = start_run(actor=supply.steward, source=source, now=now())
    whole, calls = loading.split, []

    def overtaken(*args: Any, **kwargs: Any) -> Split:
        calls.append(1)
        if len(calls) == 1:
            assert run_now(run.uid, now()).state == "landed"
        return whole(*args, **kwargs)

    monkeypatch.setattr(loading, "split", overtaken)
    assert run_now(run.uid, now()).attempt == 2
    assert len(supply.lake.versions(supply.entry.lake_table)) == 1


def test_a_run_whose_work_was_given_up_ends(supply: Supply, monkeypatch: pytest.MonkeyPatch) -> None:
    source = supply.upload(csv_bytes(ROWS))
    run = start_run(actor=supply.steward, source=source, now=now())

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(loading, "write", broken)
        with pytest.raises(MemoryError):
            run_now(run.uid, now())
    assert services.settle_orphans(now()) == 0
    Job.objects.update(state="failed")
    assert services.settle_orphans(now()) == 1
    run.refresh_from_db()
    assert reason(run) == "intake.work_given_up"
    assert not supply.lake.exists(supply.entry.lake_table)
    again = start_run(actor=supply.steward, source=source, now=now())
    with monkeypatch.context() as patch:
        patch.setattr("quanshu.supply.intake.services.runs.land_run", broken)
        with pytest.raises(MemoryError):
            run_now(again.uid, now())
    Job.objects.update(state="failed")
    assert services.settle_orphans(now()) == 1
    again.refresh_from_db()
    assert (again.state, counts(again)) == ("landed", (3, 3, 0)), "its rows were in the lake"


@pytest.fixture
def two_runs(supply: Supply) -> tuple[Run, Run]:
    rows = (*ROWS, ("", "没有主键", "", ""))
    landed = supply.load(supply.upload(csv_bytes(rows)))
    failed = supply.load(supply.upload(csv_bytes([])))
    return landed, failed


def test_figures_and_traces(supply: Supply, two_runs: tuple[Run, Run]) -> None:
    figures = intake_figures(now=now())
    assert (figures.sources, figures.runs, figures.running, figures.failed_7d) == (2, 2, 0, 1)
    assert (figures.rows_landed, figures.rows_refused) == (3, 1)
    assert intake_figures(now=now() + timedelta(days=8)).failed_7d == 0
    landed = two_runs[0]
    actions = [row.action for row in history("intake.run", landed.uid)]
    assert sorted(actions) == ["intake.batch.landed", "intake.run.queued", "intake.run.started"]
    event = OutboxEvent.objects.get(name="intake.batch.landed")
    assert event.payload == {
        "run_uid": landed.uid,
        "source_uid": landed.source.uid,
        "entry_uid": supply.entry.uid,
        "rows_in": 4,
        "landed": 3,
        "refused": 1,
        "lake_version": 0,
        "lake_table": supply.entry.lake_table,
        "rows_total": 3,
        "at": landed.ended_at.isoformat(),
    }


def test_counts_that_do_not_add_up_are_not_kept(supply: Supply, two_runs: tuple[Run, Run]) -> None:
    with transaction.atomic(), pytest.raises(IntegrityError):
        Run.objects.filter(pk=two_runs[0].pk).update(rows_in=9)


@pytest.mark.django_db(transaction=True)
def test_the_worker_s_job_does_the_load(supply: Supply) -> None:
    run = start_run(actor=supply.steward, source=supply.upload(csv_bytes(ROWS)), now=now())
    assert run_due(now()) >= 1
    run.refresh_from_db()
    assert (run.state, counts(run)) == ("landed", (3, 3, 0))
    assert Job.objects.get(key=f"intake.run:{run.uid}").progress == {"stage": "writing", "rows": 3}


def test_rows_are_seen_within_the_scope(supply: Supply) -> None:
    source = supply.upload(csv_bytes(ROWS))
    for who, seen in (("steward", True), ("leader", True), ("other", False), ("developer", False)):
        found = Source.objects.visible_to(supply.cast.actor(who)).filter(pk=source.pk).exists()
        assert found is seen, who
