"""Schemes: all with their figures, one with its sources, rules, models and runs; its editor and its steps."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Filter,
    ListPage,
    StepPage,
    reason_against,
    state_column,
    when,
)
from quanshu.supply.fusion import queries, rules, services
from quanshu.supply.fusion.models import Run, Scheme, SchemeVersion
from quanshu.supply.fusion.pages import labels
from quanshu.supply.fusion.permissions import FusionPermission as P
from quanshu.supply.fusion.types import SchemeState

EDITABLE = (SchemeState.DRAFT, SchemeState.IN_FORCE, SchemeState.REPLACED)
TOP = ((gettext_lazy("Data fusion"), "fusion:schemes"),)


def crumbs_to(scheme: Scheme | None = None) -> list[tuple[Any, str]]:
    """The way to a page below the list, and below a scheme."""
    way: list[tuple[Any, str]] = [(label, reverse(name)) for label, name in TOP]
    return [*way, (str(scheme), scheme.get_absolute_url())] if scheme else way


def figure(row: Scheme, *path: str) -> Any:
    """A figure of the run in use, or None."""
    found: Any = row.current.figures if row.current else None
    for part in path:
        found = found.get(part) if found else None
    return found


def linked_share(row: Scheme) -> float | None:
    """Records that share their identity with another / all records."""
    records = figure(row, "records")
    return figure(row, "linked") / records if records else None


class Schemes(ListPage):
    """Every scheme the actor may see."""

    title = gettext_lazy("Data fusion")
    subtitle = gettext_lazy("Records of one person or enterprise, found across sources and kept under one identity.")
    permission = P.VIEW
    search = ("title", "title_en", "code", "unit__name")
    search_hint = gettext_lazy("Scheme or unit")
    order = "title"
    export_name = "fusion-schemes"
    empty_title = gettext_lazy("No fusion scheme yet")
    empty_hint = gettext_lazy("A scheme names the sources to be fused and says which value stands.")
    filters = (Filter("kind", gettext_lazy("Kind"), choices=list(labels.KINDS.items()), field="kind"),)
    columns = (
        Column("title", gettext_lazy("Scheme"), value=str, sort="title", link=Scheme.get_absolute_url),
        Column("kind", gettext_lazy("Kind"), value=lambda row: labels.KINDS[row.kind], sort="kind", phone=False),
        Column("identities", gettext_lazy("Identities"), value=lambda row: figure(row, "identities", "active"),
               kind="number"),
        Column("records", gettext_lazy("Records"), value=lambda row: figure(row, "records"), kind="number",
               phone=False),
        Column("share", gettext_lazy("Records linked"), value=linked_share, kind="percent"),
        Column("backlog", gettext_lazy("To be decided"), kind="number", sort="backlog"),
        Column("run", gettext_lazy("Run at"), value="current.ended_at", kind="datetime", phone=False),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.with_backlog(queries.list_schemes(self.actor))

    def actions(self) -> list[Action]:
        found = []
        if allows(self.actor, P.EDIT):
            found.append(Action(_("New scheme"), reverse("fusion:new"), "plus", method="get"))
        if allows(self.actor, P.SEARCH):
            found.append(Action(_("Find an identity"), reverse("fusion:search"), "search", "outline-primary", "get"))
        found.append(Action(_("Runs"), reverse("fusion:runs"), "history", "outline-primary", "get"))
        found.append(Action(_("Decisions"), reverse("fusion:decisions"), "gavel", "outline-primary", "get"))
        return found


class SchemePage(DetailPage):
    """One scheme."""

    permission = P.VIEW
    audit_kind = "fusion.scheme"

    def get_object(self, **kwargs: Any) -> Scheme:
        return queries.get_scheme(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to()

    def latest(self) -> SchemeVersion:
        version: SchemeVersion = self.object.versions.first()
        return version

    def state(self, obj: Scheme) -> tuple[str, str]:
        latest = self.latest()
        return str(labels.VERSION_STATES[latest.state]), labels.VERSION_TONES[latest.state]

    def facts(self, obj: Scheme) -> list[tuple[Any, Any]]:
        latest = self.latest()
        return [
            (_("Code"), obj.code),
            (_("Kind"), labels.KINDS[obj.kind]),
            (_("Kept by"), str(obj.unit)),
            (_("Description"), obj.description),
            (_("Version"), f"{latest.number} · {labels.VERSION_STATES[latest.state]}"),
            (_("Author"), latest.author),
            (_("Reviewed by"), latest.reviewer),
            (_("Reviewer's note"), latest.note),
            (_("Schedule"), obj.cron),
            (_("Next run"), when(obj.next_at) if obj.next_at else None),
        ]

    def actions(self, obj: Scheme) -> list[Action]:
        latest, found = self.latest(), []

        def at(name: str) -> str:
            return reverse(f"fusion:{name}", args=[obj.uid])

        if allows(self.actor, P.RUN, obj):
            reason = reason_against(rules.check_in_force, obj.in_force)
            found.append(Action(_("Run now"), at("run-start"), "player-play", reason=reason))
            confirm = _("Train the model again and compare every record anew?")
            found.append(
                Action(_("Train anew"), at("train"), "school", "outline-primary", reason=reason, confirm=confirm)
            )
        if allows(self.actor, P.EDIT, obj):
            reason = reason_against(rules.check_step, latest.state, *EDITABLE)
            found.append(Action(_("Edit"), at("edit"), "pencil", "outline-primary", "get", reason=reason))
            reason = reason_against(rules.check_step, latest.state, SchemeState.DRAFT)
            found.append(Action(_("Submit for review"), at("submit"), "send", "outline-primary", reason=reason))
            found.append(Action(_("Schedule"), at("schedule"), "clock", "outline-primary", "get"))
        if allows(self.actor, P.PUBLISH, obj):
            reason = reason_against(
                rules.check_reviewer, state=latest.state, author_uid=latest.author_uid, actor_uid=self.actor.uid
            )
            found.append(Action(_("Put in force"), at("enforce"), "check", "success", reason=reason))
            found.append(Action(_("Return"), at("return"), "arrow-back-up", "outline-danger", "get", reason=reason))
        return found

    def cards(self, obj: Scheme) -> list[Card]:
        found = [*self.figures(obj), self.sources(), self.rules_card()]
        columns = (
            Column("trained", _("Trained at"), value="trained_at", kind="datetime",
                   link=lambda row: reverse("fusion:model", args=[row.uid])),
            Column("records", _("Records"), value="trained_on", kind="number"),
        )  # fmt: skip
        found.append(
            Card(_("Models"), columns=columns, rows=obj.trained_models.all(), empty_title=_("Trained at the first run"))
        )
        found.append(
            Card(
                _("Runs"),
                columns=run_columns(),
                rows=queries.list_runs(self.actor).filter(scheme=obj)[:10],
                empty_title=_("Not run yet"),
                more=(f"{reverse('fusion:runs')}?scheme={obj.code}", _("All runs")),
            )
        )
        versions = (
            Column("number", _("Version"), kind="number"),
            state_column(labels.VERSION_STATES, labels.VERSION_TONES),
            Column("author", _("Author"), phone=False),
            Column("saved", _("Saved at"), value="saved_at", kind="datetime"),
            Column("reviewer", _("Reviewed by"), phone=False),
        )  # fmt: skip
        found.append(Card(_("Versions"), columns=versions, rows=obj.versions.all()))
        return found

    def figures(self, obj: Scheme) -> list[Card]:
        """What the run in use found."""
        (row,) = queries.fusion_figures(queries.list_schemes(self.actor).filter(pk=obj.pk))
        if obj.current is None:
            return []
        percent = f"{row.linked_share * 100:.1f}%" if row.linked_share is not None else None
        facts = [
            (_("Identities"), f"{row.identities:,}"),
            (_("Records"), f"{row.records:,}"),
            (_("Records linked with another"), percent),
            *((labels.HOW[how], f"{count:,}") for how, count in row.how.items()),
            (_("To be decided"), f"{row.backlog:,}"),
            (_("Of these conflicts"), f"{row.conflicts:,}"),
            *((labels.LIVES[life], f"{count:,}") for life, count in row.life.items()),
        ]
        reviews = (f"{reverse('fusion:reviews')}?scheme={obj.code}&state=open", _("Open the reviews"))
        may_review = allows(self.actor, P.REVIEW)
        entries = [(_("Golden records"), obj.golden_entry), (_("Identity map"), obj.map_entry),
                   (_("Life status"), obj.life_entry)]  # fmt: skip
        tables = [{"what": what, "entry": entry} for what, entry in entries if entry is not None]
        columns = (
            Column("what", _("Table")),
            Column("entry", _("Its entry in the catalogue"), value=lambda one: str(one["entry"]),
                   link=lambda one: one["entry"].get_absolute_url()),
            Column("rows", _("Rows"), value="entry.landed_rows", kind="number"),
        )  # fmt: skip
        return [
            Card(_("Figures"), facts=facts, more=reviews if may_review else None),
            Card(_("What it gives"), columns=columns, rows=tables),
        ]

    def sources(self) -> Card:
        """The sources of the latest version."""
        latest = self.latest()
        specs = rules.parse_sources(latest.sources)
        entries = queries.find_entries(specs, self.actor)
        columns = (
            Column("name", _("Name"), kind="code"),
            Column("entry", _("Resource"), value=lambda row: str(entries.get(row.name) or row.code),
                   link=lambda row: entries[row.name].get_absolute_url() if row.name in entries else ""),
            Column("columns", _("Attributes"), phone=False, value=lambda row: "、".join(
                str(labels.ATTRIBUTES[name]) for name in row.columns)),
            Column("fresh", _("Freshness"), kind="code", phone=False),
            Column("one", _("One row a party"), value="one_row"),
        )  # fmt: skip
        return Card(_("Sources, the best first"), columns=columns, rows=specs)

    def rules_card(self) -> Card:
        """Thresholds and rules of survivorship and life."""
        latest = self.latest()
        facts = [
            (_("Linked from a probability of"), latest.link_at),
            (_("Looked at from a probability of"), latest.review_at),
        ]
        values = {"survivors": latest.survivors, "evidence": latest.evidence}
        return Card(_("Rules"), facts=facts, template="fusion/rules.html", values=values)


def run_columns() -> tuple[Column, ...]:
    """Runs of a scheme."""
    return (
        Column("queued", _("Asked for"), value="queued_at", kind="datetime", link=Run.get_absolute_url),
        Column("cause", _("Cause"), value=lambda row: labels.CAUSES.get(row.cause, row.cause)),
        Column("touched", _("Records compared"), value=lambda row: row.figures.get("touched"), kind="number",
               phone=False),
        Column("ended", _("Ended"), value="ended_at", kind="datetime", phone=False),
        state_column(labels.RUN_STATES, labels.RUN_TONES),
    )  # fmt: skip


class Step(StepPage):
    """A button of a scheme's page."""

    permission = P.VIEW
    subject = "scheme"
    read = staticmethod(queries.get_scheme)


class StartRun(ActionPage):
    """Run a scheme, with the model it has or one trained anew."""

    permission = P.RUN
    cause = "manual"

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        scheme = queries.get_scheme(actor=self.actor, uid=kwargs["uid"])
        run = services.start_run(actor=self.actor, now=self.now, scheme=scheme, cause=self.cause)
        return "", run.get_absolute_url()
