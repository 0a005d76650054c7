"""Making and revising a rule: choose a table, a kind, then fill in what the kind needs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.checks import CheckKind
from quanshu.lake.sqlcheck import BadQuery
from quanshu.organisation.api import Region
from quanshu.shared.access.api import require
from quanshu.shared.web.api import Column, Form, FormPage, ListPage, Page
from quanshu.supply.catalogue.api import Entry, items_of
from quanshu.supply.quality import queries, rules, services
from quanshu.supply.quality.models import Rule
from quanshu.supply.quality.pages import labels
from quanshu.supply.quality.pages.rule import rule_url
from quanshu.supply.quality.pages.scorecards import table_url
from quanshu.supply.quality.permissions import QualityPermission as P
from quanshu.supply.quality.types import KindNotFound, RuleData, Severity

# The two fields of kinds that name a pair, in order.
PAIRS = {
    CheckKind.DATE_ORDER: (gettext_lazy("Earlier date"), gettext_lazy("Later date")),
    CheckKind.BIRTH_DATE: (gettext_lazy("Citizen ID"), gettext_lazy("Birth date")),
    CheckKind.DEPENDENCY: (gettext_lazy("Field that decides"), gettext_lazy("Field that follows")),
    CheckKind.CONSISTENCY: (gettext_lazy("Key"), gettext_lazy("Field that must agree")),
}


class RuleForm(Form):
    """The fields every kind has; those of one kind are added by `field_for`."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150, required=False)
    dimension = forms.ChoiceField(label=gettext_lazy("Dimension (GB/T 36344)"), choices=list(labels.DIMENSIONS.items()))
    severity = forms.ChoiceField(label=gettext_lazy("Severity"), choices=list(labels.SEVERITIES.items()))

    def __init__(self, *args: Any, entry: Entry, kind: str, actor: Any, **kwargs: Any) -> None:
        self.entry, self.kind = entry, kind
        added = {**column_fields(entry, kind), **param_fields(kind, actor, entry)}
        self.base_fields = {**added, **type(self).base_fields}  # type: ignore[misc]
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = _("Left empty, it is named after the field and the kind.")

    def data_of(self) -> RuleData:
        """What was entered."""
        given = self.cleaned_data
        columns = columns_of(given)
        name = given["name"] or f"{labels.columns_text(self.entry, list(columns))}：{labels.KINDS[self.kind]}"
        return RuleData(
            name[:150],
            self.kind,
            columns,
            params_of(self.entry, self.kind, given),
            given["dimension"],
            given["severity"],
        )


def column_fields(entry: Entry, kind: str) -> dict[str, forms.Field]:
    """Which columns the rule looks at: one, two in order, or several."""
    choices = [(item.name, f"{labels.title_of(item)} ({item.name})") for item in items_of(entry)]
    if kind == CheckKind.UNIQUE:
        widget = forms.CheckboxSelectMultiple()
        return {
            "columns": forms.MultipleChoiceField(label=_("Fields, together"), choices=choices, widget=widget),
        }
    if kind in PAIRS:
        first, second = PAIRS[kind]
        return {
            "earlier": forms.ChoiceField(label=str(first), choices=choices),
            "later": forms.ChoiceField(label=str(second), choices=choices),
        }
    if kind in {CheckKind.PREDICATE, CheckKind.ROW_COUNT}:
        return {}
    return {"column": forms.ChoiceField(label=_("Field"), choices=choices)}


def param_fields(kind: str, actor: Any, entry: Entry) -> dict[str, forms.Field]:
    """What the rule compares with."""
    if kind == CheckKind.CODE_LIST:
        area = forms.Textarea(attrs={"rows": 6})
        hint = _("One code a line. Left empty, the codes of the catalogue item are taken.")
        return {"codes": forms.CharField(label=_("Codes"), widget=area, help_text=hint, required=False)}
    if kind == CheckKind.PATTERN:
        hint = _("A regular expression (RE2) that the whole value must fit, for example 1[3-9]\\d{9}.")
        return {"pattern": forms.CharField(label=_("Regular expression"), max_length=500, help_text=hint)}
    if kind == CheckKind.RANGE:
        hint = _("A number, a date like 2026-01-31, or “today”. Leave one empty for no limit on that side.")
        return {
            "min": forms.CharField(label=_("Lowest"), max_length=30, required=False),
            "max": forms.CharField(label=_("Highest"), max_length=30, required=False, help_text=hint),
        }
    if kind == CheckKind.REFERENCE:
        return {"target": forms.ChoiceField(label=_("Field of another table"), choices=targets(actor, entry))}
    if kind == CheckKind.CONSISTENCY:
        choices = targets(actor, entry)
        return {
            "target_key": forms.ChoiceField(label=_("Key of the other table"), choices=choices),
            "target": forms.ChoiceField(label=_("Field of the other table"), choices=choices),
        }
    return number_fields(kind)


