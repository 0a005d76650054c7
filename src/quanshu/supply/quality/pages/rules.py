"""Rules of a table: list, versions, and the form that makes them."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.checks import CheckKind
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Card, Column, DetailPage, Filter, Form, FormPage, ListPage
from quanshu.supply.catalogue.api import Entry, get_entry, items_of
from quanshu.supply.quality import queries, services
from quanshu.supply.quality.models import Rule
from quanshu.supply.quality.pages.labels import DIMENSIONS, KINDS, SEVERITIES
from quanshu.supply.quality.permissions import QualityPermission as P
from quanshu.supply.quality.types import RuleData


def rule_url(rule: Rule) -> str:
    """A rule's page."""
    return f"/quality/rules/{rule.uid}/"


RULE_COLUMNS = (
    Column("name", gettext_lazy("Rule"), sort="name", link=rule_url),
    Column("entry", gettext_lazy("Table"), value=lambda row: str(row.entry), sort="entry__resource_name", phone=False),
    Column("kind", gettext_lazy("Kind"), value=lambda row: KINDS[row.current.kind] if row.current else ""),
    Column("dimension", gettext_lazy("Dimension"), value=lambda row: DIMENSIONS[row.dimension], phone=False),
    Column(
        "columns",
        gettext_lazy("Fields"),
        value=lambda row: ", ".join(row.current.columns) if row.current else "",
        phone=False,
    ),
    Column(
        "active",
        gettext_lazy("State"),
        value=lambda row: _("On") if row.active else _("Off"),
        kind="badge",
        tone=lambda row: "green" if row.active else "secondary",
    ),
)


class Rules(ListPage):
    """Every rule the actor may see."""

    title = gettext_lazy("Quality rules")
    permission = P.VIEW
    search = ("name", "entry__resource_name", "entry__unit__name")
    order = "name"
    export_name = "rules"
    empty_title = gettext_lazy("No rule yet")
    empty_hint = gettext_lazy("Open a table and take up the suggested rules.")
    filters = (
        Filter("kind", gettext_lazy("Kind"), choices=list(KINDS.items()), field="current__kind"),
        Filter("dimension", gettext_lazy("Dimension"), choices=list(DIMENSIONS.items()), field="dimension"),
    )
    columns = RULE_COLUMNS

    def queryset(self) -> Any:
        return queries.list_rules(self.actor)

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Data quality"), "/quality/")]


