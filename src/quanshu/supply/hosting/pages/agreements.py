"""Agreements: the list, one with its steps, its forms, figures, the end."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    StepPage,
    reason_against,
    state_column,
    when,
)
from quanshu.supply.hosting import queries, rules, services
from quanshu.supply.hosting.models import Agreement
from quanshu.supply.hosting.pages import labels
from quanshu.supply.hosting.pages.changes import CHANGE_COLUMNS
from quanshu.supply.hosting.permissions import HostingPermission as P
from quanshu.supply.hosting.types import AgreementState, ChangeState, HostingNotFound


def crumbs_to(agreement: Agreement | None = None) -> tuple[tuple[Any, str], ...]:
    """The way down to an agreement."""
    top = (_("Unified hosting"), reverse("hosting:agreements"))
    return (top, (str(agreement), agreement.get_absolute_url())) if agreement else (top,)


class Agreements(ListPage):
    """Every agreement the actor may see."""

    title = gettext_lazy("Unified hosting")
    permission = P.VIEW
    search = ("entry__resource_name", "entry__name_en", "entry__code", "unit__name")
    search_hint = gettext_lazy("Table, code or unit")
    order = "-updated"
    export_name = "hosting-agreements"
    empty_title = gettext_lazy("No hosted table yet")
    empty_hint = gettext_lazy("A unit hands a published table to the platform by an agreement, and edits it here.")
    filters = (Filter("state", gettext_lazy("State"), choices=list(labels.STATES.items()), field="state"),)
    columns = (
        Column("entry", gettext_lazy("Table"), value=lambda row: str(row.entry), sort="entry__resource_name",
               link=Agreement.get_absolute_url),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name"),
        Column("rows", gettext_lazy("Rows"), value=lambda row: queries.row_count(row.entry), kind="number",
               phone=False),
        Column("edit", gettext_lazy("Last edit"), value="last_edit", kind="datetime", sort="last_edit", phone=False),
        Column("term", gettext_lazy("End of the term"), value="term_until", kind="date", sort="term_until",
               phone=False),
        Column("updated", gettext_lazy("Changed at"), value="updated_at", kind="datetime", sort="updated_at",
               phone=False),
        state_column(labels.STATES, labels.TONES, sort="state"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_agreements(self.actor)

    def actions(self) -> list[Action]:
        found = []
        if allows(self.actor, P.DRAFT):
            found.append(Action(_("Hand a table to the platform"), reverse("hosting:choose"), "plus", method="get"))
        figures = reverse("hosting:figures")
        found.append(Action(_("Hosted by unit"), figures, "chart-bar", "outline-primary", "get"))
        return found


class Figures(Page):
    """Hosted tables, rows and changes by unit."""

    title = gettext_lazy("Hosted by unit")
    permission = P.VIEW
    template_name = "web/cards.html"

    def crumbs(self) -> Any:
        return crumbs_to()

    def context(self, **kwargs: Any) -> dict[str, Any]:
        figures = queries.figures_for(Agreement.objects.visible_to(self.actor))
        columns = (
            Column("unit", _("Unit"), value="unit_name"),
            Column("tables", _("Hosted tables"), kind="number"),
            Column("rows", _("Rows"), kind="number"),
            Column("changes", _("Changes by hand"), kind="number", phone=False),
            Column("last", _("Last edit"), value="last_edit", kind="datetime"),
        )
        facts = [
            (_("Agreements in force"), str(figures.agreements)),
            (_("Tables with rows"), str(figures.tables)),
            (_("Rows"), str(figures.rows)),
            (_("Changes by hand"), str(figures.changes)),
            (_("Last edit"), when(figures.last_edit)),
        ]
        empty = _("No hosted table yet")
        return {"cards": [Card(_("By unit"), facts=facts, columns=columns, rows=figures.by_unit, empty_title=empty)]}


class AgreementPage(DetailPage):
    """One agreement."""

    permission = P.VIEW
    audit_kind = "hosting.agreement"

    def get_object(self, **kwargs: Any) -> Agreement:
        return queries.get_agreement(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to()

    def state(self, obj: Agreement) -> tuple[str, str]:
        return str(labels.STATES[obj.state]), labels.TONES[obj.state]

    def facts(self, obj: Agreement) -> list[tuple[Any, Any]]:
        names = dict(queries.people_of(obj.unit))
        named = "、".join(names[uid] for uid in obj.editors if uid in names)
        return [
            (_("Unit"), str(obj.unit)),
            (_("Resource code"), obj.entry.code),
            (_("What the platform does"), labels.works_text(obj.works)),
            (
                _("Who may edit"),
                named or _("The unit's stewards"),
            ),
            (_("Second person"), _("Yes") if obj.four_eyes else _("No")),
            (_("End of the term"), obj.term_until),
            (_("Months kept after the end"), str(obj.keep_months)),
            (_("Drafted by"), obj.created_by),
            (_("In force since"), when(obj.accepted_at)),
            (_("Reviewer's note"), obj.note),
            (_("Why it ended"), obj.end_reason),
        ]

    def actions(self, obj: Agreement) -> list[Action]:
        found: list[Action] = []

        def step(name: str, label: str, icon: str, style: str = "primary", method: str = "post") -> None:
            if reason_against(rules.check_step, obj.state, "propose" if name == "change" else name) is None:
                url = reverse(f"hosting:{name}", args=[obj.uid])
                found.append(Action(label, url, icon, style, method))

        if allows(self.actor, P.ROW_VIEW, obj) and obj.state in {"active", "returning"}:
            found.append(Action(_("Data"), reverse("hosting:rows", args=[obj.uid]), "table", method="get"))
        if allows(self.actor, P.DRAFT, obj):
            step("propose", _("Propose"), "send")
            step("change", _("Edit"), "pencil", "outline-primary", "get")
            step("withdraw", _("Withdraw the draft"), "trash", "outline-danger")
        if allows(self.actor, P.ACCEPT, obj):
            if obj.state == AgreementState.PROPOSED:
                sources = queries.live_sources(obj.entry)
                reason = reason_against(rules.check_accept, state=obj.state, sources=sources)
                url = reverse("hosting:accept", args=[obj.uid])
                found.append(Action(_("Accept the table"), url, "check", "success", reason=reason))
            step("return", _("Return"), "arrow-back-up", "outline-danger", "get")
            if obj.state == AgreementState.ACTIVE:
                url = reverse("hosting:renew", args=[obj.uid])
                found.append(Action(_("Prolong"), url, "calendar-plus", "outline-primary", "get"))
        if allows(self.actor, P.TAKE_BACK, obj):
            found += self.returning(obj)
        if allows(self.actor, P.END, obj):
            step("end", _("End"), "flag", "outline-danger", "get")
        return found

    def returning(self, obj: Agreement) -> list[Action]:
        """Taking the data back, and confirming it."""
        found = []
        if obj.state in {"active", "returning"}:
            url = reverse("hosting:take-back", args=[obj.uid])
            found.append(Action(_("Download the data"), url, "download", "outline-primary"))
        if obj.state == AgreementState.RETURNING:
            reason = None
            if obj.keep_months == 0:
                in_force = obj.entry.published_version is not None
                reason = reason_against(rules.check_delete_data, in_force=in_force)
            url = reverse("hosting:confirm", args=[obj.uid])
            found.append(Action(_("Confirm the return"), url, "check", "success", reason=reason))
        return found

    def cards(self, obj: Agreement) -> list[Card]:
        found = [Card(_("Why the table is handed over"), note=obj.reason, facts=[
            (_("Catalogue entry"), str(obj.entry)), (_("Rows"), str(queries.row_count(obj.entry))),
        ], more=(obj.entry.get_absolute_url(), _("Open the catalogue entry")))]  # fmt: skip
        if obj.proof:
            found.append(Card(_("Proof of return"), facts=proof_facts(obj),
                              more=(reverse("hosting:proof", args=[obj.uid]), _("Download the proof"))))  # fmt: skip
        if allows(self.actor, P.ROW_VIEW, obj):
            changes = queries.list_changes(self.actor).filter(agreement=obj)
            waiting = changes.filter(state=ChangeState.PENDING)
            if waiting.exists():
                found.append(Card(_("Changes that wait for the second person"), columns=CHANGE_COLUMNS,
                                  rows=waiting[:50]))  # fmt: skip
            more = (f"{reverse('hosting:changes')}?table={obj.uid}", _("All changes"))
            found.append(Card(_("Last changes"), columns=CHANGE_COLUMNS, rows=changes[:10], more=more,
                              empty_title=_("No change yet"),
                              empty_hint=_("Rows are added and edited under “Data”.")))  # fmt: skip
        return found


def proof_facts(obj: Agreement) -> list[tuple[Any, Any]]:
    """What was given back, and what is kept or deleted."""
    proof = obj.proof or {}
    labelled = (
        ("rows", _("Rows returned")),
        ("lake_version", _("Version of the table")),
        ("file_sha256", _("SHA-256 of the file")),
        ("confirmed_by", _("Confirmed by")),
        ("confirmed_at", _("Confirmed at")),
        ("kept_until", _("Kept until")),
        ("deleted_at", _("Deleted at")),
        ("versions_deleted", _("Versions deleted")),
    )
    return [(label, str(proof[name])) for name, label in labelled if proof.get(name) is not None]


class OfAgreement:
    """What a step moves."""

    permission: ClassVar[str] = P.VIEW
    subject: ClassVar[str] = "agreement"
    read = staticmethod(queries.get_agreement)


class AgreementStep(OfAgreement, StepPage):
    """A button of an agreement's page."""


