"""The list of demands, the ledger, and the choice of an entry to ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.clock import now, today
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Column, Filter, ListPage
from quanshu.sharing.demands.models import STATES, Demand
from quanshu.sharing.demands.pages.labels import OVERDUE, SIDES, TONES
from quanshu.sharing.demands.pages.labels import PARTIES as PARTY_NAMES
from quanshu.sharing.demands.permissions import DemandPermission
from quanshu.sharing.demands.queries import (
    consumers_for,
    demand_figures,
    ledger,
    list_demands,
    on_side,
    overdue,
)
from quanshu.sharing.demands.queries.using import held_days, held_totals
from quanshu.sharing.demands.types import Side
from quanshu.supply.catalogue.api import Entry, list_entries

STATE = Column(
    "state", _("State"), lambda row: row.get_state_display(), kind="badge", tone=lambda row: TONES[row.state]
)
PARTIES = (
    Column("entry", _("Catalogue entry"), lambda row: str(row.entry), phone=False),
    Column(
        "requesting_unit",
        _("Requester"),
        lambda row: str(row.requesting_unit),
        "requesting_unit__name",
        phone=False,
    ),
    Column(
        "supplier_unit",
        _("Supplier"),
        lambda row: str(row.supplier_unit),
        "supplier_unit__name",
        phone=False,
    ),
)
OVERDUE_FILTER = Filter("overdue", _("Overdue"), OVERDUE, apply=lambda rows, _value: overdue(rows, today=today()))
STATE_FILTER = Filter("state", _("State"), STATES)


def new_action(page: ListPage) -> list[Action]:
    """The button that begins a demand, for those who may."""
    if not allows(page.actor, DemandPermission.SUBMIT):
        return []
    match = Action(gettext("Who holds these fields?"), reverse("demands:match"), "search", "outline-primary", "get")
    return [Action(gettext("New demand"), reverse("demands:new"), "plus", method="get"), match]


class SideFilter(Filter):
    """Which side the actor's unit is on; needs to know who asks, which a plain look-up does not."""

    def narrow(self, page: ListPage, rows: Any, text: str) -> Any:
        kept = super().narrow(page, rows, text)
        return on_side(kept, page.actor, Side(text))


class DemandList(ListPage):
    """Every demand the actor may see."""

    permission = DemandPermission.VIEW
    title = _("Demands")
    subtitle = _("Asked of another unit, checked within 2, answered within 5, served within 10 working days")
    columns = (
        Column(
            "number",
            _("Number"),
            lambda row: row.number or "—",
            "number",
            link=Demand.get_absolute_url,
            kind="code",
        ),
        Column("title", _("Title"), sort="title", link=Demand.get_absolute_url),
        *PARTIES,
        STATE,
        Column("due_on", _("Due"), sort="due_on", kind="date"),
        Column("created_at", _("Written"), sort="created_at", kind="datetime", phone=False),
    )
    search = ("number", "title", "entry__resource_name", "requesting_unit__name", "supplier_unit__name")
    search_hint = _("Number, title, data or unit")
    order = "-created_at"
    empty_title = _("No demand yet")
    empty_hint = _("Find data in the catalogue and ask for the fields you need.")
    export_name = "demands"

    filters = (
        STATE_FILTER,
        SideFilter("side", _("Side"), SIDES, apply=lambda rows, _value: rows),
        OVERDUE_FILTER,
        Filter("from", _("Written from"), field="created_at__date__gte", kind="date"),
        Filter("to", _("Written to"), field="created_at__date__lte", kind="date"),
    )

    def queryset(self) -> QuerySet[Any]:
        return list_demands(self.actor)

    def actions(self) -> Sequence[Action]:
        return new_action(self)


def on_time(name: str) -> Any:
    """How a clock of a row ended: on time, late, or still open."""

    def read(row: Any) -> str:
        due, stopped = getattr(row, f"{name}_due"), getattr(row, f"{name}_stopped")
        if due is None or stopped is None:
            return ""
        return gettext("On time") if stopped <= due else gettext("Late")

    return read


def tone(name: str) -> Any:
    """Green for on time, red for late."""

    def read(row: Any) -> str:
        due, stopped = getattr(row, f"{name}_due"), getattr(row, f"{name}_stopped")
        return "secondary" if due is None or stopped is None else ("green" if stopped <= due else "red")

    return read


named = lazy(lambda text, label: str(text) % {"clock": label}, str)


