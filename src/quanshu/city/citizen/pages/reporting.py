"""A resident reports an error, and follows it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.city.citizen import queries, rules, services
from quanshu.city.citizen.models import Correction
from quanshu.city.citizen.pages import labels
from quanshu.city.citizen.permissions import CitizenPermission as P
from quanshu.city.citizen.types import CorrectionData, CorrectionState, HeldField, HeldRecord, RecordNotFound
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    Page,
    ReasonForm,
    day,
    dress,
    state_column,
    when,
)
from quanshu.shared.web.api import reason_against as against
from quanshu.sharing.subjects.api import MandateScope, chosen_subject


class ManyFiles(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Each file by itself; a missing one is a fault where the field must be filled."""
        given = list(data) if isinstance(data, list | tuple) and data else [data or None]
        return [super(FilesField, self).clean(one, initial) for one in given]


class ReportForm(Form):
    """What is wrong, what it should be, and the proof."""

    proposed = forms.CharField(
        label=gettext_lazy("What it should be"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("Leave it empty where nothing should be held. Dates as 2026-01-31."),
    )
    reason = forms.CharField(label=gettext_lazy("What is wrong"), max_length=1000, widget=forms.Textarea)
    evidence = FilesField(
        label=gettext_lazy("Proof documents"),
        help_text=gettext_lazy("A scan or a photograph of the document; PDF, PNG or JPEG, 10 MiB at most; up to five."),
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if choices:
            # Nobody knows a code by heart: it is chosen by what it means.
            field = forms.ChoiceField(
                label=self.fields["proposed"].label, choices=[("", _("(nothing)")), *choices], required=False
            )
            dress(field)
            self.fields["proposed"] = field


class ReportError(FormPage):
    """Report an error on a field."""

    permission = P.FILE
    title = gettext_lazy("Report an error")
    template_name = "citizen/report.html"
    form_class = ReportForm
    submit_label = gettext_lazy("Send")
    success = gettext_lazy("Sent to the unit, which has two working days.")

    @cached_property
    def found(self) -> tuple[HeldRecord, HeldField]:
        """The record and the field of the address. Raises `citizen.record_not_found`."""
        subject = chosen_subject(self.request, now=self.now, what=MandateScope.CORRECT)
        record = queries.get_record(subject, entry_uid=self.kwargs["entry"], record_uid=self.kwargs["record"])
        field = record.field(self.kwargs["column"])
        if field is None:
            raise RecordNotFound
        return record, field

    def crumbs(self) -> Any:
        parts = [self.kwargs["entry"], self.kwargs["record"]]
        return ((_("My data"), reverse("citizen:data")), (_("The record"), reverse("citizen:record", args=parts)))

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"choices": queries.choices_for(self.found[1])}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        record, field = self.found
        return {"record": record, "field": field}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        given = form.cleaned_data
        record, field = self.found
        data = CorrectionData(record.entry_uid, record.uid, field.name, given["proposed"], given["reason"])
        correction = services.file_correction(
            actor=self.actor,
            subject=chosen_subject(self.request, now=self.now, what=MandateScope.CORRECT),
            data=data,
            files=[(file.name, file) for file in given["evidence"]],
            now=self.now,
        )
        return correction.my_url()


class MyCorrections(ListPage):
    """Errors one has reported."""

    permission = P.VIEW
    title = gettext_lazy("My corrections")
    subtitle = gettext_lazy("The unit answers within two working days; you may ask the bureau to look at its answer.")
    order = "-filed"
    export_name = "my-corrections"
    empty_title = gettext_lazy("No error reported")
    empty_hint = gettext_lazy("Open a record under “My data” and report the field that is wrong.")
    filters = (Filter("state", gettext_lazy("State"), choices=list(labels.STATES.items()), field="state"),)
    columns = (
        Column("table", gettext_lazy("Table"), value=lambda row: row.entry.title, link=lambda row: row.my_url()),
        Column("field", gettext_lazy("Field"), value=labels.field_title),
        state_column(labels.STATES, labels.TONES),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), phone=False),
        Column("filed", gettext_lazy("Reported on"), value="filed_at", sort="filed_at", kind="date", phone=False),
        Column("due", gettext_lazy("Due"), value="due_on", sort="due_on", kind="date", phone=False),
    )  # fmt: skip

    def queryset(self) -> Any:
        subject = chosen_subject(self.request, now=self.now, what=MandateScope.VIEW)
        return queries.my_corrections(subject).prefetch_related("entry__items")


