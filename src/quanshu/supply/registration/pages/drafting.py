"""Drafting an application: the resource, the statements, what follows a certificate."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Unit
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Column, Form, FormPage, ListPage
from quanshu.supply.registration import queries, rules, services
from quanshu.supply.registration.models import Application
from quanshu.supply.registration.pages import labels
from quanshu.supply.registration.permissions import RegistrationPermission as P
from quanshu.supply.registration.types import ApplicationData, ApplicationKind, RegistrationNotFound


class Choose(ListPage):
    """Published resources that may be registered."""

    title = gettext_lazy("Choose the resource to register")
    permission = P.APPLY
    search = ("resource_name", "name_en", "code", "unit__name")
    search_hint = gettext_lazy("Resource, code or unit")
    order = "name"
    empty_title = gettext_lazy("Nothing to register")
    empty_hint = gettext_lazy("Every published resource of yours is registered, or an application is under way.")
    columns = (
        Column("name", gettext_lazy("Resource"), value=str, sort="resource_name",
               link=lambda row: reverse("registration:apply", args=[row.uid])),
        Column("code", gettext_lazy("Resource code"), sort="code", phone=False),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name"),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Resource registration"), reverse("registration:applications")),)

    def queryset(self) -> Any:
        rows = queries.unregistered(self.actor)
        own = [row.pk for row in rows if allows(self.actor, P.APPLY, row)]
        return rows.filter(pk__in=own)


class ApplicationForm(Form):
    """What an applicant states; the receiver and the reason only for what follows a certificate."""

    receiver = forms.ChoiceField(label=gettext_lazy("Receiver"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    source = forms.CharField(
        label=gettext_lazy("Where the data come from"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    legality = forms.CharField(
        label=gettext_lazy("Why they are lawful"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The law or duty they are collected under, with its article."),
    )
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("Rights claimed"), choices=list(labels.RIGHTS.items()), widget=forms.CheckboxSelectMultiple
    )
    duties = forms.CharField(
        label=gettext_lazy("Duties"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("How the data are kept up to date, safe and shared."),
    )
    years = forms.IntegerField(label=gettext_lazy("Years"), min_value=1, max_value=rules.MOST_YEARS, initial=3)

    def __init__(self, *args: Any, kind: str, receivers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind == ApplicationKind.FIRST:
            del self.fields["reason"]
        if kind != ApplicationKind.TRANSFER:
            del self.fields["receiver"]
        else:
            receiver: Any = self.fields["receiver"]
            receiver.choices = receivers

    def data_entered(self) -> ApplicationData:
        """The cleaned values as what the services take."""
        given = self.cleaned_data
        return ApplicationData(
            given["source"],
            given["legality"],
            tuple(given["rights"]),
            given["duties"],
            given["years"],
            given.get("reason", ""),
        )


class ApplyFirst(FormPage):
    """Draft a first registration."""

    title = gettext_lazy("First registration")
    permission = P.APPLY
    form_class = ApplicationForm
    success = gettext_lazy("Drafted. Attach its materials, then submit it.")

    def entry(self) -> Any:
        found = queries.unregistered(self.actor).filter(uid=self.kwargs["uid"]).first()
        if found is None:
            raise RegistrationNotFound
        return found

    def page_title(self) -> Any:
        return f"{self.title} · {self.entry()}"

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"kind": ApplicationKind.FIRST, "receivers": []}

    def save(self, form: Any, **kwargs: Any) -> str:
        application = services.apply_first(actor=self.actor, now=self.now, entry=self.entry(), data=form.data_entered())
        return application.get_absolute_url()


class ApplyFurther(FormPage):
    """Draft a change, transfer or cancellation of a certificate."""

    permission = P.APPLY
    form_class = ApplicationForm
    success = gettext_lazy("Drafted. Attach its materials, then submit it.")

    @property
    def kind(self) -> ApplicationKind:
        if self.kwargs["kind"] not in {kind.value for kind in ApplicationKind} - {"first"}:
            raise RegistrationNotFound
        return ApplicationKind(self.kwargs["kind"])

    def page_title(self) -> Any:
        return f"{labels.KINDS[self.kind]} · {self.kwargs['number']}"

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        units = Unit.objects.filter(closed_on__isnull=True).order_by("path")
        return {"kind": self.kind, "receivers": [(unit.uid, str(unit)) for unit in units]}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        # A kind there is none of is no address; only then is the number looked at.
        before = queries.get_certificate(number=self.kwargs["number"]).application if self.kind else None
        return {name: getattr(before, name) for name in ("source", "legality", "rights", "duties", "years")}

    def save(self, form: Any, **kwargs: Any) -> str:
        certificate = queries.get_certificate(number=self.kwargs["number"])
        receiver = Unit.objects.filter(uid=form.cleaned_data.get("receiver", "")).first()
        application = services.apply_further(
            actor=self.actor,
            now=self.now,
            certificate=certificate,
            kind=self.kind,
            data=form.data_entered(),
            receiver=receiver,
        )
        return application.get_absolute_url()


class ChangeApplication(FormPage):
    """Change a draft."""

    title = gettext_lazy("Edit the application")
    permission = P.APPLY
    form_class = ApplicationForm

    def application(self) -> Application:
        return queries.get_application(actor=self.actor, uid=self.kwargs["uid"])

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        kind = self.application().kind
        shown = ApplicationKind.CHANGE if kind == ApplicationKind.TRANSFER else kind
        return {"kind": shown, "receivers": []}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        names = ("source", "legality", "rights", "duties", "years", "reason")
        application = self.application()
        return {name: getattr(application, name) for name in names}

    def save(self, form: Any, **kwargs: Any) -> str:
        application = services.change_application(
            actor=self.actor, now=self.now, application=self.application(), data=form.data_entered()
        )
        return application.get_absolute_url()
