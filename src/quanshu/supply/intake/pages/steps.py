"""Steps on a source: test and preview, schedule, host key, files, who may push."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import QuanshuError
from quanshu.lake.landing import fingerprint
from quanshu.lake.masking import Mask
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Form, FormPage, Page, fault_text
from quanshu.supply.catalogue.api import items_of
from quanshu.supply.intake import queries, services
from quanshu.supply.intake.models import Schedule, Source
from quanshu.supply.intake.pages.cards import url_of
from quanshu.supply.intake.pages.labels import REASONS, drift_columns
from quanshu.supply.intake.permissions import IntakePermission as P
from quanshu.supply.intake.services import Preview
from quanshu.supply.intake.types import DELIVERED_KINDS, SourceKind


class SourceStep:
    """What pages of one source share."""

    actor: Any
    kwargs: dict[str, Any]

    def source(self) -> Source:
        """The source of the address; not found when it may not be seen."""
        return queries.get_source(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        """The way back."""
        source = self.source()
        return [(_("Data sources"), reverse("intake:sources")), (source.name, url_of(source))]


class PreviewPage(SourceStep, Page):
    """Does the source answer, do its columns fit, and what becomes of its first rows."""

    permission = P.EDIT
    title = gettext_lazy("Test and preview")
    template_name = "intake/preview.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        source = self.source()
        preview, fault = Preview(), ""
        try:
            preview = services.preview_source(actor=self.actor, source=source, now=self.now)
        except QuanshuError as refusal:
            if refusal.status in {403, 404} and not refusal.code.startswith("lake."):
                raise
            fault = fault_text(refusal)
        sees_all = allows(self.actor, P.REFUSED, source)
        return {
            "preview": preview,
            "fault": fault,
            "drift": [asdict(item) for item in preview.drift],
            "drift_columns": drift_columns(),
            "rows": shown_rows(source, preview, sees_all=sees_all),
            "sees_all": sees_all,
            "actions": self.actions(source),
        }

    def actions(self, source: Source) -> list[Action]:
        """Where to go from here."""
        again = Action(_("Test again"), url_of(source, "preview"), "refresh", method="get", style="outline-primary")
        edit = Action(_("Edit"), url_of(source, "edit"), "edit", method="get", style="outline-secondary")
        key = Action(_("Host key"), url_of(source, "hostkey"), "key", method="get", style="outline-secondary")
        start = Action(_("Start a load"), url_of(source, "start"), "player-play")
        first = [] if source.kind in DELIVERED_KINDS else [start]
        return [*first, again, edit, *([key] if source.kind == SourceKind.SFTP else [])]


def shown_rows(source: Source, preview: Preview, *, sees_all: bool) -> list[dict[str, Any]]:
    """Rows of a preview; personal values only for those who may see them."""
    items = items_of(source.entry)
    open_names = {item.name for item in items if not item.personal and item.mask == Mask.NONE}
    rows = []
    for number, values, faults in preview.rows:
        cells = [
            {
                "text": ("" if text is None else text) if sees_all or name in open_names else _("(personal)"),
                "fault": REASONS.get(faults.get(name, "")),  # type: ignore[call-overload]
            }
            for name, text in zip(preview.columns, values, strict=True)
        ]
        rows.append({"number": number, "cells": cells})
    return rows


class LookNow(SourceStep, ActionPage):
    """Look for new files at once."""

    permission = P.RUN

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        source = self.source()
        services.collect_now(actor=self.actor, source=source, now=self.now)
        return _("The worker looks for new files."), url_of(source)


class ScheduleForm(Form):
    cron = forms.CharField(
        label=gettext_lazy("Schedule"),
        required=False,
        max_length=100,
        help_text=gettext_lazy(
            "Minute, hour, day, month, weekday in the city's time, for example 30 2 * * * for half past two each "
            "night. Empty ends the schedule."
        ),
    )


class SetSchedule(SourceStep, FormPage):
    """When the source is loaded by itself."""

    permission = P.EDIT
    title = gettext_lazy("Schedule")
    form_class = ScheduleForm

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        schedule = Schedule.objects.filter(source=self.source()).first()
        return {"cron": schedule.cron if schedule else ""}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        source = self.source()
        services.set_schedule(actor=self.actor, source=source, cron=form.cleaned_data["cron"], now=self.now)
        return url_of(source)


class PauseSchedule(SourceStep, ActionPage):
    """Pause a schedule or let it go on."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        source = self.source()
        paused = Schedule.objects.filter(source=source, active=False).exists()
        services.pause_schedule(actor=self.actor, source=source, active=paused, now=self.now)
        return _("The schedule goes on.") if paused else _("The schedule is paused."), url_of(source)


class KeyForm(Form):
    fingerprint = forms.CharField(
        label=gettext_lazy("Fingerprint"),
        max_length=200,
        help_text=gettext_lazy(
            "This is what the server shows now. Compare it with what the server's owner tells you by another way."
        ),
    )


class ConfirmKey(SourceStep, FormPage):
    """Confirm the key of an SFTP server; from then on no other machine is trusted."""

    permission = P.EDIT
    title = gettext_lazy("Host key")
    form_class = KeyForm
    submit_label = gettext_lazy("It is the same: confirm")

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        source = self.source()
        try:
            return {"fingerprint": services.look_at_host_key(actor=self.actor, source=source, now=self.now)}
        except QuanshuError:
            kept = source.options.get("host_key")
            return {"fingerprint": fingerprint(kept) if kept else ""}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        source = self.source()
        services.confirm_host_key(
            actor=self.actor, now=self.now, source=source, fingerprint=form.cleaned_data["fingerprint"]
        )
        return url_of(source, "preview")


class SettleDelivery(SourceStep, ActionPage):
    """Try a file again, or leave it out."""

    permission = P.RUN

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        source, again = self.source(), self.request.POST.get("step") == "again"
        services.settle_delivery(actor=self.actor, source=source, uid=kwargs["delivery"], again=again, now=self.now)
        return _("The file is loaded again.") if again else _("The file is left out."), url_of(source)


class RightForm(Form):
    rid = forms.CharField(
        label=gettext_lazy("Requester id of the application"),
        max_length=80,
        help_text=gettext_lazy("It begins with app-; the unit finds it on the application's page."),
    )
    most_mib = forms.IntegerField(label=gettext_lazy("Largest file (MiB)"), initial=512, min_value=1, max_value=10_240)


class GrantPush(SourceStep, FormPage):
    """Let an application push."""

    permission = P.EDIT
    title = gettext_lazy("Let an application push")
    form_class = RightForm
    success = gettext_lazy("The application may push within a second.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        source = self.source()
        services.grant_push(actor=self.actor, source=source, now=self.now, **form.cleaned_data)
        return url_of(source)


class RevokePush(SourceStep, ActionPage):
    """End a right to push."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        source = self.source()
        services.revoke_push(actor=self.actor, source=source, rid=self.request.POST.get("rid", ""), now=self.now)
        return _("The right has ended; the gateway refuses within a second."), url_of(source)
