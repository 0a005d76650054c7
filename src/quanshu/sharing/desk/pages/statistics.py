"""Making a statistic: groups, measures, threshold. Its own step of the three that make a service."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.lake.disclosure import LEAST_EVER
from quanshu.lake.masking import Mask
from quanshu.shared.web.api import FormPage
from quanshu.sharing.desk.pages.labels import GRADES
from quanshu.sharing.desk.pages.service import crumbs_to
from quanshu.sharing.desk.pages.trying import KINDS
from quanshu.sharing.desk.pages.wizard import TextsForm
from quanshu.sharing.services.api import (
    BANDED,
    SUMMED,
    GroupData,
    MeasureData,
    Service,
    ServiceData,
    Shape,
    StatisticData,
    create_service,
    default_mask,
    get_service,
    update_service,
)
from quanshu.sharing.services.api import ServicePermission as P
from quanshu.supply.catalogue.api import Entry, ItemData, get_entry, items_of


class StatisticForm(TextsForm):
    """A statistic but its groups and measures of items."""

    count = forms.BooleanField(label=gettext_lazy("Tell the count of records"), required=False, initial=True)
    share = forms.BooleanField(label=gettext_lazy("Tell the share of all records"), required=False)
    least = forms.IntegerField(
        label=gettext_lazy("Records a cell needs"),
        min_value=LEAST_EVER,
        max_value=1000,
        initial=10,
        help_text=gettext_lazy("Cells with fewer are not told, nor others from which they could be computed."),
    )
    percent = forms.IntegerField(
        label=gettext_lazy("p of the p% rule"),
        min_value=1,
        max_value=100,
        initial=10,
        help_text=gettext_lazy("No sum is told in which one contributor could be estimated to so many per cent."),
    )


def line_of(item: ItemData, cube: Mapping[str, Any] | None) -> dict[str, Any]:
    """How an item is grouped and measured, as a line of the editor; proposals for a new statistic."""
    group = next((part for part in cube["groups"] if part["item"] == item.name), None) if cube else None
    kinds = {part["kind"] for part in cube["measures"] if part["item"] == item.name} if cube else set()
    return {
        "kind": group["kind"] if group else "",
        "name": group["name"] if group else item.name,
        "title": group["title"] if group else item.title,
        "title_en": group["title_en"] if group else item.title_en,
        "width": group["width"] if group and group["width"] else "",
        "edges": ", ".join(map(str, group["edges"])) if group else "",
        "values": ", ".join(group["values"]) if group else "",
        "sum": "sum" in kinds,
        "average": "average" in kinds,
    }


def line_posted(item: ItemData, posted: Any) -> dict[str, Any]:
    """A line as it was sent."""
    texts = {name: posted.get(f"{name}-{item.name}", "").strip() for name in LINE}
    return {**texts, "sum": f"sum-{item.name}" in posted, "average": f"average-{item.name}" in posted}


LINE = ("kind", "name", "title", "title_en", "width", "edges", "values")


def words(text: str) -> tuple[str, ...]:
    """Words between commas, Chinese ones too, or lines."""
    return tuple(word.strip() for word in re.split(r"[,，、\n]", text) if word.strip())


def whole(text: str) -> int:
    """A whole number, or -1, which no rule takes."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else -1


def statistic_of(given: Mapping[str, Any], lines: Mapping[str, Mapping[str, Any]]) -> StatisticData:
    """What was entered, as the value services take."""
    groups = tuple(
        GroupData(
            name=line["name"],
            item=item,
            kind=line["kind"],
            width=whole(line["width"]) if line["kind"] == "prefix" else 0,
            edges=tuple(whole(word) for word in words(line["edges"])) if line["kind"] == "bands" else (),
            values=words(line["values"]) if line["kind"] != "bands" else (),
            title=line["title"],
            title_en=line["title_en"],
        )
        for item, line in lines.items()
        if line["kind"]
    )
    measures = [MeasureData(kind, kind) for kind in ("count", "share") if given[kind]]
    measures += [
        MeasureData(f"{kind}_{item}", kind, item)
        for item, line in lines.items()
        for kind in ("sum", "average")
        if line[kind]
    ]
    return StatisticData(groups, tuple(measures), given["least"], given["percent"])


