"""The working calendar: statutory days off and make-up working days by year."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.calendar import DayKind
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Card, Column, Form, FormPage, Page
from quanshu.shared.workflow.api import CalendarDay, CalendarYear, city_day, set_calendar_year

EDIT = "workflow.calendar.edit"
KINDS = {DayKind.HOLIDAY: gettext_lazy("Day off"), DayKind.WORKDAY: gettext_lazy("Make-up working day")}


class Calendar(Page):
    """One year."""

    title = gettext_lazy("Working calendar")
    subtitle = gettext_lazy("Deadlines are counted by it: weekends and days off are left out, make-up days counted.")
    permission = "organisation.unit.view"
    template_name = "web/cards.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        this = city_day(self.now).year
        asked = self.request.GET.get("year", "")
        year = int(asked) if asked.isdigit() and len(asked) == 4 else this
        known = {row.year: row for row in CalendarYear.objects.all()}
        years = sorted({*known, this, this + 1}, reverse=True)
        columns = (
            Column("day", _("Day"), kind="date"),
            Column("kind", _("Kind"), value=lambda row: KINDS.get(row.kind, row.kind)),
            Column("name", _("Name"), value=lambda row: row.name),
        )
        switch = [
            Action(str(each), f"?year={each}", method="get", style="primary" if each == year else "outline-primary")
            for each in years
        ]
        edit = Action(_("Enter or edit"), f"/organisation/calendar/edit/?year={year}", "edit", method="get")
        unknown = _("The days of this year have not been entered: no deadline in it can be counted.")
        source = f"{_('Source')}: {known[year].source}" if year in known else ""
        card = Card(
            str(year),
            note=source or unknown,
            columns=columns,
            rows=CalendarDay.objects.filter(day__year=year),
            empty_title=_("No day is entered"),
            actions=[edit] if allows(self.actor, EDIT) else [],
        )
        return {"cards": [card], "actions": switch}


class YearForm(Form):
    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=2018, max_value=2100)
    source = forms.CharField(
        label=gettext_lazy("Source"), max_length=200, help_text=gettext_lazy("The notice's number and date.")
    )
    days = forms.CharField(
        label=gettext_lazy("Days"),
        widget=forms.Textarea(attrs={"rows": 16}),
        help_text=gettext_lazy(
            "A line for each day: date, holiday or workday, name. For example: 2027-01-01,holiday,元旦. "
            "Plain weekends need no line."
        ),
    )


class EditYear(FormPage):
    """Enter or replace a year."""

    title = gettext_lazy("Enter or edit")
    permission = EDIT
    form_class = YearForm
    cancel_url = "/organisation/calendar/"

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("year", "")
        year = int(asked) if asked.isdigit() else city_day(self.now).year + 1
        row = CalendarYear.objects.filter(year=year).first()
        days = CalendarDay.objects.filter(day__year=year)
        lines = "\n".join(f"{day.day},{day.kind},{day.name}" for day in days)
        return {"year": year, "source": row.source if row else "", "days": lines}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        given = form.cleaned_data
        set_calendar_year(
            actor=self.actor, year=given["year"], days=read_days(given["days"]), source=given["source"], now=self.now
        )
        return f"/organisation/calendar/?year={given['year']}"


def read_days(text: str) -> dict[date, tuple[DayKind, str]]:
    """Lines of `date,kind,name`. FieldErrors names the first line that is wrong."""
    days: dict[date, tuple[DayKind, str]] = {}
    for number, row in enumerate(csv.reader(text.splitlines()), start=1):
        if not row:
            continue
        try:
            day, kind = date.fromisoformat(row[0].strip()), DayKind(row[1].strip())
        except (ValueError, IndexError) as fault:
            told = _("Line %(number)s is not a date, holiday or workday, and a name.") % {"number": number}
            raise FieldErrors(errors=(FieldError("days", told, _("Correct the line.")),)) from fault
        days[day] = (kind, row[2].strip() if len(row) > 2 else "")
    return days
