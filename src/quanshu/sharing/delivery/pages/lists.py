"""Lists: deliveries, delivered batches, and the bulk grants that can be delivered."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import now
from quanshu.shared.access.api import Actor, allows
from quanshu.shared.web.api import Action, Column, Filter, ListPage
from quanshu.sharing.delivery import queries
from quanshu.sharing.delivery.pages.labels import (
    BATCH_STATES,
    BATCH_TONES,
    CHANNELS,
    MODES,
    STATES,
    TONES,
    can_download,
    reconciled,
    schedule_text,
)
from quanshu.sharing.delivery.permissions import DeliveryPermission as P
from quanshu.sharing.delivery.types import Channel


def receivers(page: Any) -> list[tuple[str, str]]:
    """Units that something is delivered to."""
    unit = "grant__consumer__unit"
    rows = page.queryset().order_by().values_list(f"{unit}__uid", f"{unit}__name").distinct()
    return sorted(rows, key=lambda row: row[1])


class Deliveries(ListPage):
    """Deliveries to the actor's units, and of what they provide."""

    title = gettext_lazy("Deliveries")
    subtitle = gettext_lazy("What a bulk grant allows, sent as files or into the receiver's database.")
    permission = P.VIEW
    search = ("name", "grant__table_name", "grant__consumer__name", "grant__entry__resource_name")
    search_hint = gettext_lazy("Name, table, entry or application")
    order = "-made"
    export_name = "deliveries"
    empty_title = gettext_lazy("Nothing is delivered yet")
    empty_hint = gettext_lazy("Set up a delivery of a bulk grant in force.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(STATES.items()), field="state"),
        Filter("channel", gettext_lazy("Channel"), choices=list(CHANNELS.items()), field="channel"),
        Filter("unit", gettext_lazy("Using unit"), choices=receivers, field="grant__consumer__unit__uid"),
    )
    columns = (
        Column("name", gettext_lazy("Name"), sort="name", link=lambda row: row.get_absolute_url()),
        Column("entry", gettext_lazy("Catalogue entry"), value=lambda row: row.grant.entry.title, phone=False),
        Column("unit", gettext_lazy("Using unit"), value=lambda row: str(row.grant.consumer.unit), phone=False),
        Column("channel", gettext_lazy("Channel"), value=lambda row: CHANNELS[row.channel], sort="channel"),
        Column("cron", gettext_lazy("Schedule"), value=schedule_text, phone=False),
        Column("next", gettext_lazy("Next time"), value="next_at", kind="datetime", sort="next_at", phone=False),
        Column("last", gettext_lazy("Last delivered"), value="delivered_at", kind="date", sort="delivered_at"),
        Column("made", gettext_lazy("Set up on"), value="created_at", kind="date", sort="created_at", phone=False),
        Column(
            "state",
            gettext_lazy("State"),
            value=lambda row: STATES[row.state],
            kind="badge",
            tone=lambda row: TONES[row.state],
            sort="state",
        ),
    )

    def queryset(self) -> Any:
        return queries.list_deliveries(self.actor)

    def actions(self) -> list[Action]:
        found = [Action(_("Delivered batches"), reverse("delivery:batches"), "list", "outline-primary", "get")]
        if allows(self.actor, P.MANAGE):
            found.append(Action(_("Set up a delivery"), reverse("delivery:new"), "plus", method="get"))
        return found


