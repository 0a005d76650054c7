"""Addresses of subjects: signing in, one's account, mandates, and their review by the bureau."""

from __future__ import annotations

from django.urls import path

from quanshu.sharing.subjects.pages import account, mandates, reviewing, signing_in

app_name = "subjects"
urlpatterns = [
    path("my/sign-in/", signing_in.SignIn.as_view(), name="sign-in"),
    path("my/sign-in/start/", signing_in.Start.as_view(), name="start"),
    path("my/sign-in/back/", signing_in.Back.as_view(), name="back"),
    path("my/sign-out/", signing_in.SignOut.as_view(), name="sign-out"),
    path("my/account/", account.MyAccount.as_view(), name="account"),
    path("my/account/acting/", account.ActFor.as_view(), name="act-for"),
    path("my/notices/", account.Notices.as_view(), name="notices"),
    path("my/notices/read/", account.ReadNotices.as_view(), name="notices-read"),
    path("my/others/", mandates.Others.as_view(), name="others"),
    path("my/others/guardian/", mandates.AskGuardian.as_view(), name="ask-guardian"),
    path("my/others/enterprise/", mandates.AskEnterprise.as_view(), name="ask-enterprise"),
    path("my/others/delegate/", mandates.GiveDelegation.as_view(), name="give-delegation"),
    path("my/others/<str:uid>/", mandates.MandatePage.as_view(), name="mandate"),
    path("my/others/<str:uid>/withdraw/", mandates.WithdrawMandate.as_view(), name="mandate-withdraw"),
    path("my/others/<str:uid>/end/", mandates.EndMandate.as_view(), name="mandate-end"),
    path("my/others/<str:uid>/evidence/", mandates.MyEvidence.as_view(), name="mandate-evidence"),
    path("subjects/mandates/", reviewing.Mandates.as_view(), name="mandates"),
    path("subjects/mandates/<str:uid>/", reviewing.Review.as_view(), name="review"),
    path("subjects/mandates/<str:uid>/approve/", reviewing.Approve.as_view(), name="approve"),
    path("subjects/mandates/<str:uid>/refuse/", reviewing.Refuse.as_view(), name="refuse"),
    path("subjects/mandates/<str:uid>/end/", reviewing.End.as_view(), name="review-end"),
    path("subjects/mandates/<str:uid>/evidence/", reviewing.Evidence.as_view(), name="review-evidence"),
]
