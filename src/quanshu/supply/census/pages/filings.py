"""One unit's filing: its page, the entries to confirm, data sets, answers, more time, sign-off."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    Card,
    Column,
    DetailPage,
    Form,
    FormPage,
    ReasonForm,
    ReasonStepPage,
    StepPage,
    reason_against,
    state_column,
    when,
)
from quanshu.shared.workflow.api import city_day
from quanshu.supply.census import queries, rules, services
from quanshu.supply.census.models import Extension, Filing
from quanshu.supply.census.pages import labels
from quanshu.supply.census.permissions import CensusPermission as P
from quanshu.supply.census.types import QuestionKind


def crumbs_to(filing: Filing, *, itself: bool = True) -> tuple[tuple[Any, str], ...]:
    """The way down to a filing."""
    campaign = filing.campaign
    way = [(_("Data census"), reverse("census:campaigns")), (campaign.title, campaign.get_absolute_url())]
    return (*way, (str(filing.unit), filing.get_absolute_url())) if itself else tuple(way)


class FilingPage(DetailPage):
    """One filing."""

    permission = P.VIEW
    audit_kind = queries.KIND
    template_name = "census/filing.html"

    def get_object(self, **kwargs: Any) -> Filing:
        return queries.get_filing(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> Any:
        return str(self.object.unit)

    def crumbs(self) -> Any:
        return crumbs_to(self.object, itself=False)

    def state(self, obj: Filing) -> tuple[str, str]:
        return str(labels.FILING_STATES[obj.state]), labels.FILING_TONES[obj.state]

    def facts(self, obj: Filing) -> list[tuple[Any, Any]]:
        return [
            (_("Census"), obj.campaign.title),
            (_("Due on"), obj.due_on),
            (_("Working days left"), labels.left_text(queries.days_left(obj, city_day(self.now)))),
            (_("Submitted"), f"{obj.submitted_by} {when(obj.submitted_at)}" if obj.submitted_at else None),
            (_("Signed off"), f"{obj.signed_by} {when(obj.signed_at)}" if obj.signed_at else None),
            (_("Accepted"), when(obj.accepted_at)),
            (_("Why it came back"), obj.note),
        ]

    def actions(self, obj: Filing) -> list[Action]:
        found = []
        at, running = obj.uid, obj.campaign.state

        def step(name: str, label: str, icon: str, style: str = "primary", method: str = "post") -> None:
            if reason_against(rules.check_step, obj.state, name, campaign_state=running) is None:
                found.append(Action(label, reverse(f"census:{name}", args=[at]), icon, style, method))

        fillable = reason_against(rules.check_fillable, obj.state, campaign_state=running) is None
        if allows(self.actor, P.FILL, obj) and fillable:
            entries, questions = queries.what_is_left(obj)
            reason = reason_against(
                rules.check_submit, state=obj.state, campaign_state=running, entries_left=entries,
                questions_left=questions,
            )  # fmt: skip
            found.append(Action(_("Confirm the entries"), reverse("census:entries", args=[at]), "list-check",
                                method="get"))  # fmt: skip
            found.append(Action(_("Submit"), reverse("census:submit", args=[at]), "send", "success", reason=reason))
            found.append(Action(_("Ask for more time"), reverse("census:extend", args=[at]), "clock-plus",
                                "outline-primary", "get"))  # fmt: skip
        if allows(self.actor, P.SIGN, obj):
            step("sign", _("Sign off"), "signature", "success")
            step("send_back", _("Send back"), "arrow-back-up", "outline-danger", "get")
        if allows(self.actor, P.REVIEW, obj):
            step("accept", _("Accept the filing"), "check", "success")
            step("reject", _("Return"), "arrow-back-up", "outline-danger", "get")
            if fillable:
                found.append(Action(_("Remind"), reverse("census:remind", args=[at]), "bell", "outline-primary"))
        return found

    def detail_context(self, obj: Filing) -> dict[str, Any]:
        rows: Any = obj
        return {"answered": rows.confirmed, "entries": rows.entries, "ratio": ratio(rows.confirmed, rows.entries)}

    def cards(self, obj: Filing) -> list[Card]:
        fills = allows(self.actor, P.FILL, obj)
        fills = fills and reason_against(rules.check_fillable, obj.state, campaign_state=obj.campaign.state) is None
        found = [self.findings_card(obj, fills)]
        if obj.campaign.asks:
            facts = [(question.text, answer_text(obj, n, question.kind)) for n, question in numbered(obj)]
            url = reverse("census:answers", args=[obj.uid])
            answer = Action(_("Answer the questions"), url, "pencil", "outline-primary", "get")
            actions = [answer] if fills else []
            found.append(Card(_("Questions"), facts=facts, actions=actions))
        columns = (
            Column("until", _("New last day"), kind="date", link=lambda row: reverse("census:decide", args=[row.uid])
                   if row.state == "asked" and allows(self.actor, P.REVIEW, obj) else ""),
            Column("reason", _("Reason")),
            Column("answer", _("Bureau's answer"), phone=False),
            state_column(labels.EXTENSION_STATES, labels.EXTENSION_TONES),
        )  # fmt: skip
        if obj.extensions.exists():
            found.append(Card(_("More time"), columns=columns, rows=obj.extensions.all()))
        reminded = (
            Column("at", _("When"), kind="datetime"),
            Column("cause", _("Why reminded"), value=lambda row: labels.cause_text(row.cause)),
            Column("told", _("People told"), kind="number"),
        )
        if obj.reminders.exists():
            found.append(Card(_("Reminders"), columns=reminded, rows=obj.reminders.all()[:20]))
        return found

    def findings_card(self, obj: Filing, fills: bool) -> Card:
        """Data sets reported, each a link to its form while the filing is open."""
        columns = (
            Column("name", _("Data set"), link=lambda row: reverse("census:finding", args=[row.uid]) if fills else ""),
            Column("system", _("System"), phone=False),
            Column("volume", _("Volume"), phone=False),
            Column("cycle", _("Update cycle"), value=lambda row: labels.CYCLES[row.update_cycle], phone=False),
            Column("personal", _("Personal data")),
            Column("entry", _("Draft entry"), value=lambda row: row.entry and str(row.entry),
                   link=lambda row: row.entry.get_absolute_url(), phone=False),
        )  # fmt: skip
        add = Action(_("Report a data set"), reverse("census:report", args=[obj.uid]), "plus", "outline-primary", "get")
        return Card(
            _("Data sets not catalogued yet"),
            columns=columns,
            rows=obj.findings.select_related("entry"),
            empty_title=_("None reported"),
            empty_hint=_("Report what the unit holds and the catalogue does not know."),
            actions=[add] if fills else [],
        )


def ratio(part: int, whole: int) -> float | None:
    """part / whole, or None."""
    return part / whole if whole else None


def numbered(filing: Filing) -> list[tuple[int, Any]]:
    """The campaign's questions with their numbers."""
    return list(enumerate(filing.campaign.asks, start=1))


