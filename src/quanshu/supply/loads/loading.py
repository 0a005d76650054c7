"""The work of a run: read, hold against the contract, write once. No database of the control plane here.

Writing is safe to repeat: the data commit carries the run's uid and counts, so a run that is started
again after a kill finds what it already did. Refused rows are written before it under the number of
the attempt, and the attempt that landed names them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial

from quanshu.kernel.errors import QuanshuError
from quanshu.lake import Lake, engine
from quanshu.lake.landing import Reason, Split, TextRows, split
from quanshu.lake.schema import quote
from quanshu.supply.loads import rules
from quanshu.supply.loads.changing import Numbered, Staged, feed_columns, prepare, staged
from quanshu.supply.loads.keeping import keep_aside, keep_refused
from quanshu.supply.loads.load import Held, Load, Progress
from quanshu.supply.loads.opening import open_source
from quanshu.supply.loads.prelanding import check_before_landing
from quanshu.supply.loads.types import Decision, DriftItem, DriftMode, HeldFor, LoadMode, Outcome, Stage

# Modes whose changes are worked out in an engine of their own before they are written.
APPLIED = frozenset({LoadMode.INCREMENTAL, LoadMode.MIRROR, LoadMode.CHANGES})
TYPE_REASONS = frozenset(
    {
        Reason.NOT_INTEGER,
        Reason.NOT_DECIMAL,
        Reason.NOT_BOOLEAN,
        Reason.NOT_DATE,
        Reason.NOT_DATETIME,
    }
)


class Drifted(QuanshuError):
    """A refusal for the columns, carrying what differs; the run shows the refusal itself."""

    code = "intake.drifted"
    message = "The columns differ from the contract."
    remedy = "Open the run's page."

    def __init__(self, *, fault: QuanshuError, drift: tuple[DriftItem, ...]) -> None:
        super().__init__()
        self.fault, self.drift = fault, drift


def done_before(lake: Lake, load: Load) -> Outcome | None:
    """The outcome of this run if an earlier attempt has already landed it."""
    if not lake.exists(load.table):
        return None
    for version in reversed(lake.versions(load.table)):
        commit = version.commit
        if commit.get("run") == load.run_uid:
            counts = {name: int(commit[name]) for name in ("rows_in", "landed", "refused", "attempt")}
            return Outcome(
                lake_version=version.version,
                cursor=commit.get("cursor", ""),
                notes=json.loads(commit.get("notes", "{}")),
                **counts,
                **asdict(changes_of(lake, load, version.version, counts["landed"])),
            )
    return None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a version did to the rows of the one before it."""

    inserted: int
    updated: int
    unchanged: int
    deleted: int


def by_key(load: Load) -> bool:
    """Whether the load changes rows by key instead of replacing the table."""
    return load.mode != LoadMode.FULL or (load.replay and bool(load.keys))


def changes_of(lake: Lake, load: Load, version: int, landed: int) -> Changes:
    """Count a version's changes from what the lake keeps, so that a second attempt tells the same."""
    if by_key(load):
        kinds = lake.changes(load.table, version - 1, version).column("_change_type").to_pylist()
        return summed(load, landed, *(kinds.count(kind) for kind in ("insert", "update_postimage", "delete")))
    if version == 0 or load.replay:
        return Changes(landed, 0, 0, 0)
    return replaced(lake, load, version, landed)


def summed(load: Load, landed: int, inserted: int, updated: int, deleted: int) -> Changes:
    """The counts of a load by key: what changed nothing is unchanged."""
    done = inserted + updated + (deleted if load.feed else 0)
    return Changes(inserted, updated, landed - done, deleted)


def replaced(lake: Lake, load: Load, version: int, landed: int) -> Changes:
    """What a full load changed: by key where both versions have it, else every row is a new one."""
    before = lake.schema(load.table, version - 1).names
    rows = lake.count(load.table, version - 1)
    if not load.keys or not set(load.keys) <= set(before):
        return Changes(landed, 0, 0, rows)
    names = [column.name for column in load.columns]
    on = " AND ".join(f"n.{quote(key)}::VARCHAR = o.{quote(key)}::VARCHAR" for key in load.keys)
    same = " AND ".join(f"n.{quote(name)}::VARCHAR IS NOT DISTINCT FROM o.{quote(name)}::VARCHAR" for name in names)
    alike = same if set(names) == set(before) else "false"
    with lake.connect() as connection:
        lake.register(connection, load.table, version=version - 1, alias="o")
        lake.register(connection, load.table, version=version, alias="n")
        found = connection.execute(
            f"SELECT count(*), count(*) FILTER ({alike}) FROM n JOIN o ON {on}"  # noqa: S608 - quoted names
        ).fetchone()
    kept, unchanged = found or (0, 0)
    return Changes(landed - kept, kept - unchanged, unchanged, rows - kept)


