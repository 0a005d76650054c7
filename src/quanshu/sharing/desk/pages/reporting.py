"""A consumer says that a value it received is wrong: data quality takes it from there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.web.api import Form, FormPage
from quanshu.sharing.desk.pages.labels import title_of
from quanshu.sharing.services.api import get_service
from quanshu.supply.assurance.api import AssurancePermission, CallFacts, ReportData, find_call, report_problem
from quanshu.supply.catalogue.api import Entry, items_of


class ReportForm(Form):
    """The row by its key, the field, what is wrong."""

    column = forms.ChoiceField(label=gettext_lazy("Field"))
    value_seen = forms.CharField(
        label=gettext_lazy("Value seen"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("As the answer showed it, also when masked."),
    )
    fault = forms.CharField(label=gettext_lazy("What is wrong"), widget=forms.Textarea, max_length=2000)
    evidence = forms.CharField(
        label=gettext_lazy("Evidence"),
        widget=forms.Textarea,
        max_length=2000,
        required=False,
        help_text=gettext_lazy("What shows it: a document seen, a case, who was asked."),
    )

    def __init__(self, *args: Any, entry: Entry, fields: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = {item.name: item for item in items_of(entry)}
        self.fields["column"].choices = [  # type: ignore[attr-defined]
            (name, f"{title_of(vars_of(items[name]))} ({name})") for name in fields if name in items
        ]
        keys = {}
        for item in items.values():
            if item.is_key:
                box = forms.TextInput(attrs={"class": "form-control"})
                label = title_of(vars_of(item))
                hint = _("Names the record the value belongs to.")
                keys[f"key-{item.name}"] = forms.CharField(label=label, max_length=200, widget=box, help_text=hint)
        self.fields = {**keys, **self.fields}

    def data_of(self, sid: str, receipt_id: str) -> ReportData:
        """What was entered."""
        given = self.cleaned_data
        return ReportData(
            key={name.removeprefix("key-"): value for name, value in given.items() if name.startswith("key-")},
            column=given["column"],
            fault=given["fault"],
            value_seen=given["value_seen"],
            evidence=given["evidence"],
            sid=sid,
            receipt_id=receipt_id,
        )


def vars_of(item: Any) -> dict[str, str]:
    """An item's titles in the form that labels read."""
    return {"name": item.name, "title": item.title, "title_en": item.title_en}


class ReportPage(FormPage):
    """Report a value received from a service."""

    title = gettext_lazy("Report a data problem")
    subtitle = gettext_lazy("The source unit has two working days to correct it or to say why it is right.")
    permission = AssurancePermission.REPORT
    form_class = ReportForm
    submit_label = gettext_lazy("Send the report")
    success = gettext_lazy("Reported; you are told of the answer.")

    def facts(self) -> CallFacts:
        """The call or service, as far as it is the actor's unit's own."""
        return find_call(actor=self.actor, **self.named())

    def named(self) -> dict[str, str]:
        """What is reported on: a service's code or a receipt."""
        return {"sid": self.sid()}

    def sid(self) -> str:
        return get_service(actor=self.actor, uid=self.kwargs["uid"]).sid

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return reverse("services:service", args=[self.kwargs["uid"]])

    def crumbs(self) -> Any:
        return ((_("Data services"), reverse("services:services")), (self.facts().sid, self.cancel_url))

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        facts = self.facts()
        return {"entry": Entry.objects.get(uid=facts.entry_uid), "fields": facts.fields}

    def save(self, form: Any, **kwargs: Any) -> str:
        named = {"sid": "", "receipt_id": "", **self.named()}
        data = form.data_of(named["sid"], named["receipt_id"])
        report = report_problem(actor=self.actor, now=self.now, entry=None, data=data)
        return str(report.get_absolute_url())


class ReportService(ReportPage):
    """On a service the actor's unit has a grant for."""


class ReportCall(ReportPage):
    """On a call of the actor's unit."""

    def named(self) -> dict[str, str]:
        return {"receipt_id": self.kwargs["receipt_id"]}

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return reverse("services:exchange", args=[self.kwargs["receipt_id"]])
