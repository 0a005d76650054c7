"""Legal orders that delay the display of uses: for the bureau that records them and for auditors."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    reason_against,
    when,
)
from quanshu.sharing.consent import queries, rules, services
from quanshu.sharing.consent.models import Consent, DisplayOrder
from quanshu.sharing.consent.pages.labels import end_of_day, start_of_day
from quanshu.sharing.consent.permissions import ConsentPermission as P
from quanshu.sharing.consent.services.ordering import ORDER_KIND
from quanshu.sharing.consent.types import OrderData


def to_order(row: DisplayOrder) -> str:
    """The page of an order."""
    return reverse("consent:order", args=[row.uid])


class Orders(ListPage):
    """Every order."""

    title = gettext_lazy("Display orders")
    subtitle = gettext_lazy("Legal orders by which uses of a consent are shown to its subject later")
    permission = P.ORDER_VIEW
    search = ("authority", "number", "basis", "consent__number")
    search_hint = gettext_lazy("Authority, number, law or consent")
    order = "-recorded_at"
    export_name = "display-orders"
    empty_title = gettext_lazy("No order is recorded")
    empty_hint = gettext_lazy(
        "Every use is shown to its subject within a minute. An order is recorded on a consent's page."
    )
    columns = (
        Column("number", gettext_lazy("Order"), lambda row: str(row), "number", link=to_order),
        Column("basis", gettext_lazy("Legal basis")),
        Column("consent", gettext_lazy("Consent"), lambda row: row.consent.number, kind="code"),
        Column("starts_at", gettext_lazy("From"), sort="starts_at", kind="datetime", phone=False),
        Column("ends_at", gettext_lazy("To"), sort="ends_at", kind="datetime"),
        Column("by", gettext_lazy("Recorded by"), "recorded_by_name", phone=False),
    )

    filters = (
        Filter("from", gettext_lazy("From"), field="ends_at__date__gte", kind="date"),
        Filter("until", gettext_lazy("To"), field="starts_at__date__lte", kind="date"),
    )

    def queryset(self) -> Any:
        return queries.list_orders(self.actor)


class OrderPage(DetailPage):
    """One order."""

    permission = P.ORDER_VIEW
    audit_kind = ORDER_KIND

    def get_object(self, **kwargs: Any) -> DisplayOrder:
        return queries.get_order(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return [(_("Display orders"), reverse("consent:orders"))]

    def state(self, obj: DisplayOrder) -> tuple[str, str]:
        return (_("In force"), "orange") if obj.ends_at > self.now else (_("Over"), "secondary")

    def facts(self, obj: DisplayOrder) -> list[tuple[Any, Any]]:
        return [
            (_("Authority"), obj.authority),
            (_("Number"), obj.number),
            (_("Legal basis"), obj.basis),
            (_("Consent"), obj.consent.number),
            (_("From"), when(obj.starts_at)),
            (_("To"), when(obj.ends_at)),
            (_("Recorded by"), obj.recorded_by_name),
            (_("Recorded at"), when(obj.recorded_at)),
        ]

    def actions(self, obj: DisplayOrder) -> list[Action]:
        found = [Action(_("Open the consent"), obj.consent.get_absolute_url(), style="outline-primary", method="get")]
        if allows(self.actor, P.ORDER, obj):
            reason = reason_against(rules.check_order_end, ends_at=obj.ends_at, now=self.now)
            url = reverse("consent:order-end", args=[obj.uid])
            found.append(Action(_("End the order"), url, "flag", "outline-danger", reason=reason))
        return found


class OrderForm(Form):
    """Whose order, on what ground, until when."""

    authority = forms.CharField(label=gettext_lazy("Authority"), max_length=100)
    number = forms.CharField(label=gettext_lazy("Number of the order"), max_length=100)
    basis = forms.CharField(
        label=gettext_lazy("Legal basis"), max_length=300, help_text=gettext_lazy("The law with its article.")
    )
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput)
    ends_on = forms.DateField(label=gettext_lazy("To"), widget=forms.DateInput)


class RecordOrder(FormPage):
    """Record an order on a consent."""

    title = gettext_lazy("Record an order")
    subtitle = gettext_lazy("Uses in its time are shown to the subject when it has ended")
    permission = P.ORDER
    form_class = OrderForm
    success = gettext_lazy("Recorded.")

    def consent(self) -> Consent:
        return queries.get_consent(actor=self.actor, uid=self.kwargs["uid"], now=self.now)

    def crumbs(self) -> Any:
        consent = self.consent()
        return [(consent.number, consent.get_absolute_url())]

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"starts_on": self.now.astimezone(CITY_TZ).date()}

    def save(self, form: Any, **kwargs: Any) -> str:
        given = form.cleaned_data
        data = OrderData(
            authority=given["authority"],
            number=given["number"],
            basis=given["basis"],
            starts_at=start_of_day(given["starts_on"], now=self.now),
            ends_at=end_of_day(given["ends_on"]),
        )
        return to_order(services.record_order(actor=self.actor, now=self.now, consent=self.consent(), data=data))


class EndOrder(ActionPage):
    """End an order before its time."""

    permission = P.ORDER

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        order = queries.get_order(actor=self.actor, uid=kwargs["uid"])
        services.end_order(actor=self.actor, now=self.now, order=order)
        return _("Ended; the uses it delayed are shown."), to_order(order)
