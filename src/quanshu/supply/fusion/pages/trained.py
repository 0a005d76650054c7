"""A trained model, in numbers that can be read."""

from __future__ import annotations

import math
from typing import Any

from django.utils.translation import gettext as _

from quanshu.shared.web.api import (
    Card,
    Column,
    DetailPage,
    when,
)
from quanshu.supply.fusion import queries
from quanshu.supply.fusion.models import TrainedModel
from quanshu.supply.fusion.pages import labels
from quanshu.supply.fusion.pages.schemes import crumbs_to
from quanshu.supply.fusion.permissions import FusionPermission as P
from quanshu.supply.fusion.types import FusionNotFound


class ModelPage(DetailPage):
    """A trained model: for each attribute its levels of agreement, with m, u and the weight that follows."""

    permission = P.VIEW

    def get_object(self, **kwargs: Any) -> TrainedModel:
        found = TrainedModel.objects.filter(
            uid=kwargs["uid"], scheme__in=queries.list_schemes(self.actor)
        ).select_related("scheme")
        row = found.first()
        if row is None:
            raise FusionNotFound
        return row

    def page_title(self) -> str:
        return _("Model of %(scheme)s") % {"scheme": self.object.scheme}

    def crumbs(self) -> Any:
        return crumbs_to(self.object.scheme)

    def facts(self, obj: TrainedModel) -> list[tuple[Any, Any]]:
        return [
            (_("Trained at"), when(obj.trained_at)),
            (_("Records"), f"{obj.trained_on:,}"),
            (_("Seed"), obj.seed),
            (_("Two records taken at random match in"), f"1 : {1 / obj.settings['probability']:,.0f}"),
        ]

    def cards(self, obj: TrainedModel) -> list[Card]:
        columns = (
            Column("level", _("Agreement"), value=lambda row: labels.LEVELS.get(row["label_for_charts"],
                                                                              row["label_for_charts"])),
            Column("m", _("Of one party (m)"), value=lambda row: f"{row['m_probability']:.4f}"),
            Column("u", _("Of two parties (u)"), value=lambda row: f"{row['u_probability']:.2g}"),
            Column("weight", _("Weight in bits"), value=lambda row: f"{weight(row):+.1f}"),
        )  # fmt: skip
        note = _("m: how often two records of one party agree so; u: how often those of two parties do.")
        found = []
        for place, one in enumerate(obj.settings["comparisons"]):
            name = one["output_column_name"]
            levels = [level for level in one["comparison_levels"] if "m_probability" in level]
            title = labels.ATTRIBUTES.get(name, name)
            found.append(Card(title, note="" if place else note, columns=columns, rows=levels))
        return found


def weight(level: dict[str, Any]) -> float:
    """log2 of m / u."""
    return math.log2(max(level["m_probability"], 1e-12) / max(level["u_probability"], 1e-12))
