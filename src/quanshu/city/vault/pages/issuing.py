"""The issuing unit's pages: what it has issued, issuing one or a batch, looking up, ending."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.city.vault import queries, rules, services
from quanshu.city.vault.models import Certificate, Issuer
from quanshu.city.vault.pages import labels
from quanshu.city.vault.permissions import VaultPermission as P
from quanshu.city.vault.services.issuing import OfIssuer
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.organisation.api import list_units
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
    Page,
    ReasonStepPage,
    reason_against,
    state_column,
    when,
)
from quanshu.supply.catalogue.api import list_entries


def holder_label(row: Certificate) -> str:
    """A holder without personal data."""
    return str(row.subject)


class Issued(ListPage):
    """Certificates of the units one issues for."""

    title = gettext_lazy("Certificates issued")
    permission = P.VIEW
    search = ("uid", "subject__uid", "issuer__unit__name")
    search_hint = gettext_lazy("Certificate or holder reference, unit")
    order = "-issued"
    export_name = "certificates"
    empty_title = gettext_lazy("No certificate issued yet")
    empty_hint = gettext_lazy("Issue one to a holder's number, or a batch from your table.")
    filters = (
        Filter("type", gettext_lazy("Type"), choices=lambda _page: labels.type_choices(), field="type_code"),
        Filter("state", gettext_lazy("State"), field="state",
               choices=[(key, labels.STATES[key]) for key in ("valid", "suspended", "revoked", "erased")]),
    )  # fmt: skip
    columns = (
        Column("type", gettext_lazy("Type"), value=lambda row: labels.type_name(row.type_code), sort="type_code",
               link=Certificate.get_absolute_url),
        Column("holder", gettext_lazy("Certificate holder"), value=holder_label, kind="code"),
        Column("unit", gettext_lazy("Issuing unit"), value=lambda row: str(row.issuer.unit), sort="issuer__unit__name",
               phone=False),
        Column("issued", gettext_lazy("Issued at"), value="issued_at", kind="datetime", sort="issued_at"),
        Column("until", gettext_lazy("Valid until"), value="valid_until", kind="date", sort="valid_until", phone=False),
        state_column(labels.STATES, labels.TONES, sort="state"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_issued(self.actor)

    def actions(self) -> list[Action]:
        found = []
        if allows(self.actor, P.ISSUE):
            found.append(Action(_("Issue"), reverse("vault:issue"), "certificate", "primary", "get"))
            found.append(Action(_("Issue a batch"), reverse("vault:batch"), "stack", "outline-primary", "get"))
        found.append(Action(_("Find by number"), reverse("vault:look_up"), "search", "outline-primary", "get"))
        found.append(Action(_("Who issues what"), reverse("vault:registered"), "building", "outline-primary", "get"))
        return found


class IssuedPage(DetailPage):
    """One certificate, as its issuer sees it: never its content."""

    permission = P.VIEW
    audit_kind = "vault.certificate"

    def get_object(self, **kwargs: Any) -> Certificate:
        return queries.get_issued(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> Any:
        return labels.type_name(self.object.type_code)  # type: ignore[attr-defined]

    def crumbs(self) -> Any:
        return ((_("Certificates issued"), reverse("vault:issued")),)

    def state(self, obj: Certificate) -> tuple[str, str]:
        state = rules.state_on(obj.state, obj.valid_until, self.now)
        return str(labels.STATES[state]), labels.TONES[state]

    def facts(self, obj: Certificate) -> list[tuple[Any, Any]]:
        return [
            (_("Issuing unit"), str(obj.issuer.unit)),
            (_("Certificate holder"), holder_label(obj)),
            (_("Issued at"), when(obj.issued_at)),
            (_("Valid until"), obj.valid_until or _("Long term")),
            (_("Reason"), _("Replaced by a newer one") if obj.reason == "replaced" else obj.reason),
        ]

    def actions(self, obj: Certificate) -> list[Action]:
        if not allows(self.actor, P.REVOKE, OfIssuer(obj)):
            return []
        found = []
        for name, label, icon, style in (
            ("suspend", _("Suspend"), "player-pause", "outline-primary"),
            ("reinstate", _("Reinstate"), "player-play", "outline-primary"),
            ("revoke", _("Revoke"), "ban", "outline-danger"),
        ):
            if reason_against(rules.check_step, obj.state, name) is None:
                found.append(Action(label, reverse(f"vault:{name}", args=[obj.uid]), icon, style, "get"))
        return found

    def cards(self, obj: Certificate) -> list[Card]:
        kind = rules.get_type(obj.type_code)
        columns = (
            Column("title", _("Claim"), value=lambda row: row[1]),
            Column("hidden", _("May be kept back"), value=lambda row: row[0]),
        )
        rows = [
            (bool(spec and spec.hidden), label)
            for name, label in labels.claim_choices(kind.code)
            for spec in (kind.claim(name),)
        ]
        note = _("What stands in it is encrypted for its holder; the unit finds it in its own records.")
        return [Card(_("Claims of the type"), note=note, columns=columns, rows=rows)]


class End(ReasonStepPage):
    """Suspend, reinstate or revoke, with the reason."""

    permission = P.REVOKE
    subject: ClassVar[str] = "certificate"
    success = gettext_lazy("Done. The status list says so at once, and the holder is told.")

    def get_subject(self, uid: str) -> Certificate:
        return queries.get_issued(actor=self.actor, uid=uid)

    def crumbs(self) -> Any:
        return ((_("Certificates issued"), reverse("vault:issued")),)


class IssuerForm(Form):
    """A base for forms that begin with who issues."""

    issuer = forms.ChoiceField(label=gettext_lazy("Type and unit"))

    def __init__(self, *args: Any, issuers: list[Issuer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["issuer"].choices = [  # type: ignore[attr-defined]
            (row.uid, f"{labels.type_name(row.type_code)} · {row.unit}") for row in issuers
        ]


class NumberForm(IssuerForm):
    """One holder."""

    number = forms.CharField(label=gettext_lazy("Citizen ID or credit code of the holder"), max_length=40)


class NumbersForm(IssuerForm):
    """Many holders."""

    numbers = forms.CharField(
        label=gettext_lazy("Numbers of the holders"),
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=gettext_lazy("One citizen ID or credit code a line; at most 10,000."),
    )


class OfIssuers(FormPage):
    """A form over the issuers one may act for."""

    of: ClassVar[str] = P.ISSUE

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"issuers": queries.list_issuers(self.actor, self.of)}

    def crumbs(self) -> Any:
        return ((_("Certificates issued"), reverse("vault:issued")),)

    def issuer(self, form: forms.Form) -> Issuer:
        return queries.get_issuer(actor=self.actor, uid=form.cleaned_data["issuer"], permission=self.of)


class Issue(OfIssuers):
    """Issue to one holder from the unit's records."""

    title = gettext_lazy("Issue a certificate")
    permission = P.ISSUE
    form_class = NumberForm
    submit_label = gettext_lazy("Issue")
    success = gettext_lazy("Issued. The holder finds it in the vault.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        made = services.issue_certificate(
            actor=self.actor, now=self.now, issuer=self.issuer(form), number=form.cleaned_data["number"]
        )
        return made[0].get_absolute_url() if len(made) == 1 else reverse("vault:issued")