BATCH_COLUMNS = (
    Column("asked", gettext_lazy("Time"), value="asked_at", kind="datetime", sort="asked_at"),
    Column("number", gettext_lazy("Number"), kind="number", phone=False),
    Column(
        "state",
        gettext_lazy("State"),
        value=lambda row: BATCH_STATES[row.state],
        kind="badge",
        tone=lambda row: BATCH_TONES[row.state],
        sort="state",
    ),
    Column("mode", gettext_lazy("Extent"), value=lambda row: MODES[row.mode], phone=False),
    Column("version", gettext_lazy("Version"), kind="number", phone=False),
    Column("rows", gettext_lazy("Rows"), kind="number", sort="rows"),
    Column("bytes", gettext_lazy("Bytes"), kind="number", sort="bytes", phone=False),
    Column("digest", gettext_lazy("SHA-256"), kind="code", phone=False),
    Column(
        "reconciled",
        gettext_lazy("Reconciliation"),
        value=lambda row: reconciled(row)[0],
        kind="badge",
        tone=lambda row: reconciled(row)[1],
        phone=False,
    ),
    Column("by", gettext_lazy("Asked for by"), value="asked_by", phone=False),
)


def file_column(actor: Actor) -> Column:
    """The link to a file, for those who may have it."""

    def may(row: Any) -> bool:
        return can_download(row, now()) and allows(actor, P.DOWNLOAD, row)

    return Column(
        "file",
        gettext_lazy("File"),
        value=lambda row: _("Download") if may(row) else "",
        link=lambda row: reverse("delivery:file", args=[row.uid]) if may(row) else "",
    )


BATCHES = (
    Column(
        "delivery",
        gettext_lazy("Delivery"),
        value=lambda row: row.delivery.name,
        link=lambda row: row.delivery.get_absolute_url(),
    ),
    *BATCH_COLUMNS,
    Column("target", gettext_lazy("Target"), kind="code", phone=False),
)


class Batches(ListPage):
    """Every delivered batch with its receipt, and the files to download."""

    title = gettext_lazy("Delivered batches")
    permission = P.VIEW
    search = ("delivery__name", "digest", "file_name", "target")
    search_hint = gettext_lazy("Delivery, file, target or SHA-256")
    order = "-asked"
    export_name = "delivered-batches"
    empty_title = gettext_lazy("Nothing has been delivered yet")
    empty_hint = gettext_lazy("Open a delivery and deliver now, or wait for its schedule.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(BATCH_STATES.items()), field="state"),
        Filter("channel", gettext_lazy("Channel"), choices=list(CHANNELS.items()), field="delivery__channel"),
        Filter("from", gettext_lazy("From day"), kind="date", field="asked_at__date__gte"),
        Filter("until", gettext_lazy("To day"), kind="date", field="asked_at__date__lte"),
    )

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        return (*BATCHES, file_column(self.actor))

    def queryset(self) -> Any:
        return queries.list_batches(self.actor)

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Deliveries"), reverse("delivery:deliveries"))]


def channel_column(channel: Channel) -> Column:
    """A link that sets a delivery over this channel up."""
    return Column(
        channel.value,
        CHANNELS[channel],
        value=lambda _row: _("Set one up"),
        link=lambda row: reverse("delivery:new-of", args=[row.uid, channel.value]),
    )


class ChooseGrant(ListPage):
    """Bulk grants in force, and the channels they can be delivered over."""

    title = gettext_lazy("Choose the bulk grant and the channel")
    permission = P.MANAGE
    search = ("table_name", "consumer__name", "entry__resource_name", "entry__name_en")
    search_hint = gettext_lazy("Table, entry or application")
    order = "entry"
    empty_title = gettext_lazy("There is no bulk grant in force")
    empty_hint = gettext_lazy("Open an entry of the catalogue and ask for it in bulk; then deliver it.")
    columns = (
        Column(
            "entry", gettext_lazy("Catalogue entry"), value=lambda row: row.entry.title, sort="entry__resource_name"
        ),
        Column("table", gettext_lazy("Table"), value="table_name", kind="code", sort="table_name", phone=False),
        Column("consumer", gettext_lazy("Application"), value=lambda row: row.consumer.title, sort="consumer__name"),
        Column("unit", gettext_lazy("Using unit"), value=lambda row: str(row.consumer.unit), phone=False),
        *(channel_column(channel) for channel in Channel),
    )

    def queryset(self) -> Any:
        return queries.grants_to_deliver(self.actor)

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Deliveries"), reverse("delivery:deliveries"))]
