"""Addresses of privacy."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from quanshu.oversight.privacy import services
from quanshu.oversight.privacy.pages import holds, impact, retention, runs, unmasking

app_name = "privacy"
RECORD_STEPS = (
    ("submit", services.submit_record, _("Submitted.")),
    ("accept", services.approve_record, _("Approved.")),
    ("withdraw", services.withdraw_record, _("Withdrawn.")),
)
urlpatterns = [
    path("", retention.Rules.as_view(), name="rules"),
    path("holdings/", retention.Holdings.as_view(), name="holdings"),
    path("rules/new/", retention.Propose.as_view(), name="propose"),
    path("rules/<str:uid>/", retention.RulePage.as_view(), name="rule"),
    path(
        "rules/<str:uid>/approve/",
        retention.RuleStep.as_view(service=services.approve_rule, done=_("The rule is in force.")),
        name="approve",
    ),
    path(
        "rules/<str:uid>/refuse/",
        retention.RuleReason.as_view(service=services.refuse_rule, title=_("Refuse the rule")),
        name="refuse",
    ),
    path(
        "rules/<str:uid>/end/",
        retention.RuleReason.as_view(service=services.end_rule, title=_("End the rule")),
        name="end",
    ),
    path("rules/<str:uid>/run/", retention.Start.as_view(), name="start"),
    path("holds/", holds.Holds.as_view(), name="holds"),
    path("holds/new/", holds.PlaceHold.as_view(), name="place"),
    path("holds/<str:uid>/", holds.HoldPage.as_view(), name="hold"),
    path("holds/<str:uid>/lift/", holds.LiftHold.as_view(), name="lift"),
    path("certificates/", runs.Runs.as_view(), name="runs"),
    path("certificates/<str:uid>/", runs.RunPage.as_view(), name="run"),
    path("certificates/<str:uid>/paper/", runs.Certificate.as_view(), name="certificate"),
    path("services/", impact.NeedingList.as_view(), name="services"),
    path("services/<str:uid>/", impact.ServiceRecords.as_view(), name="service"),
    path("services/<str:uid>/draft/", impact.Draft.as_view(), name="draft"),
    path("records/<str:uid>/", impact.RecordPage.as_view(), name="record"),
    path("records/<str:uid>/change/", impact.ChangeRecord.as_view(), name="record-change"),
    path("records/<str:uid>/return/", impact.ReturnRecord.as_view(), name="record-return"),
    path("records/<str:uid>/paper/", impact.Paper.as_view(), name="record-paper"),
    *(
        path(f"records/<str:uid>/{name}/", impact.RecordStep.as_view(service=service, done=done), name=f"record-{name}")
        for name, service, done in RECORD_STEPS
    ),
    path("clear/", unmasking.Unmaskings.as_view(), name="unmaskings"),
    path("clear/new/", unmasking.Ask.as_view(), name="ask"),
    path("clear/<str:uid>/", unmasking.UnmaskingPage.as_view(), name="unmasking"),
    path("clear/<str:uid>/grant/", unmasking.GrantUnmasking.as_view(), name="unmask-grant"),
    path(
        "clear/<str:uid>/refuse/",
        unmasking.UnmaskReason.as_view(service=services.refuse_unmasking, title=_("Refuse the request")),
        name="unmask-refuse",
    ),
    path(
        "clear/<str:uid>/end/",
        unmasking.UnmaskReason.as_view(service=services.end_unmasking, title=_("End the export in clear")),
        name="unmask-end",
    ),
]