class RulePage(DetailPage):
    """A rule and its versions."""

    permission = P.VIEW
    audit_kind = "quality.rule"

    def get_object(self, **kwargs: Any) -> Rule:
        return queries.get_rule(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        entry = self.object.entry
        return [(_("Data quality"), "/quality/"), (str(entry), f"/quality/tables/{entry.uid}/")]

    def state(self, obj: Rule) -> tuple[str, str]:
        return (_("On"), "green") if obj.active else (_("Off"), "secondary")

    def facts(self, obj: Rule) -> list[tuple[Any, Any]]:
        return [
            (_("Table"), str(obj.entry)),
            (_("Dimension"), DIMENSIONS[obj.dimension]),  # type: ignore[index]
            (_("Severity"), SEVERITIES[obj.severity]),  # type: ignore[index]
            (_("Version"), obj.current.number if obj.current else ""),
        ]

    def actions(self, obj: Rule) -> list[Action]:
        if not allows(self.actor, P.EDIT, obj):
            return []
        label = _("Switch off") if obj.active else _("Switch on")
        return [
            Action(_("Edit"), f"{rule_url(obj)}edit/", "edit", method="get", style="outline-primary"),
            Action(label, f"{rule_url(obj)}switch/", style="outline-danger"),
        ]

    def cards(self, obj: Rule) -> list[Card]:
        columns = (
            Column("number", _("Version"), kind="number"),
            Column("kind", _("Kind"), value=lambda row: KINDS[row.kind]),
            Column("columns", _("Fields"), value=lambda row: ", ".join(row.columns)),
            Column("params", _("Parameters"), value=lambda row: json.dumps(row.params, ensure_ascii=False)[:200]),
            Column("created_at", _("Made at"), kind="datetime", phone=False),
            Column("created_by", _("By"), phone=False),
        )
        note = _("A problem closes only by the version of the rule that found it.")
        return [Card(_("Versions"), note=note, columns=columns, rows=obj.versions.all())]


class RuleForm(Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(KINDS.items()))
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Fields"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("One field; for dates in order the earlier one first; for unique one or more."),
    )
    codes = forms.CharField(
        label=gettext_lazy("Codes"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Code list: the codes, separated by commas."),
    )
    pattern = forms.CharField(
        label=gettext_lazy("Form"), required=False, help_text=gettext_lazy("A regular expression for the whole value.")
    )
    low = forms.CharField(
        label=gettext_lazy("Lowest"), required=False, help_text=gettext_lazy("A number or a date such as 2020-01-01.")
    )
    high = forms.CharField(label=gettext_lazy("Highest"), required=False)
    table = forms.CharField(
        label=gettext_lazy("Referred table"),
        required=False,
        help_text=gettext_lazy("The resource code of the entry that must hold the value."),
    )
    column = forms.CharField(label=gettext_lazy("Referred field"), required=False)
    dimension = forms.ChoiceField(
        label=gettext_lazy("Dimension"),
        required=False,
        choices=[("", gettext_lazy("As the kind suggests")), *DIMENSIONS.items()],
    )
    severity = forms.ChoiceField(label=gettext_lazy("Severity"), choices=list(SEVERITIES.items()))

    def __init__(self, *args: Any, items: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(item.name, f"{item.title} ({item.name})") for item in items]
        self.fields["columns"].choices = choices  # type: ignore[attr-defined]


def rule_data(page: Any, form: forms.Form) -> RuleData:
    """What was entered as the value services take. FieldErrors for a limit or table that cannot be read."""
    given = form.cleaned_data
    params: dict[str, Any] = {}
    if given["kind"] == CheckKind.CODE_LIST:
        text = given["codes"].replace("，", ",").replace("\n", ",")
        params["codes"] = [code.strip() for code in text.split(",") if code.strip()]
    elif given["kind"] == CheckKind.PATTERN:
        params["pattern"] = given["pattern"]
    elif given["kind"] == CheckKind.RANGE:
        params = {key: limit(name, given[name]) for key, name in (("min", "low"), ("max", "high")) if given[name]}
    elif given["kind"] == CheckKind.REFERENCE:
        other = get_entry(actor=page.actor, uid=given["table"])
        params = {"table": other.lake_table, "column": given["column"]}
    return RuleData(
        given["name"], given["kind"], tuple(given["columns"]), params, given["dimension"], given["severity"]
    )


def limit(name: str, text: str) -> str | float:
    """A number, or an ISO date as text."""
    if text.count("-") == 2:
        return text.strip()
    try:
        return float(text)
    except ValueError as fault:
        told = FieldError(name, _("“%(text)s” is neither a number nor a date.") % {"text": text}, _("Correct it."))
        raise FieldErrors(errors=(told,)) from fault


class NewRule(FormPage):
    """Add a rule to a table."""

    title = gettext_lazy("New rule")
    permission = P.EDIT
    form_class = RuleForm
    success = gettext_lazy("The rule is there; the next check uses it.")

    def entry(self) -> Entry:
        return get_entry(actor=self.actor, uid=self.kwargs["uid"])

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"items": items_of(self.entry())}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"subtitle": str(self.entry())}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        data = rule_data(self, form)
        return rule_url(services.create_rule(actor=self.actor, now=self.now, entry=self.entry(), data=data))


class EditRule(NewRule):
    """Give a rule its next version."""

    title = gettext_lazy("Edit the rule")
    success = gettext_lazy("The next version is there; the next check uses it.")

    def rule(self) -> Rule:
        return queries.get_rule(actor=self.actor, uid=self.kwargs["uid"])

    def entry(self) -> Entry:
        return self.rule().entry

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        rule = self.rule()
        version = rule.current
        if version is None:
            return {"name": rule.name}
        table = Entry.objects.filter(lake_table=version.params.get("table", "")).first()
        return {
            "name": rule.name,
            "kind": version.kind,
            "columns": version.columns,
            "codes": ", ".join(version.params.get("codes", [])),
            "pattern": version.params.get("pattern", ""),
            "low": version.params.get("min", ""),
            "high": version.params.get("max", ""),
            "table": table.code if table else "",
            "column": version.params.get("column", ""),
            "dimension": rule.dimension,
            "severity": rule.severity,
        }

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        data = rule_data(self, form)
        return rule_url(services.revise_rule(actor=self.actor, now=self.now, rule=self.rule(), data=data))


class Switch(ActionPage):
    """Switch a rule on or off."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        rule = queries.get_rule(actor=self.actor, uid=kwargs["uid"])
        services.switch_rule(actor=self.actor, now=self.now, rule=rule, active=not rule.active)
        return _("Saved."), rule_url(rule)


class Adopt(ActionPage):
    """Take up the rules that follow from the entry's items."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        entry = get_entry(actor=self.actor, uid=kwargs["uid"])
        made = services.adopt_suggestions(actor=self.actor, now=self.now, entry=entry)
        text = _("%(count)s rules were added.") % {"count": len(made)}
        return text if made else _("Every suggested rule is there already."), f"/quality/tables/{entry.uid}/"
