"""Acting on several problem records at once: chosen in the list, shown again, confirmed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import Actor
from quanshu.shared.web.api import Card, Column, Form, FormPage
from quanshu.supply.quality import queries, rules, services
from quanshu.supply.quality.models import Problem
from quanshu.supply.quality.permissions import QualityPermission as P
from quanshu.supply.quality.types import ProblemNotFound

MOST = 100


def pick_box(problem: Problem) -> Any:
    """The check box of a record in the list; it belongs to the form above it."""
    label = _("Choose this record")
    return format_html(
        '<input class="form-check-input" type="checkbox" name="chosen" value="{}" form="bulk" aria-label="{}">',
        problem.uid,
        label,
    )


def chosen_problems(request: HttpRequest, actor: Actor) -> list[Problem]:
    """The records chosen in the address or the form, those the actor may see; ProblemNotFound when none or too many."""
    given = request.POST if request.method == "POST" else request.GET
    uids = list(dict.fromkeys(given.getlist("chosen")))[: MOST + 1]
    found = list(queries.list_problems(actor).filter(uid__in=uids)) if 0 < len(uids) <= MOST else []
    if not found or len(found) != len(uids):
        raise ProblemNotFound(problem=", ".join(uids[:3]))
    return found


def picked_card(problems: list[Problem]) -> Card:
    """The records that will be acted on."""
    columns = (
        Column("key", _("Record"), value=lambda row: " · ".join(queries.shown_key(row).values()), kind="code",
               link=lambda row: row.get_absolute_url()),
        Column("table", _("Table"), value=lambda row: str(row.entry), phone=False),
        Column("rule", _("Rule"), value="title"),
        Column("due", _("Due"), value="due_on", kind="date"),
    )  # fmt: skip
    title = _("Chosen records: %(count)s") % {"count": len(problems)}
    return Card(title, columns=columns, rows=problems, values={"uids": [problem.uid for problem in problems]})


class AssignForm(Form):
    """Whom to ask."""

    person = forms.ChoiceField(label=gettext_lazy("Person"))

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = people  # type: ignore[attr-defined]
        self.fields["person"].help_text = _("People of the unit that corrects the records, and of units below it.")


class AssignPage(FormPage):
    """Ask one person to correct the chosen records."""

    title = gettext_lazy("Assign")
    permission = P.ASSIGN
    form_class = AssignForm
    template_name = "quality/picked_form.html"
    submit_label = gettext_lazy("Assign")
    success = gettext_lazy("Assigned; the person has a to-do and a notice.")

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return reverse("quality:problems")

    def crumbs(self) -> Any:
        return ((_("Problem data"), reverse("quality:problems")),)

    def problems(self) -> list[Problem]:
        return chosen_problems(self.request, self.actor)

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        people: list[tuple[str, str]] = []
        for path in dict.fromkeys(problem.unit.path for problem in self.problems()):
            own = queries.assignable_people(path)
            people = own if not people else [pair for pair in people if pair in own]
        return {"people": people}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = self.problems()
        for problem in found:
            rules.check_open(problem.state)
        return {"picked": picked_card(found)}

    def save(self, form: Any, **kwargs: Any) -> str:
        person = form.cleaned_data["person"]
        services.assign_problems(actor=self.actor, now=self.now, problems=self.problems(), person_uid=person)
        return self.cancel_url