def answer_text(filing: Filing, number: int, kind: str) -> Any:
    """An answer as people read it."""
    text = filing.answers.get(str(number), "")
    return labels.YES_NO.get(text, text) if kind == QuestionKind.YES_NO else text


class ExtensionForm(Form):
    """Until when, and why."""

    until = forms.DateField(label=gettext_lazy("New last day"), widget=forms.DateInput)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea)


class AskExtension(FormPage):
    """Ask for more time."""

    title = gettext_lazy("Ask for more time")
    permission = P.FILL
    form_class = ExtensionForm
    submit_label = gettext_lazy("Ask for more time")
    success = gettext_lazy("Asked. The bureau decides.")

    def filing(self) -> Filing:
        return queries.get_filing(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to(self.filing())

    def save(self, form: Any, **kwargs: Any) -> str:
        filing = self.filing()
        services.ask_extension(actor=self.actor, now=self.now, filing=filing, **form.cleaned_data)
        return filing.get_absolute_url()


class DecideExtension(FormPage):
    """Grant or refuse more time."""

    title = gettext_lazy("Decide on more time")
    permission = P.REVIEW
    form_class = ReasonForm
    template_name = "census/extension.html"
    submit_label = gettext_lazy("Grant it")

    def extension(self) -> Extension:
        return queries.get_extension(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to(self.extension().filing)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"extension": self.extension()}

    def save(self, form: Any, **kwargs: Any) -> str:
        extension = self.extension()
        services.decide_extension(
            actor=self.actor, now=self.now, extension=extension, granted="refuse" not in self.request.POST,
            answer=form.cleaned_data["reason"],
        )  # fmt: skip
        return extension.filing.get_absolute_url()


class FilingStep(StepPage):
    """A button of a filing."""

    permission = P.VIEW
    subject = "filing"
    read = staticmethod(queries.get_filing)


class ReasonStep(ReasonStepPage):
    """A step that needs a reason."""

    permission = P.VIEW
    subject = "filing"
    read = staticmethod(queries.get_filing)