class StatisticEditor(FormPage):
    """Step 2 of a statistic."""

    title = gettext_lazy("New statistic: groups and measures")
    subtitle = gettext_lazy("Step 2 of 3")
    permission = P.EDIT
    form_class = StatisticForm
    template_name = "services/statistic.html"
    submit_label = gettext_lazy("Save and review")
    success = gettext_lazy("The draft is saved. Review it, then publish.")

    def service(self) -> Service | None:
        return None

    def entry(self) -> Entry:
        return get_entry(actor=self.actor, uid=self.kwargs["uid"])

    def cube(self) -> Mapping[str, Any] | None:
        """The saved cube, none for a new statistic."""
        service = self.service()
        return service.spec["statistic"] if service is not None else None

    def lines(self, items: Sequence[ItemData]) -> dict[str, dict[str, Any]]:
        """How items are used, as posted, as saved, or as proposed."""
        if self.request.method == "POST":
            return {item.name: line_posted(item, self.request.POST) for item in items}
        cube = self.cube()
        return {item.name: line_of(item, cube) for item in items}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.entry()
        return {
            "name": _("%(entry)s statistic") % {"entry": entry.resource_name},
            "abstract": entry.abstract,
            "abstract_en": entry.abstract_en,
        }

    def context(self, **kwargs: Any) -> dict[str, Any]:
        items = tuple(items_of(self.entry()))
        lines = self.lines(items)
        return {
            "entry": self.entry(),
            "rows": [item_row(item, lines[item.name]) for item in items],
            "crumbs": crumbs_to(self.service()),
        }

    def data(self, form: Any) -> ServiceData:
        """What was entered."""
        given = form.cleaned_data
        lines = self.lines(tuple(items_of(self.entry())))
        texts = {name: given[name] for name in ("sid", "name", "name_en", "abstract", "abstract_en")}
        return ServiceData(**texts, shape=Shape.STATISTIC, parameters=(), statistic=statistic_of(given, lines))

    def save(self, form: Any, **kwargs: Any) -> str:
        entry, data = self.entry(), self.data(form)
        service = create_service(actor=self.actor, now=self.now, entry=entry, data=data)
        return reverse("services:service-review", args=[service.uid])


class EditStatistic(StatisticEditor):
    """A draft changed."""

    title = gettext_lazy("Change the draft")

    def service(self) -> Service:
        return get_service(actor=self.actor, uid=self.kwargs["uid"])

    def entry(self) -> Entry:
        return self.service().entry

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        service = self.service()
        cube = service.spec["statistic"]
        told = {part["kind"] for part in cube["measures"]}
        names = ("sid", "name", "name_en", "abstract", "abstract_en")
        texts = {name: getattr(service, name) for name in names}
        told_at_all = {kind: kind in told for kind in ("count", "share")}
        return {**texts, **told_at_all, "least": cube["least"], "percent": cube["percent"]}

    def save(self, form: Any, **kwargs: Any) -> str:
        service = update_service(actor=self.actor, now=self.now, service=self.service(), data=self.data(form))
        return reverse("services:service-review", args=[service.uid])


def item_row(item: ItemData, line: Mapping[str, Any]) -> dict[str, Any]:
    """An item, what its grade and type allow, and how it is used."""
    closed = not item.grade or item.grade in {"core", "important", "general-4"}
    kinds = [
        (kind, label)
        for kind, label in KINDS.items()
        if (item.data_type in BANDED if kind == "bands" else not closed and default_mask(item) == Mask.NONE)
    ]
    return {
        "item": item,
        "grade": GRADES.get(item.grade, _("Not graded")),  # type: ignore[call-overload]
        "closed": closed,
        "kinds": kinds,
        "summed": item.data_type in SUMMED,
        "line": line,
    }
