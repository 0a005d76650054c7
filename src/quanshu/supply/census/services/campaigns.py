"""The bureau's side: a campaign drafted, opened, closed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from quanshu.organisation.api import UnitKind
from quanshu.shared.access.api import Actor, require
from quanshu.shared.workflow import api as workflow
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.census import queries, rules
from quanshu.supply.census.events import CensusEvent
from quanshu.supply.census.models import Campaign, Confirmation, Filing
from quanshu.supply.census.permissions import CensusPermission
from quanshu.supply.census.services.noting import end_requests, note_campaign, start_filling, stop_waiting
from quanshu.supply.census.types import CampaignData, FilingState


def locked(campaign: Campaign) -> Campaign:
    """The row as it is now, held until the transaction ends."""
    return Campaign.objects.select_for_update().get(pk=campaign.pk)


@transaction.atomic
def create_campaign(*, actor: Actor, now: datetime, data: CampaignData) -> Campaign:
    """Draft a census. Raises Forbidden, FieldErrors."""
    require(actor, CensusPermission.DECLARE)
    campaign = Campaign(created_at=now, created_by=actor.name)
    return _fill(campaign, data, CensusEvent.DRAFTED, actor=actor, now=now)


@transaction.atomic
def change_campaign(*, actor: Actor, now: datetime, campaign: Campaign, data: CampaignData) -> Campaign:
    """Change a draft. Raises Forbidden, FieldErrors, `census.wrong_state`."""
    require(actor, CensusPermission.DECLARE)
    campaign = locked(campaign)
    rules.check_campaign_step(campaign.state, "cancel")
    return _fill(campaign, data, CensusEvent.CHANGED, actor=actor, now=now)


def _fill(campaign: Campaign, data: CampaignData, event: CensusEvent, *, actor: Actor, now: datetime) -> Campaign:
    rules.check_campaign(data, kinds=list(UnitKind), today=workflow.city_day(now))
    campaign.title, campaign.purpose = data.title.strip(), data.purpose.strip()
    campaign.starts_on, campaign.ends_on = data.starts_on, data.ends_on
    campaign.coverage = {name: list(value) for name, value in asdict(data.coverage).items()}
    campaign.questions = [{**asdict(question), "choices": list(question.choices)} for question in data.questions]
    campaign.save()
    note_campaign(event, campaign, actor=actor, now=now, details={"questions": len(data.questions)})
    return campaign


@transaction.atomic
def cancel_campaign(*, actor: Actor, now: datetime, campaign: Campaign) -> Campaign:
    """Put a draft away. Raises Forbidden, `census.wrong_state`."""
    require(actor, CensusPermission.DECLARE)
    campaign = locked(campaign)
    campaign.state = rules.check_campaign_step(campaign.state, "cancel")
    campaign.save(update_fields=["state"])
    note_campaign(CensusEvent.CANCELLED, campaign, actor=actor, now=now)
    return campaign


@transaction.atomic
def open_campaign(*, actor: Actor, now: datetime, campaign: Campaign) -> Campaign:
    """Ask every unit of the scope about each of its entries in force; their clocks start.

    Raises Forbidden, `census.wrong_state`, `census.not_yet`, `census.nobody_asked`, FieldErrors, MissingYear.
    """
    require(actor, CensusPermission.DECLARE)
    campaign = locked(campaign)
    units = queries.units_asked(campaign)
    rules.check_open(
        state=campaign.state,
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        today=workflow.city_day(now),
        units=len(units),
    )
    campaign.state, campaign.opened_at = rules.check_campaign_step(campaign.state, "open"), now
    campaign.save(update_fields=["state", "opened_at"])
    for unit in units:
        filing = Filing.objects.create(campaign=campaign, unit=unit, due_on=campaign.ends_on, updated_at=now)
        entries = Entry.objects.published().filter(unit=unit)
        Confirmation.objects.bulk_create(Confirmation(filing=filing, entry=entry) for entry in entries)
        start_filling(filing, until=campaign.ends_on, now=now)
        filing.save(update_fields=["due_on"])
    note_campaign(CensusEvent.OPENED, campaign, actor=actor, now=now, details={"units": len(units)})
    return campaign


@transaction.atomic
def close_campaign(*, actor: Actor, now: datetime, campaign: Campaign, reason: str = "") -> Campaign:
    """End a census and keep its figures as they stand; filings that are not accepted stay as they are.

    Raises Forbidden, `census.wrong_state`, `census.unfinished`, FieldErrors.
    """
    require(actor, CensusPermission.DECLARE)
    campaign = locked(campaign)
    left = campaign.filings.exclude(state=FilingState.ACCEPTED)
    rules.check_close(
        state=campaign.state,
        ends_on=campaign.ends_on,
        today=workflow.city_day(now),
        unfinished=left.count(),
        reason=reason,
    )
    for filing in left:
        stop_waiting(filing, now=now)
        end_requests(filing, answer=reason.strip(), now=now)
    campaign.figures = queries.figures_json(queries.counted_figures(campaign))
    campaign.state, campaign.closed_at = rules.check_campaign_step(campaign.state, "close"), now
    campaign.close_reason = reason.strip()
    campaign.save(update_fields=["figures", "state", "closed_at", "close_reason"])
    note_campaign(CensusEvent.CLOSED, campaign, actor=actor, now=now, details={"unfinished": left.count()})
    return campaign
