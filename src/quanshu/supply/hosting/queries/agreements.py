"""Agreements, changes and figures."""

from __future__ import annotations

from django.db.models import Count, Max, Q, QuerySet

from quanshu.organisation.api import Account, Unit
from quanshu.shared.access.api import Actor, allows, find_seen, scope_q
from quanshu.supply.catalogue.api import Entry, list_entries
from quanshu.supply.hosting import rules
from quanshu.supply.hosting.models import Agreement, Change
from quanshu.supply.hosting.permissions import HostingPermission
from quanshu.supply.hosting.queries.rows import row_count
from quanshu.supply.hosting.types import (
    AgreementState,
    ChangeKind,
    ChangeState,
    HostingFigures,
    HostingNotFound,
    UnitHosting,
)
from quanshu.supply.intake.api import Source

# Sources that hosting itself makes for uploads are named so; any other would overwrite what is edited.
SOURCE_NAME = "统一托管"


def list_agreements(actor: Actor) -> QuerySet[Agreement]:
    """Agreements the actor may see, with the last edit by hand."""
    last = Max("changes__decided_at", filter=Q(changes__state=ChangeState.APPLIED))
    rows = Agreement.objects.visible_to(actor).select_related("entry__unit", "unit")
    return rows.annotate(last_edit=last)


def get_agreement(*, actor: Actor, uid: str) -> Agreement:
    """Raises `hosting.not_found`."""
    return find_seen(list_agreements(actor), uid, HostingNotFound())


def hosted_agreement(*, actor: Actor, uid: str) -> Agreement:
    """An agreement whose rows the actor may see, while the platform holds them. Raises `hosting.not_found`."""
    agreement = get_agreement(actor=actor, uid=uid)
    held = agreement.state in {AgreementState.ACTIVE, AgreementState.RETURNING}
    if not held or not allows(actor, HostingPermission.ROW_VIEW, agreement):
        raise HostingNotFound
    return agreement


def list_changes(actor: Actor) -> QuerySet[Change]:
    """Changes the actor may see."""
    return Change.objects.visible_to(actor).select_related("agreement__entry__unit", "agreement__unit", "run")


def get_change(*, actor: Actor, uid: str) -> Change:
    """Raises `hosting.not_found`."""
    return find_seen(list_changes(actor), uid, HostingNotFound())


def is_latest(change: Change) -> bool:
    """Whether no later change of the row was written, or waits, and no file was loaded over it."""
    later = Change.objects.filter(agreement=change.agreement, pk__gt=change.pk).filter(
        Q(row_tag=change.row_tag) | Q(kind=ChangeKind.UPLOAD)
    )
    gone = (ChangeState.REFUSED, ChangeState.CONFLICT, ChangeState.FAILED)
    return not later.exclude(state__in=gone).exists()


def of_unit(actor: Actor, agreement: Agreement) -> bool:
    """Whether the actor belongs to the unit of the agreement, or one above it that is not the platform."""
    return bool(actor.unit_path) and agreement.unit.path.startswith(actor.unit_path)


def edits(actor: Actor, agreement: Agreement) -> bool:
    """Whether the actor edits the table's rows, and so sees them in clear."""
    if not allows(actor, HostingPermission.ROW_EDIT, agreement):
        return False
    return rules.may_edit(
        actor_uid=actor.uid, of_unit=of_unit(actor, agreement), editors=agreement.editors, works=agreement.works
    )


def entries_to_host(actor: Actor) -> QuerySet[Entry]:
    """Published entries with a key that the actor may hand to the platform."""
    own = scope_q(actor, HostingPermission.DRAFT, unit_path="unit__path")
    rows = list_entries(actor).filter(own, published_version__isnull=False, items__is_key=True).distinct()
    return rows.exclude(hosting_agreements__state__in=rules.HELD)


def people_of(unit: Unit) -> list[tuple[str, str]]:
    """(account uid, name) of the unit's people."""
    rows = Account.objects.filter(person__unit=unit, person__active=True, is_active=True)
    return list(rows.values_list("uid", "person__name"))


def live_sources(entry: Entry) -> list[str]:
    """Names of sources that still load the entry's table."""
    rows = Source.objects.filter(entry=entry, active=True).exclude(name__startswith=SOURCE_NAME)
    return list(rows.values_list("name", flat=True))


def figures_for(rows: QuerySet[Agreement]) -> HostingFigures:
    """Figures of some agreements, counted from the lake and the changes."""
    active = list(rows.filter(state=AgreementState.ACTIVE).select_related("entry", "unit"))
    by_unit: dict[str, UnitHosting] = {}
    by_hand = Q(state=ChangeState.APPLIED) & ~Q(kind=ChangeKind.UPLOAD)
    for agreement in active:
        counted = agreement.changes.aggregate(
            changes=Count("pk", filter=by_hand), last=Max("decided_at", filter=Q(state=ChangeState.APPLIED))
        )
        rows_now = row_count(agreement.entry)
        before = by_unit.get(agreement.unit.uid)
        last = [moment for moment in (counted["last"], before.last_edit if before else None) if moment]
        by_unit[agreement.unit.uid] = UnitHosting(
            unit_uid=agreement.unit.uid,
            unit_name=agreement.unit.name,
            tables=(before.tables if before else 0) + 1,
            rows=(before.rows if before else 0) + rows_now,
            changes=(before.changes if before else 0) + counted["changes"],
            last_edit=max(last, default=None),
        )
    units = tuple(sorted(by_unit.values(), key=lambda row: (-row.rows, row.unit_name)))
    return HostingFigures(
        agreements=len(active),
        tables=sum(bool(row_count(agreement.entry)) for agreement in active),
        rows=sum(row.rows for row in units),
        changes=sum(row.changes for row in units),
        last_edit=max((row.last_edit for row in units if row.last_edit), default=None),
        by_unit=units,
    )
