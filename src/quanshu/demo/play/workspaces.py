"""A unit's developer works on another unit's table: asked for, granted with masks, queried on a sample."""

from __future__ import annotations

from datetime import timedelta

from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import now, today
from quanshu.supply.catalogue.api import Entry, items_of
from quanshu.supply.workspaces.api import (
    AskData,
    DraftData,
    DraftKind,
    GrantData,
    Workspace,
    WorkspaceData,
    ask_table,
    create_workspace,
    grant_table,
    run_draft,
    save_draft,
    submit_draft,
)

TABLE = ("civil_affairs", "elderly_allowance")
FIELDS = ("citizen_id", "name", "level_code", "status_code", "division_code")
SQL = """SELECT substr(division_code, 1, 6) AS division, level_code, count(*) AS people
FROM allowance
WHERE status_code = '1'
GROUP BY ALL
ORDER BY division, level_code
"""


def play_workspaces(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """One workspace with a granted table, a model that was run and waits for review, and a request that waits."""
    if Workspace.objects.exists():
        return
    developer, unit = cast.actors["developer"], cast.units["human_resources"]
    data = WorkspaceData("养老待遇与高龄津贴核对", "Pensions against allowances", "核对养老待遇与高龄津贴发放")
    space = create_workspace(actor=developer, now=now(), unit=unit, data=data)
    entry = Entry.objects.get(pk=entries[TABLE].pk)
    ask = AskData("allowance", FIELDS, "按区县核对津贴发放", today() + timedelta(days=180))
    table = ask_table(actor=developer, now=now(), space=space, entry=entry, data=ask)
    masks = {item.name: item.mask for item in items_of(entry) if item.name in FIELDS}
    grant_table(actor=cast.stewards[TABLE[0]], now=now(), table=table, data=GrantData(masks))
    draft = save_draft(
        actor=developer, now=now(), space=space, data=DraftData("高龄津贴区县汇总", DraftKind.MODEL, SQL)
    )
    took = 0
    if entry.landed_at is not None:
        took = run_draft(actor=developer, now=now(), draft=draft).took_ms or 0
        submit_draft(actor=developer, now=now(), draft=draft)
    waiting = AskData("hj", ("citizen_id", "name", "status_code"), "核对户籍状态", today() + timedelta(days=90))
    resident = entries["public_security", "resident"]
    ask_table(actor=developer, now=now(), space=space, entry=resident, data=waiting)
    model = (
        f"a model run in {took} ms, under review" if took else f"a model that waits for {entry.resource_name} to land"
    )
    say(f"a workspace of {unit.name}: one table granted and masked, {model}")
