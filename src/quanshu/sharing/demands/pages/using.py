"""Pages of grants in use: proposals to shrink, ratings, matches, and what the bureau sets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Card, Column, Filter, Form, FormPage, ListPage, Page
from quanshu.sharing.demands import services
from quanshu.sharing.demands.models import EXCESSES, GRADES, SHRINK_STATES, Demand, Rating, Shrink
from quanshu.sharing.demands.pages.details import url_of
from quanshu.sharing.demands.pages.forms import WhyForm
from quanshu.sharing.demands.pages.labels import GRADE_RATED, SHRINK_TONES
from quanshu.sharing.demands.pages.lists import ask_for
from quanshu.sharing.demands.pages.talking import OfDemand
from quanshu.sharing.demands.permissions import DemandPermission as P
from quanshu.sharing.demands.queries.using import (
    SET,
    get_shrink,
    list_shrinks,
    policy_set,
    rating_figures,
    shrink_figures,
)
from quanshu.sharing.demands.types import PolicyData, RatingData
from quanshu.sharing.desk.api import named
from quanshu.sharing.services.api import probable_suppliers


def wanted(row: Shrink) -> str:
    """What a proposal would do."""
    if row.kind == "unused":
        return _("End the grant")
    if row.kind == "unread":
        return _("Take off: %(fields)s") % {"fields": named(row.demand.entry.items.values(), row.remove)}
    return _("Leave %(count)s calls a day") % {"count": row.volume_per_day}


def evidence(row: Shrink) -> str:
    """The figures behind a proposal."""
    seen = row.evidence
    return _("%(calls)s calls since %(since)s; most on a day %(most)s of %(allowed)s; read: %(read)s") % {
        "calls": seen["calls"],
        "since": (seen["granted_at"] or "")[:10],
        "most": seen["most_a_day"],
        "allowed": seen["allowed_a_day"],
        "read": named(row.demand.entry.items.values(), seen["read"]) or "—",
    }


class Shrinks(ListPage):
    """Grants wider than their use."""

    title = gettext_lazy("Unused grants")
    subtitle = gettext_lazy("Never called, fields never read, or far more calls allowed than made")
    permission = P.VIEW
    template_name = "demands/tiles.html"
    search = ("demand__number", "demand__title", "demand__requesting_unit__name")
    search_hint = gettext_lazy("Number, title or unit")
    order = "-opened_at"
    export_name = "unused-grants"
    empty_title = gettext_lazy("No grant is wider than its use")
    empty_hint = gettext_lazy("Grants are looked through every night against the receipts of the gateway.")
    columns = (
        Column("demand", gettext_lazy("Demand"), lambda row: str(row.demand), "demand__number",
               link=lambda row: url_of(row.demand)),
        Column("requester", gettext_lazy("Requester"), lambda row: str(row.demand.requesting_unit), phone=False),
        Column("kind", gettext_lazy("Why"), lambda row: row.get_kind_display(), "kind"),
        Column("evidence", gettext_lazy("Evidence"), evidence, phone=False),
        Column("wanted", gettext_lazy("Proposal"), wanted),
        Column("opened_at", gettext_lazy("Proposed"), sort="opened_at", kind="date", phone=False),
        Column("reminders", gettext_lazy("Reminders"), sort="reminders", kind="number", phone=False),
        Column("state", gettext_lazy("State"), lambda row: row.get_state_display(), "state", kind="badge",
               tone=lambda row: SHRINK_TONES[row.state],
               link=lambda row: reverse("demands:shrink", args=[row.uid])),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), SHRINK_STATES),
        Filter("kind", gettext_lazy("Why"), EXCESSES),
    )

    def queryset(self) -> Any:
        return list_shrinks(self.actor)

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.POLICY):
            return []
        return [Action(_("Rules"), reverse("demands:policy"), "settings", "outline-primary", "get")]

    def row_context(self) -> dict[str, Any]:
        found = shrink_figures(self.actor)
        labels = {
            "proposed": _("Proposals"),
            "open": _("Waiting for an answer"),
            "kept": _("Before the bureau"),
            "narrowed": _("Grants narrowed or ended"),
        }
        return {"tiles": [(label, found[name], "") for name, label in labels.items()]}


class ShrinkPage(Page):
    """One proposal, with its answers."""

    title = gettext_lazy("Grant wider than its use")
    permission = P.VIEW
    template_name = "web/cards.html"

    def crumbs(self) -> Any:
        return [(_("Unused grants"), reverse("demands:shrinks"))]

    def context(self, **kwargs: Any) -> dict[str, Any]:
        row = get_shrink(actor=self.actor, uid=kwargs["uid"])
        facts = [
            (_("Demand"), str(row.demand)),
            (_("Why"), row.get_kind_display()),
            (_("Evidence"), evidence(row)),
            (_("Proposal"), wanted(row)),
            (_("State"), row.get_state_display()),
            (_("Reminders"), str(row.reminders)),
            (_("Reason"), row.reason),
            (_("Answered by"), row.answered_by_name),
            (_("Decision of the bureau"), row.decision),
        ]
        card = Card(_("Evidence and answers"), facts=facts, more=(url_of(row.demand), _("Open the demand")))
        return {"subtitle": str(row.demand), "cards": [card], "actions": self.buttons(row)}

    def buttons(self, row: Shrink) -> list[Action]:
        """What each side may answer."""
        found = []
        if row.state == "open" and allows(self.actor, P.SUBMIT, row.demand.requesting_unit):
            accept, keep = (reverse(f"demands:shrink-{name}", args=[row.uid]) for name in ("accept", "keep"))
            found.append(Action(wanted(row), accept, "scissors"))
            found.append(Action(_("Keep the grant"), keep, style="outline-primary", method="get"))
        if row.state == "kept" and allows(self.actor, P.SHRINK):
            decide = reverse("demands:shrink-decide", args=[row.uid])
            found.append(Action(_("Decide"), decide, "gavel", method="get"))
        return found


class AcceptShrink(ActionPage):
    """The requester agrees."""

    permission = P.SUBMIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        row = get_shrink(actor=self.actor, uid=kwargs["uid"])
        services.accept_shrink(actor=self.actor, now=self.now, shrink=row)
        return _("Done; gateways follow within a second."), url_of(row.demand)


class KeepGrant(FormPage):
    """The requester says why the grant is to stay."""

    title = submit_label = gettext_lazy("Keep the grant")
    permission = P.SUBMIT
    form_class = WhyForm
    success = gettext_lazy("The bureau reviews your reason.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        row = get_shrink(actor=self.actor, uid=kwargs["uid"])
        services.keep_grant(actor=self.actor, now=self.now, shrink=row, reason=form.cleaned_data["reason"])
        return url_of(row.demand)


class DecideForm(WhyForm):
    """Keep or carry out, with reasons."""

    keep = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[("yes", gettext_lazy("Keep the grant as it is")), ("no", gettext_lazy("Carry the proposal out"))],
        widget=forms.RadioSelect,
    )


class DecideShrink(FormPage):
    """The bureau decides."""

    title = submit_label = gettext_lazy("Decide")
    permission = P.SHRINK
    form_class = DecideForm
    success = gettext_lazy("Decided.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        row = get_shrink(actor=self.actor, uid=kwargs["uid"])
        given = form.cleaned_data
        keep = given["keep"] == "yes"
        services.decide_shrink(actor=self.actor, now=self.now, shrink=row, keep=keep, reason=given["reason"])
        return url_of(row.demand)


class RateForm(Form):
    """How the data served."""

    grade = forms.TypedChoiceField(
        label=gettext_lazy("Rating grade"), choices=GRADES, coerce=int, widget=forms.RadioSelect
    )
    used_for = forms.CharField(label=gettext_lazy("Used for"), widget=forms.Textarea, max_length=500)
    effect = forms.CharField(
        label=gettext_lazy("Effect"),
        widget=forms.Textarea,
        required=False,
        max_length=500,
        help_text=gettext_lazy("For example papers no longer asked for, visits saved, days shorter."),
    )
    comment = forms.CharField(label=gettext_lazy("Comment"), widget=forms.Textarea, required=False, max_length=500)


class Rate(OfDemand):
    """The requester rates the data."""

    title = submit_label = gettext_lazy("Rate the data")
    permission = P.SUBMIT
    form_class = RateForm
    success = gettext_lazy("Thank you. The supplier is told and may answer.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        demand = self.demand()
        services.rate_demand(actor=self.actor, now=self.now, demand=demand, data=RatingData(**form.cleaned_data))
        return url_of(demand)


class Reply(OfDemand):
    """The supplier answers a rating."""

    title = submit_label = gettext_lazy("Answer the rating")
    permission = P.CONFIRM
    form_class = WhyForm
    success = gettext_lazy("Answered.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        demand = self.demand()
        services.answer_rating(actor=self.actor, now=self.now, demand=demand, reply=form.cleaned_data["reason"])
        return url_of(demand)


class Ratings(ListPage):
    """What users say of the data, by demand, and the figures of each supplier."""

    title = gettext_lazy("Satisfaction")
    subtitle = gettext_lazy("Rated after use by the units that asked for the data")
    permission = P.VIEW
    template_name = "demands/ratings.html"
    search = ("demand__number", "demand__title", "demand__supplier_unit__name", "used_for")
    search_hint = gettext_lazy("Number, title, supplier or use")
    order = "-rated_at"
    export_name = "ratings"
    empty_title = gettext_lazy("Nothing has been rated yet")
    empty_hint = gettext_lazy("Requesters are asked after their first calls, and when a use ends.")
    columns = (
        Column("demand", gettext_lazy("Demand"), lambda row: str(row.demand), "demand__number",
               link=lambda row: url_of(row.demand)),
        Column("supplier", gettext_lazy("Supplier"), lambda row: str(row.demand.supplier_unit), phone=False),
        Column("grade", gettext_lazy("Rating grade"), lambda row: row.get_grade_display(), "grade", kind="badge",
               tone=lambda row: GRADE_RATED[row.grade]),
        Column("used_for", gettext_lazy("Used for"), "used_for"),
        Column("effect", gettext_lazy("Effect"), "effect", phone=False),
        Column("reply", gettext_lazy("Supplier's answer"), "reply", phone=False),
        Column("rated_at", gettext_lazy("Rated"), sort="rated_at", kind="date", phone=False),
    )  # fmt: skip
    filters = (Filter("grade", gettext_lazy("Rating grade"), [(str(grade), label) for grade, label in GRADES]),)

    def queryset(self) -> Any:
        rows = Rating.objects.filter(demand__in=Demand.objects.visible_to(self.actor))
        return rows.select_related("demand__supplier_unit")

    def row_context(self) -> dict[str, Any]:
        whole, suppliers = rating_figures(self.actor)
        columns = (
            Column("name", _("Supplier")),
            Column("ratings", _("Ratings"), kind="number"),
            Column("average", _("Average"), lambda row: f"{row.average:.1f}" if row.average else "", kind="number"),
            Column("rate", _("Good or very good"), kind="percent"),
        )
        card = Card(_("By supplier"), columns=columns, rows=suppliers, empty_title=_("Nothing has been rated yet"))
        average = f"{whole.average:.1f}" if whole.average else "—"
        tiles = [
            (_("Average of the platform"), average, _("of 5")),
            (_("Good or very good"), f"{whole.satisfied} / {whole.ratings}", ""),
        ]
        return {"tiles": tiles, "card": card}


class PolicyForm(Form):
    """Rules for demands."""

    unused_days = forms.IntegerField(label=gettext_lazy("Days without use before a grant is questioned"))
    rate_times = forms.IntegerField(label=gettext_lazy("Times more calls allowed than made on the busiest day"))
    remind_days = forms.IntegerField(label=gettext_lazy("Days between reminders"))
    auto_end = forms.BooleanField(
        label=gettext_lazy("Carry a proposal out when two reminders stay unanswered"), required=False
    )
    meet_after_returns = forms.IntegerField(label=gettext_lazy("Returns after which a meeting is called for"))
    second_days = forms.IntegerField(label=gettext_lazy("Working days from the chief's notice to the bureau's"))
    rate_after_calls = forms.IntegerField(label=gettext_lazy("Calls after which the data is rated"))


class PolicyPage(FormPage):
    """What the bureau sets."""

    title = gettext_lazy("Rules for demands")
    permission = P.POLICY
    form_class = PolicyForm

    def crumbs(self) -> Any:
        return [(_("Unused grants"), reverse("demands:shrinks"))]

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        held = policy_set()
        return {name: getattr(held, name) for name in SET}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        services.set_policy(actor=self.actor, now=self.now, data=PolicyData(**form.cleaned_data))
        return reverse("demands:shrinks")


class Match(Page):
    """Fields typed freely: who probably holds them."""

    title = gettext_lazy("Who holds these fields?")
    subtitle = gettext_lazy("Name fields in Chinese, English or pinyin, with spaces or commas between them")
    permission = P.SUBMIT
    template_name = "demands/match.html"

    def crumbs(self) -> Any:
        return [(_("Demands"), reverse("demands:list"))]

    def context(self, **kwargs: Any) -> dict[str, Any]:
        text = self.request.GET.get("q", "")[:200].replace("\x00", "")
        found = probable_suppliers(self.actor, text) if text.strip() else []
        columns = (
            Column("entry", _("Catalogue entry"), lambda row: str(row.entry), link=lambda row: ask_for(row.entry)),
            Column("unit", _("Probable supplier"), lambda row: str(row.entry.unit)),
            Column("found", _("Words found"), lambda row: "、".join(row.found)),
            Column("missing", _("Missing"), lambda row: "、".join(row.missing) or "—", phone=False),
        )
        empty = _("No entry holds these fields")
        hint = _("Try other words, or look through the catalogue.")
        card = Card(_("Probable suppliers"), columns=columns, rows=found, empty_title=empty, empty_hint=hint)
        return {"text": text, "card": card if text.strip() else None}
