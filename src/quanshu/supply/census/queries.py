"""Reads of the census."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from quanshu.kernel.calendar import WorkingCalendar
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, Scope, find_seen, scope_of
from quanshu.shared.workflow import api as workflow
from quanshu.supply.catalogue.api import Classification
from quanshu.supply.census import rules
from quanshu.supply.census.models import Campaign, Confirmation, Extension, Filing, Finding
from quanshu.supply.census.permissions import CensusPermission
from quanshu.supply.census.types import (
    CampaignFigures,
    CampaignNotFound,
    CampaignState,
    CensusFigures,
    FilingState,
    UnitFigures,
    Verdict,
)

KIND = "census.filing"
CAMPAIGN_KIND = "census.campaign"


def list_campaigns(actor: Actor) -> QuerySet[Campaign]:
    """Campaigns the actor may see, with the number of units asked and accepted."""
    accepted = Q(filings__state=FilingState.ACCEPTED)
    return Campaign.objects.visible_to(actor).annotate(
        asked=Count("filings", distinct=True), accepted=Count("filings", filter=accepted, distinct=True)
    )


def get_campaign(*, actor: Actor, uid: str) -> Campaign:
    """Raises `census.not_found`."""
    return find_seen(list_campaigns(actor), uid, CampaignNotFound())


def list_filings(actor: Actor) -> QuerySet[Filing]:
    """Filings the actor may see, each with its entries, answered ones and findings."""
    return with_counts(Filing.objects.visible_to(actor)).select_related("unit", "campaign")


def with_counts(rows: QuerySet[Filing]) -> QuerySet[Filing]:
    """Adds `entries`, `confirmed`, `changed`, `obsolete` and `found`."""

    def counted(verdict: str) -> Count:
        return Count("confirmations", filter=Q(confirmations__verdict=verdict), distinct=True)

    return rows.annotate(
        entries=Count("confirmations", distinct=True),
        confirmed=Count("confirmations", filter=~Q(confirmations__verdict=""), distinct=True),
        true=counted(Verdict.TRUE),
        changed=counted(Verdict.CHANGED),
        obsolete=counted(Verdict.OBSOLETE),
        found=Count("findings", distinct=True),
    )


def get_filing(*, actor: Actor, uid: str) -> Filing:
    """Raises `census.not_found`."""
    return find_seen(list_filings(actor), uid, CampaignNotFound())


def confirmations_of(filing: Filing) -> QuerySet[Confirmation]:
    """The filing's entries, in the order of their codes."""
    return filing.confirmations.select_related("entry__classification", "entry__unit")


def get_confirmation(*, actor: Actor, filing_uid: str, entry_uid: str) -> Confirmation:
    """Raises `census.not_found`."""
    filing = get_filing(actor=actor, uid=filing_uid)
    found = filing.confirmations.filter(entry__uid=entry_uid).select_related("entry__unit", "filing__campaign").first()
    if found is None:
        raise CampaignNotFound
    return found


def get_finding(*, actor: Actor, uid: str) -> Finding:
    """Raises `census.not_found`."""
    rows = Finding.objects.filter(filing__in=Filing.objects.visible_to(actor), uid=uid)
    found = rows.select_related("filing__unit", "filing__campaign", "entry").first()
    if found is None:
        raise CampaignNotFound
    return found


def get_extension(*, actor: Actor, uid: str) -> Extension:
    """Raises `census.not_found`."""
    rows = Extension.objects.filter(filing__in=Filing.objects.visible_to(actor), uid=uid)
    found = rows.select_related("filing__unit", "filing__campaign").first()
    if found is None:
        raise CampaignNotFound
    return found


def what_is_left(filing: Filing) -> tuple[int, int]:
    """(entries without a verdict, required questions without an answer)."""
    entries = filing.confirmations.filter(verdict="").count()
    return entries, rules.open_questions(filing.campaign.asks, filing.answers)


def days_left(filing: Filing, today: date, calendar: WorkingCalendar | None = None) -> int | None:
    """Working days until the filing is due, negative when overdue; None when it has been submitted.

    `calendar` spares reading it for each of many filings.
    """
    if filing.state not in rules.OPEN_STATES or filing.campaign.state != CampaignState.OPEN:
        return None
    return (calendar or workflow.calendar()).between(today, filing.due_on)


def units_asked(campaign: Campaign) -> list[Unit]:
    """Units in being that the campaign's scope covers."""
    rows = Unit.objects.active().select_related("region").order_by("path")
    covers = campaign.covers
    return [
        unit
        for unit in rows
        if rules.in_coverage(
            covers, unit_uid=unit.uid, kind=unit.kind, region_code=unit.region.code if unit.region else ""
        )
    ]


