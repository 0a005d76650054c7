"""Runs of rules and their certificates."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.oversight.privacy import queries
from quanshu.oversight.privacy.models import ErasureRun
from quanshu.oversight.privacy.pages import labels
from quanshu.oversight.privacy.permissions import PrivacyPermission as P
from quanshu.oversight.privacy.types import RunNotFound, RunState
from quanshu.shared.web.api import Action, Card, Column, DetailPage, Filter, ListPage, Page, when


def run_columns() -> tuple[Column, ...]:
    """How runs are listed."""
    return (
        Column(
            "holding",
            gettext_lazy("Holding"),
            value=lambda row: labels.holding_name(row.holding),
            link=ErasureRun.get_absolute_url,
        ),
        Column("unit", gettext_lazy("Unit"), value=lambda row: labels.unit_name(row.rule.unit), phone=False),
        Column("started", gettext_lazy("Begun"), value="started_at", kind="datetime", sort="started_at"),
        Column("erased", gettext_lazy("Erased"), kind="number", sort="erased"),
        Column(
            "state",
            gettext_lazy("State"),
            value=labels.label_in(labels.RUN_STATES),
            kind="badge",
            tone=labels.tone_in(labels.RUN_STATES),
        ),
    )


class Runs(ListPage):
    """Every run, with its certificate once done."""

    title = gettext_lazy("Certificates of deletion")
    subtitle = gettext_lazy("What was deleted, how many, when and by which rule; each stands on the audit trail.")
    permission = P.RULE_VIEW
    template_name = "privacy/tabbed.html"
    search = ("uid", "digest")
    search_hint = gettext_lazy("Number or digest")
    order = "-started"
    export_name = "deletion-certificates"
    empty_title = gettext_lazy("Nothing has been deleted yet")
    empty_hint = gettext_lazy("Rules in force run every night when something is due.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=lambda page: labels.choices_of(labels.RUN_STATES)),
        Filter("holding", gettext_lazy("Holding"), choices=lambda page: labels.holding_choices()),
    )
    columns = run_columns()

    def queryset(self) -> Any:
        return queries.list_runs(self.actor)

    def row_context(self) -> dict[str, Any]:
        return {"tabs": labels.tabs("runs")}


def run_facts(run: ErasureRun) -> list[tuple[Any, Any]]:
    """What a certificate says, in words."""
    return [
        (_("Number"), run.uid),
        (_("Holding"), labels.holding_name(run.holding)),
        (_("Unit"), labels.unit_name(run.rule.unit)),
        (_("Days kept"), run.rule.keep_days),
        (_("Legal basis"), run.rule.basis),
        (_("Dated before"), when(run.before)),
        (_("Oldest record"), when(run.oldest)),
        (_("Erased"), run.erased),
        (_("Digest over what was erased"), run.digest),
        (_("Begun"), when(run.started_at)),
        (_("Begun by"), run.started_by),
        (_("Ended at"), when(run.ended_at)),
    ]


class RunPage(DetailPage):
    """A run: how far it is, or what it certifies."""

    permission = P.RULE_VIEW
    audit_kind = "privacy.run"

    def get_object(self, **kwargs: Any) -> ErasureRun:
        return queries.get_run(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> Any:
        return labels.holding_name(self.object.holding)

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Certificates of deletion"), reverse("privacy:runs"))]

    def state(self, obj: ErasureRun) -> tuple[str, str]:
        return labels.badge_of(labels.RUN_STATES, obj.state)

    def actions(self, obj: ErasureRun) -> list[Action]:
        found = [Action(_("The rule"), obj.rule.get_absolute_url(), "ruler", "outline-primary", method="get")]
        if obj.state == RunState.DONE:
            url = reverse("privacy:certificate", args=[obj.uid])
            found += [
                Action(_("Printable page"), url, "printer", method="get"),
                Action(_("Download as JSON"), f"{url}?format=json", "download", "outline-primary", method="get"),
            ]
        return found

    def cards(self, obj: ErasureRun) -> list[Card]:
        if obj.state == RunState.DONE:
            return [Card(_("Certificate of deletion"), facts=run_facts(obj))]
        total = max(obj.found, obj.erased, 1)
        values = {"done": obj.erased, "total": total, "percent": 100 * obj.erased // total}
        found = [Card(_("Progress"), template="privacy/under_way.html", values=values)]
        if obj.hold is not None:
            more = (obj.hold.get_absolute_url(), _("Open the hold"))
            found.insert(
                0, Card(_("Stopped by a hold"), note=f"{obj.hold.order_number} · {obj.hold.authority}", more=more)
            )
        return found


class Certificate(Page):
    """A certificate as a page to print, or as JSON."""

    permission = P.RULE_VIEW
    template_name = "privacy/paper.html"
    title = gettext_lazy("Certificate of deletion")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        run = queries.get_run(actor=self.actor, uid=kwargs["uid"])
        if run.state != RunState.DONE:
            raise RunNotFound
        if request.GET.get("format") == "json":
            response = JsonResponse(queries.certificate_of(run), json_dumps_params={"ensure_ascii": False})
            response["Content-Disposition"] = f'attachment; filename="certificate-{run.uid}.json"'
            return response
        foot = _(
            "The same stands on the audit trail; nothing on the trail or in the ledger was changed by the deletion."
        )
        return self.render({"facts": run_facts(run), "back": run.get_absolute_url(), "foot": foot})
