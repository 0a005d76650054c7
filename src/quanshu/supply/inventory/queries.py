"""Reads of the inventory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, find_seen, scope_q
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.intake.api import Run, RunState
from quanshu.supply.inventory.models import Asset, Company, Gap, GapQuerySet, Import, Link
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.types import (
    SHARING,
    AssetFact,
    AssetKind,
    AssetNotFound,
    AssetState,
    CompanyNotFound,
    EntryFact,
    GapKind,
    GapNotFound,
    ImportNotFound,
    InventoryFigures,
    Sector,
    SupplierFigures,
)

ACTIVE = Q(state=AssetState.ACTIVE)


def list_assets(actor: Actor) -> QuerySet[Asset]:
    """Businesses, systems and data resources the actor may see, retired ones too."""
    return Asset.objects.visible_to(actor).select_related("unit", "entry")


def get_asset(*, actor: Actor, uid: str) -> Asset:
    """One by uid or code. Raises `inventory.not_found`."""
    found = list_assets(actor).filter(Q(uid=uid) | Q(code=uid.upper())).first()
    if found is None:
        raise AssetNotFound(code=uid)
    return found


def units_to_edit(actor: Actor) -> QuerySet[Unit]:
    """Units for which the actor keeps the inventory."""
    return Unit.objects.filter(scope_q(actor, P.EDIT, unit_path="path"), closed_on=None)


def links_of(actor: Actor) -> QuerySet[Link]:
    """Links both ends of which the actor may see and are in use."""
    seen = Asset.objects.visible_to(actor).filter(ACTIVE).values("pk")
    rows = Link.objects.filter(upper__in=seen, lower__in=seen)
    return rows.select_related("upper__unit", "lower__unit", "lower__entry", "upper__entry")


def list_gaps(actor: Actor) -> GapQuerySet:
    """Gaps the actor may see, closed ones too."""
    return Gap.objects.visible_to(actor).select_related("unit", "responsible")


def get_gap(*, actor: Actor, uid: str) -> Gap:
    """Raises `inventory.gap_not_found`."""
    return find_seen(list_gaps(actor), uid, GapNotFound(gap=uid))


def list_imports(actor: Actor) -> QuerySet[Import]:
    """Imports of the actor and of the units whose inventory the actor may see."""
    return Import.objects.visible_to(actor)


def get_import(*, actor: Actor, uid: str) -> Import:
    """Raises `inventory.import_not_found`."""
    return find_seen(list_imports(actor), uid, ImportNotFound(number=uid))


def landed_runs() -> QuerySet[Run]:
    """Loads that brought rows into the lake."""
    return Run.objects.filter(state=RunState.LANDED, landed__gt=0)


def facts() -> tuple[list[AssetFact], list[tuple[str, str]], list[EntryFact]]:
    """The rows as the rule of gaps takes them, of the whole city: objects in use, links, published entries."""
    names = ("uid", "kind", "unit__uid", "name", "code", "priority", "task", "entry__uid")
    rows = Asset.objects.filter(ACTIVE).order_by("pk").values_list(*names)
    assets = [
        AssetFact(uid, kind, unit, name, code, priority, task, entry or "")
        for uid, kind, unit, name, code, priority, task, entry in rows
    ]
    links = list(Link.objects.order_by("pk").values_list("upper__uid", "lower__uid"))
    must = set(Entry.objects.published().must_land().values_list("pk", flat=True))
    # The catalogue's own figure follows by an event of its own; a finished load is as good.
    loaded = set(landed_runs().values_list("source__entry", flat=True))
    columns = ("pk", "uid", "unit__uid", "resource_name", "code", "landed_rows")
    entries = [
        EntryFact(uid, unit, name, code, pk in must, bool(landed) or pk in loaded)
        for pk, uid, unit, name, code, landed in Entry.objects.published().order_by("pk").values_list(*columns)
    ]
    return assets, links, entries


def inventory_figures(*, today: date, actor: Actor | None = None) -> InventoryFigures:
    """Clause 2.1.1 from live rows: of the whole city, or of what the actor may see."""
    assets = Asset.objects.all() if actor is None else Asset.objects.visible_to(actor)
    gaps = (Gap.objects.all() if actor is None else Gap.objects.visible_to(actor)).under_way()
    carried = Exists(Link.objects.filter(ACTIVE_LOWER, upper=OuterRef("pk"), lower__kind=AssetKind.SYSTEM))
    businesses = assets.filter(ACTIVE, kind=AssetKind.BUSINESS)
    counts = dict(gaps.order_by().values_list("kind").annotate(n=Count("pk")))
    kinds = dict(assets.filter(ACTIVE).order_by().values_list("kind").annotate(n=Count("pk")))
    return InventoryFigures(
        businesses=businesses.count(),
        with_system=businesses.filter(carried).count(),
        systems=kinds.get(AssetKind.SYSTEM, 0),
        data=kinds.get(AssetKind.DATA, 0),
        open_gaps=sum(counts.values()),
        overdue=gaps.filter(due_on__lt=today).count(),
        by_kind=tuple((kind.value, counts.get(kind, 0)) for kind in GapKind),
    )


ACTIVE_LOWER = Q(lower__state=AssetState.ACTIVE)


def with_sharing(rows: QuerySet[Company]) -> QuerySet[Company]:
    """Adds `is_sharing`: a published entry of the company's unit has rows that a load brought in."""
    loads = landed_runs().filter(source__entry__unit=OuterRef("unit"), source__entry__published_version__isnull=False)
    return rows.annotate(is_sharing=Exists(loads))


def with_days(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Adds the day of the last record and the day the next step is due."""
    waiting = Q(records__done_at__isnull=True)
    dated: QuerySet[Any] = rows.annotate(
        last_day=Max("records__day"), next_day=Max("records__next_due", filter=waiting)
    )
    return dated


def list_companies(actor: Actor) -> QuerySet[Any]:
    """Listed companies the actor may see, those taken off the list too, each with `is_sharing`."""
    return with_sharing(Company.objects.visible_to(actor).select_related("unit"))


def get_company(*, actor: Actor, uid: str) -> Any:
    """Raises `inventory.company_not_found`."""
    return find_seen(list_companies(actor), uid, CompanyNotFound(company=uid))


def state_of(company: Any) -> str:
    """delisted, else sharing when live records say so, else the stage recorded."""
    if company.delisted_at is not None:
        return "delisted"
    return SHARING if company.is_sharing else str(company.stage)


def supplier_figures(rows: Iterable[Any] | None = None) -> tuple[SupplierFigures, ...]:
    """Enterprises sharing / listed: first over all, then each sector. `rows` are companies with `is_sharing`."""
    seen: Iterable[Any] = with_sharing(Company.objects.all()) if rows is None else rows
    companies = [row for row in seen if not row.delisted_at]
    found = [SupplierFigures("", len(companies), sum(row.is_sharing for row in companies))]
    for sector in Sector:
        inside = [row for row in companies if row.sector == sector]
        found.append(SupplierFigures(sector, len(inside), sum(row.is_sharing for row in inside)))
    return tuple(found)
