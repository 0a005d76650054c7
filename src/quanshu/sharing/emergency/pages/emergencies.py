"""Emergencies: the list with figures, the declaration, one with its steps."""

from __future__ import annotations

from typing import Any

from django import forms
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
    Form,
    FormPage,
    ListPage,
    ReasonStepPage,
    reason_against,
    when,
)
from quanshu.sharing.emergency import queries, rules, services
from quanshu.sharing.emergency.models import LEVELS, STATES, Emergency, Request
from quanshu.sharing.emergency.pages.labels import (
    LEVEL_TONES,
    NEXT,
    REQUEST_TONES,
    TONES,
    VERDICT_TONES,
    MomentField,
    between,
    span,
)
from quanshu.sharing.emergency.permissions import EmergencyPermission as P


def crumbs_to(emergency: Emergency | None = None) -> list[tuple[Any, str]]:
    """The way down to an emergency."""
    top: list[tuple[Any, str]] = [(_("Emergency channel"), reverse("emergency:emergencies"))]
    return [*top, (str(emergency), emergency.get_absolute_url())] if emergency else top


class Emergencies(ListPage):
    """Every emergency the actor may see."""

    title = gettext_lazy("Emergency channel")
    subtitle = gettext_lazy("In a declared emergency data is granted at once, and every use is reviewed afterwards")
    permission = P.VIEW
    template_name = "emergency/emergencies.html"
    search = ("number", "title", "reason")
    search_hint = gettext_lazy("Number, title or reason")
    order = "-declared"
    export_name = "emergencies"
    empty_title = gettext_lazy("No emergency has been declared")
    empty_hint = gettext_lazy("Officers with the right to do so declare one; the units it names then ask at once.")
    filters = (
        Filter("state", gettext_lazy("State"), STATES),
        Filter("level", gettext_lazy("Level"), LEVELS),
        Filter("from", gettext_lazy("Declared from"), kind="date", field="declared_at__date__gte"),
        Filter("until", gettext_lazy("Declared to"), kind="date", field="declared_at__date__lte"),
    )
    columns = (
        Column(
            "number",
            gettext_lazy("Number"),
            link=Emergency.get_absolute_url,
            sort="number",
            kind="code",
            phone=False,
        ),
        Column("title", gettext_lazy("Title"), link=Emergency.get_absolute_url, sort="title"),
        Column(
            "level",
            gettext_lazy("Level"),
            lambda row: row.get_level_display(),
            "level",
            kind="badge",
            tone=lambda row: LEVEL_TONES[row.level],
            phone=False,
        ),
        Column("ends_at", gettext_lazy("Ends"), sort="ends_at", kind="datetime"),
        Column("asked", gettext_lazy("Emergency demands"), sort="asked", kind="number", phone=False),
        Column("granted", gettext_lazy("Grants made"), sort="granted", kind="number", phone=False),
        Column("reviewed", gettext_lazy("Reviewed"), sort="reviewed", kind="number", phone=False),
        Column("declared", gettext_lazy("Declared"), "declared_at", "declared_at", kind="datetime", phone=False),
        Column(
            "state",
            gettext_lazy("State"),
            lambda row: row.get_state_display(),
            "state",
            kind="badge",
            tone=lambda row: TONES[row.state],
        ),
    )

    def queryset(self) -> Any:
        return queries.list_emergencies(self.actor)

    def actions(self) -> list[Action]:
        found = []
        if allows(self.actor, P.DECLARE):
            found.append(Action(_("Declare an emergency"), reverse("emergency:declare"), "urgent", "danger", "get"))
        found.append(Action(_("My alerts"), reverse("emergency:alerts"), "bell", "outline-primary", "get"))
        found.append(Action(_("Duty list"), reverse("emergency:duty"), "phone", "outline-primary", "get"))
        return found

    def row_context(self) -> dict[str, Any]:
        figures = queries.emergency_figures(self.actor, now=self.now)
        tiles = [
            (_("Emergencies in force"), figures.active, _("of %(all)s emergencies") % {"all": figures.emergencies}),
            (
                _("From demand to first call"),
                span(figures.median_seconds),
                _("median of %(count)s; longest %(most)s")
                % {"count": figures.called, "most": span(figures.longest_seconds)},
            ),
            (
                _("Grants reviewed"),
                f"{figures.reviewed} / {figures.granted}",
                _("reviews overdue: %(count)s") % {"count": figures.reviews_overdue},
            ),
            (_("Alerts acknowledged"), f"{figures.acknowledged} / {figures.alerts}", ""),
        ]
        return {"tiles": tiles}


