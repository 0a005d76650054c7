"""Held loads and refused rows: decisions, corrections, replays."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook

from quanshu.lake.landing import ROW_NUMBER, read_excel
from quanshu.shared.access.api import require
from quanshu.shared.web.api import ActionPage, Form, FormPage, Page, ReasonForm
from quanshu.supply.catalogue.api import items_of
from quanshu.supply.intake import queries, services
from quanshu.supply.intake.models import Run
from quanshu.supply.intake.pages.labels import item_title, reason_of
from quanshu.supply.intake.pages.runs import url_of_run
from quanshu.supply.intake.permissions import IntakePermission as P
from quanshu.supply.intake.types import NotCorrections

ROW_COLUMN = "row_number"
WHY_COLUMN = "why_refused"
MOST_ROWS = 20_000


class RunStep:
    """What pages of one run share."""

    actor: Any
    kwargs: dict[str, Any]

    def run_row(self) -> Run:
        """The run of the address; not found when it may not be seen."""
        return queries.get_run(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        """The way back."""
        run = self.run_row()
        return [(_("Loads"), reverse("intake:runs")), (run.source.name, url_of_run(run))]


class Release(RunStep, ActionPage):
    """Let a held load go on."""

    permission = P.DECIDE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        run = self.run_row()
        decision = "contract" if self.request.POST.get("decision") == "contract" else "known"
        services.release_run(actor=self.actor, run=run, decision=decision, now=self.now)
        return _("The load goes on."), url_of_run(run)


class Discard(RunStep, ActionPage):
    """Give a held load up."""

    permission = P.DECIDE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        run = self.run_row()
        services.discard_run(actor=self.actor, run=run, now=self.now)
        return _("The load is discarded; the table is as it was."), url_of_run(run)


class Propose(RunStep, ActionPage):
    """Propose the new columns as items of the entry's next revision."""

    permission = P.DECIDE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        run = self.run_row()
        entry = services.propose_columns(actor=self.actor, run=run, now=self.now)
        text = _("The new columns are items of the entry's next revision. Have it reviewed and published.")
        return text, reverse("catalogue:entry", args=[entry.uid])


class RowForm(Form):
    """One field an item of the contract."""

    def __init__(self, *args: Any, run: Run, faults: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item in items_of(run.source.entry):
            field = forms.CharField(
                label=f"{item_title(item)} ({item.name})", required=False, help_text=faults.get(item.name, "")
            )
            field.widget.attrs["class"] = "form-control"
            self.fields[item.name] = field


class CorrectRow(RunStep, FormPage):
    """One refused row, set right by hand."""

    permission = P.CORRECT
    form_class = RowForm
    submit_label = gettext_lazy("Keep the correction")
    success = gettext_lazy("Kept. Replay the corrected rows to load them.")

    def page_title(self) -> str:
        return _("Refused row %(row)s") % {"row": self.kwargs["row"]}

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run_row()
        require(self.actor, P.REFUSED, run)
        faults = services.refused_row(run, self.kwargs["row"])
        told: dict[str, str] = {}
        for fault in faults:
            for name in str(fault["column"] or "").split(", "):
                value = "" if fault["value"] is None else f" ({fault['value']})"
                told[name] = f"{reason_of(fault)}{value}"
        return {"run": run, "faults": told}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return services.values_of(self.run_row(), self.kwargs["row"])

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        run = self.run_row()
        services.correct_row(actor=self.actor, run=run, row=self.kwargs["row"], values=form.cleaned_data, now=self.now)
        return f"{url_of_run(run)}#refused"


class DismissRow(RunStep, FormPage):
    """Settle a refused row without loading it."""

    permission = P.CORRECT
    form_class = ReasonForm
    submit_label = gettext_lazy("Dismiss the row")
    success = gettext_lazy("Dismissed.")

    def page_title(self) -> str:
        return _("Dismiss refused row %(row)s") % {"row": self.kwargs["row"]}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        run = self.run_row()
        reason = form.cleaned_data["reason"]
        services.dismiss_row(actor=self.actor, run=run, row=self.kwargs["row"], reason=reason, now=self.now)
        return f"{url_of_run(run)}#refused"


class Replay(RunStep, ActionPage):
    """Load the corrected rows."""

    permission = P.CORRECT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        replay = services.replay_run(actor=self.actor, run=self.run_row(), now=self.now)
        return _("The corrected rows are queued as a load of their own."), url_of_run(replay)


class RefusedBook(RunStep, Page):
    """Refused rows as a workbook, to be corrected and uploaded again. Every cell is text."""

    permission = P.CORRECT

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        run = self.run_row()
        require(self.actor, P.CORRECT, run)
        services.note_export(actor=self.actor, run=run, now=self.now)
        names = [item.name for item in items_of(run.source.entry)]
        book = Workbook(write_only=True)
        sheet = book.create_sheet(_("Refused rows"))
        sheet.append([ROW_COLUMN, *names, WHY_COLUMN])
        for number, values, why in services.open_rows(run, MOST_ROWS):
            sheet.append(
                [str(number), *(values[name] for name in names), "; ".join(str(reason_of(row)) for row in why)]
            )
        media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        response = HttpResponse(content_type=media)
        response["Content-Disposition"] = f'attachment; filename="refused-{run.uid}.xlsx"'
        book.save(response)
        return response


class BookForm(Form):
    file = forms.FileField(
        label=gettext_lazy("Workbook"),
        help_text=gettext_lazy("The workbook downloaded from this load, with the rows corrected; keep its first row."),
    )


class UploadCorrections(RunStep, FormPage):
    """Take up a corrected workbook."""

    permission = P.CORRECT
    title = gettext_lazy("Upload corrected rows")
    form_class = BookForm
    success = ""

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        run = self.run_row()
        rows = book_rows(form.cleaned_data["file"])
        taken, left = services.take_corrections(actor=self.actor, run=run, rows=rows, now=self.now)
        messages.success(self.request, _("%(taken)s rows are corrected and wait for a replay.") % {"taken": taken})
        if left:
            shown = "; ".join(f"{row}: {why}" for row, why in left[:5])
            text = _("%(left)s rows still do not fit: %(shown)s") % {"left": len(left), "shown": shown}
            messages.warning(self.request, text)
        return f"{url_of_run(run)}#refused"


def book_rows(upload: Any) -> list[tuple[int, dict[str, str | None]]]:
    """Rows of an uploaded workbook. Raises NotCorrections, `lake.bad_workbook`, `lake.bad_header`."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "corrections.xlsx"
        path.write_bytes(b"".join(upload.chunks()))
        rows = read_excel(path)
        if ROW_COLUMN not in rows.columns:
            raise NotCorrections(column=ROW_COLUMN)
        found = []
        for record in (record for batch in rows.batches() for record in batch.to_pylist()):
            record.pop(ROW_NUMBER)
            number = str(record.pop(ROW_COLUMN) or "")
            record.pop(WHY_COLUMN, None)
            if number.isascii() and number.isdigit():
                found.append((int(number), record))
    return found
