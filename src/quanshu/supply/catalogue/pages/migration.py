"""The migration list: published entries that do not fit a version of the standard, and how far the move is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Column, Filter, ListPage, Page, go_to
from quanshu.supply.catalogue import queries, services
from quanshu.supply.catalogue.models import Assessment
from quanshu.supply.catalogue.pages import labels
from quanshu.supply.catalogue.permissions import CataloguePermission as P
from quanshu.supply.standards.api import Standard, content_of, get_version, version_in_force

FITTING = (("0", gettext_lazy("Does not fit")), ("1", gettext_lazy("Fits")))
SHOWN_FAULTS = 6


class Now(Page):
    """The migration list of the version in force."""

    permission = P.VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return go_to(request, reverse("catalogue:migration", args=[version_in_force().number]) + "?fits=0")


class Migration(ListPage):
    """Published entries under one version of the standard, with what is missing of each."""

    permission = P.VIEW
    template_name = "catalogue/migration.html"
    search = ("entry__resource_name", "entry__name_en", "entry__code", "entry__unit__name")
    search_hint = gettext_lazy("Name, code or unit")
    order = "entry"
    export_name = "catalogue-migration"
    empty_title = gettext_lazy("No entry is listed")
    empty_hint = gettext_lazy("Every published entry fits, or they have not been checked against this version yet.")
    filters = (
        Filter("fits", gettext_lazy("Fits the version?"), choices=FITTING,
               apply=lambda rows, text: rows.filter(fits=text == "1")),
        Filter("unit", gettext_lazy("Provider"), choices=lambda page: page.units(), field="entry__unit__uid"),
    )  # fmt: skip

    @property
    def columns(self) -> Any:  # type: ignore[override]
        return (
            Column("entry", _("Resource name"), value=lambda row: row.entry.title, sort="entry__resource_name",
                   link=lambda row: row.entry.get_absolute_url()),
            Column("unit", _("Provider"), value=lambda row: str(row.entry.unit), sort="entry__unit__name", phone=False),
            Column("standard", _("Made under version"), value="entry.standard", kind="number", sort="entry__standard",
                   phone=False),
            Column("state", _("State"), value=lambda row: labels.state_of(row.entry)[0], kind="badge",
                   tone=lambda row: labels.state_of(row.entry)[1], phone=False),
            Column("missing", _("What is missing"), value=self.missing),
        )  # fmt: skip

    @cached_property
    def version(self) -> Any:
        return get_version(actor=self.actor, number=self.kwargs["number"])

    @cached_property
    def standard(self) -> Standard:
        return content_of(self.version)

    def missing(self, row: Any) -> str:
        """What an entry lacks, in words."""
        lines = [labels.fault_line(fault, self.standard) for fault in row.faults[:SHOWN_FAULTS]]
        more = len(row.faults) - SHOWN_FAULTS
        return " ".join(lines) + (" " + _("and %(more)s more") % {"more": more} if more > 0 else "")

    def page_title(self) -> str:
        return _("Entries under version %(number)s of the standard") % {"number": self.version.number}

    def crumbs(self) -> Any:
        return ((_("Catalogue"), reverse("catalogue:entries")), (str(self.version), self.version.get_absolute_url()))

    def queryset(self) -> Any:
        return queries.list_fits(self.actor, self.version.number)

    def units(self) -> list[tuple[str, str]]:
        """Units that have checked entries."""
        return [(row.unit_uid, row.unit_name) for row in self.progress]

    @cached_property
    def progress(self) -> list[Any]:
        return queries.progress_of(self.actor, self.version.number)

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.ASSESS):
            return []
        url = reverse("catalogue:migration-check", args=[self.version.number])
        return [Action(_("Check the published entries"), url, "list-check")]

    def context(self, **kwargs: Any) -> dict[str, Any]:
        assessment = queries.find_assessment(self.version.number)
        checked, fitting = sum(row.checked for row in self.progress), sum(row.fitting for row in self.progress)
        columns = (
            Column("unit", _("Provider"), value="unit_name"),
            Column("checked", _("Published entries"), kind="number"),
            Column("fitting", _("Fit the version"), kind="number"),
            Column("moved", _("Moved to it"), kind="number", phone=False),
            Column("rate", _("Share that fits"), kind="percent"),
        )
        return {
            "version": self.version,
            "assessment": assessment,
            "moving": assessment is not None and assessment.state != "done",
            "stale": is_stale(assessment, self.version),
            "ratio": fitting / checked if checked else None,
            "checked": checked,
            "unfit": checked - fitting,
            "unit_columns": columns,
            "unit_rows": self.progress,
        }


def is_stale(assessment: Assessment | None, version: Any) -> bool:
    """Whether the version was changed after the entries were last held against it."""
    return assessment is not None and version.state == "draft" and version.updated_at > assessment.started_at


class Check(ActionPage):
    """Hold the published entries against the version anew."""

    permission = P.ASSESS

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        version = get_version(actor=self.actor, number=kwargs["number"])
        services.assess_standard(actor=self.actor, now=self.now, number=version.number)
        return _("The published entries are being checked."), reverse("catalogue:migration", args=[version.number])