def clock_columns(name: str, label: Any) -> tuple[Column, ...]:
    """Due day, day it ended, working days used, and whether on time."""
    return (
        Column(f"{name}_due", named(_("%(clock)s: due"), label), sort=f"{name}_due", kind="date", phone=False),
        Column(f"{name}_stopped", named(_("%(clock)s: done"), label), kind="date", phone=False),
        Column(f"{name}_used", named(_("%(clock)s: working days"), label), kind="number", phone=False),
        Column(f"{name}_on_time", label, on_time(name), kind="badge", tone=tone(name)),
    )


def held_by(side: str) -> Any:
    """Working days a row's case was with a party."""

    def read(row: Any) -> int:
        return held_days(row, now=now())[side]

    return read


class Ledger(ListPage):
    """The 台账 of clause 2.2.3: every filed demand with its clocks."""

    permission = DemandPermission.LEDGER
    template_name = "demands/ledger.html"
    title = _("Demand ledger")
    subtitle = _("Every demand with its clocks")
    columns = (
        Column("number", _("Number"), "number", "number", link=Demand.get_absolute_url, kind="code"),
        Column("title", _("Title"), sort="title"),
        *PARTIES,
        STATE,
        Column("submitted_at", _("Submitted"), sort="submitted_at", kind="datetime", phone=False),
        *clock_columns("check", _("Check")),
        *clock_columns("confirm", _("Reply")),
        *clock_columns("publish", _("Service")),
        *(
            Column(
                f"held_{side}",
                named(_("Working days with: %(clock)s"), label),
                held_by(side),
                kind="number",
                phone=False,
            )
            for side, label in PARTY_NAMES.items()
        ),
        Column(
            "escalations",
            _("Escalations"),
            lambda row: len(row.escalations.all()),
            kind="number",
            phone=False,
        ),
        Column(
            "service",
            _("Service granted"),
            lambda row: row.service.sid if row.service else "",
            kind="code",
            phone=False,
        ),
        Column("reason", _("Reason"), "reason", phone=False),
    )
    filters = (
        STATE_FILTER,
        Filter("from", _("Submitted from"), field="submitted_at__date__gte", kind="date"),
        Filter("to", _("Submitted to"), field="submitted_at__date__lte", kind="date"),
        OVERDUE_FILTER,
    )
    search = DemandList.search
    search_hint = DemandList.search_hint
    order = "-submitted_at"
    empty_title = _("No demand has been submitted yet")
    empty_hint = _("Find data in the catalogue and ask for the fields you need.")
    export_name = "demand-ledger"

    def queryset(self) -> QuerySet[Any]:
        return ledger(self.actor)

    def row_context(self) -> dict[str, Any]:
        seen = Demand.objects.visible_to(self.actor)
        held = held_totals(seen.filed())
        tiles = [(label, held[side]) for side, label in PARTY_NAMES.items()]
        return {"figures": demand_figures(today=today(), rows=seen), "held": tiles}


def ask_for(entry: Entry) -> str:
    """The address of a new demand for an entry."""
    return f"{reverse('demands:new')}?entry={entry.uid}"


class ChooseEntry(ListPage):
    """Which data the demand is for."""

    permission = DemandPermission.SUBMIT
    template_name = "demands/choose_entry.html"
    title = _("New demand: choose the data")
    columns = (
        Column("resource_name", _("Catalogue entry"), "resource_name", "resource_name", link=ask_for),
        Column("code", _("Resource code"), "code", kind="code", phone=False),
        Column("unit", _("Supplier"), lambda row: str(row.unit), "unit__name"),
        Column("updated_at", _("Updated"), sort="updated_at", kind="date", phone=False),
    )
    search = ("resource_name", "name_en", "code", "unit__name", "abstract")
    search_hint = _("Name, code or unit")
    order = "resource_name"
    empty_title = _("No published entry that may be shared")
    empty_hint = _("Entries appear here once their unit has published them; ask the unit's data steward.")
    export_name = "entries"

    def queryset(self) -> QuerySet[Any]:
        rows = list_entries(self.actor).filter(published_version__isnull=False).exclude(share_type="3")
        return rows.exclude(unit__path=self.actor.unit_path)

    def row_context(self) -> dict[str, Any]:
        may = allows(self.actor, "services.consumer.manage")
        return {"has_consumer": consumers_for(self.actor).exists(), "may_register": may}
