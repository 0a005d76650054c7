"""Addresses of data quality."""

from __future__ import annotations

from django.urls import path

from quanshu.supply.quality.pages import (
    exceptions,
    picking,
    problem,
    rule,
    rule_forms,
    scan,
    scorecards,
)

app_name = "quality"
urlpatterns = [
    path("", scorecards.Scorecards.as_view(), name="scorecard"),
    path("tables/<str:uid>/", scorecards.TablePage.as_view(), name="table"),
    path("tables/<str:uid>/scan/", scorecards.StartScan.as_view(), name="table-scan"),
    path("tables/<str:uid>/adopt/", scorecards.Adopt.as_view(), name="table-adopt"),
    path("exceptions/", exceptions.Exceptions.as_view(), name="exceptions"),
    path("exceptions/<str:uid>/", exceptions.ExceptionPage.as_view(), name="exception"),
    path("exceptions/<str:uid>/end/", exceptions.EndException.as_view(), name="exception-end"),
    path("tables/<str:uid>/rules/new/", rule_forms.ChooseKind.as_view(), name="rule-new-of"),
    path("tables/<str:uid>/rules/new/<str:kind>/", rule_forms.NewRule.as_view(), name="rule-new-kind"),
    path("rules/", rule.Rules.as_view(), name="rules"),
    path("rules/new/", rule_forms.ChooseTable.as_view(), name="rule-new"),
    path("rules/<str:uid>/", rule.RulePage.as_view(), name="rule"),
    path("rules/<str:uid>/revise/", rule_forms.ReviseRule.as_view(), name="rule-revise"),
    path("rules/<str:uid>/except/", exceptions.NewException.as_view(), name="rule-except"),
    path("rules/<str:uid>/switch/", rule.SwitchRule.as_view(), name="rule-switch"),
    path("scans/", scan.Scans.as_view(), name="scans"),
    path("scans/<str:uid>/", scan.ScanPage.as_view(), name="scan"),
    path("problems/", problem.Problems.as_view(), name="problems"),
    path("problems/to-correct/", problem.ToCorrect.as_view(), name="problems-to-correct"),
    path("problems/assign/", picking.AssignPage.as_view(), name="problems-assign"),
    path("problems/excuse/", exceptions.ExcusePage.as_view(), name="problems-excuse"),
    path("problems/<str:uid>/", problem.ProblemPage.as_view(), name="problem"),
    path("problems/<str:uid>/check/", problem.CheckAgain.as_view(), name="problem-check"),
    path("problems/<str:uid>/reveal/", problem.Reveal.as_view(), name="problem-reveal"),
    path("problems/<str:uid>/excuse/", exceptions.Excuse.as_view(), name="problem-excuse"),
]