def to_follow(actor: Actor, campaign: Campaign) -> QuerySet[Confirmation]:
    """Entries that accepted filings found changed or obsolete."""
    filings = Filing.objects.visible_to(actor).filter(campaign=campaign, state=FilingState.ACCEPTED)
    rows = Confirmation.objects.filter(filing__in=filings, verdict__in=[Verdict.CHANGED, Verdict.OBSOLETE])
    return rows.select_related("entry__unit", "filing__unit", "filing__campaign").order_by("filing__unit__path")


def findings_of(actor: Actor, campaign: Campaign) -> QuerySet[Finding]:
    """Data sets found by the campaign."""
    filings = Filing.objects.visible_to(actor).filter(campaign=campaign)
    rows = Finding.objects.filter(filing__in=filings).select_related("filing__unit", "filing__campaign", "entry")
    return rows.order_by("filing__unit__path", "id")


def counted_figures(campaign: Campaign) -> CampaignFigures:
    """A campaign's numbers as its rows have them now."""
    filings: list[Any] = list(with_counts(campaign.filings.all()).select_related("unit"))
    by_unit = (
        UnitFigures(row.unit.uid, row.unit.name, row.state, row.entries, row.true, row.changed, row.obsolete, row.found)
        for row in filings
    )
    return summed(tuple(by_unit))


def summed(by_unit: tuple[UnitFigures, ...]) -> CampaignFigures:
    """Totals over units."""
    past = {FilingState.SUBMITTED, FilingState.SIGNED, FilingState.ACCEPTED}
    return CampaignFigures(
        units=len(by_unit),
        submitted=sum(row.state in past for row in by_unit),
        accepted=sum(row.state == FilingState.ACCEPTED for row in by_unit),
        entries=sum(row.entries for row in by_unit),
        true=sum(row.true for row in by_unit),
        changed=sum(row.changed for row in by_unit),
        obsolete=sum(row.obsolete for row in by_unit),
        found=sum(row.found for row in by_unit),
        by_unit=by_unit,
    )


def campaign_figures(campaign: Campaign, actor: Actor | None = None) -> CampaignFigures:
    """Kept figures of a closed campaign, else counted now; of the units the actor may see where one is given."""
    if campaign.figures:
        figures = summed(tuple(UnitFigures(**row) for row in campaign.figures["by_unit"]))
    else:
        figures = counted_figures(campaign)
    if actor is None or scope_of(actor, CensusPermission.VIEW) == Scope.ALL:
        return figures
    seen = set(Filing.objects.visible_to(actor).filter(campaign=campaign).values_list("unit__uid", flat=True))
    return summed(tuple(row for row in figures.by_unit if row.unit_uid in seen))


def follow_figures(campaign: Campaign, actor: Actor) -> tuple[int, int]:
    """(draft entries made of findings, entries followed up in the catalogue); both go on after the close."""
    filings = Filing.objects.visible_to(actor).filter(campaign=campaign)
    drafted = Finding.objects.filter(filing__in=filings, entry__isnull=False).count()
    followed = Confirmation.objects.filter(filing__in=filings, followed_at__isnull=False).count()
    return drafted, followed


def figures_json(figures: CampaignFigures) -> dict[str, Any]:
    """Figures as JSON."""
    return asdict(figures)


def previous_campaign(campaign: Campaign) -> Campaign | None:
    """The campaign closed last before this one opened; None for the first."""
    rows = Campaign.objects.filter(state=CampaignState.CLOSED).exclude(pk=campaign.pk)
    if campaign.opened_at:
        rows = rows.filter(closed_at__lte=campaign.opened_at)
    return rows.order_by("-closed_at").first()


def census_figures() -> CensusFigures:
    """Clause 2.2.1: campaigns, and the newest one's completion."""
    begun = Campaign.objects.filter(state__in=[CampaignState.OPEN, CampaignState.CLOSED])
    latest = begun.order_by("-opened_at").first()
    return CensusFigures(
        campaigns=begun.count(),
        open=begun.filter(state=CampaignState.OPEN).count(),
        latest_title=latest.title if latest else "",
        latest=campaign_figures(latest) if latest else None,
    )


def class_choices() -> list[tuple[str, str]]:
    """Classes an entry may be filed under: (code, text)."""
    return [(row.code, str(row)) for row in Classification.objects.filter(level__gte=3)]
