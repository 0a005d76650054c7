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
from quanshu.shared.access.api import find_seen
from quanshu.shared.web.api import Form, FormPage, fault_text
from quanshu.supply.catalogue.api import Entry, EntryNotFound, items_of, key_columns
from quanshu.supply.intake import queries, services
from quanshu.supply.intake.models import Source
from quanshu.supply.intake.pages.cards import url_of
from quanshu.supply.intake.pages.fields import WAYS, SourceForm, data_from, way_of
from quanshu.supply.intake.pages.labels import contract_columns
from quanshu.supply.intake.pages.runs import url_of_run
from quanshu.supply.intake.permissions import IntakePermission as P


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
        return find_seen(queries.entries_to_load(self.actor), uid, EntryNotFound(entry=uid))

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.entry()
        columns = tuple(item.name for item in items_of(entry))
        return {"way": self.request.GET["way"], "keys": key_columns(entry), "columns": columns}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"name": self.entry().resource_name}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {**self.contract(self.entry()), "way_label": WAYS[self.request.GET["way"]][0], "step": 2}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        data = data_from(self, form)  # type: ignore[arg-type]
        source = services.create_source(actor=self.actor, now=self.now, entry=self.entry(), data=data)
        if "load" not in form.cleaned_data and source.kind != "push":
            return url_of(source, "preview")
        if not form.cleaned_data.get("load"):
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
        columns = tuple(item.name for item in items_of(source.entry))
        return {"way": way_of(source), "keys": key_columns(source.entry), "columns": columns, "new": False}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        source = self.source()
        names = ("name", "mode", "path", "sheet", "table", "drift")
        return {**source.options, **{name: getattr(source, name) for name in names}}

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
