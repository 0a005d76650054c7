"""Addresses of demands."""

from __future__ import annotations

from django.urls import path

from quanshu.sharing.demands.pages import details, lists, steps, talking, using

app_name = "demands"
urlpatterns = [
    path("", lists.DemandList.as_view(), name="list"),
    path("ledger/", lists.Ledger.as_view(), name="ledger"),
    path("new/", details.Ask.as_view(), name="new"),
    path("choose/", lists.ChooseEntry.as_view(), name="choose"),
    path("match/", using.Match.as_view(), name="match"),
    path("policy/", using.PolicyPage.as_view(), name="policy"),
    path("ratings/", using.Ratings.as_view(), name="ratings"),
    path("unused/", using.Shrinks.as_view(), name="shrinks"),
    path("unused/<str:uid>/", using.ShrinkPage.as_view(), name="shrink"),
    path("unused/<str:uid>/accept/", using.AcceptShrink.as_view(), name="shrink-accept"),
    path("unused/<str:uid>/keep/", using.KeepGrant.as_view(), name="shrink-keep"),
    path("unused/<str:uid>/decide/", using.DecideShrink.as_view(), name="shrink-decide"),
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
    path("<str:uid>/meeting/", talking.Minutes.as_view(), name="meeting"),
    path("<str:uid>/meet/", talking.ProposeMeeting.as_view(), name="meet"),
    path("<str:uid>/meetings/<int:number>/sign/", talking.SignMinutes.as_view(), name="sign"),
    path("<str:uid>/meetings/<int:number>/<str:digest>/", talking.MeetingFile.as_view(), name="meeting-file"),
    path("<str:uid>/propose/", talking.ProposeTerms.as_view(), name="propose"),
    path("<str:uid>/accept/", talking.AcceptTerms.as_view(), name="accept"),
    path("<str:uid>/decline/", talking.DeclineTerms.as_view(), name="decline"),
    path("<str:uid>/rate/", using.Rate.as_view(), name="rate"),
    path("<str:uid>/reply/", using.Reply.as_view(), name="reply"),
    path("<str:uid>/withdraw/", steps.Withdraw.as_view(), name="withdraw"),
    path("<str:uid>/close/", steps.Close.as_view(), name="close"),
]
