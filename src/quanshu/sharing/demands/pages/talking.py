"""Pages of meetings and negotiations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.lake.masking import Mask, stricter_of
from quanshu.shared.files.api import ALLOWED, FileNotFound, path_of
from quanshu.shared.web.api import ActionPage, Form, FormPage, Page
from quanshu.sharing.demands import queries, services
from quanshu.sharing.demands.models import Demand
from quanshu.sharing.demands.pages.asked import asked_rows
from quanshu.sharing.demands.pages.details import url_of
from quanshu.sharing.demands.pages.steps import Step, Why
from quanshu.sharing.demands.permissions import DemandPermission as P
from quanshu.sharing.demands.queries.using import get_meeting
from quanshu.sharing.demands.rules import MOST_RATE, MOST_VOLUME
from quanshu.sharing.demands.types import Proposal
from quanshu.sharing.desk.api import MASKS


class OfDemand(FormPage):
    """A form about a demand."""

    permission = P.VIEW

    def demand(self) -> Demand:
        return queries.get_demand(actor=self.actor, uid=self.kwargs["uid"])

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"subtitle": str(self.demand())}


class PlanForm(Form):
    """A meeting to come."""

    planned_on = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput)
    place = forms.CharField(label=gettext_lazy("Place"), max_length=200, required=False)
    attendees = forms.CharField(label=gettext_lazy("Who takes part"), max_length=500, required=False)
    reason = forms.CharField(label=gettext_lazy("What is to be settled"), widget=forms.Textarea, max_length=500)


class ProposeMeeting(OfDemand):
    """Propose a meeting."""

    title = submit_label = gettext_lazy("Propose a meeting")
    permission = P.MEET
    form_class = PlanForm
    success = gettext_lazy("Proposed; both sides are told.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        demand = self.demand()
        services.propose_meeting(actor=self.actor, now=self.now, demand=demand, **form.cleaned_data)
        return url_of(demand)


class MinutesForm(Form):
    """Minutes of an on-site meeting."""

    held_on = forms.DateField(label=gettext_lazy("Held on"), widget=forms.DateInput)
    place = forms.CharField(label=gettext_lazy("Place"), max_length=200, required=False)
    attendees = forms.CharField(label=gettext_lazy("Who took part"), max_length=500, required=False)
    minutes = forms.CharField(label=gettext_lazy("Minutes"), widget=forms.Textarea, max_length=5000)
    conclusions = forms.CharField(
        label=gettext_lazy("Conclusions"),
        widget=forms.Textarea,
        required=False,
        help_text=gettext_lazy("One a line. They become conditions of the case when both sides have signed."),
    )
    attachment = forms.FileField(label=gettext_lazy("Attachment"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attachment"].widget.attrs["accept"] = ",".join(sorted(ALLOWED))


class Minutes(OfDemand):
    """Record the minutes, of a meeting proposed before or not."""

    title = submit_label = gettext_lazy("Record a meeting")
    permission = P.MEET
    form_class = MinutesForm
    success = gettext_lazy("The minutes are kept; both sides are asked to sign them.")

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("meeting", "")
        if not asked.isdigit():
            return {}
        meeting = get_meeting(self.demand(), int(asked))
        return {"held_on": meeting.planned_on, "place": meeting.place, "attendees": meeting.attendees}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        demand, given = self.demand(), dict(form.cleaned_data)
        file = given.pop("attachment")
        given["conclusions"] = [line for line in given["conclusions"].splitlines() if line.strip()]
        asked = self.request.GET.get("meeting", "")
        known = get_meeting(demand, int(asked)) if asked.isdigit() else None
        meeting = services.record_meeting(actor=self.actor, now=self.now, demand=demand, meeting=known, **given)
        if file is not None:
            services.attach_file(
                actor=self.actor, now=self.now, demand=demand, meeting=meeting, name=file.name, stream=file
            )
        return url_of(demand)


class SignMinutes(ActionPage):
    """Sign for one's side."""

    permission = P.NEGOTIATE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        demand = queries.get_demand(actor=self.actor, uid=kwargs["uid"])
        meeting = get_meeting(demand, kwargs["number"])
        services.sign_meeting(actor=self.actor, now=self.now, demand=demand, meeting=meeting)
        return _("Signed for your side."), url_of(demand)


