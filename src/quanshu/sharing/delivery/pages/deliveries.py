"""A delivery's page: state, schedule, batches, reconciliation and the next step; and its buttons."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Card, Column, DetailPage, Page, StepPage, reason_against, when
from quanshu.sharing.delivery import queries, rules, services
from quanshu.sharing.delivery.models import Batch, Delivery, Download
from quanshu.sharing.delivery.pages.labels import (
    BATCH_STATES,
    CHANNELS,
    EXTENTS,
    FORMS,
    STATES,
    TONES,
    error_text,
    schedule_text,
)
from quanshu.sharing.delivery.pages.lists import BATCH_COLUMNS, file_column
from quanshu.sharing.delivery.permissions import DeliveryPermission as P
from quanshu.sharing.delivery.rest import file_answer
from quanshu.sharing.delivery.types import BatchState, Channel, DeliveryState

SHOWN = 10
SHOWN_COLUMNS = {"asked", "number", "state", "mode", "version", "rows", "bytes", "by"}
DOWNLOAD_COLUMNS = (
    Column("at", gettext_lazy("Time"), kind="datetime"),
    Column("who", gettext_lazy("Downloaded by"), value="actor_name"),
    Column("file", gettext_lazy("File"), value=lambda row: row.batch.file_name, kind="code", phone=False),
)


class DeliveryPage(DetailPage):
    """One delivery."""

    permission = P.VIEW
    audit_kind = "delivery.delivery"

    def get_object(self, **kwargs: Any) -> Delivery:
        return queries.get_delivery(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Deliveries"), reverse("delivery:deliveries"))]

    def state(self, obj: Delivery) -> tuple[str, str]:
        return str(STATES[DeliveryState(obj.state)]), TONES[DeliveryState(obj.state)]

    def facts(self, obj: Delivery) -> list[tuple[Any, Any]]:
        return [
            (_("Channel"), CHANNELS[Channel(obj.channel)]),
            (_("Extent"), EXTENTS[obj.extent]),  # type: ignore[index]
            (_("Schedule"), schedule_text(obj)),
            (_("Next time"), when(obj.next_at) if obj.next_at else "—"),
            (_("Set up by"), obj.created_by),
            (_("Set up on"), when(obj.created_at)),
        ]

    def actions(self, obj: Delivery) -> list[Action]:
        found: list[Action] = []
        if allows(self.actor, P.RUN, obj) and obj.state != DeliveryState.ENDED:
            why = reason_against(
                rules.check_start,
                state=obj.state,
                busy=queries.is_busy(obj),
                view_ready=obj.grant.view_version is not None,
            )
            found.append(self.button(obj, "start", _("Deliver now"), "send", "primary", why))
            if obj.extent == "changes":
                found.append(self.button(obj, "whole", _("Deliver it whole"), "refresh", "outline-primary", why))
            if obj.channel != Channel.PAGE:
                found.append(self.button(obj, "try", _("Try the connection"), "plug", "outline-primary"))
        if not allows(self.actor, P.MANAGE, obj) or obj.state == DeliveryState.ENDED:
            return found
        url = reverse("delivery:edit", args=[obj.uid])
        found.append(Action(_("Change"), url, "edit", "outline-primary", "get"))
        if obj.state == DeliveryState.ACTIVE:
            found.append(self.button(obj, "pause", _("Pause"), "player-pause", "outline-secondary"))
        else:
            found.append(self.button(obj, "resume", _("Go on"), "player-play", "primary"))
        return [*found, self.button(obj, "end", _("End the delivery"), "ban", "outline-danger")]

    def button(self, obj: Delivery, name: str, label: Any, icon: str, style: str, reason: str | None = None) -> Action:
        """A button of one of the delivery's steps."""
        return Action(label, reverse(f"delivery:{name}", args=[obj.uid]), icon, style, reason=reason)

    def cards(self, obj: Delivery) -> list[Card]:
        last = obj.batches.first()
        cards = [self.now_card(obj, last), self.what_card(obj)]
        if last is not None and last.reconciliation:
            cards.insert(1, self.reconciliation_card(last))
        columns = [column for column in BATCH_COLUMNS if column.key in SHOWN_COLUMNS]
        if obj.channel == Channel.PAGE:
            columns.append(file_column(self.actor))
        elif obj.channel == Channel.DATABASE:
            columns += [column for column in BATCH_COLUMNS if column.key == "reconciled"]
        cards.append(
            Card(
                _("Batches"),
                columns=columns,
                rows=obj.batches.select_related("delivery__grant__consumer__unit")[:SHOWN],
                empty_title=_("Nothing has been delivered yet"),
                empty_hint=_("Deliver now, or wait for the schedule."),
                more=(reverse("delivery:batches"), _("All batches")),
            )
        )
        if obj.channel == Channel.PAGE:
            rows = Download.objects.filter(batch__delivery=obj).select_related("batch")[:SHOWN]
            cards.append(Card(_("Downloads"), columns=DOWNLOAD_COLUMNS, rows=rows, empty_title=_("Not downloaded yet")))
        return cards

    def now_card(self, obj: Delivery, last: Batch | None) -> Card:
        """How the last batch stands, and what comes next."""
        facts: list[tuple[Any, Any]] = []
        if last is not None:
            facts = [
                (_("Last batch"), f"#{last.number} · {BATCH_STATES[BatchState(last.state)]}"),
                (_("Rows so far"), f"{last.progress:,}" if last.state == BatchState.RUNNING else ""),
                (_("Attempts"), last.attempts),
                (_("Rows"), f"{last.rows:,}"),
                (_("Fault"), error_text(last)),
                (_("File"), last.file_name),
                (_("Bytes"), f"{last.bytes:,}" if last.bytes else ""),
                (_("SHA-256"), last.digest),
                (_("Can be downloaded until"), when(last.expires_at) if last.expires_at else ""),
            ]
        return Card(_("Now and next"), note=self.next_step(obj, last), facts=[fact for fact in facts if fact[1] != ""])

    def next_step(self, obj: Delivery, last: Batch | None) -> str:
        """What to do now."""
        if obj.state == DeliveryState.ENDED:
            return _("The delivery is over; nothing more goes out.")
        if obj.state == DeliveryState.PAUSED:
            return _("The delivery is paused; let it go on when the receiver is ready.")
        if last is None:
            return _("Try the connection, then deliver for the first time.") if obj.options else _("Deliver now.")
        if last.state in {BatchState.QUEUED, BatchState.RUNNING}:
            return _("A batch is under way; reload the page to see how far it is.")
        if last.state == BatchState.FAILED:
            return _("Mend the fault told below, then deliver again; what has arrived is not sent twice.")
        return _("The receiver has what the view showed at its last delivery.")

    def reconciliation_card(self, last: Batch) -> Card:
        """Both sides of a pushed table."""
        found = last.reconciliation or {}
        note = (
            _("Both sides hold the same rows.")
            if found["equal"]
            else _("The two sides differ: someone has changed the table there. “Deliver it whole” repairs it.")
        )
        facts = [
            (_("Rows here"), f"{found['rows_here']:,}"),
            (_("Rows there"), f"{found['rows_there']:,}"),
            (_("Hash here"), found["hash_here"]),
            (_("Hash there"), found["hash_there"]),
            (_("Missing there"), f"{found['missing']:,}"),
            (_("Only there"), f"{found['surplus']:,}"),
            (_("Changed there"), f"{found['changed']:,}"),
        ]
        return Card(_("Reconciliation"), note=note, facts=facts)

    def what_card(self, obj: Delivery) -> Card:
        """What goes where."""
        grant = obj.grant
        facts = [
            (_("Catalogue entry"), grant.entry.title),
            (_("Table"), grant.full_name),
            (_("Application"), f"{grant.consumer.title} ({grant.consumer.rid})"),
            (_("Using unit"), str(grant.consumer.unit)),
            (_("Purpose"), grant.purpose),
            (_("File format"), FORMS[obj.form] if obj.channel != Channel.DATABASE else ""),  # type: ignore[index]
            (_("Target"), obj.target if obj.options else ""),
            (_("Valid until"), when(grant.valid_until)),
        ]
        more = (grant.get_absolute_url(), _("Open the bulk grant"))
        return Card(_("What is delivered where"), facts=[fact for fact in facts if fact[1] != ""], more=more)


