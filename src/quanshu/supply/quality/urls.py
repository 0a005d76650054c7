"""Addresses of data quality."""

from __future__ import annotations

from django.urls import path

from quanshu.supply.quality.pages import problems, rules, scorecard

app_name = "quality"
urlpatterns = [
    path("", scorecard.Scorecard.as_view(), name="scorecard"),
    path("tables/<str:uid>/", scorecard.TablePage.as_view(), name="table"),
    path("tables/<str:uid>/scan/", scorecard.Start.as_view(), name="scan-start"),
    path("tables/<str:uid>/suggested/", rules.Adopt.as_view(), name="rules-adopt"),
    path("tables/<str:uid>/rules/new/", rules.NewRule.as_view(), name="rule-new"),
    path("rules/", rules.Rules.as_view(), name="rules"),
    path("rules/<str:uid>/", rules.RulePage.as_view(), name="rule"),
    path("rules/<str:uid>/edit/", rules.EditRule.as_view(), name="rule-edit"),
    path("rules/<str:uid>/switch/", rules.Switch.as_view(), name="rule-switch"),
    path("scans/", scorecard.Scans.as_view(), name="scans"),
    path("scans/<str:uid>/", scorecard.ScanPage.as_view(), name="scan"),
    path("problems/", problems.Problems.as_view(), name="problems"),
    path("problems/<str:uid>/", problems.ProblemPage.as_view(), name="problem"),
    path("problems/<str:uid>/check/", problems.Check.as_view(), name="problem-check"),
    path("problems/<str:uid>/excuse/", problems.Excuse.as_view(), name="problem-excuse"),
]
