"""Versions side by side: what changed, who still calls the old one, and when it ends."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Card, Column, Form, FormPage, Page, day, when
from quanshu.sharing.development.pages.labels import CHANGES, value_label
from quanshu.sharing.development.queries import callers_of
from quanshu.sharing.development.services.following import RECENT
from quanshu.sharing.services.api import (
    Service,
    ServicePermission,
    ServiceVersion,
    VersionNotOld,
    changes_to,
    compare_specs,
    end_of,
    get_grant,
    get_service,
    move_grant,
    old_versions,
    set_version_end,
)

P = ServicePermission
CHANGE_COLUMNS = (
    Column("kind", gettext_lazy("Difference"), value=lambda row: CHANGES[row.kind]),
    Column("name", gettext_lazy("Name"), kind="code"),
    Column("before", gettext_lazy("Before"), value=lambda row: value_label(row, row.before)),
    Column("after", gettext_lazy("After"), value=lambda row: value_label(row, row.after)),
    Column(
        "breaking",
        gettext_lazy("Effect on callers"),
        value=lambda row: _("Breaks callers") if row.breaking else _("Compatible"),
        kind="badge",
        tone=lambda row: "red" if row.breaking else "green",
    ),
)
CALLER_COLUMNS = (
    Column("title", gettext_lazy("Application")),
    Column("unit", gettext_lazy("Unit")),
    Column("calls", gettext_lazy("Calls in 30 days"), kind="number"),
    Column("last", gettext_lazy("Last call"), kind="datetime"),
    Column("bound", gettext_lazy("Grant bound to it"), value=lambda row: _("Yes") if row.bound else _("No")),
)


def review_cards(service: Service) -> list[Card]:
    """What a draft changes against the version in force: the port of the review page."""
    if not service.served_version or service.state != "draft":
        return []
    title = _("What changes against version %(number)s") % {"number": service.served_version}
    none = _("Nothing that callers would notice")
    return [Card(title, columns=CHANGE_COLUMNS, rows=changes_to(service), empty_title=none)]


class Versions(Page):
    """Every published version of a service, the newest first."""

    permission = P.VIEW
    template_name = "web/cards.html"
    title = gettext_lazy("Versions side by side")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        service = get_service(actor=self.actor, uid=kwargs["uid"])
        rows = list(ServiceVersion.objects.filter(service=service).order_by("-number"))
        later: dict[int, ServiceVersion] = {old.number: new for new, old in pairwise(rows)}
        way = [(_("Data services"), reverse("services:services")), (service.title, service.get_absolute_url())]
        cards = [self.card(service, row, later.get(row.number)) for row in rows]
        return {"cards": cards or [Card(_("Not published yet"))], "crumbs": way, "subtitle": service.title}

    def card(self, service: Service, row: ServiceVersion, following: ServiceVersion | None) -> Card:
        """One version: its address and end, what the next one changed, who still calls it."""
        newest = row.number == service.served_version
        address = f"/s/{service.sid}" if newest else f"/s/{service.sid}/v{row.number}"
        facts: list[tuple[Any, Any]] = [
            (_("Address"), address),
            (_("Published at"), when(row.published_at)),
            (_("Published by"), row.published_by),
        ]
        title = _("Version %(number)s") % {"number": row.number}
        if newest or row.ends_on is None:
            state = _("in force") if newest else _("not served")
            return Card(f"{title} · {state}", facts=facts)
        facts.append((_("Answers until"), day(row.ends_on)))
        over = end_of(row) <= self.now
        title = f"{title} · {_('ended') if over else _('answers until its end')}"
        actions = []
        if allows(self.actor, P.PUBLISH, service) and not over:
            url = reverse("development:version-end", args=[service.uid, row.number])
            actions.append(Action(_("Move the end"), url, "calendar", "outline-primary", "get"))
        changes = compare_specs(row.spec, following.spec) if following else ()
        may_see = allows(self.actor, P.EXCHANGE_VIEW, service)
        since = self.now - RECENT
        callers = callers_of(service, row.number, since=since) if may_see else []
        values = {"change_columns": CHANGE_COLUMNS, "changes": changes, "following": following, "may_see": may_see}
        return Card(
            title,
            facts=facts,
            actions=actions,
            template="development/version.html",
            values={**values, "caller_columns": CALLER_COLUMNS, "callers": callers},
        )


class EndForm(Form):
    """The last day."""

    ends_on = forms.DateField(label=gettext_lazy("Answers until"), widget=forms.DateInput)


class MoveEnd(FormPage):
    """Move the printed end of an old version."""

    title = gettext_lazy("Move the end of an old version")
    subtitle = gettext_lazy("Its callers are told. They have ten working days of notice at least.")
    permission = P.PUBLISH
    form_class = EndForm

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        service = get_service(actor=self.actor, uid=kwargs["uid"])
        row = old_versions(service).filter(number=kwargs["number"]).first()
        if row is None:
            raise VersionNotOld(number=kwargs["number"])
        return {"ends_on": row.ends_on}

    def save(self, form: Any, **kwargs: Any) -> str:
        service = get_service(actor=self.actor, uid=kwargs["uid"])
        set_version_end(
            actor=self.actor,
            now=self.now,
            service=service,
            number=kwargs["number"],
            ends_on=form.cleaned_data["ends_on"],
        )
        return reverse("development:versions", args=[service.uid])


class MoveGrant(ActionPage):
    """Have a grant answered by the newest version."""

    permission = P.GRANT_VIEW

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        grant = get_grant(actor=self.actor, uid=kwargs["uid"])
        move_grant(actor=self.actor, now=self.now, grant=grant)
        return _("The newest version answers it from now on."), grant.get_absolute_url()
