"""Rules: the list, one rule with its versions, and its switch."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Card, Column, DetailPage, Filter, ListPage
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.quality import queries, services
from quanshu.supply.quality.models import Rule, RuleVersion
from quanshu.supply.quality.pages import labels
from quanshu.supply.quality.pages.scorecards import table_url
from quanshu.supply.quality.permissions import QualityPermission as P

ON_OFF = [("1", gettext_lazy("On")), ("0", gettext_lazy("Off"))]
RESULTS = 20


def rule_url(rule: Rule) -> str:
    """A rule's page."""
    return reverse("quality:rule", args=[rule.uid])


def tables_of(page: Any) -> list[tuple[str, str]]:
    """Tables that have rules the actor may see."""
    rows = page.queryset().order_by().values_list("entry__uid", "entry__resource_name").distinct()
    return sorted(rows, key=lambda row: str(row[1]))


def units_of(page: Any) -> list[tuple[str, str]]:
    """Units whose tables have rules the actor may see."""
    rows = page.queryset().order_by().values_list("entry__unit__uid", "entry__unit__name").distinct()
    return sorted(rows, key=lambda row: str(row[1]))


class Rules(ListPage):
    """Every rule the actor may see."""

    title = gettext_lazy("Quality rules")
    permission = P.VIEW
    search = ("name", "entry__resource_name", "entry__name_en", "entry__unit__name")
    search_hint = gettext_lazy("Rule, table or unit")
    order = "table"
    export_name = "quality-rules"
    empty_title = gettext_lazy("No rule yet")
    empty_hint = gettext_lazy("Open a table's scorecard and take up the suggested rules.")
    filters = (
        Filter("unit", gettext_lazy("Unit"), choices=units_of, field="entry__unit__uid"),
        Filter("table", gettext_lazy("Table"), choices=tables_of, field="entry__uid"),
        Filter("kind", gettext_lazy("Kind"), choices=list(labels.KINDS.items()), field="current__kind"),
        Filter("dimension", gettext_lazy("Dimension"), choices=list(labels.DIMENSIONS.items()), field="dimension"),
        Filter("active", gettext_lazy("State"), choices=ON_OFF, field="active"),
    )
    columns = (
        Column("name", gettext_lazy("Rule"), sort="name", link=rule_url),
        Column("table", gettext_lazy("Table"), value=lambda row: str(row.entry), sort="entry__resource_name",
               link=lambda row: table_url(row.entry.uid)),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.entry.unit), sort="entry__unit__name",
               phone=False),
        Column("kind", gettext_lazy("Kind"), value=lambda row: labels.KINDS.get(row.current.kind),
               sort="current__kind", phone=False),
        Column("dimension", gettext_lazy("Dimension"), value=lambda row: labels.DIMENSIONS.get(row.dimension),
               sort="dimension", phone=False),
        Column("version", gettext_lazy("Version"), value="current.number", kind="number", phone=False),
        Column("open", gettext_lazy("To be corrected"), value="waiting", sort="waiting", kind="number"),
        Column("active", gettext_lazy("State"), value=lambda row: _("On") if row.active else _("Off"), kind="badge",
               tone=lambda row: "green" if row.active else "secondary", sort="active", phone=False),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Data quality"), reverse("quality:scorecard")),)

    def queryset(self) -> Any:
        waiting = Count("problems", filter=Q(problems__state="open"))
        return queries.list_rules(self.actor).annotate(waiting=waiting)

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.EDIT):
            return []
        return [Action(_("New rule"), reverse("quality:rule-new"), "plus", method="get")]


