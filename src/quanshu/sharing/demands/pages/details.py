"""A demand's page, and the form that writes it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Unit
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Card, Column, DetailPage, FormPage, reason_against
from quanshu.shared.workflow.api import city_day
from quanshu.sharing.demands import queries, rules, services
from quanshu.sharing.demands.models import Demand
from quanshu.sharing.demands.pages.asked import asked_rows, rows_of
from quanshu.sharing.demands.pages.cards import more_actions, more_cards
from quanshu.sharing.demands.pages.forms import DemandForm
from quanshu.sharing.demands.pages.labels import GRADE_TONES, GRADES, REFUSERS, TONES
from quanshu.sharing.demands.permissions import DemandPermission as P
from quanshu.sharing.demands.types import DemandState
from quanshu.sharing.desk.api import MASKS, named
from quanshu.sharing.development.api import DevelopmentPermission, find_order_of
from quanshu.sharing.services.api import (
    Consumer,
    Grant,
    Service,
    get_service,
    held_grants,
    matching_services,
    published_spec,
)
from quanshu.supply.catalogue.api import Entry, get_entry

S = DemandState
STAGES = (
    (S.SUBMITTED, gettext_lazy("Checked by the platform"), gettext_lazy("2 working days"), "checked_at"),
    (S.CONFIRMING, gettext_lazy("Answered by the supplier"), gettext_lazy("5 working days"), "answered_at"),
    (S.DEVELOPING, gettext_lazy("Service published"), gettext_lazy("10 working days"), "granted_at"),
    (S.IN_USE, gettext_lazy("In use"), "", "closed_at"),
)
REACHED = {
    S.SUBMITTED: 0,
    S.CONFIRMING: 1,
    S.NEGOTIATING: 1,
    S.CONTESTED: 1,
    S.DEVELOPING: 2,
    S.IN_USE: 3,
    S.CLOSED: 4,
}
NEXT = {
    S.DRAFT: gettext_lazy("The requester completes and submits it."),
    S.SUBMITTED: gettext_lazy("The bureau checks whether it is complete, within 2 working days."),
    S.RETURNED: gettext_lazy("The requester corrects what the bureau named and submits it again."),
    S.CONFIRMING: gettext_lazy("The supplier confirms or refuses with a reason, within 5 working days."),
    S.NEGOTIATING: gettext_lazy("The side that was offered other terms accepts, declines or offers its own."),
    S.CONTESTED: gettext_lazy("The bureau decides on the supplier's refusal, within 2 working days."),
    S.DEVELOPING: gettext_lazy("A service with these fields is published within 10 working days; the grant follows."),
    S.IN_USE: gettext_lazy("The application calls the service under its grant."),
    S.CLOSED: gettext_lazy("Nothing: the use has ended and the grant with it."),
    S.REFUSED: gettext_lazy("Nothing, unless the requester puts a supplier's refusal before the bureau."),
    S.WITHDRAWN: gettext_lazy("Nothing: the requester has withdrawn it."),
}


def url_of(demand: Demand, part: str = "") -> str:
    """A demand's page, or a page below it."""
    return f"{demand.get_absolute_url()}{part}"


