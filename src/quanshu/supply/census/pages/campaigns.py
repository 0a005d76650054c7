"""Censuses: the list, one with its steps, its form, progress by unit, results."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Region, Unit, UnitKind
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
    StepPage,
    reason_against,
    state_column,
    when,
)
from quanshu.shared.workflow.api import calendar, city_day
from quanshu.supply.census import queries, rules, services
from quanshu.supply.census.models import Campaign
from quanshu.supply.census.pages import labels
from quanshu.supply.census.permissions import CensusPermission as P
from quanshu.supply.census.types import CampaignData, Coverage, FilingState, Question


class Campaigns(ListPage):
    """Every census the actor may see."""

    title = gettext_lazy("Data census")
    permission = P.VIEW
    search = ("title", "purpose")
    search_hint = gettext_lazy("Title or purpose")
    order = "-starts"
    export_name = "censuses"
    empty_title = gettext_lazy("No census yet")
    empty_hint = gettext_lazy("The bureau declares a census; each unit of its scope then finds its filing here.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(labels.CAMPAIGN_STATES.items()), field="state"),
    )  # fmt: skip
    columns = (
        Column("title", gettext_lazy("Census"), sort="title", link=Campaign.get_absolute_url),
        Column("starts", gettext_lazy("First day"), value="starts_on", kind="date", sort="starts_on", phone=False),
        Column("ends", gettext_lazy("Last day"), value="ends_on", kind="date", sort="ends_on"),
        Column("asked", gettext_lazy("Units asked"), kind="number", sort="asked", phone=False),
        Column("accepted", gettext_lazy("Accepted"), kind="number", sort="accepted", phone=False),
        state_column(labels.CAMPAIGN_STATES, labels.CAMPAIGN_TONES, sort="state"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_campaigns(self.actor)

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.DECLARE):
            return []
        return [Action(_("Declare a census"), reverse("census:new"), "plus", method="get")]


class CampaignForm(Form):
    """What the bureau declares; the questions have rows of their own."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=100)
    purpose = forms.CharField(label=gettext_lazy("Purpose of the census"), max_length=2000, widget=forms.Textarea)
    starts_on = forms.DateField(label=gettext_lazy("First day"), widget=forms.DateInput)
    ends_on = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of unit"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nothing chosen below and here: every unit is asked."),
    )  # fmt: skip
    regions = forms.MultipleChoiceField(label=gettext_lazy("Regions"), required=False)
    units = forms.MultipleChoiceField(
        label=gettext_lazy("Units by name"), required=False,
        help_text=gettext_lazy("Units named are asked whatever their kind and region."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = dict(Unit._meta.get_field("kind").choices or [])
        self.choose("kinds", [(kind.value, kinds[kind.value]) for kind in UnitKind])
        units = Unit.objects.active().select_related("region")
        self.choose("units", [(unit.uid, str(unit)) for unit in units])
        held = Region.objects.filter(pk__in=units.values("region")).order_by("code")
        self.choose("regions", [(region.code, f"{region.name} {region.code}") for region in held])
        for number in range(1, rules.MOST_QUESTIONS + 1):
            self.add_question(number)

    def choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def add_question(self, number: int) -> None:
        """The fields of one question."""
        css = {"class": "form-control"}
        self.fields[f"question_{number}"] = forms.CharField(
            required=False, max_length=200, label=_("Text of the question"),
            widget=forms.TextInput(attrs=css),
        )  # fmt: skip
        self.fields[f"kind_{number}"] = forms.ChoiceField(
            required=False, label=_("Kind of answer"), choices=list(labels.QUESTION_KINDS.items()),
            widget=forms.Select(attrs={"class": "form-select"}),
        )  # fmt: skip
        self.fields[f"choices_{number}"] = forms.CharField(
            required=False, max_length=400, label=_("Choices, separated by commas"),
            widget=forms.TextInput(attrs=css),
        )  # fmt: skip
        self.fields[f"required_{number}"] = forms.BooleanField(
            required=False, label=_("Must be answered"),
            widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
        )  # fmt: skip

    def head_fields(self) -> list[Any]:
        """Bound fields above the questions."""
        return [self[name] for name in ("title", "purpose", "starts_on", "ends_on", "kinds", "regions", "units")]

    def question_rows(self) -> list[tuple[int, list[Any]]]:
        """(number, its bound fields)."""
        names = ("question", "kind", "choices", "required")
        return [(n, [self[f"{name}_{n}"] for name in names]) for n in range(1, rules.MOST_QUESTIONS + 1)]

    def data_entered(self) -> CampaignData:
        """The cleaned values as what the services take; rows without a question are left out."""
        given = self.cleaned_data
        questions = []
        for n in range(1, rules.MOST_QUESTIONS + 1):
            if not given.get(f"question_{n}"):
                continue
            kind = given.get(f"kind_{n}") or "text"
            parts = given.get(f"choices_{n}", "").replace("，", ",").split(",")
            choices = tuple(part.strip() for part in parts if part.strip()) if kind == "choice" else ()
            questions.append(Question(given[f"question_{n}"], kind, choices, given[f"required_{n}"]))
        covers = Coverage(tuple(given["units"]), tuple(given["kinds"]), tuple(given["regions"]))
        return CampaignData(
            given["title"], given["purpose"], given["starts_on"], given["ends_on"], covers, tuple(questions)
        )


def initial_of(campaign: Campaign) -> dict[str, Any]:
    """A campaign as the form shows it."""
    covers = campaign.covers
    found: dict[str, Any] = {name: getattr(campaign, name) for name in ("title", "purpose", "starts_on", "ends_on")}
    found |= {"units": covers.units, "kinds": covers.kinds, "regions": covers.regions}
    for n, question in enumerate(campaign.asks, start=1):
        found |= {f"question_{n}": question.text, f"kind_{n}": question.kind, f"required_{n}": question.required}
        found[f"choices_{n}"] = "，".join(question.choices)
    return found


class NewCampaign(FormPage):
    """Draft a census."""

    title = gettext_lazy("Declare a census")
    permission = P.DECLARE
    form_class = CampaignForm
    template_name = "census/campaign_form.html"
    success = gettext_lazy("Drafted. Open it when its first day has come.")

    def crumbs(self) -> Any:
        return ((_("Data census"), reverse("census:campaigns")),)

    def save(self, form: Any, **kwargs: Any) -> str:
        data = form.data_entered()
        return services.create_campaign(actor=self.actor, now=self.now, data=data).get_absolute_url()


class ChangeCampaign(NewCampaign):
    """Change a draft."""

    title = gettext_lazy("Edit the census")
    success = gettext_lazy("Saved.")

    def campaign(self) -> Campaign:
        return queries.get_campaign(actor=self.actor, uid=self.kwargs["uid"])

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return initial_of(self.campaign())

    def save(self, form: Any, **kwargs: Any) -> str:
        campaign = services.change_campaign(
            actor=self.actor, now=self.now, campaign=self.campaign(), data=form.data_entered()
        )
        return campaign.get_absolute_url()


class CampaignPage(DetailPage):
    """One census."""

    permission = P.VIEW
    audit_kind = "census.campaign"
    template_name = "census/campaign.html"

    def get_object(self, **kwargs: Any) -> Campaign:
        return queries.get_campaign(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return ((_("Data census"), reverse("census:campaigns")),)

    def state(self, obj: Campaign) -> tuple[str, str]:
        return str(labels.CAMPAIGN_STATES[obj.state]), labels.CAMPAIGN_TONES[obj.state]

    def facts(self, obj: Campaign) -> list[tuple[Any, Any]]:
        covers = obj.covers
        kinds = dict(Unit._meta.get_field("kind").choices or [])
        named = Unit.objects.filter(uid__in=covers.units)
        return [
            (_("First day"), obj.starts_on),
            (_("Last day"), obj.ends_on),
            (_("Kinds of unit"), "、".join(str(kinds[kind]) for kind in covers.kinds) or _("All")),
            (_("Regions"), "、".join(Region.objects.filter(code__in=covers.regions).values_list("name", flat=True))
             or _("All")),
            (_("Units by name"), "、".join(str(unit) for unit in named)),
            (_("Drafted by"), obj.created_by),
            (_("Opened at"), when(obj.opened_at)),
            (_("Closed at"), when(obj.closed_at)),
            (_("Reason"), obj.close_reason),
        ]  # fmt: skip

    def actions(self, obj: Campaign) -> list[Action]:
        found = []
        if obj.state in {"open", "closed"}:
            results, progress = (reverse(f"census:{name}", args=[obj.uid]) for name in ("results", "progress"))
            found.append(Action(_("Progress by unit"), progress, "list-check", "primary", "get"))
            found.append(Action(_("Results"), results, "report-analytics", "outline-primary", "get"))
        if not allows(self.actor, P.DECLARE):
            return found
        today = city_day(self.now)
        if obj.state == "draft":
            reason = reason_against(
                rules.check_open, state=obj.state, starts_on=obj.starts_on, ends_on=obj.ends_on, today=today,
                units=len(queries.units_asked(obj)),
            )  # fmt: skip
            found.append(Action(_("Open the census"), reverse("census:open", args=[obj.uid]), "player-play",
                                reason=reason))  # fmt: skip
            found.append(Action(_("Edit"), reverse("census:change", args=[obj.uid]), "pencil", "outline-primary",
                                "get"))  # fmt: skip
            found.append(Action(_("Discard"), reverse("census:cancel", args=[obj.uid]), "trash", "outline-danger"))
        if obj.state == "open":
            left = obj.filings.exclude(state=FilingState.ACCEPTED).count()
            reason = reason_against(
                rules.check_close, state=obj.state, ends_on=obj.ends_on, today=today, unfinished=left, reason="x"
            )
            found.append(Action(_("Close the census"), reverse("census:close", args=[obj.uid]), "flag",
                                "outline-primary", "get", reason))  # fmt: skip
        return found

    def detail_context(self, obj: Campaign) -> dict[str, Any]:
        figures = queries.campaign_figures(obj, self.actor)
        own = queries.list_filings(self.actor).filter(campaign=obj, unit__path=self.actor.unit_path or "-")
        return {
            "figures": figures,
            "chart": labels.progress_chart(figures),
            "own": own.first(),
            "asked": len(queries.units_asked(obj)) if obj.state == "draft" else figures.units,
        }

    def cards(self, obj: Campaign) -> list[Card]:
        columns = (
            Column("text", _("Question")),
            Column("kind", _("Kind of answer"), value=lambda row: labels.QUESTION_KINDS[row.kind]),
            Column("choices", _("Choices"), value=lambda row: "、".join(row.choices), phone=False),
            Column("required", _("Must be answered"), phone=False),
        )
        hint = _("Units confirm their entries and report data sets; nothing else is asked.")
        return [Card(_("Questions"), columns=columns, rows=obj.asks, empty_title=_("No questions"), empty_hint=hint)]


class CampaignStep(StepPage):
    """A button of a census."""

    permission = P.DECLARE
    subject = "campaign"
    read = staticmethod(queries.get_campaign)


class CloseForm(Form):
    """Why filings are missing, where they are."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), required=False, max_length=500, widget=forms.Textarea,
        help_text=gettext_lazy("Needed when filings are not accepted: say why the census ends without them."),
    )  # fmt: skip


class CloseCampaign(FormPage):
    """End a census; its figures are kept as they stand."""

    title = gettext_lazy("Close the census")
    permission = P.DECLARE
    form_class = CloseForm
    submit_label = gettext_lazy("Close the census")
    success = gettext_lazy("Closed. The figures are kept as they stand.")

    def save(self, form: Any, **kwargs: Any) -> str:
        campaign = queries.get_campaign(actor=self.actor, uid=self.kwargs["uid"])
        reason = form.cleaned_data["reason"]
        services.close_campaign(actor=self.actor, now=self.now, campaign=campaign, reason=reason)
        return campaign.get_absolute_url()


class Progress(ListPage):
    """Every unit's filing of a census: answered of all entries, reported, days left."""

    permission = P.VIEW
    template_name = "census/progress.html"
    search = ("unit__name", "unit__name_en")
    search_hint = gettext_lazy("Unit")
    order = "unit"
    export_name = "census-progress"
    empty_title = gettext_lazy("No unit is asked")
    empty_hint = gettext_lazy("Open the census first.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(labels.FILING_STATES.items()), field="state"),
        Filter("kind", gettext_lazy("Kinds of unit"), choices=list(Unit._meta.get_field("kind").choices or []),
               field="unit__kind"),
    )  # fmt: skip

    @property
    def columns(self) -> Any:  # type: ignore[override]
        today: date = city_day(self.now)
        working = calendar()

        def left(row: Any) -> int | None:
            return queries.days_left(row, today, working)

        return (
            Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name",
                   link=lambda row: row.get_absolute_url()),
            Column("confirmed", gettext_lazy("Entries answered"), kind="number", sort="confirmed"),
            Column("entries", gettext_lazy("Catalogue entries"), kind="number", sort="entries", phone=False),
            Column("changed", gettext_lazy("Has changed"), kind="number", sort="changed", phone=False),
            Column("obsolete", gettext_lazy("Obsolete"), kind="number", sort="obsolete", phone=False),
            Column("found", gettext_lazy("Newly reported"), kind="number", sort="found", phone=False),
            Column("due", gettext_lazy("Due on"), value="due_on", kind="date", sort="due_on", phone=False),
            Column("left", gettext_lazy("Working days left"), value=lambda row: labels.left_text(left(row)),
                   phone=False),
            Column("state", gettext_lazy("State"), value=lambda row: labels.FILING_STATES[row.state], kind="badge",
                   tone=lambda row: "red" if (left(row) or 0) < 0 else labels.FILING_TONES[row.state], sort="state"),
        )  # fmt: skip

    def campaign(self) -> Campaign:
        return queries.get_campaign(actor=self.actor, uid=self.kwargs["uid"])

    def page_title(self) -> Any:
        return f"{_('Progress by unit')} · {self.campaign()}"

    def crumbs(self) -> Any:
        campaign = self.campaign()
        return ((_("Data census"), reverse("census:campaigns")), (campaign.title, campaign.get_absolute_url()))

    def queryset(self) -> Any:
        return queries.list_filings(self.actor).filter(campaign=self.campaign())

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"chart": labels.progress_chart(queries.campaign_figures(self.campaign(), self.actor))}
