"""Addresses of the census."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from quanshu.supply.census import services
from quanshu.supply.census.pages import campaigns, filings, filling, results

app_name = "census"
STEPS = (
    ("start", services.start_filing, _("Started.")),
    ("submit", services.submit_filing, _("Submitted to the chief data representative.")),
    ("sign", services.sign_filing, _("Signed off; the bureau reviews it.")),
    ("accept", services.accept_filing, _("Accepted.")),
    ("remind", services.remind_by_hand, _("The unit has been reminded today.")),
)
REASONS = (
    ("send_back", services.send_back_filing, _("Send back to the steward")),
    ("reject", services.reject_filing, _("Return to the unit")),
)
urlpatterns = [
    path("", campaigns.Campaigns.as_view(), name="campaigns"),
    path("new/", campaigns.NewCampaign.as_view(), name="new"),
    path("filings/<str:uid>/", filings.FilingPage.as_view(), name="filing"),
    path("filings/<str:uid>/entries/", filling.Entries.as_view(), name="entries"),
    path("filings/<str:uid>/entries/<str:entry>/follow/", results.Follow.as_view(), name="follow"),
    path("filings/<str:uid>/report/", filling.ReportFinding.as_view(), name="report"),
    path("filings/<str:uid>/answers/", filling.Answers.as_view(), name="answers"),
    path("filings/<str:uid>/more-time/", filings.AskExtension.as_view(), name="extend"),
    path("findings/<str:uid>/", filling.ChangeFinding.as_view(), name="finding"),
    path("findings/<str:uid>/draft/", results.Draft.as_view(), name="draft"),
    path("more-time/<str:uid>/", filings.DecideExtension.as_view(), name="decide"),
    *(
        path(f"filings/<str:uid>/{name}/", filings.FilingStep.as_view(service=service, done=done), name=name)
        for name, service, done in STEPS
    ),
    *(
        path(f"filings/<str:uid>/{name}/", filings.ReasonStep.as_view(service=service, title=title), name=name)
        for name, service, title in REASONS
    ),
    path("<str:uid>/", campaigns.CampaignPage.as_view(), name="campaign"),
    path("<str:uid>/change/", campaigns.ChangeCampaign.as_view(), name="change"),
    path("<str:uid>/close/", campaigns.CloseCampaign.as_view(), name="close"),
    path("<str:uid>/progress/", campaigns.Progress.as_view(), name="progress"),
    path("<str:uid>/results/", results.Results.as_view(), name="results"),
    path(
        "<str:uid>/open/",
        campaigns.CampaignStep.as_view(service=services.open_campaign, done=_("Open: every unit has its filing.")),
        name="open",
    ),
    path(
        "<str:uid>/cancel/",
        campaigns.CampaignStep.as_view(service=services.cancel_campaign, done=_("Discarded.")),
        name="cancel",
    ),
]
