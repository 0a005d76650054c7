"""The form of a delivery, by its channel."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import require
from quanshu.shared.web.api import Form, FormPage
from quanshu.sharing.bulk.api import BulkGrant, get_bulk
from quanshu.sharing.delivery import queries, rules, services
from quanshu.sharing.delivery.models import Delivery
from quanshu.sharing.delivery.pages.labels import CHANNELS, EXTENTS, FORMS
from quanshu.sharing.delivery.permissions import DeliveryPermission as P
from quanshu.sharing.delivery.types import Channel, DeliveryData, Extent

SECRETS = ("password", "private_key")


class CommonForm(Form):
    """What every delivery has."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    extent = forms.ChoiceField(label=gettext_lazy("Extent"), choices=list(EXTENTS.items()))
    cron = forms.CharField(
        label=gettext_lazy("Schedule"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Minute, hour, day, month, weekday: 30 2 * * * is every day at 2:30. Empty: by hand."),
    )


class PageForm(CommonForm):
    """A delivery to the download page."""

    form = forms.ChoiceField(label=gettext_lazy("File format"), choices=list(FORMS.items()))
    link_days = forms.IntegerField(
        label=gettext_lazy("Days a file stays"), min_value=rules.LINK_DAYS[0], max_value=rules.LINK_DAYS[1], initial=7
    )


class ServerForm(CommonForm):
    """What every server has."""

    host = forms.CharField(label=gettext_lazy("Host"), max_length=200)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535)
    username = forms.CharField(label=gettext_lazy("Account"), max_length=100)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Kept sealed and shown to nobody again. Empty keeps the one there is."),
    )


class SftpForm(ServerForm):
    """A delivery to an SFTP server."""

    form = forms.ChoiceField(label=gettext_lazy("File format"), choices=list(FORMS.items()))
    folder = forms.CharField(label=gettext_lazy("Folder"), required=False, max_length=200)
    private_key = forms.CharField(
        label=gettext_lazy("Private key"),
        required=False,
        widget=forms.Textarea,
        help_text=gettext_lazy("An OpenSSH private key without passphrase, instead of a password."),
    )
    host_key = forms.CharField(
        label=gettext_lazy("Host key of the server"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("As the receiver's administrator gives it, such as ssh-ed25519 AAAA…"),
    )


class DatabaseForm(ServerForm):
    """A delivery into a PostgreSQL database."""

    database = forms.CharField(label=gettext_lazy("Database"), max_length=100)
    schema = forms.CharField(label=gettext_lazy("Schema"), max_length=60, initial="public")
    table = forms.CharField(
        label=gettext_lazy("Table"), max_length=60, help_text=gettext_lazy("Created by the first delivery.")
    )
    sslmode = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        choices=[
            ("require", gettext_lazy("Always encrypted")),
            ("prefer", gettext_lazy("When the server offers it")),
            ("disable", gettext_lazy("Never encrypted")),
        ],
    )


CHANNEL_FORMS: dict[Channel, type[CommonForm]] = {
    Channel.PAGE: PageForm,
    Channel.SFTP: SftpForm,
    Channel.DATABASE: DatabaseForm,
}


def data_in(channel: str, given: dict[str, Any]) -> DeliveryData:
    """What was entered."""
    return DeliveryData(
        name=given["name"],
        channel=channel,
        form=given.get("form") or "csv-utf8",
        extent=given["extent"],
        cron=given["cron"],
        link_days=given.get("link_days") or 7,
        options={name: given[name] for name in (*rules.TEXTS[Channel(channel)], "port") if name in given},
        secret={name: given[name] for name in SECRETS if given.get(name)},
    )


class NewDelivery(FormPage):
    """Set up a delivery of a bulk grant."""

    title = gettext_lazy("Set up a delivery")
    permission = P.MANAGE
    submit_label = gettext_lazy("Set the delivery up")
    success = gettext_lazy("Set up. Try the connection, or deliver now.")

    @property
    def grant(self) -> BulkGrant:
        grant = get_bulk(actor=self.actor, uid=self.kwargs["uid"])
        require(self.actor, P.MANAGE, grant.consumer)
        return grant

    def get_form(self, **kwargs: Any) -> forms.Form:
        channel = self.kwargs["channel"]
        if channel not in {known.value for known in Channel}:
            raise Http404
        data = self.request.POST if self.request.method == "POST" else None
        return CHANNEL_FORMS[Channel(channel)](data, initial=self.initial(**kwargs))

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        ports = {Channel.SFTP: 22, Channel.DATABASE: 5432}
        return {
            "name": f"{self.grant.entry.title} → {self.grant.consumer.title}"[:100],
            "extent": Extent.CHANGES if self.kwargs["channel"] == Channel.DATABASE else Extent.WHOLE,
            "port": ports.get(self.kwargs["channel"]),
            "table": self.grant.table_name,
        }

    def context(self, **kwargs: Any) -> dict[str, Any]:
        grant = self.grant
        return {
            "subtitle": f"{CHANNELS[Channel(self.kwargs['channel'])]} · {grant.entry.title} → {grant.consumer.title}",
            "crumbs": [(_("Deliveries"), reverse("delivery:deliveries")), (grant.table_name, reverse("delivery:new"))],
        }

    def save(self, form: Any, **kwargs: Any) -> str:
        data = data_in(self.kwargs["channel"], form.cleaned_data)
        made = services.create_delivery(actor=self.actor, grant=self.grant, data=data, now=self.now)
        return made.get_absolute_url()


class EditDelivery(FormPage):
    """Change a delivery."""

    title = gettext_lazy("Change the delivery")
    permission = P.MANAGE

    @property
    def delivery(self) -> Delivery:
        delivery = queries.get_delivery(actor=self.actor, uid=self.kwargs["uid"])
        require(self.actor, P.MANAGE, delivery)
        return delivery

    def get_form(self, **kwargs: Any) -> forms.Form:
        data = self.request.POST if self.request.method == "POST" else None
        return CHANNEL_FORMS[Channel(self.delivery.channel)](data, initial=self.initial(**kwargs))

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        row = self.delivery
        names = ("name", "extent", "cron", "form", "link_days")
        return {**row.options, **{name: getattr(row, name) for name in names}}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        row = self.delivery
        way = [(_("Deliveries"), reverse("delivery:deliveries")), (row.name, row.get_absolute_url())]
        return {"crumbs": way, "subtitle": CHANNELS[Channel(row.channel)]}

    def save(self, form: Any, **kwargs: Any) -> str:
        row = self.delivery
        data = data_in(row.channel, form.cleaned_data)
        return services.change_delivery(actor=self.actor, delivery=row, data=data, now=self.now).get_absolute_url()
