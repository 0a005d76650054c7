"""Sources: where an entry's data comes from."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Card, Column, DetailPage, Filter, ListPage, reason_against
from quanshu.supply.catalogue.api import items_of, key_columns
from quanshu.supply.intake import queries, rules, services
from quanshu.supply.intake.models import Source
from quanshu.supply.intake.pages.cards import (
    delivery_cards,
    mode_facts,
    origin_facts,
    right_cards,
    schedule_cards,
    url_of,
)
from quanshu.supply.intake.pages.labels import KINDS, MODES, STATES, TONES, contract_columns, kind_of, mode_of
from quanshu.supply.intake.pages.runs import RUN_COLUMNS, url_of_run
from quanshu.supply.intake.permissions import IntakePermission as P
from quanshu.supply.intake.types import FILE_KINDS, SourceKind

SHOWN_RUNS = 10


def why_not(source: Source) -> str | None:
    """Why a load cannot start now; None when it can."""
    return reason_against(
        rules.check_startable,
        active=source.active,
        entry_state=source.entry.state,
        entry_name=str(source.entry),
        mode=source.mode,
        keys=key_columns(source.entry),
        busy=queries.is_busy(source),
        kind=source.kind,
    )


def units(page: Any) -> list[tuple[str, str]]:
    """Units that have sources the reader may see."""
    return [(unit.uid, str(unit)) for unit in queries.units_with_sources(page.actor)]


class Sources(ListPage):
    """Every source the actor may see; `?entry=` narrows to one entry."""

    title = gettext_lazy("Data sources")
    permission = P.VIEW
    search = ("name", "entry__resource_name", "entry__name_en", "entry__code", "unit__name", "unit__name_en")
    search_hint = gettext_lazy("Name, entry, code or unit")
    order = "name"
    export_name = "sources"
    empty_title = gettext_lazy("No source yet")
    empty_hint = gettext_lazy("Add one for a published entry: a file, a workbook or a database.")
    filters = (
        Filter("unit", gettext_lazy("Unit"), choices=units, field="unit__uid"),
        Filter("kind", gettext_lazy("Kind"), choices=list(KINDS.items())),
        Filter("mode", gettext_lazy("Mode"), choices=list(MODES.items())),
        Filter(
            "active",
            gettext_lazy("Switched on"),
            choices=[("True", gettext_lazy("Yes")), ("False", gettext_lazy("No"))],
        ),
    )
    columns = (
        Column("name", gettext_lazy("Name"), sort="name", link=url_of),
        Column("entry", gettext_lazy("Entry"), value=lambda row: str(row.entry), phone=False),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        Column("kind", gettext_lazy("Kind"), value=kind_of, sort="kind"),
        Column("mode", gettext_lazy("Mode"), value=mode_of, sort="mode", phone=False),
        Column("landed", gettext_lazy("Rows in the lake"), value="entry.landed_rows", kind="number"),
        Column(
            "last", gettext_lazy("Last load"), value="last_queued", kind="datetime", sort="last_queued", phone=False
        ),
        Column(
            "state",
            gettext_lazy("Its state"),
            value=lambda row: STATES.get(row.last_state, ""),
            kind="badge",
            tone=lambda row: TONES.get(row.last_state, ""),
        ),
    )

    def queryset(self) -> Any:
        rows = queries.with_last_run(queries.list_sources(self.actor))
        entry = self.request.GET.get("entry", "")
        return rows.filter(entry__uid=entry) if entry else rows

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.EDIT):
            return []
        return [Action(_("New source"), reverse("intake:source-create"), "plus", method="get")]


class SourcePage(DetailPage):
    """A source: its contract, its runs, and the next load."""

    permission = P.VIEW
    audit_kind = "intake.source"

    def get_object(self, **kwargs: Any) -> Source:
        return queries.get_source(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Data sources"), reverse("intake:sources"))]

    def state(self, obj: Source) -> tuple[str, str]:
        return (_("On"), "green") if obj.active else (_("Off"), "secondary")

    def facts(self, obj: Source) -> list[tuple[Any, Any]]:
        facts = [
            (_("Entry"), str(obj.entry)),
            (_("Unit"), str(obj.unit)),
            (_("Kind"), kind_of(obj)),
            (_("Mode"), mode_of(obj)),
        ]
        facts += origin_facts(obj) + mode_facts(obj)
        return [*facts, (_("Rows in the lake"), obj.entry.landed_rows), (_("Code of the source"), obj.uid)]

    def actions(self, obj: Source) -> list[Action]:
        may_edit, may_run = allows(self.actor, P.EDIT, obj), allows(self.actor, P.RUN, obj)
        actions = self.start_actions(obj, may_edit=may_edit) if may_run else []
        if may_edit:
            if obj.kind == SourceKind.SFTP:
                key = _("Host key")
                actions.append(Action(key, url_of(obj, "hostkey"), "key", method="get", style="outline-secondary"))
            test, time = _("Test and preview"), _("Schedule")
            actions.append(Action(test, url_of(obj, "preview"), "eye", method="get", style="outline-primary"))
            if obj.kind != SourceKind.PUSH:
                actions.append(
                    Action(time, url_of(obj, "schedule"), "calendar-time", method="get", style="outline-secondary")
                )
            actions.append(Action(_("Edit"), url_of(obj, "edit"), "edit", method="get", style="outline-secondary"))
            label = _("Switch off") if obj.active else _("Switch on")
            actions.append(Action(label, url_of(obj, "switch"), "power", style="outline-secondary"))
        return actions

    def start_actions(self, obj: Source, *, may_edit: bool) -> list[Action]:
        """How the next load begins."""
        if obj.kind in {SourceKind.FOLDER, SourceKind.SFTP}:
            return [Action(_("Look for new files"), url_of(obj, "look"), "refresh")]
        if obj.kind == SourceKind.PUSH:
            return []
        reason = why_not(obj)
        actions = [Action(_("Start a load"), url_of(obj, "start"), "player-play", reason=reason)]
        if may_edit and obj.file_digest and obj.kind in FILE_KINDS:
            new = _("Upload a new file")
            actions.append(
                Action(new, url_of(obj, "file"), "upload", method="get", style="outline-primary", reason=reason)
            )
        return actions

    def cards(self, obj: Source) -> list[Card]:
        note = _("A file or table must have exactly these columns. Rows that do not fit are refused and kept.")
        return [
            *schedule_cards(self.actor, obj),
            *delivery_cards(self.actor, obj),
            *right_cards(self.actor, obj),
            Card(
                _("Loads"),
                columns=[column for column in RUN_COLUMNS if column.key not in {"source", "entry", "unit"}],
                rows=queries.list_runs(self.actor).filter(source=obj)[:SHOWN_RUNS],
                empty_title=_("Not loaded yet"),
                empty_hint=_("Start the first load; its page shows how far it is."),
                more=(f"{reverse('intake:runs')}?source={obj.uid}", _("All loads of this source")),
            ),
            Card(_("Contract"), note=note, columns=contract_columns(), rows=items_of(obj.entry)),
        ]


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
        source = services.switch_source(actor=self.actor, now=self.now, source=source, active=not source.active)
        return _("The source is switched on.") if source.active else _("The source is switched off."), url_of(source)
