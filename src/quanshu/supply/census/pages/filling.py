"""What a unit fills in: the entries to confirm, data sets not catalogued yet, answers to the questions."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import FieldErrors, QuanshuError
from quanshu.shared.web.api import Form, FormPage, Page, fault_text, go_to
from quanshu.supply.census import queries, services
from quanshu.supply.census.models import Filing, Finding
from quanshu.supply.census.pages import labels
from quanshu.supply.census.pages.filings import crumbs_to, numbered, ratio
from quanshu.supply.census.permissions import CensusPermission as P
from quanshu.supply.census.types import Answered, FindingData, QuestionKind

A_PAGE = 20


class Entries(Page):
    """The unit's entries, a page at a time: still true, changed or obsolete."""

    permission = P.FILL
    template_name = "census/entries.html"

    def filing(self) -> Filing:
        return queries.get_filing(actor=self.actor, uid=self.kwargs["uid"])

    def page_title(self) -> Any:
        return _("Confirm the entries")

    def crumbs(self) -> Any:
        return crumbs_to(self.filing())

    def context(self, entered: dict[str, Answered] | None = None, **kwargs: Any) -> dict[str, Any]:
        filing: Any = self.filing()
        rows = queries.confirmations_of(filing)
        asked, text = self.request.GET.get("only", ""), self.request.GET.get("q", "").replace("\x00", "").strip()
        if asked == "open":
            rows = rows.filter(verdict="")
        if text:
            rows = rows.filter(entry__resource_name__icontains=text[:100])
        current = Paginator(rows, A_PAGE).get_page(self.request.GET.get("page", "1"))
        shown = []
        for row in current:
            given = (entered or {}).get(row.entry.uid, Answered(row.verdict, row.note))
            shown.append({"row": row, "verdict": given.verdict, "note": given.note})
        return {
            "filing": filing,
            "shown": shown,
            "current": current,
            "verdicts": labels.VERDICTS,
            "only": asked,
            "q": text,
            "ratio": ratio(filing.confirmed, filing.entries),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        given = request.POST
        entered = {}
        for row in queries.confirmations_of(self.filing()):
            uid = row.entry.uid
            verdict, text = given.get(f"verdict-{uid}", ""), given.get(f"note-{uid}", "").strip()
            if verdict and (verdict, text) != (row.verdict, row.note):
                entered[uid] = Answered(verdict, text)
        try:
            services.confirm_entries(actor=self.actor, now=self.now, filing=self.filing(), verdicts=entered)
        except FieldErrors as fault:
            for error in fault.as_dict(_)["errors"]:
                messages.error(request, f"{error['field']}: {error['fault']} {error['remedy']}")
            return self.render(self.context(entered, **kwargs), status=fault.status)
        except QuanshuError as fault:
            messages.error(request, fault_text(fault))
            return self.render(self.context(entered, **kwargs), status=fault.status)
        messages.success(request, _("Saved."))
        after = self.request.get_full_path() if queries.what_is_left(self.filing())[0] else None
        return go_to(request, after or self.filing().get_absolute_url())


class FindingForm(Form):
    """A data set that is not catalogued."""

    name = forms.CharField(label=gettext_lazy("Name of the data set"), max_length=100)
    system = forms.CharField(label=gettext_lazy("System"), max_length=100)
    volume = forms.CharField(
        label=gettext_lazy("Volume"), max_length=100, help_text=gettext_lazy("For example: 120,000 rows, or 3 GB.")
    )
    update_cycle = forms.ChoiceField(label=gettext_lazy("Update cycle"), choices=list(labels.CYCLES.items()))
    personal = forms.BooleanField(label=gettext_lazy("Holds personal data"), required=False)
    reason = forms.CharField(label=gettext_lazy("Why it is not catalogued"), max_length=500, widget=forms.Textarea)
    classification_code = forms.ChoiceField(
        label=gettext_lazy("Class"), required=False,
        help_text=gettext_lazy("The class its entry will be filed under; needed to draft the entry."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["classification_code"]
        field.choices = [("", "—"), *queries.class_choices()]


class ReportFinding(FormPage):
    """Report a data set."""

    title = gettext_lazy("Report a data set")
    permission = P.FILL
    form_class: ClassVar[type[forms.Form]] = FindingForm

    def filing(self) -> Filing:
        return queries.get_filing(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to(self.filing())

    def save(self, form: Any, **kwargs: Any) -> str:
        data = FindingData(**form.cleaned_data)
        services.add_finding(actor=self.actor, now=self.now, filing=self.filing(), data=data)
        return self.filing().get_absolute_url()


class ChangeFinding(ReportFinding):
    """Correct a data set, or take it back."""

    title = gettext_lazy("Data set")
    template_name = "census/finding_form.html"

    def finding(self) -> Finding:
        return queries.get_finding(actor=self.actor, uid=self.kwargs["uid"])

    def filing(self) -> Filing:
        return self.finding().filing

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {name: getattr(self.finding(), name) for name in FindingData.__slots__}

    def save(self, form: Any, **kwargs: Any) -> str:
        finding = self.finding()
        if "remove" in self.request.POST:
            services.remove_finding(actor=self.actor, now=self.now, finding=finding)
        else:
            data = FindingData(**form.cleaned_data)
            services.change_finding(actor=self.actor, now=self.now, finding=finding, data=data)
        return finding.filing.get_absolute_url()


class AnswerForm(Form):
    """The campaign's questions; empty answers may be given later."""

    def __init__(self, *args: Any, filing: Filing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, question in numbered(filing):
            self.fields[f"answer_{number}"] = field_for(question)

    def answers(self) -> dict[str, str]:
        """{question number: text}."""
        return {name.removeprefix("answer_"): value for name, value in self.cleaned_data.items()}


def field_for(question: Any) -> forms.Field:
    """The form field of one question."""
    head = {"label": question.text, "required": False}
    help_text = _("Must be answered before submission.") if question.required else ""
    if question.kind in {QuestionKind.YES_NO, QuestionKind.CHOICE}:
        own = question.kind == QuestionKind.CHOICE
        choices = [(text, text) for text in question.choices] if own else list(labels.YES_NO.items())
        select = forms.Select(attrs={"class": "form-select"})
        return forms.ChoiceField(**head, help_text=help_text, choices=[("", "—"), *choices], widget=select)
    attrs = {"class": "form-control"} | ({"inputmode": "decimal"} if question.kind == QuestionKind.NUMBER else {})
    return forms.CharField(**head, help_text=help_text, max_length=1000, widget=forms.TextInput(attrs=attrs))


class Answers(ReportFinding):
    """Answer the questions."""

    title = gettext_lazy("Answer the questions")
    form_class = AnswerForm

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"filing": self.filing()}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {f"answer_{number}": text for number, text in self.filing().answers.items()}

    def save(self, form: Any, **kwargs: Any) -> str:
        filing = self.filing()
        services.answer_questions(actor=self.actor, now=self.now, filing=filing, answers=form.answers())
        return filing.get_absolute_url()
