"""Sources: where an entry's data comes from."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.access.api import allows
from quanshu.shared.files.api import store
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    reason_against,
)
from quanshu.supply.catalogue.api import Entry, contract_of, get_entry, key_columns, list_entries
from quanshu.supply.intake import queries, rules, services
from quanshu.supply.intake.models import Source
from quanshu.supply.intake.pages.labels import KINDS, MODES
from quanshu.supply.intake.pages.runs import RUN_COLUMNS, url_of_run
from quanshu.supply.intake.permissions import IntakePermission as P
from quanshu.supply.intake.types import RunState, SourceData, SourceKind


def url_of(source: Source, part: str = "") -> str:
    """A source's page, or a page below it."""
    return f"/intake/sources/{source.uid}/{part}"


def latest(source: Source) -> Any:
    """The source's newest run."""
    return source.runs.first()


class Sources(ListPage):
    """Every source the actor may see."""

    title = gettext_lazy("Sources")
    permission = P.VIEW
    search = ("name", "entry__resource_name", "unit__name")
    search_hint = gettext_lazy("Name, entry or unit")
    order = "name"
    export_name = "sources"
    empty_title = gettext_lazy("No source yet")
    empty_hint = gettext_lazy("Add one for a published entry: a file, a workbook or a database.")
    filters = (
        Filter("kind", gettext_lazy("Kind"), choices=list(KINDS.items()), field="kind"),
        Filter(
            "active",
            gettext_lazy("Switched on"),
            choices=[("True", gettext_lazy("Yes")), ("False", gettext_lazy("No"))],
            field="active",
        ),
    )
    columns = (
        Column("name", gettext_lazy("Name"), sort="name", link=url_of),
        Column("entry", gettext_lazy("Entry"), value=lambda row: str(row.entry), phone=False),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        Column("kind", gettext_lazy("Kind"), value=lambda row: KINDS[row.kind], sort="kind"),
        Column("mode", gettext_lazy("Mode"), value=lambda row: MODES[row.mode], phone=False),
        Column("rows", gettext_lazy("Rows in the lake"), value="entry.landed_rows", kind="number"),
        Column("at", gettext_lazy("Landed at"), value="entry.landed_at", kind="datetime", phone=False),
    )

    def queryset(self) -> Any:
        return queries.list_sources(self.actor)

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.EDIT):
            return []
        return [Action(_("New source"), "/intake/sources/new/", "plus", method="get")]


