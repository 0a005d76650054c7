"""The form of a bulk grant: fields and masks, the row filter, purpose and limits; to ask with, and to share with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from datetime import time as day_time
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import CITY_TZ
from quanshu.lake.conditions import Condition, Operator
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Form, FormPage, Page
from quanshu.sharing.bulk import rules, services
from quanshu.sharing.bulk.pages.labels import OPERATORS
from quanshu.sharing.bulk.permissions import BulkPermission as P
from quanshu.sharing.bulk.types import BulkData
from quanshu.sharing.desk.api import GRADES, MASKS, ShareableEntries, entry_columns
from quanshu.sharing.services.api import Consumer, default_mask
from quanshu.supply.catalogue.api import (
    Entry,
    ItemData,
    get_entry,
    in_language,
    items_of,
)

LINES = 4
SEVERAL = {Operator.ONE_OF, Operator.NONE_OF, Operator.BETWEEN}
NONE = {Operator.EMPTY, Operator.FILLED}
SEPARATOR = re.compile(r"[,，、;；\n]+")


class ChooseEntry(ShareableEntries):
    """The entry that a bulk grant is of."""

    title = gettext_lazy("Choose the entry")
    permission = P.VIEW
    columns = entry_columns("bulk:begin")

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Bulk sharing"), reverse("bulk:grants"))]


class Begin(Page):
    """Lead to the form of whoever came: to share by those who may, else to ask."""

    permission = P.VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        entry = get_entry(actor=self.actor, uid=kwargs["uid"])
        name = "bulk:new-of" if allows(self.actor, P.CREATE, entry) else "bulk:ask"
        return HttpResponseRedirect(reverse(name, args=[entry.uid]))


class BulkForm(Form):
    """Everything of a bulk grant but its fields and conditions."""

    consumer = forms.ChoiceField(
        label=gettext_lazy("Application"), help_text=gettext_lazy("The program that will read, with its unit.")
    )
    table_name = forms.CharField(
        label=gettext_lazy("Table name"),
        max_length=27,
        help_text=gettext_lazy("Readers name the table so: lower-case letters, digits and underscores."),
    )
    purpose = forms.CharField(label=gettext_lazy("Purpose"), widget=forms.Textarea(attrs={"rows": 2}), max_length=1000)
    valid_until = forms.DateField(label=gettext_lazy("Valid until"), widget=forms.DateInput)
    row_limit = forms.IntegerField(
        label=gettext_lazy("Rows a read at most"),
        required=False,
        min_value=1,
        help_text=gettext_lazy("Empty for no limit."),
    )
    daily_rows = forms.IntegerField(
        label=gettext_lazy("Rows a day at most"),
        required=False,
        min_value=1,
        help_text=gettext_lazy("Empty for no limit."),
    )
    versions_kept = forms.IntegerField(
        label=gettext_lazy("Versions kept"),
        min_value=2,
        max_value=rules.MOST_VERSIONS,
        initial=10,
        help_text=gettext_lazy("A reader that has fallen further behind loads the whole table again."),
    )
    retention_days = forms.IntegerField(
        label=gettext_lazy("Files kept after the end, days"), min_value=0, max_value=rules.MOST_RETENTION, initial=7
    )

    def __init__(self, *args: Any, consumers: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["consumer"]
        choices.choices = [(row.uid, f"{row.title} · {row.unit}") for row in consumers]


def field_rows(items: tuple[ItemData, ...], posted: Any) -> list[dict[str, Any]]:
    """The items as lines of the form: chosen or not, and the masks that may be chosen."""
    rows = []
    for item in items:
        closed = not item.grade or item.grade == "core"
        least = "none" if closed else default_mask(item)
        masks = [(value, label) for value, label in MASKS.items() if least == "none" or value != "none"]
        rows.append(
            {
                "item": item,
                "title": in_language(item.title, item.title_en),
                "grade": GRADES.get(item.grade, _("Not graded")),  # type: ignore[call-overload]
                "closed": closed,
                "least": MASKS.get(least, ""),  # type: ignore[call-overload]
                "masks": masks,
                "chosen": posted is not None and f"field-{item.name}" in posted,
                "mask": posted.get(f"mask-{item.name}", "") if posted is not None else "",
            }
        )
    return rows


def condition_rows(posted: Any) -> list[dict[str, Any]]:
    """The lines of the row filter."""
    return [
        {
            "number": at,
            "column": posted.get(f"column-{at}", "") if posted is not None else "",
            "operator": posted.get(f"operator-{at}", "eq") if posted is not None else "eq",
            "value": posted.get(f"value-{at}", "") if posted is not None else "",
        }
        for at in range(1, LINES + 1)
    ]


def conditions_in(posted: Any) -> tuple[Condition, ...]:
    """The row filter as posted; lines without a column are left out."""
    found = []
    for row in condition_rows(posted):
        if not row["column"]:
            continue
        if row["operator"] in NONE:
            values: tuple[str, ...] = ()
        elif row["operator"] in SEVERAL:
            values = tuple(part.strip() for part in SEPARATOR.split(row["value"]) if part.strip())
        else:
            values = (row["value"].strip(),)
        found.append(Condition(row["column"], row["operator"], values))
    return tuple(found)


def data_in(given: Mapping[str, Any], posted: Any, items: tuple[ItemData, ...]) -> BulkData:
    """What was entered; the last day is included."""
    end = datetime.combine(given["valid_until"], day_time.max.replace(microsecond=0), tzinfo=CITY_TZ)
    names = tuple(item.name for item in items if f"field-{item.name}" in posted)
    chosen = {name: posted.get(f"mask-{name}", "") for name in names}
    return BulkData(
        table_name=given["table_name"].strip(),
        fields=names,
        purpose=given["purpose"],
        valid_until=end,
        masks={name: mask for name, mask in chosen.items() if mask},
        where=conditions_in(posted),
        row_limit=given["row_limit"],
        daily_rows=given["daily_rows"],
        versions_kept=given["versions_kept"],
        retention_days=given["retention_days"],
    )


class Editor(FormPage):
    """The form of a bulk grant over an entry."""

    form_class = BulkForm
    template_name = "bulk/editor.html"

    @property
    def entry(self) -> Entry:
        entry: Entry = get_entry(actor=self.actor, uid=self.kwargs["uid"])
        return entry

    def consumers(self) -> list[Consumer]:
        """Applications that may be chosen."""
        raise NotImplementedError(f"{type(self).__name__} offers no applications")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"consumers": self.consumers()}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        words = re.sub(r"[^a-z0-9]+", "_", self.entry.name_en.lower()).strip("_")[:27].rstrip("_")
        name = words if rules.TABLE_NAME.match(words) else "data"
        return {"table_name": name, "valid_until": (self.now + timedelta(days=180)).astimezone(CITY_TZ).date()}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        posted = self.request.POST if self.request.method == "POST" else None
        items = tuple(items_of(self.entry))
        return {
            "entry": self.entry,
            "rows": field_rows(items, posted),
            "conditions": condition_rows(posted),
            "columns": [
                (item.name, in_language(item.title, item.title_en))
                for item in items
                if item.grade and item.grade != "core"
            ],
            "operators": OPERATORS.items(),
            "personal": any(item.personal for item in items),
            "crumbs": [(_("Bulk sharing"), reverse("bulk:grants")), (self.entry.title, self.entry.get_absolute_url())],
        }

    def given(self, form: Any) -> dict[str, Any]:
        """What the service functions take."""
        data = data_in(form.cleaned_data, self.request.POST, tuple(items_of(self.entry)))
        consumer = next(row for row in self.consumers() if row.uid == form.cleaned_data["consumer"])
        return {"actor": self.actor, "now": self.now, "consumer": consumer, "entry": self.entry, "data": data}


class Share(Editor):
    """Share an entry in bulk."""

    title = gettext_lazy("Share in bulk")
    permission = P.CREATE
    submit_label = gettext_lazy("Share it")
    success = gettext_lazy("Granted. The view is being built.")

    def consumers(self) -> list[Consumer]:
        return list(Consumer.objects.filter(active=True).select_related("unit").order_by("unit__path", "name"))

    def save(self, form: Any, **kwargs: Any) -> str:
        return services.create_bulk(**self.given(form)).get_absolute_url()


class Ask(Editor):
    """Ask the provider for an entry in bulk."""

    title = gettext_lazy("Ask for it in bulk")
    permission = P.ASK
    submit_label = gettext_lazy("Send to the provider")
    success = gettext_lazy("Sent. The provider or the data bureau decides.")

    def consumers(self) -> list[Consumer]:
        rows = Consumer.objects.visible_to(self.actor).filter(active=True).select_related("unit").order_by("name")
        return [row for row in rows if allows(self.actor, P.ASK, row)]

    def save(self, form: Any, **kwargs: Any) -> str:
        return services.request_bulk(**self.given(form)).get_absolute_url()