def number_fields(kind: str) -> dict[str, forms.Field]:
    """Numbers and conditions a rule compares with."""
    if kind in {CheckKind.LENGTH, CheckKind.ROW_COUNT}:
        hint = _("Whole numbers. Leave one empty for no limit on that side.")
        return {
            "min": forms.CharField(label=_("Lowest"), max_length=9, required=False),
            "max": forms.CharField(label=_("Highest"), max_length=9, required=False, help_text=hint),
        }
    if kind == CheckKind.FRESHNESS:
        return {"days": forms.CharField(label=_("Days at most"), max_length=5, initial="30")}
    if kind == CheckKind.PREDICATE:
        hint = _("In SQL, over the fields of the row; rows for which it is false are at fault.")
        area = forms.Textarea(attrs={"rows": 3, "class": "q-code", "spellcheck": "false"})
        return {"expression": forms.CharField(label=_("Condition"), max_length=2000, widget=area, help_text=hint)}
    return {}


def targets(actor: Any, entry: Entry) -> list[tuple[str, list[tuple[str, str]]]]:
    """Fields of landed tables that a reference may look into, by table."""
    found = []
    for other in queries.referable_tables(actor).exclude(pk=entry.pk):
        choices = [(f"{other.lake_table}|{item.name}", labels.title_of(item)) for item in items_of(other)]
        found.append((f"{other} · {other.unit}", choices))
    return found


def columns_of(given: dict[str, Any]) -> tuple[str, ...]:
    """The columns chosen, in the order the kind asks for."""
    if "columns" in given:
        return tuple(given["columns"])
    if "expression" in given:
        try:
            return rules.columns_in(given["expression"])
        except BadQuery:
            # The rule says what is wrong with it, beside its field.
            return ()
    return tuple(given[name] for name in ("column", "earlier", "later") if name in given)


def params_of(entry: Entry, kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """The parameters entered, as the checks take them."""
    if kind == CheckKind.CODE_LIST:
        entered = [line.strip() for line in given["codes"].splitlines() if line.strip()]
        return {"codes": entered or list(codes_of(entry, given["column"]))}
    if kind == CheckKind.PATTERN:
        return {"pattern": given["pattern"]}
    if kind in {CheckKind.RANGE, CheckKind.LENGTH, CheckKind.ROW_COUNT}:
        return {name: given[name].strip() for name in ("min", "max") if given[name].strip()}
    if kind in {CheckKind.FRESHNESS, CheckKind.PREDICATE}:
        name = "days" if kind == CheckKind.FRESHNESS else "expression"
        return {name: given[name].strip()}
    if kind == CheckKind.REGION_CODE:
        return {"codes": county_codes()}
    if kind == CheckKind.CONSISTENCY:
        (table, _sep, key), (other, _also, column) = (given[name].partition("|") for name in ("target_key", "target"))
        return {"table": table, "key": key, "column": column if other == table else ""}
    if kind == CheckKind.REFERENCE:
        table, _sep, column = given["target"].partition("|")
        return {"table": table, "column": column}
    return {}


def county_codes() -> list[str]:
    """The six-digit codes of the counties and districts this node knows."""
    codes = Region.objects.filter(level__gte=1).values_list("code", flat=True)
    return sorted({code[:6] for code in codes if not code[:6].endswith("00")})


def codes_of(entry: Entry, column: str) -> tuple[str, ...]:
    """The code list of a catalogue item."""
    return next((item.code_list for item in items_of(entry) if item.name == column), ())


PLACES = {
    CheckKind.CODE_LIST: "codes",
    CheckKind.PATTERN: "pattern",
    CheckKind.RANGE: "max",
    CheckKind.REFERENCE: "target",
    CheckKind.CONSISTENCY: "target",
    CheckKind.LENGTH: "max",
    CheckKind.ROW_COUNT: "max",
    CheckKind.FRESHNESS: "days",
    CheckKind.PREDICATE: "expression",
}


def beside_fields(fault: FieldErrors, form: RuleForm) -> FieldErrors:
    """The same faults, each named after the form's own field."""
    column = next((name for name in ("columns", "column", "later", "expression") if name in form.fields), "name")
    names = {"columns": column, "params": PLACES.get(CheckKind(form.kind), "name")}
    errors = [
        FieldError(names.get(error.field, error.field), error.fault, error.remedy, error.params)
        for error in fault.errors
    ]
    return FieldErrors(errors=tuple(errors))


class ChooseTable(ListPage):
    """Tables for which the actor may make rules."""

    title = gettext_lazy("New rule: choose a table")
    permission = P.EDIT
    search = ("resource_name", "name_en", "code")
    search_hint = gettext_lazy("Name or code")
    order = "name"
    empty_title = gettext_lazy("No catalogue entry yet")
    empty_hint = gettext_lazy("A rule belongs to a table of the catalogue; draft its entry first.")
    columns = (
        Column("name", gettext_lazy("Table"), value=str, sort="resource_name",
               link=lambda row: reverse("quality:rule-new-of", args=[row.uid])),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name"),
        Column("landed", gettext_lazy("Rows landed"), value="landed_rows", kind="number", phone=False),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Quality rules"), reverse("quality:rules")),)

    def queryset(self) -> Any:
        return queries.editable_tables(self.actor)


class ChooseKind(Page):
    """Kinds of rule, each with what it asks."""

    permission = P.EDIT
    template_name = "quality/kinds.html"

    def page_title(self) -> str:
        return _("New rule for %(table)s") % {"table": self.entry}

    def crumbs(self) -> Any:
        return ((_("Data quality"), reverse("quality:scorecard")), (str(self.entry), table_url(self.entry.uid)))

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.entry = queries.get_table(actor=self.actor, uid=kwargs["uid"])
        require(self.actor, P.EDIT, self.entry)
        return {
            "entry": self.entry,
            "kinds": [
                (kind.value, label, labels.KIND_HINTS[kind], labels.KIND_ICONS[kind], dimension_of(kind))
                for kind, label in labels.KINDS.items()
            ],
        }


def dimension_of(kind: str) -> Any:
    """Name of the dimension a kind measures by default."""
    return labels.DIMENSIONS[rules.DIMENSION_OF[kind]]


class NewRule(FormPage):
    """Make a rule of one kind."""

    permission = P.EDIT
    form_class = RuleForm
    submit_label = gettext_lazy("Make the rule")
    success = gettext_lazy("The rule is made. It runs with the next check.")

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return reverse("quality:rule-new-of", args=[self.kwargs["uid"]])

    @property
    def kind(self) -> str:
        if self.kwargs["kind"] not in {kind.value for kind in CheckKind}:
            raise KindNotFound(kind=self.kwargs["kind"])
        return str(self.kwargs["kind"])

    def entry(self) -> Entry:
        entry = queries.get_table(actor=self.actor, uid=self.kwargs["uid"])
        require(self.actor, P.EDIT, entry)
        return entry

    def page_title(self) -> str:
        return _("New rule: %(kind)s") % {"kind": labels.KINDS[CheckKind(self.kind)]}

    def crumbs(self) -> Any:
        entry = self.entry()
        return ((str(entry), table_url(entry.uid)), (_("Kind of rule"), self.cancel_url))

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"entry": self.entry(), "kind": self.kind, "actor": self.actor}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"dimension": rules.DIMENSION_OF[self.kind], "severity": Severity.ERROR}

    def save(self, form: Any, **kwargs: Any) -> str:
        entry = self.entry()
        try:
            rule = services.create_rule(actor=self.actor, now=self.now, entry=entry, data=form.data_of())
        except FieldErrors as fault:
            raise beside_fields(fault, form) from fault
        return rule_url(rule)