class Batch(OfIssuers):
    """Issue to many holders."""

    title = gettext_lazy("Issue a batch")
    permission = P.ISSUE
    form_class = NumbersForm
    submit_label = gettext_lazy("Start")
    success = ""

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        work = services.start_batch(
            actor=self.actor, now=self.now, issuer=self.issuer(form), numbers=form.cleaned_data["numbers"]
        )
        return work.get_absolute_url()


class LookUp(OfIssuers):
    """Certificates issued to a number; the number is sent in the form, never in an address."""

    title = gettext_lazy("Find by number")
    permission = P.VIEW
    of = P.VIEW
    form_class = NumberForm
    template_name = "vault/look_up.html"
    submit_label = gettext_lazy("Find")
    success = ""

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.found: Any = None
        answer = super().post(request, *args, **kwargs)
        return answer if self.found is None else self.render({"form": self.get_form(), "found": self.found})

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        rows = services.look_up(
            actor=self.actor, now=self.now, issuer=self.issuer(form), number=form.cleaned_data["number"]
        )
        self.found = [
            (row, labels.type_name(row.type_code), labels.STATES[row.state], labels.TONES[row.state]) for row in rows
        ]
        return ""


class WorkPage(Page):
    """A batch under way: how far it is, what was refused and why."""

    permission = P.VIEW
    template_name = "vault/work.html"

    def page_title(self) -> Any:
        return _("Issuing a batch")

    def crumbs(self) -> Any:
        return ((_("Certificates issued"), reverse("vault:issued")),)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        work = queries.get_work(actor=self.actor, uid=kwargs["uid"], now=self.now)
        return {
            "work": work,
            "ratio": work.reached / work.total if work.total else 0.0,
            "faults": labels.fault_rows(work.faults),
            "state": (labels.WORK_STATES[work.state], labels.WORK_TONES[work.state]),
            "type_name": labels.type_name(work.issuer.type_code) if work.issuer else "",
        }


