"""Impact records (个人信息保护影响评估): which services need one, the records, drafting, review, the printable page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import now
from quanshu.oversight.privacy import queries, rules, services
from quanshu.oversight.privacy.models import ImpactRecord
from quanshu.oversight.privacy.pages import labels
from quanshu.oversight.privacy.permissions import PrivacyPermission as P
from quanshu.oversight.privacy.types import RecordData, RecordState, Standing
from quanshu.shared.access.api import allows, require
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
    day,
    reason_against,
)
from quanshu.sharing.services.api import Service, ServiceState, Shape
from quanshu.supply.catalogue.api import item_titles


def service_url(row: Service) -> str:
    """The page of a service's records."""
    return reverse("privacy:service", args=[row.uid])


def sensitive_items(service: Service) -> str:
    """Titles of the sensitive items a service tells."""
    return ", ".join(item_titles(service.entry, queries.sensitive_in(service)))


class NeedingList(ListPage):
    """Services that tell of sensitive personal data, published or drafted, and how each stands."""

    title = gettext_lazy("Impact records of sensitive services")
    subtitle = gettext_lazy(
        "Personal Information Protection Law, articles 55 and 56: assessed before, kept three years."
    )
    permission = P.RECORD_VIEW
    template_name = "privacy/tabbed.html"
    search = ("sid", "name", "name_en", "unit__name")
    order = "sid"
    export_name = "impact-records"
    empty_title = gettext_lazy("No published service tells of sensitive personal data")
    empty_hint = gettext_lazy("As soon as one does, it is listed here with what is missing.")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._stands: dict[int, queries.Stand] | None = None

    @property
    def found(self) -> dict[int, queries.Stand]:
        """How each service stands, counted once for the page."""
        if self._stands is None:
            self._stands = queries.stands(self.actor, self.now)
        return self._stands

    @property
    def columns(self) -> Any:  # type: ignore[override]
        found = self.found
        return (
            Column("sid", _("Service code"), kind="code", sort="sid", link=service_url),
            Column("name", _("Service"), value="title", sort="name"),
            Column("unit", _("Supplying unit"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
            Column("items", _("Sensitive items"), value=sensitive_items, phone=False),
            Column(
                "standing",
                _("Standing"),
                value=lambda row: labels.STANDINGS[found[row.pk].standing][0],
                kind="badge",
                tone=lambda row: labels.STANDINGS[found[row.pk].standing][1],
            ),
            Column(
                "until",
                _("Kept until"),
                value=lambda row: getattr(found[row.pk].record, "kept_until", None),
                kind="date",
                phone=False,
            ),
        )

    @property
    def filters(self) -> Any:  # type: ignore[override]
        return (
            Filter(
                "standing",
                _("Standing"),
                choices=labels.choices_of(labels.STANDINGS),
                apply=lambda rows, value: rows.filter(
                    pk__in=[pk for pk, stand in self.found.items() if stand.standing == value]
                ),
            ),
        )

    def queryset(self) -> Any:
        return queries.services_in_sight(self.actor).filter(pk__in=list(self.found))

    def row_context(self) -> dict[str, Any]:
        gaps = sum(stand.standing != Standing.IN_ORDER for stand in self.found.values())
        return {"tabs": labels.tabs("services"), "gaps": gaps}


def record_columns() -> tuple[Column, ...]:
    """How records are listed."""
    return (
        Column("number", _("Record"), value=str, link=ImpactRecord.get_absolute_url),
        Column("drafted", _("Drafted by"), value="drafted_by", phone=False),
        Column("decided", _("Decided at"), value="decided_at", kind="date"),
        Column("until", _("Kept until"), value="kept_until", kind="date", phone=False),
        Column(
            "state",
            _("State"),
            value=labels.label_in(labels.RECORD_STATES),
            kind="badge",
            tone=labels.tone_in(labels.RECORD_STATES),
        ),
    )


class ServiceRecords(DetailPage):
    """One service: what it tells, what has changed, its records of all times."""

    permission = P.RECORD_VIEW

    def get_object(self, **kwargs: Any) -> Service:
        return queries.get_service_in_sight(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> Any:
        return self.object.title

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Impact records"), reverse("privacy:services"))]

    def state(self, obj: Service) -> tuple[str, str] | None:
        if not queries.sensitive_in(obj):
            return None
        return labels.badge_of(labels.STANDINGS, queries.stand_of(obj, self.now).standing)

    def facts(self, obj: Service) -> list[tuple[Any, Any]]:
        return [
            (_("Service code"), obj.sid),
            (_("Supplying unit"), str(obj.unit)),
            (_("Catalogue entry"), obj.entry.title),
            (_("Sensitive items"), sensitive_items(obj) or _("None: no record is needed")),
        ]

    def actions(self, obj: Service) -> list[Action]:
        if not allows(self.actor, P.RECORD_DRAFT, obj):
            return []
        under_way = obj.impact_records.filter(state__in=queries.UNDER_WAY).exists()
        refusal = reason_against(rules.check_needed, queries.sensitive_in(obj)) or reason_against(
            rules.check_draftable, under_way=under_way
        )
        url = reverse("privacy:draft", args=[obj.uid])
        return [Action(_("Draft a record"), url, "file-plus", method="get", reason=refusal)]

    def cards(self, obj: Service) -> list[Card]:
        found = []
        stand = queries.stand_of(obj, self.now)
        if stand.new_items or stand.new_purposes:
            news = [(_("New items"), "; ".join(stand.new_items)), (_("New purposes"), "; ".join(stand.new_purposes))]
            note = _("The approved record does not speak of these; draft one that does.")
            found.append(Card(_("What has changed since"), note=note, facts=news))
        rows = obj.impact_records.select_related("service")
        empty = _("Draft one, so that the bureau can review it.")
        found.append(
            Card(
                _("Records"), columns=record_columns(), rows=rows, empty_title=_("There is no record"), empty_hint=empty
            )
        )
        return found


def review_cards(service: Service) -> list[Card]:
    """Whether a draft of a service may be published, by its impact record: the port of the review page."""
    items = queries.sensitive_in(service)
    if service.state != ServiceState.DRAFT or not items or service.shape == Shape.COMPOSITE:
        return []
    standing = queries.stand_of(service, now()).standing
    label, _tone = labels.badge_of(labels.STANDINGS, standing)
    note = "" if standing == Standing.IN_ORDER else _("It is published once an approved record speaks of it as it is.")
    facts = [(_("State"), label), (_("Sensitive items"), ", ".join(items))]
    return [Card(_("Impact record"), note=note, facts=facts, more=(service_url(service), _("Records of this service")))]


class RecordForm(Form):
    """The parts that the law names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, hint in labels.PARTS:
            field = forms.CharField(label=label, help_text=hint, max_length=4000, widget=forms.Textarea)
            field.widget.attrs.update({"class": "form-control", "rows": 3})
            self.fields[name] = field
            if name == "risks":
                level = forms.ChoiceField(label=gettext_lazy("Level of risk"), choices=list(labels.RISKS.items()))
                level.widget.attrs["class"] = "form-select"
                self.fields["risk_level"] = level


class Draft(FormPage):
    """Draft the record of a service; what the one before says is there to start from."""

    title = gettext_lazy("Draft an impact record")
    permission = P.RECORD_DRAFT
    form_class = RecordForm
    submit_label = gettext_lazy("Keep the draft")
    success = gettext_lazy("Kept. Submit it when it is complete.")

    def found_service(self) -> Service:
        return queries.get_service_in_sight(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        service = self.found_service()
        return [(_("Impact records"), reverse("privacy:services")), (service.title, service_url(service))]

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        service = self.found_service()
        require(self.actor, P.RECORD_DRAFT, service)
        last = service.impact_records.exclude(state=RecordState.WITHDRAWN).order_by("-number").first()
        return {name: getattr(last, name, "") for name in (*(part[0] for part in labels.PARTS), "risk_level")}

    def save(self, form: Any, **kwargs: Any) -> str:
        data = RecordData(**form.cleaned_data)
        record = services.draft_record(actor=self.actor, now=self.now, service=self.found_service(), data=data)
        return record.get_absolute_url()


class ChangeRecord(FormPage):
    """Change a draft."""

    title = gettext_lazy("Change the draft")
    permission = P.RECORD_DRAFT
    form_class = RecordForm

    def record(self) -> ImpactRecord:
        return queries.get_record(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        record = self.record()
        return [(_("Impact records"), reverse("privacy:services")), (str(record), record.get_absolute_url())]

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        record = self.record()
        require(self.actor, P.RECORD_DRAFT, record)
        rules.check_step(rules.RECORD_MACHINE, record.state, "submit")
        return {name: getattr(record, name) for name in (*(part[0] for part in labels.PARTS), "risk_level")}

    def save(self, form: Any, **kwargs: Any) -> str:
        data = RecordData(**form.cleaned_data)
        record = services.change_record(actor=self.actor, now=self.now, record=self.record(), data=data)
        return record.get_absolute_url()


class RecordPage(DetailPage):
    """A record: what it states, its clock, its history, its next steps."""

    permission = P.RECORD_VIEW
    audit_kind = "privacy.record"

    def get_object(self, **kwargs: Any) -> ImpactRecord:
        return queries.get_record(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> Any:
        return _("Impact record %(number)s: %(service)s") % {
            "number": self.object.number,
            "service": self.object.service.title,
        }

    def crumbs(self) -> list[tuple[Any, str]]:
        service = self.object.service
        return [(_("Impact records"), reverse("privacy:services")), (service.title, service_url(service))]

    def state(self, obj: ImpactRecord) -> tuple[str, str]:
        return labels.badge_of(labels.RECORD_STATES, obj.state)

    def facts(self, obj: ImpactRecord) -> list[tuple[Any, Any]]:
        return [
            (_("Service code"), obj.service.sid),
            (_("Supplying unit"), str(obj.service.unit)),
            (_("Level of risk"), labels.RISKS[obj.risk_level]),
            (_("Drafted by"), obj.drafted_by),
            (_("Decided by"), obj.decided_by),
            (_("Kept until"), day(obj.kept_until) if obj.kept_until else ""),
            (_("What is missing"), obj.note),
        ]

    def actions(self, obj: ImpactRecord) -> list[Action]:
        found = [Action(_("Printable page"), self.url(obj, "paper"), "printer", "outline-primary", method="get")]
        outdated = reason_against(rules.check_record_current, obj.subject, queries.subject_of(obj.service, self.now))
        if obj.state == RecordState.DRAFT and allows(self.actor, P.RECORD_DRAFT, obj):
            found = [
                Action(_("Submit"), self.url(obj, "submit"), "send", reason=outdated),
                Action(_("Edit"), self.url(obj, "change"), "pencil", "outline-primary", method="get"),
                Action(_("Take back"), self.url(obj, "withdraw"), "trash", "outline-danger"),
                *found,
            ]
        if obj.state == RecordState.REVIEW and allows(self.actor, P.RECORD_REVIEW, obj):
            own = reason_against(rules.check_decider, proposed_by=obj.drafted_by_uid, actor=self.actor.uid)
            back = Action(_("Give back"), self.url(obj, "return"), "arrow-back", "outline-danger", "get", reason=own)
            found = [Action(_("Approve"), self.url(obj, "accept"), "check", reason=own or outdated), back, *found]
        return found

    def url(self, obj: ImpactRecord, step: str) -> str:
        """The address of a step."""
        return reverse(f"privacy:record-{step}", args=[obj.uid])

    def cards(self, obj: ImpactRecord) -> list[Card]:
        parts = [(label, getattr(obj, name)) for name, label, _hint in labels.PARTS]
        about = [(_("Items and masks"), "; ".join(obj.items)), (_("Purposes granted"), "; ".join(obj.purposes))]
        note = _("What the service took and told when the record was written.")
        return [Card(_("Assessment"), facts=parts), Card(_("What is assessed"), note=note, facts=about)]


class RecordStep(StepPage):
    """A button of a record."""

    permission = P.RECORD_VIEW
    subject = "record"

    def get_subject(self, uid: str) -> ImpactRecord:
        return queries.get_record(actor=self.actor, uid=uid)


class ReturnRecord(ReasonStepPage):
    """Give a record back."""

    title = gettext_lazy("Give the record back")
    permission = P.RECORD_REVIEW
    subject = "record"
    service = staticmethod(services.return_record)
    success = gettext_lazy("Given back.")

    def get_subject(self, uid: str) -> ImpactRecord:
        return queries.get_record(actor=self.actor, uid=uid)


class Paper(Page):
    """A record as a page to print."""

    permission = P.RECORD_VIEW
    template_name = "privacy/paper.html"
    title = gettext_lazy("Personal information protection impact assessment")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        obj = queries.get_record(actor=self.actor, uid=kwargs["uid"])
        state, _tone = labels.RECORD_STATES[obj.state]
        facts = [
            (_("Record"), str(obj)),
            (_("Service"), obj.service.title),
            (_("Supplying unit"), str(obj.service.unit)),
            (_("State"), state),
            (_("Items and masks"), "; ".join(obj.items)),
            (_("Purposes granted"), "; ".join(obj.purposes)),
            (_("Level of risk"), labels.RISKS[obj.risk_level]),
            (_("Drafted by"), obj.drafted_by),
            (_("Decided by"), obj.decided_by),
            (_("Kept until"), day(obj.kept_until) if obj.kept_until else ""),
        ]
        sections = [(label, getattr(obj, name)) for name, label, _hint in labels.PARTS]
        foot = _("Made under articles 55 and 56 of the Personal Information Protection Law.")
        return self.render({"facts": facts, "sections": sections, "back": obj.get_absolute_url(), "foot": foot})