class Step(StepPage):
    """A button of a delivery."""

    permission = P.RUN
    subject = "delivery"

    def get_subject(self, uid: str) -> Delivery:
        return queries.get_delivery(actor=self.actor, uid=uid)


class Start(Step):
    """Deliver now."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        found = self.get_subject(kwargs["uid"])
        services.start_batch(actor=self.actor, delivery=found, now=self.now, whole=self.whole)
        return _("A batch is on its way."), found.get_absolute_url()

    whole = False


class Whole(Start):
    """Deliver the whole view, as a repair."""

    whole = True


class Try(Step):
    """Try the connection."""

    service = staticmethod(services.try_delivery)
    done = gettext_lazy("The receiver answers, and a delivery could be made.")


class Pause(Step):
    """Stop for a time."""

    permission = P.MANAGE
    service = staticmethod(services.pause_delivery)
    done = gettext_lazy("Paused. A batch under way ends first.")


class Resume(Step):
    """Go on."""

    permission = P.MANAGE
    service = staticmethod(services.resume_delivery)
    done = gettext_lazy("The delivery goes on.")


class End(Step):
    """End a delivery."""

    permission = P.MANAGE
    service = staticmethod(services.end_delivery)
    done = gettext_lazy("Ended. Nothing more goes out, and its files can be downloaded no more.")


class TakeFile(Page):
    """Download a file."""

    permission = P.DOWNLOAD

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        batch = queries.get_batch(actor=self.actor, uid=kwargs["uid"])
        return file_answer(batch, services.take_file(actor=self.actor, batch=batch, now=self.now))