class ReviseRule(FormPage):
    """Give a rule its next version."""

    permission = P.EDIT
    form_class = RuleForm
    submit_label = gettext_lazy("Save as the next version")
    success = gettext_lazy("The next version is in force; problems found before close by the version that found them.")

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return reverse("quality:rule", args=[self.kwargs["uid"]])

    def rule(self) -> Rule:
        rule = queries.get_rule(actor=self.actor, uid=self.kwargs["uid"])
        require(self.actor, P.EDIT, rule)
        return rule

    def page_title(self) -> str:
        return _("Revise %(name)s") % {"name": self.rule().name}

    def crumbs(self) -> Any:
        return ((_("Quality rules"), reverse("quality:rules")), (self.rule().name, self.cancel_url))

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        rule = self.rule()
        return {"entry": rule.entry, "kind": rule.current.kind, "actor": self.actor}  # type: ignore[union-attr]

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        rule = self.rule()
        version = rule.current
        assert version is not None  # noqa: S101 - every rule is made with its first version
        columns, params = version.columns, version.params
        given = {"name": rule.name, "dimension": rule.dimension, "severity": rule.severity, "columns": columns}
        given |= {"column": columns[0], "earlier": columns[0], "later": columns[-1]} if columns else {}
        given |= {"codes": "\n".join(str(code) for code in params.get("codes", ()))}
        given |= {name: params.get(name, "") for name in ("pattern", "min", "max", "days", "expression")}
        given |= {"target_key": f"{params.get('table')}|{params.get('key')}"}
        return given | {"target": f"{params.get('table')}|{params.get('column')}"}

    def save(self, form: Any, **kwargs: Any) -> str:
        rule = self.rule()
        try:
            services.revise_rule(actor=self.actor, now=self.now, rule=rule, data=form.data_of())
        except FieldErrors as fault:
            raise beside_fields(fault, form) from fault
        return rule_url(rule)
