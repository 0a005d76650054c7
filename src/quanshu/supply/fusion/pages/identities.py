"""Identities: found by identifier, name or record; one with its records, links, values, life and history."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Card, Column, DetailPage, Form, FormPage, reason_against
from quanshu.supply.fusion import queries, rules, services
from quanshu.supply.fusion.pages import labels
from quanshu.supply.fusion.pages.schemes import crumbs_to
from quanshu.supply.fusion.permissions import FusionPermission as P
from quanshu.supply.fusion.queries import Identity
from quanshu.supply.fusion.types import IdentityState

SHORT = 8


def short(uid: str) -> str:
    """An identity as people call it: the end of its uid."""
    return f"…{uid[-SHORT:]}"


class IdentityPage(DetailPage):
    """One identity."""

    permission = P.VIEW
    template_name = "fusion/identity.html"
    audit_kind = "fusion.identity"
    clear = False

    def get_object(self, **kwargs: Any) -> Identity:
        return queries.get_identity(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return _("Identity %(uid)s") % {"uid": short(self.object.uid)}

    def crumbs(self) -> Any:
        return crumbs_to(self.object.scheme)

    def state(self, obj: Identity) -> tuple[str, str]:
        return str(labels.IDENTITY_STATES[obj.state]), labels.IDENTITY_TONES[obj.state]

    def facts(self, obj: Identity) -> list[tuple[Any, Any]]:
        return [
            (_("Uid"), obj.uid),
            (_("Scheme"), str(obj.scheme)),
            (_("Since"), obj.since[:10]),
            (_("Records"), len(obj.records)),
            (_("Sources"), len({row.source for row in obj.records})),
        ]

    def actions(self, obj: Identity) -> list[Action]:
        found = []
        if obj.state == IdentityState.MERGED:
            url = reverse("fusion:identity", args=[obj.merged_into])
            found.append(Action(_("The identity it went into"), url, "arrow-merge", method="get"))
        if allows(self.actor, P.DECIDE, obj.scheme):
            reason = reason_against(rules.check_step, obj.state, IdentityState.ACTIVE)
            url = reverse("fusion:merge", args=[obj.uid])
            found.append(Action(_("Merge"), url, "arrow-merge", "outline-primary", "get", reason))
            if reason is None and len(obj.records) < 2:
                reason = reason_against(rules.check_chosen, [""], [""])
            url = reverse("fusion:split", args=[obj.uid])
            found.append(Action(_("Split"), url, "arrows-split", "outline-primary", "get", reason))
        return found

    def cards(self, obj: Identity) -> list[Card]:
        found = []
        events = queries.events_of(obj.scheme, obj.uid)
        columns = (
            Column("at", _("At"), kind="datetime"),
            Column("what", _("What happened"), value=lambda row: happening(row, obj.uid)),
            Column("other", _("The other one"), value=lambda row: short(other_of(row, obj.uid)), phone=False,
                   link=lambda row: reverse("fusion:identity", args=[other_of(row, obj.uid)])),
            Column("decided", _("By decision")),
        )  # fmt: skip
        if events:
            found.append(Card(_("What happened to it"), columns=columns, rows=events))
        decisions = queries.decisions_over(obj.scheme, obj.uid, {row.record for row in obj.records})
        if decisions:
            decided = (
                Column("decided", _("Decided at"), value="decided_at", kind="datetime",
                       link=lambda row: reverse("fusion:decision", args=[row.uid])),
                Column("verdict", _("Verdict"), value=lambda row: labels.VERDICTS[row.verdict]),
                Column("reason", _("Reason"), phone=False),
                Column("by", _("By"), value="decided_by"),
                Column("state", _("State"), kind="badge",
                       value=lambda row: _("Undone") if row.undone_at else _("Binding"),
                       tone=lambda row: "secondary" if row.undone_at else "green"),
            )  # fmt: skip
            found.append(Card(_("Decisions"), columns=decided, rows=decisions))
        return found

    def detail_context(self, obj: Identity) -> dict[str, Any]:
        life = queries.life_of(obj)
        return {
            "values": self.values(obj),
            "tree": tree_rows(obj, clear=self.clear),
            "life": life,
            "life_state": labels.LIVES.get(life.status) if life else "",
            "life_tone": labels.LIFE_TONES.get(life.status) if life else "",
            "life_source": labels.source_name(obj.material, life.by_source) if life and life.by_source else "",
            "evidence": [
                {
                    **piece,
                    "kind": labels.EVIDENCE.get(piece["kind"], piece["kind"]),
                    "source": labels.source_name(obj.material, piece["source"]),
                    "says": labels.LIVES[piece["says"]],
                }
                for piece in (life.evidence if life else ())
            ],
            "may_reveal": not self.clear and allows(self.actor, P.REVEAL, obj.scheme),
        }

    def values(self, obj: Identity) -> list[dict[str, Any]]:
        """For each attribute the value that stands and the others, as one may see them."""
        found = []
        for attribute, values in queries.values_of(obj).items():
            shown = [
                {
                    "value": queries.shown_value(obj.material, one.source, attribute, one.value, clear=self.clear),
                    "source": labels.source_name(obj.material, one.source),
                    "fresh": one.fresh[:10],
                    "differs": one.value != values[0].value,
                }
                for one in values
            ]
            rule = obj.material.survivors.get(attribute)
            found.append(
                {
                    "label": labels.ATTRIBUTES[attribute],
                    "rule": labels.SURVIVORS[rule.how if rule else "source"],
                    "wins": shown[0] if shown else None,
                    "others": shown[1:],
                }
            )
        return found


def other_of(event: Any, uid: str) -> str:
    """The other identity of an event, or the same one."""
    return event.other if event.identity == uid and event.other else event.identity


def happening(event: Any, uid: str) -> str:
    """What happened, told from the side of the identity `uid`."""
    if event.identity == uid:
        return str(labels.HAPPENINGS[event.happening])
    return _("Took in another") if event.happening == "merged" else _("Another split from it")


def tree_rows(obj: Identity, *, clear: bool) -> list[dict[str, Any]]:
    """The records as a tree of links, each with the reason it is there."""
    below: dict[str, list[Any]] = {}
    for row in obj.records:
        below.setdefault(row.via, []).append(row)
    known = {row.record for row in obj.records}
    found: list[dict[str, Any]] = []

    def walk(row: Any, depth: int) -> None:
        pieces = sorted(row.evidence, key=lambda piece: -abs(piece["weight"]))
        found.append(
            {
                "depth": min(depth, 6),
                "record": row.record,
                "source": labels.source_name(obj.material, row.source),
                "key": queries.shown_key(obj.material, row.source, row.key, clear=clear),
                "how": labels.HOW[row.how],
                "tone": labels.HOW_TONES[row.how],
                "probability": None if row.how == "root" else row.probability,
                "since": row.since[:10],
                "why": [labels.in_words(piece) for piece in pieces if piece["level"] != "not known"],
            }
        )
        for child in below.get(row.record, ()):
            walk(child, depth + 1)

    for row in obj.records:
        if not row.via or row.via not in known:
            walk(row, 0)
    return found


class PurposeForm(Form):
    """Why somebody looks."""

    purpose = forms.CharField(
        label=gettext_lazy("Purpose"),
        max_length=200,
        help_text=gettext_lazy("The case or task; it is written to the audit trail."),
    )


class RevealIdentity(IdentityPage):
    """The same page with whole values; the look is recorded with its purpose."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        identity = self.get_object(**kwargs)
        purpose = request.POST.get("purpose", "")
        services.reveal_identity(actor=self.actor, now=self.now, identity=identity, purpose=purpose)
        self.clear = True
        response = super().get(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class SearchForm(PurposeForm):
    """What to look for."""

    scheme = forms.ChoiceField(label=gettext_lazy("Scheme"))
    by = forms.ChoiceField(
        label=gettext_lazy("By"),
        choices=[
            ("identifier", gettext_lazy("Identifier")),
            ("name", gettext_lazy("Name")),
            ("record", gettext_lazy("Record: source:key")),
        ],
    )
    value = forms.CharField(
        label=gettext_lazy("Value"), max_length=200, help_text=gettext_lazy("In full; parts are not searched for.")
    )
    field_order = ("scheme", "by", "value", "purpose")

    def __init__(self, *args: Any, schemes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["scheme"]
        choice.choices = schemes


class Search(FormPage):
    """Find an identity; what was typed travels in no address and is kept nowhere."""

    title = gettext_lazy("Find an identity")
    permission = P.SEARCH
    form_class = SearchForm
    template_name = "fusion/search.html"
    submit_label = gettext_lazy("Search")
    results: list[dict[str, Any]] | None = None

    def crumbs(self) -> Any:
        return crumbs_to()

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"schemes": [(row.uid, str(row)) for row in queries.list_schemes(self.actor)]}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        columns = (
            Column("uid", _("Identity"), value=lambda row: short(row["uid"]),
                   link=lambda row: reverse("fusion:identity", args=[row["uid"]])),
            Column("records", _("Records"), kind="number"),
            Column("sources", _("Sources"), phone=False),
        )  # fmt: skip
        return {"columns": columns, "results": self.results}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_form(**kwargs)
        if not form.is_valid():
            return self.render({"form": form, **self.context(**kwargs)}, status=422)
        given = form.cleaned_data
        scheme = queries.get_scheme(actor=self.actor, uid=given["scheme"])
        found = queries.search_identities(scheme, by=given["by"], value=given["value"])
        services.record_search(
            actor=self.actor, now=self.now, scheme=scheme, how=given["by"], purpose=given["purpose"], found=len(found)
        )
        self.results = [
            {
                "uid": one.uid,
                "records": len(one.records),
                "sources": "、".join(sorted({labels.source_name(one.material, row.source) for row in one.records})),
            }
            for one in found
        ]
        response = self.render({"form": form, **self.context(**kwargs)})
        response["Cache-Control"] = "no-store"
        return response


class IdentityForm(FormPage):
    """A form over one identity."""

    permission = P.DECIDE
    success = gettext_lazy("Kept. The next run follows it.")

    def identity(self) -> Identity:
        return queries.get_identity(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        identity = self.identity()
        url = reverse("fusion:identity", args=[identity.uid])
        return [*crumbs_to(identity.scheme), (_("Identity %(uid)s") % {"uid": short(identity.uid)}, url)]


class MergeForm(Form):
    """The other identity, and why."""

    other = forms.CharField(
        label=gettext_lazy("Uid of the other identity"), max_length=36, help_text=gettext_lazy("From its own page.")
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), widget=forms.Textarea, max_length=2000)


class Merge(IdentityForm):
    """Decide that two identities are one."""

    title = gettext_lazy("Merge with another identity")
    form_class = MergeForm
    submit_label = gettext_lazy("Merge")

    def save(self, form: Any, **kwargs: Any) -> str:
        given = form.cleaned_data
        one, other = self.identity(), queries.get_identity(actor=self.actor, uid=given["other"].strip())
        services.merge_identities(actor=self.actor, now=self.now, one=one, other=other, reason=given["reason"])
        return reverse("fusion:identity", args=[one.uid])


class SplitForm(Form):
    """The records that are of somebody else, and why."""

    records = forms.MultipleChoiceField(
        label=gettext_lazy("Records that are of somebody else"), widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), widget=forms.Textarea, max_length=2000)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["records"]
        field.choices = choices


class Split(IdentityForm):
    """Decide that some records of an identity are of somebody else."""

    title = gettext_lazy("Split the identity")
    form_class = SplitForm
    submit_label = gettext_lazy("Split")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        # The place in the list stands for the record, whose key may be personal.
        rows = tree_rows(self.identity(), clear=False)
        return {"choices": [(str(place), f"{row['source']} {row['key']}") for place, row in enumerate(rows)]}

    def save(self, form: Any, **kwargs: Any) -> str:
        identity = self.identity()
        rows = tree_rows(identity, clear=False)
        records = {rows[int(place)]["record"] for place in form.cleaned_data["records"]}
        services.split_identity(
            actor=self.actor, now=self.now, identity=identity, records=records, reason=form.cleaned_data["reason"]
        )
        return reverse("fusion:identity", args=[identity.uid])
