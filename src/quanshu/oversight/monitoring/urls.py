"""Addresses of monitoring."""

from __future__ import annotations

from django.urls import path

from quanshu.oversight.monitoring.pages import alerts, duties, levels, rules, stages, stories

app_name = "monitoring"
urlpatterns = [
    path("", stages.Overview.as_view(), name="overview"),
    path("alerts/", alerts.Alerts.as_view(), name="alerts"),
    path("alerts/<str:uid>/", alerts.AlertPage.as_view(), name="alert"),
    path("alerts/<str:uid>/acknowledge/", alerts.Acknowledge.as_view(), name="acknowledge"),
    path("rules/", rules.Rules.as_view(), name="rules"),
    path("rules/new/", rules.NewRule.as_view(), name="new-rule"),
    path("rules/<str:uid>/", rules.RulePage.as_view(), name="rule"),
    path("rules/<str:uid>/delete/", rules.DeleteRule.as_view(), name="delete-rule"),
    path("silences/", duties.Silences.as_view(), name="silences"),
    path("silences/new/", duties.NewSilence.as_view(), name="new-silence"),
    path("silences/<str:uid>/end/", duties.EndSilence.as_view(), name="end-silence"),
    path("roster/", duties.Roster.as_view(), name="roster"),
    path("roster/new/", duties.NewShift.as_view(), name="new-shift"),
    path("roster/<str:uid>/", duties.ShiftPage.as_view(), name="shift"),
    path("roster/<str:uid>/remove/", duties.RemoveShift.as_view(), name="remove-shift"),
    path("levels/", levels.Levels.as_view(), name="levels"),
    path("levels/<str:uid>/", levels.LevelPage.as_view(), name="level"),
    path("story/", stories.FindStory.as_view(), name="find-story"),
    path("story/<str:receipt_id>/", stories.StoryPage.as_view(), name="story"),
    path("<str:stage>/", stages.StagePage.as_view(), name="stage"),
    path("<str:stage>/samples.csv", stages.History.as_view(), name="samples"),
]
