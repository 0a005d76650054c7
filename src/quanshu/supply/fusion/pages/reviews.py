"""The review queue: pairs and conflicts side by side, and the decisions that came of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Unit
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
    ReasonForm,
    state_column,
    when,
)
from quanshu.supply.fusion import queries, services
from quanshu.supply.fusion.models import Decision, Review
from quanshu.supply.fusion.pages import labels
from quanshu.supply.fusion.pages.runs import scheme_choices
from quanshu.supply.fusion.pages.schemes import crumbs_to
from quanshu.supply.fusion.permissions import FusionPermission as P
from quanshu.supply.fusion.types import ReviewState, Verdict

ANSWERABLE = frozenset({ReviewState.OPEN, ReviewState.UNSURE})


def unit_choices(page: Any) -> list[tuple[str, str]]:
    """Units whose records are under review."""
    paths = queries.list_reviews(page.actor).order_by().values_list("left_unit__uid", flat=True).distinct()
    return [(row.uid, str(row)) for row in Unit.objects.filter(uid__in=list(paths)).order_by("path")]


class Reviews(ListPage):
    """Everything that a steward must look at."""

    title = gettext_lazy("Fusion reviews")
    subtitle = gettext_lazy("Records that may be of one party, and sources that disagree. A decision binds all runs.")
    permission = P.REVIEW
    search = ("scheme__title", "left_unit__name", "right_unit__name", "uid", "left_identity")
    search_hint = gettext_lazy("Scheme, unit or identity")
    order = "-opened"
    export_name = "fusion-reviews"
    empty_title = gettext_lazy("Nothing to look at")
    empty_hint = gettext_lazy("Reviews are opened by the runs of a scheme.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(labels.REVIEW_STATES.items()), field="state"),
        Filter("kind", gettext_lazy("Why"), choices=list(labels.REVIEW_KINDS.items()), field="kind"),
        Filter("scheme", gettext_lazy("Scheme"), choices=scheme_choices, field="scheme__code"),
        Filter("unit", gettext_lazy("Unit"), choices=unit_choices, field="left_unit__uid"),
    )
    columns = (
        Column("kind", gettext_lazy("Why"), value=lambda row: labels.REVIEW_KINDS[row.kind], sort="kind",
               link=Review.get_absolute_url),
        Column("scheme", gettext_lazy("Scheme"), value=lambda row: str(row.scheme), sort="scheme__title", phone=False),
        Column("units", gettext_lazy("Units"), phone=False, value=lambda row: "、".join(
            dict.fromkeys((str(row.left_unit), str(row.right_unit))))),
        Column("probability", gettext_lazy("Probability"), kind="percent", sort="probability"),
        Column("opened", gettext_lazy("Opened at"), value="opened_at", kind="datetime", sort="opened_at", phone=False),
        state_column(labels.REVIEW_STATES, labels.REVIEW_TONES, sort="state"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_reviews(self.actor)


class ReviewPage(DetailPage):
    """Two records side by side, what speaks for and against, and the answer."""

    permission = P.REVIEW
    template_name = "fusion/review.html"
    audit_kind = "fusion.review"
    clear = False
    fault = ""

    def get_object(self, **kwargs: Any) -> Review:
        return queries.get_review(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return str(labels.REVIEW_KINDS[self.object.kind])

    def crumbs(self) -> Any:
        return ((_("Fusion reviews"), reverse("fusion:reviews")),)

    def state(self, obj: Review) -> tuple[str, str]:
        return str(labels.REVIEW_STATES[obj.state]), labels.REVIEW_TONES[obj.state]

    def facts(self, obj: Review) -> list[tuple[Any, Any]]:
        decision = obj.decision
        return [
            (_("Scheme"), str(obj.scheme)),
            (_("Probability"), f"{obj.probability * 100:.2f}%" if obj.probability is not None else None),
            (_("Opened at"), when(obj.opened_at)),
            (_("Verdict"), labels.VERDICTS[decision.verdict] if decision else None),
            (_("Answered by"), decision.decided_by if decision else None),
            (_("Reason"), obj.note),
        ]

    def actions(self, obj: Review) -> list[Action]:
        found = []
        if not self.clear and queries.may_act(self.actor, P.REVEAL, obj):
            hint = _("Showing whole values is written to the audit trail. Go on?")
            url = reverse("fusion:review-reveal", args=[obj.uid])
            found.append(Action(_("Show whole values"), url, "eye", "outline-primary", confirm=hint))
        sides = dict.fromkeys(uid for uid in (obj.left_identity, obj.right_identity) if uid)
        for place, uid in enumerate(sides, start=1):
            label = _("Identity %(place)s") % {"place": place} if len(sides) > 1 else _("The identity")
            found.append(Action(label, reverse("fusion:identity", args=[uid]), "id", "outline-secondary", "get"))
        if obj.decision and obj.decision.undone_at is None and allows(self.actor, P.DECIDE, obj.decision):
            url = reverse("fusion:decision-undo", args=[obj.decision.uid])
            found.append(Action(_("Undo the decision"), url, "arrow-back-up", "outline-danger", "get"))
        return found

    def detail_context(self, obj: Review) -> dict[str, Any]:
        context: dict[str, Any] = {
            "answerable": obj.state in ANSWERABLE and queries.may_act(self.actor, P.DECIDE, obj),
            "life": obj.kind == "life",
            "fault": self.fault,
            "reason": self.request.POST.get("reason", ""),
        }
        run = obj.scheme.current
        if run is None:
            return context
        material = queries.material_of(obj.scheme, run.version)
        told = queries.records_told(run, material, [obj.left, obj.right])
        if obj.left not in told or obj.right not in told:
            return context | {"gone": True}
        sides = [told[obj.left], told[obj.right]]
        pieces = {}
        if obj.kind != "life" and obj.left != obj.right:
            _probability, weighed = queries.weigh_pair(run, obj.left, obj.right)
            pieces = {piece["attribute"]: piece for piece in weighed}
        rows = []
        for attribute in material.attributes:
            values = [queries.shown_value(material, one["source"], attribute, one[attribute], clear=self.clear)
                      for one in sides]  # fmt: skip
            piece = pieces.get(attribute)
            rows.append(
                {
                    "label": labels.ATTRIBUTES[attribute],
                    "values": values,
                    "level": labels.LEVELS.get(piece["level"], piece["level"]) if piece else "",
                    "weight": piece["weight"] if piece else None,
                }
            )
        total = sum(piece["weight"] for piece in pieces.values())
        evidence = [
            {
                "kind": labels.EVIDENCE.get(piece["kind"], piece["kind"]),
                "on": piece["on"],
                "source": labels.source_name(material, piece["source"]),
            }
            for piece in (obj.evidence if obj.kind == "life" else ())
        ]
        return context | {
            "heads": [labels.source_name(material, one["source"]) for one in sides],
            "fresh": [one["fresh"] for one in sides],
            "rows": rows,
            "total": total if pieces else None,
            "evidence": evidence,
        }


class RevealReview(ReviewPage):
    """The same page with whole values; the look is recorded."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        review = self.get_object(**kwargs)
        services.reveal_review(actor=self.actor, now=self.now, review=review)
        self.clear = True
        response = super().get(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class AnswerForm(Form):
    """The answer to a review."""

    verdict = forms.ChoiceField(choices=list(labels.VERDICTS.items()))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=2000, widget=forms.Textarea)


