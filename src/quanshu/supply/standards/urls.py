"""Addresses of the catalogue standard."""

from __future__ import annotations

from django.urls import path

from quanshu.supply.standards.pages import editing, versions

app_name = "standards"
urlpatterns = [
    path("", versions.Versions.as_view(), name="versions"),
    path("draft/", versions.Draft.as_view(), name="draft"),
    path("<str:number>/", versions.VersionPage.as_view(), name="version"),
    path("<str:number>/compare/", versions.Compare.as_view(), name="compare"),
    path("<str:number>/about/", versions.About.as_view(), name="about"),
    path("<str:number>/decide/", versions.Decide.as_view(), name="decide"),
    path("<str:number>/recall/", versions.Recall.as_view(), name="recall"),
    path("<str:number>/code/", editing.EditCode.as_view(), name="code"),
    path("<str:number>/fields/", editing.EditField.as_view(fresh=True), name="field-new"),
    path("<str:number>/fields/<str:code>/", editing.EditField.as_view(), name="field"),
    path("<str:number>/fields/<str:code>/remove/", editing.RemoveField.as_view(), name="field-remove"),
    path("<str:number>/lists/", editing.EditList.as_view(fresh=True), name="list-new"),
    path("<str:number>/lists/<str:code>/", versions.ListPageOfValues.as_view(), name="list"),
    path("<str:number>/lists/<str:code>/edit/", editing.EditList.as_view(), name="list-edit"),
]