REQUEST_COLUMNS = (
    Column("number", gettext_lazy("Number"), link=Request.get_absolute_url, kind="code"),
    Column("consumer", gettext_lazy("Application"), lambda row: row.consumer.title),
    Column("entry", gettext_lazy("Data"), lambda row: str(row.entry)),
    Column("supplier", gettext_lazy("Supplier"), lambda row: str(row.entry.unit), phone=False),
    Column(
        "first",
        gettext_lazy("First call after"),
        lambda row: between(row.asked_at, row.first_call_at),
        phone=False,
    ),
    Column(
        "state",
        gettext_lazy("State"),
        lambda row: row.get_state_display(),
        kind="badge",
        tone=lambda row: REQUEST_TONES[row.state],
    ),
    Column(
        "verdict",
        gettext_lazy("Review finding"),
        lambda row: row.get_verdict_display() if row.verdict else "",
        kind="badge",
        tone=lambda row: VERDICT_TONES[row.verdict],
    ),
)
EXTENSION_COLUMNS = (
    Column("at", gettext_lazy("Decided at"), kind="datetime"),
    Column("was_until", gettext_lazy("Was to end"), kind="datetime", phone=False),
    Column("until", gettext_lazy("Ends"), kind="datetime"),
    Column("reason", gettext_lazy("Reason")),
    Column("by_name", gettext_lazy("By"), phone=False),
)


