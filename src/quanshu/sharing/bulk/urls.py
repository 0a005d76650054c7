"""Addresses of bulk."""

from __future__ import annotations

from django.urls import path

from quanshu.sharing.bulk.pages import asking, grants, lists, tokens

app_name = "bulk"
urlpatterns = [
    path("", lists.Grants.as_view(), name="grants"),
    path("new/", asking.ChooseEntry.as_view(), name="new"),
    path("begin/<str:uid>/", asking.Begin.as_view(), name="begin"),
    path("new/<str:uid>/", asking.Share.as_view(), name="new-of"),
    path("ask/<str:uid>/", asking.Ask.as_view(), name="ask"),
    path("applications/<str:uid>/token/", tokens.NewToken.as_view(), name="token-new"),
    path("tokens/<str:uid>/revoke/", tokens.RevokeToken.as_view(), name="token-revoke"),
    path("<str:uid>/", grants.GrantPage.as_view(), name="grant"),
    path("<str:uid>/approve/", grants.Approve.as_view(), name="approve"),
    path("<str:uid>/refuse/", grants.Refuse.as_view(), name="refuse"),
    path("<str:uid>/revoke/", grants.Revoke.as_view(), name="revoke"),
    path("<str:uid>/refresh/", grants.Refresh.as_view(), name="refresh"),
    path("<str:uid>/reads/", lists.Reads.as_view(), name="reads"),
]