class ReasonStep(OfAgreement, ReasonStepPage):
    """A step that needs a reason."""


class RenewForm(Form):
    """Until when, and why."""

    until = forms.DateField(label=gettext_lazy("End of the term"), widget=forms.DateInput)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea)


class Renew(FormPage):
    """Prolong an agreement."""

    title = gettext_lazy("Prolong the agreement")
    permission = P.ACCEPT
    form_class = RenewForm

    def save(self, form: Any, **kwargs: Any) -> str:
        agreement = queries.get_agreement(actor=self.actor, uid=self.kwargs["uid"])
        services.renew_agreement(actor=self.actor, now=self.now, agreement=agreement, **form.cleaned_data)
        return agreement.get_absolute_url()


class TakeBack(Page):
    """The unit's rows as a file."""

    http_method_names = ["post", "options"]
    permission = P.TAKE_BACK

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        agreement = queries.get_agreement(actor=self.actor, uid=kwargs["uid"])
        lines = services.take_back(actor=self.actor, now=self.now, agreement=agreement)
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        name = agreement.entry.code.replace("/", "-")
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer


class Proof(Page):
    """The proof of return as a file."""

    permission = P.VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        agreement = queries.get_agreement(actor=self.actor, uid=kwargs["uid"])
        if not agreement.proof:
            raise HostingNotFound
        answer = JsonResponse(agreement.proof, json_dumps_params={"ensure_ascii": False, "indent": 2})
        answer["Content-Disposition"] = f'attachment; filename="hosting-proof-{agreement.uid}.json"'
        return answer
