"""Addresses of workspaces."""

from __future__ import annotations

from django.urls import path

from quanshu.supply.workspaces.pages import drafts, spaces, tables

app_name = "workspaces"
urlpatterns = [
    path("", spaces.Workspaces.as_view(), name="workspaces"),
    path("new/", spaces.NewWorkspace.as_view(), name="new"),
    path("tables/", tables.Tables.as_view(), name="tables"),
    path("tables/<str:uid>/", tables.TablePage.as_view(), name="table"),
    path("tables/<str:uid>/grant/", tables.Grant.as_view(), name="table-grant"),
    path("tables/<str:uid>/refuse/", tables.Refuse.as_view(), name="table-refuse"),
    path("tables/<str:uid>/end/", tables.End.as_view(), name="table-end"),
    path("drafts/", drafts.Drafts.as_view(), name="drafts"),
    path("drafts/<str:uid>/", drafts.DraftPage.as_view(), name="draft"),
    path("drafts/<str:uid>/edit/", drafts.EditDraft.as_view(), name="draft-edit"),
    path("drafts/<str:uid>/submit/", drafts.SubmitDraft.as_view(), name="draft-submit"),
    path("drafts/<str:uid>/return/", drafts.ReturnDraft.as_view(), name="draft-return"),
    path("drafts/<str:uid>/promote/", drafts.PromoteDraft.as_view(), name="draft-promote"),
    path("drafts/<str:uid>/drop/", drafts.DropDraft.as_view(), name="draft-drop"),
    path("<str:uid>/", spaces.WorkspacePage.as_view(), name="workspace"),
    path("<str:uid>/change/", spaces.ChangeWorkspace.as_view(), name="change"),
    path("<str:uid>/close/", spaces.CloseWorkspace.as_view(), name="close"),
    path("<str:uid>/tables/", tables.Choose.as_view(), name="choose"),
    path("<str:uid>/tables/<str:entry>/", tables.Ask.as_view(), name="ask"),
    path("<str:uid>/drafts/new/", drafts.NewDraft.as_view(), name="draft-new"),
]
