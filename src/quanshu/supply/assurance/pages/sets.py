"""Rule sets: the list, one set with its checks before landing, made and changed, exported as a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows, require
from quanshu.shared.web.api import Action, ActionPage, Card, Column, DetailPage, Filter, Form, FormPage, ListPage, Page
from quanshu.supply.assurance import queries, rules, services
from quanshu.supply.assurance.models import PreCheck, RuleSet
from quanshu.supply.assurance.pages import labels
from quanshu.supply.assurance.types import SetData, Verdict
from quanshu.supply.catalogue.api import Entry, contract_of, key_columns
from quanshu.supply.quality.api import QualityPermission as P
from quanshu.supply.quality.api import Rule, get_table, share, table_url
from quanshu.supply.quality.api import labels as quality_labels


class Sets(ListPage):
    """Every rule set the actor may see."""

    title = gettext_lazy("Rule sets")
    subtitle = gettext_lazy("A set marked before landing is run on the rows of every load before they are written.")
    permission = P.VIEW
    search = ("name", "entry__resource_name", "entry__unit__name")
    search_hint = gettext_lazy("Set, table or unit")
    order = "table"
    export_name = "quality-rule-sets"
    empty_title = gettext_lazy("No rule set yet")
    empty_hint = gettext_lazy("Open a table's scorecard and group its rules.")
    filters = (
        Filter("before", gettext_lazy("Before landing"), field="before_landing",
               choices=[("1", gettext_lazy("Yes")), ("0", gettext_lazy("No"))]),
        Filter("verdict", gettext_lazy("When it fails"), choices=list(labels.VERDICTS.items()), field="verdict"),
    )  # fmt: skip
    columns = (
        Column("name", gettext_lazy("Rule set"), sort="name", link=lambda row: row.get_absolute_url()),
        Column("table", gettext_lazy("Table"), value=lambda row: str(row.entry), sort="entry__resource_name",
               link=lambda row: table_url(row.entry.uid)),
        Column("rules", gettext_lazy("Rules"), value=lambda row: len(row.current.rules), kind="number"),
        Column("version", gettext_lazy("Version"), value="current.number", kind="number", phone=False),
        Column("before", gettext_lazy("Before landing"), value="before_landing", sort="before_landing", phone=False),
        Column("verdict", gettext_lazy("When it fails"), value=lambda row: labels.VERDICTS[row.verdict], sort="verdict",
               phone=False),
        Column("active", gettext_lazy("State"), value=lambda row: _("On") if row.active else _("Off"), kind="badge",
               tone=lambda row: "green" if row.active else "secondary", sort="active"),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Data quality"), reverse("quality:scorecard")),)

    def queryset(self) -> Any:
        return queries.list_sets(self.actor)


class SetPage(DetailPage):
    """One rule set."""

    permission = P.VIEW
    audit_kind = "quality.rule_set"

    def get_object(self, **kwargs: Any) -> RuleSet:
        return queries.get_set(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        entry = self.object.entry
        return ((_("Rule sets"), reverse("assurance:sets")), (str(entry), table_url(entry.uid)))

    def state(self, obj: RuleSet) -> tuple[str, str]:
        return (_("On"), "green") if obj.active else (_("Off"), "secondary")

    def facts(self, obj: RuleSet) -> list[tuple[Any, Any]]:
        return [
            (_("Table"), str(obj.entry)),
            (_("Unit"), str(obj.entry.unit)),
            (_("Severity"), quality_labels.SEVERITIES.get(obj.severity)),
            (_("Before landing"), _("Yes") if obj.before_landing else _("No")),
            (_("When it fails"), labels.VERDICTS.get(obj.verdict)),
            (_("Threshold"), f"{obj.threshold:.0%}" if obj.verdict == Verdict.STOP else None),
            (_("Version"), obj.current.number if obj.current else None),
        ]

    def actions(self, obj: RuleSet) -> list[Action]:
        export = reverse("assurance:set-export", args=[obj.uid])
        found = [Action(_("Export as a file"), export, "download", style="outline-primary", method="get")]
        if not allows(self.actor, P.EDIT, obj):
            return found
        label, icon = (_("Switch off"), "player-pause") if obj.active else (_("Switch on"), "player-play")
        url, values = reverse("assurance:set-switch", args=[obj.uid]), {"active": "0" if obj.active else "1"}
        edit = Action(_("Change"), reverse("assurance:set-edit", args=[obj.uid]), "versions", method="get")
        return [edit, Action(label, url, icon, style="outline-primary", values=values), *found]

    def cards(self, obj: RuleSet) -> list[Card]:
        rules = obj.current.rules if obj.current else []
        columns = (
            Column("name", _("Rule"), link=lambda row: reverse("quality:rule", args=[row["uid"]])),
            Column("kind", _("Kind"), value=lambda row: quality_labels.KINDS.get(row["kind"])),
            Column("columns", _("Fields"), value=lambda row: quality_labels.columns_text(obj.entry, row["columns"])),
            Column("version", _("Version"), kind="number", phone=False),
        )
        note = _("At the department: quanshu check FILE --rules RULES.json runs the exported file off line.")
        return [Card(_("Rules of the set"), note=note, columns=columns, rows=rules), self.checks(obj)]

    def checks(self, obj: RuleSet) -> Card:
        """What loads came to before they landed."""
        columns = (
            Column("at", _("Run at"), kind="datetime"),
            Column("outcome", _("Outcome"), value=lambda row: labels.OUTCOMES[row.outcome], kind="badge",
                   tone=lambda row: labels.OUTCOME_TONES[row.outcome]),
            Column("rate", _("Pass rate"), value="pass_rate", kind="percent"),
            Column("passed", _("Rows passed"), value=lambda row: share(row.passed, row.rows)),
            Column("refused", _("Refused"), kind="number", phone=False),
            Column("worst", _("Most failures"), value=worst_of, phone=False),
        )  # fmt: skip
        rows = queries.pre_checks(obj)[:30]
        hint = _("It is run when the next load of the table has been held against its contract.")
        title, none = _("Checks before landing"), _("No load yet since it was made")
        return Card(title, columns=columns, rows=rows, empty_title=none, empty_hint=hint)


def worst_of(check: PreCheck) -> str:
    """The rule that fails most."""
    worst = max(check.results, key=lambda row: row["failed"], default=None)
    return f"{worst['rule']} ({share(worst['failed'], worst['tested'])})" if worst and worst["failed"] else ""


class SetForm(Form):
    """A set as entered."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    rules = forms.MultipleChoiceField(label=gettext_lazy("Rules"), widget=forms.CheckboxSelectMultiple)
    severity = forms.ChoiceField(label=gettext_lazy("Severity"), choices=list(quality_labels.SEVERITIES.items()))
    before_landing = forms.BooleanField(
        label=gettext_lazy("Run before landing, on the rows of every load"), required=False
    )
    verdict = forms.ChoiceField(label=gettext_lazy("When it fails"), choices=list(labels.VERDICTS.items()))
    threshold = forms.FloatField(
        label=gettext_lazy("Threshold in percent"),
        min_value=1,
        max_value=100,
        initial=95,
        help_text=gettext_lazy("With “stop”: the load stops when fewer rows than this pass every rule of the set."),
    )

    def __init__(self, *args: Any, entry: Entry, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Rule.objects.filter(entry=entry, active=True).order_by("pk")
        self.fields["rules"].choices = [(rule.uid, rule.name) for rule in rows]  # type: ignore[attr-defined]

    def data_of(self) -> SetData:
        """What was entered."""
        given = self.cleaned_data
        return SetData(
            given["name"],
            tuple(given["rules"]),
            given["severity"],
            given["before_landing"],
            given["verdict"],
            given["threshold"] / 100,
        )


class NewSet(FormPage):
    """Group rules of a table."""

    title = gettext_lazy("New rule set")
    permission = P.EDIT
    form_class = SetForm
    success = gettext_lazy("The rule set is kept.")

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return table_url(self.entry().uid)

    def rule_set(self) -> RuleSet | None:
        return None

    def entry(self) -> Entry:
        entry = get_table(actor=self.actor, uid=self.kwargs["uid"])
        require(self.actor, P.EDIT, entry)
        return entry

    def crumbs(self) -> Any:
        entry = self.entry()
        return ((_("Rule sets"), reverse("assurance:sets")), (str(entry), table_url(entry.uid)))

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"entry": self.entry()}

    def save(self, form: Any, **kwargs: Any) -> str:
        kept = services.keep_set(
            actor=self.actor, now=self.now, entry=self.entry(), data=form.data_of(), rule_set=self.rule_set()
        )
        return kept.get_absolute_url()


