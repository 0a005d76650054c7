"""Addresses of intake's pages."""

from __future__ import annotations

from django.urls import path

from quanshu.supply.intake.pages import forms, runs, sources

app_name = "intake"
urlpatterns = [
    path("", sources.Sources.as_view(), name="home"),
    path("sources/", sources.Sources.as_view(), name="sources"),
    path("sources/new/", forms.NewSource.as_view(), name="source-create"),
    path("sources/<str:uid>/", sources.SourcePage.as_view(), name="source"),
    path("sources/<str:uid>/edit/", forms.EditSource.as_view(), name="source-edit"),
    path("sources/<str:uid>/file/", forms.NewFile.as_view(), name="source-file"),
    path("sources/<str:uid>/start/", sources.Start.as_view(), name="source-start"),
    path("sources/<str:uid>/switch/", sources.Switch.as_view(), name="source-switch"),
    path("runs/", runs.Runs.as_view(), name="runs"),
    path("runs/<str:uid>/", runs.RunPage.as_view(), name="run"),
    path("runs/<str:uid>/progress/", runs.Progress.as_view(), name="run-progress"),
    path("runs/<str:uid>/refused.csv", runs.RefusedCsv.as_view(), name="run-refused"),
    path("runs/<str:uid>/cancel/", runs.Cancel.as_view(), name="run-cancel"),
]
