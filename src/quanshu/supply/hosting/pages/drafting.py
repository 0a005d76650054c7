"""Drafting an agreement: the table, what is asked of the platform, changing a draft."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy

from quanshu.shared.web.api import Column, Form, FormPage, ListPage
from quanshu.supply.hosting import queries, rules, services
from quanshu.supply.hosting.models import Agreement
from quanshu.supply.hosting.pages import labels
from quanshu.supply.hosting.pages.agreements import crumbs_to
from quanshu.supply.hosting.permissions import HostingPermission as P
from quanshu.supply.hosting.types import AgreementData, HostingNotFound


class Choose(ListPage):
    """Published tables that may be handed to the platform."""

    title = gettext_lazy("Choose the table to host")
    permission = P.DRAFT
    search = ("resource_name", "name_en", "code")
    search_hint = gettext_lazy("Table or code")
    order = "name"
    empty_title = gettext_lazy("Nothing to host")
    empty_hint = gettext_lazy("A table is hosted once its catalogue entry is published and names its key.")
    columns = (
        Column("name", gettext_lazy("Table"), value=str, sort="resource_name",
               link=lambda row: reverse("hosting:draft", args=[row.uid])),
        Column("code", gettext_lazy("Resource code"), sort="code", phone=False),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name"),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return crumbs_to()

    def queryset(self) -> Any:
        return queries.entries_to_host(self.actor)


class AgreementForm(Form):
    """What a unit asks for."""

    reason = forms.CharField(
        label=gettext_lazy("Why the table is handed over"), max_length=2000, widget=forms.Textarea
    )  # fmt: skip
    works = forms.MultipleChoiceField(
        label=gettext_lazy("What the platform does"), choices=list(labels.WORKS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("With cleaning, the platform's officers may edit rows too."),
    )  # fmt: skip
    editors = forms.MultipleChoiceField(
        label=gettext_lazy("Who may edit"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nobody chosen: everyone of the unit who holds the right to edit."),
    )  # fmt: skip
    four_eyes = forms.BooleanField(label=gettext_lazy("A second person approves each change"), required=False)
    term_until = forms.DateField(label=gettext_lazy("End of the term"), widget=forms.DateInput)
    keep_months = forms.IntegerField(
        label=gettext_lazy("Months the platform keeps the data after the end"), min_value=0,
        max_value=rules.MOST_MONTHS, initial=0, help_text=gettext_lazy("0: deleted when the unit has its data."),
    )  # fmt: skip

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        editors: Any = self.fields["editors"]
        editors.choices = people

    def data_entered(self) -> AgreementData:
        """The cleaned values as what the services take."""
        given = self.cleaned_data
        return AgreementData(
            reason=given["reason"],
            works=tuple(given["works"]),
            term_until=given["term_until"],
            editors=tuple(given["editors"]),
            four_eyes=given["four_eyes"],
            keep_months=given["keep_months"],
        )


class DraftAgreement(FormPage):
    """Draft an agreement over a table."""

    title = gettext_lazy("Hosting agreement")
    permission = P.DRAFT
    form_class = AgreementForm
    success = gettext_lazy("Drafted. Propose it to the platform when it is complete.")

    def entry(self) -> Any:
        found = queries.entries_to_host(self.actor).filter(uid=self.kwargs["uid"]).first()
        if found is None:
            raise HostingNotFound
        return found

    def page_title(self) -> Any:
        return f"{self.title} · {self.entry()}"

    def crumbs(self) -> Any:
        return crumbs_to()

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"people": queries.people_of(self.entry().unit)}

    def save(self, form: Any, **kwargs: Any) -> str:
        data = form.data_entered()
        made = services.draft_agreement(actor=self.actor, now=self.now, entry=self.entry(), data=data)
        return made.get_absolute_url()


class ChangeAgreement(FormPage):
    """Change a draft."""

    title = gettext_lazy("Edit the agreement")
    permission = P.DRAFT
    form_class = AgreementForm

    def agreement(self) -> Agreement:
        return queries.get_agreement(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to(self.agreement())

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"people": queries.people_of(self.agreement().unit)}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        agreement = self.agreement()
        return {name: getattr(agreement, name) for name in AgreementData.__slots__}

    def save(self, form: Any, **kwargs: Any) -> str:
        data = form.data_entered()
        done = services.change_agreement(actor=self.actor, now=self.now, agreement=self.agreement(), data=data)
        return done.get_absolute_url()
