"""Addresses of landing, below those of the catalogue."""

from __future__ import annotations

from django.urls import path

from quanshu.supply.landing.pages import landing, why

app_name = "landing"
urlpatterns = [
    path("why/", why.Why.as_view(), name="why"),
    path("landing/", landing.Landing.as_view(), name="landing"),
    path("landing/exceptions/", landing.Exceptions.as_view(), name="exceptions"),
    path("landing/hanging/", landing.Hanging.as_view(), name="hanging"),
    path("<str:uid>/why/", why.Why.as_view(), name="entry-why"),
    path("<str:uid>/exception/", landing.Decide.as_view(), name="entry-exception"),
]
