"""落地率 with its parts, the specially sensitive exceptions, and entries that hang on their way into the lake."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import now as clock_now
from quanshu.kernel.clock import today
from quanshu.shared.web.api import Column, Filter, Form, FormPage, ListPage, Page
from quanshu.supply.catalogue.api import CataloguePermission as P
from quanshu.supply.catalogue.api import SeenRows, catalogue_figures, faces_of, list_entries
from quanshu.supply.landing import queries
from quanshu.supply.landing.models import LandingException
from quanshu.supply.landing.permissions import LandingPermission
from quanshu.supply.landing.services import decide_exception
from quanshu.supply.landing.types import ExceptionState

EXCEPTION_STATES = {
    ExceptionState.ASKED: (gettext_lazy("Waits for the bureau"), "orange"),
    ExceptionState.AGREED: (gettext_lazy("Agreed"), "green"),
    ExceptionState.REFUSED: (gettext_lazy("Refused"), "red"),
    ExceptionState.ENDED: (gettext_lazy("Taken back"), "secondary"),
}
UNIT_COLUMNS = (
    Column("unit_name", gettext_lazy("Provider")),
    Column("published", gettext_lazy("Published"), kind="number", phone=False),
    Column("excepted", gettext_lazy("Exceptions agreed"), kind="number", phone=False),
    Column("to_land", gettext_lazy("Must land"), kind="number"),
    Column("landed", gettext_lazy("Landed"), kind="number"),
    Column("landing_rate", gettext_lazy("Landing rate"), kind="percent"),
)


class Landing(Page):
    """The rate, its parts by unit, and the way to both lists."""

    permission = P.VIEW
    title = gettext_lazy("Landing")
    subtitle = gettext_lazy("Published structured data in the lake / published structured data that must land")
    template_name = "landing/landing.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        figures = catalogue_figures(list_entries(self.actor), today=today())
        waiting = queries.list_exceptions(self.actor).filter(state=ExceptionState.ASKED)
        return {
            "figures": figures,
            "columns": UNIT_COLUMNS,
            "units": sorted(figures.by_unit, key=lambda row: (row.landing_rate is None, row.landing_rate or 0)),
            "hanging": figures.to_land - figures.landed,
            "waiting": waiting.count(),
        }


class Exceptions(ListPage):
    """Exceptions with reason, who asked and when, and the bureau's answer."""

    permission = P.VIEW
    title = gettext_lazy("Exceptions from landing")
    subtitle = gettext_lazy("Specially sensitive data that stays with its unit; only agreed ones leave the rate")
    search = ("entry__unit__name", "entry__code", "reason", "answer")
    order = "-asked_at"
    export_name = "landing-exceptions"
    empty_title = gettext_lazy("No exception is asked for")
    empty_hint = gettext_lazy("A unit asks for one by giving the reason on the form of its entry.")
    filters = (
        Filter("state", gettext_lazy("State"), [(state, label) for state, (label, _tone) in EXCEPTION_STATES.items()]),
    )
    columns = (
        Column("entry", gettext_lazy("Resource name"), value=lambda row: row.shown.title, sort="entry__resource_name",
               link=lambda row: row.entry.get_absolute_url()),
        Column("code", gettext_lazy("Resource code"), value="entry.code", sort="entry__code", kind="code", phone=False),
        Column("unit", gettext_lazy("Provider"), value=lambda row: str(row.entry.unit), sort="entry__unit__name"),
        Column("reason", gettext_lazy("Reason"), value="reason"),
        Column("asked_by", gettext_lazy("Asked for by"), sort="asked_by", phone=False),
        Column("asked_at", gettext_lazy("Asked at"), sort="asked_at", kind="datetime", phone=False),
        Column("state", gettext_lazy("State"), value=lambda row: EXCEPTION_STATES[row.state][0], sort="state",
               kind="badge", tone=lambda row: EXCEPTION_STATES[row.state][1]),
        Column("decided_by", gettext_lazy("Answered by"), sort="decided_by", phone=False),
        Column("decided_at", gettext_lazy("Answered at"), sort="decided_at", kind="datetime", phone=False),
        Column("answer", gettext_lazy("The bureau's answer"), phone=False),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Landing"), reverse("landing:landing")),)

    def queryset(self) -> QuerySet[LandingException]:
        return queries.list_exceptions(self.actor)

    def narrowed(self) -> Any:
        return NamedRows(super().narrowed(), self.actor)


class NamedRows(SeenRows):
    """Rows that hang on an entry, each with the entry as the actor may see it as `shown`."""

    def __getitem__(self, part: slice) -> list[Any]:
        return self.named(list(self.rows[part]))

    def iterator(self, chunk_size: int) -> Any:
        yield from self.named(list(self.rows))

    def named(self, rows: list[Any]) -> list[Any]:
        """The rows with their entries' faces."""
        for row, (entry, _items) in zip(rows, faces_of(self.actor, [row.entry for row in rows]), strict=True):
            row.shown = entry
        return rows


def stage_of(row: Any) -> Any:
    """The stage an entry hangs at, asked once a row."""
    if not hasattr(row, "stage"):
        row.stage = queries.hangs_at(actor=row.asked_by, entry=row, now=clock_now())
    return row.stage


def owner_text(row: Any) -> str:
    """Whom to ask, on one line."""
    owner = stage_of(row).owner
    return " · ".join(part for part in (owner.office, owner.person, owner.phone) if part) if owner else ""


class HangingRows(SeenRows):
    """Entries that remember who asks, for the stages."""

    def seen(self, rows: list[Any], *, mark: bool = True) -> list[Any]:
        found = super().seen(rows, mark=mark)
        for row in found:
            row.asked_by = self.actor  # type: ignore[attr-defined]
        return found


class Hanging(ListPage):
    """Entries that should have landed and have not: the stage they hang at, and its owner."""

    permission = P.VIEW
    title = gettext_lazy("Not landed yet")
    subtitle = gettext_lazy("Published structured data without rows in the lake, and where each hangs")
    search = ("unit__name", "code")
    order = "publish_date"
    export_name = "not-landed"
    empty_title = gettext_lazy("Everything that must land has landed")
    empty_hint = gettext_lazy("Entries appear here when they are published and no rows are in the lake.")
    columns = (
        Column("name", gettext_lazy("Resource name"), value=lambda row: row.title, sort="resource_name",
               link=lambda row: reverse("landing:entry-why", args=[row.uid])),
        Column("code", gettext_lazy("Resource code"), sort="code", kind="code", phone=False),
        Column("unit", gettext_lazy("Provider"), value=lambda row: str(row.unit), sort="unit__name"),
        Column("publish_date", gettext_lazy("Published on"), sort="publish_date", kind="date", phone=False),
        Column("stage", gettext_lazy("Hangs at"), value=lambda row: stage_of(row).label, kind="badge",
               tone=lambda row: "orange"),
        Column("says", gettext_lazy("Because"), value=lambda row: stage_of(row).says),
        Column("todo", gettext_lazy("Next step"), value=lambda row: stage_of(row).todo, phone=False),
        Column("owner", gettext_lazy("Owner"), value=owner_text, phone=False),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Landing"), reverse("landing:landing")),)

    def queryset(self) -> QuerySet[Any]:
        return queries.hanging_entries(self.actor)

    def narrowed(self) -> Any:
        return HangingRows(super().narrowed(), self.actor)


class DecisionForm(Form):
    answer_is = forms.ChoiceField(
        label=gettext_lazy("The bureau's answer"),
        choices=[("agree", gettext_lazy("Agree: the data stays with its unit")), ("refuse", gettext_lazy("Refuse"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("A refusal says why; the unit reads it."),
    )


class Decide(FormPage):
    """The bureau answers an exception."""

    permission = LandingPermission.DECIDE
    form_class = DecisionForm
    submit_label = gettext_lazy("Send the answer")
    success = gettext_lazy("The unit is answered.")

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return reverse("catalogue:entry", args=[self.kwargs["uid"]])

    @property
    def subtitle(self) -> str:  # type: ignore[override]
        return _("The unit's reason: %(reason)s") % {"reason": self.waiting().reason}

    def waiting(self) -> LandingException:
        return queries.waiting_exception(actor=self.actor, uid=self.kwargs["uid"])

    def page_title(self) -> str:
        return _("Exception from landing: %(name)s") % {"name": self.waiting().entry}

    def crumbs(self) -> Any:
        return ((_("Exceptions from landing"), reverse("landing:exceptions")),)

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        decide_exception(
            actor=self.actor,
            now=self.now,
            exception=self.waiting(),
            agreed=form.cleaned_data["answer_is"] == "agree",
            answer=form.cleaned_data["reason"],
        )
        return reverse("landing:exceptions")
