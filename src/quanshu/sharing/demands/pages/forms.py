"""Forms of demands."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quanshu.shared.web.api import Form, ReasonForm
from quanshu.sharing.demands.pages.asked import rows_of
from quanshu.sharing.demands.pages.labels import GRADES, PARTIES
from quanshu.sharing.demands.rules import MOST_RATE, MOST_VOLUME
from quanshu.sharing.demands.types import DemandData


class DemandForm(Form):
    """What clause 2.2.3 wants of a demand. Choices come from the entry and the asker's applications."""

    title = forms.CharField(label=_("Title"), max_length=100)
    consumer = forms.ChoiceField(
        label=_("For which application"),
        help_text=_("The grant is given to this application, and to no other."),
    )
    fields_asked = forms.MultipleChoiceField(
        label=_("Fields"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose the fields the purpose needs, and no more. Each shows its grade."),
    )
    purpose = forms.CharField(
        label=_("Purpose"),
        widget=forms.Textarea,
        max_length=500,
        help_text=_("The business matter the data is for. Use is limited to it."),
    )
    legal_basis = forms.CharField(
        label=_("Legal basis"),
        widget=forms.Textarea,
        max_length=500,
        help_text=_("The law, regulation or list of duties, with its article."),
    )
    valid_until = forms.DateField(label=_("Last day of use"), widget=forms.DateInput)
    volume_per_day = forms.IntegerField(label=_("Expected calls a day"), min_value=1, max_value=MOST_VOLUME)
    rate_per_minute = forms.IntegerField(label=_("Most calls a minute"), min_value=1, max_value=MOST_RATE)

    def __init__(self, *args: Any, entry: Any, consumers: Any, wanted: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        consumer: Any = self.fields["consumer"]
        consumer.choices = [(row.uid, f"{row.name} ({row.unit})") for row in consumers]
        asked: Any = self.fields["fields_asked"]
        asked.choices = [
            (row.name, f"{row.title} {row.name} · {GRADES.get(row.grade, row.grade)}")
            for row in rows_of(entry, wanted)
            if row.grade != "core"
        ]

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error("fields_asked" if field == "fields" else field, error)

    def data_entered(self) -> DemandData:
        """The cleaned values as what the services take."""
        values = dict(self.cleaned_data)
        values.pop("consumer")
        return DemandData(fields=tuple(values.pop("fields_asked")), **values)


class WhyForm(ReasonForm):
    """A reason, labelled."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("Reason")


class PauseForm(WhyForm):
    """Why the clock waits, and for whom."""

    waits_for = forms.ChoiceField(
        label=_("Who is waited for"),
        choices=[("", _("Whoever holds the case")), *PARTIES.items()],
        required=False,
        help_text=_("The time is charged to this party."),
    )