class MeetingFile(Page):
    """A file of the minutes."""

    permission = P.VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        meeting = get_meeting(queries.get_demand(actor=self.actor, uid=kwargs["uid"]), kwargs["number"])
        found = next((part for part in meeting.files if part["digest"] == kwargs["digest"]), None)
        if found is None:
            raise FileNotFound(digest=kwargs["digest"])
        return FileResponse(path_of(found["digest"]).open("rb"), as_attachment=True, filename=found["name"])


class TermsForm(Form):
    """Other terms."""

    fields_asked = forms.MultipleChoiceField(label=gettext_lazy("Fields"), widget=forms.CheckboxSelectMultiple)
    rate_per_minute = forms.IntegerField(label=gettext_lazy("Most calls a minute"), min_value=1, max_value=MOST_RATE)
    volume_per_day = forms.IntegerField(label=gettext_lazy("Expected calls a day"), min_value=1, max_value=MOST_VOLUME)
    terms = forms.CharField(
        label=gettext_lazy("Terms"),
        widget=forms.Textarea,
        required=False,
        max_length=1000,
        help_text=gettext_lazy("Other masks, another use, a review after some time: what is agreed besides."),
    )

    def __init__(self, *args: Any, demand: Demand, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked: Any = self.fields["fields_asked"]
        items = asked_rows(demand)
        asked.choices = [(item.name, f"{item.title} {item.name}") for item in items]
        least = queries.grade_masks(demand)
        for item in items:
            self.fields[f"mask_{item.name}"] = forms.ChoiceField(
                label=_("Mask of %(field)s") % {"field": item.title},
                choices=[("", _("As its grade asks")), *stricter_masks(least.get(item.name, "none"))],
                required=False,
            )

    def add_error(self, field: str | None, error: Any) -> None:
        named = "fields_asked" if field == "fields" else (field or "").replace("masks.", "mask_")
        super().add_error(named or None, error)

    def terms_entered(self) -> Proposal:
        """The cleaned values as what the services take."""
        given = dict(self.cleaned_data)
        masks = {name[5:]: given.pop(name) for name in list(given) if name.startswith("mask_")}
        return Proposal(
            fields=tuple(given.pop("fields_asked")), masks={name: mask for name, mask in masks.items() if mask}, **given
        )


def stricter_masks(least: str) -> list[tuple[str, Any]]:
    """Masks that hide more than `least` does, with their names."""
    return [
        (str(mask), label)
        for mask, label in MASKS.items()
        if mask != least and stricter_of(Mask(mask), Mask(least)) == mask
    ]


class ProposeTerms(OfDemand):
    """Propose other terms."""

    title = submit_label = gettext_lazy("Propose other terms")
    permission = P.NEGOTIATE
    form_class = TermsForm
    success = gettext_lazy("Proposed; the other side answers.")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"demand": self.demand()}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        demand = self.demand()
        last = demand.rounds.last() or demand
        return {
            "fields_asked": last.fields,
            "rate_per_minute": last.rate_per_minute,
            "volume_per_day": last.volume_per_day,
            **{f"mask_{name}": mask for name, mask in last.masks.items()},
        }

    def save(self, form: Any, **kwargs: Any) -> str:
        demand = services.propose_terms(
            actor=self.actor, now=self.now, demand=self.demand(), proposal=form.terms_entered()
        )
        return url_of(demand)


class AcceptTerms(Step):
    """Both sides agree."""

    permission = P.NEGOTIATE
    write = staticmethod(services.accept_terms)
    told = gettext_lazy("Agreed: the demand is confirmed with these terms.")


class DeclineTerms(Why):
    """The refusal stands."""

    title = submit_label = gettext_lazy("Decline the proposal")
    permission = P.NEGOTIATE
    success = gettext_lazy("Declined; the requester may ask the platform to decide.")
    write = staticmethod(services.decline_terms)
