"""The fields of a source's form, for each way in which its rows reach the node."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.files.api import store
from quanshu.shared.web.api import Form
from quanshu.supply.intake import rules
from quanshu.supply.intake.models import Source
from quanshu.supply.intake.pages.labels import DRIFTS, MODES, PAGING_NAMES
from quanshu.supply.intake.types import FILE_KINDS, SECRET_PARTS, LoadMode, SourceData, SourceKind

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
    "jsonl": (
        gettext_lazy("Upload JSON lines"),
        gettext_lazy("One JSON object a line, UTF-8."),
        "braces",
    ),
    "parquet": (
        gettext_lazy("Upload a Parquet file"),
        gettext_lazy("Columns with their types; unencrypted."),
        "table",
    ),
    "path": (
        gettext_lazy("File in a drop folder"),
        gettext_lazy("A file that another system puts on this node again and again."),
        "file",
    ),
    "folder": (
        gettext_lazy("Watched folder"),
        gettext_lazy("Each new file is taken in once, in the order of arrival."),
        "folder",
    ),
    "sql": (
        gettext_lazy("Database"),
        gettext_lazy("A table or a SELECT of PostgreSQL, MySQL or SQLite, read only."),
        "database",
    ),
    "http": (
        gettext_lazy("HTTP API"),
        gettext_lazy("JSON in pages, with a token; only hosts that this node may call."),
        "api",
    ),
    "sftp": (
        gettext_lazy("SFTP server"),
        gettext_lazy("Files that match a pattern, each fetched once."),
        "server",
    ),
    "push": (
        gettext_lazy("Pushed by the unit"),
        gettext_lazy("The unit sends signed files through the gateway; nothing is fetched."),
        "upload",
    ),
}
FIELDS: dict[str, tuple[str, ...]] = {
    "csv": ("file",),
    "excel": ("file", "sheet"),
    "jsonl": ("file",),
    "parquet": ("file",),
    "path": ("path", "sheet"),
    "folder": ("path", "pattern"),
    "sql": ("url", "table"),
    "http": (
        *("address", "rows_path", "paging", "page_param", "size_param", "page_size", "next_path"),
        *("token", "token_header", "since_param"),
    ),
    "sftp": ("host", "port", "username", "password", "private_key", "folder", "pattern"),
    "push": (),
}
BY_KEY = ("cursor", "overlap", "delete_share", "op_column", "seq_column")
UPLOADED = frozenset({"csv", "excel", "jsonl", "parquet"})
KEPT = frozenset({"file", "url", *SECRET_PARTS})


def way_of(source: Source) -> str:
    """The way a source was made by."""
    return "path" if source.path and source.kind in FILE_KINDS else source.kind


class SourceForm(Form):
    """The fields of one way; `keys` are the contract's, without which nothing can be loaded by key."""

    name = forms.CharField(label=gettext_lazy("Name of the source"), max_length=100)
    file = forms.FileField(label=gettext_lazy("File"))
    path = forms.CharField(
        label=gettext_lazy("Path of the file"),
        max_length=500,
        help_text=gettext_lazy("In full, for example /data/drop/people.csv; .csv, .txt, .xlsx, .jsonl or .parquet."),
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
    address = forms.CharField(
        label=gettext_lazy("Address of the API"), max_length=1000, help_text=gettext_lazy("https://…")
    )
    rows_path = forms.CharField(
        label=gettext_lazy("Path of the rows"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Names joined by dots, for example data.items; empty when the answer is the list."),
    )
    paging = forms.ChoiceField(label=gettext_lazy("Paging"), choices=list(PAGING_NAMES.items()))
    page_param = forms.CharField(
        label=gettext_lazy("Parameter of page, offset or cursor"), required=False, max_length=100
    )
    size_param = forms.CharField(label=gettext_lazy("Parameter of the page's size"), required=False, max_length=100)
    page_size = forms.IntegerField(label=gettext_lazy("Rows of a page"), required=False, initial=1000)
    next_path = forms.CharField(
        label=gettext_lazy("Path of the next cursor or address"), required=False, max_length=200
    )
    token = forms.CharField(
        label=gettext_lazy("Token"),
        required=False,
        max_length=4000,
        widget=forms.PasswordInput,
        help_text=gettext_lazy("It is kept encrypted and never shown again."),
    )
    token_header = forms.CharField(
        label=gettext_lazy("Header of the token"), required=False, max_length=100, initial="Authorization"
    )
    since_param = forms.CharField(
        label=gettext_lazy("Parameter of the cursor"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("Incremental loads: the API is asked for rows from this value on."),
    )
    host = forms.CharField(label=gettext_lazy("Server"), max_length=200)
    port = forms.IntegerField(label=gettext_lazy("Port"), initial=22)
    username = forms.CharField(label=gettext_lazy("Account"), max_length=100)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput,
        help_text=gettext_lazy("It is kept encrypted and never shown again."),
    )
    private_key = forms.CharField(
        label=gettext_lazy("Private key"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("OpenSSH, without a passphrase; instead of a password."),
    )
    folder = forms.CharField(label=gettext_lazy("Folder"), required=False, max_length=500, initial=".")
    pattern = forms.CharField(
        label=gettext_lazy("Pattern of the names"),
        required=False,
        max_length=200,
        initial="*",
        help_text=gettext_lazy("For example people-*.csv; * stands for any characters."),
    )
    mode = forms.ChoiceField(label=gettext_lazy("Mode"), choices=list(MODES.items()))
    cursor = forms.ChoiceField(
        label=gettext_lazy("Incremental: by which column"),
        required=False,
        help_text=gettext_lazy("Its highest value is remembered; the next load goes on from there."),
    )
    overlap = forms.IntegerField(
        label=gettext_lazy("Incremental: overlap"),
        required=False,
        initial=0,
        min_value=0,
        help_text=gettext_lazy("Read again for late rows: days of a date, hours of a time, units of a number."),
    )
    delete_share = forms.IntegerField(
        label=gettext_lazy("Mirror: most to delete (%)"),
        required=False,
        initial=10,
        min_value=0,
        max_value=100,
        help_text=gettext_lazy("A load that would delete a larger share of the table waits for your confirmation."),
    )
    op_column = forms.CharField(
        label=gettext_lazy("Changes: column of the operation"), required=False, max_length=100, initial="op"
    )
    seq_column = forms.CharField(
        label=gettext_lazy("Changes: column of the sequence"), required=False, max_length=100, initial="seq"
    )
    drift = forms.ChoiceField(
        label=gettext_lazy("When the columns differ"),
        required=False,
        choices=list(DRIFTS.items()),
        help_text=gettext_lazy("The differences are shown column by column before anything lands."),
    )
    load = forms.BooleanField(label=gettext_lazy("Start the first load at once"), required=False, initial=True)

    def __init__(
        self,
        *args: Any,
        way: str,
        keys: tuple[str, ...],
        columns: tuple[str, ...] = (),
        new: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        first_load = ("load",) if new and way in {*UPLOADED, "path", "sql"} else ()
        wanted = ("name", *FIELDS[way], "mode", *(BY_KEY if keys else ()), "drift", *first_load)
        for name in set(self.fields) - set(wanted):
            del self.fields[name]
        self.order_fields(wanted)
        self.way, mode = way, self.fields["mode"]
        if keys:
            mode.help_text = _(
                "A full load replaces the table. A load by key (%(keys)s) adds new rows and changes those there."
            ) % {"keys": ", ".join(keys)}
            self.fields["cursor"].choices = [("", "—"), *((name, name) for name in columns)]  # type: ignore[attr-defined]
        else:
            mode.choices = [(LoadMode.FULL.value, MODES[LoadMode.FULL])]  # type: ignore[attr-defined]
            mode.help_text = _("The contract has no key, so every load replaces the whole table.")
        self.adapt(new)

    def adapt(self, new: bool) -> None:
        """What a way, and a change instead of a new source, makes different."""
        if "file" in self.fields:
            self.fields["file"].widget.attrs["accept"] = ",".join(rules.ENDINGS[self.way])
            self.fields["file"].required = new
        if "url" in self.fields:
            self.fields["url"].required = new
        for name in KEPT & set(self.fields):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        if self.way == "folder":
            self.fields["path"].label = _("Path of the folder")
            self.fields["path"].help_text = _("In full, below a drop folder of this node.")
        if not new:
            for name in KEPT & set(self.fields):
                self.fields[name].help_text = _("Leave it empty to keep the present one.")


def data_from(page: Any, form: SourceForm) -> SourceData:
    """What was entered, with an uploaded file put into the store."""
    given = dict(form.cleaned_data)
    upload = given.pop("file", None)
    kind: str = form.way
    if kind == "path":
        kind = rules.format_of(SourceKind.FOLDER, given["path"]) or SourceKind.CSV
    direct: dict[str, Any] = {
        name: given[name] for name in ("name", "mode", "path", "url", "sheet", "table") if name in given
    }
    options = {name: given[name] for name in given if name not in {*direct, *SECRET_PARTS, "drift", "load"}}
    data: dict[str, Any] = {
        **direct,
        "kind": kind,
        "drift": given.get("drift") or "refuse",
        "options": options,
        "secret": {name: given[name] for name in SECRET_PARTS if given.get(name)},
    }
    if upload is None:
        return SourceData(**data)
    kept = store(actor=page.actor, name=upload.name, stream=upload, now=page.now)
    return SourceData(file_digest=kept.digest, file_name=upload.name, **data)
