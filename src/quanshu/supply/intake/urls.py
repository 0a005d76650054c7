"""Addresses of intake's pages."""

from __future__ import annotations

from django.urls import path

from quanshu.supply.intake.pages import forms, rows, runs, sources, steps

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
    path("sources/<str:uid>/preview/", steps.PreviewPage.as_view(), name="source-preview"),
    path("sources/<str:uid>/look/", steps.LookNow.as_view(), name="source-look"),
    path("sources/<str:uid>/schedule/", steps.SetSchedule.as_view(), name="source-schedule"),
    path("sources/<str:uid>/pause/", steps.PauseSchedule.as_view(), name="source-pause"),
    path("sources/<str:uid>/hostkey/", steps.ConfirmKey.as_view(), name="source-hostkey"),
    path("sources/<str:uid>/rights/new/", steps.GrantPush.as_view(), name="source-right"),
    path("sources/<str:uid>/rights/end/", steps.RevokePush.as_view(), name="source-right-end"),
    path("sources/<str:uid>/files/<str:delivery>/", steps.SettleDelivery.as_view(), name="source-delivery"),
    path("runs/", runs.Runs.as_view(), name="runs"),
    path("runs/<str:uid>/", runs.RunPage.as_view(), name="run"),
    path("runs/<str:uid>/progress/", runs.Progress.as_view(), name="run-progress"),
    path("runs/<str:uid>/refused.csv", runs.RefusedCsv.as_view(), name="run-refused"),
    path("runs/<str:uid>/cancel/", runs.Cancel.as_view(), name="run-cancel"),
    path("runs/<str:uid>/release/", rows.Release.as_view(), name="run-release"),
    path("runs/<str:uid>/discard/", rows.Discard.as_view(), name="run-discard"),
    path("runs/<str:uid>/propose/", rows.Propose.as_view(), name="run-propose"),
    path("runs/<str:uid>/replay/", rows.Replay.as_view(), name="run-replay"),
    path("runs/<str:uid>/refused.xlsx", rows.RefusedBook.as_view(), name="run-book"),
    path("runs/<str:uid>/corrections/", rows.UploadCorrections.as_view(), name="run-corrections"),
    path("runs/<str:uid>/rows/<int:row>/", rows.CorrectRow.as_view(), name="run-row"),
    path("runs/<str:uid>/rows/<int:row>/dismiss/", rows.DismissRow.as_view(), name="run-row-dismiss"),
]
