"""The door of the census."""

from __future__ import annotations

from quanshu.supply.census.events import CensusEvent
from quanshu.supply.census.models import Campaign, Filing, Finding
from quanshu.supply.census.permissions import CensusPermission
from quanshu.supply.census.queries import campaign_figures, census_figures
from quanshu.supply.census.services import (
    accept_filing,
    add_finding,
    answer_questions,
    ask_extension,
    close_campaign,
    confirm_entries,
    create_campaign,
    draft_from_finding,
    open_campaign,
    sign_filing,
    submit_filing,
)
from quanshu.supply.census.types import (
    Answered,
    CampaignData,
    CampaignFigures,
    CampaignState,
    CensusFigures,
    Coverage,
    FilingState,
    FindingData,
    Question,
    QuestionKind,
    Verdict,
)

__all__ = [
    "Answered",
    "Campaign",
    "CampaignData",
    "CampaignFigures",
    "CampaignState",
    "CensusEvent",
    "CensusFigures",
    "CensusPermission",
    "Coverage",
    "Filing",
    "FilingState",
    "Finding",
    "FindingData",
    "Question",
    "QuestionKind",
    "Verdict",
    "accept_filing",
    "add_finding",
    "answer_questions",
    "ask_extension",
    "campaign_figures",
    "census_figures",
    "close_campaign",
    "confirm_entries",
    "create_campaign",
    "draft_from_finding",
    "open_campaign",
    "sign_filing",
    "submit_filing",
]
