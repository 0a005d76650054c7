"""Forms of sources: the two steps of a new one, changing one, and its next file."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import QuanshuError
from quanshu.shared.files.api import store
from quanshu.shared.web.api import Form, FormPage, fault_text
from quanshu.supply.catalogue.api import Entry, EntryNotFound, items_of, key_columns
from quanshu.supply.intake import queries, services
from quanshu.supply.intake.models import Source
from quanshu.supply.intake.pages.labels import MODES, contract_columns
from quanshu.supply.intake.pages.runs import url_of_run
from quanshu.supply.intake.pages.sources import url_of
from quanshu.supply.intake.permissions import IntakePermission as P
from quanshu.supply.intake.types import LoadMode, SourceData, SourceKind

WAYS = {
    "csv": (
        gettext_lazy("Upload a CSV file"),
        gettext_lazy("UTF-8 or GB 18030; comma, semicolon or tab."),
        "file-type-csv",
    ),
    "excel": (
        gettext_lazy("Upload an Excel workbook"),
        gettext_lazy("One sheet; its first row names the columns."),
        "file-type-xls",
    ),
    "path": (
        gettext_lazy("File in a drop folder"),
        gettext_lazy("A file that another system puts on this node again and again."),
        "folder",
    ),
    "sql": (
        gettext_lazy("Database"),
        gettext_lazy("A table or a SELECT of PostgreSQL, MySQL or SQLite, read only."),
        "database",
    ),
}
FIELDS = {"csv": {"file"}, "excel": {"file", "sheet"}, "path": {"path", "sheet"}, "sql": {"url", "table"}}
COMMON = {"name", "mode"}
WORKBOOKS = (".xlsx", ".xls")


def way_of(source: Source) -> str:
    """The way a source was made by."""
    return "path" if source.path else source.kind


class SourceForm(Form):
    """The fields of one way; `keys` are the contract's, without which nothing can be loaded by key."""

    name = forms.CharField(label=gettext_lazy("Name of the source"), max_length=100)
    file = forms.FileField(label=gettext_lazy("File"))
    path = forms.CharField(
        label=gettext_lazy("Path of the file"),
        max_length=500,
        help_text=gettext_lazy("In full, for example /data/drop/people.csv; .csv, .txt, .xlsx or .xls."),
    )
    sheet = forms.CharField(
        label=gettext_lazy("Sheet"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("Workbooks only; empty means the first sheet."),
    )
    url = forms.CharField(
        label=gettext_lazy("Database address"),
        max_length=1000,
        help_text=gettext_lazy(
            "For example postgresql://account:password@host:5432/database. It is kept encrypted and never shown again."
        ),
    )
    table = forms.CharField(
        label=gettext_lazy("Table or query"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("A table's name, or one SELECT whose columns are those of the contract."),
    )
    mode = forms.ChoiceField(label=gettext_lazy("Mode"), choices=list(MODES.items()))
    load = forms.BooleanField(label=gettext_lazy("Start the first load at once"), required=False, initial=True)

    def __init__(self, *args: Any, way: str, keys: tuple[str, ...], new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = COMMON | FIELDS[way] | ({"load"} if new else set())
        for name in set(self.fields) - wanted:
            del self.fields[name]
        self.way, mode = way, self.fields["mode"]
        if keys:
            mode.help_text = _(
                "A full load replaces the table. A load by key (%(keys)s) adds new rows and changes those there."
            ) % {"keys": ", ".join(keys)}
        else:
            mode.choices = [(LoadMode.FULL.value, MODES[LoadMode.FULL])]  # type: ignore[attr-defined]
            mode.help_text = _("The contract has no key, so every load replaces the whole table.")
        if "file" in self.fields:
            endings = ".csv,.txt" if way == "csv" else ".xlsx,.xls"
            self.fields["file"].widget.attrs["accept"] = endings
            self.fields["file"].required = new
        if "url" in self.fields:
            self.fields["url"].widget.attrs["autocomplete"] = "off"
            self.fields["url"].required = new
        if not new:
            for name in FIELDS[way] & {"file", "url"}:
                self.fields[name].help_text = _("Leave it empty to keep the present one.")


def data_from(page: Any, form: SourceForm) -> SourceData:
    """What was entered, with an uploaded file put into the store."""
    given = dict(form.cleaned_data)
    given.pop("load", None)
    upload = given.pop("file", None)
    kind: str = form.way
    if kind == "path":
        kind = SourceKind.EXCEL if given["path"].lower().endswith(WORKBOOKS) else SourceKind.CSV
    if upload is None:
        return SourceData(kind=kind, **given)
    kept = store(actor=page.actor, name=upload.name, stream=upload, now=page.now)
    return SourceData(kind=kind, file_digest=kept.digest, file_name=upload.name, **given)


class SourceFormPage(FormPage):
    """What the forms of a source share: the contract beside the fields."""

    permission = P.EDIT
    form_class: ClassVar[type[forms.Form]] = SourceForm
    template_name = "intake/source_form.html"

    def contract(self, entry: Entry) -> dict[str, Any]:
        return {"entry": entry, "contract_columns": contract_columns(), "contract": items_of(entry)}


class NewSource(SourceFormPage):
    """A new source: first entry and way, then the fields of that way."""

    title = gettext_lazy("New source")
    submit_label = gettext_lazy("Create the source")
    success = gettext_lazy("The source is there.")

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return reverse("intake:sources")

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Data sources"), reverse("intake:sources"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.GET.get("way") in WAYS and request.GET.get("entry"):
            return super().get(request, *args, **kwargs)
        context = {
            "entries": queries.entries_to_load(self.actor),
            "chosen": request.GET.get("entry", ""),
            "way": request.GET.get("way", "csv"),
            "ways": [(way, *texts) for way, texts in WAYS.items()],
        }
        return self.render(context, template="intake/source_start.html")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.GET.get("way") not in WAYS:
            return self.get(request, *args, **kwargs)
        return super().post(request, *args, **kwargs)

    def entry(self) -> Entry:
        uid = self.request.GET.get("entry", "")
        entry = queries.entries_to_load(self.actor).filter(uid=uid).first()
        if entry is None:
            raise EntryNotFound(entry=uid)
        return entry

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"way": self.request.GET["way"], "keys": key_columns(self.entry())}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"name": self.entry().resource_name}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {**self.contract(self.entry()), "way_label": WAYS[self.request.GET["way"]][0], "step": 2}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        data = data_from(self, form)  # type: ignore[arg-type]
        source = services.create_source(actor=self.actor, now=self.now, entry=self.entry(), data=data)
        if not form.cleaned_data["load"]:
            return url_of(source)
        try:
            return url_of_run(services.start_run(actor=self.actor, source=source, now=self.now))
        except QuanshuError as fault:
            # The source is there; only its load cannot start.
            messages.warning(self.request, fault_text(fault))
            return url_of(source)


class EditSource(SourceFormPage):
    """Change a source; its kind stays."""

    title = gettext_lazy("Edit the source")

    def source(self) -> Source:
        return queries.get_source(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        source = self.source()
        return [(_("Data sources"), reverse("intake:sources")), (source.name, url_of(source))]

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        source = self.source()
        return {"way": way_of(source), "keys": key_columns(source.entry), "new": False}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        source = self.source()
        return {name: getattr(source, name) for name in ("name", "mode", "path", "sheet", "table")}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return self.contract(self.source().entry)

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        data = data_from(self, form)  # type: ignore[arg-type]
        source = services.change_source(actor=self.actor, now=self.now, source=self.source(), data=data)
        return url_of(source)


class FileForm(Form):
    file = forms.FileField(label=gettext_lazy("File"))


class NewFile(SourceFormPage):
    """Upload the next file of a source and load it."""

    title = gettext_lazy("Upload a new file")
    form_class = FileForm
    submit_label = gettext_lazy("Upload and load")
    success = gettext_lazy("Uploaded; the load is queued.")

    def source(self) -> Source:
        return queries.get_source(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        source = self.source()
        return [(_("Data sources"), reverse("intake:sources")), (source.name, url_of(source))]

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return self.contract(self.source().entry)

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        source, upload = self.source(), form.cleaned_data["file"]
        run = services.load_file(actor=self.actor, now=self.now, source=source, name=upload.name, stream=upload)
        return url_of_run(run)