class Registered(Page):
    """Who issues what, and how many certificates there are."""

    title = gettext_lazy("Who issues what")
    permission = P.VIEW
    template_name = "web/cards.html"

    def crumbs(self) -> Any:
        return ((_("Certificates issued"), reverse("vault:issued")),)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        issuers = (
            Column("type", _("Type"), value=lambda row: labels.type_name(row.type_code)),
            Column("unit", _("Issuing unit"), value=lambda row: str(row.unit)),
            Column("entry", _("Source records"), value=lambda row: str(row.entry) if row.entry else None, phone=False),
            Column("active", _("Active")),
        )
        figures = (
            Column("type", _("Type"), value=lambda row: labels.type_name(row.type_code)),
            Column("in_force", _("In force"), kind="number"),
            Column("holders", _("Holders"), kind="number"),
            Column("presented", _("Times shown"), kind="number"),
        )
        actions = [Action(_("Register an issuer"), reverse("vault:register"), "plus", "primary", "get")]
        return {
            "actions": actions if allows(self.actor, P.REGISTER) else [],
            "cards": [
                Card(
                    _("Issuers"),
                    columns=issuers,
                    rows=queries.list_issuers(self.actor),
                    empty_title=_("No unit issues certificates yet"),
                    empty_hint=_("The bureau registers units with the table of their records."),
                ),
                Card(
                    _("Certificates in vaults"),
                    columns=figures,
                    rows=queries.vault_figures(),
                    empty_title=_("No certificate issued yet"),
                ),
            ],
        }


class RegisterForm(Form):
    """Who issues what, from which records."""

    type_code = forms.ChoiceField(label=gettext_lazy("Type"), choices=labels.type_choices)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"))
    entry = forms.CharField(
        label=gettext_lazy("Code of the resource that holds its records"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("As in the catalogue; the table must have the columns that the type names."),
    )

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]


class Register(FormPage):
    """Register an issuer."""

    title = gettext_lazy("Register an issuer")
    permission = P.REGISTER
    form_class = RegisterForm
    submit_label = gettext_lazy("Register")

    def crumbs(self) -> Any:
        return ((_("Who issues what"), reverse("vault:registered")),)

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"units": [(row.uid, str(row)) for row in list_units(self.actor)]}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        given = form.cleaned_data
        unit = list_units(self.actor).get(uid=given["unit"])
        entry = entry_by_code(self.actor, given["entry"])
        services.register_issuer(actor=self.actor, now=self.now, unit=unit, type_code=given["type_code"], entry=entry)
        return reverse("vault:registered")


def entry_by_code(actor: Any, code: str) -> Any:
    """The entry with this code; None for no code. Raises FieldErrors for one that is not there."""
    if not code.strip():
        return None
    found = list_entries(actor).filter(code=code.strip()).first()
    if found is None:
        error = FieldError("entry", "There is no such resource in the catalogue.", "Copy its code from its page.")
        raise FieldErrors(errors=(error,))
    return found
