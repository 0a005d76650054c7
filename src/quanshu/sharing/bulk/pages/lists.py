"""Lists: bulk grants, and the reads of one."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import now
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Column, Filter, ListPage
from quanshu.sharing.bulk import queries
from quanshu.sharing.bulk.pages.labels import STATES, TONES, size, view_state
from quanshu.sharing.bulk.permissions import BulkPermission as P
from quanshu.sharing.desk.api import outcome_label


def units(field: str) -> Any:
    """Choices of the units that stand in a column."""

    def choices(page: Any) -> list[tuple[str, str]]:
        rows = page.queryset().order_by().values_list(f"{field}__uid", f"{field}__name").distinct()
        return sorted(rows, key=lambda row: row[1])

    return choices


def by_view(rows: Any, value: str) -> Any:
    """Grants in force whose view is up to date, behind, or fails."""
    rows = rows.filter(state="active")
    return rows.filter(
        {
            "fresh": Q(fault="", stale_since__isnull=True),
            "behind": Q(fault="", stale_since__isnull=False),
            "failing": ~Q(fault=""),
        }[value]
    )


class Grants(ListPage):
    """Bulk grants the actor's units hold, give, or have asked for."""

    title = gettext_lazy("Bulk sharing")
    subtitle = gettext_lazy(
        "Views of whole tables for one application: allowed fields and rows only, masked, kept fresh."
    )
    permission = P.VIEW
    search = ("table_name", "purpose", "consumer__name", "consumer__rid", "entry__resource_name", "entry__name_en")
    search_hint = gettext_lazy("Table, entry, application or purpose")
    order = "-made"
    export_name = "bulk-grants"
    empty_title = gettext_lazy("Nothing is shared in bulk yet")
    empty_hint = gettext_lazy("Open an entry of the catalogue and ask for it in bulk, or share it.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(STATES.items()), field="state"),
        Filter(
            "view",
            gettext_lazy("View"),
            choices=[
                ("fresh", gettext_lazy("In step with the source")),
                ("behind", gettext_lazy("Behind")),
                ("failing", gettext_lazy("Refresh fails")),
            ],
            apply=by_view,
        ),
        Filter("provider", gettext_lazy("Provider"), choices=units("entry__unit"), field="entry__unit__uid"),
        Filter("unit", gettext_lazy("Using unit"), choices=units("consumer__unit"), field="consumer__unit__uid"),
    )
    columns = (
        Column(
            "entry",
            gettext_lazy("Catalogue entry"),
            value=lambda row: row.entry.title,
            sort="entry__resource_name",
            link=lambda row: row.get_absolute_url(),
        ),
        Column(
            "consumer",
            gettext_lazy("Application"),
            value=lambda row: row.consumer.title,
            sort="consumer__name",
            phone=False,
        ),
        Column("unit", gettext_lazy("Using unit"), value=lambda row: str(row.consumer.unit), phone=False),
        Column("provider", gettext_lazy("Provider"), value=lambda row: str(row.entry.unit), phone=False),
        Column("table", gettext_lazy("Table"), value="table_name", kind="code", sort="table_name", phone=False),
        Column("rows", gettext_lazy("Rows"), value="view_rows", kind="number", sort="view_rows"),
        Column(
            "view",
            gettext_lazy("View"),
            value=lambda row: view_state(row, now())[0],
            kind="badge",
            tone=lambda row: view_state(row, now())[1],
        ),
        Column("made", gettext_lazy("Asked for"), value="created_at", kind="date", sort="created_at", phone=False),
        Column("until", gettext_lazy("Valid until"), value="valid_until", kind="date", sort="valid_until", phone=False),
        Column(
            "state",
            gettext_lazy("State"),
            value=lambda row: STATES[row.state],
            kind="badge",
            tone=lambda row: TONES[row.state],
            sort="state",
        ),
    )

    def queryset(self) -> Any:
        return queries.list_bulk(self.actor)

    def actions(self) -> list[Action]:
        if not (allows(self.actor, P.CREATE) or allows(self.actor, P.ASK)):
            return []
        return [Action(_("Share or ask in bulk"), reverse("bulk:new"), "plus", method="get")]


def by_outcome(rows: Any, value: str) -> Any:
    """Answered or refused reads."""
    return rows.filter(status__lt=400) if value == "ok" else rows.filter(status__gte=400)


def what_of(parameters: str) -> str:
    """What was read, in the reader's language."""
    names = {
        "query": _("Read of the table"),
        "changes": _("Read of changes"),
        "metadata": _("Columns"),
        "version": _("Version"),
        "file": _("File"),
    }
    return str(names.get(parameters.split(",", 1)[0], parameters.split(",", 1)[0]))


READ_COLUMNS = (
    Column("at", gettext_lazy("Time"), kind="datetime", sort="at"),
    Column("what", gettext_lazy("What was read"), value=lambda row: what_of(row.parameters)),
    Column("version", gettext_lazy("Version"), value=lambda row: row.service_version or "", kind="number", phone=False),
    Column("rows", gettext_lazy("Rows"), kind="number", sort="rows"),
    Column("bytes", gettext_lazy("Volume"), value=lambda row: size(queries.bytes_of(row.parameters)), phone=False),
    Column(
        "outcome",
        gettext_lazy("Outcome"),
        value=lambda row: outcome_label(row.outcome),
        kind="badge",
        tone=lambda row: "green" if row.status < 400 else "red",
    ),
    Column("receipt", gettext_lazy("Receipt"), value="receipt_id", kind="code", phone=False),
)


class Reads(ListPage):
    """The reads of one bulk grant, by their receipts."""

    title = gettext_lazy("Reads")
    permission = P.VIEW
    search = ("receipt_id", "request_hash")
    search_hint = gettext_lazy("Receipt id or request hash")
    order = "-at"
    export_name = "bulk-reads"
    empty_title = gettext_lazy("Not read yet")
    empty_hint = gettext_lazy("A read appears here seconds after the gateway has answered it.")
    filters = (
        Filter(
            "outcome",
            gettext_lazy("Outcome"),
            choices=[("ok", gettext_lazy("Answered")), ("refused", gettext_lazy("Refused"))],
            apply=by_outcome,
        ),
        Filter("from", gettext_lazy("From day"), kind="date", field="at__date__gte"),
        Filter("until", gettext_lazy("To day"), kind="date", field="at__date__lte"),
    )
    columns = READ_COLUMNS

    def queryset(self) -> Any:
        return queries.reads_of(queries.get_bulk(actor=self.actor, uid=self.kwargs["uid"]))

    def crumbs(self) -> Any:
        grant = queries.get_bulk(actor=self.actor, uid=self.kwargs["uid"])
        return ((_("Bulk sharing"), reverse("bulk:grants")), (grant.table_name, grant.get_absolute_url()))