class EditSet(NewSet):
    """Give a set its next version."""

    title = gettext_lazy("Change the rule set")

    def rule_set(self) -> RuleSet:
        return queries.get_set(actor=self.actor, uid=self.kwargs["uid"])

    def entry(self) -> Entry:
        entry = self.rule_set().entry
        require(self.actor, P.EDIT, entry)
        return entry

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return self.rule_set().get_absolute_url()

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        row = self.rule_set()
        names = ("name", "severity", "before_landing", "verdict")
        chosen = [rule["uid"] for rule in row.current.rules] if row.current else []
        return {name: getattr(row, name) for name in names} | {"rules": chosen, "threshold": row.threshold * 100}


class SwitchSet(ActionPage):
    """Switch a set on or off."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        row = queries.get_set(actor=self.actor, uid=kwargs["uid"])
        active = self.request.POST.get("active") == "1"
        services.switch_set(actor=self.actor, now=self.now, rule_set=row, active=active)
        return (_("The rule set is on.") if active else _("The rule set is off.")), row.get_absolute_url()


def export_of(row: RuleSet) -> dict[str, Any]:
    """The set as a file for `quanshu check`."""
    version = row.current
    body = {
        "severity": row.severity,
        "verdict": row.verdict,
        "threshold": row.threshold,
        "rules": version.rules if version else [],
        "keys": list(key_columns(row.entry)),
        "contract": [
            {
                "name": column.name,
                "type": str(column.type),
                "required": column.required,
                "max_length": column.max_length,
            }
            for column in contract_of(row.entry)
        ],
    }
    return rules.exported(
        entry_uid=row.entry.uid,
        entry_name=row.entry.resource_name,
        name=row.name,
        number=version.number if version else 0,
        body=body,
    )


class ExportSet(Page):
    """The set as a JSON file."""

    permission = P.VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        row = queries.get_set(actor=self.actor, uid=kwargs["uid"])
        response = JsonResponse(export_of(row), json_dumps_params={"ensure_ascii": False, "indent": 2})
        response["Content-Disposition"] = f'attachment; filename="rules-{row.uid}.json"'
        return response
