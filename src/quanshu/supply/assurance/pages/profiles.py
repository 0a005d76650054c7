"""A table's profile: what its columns hold, in charts, and the rules this suggests, chosen by check box."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Card, Column, DetailPage, grouped, when
from quanshu.supply.assurance import queries, services
from quanshu.supply.assurance.models import Profile
from quanshu.supply.assurance.pages import charts, labels
from quanshu.supply.assurance.types import NothingChosen
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.quality.api import QualityPermission as P
from quanshu.supply.quality.api import ScanState, adopt_suggestions, get_table, present_rules, share, table_url
from quanshu.supply.quality.api import labels as quality_labels

MOVING = frozenset({ScanState.QUEUED, ScanState.RUNNING})
TOP_CHARTS = 12


class ProfilePage(DetailPage):
    """The newest profile of a table, with suggested rules."""

    permission = P.VIEW
    template_name = "assurance/profile.html"

    def get_object(self, **kwargs: Any) -> Entry:
        return get_table(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return _("Profile of %(table)s") % {"table": self.object}

    def crumbs(self) -> Any:
        return ((_("Data quality"), reverse("quality:scorecard")), (str(self.object), table_url(self.object.uid)))

    def actions(self, obj: Entry) -> list[Action]:
        if not allows(self.actor, P.SCAN, obj):
            return []
        landed = _("Nothing has landed yet.") if obj.landed_rows is None else None
        url = reverse("assurance:table-profile-start", args=[obj.uid])
        return [Action(_("Make a new profile"), url, "chart-histogram", reason=landed)]

    def facts(self, obj: Entry) -> list[tuple[Any, Any]]:
        latest = queries.latest_profile(obj, finished=True)
        if latest is None:
            return [(_("Unit"), str(obj.unit))]
        distinct = _("estimated") if latest.body.get("approximate") else _("counted")
        return [
            (_("Unit"), str(obj.unit)),
            (_("Made at"), when(latest.ended_at)),
            (_("Rows"), grouped(latest.rows or 0)),
            (_("Version of the lake table"), str(latest.lake_version)),
            (_("Different values are"), distinct),
        ]

    def detail_context(self, obj: Entry) -> dict[str, Any]:
        newest = queries.latest_profile(obj)
        latest = queries.latest_profile(obj, finished=True)
        moving = newest is not None and newest.state in MOVING
        fault = (
            quality_labels.error_text(newest.error) if newest is not None and newest.state == ScanState.FAILED else ""
        )
        context: dict[str, Any] = {"moving": moving, "fault": fault, "latest": latest, "clocks": ()}
        if latest is None:
            return context
        editor = allows(self.actor, P.EDIT, obj)
        return context | {
            "filled": charts.filled_chart(latest, titles_of(obj)),
            "tops": top_charts(latest, titles_of(obj)),
            "column_columns": column_columns(obj, latest),
            "columns": latest.body["columns"],
            "suggested": suggested_rows(obj, latest) if editor else [],
            "cards": finding_cards(obj, latest),
        }


def titles_of(entry: Entry) -> dict[str, str]:
    """Titles of the entry's items in the reader's language."""
    return {item.name: quality_labels.columns_text(entry, [item.name]) for item in entry.items.all()}


def column_columns(entry: Entry, profile: Profile) -> tuple[Column, ...]:
    """Columns of the table of columns."""
    titles, rows = titles_of(entry), profile.rows or 0

    def known_form(row: dict[str, Any]) -> str:
        best = max(row["forms"].items(), key=lambda pair: pair[1], default=None)
        return f"{quality_labels.KINDS[best[0]]} · {share(best[1], row['filled'])}" if best else ""

    def lengths(row: dict[str, Any]) -> str:
        if row["shortest"] is None:
            return ""
        same = row["shortest"] == row["longest"]
        return str(row["shortest"]) if same else f"{row['shortest']} – {row['longest']}"

    return (
        Column("title", _("Field"), value=lambda row: titles.get(row["name"], row["name"])),
        Column("filled", _("Filled in"), value=lambda row: row["filled"] / rows if rows else None, kind="percent"),
        Column("distinct", _("Different values"), kind="number"),
        Column("min", _("Lowest"), value=lambda row: (row["minimum"] or "")[:40], phone=False),
        Column("max", _("Highest"), value=lambda row: (row["maximum"] or "")[:40], phone=False),
        Column("length", _("Length"), value=lengths, phone=False),
        Column("form", _("Known form"), value=known_form, phone=False),
    )


def top_charts(profile: Profile, titles: dict[str, str]) -> list[tuple[str, str, dict[str, Any]]]:
    """A chart of the frequent values of each column that is not masked: (title, identifier, chart)."""
    rows = [row for row in profile.body["columns"] if row["top"]][:TOP_CHARTS]
    return [
        (titles.get(row["name"], row["name"]), f"chart-top-{place}", charts.top_chart(row["top"]))
        for place, row in enumerate(rows)
    ]


def table_titles(profile: Profile) -> dict[str, str]:
    """Names of the tables that the profile refers to."""
    wanted = {row["table"] for row in profile.body["inclusions"]}
    wanted |= {row["figures"]["table"] for row in profile.suggestions if "table" in row["figures"]}
    return {entry.lake_table: str(entry) for entry in Entry.objects.filter(lake_table__in=wanted)}


def suggested_rows(entry: Entry, profile: Profile) -> list[dict[str, Any]]:
    """Suggested rules that are not there yet, each with evidence and what would fail now."""
    present, names = present_rules(entry), table_titles(profile)
    return [
        {
            "place": place,
            "name": row["name"],
            "kind": quality_labels.KINDS[row["kind"]],
            "columns": quality_labels.columns_text(entry, row["columns"]),
            "evidence": labels.evidence_text(row, names),
            "failed": row["failed"],
            "tested": row["tested"],
        }
        for place, row in enumerate(profile.suggestions)
        if (row["kind"], tuple(row["columns"])) not in present
    ]


def finding_cards(entry: Entry, profile: Profile) -> list[Card]:
    """Keys, dependencies and references that the data show."""
    names = table_titles(profile)
    keys = [{"key": quality_labels.columns_text(entry, key)} for key in profile.body["keys"]]
    decides = (
        Column(
            "decides", _("Field that decides"), value=lambda row: quality_labels.columns_text(entry, [row["decides"]])
        ),
        Column(
            "follows", _("Field that follows"), value=lambda row: quality_labels.columns_text(entry, [row["follows"]])
        ),
        Column("holds", _("Holds in"), value=lambda row: share(row["agreeing"], row["rows"])),
    )
    refers = (
        Column("column", _("Field"), value=lambda row: quality_labels.columns_text(entry, [row["column"]])),
        Column("table", _("Occurs in"), value=lambda row: names.get(row["table"], row["table"])),
        Column("holds", _("Values found"), value=lambda row: share(row["found"], row["values"])),
    )
    found = [
        Card(_("Candidate keys"), columns=(Column("key", _("Fields")),), rows=keys),
        Card(_("One field decides another"), columns=decides, rows=profile.body["dependencies"]),
        Card(_("References to other tables"), columns=refers, rows=profile.body["inclusions"]),
    ]
    return [card for card in found if card.rows]


class StartProfile(ActionPage):
    """Queue a profile of a table."""

    permission = P.SCAN

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        entry = get_table(actor=self.actor, uid=kwargs["uid"])
        services.start_profile(actor=self.actor, now=self.now, entry=entry)
        return _("The profile is being made."), reverse("assurance:table-profile", args=[entry.uid])


class AdoptChosen(ActionPage):
    """Take up the suggested rules that were chosen."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        entry = get_table(actor=self.actor, uid=kwargs["uid"])
        profile = queries.latest_profile(entry, finished=True)
        places = {text for text in self.request.POST.getlist("chosen") if text.isdecimal()}
        kept = profile.suggestions if profile is not None else []
        wanted = [services.rule_data(row) for place, row in enumerate(kept) if str(place) in places]
        if not wanted:
            raise NothingChosen
        made = len(adopt_suggestions(actor=self.actor, now=self.now, entry=entry, wanted=wanted))
        text = ngettext("%(n)s rule added.", "%(n)s rules added.", made) % {"n": made}
        return text, table_url(entry.uid)

    def fallback_url(self, **kwargs: Any) -> str:
        return reverse("assurance:table-profile", args=[kwargs["uid"]])
