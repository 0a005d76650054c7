"""Addresses of keys' pages."""

from __future__ import annotations

from django.urls import path

from quanshu.sharing.keys import pages

app_name = "keys"
urlpatterns = [
    path("<str:uid>/register/", pages.RegisterKey.as_view(), name="register"),
    path("<str:uid>/secret/", pages.NewSecret.as_view(), name="secret"),
    path("<str:uid>/signing/", pages.Signing.as_view(), name="signing"),
    path("<str:uid>/<str:kid>/", pages.KeyPage.as_view(), name="key"),
    path("<str:uid>/<str:kid>/end/", pages.EndKey.as_view(), name="end"),
]