def perform(lake: Lake, load: Load, progress: Progress) -> Outcome:
    """Do the load once, however often it is called.

    `progress` is told the stage and the rows so far, and may raise to stop. Raises NothingFits, NoRows, Held or
    Drifted before the table is touched, or what the reader or the lake raises.
    """
    before = done_before(lake, load)
    if before is not None:
        return before
    progress(Stage.READING, 0)
    rows = open_source(lake, load)
    check_columns(lake, load, rows, progress)
    with lake.connect() as connection:
        # A key names one row in either mode: problems, look-ups and corrections all go by it.
        keys = () if load.feed or load.mode == LoadMode.INCREMENTAL else load.keys
        columns = feed_columns(load) if load.feed else load.columns
        tell = partial(progress, Stage.READING)
        extra = "ignore" if load.decision == Decision.KNOWN else "refuse"
        parts = split(connection, Numbered(rows) if load.feed else rows, columns, keys, extra=extra, progress=tell)  # type: ignore[arg-type]
        check_values(lake, load, parts, progress)
        if not load.feed:
            parts = check_before_landing(load, parts)
        with worked_out(lake, load, parts) as work:
            landed, refused = (work.landed, work.refused) if work else (parts.landed_rows, parts.refused_rows)
            if refused:
                keep_refused(lake, load, parts, work.more_refused if work else None)
            rules.check_something_fits(rows_in=parts.rows_in, landed=landed, mode=load.mode)
            # A worker that was held up long enough to lose the run may wake here: look again, under the lock.
            with lake.loading(load.table):
                done = done_before(lake, load)
                if done is None and work is not None:
                    prepare(lake, load, work, parts)
                progress(Stage.WRITING, parts.rows_in)
                return done or write(lake, load, parts, work)


@contextmanager
def worked_out(lake: Lake, load: Load, parts: Split) -> Iterator[Staged | None]:
    """The rows that fit in an engine of their own, for the modes that need it."""
    if load.mode in APPLIED or (load.replay and load.keys):
        with staged(lake, load, parts) as work:
            yield work
    else:
        yield None


def check_columns(lake: Lake, load: Load, rows: TextRows, progress: Progress) -> None:
    """Compare the columns before anything lands. Raises Drifted or, with the rows set aside, Held."""
    if load.decision or load.replay:
        return
    drift = rules.compare_columns(load.expected, rows.columns, getattr(rows, "types", None))
    if not drift:
        return
    if load.drift == DriftMode.REFUSE:
        raise Drifted(fault=rules.refusal_of(drift), drift=drift)
    keep_aside(lake, load, rows, progress)
    raise Held(reason=HeldFor.DRIFT, drift=drift)


def check_values(lake: Lake, load: Load, parts: Split, progress: Progress) -> None:
    """A column whose values have another type in half of the rows has changed. Raises Held, unless drift is refused.

    Where drift is refused the rows are, one by one, as ever.
    """
    if load.drift == DriftMode.REFUSE or load.decision or load.replay or parts.refused_rows * 2 < parts.rows_in:
        return
    wrong: dict[str, int] = {}
    for batch in parts.refused_reader():
        for column, reason in zip(batch.column("column").to_pylist(), batch.column("reason").to_pylist(), strict=True):
            if reason in TYPE_REASONS:
                wrong[column] = wrong.get(column, 0) + 1
    drift = rules.contradicts(rows_in=parts.rows_in, wrong=wrong, expected=load.expected)
    if drift:
        keep_aside(lake, load, open_source(lake, load), progress)
        raise Held(reason=HeldFor.DRIFT, drift=drift)


def write(lake: Lake, load: Load, parts: Split, work: Staged | None) -> Outcome:
    """Put what fits into the table as one version that carries the run and its counts."""
    landed, refused = (work.landed, work.refused) if work else (parts.landed_rows, parts.refused_rows)
    cursor, notes = (work.cursor, work.notes) if work else ("", {})
    commit = {
        "run": load.run_uid,
        "attempt": str(load.attempt),
        "rows_in": str(parts.rows_in),
        "landed": str(landed),
        "refused": str(refused),
        **({"cursor": cursor} if cursor else {}),
        **({"notes": json.dumps(notes)} if notes else {}),
    }
    version, changes = put(lake, load, parts, work, commit)
    return Outcome(
        rows_in=parts.rows_in,
        landed=landed,
        refused=refused,
        lake_version=version,
        attempt=load.attempt,
        cursor=cursor,
        notes=notes,
        **asdict(changes),
    )


def put(lake: Lake, load: Load, parts: Split, work: Staged | None, commit: Mapping[str, str]) -> tuple[int, Changes]:
    """The one write of a load: (version, what it changed)."""
    if work is not None:
        newer = str(load.options.get("cursor", "")) if load.mode == LoadMode.INCREMENTAL and not load.replay else ""
        data = engine.reader(work.connection, work.query)
        made = lake.apply(load.table, data, load.keys, newer_by=newer, commit=commit)
        return made.version, summed(load, work.landed, made.inserted, made.updated, made.deleted)
    if load.replay:
        return lake.append(load.table, parts.landed_reader(), commit=commit), Changes(parts.landed_rows, 0, 0, 0)
    if load.mode == LoadMode.UPSERT:
        done = lake.upsert(load.table, parts.landed_reader(), load.keys, commit=commit)
        return done.version, Changes(done.inserted, done.updated, done.unchanged, 0)
    version = lake.overwrite(load.table, parts.landed_reader(), commit=commit)
    return version, changes_of(lake, load, version, parts.landed_rows)
