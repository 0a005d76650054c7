"""A workspace of civil affairs with the residents' table of the police granted to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from quanshu.shared.access.api import SYSTEM
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.workspaces.api import (
    AskData,
    GrantData,
    Table,
    Workspace,
    WorkspaceData,
    ask_table,
    create_workspace,
    grant_table,
)
from support_catalogue import Cast
from support_quality import MONDAY

TODAY = MONDAY.date()
FIELDS = ("person_id", "name", "sex")
MASKS = {"person_id": "citizen_id", "name": "name", "sex": "none"}


@dataclass
class Space:
    """A workspace and its one table."""

    cast: Cast
    entry: Entry
    space: Workspace
    table: Table


def make_space(cast: Cast, entry: Entry, *, granted: bool = True, until: date | None = None, **data: Any) -> Space:
    """A workspace whose request for the table has been granted, or waits."""
    given = WorkspaceData(
        **{"name": "老年人津贴核对", "name_en": "Allowances", "purpose": "核对老年人津贴发放对象", **data}
    )
    space = create_workspace(actor=SYSTEM, now=MONDAY, unit=cast.units["civil"], data=given)
    ask = AskData("residents", FIELDS, "核对年龄与状态", until or TODAY + timedelta(days=60))
    table = ask_table(actor=SYSTEM, now=MONDAY, space=space, entry=entry, data=ask)
    if granted:
        table = grant_table(actor=SYSTEM, now=MONDAY, table=table, data=GrantData(MASKS))
    return Space(cast, entry, space, table)
