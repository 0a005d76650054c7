"""Rules of retention, and the holdings they are over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Unit
from quanshu.oversight.privacy import queries, rules, services
from quanshu.oversight.privacy.models import RetentionRule
from quanshu.oversight.privacy.pages import labels
from quanshu.oversight.privacy.pages.runs import run_columns
from quanshu.oversight.privacy.permissions import PrivacyPermission as P
from quanshu.oversight.privacy.types import RuleData, RuleState
from quanshu.shared.access.api import Scope, allows, scope_of, scope_q
from quanshu.shared.holdings import holdings
from quanshu.shared.web.api import (
    Action,
    Card,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    Page,
    ReasonStepPage,
    StepPage,
    reason_against,
)


def unit_of(uid: str) -> Unit | None:
    """The unit chosen in a form; None for the whole node."""
    return Unit.objects.filter(uid=uid).first() if uid else None


def spared_names(paths: tuple[str, ...]) -> list[str]:
    """Names of the units that a rule leaves out."""
    return [str(unit) for unit in Unit.objects.filter(path__in=paths)]


class Rules(ListPage):
    """Every rule of retention."""

    title = gettext_lazy("Retention and deletion")
    subtitle = gettext_lazy("What is kept for how long, on which basis, and what has been deleted for good.")
    permission = P.RULE_VIEW
    template_name = "privacy/tabbed.html"
    search = ("basis", "note", "unit__name")
    order = "-proposed"
    export_name = "retention-rules"
    empty_title = gettext_lazy("There is no rule yet")
    empty_hint = gettext_lazy("Propose one: choose what is kept, for how many days, and on which basis.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=lambda page: labels.choices_of(labels.RULE_STATES)),
        Filter("holding", gettext_lazy("Holding"), choices=lambda page: labels.holding_choices()),
    )
    columns = (
        Column(
            "holding",
            gettext_lazy("Holding"),
            value=lambda row: labels.holding_name(row.holding),
            sort="holding",
            link=RetentionRule.get_absolute_url,
        ),
        Column("unit", gettext_lazy("Unit"), value=lambda row: labels.unit_name(row.unit), sort="unit__name"),
        Column("days", gettext_lazy("Days kept"), value="keep_days", kind="number", sort="keep_days"),
        Column("basis", gettext_lazy("Legal basis"), phone=False),
        Column(
            "state",
            gettext_lazy("State"),
            value=labels.label_in(labels.RULE_STATES),
            kind="badge",
            tone=labels.tone_in(labels.RULE_STATES),
        ),
        Column(
            "proposed", gettext_lazy("Proposed at"), value="proposed_at", kind="date", sort="proposed_at", phone=False
        ),
    )

    def queryset(self) -> Any:
        return queries.list_rules(self.actor)

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.RULE_PROPOSE):
            return []
        return [Action(_("Propose a rule"), reverse("privacy:propose"), "plus", method="get")]

    def row_context(self) -> dict[str, Any]:
        return {"tabs": labels.tabs("rules")}


class Holdings(Page):
    """What the rooms keep that a rule may take away."""

    title = gettext_lazy("Erasable holdings")
    subtitle = gettext_lazy(
        "Each room says what of its own may be deleted. The audit trail and the ledger are not among it."
    )
    permission = P.RULE_VIEW
    template_name = "privacy/holdings.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        in_force = queries.list_rules(self.actor).filter(state=RuleState.IN_FORCE)
        ruled: dict[str, list[RetentionRule]] = {}
        for rule in in_force:
            ruled.setdefault(rule.holding, []).append(rule)

        def days(row: Any) -> str:
            found = ruled.get(row.key, ())
            told = [f"{labels.unit_name(rule.unit)}: {rule.keep_days}" for rule in found]
            return "; ".join(told) or _("No rule: kept without end")

        columns = (
            Column("name", _("Holding")),
            Column("what", _("What goes and what stays"), phone=False),
            Column("dated", _("Counted from"), phone=False),
            Column("least", _("At least, days"), value="least_days", kind="number"),
            Column("rule", _("Days kept"), value=days),
        )
        card = Card(_("Holdings"), columns=columns, rows=list(holdings()))
        return {"tabs": labels.tabs("holdings"), "cards": [card]}


class RuleForm(Form):
    """What is kept, of which unit, for how long, on which basis."""

    holding = forms.ChoiceField(label=gettext_lazy("Holding"))
    unit_uid = forms.ChoiceField(label=gettext_lazy("Unit"), required=False)
    keep_days = forms.IntegerField(label=gettext_lazy("Days kept"), min_value=1, max_value=rules.MOST_DAYS)
    basis = forms.CharField(
        label=gettext_lazy("Legal basis"),
        max_length=500,
        widget=forms.Textarea,
        help_text=gettext_lazy("The law, schedule or decision that the time rests on."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=1000, widget=forms.Textarea, required=False)

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["holding"].choices = labels.holding_choices()  # type: ignore[attr-defined]
        node = [("", _("The whole node"))] if scope_of(actor, P.RULE_PROPOSE) == Scope.ALL else []
        units = Unit.objects.active().exclude(kind="village").filter(scope_q(actor, P.RULE_PROPOSE, unit_path="path"))
        self.fields["unit_uid"].choices = [*node, *((unit.uid, str(unit)) for unit in units)]  # type: ignore[attr-defined]


class Propose(FormPage):
    """Propose a rule."""

    title = gettext_lazy("Propose a rule of retention")
    permission = P.RULE_PROPOSE
    form_class = RuleForm
    submit_label = gettext_lazy("Propose the rule")
    success = gettext_lazy("Proposed; another officer decides.")
    cancel_url = "/privacy/"

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Retention and deletion"), reverse("privacy:rules"))]

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"actor": self.actor}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"holding": self.request.GET.get("holding", ""), "keep_days": 365}

    def save(self, form: Any, **kwargs: Any) -> str:
        given = dict(form.cleaned_data)
        unit = unit_of(given.pop("unit_uid"))
        rule = services.propose_rule(actor=self.actor, now=self.now, data=RuleData(**given), unit=unit)
        return rule.get_absolute_url()


class RulePage(DetailPage):
    """A rule: what it would do now, and what it has done."""

    permission = P.RULE_VIEW
    audit_kind = "privacy.rule"

    def get_object(self, **kwargs: Any) -> RetentionRule:
        return queries.get_rule(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> Any:
        return labels.holding_name(self.object.holding)

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Retention and deletion"), reverse("privacy:rules"))]

    def state(self, obj: RetentionRule) -> tuple[str, str]:
        return labels.badge_of(labels.RULE_STATES, obj.state)

    def facts(self, obj: RetentionRule) -> list[tuple[Any, Any]]:
        holding = queries.get_holding(obj.holding)
        return [
            (_("Unit"), labels.unit_name(obj.unit)),
            (_("Days kept"), obj.keep_days),
            (_("Counted from"), holding.dated),
            (_("What goes and what stays"), holding.what),
            (_("Legal basis"), obj.basis),
            (_("Note"), obj.note),
            (_("Rule proposed by"), obj.proposed_by),
            (_("Decided by"), obj.decided_by),
            (_("Reason"), obj.reason),
        ]

    def actions(self, obj: RetentionRule) -> list[Action]:
        found = []

        def refusal(step: str) -> str | None:
            wrong = reason_against(rules.check_step, rules.RULE_MACHINE, obj.state, step)
            own = reason_against(rules.check_decider, proposed_by=obj.proposed_by_uid, actor=self.actor.uid)
            return wrong or (own if step != "end" else None)

        def url(step: str) -> str:
            return reverse(f"privacy:{step}", args=[obj.uid])

        if allows(self.actor, P.RULE_DECIDE, obj):
            if obj.state == RuleState.PROPOSED:
                found.append(Action(_("Approve"), url("approve"), "check", reason=refusal("approve")))
                found.append(
                    Action(_("Refuse"), url("refuse"), "x", "outline-danger", method="get", reason=refusal("refuse"))
                )
            elif obj.state == RuleState.IN_FORCE:
                found.append(Action(_("End the rule"), url("end"), "player-stop", "outline-danger", method="get"))
        if allows(self.actor, P.RUN, obj) and obj.state == RuleState.IN_FORCE:
            stopped = reason_against(services.check_startable, obj, self.now)
            found.insert(
                0,
                Action(
                    _("Run now"),
                    url("start"),
                    "eraser",
                    reason=stopped,
                    confirm=_("What is due is deleted for good. Go on?"),
                ),
            )
        return found

    def cards(self, obj: RetentionRule) -> list[Card]:
        found = []
        if obj.state in {RuleState.PROPOSED, RuleState.IN_FORCE}:
            seen = queries.preview(
                holding=queries.get_holding(obj.holding), unit_path=obj.unit_path, keep_days=obj.keep_days, now=self.now
            )
            values = {
                "due": seen.due,
                "before": seen.before,
                "hold": seen.hold,
                "spared": spared_names(seen.spared),
            }
            note = _("What a run would delete if it began now; nothing is deleted by looking.")
            found.append(Card(_("Preview"), note=note, template="privacy/preview.html", values=values))
        found.append(
            Card(
                _("Runs of deletion"),
                columns=run_columns(),
                rows=obj.runs.select_related("rule__unit")[:50],
                empty_title=_("The rule has not run yet"),
                empty_hint=_("It runs every night when something is due."),
            )
        )
        return found


class RuleStep(StepPage):
    """A button of a rule."""

    permission = P.RULE_VIEW
    subject = "rule"

    def get_subject(self, uid: str) -> RetentionRule:
        return queries.get_rule(actor=self.actor, uid=uid)


class RuleReason(ReasonStepPage):
    """A step of a rule that needs a reason."""

    permission = P.RULE_VIEW
    subject = "rule"

    def get_subject(self, uid: str) -> RetentionRule:
        return queries.get_rule(actor=self.actor, uid=uid)


class Start(RuleStep):
    """Run a rule now."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        run = services.start_run(actor=self.actor, now=self.now, rule=self.get_subject(kwargs["uid"]))
        return _("The run is queued."), run.get_absolute_url()
