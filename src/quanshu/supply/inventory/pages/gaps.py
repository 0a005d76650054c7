"""Gaps: the ranked list, one with its plan and clock, its forms and buttons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import today
from quanshu.organisation.api import Person
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    Card,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    ReasonStepPage,
    StepPage,
    day,
    when,
)
from quanshu.shared.workflow.api import city_day
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.inventory import queries, rules, services
from quanshu.supply.inventory.models import Gap
from quanshu.supply.inventory.pages import labels
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.types import GapState

CRUMB = (gettext_lazy("Gaps"), "/inventory/gaps/")
SCOPES = [("now", gettext_lazy("Not closed")), ("overdue", gettext_lazy("Overdue"))]


def shown_state(gap: Gap) -> tuple[str, str]:
    """The state with its colour; a gap past its day says so."""
    if gap.is_overdue(today()):
        return f"{labels.GAP_STATES[gap.state]} · {_('Overdue')}", "red"
    return str(labels.GAP_STATES[gap.state]), labels.GAP_TONES[gap.state]


def narrow_due(rows: Any, text: str) -> Any:
    """Not closed, or overdue as well."""
    rows = rows.under_way()
    return rows.filter(due_on__lt=today()) if text == "overdue" else rows


class Gaps(ListPage):
    """Gaps ranked by urgency."""

    title = gettext_lazy("Gaps")
    subtitle = gettext_lazy("Found from the rows themselves and ranked by urgency; a gap closes when its link appears.")
    permission = P.VIEW
    template_name = "inventory/gaps.html"
    search = ("subject_name", "subject_code", "unit__name", "unit__name_en", "plan", "task", "responsible__name")
    search_hint = gettext_lazy("Object, code, unit, person or plan")
    order = "-score"
    export_name = "gaps"
    empty_title = gettext_lazy("No gap is open")
    empty_hint = gettext_lazy("Every business has a system, every system catalogued data, and every datum a business.")
    columns = (
        Column("subject", gettext_lazy("Object"), value="subject_name", sort="subject_name",
               link=Gap.get_absolute_url),
        Column("code", gettext_lazy("Code"), value="subject_code", kind="code", phone=False),
        Column("kind", gettext_lazy("Class of gap"), value=lambda row: labels.GAPS[row.kind], sort="kind"),
        Column("score", gettext_lazy("Urgency"), kind="badge", sort="score",
               tone=lambda row: labels.score_tone(row.score)),
        Column("unit", gettext_lazy("Owner unit"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        Column("responsible", gettext_lazy("Responsible person"),
               value=lambda row: row.responsible.name if row.responsible else None, phone=False),
        Column("plan", gettext_lazy("Plan"), phone=False),
        Column("planned", gettext_lazy("Planned day"), value="planned_on", kind="date", sort="planned_on",
               phone=False),
        Column("due", gettext_lazy("Due"), value="due_on", kind="date", sort="due_on"),
        Column("state", gettext_lazy("State"), value=lambda row: shown_state(row)[0], kind="badge",
               tone=lambda row: shown_state(row)[1], sort="state"),
    )  # fmt: skip
    filters = (
        Filter("kind", gettext_lazy("Class of gap"), choices=list(labels.GAPS.items()), field="kind"),
        Filter("state", gettext_lazy("State"), choices=list(labels.GAP_STATES.items()), field="state"),
        Filter("unit", gettext_lazy("Owner unit"), choices=labels.units_of, field="unit__uid"),
        Filter("due", gettext_lazy("Due"), choices=SCOPES, apply=narrow_due),
    )

    def queryset(self) -> Any:
        return queries.list_gaps(self.actor)

    def narrowed(self) -> Any:
        rows = super().narrowed()
        return rows if self.request.GET.get("state") else rows.exclude(state=GapState.CLOSED)

    def row_context(self) -> dict[str, Any]:
        figures = queries.inventory_figures(today=city_day(self.now), actor=self.actor)
        return {"figures": figures, "gap_counts": [(kind, labels.GAPS[kind], n) for kind, n in figures.by_kind]}


class GapPage(DetailPage):
    """One gap."""

    permission = P.VIEW
    audit_kind = "inventory.gap"

    def get_object(self, **kwargs: Any) -> Gap:
        return queries.get_gap(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> Any:
        return f"{labels.GAPS[self.object.kind]} · {self.object}"

    def crumbs(self) -> Any:
        return (CRUMB,)

    def state(self, obj: Gap) -> tuple[str, str]:
        return shown_state(obj)

    def facts(self, obj: Gap) -> list[tuple[Any, Any]]:
        found = [
            (_("Class of gap"), labels.GAPS[obj.kind]),
            (_("Object"), obj.subject_name),
            (_("Code"), obj.subject_code),
            (_("Owner unit"), str(obj.unit)),
            (_("Found at"), when(obj.found_at)),
        ]
        if obj.closed_at:
            found += [
                (_("Closed at"), when(obj.closed_at)),
                (_("How it was closed"), labels.OUTCOMES[obj.outcome]),
                (_("Reason"), obj.reason),
            ]
        return found

    def actions(self, obj: Gap) -> list[Action]:
        found = []
        steps = {step.name for step in rules.MACHINE.allowed(obj.state)}

        def add(name: str, label: str, icon: str, style: str, method: str) -> None:
            if name in steps:
                found.append(Action(label, reverse(f"inventory:{name}", args=[obj.uid]), icon, style, method))

        if allows(self.actor, P.GAP_WORK, obj):
            add("plan", _("Plan") if obj.state == "open" else _("Change the plan"), "calendar", "primary", "get")
            add("begin", _("Begin the work"), "player-play", "outline-primary", "post")
        if allows(self.actor, P.GAP_ACCEPT, obj):
            add("accept", _("Accept the gap"), "check", "outline-danger", "get")
            if obj.outcome == "accepted":
                add("reopen", _("Open the gap again"), "restore", "outline-primary", "post")
        return found

    def cards(self, obj: Gap) -> list[Card]:
        points = services.points_of(obj, self.now)
        why = [
            (_("Marked priority (up to 40)"), f"{points.priority} · {labels.PRIORITIES[obj.priority]}"),
            (_("Serves a clause or task (20)"), f"{points.task} · {obj.task or '—'}"),
            (_("What waits for it (5 each, up to 20)"), f"{points.dependants} · {obj.dependants}"),
            (_("Age (2 for each week, up to 20)"), str(points.age)),
            (_("Together"), f"{points.score} / 100"),
        ]
        plan = [
            (_("Responsible person"), obj.responsible.name if obj.responsible else None),
            (_("Plan"), obj.plan),
            (_("Planned day"), day(obj.planned_on)),
        ]
        url = self.subject_url(obj)
        return [
            Card(_("What to do"), labels.REMEDIES[obj.kind], more=(url, _("Open the object")) if url else None),
            Card(_("Plan"), facts=plan),
            Card(_("Why it is this urgent"), facts=why),
        ]

    def subject_url(self, obj: Gap) -> str:
        """Where the gap's object is, for those who may see it."""
        if obj.subject_kind == "entry":
            entry = Entry.objects.visible_to(self.actor).filter(uid=obj.subject_uid).first()
            return str(entry.get_absolute_url()) if entry else ""
        found = queries.list_assets(self.actor).filter(uid=obj.subject_uid).first()
        return found.get_absolute_url() if found else ""


