"""Applications: the list, one with its steps, its forms; registered against catalogued."""

from __future__ import annotations

from typing import Any, ClassVar

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
    FormPage,
    ListPage,
    Page,
    ReasonForm,
    ReasonStepPage,
    StepPage,
    reason_against,
    state_column,
    when,
)
from quanshu.supply.registration import queries, rules, services
from quanshu.supply.registration.models import Application, Objection
from quanshu.supply.registration.pages import labels
from quanshu.supply.registration.pages.materials import material_card
from quanshu.supply.registration.permissions import RegistrationPermission as P
from quanshu.supply.registration.services.applying import receivers_place
from quanshu.supply.registration.types import ApplicationKind, ObjectionState, RegistrationNotFound


class Applications(ListPage):
    """Every application the actor may see."""

    title = gettext_lazy("Resource registration")
    permission = P.VIEW
    search = ("entry__resource_name", "entry__name_en", "entry__code", "unit__name")
    search_hint = gettext_lazy("Resource, code or unit")
    order = "-updated"
    export_name = "registrations"
    empty_title = gettext_lazy("No application yet")
    empty_hint = gettext_lazy("Apply for a published resource of your unit.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(labels.STATES.items()), field="state"),
        Filter("kind", gettext_lazy("Kind"), choices=list(labels.KINDS.items()), field="kind"),
    )
    columns = (
        Column("entry", gettext_lazy("Resource"), value=lambda row: str(row.entry), sort="entry__resource_name",
               link=Application.get_absolute_url),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name"),
        Column("kind", gettext_lazy("Kind"), value=lambda row: labels.KINDS[row.kind], sort="kind", phone=False),
        Column("updated", gettext_lazy("Changed at"), value="updated_at", kind="datetime", sort="updated_at",
               phone=False),
        state_column(labels.STATES, labels.TONES, sort="state"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_applications(self.actor)

    def actions(self) -> list[Action]:
        found = []
        if allows(self.actor, P.APPLY):
            found.append(Action(_("Apply for registration"), reverse("registration:choose"), "plus", method="get"))
        url = reverse("registration:figures")
        found.append(Action(_("Registered against catalogued"), url, "chart-bar", "outline-primary", "get"))
        url = reverse("registration:publicity")
        found.append(Action(_("Publicity"), url, "speakerphone", "outline-primary", "get"))
        found.append(
            Action(_("Verify a certificate"), reverse("registration:verify"), "qrcode", "outline-primary", "get")
        )
        return found


class Figures(Page):
    """Registered / catalogued by unit."""

    title = gettext_lazy("Registered against catalogued")
    permission = P.VIEW
    template_name = "web/cards.html"

    def crumbs(self) -> Any:
        return ((_("Resource registration"), reverse("registration:applications")),)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        rows = queries.figures()
        catalogued, registered = sum(row.catalogued for row in rows), sum(row.registered for row in rows)
        columns = (
            Column("unit", _("Unit"), value=lambda row: str(row.unit)),
            Column("catalogued", _("Catalogued"), kind="number"),
            Column("registered", _("Registered"), kind="number"),
            Column("rate", _("Rate"), kind="percent"),
        )
        facts = [(_("Catalogued"), catalogued), (_("Registered"), registered)]
        waiting = (
            Column("entry", _("Resource"), value=str,
                   link=lambda row: reverse("registration:apply", args=[row.uid])
                   if allows(self.actor, P.APPLY, row) else ""),
            Column("code", _("Resource code"), phone=False),
            Column("unit", _("Unit"), value=lambda row: str(row.unit)),
        )  # fmt: skip
        return {
            "cards": [
                Card(_("By unit"), facts=facts, columns=columns, rows=rows, empty_title=_("Nothing is catalogued yet")),
                Card(
                    _("Published and not registered"),
                    columns=waiting,
                    rows=queries.unregistered(self.actor)[:200],
                    empty_title=_("Every published resource is registered"),
                ),
            ]
        }


class ApplicationPage(DetailPage):
    """One application."""

    permission = P.VIEW
    audit_kind = "registration.application"

    def get_object(self, **kwargs: Any) -> Application:
        return queries.get_application(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return ((_("Resource registration"), reverse("registration:applications")),)

    def state(self, obj: Application) -> tuple[str, str]:
        return str(labels.STATES[obj.state]), labels.TONES[obj.state]

    def facts(self, obj: Application) -> list[tuple[Any, Any]]:
        return [
            (_("Kind"), labels.KINDS[obj.kind]),
            (_("Resource code"), obj.entry.code),
            (_("Unit"), str(obj.unit)),
            (_("Receiver"), str(obj.receiver) if obj.receiver else None),
            (_("Certificate concerned"), obj.certificate.number if obj.certificate else None),
            (_("Drafted by"), obj.created_by),
            (_("Drafted at"), when(obj.created_at)),
            (_("Public until"), obj.public_until),
            (_("Reviewer's note"), obj.note),
        ]

    def actions(self, obj: Application) -> list[Action]:
        found = []

        def step(
            name: str, label: str, icon: str, style: str = "primary", method: str = "post", check: Any = None
        ) -> None:
            reason = reason_against(rules.check_step, obj.state, STEPS[name])
            if reason is None:
                url = reverse(f"registration:{name}", args=[obj.uid])
                against = reason_against(check, queries.kept_by(obj)) if check else None
                found.append(Action(label, url, icon, style, method, against))

        if allows(self.actor, P.APPLY, obj):
            if reason_against(rules.check_step, obj.state, "submit") is None:
                found.append(self.submission(obj))
            step("change", _("Edit"), "pencil", "outline-primary", "get")
            step("withdraw", _("Withdraw the draft"), "trash", "outline-danger")
        if obj.receiver and allows(self.actor, P.ACCEPT, receivers_place(obj)):
            step("accept", _("Accept the transfer"), "check")
            step("decline", _("Decline"), "x", "outline-danger", "get")
        if allows(self.actor, P.REVIEW, obj):
            step("pass", _("Formally complete"), "check", check=rules.check_none_lacking)
            if obj.kind != ApplicationKind.CANCEL:
                step("publish", _("Make public"), "speakerphone", check=rules.check_none_lacking)
            found += self.conclusion(obj)
            step("return", _("To be completed"), "arrow-back-up", "outline-primary", "get")
            step("refuse", _("Refuse"), "x", "outline-danger", "get")
        return found

    def submission(self, obj: Application) -> Action:
        """The button that submits, with what is missing when it cannot yet."""
        reason = reason_against(rules.check_submittable, state=obj.state, kind=obj.kind, kept=queries.kept_by(obj))
        return Action(_("Submit"), reverse("registration:submit", args=[obj.uid]), "send", reason=reason)

    def conclusion(self, obj: Application) -> list[Action]:
        """The last step, with the reason why it cannot be taken yet."""
        cancels = obj.kind == ApplicationKind.CANCEL
        if reason_against(rules.check_step, obj.state, "conclude" if cancels else "issue") is not None:
            return []
        reason = reason_against(
            rules.check_issue,
            state=obj.state,
            kind=obj.kind,
            until=obj.public_until,
            today=self.now.date(),
            open_objections=obj.objections.filter(state=ObjectionState.OPEN).count(),
            kept=queries.kept_by(obj),
        )
        label = _("Cancel the certificate") if cancels else _("Issue the certificate")
        return [
            Action(label, reverse("registration:conclude", args=[obj.uid]), "certificate", "success", "post", reason)
        ]

    def cards(self, obj: Application) -> list[Card]:
        stated = [
            (_("Where the data come from"), obj.source),
            (_("Why they are lawful"), obj.legality),
            (_("Rights claimed"), labels.rights_text(obj.rights)),
            (_("Duties"), obj.duties),
            (_("Years"), obj.years),
            (_("Reason"), obj.reason),
        ]
        found = [Card(_("Statements"), facts=stated), material_card(self.actor, obj)]
        issued = getattr(obj, "issued", None)
        if issued is not None:
            found.insert(0, Card(_("Certificate"), facts=[(_("Number"), issued.number)],
                                 more=(issued.get_absolute_url(), _("Open the certificate"))))  # fmt: skip
        if allows(self.actor, P.OBJECTION, obj):
            columns = (
                Column("filed", _("Filed at"), value="filed_at", kind="datetime",
                       link=lambda row: reverse("registration:objection", args=[row.uid])),
                Column("name", _("Filed by")),
                Column("reason", _("Reason"), phone=False),
                state_column(labels.OBJECTION_STATES, labels.OBJECTION_TONES),
            )  # fmt: skip
            found.append(
                Card(_("Objections"), columns=columns, rows=obj.objections.all(), empty_title=_("No objection"))
            )
        return found


# Steps of the table by the address of their button.
STEPS = {
    "change": "submit",
    "withdraw": "withdraw",
    "accept": "accept",
    "decline": "decline",
    "pass": "pass",
    "publish": "publish",
    "return": "return",
    "refuse": "refuse",
}


class OfApplication:
    """What a step moves."""

    permission: ClassVar[str] = P.VIEW
    subject: ClassVar[str] = "application"
    read = staticmethod(queries.get_application)


class Step(OfApplication, StepPage):
    """A button of an application's page."""


class ReasonStep(OfApplication, ReasonStepPage):
    """A step that needs a reason."""


class ObjectionPage(FormPage):
    """One objection, to be upheld or rejected with an answer."""

    title = gettext_lazy("Decide the objection")
    permission = P.OBJECTION
    form_class = ReasonForm
    template_name = "registration/objection.html"

    def objection(self) -> Objection:
        found = Objection.objects.filter(uid=self.kwargs["uid"]).select_related("application__entry").first()
        if found is None:
            raise RegistrationNotFound
        return found

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"objection": self.objection()}

    def save(self, form: Any, **kwargs: Any) -> str:
        objection = services.decide_objection(
            actor=self.actor,
            now=self.now,
            objection=self.objection(),
            upheld="uphold" in self.request.POST,
            answer=form.cleaned_data["reason"],
        )
        return objection.application.get_absolute_url()
