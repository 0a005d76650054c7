"""Settings of the ledger: witnesses, the policy, anchors."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.oversight.ledger import queries, services
from quanshu.oversight.ledger.permissions import LedgerPermission as P
from quanshu.oversight.ledger.services.chains import TITLES
from quanshu.oversight.ledger.types import AnchorData, WitnessData
from quanshu.shared.web.api import ActionPage, Form, FormPage, StepPage


class LedgerForm(FormPage):
    """A form of the ledger's settings; it leads back to the overview."""

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Ledger"), reverse("ledger:overview"))]


class WitnessForm(Form):
    """A witness."""

    title = forms.CharField(
        label=gettext_lazy("Body that runs it"),
        max_length=100,
        help_text=gettext_lazy("For example the audit office, the discipline inspection, the province."),
    )
    vkey = forms.CharField(
        label=gettext_lazy("Verifier key"),
        max_length=400,
        help_text=gettext_lazy("The line that “quanshu witness init” printed there."),
    )
    url = forms.CharField(label=gettext_lazy("Address"), max_length=300, help_text="https://witness.example:8200")


class AddWitness(LedgerForm):
    """Add a witness."""

    title = gettext_lazy("Add a witness")
    permission = P.WITNESS
    form_class = WitnessForm
    success = gettext_lazy("Added. It is asked with the next checkpoint; have it trust this log's key.")

    def save(self, form: Any, **kwargs: Any) -> str:
        made = services.add_witness(actor=self.actor, data=WitnessData(**form.cleaned_data), now=self.now)
        return made.get_absolute_url()


class WitnessStep(StepPage):
    """Pause, use again, remove."""

    permission = P.WITNESS
    subject = "witness"

    def get_subject(self, uid: str) -> Any:
        return queries.get_witness(uid)


class QuorumForm(Form):
    """How many."""

    least = forms.IntegerField(
        label=gettext_lazy("Witnesses a checkpoint needs"),
        min_value=0,
        max_value=100,
        help_text=gettext_lazy("0 publishes without any; then the node alone vouches for its log."),
    )


class SetQuorum(LedgerForm):
    """Set the policy."""

    title = gettext_lazy("Policy")
    permission = P.WITNESS
    form_class = QuorumForm

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"least": queries.least_witnesses()}

    def save(self, form: Any, **kwargs: Any) -> str:
        services.set_quorum(actor=self.actor, least=form.cleaned_data["least"], now=self.now)
        return reverse("ledger:overview")


class AnchorForm(Form):
    """An outside chain."""

    title = forms.CharField(label=gettext_lazy("Name of the chain"), max_length=100)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=[])
    place = forms.CharField(
        label=gettext_lazy("Place on the chain"),
        max_length=40,
        help_text=gettext_lazy("For a file chain, the name of its file in the ledger's folder “anchors”."),
    )
    minutes = forms.IntegerField(label=gettext_lazy("Minutes between two posts"), initial=60, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, _(title)) for kind, title in TITLES.items()]  # type: ignore[attr-defined]


class AddAnchor(LedgerForm):
    """Add an anchor."""

    title = gettext_lazy("Add an anchor")
    permission = P.ANCHOR
    form_class = AnchorForm
    success = gettext_lazy("Added. The next published checkpoint is posted within five minutes.")

    def save(self, form: Any, **kwargs: Any) -> str:
        made = services.add_anchor(actor=self.actor, data=AnchorData(**form.cleaned_data), now=self.now)
        return made.get_absolute_url()


class StopAnchor(ActionPage):
    """Post no more."""

    permission = P.ANCHOR

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        stopped = services.stop_anchor(actor=self.actor, anchor=queries.get_anchor(kwargs["uid"]), now=self.now)
        return _("Nothing more is posted there; what was posted stands."), stopped.get_absolute_url()
