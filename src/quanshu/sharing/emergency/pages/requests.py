"""Demands under an emergency: choosing data, asking, one with its use, its review."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    SIGNED_IN,
    Action,
    Card,
    Column,
    DetailPage,
    Form,
    FormPage,
    ListPage,
    ReasonStepPage,
    reason_against,
    when,
)
from quanshu.sharing.emergency import queries, rules, services
from quanshu.sharing.emergency.models import CONSEQUENCES, VERDICTS, Emergency, Request
from quanshu.sharing.emergency.pages.emergencies import crumbs_to
from quanshu.sharing.emergency.pages.labels import REQUEST_TONES, between, told_items
from quanshu.sharing.emergency.permissions import EmergencyPermission as P
from quanshu.sharing.emergency.types import RequestData
from quanshu.supply.catalogue.api import Entry, EntryNotFound


class ChooseEntry(ListPage):
    """Data within the scope of an emergency."""

    title = gettext_lazy("Ask for data: choose it")
    permission = P.ASK
    search = ("resource_name", "name_en", "code", "unit__name")
    search_hint = gettext_lazy("Name, code or unit")
    order = "resource_name"
    export_name = "emergency-data"
    empty_title = gettext_lazy("No data within the scope that you may ask for")
    empty_hint = gettext_lazy("Ask the officer who declared the emergency to name it.")

    @property
    def columns(self) -> Any:  # type: ignore[override]
        uid = self.kwargs["uid"]
        return (
            Column("resource_name", _("Catalogue entry"), str, "resource_name",
                   link=lambda row: reverse("emergency:ask", args=[uid, row.uid])),
            Column("code", _("Resource code"), kind="code", phone=False),
            Column("unit", _("Supplier"), lambda row: str(row.unit), "unit__name"),
            Column("service", _("Service"), lambda row: _("Published") if row.services.filter(
                state="published").exists() else _("To be opened within hours"), phone=False),
        )  # fmt: skip

    def emergency(self) -> Emergency:
        return queries.get_emergency(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to(self.emergency())

    def queryset(self) -> Any:
        return queries.entries_of(self.actor, self.emergency())


class AskForm(Form):
    """Which fields, for which application, to what purpose."""

    consumer = forms.ChoiceField(label=gettext_lazy("For which application"))
    fields_asked = forms.MultipleChoiceField(
        label=gettext_lazy("Fields"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Choose the fields the purpose needs, and no more. Masks stay as graded."),
    )
    purpose = forms.CharField(
        label=gettext_lazy("Purpose"),
        widget=forms.Textarea,
        max_length=500,
        help_text=gettext_lazy("Every call is reviewed against it afterwards; give case numbers when you call."),
    )
    rate_per_minute = forms.IntegerField(label=gettext_lazy("Most calls a minute"), initial=600, min_value=1)
    volume_per_day = forms.IntegerField(label=gettext_lazy("Expected calls a day"), initial=10_000, min_value=1)

    def __init__(self, *args: Any, entry: Entry, consumers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        consumer: Any = self.fields["consumer"]
        consumer.choices = [(row.uid, f"{row.title} ({row.unit})") for row in consumers]
        asked: Any = self.fields["fields_asked"]
        asked.choices = [(item.name, f"{item.title} {item.name}") for item in entry.items.all() if item.grade != "core"]

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error("fields_asked" if field == "fields" else field, error)


class Ask(FormPage):
    """Ask under an emergency."""

    title = gettext_lazy("Ask for data at once")
    permission = P.ASK
    form_class = AskForm
    submit_label = gettext_lazy("Ask at once")

    def emergency(self) -> Emergency:
        return queries.get_emergency(actor=self.actor, uid=self.kwargs["uid"])

    def entry(self) -> Entry:
        rows = queries.entries_of(self.actor, self.emergency())
        found = rows.filter(uid=self.kwargs["entry"]).first()
        if found is None:
            raise EntryNotFound(entry=self.kwargs["entry"])
        return found

    def crumbs(self) -> Any:
        return crumbs_to(self.emergency())

    def context(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.entry()
        return {"subtitle": f"{entry} · {entry.unit}"}

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"entry": self.entry(), "consumers": queries.consumers_under(self.actor, self.emergency())}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        given = dict(form.cleaned_data)
        chosen = given.pop("consumer")
        rows = queries.consumers_under(self.actor, self.emergency())
        consumer = next(row for row in rows if row.uid == chosen)
        request = services.ask_at_once(
            actor=self.actor,
            now=self.now,
            emergency=self.emergency(),
            consumer=consumer,
            entry=self.entry(),
            data=RequestData(fields=tuple(given.pop("fields_asked")), **given),
        )
        granted = _("Granted: the service can be called now. The supplier is told.")
        waiting = _("No service carries the fields yet. The supplier's duty officers are called to open one.")
        self.success = granted if request.grant_uid else waiting
        return request.get_absolute_url()


ALERT_COLUMNS = (
    Column("person_name", gettext_lazy("Person")),
    Column("role", gettext_lazy("Role"), lambda row: row.get_role_display()),
    Column("phone", gettext_lazy("Telephone"), phone=False),
    Column("told_at", gettext_lazy("Alerted"), kind="datetime", phone=False),
    Column("acknowledged_at", gettext_lazy("Acknowledged at"), kind="datetime"),
    Column("after", gettext_lazy("Response time"), lambda row: between(row.told_at, row.acknowledged_at), phone=False),
)


class RequestPage(DetailPage):
    """One demand under an emergency: its grant, its use, who was alerted, what the review found."""

    permission = SIGNED_IN
    audit_kind = queries.REQUEST_KIND

    def get_object(self, **kwargs: Any) -> Request:
        return queries.get_request(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to(self.object.emergency) if allows(self.actor, P.VIEW) else []

    def state(self, obj: Request) -> tuple[str, str]:
        return str(obj.get_state_display()), REQUEST_TONES[obj.state]

    def facts(self, obj: Request) -> list[tuple[Any, Any]]:
        return [
            (_("Number"), obj.number),
            (_("Requester"), str(obj.consumer.unit)),
            (_("Application"), obj.consumer.title),
            (_("Supplier"), str(obj.entry.unit)),
            (_("Person asking"), obj.asked_by_name),
            (_("Asked"), when(obj.asked_at)),
            (_("Granted"), when(obj.granted_at)),
            (_("Service due"), when(obj.service_due_at)),
            (_("First call"), when(obj.first_call_at)),  # type: ignore[attr-defined]
            (_("Over since"), when(obj.ended_at)),
        ]

    def actions(self, obj: Request) -> list[Action]:
        found = []
        mine = obj.alerts.filter(account_uid=self.actor.uid, acknowledged_at__isnull=True).first()
        if mine is not None:
            found.append(Action(_("Acknowledge the alert"), reverse("emergency:acknowledge", args=[mine.uid]), "check"))
        if obj.state == "waiting" and allows(self.actor, "services.service.edit"):
            address = f"/services/new/?entry={obj.entry.uid}"
            found.append(Action(_("Open a service"), address, "plus", "outline-primary", "get"))
        if obj.state == "granted" and allows(self.actor, P.ASK, obj.consumer.unit):
            address = reverse("emergency:give-back", args=[obj.uid])
            found.append(Action(_("Give the grant back"), address, "arrow-back-up", "outline-danger", "get"))
        if allows(self.actor, P.REVIEW) and obj.grant_uid and obj.emergency.state != "closed":
            reason = reason_against(
                rules.check_reviewer,
                reviewer=self.actor.uid,
                declared_by=obj.emergency.declared_by,
                asked_by=obj.asked_by,
            ) or reason_against(rules.check_step, obj.emergency.state, "close")
            address = reverse("emergency:judge", args=[obj.uid])
            found.append(Action(_("Judge the use"), address, "gavel", method="get", reason=reason))
        return found

    def cards(self, obj: Request) -> list[Card]:
        asked = [
            (_("Emergency"), str(obj.emergency)),
            (_("Catalogue entry"), str(obj.entry)),
            (_("Fields"), told_items(obj, obj.fields)),
            (_("Purpose"), obj.purpose),
            (_("Most calls a minute"), obj.rate_per_minute),
            (_("Expected calls a day"), obj.volume_per_day),
        ]
        cards = [Card(_("What is asked for"), facts=asked)]
        if obj.grant_uid:
            cards.append(use_card(obj))
        if obj.verdict:
            cards.append(
                Card(
                    _("What the review found"),
                    facts=[
                        (_("Verdict"), obj.get_verdict_display()),
                        (_("Consequence"), obj.get_consequence_display() if obj.consequence else ""),
                        (_("Reasons"), obj.review_reason),
                        (_("Reviewed by"), obj.reviewed_by_name),
                        (_("Reviewed"), when(obj.reviewed_at)),
                    ],
                )
            )
        cards.append(Card(_("Who was alerted"), columns=ALERT_COLUMNS, rows=obj.alerts.all()))
        return cards


def use_card(obj: Request) -> Card:
    """What was really called under a grant."""
    use = queries.use_of(obj)
    unread = [name for name in obj.fields if name not in set(use.fields)]
    facts = [
        (_("Service"), obj.service.sid if obj.service else ""),
        (_("Calls answered"), str(use.calls)),
        (_("Calls refused"), str(use.refused)),
        (_("Rows returned"), str(use.rows)),
        (_("Fields read"), told_items(obj, use.fields)),
        (_("Fields never read"), told_items(obj, unread)),
        (_("Case numbers"), "、".join(use.case_numbers[:50])),
        (_("Calls without a case number"), str(use.without_case)),
        (_("First and last call"), " – ".join(when(moment) for moment in (use.first_at, use.last_at) if moment)),
    ]
    return Card(_("Use of the grant"), facts=facts, note=_("From the receipts of the gateway."))


class GiveBack(ReasonStepPage):
    """The data is no longer needed."""

    title = submit_label = gettext_lazy("Give the grant back")
    permission = P.ASK
    subject = "request"
    service = staticmethod(services.give_back)
    success = gettext_lazy("Given back; the grant has ended.")

    def get_subject(self, uid: str) -> Request:
        return queries.get_request(actor=self.actor, uid=uid)


class JudgeForm(Form):
    """A verdict with reasons."""

    verdict = forms.ChoiceField(label=gettext_lazy("Verdict"), choices=VERDICTS, widget=forms.RadioSelect)
    consequence = forms.ChoiceField(
        label=gettext_lazy("Consequence"),
        choices=[("", gettext_lazy("None")), *CONSEQUENCES],
        required=False,
        help_text=gettext_lazy("Where the use was not justified."),
    )
    reason = forms.CharField(label=gettext_lazy("Reasons"), widget=forms.Textarea, max_length=1000)


class Judge(FormPage):
    """Judge the use of one grant."""

    title = submit_label = gettext_lazy("Judge the use")
    permission = P.REVIEW
    template_name = "emergency/judge.html"
    form_class = JudgeForm
    success = gettext_lazy("Judged. The requester and its chief data representative are told.")

    def request_found(self) -> Request:
        return queries.get_request(actor=self.actor, uid=self.kwargs["uid"])

    def context(self, **kwargs: Any) -> dict[str, Any]:
        request = self.request_found()
        return {"subtitle": str(request), "card": use_card(request), "purpose": request.purpose}

    def crumbs(self) -> Any:
        return crumbs_to(self.request_found().emergency)

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        request = services.judge_request(
            actor=self.actor, now=self.now, request=self.request_found(), **form.cleaned_data
        )
        return request.emergency.get_absolute_url()