class RulePage(DetailPage):
    """One rule: what it asks, its versions, what it found check by check."""

    permission = P.VIEW
    audit_kind = "quality.rule"

    def get_object(self, **kwargs: Any) -> Rule:
        return queries.get_rule(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        rule: Rule = self.object
        return ((_("Quality rules"), reverse("quality:rules")), (str(rule.entry), table_url(rule.entry.uid)))

    def state(self, obj: Rule) -> tuple[str, str]:
        return (_("On"), "green") if obj.active else (_("Off"), "secondary")

    def facts(self, obj: Rule) -> list[tuple[Any, Any]]:
        return [
            (_("Table"), str(obj.entry)),
            (_("Unit"), str(obj.entry.unit)),
            (_("Dimension (GB/T 36344)"), labels.DIMENSIONS.get(obj.dimension)),
            (_("Severity"), labels.SEVERITIES.get(obj.severity)),
            (_("Version"), obj.current.number if obj.current else None),
        ]

    def actions(self, obj: Rule) -> list[Action]:
        found = []
        if allows(self.actor, P.EXCUSE, obj):
            url = reverse("quality:rule-except", args=[obj.uid])
            found.append(Action(_("Make an exception"), url, "message-check", style="outline-primary", method="get"))
        if not allows(self.actor, P.EDIT, obj):
            return found
        revise = Action(_("Revise"), reverse("quality:rule-revise", args=[obj.uid]), "versions", method="get")
        label, icon = (_("Switch off"), "player-pause") if obj.active else (_("Switch on"), "player-play")
        url = reverse("quality:rule-switch", args=[obj.uid])
        switch = Action(label, url, icon, style="outline-primary", values={"active": "0" if obj.active else "1"})
        return [revise, switch, *found]

    def cards(self, obj: Rule) -> list[Card]:
        return [self.definition(obj), self.found(obj), self.versions(obj)]

    def definition(self, rule: Rule) -> Card:
        """What the present version asks."""
        version = rule.current
        assert version is not None  # noqa: S101 - every rule is made with its first version
        facts = [
            (_("Kind"), labels.KINDS.get(version.kind)),
            (_("Fields"), labels.columns_text(rule.entry, version.columns)),
            (_("Compared with"), labels.params_text(version, table_names([version]))),
        ]
        return Card(_("What it asks"), note=labels.KIND_HINTS.get(version.kind, ""), facts=facts)

    def found(self, rule: Rule) -> Card:
        """Results of the latest checks; the rate with what it is counted from."""
        columns = (
            Column("at", _("Scanned at"), value="scan.ended_at", kind="datetime",
                   link=lambda row: reverse("quality:scan", args=[row.scan.uid])),
            Column("version", _("Version"), value="version.number", kind="number", phone=False),
            Column("rate", _("Pass rate"), value="pass_rate", kind="percent"),
            Column("failed", _("Failures"), kind="number"),
            Column("tested", _("Tested"), kind="number"),
        )  # fmt: skip
        url = f"{reverse('quality:problems')}?rule={rule.uid}"
        more = (url, _("Problem records of this rule")) if allows(self.actor, P.PROBLEM_VIEW, rule) else None
        rows = queries.results_of(rule)[:RESULTS]
        return Card(_("What it found"), columns=columns, rows=rows, empty_title=_("Not run yet"), more=more)

    def versions(self, rule: Rule) -> Card:
        """Every version; a problem closes only by the version that found it."""
        rows = list(rule.versions.all())
        names = table_names(rows)
        columns = (
            Column("number", _("Version"), kind="number"),
            Column("kind", _("Kind"), value=lambda row: labels.KINDS.get(row.kind)),
            Column("columns", _("Fields"), value=lambda row: labels.columns_text(rule.entry, row.columns)),
            Column("params", _("Compared with"), value=lambda row: labels.params_text(row, names), phone=False),
            Column("at", _("Made at"), value="created_at", kind="datetime", phone=False),
            Column("by", _("By"), value="created_by", phone=False),
        )
        note = _("A problem closes only when the version that found it passes.")
        return Card(_("Versions"), note=note, columns=columns, rows=rows)


def table_names(versions: list[RuleVersion]) -> dict[str, str]:
    """Names of the tables that reference rules look into."""
    wanted = [version.params.get("table") for version in versions if version.params.get("table")]
    return {entry.lake_table: str(entry) for entry in Entry.objects.filter(lake_table__in=wanted)}


class SwitchRule(ActionPage):
    """Switch a rule on or off."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        rule = queries.get_rule(actor=self.actor, uid=kwargs["uid"])
        active = self.request.POST.get("active") == "1"
        services.switch_rule(actor=self.actor, now=self.now, rule=rule, active=active)
        return (_("The rule is on.") if active else _("The rule is off; its open problems stay.")), rule_url(rule)
