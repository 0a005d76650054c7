"""Cards and facts of a source's page."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from quanshu.shared.access.api import Actor, allows
from quanshu.shared.web.api import Action, Card, schedule_text, when
from quanshu.supply.intake.models import Schedule, Source
from quanshu.supply.intake.pages.labels import DELIVERY_STATES, DELIVERY_TONES, DRIFTS, OUTCOMES, PAGING_NAMES
from quanshu.supply.intake.permissions import IntakePermission as P
from quanshu.supply.intake.types import DELIVERED_KINDS, DeliveryState, LoadMode, SourceKind

SHOWN_FILES = 20
Facts = list[tuple[Any, Any]]


def url_of(source: Source, part: str = "") -> str:
    """A source's page, or the page of a step on it."""
    return reverse(f"intake:source-{part}" if part else "intake:source", args=[source.uid])


def origin_facts(source: Source) -> Facts:
    """Where the rows come from."""
    options = source.options
    match source.kind:
        case SourceKind.SQL:
            return [(_("Address"), _("kept encrypted")), (_("Table or query"), source.table)]
        case SourceKind.HTTP:
            token = _("kept encrypted") if source.sealed_secret else ""
            paging = PAGING_NAMES.get(options["paging"], "")
            return [(_("Address of the API"), options["address"]), (_("Paging"), paging), (_("Token"), token)]
        case SourceKind.SFTP:
            key = _("confirmed") if options["host_key"] else _("not confirmed yet")
            server = f"{options['username']}@{options['host']}:{options['port']}"
            return [
                (_("Server"), server),
                (_("Folder"), options["folder"]),
                (_("Pattern of the names"), options["pattern"]),
                (_("Host key"), key),
            ]
        case SourceKind.FOLDER:
            return [(_("Folder"), source.path), (_("Pattern of the names"), options["pattern"])]
        case SourceKind.PUSH:
            return []
    facts: Facts = [(_("File"), source.file_name or source.path)]
    if source.kind == SourceKind.EXCEL:
        facts.append((_("Sheet"), source.sheet or _("the first one")))
    return facts


def mode_facts(source: Source) -> Facts:
    """What the mode goes by, and what happens when the columns differ."""
    options, facts = source.options, Facts()
    if source.mode == LoadMode.INCREMENTAL:
        facts = [(_("Incremental: by which column"), options["cursor"]), (_("Overlap"), options["overlap"])]
    elif source.mode == LoadMode.MIRROR:
        facts = [(_("Mirror: most to delete (%)"), options["delete_share"])]
    elif source.mode == LoadMode.CHANGES:
        facts = [(_("Columns of the feed"), f"{options['op_column']}, {options['seq_column']}")]
    return [*facts, (_("When the columns differ"), DRIFTS.get(source.drift, source.drift))]  # type: ignore[call-overload]


def schedule_cards(actor: Actor, source: Source) -> list[Card]:
    """When the source is loaded by itself."""
    schedule = Schedule.objects.filter(source=source).first()
    if schedule is None:
        return []
    facts: Facts = [
        (_("Schedule"), f"{schedule_text(schedule.cron)} ({schedule.cron})"),
        (_("Next load"), when(schedule.next_at) if schedule.next_at else _("paused")),
        (_("Last start"), when(schedule.last_at) if schedule.last_at else ""),
        (_("Its outcome"), OUTCOMES.get(schedule.last_outcome, schedule.last_outcome)),
        (_("Failures in a row"), str(schedule.failures)),
    ]
    actions = []
    if allows(actor, P.EDIT, source):
        label, icon = (_("Pause"), "player-pause") if schedule.active else (_("Go on"), "player-play")
        actions.append(Action(label, url_of(source, "pause"), icon, style="outline-secondary"))
    return [Card(_("Schedule"), facts=facts, actions=actions)]


def delivery_cards(actor: Actor, source: Source) -> list[Card]:
    """The files that arrived, newest first; what failed stays where it is and is shown."""
    if source.kind not in DELIVERED_KINDS:
        return []
    rows = [
        {
            "row": row,
            "state": DELIVERY_STATES[DeliveryState(row.state)],
            "tone": DELIVERY_TONES[DeliveryState(row.state)],
            "failed": row.state == DeliveryState.FAILED,
        }
        for row in source.deliveries.select_related("run")[:SHOWN_FILES]
    ]
    values = {"files": rows, "may_run": allows(actor, P.RUN, source), "source": source}
    return [Card(_("Files"), template="intake/deliveries.html", values=values)]


def right_cards(actor: Actor, source: Source) -> list[Card]:
    """Which applications may push, and how they do."""
    if source.kind != SourceKind.PUSH:
        return []
    may_edit = allows(actor, P.EDIT, source)
    values = {"rights": source.push_rights.filter(revoked_at=None), "may_edit": may_edit, "source": source}
    actions = []
    if may_edit:
        label = _("Let an application push")
        actions.append(Action(label, url_of(source, "right"), "plus", method="get", style="outline-primary"))
    return [Card(_("Who may push"), template="intake/rights.html", values=values, actions=actions)]