class PlanForm(Form):
    """Who closes the gap, how, and by when."""

    responsible = forms.ChoiceField(label=gettext_lazy("Responsible person"))
    plan = forms.CharField(
        label=gettext_lazy("Plan"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What will be done, with whom, and what is needed for it."),
    )
    planned_on = forms.DateField(
        label=gettext_lazy("Planned day"),
        widget=forms.DateInput(),
        help_text=gettext_lazy("The clock runs in working days to this day."),
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["responsible"].choices = people  # type: ignore[attr-defined]


class OfGap(FormPage):
    """What the forms of a gap share."""

    permission = P.GAP_WORK

    def gap(self) -> Gap:
        return queries.get_gap(actor=self.actor, uid=self.kwargs["uid"])

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return self.gap().get_absolute_url()

    def page_title(self) -> Any:
        return f"{self.title} · {self.gap()}"

    def crumbs(self) -> Any:
        return (CRUMB, (str(self.gap()), self.cancel_url))


def people_of(gap: Gap) -> list[tuple[str, str]]:
    """Those of the owner unit who may be made responsible."""
    rows = Person.objects.filter(unit=gap.unit, active=True).order_by("name")
    return [(row.uid, f"{row.name} · {row.position}" if row.position else row.name) for row in rows]


class PlanGap(OfGap):
    """Plan how a gap will be closed."""

    title = gettext_lazy("Plan")
    form_class = PlanForm
    success = gettext_lazy("Planned; the clock runs to the planned day.")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"people": people_of(self.gap())}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        gap = self.gap()
        who = gap.responsible.uid if gap.responsible else ""
        return {"responsible": who, "plan": gap.plan, "planned_on": gap.planned_on}

    def save(self, form: Any, **kwargs: Any) -> str:
        given = form.cleaned_data
        gap = services.plan_gap(
            actor=self.actor,
            now=self.now,
            gap=self.gap(),
            plan=given["plan"],
            planned_on=given["planned_on"],
            responsible=Person.objects.filter(uid=given["responsible"]).first(),
        )
        return gap.get_absolute_url()


class AcceptGap(OfGap, ReasonStepPage):
    """Let a gap stand with a reason."""

    title = gettext_lazy("Accept the gap")
    permission = P.GAP_ACCEPT
    subject = "gap"
    read = staticmethod(queries.get_gap)
    service = staticmethod(services.accept_gap)
    submit_label = gettext_lazy("Accept the gap")
    success = gettext_lazy("Accepted; it is not found again.")


class GapStep(StepPage):
    """A button of a gap's page."""

    permission = P.VIEW
    subject = "gap"
    read = staticmethod(queries.get_gap)