class EmergencyPage(DetailPage):
    """One emergency: what was declared, what was granted under it, how far the review is."""

    permission = P.VIEW
    audit_kind = queries.KIND

    def get_object(self, **kwargs: Any) -> Emergency:
        return queries.get_emergency(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to()

    def state(self, obj: Emergency) -> tuple[str, str]:
        if obj.state == "active" and self.now >= obj.ends_at:
            return _("Time is up"), "orange"
        return str(obj.get_state_display()), TONES[obj.state]

    def facts(self, obj: Emergency) -> list[tuple[Any, Any]]:
        return [
            (_("Number"), obj.number),
            (_("Level"), obj.get_level_display()),
            (_("Starts"), when(obj.starts_at)),
            (_("Ends"), when(obj.ends_at)),
            (_("Declared by"), obj.declared_by_name),
            (_("Declared"), when(obj.declared_at)),
            (_("Over since"), when(obj.ended_at)),
            (_("Ended early by"), obj.ended_by_name),
            (_("Why it ended"), obj.end_reason),
            (_("Review closed by"), obj.closed_by_name),
        ]

    def actions(self, obj: Emergency) -> list[Action]:
        def to(name: str) -> str:
            return reverse(f"emergency:{name}", args=[obj.uid])

        found = []
        if allows(self.actor, P.ASK) and obj.state == "active":
            reason = reason_against(
                rules.check_in_force,
                emergency=obj.title,
                state=obj.state,
                starts_at=obj.starts_at,
                ends_at=obj.ends_at,
                now=self.now,
            )
            found.append(Action(_("Ask for data"), to("choose"), "bolt", method="get", reason=reason))
        if allows(self.actor, P.DECLARE) and obj.state == "active":
            found.append(Action(_("Extend"), to("extend"), "calendar-plus", "outline-primary", "get"))
            found.append(Action(_("End the emergency"), to("end"), "flag", "outline-danger", "get"))
        if allows(self.actor, P.REVIEW) and obj.state == "ended":
            reason = reason_against(rules.check_reviewer, reviewer=self.actor.uid, declared_by=obj.declared_by)
            left = queries.unreviewed(obj).count()
            reason = reason or reason_against(rules.check_close, state=obj.state, unreviewed=left, summary="-")
            found.append(Action(_("Close the review"), to("close"), "check", method="get", reason=reason))
        found.append(Action(_("Report"), to("report"), "report", "outline-primary", "get"))
        return found

    def cards(self, obj: Emergency) -> list[Card]:
        names = [str(row) for row in obj.units.all()]
        scope = [
            (_("Receiving units"), "、".join(names)),
            (_("Regions"), "、".join(queries.regions_named(obj.region_codes)) or _("The whole city")),
            (
                _("Themes"),
                "、".join(str(row) for row in queries.themes_in_use() if row.code in set(obj.theme_codes)),
            ),
            (_("Single entries"), "、".join(str(row) for row in obj.entries.all())),
        ]
        asked = queries.list_requests(self.actor).filter(emergency=obj).order_by("asked_at")
        cards = [
            Card(_("What has happened"), note=NEXT[obj.state], facts=[
                (_("Reason"), obj.reason), (_("Legal basis"), obj.legal_basis), (_("Review finding"), obj.summary),
            ]),
            Card(_("Scope"), facts=scope),
            Card(
                _("Emergency demands"),
                columns=REQUEST_COLUMNS,
                rows=asked,
                empty_title=_("Nothing has been asked for yet"),
                empty_hint=_("A unit within the scope asks for the fields it needs and has them at once."),
                more=(reverse("emergency:grants", args=[obj.uid]), _("Every grant with its use, to export")),
            ),
        ]  # fmt: skip
        if obj.extensions.exists():
            cards.append(Card(_("Extensions"), columns=EXTENSION_COLUMNS, rows=obj.extensions.all()))
        return cards


class OnePage(FormPage):
    """A form about an emergency."""

    def emergency(self) -> Emergency:
        return queries.get_emergency(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to(self.emergency())


class ExtendForm(Form):
    """A later end, and why."""

    ends_at = MomentField(label=gettext_lazy("New end"))
    reason = forms.CharField(label=gettext_lazy("Reason"), widget=forms.Textarea, max_length=1000)


class Extend(OnePage):
    """Let an emergency run longer."""

    title = submit_label = gettext_lazy("Extend")
    permission = P.DECLARE
    form_class = ExtendForm
    success = gettext_lazy("Extended; its grants last as long.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        found = services.extend_emergency(
            actor=self.actor, now=self.now, emergency=self.emergency(), **form.cleaned_data
        )
        return found.get_absolute_url()


class End(ReasonStepPage):
    """End an emergency before its time."""

    title = submit_label = gettext_lazy("End the emergency")
    subtitle = gettext_lazy("Its grants are refused within a second, and the review begins.")
    permission = P.DECLARE
    subject = "emergency"
    service = staticmethod(services.end_emergency)
    success = gettext_lazy("Over. The review of its grants is due within 5 working days.")

    def get_subject(self, uid: str) -> Emergency:
        return queries.get_emergency(actor=self.actor, uid=uid)


class CloseForm(Form):
    """The review summed up."""

    summary = forms.CharField(label=gettext_lazy("Summary"), widget=forms.Textarea, max_length=2000)


class Close(OnePage):
    """Close the review."""

    title = submit_label = gettext_lazy("Close the review")
    permission = P.REVIEW
    form_class = CloseForm
    success = gettext_lazy("The review is closed.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        found = services.close_emergency(
            actor=self.actor, now=self.now, emergency=self.emergency(), **form.cleaned_data
        )
        return found.get_absolute_url()