class Answer(FormPage):
    """Answer a review: the buttons of its page post here."""

    title = gettext_lazy("Answer the review")
    permission = P.REVIEW
    form_class = AnswerForm
    submit_label = gettext_lazy("Answer")
    success = gettext_lazy("Kept. The next run follows it.")

    def crumbs(self) -> Any:
        return ((_("Fusion reviews"), reverse("fusion:reviews")),)

    def save(self, form: Any, **kwargs: Any) -> str:
        review = queries.get_review(actor=self.actor, uid=self.kwargs["uid"])
        given = form.cleaned_data
        verdict = Verdict(given["verdict"])
        services.decide_review(actor=self.actor, now=self.now, review=review, verdict=verdict, reason=given["reason"])
        return review.get_absolute_url()


class Decisions(ListPage):
    """Every decision, kept as evidence."""

    title = gettext_lazy("Decisions of stewards")
    permission = P.VIEW
    search = ("reason", "decided_by", "identity", "uid")
    search_hint = gettext_lazy("Reason, person or identity")
    order = "-decided"
    export_name = "fusion-decisions"
    empty_title = gettext_lazy("No decision yet")
    empty_hint = gettext_lazy("Answer a review, or merge or split from an identity's page.")
    filters = (
        Filter("verdict", gettext_lazy("Verdict"), choices=list(labels.VERDICTS.items())[:2], field="verdict"),
        Filter("scheme", gettext_lazy("Scheme"), choices=scheme_choices, field="scheme__code"),
    )
    columns = (
        Column("decided", gettext_lazy("Decided at"), value="decided_at", sort="decided_at", kind="datetime",
               link=lambda row: reverse("fusion:decision", args=[row.uid])),
        Column("verdict", gettext_lazy("Verdict"), value=lambda row: labels.VERDICTS[row.verdict], sort="verdict"),
        Column("scheme", gettext_lazy("Scheme"), value=lambda row: str(row.scheme), phone=False),
        Column("reason", gettext_lazy("Reason")),
        Column("by", gettext_lazy("By"), value="decided_by", sort="decided_by", phone=False),
        Column("state", gettext_lazy("State"), kind="badge",
               value=lambda row: _("Undone") if row.undone_at else _("Binding"),
               tone=lambda row: "secondary" if row.undone_at else "green"),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return crumbs_to()

    def queryset(self) -> Any:
        return queries.list_decisions(self.actor)


class DecisionPage(DetailPage):
    """One decision."""

    permission = P.VIEW

    def get_object(self, **kwargs: Any) -> Decision:
        return queries.get_decision(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return str(labels.VERDICTS[self.object.verdict])

    def crumbs(self) -> Any:
        return [*crumbs_to(self.object.scheme), (_("Decisions"), reverse("fusion:decisions"))]

    def state(self, obj: Decision) -> tuple[str, str]:
        return (_("Undone"), "secondary") if obj.undone_at else (_("Binding"), "green")

    def facts(self, obj: Decision) -> list[tuple[Any, Any]]:
        return [
            (_("Decided by"), obj.decided_by),
            (_("Decided at"), when(obj.decided_at)),
            (_("Undone by"), obj.undone_by),
            (_("Undone at"), when(obj.undone_at) if obj.undone_at else None),
        ]

    def actions(self, obj: Decision) -> list[Action]:
        found = []
        if obj.undone_at is None and allows(self.actor, P.DECIDE, obj):
            url = reverse("fusion:decision-undo", args=[obj.uid])
            found.append(Action(_("Undo the decision"), url, "arrow-back-up", "outline-danger", "get"))
        if obj.identity:
            url = reverse("fusion:identity", args=[obj.identity])
            found.append(Action(_("The identity"), url, "id", "outline-secondary", "get"))
        return found

    def cards(self, obj: Decision) -> list[Card]:
        facts = [
            (_("Reason"), obj.reason),
            (_("Records of one side"), len(obj.left)),
            (_("Records of the other side"), len(obj.right)),
            (_("Reason for undoing it"), obj.undone_reason),
        ]
        columns = (
            Column("opened", _("Review"), value="opened_at", kind="datetime", link=Review.get_absolute_url),
            Column("kind", _("Why"), value=lambda row: labels.REVIEW_KINDS[row.kind]),
        )
        reviews = queries.list_reviews(self.actor).filter(decision=obj)
        found = [Card(_("The decision"), facts=facts)]
        if reviews:
            found.append(Card(_("What it answers"), columns=columns, rows=reviews))
        return found


class UndoDecision(FormPage):
    """Take a decision back."""

    title = gettext_lazy("Undo the decision")
    permission = P.DECIDE
    form_class = ReasonForm
    submit_label = gettext_lazy("Undo the decision")
    success = gettext_lazy("Undone. The next run works without it.")

    def save(self, form: Any, **kwargs: Any) -> str:
        decision = queries.get_decision(actor=self.actor, uid=self.kwargs["uid"])
        services.undo_decision(actor=self.actor, now=self.now, decision=decision, reason=form.cleaned_data["reason"])
        return reverse("fusion:decision", args=[decision.uid])
