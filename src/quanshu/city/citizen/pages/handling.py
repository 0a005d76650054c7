"""The unit's and the bureau's side of corrections."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.city.citizen import queries, rules, services
from quanshu.city.citizen.models import Correction
from quanshu.city.citizen.pages import labels
from quanshu.city.citizen.pages.reporting import MyEvidence
from quanshu.city.citizen.permissions import CitizenPermission as P
from quanshu.city.citizen.services.handling import check_landable
from quanshu.city.citizen.types import CorrectionFigures, CorrectionState
from quanshu.kernel.clock import CITY_TZ, today
from quanshu.shared.access.api import Actor, allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Filter,
    FormPage,
    ListPage,
    Page,
    ReasonForm,
    state_column,
    when,
)
from quanshu.shared.web.api import reason_against as against
from quanshu.supply.quality.api import Problem

TARGET = 1.0


def pairs(page: Any, value: str, label: str) -> list[tuple[str, str]]:
    """Values of a filter among the corrections the actor may see."""
    rows = page.queryset().order_by().values_list(value, label).distinct()
    return sorted((row for row in rows if row[0]), key=lambda row: str(row[1]))


def by_clock(rows: Any, value: str) -> Any:
    """Waiting corrections past their day, or within it."""
    waiting = rows.filter(state__in=[*rules.OPEN_STATES, CorrectionState.REVIEW])
    return waiting.filter(due_on__lt=today()) if value == "1" else waiting.filter(due_on__gte=today())


class Corrections(ListPage):
    """Errors that residents and enterprises reported on the unit's data."""

    permission = P.CORRECTION_VIEW
    title = gettext_lazy("Corrections asked for by residents")
    subtitle = gettext_lazy("Accepted and corrected at the source, or rejected with reasons, within 2 working days.")
    search = ("entry__resource_name", "unit__name", "column")
    search_hint = gettext_lazy("Table, unit or field")
    order = "due"
    export_name = "corrections"
    empty_title = gettext_lazy("No correction asked for")
    empty_hint = gettext_lazy("What residents report on your unit's data appears here.")
    filters = (
        Filter("unit", gettext_lazy("Unit"), choices=lambda page: pairs(page, "unit__uid", "unit__name"),
               field="unit__uid"),
        Filter("table", gettext_lazy("Table"), field="entry__uid",
               choices=lambda page: pairs(page, "entry__uid", "entry__resource_name")),
        Filter("state", gettext_lazy("State"), choices=list(labels.STATES.items()), field="state"),
        Filter("overdue", gettext_lazy("Clock"), apply=by_clock,
               choices=[("1", gettext_lazy("Overdue")), ("0", gettext_lazy("Within time"))]),
    )  # fmt: skip
    columns = (
        Column("uid", gettext_lazy("Correction"), value=str, kind="code", link=lambda row: row.get_absolute_url()),
        Column("table", gettext_lazy("Table"), value=lambda row: str(row.entry), sort="entry__resource_name"),
        Column("field", gettext_lazy("Field"), value=labels.field_title),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        state_column(labels.STATES, labels.TONES, sort="state"),
        Column("filed", gettext_lazy("Reported on"), value="filed_at", sort="filed_at", kind="date", phone=False),
        Column("due", gettext_lazy("Due"), value="due_on", sort="due_on", kind="date"),
        Column("days", gettext_lazy("Working days taken"), value="working_days", sort="working_days",
               kind="number", phone=False),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_corrections(self.actor).prefetch_related("entry__items")

    def actions(self) -> list[Action]:
        return [Action(_("Figures"), reverse("citizen:figures"), "chart-bar", "outline-primary", "get")]


class Figures(Page):
    """How fast units decide."""

    permission = P.CORRECTION_VIEW
    title = gettext_lazy("Corrections: figures")
    template_name = "citizen/figures.html"

    def crumbs(self) -> Any:
        return ((_("Corrections asked for by residents"), reverse("citizen:corrections")),)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        *units, whole = queries.correction_figures(self.actor, today=self.now.astimezone(CITY_TZ).date())
        return {"whole": whole, "target": TARGET, "units": units, "columns": self.columns()}

    def columns(self) -> tuple[Column, ...]:
        """One row a unit."""

        def rate(row: CorrectionFigures) -> float | None:
            return row.on_time_rate

        return (
            Column("unit", _("Unit"), value="unit"),
            Column("total", _("Reported"), value="total", kind="number"),
            Column("waiting", _("Undecided"), value="waiting", kind="number"),
            Column("overdue", _("Overdue"), value="overdue", kind="number"),
            Column("decided", _("Decided"), value="decided", kind="number", phone=False),
            Column("corrected", _("Corrected"), value="corrected", kind="number", phone=False),
            Column("rate", _("Within 2 working days"), value=rate, kind="percent"),
        )


class CorrectionPage(DetailPage):
    """One correction, as its unit and the bureau see it: values under their masks unless asked for."""

    permission = P.CORRECTION_VIEW
    audit_kind = "citizen.correction"
    revealed: dict[str, Any] | None = None

    def get_object(self, **kwargs: Any) -> Correction:
        return queries.get_correction(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return f"{self.object.entry.title} · {labels.field_title(self.object)}"

    def crumbs(self) -> Any:
        return ((_("Corrections asked for by residents"), reverse("citizen:corrections")),)

    def state(self, obj: Correction) -> tuple[str, str]:
        return str(labels.STATES[obj.state]), labels.TONES[obj.state]

    def facts(self, obj: Correction) -> list[tuple[Any, Any]]:
        return [
            (_("Unit"), str(obj.unit)),
            (_("Table"), str(obj.entry)),
            (_("Reported on"), when(obj.filed_at)),
            (_("Decided on"), when(obj.decided_at) if obj.decided_at else None),
            (_("Working days taken"), obj.working_days),
        ]

    def cards(self, obj: Correction) -> list[Card]:
        whole = self.revealed
        content = whole or obj.content
        shown = (
            (lambda column, value: value or "") if whole else (lambda column, value: labels.masked(obj, column, value))
        )
        key = " · ".join(shown(name, part) for name, part in content["key"].items())
        facts = [
            (_("Record"), key),
            (_("Field"), labels.field_title(obj)),
            (_("Value reported"), shown(obj.column, content["value"])),
            (_("What it should be"), shown(obj.column, content["proposed"])),
            (_("Value now"), shown(obj.column, content["after"]) if obj.state == CorrectionState.CORRECTED else None),
            (_("What is wrong"), content["reason"] if whole else None),
            (_("Why a review was asked for"), content["review"] if whole else None),
            (_("The unit's answer"), obj.answer),
            (_("The bureau's answer"), obj.review_answer),
        ]
        note = "" if whole else _("Personal values are masked; the reason is shown with the whole record.")
        found = [Card(_("The report"), note=note, facts=[row for row in facts if row[1] not in (None, "")])]
        if obj.problem is not None:
            found.append(Card(_("Data quality"), facts=[(_("Problem record"), str(obj.problem.title))],
                              more=(obj.problem.get_absolute_url(), _("Open the problem record"))))  # fmt: skip
        return [*found, self.told(obj)]

    def told(self, obj: Correction) -> Card:
        """Who had received the wrong value and was told."""
        columns = (
            Column("unit", _("Unit"), value="unit_name"),
            Column("application", _("Application"), value="application"),
            Column("called", _("Received on"), value="called_at", kind="datetime"),
            Column("receipt", _("Receipt"), value="receipt_id", kind="code", phone=False),
        )
        title, hint = _("Nobody told yet"), _("Receivers are told once the value is corrected.")
        rows = list(obj.received.all()[:200])
        return Card(_("Told of the correction"), columns=columns, rows=rows, empty_title=title, empty_hint=hint)

    def actions(self, obj: Correction) -> list[Action]:
        found = []
        if allows(self.actor, P.HANDLE, obj):
            found += self.of_unit(obj)
        if allows(self.actor, P.REVIEW, obj):
            closed = against(rules.check_step, obj.state, "uphold")
            for name, label, icon, style in (
                ("overturn", _("The unit shall correct it"), "edit", "primary"),
                ("uphold", _("The value stands"), "check", "outline-primary"),
            ):
                found.append(Action(label, reverse(f"citizen:{name}", args=[obj.uid]), icon, style, "get", closed))
        if self.revealed is None and self.may_reveal(obj):
            sure = _("Showing the whole record is written to the audit trail. Go on?")
            url = reverse("citizen:reveal", args=[obj.uid])
            found.append(Action(_("Show the whole record"), url, "eye", "outline-primary", confirm=sure))
        return [*found, *self.proofs(obj)]

    def of_unit(self, obj: Correction) -> list[Action]:
        """The unit's steps."""
        accept, correct = (against(rules.check_step, obj.state, step) for step in ("accept", "correct"))
        rows = (
            ("accept", _("Accept the report"), "check", "primary", "post", accept),
            ("land", _("Land the proposed value"), "file-import", "outline-primary", "post",
             correct or against(check_landable, obj)),
            ("confirm", _("Corrected at the source"), "refresh", "outline-primary", "post", correct),
            ("reject", _("Reject"), "x", "outline-danger", "get", correct),
        )  # fmt: skip
        return [
            Action(label, reverse(f"citizen:{name}", args=[obj.uid]), icon, style, method, reason)
            for name, label, icon, style, method, reason in rows
        ]

    def may_reveal(self, obj: Correction) -> bool:
        """Whoever corrects, or decides a review."""
        return allows(self.actor, P.HANDLE, obj) or (
            obj.state == CorrectionState.REVIEW and allows(self.actor, P.REVIEW, obj)
        )

    def proofs(self, obj: Correction) -> list[Action]:
        """The files that came with the report."""
        if not self.may_reveal(obj):
            return []
        return [
            Action(_("See the proof"), reverse("citizen:evidence", args=[obj.uid, proof.uid]), "paperclip",
                   "outline-primary", "get")
            for proof in obj.evidence.all()
        ]  # fmt: skip


class Reveal(CorrectionPage):
    """The same page with the whole record, asked for by whoever corrects or decides."""

    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        correction = self.get_object(**kwargs)
        self.revealed = services.reveal_correction(actor=self.actor, correction=correction, now=self.now)
        response = super().get(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class Step(ActionPage):
    """A button of the unit's."""

    permission = P.HANDLE
    service: Any = None
    done: Any = ""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        correction = queries.get_correction(actor=self.actor, uid=kwargs["uid"])
        self.service(actor=self.actor, correction=correction, now=self.now)
        return str(self.done), correction.get_absolute_url()

    def fallback_url(self, **kwargs: Any) -> str:
        return reverse("citizen:correction", args=[kwargs["uid"]])


class WithReasons(FormPage):
    """A step that says why."""

    form_class = ReasonForm
    permission = P.HANDLE
    service: Any = None
    success = gettext_lazy("Decided; the resident has been told.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        correction = queries.get_correction(actor=self.actor, uid=kwargs["uid"])
        reason = form.cleaned_data["reason"]
        self.service(actor=self.actor, correction=correction, reason=reason, now=self.now)
        return correction.get_absolute_url()


class BureauReasons(WithReasons):
    """A decision of the bureau."""

    permission = P.REVIEW


class UnitEvidence(MyEvidence):
    """A proof, for whoever corrects or decides."""

    permission = P.CORRECTION_VIEW

    def correction(self, uid: str) -> Correction:
        found = queries.get_correction(actor=self.actor, uid=uid)
        services.reveal_correction(actor=self.actor, correction=found, now=self.now)
        return found


def panel(*, problem: Problem, actor: Actor) -> tuple[list[Card], list[Action]]:
    """On a problem's page: what residents reported of it."""
    rows = list(queries.list_corrections(actor).filter(problem=problem)[:20])
    if not rows:
        return [], []
    columns = (
        Column("uid", _("Correction"), value=str, kind="code", link=lambda row: row.get_absolute_url()),
        state_column(labels.STATES, labels.TONES),
        Column("filed", _("Reported on"), value="filed_at", kind="datetime"),
    )  # fmt: skip
    return [Card(_("Reported by residents"), columns=columns, rows=rows)], []
