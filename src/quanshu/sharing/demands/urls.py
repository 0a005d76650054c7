"""Addresses of demands."""

from __future__ import annotations

from django.urls import path

from quanshu.sharing.demands.pages import details, lists, steps

app_name = "demands"
urlpatterns = [
    path("", lists.DemandList.as_view(), name="list"),
    path("ledger/", lists.Ledger.as_view(), name="ledger"),
    path("new/", details.Ask.as_view(), name="new"),
    path("choose/", lists.ChooseEntry.as_view(), name="choose"),
    path("<str:uid>/", details.DemandPage.as_view(), name="demand"),
    path("<str:uid>/edit/", details.Change.as_view(), name="edit"),
    path("<str:uid>/submit/", steps.Submit.as_view(), name="submit"),
    path("<str:uid>/pass/", steps.Pass.as_view(), name="pass"),
    path("<str:uid>/return/", steps.Return.as_view(), name="return"),
    path("<str:uid>/confirm/", steps.Confirm.as_view(), name="confirm"),
    path("<str:uid>/refuse/", steps.Refuse.as_view(), name="refuse"),
    path("<str:uid>/contest/", steps.Contest.as_view(), name="contest"),
    path("<str:uid>/overrule/", steps.Overrule.as_view(), name="overrule"),
    path("<str:uid>/grant/", steps.Grant.as_view(), name="grant"),
    path("<str:uid>/pause/", steps.Pause.as_view(), name="pause"),
    path("<str:uid>/resume/", steps.Resume.as_view(), name="resume"),
    path("<str:uid>/meeting/", steps.Meeting.as_view(), name="meeting"),
    path("<str:uid>/withdraw/", steps.Withdraw.as_view(), name="withdraw"),
    path("<str:uid>/close/", steps.Close.as_view(), name="close"),
]