class DemandPage(DetailPage):
    """One demand: where it stands, who holds it, what comes next."""

    permission = P.VIEW
    template_name = "demands/demand.html"
    audit_kind = queries.KIND

    def get_object(self, **kwargs: Any) -> Demand:
        return queries.get_demand(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Demands"), reverse("demands:list"))]

    def state(self, obj: Demand) -> tuple[str, str]:
        label = obj.get_state_display()
        return (f"{label} · {_('clock paused')}" if obj.paused else label), TONES[obj.state]

    def facts(self, obj: Demand) -> list[tuple[Any, Any]]:
        return [
            (_("Number"), obj.number),
            (_("Requester"), str(obj.requesting_unit)),
            (_("Application"), obj.consumer.name),
            (_("Supplier"), str(obj.supplier_unit)),
            (_("Catalogue entry"), str(obj.entry)),
            (_("Service asked for"), obj.wanted.title if obj.wanted else ""),
            (_("Submitted"), obj.submitted_at),
            (_("Service granted"), obj.service.sid if obj.service else ""),
            (_("Can be contested until"), obj.appeal_until if obj.state == S.REFUSED else None),
        ]

    def actions(self, obj: Demand) -> list[Action]:
        return [
            *self.requester_actions(obj),
            *self.platform_actions(obj),
            *self.supplier_actions(obj),
            *more_actions(self.actor, obj),
        ]

    def requester_actions(self, obj: Demand) -> list[Action]:
        """What the asking unit may do."""
        if not allows(self.actor, P.SUBMIT, obj.requesting_unit):
            return []
        found = []
        if obj.state in {S.DRAFT, S.RETURNED}:
            found.append(Action(_("Edit"), url_of(obj, "edit/"), "edit", method="get", style="outline-primary"))
            found.append(Action(_("Submit"), url_of(obj, "submit/"), "send"))
        if obj.state in {S.REFUSED, S.NEGOTIATING}:
            today = city_day(self.now)
            reason = reason_against(rules.check_contest, obj.state, obj.refused_by, until=obj.appeal_until, today=today)
            label = _("Ask the platform to decide")
            found.append(Action(label, url_of(obj, "contest/"), method="get", reason=reason))
        if reason_against(rules.check_step, obj.state, "withdraw") is None:
            found.append(Action(_("Take back"), url_of(obj, "withdraw/"), method="get", style="outline-danger"))
        if obj.state == S.IN_USE:
            found.append(Action(_("End the use"), url_of(obj, "close/"), method="get", style="outline-danger"))
        return found

    def platform_actions(self, obj: Demand) -> list[Action]:
        """What the bureau may do."""
        if not allows(self.actor, P.CHECK, obj):
            return []
        found = []
        if obj.state == S.SUBMITTED:
            found.append(Action(_("Pass to the supplier"), url_of(obj, "pass/"), "check"))
            found.append(
                Action(_("Return for correction"), url_of(obj, "return/"), method="get", style="outline-primary")
            )
        if obj.state == S.CONTESTED:
            found.append(Action(_("Decide that the data be shared"), url_of(obj, "overrule/"), method="get"))
        if obj.state in {S.SUBMITTED, S.CONTESTED}:
            found.append(Action(_("Refuse"), url_of(obj, "refuse/"), method="get", style="outline-danger"))
        return [*found, *self.clock_actions(obj), *self.grant_actions(obj)]

    def supplier_actions(self, obj: Demand) -> list[Action]:
        """What the supplying unit may do."""
        if allows(self.actor, P.CHECK, obj) or not allows(self.actor, P.CONFIRM, obj.supplier_unit):
            return []
        found = []
        if obj.state == S.CONFIRMING:
            found.append(Action(_("Confirm"), url_of(obj, "confirm/"), "check"))
            found.append(Action(_("Refuse"), url_of(obj, "refuse/"), method="get", style="outline-danger"))
        return [*found, *self.clock_actions(obj), *self.grant_actions(obj)]

    def clock_actions(self, obj: Demand) -> list[Action]:
        """Pause or let run, and the minutes of a meeting."""
        found = []
        if S(obj.state) in rules.RUNNING_CLOCK:
            if obj.paused:
                found.append(Action(_("Let the clock run"), url_of(obj, "resume/"), style="outline-primary"))
            else:
                found.append(Action(_("Pause the clock"), url_of(obj, "pause/"), method="get", style="outline-primary"))
            found.append(Action(_("Record a meeting"), url_of(obj, "meeting/"), method="get", style="outline-primary"))
        return found

    def grant_actions(self, obj: Demand) -> list[Action]:
        """Granting on a service that has been published meanwhile."""
        if obj.state != S.DEVELOPING:
            return []
        make = Action(
            _("Publish a service"), f"/services/new/?entry={obj.entry.uid}", method="get", style="outline-primary"
        )
        return [*([] if obj.wanted else [make]), Action(_("Grant"), url_of(obj, "grant/"), "key")]

    def cards(self, obj: Demand) -> list[Card]:
        asked = [
            (_("Purpose"), obj.purpose),
            (_("Legal basis"), obj.legal_basis),
            (_("Last day of use"), obj.valid_until),
            (_("Expected calls a day"), obj.volume_per_day),
            (_("Most calls a minute"), obj.rate_per_minute),
        ]

        def masks_of(name: str) -> Any:
            return MASKS.get(obj.masks.get(name, ""), "")

        fields = (
            Column("name", _("Field"), kind="code"),
            Column("title", _("Title")),
            Column(
                "grade",
                _("Grade"),
                value=lambda row: GRADES.get(row.grade, row.grade),
                kind="badge",
                tone=lambda row: GRADE_TONES.get(row.grade, "secondary"),
            ),
            *([Column("mask", _("Mask agreed"), lambda row: masks_of(row.name))] if obj.masks else []),
        )
        cards = [
            Card(_("What is asked for"), facts=asked),
            Card(_("Fields asked for"), columns=fields, rows=asked_rows(obj)),
        ]
        if (order := find_order_of(obj.uid)) is not None and allows(self.actor, DevelopmentPermission.VIEW):
            cards.append(Card(_("Its service is being built"), more=(order.get_absolute_url(), str(order))))
        if obj.grant_uid:
            cards.append(self.grant_card(obj))
        return [*cards, *more_cards(self.actor, obj, self.now)]

    def grant_card(self, obj: Demand) -> Card:
        """What was granted, beside what was asked for."""
        grant = Grant.objects.select_related("service").get(uid=obj.grant_uid)
        facts = [
            (_("Service"), f"{grant.service.title} ({grant.service.sid})"),
            (_("Fields"), named(published_spec(grant.service)["fields"], grant.fields)),
            (_("Most calls a minute"), grant.rate_per_minute),
            (_("Most calls a day"), grant.daily_limit),
            (_("Valid until"), grant.valid_until),
            (_("Revoked at"), grant.revoked_at),
        ]
        more = (f"/services/{grant.service.uid}/", _("How to call the service"))
        return Card(_("Grant"), facts=facts, more=more)

    def detail_context(self, obj: Demand) -> dict[str, Any]:
        at = REACHED.get(S(obj.state), -1)
        stages = [
            {
                "label": label,
                "limit": limit,
                "at": getattr(obj, name),
                "css": "done" if getattr(obj, name) else "now" if place == at else "",
            }
            for place, (_state, label, limit, name) in enumerate(STAGES)
        ]
        holder = services.holder_of(obj)
        return {
            "stages": stages,
            "next_step": NEXT[S(obj.state)],
            "holder": str(holder) if holder else "",
            "refuser": REFUSERS.get(obj.refused_by, ""),
        }


class Ask(FormPage):
    """Write a demand for an entry."""

    title = gettext_lazy("New demand")
    permission = P.SUBMIT
    form_class = DemandForm
    submit_label = gettext_lazy("Save the draft")
    success = gettext_lazy("The draft is saved. Look it over and submit it.")

    def wanted(self) -> Service | None:
        """The service asked for by itself; a query is asked for by its entry."""
        uid = self.request.GET.get("service", "")
        found = get_service(actor=self.actor, uid=uid) if uid else None
        return found if found is not None and found.shape in rules.BY_ITSELF else None

    def entry(self) -> Entry:
        wanted = self.wanted()
        return wanted.entry if wanted else get_entry(actor=self.actor, uid=self.request.GET.get("entry", ""))

    def consumers(self) -> Any:
        return queries.consumers_for(self.actor).select_related("unit")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.GET.get("entry") and not request.GET.get("service") and "uid" not in kwargs:
            return HttpResponseRedirect(reverse("demands:choose"))
        return super().get(request, *args, **kwargs)

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"entry": self.entry(), "consumers": self.consumers(), "wanted": self.wanted()}

    template_name = "demands/ask.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        entry, wanted = self.entry(), self.wanted()
        names = [row.name for row in rows_of(entry, wanted)]
        chosen = self.request.POST.getlist("fields_asked") if self.request.method == "POST" else names
        unit = Unit.objects.filter(path=self.actor.unit_path).first() if self.actor.unit_path else None
        return {
            "subtitle": f"{wanted or entry} · {entry.unit}",
            "entry": entry,
            "held": held_grants(unit, entry, chosen, now=self.now) if unit else [],
            "matches": matching_services(entry, chosen) if wanted is None else [],
        }

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"rate_per_minute": 60, "volume_per_day": 1000}

    def consumer(self, form: forms.Form) -> Consumer:
        found: Consumer = self.consumers().get(uid=form.cleaned_data["consumer"])
        return found

    def save(self, form: Any, **kwargs: Any) -> str:
        demand = services.create_demand(
            actor=self.actor,
            now=self.now,
            entry=self.entry(),
            consumer=self.consumer(form),
            data=form.data_entered(),
            wanted=self.wanted(),
        )
        return url_of(demand)


class Change(Ask):
    """Change a draft or a returned demand."""

    title = gettext_lazy("Edit the demand")
    success = gettext_lazy("Saved.")

    def demand(self) -> Demand:
        return queries.get_demand(actor=self.actor, uid=self.kwargs["uid"])

    def wanted(self) -> Service | None:
        return self.demand().wanted

    def entry(self) -> Entry:
        return self.demand().entry

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        demand = self.demand()
        names = ("title", "purpose", "legal_basis", "valid_until", "volume_per_day", "rate_per_minute")
        values = {name: getattr(demand, name) for name in names}
        return values | {"consumer": demand.consumer.uid, "fields_asked": demand.fields}

    def save(self, form: Any, **kwargs: Any) -> str:
        demand = services.change_demand(
            actor=self.actor,
            now=self.now,
            demand=self.demand(),
            consumer=self.consumer(form),
            data=form.data_entered(),
        )
        return url_of(demand)
