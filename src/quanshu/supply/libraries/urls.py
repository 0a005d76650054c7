"""Addresses of libraries."""

from __future__ import annotations

from django.urls import path

from quanshu.supply.libraries.pages import builds, libraries, models

app_name = "libraries"
urlpatterns = [
    path("", libraries.Libraries.as_view(), name="libraries"),
    path("new/", libraries.NewLibrary.as_view(), name="new"),
    path("builds/", builds.Builds.as_view(), name="builds"),
    path("builds/<str:uid>/", builds.BuildPage.as_view(), name="build"),
    path("builds/<str:uid>/swap/", builds.SwapBuild.as_view(), name="build-swap"),
    path("models/<str:uid>/", models.ModelPage.as_view(), name="model"),
    path("models/<str:uid>/edit/", models.EditModel.as_view(), name="model-edit"),
    path("models/<str:uid>/submit/", models.SubmitModel.as_view(), name="model-submit"),
    path("models/<str:uid>/return/", models.ReturnModel.as_view(), name="model-return"),
    path("models/<str:uid>/publish/", models.PublishModel.as_view(), name="model-publish"),
    path("models/<str:uid>/schedule/", models.ScheduleModel.as_view(), name="model-schedule"),
    path("models/<str:uid>/build/", models.BuildModel.as_view(), name="model-build"),
    path("<str:uid>/", libraries.LibraryPage.as_view(), name="library"),
    path("<str:uid>/change/", libraries.ChangeLibrary.as_view(), name="change"),
    path("<str:uid>/models/new/", models.NewModel.as_view(), name="model-new"),
]
