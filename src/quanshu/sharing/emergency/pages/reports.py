"""An emergency's report for printing, and every grant with its use for export."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.audit.api import history
from quanshu.shared.web.api import Action, Column, ListPage, Page
from quanshu.sharing.emergency import queries
from quanshu.sharing.emergency.models import Emergency, Request
from quanshu.sharing.emergency.pages.emergencies import crumbs_to
from quanshu.sharing.emergency.pages.labels import VERDICT_TONES, between, told_items
from quanshu.sharing.emergency.permissions import EmergencyPermission as P


class Grants(ListPage):
    """Every grant of an emergency with what was really called."""

    title = gettext_lazy("Grants of the emergency")
    permission = P.VIEW
    search = ("number", "consumer__name", "entry__resource_name", "purpose")
    search_hint = gettext_lazy("Number, application, data or purpose")
    order = "asked_at"
    export_name = "emergency-grants"
    empty_title = gettext_lazy("Nothing has been asked for yet")
    columns = (
        Column("number", gettext_lazy("Number"), "number", "number", link=Request.get_absolute_url, kind="code"),
        Column("requester", gettext_lazy("Requester"), lambda row: str(row.consumer.unit), phone=False),
        Column("consumer", gettext_lazy("Application"), lambda row: row.consumer.title),
        Column("entry", gettext_lazy("Data"), lambda row: str(row.entry)),
        Column("fields", gettext_lazy("Fields"), lambda row: told_items(row, row.fields), phone=False),
        Column("purpose", gettext_lazy("Purpose"), "purpose", phone=False),
        Column("asked_at", gettext_lazy("Asked"), sort="asked_at", kind="datetime", phone=False),
        Column("granted_at", gettext_lazy("Granted"), sort="granted_at", kind="datetime", phone=False),
        Column("first", gettext_lazy("First call after"), lambda row: between(row.asked_at, row.first_call_at)),
        Column("calls", gettext_lazy("Calls answered"), lambda row: queries.use_of(row).calls, kind="number"),
        Column("rows", gettext_lazy("Rows returned"), lambda row: queries.use_of(row).rows, kind="number", phone=False),
        Column("read", gettext_lazy("Fields read"), lambda row: told_items(row, queries.use_of(row).fields),
               phone=False),
        Column("cases", gettext_lazy("Case numbers"), lambda row: "、".join(queries.use_of(row).case_numbers),
               phone=False),
        Column("verdict", gettext_lazy("Review finding"), lambda row: row.get_verdict_display() if row.verdict else "",
               kind="badge", tone=lambda row: VERDICT_TONES[row.verdict]),
        Column("reasons", gettext_lazy("Reasons"), "review_reason", phone=False),
    )  # fmt: skip

    def emergency(self) -> Emergency:
        return queries.get_emergency(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to(self.emergency())

    def queryset(self) -> Any:
        return queries.list_requests(self.actor).filter(emergency=self.emergency())


class Report(Page):
    """The emergency from declaration to review, on paper."""

    title = gettext_lazy("Report on an emergency")
    permission = P.VIEW
    template_name = "emergency/report.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        emergency = queries.get_emergency(actor=self.actor, uid=kwargs["uid"])
        rows: Any = queries.list_requests(self.actor).filter(emergency=emergency).order_by("asked_at")
        demands = [
            {
                "row": row,
                "use": (use := queries.use_of(row)),
                "asked": told_items(row, row.fields),
                "read": told_items(row, use.fields),
                "first": between(row.asked_at, row.first_call_at),
                "alerts": row.alerts.all(),
            }
            for row in rows.prefetch_related("alerts")
        ]
        export = f"{reverse('emergency:grants', args=[emergency.uid])}?export=xlsx"
        return {
            "emergency": emergency,
            "subtitle": str(emergency),
            "crumbs": crumbs_to(emergency),
            "units": emergency.units.all(),
            "entries": emergency.entries.all(),
            "regions": queries.regions_named(emergency.region_codes),
            "demands": demands,
            "history": history(queries.KIND, emergency.uid),
            "actions": [Action(_("Download as Excel"), export, "download", "outline-primary", "get")],
        }