class MyCorrection(DetailPage):
    """One of them, as the resident follows it."""

    permission = P.VIEW
    audit_kind = "citizen.correction"

    def get_object(self, **kwargs: Any) -> Correction:
        return queries.get_my_correction(actor=self.actor, uid=kwargs["uid"], now=self.now)

    def page_title(self) -> str:
        return f"{self.object.entry.title} · {labels.field_title(self.object)}"

    def crumbs(self) -> Any:
        return ((_("My corrections"), reverse("citizen:my-corrections")),)

    def state(self, obj: Correction) -> tuple[str, str]:
        return str(labels.STATES[obj.state]), labels.TONES[obj.state]

    def cards(self, obj: Correction) -> list[Card]:
        content = obj.content
        facts = [
            (_("Unit"), str(obj.unit)),
            (_("Field"), labels.field_title(obj)),
            (_("Value reported"), queries.value_in_words(obj, content["value"])),
            (_("What it should be"), queries.value_in_words(obj, content["proposed"])),
            (
                _("Value now"),
                queries.value_in_words(obj, content["after"]) if obj.state == CorrectionState.CORRECTED else None,
            ),
            (_("What is wrong"), content["reason"]),
            (_("The unit's answer"), obj.answer),
            (_("Why a review was asked for"), content["review"]),
            (_("The bureau's answer"), obj.review_answer),
            (_("Reported on"), when(obj.filed_at)),
            (_("Due"), day(obj.due_on) if obj.state in {*rules.OPEN_STATES, "review"} else None),
        ]
        found = [Card(_("Your report"), facts=[row for row in facts if row[1] not in (None, "")])]
        if obj.state == CorrectionState.CORRECTED:
            found.append(self.told(obj))
        return found

    def told(self, obj: Correction) -> Card:
        """Who had received the wrong value and was told."""
        columns = (
            Column("unit", _("Unit"), value="unit_name"),
            Column("application", _("Application"), value="application", phone=False),
            Column("called", _("Received on"), value="called_at", kind="datetime"),
            Column("receipt", _("Receipt"), value="receipt_id", kind="code", phone=False),
        )
        title, hint = _("Nobody had received it"), _("No call within a year carried this value.")
        rows = queries.received_shown(obj, now=self.now)
        return Card(_("Told of the correction"), columns=columns, rows=rows, empty_title=title, empty_hint=hint)

    def actions(self, obj: Correction) -> list[Action]:
        found = []
        for proof in obj.evidence.all():
            url = reverse("citizen:my-evidence", args=[obj.uid, proof.uid])
            found.append(Action(_("See the proof"), url, "paperclip", "outline-primary", "get"))
        if against(rules.check_step, obj.state, "withdraw") is None:
            url = reverse("citizen:withdraw", args=[obj.uid])
            found.append(Action(_("Take back"), url, "arrow-back", "outline-danger"))
        if against(rules.check_step, obj.state, "ask_review") is None:
            url = reverse("citizen:ask-review", args=[obj.uid])
            found.append(Action(_("Ask the bureau for a review"), url, "scale", method="get"))
        return found


class Withdraw(ActionPage):
    """Take a report back."""

    permission = P.FILE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        correction = queries.get_my_correction(actor=self.actor, uid=kwargs["uid"], now=self.now)
        services.withdraw_correction(actor=self.actor, correction=correction, now=self.now)
        return _("Withdrawn."), correction.my_url()


class AskReview(FormPage):
    """Ask the bureau to look at a rejection."""

    permission = P.FILE
    title = gettext_lazy("Ask the bureau for a review")
    form_class = ReasonForm
    submit_label = gettext_lazy("Send")
    success = gettext_lazy("Sent to the bureau, which has two working days.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        correction = queries.get_my_correction(actor=self.actor, uid=kwargs["uid"], now=self.now)
        reason = form.cleaned_data["reason"]
        services.ask_review(actor=self.actor, correction=correction, reason=reason, now=self.now)
        return correction.my_url()


class MyEvidence(Page):
    """A proof that came with one's report."""

    permission = P.VIEW

    def correction(self, uid: str) -> Correction:
        """As the asker may see it."""
        return queries.get_my_correction(actor=self.actor, uid=uid, now=self.now)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        correction = self.correction(kwargs["uid"])
        proof, path = services.read_evidence(actor=self.actor, correction=correction, uid=kwargs["proof"], now=self.now)
        answer = FileResponse(path.open("rb"), as_attachment=True, filename=proof.name)
        answer["Cache-Control"] = "no-store"
        return answer
