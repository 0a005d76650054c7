"""Addresses of quality assurance, among those of data quality."""

from __future__ import annotations

from django.urls import path

from quanshu.supply.assurance.pages import months, profiles, reports, sets

app_name = "assurance"
urlpatterns = [
    path("tables/<str:uid>/profile/", profiles.ProfilePage.as_view(), name="table-profile"),
    path("tables/<str:uid>/profile/start/", profiles.StartProfile.as_view(), name="table-profile-start"),
    path("tables/<str:uid>/profile/adopt/", profiles.AdoptChosen.as_view(), name="table-profile-adopt"),
    path("tables/<str:uid>/sets/new/", sets.NewSet.as_view(), name="set-new"),
    path("sets/", sets.Sets.as_view(), name="sets"),
    path("sets/<str:uid>/", sets.SetPage.as_view(), name="set"),
    path("sets/<str:uid>/edit/", sets.EditSet.as_view(), name="set-edit"),
    path("sets/<str:uid>/switch/", sets.SwitchSet.as_view(), name="set-switch"),
    path("sets/<str:uid>/export/", sets.ExportSet.as_view(), name="set-export"),
    path("trend/", months.Trend.as_view(), name="trend"),
    path("ranking/", months.Ranking.as_view(), name="ranking"),
    path("reports/", reports.Reports.as_view(), name="reports"),
    path("reports/<str:uid>/", reports.ReportPage.as_view(), name="report"),
    path("problems/<str:uid>/answer/", reports.Answer.as_view(), name="problem-answer"),
]