class SourcePage(DetailPage):
    """A source: its contract, its runs, and the next load."""

    permission = P.VIEW
    audit_kind = "intake.source"

    def get_object(self, **kwargs: Any) -> Source:
        return queries.get_source(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Sources"), "/intake/sources/")]

    def state(self, obj: Source) -> tuple[str, str]:
        return (_("On"), "green") if obj.active else (_("Off"), "secondary")

    def facts(self, obj: Source) -> list[tuple[Any, Any]]:
        return [
            (_("Entry"), str(obj.entry)),
            (_("Unit"), str(obj.unit)),
            (_("Kind"), KINDS[obj.kind]),  # type: ignore[index]
            (_("Mode"), MODES[obj.mode]),  # type: ignore[index]
            (_("File"), obj.file_name or obj.path.rpartition("/")[2]),
            (_("Sheet"), obj.sheet),
            (_("Table"), obj.table),
            (_("Address"), _("kept encrypted") if obj.sealed_url else ""),
        ]

    def actions(self, obj: Source) -> list[Action]:
        actions = []
        if allows(self.actor, P.EDIT, obj):
            if obj.kind != SourceKind.SQL:
                actions.append(Action(_("New file"), url_of(obj, "file/"), "upload", method="get"))
            actions.append(Action(_("Edit"), url_of(obj, "edit/"), "edit", method="get", style="outline-primary"))
            label = _("Switch off") if obj.active else _("Switch on")
            actions.append(Action(label, url_of(obj, "switch/"), style="outline-danger"))
        if allows(self.actor, P.RUN, obj):
            waiting = obj.runs.filter(state__in=[RunState.QUEUED, RunState.RUNNING]).exists()
            reason = reason_against(
                rules.check_startable,
                active=obj.active,
                entry_state=obj.entry.state,
                entry_name=obj.entry.resource_name,
                mode=obj.mode,
                keys=key_columns(obj.entry),
                busy=waiting,
            )
            actions.append(Action(_("Start a load"), url_of(obj, "start/"), "player-play", reason=reason))
        return actions

    def cards(self, obj: Source) -> list[Card]:
        contract = (
            Column("name", _("Column"), kind="code"),
            Column("type", _("Type"), value=lambda row: str(row.type)),
            Column("required", _("Required"), value=lambda row: _("Yes") if row.required else ""),
            Column("length", _("Length"), value="max_length", kind="number", phone=False),
        )
        keys = ", ".join(key_columns(obj.entry))
        note = _("Rows that do not fit are refused and kept with the reason. Key: %(keys)s") % {"keys": keys or "—"}
        return [
            Card(
                _("Runs"),
                columns=RUN_COLUMNS[:1] + RUN_COLUMNS[2:],
                rows=obj.runs.select_related("source__entry")[:20],
                empty_title=_("Not loaded yet"),
                more=(f"/intake/runs/?q={obj.name}", _("All runs")),
            ),
            Card(_("Contract"), note=note, columns=contract, rows=contract_of(obj.entry)),
        ]


class SourceForm(Form):
    entry = forms.ChoiceField(label=gettext_lazy("Entry"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(KINDS.items()))
    mode = forms.ChoiceField(
        label=gettext_lazy("Mode"),
        choices=list(MODES.items()),
        help_text=gettext_lazy("A full load replaces the table; an update inserts and changes rows by their key."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"), required=False, help_text=gettext_lazy("CSV in UTF-8 or GB 18030, or .xlsx.")
    )
    path = forms.CharField(
        label=gettext_lazy("Path in a drop folder"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Instead of an upload: a file that the node can read."),
    )
    sheet = forms.CharField(
        label=gettext_lazy("Sheet"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("Workbooks: empty means the first sheet."),
    )
    url = forms.CharField(
        label=gettext_lazy("Database address"),
        required=False,
        help_text=gettext_lazy("postgresql://, mysql:// or sqlite:///; it is kept encrypted and never shown again."),
    )
    table = forms.CharField(
        label=gettext_lazy("Table or query"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, entries: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["url"].widget.attrs["autocomplete"] = "off"
        if entries:
            self.fields["entry"].choices = [(row.uid, f"{row} ({row.unit})") for row in entries]  # type: ignore[attr-defined]
        else:
            del self.fields["entry"]


def data_from(page: Any, form: forms.Form) -> SourceData:
    """What was entered, with an uploaded file put into the store."""
    given = form.cleaned_data
    digest, name = "", ""
    if given.get("file"):
        kept = store(actor=page.actor, name=given["file"].name, stream=given["file"], now=page.now)
        digest, name = kept.digest, given["file"].name
    fields = ("name", "kind", "mode", "path", "url", "sheet", "table")
    return SourceData(**{key: given[key] for key in fields}, file_digest=digest, file_name=name)


class NewSource(FormPage):
    """Add a source to a published entry."""

    title = gettext_lazy("New source")
    permission = P.EDIT
    form_class = SourceForm
    success = gettext_lazy("The source is there. Start its first load.")
    cancel_url = "/intake/sources/"

    def entries(self) -> list[Entry]:
        rows = list_entries(self.actor).filter(published_version__isnull=False)
        return [row for row in rows if allows(self.actor, P.EDIT, row)]

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"entries": self.entries()}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"entry": self.request.GET.get("entry", "")}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        if "entry" not in form.cleaned_data:
            fault = FieldError("entry", _("No published entry of your unit can be loaded."), _("Publish one first."))
            raise FieldErrors(errors=(fault,))
        entry = get_entry(actor=self.actor, uid=form.cleaned_data["entry"])
        source = services.create_source(actor=self.actor, now=self.now, entry=entry, data=data_from(self, form))
        return url_of(source)


class EditSource(FormPage):
    """Change a source."""

    title = gettext_lazy("Edit the source")
    permission = P.EDIT
    form_class = SourceForm

    def source(self) -> Source:
        return queries.get_source(actor=self.actor, uid=self.kwargs["uid"])

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        source = self.source()
        return {name: getattr(source, name) for name in ("name", "kind", "mode", "path", "sheet", "table")}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        source = self.source()
        services.change_source(actor=self.actor, now=self.now, source=source, data=data_from(self, form))
        return url_of(source)


class FileForm(Form):
    file = forms.FileField(label=gettext_lazy("File"))


class NewFile(FormPage):
    """Upload the next file of a source and load it."""

    title = gettext_lazy("New file")
    permission = P.RUN
    form_class = FileForm
    submit_label = gettext_lazy("Upload and load")
    success = gettext_lazy("Uploaded; the load is queued.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        source = queries.get_source(actor=self.actor, uid=kwargs["uid"])
        upload = form.cleaned_data["file"]
        kept = store(actor=self.actor, name=upload.name, stream=upload, now=self.now)
        data = SourceData(
            name=source.name,
            kind=source.kind,
            mode=source.mode,
            sheet=source.sheet,
            file_digest=kept.digest,
            file_name=upload.name,
        )
        source = services.change_source(actor=self.actor, now=self.now, source=source, data=data)
        return url_of_run(services.start_run(actor=self.actor, source=source, now=self.now))


class Start(ActionPage):
    """Queue a load."""

    permission = P.RUN

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        source = queries.get_source(actor=self.actor, uid=kwargs["uid"])
        run = services.start_run(actor=self.actor, source=source, now=self.now)
        return _("The load is queued."), url_of_run(run)


class Switch(ActionPage):
    """Switch a source on or off."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        source = queries.get_source(actor=self.actor, uid=kwargs["uid"])
        services.switch_source(actor=self.actor, now=self.now, source=source, active=not source.active)
        return _("Saved."), url_of(source)
